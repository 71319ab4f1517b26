"""Step 3: references."""

import copy
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from omicsdk_codegen import finding
from omicsdk_codegen.faults import DocumentError, Report
from omicsdk_codegen.hoist import assign_names, name_parts
from omicsdk_codegen.load import load
from omicsdk_codegen.resolve import Resolved, resolve
from omicsdk_codegen.values import Json, Object, at

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write the files of a document into a folder; the first is the document."""

    def write(document: str, **files: str) -> Path:
        folder = tmp_path / "spec"
        folder.mkdir(exist_ok=True)
        (folder / "api.yaml").write_text(document)
        for name, text in files.items():
            path = folder / (name.replace("__", "/") + ".yaml")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return folder / "api.yaml"

    return write


def document(schema: str, rest: str = "", version: str = "3.0.3") -> str:
    return f"""openapi: {version}
info: {{title: t, version: '1'}}
paths:
  /a:
    get:
      responses:
        '200': {{description: '', content: {{application/json: {{schema: {schema}}}}}}}
{rest}"""


SCHEMA = "/paths/~1a/get/responses/200/content/application~1json/schema"


def resolved(path: Path, **options: object) -> Resolved:
    root = load(path)
    before = copy.deepcopy(root.data)
    result = resolve(root, **options)
    assert root.data == before
    return result


def refused(path: Path, **options: object) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        resolved(path, report=Report(strict=True), **options)
    return [str(fault).replace(str(path.parent) + "/", "") for fault in caught.value.faults]


def test_schemas_at_home_keep_their_names_and_circles(write: Write) -> None:
    path = write(
        document(
            "{$ref: '#/components/schemas/A'}",
            "components: {schemas: {A: {properties: {b: {$ref: '#/components/schemas/B'}}}, B: {items: {$ref: '#/components/schemas/A'}}}}",
        )
    )
    data = resolved(path).data
    assert at(data, SCHEMA) == {"$ref": "#/components/schemas/A"}
    assert at(data, "/components/schemas") == {
        "A": {"properties": {"b": {"$ref": "#/components/schemas/B"}}},
        "B": {"items": {"$ref": "#/components/schemas/A"}},
    }


def test_a_schema_of_another_file_is_hoisted_under_its_own_name(write: Write) -> None:
    path = write(
        document("{type: array, items: {$ref: 'schemas/Pet.yaml'}}"),
        schemas__Pet="properties: {owner: {$ref: 'all.yaml#/people/Owner'}, tag: {$ref: '../tag.yaml'}}\n",
        schemas__all="people: {Owner: {properties: {pets: {items: {$ref: Pet.yaml}}}}}\n",
        tag="type: string\n",
    )
    data = resolved(path).data
    assert at(data, SCHEMA) == {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}
    assert at(data, "/components/schemas") == {
        "Owner": {"properties": {"pets": {"items": {"$ref": "#/components/schemas/Pet"}}}},
        "Pet": {
            "properties": {"owner": {"$ref": "#/components/schemas/Owner"}, "tag": {"$ref": "#/components/schemas/tag"}}
        },
        "tag": {"type": "string"},
    }


def test_an_entry_that_only_refers_elsewhere_gives_its_name(write: Write) -> None:
    path = write(
        document(
            "{$ref: pet.yaml}",
            "components: {schemas: {Pet: {$ref: pet.yaml}, Alias: {$ref: pet.yaml}, Animal: {$ref: '#/components/schemas/Pet'}}}",
        ),
        pet="$ref: real.yaml\n",
        real="type: object\n",
    )
    data = resolved(path).data
    assert at(data, SCHEMA) == {"$ref": "#/components/schemas/Pet"}
    alias = {"$ref": "#/components/schemas/Pet"}
    assert at(data, "/components/schemas") == {"Pet": {"type": "object"}, "Alias": alias, "Animal": alias}


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("#/components/schemas/A/properties/b", "b"),
        ("#/components/schemas/A/properties/items/items", "items"),
        ("#/components/schemas/A/$defs/C", "C"),
        ("#/components/responses/R/content/application~1json/schema", "R"),
        ("#/components/schemas/A/allOf/0", "A_2f64a3e5"),
        ("#/definitions/D", "D"),
        ("#/x-mine/E~1F", "E_F"),
    ],
)
def test_a_schema_inside_the_document_is_named_by_the_last_word_that_states_something(
    write: Write, reference: str, name: str
) -> None:
    rest = """definitions: {D: {type: string}}
x-mine: {E/F: {type: string}}
components:
  responses: {R: {description: '', content: {application/json: {schema: {type: string}}}}}
  schemas: {A: {properties: {b: {type: string}, items: {items: {type: string}}}, allOf: [{type: string}], $defs: {C: {type: string}}}}
"""
    data = resolved(write(document(f"{{$ref: '{reference}'}}", rest, "3.1.0"))).data
    schema_pointer = at(data, SCHEMA + "/$ref")
    assert isinstance(schema_pointer, str)
    if name.startswith("A_"):
        assert schema_pointer.startswith("#/components/schemas/A_")
    else:
        assert schema_pointer == f"#/components/schemas/{name}"
    assert at(data, schema_pointer[1:]) == {"type": "string"}


@pytest.mark.parametrize(("version", "section"), [("3.1.0", "$defs"), ("3.0.3", "$defs"), ("3.0.3", "definitions")])
def test_a_reference_finds_the_definitions_of_the_json_schema_around_it(
    write: Write, version: str, section: str
) -> None:
    reference = f"$ref: '#/{section}/Kind'"
    schema = f"""{{properties: {{kind: {{{reference}}}, other: {{oneOf: [{{{reference}}}], discriminator: {{propertyName: a, mapping: {{x: '#/{section}/Kind'}}}}}}}},
      {section}: {{Kind: {{type: %s, x-more: {{$ref: '#/nothing'}}}}, Unused: {{type: string}}}}}}"""
    rest = f"components: {{schemas: {{Other: {schema % 'integer'}, Broken: {{items: {{{reference}}}}}}}}}"
    report = Report()
    data = resolved(write(document(schema % "string", rest, version)), report=report).data
    kinds: list[Json] = []
    for schema_around in (at(data, SCHEMA), at(data, "/components/schemas/Other")):
        reference_to_kind = at(schema_around, "/properties/kind/$ref")
        assert isinstance(reference_to_kind, str)
        assert at(schema_around, "/properties/other/oneOf/0/$ref") == reference_to_kind
        assert at(schema_around, "/properties/other/discriminator/mapping/x") == reference_to_kind
        kinds.append(at(data, f"{reference_to_kind[1:]}/type"))
    assert kinds == ["string", "integer"]
    assert [fault.pointer for fault in report.faults] == ["/components/schemas/Broken/items/$ref"]


def test_clashing_names_take_the_words_before_them_in_any_order(write: Write) -> None:
    files = {"x__Item": "type: string\n", "y__Item": "type: integer\n"}
    schema = "{{properties: {{a: {{$ref: {0}/Item.yaml}}, b: {{$ref: {1}/Item.yaml}}}}}}"
    one = resolved(write(document(schema.format("x", "y")), **files)).data
    other = resolved(write(document(schema.format("y", "x")), **files)).data
    expected = {"x_Item": {"type": "string"}, "y_Item": {"type": "integer"}}
    assert at(one, "/components/schemas") == at(other, "/components/schemas") == expected


def test_swagger_keeps_schemas_under_definitions(write: Write) -> None:
    text = "swagger: '2.0'\npaths: {/a: {get: {responses: {200: {schema: {$ref: p.yaml}}}}}}\n"
    data = resolved(write(text, p="type: string\n")).data
    assert at(data, "/paths/~1a/get/responses/200/schema") == {"$ref": "#/definitions/p"}
    assert data["definitions"] == {"p": {"type": "string"}}


def test_everything_but_schemas_is_flattened_where_it_is_used(write: Write) -> None:
    text = """openapi: 3.0.3
paths:
  /a: {$ref: 'paths/a.yaml'}
  /b: {$ref: 'paths/a.yaml', summary: other}
components:
  parameters: {P: {$ref: '#/components/parameters/Q'}, Q: {name: q, in: query, schema: {type: string}}}
  requestBodies: {B: {content: {application/json: {schema: {type: object}}}}}
  headers: {H: {schema: {type: integer}}}
"""
    path = write(
        text,
        paths__a="get:\n  parameters: [{$ref: '../api.yaml#/components/parameters/P'}]\n  requestBody: {$ref: '../api.yaml#/components/requestBodies/B'}\n  responses: {200: {$ref: '../r.yaml#/Ok'}}\n",
        r="Ok: {description: ok, headers: {X: {$ref: 'api.yaml#/components/headers/H'}}}\n",
    )
    result = resolved(path)
    get = {
        "parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}}],
        "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
        "responses": {"200": {"description": "ok", "headers": {"X": {"schema": {"type": "integer"}}}}},
    }
    assert result.data["paths"] == {"/a": {"get": get}, "/b": {"get": get, "summary": "other"}}
    assert result.data["components"] == {}
    place = result.places.follow(result.data, "/paths/~1b/get/parameters/0/name")
    assert place is not None
    assert (Path(place.file).name, place.line, place.pointer) == ("api.yaml", 6, "/components/parameters/Q/name")


def test_members_beside_a_reference_are_kept_as_the_version_states(write: Write) -> None:
    schema = "{$ref: '#/components/schemas/A', description: d, maxLength: 3, x-y: 1}"
    home = "components: {schemas: {A: {type: string}}}"
    report = Report()
    old = resolved(write(document(schema, home)), report=report).data
    assert at(old, SCHEMA) == {"$ref": "#/components/schemas/A", "description": "d", "x-y": 1}
    assert [(note.kind, note.before, note.certain) for note in report.notes] == [
        ("omission", "maxLength beside a $ref", True)
    ]
    new = resolved(write(document(schema, home, "3.1.0"))).data
    assert at(new, SCHEMA) == {"$ref": "#/components/schemas/A", "description": "d", "maxLength": 3, "x-y": 1}


def test_a_ref_key_in_an_example_default_or_extension_is_left_alone(write: Write) -> None:
    schema = "{type: object, example: {$ref: nowhere.yaml}, default: {$ref: '#/none'}, enum: [{$ref: x}], x-z: {$ref: y}, properties: {$ref: {type: string}}}"
    assert at(resolved(write(document(schema))).data, SCHEMA) == {
        "type": "object",
        "example": {"$ref": "nowhere.yaml"},
        "default": {"$ref": "#/none"},
        "enum": [{"$ref": "x"}],
        "x-z": {"$ref": "y"},
        "properties": {"$ref": {"type": "string"}},
    }


def test_a_discriminator_names_schemas(write: Write) -> None:
    schema = "{discriminator: {propertyName: t, mapping: {a: A, b: './b.yaml', c: '#/components/schemas/A', d: nowhere.yaml, e: 5}}}"
    report = Report()
    data = resolved(
        write(document(schema, "components: {schemas: {A: {type: object}}}"), b="type: object\n"), report=report
    ).data
    assert at(data, SCHEMA + "/discriminator/mapping") == {
        "a": "#/components/schemas/A",
        "b": "#/components/schemas/b",
        "c": "#/components/schemas/A",
    }
    notes = [(note.kind, note.before, note.after, note.certain) for note in report.notes]
    assert notes == [
        ("omission", "d: nowhere.yaml, which does not exist", "left out", False),
        ("omission", "e", "left out: it names no schema", False),
    ]


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("../../../../../../../../etc/passwd", "which is outside the document's folder"),
        ("/etc/passwd", "which is outside the document's folder"),
        ("file:///etc/passwd", "and addresses that begin with file: are not opened"),
        ("FILE:///etc/passwd", "and addresses that begin with file: are not opened"),
        ("//127.0.0.1/x.yaml", "which is neither a file in the document's folder"),
        ("ftp://127.0.0.1/x.yaml", "and addresses that begin with ftp: are not opened"),
        ("http://127.0.0.1:9/x.json?secret=1", "http://127.0.0.1:9/x.json, which is on the network"),
        ("HTTPS://127.0.0.1:9/x.json", "which is on the network"),
        ("http://[/x", "which is not a valid address"),
        ("nowhere.yaml", "which does not exist"),
        (f"{'a' * 300}.yaml", "which does not exist"),
        (".", "which does not exist"),
        ("#/components/schemas/Anna", f"which does not exist ({SCHEMA}/$ref). Did you mean #/components/schemas/Ann?"),
        ("#/components/schemas/Ann/properties", "which does not exist"),
        ("#nobody", "which does not exist"),
        ("broken.yaml", "invalid YAML"),
        ("list.yaml", "expected a mapping, found a list"),
        ("#/info/title", "which is not a schema"),
        ("loop.yaml", "which is a circular reference"),
        ("loop.yaml#/a", "which is a circular reference"),
    ],
)
def test_a_reference_that_has_no_target_good_is_a_fault(write: Write, reference: str, expected: str) -> None:
    path = write(
        document(f"{{$ref: '{reference}'}}", "components: {schemas: {Ann: {type: string}}}"),
        broken="a: [\n",
        list="- 1\n",
        loop="$ref: loop2.yaml\na: {$ref: '#/b'}\nb: {$ref: '#/a'}\n",
        loop2="$ref: loop.yaml\n",
    )

    def fetch(url: str) -> bytes:
        raise AssertionError(url)

    (fault,) = refused(path, fetch=fetch)
    assert expected in fault
    assert "secret" not in fault
    assert fault.startswith(("api.yaml:7: it refers to", "broken.yaml:2:", "list.yaml:1:"))


@pytest.mark.parametrize(
    "schemas",
    [
        "{A: {$ref: '#/components/schemas/A'}}",
        "{A: {$ref: '#/components/schemas/B'}, B: {$ref: '#/components/schemas/A'}}",
        "{A: {allOf: [{$ref: '#/components/schemas/B'}]}, B: {allOf: [{type: object}, {allOf: [{$ref: '#/components/schemas/A'}]}]}}",
        "{A: {$ref: 'a.yaml'}}",
    ],
)
def test_a_schema_that_is_made_of_itself_is_a_fault(write: Write, schemas: str) -> None:
    path = write(
        document("{$ref: '#/components/schemas/A'}", f"components: {{schemas: {schemas}}}"),
        a="allOf: [{$ref: 'api.yaml#/components/schemas/A'}]\n",
    )
    assert "the schema A is made of itself" in refused(path)[0]


def test_a_path_item_that_comes_back_to_itself_is_a_fault(write: Write) -> None:
    path = write(
        "openapi: 3.1.0\npaths: {/a: {$ref: a.yaml}}\n",
        a="post: {callbacks: {c: {'{$u}': {$ref: a.yaml}}}, responses: {}}\n",
    )
    (fault,) = refused(path)
    assert fault.startswith("a.yaml:1: it refers to a.yaml, which is a circular reference")


def test_all_faults_are_reported_at_once_and_each_missing_object_once(write: Write) -> None:
    schemas = "".join(f"    S{i}: {{$ref: '#/none/{'ab'[i % 2]}'}}\n" for i in range(6))
    schemas += "    T: {$ref: /etc/passwd}\n    U: {$ref: '#/components/schemas/U'}\n"
    faults = refused(write(document("{$ref: '#/none/a'}", "components:\n  schemas:\n" + schemas)))
    assert [fault.partition(" (/")[0] for fault in faults] == [
        "api.yaml:7: it refers to #/none/a, which does not exist (as do 3 other lines)",
        "api.yaml:11: it refers to #/none/b, which does not exist (as do 2 other lines)",
        "api.yaml:16: it refers to /etc/passwd, which is outside the document's folder",
        "api.yaml:17: the schema U is made of itself",
    ]


def test_a_broken_reference_leaves_out_only_what_depends_on_it(write: Write) -> None:
    path = write("""openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /gone: {$ref: none.yaml}
  /beside:
    $ref: none.yaml
    get: {responses: {'204': {description: ''}}}
  /a:
    parameters: [{$ref: '#/components/parameters/Limit'}]
    post:
      parameters: [{name: kept, in: query, schema: {type: string}}, {$ref: '#/none'}]
      requestBody: {$ref: '#/components/requestBodies/Nobody'}
      responses:
        '200': {$ref: '#/components/responses/Nothing'}
        '201': {description: '', headers: {X: {$ref: '#/none'}, Y: {schema: {type: string}}}}
        '202': {description: '', content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}
      callbacks: {called: {$ref: '#/none'}}
    put: {$ref: '#/none'}
components:
  parameters: {Limit: {$ref: '#/components/parameters/Limitt'}, Other: {$ref: '#/unused'}}
  schemas: {A: {type: object, properties: {b: {$ref: '#/components/schemas/B'}, c: {type: string}}}}
""")
    report = Report()
    data = resolved(path, report=report).data
    anything: Json = {"content": {"application/json": {"schema": {}}}}
    assert data["paths"] == {
        "/beside": {"get": {"responses": {"204": {"description": ""}}}},
        "/a": {
            "parameters": [],
            "post": {
                "parameters": [{"name": "kept", "in": "query", "schema": {"type": "string"}}],
                "requestBody": anything,
                "responses": {
                    "200": anything,
                    "201": {"description": "", "headers": {"Y": {"schema": {"type": "string"}}}},
                    "202": {
                        "description": "",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}},
                    },
                },
                "callbacks": {},
            },
        },
    }
    assert at(data, "/components/schemas") == {
        "A": {"type": "object", "properties": {"b": {}, "c": {"type": "string"}}}
    }
    rows = [(note.line, note.after) for note in report.notes if note.kind == "fault"]
    assert rows == [
        (4, "the path item is left out"),
        (6, "what stands beside the reference is used alone"),
        (11, "the parameter is left out"),
        (12, "the request body is taken as any value"),
        (14, "the response is taken as any value"),
        (15, "the header is left out"),
        (17, "the callback is left out"),
        (18, "the operation is left out"),
        (20, "the parameter is left out"),
        (21, "it is taken as any value"),
    ]
    assert {note.remedy for note in report.notes if note.line == 20} == {"Correct it, or state it in an overlay."}
    assert [fault.line for fault in report.faults] == [4, 20, 11, 12, 14, 21]
    assert len(refused(path)) == len(report.faults)


def test_files_that_are_no_documents_leave_out_what_refers_to_them(write: Write) -> None:
    path = write(
        document("{properties: {a: {$ref: broken.yaml}, b: {$ref: 'broken.yaml#/B'}, c: {type: string}}}")
        + "  /b: {get: {responses: {200: {description: '', content: {$ref: none.yaml}}}}}\n",
        broken="a: [\n",
    )
    report = Report()
    data = resolved(path, report=report).data
    assert at(data, SCHEMA) == {"properties": {"a": {}, "b": {}, "c": {"type": "string"}}}
    assert at(data, "/paths/~1b/get/responses/200") == {"description": "", "content": {}}
    assert [note.after for note in report.notes] == ["it is taken as any value"] * 2 + ["its members are left out"]
    broken = {Path(fault.file).name for fault in report.faults if fault.message.startswith("invalid YAML")}
    assert broken == {"broken.yaml"}
    (first, second) = refused(path)
    assert first.startswith(("broken.yaml:2: invalid YAML", "api.yaml:8:"))
    assert second.startswith(("broken.yaml:2: invalid YAML", "api.yaml:8:"))
    with pytest.raises(DocumentError, match=r"it refers to none\.yaml, which does not exist"):
        resolved(write("openapi: 3.0.3\npaths: {$ref: none.yaml}\n"), report=Report(strict=True))


@pytest.mark.parametrize(
    ("reference", "meant"),
    [
        ("#/components/schema/RoleSets", "#/components/schemas/RoleSets"),
        ("#/components/schemas/roleSets", "#/components/schemas/RoleSets"),
        ("#/definitions/RoleSets", "#/components/schemas/RoleSets"),
        ("parts.yaml#/definitions/RoleSets", "#/components/schemas/RoleSets"),
        ("#/parameters/Limit", "#/components/parameters/Limit"),
        ("#/components/responses/RoleSets", ""),
        ("#/components/schemas/A~1C", "#/components/schemas/A~1B"),
        ("parts.yaml#/Ones", "parts.yaml#/One"),
        ("parts.yaml#/Two", ""),
        ("#/components/schemas/Quite%20another", ""),
    ],
)
def test_a_remedy_names_a_whole_reference_that_resolves(write: Write, reference: str, meant: str) -> None:
    home = "components: {schemas: {RoleSets: {type: string}, A/B: {type: string}}, parameters: {Limit: {}}}"
    parts = "One: {type: string}\n"
    (fault,) = refused(write(document(f"{{$ref: '{reference}'}}", home), parts=parts))
    remedy = fault.rpartition("$ref). ")[2]
    advice = "Correct it, or state it in an overlay. --missing-as-any accepts any value."
    assert remedy == (f"Did you mean {meant}? " if meant else "") + advice
    if meant:
        assert resolved(write(document(f"{{$ref: '{meant}'}}", home), parts=parts), report=Report(strict=True))


@pytest.mark.parametrize("section", ["schemas", "responses"])
def test_only_so_many_names_are_compared_for_suggestions(
    write: Write, monkeypatch: pytest.MonkeyPatch, section: str
) -> None:
    paths = dict[str, Json]()
    for n in range(300):
        missing: Json = {"$ref": f"#/components/{section}/Samples{n}"}
        response: Json = {"content": {"text/csv": {"schema": missing}}} if section == "schemas" else missing
        paths[f"/{n}"] = {"get": {"responses": {"200": response}}}
    components: Json = {section: {f"Sample{n}": {"description": ""} for n in range(300)}}
    compare, compared = finding.difflib.get_close_matches, list[int]()

    def counted(word: str, names: Sequence[str], n: int) -> list[str]:
        compared.append(len(names))
        return compare(word, names, n)

    monkeypatch.setattr(finding.difflib, "get_close_matches", counted)
    first, *_, last = refused(write(json.dumps({"openapi": "3.0.3", "paths": paths, "components": components})))
    assert sum(compared) <= finding.MAX_COMPARED + 300
    assert "Did you mean" in first
    assert "Did you mean" not in last
    assert "Correct it" in last


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("swagger: '2.0'\npaths: {/a: {get: {responses: {200: {$ref: '#/none'}}}}}\n", "/paths/~1a/get/responses/200"),
        (
            "openapi: 3.2.0\npaths: {/a: {get: {responses: {'200': {content: {text/csv: {$ref: '#/none'}}}}}}}\n",
            "/paths/~1a/get/responses/200/content/text~1csv",
        ),
    ],
)
def test_a_missing_response_or_media_type_has_any_value(write: Write, text: str, pointer: str) -> None:
    assert at(resolved(write(text), report=Report()).data, pointer) == {"schema": {}}


def test_what_is_made_of_itself_is_any_value_and_the_rest_is_read(write: Write) -> None:
    schemas = "{A: {allOf: [{$ref: '#/components/schemas/A'}]}, B: {type: object, properties: {a: {$ref: '#/components/schemas/A'}}}}"
    report = Report()
    data = resolved(write(document("{}", f"components: {{schemas: {schemas}}}")), report=report).data
    assert at(data, "/components/schemas/A") == {}
    assert at(data, "/components/schemas/B/properties/a") == {"$ref": "#/components/schemas/A"}
    assert [(fault.line, fault.message) for fault in report.faults] == [
        (8, "the schema A is made of itself; it is taken as any value")
    ]


def test_a_missing_schema_is_taken_as_any_value_on_request(write: Write) -> None:
    path = write(document("{$ref: '#/none'}") + "  /b: {get: {responses: {200: {$ref: '#/none'}}}}\n")
    assert len(refused(path)) == 1
    (fault,) = refused(path, missing_as_any=True)
    assert "/paths/~1b/get/responses/200/$ref" in fault
    report = Report()
    data = resolved(write(document("{$ref: '#/none'}")), missing_as_any=True, report=report).data
    assert at(data, SCHEMA) == {}
    assert [(note.kind, note.line, note.certain) for note in report.notes] == [("untyped", 7, False)]


def test_web_addresses_are_opened_from_copies_or_where_allowed_once(write: Write, tmp_path: Path) -> None:
    path = write(
        document(
            "{properties: {a: {$ref: 'https://a.org/x/a.yaml'}, b: {$ref: 'https://b.org/b.yaml#/B'}, c: {$ref: 'https://b.org/b.yaml#/B'}}}"
        )
    )
    copies = tmp_path / "copies"
    (copies / "a.org" / "x").mkdir(parents=True)
    (copies / "a.org" / "x" / "a.yaml").write_text("properties: {up: {$ref: '../up.yaml'}}\n")
    (copies / "a.org" / "up.yaml").write_text("type: string\n")
    fetched: list[str] = []

    def fetch(url: str) -> bytes:
        fetched.append(url)
        return b"B: {properties: {d: {$ref: '#/D'}}}\nD: {type: string}\n"

    data = resolved(path, refs=copies, allow_urls=["https://b.org"], fetch=fetch).data
    assert fetched == ["https://b.org/b.yaml"]
    assert set(at(data, "/components/schemas")) == {"a", "up", "B", "D"}
    assert len(refused(path, fetch=fetch)) == 2


def test_a_web_document_may_not_refer_to_files_here(write: Write) -> None:
    path = write(document("{$ref: 'https://a.org/a.yaml'}"), secret="type: string\n")
    inner = (path.parent / "secret.yaml").as_uri()
    (fault,) = refused(
        path, allow_urls=["https://a.org/"], fetch=lambda _: f"properties: {{a: {{$ref: '{inner}'}}}}".encode()
    )
    assert fault.startswith("https://a.org/a.yaml:1: it refers to file:")


def test_sections_in_separate_files_are_spread(write: Write) -> None:
    text = "openapi: 3.0.3\npaths: {$ref: paths.yaml}\ncomponents: {$ref: components.yaml}\n"
    path = write(
        text,
        paths="/a/{b}: {get: {responses: {200: {$ref: 'api.yaml#/components/responses/R'}}}}\n",
        components="schemas: {$ref: schemas.yaml}\nresponses: {R: {description: r, content: {a/b: {schema: {$ref: '#/schemas/S'}}}}}\n",
        schemas="S: {properties: {$ref: props.yaml}}\n",
        props="p: {type: string}\n",
    )
    report = Report()
    data = resolved(path, report=report).data
    assert at(data, "/paths/~1a~1{b}/get/responses/200/content/a~1b/schema") == {"$ref": "#/components/schemas/S"}
    assert data["components"] == {
        "schemas": {"S": {"properties": {"p": {"$ref": "#/components/schemas/p"}}}, "p": {"type": "string"}}
    }
    assert {note.kind for note in report.notes} == {"repair"}


def test_a_dynamic_reference_is_bound_where_another_file_refers_to_it(write: Write) -> None:
    text = """openapi: 3.1.0
paths:
  /a: {get: {responses: {200: {content: {a/b: {schema: {properties: {c: {$dynamicRef: '#coin'}}}}}}}}}
  /b: {$ref: b.yaml}
components: {schemas: {Coin: {$dynamicAnchor: coin, type: integer}}}
"""
    data = resolved(write(text, b="get: {responses: {200: {$ref: 'api.yaml#/paths/~1a/get/responses/200'}}}\n")).data
    coin = at(data, "/paths/~1b/get/responses/200/content/a~1b/schema/properties/c")
    assert coin == {"$ref": "#/components/schemas/Coin"}


@pytest.mark.parametrize("item", ["{$ref: b.yaml}", "{get: {responses: {200: {description: b}}}}"])
@pytest.mark.parametrize("slash", ["~1", "%2F", "%2f"])
def test_a_slash_of_a_path_may_be_percent_encoded_in_a_reference(write: Write, item: str, slash: str) -> None:
    text = (
        f"openapi: 3.0.3\npaths:\n  /b: {item}\n"
        f"  /c: {{get: {{responses: {{200: {{$ref: '#/paths/{slash}b/get/responses/200'}}}}}}}}\n"
    )
    data = resolved(write(text, b="get: {responses: {200: {description: b}}}\n")).data
    assert at(data, "/paths/~1c/get/responses/200") == {"description": "b"}


def test_a_section_in_a_file_that_does_not_exist_is_a_fault(write: Write) -> None:
    (fault,) = refused(write("openapi: 3.0.3\npaths: {$ref: none.yaml}\n"))
    assert fault.startswith("api.yaml:2: it refers to none.yaml, which does not exist")
    for properties in ("{$ref: none.yaml}", "{$ref: loop.yaml}", "{$ref: '#/openapi'}"):
        (fault,) = refused(write(document(f"{{properties: {properties}}}"), loop="$ref: loop.yaml\n"))
        assert fault.startswith("api.yaml:7: it refers to")


def test_what_a_client_does_without_is_left_out_where_it_cannot_be_found(write: Write) -> None:
    path = write("""openapi: 3.1.0
info: {title: t, version: '1', description: {$ref: bytes.md}}
tags:
- {name: t, description: {$ref: none.md}}
- {$ref: 'https://a.example/tag.yaml'}
paths:
  /a: {get: {summary: {$ref: none.md}, responses: {'200': {description: {$ref: 'https://a.example/text.md'}, links: {next: {$ref: '#/nowhere'}}}}}}
components: {securitySchemes: {key: {$ref: 'https://a.example/key.yaml'}}}
""")
    (path.parent / "bytes.md").write_bytes(b"\xff\xfe\x00")
    report = Report()
    data = resolved(path, report=report).data
    assert at(data, "/info/description") == ""
    assert at(data, "/paths/~1a/get/responses/200") == {"description": "", "links": {}}
    assert not any(note.certain for note in report.notes)
    rows = [(note.kind, note.line, note.before.partition(", which")[0]) for note in report.notes]
    assert rows == [
        ("omission", 2, "a $ref to the text bytes.md"),
        ("omission", 4, "a $ref to the text none.md"),
        ("omission", 5, "a reference to https://a.example/tag.yaml"),
        ("omission", 7, "a $ref to the text https://a.example/text.md"),
        ("omission", 7, "a reference to #/nowhere"),
        ("omission", 7, "a $ref to the text none.md"),
        ("omission", 8, "a reference to https://a.example/key.yaml"),
    ]


def test_a_pointer_without_its_first_slash_is_put_right(write: Write) -> None:
    path = write(
        document("{$ref: '#components/schemas/A'}", "components: {schemas: {A: {$ref: 'b.yaml#x/B'}}}"),
        b="x: {B: {type: string}}",
    )
    report = Report()
    data = resolved(path, report=report).data
    assert at(data, SCHEMA) == {"$ref": "#/components/schemas/A"}
    assert at(data, "/components/schemas/A") == {"type": "string"}
    assert [(note.kind, note.before, note.after, note.certain) for note in report.notes] == [
        ("repair", "$ref: #components/schemas/A", "#/components/schemas/A", True),
        ("repair", "$ref: b.yaml#x/B", "b.yaml#/x/B", True),
    ]
    assert (
        "#components/schemas/None, which does not exist"
        in refused(write(document("{$ref: '#components/schemas/None'}")))[0]
    )


def test_files_above_the_document_are_read_below_a_root_that_is_named(write: Write, tmp_path: Path) -> None:
    path = write(document("{$ref: '../common/a.yaml#/A'}"))
    (tmp_path / "common").mkdir()
    (tmp_path / "common" / "a.yaml").write_text("A: {type: string}")
    assert "outside the document's folder" in refused(path)[0]
    assert "--root" in refused(path)[0]
    data = resolved(path, folder=tmp_path).data
    assert at(data, "/components/schemas/A") == {"type": "string"}


def test_hosts_are_shown_once_and_fetched_from_when_the_user_agrees(write: Write) -> None:
    text = document(
        "{$ref: 'https://b.example/s.yaml#/S'}",
        "components: {schemas: {T: {$ref: 'https://a.example/t.yaml#/T'}, U: {$ref: 'https://b.example/u.yaml#/U'}}}",
    )
    pages = {"s": b"S: {$ref: 'https://c.example/v.yaml#/V'}", "t": b"T: {type: string}", "u": b"U: {}", "v": b"V: {}"}
    shown: list[Sequence[str]] = []

    def agree(hosts: Sequence[str]) -> bool:
        shown.append(hosts)
        return True

    resolved(write(text), ask=agree, fetch=lambda url: pages[url.rpartition("/")[2][0]])
    assert shown == [["https://a.example", "https://b.example"], ["https://c.example"]]
    questions: list[Sequence[str]] = []
    faults = refused(
        write(text), ask=lambda hosts: bool(questions.append(hosts)), fetch=lambda _: pytest.fail("fetched")
    )
    assert len(questions) == 1
    assert all("which is on the network" in fault for fault in faults)


def test_a_section_on_the_network_is_spread(write: Write) -> None:
    path = write(document("{properties: {$ref: 'https://a.org/p.yaml#/All'}}"))
    data = resolved(path, allow_urls=["https://a.org"], fetch=lambda _: b"All: {x/y: {type: string}}\n").data
    assert at(data, SCHEMA) == {"properties": {"x/y": {"$ref": "#/components/schemas/x_y"}}}
    assert at(data, "/components/schemas") == {"x_y": {"type": "string"}}


def test_what_can_only_mean_one_thing_is_put_right(write: Write) -> None:
    text = """swagger: '2.0'
paths:
  /a:
    get:
      responses:
        200: {description: d, $ref: /definitions/A}
        201: {schema: {$ref: A}}
definitions: {A: {type: object}}
info: {title: t, version: '1', description: {$ref: text.md}}
"""
    report = Report()
    path = write(text)
    (path.parent / "text.md").write_text("# Hello\n")
    data = resolved(path, report=report).data
    schema = {"$ref": "#/definitions/A"}
    assert at(data, "/paths/~1a/get/responses") == {
        "200": {"description": "d", "schema": schema},
        "201": {"schema": schema},
    }
    assert at(data, "/info/description") == "# Hello\n"
    assert [(note.kind, note.certain) for note in report.notes] == [("repair", True)] * 4


def test_an_anchor_is_found(write: Write) -> None:
    data = resolved(
        write(document("{$ref: '#here'}", "components: {schemas: {A: {$anchor: here, type: string}}}", "3.1.0"))
    ).data
    assert at(data, SCHEMA) == {"$ref": "#/components/schemas/A"}


def test_overlays_correct_other_files_of_the_document(write: Write, tmp_path: Path) -> None:
    path = write(document("{$ref: p.yaml}"), p="type: string\n", unused="type: string\n")

    def overlay(extends: str) -> Sequence[object]:
        over = tmp_path / "o.yaml"
        over.write_text(f"overlay: 1.0.0\nextends: {extends}\nactions: [{{target: $, update: {{title: P}}}}]\n")
        return [load(over)]

    assert at(resolved(path, overlays=overlay("p.yaml")).data, "/components/schemas/p") == {
        "type": "string",
        "title": "P",
    }
    (fault,) = refused(path, overlays=overlay("unused.yaml"))
    assert "the file that it corrects isn't part of the document" in fault


@given(
    st.dictionaries(
        st.integers(), st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3).map(tuple), max_size=12
    ),
    st.randoms(),
)
def test_names_are_unique_and_the_same_in_any_order(candidates: dict[int, tuple[str, ...]], random: object) -> None:
    places = {key: f"f#{key}" for key in candidates}
    names = assign_names(candidates, places, {"a"})
    assert len(set(names.values())) == len(names)
    assert "a" not in names.values()
    keys = list(candidates)
    random.shuffle(keys)
    assert assign_names({key: candidates[key] for key in keys}, places, {"a"}) == names


@given(st.text(), st.text(), st.booleans())
def test_any_place_gives_words_that_can_name_a_component(file: str, pointer: str, inside: bool) -> None:
    import re

    words = name_parts(file, "/" + pointer, inside)
    assert words
    assert all(re.fullmatch("[A-Za-z0-9._-]+", word) for word in words)


NAMES = st.sampled_from(["A", "B", "C/D", "E~F", "G H", "{I}", "J%K"])


@settings(max_examples=5 * settings().max_examples // 8, deadline=None)
@given(st.dictionaries(NAMES, st.lists(NAMES, max_size=3), min_size=1))
def test_any_web_of_schemas_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, edges: dict[str, list[str]]
) -> None:
    from urllib.parse import quote

    from omicsdk_codegen.values import escape, schema_pointer

    def schemas(spell: Callable[[str], str]) -> Object:
        return {
            name: {"properties": {f"p{i}": {"$ref": spell(other)} for i, other in enumerate(others) if other in edges}}
            for name, others in edges.items()
        }

    path = tmp_path_factory.mktemp("web") / "api.json"
    data: Json = {
        "openapi": "3.1.0",
        "paths": {},
        "components": {"schemas": schemas(lambda name: "#/components/schemas/" + quote(escape(name), safe="~"))},
    }
    path.write_text(json.dumps(data))
    assert at(resolved(path).data, "/components/schemas") == schemas(schema_pointer)
