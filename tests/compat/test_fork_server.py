"""The server that forks for programs of published clients: each program is as it would be by itself."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fork_server import ForkServer

pytestmark = pytest.mark.compat

PROGRAM = """
import atexit, json, os, sys, string, warnings
given = json.load(sys.stdin)
told = {
    "argv": sys.argv[1:], "environ": sorted(name for name in os.environ if name.startswith("CASE")), "cwd": os.getcwd(),
    "marked": hasattr(string, "marked"), "path": sys.path[0], "others": [each for each in sys.path if each.endswith("support")], "main": __name__, "given": given,
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


@pytest.mark.parametrize(
    ("words", "code"), [([], 0), (["exit"], 3), (["raise"], 1), (["kill"], -signal.SIGKILL), (["ü", ""], 0)]
)
def test_a_forked_program_is_as_by_itself(server: ForkServer, script: Path, words: list[str], code: int) -> None:
    env = {"CASE": "1", "PYTHONWARNINGS": "ignore", "PYTHONIOENCODING": "utf-8"}
    command = [str(script), *words]
    alone = subprocess.run(
        [sys.executable, *command],
        input="[1]",
        capture_output=True,
        encoding="utf-8",
        env=env,
        cwd=script.parent.parent,
    )
    forked = server.run(command, env=env, cwd=script.parent.parent, input="[1]")
    assert (forked.returncode, forked.stdout) == (alone.returncode, alone.stdout)
    assert (forked.returncode, forked.stderr.split("\n")[0]) == (code, "é")
    assert forked.stderr.split("\n")[-2:] == alone.stderr.split("\n")[-2:]


def test_nothing_of_a_forked_program_reaches_the_next(server: ForkServer, script: Path, tmp_path: Path) -> None:
    first = server.run([str(script), "first"], env={"CASE_ONE": "1"}, cwd=tmp_path, input="1")
    second = server.run([str(script)], env={"CASE_TWO": "2"}, cwd=tmp_path / "scripts", input="2")
    told = [json.loads(done.stdout.split("\n")[0]) for done in (first, second)]
    expected = {"main": "__main__", "marked": False, "path": str(script.parent), "others": []}
    assert told == [
        {**expected, "argv": ["first"], "environ": ["CASE_ONE"], "cwd": str(tmp_path), "given": 1},
        {**expected, "argv": [], "environ": ["CASE_TWO"], "cwd": str(tmp_path / "scripts"), "given": 2},
    ]
    assert all("a warning" in done.stderr for done in (first, second))


def test_a_server_that_ended_starts_again(server: ForkServer, script: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        server.run([str(script), "end the server"], env={}, cwd=tmp_path, input="1")
    for _ in range(2):
        assert server.run([str(script)], env={}, cwd=tmp_path, input="1").returncode == 0
        server.close()
