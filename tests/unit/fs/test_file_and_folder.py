"""A file and a folder of one path: a URI that ends with a slash names the folder, another one the file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk import download
from omicsdk.core.consistency import InconsistentListing, ResponseMismatch
from omicsdk.fs import Entry, FileAndFolder, NotAFolder, PathError, PathNotFound, Store, open_store, parse_uri
from omicsdk.fs.copying.jobs import planned_move, planned_sync
from omicsdk.fs.copying.planning import select, source_to_copy
from omicsdk.fs.copying.removal import plan_removal
from omicsdk.fs.filesystems import OmicsFileSystem
from omicsdk.fs.stores.azul import AzulStore, named
from omicsdk.fs.stores.crunch import CrunchStore
from omicsdk.fs.stores.dss import DssStore
from omicsdk.fs.stores.sb import SbStore
from omicsdk.fs.uris import Stores
from omicsdk.hca.azul import AzulFile
from omicsdk.hca.dss.bundles import BundleListing
from omicsdk.sb import SevenBridges
from omicsdk.transfer import TransferFailed
from s3_service import Bucket, client_of, store_of
from shelf_store import Shelf

UUID = "0d8d8ae0-8f2c-4b8e-9a3c-000000000001"


class BotoBucket:
    """A client of boto3 that has objects of a byte each, and markers of folders without any."""

    def __init__(self, *keys: str) -> None:
        self.keys = sorted(keys)

    def head_object(self, *, Key: str, **_: object) -> dict[str, Any]:
        from botocore.exceptions import ClientError

        if Key not in self.keys:
            raise ClientError({"Error": {"Code": "404"}, "ResponseMetadata": {"HTTPStatusCode": 404}}, "HeadObject")
        return {"ContentLength": 1, "ETag": '"e"'}

    def list_objects_v2(self, *, Prefix: str, Delimiter: str = "", **_: object) -> dict[str, Any]:
        matches = [key for key in self.keys if key.startswith(Prefix)]
        rests = {key: key[len(Prefix) :].partition("/") for key in matches} if Delimiter else {}
        folders = sorted({f"{Prefix}{rest[0]}/" for rest in rests.values() if rest[1]})
        objects = [{"Key": key, "Size": 1} for key in matches if not (Delimiter and rests[key][1])]
        return {"IsTruncated": False, "Contents": objects, "CommonPrefixes": [{"Prefix": folder} for folder in folders]}


def s3() -> tuple[Store, str]:
    return store_of(Bucket("P", "P/x", "P/y/z")), "bkt/P"


def azul(monkeypatch: pytest.MonkeyPatch) -> tuple[Store, str]:
    files = [AzulFile(uuid=str(at), version="", name=name) for at, name in enumerate(("P", "P/x", "P/y/z"))]
    monkeypatch.setattr("omicsdk.fs.stores.azul.files", lambda *_: files)
    return AzulStore(client=object()), f"dcp1/projects/{UUID}/P"


def dss(monkeypatch: pytest.MonkeyPatch) -> tuple[Store, str]:
    sums = {
        "indexed": False,
        "content-type": "text/plain",
        "sha256": "0" * 64,
        "sha1": "0" * 40,
        "crc32c": "0" * 8,
        "s3_etag": "0" * 32,
    }
    files = [{"name": name, "uuid": UUID, "version": "v", "size": 1, **sums} for name in ("P", "P/x", "P/y/z")]
    manifest = {"bundle": {"uuid": UUID, "version": "v", "files": files}}
    store = DssStore(client=object())
    monkeypatch.setattr(store, "_bundle", lambda *_: BundleListing(manifest, "aws"))
    return store, f"aws/{UUID}.v/P"


def sb() -> tuple[Store, str]:
    children = {
        "o/p": [("f" * 24, "P", "file"), ("d" * 24, "P", "folder")],
        "d" * 24: [("1" * 24, "x", "file"), ("e" * 24, "y", "folder")],
        "e" * 24: [("2" * 24, "z", "file")],
    }

    def response(request: httpx.Request) -> httpx.Response:
        query = request.url.params
        above = children[query.get("parent") or query["project"]]
        matches = [child for child in above if "name" not in query or child[1] in query.get_list("name")]
        items = [{"id": id_, "name": name, "type": kind, "size": 1, "project": "o/p"} for id_, name, kind in matches]
        return httpx.Response(
            200, json={"items": items, "links": []}, headers={"X-Total-Matching-Query": str(len(items))}
        )

    client = SevenBridges("https://api.example.org/v2", credentials="t", transport=httpx.MockTransport(response))
    return SbStore(client=client), "o/p/P"


def crunch(monkeypatch: pytest.MonkeyPatch) -> tuple[Store, str]:
    from omicsdk.crunch.storage.s3 import S3Storage
    from omicsdk_api.crunch.models import Dataset

    storage = S3Storage(BotoBucket("base/P", "base/P/x", "base/P/y/z"), "bkt")
    store = CrunchStore(client=object(), storage_settings=storage)
    monkeypatch.setattr(store, "_dataset", lambda *_: Dataset.from_dict({"slug": "data", "base_file_path": "base"}))
    return store, "project/data/P"


STORES: dict[str, Callable[..., tuple[Store, str]]] = {"s3": s3, "azul": azul, "dss": dss, "sb": sb, "crunch": crunch}


@pytest.fixture(params=list(STORES))
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[Store, str, str]:
    """A store with the files P, P/x and P/y/z, the path of P, and its scheme."""
    made = STORES[request.param]
    store, path = made(monkeypatch) if made.__code__.co_argcount else made()
    return store, path, request.param


def below(store: Store, uri: str) -> list[str]:
    return sorted(file.name for file in select(store, parse_uri(uri)))


def test_with_a_slash_it_is_what_is_below(place: tuple[Store, str, str]):
    store, path, scheme = place
    uri = parse_uri(f"{scheme}://{path}/")
    assert store.entry(uri).kind == "folder"
    assert below(store, str(uri)) == ["x", "y/z"]
    assert {(entry.path, entry.kind) for entry in store.entries(path)} == {
        (f"{path}/x", "file"),
        (f"{path}/y", "folder"),
    }
    assert [entry.path for entry in store.tree(store.entry(uri))][-1] == path


def test_without_one_it_is_the_file_unless_folders_are_meant(place: tuple[Store, str, str]):
    store, path, scheme = place
    uri = parse_uri(f"{scheme}://{path}")
    assert store.entry(uri).kind == "file"
    with pytest.raises(FileAndFolder, match=rf"{uri} names both a file and a folder\. Write {uri}/ for everything"):
        store.entry(uri, recursive=True)
    with pytest.raises(FileAndFolder):
        below(store, str(uri))
    assert not store.entry(parse_uri(f"{uri}/x"), recursive=True).is_folder


def test_with_fsspec_everything_at_a_path_is_the_file_and_what_is_below(place: tuple[Store, str, str]):
    store, path, scheme = place
    fs = type("FileSystem", (OmicsFileSystem,), {"protocol": scheme}).over(store)
    assert fs.find(path) == [path, f"{path}/x", f"{path}/y/z"]
    assert fs.expand_path(path, recursive=True) == [path, f"{path}/x", f"{path}/y", f"{path}/y/z"]
    assert fs.find(path, withdirs=True, detail=True)[path]["type"] == "file"


def test_a_folder_that_does_not_exist_is_no_file(place: tuple[Store, str, str]):
    store, path, scheme = place
    with pytest.raises((PathNotFound, NotAFolder)):
        store.entry(parse_uri(f"{scheme}://{path}/x/"))


def test_a_doubled_slash_at_the_end_of_a_key_is_part_of_it():
    store = store_of(Bucket("P/x", "P//y"))
    assert str(parse_uri("s3://bkt/P//")) == "s3://bkt/P//"
    assert below(store, "s3://bkt/P//") == ["y"]
    assert below(store, "s3://bkt/P/") == ["/y", "x"]


def test_a_file_of_this_machine_with_a_slash_is_refused(tmp_path: Path):
    (tmp_path / "file").touch()
    store = open_store("file")
    with pytest.raises(NotAFolder, match=r"is a file\. Write it without the slash"):
        store.entry(parse_uri(f"{tmp_path}/file/"))
    with pytest.raises(PathNotFound):
        store.entry(parse_uri(f"{tmp_path}/file/x"))


def test_a_link_with_a_slash_is_not_removed_in_place_of_its_contents(tmp_path: Path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/x").touch()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    with Stores() as stores, pytest.raises(PathError, match=r"is a link to a folder\. Write it without the slash"):
        plan_removal(stores, [parse_uri(f"{tmp_path}/link/")], recursive=True)
    with Stores() as stores:
        removal = plan_removal(stores, [parse_uri(f"{tmp_path}/link")], recursive=True)
    assert [file.entry.path for file in removal.files] == [f"{tmp_path}/link"]


# -- listings that contradict the request or themselves


class Gateway(Bucket):
    """One that ignores the prefix, or states more keys than it lists."""

    def __init__(self, *keys: str, count: int | None = None) -> None:
        super().__init__(*keys)
        self.count = count

    def page(self, prefix: str, delimiter: str) -> bytes:
        if self.count is None:
            return super().page("", "")
        tail = f"<KeyCount>{self.count}</KeyCount></ListBucketResult>"
        return super().page(prefix, delimiter).replace(b"</ListBucketResult>", tail.encode())


PLANS: dict[str, Callable[[Stores, str], object]] = {
    "rm": lambda stores, _: plan_removal(stores, [parse_uri("s3://bkt/p/")], recursive=True),
    "mv": lambda stores, target: planned_move(stores, [parse_uri("s3://bkt/p/")], parse_uri(target)),
    "sync down": lambda stores, target: planned_sync(stores, parse_uri("s3://bkt/p/"), parse_uri(target), removes=True),
    "sync up": lambda stores, target: planned_sync(stores, parse_uri(target), parse_uri("s3://bkt/p/"), removes=True),
}


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_nothing_is_planned_by_a_list_of_objects_that_is_another(plan: Callable[[Stores, str], object], tmp_path: Path):
    (tmp_path / "x").touch()
    with (
        Stores({"s3": {"client": client_of(Gateway("p/a", "q/b"))}}) as stores,
        pytest.raises(ResponseMismatch, match="'q/b'"),
    ):
        plan(stores, str(tmp_path))
    with (
        Stores({"s3": {"client": client_of(Gateway("p/a", count=2))}}) as stores,
        pytest.raises(InconsistentListing, match="has 1"),
    ):
        plan(stores, str(tmp_path))
    with Stores({"s3": {"client": client_of(Gateway("p/a", "q/b", count=1))}}) as stores:
        assert plan(stores, str(tmp_path))


def test_what_a_list_of_objects_that_contradicts_itself_has_is_copied_and_the_copy_is_partial():
    source = source_to_copy(store_of(Gateway("p/a", count=2)), parse_uri("s3://bkt/p/"))
    ((file, doubt),) = source.unlisted
    assert [selected.name for selected in source.files] == ["a"]
    assert str(file.uri) == "s3://bkt/p/"
    assert "a page states 2 entries, but has 1" in str(doubt)


def listing(shelf: Any, monkeypatch: pytest.MonkeyPatch, entries: Callable[[Any, str], Any]) -> Store:
    monkeypatch.setattr(shelf, "_entries", entries)
    return open_store("shelf")


def test_an_entry_that_is_not_below_its_folder_is_an_error(shelf: Any, monkeypatch: pytest.MonkeyPatch):
    shelf.files.update({"p/a": b"1", "q/b": b"2"})
    store = listing(shelf, monkeypatch, lambda *_: iter([Entry("p/a", "file", 1), Entry("q/b", "file", 1)]))
    for read in (store.entries, store.below):
        with pytest.raises(ResponseMismatch, match=r"list of shelf://p/: requested the folder 'p' but .* 'q/b'"):
            list(read("p"))
    with Stores() as stores, pytest.raises(ResponseMismatch):
        plan_removal(stores, [parse_uri("shelf://p/")], recursive=True)


def test_so_is_one_of_a_store_that_lists_everything_below_at_once(shelf: Any, monkeypatch: pytest.MonkeyPatch):
    shelf.files.update({"p/a": b"1", "q/b": b"2"})
    monkeypatch.setattr(shelf, "_below", lambda *_: iter([Entry("p/a", "file", 1), Entry("q/b", "file", 1)]))
    with pytest.raises(ResponseMismatch, match=r"requested the folder 'p' but .* 'q/b'"):
        list(open_store("shelf").below("p"))
    with Stores() as stores, pytest.raises(ResponseMismatch):
        planned_move(stores, [parse_uri("shelf://p/")], parse_uri("shelf://r/"))


def test_nothing_is_removed_by_a_listing_that_repeats_an_entry(shelf: Any, monkeypatch: pytest.MonkeyPatch):
    shelf.files.update({"p/a": b"1"})
    listing(shelf, monkeypatch, lambda *_: iter([Entry("p/a", "file", 1), Entry("p/a", "file", 1)]))
    with Stores() as stores, pytest.raises(InconsistentListing, match="is listed more than once"):
        plan_removal(stores, [parse_uri("shelf://p/")], recursive=True)


def test_a_folder_within_itself_ends_with_an_error(shelf: Any, monkeypatch: pytest.MonkeyPatch):
    shelf.files["p/a"] = b"1"
    by_name = listing(shelf, monkeypatch, lambda _, path: iter([Entry(f"{path}/f", "folder")]))
    with pytest.raises(InconsistentListing, match="the folder is listed within itself"):
        list(by_name.below("p"))
    paths = list[str]()

    def by_id(_: object, path: str) -> Any:
        paths.append(path)
        return iter([Entry(f"{path}/f", "folder", handle="7")])

    with pytest.raises(InconsistentListing, match="list of shelf://p/f/f/: the folder is listed within itself"):
        list(listing(shelf, monkeypatch, by_id).below("p"))
    assert paths == ["p", "p/f"]


def test_what_is_listed_after_a_contradiction_is_read_all_the_same(
    shelf: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    def entries(_: object, path: str) -> Any:
        yield Entry(f"{path}/a", "file", 1)
        if path == "p":
            yield Entry("p/deep", "folder")
            yield Entry("p/z", "file", 1)
        else:
            raise InconsistentListing("list of p/deep", "its total changed")

    shelf.files["p/a"] = b"1"
    store = listing(shelf, monkeypatch, entries)
    source = source_to_copy(store, parse_uri("shelf://p"))
    assert [file.name for file in source.files] == ["a", "deep/a", "z"]
    assert ["list of p/deep: its total changed" in str(doubt) for _, doubt in source.unlisted] == [True]
    with Stores() as stores, pytest.raises(InconsistentListing):
        plan_removal(stores, [parse_uri("shelf://p")], recursive=True)
    report = download("shelf://p", tmp_path, dry_run=True)
    assert [(outcome.name, outcome.state) for outcome in report.outcomes] == [
        ("a", "planned"),
        ("deep/a", "planned"),
        ("z", "planned"),
        ("shelf://p", "failed"),
    ]
    with pytest.raises(TransferFailed, match="more may exist: run the same command again"):
        report.raise_if_failed()


@pytest.mark.parametrize("name", ["n" * 300 + ".txt", "é" * 200 + ".txt", "x" * 256])
def test_names_that_this_machine_cannot_have_are_written_through_it(shelf: type[Shelf], name: str) -> None:
    fs = type("FileSystem", (OmicsFileSystem,), {"protocol": "shelf"}).over(shelf())
    fs.pipe(f"d/{name}", b"abc")
    with fs.open(f"e/{name}", "wb") as file:
        file.write(b"abc")
    fs.cp_file(f"d/{name}", f"f/{name}")
    fs.mv(f"f/{name}", f"g/{name}")
    assert shelf.files == {f"{folder}/{name}": b"abc" for folder in "deg"}


def test_files_of_azul_have_a_name_each() -> None:
    """A name may read as a folder of a UUID, and a project may have two versions of a file."""
    files = [
        AzulFile("u1", "v1", "a"),
        AzulFile("u1", "v2", "a"),
        AzulFile("u2", "v1", "u1/a"),
        AzulFile("u3", "v1", "b"),
    ]
    assert list(named(files)) == ["b", "u1.v1/a", "u1.v2/a", "u2.v1/u1/a"]
    assert list(named(files[1:])) == ["a", "b", "u1/a"]
