"""DOIs: where they are, and what they are where that is no repository."""

from typing import Any

import httpx
import pytest
from omicsdk.core.errors import NotFound, ServerError, UsageError

from tests.unit.portals.names.resolving import result_of

DATACITE, RESOLVER = "https://api.datacite.org/dois", "https://doi.org"
UNKNOWN = (404, "datacite/error_not_found.json")


def registered(url: str, *, client: str = "", kind: str = "Dataset", **attributes: Any) -> httpx.Response:
    stated = {
        "url": url,
        "publisher": "A repository",
        "titles": [{"title": "Some data"}],
        "types": {"resourceTypeGeneral": kind},
    }
    repository = {"client": {"data": {"id": client, "type": "clients"}}}
    return httpx.Response(200, json={"data": {"attributes": {**stated, **attributes}, "relationships": repository}})


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
    stated: dict[str, Any] = {
        "contentUrl": urls,
        "identifiers": [{"identifierType": "md5", "identifier": "3b33f6b9338fccab0901b7d317577ea3"}],
    }
    resolved = result_of(
        "10.23725/abc", {f"{DATACITE}/10.23725/abc": registered("https://ors.example.org/x", **stated)}
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
    said = of_paper(data("10.5281/zenodo.1"), data("10.1234/text", "JournalArticle"))
    assert said == (
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
