"""The project's own test runs: deterministic examples, searches with a seed, and an environment for each interpreter."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import claimed_ports
import pytest
from hypothesis import settings
from waiting import until

pytestmark = pytest.mark.release

ROOT = Path(__file__).parents[3]
SUPPORT = ROOT / "tests" / "support"

DRAWN = """
import random
from hypothesis import given, settings, strategies as st

@settings(max_examples=settings().max_examples // PART)
@given(st.integers(0, 2**200))
def test_drawn(number):
    print("drawn", number)
"""


COMMAND = [
    sys.executable,
    "-m",
    "pytest",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:zarr",
    "-p",
    "no:anyio",
    "--basetemp=made",
]
"""Without plugins that these tests don't use; they take as long as all the rest."""


def as_ours(folder: Path) -> None:
    """Lets pytest run tests of a folder as it runs the project's."""
    (folder / "support").mkdir(exist_ok=True)
    for name in ("conftest.py", "support/forks.py", "support/network_guard.py"):
        shutil.copy(ROOT / "tests" / name, folder / name)
    (folder / "pytest.ini").write_text("[pytest]\npythonpath = support\nmarkers =\n  long\n")


def drawn(folder: Path, *words: str, part: int = 1, **environ: str) -> list[str]:
    """The examples that a test draws which has the project's profiles, or a part of their number."""
    as_ours(folder)
    (folder / "test_drawn.py").write_text(DRAWN.replace("PART", str(part)))
    command = [*COMMAND, "-q", "-s", *words]
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "HYPOTHESIS_PROFILE")}
    ran = subprocess.run(
        command, cwd=folder, env={**kept, **environ}, capture_output=True, text=True, check=True, timeout=110
    )
    return re.findall(r"drawn (\d+)", ran.stdout)


ASKS = """
import contextlib, subprocess, sys, urllib.request

def test_plain(): pass

def test_asks():
    with contextlib.suppress(Exception):
        urllib.request.urlopen("http://127.0.0.1:9/")

def test_starts():
    with contextlib.suppress(Exception):
        subprocess.run([sys.executable, "-c", ""])
"""


def test_a_unit_test_that_opens_a_socket_or_starts_a_process_fails(tmp_path: Path) -> None:
    as_ours(tmp_path)
    for folder in ("unit", "functional"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"test_{folder}.py").write_text(ASKS)
    alone, together = (
        subprocess.run(
            [*COMMAND, "-q", *folders], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=110
        )
        for folders in (["unit"], ["unit", "functional"])
    )
    assert re.findall(r"^ERROR (\S+) - network_guard.NotUnit: (\w+)", alone.stdout, re.M) == [
        ("unit/test_unit.py::test_asks", "socket"),
        ("unit/test_unit.py::test_starts", "subprocess"),
    ]
    assert together.returncode == 0


SPREAD = """
import os, sys, threading
from pathlib import Path
import pytest

threading.Thread(target=threading.Event().wait, daemon=True).start()  # of which forks warn, as of NumPy's threads
Path("collected").open("a").write("once\\n")

@pytest.fixture(scope="session")
def process():
    with Path(f"session-{os.getpid()}").open("a") as file:
        yield
        file.write("ended\\n")

@pytest.mark.parametrize("number", range(40))
def test_each(number, process, tmp_path, capfd):
    (tmp_path / "only").mkdir()
    os.write(1, b"%d" % number)
    assert capfd.readouterr().out == str(number)
    Path(f"ran-{number}").touch(exist_ok=False)

def test_fails(process):
    print("what it said")
    assert "left" == "right"

@pytest.fixture
def does_not_end():
    yield
    raise OSError("at the end")

def test_ends_badly(does_not_end):
    pass

@pytest.mark.skip(reason="as requested")
def test_skipped():
    pass
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")
def test_forked_processes_run_each_test_once_and_tell_all(tmp_path: Path) -> None:
    as_ours(tmp_path)
    (tmp_path / "test_spread.py").write_text(SPREAD)
    command = [*COMMAND, "-q", "-rs", "--forks", "3", "-W", "error::DeprecationWarning"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=110)
    assert ran.returncode == 1
    assert re.search(r"^1 failed, 41 passed, 1 skipped, 1 error in", ran.stdout, re.M)
    assert len(list(tmp_path.glob("ran-*"))) == 40
    assert (tmp_path / "collected").read_text() == "once\n"
    ends = [file.read_text() for file in tmp_path.glob("session-*")]
    assert 1 <= len(ends) <= 3
    assert set(ends) == {"ended\n"}
    for message in ("what it said", "AssertionError: assert 'left' == 'right'", "OSError: at the end", "as requested"):
        assert message in ran.stdout


WAITS = """
import signal
from pathlib import Path
import pytest

@pytest.fixture(scope="session", autouse=True)
def process():
    yield
    Path("ended").touch()

def test_waits():
    Path("begun").touch()
    signal.pause()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")
@pytest.mark.parametrize("whole", [True, False])
def test_an_interrupt_ends_forked_processes_with_their_fixtures(tmp_path: Path, whole: bool) -> None:
    """One from a terminal goes to all processes, and one from a program to the first."""
    as_ours(tmp_path)
    (tmp_path / "test_waits.py").write_text(WAITS)
    with subprocess.Popen([*COMMAND, "-q", "--forks", "1"], cwd=tmp_path, start_new_session=True) as run:
        until((tmp_path / "begun").exists, run)
        (os.killpg if whole else os.kill)(run.pid, signal.SIGINT)
        assert run.wait(110) == pytest.ExitCode.INTERRUPTED
    assert (tmp_path / "ended").exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")
def test_a_forked_process_that_dies_fails_its_test(tmp_path: Path) -> None:
    as_ours(tmp_path)
    (tmp_path / "test_dies.py").write_text(
        "import os\n\ndef test_dies():\n    os._exit(3)\n\ndef test_lives():\n    pass\n"
    )
    command = [*COMMAND, "-q", "--forks", "2"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=110)
    assert ran.returncode == 1
    assert "test_dies.py::test_dies" in ran.stdout
    assert "ended with 3" in ran.stdout


CLAIMS = """
import claimed_ports
print(claimed_ports.free_port(), flush=True)
input()
"""


def test_a_port_that_a_test_claims_goes_to_no_other_process_before_its_server_starts(monkeypatch) -> None:
    """A site that took seconds to start once found another test's server at its port, to which its test then spoke."""
    command = [sys.executable, "-c", CLAIMS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=SUPPORT, text=True) as other:
        assert other.stdout is not None
        port = int(other.stdout.readline())
        monkeypatch.setattr(claimed_ports, "RANGE", range(port, port + 1))
        with pytest.raises(RuntimeError, match="No port"):
            claimed_ports.free_port()
        other.communicate("\n")
    assert claimed_ports.free_port() == port


def made(*words: str) -> str:
    """What make would run, as if nothing were made yet."""
    environ = {
        name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "PYTHON", "SEED")
    }
    command = ["make", "-n", "-B", *words]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True).stdout


needs_make = pytest.mark.skipif(not shutil.which("make"), reason="there is no make")


def test_a_run_draws_the_same_examples_as_any_other(tmp_path: Path) -> None:
    """Also on the machines of CI, where Hypothesis has other defaults."""
    runs = []
    for number, environ in enumerate(({}, {"CI": "1"})):
        (folder := tmp_path / str(number)).mkdir()
        runs.append(drawn(folder, **environ))
        assert not (folder / ".hypothesis" / "examples").exists()  # nothing is remembered for the next run
    assert runs[0] == runs[1]
    assert 30 <= len(set(runs[0])) <= 40


def test_a_search_draws_its_number_of_examples_by_its_seed(tmp_path: Path) -> None:
    search = ("--hypothesis-profile", "search", "--hypothesis-seed")
    first, same, other = (drawn(tmp_path, *search, seed, part=100) for seed in ("1", "1", "2"))
    assert (len(first), len(other)) == (20, 20)
    assert first == same
    assert first != other


def test_the_profiles_are_those_of_both_targets() -> None:
    repeatable, search = settings.get_profile("repeatable"), settings.get_profile("search")
    assert (repeatable.derandomize, repeatable.max_examples) == (True, 40)
    assert (search.derandomize, search.max_examples) == (False, 2000)


@needs_make
def test_make_test_takes_no_profile_and_no_seed() -> None:
    unit, functional = re.findall(r"^.*-m pytest .*$", made("test"), re.MULTILINE)
    assert "hypothesis" not in unit + functional
    assert '-m "not long" tests/unit' in unit
    assert '-m "not long and not compat and not types and not release" tests/functional' in functional
    assert re.search(r"^.*-m pytest -q -m types tests/typing tests/functional$", made("types"), re.MULTILINE)


LISTS = """
def pytest_collection_finish(session):
    for item in session.items:
        print("item", item.path, *{mark.name for mark in item.iter_markers()})
"""


FOLDERS = ("unit", "functional", "cassettes compat docs faults real typing")
"""Groups that are collected at once; all together would take more than 5 s."""


class Marks(dict[str, bool]):
    """The marks of a test, as the names of a `-m` expression."""

    def __missing__(self, name: str) -> bool:
        return False


@needs_make
@pytest.mark.parametrize("folders", FOLDERS)
def test_every_test_that_is_not_long_runs_in_ci(tmp_path: Path, folders: str) -> None:
    (tmp_path / "lists.py").write_text(LISTS)
    chosen_folders = [f"tests/{folder}" for folder in folders.split()]
    command = [*COMMAND, "-p", "lists", "-qq", "--collect-only", *chosen_folders]
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    listed = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True).stdout
    left = {tuple(line.split()[1:]) for line in listed.splitlines() if line.startswith("item ")}
    assert len(left) > 100
    for run in re.findall(
        r"-m pytest (.*)$", made("types", "release-check", "test", "examples", "compat", "real"), re.MULTILINE
    ):
        words = shlex.split(run)
        chosen = words[words.index("-m") + 1]
        folders = [ROOT / word for word in words if word.startswith("tests/")]
        left = {
            (path, *marks)
            for path, *marks in left
            if not any(Path(path).is_relative_to(folder) for folder in folders)
            or not eval(chosen, {"__builtins__": {}}, Marks(dict.fromkeys(marks, True)))
        }
    assert {(path, *marks) for path, *marks in left if "long" not in marks} == set()


def test_no_folder_of_tests_is_left_out() -> None:
    folders = {path.relative_to(ROOT / "tests").parts[0] for path in (ROOT / "tests").rglob("test_*.py")}
    assert folders == {folder for group in FOLDERS for folder in group.split()}


@needs_make
def test_make_test_long_searches_with_a_new_seed_which_it_prints() -> None:
    seeds = []
    for words in ((), (), ("SEED=77",)):
        text = made("test-long", *words)
        (run,) = re.findall(r"^.*-m pytest .*$", text, re.MULTILINE)
        assert "--hypothesis-profile search" in run
        assert not re.search(r" -m \"| --ignore", run)  # tests marked long, those of the manual and of compat too
        (seed,) = re.findall(r"--hypothesis-seed (\d+)", run)
        assert f"seed of this search: {seed} (make test-long SEED={seed} repeats it)" in text
        seeds.append(seed)
    assert seeds[2] == "77"
    assert seeds[0] != seeds[1]


@needs_make
@pytest.mark.parametrize(
    ("python", "environment"),
    [
        ("python3", ".venv"),
        ("python", ".venv"),
        ("python3.14", ".venv-3.14"),
        ("/opt/python/bin/python3.13", ".venv-3.13"),
    ],
)
def test_each_interpreter_has_an_environment_of_its_own(python: str, environment: str) -> None:
    # The interpreter need not be there: all that make asks of it is the number of processors.
    text = made("test", f"PYTHON={python}", "JOBS=2")
    assert set(re.findall(r"(?<![\w/])\.venv[\w.-]*", text)) == {environment}
    assert f"{python} .ci/environment.py {environment} dev" in text
    assert re.search(rf"^{re.escape(environment)}/(bin|Scripts)/python .*-m pytest", text, re.MULTILINE)


@needs_make
def test_the_base_install_has_an_environment_of_its_own() -> None:
    text = made("test-base", "PYTHON=python3.15", "JOBS=2")
    assert set(re.findall(r"(?<![\w/])\.venv[\w.-]*", text)) == {".venv-3.15-base"}
    assert "python3.15 .ci/environment.py .venv-3.15-base test" in text


@needs_make
def test_the_demo_installs_only_what_it_needs() -> None:
    text = made("demo", "PYTHON=python3", "JOBS=2")
    assert "python3 .ci/environment.py .venv sandbox" in text
    assert ".venv dev" not in text
