"""The lines of a lock: what is written, what is read back, and what is refused with its line."""

import json
import os
import re
import tracemalloc
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core.checksums import ALGORITHMS
from omicsdk.core.errors import UnsafePath
from omicsdk.locks import Change, LockedFile, LockError
from omicsdk.locks.lockfile import (
    check_path,
    differences,
    line_of,
    opened,
    paired,
    read_files,
    sorted_files,
    write_files,
)

SINCE = "2026-01-31T12:00:00Z"
MD5, OTHER = "0" * 32, "f" * 32
A = LockedFile("data/a.bin", "web", 5, {"md5": MD5}, "url", "https://files.example.org/a.bin", (), SINCE)
HEADER = b'{"omics_lock": 1}\n'


def lock(*files: LockedFile) -> bytes:
    out = BytesIO()
    write_files(files, out)
    return out.getvalue()


def read(data: bytes, folder: Path) -> list[LockedFile]:
    (folder / "omics.lock").write_bytes(data)
    return [*read_files(folder / "omics.lock")]


def changed(**fields: object) -> bytes:
    """The line of A with other fields; those that are None are left out."""
    line = {**json.loads(line_of(A)), **fields}
    return json.dumps({name: value for name, value in line.items() if value is not None}).encode() + b"\n"


def test_a_line_is_written_as_the_manual_specifies_it():
    mirrored = A._replace(path="data/ä", checksums={"sha1": "1" * 40, "md5": MD5}, mirrors=("https://m.example.org/a",))
    assert lock(mirrored._replace(size=None)) == (
        b'{"omics_lock": 1}\n'
        b'{"path": "data/\\u00e4", "source": "web", "checksums": {"md5": "'
        + MD5.encode()
        + b'", "sha1": "'
        + b"1" * 40
        + b'"}, '
        b'"kind": "url", "address": "https://files.example.org/a.bin", "mirrors": ["https://m.example.org/a"], '
        b'"since": "2026-01-31T12:00:00Z"}\n'
    )


def is_path(text: str) -> bool:
    try:
        check_path(text)
    except UnsafePath:
        return False
    return True


PATHS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=30).filter(is_path)
ADDRESSES = {
    "url": "https://files.example.org/a?b=c",
    "gdc": "0000002a-0000",
    "s3": "s3://bucket/a",
    "gen3-guid": "drs://h/1",
}
FILES = st.builds(
    lambda path, size, checksums, kind, mirrors: LockedFile(
        path, "web", size, checksums, kind, ADDRESSES[kind], mirrors, SINCE
    ),
    PATHS,
    st.none() | st.integers(0, 1 << 60),
    st.sampled_from([{}, {"md5": MD5}, {"crc32c": "0" * 8, "md5": OTHER}]),
    st.sampled_from([*ADDRESSES]),
    st.lists(st.just("https://m.example.org/a"), max_size=2).map(tuple),
)


@given(st.lists(FILES, unique_by=lambda file: file.path))
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, files: list[LockedFile]):
    files.sort(key=lambda file: file.path)
    data = lock(*files)
    assert data.isascii()
    assert read(data, tmp_path_factory.mktemp("lock")) == files


def test_a_lock_that_changes_while_it_is_open_is_validated_again(tmp_path: Path):
    path = tmp_path / "omics.lock"
    path.write_bytes(lock(A, A._replace(path="data/b", size=None, mirrors=("https://m.example.org/a",))))
    with opened(path) as files:
        assert [*files()] == [*files()]
        with path.open("ab") as file:
            file.write(GOOD)
        with pytest.raises(LockError, match="not sorted"):
            [*files()]
        path.write_bytes(lock(A))
        assert [*files()] == [A]
        path.write_bytes(lock(A)[:-1] + b" ")
        os.utime(path, (0, 0))
        with pytest.raises(LockError, match="cut off"):
            [*files()]
        path.write_bytes(lock(A) + GOOD)
    with opened(path) as files:  # a fault is found each time
        for _ in range(2):
            with pytest.raises(LockError, match="listed twice"):
                [*files()]


def test_lines_that_an_editor_ended_with_crlf_are_read(tmp_path: Path):
    assert read(lock(A).replace(b"\n", b"\r\n"), tmp_path) == [A]


GOOD = line_of(A)
FAULTS = {
    "a conflict marker": (HEADER + b"<<<<<<< ours\n" + GOOD, 2, "conflict marker", "Keep one line"),
    "a marker between sides": (HEADER + GOOD + b"=======\n", 3, "conflict marker", "Keep one line"),
    "a marker at the end": (HEADER + GOOD + b">>>>>>> theirs\n", 3, "conflict marker", "Keep one line"),
    "a marker of the base": (b"||||||| base\n", 1, "conflict marker", "Keep one line"),
    "a later version": (b'{"omics_lock": 2}\n' + GOOD, 1, "later omics (format 2)", "Upgrade"),
    "no header": (GOOD, 1, "first line", "Restore"),
    "a version that is no number": (b'{"omics_lock": "1"}\n', 1, "first line", "Restore"),
    "another order": (HEADER + changed(path="data/b") + GOOD, 3, "not sorted", "Restore"),
    "a path twice": (HEADER + GOOD + GOOD, 3, "'data/a.bin' is listed twice", "Restore"),
    "a torn last line": (HEADER + GOOD[:-9], 2, "cut off", "Restore"),
    "a line without its end": (HEADER + GOOD[:-1], 2, "cut off", "Restore"),
    "no JSON": (HEADER + b"path: a\n", 2, "no JSON", "Restore"),
    "a list": (HEADER + b"[]\n", 2, "no JSON object", "Restore"),
    "an absolute path": (HEADER + changed(path="/etc/passwd"), 2, "is absolute", "Restore"),
    "a path above": (HEADER + changed(path="data/../../a"), 2, "contains '..'", "Restore"),
    "a drive letter": (HEADER + changed(path="c:data/a"), 2, "begins with a drive letter", "Restore"),
    "a NUL": (HEADER + changed(path="a\0b"), 2, "contains a NUL", "Restore"),
    "the lock itself": (HEADER + changed(path="Omics.lock"), 2, "of the lock", "Restore"),
    "a local file": (HEADER + changed(address="file:///etc/passwd"), 2, "none of the kind 'url'", "Restore"),
    "a path for a URL": (HEADER + changed(address="/etc/passwd"), 2, "none of the kind 'url'", "Restore"),
    "a bucket of another kind": (
        HEADER + changed(kind="s3", address="gs://b/a"),
        2,
        "none of the kind 's3'",
        "Restore",
    ),
    "a URL for an identifier": (
        HEADER + changed(kind="gdc", address="https://h/a"),
        2,
        "none of the kind 'gdc'",
        "Restore",
    ),
    "an empty path": (HEADER + changed(path=""), 2, "path is missing", "Restore"),
    "the folder of transfers": (HEADER + changed(path=".omics-transfer/a"), 2, "journals", "Restore"),
    "an unknown key": (HEADER + changed(szie=5), 2, "unknown key 'szie'", "Restore"),
    "a negative size": (HEADER + changed(size=-1), 2, "size", "Restore"),
    "a size in words": (HEADER + changed(size="5"), 2, "size", "Restore"),
    "no checksums": (HEADER + changed(checksums=None), 2, "checksums", "Restore"),
    "an unknown checksum": (HEADER + changed(checksums={"md4": MD5}), 2, "checksums: 'md4'", "Restore"),
    "a short checksum": (HEADER + changed(checksums={"md5": "00"}), 2, "checksums: 'md5'", "Restore"),
    "an unknown kind": (HEADER + changed(kind="gopher"), 2, "kind 'gopher'", "Restore"),
    "a kind that is a list": (HEADER + changed(kind=["url"]), 2, "kind ['url']", "Restore"),
    "a signed URL": (HEADER + changed(address="https://h/a?X-Amz-Signature=5"), 2, "credentials", "Remove"),
    "a password": (HEADER + changed(address="https://me:canary@h/a"), 2, "credentials", "Remove"),
    "a mirror's password": (HEADER + changed(mirrors=["https://me:canary@h/a"]), 2, "mirrors", "Restore"),
    "a folder of the lock's name": (HEADER + changed(path="omics.lock/a"), 2, "of the lock", "Restore"),
    "a mirror that is a local file": (HEADER + changed(mirrors=["file:///etc/passwd"]), 2, "mirrors", "Restore"),
    "mirrors that are no list": (HEADER + changed(mirrors="https://h/a"), 2, "mirrors", "Restore"),
    "a local time": (HEADER + changed(since="2026-01-31 12:00"), 2, "since", "Restore"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_an_error_with_its_line_and_a_remedy(tmp_path: Path, fault: str):
    data, line, why, remedy = FAULTS[fault]
    with pytest.raises(LockError) as raised:
        read(data, tmp_path)
    assert (raised.value.line, why in raised.value.message, remedy in raised.value.remedy) == (line, True, True), (
        raised.value
    )
    assert "canary" not in str(raised.value)


def test_an_empty_and_a_missing_lock_are_errors(tmp_path: Path):
    with pytest.raises(LockError, match="empty"):
        read(b"", tmp_path)
    with pytest.raises(LockError, match=r"no lock here\. Run `omics lock`"):
        [*read_files(tmp_path / "none")]


@given(st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)))
def test_two_sorted_streams_are_joined_by_path(one: set[int], other: set[int]):
    left, right = ([A._replace(path=str(number)) for number in sorted(some)] for some in (one, other))
    joined = [*paired(left, right)]
    assert [first.path for first, _ in joined if first] == [file.path for file in left]
    assert [second.path for _, second in joined if second] == [file.path for file in right]
    paths = [[file.path for file in pair if file is not None] for pair in joined]
    assert [some[0] for some in paths] == sorted(map(str, one | other))
    assert all(first is None or second is None or first.path == second.path for first, second in joined)


@given(st.lists(FILES), st.integers(1, 5))
def test_files_are_sorted_in_batches(tmp_path_factory: pytest.TempPathFactory, files: list[LockedFile], batch: int):
    work = tmp_path_factory.mktemp("batches")
    paths = [file.path for file in sorted_files(iter(files), work, batch)]
    assert paths == sorted(file.path for file in files)


def test_many_files_are_sorted_and_read_in_little_memory(tmp_path: Path):
    def files() -> Iterator[LockedFile]:
        return (A._replace(path=f"data/{number * 7919 % 5000:06}") for number in range(5000))

    with (tmp_path / "omics.lock").open("wb") as out:
        tracemalloc.start()
        try:
            write_files(sorted_files(files(), tmp_path, 250), out)
            out.flush()
            count = sum(1 for _ in read_files(tmp_path / "omics.lock"))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert count == 5000
    assert peak < 1 << 20  # all of them take 5 MB


@pytest.mark.parametrize(
    ("new", "is_same"),
    [
        (A, True),
        (A._replace(size=6), False),
        (A._replace(checksums={"md5": OTHER}), False),
        (A._replace(checksums={"md5": MD5, "sha1": "1" * 40}), True),  # stated by another algorithm, too
        (A._replace(checksums={"sha1": "1" * 40}), False),  # nothing shows that it is the same
        (A._replace(checksums={}), False),
        (A._replace(address="https://other.example.org/a.bin"), True),
    ],
)
def test_content_is_the_same_by_size_and_common_checksums(new: LockedFile, is_same: bool):
    assert new.has_content_of(A) is is_same


def test_content_without_checksums_is_compared_by_size():
    bare = A._replace(checksums={})
    assert bare.has_content_of(bare)
    assert A.has_content_of(bare)
    assert not bare._replace(size=6).has_content_of(bare)


def test_differences_state_old_and_new_values():
    new = A._replace(size=6, checksums={"md5": OTHER, "sha1": "1" * 40})
    assert differences(A, new) == f"size 5 -> 6; md5 {MD5} -> {OTHER}; sha1 not stated -> {'1' * 40}"
    assert str(Change(A, None)) == f"removed data/a.bin: 5 bytes, md5 {MD5}"
    assert Change(None, A).state == "added"


def test_the_lock_in_the_manual_is_one_as_it_is_written(tmp_path: Path):
    page = (Path(__file__).parents[3] / "docs" / "locks.md").read_text(encoding="utf-8")
    example = page.partition("```json\n")[2].partition("```")[0].encode("ascii")
    assert lock(*read(example, tmp_path)) == example
    (row,) = (line for line in page.splitlines() if line.startswith("| `checksums` |"))
    assert set(re.findall(r"`(\w+)`", row)) >= {*ALGORITHMS} - {"s3_etag"}
