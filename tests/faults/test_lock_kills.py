"""Data locks: kill -9 of add, lock and pull, then the same command again.

The process looks at the project after each call that may change a file, and kills itself after the n-th change. So the states that a
kill can leave on the disk are met, without a clock.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fork_server import forked
from lock_reader import rows
from portal_host import PortalHost
from portal_host import portal as portal
from trials import RIGHT, fault_property
from user_commands import run_here

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")

PROGRAM = """
import os, signal, sys, threading
from pathlib import Path
from omicsdk.cli.main import main

left = before = int(sys.argv.pop(1))
project = os.getcwd()
CALLS = {"open", "write", "pwrite", "pwritev", "flush", "close", "__exit__", "truncate", "ftruncate", "rename", "replace"}
CALLS |= {"unlink", "remove", "mkdir", "link", "posix_fallocate"}

def states():
    for folder, _, names in os.walk(project):
        for name in (".", *names):
            try:
                found = os.lstat(path := os.path.join(folder, name))
            except FileNotFoundError:
                continue
            yield path, found.st_ino, found.st_size, found.st_mtime_ns

def profile(frame, event, call):
    global last, left
    if event == "c_return" and call.__name__ in CALLS and (now := set(states())) != last:
        last, left = now, left - 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

last = set(states())
threading.setprofile(profile)
sys.setprofile(profile)
code = main()
sys.setprofile(None)
print(before - left, file=sys.stderr)
sys.exit(code)
"""
FIRST = {"old.bin": b"first content", "new.bin": b"new content", "large.bin": bytes(range(256)) * (6 << 12)}
POINTS = 8
"""Kills of a command at most, if not all are tried; those of a longer one are spread evenly."""


def killed(point: int, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run a command in the current folder until its change of this number, from 1; to its end if it makes fewer."""
    program = [sys.executable, "-c", PROGRAM, str(point), *words]
    return forked.run(program, env=dict(os.environ), capture_output=True, text=True, timeout=60)


@pytest.fixture
def kills(tmp_path: Path, portal: PortalHost, monkeypatch: pytest.MonkeyPatch, request: Any) -> Callable[..., Any]:
    """Yields after each kill of a command, in a copy of the current project; the folder that it left uninterrupted."""

    def run(*words: str, most: int = POINTS) -> Iterator[Path]:
        project, whole = Path.cwd(), tmp_path / "whole"
        shutil.copytree(project, whole)
        monkeypatch.chdir(whole)
        done = killed(1 << 30, *words)
        assert done.returncode == 0, done.stderr
        count = int(done.stderr.split()[-1])
        assert count > 3
        points = sorted({1 + number * count // most for number in range(most)})
        ends: list[int] = []
        for point in points:
            copy = tmp_path / f"killed{point}"
            shutil.copytree(project, copy)
            monkeypatch.chdir(copy)
            ends.append(killed(point, *words).returncode)
            yield whole
        # Two changes within one tick of the times of files count as one: the last point may be beyond the end.
        assert ends[:-1] == [-signal.SIGKILL] * (len(points) - 1)
        assert ends[-1] in (-signal.SIGKILL, 0)
        request.node.user_properties.append(
            fault_property(request.node, request.node.location[1] or 0, [RIGHT] * len(points))
        )

    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    for name, content in FIRST.items():
        portal.put(f"google/bucket/{name}", content)
    return run


def omics(*words: str) -> None:
    """Run a command in this process, which must not fail."""
    done = run_here(dict(os.environ), *words)
    assert done.returncode == 0, done.stderr


def locked(lock: Path) -> list[dict[str, Any]]:
    """The files of a lock without their times; none if it does not exist."""
    return [{**row, "since": ""} for row in rows(lock)] if lock.exists() else []


@pytest.mark.fault("kill -9 of `omics add` at any change of a file", ends=RIGHT)
def test_add(kills: Callable[..., Iterator[Path]]):
    omics("add", "gs://bucket/old.bin", "--name", "old")
    before = Path("omics.toml").read_bytes()
    for whole in kills("add", "gs://bucket/new.bin", "--name", "new"):
        now = Path("omics.toml").read_bytes()
        assert now in (before, (whole / "omics.toml").read_bytes())
        omics("add", "gs://bucket/large.bin", "--name", "large")
        omics("lock")
        assert len(locked(Path("omics.lock"))) == 2 + (now != before)


@pytest.mark.fault("kill -9 of `omics lock` and `omics lock --update` at any change of a file", ends=RIGHT)
@pytest.mark.parametrize("is_new", [True, False], ids=["new", "update"])
def test_lock(kills: Callable[..., Iterator[Path]], portal: PortalHost, is_new: bool):
    omics("add", "gs://bucket/old.bin", "gs://bucket/new.bin", "--name", "both")
    if not is_new:
        omics("lock")
        portal.put("google/bucket/old.bin", b"another content")
    before = locked(Path("omics.lock"))
    for whole in kills("lock", "--update"):
        assert locked(Path("omics.lock")) in (before, locked(whole / "omics.lock"))
        omics("lock", "--update")
        assert locked(Path("omics.lock")) == locked(whole / "omics.lock")
        assert not [*Path().glob(".omics.lock*")]


@pytest.mark.fault("kill -9 of `omics pull` at any change of a file", ends=RIGHT)
@pytest.mark.parametrize("most", [POINTS, pytest.param(1000, marks=pytest.mark.long)], ids=["some", "all"])
def test_pull(kills: Callable[..., Iterator[Path]], portal: PortalHost, most: int):
    omics("add", "gs://bucket/old.bin", "--name", "old")
    omics("lock")
    omics("pull")
    portal.put("google/bucket/old.bin", b"another content")
    omics("add", "gs://bucket/new.bin", "gs://bucket/large.bin", "--name", "new")
    omics("lock", "--update")
    right = {"old.bin": b"another content", "new.bin": FIRST["new.bin"], "large.bin": FIRST["large.bin"]}
    for _ in kills("pull", most=most):
        for name, content in right.items():
            file = Path("data", name)
            assert not file.exists() or file.read_bytes() in (
                content,
                FIRST["old.bin"] if name == "old.bin" else content,
            )
        omics("status")
        omics("pull")
        assert {file.name: file.read_bytes() for file in Path("data").iterdir()} == right
