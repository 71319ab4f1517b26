"""Runs of crunch's datasets with Snakemake 7 and 8 as installed by users, without conda, and with a fake conda."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Generator, Mapping
from pathlib import Path

import pytest
from crunch_runs import HAPPY, Made, put, table
from omicsdk.compat.crunch.client.connections import Connection
from omicsdk.compat.crunch.client.enums import RunResult, State, WorkflowType
from omicsdk.sandbox import Sandbox

PEERS = Path(__file__).resolve().parent.parent.parent / ".peers"
RELEASES = [pytest.param(name, marks=pytest.mark.compat(name)) for name in ("snakemake7", "snakemake8")]

COPY = """\
rule all:
    input: "made.txt"
rule make:
    input: "a.txt"
    output: "made.txt"
    shell: "cp {input} {output}"
"""
THREE = """\
rule all:
    input: "three.txt"
rule one:
    input: "a.txt"
    output: "one.txt"
    shell: "cp {input} {output}; echo ran >> ran.txt"
rule two:
    input: "one.txt"
    output: "two.txt"
    shell: "cp {input} {output}"
rule three:
    input: "two.txt"
    output: "three.txt"
    shell: "test -e allowed || (echo 'rule three has no leave' >&2; exit 3); cp {input} {output}"
"""

Make = Callable[[str], Made]


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A release of Snakemake on the PATH, without conda."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    (bin_folder / "snakemake").symlink_to(PEERS / request.param / "bin" / "snakemake")
    monkeypatch.setenv("PATH", f"{bin_folder}:/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    if shutil.which("conda"):
        pytest.skip("there is a conda in /usr/bin")
    return request.param


@pytest.fixture
def make(sandbox: Sandbox, tmp_path: Path) -> Generator[Make]:
    """Makes a project with a Snakefile and a dataset with one file."""
    with Connection(sandbox.crunch_url, sandbox.crunch_token) as connection:
        yield lambda workflow: Made(connection, tmp_path, workflow, {"a.txt": "alpha\n"})


def shape(files: Mapping[str, object]) -> set[str]:
    """Return the names of files, without parts that differ between runs and releases."""
    return {re.sub(r"[^/]*\.snakemake\.log$", "LOG", name) for name in files}


KEPT = {
    f".crunch/{name}"
    for name in (
        *("Snakefile", "dataset.json", "deleted.txt", "project.json"),
        *("setup_md5_checksums.json", "upload_md5_checksums.json"),
    )
}


def test_crunch_snakemake_leaves_the_tree_of_the_recordings(release: str, make: Make) -> None:
    made = make(COPY)

    assert made.run(WorkflowType.snakemake)() is RunResult.SUCCESS, made.lines

    assert made.statuses() == HAPPY
    # What Snakemake names after the output, in base64, depends on how it was made.
    recorded = {*KEPT, ".snakemake/log/LOG", ".snakemake/metadata/bWFkZS50eHQ=", "a.txt", "made.txt"}
    there = table(made.storage)
    assert shape(there) == recorded
    assert shape(table(made.work)) == recorded | {".crunch/workflow.log"}
    assert there["made.txt"] == there["a.txt"]
    assert (made.work / ".crunch" / "Snakefile").read_text() == COPY.strip()  # as the site trims it
    uploaded = json.loads((made.storage / ".crunch" / "upload_md5_checksums.json").read_bytes())
    assert uploaded == {
        name: md5
        for name, (_, md5) in there.items()
        if Path(name).name not in ("deleted.txt", "upload_md5_checksums.json")
    }
    assert "1 of 2 steps (50%) done" in (made.work / ".crunch" / "workflow.log").read_text()


def test_crunch_snakemake_that_fails_in_rule_three(release: str, make: Make) -> None:
    made = make(THREE)
    run = made.run(WorkflowType.snakemake)

    assert run() is RunResult.FAIL

    assert made.statuses() == [*HAPPY[:3], (2, 3)]
    note = made.status_records()[-1]["note"]
    assert note == run.note
    assert "rule three has no leave" in note
    assert "Error in rule three" in note
    assert (made.work / "two.txt").exists()
    assert set(table(made.storage)) == {"a.txt"}


def test_crunch_snakemake_resumes_where_it_failed_and_nothing_is_lost(release: str, make: Make) -> None:
    made = make(THREE)
    made.run(WorkflowType.snakemake)()
    put(made.work, {"allowed": "yes"})

    assert made.run(WorkflowType.snakemake)() is RunResult.SUCCESS, made.lines

    there = table(made.storage)
    assert {"one.txt", "two.txt", "three.txt", "ran.txt"} <= set(there)
    assert (made.storage / "ran.txt").read_text() == "ran\n"  # rule one was not run again


def test_crunch_snakemake_with_an_invalid_snakefile(release: str, make: Make) -> None:
    made = make("rule all\n    nonsense")
    run = made.run(WorkflowType.snakemake)

    assert run() is RunResult.FAIL
    assert "SyntaxError" in run.note or "Syntax error" in run.note


def test_crunch_snakemake_without_its_input_fails(release: str, make: Make) -> None:
    """The published client reports six successful statuses here."""
    made = make(COPY.replace("a.txt", "nowhere.txt"))
    run = made.run(WorkflowType.snakemake)

    assert run() is RunResult.FAIL
    assert "MissingInputException" in run.note


def test_crunch_snakemake_with_a_snakefile_and_all_cores(release: str, make: Make, tmp_path: Path) -> None:
    made = make(COPY)
    put(tmp_path, {"mine.smk": COPY.replace("made.txt", "mine.txt")})

    run = made.run(WorkflowType.snakemake, workflow_path=tmp_path / "mine.smk", cores="all")

    assert run() is RunResult.SUCCESS, made.lines
    assert "mine.txt" in table(made.storage)
    assert ".crunch/Snakefile" not in table(made.storage)


CONDA = """\
#!/bin/bash
case "$1 $2" in
    "info --json") echo '{{"conda_version": "24.11.0", "conda_prefix": "{folder}", "platform": "linux-64", "root_prefix": "{folder}"}}';;
    "config --get"|"config --show") echo '{{"channel_priority": "strict"}}';;
    *) echo 24.11.0;;
esac
"""


def test_crunch_snakemake_takes_the_options_for_conda(release: str, make: Make, tmp_path: Path) -> None:
    """If conda is installed, the release accepts our arguments."""
    conda = tmp_path / "bin" / "conda"
    conda.write_text(CONDA.format(folder=tmp_path))
    conda.chmod(0o755)
    made = make(COPY)

    assert made.run(WorkflowType.snakemake)() is RunResult.SUCCESS, made.lines
    assert "made.txt" in table(made.storage)


INTERRUPTED = """
    import os, sys
    from pathlib import Path
    from omicsdk.compat.crunch.client.connections import Connection
    from omicsdk.compat.crunch.client.enums import WorkflowType
    from omicsdk.compat.crunch.client.run import Run
    with Connection() as connection:
        run = Run(connection, sys.argv[1], {"MEDIA_ROOT": sys.argv[2]}, Path(sys.argv[3]), WorkflowType.snakemake)
        run()
"""


def test_ctrl_c_ends_crunch_snakemake(release: str, make: Make, sandbox: Sandbox) -> None:
    made = make('rule all:\n    output: "never.txt"\n    shell: "echo it is $$ >&2; sleep 1000"\n')
    program = [sys.executable, "-c", textwrap.dedent(INTERRUPTED), made.slug, str(made.media), str(made.parent)]
    environment = os.environ | sandbox.environment()
    with subprocess.Popen(program, env=environment, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        match = next(filter(None, (re.fullmatch(r"it is (\d+)\n", line) for line in running.stderr)), None)
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=90)

    assert match is not None
    shell = int(match[1])
    assert running.returncode == -signal.SIGINT
    assert made.status_records()[-1]["state"] == State.FAIL
    assert made.status_records()[-1]["note"] == "Interrupted by Ctrl-C"
    assert not Path(f"/proc/{shell}").exists() or "Z" in Path(f"/proc/{shell}/stat").read_text()
