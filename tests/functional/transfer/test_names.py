"""Names and arguments: none leads out of the folder, and what makes no sense is reported before anything is fetched."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import NameClash, UnsafePath
from omicsdk.transfer import Control, Item, Location, Patience, PutTo, Upload, download, upload
from omicsdk.transfer.names import folds_case
from wrong_arguments import HERE, wrong


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
    if name == "link/x":
        target.mkdir()
        (target / "link").symlink_to(tmp_path)
    items = [server.item("a", b"1"), Item(name, Location(server.url("a")))]
    with pytest.raises(UnsafePath, match="Nothing was written" if name == "link/x" else "Nothing was downloaded"):
        download(items, target)
    assert server.requests == []
    assert not (target / "a").exists()
    assert target.exists() == (name == "link/x"), "not even the folder is made"


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


@pytest.mark.parametrize("entry", ["http://x/y?signature=canary", ("x", HERE), {"name": "x"}])
@pytest.mark.parametrize("kind", [list, iter])
def test_items_are_items(tmp_path: Path, entry: object, kind: Callable[[list[Any]], Any]) -> None:
    message = wrong(download, kind([entry]), tmp_path)
    assert message.startswith(f"item 1 is a {type(entry).__name__}, not an Item")
    assert "canary" not in message


def test_uploads_are_uploads() -> None:
    assert wrong(upload, ["a.bin"]).startswith("upload 1 is a str, not an Upload")
    assert wrong(upload, iter(["a.bin"])).startswith("upload 1 is a str, not an Upload")
    assert wrong(upload, Upload("a.bin", PutTo(HERE))).startswith("uploads must be a list or iterator of Uploads")
    assert wrong(upload, None).startswith("uploads must be a list or iterator of Uploads")


@pytest.mark.parametrize("value", ["http://127.0.0.1:1/x?signature=canary", None, 7.5])
def test_a_locate_that_gives_no_location_fails_its_file_alone(server: Any, target: Path, value: Any) -> None:
    right = server.item("right", b"bytes")
    report = download([Item("wrong", lambda: value), right], target)
    assert report.counts["done"] == 1
    (failed,) = report.failed
    message = str(failed.error)
    kind = "None" if value is None else f"a {type(value).__name__}"
    assert message.startswith(f"wrong: its locate returned {kind}, not a Location")
    assert "canary" not in message


def test_a_put_that_gives_no_location_fails_its_file_alone(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    give: Any = lambda source: HERE.url  # noqa: E731
    (failed,) = upload([Upload(tmp_path / "a", PutTo(give))]).failed
    assert "returned a str, not a Location" in str(failed.error)
    assert "canary" not in str(failed.error)


def test_right_arguments_are_taken(tmp_path: Path) -> None:
    report = download([], tmp_path, connections=1, locators=1, patience=Patience(), control=Control(), mode=0o600)
    assert report.ok
