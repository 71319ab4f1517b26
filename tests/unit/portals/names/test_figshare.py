"""Articles and collections of Figshare."""

from typing import Any

import httpx
import pytest
from omicsdk.core.errors import DecodeError, Forbidden, NotFound

from tests.unit.portals.names.recorded import result_of

API = "https://api.figshare.com/v2"
ARTICLE = "figshare/article_14763051.json"
PAGE = "https://figshare.com/articles/5000"
MD5 = "0" * 31 + "1"


def entry(id: int, name: str, size: int = 3, **more: Any) -> dict[str, Any]:
    fields = {"id": id, "name": name, "size": size, "is_link_only": False, "supplied_md5": "", "computed_md5": MD5}
    return {**fields, "download_url": f"https://ndownloader.figshare.com/files/{id}", **more}


def article(*files: dict[str, Any], version: int = 1, **more: Any) -> dict[str, Any]:
    size = sum(file["size"] for file in files)
    doi = f"10.6084/m9.figshare.5000.v{version}"
    return {
        "id": 5000,
        "title": "An article",
        "doi": doi,
        "version": version,
        "size": size,
        "files": list(files),
        **more,
    }


def answer(payload: object) -> httpx.Response:
    return httpx.Response(200, json=payload)


@pytest.mark.parametrize(
    "name",
    [
        "figshare:14763051",
        "10.6084/m9.figshare.14763051",
        "https://doi.org/10.6084/M9.FIGSHARE.14763051.V1",
        "https://figshare.com/articles/dataset/Test_data_for_the_Pooch_library/14763051",
        "https://figshare.com/articles/dataset/Test_data_for_the_Pooch_library/14763051/1",
        "https://springernature.figshare.com/articles/Old_form/14763051",
        "https://kilthub.cmu.edu/articles/dataset/Portal_of_an_institution/14763051/1",
    ],
)
def test_an_article_is_named_in_many_ways(name: str) -> None:
    resolved = result_of(name, {f"{API}/articles/14763051": ARTICLE})
    assert resolved.summaries == [
        ("tiny-data.txt", 59, {"md5": "70e2afd3fd7e336ae478b1e740a5f08e"}),
        ("store.zip", 780, {"md5": "7008231125631739b64720d1526619ae"}),
    ]
    assert resolved.rows[0].cells["accession"] == "10.6084/m9.figshare.14763051.v1"
    assert resolved.notes == []
    assert len(resolved.requests) == 1


@pytest.mark.parametrize(
    "name",
    [
        "10.6084/m9.figshare.14763051.v1/tiny-data.txt",
        "https://figshare.com/articles/dataset/Test_data/14763051?file=28369770",
        "figshare:14763051/tiny-data.txt",
    ],
)
def test_a_file_of_an_article_is_that_file_alone(name: str) -> None:
    resolved = result_of(name, {f"{API}/articles/14763051": ARTICLE})
    assert [file.name for file in resolved.files] == ["tiny-data.txt"]


def test_a_stated_version_is_taken_with_a_note_on_the_latest() -> None:
    # Users of pooch met this: without the version in the request, the files are those of the latest one.
    responses = {
        f"{API}/articles/5000": answer(article(entry(2, "b.csv"), version=3)),
        f"{API}/articles/5000/versions/1": answer(article(entry(1, "a.csv"), version=1)),
    }
    resolved = result_of("10.6084/m9.figshare.5000.v1", responses)
    assert [file.name for file in resolved.files] == ["a.csv"]
    assert resolved.rows[0].cells["accession"] == "10.6084/m9.figshare.5000.v1"
    assert resolved.notes == ["10.6084/m9.figshare.5000.v1 has a newer version: figshare:5000.v3"]


def test_a_version_that_the_article_lacks_is_unknown() -> None:
    responses = {
        f"{API}/articles/5000": answer(article(entry(2, "b.csv"))),
        f"{API}/articles/5000/versions/9": (404, "figshare/error_not_found.json"),
    }
    with pytest.raises(NotFound, match="Entity not found: ArticleVersion"):
        result_of("figshare:5000.v9", responses)


@pytest.mark.parametrize("size", [3, 0])
def test_files_beyond_the_first_ones_are_listed(size: int) -> None:
    # Users of Hapi met this: a list of files ended after ten.
    files = [entry(number, f"{number}.csv", 3 if number <= 10 else size) for number in range(1, 19)]
    short = article(*files[:10], size=sum(file["size"] for file in files))
    responses = {f"{API}/articles/5000": answer(short), f"{API}/articles/5000/versions/1/files": answer(files)}
    resolved = result_of("figshare:5000", responses)
    assert len(resolved.files) == 18
    assert "page_size=1000" in resolved.requests[1]


def test_fewer_files_than_the_article_states_are_an_error() -> None:
    short = article(entry(1, "a.csv"), size=30)
    responses = {f"{API}/articles/5000": answer(short), f"{API}/articles/5000/versions/1/files": answer(short["files"])}
    with pytest.raises(DecodeError, match=r"3 bytes in 1 files.*30 bytes that the article states"):
        result_of("figshare:5000", responses)


def test_the_articles_of_a_collection_are_listed_page_by_page() -> None:
    # Users of pooch met this: a collection has no files of its own.
    first = [{"id": 5000, "doi": ""}] * 1000
    served: dict[str, Any] = {
        f"{API}/collections/4362224/articles?page=1": answer(first),
        f"{API}/collections/4362224/articles?page=2": answer([{"id": 14763051}]),
        f"{API}/articles/5000": answer(article(entry(1, "a.csv"))),
        f"{API}/articles/14763051": ARTICLE,
    }
    resolved = result_of("10.6084/m9.figshare.c.4362224.v1", served)
    assert len(resolved.rows) == 1002
    assert set(resolved.notes) == {
        "figshare:c.4362224: the articles of the latest version, since others are not listed"
    }
    by_page = result_of("https://figshare.com/collections/xmitgcm_test_data/4362224", {**served, f"{API}/collections/4362224/articles?page=1": answer([{"id": 5000}])})  # fmt: skip
    assert ([file.name for file in by_page.files], by_page.notes) == (["a.csv"], [])


def test_a_page_that_comes_again_is_an_error() -> None:
    first = [{"id": 5000}] * 1000
    responses = {
        f"{API}/collections/1/articles": answer(first),
        f"{API}/articles/5000": answer(article(entry(1, "a.csv"))),
    }
    with pytest.raises(DecodeError, match=r"page 1 again.*not page 2"):
        result_of("figshare:c.1", responses)


def test_an_empty_collection_is_unknown() -> None:
    with pytest.raises(NotFound, match="lists nothing for this number"):
        result_of("figshare:c.1", {f"{API}/collections/1/articles": answer([])})
    with pytest.raises(DecodeError, match="not a list"):
        result_of("figshare:c.1", {f"{API}/collections/1/articles": answer(5)})


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"is_embargoed": True, "embargo_date": "2039-06-30", "embargo_reason": "patent"}, r"under embargo until 2039-06-30 \(patent\)"),
        ({"is_embargoed": True, "files": None}, "under embargo"),
        ({"is_confidential": True, "confidential_reason": "patients", "figshare_url": "", "url_public_html": PAGE}, r"confidential \(patients\)"),
        ({"download_disabled": True}, "not to be downloaded"),
    ],
)  # fmt: skip
def test_articles_that_are_not_open_are_refused(more: dict[str, Any], reason: str) -> None:
    payload = {"figshare_url": PAGE, **article(**more)}
    assert result_of("figshare:5000", {f"{API}/articles/5000": answer({**payload, "files": [entry(1, "a.csv")]})}).files
    del payload["files"]
    with pytest.raises(Forbidden, match=rf"its files are {reason}\. Request access on its page, {PAGE}\.$"):
        result_of("figshare:5000", {f"{API}/articles/5000": answer(payload)})
    payload = {key: value for key, value in payload.items() if not key.startswith(("is_", "download_"))}
    with pytest.raises(DecodeError, match=r"^get_article: .*files"):
        result_of("figshare:5000", {f"{API}/articles/5000": answer(payload)})


def test_a_description_alone_is_a_row_without_a_file() -> None:
    payload = article(is_metadata_record=True, metadata_reason="at another archive")
    resolved = result_of("figshare:5000", {f"{API}/articles/5000": answer(payload)})
    assert resolved.files == []
    assert resolved.notes == ["10.6084/m9.figshare.5000.v1 is a description without files: at another archive"]


def test_a_file_that_is_only_a_link_fails_alone() -> None:
    link = entry(2, "b.csv", 0, is_link_only=True, computed_md5="", download_url="https://data.example.org/b.csv")
    resolved = result_of("figshare:5000", {f"{API}/articles/5000": answer(article(entry(1, "a.csv"), link))})
    first, second = resolved.files
    assert first.error is None
    assert isinstance(second.error, Forbidden)
    assert "only a link to it, https://data.example.org/b.csv" in str(second.error)


def test_files_of_one_name_have_folders_of_their_own_in_the_layout_by_id() -> None:
    payload = article(entry(1, "a.csv"), entry(2, "a.csv"), entry(3, "c.csv"))
    resolved = result_of("figshare:5000", {f"{API}/articles/5000": answer(payload)})
    record = "10.6084/m9.figshare.5000.v1"
    assert [file.folder for file in resolved.files] == [f"{record}/1", f"{record}/2", record]


def test_an_article_without_this_number_or_doi_is_unknown() -> None:
    with pytest.raises(NotFound, match="not the number of an article"):
        result_of("figshare:abc", {})
