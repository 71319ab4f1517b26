"""The page that compares command lines: each command of ours is run, in the order of the table, in one folder."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.sandbox

PAGE = (Path(__file__).parents[2] / "docs/comparison.md").read_text("utf-8")
CELLS = [line.split("|")[1:3] for line in PAGE.splitlines() if line.startswith("| ") and "`omics" in line]
COMMANDS = [re.findall(r"`(omics [^`]*)`", ours)[0] for _, ours in CELLS]


def test_every_row_has_a_command():
    assert len(COMMANDS) == len([line for line in PAGE.splitlines() if line.startswith("| ")]) - 1


@pytest.mark.timeout(300)
def test_each_command_of_the_table_does_what_its_row_says(omics_sandbox, tmp_path, monkeypatch):
    environment = omics_sandbox.environment()
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for name, folder in (("HOME", "home"), ("XDG_CONFIG_HOME", "config"), ("OMICS_STATE_DIR", "state")):
        monkeypatch.setenv(name, str(tmp_path / folder))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    (tmp_path / "reads" / "sub").mkdir(parents=True)
    (tmp_path / "reads" / "a.fastq").write_bytes(b"@r\nACGT\n+\nIIII\n" * 100)
    (tmp_path / "reads" / "sub" / "b.txt").write_text("one\n")
    (tmp_path / "token.txt").write_text(environment["SB_AUTH_TOKEN"])
    program = f"{shlex.quote(sys.executable)} -m omicsdk"
    monkeypatch.chdir(tmp_path)

    def run(command: str) -> subprocess.CompletedProcess[str]:
        words = command.replace("omics ", f"{program} ", 1)
        return subprocess.run(words, shell=True, capture_output=True, text=True, check=False)

    group = run("omics sb api list-billing-groups --query items[0].id").stdout.strip()
    assert run(f"omics sb projects create p --billing-group {group}").returncode == 0
    ran = {}
    for number, command in enumerate(COMMANDS):
        ran[number] = run(command)
        assert ran[number].returncode == 0, f"{command}: {ran[number].stderr}"
    first, again = (number for number, command in enumerate(COMMANDS) if command.startswith("omics cp -r"))
    assert "2 files" in ran[first].stderr
    assert "0 files" in ran[again].stderr
    assert "2 skipped" in ran[again].stderr
    assert ran[COMMANDS.index("omics cat sb://sandbox-user/p/reads/sub/b.txt")].stdout == "one\n"
