"""sb:// paths: projects, folders and files of the platform examined, listed, fetched, put, copied and removed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omicsdk.core import ConfigError, Conflict, Forbidden, NotFound, SourceChanged, TransferError
from omicsdk.fs import (
    CopyOptions,
    Entry,
    IsFolder,
    NotAFolder,
    NotEmpty,
    PathNotFound,
    Put,
    ReadOnly,
    WrongUri,
    open_store,
    parse_uri,
)
from omicsdk.fs.filesystems import SbFileSystem
from omicsdk.fs.stores.sb import SbStore
from omicsdk.sandbox import Rule, Sandbox
from stored_files import got, paths, put
from unsettled import unsettled

P = "sandbox-user/p"


@pytest.fixture
def sandbox(omics_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Sandbox:
    """A platform with the project p, which the variables name."""
    unsettled(monkeypatch, tmp_path)
    monkeypatch.setenv("SB_API_ENDPOINT", omics_sandbox.sb_url)
    monkeypatch.setenv("SB_AUTH_TOKEN", omics_sandbox.sb_token)
    return omics_sandbox


@pytest.fixture
def store(sandbox: Sandbox) -> Iterator[SbStore]:
    with SbStore() as opened:
        groups = opened.client.list_billing_groups().items or ()
        opened.client.create_project(name="p", billing_group=groups[0].id)
        yield opened


TREE = {f"{P}/a.txt": b"a", f"{P}/reads/b #1?.txt": b"bb", f"{P}/reads/deep/ü 100%.txt": b""}


def test_what_is_put_is_listed_examined_and_fetched(store: SbStore, tmp_path: Path):
    report = put(store, tmp_path, TREE)
    report.raise_if_failed()
    assert [outcome.name for outcome in report.outcomes] == list(TREE)
    assert set(paths(store.walk(P))) == set(paths(store.walk(""))) == set(TREE)
    assert {(entry.path, entry.kind) for entry in store.entries(P)} == {
        (f"{P}/a.txt", "file"),
        (f"{P}/reads", "folder"),
    }
    for path, data in TREE.items():
        assert parse_uri(store.uri(path)).path == path
        entry = store.stat(path)
        assert (entry.kind, entry.size) == ("file", len(data))
        assert list(store.walk(path)) == [entry]
        assert got(store, path, tmp_path) == data
    with SbStore() as other:  # which has requested nothing yet
        assert other.location(Entry(f"{P}/a.txt", "file")).url.startswith("http")


def test_the_top_has_owners_and_these_have_projects(store: SbStore):
    assert paths(store.entries("")) == ["sandbox-user"]
    assert paths(store.entries("sandbox-user")) == [P]
    assert [store.stat(path).is_folder for path in ("", "sandbox-user", P)] == [True] * 3
    assert list(store.entries(P)) == []


@pytest.mark.parametrize("path", ["nobody", "sandbox-user/none", f"{P}/none", f"{P}/none/b", "nobody/none/a"])
def test_a_missing_object(store: SbStore, path: str):
    for ask in (store.stat, lambda path: list(store.entries(path)), lambda path: list(store.walk(path))):
        with pytest.raises(PathNotFound, match=f"sb://{path}"):
            ask(path)


def test_a_file_is_no_folder(store: SbStore, tmp_path: Path):
    put(store, tmp_path, {f"{P}/a": b"1"}).raise_if_failed()
    with pytest.raises(NotAFolder):
        list(store.entries(f"{P}/a"))
    with pytest.raises(NotAFolder):
        store.make_folder(f"{P}/a")
    with pytest.raises(PathNotFound):
        store.stat(f"{P}/a/b")


def test_the_near_name_is_reported(store: SbStore):
    store.make_folder(f"{P}/reads")
    with pytest.raises(PathNotFound) as caught:
        list(store.entries(f"{P}/raeds"))
    assert f"sb://{P}/reads" in caught.value.remedy


def test_a_file_that_is_replaced_has_another_version(store: SbStore, sandbox: Sandbox, tmp_path: Path):
    path = f"{P}/a"
    put(store, tmp_path, {path: b"old"}).raise_if_failed()
    before = store.stat(path)
    report = put(store, tmp_path, {path: b"new", f"{P}/b": b"b"}, overwrite=False)
    assert [outcome.state for outcome in report.outcomes] == ["failed", "done"]
    assert isinstance(report.outcomes[0].error, Conflict)
    assert got(store, path, tmp_path) == b"old"
    sandbox.clock.advance(1)
    put(store, tmp_path, {path: b"new"}).raise_if_failed()
    assert store.stat(path).version != before.version
    assert got(store, path, tmp_path) == b"new"


@pytest.mark.parametrize("path", ["", "sandbox-user", P, f"{P}/{'x' * 256}", f"{P}/a\nb"])
def test_what_cannot_be_put_there_fails_alone(store: SbStore, tmp_path: Path, path: str):
    report = put(store, tmp_path, {path: b"1", f"{P}/ok": b"2"})
    assert [outcome.state for outcome in report.outcomes] == ["failed", "done"]
    assert isinstance(report.outcomes[0].error, WrongUri)


def test_with_fsspec_a_file_is_not_written_where_a_folder_is(store: SbStore):
    store.make_folder(f"{P}/reads")
    with pytest.raises(IsFolder, match=f"sb://{P}/reads is a folder"):
        SbFileSystem.over(store).pipe_file(f"{P}/reads", b"1")


def test_a_source_or_a_project_that_does_not_exist_fails_alone(store: SbStore, tmp_path: Path):
    ok = tmp_path / "ok"
    ok.write_bytes(b"1")
    files = [Put(str(tmp_path / "none"), f"{P}/none"), Put(str(ok), "sandbox-user/nothing/a"), Put(str(ok), f"{P}/ok")]
    report = store.put(files, CopyOptions())
    assert [outcome.state for outcome in report.outcomes] == ["failed", "failed", "done"]
    assert isinstance(report.outcomes[0].error, TransferError)
    assert isinstance(report.outcomes[1].error, NotFound)
    with pytest.raises(ReadOnly, match=r"sb://sandbox-user/nothing/ not found.*omics sb projects ls"):
        store.check_puts([file.path for file in files])
    for path in ("a.txt", "sandbox-user/a.txt", "reads/sub/"):
        with pytest.raises(WrongUri, match=rf"sb://{path}.* is in no project. Write sb://owner/project/folder/file"):
            store.check_puts([f"{P}/ok", path])


def test_folders_are_made_and_removed_when_they_are_empty(store: SbStore, tmp_path: Path):
    store.make_folder(f"{P}/a/b")
    store.make_folder(f"{P}/a/b")
    store.make_folder(P)
    with pytest.raises(NotEmpty):
        store.remove(store.stat(f"{P}/a"))
    store.remove(store.stat(f"{P}/a/b"))
    store.remove(Entry(f"{P}/a", "folder"))
    assert list(store.entries(P)) == []
    put(store, tmp_path, {f"{P}/a/c": b"1"}).raise_if_failed()
    store.remove(store.stat(f"{P}/a/c"))
    assert list(store.entries(f"{P}/a")) == []


def test_a_folder_that_was_replaced_elsewhere_is_found_again(store: SbStore, tmp_path: Path):
    put(store, tmp_path, {f"{P}/a/b": b"1"}).raise_if_failed()
    with SbStore() as other:
        other.remove(other.stat(f"{P}/a/b"))
        other.remove(other.stat(f"{P}/a"))
        put(other, tmp_path, {f"{P}/a/c": b"2"}).raise_if_failed()
    assert paths(store.entries(f"{P}/a")) == [f"{P}/a/c"]
    assert got(store, f"{P}/a/c", tmp_path) == b"2"


def test_folders_are_requested_once(store: SbStore, sandbox: Sandbox, tmp_path: Path):
    put(store, tmp_path, {f"{P}/a/b/{number}": b"1" for number in range(3)}).raise_if_failed()
    before = len(sandbox.requests("/sb/v2/files"))
    for number in range(3):
        store.stat(f"{P}/a/b/{number}")
        with pytest.raises(PathNotFound):
            store.stat(f"{P}/a/b/none-{number}")
    assert len(sandbox.requests("/sb/v2/files")) == before + 6


def test_who_asks_whether_something_is_there_has_no_folders_listed_for_it(store: SbStore, sandbox: Sandbox):
    store.make_folder(f"{P}/cells.zarr")
    store.stat(f"{P}/cells.zarr")
    before = len(sandbox.requests("/sb/v2/files"))
    with pytest.raises(PathNotFound, match=f"Check the contents of sb://{P}/cells.zarr"):
        store.stat(f"{P}/cells.zarr/obs/.zarray")
    new_requests = sandbox.requests("/sb/v2/files")[before:]
    assert new_requests
    assert all("name=" in request["query"] for request in new_requests)


def test_a_move_keeps_the_file_that_replaced_a_copied_one(
    store: SbStore, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    put(store, tmp_path, {f"{P}/in/a": b"old", f"{P}/in/b": b"b"}).raise_if_failed()
    copy = SbStore.copy

    def copied(store: SbStore, entry: Entry, path: str) -> bool:
        done = copy(store, entry, path)
        if entry.name == "a":
            put(store, tmp_path, {entry.path: b"new"}).raise_if_failed()
        return done

    sandbox.clock.advance(1)
    monkeypatch.setattr(SbStore, "copy", copied)
    with pytest.raises(SourceChanged, match="in/a: it changed while it was moved"):
        SbFileSystem.over(store).mv(f"{P}/in", f"{P}/out", recursive=True)
    assert {path: got(store, path, tmp_path) for path in paths(store.walk(P))} == {
        f"{P}/in/a": b"new",
        f"{P}/out/a": b"old",
        f"{P}/out/b": b"b",
    }


def test_projects_are_neither_made_nor_removed(store: SbStore):
    with pytest.raises(ReadOnly, match="nothing"):
        store.make_folder("sandbox-user/nothing")
    for path in ("", "sandbox-user", P):
        with pytest.raises(ReadOnly):
            store.remove(Entry(path, "folder"))
    assert store.stat(P).is_folder


def test_with_fsspec_a_project_that_stays_keeps_its_files(store: SbStore):
    fs = SbFileSystem.over(store)
    fs.pipe_file(f"{P}/a.txt", b"1")
    with pytest.raises(ReadOnly, match="is not removed"):
        fs.rm(P, recursive=True)
    with pytest.raises(ReadOnly, match="is not removed"):
        fs.mv(P, f"{P}-new", recursive=True)
    assert paths(store.walk(P)) == [f"{P}/a.txt"]


def test_files_are_copied_over_there(store: SbStore, tmp_path: Path):
    put(store, tmp_path, {f"{P}/a": b"a", f"{P}/b": b"b", f"{P}/folder/c": b"c"}).raise_if_failed()
    entry = store.stat(f"{P}/a")
    assert store.copy(entry, f"{P}/new/a")
    assert store.copy(entry, f"{P}/b")
    assert store.copy(entry, f"{P}/a")
    assert not store.copy(store.stat(f"{P}/folder"), f"{P}/other")
    assert sorted(paths(store.walk(P))) == [f"{P}/a", f"{P}/b", f"{P}/folder/c", f"{P}/new/a"]
    assert [got(store, path, tmp_path) for path in (f"{P}/new/a", f"{P}/b")] == [b"a", b"a"]
    with pytest.raises(IsFolder):
        store.copy(entry, f"{P}/folder")
    with pytest.raises(PathNotFound):
        store.copy(Entry(f"{P}/none", "file"), f"{P}/c")


@pytest.mark.parametrize(("method", "left"), [("DELETE", [b"b"]), ("PATCH", [b"a"])])
def test_of_a_copy_that_cannot_replace_one_of_both_is_there(
    store: SbStore, sandbox: Sandbox, tmp_path: Path, method: str, left: list[bytes]
):
    put(store, tmp_path, {f"{P}/from/a": b"a", f"{P}/to/b": b"b"}).raise_if_failed()
    entry = store.stat(f"{P}/from/a")
    sandbox.add_faults(Rule("status", path="/sb/v2/files/*", method=method, nth=1, status=403, code="5001"))
    with pytest.raises(Forbidden):
        store.copy(entry, f"{P}/to/b")
    assert [got(store, path, tmp_path) for path in paths(store.entries(f"{P}/to"))] == left


@settings(max_examples=3 * settings().max_examples // 8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="/"), min_size=1, max_size=20))
def test_names_are_as_they_are_written(store: SbStore, name: str):
    if name in (".", ".."):
        with pytest.raises(WrongUri):
            store.make_folder(f"{P}/{name}")
        return
    store.make_folder(f"{P}/{name}")
    folder = store.stat(parse_uri(f"sb://{P}/{name}").path)
    assert folder.is_folder
    assert f"{P}/{name}" in paths(store.entries(P))


def test_it_is_opened_by_scheme_with_what_omics_sb_takes(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("SB_API_ENDPOINT")
    monkeypatch.delenv("SB_AUTH_TOKEN")
    with open_store("sb", url=sandbox.sb_url, token=sandbox.sb_token) as store:
        assert list(store.entries("")) == []
    with open_store("sb") as store, pytest.raises(ConfigError, match="No credentials found"):
        store.stat("a")
    home = Path.home() / ".sevenbridges"
    home.mkdir()
    (home / "credentials").write_text(f"[lab]\napi_endpoint={sandbox.sb_url}\nauth_token={sandbox.sb_token}\n")
    with open_store("sb", profile="lab") as store:
        assert list(store.entries("")) == []
    monkeypatch.setenv("OMICS_SB_URL", sandbox.sb_url)
    monkeypatch.setenv("OMICS_SB_TOKEN", sandbox.sb_token)
    with open_store("sb") as store:
        assert list(store.entries("")) == []
