"""The server that forks for programs: each program is as it would be by itself."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from fork_server import ForkServer

pytest.importorskip("fcntl", reason="needs processes that are forked")

PROGRAM = """
import atexit, json, os, signal, sys, string, warnings
given = json.load(sys.stdin)
told = {
    "argv": sys.argv, "environ": sorted(name for name in os.environ if name.startswith("CASE")), "cwd": os.getcwd(),
    "marked": hasattr(string, "marked"), "path": sys.path[0], "others": [each for each in sys.path if each.endswith("support")],
    "main": [__name__, sys.modules["__main__"].__dict__ is globals()], "given": given, "session": os.getsid(0) == os.getpid(),
    "signals": [str(signal.getsignal(each)) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE)],
    "descriptors": sorted(os.listdir("/dev/fd"))[:4], "buffered": not sys.stdout.line_buffering,
}
string.marked = True
warnings.warn("a warning")
print(json.dumps(told))
print("é", file=sys.stderr)
atexit.register(print, "the end")
if "raise" in sys.argv:
    raise RuntimeError("on purpose")
if "end the server" in sys.argv:
    os.kill(os.getppid(), 9)
if "kill" in sys.argv:
    sys.stdout.flush()
    os.kill(os.getpid(), 9)
if "interrupt" in sys.argv:
    os.kill(os.getpid(), 2)
sys.exit(3 if "exit" in sys.argv else None)
"""


@pytest.fixture
def server() -> Iterator[ForkServer]:
    server = ForkServer(Path(sys.executable), ["string"])
    yield server
    server.close()


@pytest.fixture
def script(tmp_path: Path) -> Path:
    (tmp_path / "scripts").mkdir()
    script = tmp_path / "scripts" / "program.py"
    script.write_text(PROGRAM)
    return script


@pytest.mark.parametrize("by", ["script", "-c", "-m"])
@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], 0),
        (["exit"], 3),
        (["raise"], 1),
        (["kill"], -signal.SIGKILL),
        (["interrupt"], -signal.SIGINT),
        (["ü", ""], 0),
    ],
)
def test_a_forked_program_is_as_by_itself(
    server: ForkServer, script: Path, by: str, words: list[str], code: int
) -> None:
    program = {"script": [str(script)], "-c": ["-c", PROGRAM], "-m": ["-m", "scripts.program"]}[by]
    how: dict[str, Any] = {
        "env": {"CASE": "1", "PYTHONWARNINGS": "ignore", "PYTHONIOENCODING": "utf-8"},
        "cwd": script.parent.parent,
        "capture_output": True,
        "encoding": "utf-8",
        "input": "[1]",
    }
    alone, forked = (run([sys.executable, *program, *words], **how) for run in (subprocess.run, server.run))
    assert (forked.returncode, forked.stdout) == (alone.returncode, alone.stdout)
    assert (forked.returncode, forked.stderr.split("\n")[0]) == (code, "é")
    assert forked.stderr.split("\n")[-2:] == alone.stderr.split("\n")[-2:]


def test_nothing_of_a_forked_program_reaches_the_next(server: ForkServer, script: Path, tmp_path: Path) -> None:
    how: dict[str, Any] = {"capture_output": True, "text": True}
    command = [sys.executable, str(script)]
    first = server.run([*command, "first"], env={"CASE_ONE": "1"}, cwd=tmp_path, input="1", **how)
    second = server.run(command, env={"CASE_TWO": "2"}, cwd=tmp_path / "scripts", input="2", **how)
    reports = [json.loads(done.stdout.split("\n")[0]) for done in (first, second)]
    assert [report["argv"][1:] for report in reports] == [["first"], []]
    assert [report["environ"] for report in reports] == [["CASE_ONE"], ["CASE_TWO"]]
    assert [report["cwd"] for report in reports] == [str(tmp_path), str(tmp_path / "scripts")]
    assert [report["given"] for report in reports] == [1, 2]
    for report in reports:
        assert (report["marked"], report["path"], report["others"]) == (False, str(script.parent), [])
    assert all("a warning" in done.stderr for done in (first, second))


def test_programs_at_once_are_waited_for_one_by_one(server: ForkServer) -> None:
    program = [sys.executable, "-c", "import sys; print('ready', flush=True); sys.exit(len(sys.stdin.read()))"]
    begun = [server.start(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for program in begun:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
        assert program.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        begun[0].wait(0.01)
    begun[1].terminate()
    assert begun[1].wait(30) == -signal.SIGTERM
    begun[2].communicate("four", timeout=30)
    begun[0].communicate("", timeout=30)
    assert [program.poll() for program in begun] == [0, -signal.SIGTERM, 4]
    begun[1].communicate()


def test_a_program_that_takes_too_long_is_killed_and_a_failure_is_raised(server: ForkServer) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        server.run([sys.executable, "-c", "import signal; signal.pause()"], timeout=0.1)
    with pytest.raises(subprocess.CalledProcessError):
        server.run([sys.executable, "-c", "raise SystemExit(1)"], check=True)


def test_a_session_of_its_own_is_ended_as_a_group(server: ForkServer) -> None:
    program = "import os, sys; print(os.getpgrp() == os.getpid(), flush=True); sys.stdin.read()"
    how: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with server.start([sys.executable, "-c", program], start_new_session=True, **how) as begun:
        assert begun.stdout is not None
        assert begun.stdout.readline() == "True\n"
        os.killpg(begun.pid, signal.SIGKILL)
        assert begun.wait(30) == -signal.SIGKILL


def test_what_a_start_is_about_is_refused(server: ForkServer) -> None:
    with pytest.raises(TypeError, match="takes no preexec_fn: use subprocess"):
        server.start([sys.executable, "-c", ""], preexec_fn=print)


def test_interrupts_do_not_end_the_server(server: ForkServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def parent() -> int:
        return int(
            server.run([sys.executable, "-c", "import os; print(os.getppid())"], capture_output=True, check=True).stdout
        )

    interpreter = parent()
    os.kill(interpreter, signal.SIGINT)
    assert parent() == interpreter
    with monkeypatch.context() as patch:
        patch.setattr("fork_server.received", Mock(side_effect=KeyboardInterrupt))
        for _ in range(3):
            with pytest.raises(KeyboardInterrupt):
                server.run([sys.executable, "-c", ""])
        patch.setattr("fork_server.json.dumps", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            server.run([sys.executable, "-c", ""])
    assert parent() == interpreter


def test_a_server_that_ended_starts_again(server: ForkServer, script: Path, tmp_path: Path) -> None:
    how: dict[str, Any] = {"env": {}, "cwd": tmp_path, "input": "1", "capture_output": True, "text": True}
    command = [sys.executable, str(script)]
    with pytest.raises(EOFError, match="has ended"):
        server.run([*command, "end the server"], **how)
    for _ in range(2):
        assert server.run(command, **how).returncode == 0
        server.close()
