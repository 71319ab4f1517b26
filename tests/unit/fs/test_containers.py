"""Containers of Azure's blob store: which URLs name them, and their lists."""

from collections.abc import Iterator, Mapping

import pytest
from omicsdk.core import DecodeError
from omicsdk.core.consistency import InconsistentListing
from omicsdk.fs.stores import http
from omicsdk.fs.stores.containers import Folder, folder_in, page_of
from omicsdk.transfer import Location

SAS = "sv=2024-05-04&sr=c&sp=rl&sig=a%2Bb"
HOST = "lab.blob.core.windows.net"


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        (f"{HOST}/data?{SAS}", Folder(f"{HOST}/data", "", SAS, True)),
        (f"{HOST}/data/?{SAS}", Folder(f"{HOST}/data", "", SAS, True)),
        (f"{HOST}/data/a%20b/?{SAS}", Folder(f"{HOST}/data", "a b/", SAS, True)),
        (f"{HOST}/data/a?{SAS}", Folder(f"{HOST}/data", "a/", SAS, False)),
        (f"{HOST}/data?srt=sco&ss=b&sig=x", Folder(f"{HOST}/data", "", "srt=sco&ss=b&sig=x", True)),
        ("blobs.example/data?sr=d&sig=x", Folder("blobs.example/data", "", "sr=d&sig=x", True)),
        ("127.0.0.1:10000/account/data?sr=c&sig=x", Folder("127.0.0.1:10000/account/data", "", "sr=c&sig=x", True)),
        (f"{HOST}/data", Folder(f"{HOST}/data", "", "", True)),
        (f"{HOST}/data/a/b.txt", Folder(f"{HOST}/data", "a/b.txt/", "", False)),
        ("known.example/data/a", Folder("known.example/data", "a/", "sig=k", False)),
        (f"{HOST}/data/a?sr=b&sig=x", None),  # a blob's
        (f"{HOST}/data?timeout=3", None),
        (f"{HOST}/", None),
        (f"{HOST}/No_Container?{SAS}", None),
        ("h.example/data", None),
        ("127.0.0.1/data?sr=c&sig=x", None),
    ],
)
def test_urls_of_containers(path: str, folder: Folder | None) -> None:
    assert folder_in(path, {"known.example/data": "sig=k"}) == folder


def test_the_url_of_a_page() -> None:
    folder = Folder("h.example/data", "a b/ü#/", SAS, True)
    assert folder.path == "h.example/data/a%20b/%C3%BC%23"
    assert folder.list_url("https", "/", "m+1", 2) == (
        "https://h.example/data?restype=container&comp=list&prefix=a%20b%2F%C3%BC%23%2F&delimiter=%2F&marker=m%2B1"
        f"&maxresults=2&{SAS}"
    )


def listed(*blobs: str, marker: str = "") -> bytes:
    return (
        '\ufeff<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="https://h.example/"'
        f' ContainerName="data"><Blobs>{"".join(blobs)}</Blobs><NextMarker>{marker}</NextMarker></EnumerationResults>'
    ).encode()


def blob(name: str, **facts: str) -> str:
    properties = "".join(f"<{key.replace('_', '-')}>{value}</{key.replace('_', '-')}>" for key, value in facts.items())
    return f"<Blob><Name>{name}</Name><Properties>{properties}</Properties></Blob>"


ROOT = Folder("h.example/data", "", SAS, True)


def test_the_entries_of_a_page() -> None:
    md5 = {"Content_MD5": "kAFQmDzST7DWlj99KOF/cg==", "Last_Modified": "Fri, 02 Jan 1970 00:00:00 GMT", "Etag": "0x8D"}
    page = page_of(
        listed(
            blob("a &amp; b#.txt", Content_Length="3", Content_Type="text/plain", **md5),
            blob("c").replace("<Name>c", '<Name Encoded="true">c%EF%BF%BE'),
            "<BlobPrefix><Name>runs/</Name></BlobPrefix>",
            blob("marked/", Content_Length="0"),
            blob("folder", Content_Length="0", ResourceType="directory"),
            marker="2!next",
        ),
        ROOT,
        "list",
    )
    file, other, folder = page.entries.values()
    assert (file.path, file.file_name, file.size, file.modified) == (
        "h.example/data/a%20%26%20b%23.txt", "a & b#.txt", 3, 86400,
    )  # fmt: skip
    assert (file.checksums, file.version) == ({"md5": "900150983cd24fb0d6963f7d28e17f72"}, '"0x8D"')
    assert (other.file_name, other.size) == ("c\ufffe", None)
    assert (folder.path, folder.kind) == ("h.example/data/runs", "folder")
    assert (list(page.entries), page.marker) == (["a & b#.txt", "c\ufffe", "runs/"], "2!next")


def test_keys_are_kept_with_their_slashes() -> None:
    body = listed("<BlobPrefix><Name>runs//</Name></BlobPrefix>", blob("runs/data/", Content_Length="3"))
    folder, file = page_of(body, ROOT._replace(prefix="runs/"), "list").entries.values()
    assert (folder.path, folder.kind) == ("h.example/data/runs/", "folder")
    assert (file.path, file.kind, file.size) == ("h.example/data/runs/data/", "file", 3)


NO_ENCODING = b'<?xml version="1.0" encoding="none"?><EnumerationResults/>'


@pytest.mark.parametrize("body", [b"", b"<html>", b"<Error/>", NO_ENCODING, listed(blob("other/a"))])
def test_what_is_no_list_of_the_folder_is_refused(body: bytes) -> None:
    with pytest.raises(DecodeError):
        page_of(body, ROOT._replace(prefix="runs/"), "list")


def test_an_entry_without_a_name_is_refused() -> None:
    with pytest.raises(DecodeError):
        page_of(listed("<Blob/>"), ROOT, "list")


def answering(monkeypatch: pytest.MonkeyPatch, pages: Mapping[str, bytes]) -> Iterator[str]:
    """Have the store read pages by the ends of their URLs."""

    def requested(_: object, location: Location, *arguments: object) -> bytes:
        del arguments
        marker = location.url.partition("&marker=")[2].partition("&")[0]
        return pages[marker]

    monkeypatch.setattr(http.HttpsStore, "_requested", requested)
    return (entry.path.rpartition("/")[2] for entry in http.HttpsStore().entries(f"h.example/data?{SAS}"))


def test_pages_follow_until_one_has_no_marker(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = {"": listed(blob("a"), marker="1"), "1": listed(marker="2"), "2": listed(blob("b"))}
    assert list(answering(monkeypatch, pages)) == ["a", "b"]


def test_a_marker_that_returns_ends_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DecodeError, match="NextMarker"):
        list(answering(monkeypatch, {"": listed(blob("a"), marker="1"), "1": listed(blob("b"), marker="1")}))


def test_a_blob_that_is_listed_twice_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InconsistentListing, match="more than once"):
        list(answering(monkeypatch, {"": listed(blob("a"), marker="1"), "1": listed(blob("a"))}))
