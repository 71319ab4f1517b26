"""The diagnostics sent with each status."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from omicsdk import __version__
from omicsdk.compat.crunch.client.diagnostics import get_diagnostic, git_revision, version
from omicsdk.compat.crunch.client.utils import conda_frontend, has_mamba
from omicsdk.crunch import get_diagnostics

TEXTS = (
    "agent_user",
    "version",
    "revision",
    "system",
    "system_release",
    "system_version",
    "machine",
    "hostname",
    "ip_address",
    "mac_address",
)
NUMBERS = ("memory_total", "memory_free", "disk_total", "disk_free")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a commit."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "workflow"
    (folder / "sub").mkdir(parents=True)
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], [*who, "commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


def test_there_are_fourteen_facts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    facts = get_diagnostics()
    assert tuple(facts) == TEXTS + NUMBERS
    assert all(isinstance(facts[name], str) for name in TEXTS)
    assert facts["version"] == version() == __version__
    assert facts["revision"] == ""
    assert len(facts["mac_address"].split(":")) == 6
    assert facts["disk_total"] >= facts["disk_free"] > 0


def test_memory_is_reported_where_psutil_is(monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("psutil")
    facts = get_diagnostics()
    assert facts["memory_total"] >= facts["memory_free"] > 0
    monkeypatch.setitem(sys.modules, "psutil", None)
    without = get_diagnostics()
    assert (without["memory_total"], without["memory_free"]) == (None, None)
    assert tuple(without) == TEXTS + NUMBERS


def test_the_revision_is_the_folders(repository: Path, monkeypatch: pytest.MonkeyPatch):
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=repository, capture_output=True, text=True, check=True)
    revision = head.stdout.strip()
    assert git_revision(repository) == git_revision(repository / "sub") == git_revision(str(repository)) == revision
    assert get_diagnostics(repository)["revision"] == revision
    monkeypatch.chdir(repository / "sub")
    assert git_revision() == revision


def test_without_a_repository_there_is_none_and_nothing_is_stated(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    assert git_revision(tmp_path) == ""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    assert git_revision(tmp_path) == "", "nothing was committed yet"
    assert git_revision(tmp_path / "gone") == ""
    assert capfd.readouterr() == ("", "")


def test_without_git_a_folder_has_an_unknown_revision(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", "")
    assert git_revision(repository) == git_revision(tmp_path) == "Unknown"


@pytest.mark.skipif(os.name == "nt", reason="Windows starts no scripts by this name")
@pytest.mark.parametrize(("code", "works"), [(0, True), (1, False)])
def test_mamba_is_used_if_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, works: bool):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (has_mamba(), conda_frontend()) == (False, "conda")
    (tmp_path / "mamba").write_text(f"#!/bin/sh\nexit {code}\n")
    (tmp_path / "mamba").chmod(0o755)
    assert (has_mamba(), conda_frontend()) == (works, "mamba" if works else "conda")


def test_a_fact_that_cannot_be_had_is_replaced():
    facts: dict[str, Any] = {}
    assert get_diagnostic(facts, "good", lambda: 1) == 1
    assert get_diagnostic(facts, "bad", lambda: [][0]) == ""
    get_diagnostic(facts, "none", lambda: [][0], None)
    assert facts == {"good": 1, "bad": "", "none": None}
