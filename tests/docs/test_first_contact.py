"""The page of first contact: its commands run one after the other, and its table names the probes that there are."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from manual import blocks
from omicsdk.cli.doctor.report import of_machine, of_public, of_services
from omicsdk.cli.doctor.services import Call, Login
from omicsdk.sandbox import Sandbox

PAGE = Path(__file__).parents[2] / "docs/first-contact.md"


def test_every_command_runs_and_leaves_what_it_says(omics_sandbox: Sandbox, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    environ = {
        "HOME": str(tmp_path),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        **omics_sandbox.environment(),
    }
    for block in blocks(PAGE):
        ran = subprocess.run(
            ["bash", "-euc", block.text], cwd=folder, env=environ, capture_output=True, text=True, timeout=60
        )
        assert ran.returncode == 0, f"{block.text}{ran.stderr}{ran.stdout}"
    rows = json.loads((folder / "report.json").read_text())
    assert [row["subject"] for row in rows if row["probe"] == "login"] == ["dss: login", "sb: token"]
    logged = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    assert logged
    assert all({"time", "level", "logger", "message"} <= record.keys() for record in logged)
    assert omics_sandbox.sb_token not in (folder / "log.jsonl").read_text()
    assert json.loads((folder / "user.json").read_text())["username"]
    settings = json.loads((tmp_path / ".config/hca/config.json").read_text())
    assert settings["dss"]["download"] == {"replica": "aws"}
    assert (tmp_path / ".local/share/bash-completion/completions/omics").is_file()


def test_the_table_names_every_probe() -> None:
    named = re.findall(
        r"`([a-z ]+)`", "".join(line.split("|")[1] for line in PAGE.read_text().splitlines() if line[:1] == "|")
    )
    logins = [Login("sb", "token", "", "https://h", Call("https://h/user"))]
    probes = {probe.name for probe in [*of_machine({}), *of_services(logins, {}, 1), *of_public(logins, {}, 1)]}
    assert set(named) == probes | {"clock"}, "the clock is compared by a login's response"
