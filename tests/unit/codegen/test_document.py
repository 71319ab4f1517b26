"""The generator's first half as one: from files to a document in one form."""

import json
import os
import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from omicsdk_codegen.dialect import METHODS
from omicsdk_codegen.document import Document, read
from omicsdk_codegen.faults import DocumentError, Report
from omicsdk_codegen.generate import plan_package
from omicsdk_codegen.limits import MAX_DEPTH
from omicsdk_codegen.values import Json, schema_name

CORPUS = os.environ.get("OMICSDK_CORPUS")
ROOT = re.compile(r"(?m)^[\s{]{0,6}[\"']?(openapi|swagger)[\"']?\s*:\s*[\"']?[23]")


def roots() -> list[Path]:
    if not CORPUS or not Path(CORPUS).is_dir():
        return []
    files = sorted(path for path in Path(CORPUS).rglob("*") if path.suffix in (".yaml", ".yml", ".json"))
    return [path for path in files if ROOT.search(path.read_text(encoding="utf-8"))]


def references(value: Json) -> set[str]:
    """Every reference that is not part of an example or extension."""
    if isinstance(value, dict):
        pointers = {value["$ref"]} if isinstance(value.get("$ref"), str) else set[str]()
        return pointers.union(
            *(references(member) for key, member in value.items() if not re.match("x-|examples?$|default$", key))
        )
    return set[str]().union(*(references(member) for member in value)) if isinstance(value, list) else set()


def operations(document: Document) -> int:
    paths = document.data["paths"]
    assert isinstance(paths, dict)
    return sum(key in METHODS for item in paths.values() if isinstance(item, dict) for key in item)


@pytest.mark.skipif(not roots(), reason="OMICSDK_CORPUS names no folder of published documents")
@pytest.mark.parametrize("path", [pytest.param(path, id=path.name) for path in roots()])
def test_a_published_document_is_read_whole(path: Path) -> None:
    refs = Path(str(CORPUS)).parent / "corpus-refs"
    report = Report()
    document = read(path, refs=refs, missing_as_any=True, report=report)
    assert operations(document) > 0
    schemas = document.data["components"]["schemas"]
    assert {schema_name(reference) for reference in references(document.data)} <= set(schemas)
    for note in report.notes:
        assert note.line, note
    again = Report()
    assert read(path, refs=refs, missing_as_any=True, report=again).data == document.data
    assert again.rows() == report.rows()
    for name in schemas:
        assert document.origin(f"/components/schemas/{name}").line


@pytest.mark.skipif(not roots(), reason="OMICSDK_CORPUS names no folder of published documents")
@pytest.mark.parametrize("path", [pytest.param(path, id=path.name) for path in roots()])
def test_no_name_of_a_published_document_has_a_hash(path: Path) -> None:
    refs = Path(str(CORPUS)).parent / "corpus-refs"
    package = plan_package(path, (), "thing", refs=refs, missing_as_any=True).package
    named = [(draft.name, draft.operation.key) for draft in package.drafts]
    named += [(argument.python, argument.wire) for draft in package.drafts for argument in draft.arguments]
    named += [(class_, key) for key, class_ in package.names.classes.items()]
    named += [(field.python, field.wire) for model in package.shapes.values() for field in model.fields]
    assert named
    assert [name for name, key in named if sha256(key.encode()).hexdigest()[:6] in name] == []


def test_a_swagger_document_is_read_with_its_overlay(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(
        """swagger: 2.0
info: {title: T, version: 1.10}
host: {{HOST}}
basePath: /v1
paths:
  /things/{id}:
    get:
      parameters:
      - {name: id, in: path, required: true, type: string}
      responses:
        200: {description: one, schema: {$ref: '#/definitions/Thing'}}
definitions:
  Thing: {type: object, properties: {next: {$ref: '#/definitions/Thing'}, part: {$ref: 'part.yaml'}}}
"""
    )
    (tmp_path / "part.yaml").write_text("type: string\nx-nullable: true\n")
    (tmp_path / "overlay.yaml").write_text(
        """overlay: 1.0.0
info: {title: O, version: '1'}
extends: api.yaml
actions:
- target: $.paths['/things/{id}'].get
  update: {operationId: get_thing}
- target: $.definitions.Thing
  update: {properties: {name: {type: string}}}
"""
    )
    document = read(tmp_path / "api.yaml", [tmp_path / "overlay.yaml"])
    assert document.data["servers"] == [{"url": "https://{{HOST}}/v1"}]
    assert document.data["info"] == {"title": "T", "version": "1.10"}
    assert document.data["components"] == {
        "schemas": {
            "Thing": {
                "type": "object",
                "properties": {
                    "next": {"$ref": "#/components/schemas/Thing"},
                    "part": {"$ref": "#/components/schemas/part"},
                    "name": {"type": "string"},
                },
            },
            "part": {"type": ["string", "null"]},
        },
        "securitySchemes": {},
    }
    operation = "/paths/~1things~1{id}/get"
    for pointer, file, line in [
        (operation, "api.yaml", 7),
        (operation + "/operationId", "overlay.yaml", 6),
        (operation + "/parameters/0/schema", "api.yaml", 9),
        (operation + "/responses/200/content/application~1json/schema", "api.yaml", 11),
        ("/components/schemas/Thing/properties/name", "overlay.yaml", 8),
        ("/components/schemas/part/type", "part.yaml", 1),
        ("/nothing/of/it", "api.yaml", 1),
    ]:
        place = document.origin(pointer)
        assert (Path(place.file).name, place.line) == (file, line), pointer


def test_a_file_that_is_no_document_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    for text, expected in [
        ("a: 1\n", "not an OpenAPI document"),
        ("openapi: 4.0.0\n", "written in version 4.0.0"),
        ("swagger: 1.2\n", "written in version 1.2"),
        ("overlay: 1.0.0\n", "it is an overlay"),
    ]:
        path.write_text(text)
        with pytest.raises(DocumentError, match=expected):
            read(path)


def test_a_document_at_the_limit_of_nesting_is_read_through_all_steps(tmp_path: Path) -> None:
    levels = MAX_DEPTH - 3
    inner = '{"items":' * levels + "{}" + "}" * levels
    path = tmp_path / "a.json"
    path.write_text(f'{{"openapi": "3.1.0", "paths": {{}}, "components": {{"schemas": {{"S": {inner}}}}}}}')
    assert read(path).data["paths"] == {}


def at_depth(depth: int, call: Callable[[], object]) -> object:
    """Call something from as many calls more."""
    return at_depth(depth - 1, call) if depth else call()


@pytest.mark.parametrize("depth", range(0, 60, 3))
def test_files_that_nest_one_another_too_deep_are_refused(tmp_path: Path, depth: int) -> None:
    """Each is within the limit; put into one another they are not, wherever the last that can be read is left."""
    count = 150
    for index in range(count):
        last = index == count - 1
        callbacks = {} if last else {"c": {"e": {"$ref": f"p{index + 1}.json"}}}
        (tmp_path / f"p{index}.json").write_text(json.dumps({"get": {"responses": {}, "callbacks": callbacks}}))
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"openapi": "3.1.0", "paths": {"/a": {"$ref": "p0.json"}}}))
    with pytest.raises(DocumentError, match="it nests deeper"):
        at_depth(depth, lambda: read(path))


def test_a_document_of_five_megabytes_is_read(tmp_path: Path) -> None:
    fields = {f"field_{index}": {"type": "string", "description": "d" * 200} for index in range(20)}
    schemas = {f"S{index}": {"type": "object", "properties": fields} for index in range(1000)}
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"openapi": "3.0.3", "paths": {}, "components": {"schemas": schemas}}))
    assert path.stat().st_size > 5_000_000
    assert read(path).data["components"]["schemas"].keys() == schemas.keys()


def test_a_link_to_a_document_reads_its_folder(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (real / "a.yaml").write_text("openapi: 3.0.0\npaths: {/a: {$ref: b.yaml}}\n")
    (real / "b.yaml").write_text("get: {responses: {}}\n")
    (tmp_path / "link.yaml").symlink_to(real / "a.yaml")
    assert operations(read(tmp_path / "link.yaml")) == 1


@pytest.mark.skipif(not roots(), reason="OMICSDK_CORPUS names no folder of published documents")
def test_three_schemas_that_do_not_exist_are_three_faults() -> None:
    (path,) = [path for path in roots() if path.name == "gen3_fence.yaml"]
    with pytest.raises(DocumentError) as caught:
        read(path, report=Report(strict=True))
    assert [fault.message.split(",")[0].rpartition("/")[2] for fault in caught.value.faults] == [
        "SystemVersionOutputRef",
        "BulkDownloadRequest",
        "BulkDownloadResponse",
    ]
    assert all(fault.line for fault in caught.value.faults)


def test_the_faults_of_all_given_files_are_reported_at_once(tmp_path: Path) -> None:
    for name, text in [("a.yaml", "a: ["), ("o.yaml", "a: 1\na: 2\n"), ("p.yaml", "overlay: 1.0.0\n")]:
        (tmp_path / name).write_text(text)
    with pytest.raises(DocumentError) as caught:
        read(tmp_path / "a.yaml", [tmp_path / name for name in ("o.yaml", "p.yaml", "none.yaml")])
    assert [Path(fault.file).name for fault in caught.value.faults] == ["a.yaml", "o.yaml", "none.yaml"]


def test_an_allowance_or_folder_of_copies_that_is_none_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("openapi: 3.0.0\npaths: {}\n")
    with pytest.raises(DocumentError) as caught:
        read(path, allow_urls=["a.org", "https://a.org"], refs=tmp_path / "none")
    assert [fault.file for fault in caught.value.faults] == ["a.org", str(tmp_path / "none")]
