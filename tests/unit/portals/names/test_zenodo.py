"""Records of Zenodo."""

import json
from typing import Any

import httpx
import pytest
from omicsdk.core.errors import DecodeError, Forbidden, Gone, NotFound
from omicsdk.portals.lists import ListError

from tests.unit.portals.names.recorded import result_of

API = "https://zenodo.org/api/records"
RECORD = "zenodo/record_new_15411009.json"
FILE = "Finding_and_exploring_data.pdf"
MISSING = (404, "zenodo/error_not_registered.json")
MD5 = "0" * 31 + "1"


def record(*files: dict[str, Any], **more: Any) -> httpx.Response:
    metadata = {"title": "A record", **more.pop("metadata", {})}
    payload = {
        "id": 7,
        "conceptrecid": "6",
        "doi": "10.5281/zenodo.7",
        "metadata": metadata,
        "files": list(files),
        **more,
    }
    return httpx.Response(200, json=payload)


def entry(key: str, link: str = "") -> dict[str, Any]:
    self = link or f"https://zenodo.org/api/records/7/files/{key}/content"
    return {"key": key, "size": 3, "checksum": f"md5:{MD5}", "links": {"self": self}}


@pytest.mark.parametrize(
    "name",
    [
        "zenodo:15411009",
        "10.5281/zenodo.15411009",
        "DOI: 10.5281/ZENODO.15411009",
        "https://doi.org/10.5281/zenodo.15411009.",
        "http://dx.doi.org/10.5281/zenodo.15411009),",
        "https://zenodo.org/records/15411009",
        "https://zenodo.org/record/15411009#.X2-abc",
        "https://zenodo.org/doi/10.5281/zenodo.15411009",
        "https://zenodo.org/api/records/15411009",
    ],
)
def test_a_record_is_named_in_many_ways(name: str) -> None:
    resolved = result_of(name, {f"{API}/15411009": RECORD})
    assert resolved.summaries == [(FILE, 1498808, {"md5": "7bf6bbbc35429543fdf07552f73aaceb"})]
    (row,) = resolved.rows
    assert row.cells["accession"] == "10.5281/zenodo.15411009"
    assert row.cells["title"].startswith("Find and explore data")
    assert row.cells["file_name"] == FILE
    assert row.files[0].folder == "10.5281/zenodo.15411009"
    assert resolved.notes == []


@pytest.mark.parametrize(
    "name",
    [
        f"https://zenodo.org/records/7/files/{FILE}?download=1",
        f"https://zenodo.org/record/7/files/{FILE}",
        f"https://zenodo.org/api/records/7/files/{FILE}/content",
        f"10.5281/zenodo.7/{FILE}",
        f"zenodo:7/{FILE}",
    ],
)
def test_the_page_of_a_file_is_that_file_alone(name: str) -> None:
    resolved = result_of(name, {f"{API}/7": record(entry("other.csv"), entry(FILE))})
    assert [file.name for file in resolved.files] == [FILE]


def test_a_file_that_the_record_lacks_is_unknown() -> None:
    with pytest.raises(NotFound, match=r"10\.5281/zenodo\.7 has no file b\.csv") as caught:
        result_of("https://zenodo.org/records/7/files/b.csv", {f"{API}/7": record(entry("a.csv"))})
    assert caught.value.remedy == "Its files are a.csv."


def test_files_of_github_releases_and_with_a_plus_keep_their_names() -> None:
    # Users of zenodo_get met the first, those of pooch the second: the archive of a release has a slash in its name.
    link = "https://zenodo.org/api/records/7/files/a%2Bb.fits/content"
    resolved = result_of("zenodo:7", {f"{API}/7": record(entry("a+b.fits", link), entry("user/code-v1.zip"))})
    assert [(file.name, file.address) for file in resolved.files] == [
        ("a+b.fits", link),
        ("user/code-v1.zip", "https://zenodo.org/api/records/7/files/user/code-v1.zip/content"),
    ]
    named = result_of(
        "https://zenodo.org/records/7/files/user/code-v1.zip", {f"{API}/7": record(entry("user/code-v1.zip"))}
    )
    assert [file.name for file in named.files] == ["user/code-v1.zip"]


def test_the_number_of_all_versions_is_the_latest_one() -> None:
    # It has no record of its own, which users of nipoppy met. A file of it is that of the latest version.
    responses = {f"{API}/6": MISSING, f"{API}/6/versions/latest": record(entry("a.csv"), entry("b.csv"))}
    resolved = result_of("10.5281/zenodo.6", responses)
    assert [file.name for file in resolved.files] == ["a.csv", "b.csv"]
    assert resolved.notes == ["zenodo:6 is all versions of a record: the latest, 10.5281/zenodo.7, is taken"]
    resolved = result_of("https://zenodo.org/record/6/files/b.csv", responses)
    assert [file.name for file in resolved.files] == ["b.csv"]


def test_an_older_version_is_taken_with_a_note() -> None:
    versions = {"relations": {"version": [{"index": 0, "is_last": False}]}}
    resolved = result_of("zenodo:7", {f"{API}/7": record(entry("a.csv"), metadata=versions)})
    assert resolved.notes == ["10.5281/zenodo.7 has a newer version: zenodo:6 is the latest"]


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"access_right": "restricted"}, "its files are restricted"),
        ({"access_right": "embargoed", "embargo_date": "2031-01-01"}, "its files are under embargo until 2031-01-01"),
        ({"access_right": "embargoed"}, "its files are under embargo"),
        ({"access_right": "closed"}, "its files are closed"),
    ],
)
def test_files_that_are_not_open_are_refused_with_the_page(metadata: dict[str, str], reason: str) -> None:
    for missing in ({}, {"files": None}):
        with pytest.raises(Forbidden, match=rf"{reason}\. Request access"):
            result_of("zenodo:7", {f"{API}/7": record(metadata=metadata, **missing)})


def test_a_restricted_or_deleted_record_is_refused() -> None:
    denied = httpx.Response(403, json={"status": 403, "message": "Permission denied."})
    with pytest.raises(Forbidden, match=r"Permission denied.*request access at https://zenodo\.org/records/7"):
        result_of("zenodo:7", {f"{API}/7": denied})
    deleted = httpx.Response(410, json={"status": 410, "message": "The record has been deleted."})
    with pytest.raises(Gone, match="has been deleted"):
        result_of("zenodo:7", {f"{API}/7": deleted})


def test_a_record_without_files_is_a_row_without_a_file() -> None:
    resolved = result_of("zenodo:7", {f"{API}/7": record(metadata={"access_right": "open"})})
    assert [(row.cells["accession"], len(row.files), row.note) for row in resolved.rows] == [
        ("10.5281/zenodo.7", 0, "10.5281/zenodo.7 has no files")
    ]


def test_another_response_than_a_record_is_an_error() -> None:
    with pytest.raises(DecodeError, match="not a list of files"):
        result_of("zenodo:7", {f"{API}/7": httpx.Response(200, json={"id": 7})})
    page = httpx.Response(200, text="<html><title>Maintenance</title></html>", headers={"Content-Type": "text/html"})
    with pytest.raises(DecodeError):
        result_of("zenodo:7", {f"{API}/7": page})


def test_an_unsafe_name_refuses_the_whole_record() -> None:
    unsafe = entry("../a.csv", "https://zenodo.org/api/records/7/files/x/content")
    with pytest.raises(ListError, match=r"10\.5281/zenodo\.7: file 2: .*contains '\.\.'"):
        result_of("zenodo:7", {f"{API}/7": record(entry("a.csv"), unsafe)})


def test_records_of_the_test_service_are_its_own() -> None:
    resolved = result_of(
        "https://sandbox.zenodo.org/records/7", {"https://sandbox.zenodo.org/api/records/7": record(entry("a.csv"))}
    )
    assert resolved.requests == ["GET https://sandbox.zenodo.org/api/records/7"]


def test_the_environment_replaces_the_url() -> None:
    environ = {"OMICS_ZENODO_URL": "http://127.0.0.1:9/api"}
    resolved = result_of("zenodo:7", {"http://127.0.0.1:9/api/records/7": record(entry("a.csv"))}, environ)
    assert len(resolved.files) == 1
    assert json.loads(resolved.sent[0].content or "null") is None
    assert "authorization" not in resolved.sent[0].headers
