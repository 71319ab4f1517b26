"""The specification of omics.lock suffices: a reader that was written from it alone agrees with the command; locks of two branches,
merged by git."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import lock_reader
import pytest
from omicsdk import Lock
from omicsdk.core.checksums import ALGORITHMS, digest
from omicsdk.locks import LockedFile, LockError, add
from omicsdk.locks.lockfile import read_files, write_files
from portal_host import PortalHost

NAMES = {
    "plain.bin": "md5",
    "Ünï cödé/ﬁ.txt": "sha256",
    "e\u0301 and \u00e9": "sha1",
    "after the surrogates \U0001f9ec": "sha512",
    "before them \uffee": "md5",
    "tab\tand\nline": "crc32c",
    "l" * 250: "md5",
    "/".join(["d" * 200] * 15): "sha256",
    "back\\slash%41": "md5",
    os.fsdecode(b"latin-\xe9.bin"): "sha256",
}


def parts_of(size: int) -> dict[str, str]:
    """The checksums of a file in parts of a size."""
    names = ("s3_etag", "crc32", "crc32c", "sha1", "sha256")
    return {f"{name}:{size}": digest(b"first content", f"{name}:{size}") for name in names}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_files_of_odd_names_are_locked_pulled_and_found_right_by_the_reader(portal: PortalHost):
    portal.put("files/a.bin", b"first content")
    names = [name for name in NAMES if name.isprintable()]
    md5 = digest(b"first content", "md5")
    rows = "".join(f"{portal.url('files/a.bin')}\t{name}\t{md5}\n" for name in names)
    Path("list.tsv").write_text(f"url\tfile_name\tmd5\n{rows}", encoding="utf-8")
    add("list.tsv")
    lock = Lock.load()
    lock.update()
    lock.pull()
    assert dict(lock_reader.checked(lock.path)) == {f"data/{name}": "same" for name in names}
    Path("data/plain.bin").write_bytes(b"first_content")
    assert dict(lock_reader.checked(lock.path))["data/plain.bin"] == "md5"


def test_the_reader_reads_what_is_written_of_any_name_and_checksum(tmp_path: Path):
    sums = (
        {name: digest(b"first content", name) for name in ALGORITHMS} | parts_of(5) | parts_of(13) | parts_of(1 << 20)
    )
    url, since = "https://files.example.org/a", "2026-01-31T12:00:00Z"
    files = [LockedFile(f"data/{name}", "web", 13, sums, "url", url, (url,), since) for name in sorted(NAMES)]
    files[0] = files[0]._replace(size=None)
    with (lock := tmp_path / "omics.lock").open("wb") as out:
        write_files(files, out)
    assert [row["path"] for row in lock_reader.rows(lock)] == [file.path for file in files]
    assert all(row["checksums"] == sums for row in lock_reader.rows(lock))
    for file in files:
        path = tmp_path / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"first content")
    assert {state for _, state in lock_reader.checked(lock)} == {"same"}


LINE = {
    "path": "data/a",
    "source": "web",
    "checksums": {},
    "kind": "url",
    "address": "https://h/a",
    "since": "2026-01-31T12:00:00Z",
}
HEADER = '{"omics_lock": 1}'
LOCKS: dict[str, tuple[bool, str]] = {
    "no file": (True, ""),
    "UTF-8": (True, json.dumps(LINE | {"path": "data/ä"}, ensure_ascii=False)),
    "other order and spacing": (True, json.dumps(dict(reversed(LINE.items())), separators=(",", ":"))),
    "size 0": (True, json.dumps(LINE | {"size": 0})),
    "a longest part": (True, json.dumps(LINE | {"path": "ä" * 127})),
    **{
        f"{key} is {value!r}": (False, json.dumps(LINE | {key: value}))
        for key, value in {
            "size": 1.0,
            "kind": "gopher",
            "more": "",
            "since": "2026-01-31T12:00:00.5Z",
            "checksums": {"md4": "0" * 32},
            "mirrors": "https://h/a",
            "source": "",
        }.items()
    },
    # What a reader that was written without a look at the code took for invalid, and omicsdk took, or the page left open.
    **{
        f"{key} is {value!r}": (False, json.dumps({**LINE, key: value}))
        for key, values in {
            "size": (None, 17.0),
            "mirrors": (None,),
            "since": (
                "2026-13-01T12:00:00Z",
                "2026-02-30T12:00:00Z",
                "\u0662026-01-31T12:00:00Z",
                "2026-01-31T12:60:00Z",
            ),
            "path": ("a\udcc3\udca9", "a\udc41"),
            "checksums": (
                {"s3_etag": "0" * 32 + "-0"},
                {"s3_etag": "0" * 32 + "-01"},
                {"sha256:8": "0" * 64},
                {"md5": "0" * 32 + "-1"},
                {"s3_etag:08": "0" * 32 + "-2"},
            ),
        }.items()
        for value in values
    },
    "a key twice": (False, json.dumps(LINE)[:-1] + ', "source": "other"}'),
    "a checksum twice": (False, json.dumps(LINE).replace("{}", f'{{"md5": "{"0" * 32}", "md5": "{"1" * 32}"}}')),
    "an ETag of one part": (True, json.dumps({**LINE, "checksums": {"s3_etag": "0" * 32 + "-1"}})),
    **{
        f"the path {path!r}": (False, json.dumps(LINE | {"path": path}))
        for path in (
            "",
            "/a",
            "a/",
            "./a",
            "a/../b",
            "OMICS.lock",
            "omics.toml/a",
            ".Omics-Transfer/a",
            "c:a",
            "a.0a1B2c3d.part",
        )
    },
    "a part that is too long": (False, json.dumps(LINE | {"path": "ä" * 128})),
    "a lone surrogate": (False, json.dumps(LINE | {"path": "a\ud800"})),
    "an empty line": (False, "\n" + json.dumps(LINE)),
    "size true": (False, json.dumps(LINE | {"size": True})),
    **{f"without {key}": (False, json.dumps({name: LINE[name] for name in LINE if name != key})) for key in LINE},
}


@pytest.mark.parametrize("lock", LOCKS)
def test_the_reader_and_the_command_accept_and_refuse_the_same(tmp_path: Path, lock: str):
    is_good, line = LOCKS[lock]
    (file := tmp_path / "omics.lock").write_text("\n".join([HEADER, *([line] if line else []), ""]), encoding="utf-8")

    def accepts(read: Callable[[Path], object]) -> bool:
        try:
            [*read(file)]
        except (LockError, ValueError):
            return False
        return True

    assert (accepts(read_files), accepts(lock_reader.rows)) == (is_good, is_good)


def git(*words: str, code: int = 0) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    done = subprocess.run(["git", *identity, *words], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr


def test_a_conflict_is_refused_until_it_is_resolved_by_one_side_and_both_sources(portal: PortalHost):
    git("init", "--initial-branch", "main", ".")
    portal.put("google/bucket/a.bin", b"content")
    for branch in ("base", "left", "right"):
        if branch != "base":
            git("switch", "--create", branch, "main")
        add("gs://bucket/a.bin", name=branch, to=f"data/{branch}")
        Lock.load().update()
        git("add", "omics.toml", "omics.lock")
        git("commit", "--message", branch)
    sides = [
        subprocess.check_output(["git", "show", f"{branch}:omics.toml"], text=True) for branch in ("left", "right")
    ]
    git("merge", "left", code=1)
    for read in (Lock.load().sources, lambda: [*Lock.load().files()]):
        with pytest.raises(LockError, match="conflict marker") as raised:
            read()
        assert raised.value.line
    git("checkout", "--ours", "omics.lock")
    Path("omics.toml").write_text(sides[0] + sides[1][sides[1].index("[sources.right]") :])
    changes = Lock.load().update()
    assert (changes.is_refused, dict(changes.counts)) == (False, {"added": 1})
    assert [file.path for file in Lock.load().files()] == [f"data/{name}/a.bin" for name in ("base", "left", "right")]
