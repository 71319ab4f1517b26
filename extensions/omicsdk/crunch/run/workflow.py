"""How a workflow is run: a script by its own interpreter line, a Snakefile by Snakemake in the user's environment."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
from pathlib import Path

from omicsdk.core.errors import ConfigError, OmicsError
from omicsdk.crunch.enums import WorkflowType
from omicsdk.crunch.run.process import tail_of

_VERSION = re.compile(r"(\d+)\.\d+")


class WorkflowFailed(OmicsError):
    """A workflow can't be started, or ended with something else than exit code 0."""


def command_of(kind: WorkflowType, path: Path, folder: Path, cores: str) -> list[str]:
    """The command that runs a workflow.

    Args:
        kind: What it is.
        path: The script or Snakefile.
        folder: The dataset's folder.
        cores: Cores for Snakemake: a number, or "all".

    Raises:
        WorkflowFailed: The file isn't there, Snakemake isn't there, or doesn't say its version.
    """
    if not path.is_file():
        raise WorkflowFailed(
            f"The workflow {path} isn't there",
            remedy="Run the setup stage first, or name another file: workflow_path, --path.",
        )
    if kind is WorkflowType.script:
        return [os.fspath(path)]
    snakemake = shutil.which("snakemake")
    if snakemake is None:
        raise WorkflowFailed(
            "There is no snakemake on the PATH",
            remedy="Install Snakemake 7 or later, or activate the environment that it is in.",
        )
    return snakemake_command(
        snakemake, snakemake_release(snakemake), path, folder, cores, conda=has("conda"), mamba=has("mamba")
    )


def has(program: str) -> bool:
    """Whether a program is on the PATH."""
    return shutil.which(program) is not None


def snakemake_release(snakemake: str) -> int:
    """Asks Snakemake for the first number of its version.

    Args:
        snakemake: The program.

    Raises:
        WorkflowFailed: It doesn't say.
    """
    try:
        said = subprocess.run([snakemake, "--version"], capture_output=True, timeout=300, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise WorkflowFailed(
            f"{snakemake} --version can't be run: {error}", remedy="Check its installation."
        ) from error
    found = _VERSION.search(said.stdout.decode("utf-8", "replace"))
    if said.returncode or found is None:
        told = tail_of(said.stderr, 500) or f"exit code {said.returncode}"
        raise WorkflowFailed(f"{snakemake} --version doesn't say it: {told}", remedy="Check its installation.")
    return int(found[1])


def snakemake_command(
    snakemake: str, release: int, path: Path, folder: Path, cores: str, *, conda: bool, mamba: bool
) -> list[str]:
    """Snakemake's command line.

    Environments of conda are used only where there is a conda: Snakemake asks for it at its start even when no rule needs
    it, and fails. It needs `conda` where mamba installs, too. Without it, rules with `conda:` run with the programs of the
    user's environment.

    Args:
        snakemake: The program.
        release: The first number of its version.
        path: The Snakefile.
        folder: The dataset's folder.
        cores: A number, or "all".
        conda: Whether there is a conda.
        mamba: Whether there is a mamba; Snakemake 8 and later choose for themselves.
    """
    command = [snakemake, "--snakefile", os.fspath(path), "--cores", cores, "--directory", os.fspath(folder)]
    if not conda:
        return command
    if release >= 8:
        return [*command, "--software-deployment-method", "conda"]
    return [*command, "--use-conda", "--conda-frontend", "mamba" if mamba else "conda"]


def check_cores(cores: object) -> str:
    """Gives the number of cores as Snakemake takes it.

    Args:
        cores: A whole number above 0, or "all".

    Raises:
        ConfigError: It is something else.
    """
    text = str(cores)
    if text != "all" and not (text.isascii() and text.isdigit() and int(text)):
        raise ConfigError(f"cores is {text!r}", remedy='Give a whole number, 1 or more, or "all".')
    return text


def not_started(error: OSError, path: Path) -> WorkflowFailed:
    """Says why a workflow can't be started.

    Args:
        error: What the system said.
        path: The script or Snakefile.
    """
    if error.filename != os.fspath(path):  # of the log, the dataset's folder, or Snakemake
        return WorkflowFailed(f"The workflow {path} can't be started: {error}")
    first = _first_line(path)
    if error.errno == errno.ENOEXEC:
        return WorkflowFailed(
            f"The workflow {path} has no interpreter line: {error}",
            remedy="Begin it with a line such as #!/bin/bash.",
        )
    if error.errno == errno.EACCES:
        if not os.access(path, os.X_OK):
            return WorkflowFailed(f"The workflow {path} isn't executable: {error}", remedy=f"Run: chmod +x {path}")
        return WorkflowFailed(
            f"The workflow {path} must not be run: {error}",
            remedy="Check its interpreter, and that programs may be run in its file system (noexec).",
        )
    if error.errno == errno.ENOENT and first.startswith("#!"):
        ends = ", with a carriage return at its end" if first.endswith("\r") else ""
        return WorkflowFailed(
            f"The interpreter of the workflow {path} isn't there: {first.rstrip()!r}{ends}",
            remedy='Correct its first line; lines must end in "\\n".',
        )
    return WorkflowFailed(f"The workflow {path} can't be started: {error}")


def _first_line(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.readline(200).decode("utf-8", "replace").rstrip("\n")
    except OSError:
        return ""
