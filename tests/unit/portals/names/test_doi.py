"""DOIs and compact identifiers: where they are, and what they are where that is no repository."""

from pathlib import Path
from typing import Any

import httpx
import omicsdk
import pytest
from omicsdk.core.errors import BadRequest, NotFound, ServerError, UsageError
from omicsdk.portals import UnknownList

from tests.unit.portals.names.recorded import result_of

DATACITE, RESOLVER = "https://api.datacite.org/dois", "https://doi.org"
UNKNOWN = (404, "datacite/error_not_found.json")


def registered(url: str, *, client: str = "", kind: str = "Dataset", **attributes: Any) -> httpx.Response:
    defaults = {
        "url": url,
        "publisher": "A repository",
        "titles": [{"title": "Some data"}],
        "types": {"resourceTypeGeneral": kind},
    }
    repository = {"client": {"data": {"id": client, "type": "clients"}}}
    return httpx.Response(200, json={"data": {"attributes": {**defaults, **attributes}, "relationships": repository}})


def test_the_page_of_a_registered_doi_shows_where_it_is() -> None:
    page = "https://data.example.org/citation?persistentId=doi:10.18710/ABC"
    version = (
        "https://data.example.org/api/datasets/:persistentId/versions/:latest-published?persistentId=doi:10.18710/ABC"
    )
    resolved = result_of(
        "10.18710/abc", {f"{DATACITE}/10.18710/abc": registered(page), version: "dataverse/dataset_version_md5.json"}
    )
    assert len(resolved.files) == 5


def test_a_portal_of_figshare_is_known_by_its_repository() -> None:
    doi = "10.26180/5c8a0d0f"
    responses: dict[str, Any] = {
        f"{DATACITE}/{doi}": registered("https://bridges.monash.edu/x", client="figshare.ars"),
        f"https://api.figshare.com/v2/articles?doi={doi}": "figshare/articles_by_doi.json",
        "https://api.figshare.com/v2/articles/14763051": "figshare/article_14763051.json",
    }
    assert [file.name for file in result_of(doi, responses).files] == ["tiny-data.txt", "store.zip"]
    responses[f"https://api.figshare.com/v2/articles?doi={doi}"] = httpx.Response(200, json=[])
    with pytest.raises(NotFound, match="no public article of this DOI"):
        result_of(doi, responses)


def test_the_addresses_of_a_registered_doi_are_copies_of_one_file() -> None:
    urls = ["s3://bucket/a/x.cram", "gs://other/x.cram"]
    attributes: dict[str, Any] = {
        "contentUrl": urls,
        "identifiers": [{"identifierType": "md5", "identifier": "3b33f6b9338fccab0901b7d317577ea3"}],
    }
    resolved = result_of(
        "10.23725/abc", {f"{DATACITE}/10.23725/abc": registered("https://ors.example.org/x", **attributes)}
    )
    (file,) = resolved.files
    assert (file.kind, file.address, file.mirrors) == ("s3", urls[0], (urls[1],))
    assert file.checksums == {"md5": "3b33f6b9338fccab0901b7d317577ea3"}
    assert resolved.rows[0].cells["title"] == "Some data"


def test_addresses_of_several_files_fail() -> None:
    urls = ["https://h.example.org/a.csv", "https://h.example.org/b.csv"]
    resolved = result_of(
        "10.1234/abc", {f"{DATACITE}/10.1234/abc": registered("https://h.example.org", contentUrl=urls)}
    )
    assert "contentUrl has several files" in str(resolved.files[0].error)


def test_data_of_another_repository_are_named_with_their_page() -> None:
    related = [
        {"relationType": "HasPart", "relatedIdentifier": "10.1234/part", "relatedIdentifierType": "DOI"},
        {"relationType": "IsCitedBy", "relatedIdentifier": "10.1234/paper", "relatedIdentifierType": "DOI"},
        {"relationType": ["HasPart"]},
    ]
    answer = registered("https://repository.example.org/1", relatedIdentifiers=related)
    with pytest.raises(UsageError, match="at a repository that cannot be asked for files of A repository") as caught:
        result_of("10.1234/abc", {f"{DATACITE}/10.1234/abc": answer})
    assert caught.value.remedy == "Its data are 10.1234/part. Its page is https://repository.example.org/1."


def test_a_registered_text_is_no_data() -> None:
    answer = registered("https://preprints.example.org/1", kind="Preprint")
    with pytest.raises(UsageError, match=r"10\.1234/abc is a text \(Preprint\) of A repository, not data"):
        result_of("10.1234/abc", {f"{DATACITE}/10.1234/abc": answer})


PAPER = httpx.Response(
    200,
    json={"type": "journal-article", "title": "A paper", "container-title": "A journal"},
    headers={"Content-Type": "application/vnd.citationstyles.csl+json"},
)


def data(id: str, kind: str = "Dataset") -> dict[str, Any]:
    attributes = {
        "titles": [{"title": "Data"}],
        "publisher": {"name": "Zenodo"},
        "types": {"resourceTypeGeneral": kind},
    }
    return {"id": id, "attributes": attributes}


def of_paper(*related: dict[str, Any]) -> str:
    listed = httpx.Response(200, json={"data": list(related)})
    responses: dict[str, Any] = {
        f"{DATACITE}/10.1038/s41586-020-1": UNKNOWN,
        f"{RESOLVER}/10.1038/s41586-020-1": PAPER,
        DATACITE: listed,
    }
    with pytest.raises(NotFound) as caught:
        result_of("https://doi.org/10.1038/s41586-020-1", responses)
    return str(caught.value)


def test_a_paper_is_an_error_that_names_its_data() -> None:
    message = of_paper(data("10.5281/zenodo.1"), data("10.1234/text", "JournalArticle"))
    assert message == (
        "10.1038/s41586-020-1 is a paper (journal article): 'A paper', A journal. "
        "Data that name it: 10.5281/zenodo.1 (Zenodo, 'Data')."
    )
    assert "10.5281/zenodo.5 (Zenodo, 'Data'), and 1 more." in of_paper(
        *(data(f"10.5281/zenodo.{n}") for n in range(1, 7))
    )


def test_a_paper_without_data_says_where_to_look() -> None:
    assert "DataCite knows no data that name it: look for accessions in the text." in of_paper()


def test_an_agency_without_citations_is_no_data_either() -> None:
    responses = {f"{DATACITE}/10.1/x": UNKNOWN, f"{DATACITE}/10.1234/abc": UNKNOWN, f"{RESOLVER}/10.1234/abc": httpx.Response(406), DATACITE: httpx.Response(200, json={"data": []})}  # fmt: skip
    with pytest.raises(NotFound, match="no data that DataCite registered"):
        result_of("10.1234/abc", responses)


def test_a_failing_resolver_is_its_own_error() -> None:
    with pytest.raises(ServerError):
        result_of("10.1234/abc", {f"{DATACITE}/10.1234/abc": UNKNOWN, f"{RESOLVER}/10.1234/abc": httpx.Response(501)})


# -- compact identifiers of identifiers.org


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
    assert same.summaries == resolved.summaries


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
