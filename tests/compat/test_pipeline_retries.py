"""The retries of the manual's page on pipelines, in a shell and in Snakemake: which exit codes are repeated."""

import os
import subprocess
from pathlib import Path

import pytest
from manual import CHECKOUT, blocks

FAKE = """#!/bin/sh
echo "$*" >> calls
code=$(sed -n "$(wc -l < calls)p" codes)
[ "$code" -ne 0 ] || for target; do :; done
[ "$code" -ne 0 ] || { mkdir -p "$(dirname "$target")"; echo got > "$target"; }
exit "$code"
"""
"""An `omics` that ends with the next of the codes of a file, and writes its last argument if it succeeds."""

RUNS = [
    pytest.param([0], 0, id="done"),
    pytest.param([3, 1, 0], 0, id="some failed, then one"),
    pytest.param([1, 1, 1, 1], 1, id="missing"),
    pytest.param([3, 3, 3, 3], 3, id="some fail always"),
    pytest.param([4], 4, id="credentials"),
    pytest.param([3, 4], 4, id="the token expired"),
    pytest.param([2], 2, id="usage"),
    pytest.param([143], 143, id="terminated"),
    pytest.param([130], 130, id="interrupted"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    documented = {block.title: block.text for block in blocks(CHECKOUT / "docs" / "pipelines.md") if block.title}
    for name in ("retry.sh", "Snakefile"):
        (tmp_path / name).write_text(documented[name])
    (tmp_path / "omics").write_text(FAKE)
    (tmp_path / "omics").chmod(0o755)
    return tmp_path


def run(folder: Path, codes: list[int], *words: str) -> subprocess.CompletedProcess[str]:
    (folder / "codes").write_text("".join(f"{code}\n" for code in codes))
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder), "PAUSE": "0"}
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=100, check=False)


@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize(("codes", "ended"), RUNS)
def test_the_shell_repeats_what_can_succeed(folder: Path, shell: str, codes: list[int], ended: int) -> None:
    ran = run(folder, codes, shell, "-eu", "-c", '. ./retry.sh; retried omics cp "a b" to/file')
    assert (ran.returncode, ran.stderr) == (ended, "")
    assert (folder / "calls").read_text().splitlines() == ["cp a b to/file"] * len(codes)


@pytest.mark.parametrize(
    "release", [pytest.param(name, marks=pytest.mark.compat(name)) for name in ("snakemake7", "snakemake8")]
)
@pytest.mark.parametrize(("codes", "ended"), [*RUNS[:2], *RUNS[4:6]])
def test_snakemake_repeats_what_can_succeed(folder: Path, release: str, codes: list[int], ended: int) -> None:
    snakemake = CHECKOUT / ".peers" / release / "bin" / "snakemake"
    ran = run(folder, codes, str(snakemake), "--cores", "1", "--config", "bundle=UUID", "--", "data/cells.csv")
    assert (ran.returncode == 0) == (ended == 0), ran.stderr
    assert (folder / "data/cells.csv").exists() == (ended == 0)
    called = ["--quiet cp --require-checksum dss://aws/UUID/cells.csv data/cells.csv"] * len(codes)
    assert (folder / "calls").read_text().splitlines() == called
