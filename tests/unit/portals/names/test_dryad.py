"""Datasets of Dryad."""

from typing import Any

import httpx
import pytest
from omicsdk.core.errors import ConfigError, DecodeError, NotFound

from tests.unit.portals.names.recorded import result_of

API = "https://datadryad.org/api/v2"
DOI = "10.5061/dryad.8515"
TOKEN = {"OMICS_DRYAD_TOKEN": "secret"}
DATASET = f"{API}/datasets/doi:10.5061%2Fdryad.8515"
FILES = f"{API}/versions/231/files"
SHA256 = "0" * 63 + "1"


def entry(id: int, name: str, **more: Any) -> dict[str, Any]:
    links = {"stash:download": {"href": f"/api/v2/files/{id}/download"}}
    return {
        "_links": links,
        "path": name,
        "size": 3,
        "status": "copied",
        "digest": SHA256,
        "digestType": "sha-256",
        **more,
    }


def page(*files: dict[str, Any], total: int | None) -> httpx.Response:
    return httpx.Response(200, json={"count": len(files), "total": total, "_embedded": {"stash:files": list(files)}})


def responses(*pages: httpx.Response) -> dict[str, Any]:
    served = {f"{FILES}?page={number}": answer for number, answer in enumerate(pages, 1)}
    return {DATASET: "dryad/doc_dataset.json", **served}


@pytest.mark.parametrize(
    "name",
    [
        DOI,
        f"dryad:{DOI}",
        f"https://doi.org/{DOI}",
        f"https://datadryad.org/stash/dataset/doi:{DOI}",
        "https://datadryad.org/dataset/doi%3A10.5061%2Fdryad.8515#usage",
        f"http://datadryad.org/resource/doi:{DOI}",
    ],
)
def test_a_dataset_is_named_in_many_ways(name: str) -> None:
    resolved = result_of(name, responses(page(entry(66, "a.csv"), total=1)), TOKEN)
    assert resolved.summaries == [("a.csv", 3, {"sha256": SHA256})]
    (row,) = resolved.rows
    assert (row.cells["accession"], row.cells["title"]) == (DOI, "A Study of Red-Black Trees with Weight")
    assert row.files[0].address == f"{API}/files/66/download"


@pytest.mark.parametrize("total", [101, None])
def test_files_are_listed_page_by_page(total: int | None) -> None:
    first = [entry(number, f"{number}.csv") for number in range(100)]
    resolved = result_of(DOI, responses(page(*first, total=total), page(entry(100, "100.csv"), total=total)), TOKEN)
    assert [file.name for file in resolved.files] == [f"{number}.csv" for number in range(101)]


def test_fewer_files_than_are_stated_are_an_error() -> None:
    with pytest.raises(DecodeError, match="is 3, not the 1 files that it lists"):
        result_of(DOI, responses(page(entry(1, "a.csv"), total=3), page(total=3)), TOKEN)


def test_deleted_files_are_left_out() -> None:
    files = [entry(1, "a.csv", status="deleted"), entry(2, "b.csv")]
    assert [file.name for file in result_of(DOI, responses(page(*files, total=2)), TOKEN).files] == ["b.csv"]


def test_a_file_after_the_doi_is_that_file_alone() -> None:
    resolved = result_of(f"{DOI}/b.csv", responses(page(entry(1, "a.csv"), entry(2, "b.csv"), total=2)), TOKEN)
    assert [file.name for file in resolved.files] == ["b.csv"]


def test_the_token_goes_with_files_of_the_service_alone() -> None:
    # Users of metacheck and carob met both: an expired token makes requests for metadata fail, and files need one.
    other = entry(2, "b.csv", _links={"stash:download": {"href": "https://elsewhere.example.org/b.csv"}})
    resolved = result_of(DOI, responses(page(entry(1, "a.csv"), other, total=2)), TOKEN)
    assert [dict(file.headers) for file in resolved.files] == [{"Authorization": "Bearer secret"}, {}]
    assert all("authorization" not in request.headers for request in resolved.sent)
    assert resolved.notes == []


def test_a_note_says_that_files_need_a_token() -> None:
    resolved = result_of(DOI, responses(page(entry(1, "a.csv"), entry(2, "b.csv"), total=2)))
    assert resolved.notes == ["Dryad requires a token for files: set OMICS_DRYAD_TOKEN to one of your account there"]
    assert [dict(file.headers) for file in resolved.files] == [{}, {}]


def test_no_token_is_sent_over_http() -> None:
    with pytest.raises(ConfigError, match="no token is sent over http"):
        result_of(DOI, {}, {**TOKEN, "OMICS_DRYAD_URL": "http://dryad.example.org/api/v2"})


def test_another_name_is_unknown() -> None:
    with pytest.raises(NotFound, match="is not a DOI"):
        result_of("dryad:8515", {})
