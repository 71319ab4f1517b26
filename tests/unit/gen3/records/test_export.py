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
from omicsdk.core import NO_RETRY, DiskFull, OmicsError
from omicsdk.gen3 import Gen3, Gen3Error
from omicsdk.transfer.disk import RESERVE


def test_a_large_node_is_read_as_it_arrives() -> None:
    row = json.dumps({"type": "case", "submitter_id": "x" * 1000}).encode()
    given: list[int] = []

    class Long(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield b'{"data": ['
            for number in range(20_000):
                given.append(number)
                yield row + b","
            yield row + b"]}"

    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=Long()))
    with Gen3("https://commons.example.org", transport=transport, retry=NO_RETRY) as commons:
        rows = commons.export_rows("demo-one", "case")
        next(rows)
        assert len(given) < 1000
        assert sum(1 for _ in rows) == 20_000


def test_an_export_that_breaks_off_is_an_error(tmp_path: Path) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=b'{"data": [{"a": 1}, {"a"'))
    with (
        Gen3("https://commons.example.org", transport=transport, retry=NO_RETRY) as commons,
        pytest.raises(OmicsError),
    ):
        commons.export_file("demo-one", "case", tmp_path / "a.json")
    assert list(tmp_path.iterdir()) == [tmp_path / "home"]


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


def test_a_commons_that_deletes_nothing_does_not_keep_us_for_ever() -> None:
    asked: list[str] = []

    def answered(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
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
    assert asked.count("DELETE") == 1
