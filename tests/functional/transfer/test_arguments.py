"""Arguments that make no sense: each is reported by its name, before anything is fetched or sent."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omicsdk.transfer import Control, Item, Patience, PutTo, Upload, download, upload
from wrong_arguments import HERE, wrong


@pytest.mark.parametrize("entry", ["http://x/y?signature=canary", ("x", HERE), {"name": "x"}])
@pytest.mark.parametrize("kind", [list, iter])
def test_items_are_items(tmp_path: Path, entry: object, kind: Callable[[list[Any]], Any]) -> None:
    said = wrong(download, kind([entry]), tmp_path)
    assert said.startswith(f"item 1 is a {type(entry).__name__}, not an Item")
    assert "canary" not in said


def test_uploads_are_uploads() -> None:
    assert wrong(upload, ["a.bin"]).startswith("upload 1 is a str, not an Upload")
    assert wrong(upload, iter(["a.bin"])).startswith("upload 1 is a str, not an Upload")
    assert wrong(upload, Upload("a.bin", PutTo(HERE))).startswith("uploads must be a list or iterator of Uploads")
    assert wrong(upload, None).startswith("uploads must be a list or iterator of Uploads")


@pytest.mark.parametrize("given", ["http://127.0.0.1:1/x?signature=canary", None, 7.5])
def test_a_locate_that_gives_no_location_fails_its_file_alone(server: Any, target: Path, given: Any) -> None:
    right = server.item("right", b"bytes")
    report = download([Item("wrong", lambda: given), right], target)
    assert report.counts["done"] == 1
    (failed,) = report.failed
    said = str(failed.error)
    kind = "None" if given is None else f"a {type(given).__name__}"
    assert said.startswith(f"wrong: its locate returned {kind}, not a Location")
    assert "canary" not in said


def test_a_put_that_gives_no_location_fails_its_file_alone(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    give: Any = lambda source: HERE.url  # noqa: E731
    (failed,) = upload([Upload(tmp_path / "a", PutTo(give))]).failed
    assert "returned a str, not a Location" in str(failed.error)
    assert "canary" not in str(failed.error)


def test_right_arguments_are_taken(tmp_path: Path) -> None:
    report = download([], tmp_path, connections=1, locators=1, patience=Patience(), control=Control(), mode=0o600)
    assert report.ok
