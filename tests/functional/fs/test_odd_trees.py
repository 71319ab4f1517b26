"""Trees with links, loops, pipes, sockets, sparse files and names of any bytes, compared with what `find` lists of them."""

import json
import logging
import os
import random
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from omicsdk.cli.main import main
from omicsdk.fs.uris import open_store
from unsettled import unsettled
from user_commands import Stream

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="compares with GNU find, and needs names of any bytes")

NAMES = [
    b"a",
    b"a.b",
    b"a-b",
    b" ",
    b"-rf",
    b"new\nline",
    b"tab\t",
    b"bad\xff\xfe",
    "é".encode(),
    b"n" * 255,
    b"*",
    b"\\",
]


@pytest.fixture(autouse=True)
def settings(monkeypatch, tmp_path):
    unsettled(monkeypatch, tmp_path)
    monkeypatch.chdir(tmp_path)
    # Reports of tests have what was logged, and are sent between processes as UTF-8, which some of the names are not.
    monkeypatch.setattr(logging.getLogger("omicsdk"), "propagate", False)


@pytest.fixture
def omics(monkeypatch):
    def run(*words):
        out, err = Stream(), Stream()
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdout", out)
            patched.setattr(sys, "stderr", err)
            code = main([*words, "--output", "json"])
        return code, json.loads(out.content() or b"null"), err.content().decode()

    return run


def grown(top: Path, dice: random.Random, depth: int = 0) -> None:
    """Fill a folder with anything that a file system has."""
    top.mkdir()
    for name in map(os.fsdecode, dice.sample(NAMES, dice.randint(2, len(NAMES)))):
        path, there = top / name, sorted(top.iterdir())
        files = [path for path in there if path.is_file() and not path.is_symlink()]
        kinds = [
            "file",
            "file",
            "sparse",
            "hard",
            "link",
            "dangling",
            "loop",
            "up",
            "pipe",
            "socket",
            "empty",
            "folder",
        ]
        kind = dice.choice(kinds)
        if kind == "folder" and depth < 3:
            grown(path, dice, depth + 1)
        elif kind == "sparse":
            with path.open("wb") as file:
                file.truncate(dice.randint(1, 10**6))
        elif kind == "hard" and files:
            path.hardlink_to(dice.choice(files))
        elif kind in ("link", "dangling", "loop", "up"):
            other = dice.choice(there).name if kind == "link" and there else "nowhere"
            path.symlink_to({"loop": name, "up": ".." if depth else "."}.get(kind, other))
        elif kind == "pipe":
            os.mkfifo(path)
        elif kind == "socket" and len(os.fsencode(path)) < 100:
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(os.fsencode(path))
        elif kind == "empty":
            (path / "in it").mkdir(parents=True)
        else:
            path.write_bytes(dice.randbytes(dice.randint(0, 2000)))


def found_by_find(top: str) -> dict[bytes, int]:
    """Sizes of all files, links followed, by their paths below a folder."""
    words = ["find", "-L", top, "-type", "f", "-printf", r"%P\0%s\0"]  # fails by loops, which are left out
    parts = subprocess.run(words, capture_output=True, check=False).stdout.split(b"\0")[:-1]
    return {name: int(size) for name, size in zip(parts[::2], parts[1::2], strict=True)}


@pytest.mark.parametrize("seed", range(20))
def test_a_tree_is_what_find_says(omics, seed):
    grown(Path("tree"), random.Random(seed))
    expected = found_by_find("tree")
    code, rows, stderr = omics("ls", "-r", "tree")
    listed = {os.fsencode(row["name"]): row["size"] for row in rows}
    assert (code, len(rows)) == (0, len(listed)), stderr
    broken = {name for name, size in listed.items() if size is None}
    assert {name: size for name, size in listed.items() if size is not None} == expected
    assert not [name for name in broken if Path("tree", os.fsdecode(name)).exists()]
    assert {os.fsencode(row["name"]) for row in omics("find", "tree")[1]} == set(listed)
    (sums,) = omics("du", "tree")[1]
    assert (sums["files"], sums["bytes"]) == (len(listed), sum(expected.values()))

    for words in (("cp", "-r", "tree/", "copy"), ("sync", "tree", "same")):
        code, _, stderr = omics(*words)
        assert code == (0 if not broken else 3 if expected else 1), stderr
        if expected:
            assert found_by_find(words[-1]) == expected
        for name in expected:
            one, other = (Path(top, os.fsdecode(name)).read_bytes() for top in ("tree", words[-1]))
            assert one == other
    if not broken:
        code, again, stderr = omics("sync", "tree", "same", "--delete")
        assert (code, again["same"], again["removed"]) == (0, len(expected), []), stderr


def test_a_path_that_is_too_long_is_reported(omics, tmp_path):
    """Such a folder can only be read from within; `find` does that, rclone ends."""
    above = tmp_path / "tree"
    above.mkdir()
    (above / "file").write_bytes(b"1")
    folder = os.open(above, os.O_RDONLY)
    for _ in range(25):
        os.mkdir("d" * 200, dir_fd=folder)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = below
    os.close(os.open("lost", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
    os.close(folder)
    code, rows, stderr = omics("ls", "-r", "tree")
    assert (code, [row["name"] for row in rows], "File name too long" in stderr) == (3, ["file"], True)
    for words in (("cp", "-r", "tree/", "copy"), ("sync", "tree", "same"), ("du", "tree")):
        code, _, stderr = omics(*words)
        assert (code, "File name too long" in stderr) == (3, True), (words, stderr)
    code, _, stderr = omics("sync", "tree", "same", "--delete", "--yes")
    assert (code, "File name too long" in stderr) == (1, True)


def test_what_vanishes_while_a_tree_is_read_is_left_out(tmp_path):
    for name in ("a/1", "b/2", "c/3", "d"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"1")
    with open_store("file") as store:
        walk = store.below(str(tmp_path))
        assert next(walk).path.endswith("a/1")
        (tmp_path / "b/2").unlink()
        (tmp_path / "c/3").unlink()
        (tmp_path / "c").rmdir()
        (tmp_path / "d").write_bytes(b"grown")
        assert [(entry.path.removeprefix(f"{tmp_path}/"), entry.size) for entry in walk] == [("d", 5)]


@pytest.fixture
def mount():
    """Mount a file system; the test is skipped where that is not allowed."""
    places = []

    def mounted(place, *words):
        place.mkdir(parents=True)
        ran = subprocess.run(["mount", *words, place], capture_output=True, text=True, check=False)
        if ran.returncode:
            pytest.skip(f"mounting needs root: {ran.stderr.strip()}")
        places.append(place.absolute())

    yield mounted
    for place in reversed(places):
        subprocess.run(["umount", place], check=True)


def test_what_is_mounted_below_a_folder_belongs_to_it(omics, mount):
    tree = Path("tree")
    mount(tree / "disk", "-t", "tmpfs", "none")
    mount(tree / "again", "--bind", "tree")  # a loop that no link makes
    for name in ("a", "disk/b", "z"):
        (tree / name).write_text(name)
    assert [row["uri"] for row in omics("ls", "-r", "tree")[1]] == ["tree/a", "tree/disk/b", "tree/z"]
    assert len(found_by_find("tree")) == 3
    assert omics("cp", "-r", "tree/", "copy/")[1]["counts"]["done"] == 3
    assert omics("mv", "tree/disk/b", "tree/b")[0] == 0  # which no rename does: they are of two file systems
    assert (tree / "b").read_text() == (Path("copy") / "disk/b").read_text() == "disk/b"
    assert not (tree / "disk/b").exists()
    code, _, stderr = omics("rm", "-r", "--yes", "tree/disk")
    assert (code, stderr) == (1, "omics: tree/disk/ is not removed: Device or resource busy\n")
