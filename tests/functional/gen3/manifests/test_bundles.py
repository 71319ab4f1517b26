"""Manifests of bundles: read, checked, and made on the sandbox's index."""

import csv
import errno
import os
from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk.compat.gen3.auth import Gen3Auth
from omicsdk.compat.gen3.index import Gen3Index
from omicsdk.compat.gen3.tools.bundle.ingest_manifest import ingest_bundle_manifest, validate_hashes
from omicsdk.core import NO_RETRY, ConnectFailed, DiskFull, FolderBusy, NotWritable, SomeFailed
from omicsdk.gen3 import Gen3
from omicsdk.gen3.manifests import ManifestError, bundles_of
from omicsdk.transfer.journal import JournalFile

A, B = (f"dg.TEST/0000000{n}-0000-4000-8000-000000000000" for n in "12")
OWN_GUID = "dg.TEST/b0000000-0000-4000-8000-000000000001"


@pytest.fixture
def files(auth: Gen3Auth) -> None:
    with Gen3Index(auth) as index:
        for number, guid in enumerate((A, B)):
            index.create_record({"md5": f"{number:032x}"}, 100, guid, [f"s3://b/{number}"])


def bundle(commons: Gen3, guid: str) -> dict[str, Any]:
    return commons.indexd.get_bundle(guid=guid).to_dict()


def count(commons: Gen3) -> int:
    return len(commons.indexd.list_records.raw(form="bundle").json()["records"])


def test_bundles_are_made_members_first(commons: Gen3, auth: Gen3Auth, files: None, written, tmp_path: Path):
    path = written(
        "bundle_name | ids | GUID | description | checksums | type | aliases | size",
        f"outer | ['inner' '{B}'] | {OWN_GUID} | all of it | [{'9' * 32}] | [md5] | x y | 10",
        f"inner | [{A}, {B}] |  |  |  |  |  | ",
    )
    records = ingest_bundle_manifest(auth.endpoint, path, tmp_path / "out.csv", auth=auth)
    assert [record["name"] for record in records] == ["outer", "inner"]
    inner = records[1]["guid"]
    assert records[0]["bundles"] == [inner, B]
    made = bundle(commons, OWN_GUID)
    assert (made["name"], made["size"], made["description"], made["aliases"]) == ("outer", 10, "all of it", ["x", "y"])
    assert made["checksums"] == [{"type": "md5", "checksum": "9" * 32}]
    assert {member["id"] for member in made["contents"]} == {inner, B}
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["name"], row["guid"]) for row in rows] == [("outer", OWN_GUID), ("inner", inner)]
    assert ",".join(rows[0]) == "name,bundles,guid,size,checksums,description,version,aliases"


@pytest.mark.parametrize("taken", ["out.csv", "out.csv.journal"])
def test_an_output_that_cannot_be_written(taken: str, commons: Gen3, files: None, written, tmp_path: Path):
    (tmp_path / taken).mkdir()
    with pytest.raises((ManifestError, NotWritable), match=r"out.csv.*directory. \w+"):
        commons.index_bundles(written("bundle_name | ids", f"b | {A}"), tmp_path / "out.csv")
    assert count(commons) == 0


def test_a_disk_that_is_full_before_the_first_bundle(
    commons: Gen3, files: None, written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(JournalFile, "append_durably", full)
    with pytest.raises(DiskFull, match=r"out.csv. Free disk space"):
        commons.index_bundles(written("bundle_name | ids", f"b | {A}"), tmp_path / "out.csv")
    assert count(commons) == 0


def test_two_calls_at_once_with_one_output_make_no_bundle_twice(
    auth: Gen3Auth, commons: Gen3, files: None, written, tmp_path: Path
):
    path, output, refused = written("bundle_name | ids", f"b | {A}"), tmp_path / "out.csv", list[FolderBusy]()
    with httpx.HTTPTransport() as network:

        def between(request: httpx.Request) -> httpx.Response:
            """Another call begins while this one creates its bundle."""
            if request.method == "POST" and "bundle" in request.url.path:
                with pytest.raises(FolderBusy) as caught:
                    commons.index_bundles(path, output)
                refused.append(caught.value)
            return network.handle_request(request)

        with Gen3(credentials=auth, transport=httpx.MockTransport(between)) as client:
            (made,) = client.index_bundles(path, output).bundles
    assert len(refused) == 1
    assert commons.index_bundles(path, output).bundles == [made]
    assert count(commons) == 1
    assert not (tmp_path / "out.csv.journal").exists()


def test_the_same_again_makes_nothing(commons: Gen3, files: None, written):
    path = written("bundle_name | ids | guid", f"b | {A} | {OWN_GUID}")
    assert commons.index_bundles(path) == commons.index_bundles(path)
    other = written("bundle_name | ids | guid", f"b | {B} | {OWN_GUID}")
    assert "already exists" in commons.index_bundles(other).failures[2]


def test_the_same_again_makes_no_bundle_twice_that_got_its_guid_from_the_commons(
    commons: Gen3, files: None, written, tmp_path
):
    unknown = A.replace("1", "7")
    out = tmp_path / "out.tsv"
    first = commons.index_bundles(written("bundle_name | ids", f"c | {A}", "d | c", f"a | {unknown}"), out)
    assert len(first.failures) == 1
    again = commons.index_bundles(written("bundle_name | ids", f"c | {A}", "d | c", f"a | {B}"), out)
    assert again.bundles[:2] == first.bundles
    assert count(commons) == 3
    other = commons.index_bundles(written("bundle_name | ids", f"c | {B}"), out)
    assert other.bundles[0].guid not in {record.guid for record in again.bundles}
    assert list(tmp_path.glob("*.part")) == []


def test_a_call_that_was_interrupted_makes_no_bundle_twice(commons: Gen3, auth, files: None, written, tmp_path):
    path, out = written("bundle_name | ids", f"a | {A}", f"b | {B}", "c | a b"), tmp_path / "out.tsv"
    with httpx.HTTPTransport() as network:

        def cut(request: httpx.Request) -> httpx.Response:
            if request.method == "POST" and b'"name":"c"' in request.read().replace(b" ", b""):
                raise httpx.ConnectError("down")
            return network.handle_request(request)

        failing = Gen3(credentials=auth, transport=httpx.MockTransport(cut), retry=NO_RETRY)
        with failing, pytest.raises(ConnectFailed):
            failing.index_bundles(path, out)
    assert (out.exists(), count(commons)) == (False, 2)
    assert len(commons.index_bundles(path, out).bundles) == 3
    assert count(commons) == 3


def test_a_bundle_that_fails_takes_those_along_that_hold_it(
    commons: Gen3, auth: Gen3Auth, files: None, written, tmp_path: Path
):
    unknown = A.replace("1", "7")
    path = written("bundle_name | ids", f"a | {unknown}", "b | a", f"c | {A}")
    with pytest.raises(SomeFailed, match="2 of 3 bundles could not be created: line 2"):
        ingest_bundle_manifest(auth.endpoint, path, tmp_path / "out.tsv", auth=auth)
    made = commons.index_bundles(path)
    assert [record.name for record in made.bundles] == ["c"]
    assert "its member a could not be created" in made.failures[3]


def test_a_bundle_is_not_made_twice_when_its_response_is_lost(auth: Gen3Auth, files: None, written):
    posts: list[str] = []
    with httpx.HTTPTransport() as network:

        def losing(request: httpx.Request) -> httpx.Response:
            response = network.handle_request(request)
            response.read()
            if request.method == "POST":
                posts.append(request.url.path)
                raise httpx.ReadError("gone")
            return response

        with Gen3(credentials=auth, transport=httpx.MockTransport(losing), retry=NO_RETRY) as losing_commons:
            (made,) = losing_commons.index_bundles(
                written("bundle_name | ids | guid", f"b | {A} {B} | {OWN_GUID}")
            ).bundles
    assert made.guid == OWN_GUID
    assert len(posts) == 1


def test_an_access_token_will_do(commons: Gen3, auth: Gen3Auth, files: None, written, tmp_path: Path):
    path = written("name,bundle_ids", f"b,{A}", name="m.csv")
    made = ingest_bundle_manifest(auth.endpoint, path, tmp_path / "out.csv", token=auth.get_access_token())
    assert bundle(commons, made[0]["guid"])["name"] == "b"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (f" | {A} |  | ", "column 'bundle_name': '' names no bundle"),
        ("a |  |  | ", "column 'ids': '' names no members"),
        ("a | a |  | ", "column 'ids': 'a' contains the bundle itself"),
        ("a | nobody |  | ", "column 'ids': 'nobody' is neither a GUID nor a bundle"),
        (f"a | {A} | {'0' * 32} | ", "'checksums': '00000000000000000000000000000000' are 1 checksums of 0 types"),
        (f"a | {A} | xyz | md5", "column 'checksums': 'xyz' are not checksums of md5"),
        (f"first | {A} |  | ", "column 'bundle_name': 'first' is also the name of the bundle of line 2"),
        ("a | b |  | \nb | a |  | ", "are bundles that contain each other"),
    ],
)
def test_what_is_wrong_is_reported_before_anything_is_made(row: str, message: str, written):
    path = written("bundle_name | ids | checksums | type", f"first | {B} |  | ", row)
    with pytest.raises(ManifestError) as caught:
        bundles_of(path)
    assert message in str(caught.value)
    assert f"{path}: line 3" in str(caught.value) or "contain each other" in message


def test_checksums_that_an_index_takes():
    assert validate_hashes({"md5": "0" * 32, "etag": f"{'0' * 32}-3", "crc": "0" * 8})
    assert not validate_hashes({"md5": "0" * 31})
    assert not validate_hashes({"md4": "0" * 32})
    assert not validate_hashes({"md5": "A" * 32})
