"""`omics alias hca`: documented lines run through omics, from the shell that read the function and from its scripts."""

import shutil
import subprocess
from pathlib import Path

import pytest
from alias_file import AS_BEFORE
from alias_file import aliases as aliases
from omicsdk.cli.commands.alias import function

SHELLS = [
    pytest.param(name, marks=pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} isn't installed"))
    for name in ("bash", "zsh", "sh", "fish")
]


@pytest.fixture
def line(tmp_path: Path):
    """Runs lines in a shell that knows the function; what omics was called with comes back, a word a line."""
    program = tmp_path / "omics"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)

    def run(shell: str, text: str) -> list[str]:
        (tmp_path / "script").write_text(f"{function(shell)}\n{text}\n")
        ran = subprocess.run(
            [shutil.which(shell) or shell, str(tmp_path / "script")],
            capture_output=True,
            text=True,
            env={"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)},
            cwd=tmp_path,
        )
        assert (ran.returncode, ran.stderr) == (0, "")
        return ran.stdout.splitlines()

    return run


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("words", "added"),
    [
        (["dss", "get-bundle", "--uuid", "a b"], AS_BEFORE),
        (["dss"], AS_BEFORE),
        (["auth", "delete-v1-role", "--role-id", "x"], AS_BEFORE),
        (["--log-level", "ERROR", "dss", "logout"], AS_BEFORE),
        (["--log-level=ERROR", "auth", "logout"], AS_BEFORE),
        (["upload", "files", "dss"], []),
        (["--log-level", "ERROR", "upload", "list"], []),
        (["clear-hca-cache"], []),
        (["--version"], []),
        (["help", "dss"], []),
    ],
)
def test_what_hca_was_called_with_goes_to_omics(line, shell, words, added):
    quoted = " ".join(f"'{word}'" for word in words)
    assert line(shell, f"hca {quoted}") == [*added, *words]


@pytest.mark.parametrize("shell", SHELLS)
def test_hca_alone_is_omics_alone(line, shell):
    assert [word for word in line(shell, "hca") if word] == []


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash isn't installed")
def test_scripts_of_bash_see_it_too(line, tmp_path):
    (tmp_path / "old.sh").write_text("#!/usr/bin/env bash\nset -eu\nhca upload areas\n")
    assert line("bash", "alias hca=false\nbash old.sh") == ["upload", "areas"]


@pytest.mark.skipif(shutil.which("sh") is None, reason="sh isn't installed")
def test_what_is_made_for_bash_serves_other_shells(line):
    assert line("sh", f"{function('bash')}\nhca upload areas") == ["upload", "areas"]


def test_an_alias_for_the_shell_is_run_by_sh(omics, aliases, capfd):
    omics("alias", "set", "--shell", "up", 'printf "%s" "$1" | tr a-z A-Z; exit 7')
    omics("alias", "set", "up2", "!echo $#")
    assert omics("up", "a b").code == 7
    assert omics("up2", "x", "y").code == 0
    assert capfd.readouterr().out == "A B2\n"
    refused = omics("--output", "json", "up", "x")
    assert refused.code == 2
    assert "--output is not allowed before 'up'" in refused.err
