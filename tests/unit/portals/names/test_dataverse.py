"""Datasets and files of Dataverse."""

from typing import Any

import httpx
import pytest
from omicsdk.core.errors import DecodeError, Forbidden, Gone, NotFound

from tests.unit.portals.names.recorded import result_of

HOST = "https://data.example.org"
ID = "doi:10.5072/FK2/AB"
PAGE = f"{HOST}/dataset.xhtml?persistentId={ID}"
VERSION = f"{HOST}/api/datasets/:persistentId/versions/:latest-published?persistentId={ID}"
MISSING = (404, "dataverse/error_not_found.json")
MD5 = "0" * 31 + "1"


def entry(id: int, name: str, **more: Any) -> dict[str, Any]:
    data = {"id": id, "filename": name, "filesize": 3, "md5": MD5, **more.pop("dataFile", {})}
    return {"label": name, "restricted": False, **more, "dataFile": data}


def version(*files: dict[str, Any], **more: Any) -> httpx.Response:
    fields = [{"typeName": "title", "value": "A dataset"}]
    dataset = {"datasetPersistentId": ID, "versionNumber": 2, "versionMinorNumber": 1, "versionState": "RELEASED"}
    blocks = {"citation": {"fields": fields}}
    return httpx.Response(
        200, json={"status": "OK", "data": {**dataset, "metadataBlocks": blocks, "files": list(files), **more}}
    )


@pytest.mark.parametrize(
    "page", [PAGE, f"{HOST}/citation?persistentId={ID}", f"{HOST}/dataset.xhtml?persistentId={ID}&version=2.1"]
)
def test_a_dataset_is_named_by_its_page_at_any_server(page: str) -> None:
    responses = {VERSION: version(entry(7, "a.csv", directoryLabel="raw/x")), f"{HOST}/api/datasets/:persistentId/versions/2.1": version(entry(7, "a.csv", directoryLabel="raw/x"))}  # fmt: skip
    resolved = result_of(page, responses)
    assert resolved.summaries == [("raw/x/a.csv", 3, {"md5": MD5})]
    (row,) = resolved.rows
    assert (row.cells["accession"], row.cells["title"], row.note) == (ID, "A dataset", "")
    # Users of pooch met this: many servers give files no persistent identifiers.
    assert row.files[0].address == f"{HOST}/api/access/datafile/7"


def test_tables_are_those_that_were_uploaded() -> None:
    # Users of pooch and datalad met this: size and name are of tab-separated values, the checksum is not.
    resolved = result_of(f"{HOST}/dataset.xhtml?persistentId=doi:10.70122/FK2/YAAX1R", {f"{HOST}/api/datasets/:persistentId/versions/:latest-published": "dataverse/dataset_tables.json"})  # fmt: skip
    table = next(file for file in resolved.files if file.name == "Test Data Beta.dta")
    assert table.address == f"{HOST}/api/access/datafile/2067899?format=original"
    assert (table.size, table.checksums) == (31175, {"md5": "ba1fb8e3b8c77c5ab09a6d88a82d3ed9"})
    assert [file.name for file in resolved.files if isinstance(file.error, Forbidden)] == ["Test Data Alpha.dta"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("application/x-stata-14", "a.dta"),
        ("text/csv", "a.csv"),
        ("application/x-rlang-transport", "a.RData"),
        ("x/y", "a.tab"),
    ],
)
def test_a_table_of_an_older_server_is_named_by_its_format(kind: str, name: str) -> None:
    resolved = result_of(PAGE, {VERSION: version(entry(7, "a.tab", dataFile={"originalFileFormat": kind}))})
    assert resolved.summaries == [(name, None, {"md5": MD5})]


def test_files_that_are_not_open_fail_alone() -> None:
    files = [
        entry(1, "open.csv", dataFile={"embargo": {"dateAvailable": "2001-01-01"}}),
        entry(2, "restricted.csv", restricted=True),
        entry(3, "later.csv", dataFile={"embargo": {"dateAvailable": "9999-01-01"}}),
    ]
    resolved = result_of(PAGE, {VERSION: version(*files)})
    assert [str(file.error or "") for file in resolved.files] == [
        "",
        "restricted.csv is restricted. Request access on the page of its dataset.",
        "later.csv is under embargo until 9999-01-01. Request access on the page of its dataset.",
    ]


def test_a_stated_version_is_taken_with_a_note_on_the_latest() -> None:
    older = f"{HOST}/api/datasets/:persistentId/versions/1.0?persistentId={ID}"
    responses = {older: version(entry(1, "a.csv"), versionNumber=1, versionMinorNumber=0), VERSION: version()}
    resolved = result_of(f"{PAGE}&version=1.0", responses)
    assert [file.name for file in resolved.files] == ["a.csv"]
    assert resolved.notes == [f"{ID} has a newer version: 2.1"]
    assert "excludeFiles=true" in resolved.requests[1]


@pytest.mark.parametrize(
    ("page", "request_"),
    [
        (f"{HOST}/file.xhtml?persistentId={ID}/CD&version=1.0", f"{HOST}/api/files/:persistentId?persistentId={ID}/CD"),
        (f"{HOST}/file.xhtml?fileId=7", f"{HOST}/api/files/7"),
    ],
)
def test_the_page_of_a_file_is_that_file_alone(page: str, request_: str) -> None:
    response = httpx.Response(200, json={"status": "OK", "data": entry(7, "a.csv")})
    assert result_of(page, {request_: response}).summaries == [("a.csv", 3, {"md5": MD5})]


def test_the_doi_of_a_file_is_that_file() -> None:
    # Users of datahugger and pooch met this: servers give DOIs to files as well.
    harvard = "https://dataverse.harvard.edu/api"
    response = httpx.Response(200, json={"status": "OK", "data": entry(7, "a.csv")})
    responses = {
        f"{harvard}/datasets/:persistentId/versions/:latest-published": MISSING,
        f"{harvard}/files/:persistentId": response,
    }
    resolved = result_of("10.7910/dvn/sgeesj/1sradn", responses)
    assert [file.name for file in resolved.files] == ["a.csv"]
    assert "persistentId=doi:10.7910/DVN/SGEESJ/1SRADN" in resolved.requests[1]


def test_an_unknown_or_withdrawn_dataset_is_an_error() -> None:
    unknown = {VERSION: MISSING, f"{HOST}/api/files/:persistentId": (404, "dataverse/error_not_found.json")}
    with pytest.raises(NotFound, match="not found"):
        result_of(PAGE, unknown)
    withdrawn = version(versionState="DEACCESSIONED", deaccessionNote="It has personal data.")
    with pytest.raises(Gone, match=r"was withdrawn: It has personal data"):
        result_of(PAGE, {VERSION: withdrawn})


def test_another_response_than_a_file_is_an_error() -> None:
    with pytest.raises(DecodeError, match=r"data\.dataFile"):
        result_of(f"{HOST}/file.xhtml?fileId=7", {f"{HOST}/api/files/7": httpx.Response(200, json={"status": "OK"})})
