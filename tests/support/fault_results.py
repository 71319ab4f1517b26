"""The results for each fault, counted over a whole run of the tests: `pytest tests/faults --fault-results FILE`."""

import json
import platform
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

OPTION = "--fault-results"


class Results:
    """Collects what trials reported; in the process that runs the tests, or that collects from those that do.

    Args:
        file: Where the results go.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._rows: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take in the end of a test."""
        if report.when == "teardown":
            self._rows += [row for name, row in report.user_properties if name == "fault" and isinstance(row, dict)]

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the file, when every test passed: a page on reliability is made of passed tests only.

        The rows of long tests stay when none of them ran, and those of all others when only long tests did.
        """
        if exitstatus != 0 or not self._rows:
            return
        results = summary(self._rows)
        ran = {"ran" in row for row in results["faults"]}
        before = json.loads(self._file.read_text(encoding="utf-8"))["faults"] if self._file.exists() else []
        kept = [row for row in before if ("ran" in row) not in ran]
        results["faults"] = sorted([*results["faults"], *kept], key=lambda row: (row["order"], "ran" in row))
        self._file.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def summary(outcomes: list[dict[str, Any]]) -> dict[str, Any]:
    """Add up what trials reported.

    Args:
        outcomes: For each test the section, the fault, its place, the endings and whether it is a long one.

    Returns:
        The machine's words, and a row a fault, in the tests' order; long tests of a fault have another row, which
        states when and where they ran.
    """
    rows = dict[tuple[str, str, bool], dict[str, Any]]()
    for one in sorted(outcomes, key=lambda one: one["order"]):
        key = one["section"], one["fault"], one["long"]
        row = {
            "section": key[0],
            "fault": key[1],
            "order": one["order"],
            "tried": 0,
            "right": 0,
            "ended": Counter[str](),
        }
        row = rows.setdefault(key, {**row, "ran": f"{datetime.now(UTC):%Y-%m-%d}, {machine()}"} if key[2] else row)
        row["tried"] += len(one["endings"])
        for ending in one["endings"]:
            if ending == "right file":
                row["right"] += 1
            else:
                row["ended"][ending] += 1
    for row in rows.values():
        row["ended"] = dict(sorted(row["ended"].items()))
    return {"machine": machine(), "faults": list(rows.values())}


def machine() -> str:
    """What the tests ran on."""
    import pycurl

    libcurl = pycurl.version_info()[1]
    return f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, libcurl {libcurl}"
