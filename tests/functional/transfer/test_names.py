"""No name leads out of the folder, and nothing is fetched when one would."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import NameClash, UnsafePath
from omicsdk.transfer import Item, Location, download
from omicsdk.transfer.names import folds_case


@pytest.mark.parametrize("link", ["a", ".", "../target/a"])
@pytest.mark.parametrize("source", [list, iter])
def test_two_files_never_land_on_one_path_through_a_link(
    server: Any, target: Path, link: str, source: Callable[[list[Item]], Iterable[Item]]
) -> None:
    (target / "a").mkdir(parents=True)
    (target / "b").symlink_to(link)
    other = "x" if link == "." else "a/x"
    items = [server.item(other, b"one", "sha256"), server.item("b/x", b"another", "sha256")]
    if source is list:
        with pytest.raises(NameClash, match="b/x"):
            download(items, target)
        assert not (target / other).exists()
        return
    first, second = download(source(items), target).outcomes
    assert (first.state, second.state) == ("done", "failed")
    assert isinstance(second.error, NameClash)
    assert (target / other).read_bytes() == b"one"


def test_files_below_a_link_within_the_folder_arrive(server: Any, target: Path) -> None:
    (target / "a").mkdir(parents=True)
    (target / "b").symlink_to("a")
    items = [server.item(name, name.encode(), "sha256") for name in ("a/x", "b/y", "b/deep/er/x", "a/deep/y", "x")]
    download(items, target).raise_if_failed()
    assert all((target / item.name).read_bytes() == item.name.encode() for item in items)


@pytest.mark.parametrize("name", ["../x", "/x", "a", "link/x"])
def test_nothing_is_fetched_when_a_name_is_unsafe(server: Any, target: Path, tmp_path: Path, name: str) -> None:
    target.mkdir()
    (target / "link").symlink_to(tmp_path)
    items = [server.item("a", b"1"), Item(name, Location(server.url("a")))]
    with pytest.raises(UnsafePath, match="Nothing was written" if name == "link/x" else "Nothing was downloaded"):
        download(items, target)
    assert server.requests == []
    assert not (target / "a").exists()


def test_a_link_in_a_files_place_is_replaced_not_followed(server: Any, target: Path, tmp_path: Path) -> None:
    target.mkdir()
    (tmp_path / "outside").write_bytes(b"mine")
    (target / "a").symlink_to(tmp_path / "outside")
    download([server.item("a", b"theirs", "md5")], target).raise_if_failed()
    assert not (target / "a").is_symlink()
    assert (target / "a").read_bytes() == b"theirs"
    assert (tmp_path / "outside").read_bytes() == b"mine"


def test_long_names_have_room_for_their_part(server: Any, target: Path, noise: Any) -> None:
    names = ["ä" * 127, "x" * 255]
    items = [server.item(name, noise(200_000), "md5") for name in names]
    for item, path in zip(items, ("long1", "long2"), strict=True):
        server.put(path, noise(200_000))
        object.__setattr__(item, "locate", Location(server.url(path)))
    download(items, target).raise_if_failed()
    assert all((target / name).is_file() for name in names)


@pytest.mark.parametrize("folds", [False, True])
def test_names_that_differ_in_case_depend_on_the_file_system(
    server: Any, target: Path, monkeypatch: Any, folds: bool
) -> None:
    monkeypatch.setattr("omicsdk.transfer.items.folds_case", lambda _: folds)
    items = [server.item("Readme", b"1", "md5"), server.item("README", b"2", "md5")]
    if folds:
        with pytest.raises(NameClash):
            download(items, target)
        assert list(target.iterdir()) == []
    elif folds_case(str(target.parent)):
        pytest.skip("this file system folds case")
    else:
        assert download(items, target).ok


def test_an_unsafe_name_makes_nothing(server: Any, target: Path) -> None:
    with pytest.raises(UnsafePath):
        download([server.item("a", b"1"), Item("../x", Location(server.url("a")))], target)
    assert not target.exists()
