"""Workflows on locked data, as the manual's page on pipelines has them: Snakemake, and the processes of Nextflow in a shell."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from string import Template

import pytest
from manual import CHECKOUT, blocks
from portal_host import PortalHost
from portal_host import portal as portal
from user_commands import run_here

BLOCKS = {block.title: block.text for block in blocks(CHECKOUT / "docs" / "pipelines.md") if block.title}
CONTENT = {"a.tsv": b"1\n2\n", "b.tsv": b"1\n", "more/b.tsv": b"1\n2\n3\n4\n"}


@pytest.fixture
def project(portal: PortalHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a lock of three files, two of one name, and both workflows, and nothing pulled."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    (folder := tmp_path / "project").mkdir()
    monkeypatch.chdir(folder)
    for name in ("locked.smk", "locked.nf"):
        Path(name).write_text(BLOCKS[name])
    for name, content in CONTENT.items():
        portal.put(f"google/bucket/{name}", content)
    omics("add", "gs://bucket/a.tsv", "gs://bucket/b.tsv", "--name", "tables", "--to", "data")
    omics("add", "gs://bucket/more/b.tsv", "--name", "more", "--to", "more")
    omics("lock")
    portal.requests.clear()
    return folder


def omics(*words: str) -> None:
    done = run_here(dict(os.environ), *words)
    assert done.returncode == 0, done.stderr


def ran(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(words, capture_output=True, text=True, timeout=100, check=False)


@pytest.mark.parametrize(
    "release", [pytest.param(name, marks=pytest.mark.compat(name)) for name in ("snakemake7", "snakemake8")]
)
def test_snakemake_runs_on_the_locked_files(
    project: Path, portal: PortalHost, tmp_path: Path, release: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [CHECKOUT / ".peers" / release / "bin" / "snakemake", "--snakefile", "locked.smk", "--cores", "2"]
    monkeypatch.setenv("OMICS_CACHE", str(tmp_path / "shared"))
    first = ran(*command)
    assert first.returncode == 0, first.stderr
    (second := tmp_path / "second").mkdir()
    for name in ("omics.lock", "locked.smk"):
        shutil.copy(name, second)
    portal.requests.clear()
    from_cache = subprocess.run(command, cwd=second, capture_output=True, text=True, timeout=100, check=False)
    assert from_cache.returncode == 0, from_cache.stderr
    assert (second / "data/a.tsv").read_bytes() == CONTENT["a.tsv"]
    assert not any(request.method == "GET" for request in portal.requests)
    monkeypatch.delenv("OMICS_CACHE")
    counts = {path.as_posix(): path.read_text().strip() for path in Path("counts").rglob("*.tsv")}
    assert counts == {"counts/data/a.tsv": "2", "counts/data/b.tsv": "1", "counts/more/b.tsv": "4"}
    assert "Nothing to be done" in (again := ran(*command)).stderr, again.stderr

    portal.put("google/bucket/b.tsv", b"1\n2\n3\n")
    portal.requests.clear()
    omics("lock", "--update")
    updated = ran(*command)
    assert updated.returncode == 0, updated.stderr
    assert Path("counts/data/b.tsv").read_text().strip() == "3"
    assert re.findall(r"^ +output: (counts/\S+)", updated.stderr, re.MULTILINE) == ["counts/data/b.tsv"]
    assert not any(request.method == "GET" and "a.tsv" in request.path for request in portal.requests)

    portal.put("google/bucket/a.tsv", b"4\n5\n")  # a second folder, after a change upstream
    (other := tmp_path / "other").mkdir()
    for name in ("omics.toml", "omics.lock", "locked.smk"):
        shutil.copy(name, other)
    os.chdir(other)
    stopped = ran(*command)
    assert stopped.returncode == 1
    assert "data/a.tsv: its content upstream is not the locked one" in stopped.stderr
    assert not Path("counts").exists()
    assert ran("omics", "pull", "--retries", "0").returncode == 3


def script_of(process: str) -> str:
    """The shell commands of a process, which Nextflow reads as a text of Groovy."""
    body = BLOCKS["locked.nf"].partition(f"process {process} {{")[2]
    return body.partition('"""')[2].partition('"""')[0]


def test_the_commands_of_the_nextflow_processes_run_on_the_locked_files(project: Path, portal: PortalHost) -> None:
    def task(process: str, name: str, **values: str) -> int:
        (folder := project / "work" / name).mkdir(parents=True)
        if "data" in values:
            (folder / values["data"]).symlink_to(project / name)
        (folder / ".command.sh").write_text("#!/bin/bash -ue\n" + Template(script_of(process)).substitute(values))
        return subprocess.run(["bash", "-ue", ".command.sh"], cwd=folder, timeout=100, check=False).returncode

    assert task("PULL", "0", folder=str(project)) == 0
    assert json.loads(Path("work/0/pulled.json").read_text())["counts"]["done"] == 3
    paths = [json.loads(line)["path"] for line in Path("omics.lock").read_text().splitlines()[1:]]
    assert [task("COUNT", path, data=Path(path).name) for path in paths] == [0, 0, 0]
    assert Path("work/more/b.tsv/b.tsv.count").read_text().strip() == "4"
    portal.requests.clear()
    assert task("PULL", "again", folder=str(project)) == 0
    assert portal.requests == []
    Path("data/a.tsv").unlink()
    portal.put("google/bucket/a.tsv", b"4\n5\n")
    assert task("PULL", "changed", folder=str(project)) == 3


@pytest.mark.compat("reftrace")
def test_a_parser_of_nextflow_reads_the_workflow(project: Path) -> None:
    read = """
import json
from reftrace import Module
module = Module.from_file("locked.nf")
json.dump([process.name for process in module.processes if not process.unknowns], open("read.json", "w"))
"""
    done = ran(CHECKOUT / ".peers" / "reftrace" / "bin" / "python", "-c", read)
    assert done.returncode == 0, done.stderr
    assert json.loads(Path("read.json").read_text()) == ["PULL", "COUNT"]
