"""Comparison of the results of a published client and ours in the same scenario."""

import json
import os
import subprocess
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

Group = dict[str, Any]
Results = dict[str, Group]
"""What one of them saw: values by group and label."""

Check = Callable[[Any], bool]


def run_scenario(
    python: Path, scenario: Path, words: Sequence[str], folder: Path, environ: Mapping[str, str], seconds: int = 200
) -> Results:
    """Return the results of a scenario in an interpreter, which gets few variables of this process.

    Args:
        python: The interpreter.
        scenario: The folder of its modules.
        words: The package, and the scenario's parts.
        folder: A folder for its files, its home.
        environ: Further variables.
        seconds: How long it may take.
    """
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP") if name in os.environ}
    home = {"HOME": str(folder), "USERPROFILE": str(folder), "PYTHONPATH": str(scenario.parent)}
    done = subprocess.run(
        [str(python), str(scenario), words[0], str(folder), *words[1:]],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**kept, **home, **environ},
        cwd=folder,
        timeout=seconds,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def gave(value: Any) -> Check:
    """Whether a call gave a value."""
    return lambda seen: seen == {"given": value}


def shows(value: Any) -> Check:
    """Whether a value was noted."""
    return lambda seen: seen == value


def differences(
    theirs: Group, ours: Group, agrees: Callable[[Any, Any], bool], defects: Collection[tuple[str, str]], group: str
) -> Mapping[str, Any]:
    """Return what both do not see alike in a group of the scenario, by label.

    Args:
        theirs: What the published client saw.
        ours: What ours saw.
        agrees: Whether two values, ours and theirs, are the same.
        defects: Groups and labels where the published client is wrong; they are left out.
        group: The group.
    """
    for results in (ours, theirs):
        if "ended by" in results:
            return {"ended by": results["ended by"]}
    if list(ours) != list(theirs):
        return {"labels": {"ours": list(ours), "published": list(theirs)}}
    return {
        label: {"ours": ours[label], "published": theirs[label]}
        for label in theirs
        if (group, label) not in defects and not agrees(ours[label], theirs[label])
    }


class BothClients:
    """The tests of a scenario, whose module has GROUPS, DEFECTS, PUBLISHED, OURS, `agrees`, and the fixture `seen`."""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "group" in metafunc.fixturenames:
            metafunc.parametrize("group", metafunc.module.GROUPS)
        if "defect" in metafunc.fixturenames:
            metafunc.parametrize("defect", metafunc.module.DEFECTS, ids="-".join)

    def test_the_published_client_works_with_the_sandbox(
        self, seen: dict[str, Results], group: str, request: pytest.FixtureRequest
    ) -> None:
        results = seen[request.module.PUBLISHED][group]
        assert "ended by" not in results, results["ended by"]

    def test_the_published_client_and_ours_get_the_same_results(
        self, seen: dict[str, Results], group: str, request: pytest.FixtureRequest
    ) -> None:
        module = request.module
        theirs, ours = seen[module.PUBLISHED][group], seen[module.OURS][group]
        assert differences(theirs, ours, module.agrees, module.DEFECTS, group) == {}

    def test_the_published_client_has_its_defects_and_ours_does_not(
        self, seen: dict[str, Results], defect: tuple[str, str], request: pytest.FixtureRequest
    ) -> None:
        group, label = defect
        is_wrong, is_right = request.module.DEFECTS[defect]
        assert is_wrong(seen[request.module.PUBLISHED][group][label])
        assert is_right(seen[request.module.OURS][group][label])

    def test_no_group_of_the_scenario_is_left_out(
        self, seen: dict[str, Results], request: pytest.FixtureRequest
    ) -> None:
        module = request.module
        assert {package: list(groups) for package, groups in seen.items()} == dict.fromkeys(
            (module.PUBLISHED, module.OURS), module.GROUPS
        )
