"""The documented calls on manifests, with the files that gen3sdk 4.28.5 read and wrote when it was recorded."""

import asyncio
import csv
import json
from pathlib import Path

import pytest
from omicsdk.compat.gen3.auth import Gen3Auth
from omicsdk.compat.gen3.index import Gen3Index
from omicsdk.compat.gen3.metadata import Gen3Metadata
from omicsdk.compat.gen3.tools.indexing import (
    async_download_object_manifest,
    async_verify_object_manifest,
    delete_all_guids,
    index_object_manifest,
)
from omicsdk.compat.gen3.tools.indexing.verify_manifest import manifest_row_parsers
from omicsdk.compat.gen3.tools.metadata import async_ingest_metadata_manifest
from omicsdk.core import SomeFailed

RESULTS = Path(__file__).parents[3] / "data/gen3/recordings" / "gen3.client.results.jsonl"
FILE = "dg.TEST/00000611-0000-4000-8000-000000000611"


@pytest.fixture(scope="module")
def recorded() -> dict[str, str]:
    lines = (json.loads(line) for line in RESULTS.read_text().splitlines())
    return {line["step"].removeprefix("file written: "): line["value"] for line in lines if "value" in line}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def put(name: str, recorded: dict[str, str]) -> str:
    Path(name).write_text(recorded[name])
    return name


def rows(name: str, delimiter: str = "\t") -> list[dict[str, str]]:
    with Path(name).open(newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


@pytest.fixture
def indexed(auth: Gen3Auth, recorded: dict[str, str]) -> tuple[list[dict[str, object]], list[str]]:
    return index_object_manifest(auth.endpoint, put("m.tsv", recorded), 2, auth, output_filename="m.out.tsv")


def test_indexing_writes_what_was_recorded(indexed, auth: Gen3Auth, index: Gen3Index, recorded: dict[str, str]):
    files, headers = indexed
    assert headers == ["guid", "md5", "size", "authz", "acl", "urls", "file_name"]
    made = files[0]["guid"]
    written = Path("m.out.tsv").read_text()
    assert written.replace(str(made), "dg.TEST/7941110a-2f1d-4acd-9a05-c27a6d741d4b") == recorded["m.out.tsv"]
    assert files[1] == {**rows("m.out.tsv")[1], "size": 4}
    assert index.get_record(str(made))["acl"] == ["*"]

    second = put("m2.tsv", recorded)
    index_object_manifest(auth.endpoint, second, 1, auth, replace_urls=False, output_filename="m2.out.tsv")
    assert Path("m2.out.tsv").read_text() == recorded["m2.out.tsv"]
    assert sorted(index.get_record(FILE)["urls"]) == ["s3://b/2", "s3://b/2b"]
    index_object_manifest(f"{auth.endpoint}/index", second, 1, auth, output_filename="m3.out.tsv")
    assert Path("m3.out.tsv").read_text() == recorded["m3.out.tsv"]
    assert index.get_record(FILE)["urls"] == ["s3://b/2b"]


def test_rows_that_fail_are_raised_when_all_others_are_done(auth: Gen3Auth, index: Gen3Index, caplog):
    Path("m.csv").write_text(f"guid,md5,size,urls\n,xyz,1,s3://b/1\n{FILE},{'0' * 32},1,s3://b/1\n")
    with pytest.raises(SomeFailed, match="1 of 2 rows could not be indexed") as caught:
        index_object_manifest(auth.endpoint, "m.csv", 1, auth)
    assert "indexing-output-manifest.failures.tsv" in str(caught.value)
    assert [row["guid"] for row in rows("indexing-output-manifest.csv")] == [FILE]
    assert index.get_record(FILE)
    assert "'xyz' is not an MD5 sum" in caplog.text


def test_the_index_as_a_manifest(indexed, auth: Gen3Auth, recorded: dict[str, str]):
    asyncio.run(async_download_object_manifest(auth.endpoint, "dl.csv", num_processes=1))
    written = {row["guid"]: row for row in rows("dl.csv", ",")}
    (header, *body_rows) = csv.reader(recorded["dl.csv"].splitlines())
    assert list(next(iter(written.values()))) == header
    was = {row["guid"]: row for row in (dict(zip(header, cells, strict=True)) for cells in body_rows)}
    assert written[FILE] == {**was[FILE], "urls": "s3://b/2"}

    asyncio.run(async_download_object_manifest(auth.endpoint, "some.csv", input_manifest="m.out.tsv"))
    assert {row["guid"] for row in rows("some.csv", ",")} == set(written)


def test_verifying(indexed, auth: Gen3Auth, recorded: dict[str, str], monkeypatch: pytest.MonkeyPatch):
    manifest = put("m4.tsv", recorded)
    summary = asyncio.run(async_verify_object_manifest(auth.endpoint, manifest, output_filename="v.log"))
    assert summary.counts == {"wrong": 2, "missing": 1}
    entries = [line.split("|")[:2] for line in Path("v.log").read_text().splitlines()]
    assert entries[0] == [FILE, "urls"]
    assert [field for _, field in entries[1:]] == ["authz", "acl", "file_size", "md5", "urls", "no_record"]

    asyncio.run(async_verify_object_manifest(auth.endpoint, "m.out.tsv"))
    (log,) = Path().glob("verify-manifest-errors-*.log")
    assert log.read_text() == ""
    monkeypatch.setitem(manifest_row_parsers, "md5", lambda row: "other")
    asyncio.run(async_verify_object_manifest(auth.endpoint, "m.out.tsv", output_filename="p.log"))
    assert Path("p.log").read_text().count("|md5|expected other|") == 2


def test_metadata(indexed, auth: Gen3Auth, recorded: dict[str, str]):
    asyncio.run(async_ingest_metadata_manifest(auth.endpoint, put("md.tsv", recorded), "src", auth))
    with Gen3Metadata(auth) as documents:
        assert documents.get(FILE) == {"src": {"name": "two", "n": 7}, "_guid_type": "indexed_file_object"}
        assert documents.get("kx") == {"src": {"name": "x", "n": ""}, "_guid_type": "metadata_object"}
    assert list(Path().glob("ingest-metadata-manifest-errors-*.log"))


def test_all_records_of_a_manifest_are_deleted(indexed, auth: Gen3Auth, index: Gen3Index):
    delete_all_guids(auth, "m.out.tsv")
    assert index.get_all_records() == []
    delete_all_guids(auth, "m.out.tsv")  # what is gone already is no error
