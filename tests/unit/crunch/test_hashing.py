"""Checksums of the files of a folder."""

import hashlib
from pathlib import Path

from omicsdk.crunch.hashing import files_below, hash_files


def test_files_are_hashed_in_whatever_size(tmp_path: Path) -> None:
    sizes = (0, 1, 1024 * 1024 - 1, 1024 * 1024, 1024 * 1024 + 1, 3 * 1024 * 1024 + 5)
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for size in sizes:
        (tmp_path / "deep" / "er" / f"{size}").write_bytes(bytes([size % 251]) * size)

    hashed = hash_files(dict(files_below(tmp_path)))

    expected = {
        path.relative_to(tmp_path).as_posix(): hashlib.md5(path.read_bytes()).hexdigest()
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    assert {name: entry.md5 for name, entry in hashed.items()} == expected
    assert list(hashed) == sorted(expected)
