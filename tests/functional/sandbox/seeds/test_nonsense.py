"""Whatever a file contains: it is a recording, whose objects are seeded or reported, or it is refused with the invalid line."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.seeds import exchanges

LINE = {"request": {"method": "GET", "path": "/mds/metadata/x"}, "response": {"status": 200, "body": {"a": 1}}}
WHOLE = json.dumps(LINE).encode()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty: a recording has one exchange a line"),
        (b"\n \n", "is empty"),
        (WHOLE + b"\n\x93NUMPY\xff", "line 2 is not text in UTF-8"),
        (b"@read1\nACGT\n+\nFFFF", "line 1 is not JSON"),
        (WHOLE + b"\n{", "line 2 is not JSON"),
        (b'{"log": {"entries": []}}', "line 1 has no request and response: a recording has one exchange a line"),
        (b"[]", "line 1 has no request"),
        (b"null", "line 1 has no request"),
        (WHOLE + b"\n1", "line 2 has no request"),
        (WHOLE + b"\n{}", "line 2 has no request"),
        (b'{"request": "GET /", "response": {}}', "line 1 has no request"),
        (b'{"request": {"method": 1, "path": "/"}, "response": {}}', "method and path are not texts"),
        (b'{"request": {"method": "GET", "path": "/"}, "response": {"status": true}}', "status is not a number"),
        (WHOLE.replace(b"1", b'"\\ud800"'), "line 1 is not text in UTF-8"),
        (WHOLE.replace(b"1", b"[" * 600 + b"]" * 600), "nested too deep"),
        (b"[" * 100_000, "nested too deep"),
    ],
)
def test_a_file_that_is_no_recording_is_reported_with_its_line(sandbox: Sandbox, tmp_path: Path, content, words):
    (tmp_path / "r.jsonl").write_bytes(content)
    before = sandbox.contents()
    with pytest.raises(ValueError, match=words):
        sandbox.seed_exchanges(tmp_path / "r.jsonl")
    assert sandbox.contents() == before


def test_a_line_without_an_end_is_not_read_into_memory(sandbox: Sandbox, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(exchanges, "_LONGEST", len(WHOLE))
    (tmp_path / "r.jsonl").write_bytes(WHOLE + b"\n")
    with pytest.raises(ValueError, match="line 1 has more than"):
        sandbox.seed_exchanges(tmp_path / "r.jsonl")


def test_a_document_with_a_number_that_json_has_not_is_left(sandbox: Sandbox, tmp_path: Path):
    (tmp_path / "r.jsonl").write_bytes(WHOLE.replace(b"1", b"NaN"))
    left = sandbox.seed_exchanges(tmp_path / "r.jsonl")["left"]
    assert left == {"metadata documents with numbers that JSON has not": 1}


def test_a_mark_at_the_beginning_is_no_part_of_it(sandbox: Sandbox, tmp_path: Path):
    (tmp_path / "r.jsonl").write_bytes(b"\xef\xbb\xbf" + WHOLE)
    assert sandbox.seed_exchanges(tmp_path / "r.jsonl")["taken"] == {"metadata documents": 1}


ID = "00000000-0000-4000-8000-000000000001"
THINGS: dict[str, Any] = {
    "/api/projects/": {"slug": "a", "name": "A", "parent": None, "details": "", "workflow": ""},
    "/api/datasets/": {"slug": "a:b", "name": "B", "parent": "a", "base_file_path": "x"},
    "/api/attributes/char_attributes/": {"item": "a", "key": "k", "value": "v"},
    "/api/organizations": {"uuid": ID, "name": "o"},
    "/api/sample_groups": {"uuid": ID.replace("1", "2"), "name": "g", "organization": ID, "is_library": True},
    "/api/samples": {"uuid": ID.replace("1", "3"), "name": "s", "library": ID.replace("1", "2"), "metadata": {}},
    "/index/index": {"did": "d", "baseid": "b", "hashes": {"md5": "x"}, "size": 4, "urls": [], "acl": [], "metadata": {}},
    "/mds/metadata/x": {"guid": "x", "aliases": ["y"]},
    "/mds/metadata/x/aliases": {"guid": "x", "aliases": ["y"]},
    "/api/v0/submission/p/q/entities/1": {"id": "1", "type": "sample", "submitter_id": "s", "cases": [{"node_id": "n"}]},
}  # fmt: skip
VALUES = some.recursive(
    some.none() | some.booleans() | some.integers(-(2**70), 2**70) | some.floats()
    | some.text(some.characters(codec="utf-8"), max_size=5) | some.just("a") | some.just(ID),
    lambda inner: some.lists(inner, max_size=2) | some.dictionaries(some.sampled_from(["a", "id", "name"]), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip


@some.composite
def _spoiled(draw: some.DrawFn) -> dict[str, Any]:
    """An exchange that tells of an object, one or two of whose fields are something else."""
    path = draw(some.sampled_from(sorted(THINGS)))
    record = dict(THINGS[path])
    for name in draw(some.lists(some.sampled_from([*sorted(record), "properties", "program"]), max_size=2)):
        record[name] = draw(VALUES)
    listed = draw(some.sampled_from(["results", "records", "entities", "data", ""]))
    body = {listed: [record, draw(VALUES)]} if listed else record
    method = draw(some.sampled_from(["GET", "POST", "PUT", "DELETE"]))
    sent = draw(some.just([record]) | VALUES)
    return {"request": {"method": method, "path": path, "body": sent}, "response": {"status": 200, "body": body}}


@settings(deadline=None)
@given(some.lists(_spoiled(), min_size=3, max_size=12))
def test_objects_with_odd_fields_are_taken_or_reported(server: tuple[Sandbox, Path], lines: list[dict[str, Any]]):
    sandbox, folder = server
    (folder / "r.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    report = sandbox.seed_exchanges(folder / "r.jsonl")
    assert report["taken"] or report["left"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory):
    with Sandbox() as sandbox:
        yield sandbox, tmp_path_factory.mktemp("recordings")
