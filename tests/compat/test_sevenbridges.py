"""A scenario over every group of resources, with the published Seven Bridges client and with ours: both get the same results."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from both_clients import BothClients, Check, Results, run_scenario
from omicsdk.sandbox.document import operations, read_document
from omicsdk.sandbox.server import Sandbox

pytestmark = pytest.mark.compat("sevenbridges")

SCENARIO = Path(__file__).resolve().parent / "sevenbridges_scenario"
PUBLISHED, OURS = "sevenbridges", "omicsdk.compat.sevenbridges"
GROUPS = [
    "resources",
    "errors",
    "configuration",
    "users",
    "projects",
    "members",
    "billing",
    "divisions",
    "teams",
    "datasets",
    "actions",
    "limits",
    "leaving",
    "files",
    "folders",
    "metadata",
    "lists",
    "search",
    "markers",
    "uploads",
    "downloads",
    "bulk",
    "async_jobs",
    "volumes",
    "volume_members",
    "exports",
    "volume_lists",
    "imports",
    "drs_imports",
    "apps",
    "tasks",
    "batches",
    "by_hand",
    "automations",
    "automation_members",
    "automation_packages",
    "automation_runs",
]


def refused_by(kind: str) -> Check:
    return lambda seen: seen["raised"][0] == kind


# What the published client does wrong, by (group, label): how that shows, and what is right and held here to.
DEFECTS: dict[tuple[str, str], tuple[Check, Check]] = {
    # It looks for permissions among changes that there are not any of.
    ("members", "nothing to save"): (refused_by("KeyError"), refused_by("ResourceNotModified")),
    # A list that is None where it is empty cannot be gone through.
    ("files", "secondary files"): (lambda seen: seen is None, lambda seen: seen == []),
    # The bracket is missing, and the class is called otherwise.
    ("apps", "as text"): (lambda seen: not seen.endswith(">"), lambda seen: seen.endswith("/tool/0>")),
    ("drs_imports", "as text"): (lambda seen: "DRSBulkImport" in seen, lambda seen: seen == "<DRSImportBulk: id=id-1>"),
    # It takes a server on this machine from its configuration, but not from its argument.
    ("configuration", "plain http"): (refused_by("SbgError"), lambda seen: "given" in seen),
    # What is raised is the configuration parser's.
    ("configuration", "no such profile"): (refused_by("NoSectionError"), refused_by("SettingsError")),
    # One without the other makes a task that is no batch, though a batch was requested.
    ("batches", "without input"): (
        lambda seen: seen["given"]["batch"] is False,
        refused_by("ValidationError"),
    ),
    # A response without a body is no response to it, so `.status_code` fails.
    ("by_hand", "deleted"): (lambda seen: seen is None, lambda seen: seen == "<Response [204]>"),
    # It never sends its arguments.
    ("automation_runs", "again"): (
        lambda seen: seen == ["first", {"a": 1}, {"s": 2}],
        lambda seen: seen == ["again", {"a": 1, "b": 2}, {"s": 2}],
    ),
}


def run(python: Path, sandbox: Sandbox, package: str, folder: Path) -> Results:
    """Return the results of a package on an unused platform."""
    sandbox.reset()
    folder.mkdir()
    variables = {name: value for name, value in sandbox.environment().items() if name.startswith("SB_")}
    return run_scenario(python, SCENARIO, [package], folder, {**variables, "NO_PROXY": "127.0.0.1"})


def operations_asked_for(sandbox: Sandbox) -> set[str]:
    """Return the names of the operations that were requested from the sandbox."""
    return {request["operation"].removeprefix("sb ") for request in sandbox.requests("/sb/v2") if request["operation"]}


@pytest.fixture(scope="module")
def ran(
    server: Sandbox, tmp_path_factory: pytest.TempPathFactory, interpreter_of: Callable[[str], Path]
) -> dict[str, tuple[Results, set[str]]]:
    """The results of both packages, and the operations that they requested."""
    folder = tmp_path_factory.mktemp("sevenbridges")
    pythons = {PUBLISHED: interpreter_of("sevenbridges"), OURS: Path(sys.executable)}
    return {
        package: (run(python, server, package, folder / package), operations_asked_for(server))
        for package, python in pythons.items()
    }


@pytest.fixture(scope="module")
def seen(ran: dict[str, tuple[Results, set[str]]]) -> dict[str, Results]:
    """The results of both packages."""
    return {package: results for package, (results, _) in ran.items()}


def agrees(ours: Any, theirs: Any) -> bool:
    """Return whether two results agree.

    What ours raises may be a subclass of the documented exception, and state a status where the published client's states none.
    """
    if not (isinstance(ours, dict) and isinstance(theirs, dict) and "raised" in ours and "raised" in theirs):
        return ours == theirs
    is_same_status = all(theirs[name] in (None, ours[name]) for name in ("status", "code"))
    return theirs["raised"][0] in ours["raised"] and is_same_status


class TestScenario(BothClients):
    """Both clients, group by group."""


def test_no_operation_of_the_platform_is_left_out(ran: dict[str, tuple[Results, set[str]]]):
    everything = {operation.name for operation in operations(read_document("sb"))}
    assert {package: everything - requested for package, (_, requested) in ran.items()} == {
        PUBLISHED: set(),
        OURS: set(),
    }


# Values that both have to see, so that they do not agree on nothing.


def test_a_project_is_listed_page_by_page(seen: dict[str, Results]):
    for results in seen.values():
        assert results["projects"]["a page"] == [5, ["Page 0", "Page 1"], 2]
        assert results["projects"]["all pages"] == [f"Page {number}" for number in range(5)]


def test_bytes_arrive_unchanged(seen: dict[str, Results]):
    for results in seen.values():
        assert results["uploads"]["bytes"] is True
        assert results["uploads"]["overwritten"] == ["second", 1]
        assert results["downloads"]["bytes"] is True
        assert results["downloads"]["left behind"] == []


def test_a_file_is_exported_to_a_volume_and_imported_again(seen: dict[str, Results]):
    for results in seen.values():
        assert results["exports"]["an alias now"]["storage"] == {
            "is": "FileStorage",
            "type": "VOLUME",
            "volume": "sandbox-user/bucket",
            "location": "out/one.txt",
        }
        assert results["exports"]["its bytes"] == results["imports"]["its bytes"] == "bytes 0"


def test_a_task_ends_with_its_output(seen: dict[str, Results]):
    for results in seen.values():
        assert results["tasks"]["completed"][0] == "COMPLETED"
        assert results["tasks"]["output"][:2] == ["out.txt", "file"]
        assert results["batches"]["ended"] == ["COMPLETED", 2]


def test_the_published_client_is_the_one_that_was_requested(interpreter_of: Callable[[str], Path]):
    paths = list(interpreter_of("sevenbridges").parent.parent.rglob("sevenbridges_python-*.dist-info"))
    assert [path.name for path in paths] == ["sevenbridges_python-2.11.2.dist-info"]
