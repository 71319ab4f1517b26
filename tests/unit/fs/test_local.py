"""Files of this machine in a store that is confined to a folder: nothing is reached through links out of it."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from omicsdk.core.consistency import InconsistentListing
from omicsdk.fs import CopyOptions, Entry, PathError, PathNotFound, Put, Store, open_store, parse_uri
from omicsdk.fs.copying.jobs import move_files, planned_move
from omicsdk.fs.uris import Stores


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    """A folder with a file, and with links to a folder and a file beside it."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out/secret").write_text("s")
    inside = tmp_path / "in"
    inside.mkdir()
    (inside / "own").write_text("o")
    (inside / "folder").symlink_to(tmp_path / "out")
    (inside / "file").symlink_to(tmp_path / "out/secret")
    return inside


WAYS: dict[str, Callable[[Store, Path], object]] = {
    "stat": lambda store, path: store.stat(str(path / "file")),
    "stat below": lambda store, path: store.stat(str(path / "folder/secret")),
    "open": lambda store, path: store.open(Entry(str(path / "file"), "file")),
    "list": lambda store, path: list(store.entries(str(path / "folder"))),
    "walk": lambda store, path: list(store.below(str(path / "folder"))),
    "put": lambda store, path: store.put([Put(str(path / "own"), str(path / "folder/new"))], CopyOptions()),
    "make a folder": lambda store, path: store.make_folder(str(path / "folder/new")),
    "remove": lambda store, path: store.remove(Entry(str(path / "folder/secret"), "file")),
    "plan a removal": lambda store, path: store.check_removal(str(path / "folder/secret")),
    "move": lambda store, path: store.move(Entry(str(path / "own"), "file"), str(path / "folder/new")),
    "a folder above": lambda store, path: store.stat(str(path.parent)),
    "a folder whose name begins so": lambda store, path: store.make_folder(f"{path}-other"),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_what_is_out_of_the_folder_is_refused(way: Callable[[Store, Path], object], inside: Path):
    before = sorted(inside.parent.rglob("*"))
    with pytest.raises(PathError, match="is out of the folder that files may be in"):
        way(open_store("file", within=str(inside)), inside)
    assert sorted(inside.parent.rglob("*")) == before


def test_a_link_is_removed_itself(inside: Path):
    store = open_store("file", within=str(inside))
    store.check_removal(str(inside / "folder"))
    store.remove(Entry(str(inside / "folder"), "folder"))
    assert not (inside / "folder").exists()
    assert (inside.parent / "out/secret").exists()


def test_listings_leave_out_what_leads_out(inside: Path, caplog: pytest.LogCaptureFixture):
    assert [Path(entry.path).name for entry in open_store("file", within=str(inside)).entries(str(inside))] == ["own"]
    assert caplog.text.count("is left out: it is a link out of the folder") == 2
    assert len(list(open_store("file").entries(str(inside)))) == 3


@pytest.fixture
def odd(tmp_path: Path) -> str:
    """A tree with names of any bytes, links, a loop, a pipe, and data for resuming a download."""
    top = tmp_path / "odd"
    for name in ("-", "a\nb", "a b/\udce9\udca8", "a b/.omics-transfer/x", "\udcff/~", "a.b", "a"):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(os.fsencode(name))
    (top / "empty").mkdir()
    os.mkfifo(top / "pipe")
    links = {"\udcff/up": "..", "gone": "nowhere", "self": "self", "link": "a b", "to pipe": "pipe"}
    for name, target in links.items():
        (top / name).symlink_to(target)
    return str(top)


def test_all_files_below_a_folder_are_listed_in_order(odd: str, caplog: pytest.LogCaptureFixture):
    store = open_store("file")
    names = [entry.path[len(odd) + 1 :] for entry in store.below(odd)]
    assert names == ["-", "a", "a\nb", "a b/\udce9\udca8", "a.b", "gone", "link/\udce9\udca8", "self", "\udcff/~"]
    sizes = {entry.path: entry.size for entry in store.below(odd)}
    assert {path[len(odd) + 1 :] for path, size in sizes.items() if size is None} == {"gone", "self"}
    assert sizes[f"{odd}/a.b"] == 3
    assert [entry.path[len(odd) + 1 :] for entry in store.below(odd, lambda path: path.endswith("/to pipe"))] == names
    left_out = [record.args for record in caplog.records if "neither a file nor a folder" in record.msg]
    assert [path for path, *_ in left_out] == [*[f"{odd}/pipe", f"{odd}/to pipe"] * 2, f"{odd}/to pipe"]


def test_names_alone_are_listed_alike_and_completed(odd: str):
    store = open_store("file")
    entries = list(store.below(odd))
    names = list(store.names_below(odd))
    assert [entry.path for entry in names] == [entry.path for entry in entries]
    assert {entry.size for entry in names} == {None}
    assert list(map(store.completed, names)) == entries


def test_names_alone_look_up_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "folder").mkdir()
    for number in range(9):
        (tmp_path / "folder" / str(number)).touch()
    paths: list[str] = []
    stat = os.stat
    monkeypatch.setattr(os, "stat", lambda path, **how: paths.append(str(path)) or stat(path, **how))
    assert len(list(open_store("file").names_below(str(tmp_path)))) == 9
    assert paths == [str(tmp_path), str(tmp_path / "folder")]


def test_a_folder_that_cannot_be_listed_is_reported_after_all_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("a/x", "b/x", "c/x"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    scan = os.scandir

    def denied(path: str) -> object:
        if path.endswith("b"):
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", denied)
    walk = open_store("file").below(str(tmp_path))
    assert [next(walk).path for _ in range(2)] == [str(tmp_path / name) for name in ("a/x", "c/x")]
    with pytest.raises(InconsistentListing, match=r"/b cannot be listed: Permission denied"):
        next(walk)
    with pytest.raises(PathError, match="cannot be listed: Permission denied"):
        next(open_store("file").below(str(tmp_path / "b")))


def test_what_vanishes_while_a_folder_is_listed_is_left_out(tmp_path: Path):
    for name in ("a", "b/x", "c"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    walk = open_store("file").below(str(tmp_path))
    assert next(walk).name == "a"
    (tmp_path / "b" / "x").unlink()
    (tmp_path / "b").rmdir()
    (tmp_path / "c").unlink()
    assert list(walk) == []


def test_a_move_of_a_file_that_is_gone_is_an_error_of_its_source(tmp_path: Path):
    (tmp_path / "file").touch()
    store = open_store("file")
    entry = store.stat(str(tmp_path / "file"))
    (tmp_path / "file").unlink()
    with pytest.raises(PathNotFound, match="file no longer exists"):
        store.move(entry, str(tmp_path / "other"))


def test_a_move_below_a_file_is_an_error_of_its_target(tmp_path: Path):
    (tmp_path / "file").write_text("f")
    store = open_store("file")
    with pytest.raises(PathError, match="file/sub/x cannot be written"):
        store.move(store.stat(str(tmp_path / "file")), str(tmp_path / "file/sub/x"))


@pytest.mark.parametrize("source", ["link", "hard"])
def test_a_file_is_not_moved_onto_another_name_of_itself(tmp_path: Path, source: str):
    """A link would take the place of the file that it points to, and nothing would be left."""
    (tmp_path / "file").write_text("f")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "hard").hardlink_to(tmp_path / "file")
    store = open_store("file")
    with pytest.raises(PathError, match=r"file and the source are the same file\. Name another target\."):
        store.move(store.stat(str(tmp_path / source)), str(tmp_path / "file"))
    assert [(tmp_path / name).read_text() for name in ("file", "link", "hard")] == ["f"] * 3


def test_a_move_leaves_a_pipe_to_the_copy(tmp_path: Path):
    (tmp_path / "file").write_text("f")
    os.mkfifo(tmp_path / "pipe")
    store = open_store("file")
    assert not store.move(store.stat(str(tmp_path / "file")), str(tmp_path / "pipe"))
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.timeout(10)  # a copy would wait for a writer
def test_a_pipe_is_not_moved_to_another_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(Path, "replace", fail)
    os.mkfifo(tmp_path / "pipe")
    uri = parse_uri(str(tmp_path / "pipe"))
    with Stores() as stores:
        plan = planned_move(stores, [uri], parse_uri(str(tmp_path / "moved")))
        report, _ = move_files(plan, [uri], stores, CopyOptions())
    assert "pipe is a pipe, socket or device, which cannot be moved there" in str(report.outcomes[0].error)
    assert (tmp_path / "pipe").is_fifo()


def test_a_file_replaces_a_link_to_it(tmp_path: Path):
    (tmp_path / "file").write_text("f")
    (tmp_path / "link").symlink_to("file")
    store = open_store("file")
    store.move(store.stat(str(tmp_path / "file")), str(tmp_path / "link"))
    assert [(path.name, path.is_symlink(), path.read_text()) for path in tmp_path.iterdir()] == [("link", False, "f")]


def test_a_broken_link_is_named_as_one(tmp_path: Path):
    (tmp_path / "link").symlink_to("missing")
    for name, problem in {"link": "is a broken link", "missing": "not found"}.items():
        with pytest.raises(PathNotFound, match=f"{name} {problem}. Check the path."):
            open_store("file").stat(str(tmp_path / name))


def test_files_are_copied_and_moved_to_new_folders(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "link").symlink_to("a")
    puts = [Put(str(tmp_path / "a"), str(tmp_path / name)) for name in ("new/b", "new/c")]
    with open_store("file") as store:
        for _ in range(2):
            store.make_folder(str(tmp_path / "made/below"))
        assert store.is_link(Entry(str(tmp_path / "link"), "file"))
        report = store.put(puts[:1], CopyOptions(check=False))
        assert [(outcome.name, outcome.state) for outcome in report.outcomes] == [(puts[0].path, "done")]
        (tmp_path / "a").write_text("new")
        report = store.put(puts, CopyOptions(overwrite=False, check=False))
        assert [outcome.state for outcome in report.outcomes] == ["failed", "done"]
        store.move(store.stat(puts[0].path), str(tmp_path / "far/away/b"))
    assert [(tmp_path / name).read_text() for name in ("far/away/b", "new/c")] == ["a", "new"]
    assert not (tmp_path / "new/b").exists()
