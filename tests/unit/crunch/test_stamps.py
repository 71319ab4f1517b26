"""A file that changed is never taken for one that did not, whatever its size and times say."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from omicsdk.core import SourceChanged
from omicsdk.crunch import hashing
from omicsdk.crunch.hashing import Hashed, clock_of, hash_file, hash_files, trusted, unchanged

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows keeps no time of change that programs cannot set")


def settled(path: Path) -> dict[str, Hashed]:
    """A file's checksum with a stamp that is trusted: the file system's clock has gone on since."""
    hashed = {"f": hash_file(path)}
    while not (entries := trusted(hashed, clock_of(path.parent))):
        pass
    return dict(entries)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that are read."""
    paths: list[Path] = []
    usual = hashing.hash_file

    def hash_file(path: Path) -> Hashed:
        paths.append(path)
        return usual(path)

    monkeypatch.setattr(hashing, "hash_file", hash_file)
    return paths


def test_an_untouched_file_is_not_read_again(tmp_path: Path, read: list[Path]) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"one")
    before = settled(path)
    read.clear()

    assert hash_files({"f": path}, before) == before
    assert read == []


def _rewritten(path: Path) -> None:
    path.write_bytes(b"two")


def _replaced(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(b"two")
    other.replace(path)


def _one_byte(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"t")


@pytest.mark.parametrize("change", [_rewritten, _replaced, _one_byte])
def test_a_change_that_puts_size_and_time_back_is_seen(
    tmp_path: Path, change: Callable[[Path], None], read: list[Path]
) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"one")
    trusted_hashes = settled(path)
    before = path.stat()

    change(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert hash_files({"f": path}, trusted_hashes)["f"].md5 != trusted_hashes["f"].md5


def test_a_stamp_of_the_clocks_present_step_is_not_trusted(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"one")
    hashed = {"f": hash_file(path)}
    changed = hashed["f"].stamp.ctime_ns

    assert trusted(hashed, changed) == {}
    assert trusted(hashed, changed + 1) == hashed


def test_without_a_time_that_only_the_system_sets_nothing_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"one")

    assert trusted({"f": hash_file(path)}, None) == {}

    usual = Path.stat

    def as_a_file_system_without_one(self: Path) -> os.stat_result:
        fields = list(usual(self))
        return os.stat_result(fields, {"st_ctime_ns": 0, "st_mtime_ns": 0})

    monkeypatch.setattr(Path, "stat", as_a_file_system_without_one)
    assert clock_of(tmp_path) is None


def test_the_clock_leaves_nothing_in_the_folder(tmp_path: Path) -> None:
    assert clock_of(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_grows_while_it_is_hashed_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"one")
    usual = os.fstat

    def fstat(number: int) -> os.stat_result:
        with path.open("ab") as file:
            file.write(b"more")
        return usual(number)

    monkeypatch.setattr(os, "fstat", fstat)

    with pytest.raises(SourceChanged, match="changes while it is read"):
        hash_file(path)


def test_a_file_that_is_gone_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"one")
    before = hash_file(path)
    unchanged(path, before)

    path.unlink()

    with pytest.raises(SourceChanged, match="changed while it was uploaded"):
        unchanged(path, before)


def test_new_permissions_and_links_are_no_change_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"one")
    before = hash_file(path)
    path.chmod(0o600)
    path.with_name("link").hardlink_to(path)

    unchanged(path, before)

    path.write_bytes(b"two")
    os.utime(path, ns=(0, before.stamp.mtime_ns))
    with pytest.raises(SourceChanged):
        unchanged(path, before)
