"""What scripts with many cases share: their options, which cases they measure, and what they say of those that they do not."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from types import FrameType
from typing import Any, Generic, NamedTuple, TypeVar

from measuring import Row, write_results

Bench = TypeVar("Bench")


class Entry(NamedTuple, Generic[Bench]):
    """A case.

    Attributes:
        name: As lists of goals call it.
        goal: The ratio or figure, at most; None where there is none.
        needs: What must be there.
        measure: Gives its row, from the bench, the name, the goal and the number of rounds.
    """

    name: str
    goal: float | None
    needs: tuple[str, ...]
    measure: Callable[[Bench, str, float | None, int], Row]


class Options(NamedTuple):
    """What was requested.

    Attributes:
        case: What names of cases must have in them.
        rounds: How many count.
        quick: Whether this is only a trial.
        allow_missing: Whether cases may be left out.
        replace: Whether the rows of some cases replace theirs in the results.
    """

    case: str
    rounds: int
    quick: bool
    allow_missing: bool
    replace: bool = False


def options(doc: str | None) -> Options:
    """Reads the command line, and readies the process: it ends servers on SIGTERM, and no side takes a detour.

    Args:
        doc: The script's own; its first line is the description.
    """
    signal.signal(signal.SIGTERM, _end)
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
    parser = argparse.ArgumentParser(description=(doc or "").splitlines()[0])
    parser.add_argument(
        "--case",
        default="",
        metavar="TEXT",
        help="only cases with this in their names; no results file, unless --replace",
    )
    parser.add_argument("--replace", action="store_true", help="the rows of --case replace theirs in the results")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="rounds that count, 5 by default")
    parser.add_argument("--quick", action="store_true", help="one round of small files, to try; no results file")
    parser.add_argument("--allow-missing", action="store_true", help="end with 0 though a peer isn't installed")
    return Options(**vars(parser.parse_args()))


class Session(Generic[Bench]):
    """A run of a script.

    Args:
        name: The benchmark's.
        entries: All of its cases.
        asked: What was requested.
    """

    def __init__(self, name: str, entries: Sequence[Entry[Bench]], asked: Options) -> None:
        self._name = name
        self._asked = asked
        self.wanted = [entry for entry in entries if asked.case in entry.name]
        if not self.wanted:
            named = "\n".join(entry.name for entry in entries)
            sys.exit(f"no case has {asked.case!r} in its name; there are:\n{named}")
        self._all = len(self.wanted) == len(entries)
        self._rows: list[Row] = []
        self._left_out: list[str] = []
        self._failed: list[str] = []

    def measure(self, bench: Bench, missing: Callable[[Iterable[str]], list[str]]) -> None:
        """Measures what was requested.

        Args:
            bench: What cases work with.
            missing: Which of some needs of a case are not there.
        """
        for entry in self.wanted:
            if lost := missing(entry.needs):
                self._left_out.append(f"{entry.name}: {' and '.join(lost)} isn't there")
                continue
            try:
                row = entry.measure(bench, entry.name, entry.goal, 1 if self._asked.quick else self._asked.rounds)
            except Exception as error:  # the other cases are measured all the same
                self._failed.append(f"{entry.name}: {error}")
                continue
            self._rows.append(_bounded(row))

    def end(self, about: str = "", **machine: Any) -> int:
        """Writes the results when nothing is missing from them that could be measured; gives the exit code.

        Args:
            about: What runs, for the page on performance.
            machine: More of what the figures depend on, such as versions of peers.
        """
        if (self._all or self._asked.replace) and not self._failed and not self._asked.quick:
            write_results(self._name, self._rows, about, some=not self._all, **machine)
        for line in self._left_out:
            print(f"LEFT OUT: {line}", file=sys.stderr)
        for line in self._failed:
            print(f"FAILED: {line}", file=sys.stderr)
        return 1 if self._failed or (self._left_out and not self._asked.allow_missing) else 0


def _bounded(row: Row) -> Row:
    """A row without its bound where the goal was reached all the same."""
    return {**row, "bound": None} if row["ratio"] <= row.get("goal", row["ratio"]) else row


def _end(number: int, _frame: FrameType | None) -> None:
    """Makes a SIGTERM end servers and delete files as Ctrl-C does."""
    sys.exit(128 + number)
