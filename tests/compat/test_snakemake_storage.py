"""Workflows of Snakemake whose inputs and outputs are on platforms: `storage.omics("dss://...")`."""

import json
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from omicsdk.fs import CopyOptions, PathNotFound, Put
from omicsdk.fs.stores.sb import SbStore
from omicsdk.sandbox import Rule, Sandbox

pytestmark = pytest.mark.compat("snakemake8")

PEERS = Path(__file__).resolve().parent.parent.parent / ".peers"
FOLDERS = """\
import site
site.addsitedir({folder!r})
"""
PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "snakemake.md"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def store(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[SbStore]:
    """The project p of the sandbox, named by the variables."""
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))
    with SbStore() as opened:
        group = next(iter(opened.client.list_billing_groups.iterate())).id
        opened.client.create_project(name="p", billing_group=group or "")
        yield opened


@pytest.fixture
def snakemake(store: SbStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a Snakefile in Snakemake's environment, in which this package is available as after an installation."""
    beside = tmp_path / "beside"
    beside.mkdir()
    (beside / "sitecustomize.py").write_text(FOLDERS.format(folder=sysconfig.get_path("purelib")))
    monkeypatch.setenv("PYTHONPATH", str(beside))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    work = tmp_path / "work"
    work.mkdir()

    def run(snakefile: str, *words: str) -> subprocess.CompletedProcess[str]:
        (work / "Snakefile").write_text(snakefile)
        program = str(PEERS / "snakemake8" / "bin" / "snakemake")
        command = [program, "--cores", "2", *words]
        return subprocess.run(command, cwd=work, env=os.environ, capture_output=True, text=True, timeout=100)

    return run


@pytest.fixture
def bundle(sandbox: Sandbox, tmp_path: Path) -> str:
    """A bundle with two tables, and a file that is not a table."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "cells one.csv").write_text("a,b\nc,d\n")
    (folder / "more.csv").write_text("a,b\n")
    (folder / "links.json").write_text(json.dumps({}))
    return sandbox.seed(folder)["bundle_uuid"]


def content(store: SbStore, path: str) -> bytes:
    from omicsdk.fs.file_bytes import FileBytes

    return FileBytes(store, store.stat(path)).read()


def test_the_documented_workflow_has_inputs_in_a_bundle_and_outputs_in_a_project(
    snakemake: Run, store: SbStore, bundle: str, tmp_path: Path
) -> None:
    page = re.search(r'^```python title="Snakefile"\n(.*?)^```$', PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert page is not None
    workflow = re.sub(r"(?<=dss://aws/)[-0-9a-f]{36}", bundle, page[1]).replace("sb://me/counts", "sb://sandbox-user/p")
    done = snakemake(workflow)

    assert done.returncode == 0, done.stderr
    assert content(store, "sandbox-user/p/cells one.txt") == b"2\n"
    assert content(store, "sandbox-user/p/more.txt") == b"1\n"
    assert content(store, "sandbox-user/p/all.txt") == b"1\n2\n"
    ran = tmp_path / "work" / "ran.txt"
    assert ran.read_text().split() == ["count", "count", "add"]
    left = [path for path in (tmp_path / "work" / ".snakemake" / "storage").rglob("*") if path.is_file()]
    assert left == []  # copies are removed when no job needs them

    again = snakemake(workflow)
    assert "Nothing to be done" in again.stderr, again.stderr
    store.remove(store.stat("sandbox-user/p/all.txt"))
    mended = snakemake(workflow)
    assert mended.returncode == 0, mended.stderr
    assert ran.read_text().split() == ["count", "count", "add", "add"]


def test_times_of_all_platforms_are_whole_seconds(snakemake: Run, bundle: str) -> None:
    # The sandbox gives bundles microseconds and files of Seven Bridges whole seconds, as the platforms do.
    workflow = f"""\
import sys
for name in ("more.csv", ""):
    given = storage.omics("dss://aws/{bundle}/" + name)
    print("changed at", given.flags["storage_object"].mtime(), file=sys.stderr)
rule all:
"""
    done = snakemake(workflow)

    moments = [float(moment) for moment in re.findall(r"changed at (.*)", done.stderr)]
    assert len(moments) == 2, done.stderr
    assert all(moment.is_integer() and moment > 0 for moment in moments), moments


def test_a_bundle_is_staged_as_a_folder(snakemake: Run, store: SbStore, bundle: str) -> None:
    workflow = f"""\
rule list:
    input: storage("dss://aws/{bundle}")
    output: storage("sb://sandbox-user/p/names.txt")
    shell: "ls {{input:q}} > {{output:q}}"
"""
    done = snakemake(workflow)

    assert done.returncode == 0, done.stderr
    assert content(store, "sandbox-user/p/names.txt") == b"cells one.csv\nlinks.json\nmore.csv\n"


@pytest.mark.parametrize("is_folder", [False, True])
def test_a_local_copy_of_an_input_is_removed_alone(
    snakemake: Run, store: SbStore, tmp_path: Path, is_folder: bool
) -> None:
    """snakemake issue 2768: the input itself was, if an interrupted run with retrieve=True had left a copy."""
    (tmp_path / "in.txt").write_text("a")
    store.put([Put(str(tmp_path / "in.txt"), "sandbox-user/p/runs/in.txt")], CopyOptions()).raise_if_failed()
    path = "sandbox-user/p/runs" if is_folder else "sandbox-user/p/runs/in.txt"
    left = tmp_path / "work" / ".snakemake" / "storage" / "omics" / "sb" / "sandbox-user/p/runs/in.txt"
    left.parent.mkdir(parents=True)
    left.write_text("a")
    done = snakemake(f"""\
rule name:
    input: storage.omics("sb://{path}", retrieve=False)
    output: "names.txt"
    shell: "echo {{input:q}} > {{output:q}}"
""")
    assert done.returncode == 0, done.stderr
    assert ("Removing local copy" in done.stderr, left.exists()) == (True, False)
    assert content(store, "sandbox-user/p/runs/in.txt") == b"a"


def test_an_output_that_its_rule_writes_is_removed_after_a_failure(
    snakemake: Run, store: SbStore, tmp_path: Path
) -> None:
    (tmp_path / "out.txt").write_text("a")
    failed = snakemake(f"""\
rule write:
    output: storage.omics("sb://sandbox-user/p/out.txt", retrieve=False)
    shell: "{sys.executable} -m omicsdk cp {tmp_path}/out.txt {{output:q}} && false"
""")
    assert failed.returncode != 0
    with pytest.raises(PathNotFound):
        store.stat("sandbox-user/p/out.txt")


def test_missing_and_damaged_files(snakemake: Run, sandbox: Sandbox, store: SbStore, bundle: str) -> None:
    def copying(name: str) -> str:
        source, made = f"dss://aws/{bundle}/{name}", "sb://sandbox-user/p/copy.csv"
        return f'rule copy:\n    input: storage("{source}")\n    output: storage("{made}")\n    shell: "cp {{input}} {{output}}"\n'

    missing = snakemake(copying("none.csv"))
    assert missing.returncode == 1
    assert "Missing input files" in missing.stderr
    sandbox.add_faults(Rule("wrong", path="/_objects/*", at=1, length=1))
    damaged = snakemake(copying("more.csv"))
    assert damaged.returncode == 1
    assert "Failed to retrieve storage object" in damaged.stderr
    assert list(store.entries("sandbox-user/p")) == []


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("ftp://host/a", "begins with none of s3://, gs://, azul://, dss://"),
        ("sb://me/../a", "Write the path without it"),
    ],
)
def test_an_invalid_uri_of_a_platform_is_reported(snakemake: Run, uri: str, why: str) -> None:
    result = snakemake(f'rule a:\n    input: storage.omics("{uri}")\n')
    assert result.returncode == 1
    assert why in result.stderr
