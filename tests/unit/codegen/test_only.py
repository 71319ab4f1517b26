"""Operations of some tags, with the models that they need and no other."""

from pathlib import Path

import pytest
from omicsdk_codegen.faults import DocumentError
from omicsdk_codegen.generate import GeneratedPackage, make_package

DOCUMENT = """\
openapi: 3.1.0
info: {title: Thing, version: "1"}
tags: [{name: cats}]
paths:
  /cats:
    get:
      operationId: getCats
      tags: [cats, pets]
      responses: {"200": {description: "", content: {application/json: {schema: {$ref: "#/components/schemas/Cats"}}}}}
    post: {operationId: addCat, tags: [dogs], responses: {}}
  /dogs:
    get:
      operationId: getDogs
      tags: [dogs]
      parameters: [{name: "a.b", in: query, schema: {type: array, items: {type: int}}}]
      responses: {"200": {description: "", content: {application/json: {schema: {$ref: "#/components/schemas/Dog"}}}}}
  /pets:
    get:
      operationId: getPets
      responses: {"200": {description: "", content: {application/json: {schema: {$ref: "#/components/schemas/Base"}}}}}
      tags: [base]
webhooks: {seen: {post: {responses: {}}}}
components:
  schemas:
    Base: {type: object, discriminator: {propertyName: kind}, properties: {kind: {type: string}}}
    Made: {allOf: [{$ref: "#/components/schemas/Base"}, {type: object, properties: {more: {type: string}}}]}
    Cats: {type: array, items: {$ref: "#/components/schemas/Cat"}}
    Cat: {type: object, properties: {friend: {$ref: "#/components/schemas/Mouse"}, name: {type: string}}}
    Mouse: {type: object, properties: {fears: {$ref: "#/components/schemas/Cat"}}}
    Dog: {type: object, properties: {name: {type: string}}}
"""


def _made(tmp_path: Path, *tags: str) -> GeneratedPackage:
    spec = tmp_path / "thing.yaml"
    spec.write_text(DOCUMENT)
    return make_package(spec, (), "thing", origin="Generated for a test.", selectors=tags)


def _names(made: GeneratedPackage) -> tuple[list[str], list[str]]:
    models = [cls.name for module in made.package.models for cls in module.classes]
    return [operation.name for operation in made.package.operations], sorted(models)


def test_operations_of_a_tag_come_with_their_models(tmp_path: Path) -> None:
    made = _made(tmp_path, "cats")
    assert _names(made) == (["get_cats"], ["Cat", "Mouse"])
    assert '"Dog"' not in made.files["openapi.json"]
    pruned = [(row["before"], row["after"]) for row in made.report.rows() if row["kind"] == "pruned"]
    assert pruned == [("3 operations, 1 webhook and 3 schemas", "left out by --only cats")]


def test_several_tags_are_taken_together(tmp_path: Path) -> None:
    assert _names(_made(tmp_path, "pets", "dogs")) == (["add_cat", "get_cats", "get_dogs"], ["Cat", "Dog", "Mouse"])


def test_no_tag_is_the_whole_document(tmp_path: Path) -> None:
    assert len(_names(_made(tmp_path))[0]) == 4


def test_a_base_brings_the_schemas_that_its_discriminator_selects(tmp_path: Path) -> None:
    assert _names(_made(tmp_path, "base")) == (["get_pets"], ["Base", "Made"])


def test_what_stays_is_written_as_in_the_whole(tmp_path: Path) -> None:
    whole, part = _made(tmp_path).files, _made(tmp_path, "dogs").files
    for name in ("operations/get_dogs.py", "models/dog.py"):
        assert part[name] == whole[name]


def test_an_operation_keeps_the_name_that_it_has_in_the_whole(tmp_path: Path) -> None:
    spec = tmp_path / "twice.yaml"
    spec.write_text(
        "openapi: 3.1.0\ninfo: {title: Thing, version: '1'}\npaths:\n"
        "  /a: {get: {operationId: read, tags: [a], responses: {}}}\n"
        "  /b: {get: {operationId: read, tags: [b], responses: {}}, additionalOperations: {X: {operationId: read, tags: [b], responses: {}}}}\n"
    )
    whole, part = (
        make_package(spec, (), "thing", origin="Generated for a test.", selectors=tags).package for tags in ((), ("b",))
    )
    assert {operation.name for operation in part.operations} < {operation.name for operation in whole.operations}
    assert len(part.operations) == 2


def test_places_are_those_of_the_document(tmp_path: Path) -> None:
    rows = [(row["line"], row["kind"]) for row in _made(tmp_path, "dogs").report.rows() if row["line"]]
    assert (15, "repair") in rows


def test_an_unknown_tag_is_a_fault_that_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as caught:
        _made(tmp_path, "cat", "dogs", "wolves")
    first, second = caught.value.faults
    assert "'cat'" in first.message
    assert "Did you mean cats or add_cat?" in first.remedy
    assert "base, cats, dogs, pets" in second.remedy
    assert first.line == 3


def test_an_operation_without_a_requirement_stays_open(tmp_path: Path) -> None:
    spec = tmp_path / "thing.yaml"
    schemes = "  securitySchemes: {key: {type: apiKey, in: header, name: Key}}\n  schemas:"
    secured = DOCUMENT.replace("tags: [dogs], responses", "tags: [dogs], security: [{key: []}], responses")
    spec.write_text(secured.replace("  schemas:", schemes))
    for tags in ((), ("cats",)):
        made = make_package(spec, (), "thing", origin="Generated for a test.", selectors=tags)
        (cats,) = [draft for draft in made.package.drafts if draft.name == "get_cats"]
        assert cats.public


@pytest.mark.parametrize(
    ("selection", "operations"),
    [
        ("/cats", ["add_cat", "get_cats"]),
        ("GET /cats", ["get_cats"]),
        ("post /cats", ["add_cat"]),
        ("/*s", ["add_cat", "get_cats", "get_dogs", "get_pets"]),
        ("GET /*", ["get_cats", "get_dogs", "get_pets"]),
        ("getDogs", ["get_dogs"]),
        ("get_dogs", ["get_dogs"]),
        ("get*s", ["get_cats", "get_dogs", "get_pets"]),
        ("cats.list", ["get_cats"]),
        ("c*", ["get_cats"]),  # tags come first
    ],
)
def test_operations_are_selected_by_path_and_by_name(tmp_path: Path, selection: str, operations: list[str]) -> None:
    assert _names(_made(tmp_path, selection))[0] == operations


def test_a_webhook_is_selected_by_its_name(tmp_path: Path) -> None:
    made = _made(tmp_path, "seen", "getDogs")
    assert '"webhooks":{"seen":' in made.files["openapi.json"]
    assert _names(made)[0] == ["get_dogs"]


@pytest.mark.parametrize(
    ("selection", "near"),
    [
        ("/cat", "Did you mean /cats or GET /cats? "),
        ("GET /dog", "Did you mean GET /dogs or /dogs? "),
        ("getDog", "Did you mean getDogs or get_dogs"),
        ("wolves*", "The tags are: base, cats, dogs, pets."),
    ],
)
def test_what_selects_nothing_names_its_neighbours(tmp_path: Path, selection: str, near: str) -> None:
    with pytest.raises(DocumentError) as caught:
        _made(tmp_path, selection)
    (fault,) = caught.value.faults
    assert fault.message == f"no tag, path or operation is {selection!r}"
    assert fault.remedy.startswith(near)


def test_groups_and_names_there_are_those_of_the_whole(tmp_path: Path) -> None:
    spec = tmp_path / "groups.yaml"
    spec.write_text(
        "openapi: 3.1.0\ninfo: {title: Thing, version: '1'}\npaths:\n"
        "  /cats: {get: {operationId: get_cats, tags: [cats], responses: {}}, put: {operationId: get_cat, tags: [cats], responses: {}}}\n"
        "  /cats/list: {get: {operationId: list_cats, tags: [cats], responses: {}}}\n"
        "  /dogs: {get: {operationId: list_dogs, tags: [dogs], responses: {}}}\n"
    )
    packages = [
        make_package(spec, (), "thing", origin="Generated for a test.", selectors=selectors).package
        for selectors in ((), ("GET /cats*",))
    ]
    whole, part = (
        {draft.name: package.groups.path_of(draft.operation.key) for draft in package.drafts} for package in packages
    )
    assert whole == {
        "get_cats": "cats.get_cats", "get_cat": "cats.get_cat", "list_cats": "cats.list", "list_dogs": "dogs.list",
    }  # fmt: skip
    assert part == {"get_cats": "cats.get_cats", "list_cats": "cats.list"}
