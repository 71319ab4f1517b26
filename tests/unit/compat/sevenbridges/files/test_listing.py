"""Listing and searching files."""

from typing import Any

import pytest
from omicsdk.compat.sevenbridges import Api, PaginationError, SbgError

FILES = "GET /files"


def test_a_project_is_listed_with_all_that_is_requested(api: Api, platform: Any) -> None:
    platform.on(FILES, platform.page(platform.file()))
    api.files.query(
        project="me/proj",
        names=["a", "b"],
        metadata={"sample_id": ["s1", "s2"], "library": "l"},
        origin={"task": "t1", "app": "me/proj/a"},
        tags=["x"],
        offset=0,
        limit=2,
    )
    assert sorted(platform.last.query) == sorted(
        [
            ("project", "me/proj"),
            ("name", "a"),
            ("name", "b"),
            ("metadata.sample_id", "s1"),
            ("metadata.sample_id", "s2"),
            ("metadata.library", "l"),
            ("origin.task", "t1"),
            ("origin.app", "me/proj/a"),
            ("tag", "x"),
            ("offset", "0"),
            ("limit", "2"),
            ("fields", "_all"),
        ]
    )


def test_a_listed_file_has_its_members_without_another_call(api: Api, platform: Any) -> None:
    platform.on(FILES, platform.page(platform.file()))
    [file] = api.files.query(project=api.projects(id="me/proj"))
    assert (file.name, file.size, file.origin.task, file.storage.type) == ("f1.fastq", 10, "t1", "PLATFORM")
    assert file.metadata["sample_id"] == "s1"
    assert file.metadata["missing"] is None
    assert file.created_on.isoformat() == "2024-01-31T12:00:00"
    assert not file.is_folder()
    assert platform.lines == [FILES]


@pytest.mark.parametrize(
    ("place", "query"),
    [({"parent": "d1"}, ("parent", "d1")), ({"dataset": "me/data"}, ("dataset", "me/data"))],
)
def test_a_folder_and_a_data_set_are_listed(api: Api, platform: Any, place: Any, query: Any) -> None:
    platform.on(FILES, platform.page())
    api.files.query(**place)
    assert query in platform.last.query


def test_no_names_match_no_file_instead_of_all(api: Api, platform: Any) -> None:
    platform.on(FILES, platform.page())
    api.files.query(project="me/proj", names=[])
    assert ("name", "") in platform.last.query


def test_one_name_and_one_tag_may_be_given_as_they_are(api: Api, platform: Any) -> None:
    platform.on(FILES, platform.page())
    api.files.query(project="me/proj", names="reads.fastq", tags="raw")
    assert {("name", "reads.fastq"), ("tag", "raw")} <= set(platform.last.query)


@pytest.mark.parametrize("limit", [0, -5])
def test_a_limit_of_nothing_requests_the_longest_page(api: Api, platform: Any, limit: int) -> None:
    platform.on(FILES, platform.page())
    api.files.query(project="me/proj", limit=limit)
    assert ("limit", "100") in platform.last.query


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({}, "none"),
        ({"project": "me/p", "parent": "d1"}, "project and parent"),
        ({"project": "me/p", "dataset": "me/d"}, "project and dataset"),
        ({"project": "me/p", "cont_token": "init", "offset": 10}, "mutually exclusive"),
        ({"project": "me/p", "cont_token": "init", "metadata": {"a": "b"}}, "metadata"),
    ],
)
def test_what_contradicts_itself_is_refused_with_a_remedy(
    api: Api, platform: Any, arguments: dict[str, Any], says: str
) -> None:
    with pytest.raises(SbgError, match=says) as refused:
        api.files.query(**arguments)
    assert refused.value.remedy
    assert not platform.requests


def test_scrolling_goes_from_token_to_token(api: Api, platform: Any) -> None:
    first = platform.page(platform.file("f1"), next="https://api.example.org/v2/files/scroll?token=more&project=me%2Fp")
    del first.headers["x-total-matching-query"]
    platform.on("GET /files/scroll", first, platform.page(platform.file("f2")))
    files = api.files.query(project="me/p", cont_token="init", limit=1)
    assert [file.id for file in files.all()] == ["f1", "f2"]
    assert ("token", "init") in platform.requests[0].query
    assert ("token", "more") in platform.requests[1].query


def test_a_folder_is_listed(api: Api, platform: Any) -> None:
    platform.on("GET /files/d1", platform.file("d1", type="folder"))
    platform.on("GET /files/d1/list", platform.page(platform.file("f1"), platform.file("d2", type="FOLDER")))
    folder = api.files.get("d1")
    assert [entry.is_folder() for entry in folder.list_files(offset=1, limit=5)] == [False, True]
    assert platform.last.query == [("offset", "1"), ("limit", "5"), ("fields", "_all")]


def test_a_folder_is_scrolled(api: Api, platform: Any) -> None:
    platform.on("GET /files/d1/scroll", platform.page(platform.file("f1")))
    folder = api.files(id="d1", type="folder")
    assert [entry.id for entry in folder.list_files(cont_token="init", limit=5).all()] == ["f1"]
    assert ("token", "init") in platform.last.query
    with pytest.raises(SbgError, match="mutually exclusive"):
        folder.list_files(cont_token="init", offset=3)


def test_a_file_has_no_files_in_it(api: Api) -> None:
    with pytest.raises(SbgError, match=r"'reads\.bam' is not a folder"):
        api.files(id="f1", type="file", name="reads.bam").list_files()


def test_a_search_goes_through_all_its_pages(api: Api, platform: Any) -> None:
    platform.on(
        "POST /files/search",
        {"count": 3, "cont_token": "t2", "result_set": [platform.file("f1"), platform.file("f2")]},
        {"count": 3, "cont_token": None, "result_set": [platform.file("f3")]},
    )
    page = api.files.search('IN "me/proj"', limit=2)
    assert (page.count, page.cont_token, page.result_set[0]["id"]) == (3, "t2", "f1")
    assert [file.id for file in page.all()] == ["f1", "f2", "f3"]
    assert platform.requests[0].query == [("limit", "2")]
    assert platform.requests[1].query == [("cont_token", "t2"), ("limit", "2")]
    assert {request.body["query"] for request in platform.requests} == {'IN "me/proj"'}
    with pytest.raises(PaginationError):
        page.next_page().next_page()


def test_a_search_that_goes_round_in_circles_ends(api: Api, platform: Any) -> None:
    page = {"count": 9, "cont_token": "again", "result_set": [platform.file()]}
    platform.on("POST /files/search", page)
    with pytest.raises(PaginationError, match="points to the page itself"):
        list(api.files.search("x").all())
