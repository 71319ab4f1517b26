"""Every storage does what Django's do, but that what is saved replaces what has the name."""

import gzip
import hashlib
import io
import os
import random
import re
import tempfile
import threading
from collections.abc import Generator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError
from crunch_runs import Made, put, table
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.compat.crunch.client.connections import Connection
from omicsdk.core import ChecksumMismatch, Interrupted, NotFound, OmicsError, SourceChanged, UnsafePath
from omicsdk.crunch import RunResult
from omicsdk.crunch.hashing import files_below, hash_files
from omicsdk.crunch.storage import StorageMissing, open_storage, walk
from omicsdk.crunch.storage.base import Sending, Stored, plain
from omicsdk.crunch.storage.files import fetch, send, stored_below
from omicsdk.crunch.storage.folder import FolderStorage
from omicsdk.crunch.storage.s3 import S3Storage
from omicsdk.sandbox import Sandbox
from omicsdk.transfer import Progress, TransferOptions
from plain_storage import Plain, s3_settings_of
from quiet_server import QuietHandler, serving

OURS = ("folder", "s3", "memory", "file")


@pytest.fixture
def s3_settings(sandbox: Sandbox) -> Mapping[str, Any]:
    return s3_settings_of(sandbox)


@pytest.fixture(params=[*OURS, "own"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Any]:
    """An empty storage of each kind."""
    root = tmp_path / "storage root"
    root.mkdir()
    match request.param:
        case "folder":
            yield open_storage({"MEDIA_ROOT": str(root)})
        case "s3":
            yield open_storage(request.getfixturevalue("s3_settings"))
        case "memory":
            yield open_storage({"FSSPEC_URL": f"memory://{uuid4().hex}"})
        case "file":
            yield open_storage({"FSSPEC_URL": root.as_uri().replace("%20", " ")})
        case _:
            custom: Any = Plain(root)
            yield open_storage(custom)


def filled(storage: Any, files: Mapping[str, bytes], base: str = "proj/data") -> None:
    for name, content in files.items():
        storage.save(f"{base}/{name}", io.BytesIO(content))


FILES = {"a.txt": b"alpha", "deep/er/é b.txt": b"beta" * 1000, ".hidden": b"", "deep/c": bytes(2_000_000)}


def test_files_come_back_as_they_were_saved(storage: Any) -> None:
    filled(storage, FILES)

    for name, content in FILES.items():
        with storage.open(f"proj/data/{name}") as file:
            assert file.read() == content
        assert storage.size(f"proj/data/{name}") == len(content)
        assert storage.exists(f"proj/data/{name}")
    folders, files = storage.listdir("proj/data")
    assert (sorted(folders), sorted(files)) == (["deep"], [".hidden", "a.txt"])
    assert storage.exists("proj/data/deep")
    assert not storage.exists("proj/data/none")


def test_what_is_removed_is_gone(storage: Any) -> None:
    filled(storage, {"a.txt": b"alpha", "b.txt": b"beta"})

    storage.delete("proj/data/a.txt")

    assert not storage.exists("proj/data/a.txt")
    assert storage.exists("proj/data/b.txt")


@pytest.mark.parametrize("storage", OURS, indirect=True)
def test_what_is_saved_replaces_what_has_the_name(storage: Any) -> None:
    filled(storage, {"a.txt": b"alpha", "b": b"x"})

    assert storage.save("proj/data/a.txt", b"beta") == "proj/data/a.txt"
    assert storage.save("proj/data/a.txt", io.BytesIO(b"gamma!")) == "proj/data/a.txt"

    with storage.open("proj/data/a.txt") as file:
        assert file.read() == b"gamma!"
    assert sorted(storage.listdir("proj/data")[1]) == ["a.txt", "b"]


def test_the_tree_is_drawn(storage: Any) -> None:
    filled(storage, {"in.txt": b"1", "sub/in2.txt": b"2", "sub/x/y": b"3", ".hidden": b"4", "z/last": b"5"})

    tree = walk(storage, "proj/data")

    assert list(tree.lines()) == [
        "proj/data",
        "├── sub",
        "│   ├── x",
        "│   │   └── y",
        "│   └── in2.txt",
        "├── z",
        "│   └── last",
        "├── .hidden",
        "└── in.txt",
    ]
    assert sorted(tree.all_files()) == [
        f"proj/data/{name}" for name in (".hidden", "in.txt", "sub/in2.txt", "sub/x/y", "z/last")
    ]


def test_a_whole_run(storage: Any, connection: Connection, tmp_path: Path) -> None:
    """A script's run over each kind of storage, twice, leaves the same files in it."""
    made = Made(connection, tmp_path, "#!/bin/bash\necho more >> a.txt\nmkdir -p res\ncp b.txt res/\nrm gone.txt", None)
    filled(storage, {"a.txt": b"alpha\n", "b.txt": b"beta\n", "gone.txt": b"x", "deep/c.txt": b"gamma\n"})

    for _ in range(2):
        assert made.run(storage_settings=storage)() is RunResult.SUCCESS, made.lines

    names = {file.name for file in stored_below(storage, "proj/data")}
    assert {name for name in names if not name.startswith(".crunch/")} == {
        *("a.txt", "b.txt", "gone.txt", "deep/c.txt", "res/b.txt")
    }
    kept = ("dataset.json", "deleted.txt", "project.json", "script.sh", "setup_md5_checksums.json")
    assert {name for name in names if name.startswith(".crunch/")} == {
        f".crunch/{name}" for name in (*kept, "upload_md5_checksums.json")
    }
    with storage.open("proj/data/a.txt") as file:
        assert file.read() == b"alpha\nmore\nmore\n"
    for name in names:
        with storage.open(f"proj/data/{name}") as file:
            path = made.work / name
            assert not path.exists() or file.read() == path.read_bytes()


def test_equal_files_are_not_brought_again(storage: Any, tmp_path: Path) -> None:
    filled(storage, {"same": b"same", "other": b"new!", "longer": b"storage's", "absent": b"x"})
    folder = put(tmp_path / "work", {"same": b"same", "other": b"old!", "longer": b"old"})
    before = (folder / "same").stat()

    hashed = fetch(storage, "proj/data", list(stored_below(storage, "proj/data")), folder)

    after = (folder / "same").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert {name: entry.md5 for name, entry in hashed.items()} == {
        name: hashlib.md5(content).hexdigest()
        for name, content in {"same": b"same", "other": b"new!", "longer": b"storage's", "absent": b"x"}.items()
    }
    assert table(folder).keys() == {"same", "other", "longer", "absent"}
    assert (folder / "other").read_bytes() == b"new!"


def test_progress_is_reported_and_a_stop_begins_no_file(storage: Any, tmp_path: Path) -> None:
    filled(storage, {"a.txt": b"alpha", "deep/b.txt": b"beta"})
    files, seen, stop = list(stored_below(storage, "proj/data")), list[Progress](), threading.Event()
    (tmp_path / "work").mkdir()
    fetch(storage, "proj/data", files, tmp_path / "work", TransferOptions(progress=seen.append))
    assert (seen[-1].files_done, seen[-1].bytes_done, seen[-1].final) == (2, 9, True)

    stop.set()
    (tmp_path / "other").mkdir()
    with pytest.raises(Interrupted) if isinstance(storage, S3Storage) else nullcontext():
        assert fetch(storage, "proj/data", files, tmp_path / "other", TransferOptions(stop=stop)) == {}
    assert table(tmp_path / "other") == {}


def test_collected_errors_keep_no_other_file_back(storage: Any, tmp_path: Path) -> None:
    filled(storage, {"a.txt": b"alpha", "b.txt": b"beta", "other": b"1234567"})
    listed = list(stored_below(storage, "proj/data"))
    storage.delete("proj/data/a.txt")
    wrong = hashlib.md5(b"another").hexdigest()
    listed = [replace(file, etag=wrong) if file.name == "other" else file for file in listed]
    failed, seen = dict[str, OmicsError](), list[Progress]()
    put(tmp_path / "work", {"a.txt": b"mine!"})
    hashed = fetch(
        storage, "proj/data", listed, tmp_path / "work", TransferOptions(progress=seen.append), failed=failed
    )
    has_etags = isinstance(storage, S3Storage)
    assert sorted(failed) == (["a.txt", "other"] if has_etags else ["a.txt"])
    assert sorted(hashed) == (["b.txt"] if has_etags else ["b.txt", "other"])
    assert (tmp_path / "work" / "b.txt").read_bytes() == b"beta"
    assert (tmp_path / "work" / "a.txt").read_bytes() == b"mine!"
    assert (tmp_path / "work" / "other").exists() == ("other" in hashed)
    assert (seen[-1].files_done, seen[-1].files_failed) == (2, 1)  # ETags are compared afterwards

    files = put(tmp_path / "sent", {"c.txt": b"c", "changed": b"before"})
    hashes = hash_files({name: files / name for name in ("c.txt", "changed")})
    (files / "changed").write_bytes(b"after, and longer")
    sending = [Sending(name, files / name, hashes[name]) for name in hashes]
    failed.clear()
    assert list(send(storage, "proj/data", sending, failed=failed)) == ["c.txt"]
    assert {name: type(error) for name, error in failed.items()} == {"changed": SourceChanged}
    assert storage.exists("proj/data/c.txt")
    assert not storage.exists("proj/data/changed")
    with pytest.raises(SourceChanged):
        send(storage, "proj/data", sending)


@pytest.mark.parametrize("change", [b"", b" and more"])
def test_a_file_that_changes_while_it_is_brought_leaves_what_exists(tmp_path: Path, change: bytes) -> None:
    storage, folder = FolderStorage(tmp_path / "storage"), tmp_path / "data"
    (tmp_path / "storage/base").mkdir(parents=True)
    (tmp_path / "storage/base/file").write_bytes(b"as it was listed")
    folder.mkdir()
    (folder / "file").write_bytes(b"earlier")
    listed = list(stored_below(storage, "base"))
    (tmp_path / "storage/base/file").write_bytes(b"as it was" + change * 2)
    with pytest.raises(SourceChanged, match="base/file"):
        fetch(storage, "base", listed, folder)
    assert (folder / "file").read_bytes() == b"earlier"


def test_a_missing_folder(storage: Any) -> None:
    filled(storage, {"a": b"x"})
    if isinstance(storage, S3Storage):  # knows no folders
        assert list(stored_below(storage, "no/where")) == []
        return
    with pytest.raises(FileNotFoundError):
        list(stored_below(storage, "no/where"))


class Breaking:
    """A content that cannot be read to its end."""

    def __init__(self) -> None:
        self._pieces = [b"only a part of it"]

    def read(self, size: int = -1) -> bytes:
        if not self._pieces:
            raise SourceChanged("a.txt changed")
        return self._pieces.pop()


@pytest.mark.parametrize("storage", OURS, indirect=True)
def test_a_save_that_fails_leaves_what_exists(storage: Any) -> None:
    storage.save("d/a.txt", b"old")

    with pytest.raises(SourceChanged):
        storage.save("d/a.txt", Breaking())

    with storage.open("d/a.txt") as file:
        assert file.read() == b"old"
    assert storage.listdir("d") == ([], ["a.txt"])


@pytest.mark.parametrize("storage", OURS, indirect=True)
def test_what_is_saved_is_what_is_read(storage: Any, tmp_path: Path) -> None:
    """Not what happens to lie under the content's name, nor what was read before."""
    with gzip.open(tmp_path / "packed.gz", "wb") as packed:
        packed.write(b"unpacked")
    with gzip.open(tmp_path / "packed.gz") as packed:
        storage.save("unpacked", packed)
    put(tmp_path, {"plain": b"header rest"})
    with (tmp_path / "plain").open("rb") as plain:
        plain.seek(7)
        storage.save("rest", plain)
    with (tmp_path / "plain").open("rb") as plain:
        put(tmp_path, {"new": b"another"})
        (tmp_path / "new").replace(tmp_path / "plain")
        storage.save("opened", plain)

    for name, content in (("unpacked", b"unpacked"), ("rest", b"rest"), ("opened", b"header rest")):
        with storage.open(name) as file:
            assert file.read() == content


@pytest.mark.parametrize("storage", OURS, indirect=True)
@pytest.mark.parametrize("name", ["../x", "a/../../x", "a/..", "nul\0"])
def test_names_that_lead_out(storage: Any, name: str) -> None:
    for act in (storage.open, storage.exists, storage.size, storage.delete, storage.listdir):
        with pytest.raises(UnsafePath):
            act(name)
    with pytest.raises(UnsafePath):
        storage.save(name, b"x")


@given(st.text(alphabet="a./\\~é ", max_size=12))
def test_plain_names_stay_below_the_root(name: str) -> None:
    try:
        plain_name = plain(name)
    except UnsafePath:
        assert ".." in name.split("/")
        return
    assert not plain_name.startswith("/")
    assert not {"", ".", ".."} & set(plain_name.split("/")) or plain_name == ""
    assert plain(plain_name) == plain_name


@pytest.mark.parametrize("name", ["a\\..\\..\\b", "C:b", "a/C:\\b", "nul", "\\\\server\\share"])
def test_names_that_lead_out_on_windows(name: str) -> None:
    with pytest.raises(UnsafePath):
        plain(name, windows=True)
    assert plain(name) == name
    assert plain("a/./b", windows=True) == "a/b"


# -- folders


def test_a_root_that_does_not_exist_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StorageMissing, match="does not exist"):
        FolderStorage(tmp_path / "not mounted").save("a.txt", b"x")

    assert not (tmp_path / "not mounted").exists()


@pytest.mark.skipif(os.name == "nt", reason="permissions are POSIX's")
def test_permissions_are_those_of_the_settings(tmp_path: Path) -> None:
    settings = {
        "MEDIA_ROOT": str(tmp_path),
        "FILE_UPLOAD_PERMISSIONS": 0o640,
        "FILE_UPLOAD_DIRECTORY_PERMISSIONS": 0o750,
    }

    open_storage(settings).save("a/b/c.txt", b"x")

    assert (tmp_path / "a/b/c.txt").stat().st_mode & 0o777 == 0o640
    assert {(tmp_path / folder).stat().st_mode & 0o777 for folder in ("a", "a/b")} == {0o750}


def test_absolute_names_inside_the_folder(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path)
    storage.save(str(tmp_path / "a" / "b.txt"), b"x")

    assert storage.exists("a/b.txt")
    assert storage.url("a/b.txt") == (tmp_path / "a" / "b.txt").as_uri()
    assert FolderStorage(tmp_path, base_url="/media/").url("a b/\udcff") == "/media/a%20b/%FF"
    with pytest.raises(UnsafePath, match="is absolute"):
        storage.path("/etc/passwd")


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_are_followed_but_not_in_a_circle(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere", {"big.bam": "reads"})
    put(tmp_path / "s" / "d", {"a.txt": "alpha"})
    (tmp_path / "s" / "d" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "s" / "d" / "circle").symlink_to(tmp_path / "s" / "d")
    (tmp_path / "s" / "d" / "broken").symlink_to("nowhere")
    (tmp_path / "s" / "d" / "itself").symlink_to("itself")

    storage = FolderStorage(tmp_path / "s")

    assert {file.name for file in storage.stored("d")} == {"a.txt", "linked/big.bam"}
    assert storage.listdir("d")[1] == ["a.txt"]
    assert [name for name, _ in files_below(tmp_path / "s" / "d")] == ["a.txt"]


def test_an_empty_folder_can_be_removed(tmp_path: Path) -> None:
    storage = FolderStorage(put(tmp_path, {"a/b": "x"}))
    storage.delete("a/b")
    storage.delete("a")
    storage.delete("none")

    assert not (tmp_path / "a").exists()


# -- names that come from a storage


@pytest.mark.parametrize("names", [["../up"], ["/abs"], ["a", "a"], ["a", "a/b"], ["a//b"]])
def test_unsafe_names_are_refused_before_anything_is_brought(tmp_path: Path, names: list[str]) -> None:
    storage = FolderStorage(put(tmp_path / "s", {"d/good": "x"}))
    (tmp_path / "work").mkdir()

    with pytest.raises(UnsafePath):
        fetch(storage, "d", [Stored("good"), *map(Stored, names)], tmp_path / "work")

    assert list((tmp_path / "work").iterdir()) == []


@pytest.mark.parametrize("folder", ["work", "240301", "."])
def test_names_that_differ_in_case_are_tried_on_the_disk(tmp_path: Path, monkeypatch: Any, folder: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Case").touch()
    storage = FolderStorage(put(tmp_path / "s", {"d/Readme": "1", "d/README": "2"}))
    Path(folder).mkdir(exist_ok=True)
    if (tmp_path / "cASE").exists():
        pytest.skip("this file system folds case")

    assert len(fetch(storage, "d", list(stored_below(storage, "d")), Path(folder))) == 2


# -- storages of a user's own


def test_a_storage_that_takes_another_name_is_reported(connection: Connection, tmp_path: Path) -> None:
    made = Made(connection, tmp_path, "#!/bin/sh\necho more >> a.txt", {"a.txt": "alpha\n"})
    run = made.run(storage_settings=Plain(made.media, deletes=False))

    assert run() is RunResult.FAIL

    assert "Cannot replace proj/data/a.txt: the storage wrote" in run.note
    assert table(made.storage).keys() == {"a.txt"}


# -- S3


def test_objects_below_a_prefix_of_the_same_beginning_are_others(s3_settings: Mapping[str, Any]) -> None:
    storage = open_storage(s3_settings)
    filled(storage, {"a": b"x"}, "proj/data")
    filled(storage, {"b": b"x"}, "proj/data-2")

    assert [file.name for file in stored_below(storage, "proj/data")] == ["a"]
    assert storage.listdir("proj") == (["data", "data-2"], [])


def test_many_objects_come_in_pages(s3_settings: Mapping[str, Any], tmp_path: Path) -> None:
    storage: Any = open_storage(s3_settings)
    pages: list[dict[str, Any]] = []

    def three_at_once(params: dict[str, Any], **_: object) -> None:
        params["MaxKeys"] = 3
        pages.append(params)

    storage._client.meta.events.register("before-parameter-build.s3.ListObjectsV2", three_at_once)
    filled(storage, {f"{number:02}": b"%d" % number for number in range(10)}, "d")

    hashed = fetch(storage, "d", list(stored_below(storage, "d")), tmp_path)

    assert len(pages) == 4
    assert {name: entry.md5 for name, entry in hashed.items()} == {
        f"{number:02}": hashlib.md5(b"%d" % number).hexdigest() for number in range(10)
    }
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_bytes_go_through_the_proxy_of_the_settings(s3_settings: Mapping[str, Any], tmp_path: Path) -> None:
    filled(open_storage(s3_settings), {"a": b"alpha"}, "d")
    urls: list[str] = []

    class Refusing(QuietHandler):
        def do_GET(self) -> None:
            urls.append(self.path)
            self.send_error(404, "not through here")

    with serving(Refusing) as proxy:
        settings = {**s3_settings, "AWS_S3_PROXIES": {"http": proxy}}
        with pytest.raises(OmicsError):
            fetch(open_storage(settings), "d", [Stored("a", 5)], tmp_path)

    assert urls
    assert urls[0].startswith(str(s3_settings["AWS_S3_ENDPOINT_URL"]))


def test_an_object_that_does_not_exist(s3_settings: Mapping[str, Any]) -> None:
    storage = open_storage(s3_settings)

    with pytest.raises(NotFound):
        storage.size("none")
    with pytest.raises(NotFound, match="none"):
        storage.open("none")
    storage.delete("none")


def test_an_open_object_leaves_nothing_behind(
    s3_settings: Mapping[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    storage = open_storage(s3_settings)
    filled(storage, {"a": b"alpha"}, "d")

    with storage.open("d/a") as file:
        assert file.read(3) == b"alp"
        assert list(tmp_path.iterdir())

    assert list(tmp_path.iterdir()) == []


def test_a_bucket_that_does_not_exist_fails_setup_with_its_name(
    s3_settings: Mapping[str, Any], connection: Connection, tmp_path: Path
) -> None:
    made = Made(connection, tmp_path, "#!/bin/sh\ntrue", None)
    run = made.run(storage_settings={**s3_settings, "AWS_STORAGE_BUCKET_NAME": "no-such-bucket"})

    assert run() is RunResult.FAIL
    assert "s3://no-such-bucket/" in run.note
    assert "Check the bucket's name" in run.note


def test_large_objects_go_in_parts_and_are_known_again(s3_settings: Mapping[str, Any], tmp_path: Path) -> None:
    storage = open_storage(s3_settings)
    content = random.Random(1).randbytes(1024 * 1024) * 20
    put(tmp_path, {"big": content})
    with (tmp_path / "big").open("rb") as file:
        storage.save("d/big", file)
    (stored,) = stored_below(storage, "d")
    before = (tmp_path / "big").stat()

    fetch(storage, "d", [stored], tmp_path)

    assert "-" in stored.etag
    assert (tmp_path / "big").stat() == before or (tmp_path / "big").stat().st_mtime_ns == before.st_mtime_ns
    put(tmp_path, {"big": content[:-1] + b"x"})
    assert fetch(storage, "d", [stored], tmp_path)["big"].md5 == hashlib.md5(content).hexdigest()
    assert (tmp_path / "big").read_bytes() == content


def test_an_object_that_is_not_what_its_etag_states(s3_settings: Mapping[str, Any], tmp_path: Path) -> None:
    storage = open_storage(s3_settings)
    filled(storage, {"a": b"alpha"}, "d")

    with pytest.raises(ChecksumMismatch):
        fetch(storage, "d", [Stored("a", 5, hashlib.md5(b"other").hexdigest())], tmp_path)


def test_a_file_that_changes_while_it_goes_to_s3(
    s3_settings: Mapping[str, Any], connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Made(connection, tmp_path, "#!/bin/sh\necho more >> a.txt", None)
    storage = open_storage(s3_settings)
    filled(storage, {"a.txt": b"alpha\n"})
    usual = S3Storage._upload

    def upload(self: S3Storage, name: str, path: Path) -> Any:
        if name.endswith("/a.txt"):
            path.write_text("something else altogether")
        return usual(self, name, path)

    monkeypatch.setattr(S3Storage, "_upload", upload)
    run = made.run(storage_settings=storage)

    assert run() is RunResult.FAIL
    assert "a.txt changed while it was uploaded" in run.note


def test_data_under_a_key_that_ends_in_a_slash_are_listed(s3_settings: Mapping[str, Any]) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=s3_settings["AWS_S3_ENDPOINT_URL"],
        aws_access_key_id=s3_settings["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=s3_settings["AWS_SECRET_ACCESS_KEY"],
    )
    for key, content in {"a.txt": b"alpha", "deep/": b"data", "empty/": b""}.items():
        place = f"{s3_settings['AWS_LOCATION']}/data/{key}"
        client.put_object(Bucket=s3_settings["AWS_STORAGE_BUCKET_NAME"], Key=place, Body=content)
    assert {file.name for file in open_storage(s3_settings).stored("data")} == {"a.txt", "deep/"}


def test_signed_addresses_are_in_no_note(
    s3_settings: Mapping[str, Any], connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Made(connection, tmp_path, "#!/bin/sh\ntrue", None)
    filled(open_storage(s3_settings), {"a.txt": b"alpha\n"})
    usual = S3Storage.stored

    def stored(self: S3Storage, base: str) -> Any:
        return [Stored("gone.txt", 5, ""), *usual(self, base)]

    monkeypatch.setattr(S3Storage, "stored", stored)
    run = made.run(storage_settings=s3_settings)

    assert run() is RunResult.FAIL
    assert "gone.txt" in run.note
    assert not re.search("Signature|AWSAccessKeyId|Credential", run.note)


# -- fsspec


@pytest.mark.parametrize(("settings", "at_once"), [({}, 4), ({"FSSPEC_AT_ONCE": 1}, 1), ({"FSSPEC_AT_ONCE": 6}, 6)])
def test_so_many_files_are_moved_at_once(settings: Mapping[str, int], at_once: int, tmp_path: Path) -> None:
    storage: Any = open_storage({"FSSPEC_URL": f"memory://{uuid4().hex}", **settings})
    filled(storage, {f"{number:02}": b"x" for number in range(12)}, "d")
    together, usual, threads = threading.Barrier(at_once, timeout=30), storage.open, set[str]()

    def opened(name: str, mode: str = "rb") -> Any:
        threads.add(threading.current_thread().name)
        together.wait()
        return usual(name, mode)

    storage.open = opened
    fetch(storage, "d", list(stored_below(storage, "d")), tmp_path)

    assert len(threads) == at_once
    assert len(table(tmp_path)) == 12


def test_an_upload_that_fails_leaves_no_parts_in_the_bucket(s3_settings: Mapping[str, Any], tmp_path: Path) -> None:
    storage = open_storage(s3_settings)
    assert isinstance(storage, S3Storage)
    client = storage._client
    calls: list[str] = []

    def refused(**_request: object) -> None:
        calls.append("complete")
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "CompleteMultipartUpload")

    client.meta.events.register("before-call.s3.CompleteMultipartUpload", refused)
    place = tmp_path / "big"
    with place.open("wb") as file:
        file.truncate(20 * 1024 * 1024)

    with pytest.raises(OmicsError), place.open("rb") as file:
        storage.save("data/big", file)

    assert calls, "it was sent in parts"
    where = {"Bucket": s3_settings["AWS_STORAGE_BUCKET_NAME"], "Prefix": s3_settings["AWS_LOCATION"]}
    assert not client.list_multipart_uploads(**where).get("Uploads")
