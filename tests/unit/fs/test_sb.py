"""sb:// paths: projects, folders and files of the platform examined, listed, fetched, put, copied and removed."""

from pathlib import Path

import httpx
import pytest
from omicsdk.core import DecodeError, UnsafePath
from omicsdk.fs.stores.sb import SbStore
from omicsdk.sb import IncompleteListing, SevenBridges
from unsettled import unsettled

FILE = {"id": "1" * 24, "name": "a.txt", "type": "file", "size": 1}


def platform(listing: httpx.Response) -> httpx.MockTransport:
    """A platform that answers one listing, whatever is listed."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/files"):
            return httpx.Response(listing.status_code, content=listing.content, headers=listing.headers)
        return httpx.Response(200, json={"id": "o/p", "name": "p"})

    return httpx.MockTransport(answer)


@pytest.mark.parametrize(
    "body", ["{}", '{"items": null}', '{"items": "x"}', '{"items": {}}', '{"items": [null]}', "null", ""]
)
def test_a_listing_without_its_list_is_an_error(body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    unsettled(monkeypatch, tmp_path)
    listing = httpx.Response(200, text=body, headers={"content-type": "application/json"})
    with SevenBridges("https://api.example.org/v2", credentials="t", transport=platform(listing)) as client:
        store = SbStore(client=client)
        for ask in (
            lambda: list(store.walk("o/p")),
            lambda: list(store.entries("o/p")),
            lambda: list(client.ls("sb://o/p")),
        ):
            with pytest.raises(DecodeError):
                ask()


@pytest.mark.parametrize("links", [None, [], "x"])
def test_a_listing_that_ends_before_its_end_is_an_error(links: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    unsettled(monkeypatch, tmp_path)
    listing = httpx.Response(200, json={"items": [FILE], "links": links}, headers={"X-Total-Matching-Query": "2"})
    with (
        SevenBridges("https://api.example.org/v2", credentials="t", transport=platform(listing)) as client,
        pytest.raises(IncompleteListing, match="stated 2 entries but returned 1"),
    ):
        list(SbStore(client=client).walk("o/p"))


@pytest.mark.parametrize("name", [None, 5, ["a"], "", "/etc/passwd", "..", "a/b", "a\0b"])
def test_a_name_that_no_file_can_have_is_refused_with_its_file(
    name: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    unsettled(monkeypatch, tmp_path)
    listing = httpx.Response(200, json={"items": [{**FILE, "name": name}], "links": []})
    with (
        SevenBridges("https://api.example.org/v2", credentials="t", transport=platform(listing)) as client,
        pytest.raises(UnsafePath, match=f"of the file {FILE['id']} "),
    ):
        list(SbStore(client=client).walk("o/p"))
