"""`gs://`: pages of lists, folders, and responses of Google that are refusals or contradict themselves."""

import json
from collections.abc import Generator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from omicsdk.core import APIError, DecodeError, InconsistentListing, ResponseMismatch
from omicsdk.fs import NotAFolder, NotListed, PathNotFound, Store, open_store
from quiet_server import QuietHandler, serving

LIST, REQUESTER = "/storage/v1/b/lab/o", "Bucket is a requester pays bucket but no user project provided."


class Google(QuietHandler):
    """Responses by path and page token; the requests' queries are noted."""

    responses: dict[tuple[str, str], tuple[int, Any]]
    queries: list[dict[str, str]]

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        self.queries.append(query)
        not_found = (404, {"error": {"code": 404, "message": "No such object"}})
        status, payload = self.responses.get((url.path, query.get("pageToken", "")), not_found)
        self.reply(status, json.dumps(payload).encode(), Content_Type="application/json")


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch, tmp_path) -> Generator[type[Google]]:
    class Fresh(Google):
        responses = {}
        queries = []

    monkeypatch.setenv("HOME", str(tmp_path))
    with serving(Fresh) as url:
        monkeypatch.setenv("OMICS_GOOGLE_URL", url)
        yield Fresh


@pytest.fixture
def store() -> Generator[Store]:
    with open_store("gs") as store:
        yield store


def item(name: str, size: int = 1, **facts: str) -> dict[str, str]:
    return {"name": name, "size": str(size), **facts}


def names(google: type[Google], store: Store, *pages: dict[str, Any], path: str = "lab/a") -> list[str]:
    """The files below a folder whose list has these pages, each with the token of the next."""
    for number, page in enumerate(pages):
        google.responses[LIST, str(number or "")] = 200, page
    return [entry.path for entry in store.below(path)]


def test_pages_are_followed_and_markers_of_folders_left_out(google, store):
    pages = (
        {"items": [item("a/", 0), item("a/b", md5Hash="XUFAKrxLKna5cZ2REBfFkg==")], "nextPageToken": "1"},
        {"nextPageToken": "2"},
        {"items": [item("a/c/", 0), item("a/c/d")]},
    )
    assert names(google, store, *pages) == ["lab/a/b", "lab/a/c/d"]
    assert {query["prefix"] for query in google.queries} == {"a/"}


def test_a_folder_is_found_by_what_is_below_it_and_an_object_is_none(google, store):
    google.responses[LIST, ""] = 200, {"prefixes": ["a/c/"], "items": [item("a/b")]}
    assert [(entry.name, entry.kind) for entry in store.entries("lab/a")] == [("c", "folder"), ("b", "file")]
    assert store.stat("lab/a").is_folder
    google.responses[LIST, ""] = 200, {}
    google.responses[f"{LIST}/a%2Fb", ""] = 200, item("a/b", 3, updated="2026-11-29T20:00:00.5Z", generation="7")
    described = store.stat("lab/a/b")
    assert (described.size, described.modified, described.version) == (3, 1795982400.5, "7")
    with pytest.raises(NotAFolder):
        list(store.entries("lab/a/b"))
    with pytest.raises(PathNotFound, match="gs://lab/x"):
        store.stat("lab/x")
    assert list(store.entries("lab")) == []
    with pytest.raises(NotListed, match="Name a bucket"):
        list(store.entries(""))


@pytest.mark.parametrize(
    ("error", "pages"),
    [
        (DecodeError, [{"items": [item("a/b")], "nextPageToken": "1"}, {"items": [item("a/c")], "nextPageToken": "1"}]),
        (ResponseMismatch, [{"items": [item("b")]}]),
        (InconsistentListing, [{"items": [item("a/b"), item("a/b")]}]),
        (DecodeError, [{"items": [{"name": "a/b", "size": "many"}]}]),
        (DecodeError, [{"items": {}}]),
    ],
)
def test_lists_that_contradict_themselves_are_errors(google, store, error, pages):
    with pytest.raises(error):
        names(google, store, *pages)


@pytest.mark.parametrize(
    ("status", "message", "remedy"),
    [
        (401, "Anonymous caller does not have storage.objects.get access", "gcloud auth application-default login"),
        (403, "does not have storage.objects.list access", "gcloud auth application-default login"),
        (400, REQUESTER, "--option gs.project=PROJECT"),
    ],
)
def test_a_refusal_states_what_to_do(google, store, status, message, remedy):
    refusal = status, {"error": {"code": status, "message": message}}
    google.responses |= {(LIST, ""): refusal, (f"{LIST}/a", ""): refusal}
    with pytest.raises(APIError, match=message) as raised:
        store.stat("lab/a")
    assert remedy in str(raised.value)


def test_the_project_that_pays_is_sent(google):
    google.responses[f"{LIST}/a", ""] = 200, item("a")
    with open_store("gs", project="mine") as store:
        entry = store.stat("lab/a")
        assert store.location(entry).url.endswith("/lab/a?userProject=mine")
    assert google.queries[0]["userProject"] == "mine"
