"""Locks of two branches, merged by git."""

import subprocess
from pathlib import Path

import pytest
from omicsdk import Lock
from omicsdk.locks import LockError, add
from portal_host import PortalHost


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
