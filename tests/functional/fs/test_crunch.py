"""crunch:// paths: projects and datasets of the site, their files wherever its storage keeps them."""

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import fsspec
import psutil
import pytest
from crunch_runs import put
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omicsdk.compat.crunch.client.connections import Connection
from omicsdk.core import ConfigError
from omicsdk.crunch.storage import StorageMissing, open_storage
from omicsdk.fs import CopyOptions, Entry, NotAFolder, PathError, PathNotFound, Put, ReadOnly, WrongUri, open_store
from omicsdk.fs.copying.fetching import fetch
from omicsdk.fs.stores.crunch import CrunchStore
from omicsdk.sandbox import Sandbox
from plain_storage import Plain, s3_settings_of
from stored_files import paths
from unsettled import unsettled

FILES = {"a.txt": "a", "deep/b #1?.txt": "bb", "deep/er/ü 100%.txt": "", "b/c": "ccc"}
PATHS = {f"proj/data/{name}": content.encode() for name, content in FILES.items()}


@pytest.fixture
def site(omics_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Connection]:
    """A site with the project proj and its dataset proj:data."""
    unsettled(monkeypatch, tmp_path)
    monkeypatch.setenv("CRUNCH_URL", omics_sandbox.crunch_url)
    monkeypatch.setenv("CRUNCH_TOKEN", omics_sandbox.crunch_token)
    with Connection() as connection:
        connection.add_project("proj")
        connection.add_dataset("proj", "Data", base_file_path="proj/data")
        yield connection


KINDS: dict[str, Callable[[Sandbox, Path], Any]] = {
    "folder": lambda _, folder: {"MEDIA_ROOT": str(folder), "MEDIA_URL": "/media/"},
    "s3": lambda sandbox, _: s3_settings_of(sandbox),
    "memory": lambda *_: {"FSSPEC_URL": f"memory://{uuid4().hex}"},
    "own": lambda _, folder: Plain(folder),
}


def test_a_file_of_a_folder_is_open_until_its_reader_is_closed(
    site: Connection, omics_sandbox: Sandbox, tmp_path: Path
) -> None:
    put(tmp_path / "media/proj/data", FILES)
    settings = KINDS["folder"](omics_sandbox, tmp_path / "media")
    stored = str(tmp_path / "media/proj/data/b/c")

    def is_open() -> bool:
        return stored in {file.path for file in psutil.Process().open_files()}

    fs = fsspec.filesystem("crunch", storage_settings=settings, skip_instance_cache=True)
    reader = fs.open("proj/data/b/c")
    assert (reader.read(), is_open()) == (b"ccc", True)
    reader.close()
    assert not is_open()
    with io.BytesIO() as copy:
        fs.get_file("proj/data/b/c", copy)
        assert (copy.getvalue(), is_open()) == (b"ccc", False)
    fs.store.close()


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, site: Connection, omics_sandbox: Sandbox, tmp_path: Path) -> Iterator[Any]:
    """A store of the site with FILES in the dataset, in each kind of storage."""
    folder = tmp_path / "media"
    settings = KINDS[request.param](omics_sandbox, put(folder, {}))
    if request.param in ("folder", "own"):
        put(folder / "proj/data", FILES)
    else:
        storage = open_storage(settings)
        for name, content in FILES.items():
            storage.save(f"proj/data/{name}", content.encode())
    with CrunchStore(storage_settings=settings) as opened:
        yield opened


@pytest.fixture
def in_a_folder(site: Connection, tmp_path: Path) -> Iterator[CrunchStore]:
    """The same with a storage that is an empty folder."""
    put(tmp_path / "media", {})
    with CrunchStore(storage_settings={"MEDIA_ROOT": str(tmp_path / "media")}) as opened:
        yield opened


def test_a_datasets_files_are_listed_examined_and_fetched(store: CrunchStore, tmp_path: Path):
    assert sorted(paths(store.walk("proj"))) == sorted(paths(store.walk("proj/data"))) == sorted(PATHS)
    assert sorted(paths(store.walk("proj/data/deep"))) == ["proj/data/deep/b #1?.txt", "proj/data/deep/er/ü 100%.txt"]
    assert {(entry.path, entry.kind) for entry in store.entries("proj/data")} == {
        ("proj/data/a.txt", "file"),
        ("proj/data/b", "folder"),
        ("proj/data/deep", "folder"),
    }
    assert sorted(paths(store.entries("proj/data/deep"))) == ["proj/data/deep/b #1?.txt", "proj/data/deep/er"]
    assert store.stat("proj/data/deep/er").is_folder
    named_entries = [(store.stat(path), str(number)) for number, path in enumerate(PATHS)]
    assert [entry.size for entry, _ in named_entries] == [len(data) for data in PATHS.values()]
    assert [paths(store.walk(path)) for path in PATHS] == [[path] for path in PATHS]
    fetch(named_entries, store, str(tmp_path / "got")).raise_if_failed()
    assert [(tmp_path / "got" / name).read_bytes() for _, name in named_entries] == list(PATHS.values())
    for path in PATHS:
        opened = store.open(Entry(path, "file"))
        if opened is None:
            assert "X-Amz-Signature=" in store.location(store.stat(path)).url
            continue
        with opened:
            opened.seek(1)
            assert opened.read() == PATHS[path][1:]


def test_a_missing_object(store: CrunchStore):
    for path in ("none", "none/data", "proj/none", "proj/data/none", "proj/data/a.txt/b", "sandbox/proj:data"):
        with pytest.raises(PathNotFound, match=f"crunch://{path}"):
            store.stat(path)
        for ask in (store.entries, store.walk):
            with pytest.raises(PathError, match=f"crunch://{path}"):
                list(ask(path))


def test_a_file_is_no_folder(store: CrunchStore):
    with pytest.raises(NotAFolder):
        list(store.entries("proj/data/a.txt"))


def test_the_top_has_projects_and_these_have_datasets(in_a_folder: CrunchStore, site: Connection):
    assert sorted(paths(in_a_folder.entries(""))) == ["proj", "sandbox"]
    assert paths(in_a_folder.entries("sandbox")) == ["sandbox/example-reads"]
    assert in_a_folder.stat("proj/proj:data").is_folder
    assert [in_a_folder.stat(path).is_folder for path in ("", "proj", "proj/data")] == [True] * 3


def test_a_dataset_without_files_is_empty_but_a_storage_that_does_not_exist_is_reported(
    in_a_folder: CrunchStore, tmp_path: Path
):
    assert list(in_a_folder.entries("proj/data")) == list(in_a_folder.walk("proj/data")) == []
    (tmp_path / "media").rmdir()
    for ask in (in_a_folder.entries, in_a_folder.walk):
        with pytest.raises(StorageMissing):
            list(ask("proj/data"))


def test_a_file_of_this_machine_is_located_there(in_a_folder: CrunchStore, tmp_path: Path):
    put(tmp_path / "media/proj/data", {"a b": "1"})
    entry = in_a_folder.stat("proj/data/a b")
    assert in_a_folder.location(entry).url == (tmp_path / "media/proj/data/a b").as_uri()
    assert entry.modified == (tmp_path / "media/proj/data/a b").stat().st_mtime
    os.utime(tmp_path / "media/proj/data/a b", (1, 1))
    assert in_a_folder.stat("proj/data/a b").version != entry.version


def test_what_has_no_url_reports_it(site: Connection):
    fs = fsspec.filesystem("memory")
    fs.pipe("/only/proj/data/a", b"1")
    with CrunchStore(storage_settings={"FSSPEC_URL": "memory://only"}) as store:
        entry = store.stat("proj/data/a")
        with pytest.raises(PathError, match="no URL"):
            store.location(entry)


def test_nothing_is_written(in_a_folder: CrunchStore, tmp_path: Path):
    put(tmp_path / "media/proj/data", {"a": "1"})
    for change in (
        lambda: in_a_folder.make_folder("proj/data/b"),
        lambda: in_a_folder.remove(in_a_folder.stat("proj/data/a")),
        lambda: in_a_folder.put([Put(__file__, "proj/data/c")], CopyOptions()),
    ):
        with pytest.raises(ReadOnly):
            change()
    assert paths(in_a_folder.walk("proj/data")) == ["proj/data/a"]


def test_a_path_does_not_lead_out_of_the_storage(in_a_folder: CrunchStore):
    with pytest.raises(WrongUri):
        in_a_folder.stat("proj/data/../../x")


@settings(max_examples=3 * settings().max_examples // 8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/"), min_size=1, max_size=20))
def test_names_are_as_they_are_written(in_a_folder: CrunchStore, tmp_path: Path, name: str):
    if name in (".", ".."):
        return
    put(tmp_path / "media/proj/data", {name: "1"})
    assert f"proj/data/{name}" in paths(in_a_folder.entries("proj/data"))
    assert in_a_folder.stat(f"proj/data/{name}").size == 1


def test_it_is_opened_by_scheme_with_what_omics_crunch_takes(
    site: Connection, omics_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    with open_store("crunch") as store, pytest.raises(ConfigError, match="No storage of datasets' files is configured"):
        store.stat("sandbox/example-reads/reads.fastq")
    monkeypatch.setenv("CRUNCH_STORAGE_SETTINGS", str(omics_sandbox.crunch_storage_settings))
    with open_store("crunch") as store:
        assert store.stat("sandbox/example-reads/reads.fastq").size == 1091
    monkeypatch.delenv("CRUNCH_URL")
    with open_store("crunch") as store, pytest.raises(ConfigError):
        store.stat("sandbox")
    with open_store("crunch", client=site.api, storage_settings=omics_sandbox.crunch_storage_settings) as store:
        assert paths(store.walk("sandbox")) == ["sandbox/example-reads/reads.fastq"]
