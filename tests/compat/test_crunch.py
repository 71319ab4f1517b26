"""A scenario of a crunch site, with the published client django-crunch and with ours: both get the same results."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from both_clients import BothClients, Check, Results, run_scenario, shows
from crunch_user import environment
from omicsdk.sandbox.crunch import SANDBOX_CRUNCH_READER
from omicsdk.sandbox.server import Sandbox

pytestmark = [pytest.mark.compat("crunch"), pytest.mark.timeout(300)]

SCENARIO = Path(__file__).resolve().parent / "crunch_scenario"
PUBLISHED, OURS = "crunch", "omicsdk.compat.crunch"
PARTS = {
    "calls": ["connecting", "adding", "refused", "attributes", "inferred", "reading", "statuses"],
    "runs": [
        *("script", "changed_files", "windows_lines", "own_script", "stages", "failing", "relative", "again", "wrong"),
    ],
    "snakefiles": ["snakefile", "failing_rule"],
    "edges": ["at_the_edges"],
}
GROUPS = [group for groups in PARTS.values() for group in groups]
SIX = [[1, 1], [1, 2], [2, 1], [2, 2], [3, 1], [3, 2]]


def has(*words: str) -> Check:
    return lambda seen: all(word in seen for word in words)


def refused_by(kind: str) -> Check:
    return lambda seen: kind in seen.get("raised", ())


# What the published client does wrong, by (group, label): how that shows, and what is right and held here to.
DEFECTS: dict[tuple[str, str], tuple[Check, Check]] = {
    # What no site can store is sent all the same; real sites fail, or store it and fail from then on.
    ("refused", "a negative size"): (shows({"given": 400}), refused_by("CrunchAPIException")),
    ("refused", "an infinite number"): (shows({"given": 400}), refused_by("CrunchAPIException")),
    # What was sent before the first value of no kind stays.
    ("inferred", "what was sent before"): (shows([{"key": "first", "value": "sent"}]), shows([])),
    # A page that is not JSON ends in an error of a library.
    ("reading", "no such address"): (refused_by("JSONDecodeError"), refused_by("CrunchAPIException")),
    # Without its slash a POST is sent elsewhere, arrives as a GET, and seems to have worked.
    ("at_the_edges", "without a slash"): (shows({"given": 200}), shows({"given": 201})),
    ("at_the_edges", "made"): (shows(0), shows(1)),
    # What changed goes beside what was there, under a name by chance.
    ("changed_files", "the file"): (shows("abc\n"), shows("abc\nmore\n")),
    ("changed_files", "files beside it"): (shows(1), shows(0)),
    ("again", "files more than there are names"): (lambda seen: seen > 0, shows(0)),
    # Why a run failed is not said, or in the words of Python; what the workflow said is dropped.
    ("failing", "a failing script: why"): (has("exit status 3"), shows("bad input é")),
    ("failing", "what it said"): (shows(None), shows("bad input é\n")),
    ("failing", "no shebang: why"): (has("[Errno 8]"), has("[Errno 8]", "#!/bin/bash")),
    ("failing", "no such interpreter: why"): (has("[Errno 2]", "script.sh"), has("#!/no/such/interpreter")),
    ("failing", "no workflow: why"): (shows(""), has("no workflow")),
    ("failing", "no folder: why"): (has("[Errno 2]"), has("[Errno 2]", "base_file_path")),
    # A folder that is named from here is not found again when the files are uploaded.
    ("relative", "failed"): (shows(True), shows(False)),
    ("relative", "statuses"): (shows([*SIX[:-1], [3, 3]]), shows(SIX)),
    # What Snakemake ends with is not examined: where it fails, or cannot begin since there is no conda, all went well.
    ("snakefile", "stored"): (shows(["in.txt"]), shows(["in.txt", "made.txt"])),
    ("failing_rule", "failed"): (shows(False), shows(True)),
    ("failing_rule", "statuses"): (shows(SIX), shows([*SIX[:3], [2, 3]])),
    ("failing_rule", "why"): (shows(""), has("broken", "third")),
}


def snakemake(interpreter: Path, folder: Path) -> dict[str, str]:
    """Variables with which ours finds the Snakemake of the published client's environment, and no conda."""
    commands = folder / "commands"
    commands.mkdir()
    (commands / "snakemake").symlink_to(interpreter.with_name("snakemake"))
    return {"PATH": os.pathsep.join((str(commands), "/usr/bin", "/bin"))}


def run(python: Path, sandbox: Sandbox, package: str, folder: Path, more: dict[str, str]) -> Results:
    """Return the results of a package on an empty site, with further variables in the environment."""
    sandbox.reset()
    sandbox.crunch.empty()
    folder.mkdir()
    variables = {"READER_TOKEN": sandbox.crunch.token_of(SANDBOX_CRUNCH_READER), **more}
    return run_scenario(python, SCENARIO, [package, *PARTS], folder, {**environment(sandbox, folder), **variables})


@pytest.fixture(scope="module")
def seen(
    server: Sandbox, tmp_path_factory: pytest.TempPathFactory, interpreter_of: Callable[[str], Path]
) -> dict[str, Results]:
    """The results of both packages."""
    folder = tmp_path_factory.mktemp("crunch")
    more = snakemake(interpreter_of("crunch"), folder)
    pythons = {PUBLISHED: interpreter_of("crunch"), OURS: Path(sys.executable)}
    return {package: run(python, server, package, folder / package, more) for package, python in pythons.items()}


def agrees(ours: Any, theirs: Any) -> bool:
    """Return whether two results agree.

    A refusal of the site is a result in the published client; ours raises it with the same response. What else the
    published client raises of its own is a base of what ours raises.
    """
    if isinstance(theirs, dict) and "said" in theirs:
        return ours == {**theirs, "raised": theirs["status"] >= 400}
    if isinstance(theirs, dict) and "raised" in theirs:
        return "raised" in ours and (theirs["raised"][0] in ours["raised"] or "CrunchAPIException" in ours["raised"])
    return ours == theirs


class TestScenario(BothClients):
    """Both clients, group by group."""


# Values that both have to see, so that they do not agree on nothing.


def test_a_crunch_run_sends_six_statuses_in_order(seen: dict[str, Results]) -> None:
    for results in seen.values():
        assert results["script"]["statuses"] == [[*status, ""] for status in SIX]
        assert results["stages"]["statuses"] == [[*status, ""] for status in SIX]


def test_a_crunch_run_leaves_the_documented_files(seen: dict[str, Results]) -> None:
    kept = ("dataset.json", "project.json", "script.sh", "setup_md5_checksums.json")
    written = ("deleted.txt", "upload_md5_checksums.json")
    data = [".hidden", "in.txt", "out.txt", "res/copy.txt", "sub/in2.txt", "ünï code.txt"]
    for results in seen.values():
        assert results["script"]["files"][".crunch/deleted.txt"] == "gone.txt"
        assert results["script"]["files after"] == [*(f".crunch/{name}" for name in kept), *data]
        names = sorted([*(f".crunch/{name}" for name in (*kept, *written)), *data, "gone.txt"])
        assert results["script"]["stored"] == names
        assert results["script"]["as it was made"] == [True] * (len(names) - 1)


def test_a_crunch_run_that_fails_states_in_which_stage(seen: dict[str, Results]) -> None:
    for results in seen.values():
        for label in ("a failing script", "no shebang", "no such interpreter"):
            assert results["failing"][label] == {"failed": True, "statuses": [*SIX[:3], [2, 3]]}
        for label in ("no workflow", "no folder"):
            assert results["failing"][label] == {"failed": True, "statuses": [[1, 1], [1, 3]]}


def test_all_kinds_of_crunch_attributes_exist(seen: dict[str, Results]) -> None:
    for results in seen.values():
        assert len(results["attributes"]["all"]) == 16
        assert [attribute["value"] for attribute in results["inferred"]["there"]][:4] == [
            *("https://example.org", "example.org", 2.5, True),
        ]


def test_the_published_crunch_client_is_the_one_that_was_requested(interpreter_of: Callable[[str], Path]) -> None:
    paths = list(interpreter_of("crunch").parent.parent.rglob("django_crunch-*.dist-info"))
    assert [path.name for path in paths] == ["django_crunch-0.1.12.dist-info"]
