"""`omicsdk.open`, `download` and `upload`: files of any platform by their URIs."""

from __future__ import annotations

import io
import os
from pathlib import Path

import omicsdk
import psutil
import pytest
from omicsdk.core import UnsafePath
from omicsdk.fs import IsFolder, PathNotFound, WrongUri
from served_store import ServedFileSystem, ServedStore


@pytest.fixture
def store(served: ServedFileSystem) -> ServedStore:
    held = served.store
    assert isinstance(held, ServedStore)
    held.hold("p/a.txt", b"alpha\nbeta\n")
    held.hold("p/b/c.bin", bytes(range(256)) * 20_000)
    held.hold("p/empty", b"")
    return held


def port(store: ServedStore) -> int:
    return store.server.port


def test_a_file_is_read_whole_by_lines_and_by_places(store: ServedStore) -> None:
    with omicsdk.open("served://p/a.txt", port=port(store)) as file:
        assert file.readline() == b"alpha\n"
        assert file.tell() == 6
        assert file.read() == b"beta\n"
        assert file.read() == b""
        assert file.seek(-5, os.SEEK_END) == 6
        assert file.read(4) == b"beta"
        assert file.seek(1) == 1
        assert file.seek(2, os.SEEK_CUR) == 3
        assert file.read(2) == b"ha"
    assert file.closed
    whole = bytes(range(256)) * 20_000
    with omicsdk.open("served://p/b/c.bin", port=port(store)) as file:
        assert file.read() == whole
    with omicsdk.open("served://p/empty", port=port(store)) as file:
        assert file.read() == b""


def test_text_is_read_by_what_python_has_for_it(store: ServedStore) -> None:
    with io.TextIOWrapper(omicsdk.open("served://p/a.txt", port=port(store)), encoding="utf-8") as lines:
        assert list(lines) == ["alpha\n", "beta\n"]


def test_local_files_are_opened_as_well(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"here")
    with omicsdk.open(str(tmp_path / "a")) as file:
        assert file.read() == b"here"
    assert file.closed
    assert str(tmp_path / "a") not in {each.path for each in psutil.Process().open_files()}


@pytest.mark.parametrize(
    ("uri", "error"), [("served://p", IsFolder), ("served://p/none", PathNotFound), ("", WrongUri)]
)
def test_an_invalid_file_cannot_be_opened(store: ServedStore, uri: str, error: type[Exception]) -> None:
    options = {"port": port(store)} if uri else {}
    with pytest.raises(error):
        omicsdk.open(uri, **options)


def test_a_folder_is_downloaded_and_the_same_call_skips_what_exists(store: ServedStore, tmp_path: Path) -> None:
    report = omicsdk.download("served://p", tmp_path / "into", port=port(store))
    report.raise_if_failed()
    assert report.counts["done"] == 3
    assert (tmp_path / "into" / "a.txt").read_bytes() == b"alpha\nbeta\n"
    assert (tmp_path / "into" / "b" / "c.bin").stat().st_size == 5_120_000
    assert omicsdk.download("served://p", tmp_path / "into", port=port(store), overwrite=False).counts["skipped"] == 3


def test_a_file_is_downloaded_under_its_name(store: ServedStore, tmp_path: Path) -> None:
    omicsdk.download("served://p/a.txt", tmp_path / "into", port=port(store)).raise_if_failed()
    assert [path.name for path in (tmp_path / "into").iterdir()] == ["a.txt"]


def test_a_dry_run_writes_nothing(store: ServedStore, tmp_path: Path) -> None:
    report = omicsdk.download("served://p", tmp_path / "into", port=port(store), dry_run=True)
    assert {outcome.state for outcome in report.outcomes} == {"planned"}
    assert not (tmp_path / "into").exists()


def test_a_folder_and_a_file_are_uploaded(store: ServedStore, tmp_path: Path) -> None:
    (tmp_path / "from" / "sub").mkdir(parents=True)
    (tmp_path / "from" / "sub" / "x").write_bytes(b"x")
    omicsdk.upload(tmp_path / "from", "served://q/", port=port(store)).raise_if_failed()
    assert store.held("q/sub/x") == b"x"
    omicsdk.upload(tmp_path / "from" / "sub" / "x", "served://q/named", port=port(store)).raise_if_failed()
    assert store.held("q/named") == b"x"


def test_names_that_leave_the_folder_are_refused(store: ServedStore, tmp_path: Path) -> None:
    store.hold("p/../../out", b"bad")
    with pytest.raises((UnsafePath, WrongUri)):
        omicsdk.download("served://p", tmp_path / "into", port=port(store)).raise_if_failed()
    assert not list(tmp_path.rglob("out"))


def test_the_three_are_no_part_of_a_star_import() -> None:
    assert not {"open", "download", "upload"} & set(omicsdk.__all__)
