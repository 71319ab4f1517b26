"""Records are given out as rows, files and data frames, and deleted: those first that link to others."""

import itertools
import json
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from disk_space import stating
from gen3_records import dictionary
from omicsdk.core import NO_RETRY, DiskFull, OmicsError, ResponseMismatch, TransportError
from omicsdk.gen3 import Gen3, Gen3Error
from omicsdk.transfer.disk import RESERVE


def test_a_large_node_is_read_as_it_arrives() -> None:
    row = json.dumps({"type": "case", "submitter_id": "x" * 1000}).encode()
    numbers: list[int] = []

    class Long(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield b'{"data": ['
            for number in range(20_000):
                numbers.append(number)
                yield row + b","
            yield row + b"]}"

    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=Long()))
    with Gen3("https://commons.example.org", transport=transport, retry=NO_RETRY) as commons:
        rows = commons.export_rows("demo-one", "case")
        next(rows)
        assert len(numbers) < 1000
        assert sum(1 for _ in rows) == 20_000


def test_an_export_that_breaks_off_is_an_error(tmp_path: Path) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=b'{"data": [{"a": 1}, {"a"'))
    with Gen3("https://commons.example.org", transport=transport, retry=NO_RETRY) as commons, pytest.raises(OmicsError):
        commons.export_file("demo-one", "case", tmp_path / "a.json")
    assert list(tmp_path.iterdir()) == []


def test_a_record_that_is_cut_off_is_not_one_of_another_project(tmp_path: Path) -> None:
    class Broken(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield b"id\tproject_id\n1\tdemo-o"
            raise httpx.ReadError("cut")

    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=Broken()))
    with (
        Gen3("https://commons.example.org", transport=transport, retry=NO_RETRY) as commons,
        pytest.raises(TransportError),
    ):
        commons.export_file("demo-one", "case", tmp_path / "a.tsv")


@pytest.mark.parametrize(("name", "kind"), [("a.json", "JSON"), ("a.jsonl", "JSON"), ("a.tsv", "TSV")])
def test_an_export_of_unknown_size_stops_before_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    """The space is what the test states: no disk is filled. Nothing takes the place of what was there before."""
    row = {"JSON": json.dumps({"type": "case", "submitter_id": "x" * 1000}).encode() + b",", "TSV": b"case\tx\n" * 100}
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / name).write_text("before")

    class Long(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield b'{"data": [' if kind == "JSON" else b"type\tsubmitter_id\n"
            yield from itertools.repeat(row[kind], 20_000)

    def space() -> tuple[int, int]:
        return RESERVE + 2_000_000 - sum(path.stat().st_size for path in folder.iterdir()), 1 << 40

    monkeypatch.setattr(os, "statvfs", stating(space))
    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=Long()))
    with (
        Gen3("https://commons.example.org", transport=transport, retry=NO_RETRY) as commons,
        pytest.raises(DiskFull, match="these are kept free") as caught,
    ):
        commons.export_file("demo-one", "case", folder / name)
    assert str(folder / name) in str(caught.value)
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [(name, "before")]


# As sheepdog answered: the rows of a JSON and of a TSV export of a node.
ROW = {"project_id": "demo-one", "submitter_id": "c1", "id": "0b019416-61a3-4421-80c2-8500a4187738", "type": "case"}
BODIES = {
    "json": lambda row: json.dumps({"data": [row]}),
    "jsonl": lambda row: json.dumps({"data": [row]}),
    "tsv": lambda row: f"type\tid\tproject_id\tsubmitter_id\n{row['type']}\t{row['id']}\t{row['project_id']}\tc1\n",
}


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("other", [{"project_id": "demo-two"}, {"type": "sample"}])
def test_records_of_something_else_replace_no_file(tmp_path: Path, kind: str, other: dict[str, str]) -> None:
    file = tmp_path / f"case.{kind}"
    file.write_text("before")
    bodies = [BODIES[kind](row) for row in ({**ROW, **other}, ROW)]
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=bodies.pop(0)))
    with Gen3("https://commons.example.org", transport=transport, retry=NO_RETRY) as commons:
        with pytest.raises(ResponseMismatch, match=next(iter(other.values()))):
            commons.export_file("demo-one", "case", file)
        assert file.read_text() == "before"
        commons.export_file("demo-one", "case", file)
    assert "c1" in file.read_text()


def test_a_commons_that_deletes_nothing_does_not_keep_us_for_ever() -> None:
    methods: list[str] = []

    def answered(request: httpx.Request) -> httpx.Response:
        methods.append(request.method)
        if request.method == "DELETE":
            return httpx.Response(200, json={"entities": [{"type": "case", "id": "1"}], "success": True})
        if b"_count" in request.content:
            return httpx.Response(200, json={"data": {"_case_count": 1}})
        return httpx.Response(200, json={"data": {"case": [{"id": "1"}]}})

    with (
        Gen3("https://commons.example.org", transport=httpx.MockTransport(answered), retry=NO_RETRY) as commons,
        pytest.raises(Gen3Error, match="1 of case as deleted, but it still exists"),
    ):
        commons.delete_nodes("demo-one", ["case"], dictionary=dictionary())
    assert methods.count("DELETE") == 1
