"""A small service of our own for the command line's tests: its index, its commands.json and a client over no network."""

from typing import Any

import pytest
from command_line import Ran
from command_line import catalog as catalog
from command_line import dss as dss
from command_line import generated as generated
from command_line import omics as omics
from small_cells import small_cells as small_cells
from small_cells import small_parts as small_parts


@pytest.fixture
def sb(omics, omics_sandbox, monkeypatch, tmp_path):
    """Runs `omics sb ...` in an empty folder, told where the sandbox is by its environment, with the project p."""
    for name, value in omics_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    for name in ("OMICS_SB_URL", "OMICS_SB_TOKEN", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)

    def run(*words: str, **how: Any) -> Ran:
        return omics("sb", *words, installed=True, **how)

    omics_sandbox.settings.turn({"sb.file_job_seconds": 0})
    groups = run("api", "list-billing-groups").json["items"]
    made = run("projects", "create", "p", "--billing-group", groups[0]["id"])
    assert (made.code, made.json["id"]) == (0, "sandbox-user/p")
    return run
