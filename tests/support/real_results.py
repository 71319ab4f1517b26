"""What was tried with servers that others wrote: `pytest tests/real --real-results FILE`, which docs/tested-with.md is made from."""

import json
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from orthanc import Orthanc
from real_servers import Server

OPTION = "--real-results"
REPLAYED = "replayed"
"""The property of a test with the number of requests that a recording has for the sandbox, and how many it answers otherwise."""
DIFFERENCES = Path(__file__).parents[1] / "real" / "differences.toml"


class Results:
    """Notes for each test which server it met, and writes the file when all passed.

    Args:
        file: Where the results go; none where only the tests' process notes.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._rows: list[dict[str, Any]] = []
        self._replayed: dict[str, Any] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_call(self, item: pytest.Item) -> None:
        """Note the servers among a test's fixtures, and those that its marker names."""
        marker = item.get_closest_marker("tried")
        fixtures: Mapping[str, Any] = getattr(item, "funcargs", {})
        if marker is not None:
            for server in fixtures.values():
                if isinstance(server, Server | Orthanc):
                    row = {"server": server.name, "version": server.version, "tried": marker.args[0]}
                    item.user_properties.append(("real", row))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take in the end of a test."""
        if report.when == "call" and report.passed:
            properties = (row for name, row in report.user_properties if name == REPLAYED and isinstance(row, dict))
            for row in properties:
                self._replayed[row["server"]] = {name: row[name] for name in ("requests", "argued")}
            self._rows += [row for name, row in report.user_properties if name == "real" and isinstance(row, dict)]

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the file if every test passed. A server that was skipped keeps its last rows, with their date."""
        if self._file is None or exitstatus != 0 or not (self._rows or self._replayed):
            return
        kept = json.loads(self._file.read_text(encoding="utf-8")) if self._file.exists() else {}
        ran = {**kept.get("servers", {}), **summary(self._rows, f"{datetime.now(UTC):%Y-%m-%d}")}
        replayed = {**kept.get("recordings", {}), **self._replayed}
        results = {"servers": dict(sorted(ran.items())), "recordings": dict(sorted(replayed.items()))}
        text = json.dumps(results, indent=1, ensure_ascii=False)
        self._file.write_text(text + "\n", encoding="utf-8")


def summary(outcomes: list[dict[str, Any]], date: str) -> dict[str, Any]:
    """For each server its version, the date and what was tried.

    Args:
        outcomes: Server, version and what was tried, of each test that passed.
        date: Of the run.
    """
    rows: dict[str, Any] = {}
    for one in outcomes:
        row = rows.setdefault(one["server"], {"version": one["version"], "date": date, "tried": []})
        row["tried"] = sorted({*row["tried"], one["tried"]})
    return rows


def differences(server: str) -> dict[str, str]:
    """How a server differs from its specification, by the names that tests have for it."""
    document: dict[str, Any] = tomllib.loads(DIFFERENCES.read_text(encoding="utf-8"))
    return document["servers"].get(server, {}).get("differences", {})


def sandbox_differences(server: str, named: Literal["requests", "fields"] = "requests") -> set[str]:
    """The requests that the sandbox answers otherwise than a server does, or fields of its responses; each group is argued.

    Args:
        server: The server.
        named: Whether requests are wanted, in which a `*` means any text, or fields.
    """
    document: dict[str, Any] = tomllib.loads(DIFFERENCES.read_text(encoding="utf-8"))
    return {
        difference for argued in document["servers"][server].get("sandbox", ()) for difference in argued.get(named, ())
    }
