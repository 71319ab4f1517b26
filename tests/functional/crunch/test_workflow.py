"""Workflows are run by what runs them, their output is shown and kept, and their exit codes are believed."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import crunch_runs
import pytest
from crunch_runs import PretendedSite, put
from fork_server import forked
from omicsdk.compat.crunch.client.run import Run
from omicsdk.crunch import RunResult, WorkflowType
from omicsdk.crunch import workflow as process
from omicsdk.crunch.workflow import Ended, WorkflowFailed, not_started, run_process, snakemake_release
from waiting import until

pytestmark = pytest.mark.skipif(os.name == "nt", reason="scripts are run by their interpreter lines")


def a_run(folder: Path, workflow: str, kind: WorkflowType = WorkflowType.script, **options: object) -> Run:
    put(folder / "storage" / "p" / "d", {"a.txt": "alpha\n"})
    settings = {"MEDIA_ROOT": str(folder / "storage")}
    made = Run(
        PretendedSite(workflow=workflow),
        "p:d",
        settings,
        folder / "work",
        kind,
        on_message=lambda line: None,
        **options,
    )
    assert not made.setup()
    return made


def failed(run: Run) -> str:
    assert run.workflow() is RunResult.FAIL
    return run.note


def log_of(run: Run) -> str:
    return (run.crunch_subdir / "workflow.log").read_text("utf-8")


def test_output_is_shown_and_kept(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run = a_run(tmp_path, "#!/bin/bash\necho 'to stdout é'\necho 'to stderr' >&2\nprintf 'no line end'")

    assert run.workflow() is RunResult.SUCCESS

    assert sorted(log_of(run).replace("no line end", "no line end\n").splitlines()) == [
        "no line end",
        "to stderr",
        "to stdout é",
    ]
    shown = capfd.readouterr()
    assert "to stdout é\n" in shown.err
    assert "to stderr\n" in shown.err
    assert shown.out == ""  # what a program gives for other programs stays apart


def test_output_is_shown_while_the_workflow_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The script waits for a file that appears when its line was seen."""
    seen = tmp_path / "seen"

    class Terminal:
        def write(self, text: str) -> None:
            if "first" in text:
                seen.touch()

        def flush(self) -> None:
            pass

    run = a_run(tmp_path, f"#!/bin/bash\necho first\nuntil [ -e '{seen}' ]; do sleep 0.01; done\n")
    monkeypatch.setattr(sys, "stderr", Terminal())

    assert run.workflow() is RunResult.SUCCESS


def test_a_terminal_that_is_gone_does_not_stop_the_workflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed:
        def write(self, text: str) -> None:
            raise BrokenPipeError

    run = a_run(tmp_path, "#!/bin/bash\nfor i in {1..1000}; do echo $i; done; echo yes > done.txt")
    monkeypatch.setattr(sys, "stderr", Closed())

    assert run.workflow() is RunResult.SUCCESS
    assert (run.working_directory / "done.txt").exists()
    assert len(log_of(run).splitlines()) == 1000


def test_much_output_does_not_block_and_its_tail_is_the_note(tmp_path: Path) -> None:
    run = a_run(tmp_path, "#!/bin/bash\nfor i in {1..50000}; do echo line $i >&2; done; exit 7")

    note = failed(run)

    assert note.splitlines()[-1] == "line 50000"
    assert note.splitlines()[0].startswith("line ")
    assert 3000 < len(note) <= 4000
    assert len(log_of(run).splitlines()) == 50000


def test_without_an_interpreter_line(tmp_path: Path) -> None:
    note = failed(a_run(tmp_path, "echo hi"))

    assert "has no interpreter line" in note
    assert "Exec format error" in note
    assert "#!/bin/bash" in note


def test_not_executable(tmp_path: Path) -> None:
    script = tmp_path / "my.sh"
    script.write_text("#!/bin/sh\n")

    note = failed(a_run(tmp_path, "", workflow_path=script))

    assert f"The workflow {script} is not executable" in note
    assert f"chmod +x {script}" in note


@pytest.mark.parametrize(
    ("line", "message"), [("#!/no/such/shell", "'#!/no/such/shell'"), ("#!/bin/sh\r", "carriage return")]
)
def test_an_interpreter_that_does_not_exist(tmp_path: Path, line: str, message: str) -> None:
    script = tmp_path / "my.sh"
    script.write_bytes(f"{line}\necho\n".encode())
    script.chmod(0o755)

    note = failed(a_run(tmp_path, "", workflow_path=script))

    assert "interpreter of the workflow" in note
    assert message in note


def test_a_workflow_file_that_does_not_exist(tmp_path: Path) -> None:
    assert "does not exist" in failed(a_run(tmp_path, "", workflow_path=tmp_path / "none.sh"))


def test_a_script_runs_in_the_datasets_folder_without_a_shell(tmp_path: Path) -> None:
    run = a_run(tmp_path / "a b; touch oops", f"#!{sys.executable}\nimport os; open('where', 'w').write(os.getcwd())")

    assert run.workflow() is RunResult.SUCCESS
    assert (run.working_directory / "where").read_text() == str(run.working_directory)


def test_what_a_workflow_leaves_in_the_background_is_waited_for(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    workflow = f"#!/bin/bash\n(read line < '{gate}'; echo late > late.txt) &\necho go > '{gate}' &\n"

    run = a_run(tmp_path, workflow)

    assert run.workflow() is RunResult.SUCCESS
    assert (run.working_directory / "late.txt").read_text() == "late\n"


_PROGRAM = """
    import signal
    import sys
    from pathlib import Path
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may ignore it, as nohup does
    sys.path.insert(0, sys.argv[2])
    from crunch_runs import PretendedSite
    from omicsdk.compat.crunch.client.run import Run
    from omicsdk.crunch import WorkflowType
    folder = Path(sys.argv[1])
    site = PretendedSite(workflow=(folder / "script.sh").read_text())
    run = Run(site, "p:d", {"MEDIA_ROOT": str(folder)}, folder / "work", WorkflowType.script, on_message=lambda line: None)
    try:
        run()
    except KeyboardInterrupt:
        print(site.sent()[-1], run.note, flush=True)
"""


@pytest.mark.parametrize(
    ("sent", "note"),
    [
        (signal.SIGINT, "Interrupted by Ctrl-C"),
        (signal.SIGTERM, "Ended by SIGTERM"),
        (signal.SIGHUP, "Ended by SIGHUP"),
    ],
)
def test_a_signal_ends_the_workflow_and_all_that_it_started(tmp_path: Path, sent: signal.Signals, note: str) -> None:
    put(tmp_path / "p" / "d", {"a.txt": "alpha"})
    put(tmp_path, {"script.sh": "#!/bin/bash\nsleep 1000 &\necho $! $$\nwait\n"})
    support = str(Path(crunch_runs.__file__).parent)
    program = [sys.executable, "-c", textwrap.dedent(_PROGRAM), str(tmp_path), support]
    with forked.start(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        started = [int(number) for number in running.stderr.readline().split()]
        assert len(started) == 2

        running.send_signal(sent)
        out, _ = running.communicate(timeout=60)

    assert out == f"(2, 3) {note}\n"
    assert running.returncode == 0
    for number in started:
        until(lambda number=number: not _alive(number))


def test_a_signal_while_the_workflow_starts_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = subprocess.Popen
    made: list[subprocess.Popen[bytes]] = []

    def started(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        made.append(usual(*arguments, **options))
        signal.raise_signal(signal.SIGINT)
        return made[0]

    monkeypatch.setattr(subprocess, "Popen", started)
    put(tmp_path, {"script.sh": "#!/bin/bash\nsleep 1000\n"})
    (tmp_path / "script.sh").chmod(0o755)

    with pytest.raises(KeyboardInterrupt):
        run_process([str(tmp_path / "script.sh")], tmp_path, tmp_path / "log")

    assert made[0].returncode == -signal.SIGTERM
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def _alive(number: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_what_does_not_end_when_requested_is_ended(tmp_path: Path) -> None:
    script = tmp_path / "script.sh"
    script.write_text("#!/bin/bash\ntrap '' TERM\necho ready\nwhile true; do sleep 1000; done\n")
    script.chmod(0o755)
    with subprocess.Popen([script], stdout=subprocess.PIPE, start_new_session=True) as stubborn:
        assert stubborn.stdout is not None
        stubborn.stdout.readline()

        process.end_group(stubborn, grace=0.05)

        assert stubborn.returncode == -signal.SIGKILL


def test_a_full_disk_for_the_log_does_not_stop_the_workflow(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    script = tmp_path / "script.sh"
    script.write_text("#!/bin/bash\necho one; echo two >&2; exit 5\n")
    script.chmod(0o755)

    assert run_process([str(script)], tmp_path, Path("/dev/full")) == Ended(5, "two")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of a file's size")
def test_output_that_the_disk_takes_in_part_is_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    import resource

    script = tmp_path / "script.sh"
    script.write_text("#!/bin/sh\necho 0123456789\n")
    script.chmod(0o755)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5, limits[1]))
    try:
        assert run_process([str(script)], tmp_path, tmp_path / "log").code == 0
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "the output of the workflow is no longer saved" in caplog.text


def test_what_cannot_be_started_for_another_reason_is_not_blamed_on_the_script(tmp_path: Path) -> None:
    script = put(tmp_path, {"my.sh": "#!/bin/sh\n"}) / "my.sh"
    script.chmod(0o755)
    (tmp_path / "log").mkdir()

    for folder, log, blamed in (
        (tmp_path, tmp_path / "log", "log"),
        (tmp_path, tmp_path / "none" / "log", "none/log"),
        (tmp_path / "gone", tmp_path / "kept", "gone"),
    ):
        with pytest.raises(OSError, match=blamed) as raised:
            run_process([str(script)], folder, log)
        message = str(not_started(raised.value, script))
        assert message.startswith(f"The workflow {script} cannot be started: ")
        assert message.endswith(f"'{tmp_path / blamed}'")


# -- Snakemake's command


def programs(folder: Path, monkeypatch: pytest.MonkeyPatch, **scripts: str) -> None:
    """Makes the PATH a folder with these programs and the system's own."""
    folder.mkdir()
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/bash\n{script}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


FAKE = 'if [ "$1" = --version ]; then echo asked >> {log}; echo {version}; else printf "%s\\n" "$@" > args.txt; fi'


@pytest.mark.parametrize(
    ("version", "others", "conda"),
    [
        ("7.32.4", [], []),
        ("7.32.4", ["conda"], ["--use-conda", "--conda-frontend", "conda"]),
        ("7.32.4", ["conda", "mamba"], ["--use-conda", "--conda-frontend", "mamba"]),
        ("7.32.4", ["mamba"], []),
        ("8.30.0", [], []),
        ("8.30.0", ["conda", "mamba"], ["--software-deployment-method", "conda"]),
        ("9.1.0+local", ["conda"], ["--software-deployment-method", "conda"]),
    ],
)
def test_snakemake_is_called_as_its_release_takes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, others: list[str], conda: list[str]
) -> None:
    log = tmp_path / "asked"
    scripts = dict.fromkeys(others, "exit 1")
    programs(tmp_path / "bin", monkeypatch, snakemake=FAKE.format(log=log, version=version), **scripts)
    run = a_run(tmp_path, "rule all:", WorkflowType.snakemake, cores="4")

    assert run.workflow() is RunResult.SUCCESS

    folder = run.working_directory
    assert (folder / "args.txt").read_text().splitlines() == [
        *("--snakefile", str(folder / ".crunch" / "Snakefile"), "--cores", "4", "--directory", str(folder)),
        *conda,
    ]
    assert log.read_text() == "asked\n"


def test_no_snakemake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs(tmp_path / "bin", monkeypatch)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    note = failed(a_run(tmp_path, "rule all:", WorkflowType.snakemake))

    assert "snakemake not found on the PATH" in note
    assert "Install Snakemake" in note


@pytest.mark.parametrize("script", ["echo no module named snakemake >&2; exit 1", "echo what"])
def test_a_snakemake_that_does_not_work(tmp_path: Path, script: str) -> None:
    broken = tmp_path / "snakemake"
    broken.write_text(f"#!/bin/bash\n{script}\n")
    broken.chmod(0o755)

    with pytest.raises(WorkflowFailed, match="--version prints no version"):
        snakemake_release(str(broken))


def test_a_failing_snakemake_fails_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = 'if [ "$1" = --version ]; then echo 8.0.0; else echo "Error in rule three" >&2; exit 1; fi'
    programs(tmp_path / "bin", monkeypatch, snakemake=script)

    assert failed(a_run(tmp_path, "rule all:", WorkflowType.snakemake)) == "Error in rule three"
