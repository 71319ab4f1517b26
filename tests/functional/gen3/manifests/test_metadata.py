"""Manifests of metadata: stored as documents, and held against them, on the sandbox's metadata service."""

import asyncio
import json
import logging
import threading
from pathlib import Path

import httpx
import pytest
from omicsdk.compat.gen3.auth import Gen3Auth
from omicsdk.compat.gen3.index import Gen3Index
from omicsdk.compat.gen3.metadata import Gen3Metadata
from omicsdk.compat.gen3.tools.metadata import (
    async_ingest_metadata_manifest,
    async_query_urls_from_indexd,
    async_verify_metadata_manifest,
)
from omicsdk.compat.gen3.tools.metadata.ingest_manifest import manifest_row_parsers
from omicsdk.core import NO_RETRY, NotFound, Retry, SomeFailed
from omicsdk.gen3 import Gen3
from omicsdk.gen3.manifests.metadata import GuidOf, guid_in_row, store_documents

FILE = "dg.TEST/00000611-0000-4000-8000-000000000611"


@pytest.fixture
def file(auth: Gen3Auth) -> str:
    with Gen3Index(auth) as index:
        index.create_record({"md5": "0" * 32}, 4, FILE, ["s3://b/x_NWD1.cram"])
    return FILE


def test_rows_become_documents(commons: Gen3, documents: Gen3Metadata, file: str, written, tmp_path: Path):
    path = written("guid\tname\tn", f"{file}\ttwo\t7", "kx\tx\t")
    summary = commons.ingest_metadata(path, "src", tmp_path / "out.log")
    assert summary.counts == {"created": 2}
    assert documents.get(file) == {"src": {"name": "two", "n": 7}, "_guid_type": "indexed_file_object"}
    assert documents.get("kx") == {"src": {"name": "x", "n": ""}, "_guid_type": "metadata_object"}
    assert (tmp_path / "out.log").read_text() == f"Successfully created {file}\nSuccessfully created kx\n"
    written("guid\tname", f"{file}\tthree")
    assert commons.ingest_metadata(path, "s", tmp_path / "o.log", guid_type="t").counts == {"updated": 1}
    assert documents.get(file) == {"s": {"name": "three"}, "_guid_type": "t"}


def test_of_rows_with_one_guid_the_last_is_stored(commons: Gen3, documents: Gen3Metadata, written, tmp_path: Path):
    path = written("guid,n", "a,1", "a,2", name="m.csv")
    assert commons.ingest_metadata(path, "s", tmp_path / "o.log").rows == 2
    assert documents.get("a")["s"] == {"n": 2}


@pytest.mark.parametrize("guid_of", [None, guid_in_row])
def test_of_rows_with_one_guid_in_two_batches_the_last_is_stored(
    guid_of: GuidOf | None, auth: Gen3Auth, documents: Gen3Metadata, written, tmp_path: Path
):
    third_stored = threading.Event()
    first, second = ([f"{batch}-{number},0" for number in range(99)] for batch in (1, 2))
    path = written("guid,n", "a,1", *first, "a,2", *second, "b,3", "c,3", name="m.csv")
    with httpx.HTTPTransport() as network:

        def late(request: httpx.Request) -> httpx.Response:
            """The first batch is stored after the third."""
            if request.method != "POST":
                return network.handle_request(request)
            stored = {entry["guid"]: entry["data"]["s"]["n"] for entry in json.loads(request.content)}
            if stored.get("a") == 1:
                assert third_stored.wait(60)
            response = network.handle_request(request)
            if "b" in stored:
                third_stored.set()
            return response

        with Gen3(credentials=auth, transport=httpx.MockTransport(late)) as client:
            client.ingest_metadata(path, "s", tmp_path / "o.log", guid_of=guid_of, guid_type="t", threads=3)
    assert documents.get("a")["s"] == {"n": 2}


def test_rows_without_a_guid_fail_and_the_others_are_stored(
    commons: Gen3, auth, documents: Gen3Metadata, written, tmp_path: Path
):
    path = written("guid,n", ",1", "b,2", name="m.csv")
    summary = commons.ingest_metadata(path, "s", tmp_path / "o.log")
    assert summary.counts == {"failed": 1, "created": 1}
    assert "names no known file" in summary.errors[0]
    with pytest.raises(SomeFailed, match="1 of 2 rows could not be stored"):
        asyncio.run(async_ingest_metadata_manifest(auth.endpoint, path, "s", auth, output_filename=tmp_path / "p.log"))
    assert documents.get("b")["s"] == {"n": 2}


def test_rows_with_more_cells_than_columns_fail(commons: Gen3, documents: Gen3Metadata, written, tmp_path: Path):
    path = written("guid,name,n", "a,Smith, J.,1", "b,x,2", name="m.csv")
    summary = commons.ingest_metadata(path, "s", tmp_path / "o.log")
    assert summary.counts == {"failed": 1, "created": 1}
    assert "line 2: has 4 cells, and there are 3 columns" in summary.errors[0]
    with pytest.raises(NotFound):
        documents.get("a")


def test_a_guid_by_the_sample_in_a_url(commons: Gen3, documents: Gen3Metadata, file: str, written, tmp_path: Path):
    path = written("submitted_sample_id\tn", "NWD1\t1", "NWD2\t2", "\t3")
    summary = commons.ingest_metadata(path, "s", tmp_path / "o.log", by_url=True)
    assert summary.counts == {"created": 1, "failed": 2}
    assert documents.get(file)["s"] == {"submitted_sample_id": "NWD1", "n": 1}


def test_guids_by_separate_functions(auth: Gen3Auth, documents: Gen3Metadata, written, tmp_path: Path):
    async def guid(commons_url: str, row: dict[str, str], lock: asyncio.Semaphore, queue: object) -> str:
        async with lock:
            return f"by-{row['id']}"

    path = written("id\tn", "1\t1")
    asyncio.run(
        async_ingest_metadata_manifest(
            auth.endpoint,
            path,
            "s",
            auth,
            manifest_row_parsers={**manifest_row_parsers, "indexed_file_object_guid": guid},
            output_filename=tmp_path / "o.log",
            get_guid_from_file=False,
            metadata_type="mine",
        )
    )
    assert documents.get("by-1") == {"s": {"id": 1, "n": 1}, "_guid_type": "mine"}


def test_many_documents_are_one_request_and_are_sent_again_when_the_response_is_lost(auth: Gen3Auth):
    sent: list[tuple[str, str]] = []
    with httpx.HTTPTransport() as network:

        def losing(request: httpx.Request) -> httpx.Response:
            sent.append((request.method, request.url.path))
            response = network.handle_request(request)
            response.read()
            if len(sent) == 1:
                raise httpx.ReadError("gone")
            return response

        with Gen3(credentials=auth, transport=httpx.MockTransport(losing), retry=Retry(base=0)) as client:
            became = store_documents(client, {f"g{n}": {"n": n} for n in range(50)})
    assert set(became.values()) == {"updated"}
    assert sent == [("POST", "/mds-admin/metadata")] * 2


def test_where_many_at_once_are_refused_each_is_sent_alone(auth: Gen3Auth, documents: Gen3Metadata):
    documents.create("a", {"n": 0})
    with httpx.HTTPTransport() as network:

        def refusing(request: httpx.Request) -> httpx.Response:
            if request.url.path == "/mds-admin/metadata" or request.url.path.endswith("/c"):
                return httpx.Response(500, json={"detail": "no"})
            return network.handle_request(request)

        with Gen3(credentials=auth, transport=httpx.MockTransport(refusing), retry=NO_RETRY) as client:
            became = store_documents(client, {"a": {"n": 1}, "b": {"n": 2}, "c": {"n": 3}})
    assert (became["a"], became["b"]) == ("updated", "created")
    assert "no" in str(became["c"])
    assert documents.get("a") == {"n": 1}


# -- verifying


def test_what_differs_is_reported(commons: Gen3, documents: Gen3Metadata, written, tmp_path: Path):
    documents.create("a", {"s": {"n": 1, "list": [1], "text": '{"x": 1}'}})
    path = written("guid\tn\tlist\ttext", 'a\t1\t[1]\t{"x": 1}', "a\t2\t[1, 2]\tt", "b\t1\t\t")
    summary = commons.verify_metadata(path, "s", tmp_path / "e.log")
    assert summary.counts == {"right": 1, "wrong": 1, "missing": 1}
    assert (tmp_path / "e.log").read_text().splitlines() == [
        "a|s.n|expected 2|actual 1",
        "a|s.list|expected [1, 2]|actual [1]",
        "a|s.text|expected t|actual {'x': 1}",
        "b|no_record|expected {'guid': 'b', 'n': '1', 'list': '', 'text': ''}|actual None",
    ]


def test_the_documented_calls(auth: Gen3Auth, file: str, written, tmp_path: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    path = written("guid,n", f"{file},1", name="m.csv")

    async def both() -> list[dict[str, object]]:
        await async_ingest_metadata_manifest(auth.endpoint, path, "s", auth, output_filename=tmp_path / "i.log")
        await async_verify_metadata_manifest(auth.endpoint, path, "s", output_filename=tmp_path / "v.log")
        return await async_query_urls_from_indexd("NWD1", auth.endpoint, asyncio.Semaphore(1))

    assert asyncio.run(both()) == [{"did": file, "urls": ["s3://b/x_NWD1.cram"]}]
    assert (tmp_path / "v.log").read_text() == ""
    assert "{'right': 1}" in caplog.text
