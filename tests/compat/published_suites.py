"""Run the own tests of a published client through the import hook: `published_suites.py NAME FOLDER`.

FOLDER is a copy of the published project, such as a checkout of its repository; nothing of it is kept here. Its tests are run in a
temporary folder, with the packages that they need (environments.toml, NAME_suite) and without the published one. The result is written
to suites/NAME.json; `make docs` makes the table of docs/coming-from-*.md from it. suites.toml has what each suite needs, and the cause
of each failure. The exit code is 1 if a failure has no cause there, or a cause there has no failure.
"""

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from fnmatch import fnmatchcase
from pathlib import Path
from string import Template
from typing import Any, NamedTuple
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).parent))

import make_environments

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "suites"

PASSED, FAILED, SKIPPED, NOT_COLLECTED = "passed", "failed", "skipped", "not collected"


class Outcome(NamedTuple):
    """The outcome of a test, or of each test of a file that could not be imported.

    Attributes:
        test: The file and the function, without parameters, which may be random.
        kind: PASSED, FAILED, SKIPPED or NOT_COLLECTED.
        reason: The first line of the message.
    """

    test: str
    kind: str
    reason: str = ""


def settings() -> dict[str, dict[str, Any]]:
    """Return what suites.toml has of each suite."""
    return tomllib.loads((HERE / "suites.toml").read_text(encoding="utf-8"))


def outcomes(report: str, folder: Path) -> Iterator[Outcome]:
    """Read a report of pytest (JUnit's XML).

    Args:
        report: The report.
        folder: The folder in which the tests were run; the tests of files that could not be imported are counted there.
    """
    for case in ElementTree.fromstring(report).iter("testcase"):
        name, owner = case.get("name", ""), case.get("classname", "")
        problems = [child for child in case if child.tag in ("failure", "error", "skipped")]
        reason = (problems[0].get("message") or "").partition("\n")[0] if problems else ""
        if not owner and problems:
            file = Path(*name.split(".")).with_suffix(".py")
            lines = [line[4:] for line in (problems[0].text or "").splitlines() if line.startswith("E   ")]
            for function in test_functions(folder / file):
                yield Outcome(f"{file.as_posix()}::{function}", NOT_COLLECTED, lines[-1] if lines else reason)
            continue
        kind = PASSED if not problems else SKIPPED if problems[0].tag == "skipped" else FAILED
        yield Outcome(f"{case.get('file')}::{name.partition('[')[0]}", kind, reason)


def test_functions(file: Path) -> Iterator[str]:
    """Yield the names of the tests of a file."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            yield node.name


def cause_of(outcome: Outcome, causes: Sequence[Mapping[str, Any]]) -> int | None:
    """Return the number of the cause of a failure; None if there is none."""
    for number, cause in enumerate(causes):
        if any(fnmatchcase(outcome.test, pattern) for pattern in cause["tests"]):
            return number
    return None


def summary(results: Sequence[Outcome], causes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the result as it is kept: counts of all, and each test that did not pass, with the number of its cause."""
    counts = Counter(outcome.kind for outcome in results)
    failures = Counter((outcome.test, outcome.kind) for outcome in results if outcome.kind in (FAILED, NOT_COLLECTED))
    rows = [
        {
            "test": test,
            "kind": kind,
            "count": count,
            "cause": cause_of(Outcome(test, kind), causes),
        }
        for (test, kind), count in sorted(failures.items())
    ]
    return {
        "tests": len(results),
        **{kind: counts[kind] for kind in (PASSED, FAILED, NOT_COLLECTED, SKIPPED)},
        "failures": rows,
    }


def run(name: str, suite: Mapping[str, Any], project: Path) -> list[Outcome]:
    """Run a suite; what pytest prints goes to stderr.

    Args:
        name: The suite.
        suite: What suites.toml has of it.
        project: The published project.
    """
    python = make_environments.python_of(make_environments.PEERS / f"{name}_suite")
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="omics-suite-")))
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="omics-suite-home-")))
        for part in suite["copied"]:
            source, target = project / part, folder / Path(part).name
            shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
        for part in suite.get("removed", ()):
            shutil.rmtree(folder / part)
        # Nothing leaves this machine: suites invent names of hosts, which may exist.
        nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
        environment = {
            **os.environ,
            **nowhere,
            "NO_PROXY": "127.0.0.1,localhost",
            "HOME": str(home),
            "PYTHONPATH": os.pathsep.join([packages, str(RESULTS)]),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }
        if suite.get("sandbox"):
            from omicsdk.sandbox.server import Sandbox

            environment |= stack.enter_context(Sandbox()).environment()
        environment |= {key: Template(text).substitute(environment) for key, text in suite.get("variables", {}).items()}
        report = folder / "report.xml"
        plugins = [word for plugin in suite.get("plugins", ()) for word in ("-p", plugin)]
        options = [
            "-q",
            "--tb=line",
            "--continue-on-collection-errors",
            f"--junitxml={report}",
            "-ojunit_family=xunit1",
        ]
        command = [sys.executable, "-m", "omicsdk.compat", "-m", "pytest", *options, *plugins, *suite["run"]]
        subprocess.run(command, cwd=folder, env=environment, stdout=sys.stderr.fileno())
        return list(outcomes(report.read_text(encoding="utf-8"), folder))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a suite, write its result, and report failures without a cause."""
    suites = settings()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("name", choices=suites)
    parser.add_argument("folder", type=Path, help="the published project")
    options = parser.parse_args(arguments)
    if make_environments.main([f"{options.name}_suite"]):
        return 1
    causes = suites[options.name].get("causes", [])
    results = run(options.name, suites[options.name], options.folder)
    text = json.dumps(summary(results, causes), indent=1)
    (RESULTS / f"{options.name}.json").write_text(f"{text}\n", encoding="utf-8")
    failures = [outcome for outcome in results if outcome.kind in (FAILED, NOT_COLLECTED)]
    used = {cause_of(outcome, causes) for outcome in failures}
    for outcome in failures:
        if cause_of(outcome, causes) is None:
            print(f"no cause: {outcome.test}: {outcome.reason}", file=sys.stderr)
    stale = [cause for number, cause in enumerate(causes) if number not in used]
    for cause in stale:
        print(f"no failure: {', '.join(cause['tests'])}", file=sys.stderr)
    return int(None in used or bool(stale))


if __name__ == "__main__":
    sys.exit(main())
