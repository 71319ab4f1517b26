"""Removing files and folders of this machine: what goes, what stays, and what is stated about it."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from omicsdk.core.manual_clock import ManualClock
from omicsdk.fs import IsFolder, PathError, PathNotFound, ReadOnly, parse_uri
from omicsdk.fs.copying.copies import copy_files
from omicsdk.fs.copying.planning import plan_copy, source_to_copy
from omicsdk.fs.copying.removal import plan_removal, remove, remove_folders
from omicsdk.fs.uris import Stores
from omicsdk.transfer.filters import Filters


@pytest.fixture
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stores]:
    """The stores, in a folder with the trees a and b, and a link in a to b."""
    monkeypatch.chdir(tmp_path)
    for folder in ("a", "b"):
        Path(folder, "sub").mkdir(parents=True)
        Path(folder, "sub/x").touch()
    Path("a/link").symlink_to("../b")
    with Stores() as stores:
        yield stores


def test_a_tree_is_removed_with_its_links_but_not_what_they_point_to(stores: Stores) -> None:
    removal = plan_removal(stores, [*map(parse_uri, ("none", "a"))], recursive=True, force=True)
    report = remove(stores, removal, clock=ManualClock())
    assert sorted((outcome.name, outcome.state) for outcome in report.outcomes) == [
        ("a/link", "done"),
        ("a/sub/x", "done"),
    ]
    assert (report.title, report.seconds) == ("Removal", 0)
    assert sorted(map(str, Path().rglob("*"))) == ["b", "b/sub", "b/sub/x"]


def test_what_is_named_twice_is_removed_once(stores: Stores) -> None:
    named = [*map(parse_uri, ("a/sub", "a/link", "a", "a/sub/x", "a/", "a/sub/x"))]
    removal = plan_removal(stores, named, recursive=True)
    assert [str(file.uri) for file in removal.files] == ["a/sub/x", "a/link"]
    assert [str(folder.uri) for folder in removal.folders] == ["a/sub/", "a/"]
    assert remove(stores, removal).ok
    assert not Path("a").exists()


def test_what_is_named_in_two_spellings_is_removed_once(stores: Stores) -> None:
    spellings = (
        "a/sub/x",
        "./a/sub/x",
        "b/../a/sub/x",
        str(Path("a/sub/x").absolute()),
        "a/link/sub/x",
        "b/sub/x",
        "a/sub",
        "./a",
    )
    removal = plan_removal(stores, [*map(parse_uri, spellings)], recursive=True)
    assert [str(file.uri) for file in removal.files] == ["a/sub/x", "a/link/sub/x", "./a/link"]
    assert remove(stores, removal).ok
    assert sorted(map(str, Path().rglob("*"))) == ["b", "b/sub"]


def test_absolute_paths_are_used_where_the_current_folder_was_removed(stores: Stores, tmp_path: Path) -> None:
    """pip issue 4255, conductr-cli issue 502."""
    (tmp_path / "gone").mkdir()
    os.chdir("gone")
    (tmp_path / "gone").rmdir()
    copied = plan_copy(
        [source_to_copy(stores.of("file:///"), parse_uri(f"{tmp_path}/b/sub/x"))], parse_uri(f"{tmp_path}/y"), ""
    )
    assert copy_files(copied, stores).ok
    assert remove(stores, plan_removal(stores, [parse_uri(f"{tmp_path}/y")])).ok
    with pytest.raises(ReadOnly, match="the current folder, or above it"):
        plan_removal(stores, [parse_uri("/")], recursive=True)


def test_a_folder_is_only_removed_recursively_and_a_link_to_one_in_any_case(stores: Stores) -> None:
    with pytest.raises(IsFolder, match=r"^a is a folder\. Use --recursive"):
        plan_removal(stores, [parse_uri("a")])
    with pytest.raises(PathNotFound):
        plan_removal(stores, [parse_uri("none")])
    with pytest.raises(PathError, match="a/link is a link to a folder"):
        plan_removal(stores, [parse_uri("a/link")], recursive=True, patterns=Filters(include=["*.tmp"]))
    assert plan_removal(stores, [parse_uri("b")], recursive=True, patterns=Filters(include=["x"])).folders == []
    remove(stores, plan_removal(stores, [parse_uri("a/link")]))
    assert (Path("a/link").is_symlink(), Path("b/sub/x").exists()) == (False, True)


def test_folders_stay_where_a_file_cannot_be_removed(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    unlink = Path.unlink

    def refuse(path: Path) -> None:
        if path.name == "link":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        unlink(path)

    removal = plan_removal(stores, [parse_uri("a")], recursive=True)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refuse)
        outcomes = {outcome.name: outcome for outcome in remove(stores, removal).outcomes}
    assert {name: outcome.state for name, outcome in outcomes.items()} == {"a/link": "failed", "a/sub/x": "done"}
    assert "a/link is not removed: Permission denied" in str(outcomes["a/link"].error)
    assert Path("a/sub").is_dir()


def test_a_folder_that_cannot_be_removed_does_not_stop_the_others(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("absent", "filled", "denied", "empty")
    for name in names:
        Path("t", name).mkdir(parents=True)
    folders = plan_removal(stores, [parse_uri(f"t/{name}") for name in names], recursive=True).folders
    Path("t/filled/late").touch()
    rmdir = Path.rmdir

    def refuse(path: Path) -> None:
        if path.name == "absent":
            raise PathNotFound(str(path), "does not exist")  # as of a store without real folders
        if path.name == "denied":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        rmdir(path)

    monkeypatch.setattr(Path, "rmdir", refuse)
    filled, denied = (str(outcome.error) for outcome in remove_folders(stores, folders))
    assert "t/filled/ is not empty" in filled
    assert denied == "t/denied/ is not removed: Permission denied"
    assert not Path("t/empty").exists()
    assert [outcome.name for outcome in remove_folders(stores, folders[:3], only_empty=True)] == ["t/denied/"]
