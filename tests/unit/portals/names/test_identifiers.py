"""Compact identifiers of identifiers.org."""

from pathlib import Path

import httpx
import omicsdk
import pytest
from omicsdk.core.errors import BadRequest, NotFound, UsageError
from omicsdk.portals import UnknownList

from tests.unit.portals.names.resolving import result_of

API = "https://resolver.api.identifiers.org"


def resolved_to(*urls: str) -> httpx.Response:
    resources = [{"compactIdentifierResolvedUrl": url, "official": True} for url in urls]
    return httpx.Response(
        200, json={"apiVersion": "1.0", "errorMessage": None, "payload": {"resolvedResources": resources}}
    )


def test_a_page_of_an_archive_is_resolved_further() -> None:
    responses = {
        f"{API}/zenodo.record:15411009": resolved_to("https://example.org/1", "https://zenodo.org/record/15411009"),
        "https://zenodo.org/api/records/15411009": "zenodo/record_new_15411009.json",
    }
    resolved = result_of("zenodo.record:15411009", responses)
    assert [file.name for file in resolved.files] == ["Finding_and_exploring_data.pdf"]
    same = result_of("https://identifiers.org/zenodo.record:15411009", responses)
    assert same.stated == resolved.stated


def test_another_page_is_an_error_that_names_it() -> None:
    page = "https://www.ebi.ac.uk/chebi/searchId.do?chebiId=CHEBI:36927"
    with pytest.raises(UsageError, match=r"CHEBI:36927 is a page, not files: https://www\.ebi\.ac\.uk/chebi") as caught:
        result_of("CHEBI:36927", {f"{API}/CHEBI:36927": resolved_to(page)})
    assert caught.value.remedy == "Open it, and name the files that it shows."


def test_lines_with_colons_are_no_list_of_names(tmp_path: Path) -> None:
    path = tmp_path / "settings"
    path.write_text("colour:red\nsize:12\n")
    with pytest.raises(UnknownList, match=r"its first line is 'colour:red'"):
        omicsdk.get(path, tmp_path / "data")


def test_an_unknown_prefix_is_an_error() -> None:
    answer = httpx.Response(400, json={"apiVersion": "1.0", "errorMessage": "no such prefix", "payload": None})
    with pytest.raises(NotFound, match="nothing:1: no such prefix"):
        result_of("nothing:1", {f"{API}/nothing:1": answer})
    with pytest.raises(BadRequest):
        result_of("nothing:1", {f"{API}/nothing:1": httpx.Response(400, json={})})
