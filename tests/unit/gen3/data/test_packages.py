"""Packages are unpacked whole or not at all, inside their folder, and never over what is there."""

import errno
import os
import stat
import struct
import zipfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from disk_space import stating
from omicsdk.core import DiskFull, NameClash, NotWritable, UnsafePath
from omicsdk.core.archives import UnpacksTooLarge
from omicsdk.gen3.packages import BadPackage, is_package, unpack, unpack_download


@pytest.fixture
def package(tmp_path: Path) -> Callable[..., Path]:
    def make(entries: dict[str, bytes], name: str = "package.zip") -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
            for entry, content in entries.items():
                out.writestr(entry, content)
        return path

    return make


def listing(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_all_files_come_beside_the_archive(package: Any, tmp_path: Path) -> None:
    path = package({"a.txt": b"a", "deep/b.txt": b"b" * 3_000_000, "deep/": b""})
    assert is_package(path)
    assert unpack(path) == [tmp_path / "a.txt", tmp_path / "deep/b.txt"]
    assert (tmp_path / "deep/b.txt").read_bytes() == b"b" * 3_000_000
    assert listing(tmp_path) == ["a.txt", "deep/b.txt", "package.zip"]


def test_another_folder_can_be_named(package: Any, tmp_path: Path) -> None:
    unpack(package({"a": b"a"}), tmp_path / "there")
    assert listing(tmp_path) == ["package.zip", "there/a"]


# Elsewhere than on Windows, C: is a folder of that name.
@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil", *(["C:/evil"] if os.name == "nt" else [])])
def test_no_entry_leaves_the_folder(package: Any, tmp_path: Path, name: str) -> None:
    path = package({"good": b"g", name: b"e"})
    with pytest.raises(UnsafePath):
        unpack(path)
    assert listing(tmp_path) == ["package.zip"]


def test_a_package_that_unpacks_too_far_is_refused_unless_the_bound_is_raised(package: Any, tmp_path: Path) -> None:
    path = package({"a.txt": b"a" * 5000, "b.txt": b"b" * 5000})
    with pytest.raises(UnpacksTooLarge, match=r"package\.zip unpacks to more than 9,216 bytes.*--max-unpacked"):
        unpack(path, max_unpacked="9K")
    assert listing(tmp_path) == ["package.zip"]
    assert len(unpack(path, max_unpacked=10_000)) == 2


def test_names_that_differ_in_case_only_are_refused_as_they_are_one_file_elsewhere(
    package: Any, tmp_path: Path
) -> None:
    with pytest.raises(NameClash):
        unpack(package({"a": b"1", "A": b"2"}))
    assert listing(tmp_path) == ["package.zip"]


def test_files_with_modes_and_in_folders_of_folders_are_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "package.zip", "w") as out:
        for name in ("deep/er/a", "deep/er/b"):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFREG | 0o644) << 16  # as zip writes them
            out.writestr(entry, name)
    unpack(tmp_path / "package.zip", tmp_path / "some" / "where")
    assert listing(tmp_path / "some") == ["where/deep/er/a", "where/deep/er/b"]


@pytest.mark.parametrize(
    ("name", "content", "delete", "expected"),
    [
        ("package.ZIP", {"a": b"a"}, False, ["a", "package.ZIP"]),
        ("package.zip", {"a": b"a"}, True, ["a"]),
        ("package.xlsx", {"a": b"a"}, True, ["package.xlsx"]),  # a zip archive that is no package
        ("package.zip", None, True, ["package.zip"]),
    ],
)
def test_a_download_is_unpacked_if_it_is_named_zip_and_is_one(
    package: Any, tmp_path: Path, name: str, content: dict[str, bytes] | None, delete: bool, expected: list[str]
) -> None:
    path = package(content or {}, name)
    if content is None:
        path.write_bytes(b"no archive")
    unpacked = unpack_download(path, delete=delete)
    assert unpacked == ([tmp_path / "a"] if "a" in expected else None)
    assert listing(tmp_path) == expected


@pytest.mark.parametrize(
    ("most", "expected"), [(2, nullcontext()), (1, pytest.raises(BadPackage, match="has 2 entries"))]
)
def test_an_archive_of_more_entries_than_packages_have_is_refused(
    package: Any, monkeypatch: pytest.MonkeyPatch, most: int, expected: Any
) -> None:
    monkeypatch.setattr("omicsdk.gen3.packages.MOST_ENTRIES", most)
    with expected:
        unpack(package({"a": b"a", "b": b"b"}))


def test_links_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w") as out:
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        out.writestr(link, "/etc/passwd")
    with pytest.raises(UnsafePath, match="link"):
        unpack(path)
    assert listing(tmp_path) == ["package.zip"]


def test_a_link_that_waits_in_the_folder_is_not_followed(package: Any, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "deep").symlink_to(outside)
    with pytest.raises(NameClash):
        unpack(package({"deep/a": b"a"}), inside)
    assert list(outside.iterdir()) == []


def test_what_exists_is_not_replaced(package: Any, tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"mine")
    with pytest.raises(NameClash, match="already exists"):
        unpack(package({"a": b"a", "b": b"theirs"}))
    assert (tmp_path / "b").read_bytes() == b"mine"
    assert listing(tmp_path) == ["b", "package.zip"]


def test_what_was_unpacked_before_is_kept(package: Any, tmp_path: Path) -> None:
    path = package({"a.txt": b"a", "b.txt": b"b"})
    unpack(path)
    (tmp_path / "b.txt").unlink()
    assert unpack(path) == [tmp_path / "b.txt"]
    assert unpack(path) == []
    (tmp_path / "a.txt").write_bytes(b"x")
    with pytest.raises(NameClash, match=r"a\.txt"):
        unpack(path)


@pytest.mark.parametrize(
    ("offset", "size", "message"), [(24, 10, "CRC"), (24, 5_000_001, "shorter than it states"), (8, 1, "encrypted")]
)
def test_an_archive_that_misstates_an_entry_or_encrypts_it_is_refused(
    package: Any, tmp_path: Path, offset: int, size: int, message: str
) -> None:
    path = package({"bomb": b"\0" * 5_000_000})
    raw = bytearray(path.read_bytes())
    at = raw.rindex(b"PK\x01\x02") + offset  # its central directory
    raw[at : at + 4] = struct.pack("<I", size) if offset == 24 else struct.pack("<HH", size, 8)
    path.write_bytes(raw)
    with pytest.raises(BadPackage, match=message):
        unpack(path)
    assert listing(tmp_path) == ["package.zip"]


# quantcast/qfs issue 255: FUSE mounts may state 0 of 0 bytes, which is not a full disk.
@pytest.mark.parametrize(
    ("space", "expected"),
    [
        ((999, 10**9), pytest.raises(DiskFull, match="1000 bytes")),
        ((1000, 10**9), nullcontext()),
        ((0, 0), nullcontext()),
    ],
)
def test_an_archive_that_states_more_than_there_is_room_for_is_not_begun(
    package: Any, monkeypatch: pytest.MonkeyPatch, space: tuple[int, int], expected: Any
) -> None:
    path = package({"a": b"a" * 1000})
    monkeypatch.setattr(os, "statvfs", stating(lambda: space))
    with expected:
        unpack(path)


@pytest.mark.parametrize("damage", [slice(40, 60), slice(-30, -10)])
def test_a_damaged_archive_leaves_nothing(package: Any, tmp_path: Path, damage: slice) -> None:
    path = package({"a": bytes(range(256)) * 40})
    raw = bytearray(path.read_bytes())
    raw[damage] = b"\xff" * len(raw[damage])
    path.write_bytes(raw)
    with pytest.raises((BadPackage, UnsafePath)):
        unpack(path)
    assert listing(tmp_path) == ["package.zip"]


def test_an_invalid_archive_is_none(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(b"not a zip")
    assert not is_package(path)
    with pytest.raises(BadPackage):
        unpack(path)


@pytest.mark.parametrize(("number", "kind"), [(errno.ENOSPC, DiskFull), (errno.EIO, NotWritable)])
def test_a_disk_that_refuses_in_the_midst_leaves_nothing(
    package: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[Exception]
) -> None:
    path = package({"a": b"a", "b": b"b", "c": b"c"})
    rename, calls = Path.rename, list[Path]()

    def refusing(self: Path, target: Path) -> Path:
        calls.append(self)
        if len(calls) == 3:
            raise OSError(number, "refused", str(target))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refusing)
    with pytest.raises(kind):
        unpack(path)
    assert listing(tmp_path) == ["package.zip"]


def test_an_archive_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotWritable, match="none"):
        unpack(tmp_path / "none.zip")


def test_a_name_with_a_nul_is_refused_and_not_cut_there(package: Any, tmp_path: Path) -> None:
    path = package({"good": b"g", "a.txt_b": b"e"})
    path.write_bytes(path.read_bytes().replace(b"a.txt_b", b"a.txt\0b"))
    with pytest.raises(UnsafePath, match="contains a NUL"):
        unpack(path)
    assert listing(tmp_path) == ["package.zip"]
