"""Files of this machine in a store that is confined to a folder: nothing is reached through links out of it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from omicsdk.fs import CopyOptions, Entry, PathError, Put, Store, open_store


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
    assert [Path(each.path).name for each in open_store("file", within=str(inside)).entries(str(inside))] == ["own"]
    assert caplog.text.count("is left out: it is a link out of the folder") == 2
    assert len(list(open_store("file").entries(str(inside)))) == 3
