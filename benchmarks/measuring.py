"""What all benchmarks share: two things measured in turn, medians of both, and a results file for the page on performance."""

import json
import os
import platform
import random
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

RESULTS = Path(__file__).parent / "results"


QUIET = 1.15
"""A round is quiet when a piece of work takes, before it and after it, at most so many times the shortest time seen."""
TRIES = 3
"""At most so many rounds are made for one that counts."""

T = TypeVar("T")


class Spent(NamedTuple):
    """What one run took, in seconds.

    Attributes:
        wall: By the clock.
        cpu: Of all cores.
        least: CPU seconds of work that no user is spared who does the same, measured beside it; 0 where that was not.
    """

    wall: float
    cpu: float
    least: float = 0.0


Row = dict[str, Any]
"""A row of results, as the page on performance reads it."""

Action = Callable[[], object]
"""Does something once; one that measures itself (because it happens in another process) gives a Spent."""


@dataclass(frozen=True)
class Case:
    """One comparison.

    Attributes:
        name: As the page and the list of goals call it: "what / against what".
        ours: Does it our way once.
        peer: Does it the other way once.
        goal: The ratio of medians, ours to the peer's, at most; None where there is none.
        rounds: How many rounds count; one before them does not.
        prepare: Is done directly before each run, and not counted.
        check: Is done directly after each run, and not counted; raises when the run did not do what it should.
        facts: More of the row, such as the file system.
    """

    name: str
    ours: Action
    peer: Action
    goal: float | None
    rounds: int = 5
    prepare: Callable[[], object] = lambda: None
    check: Callable[[], object] = lambda: None
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])


def run(*command: str | Path, **options: Any) -> Action:
    """A command as something to measure; what it prints is thrown away."""

    def act() -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)

    return act


def cpu_seconds() -> float:
    """CPU seconds of this process and of the children that ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def measured(action: Action) -> Spent:
    """What one run takes."""
    cpu, start = cpu_seconds(), time.perf_counter()
    told = action()
    spent = Spent(time.perf_counter() - start, cpu_seconds() - cpu)
    return told if isinstance(told, Spent) else spent


class Pace:
    """How fast this machine is: what neighbours on a shared machine leave of it differs from minute to minute.

    Args:
        work: Gives the seconds that a piece of work took that is always the same.
    """

    def __init__(self, work: Callable[[], float]) -> None:
        self._work = work
        self._shortest = float("inf")

    def measure(self) -> float:
        """Seconds that the piece of work takes now."""
        took = self._work()
        self._shortest = min(self._shortest, took)
        return took

    def is_quiet(self, took: float) -> bool:
        """Whether the piece of work took about the shortest time that was seen yet."""
        return took <= QUIET * self._shortest


def _looking_up() -> float:
    """Seconds that looking things up takes in more memory than a core has for itself: neighbours slow that down most."""
    table, order = _table()
    start, total = time.perf_counter(), 0
    for name in order:
        total += len(table[name])
    return time.perf_counter() - start


@cache
def _table() -> tuple[dict[int, str], list[int]]:
    table = {number: str(number) for number in range(300_000)}
    return table, random.Random(0).sample(sorted(table), 40_000)


PACE = Pace(_looking_up)


def quietest(rounds: int, once: Callable[[int], T], pace: Pace = PACE) -> list[T]:
    """What a round gave, of those in which the rest of this machine was quietest.

    Rounds are chosen by how fast the machine was before and after them, never by what they gave.

    Args:
        rounds: How many count. One before them does not.
        once: Does a round, told its number from 0.
        pace: How fast this machine is.
    """
    each, before = list[tuple[float, int, T]](), pace.measure()
    for number in range(rounds * TRIES + 1):
        given = once(number)
        after = pace.measure()
        each.append((max(before, after), number, given))
        before = after
        if sum(pace.is_quiet(slowest) for slowest, _, _ in each[1:]) >= rounds:
            break
    chosen = sorted(each[1:], key=lambda one: one[:2])[:rounds]
    return [given for _, _, given in sorted(chosen, key=lambda one: one[1])]


def rounds_of(case: Case) -> list[tuple[Spent, Spent]]:
    """What both sides took in each round that counts: one directly after the other, and each first in every second round."""

    def spent(action: Action) -> Spent:
        case.prepare()
        found = measured(action)
        case.check()
        return found

    def both(number: int) -> tuple[Spent, Spent]:
        if number % 2:
            peer, ours = spent(case.peer), spent(case.ours)
        else:
            ours, peer = spent(case.ours), spent(case.peer)
        return ours, peer

    return quietest(case.rounds, both)


def row_of(case: Case, rounds: Sequence[tuple[Spent, Spent]], of: Literal["wall", "cpu"] = "wall") -> Row:
    """A row of results.

    Args:
        case: What was measured.
        rounds: What both sides took.
        of: Whether wall or CPU seconds are compared. In a row of CPU seconds the wall is beside them.
    """
    ours, peer = (Spent(*map(statistics.median, zip(*side, strict=True))) for side in zip(*rounds, strict=True))
    mine, other = (ours.wall, peer.wall) if of == "wall" else (ours.cpu, peer.cpu)
    each = sorted(getattr(one, of) / getattr(two, of) for one, two in rounds)
    beside = (
        {"ours_cpu": ours.cpu, "peer_cpu": peer.cpu}
        if of == "wall"
        else {"ours_wall": ours.wall, "peer_wall": peer.wall}
    )
    row = {
        "case": case.name,
        "ours": round(mine, 6),
        "peer": round(other, 6),
        "ratio": round(mine / other, 3),
        "spread": [round(each[0], 3), round(each[-1], 3)],
        **({} if case.goal is None else {"goal": case.goal}),
        "rounds": len(rounds),
        **{name: round(value, 6) for name, value in beside.items()},
        **case.facts,
    }
    second = "CPU" if of == "wall" else "wall"
    second_ratio = f"{ours[of == 'wall'] / peer[of == 'wall']:.2f}" if peer[of == "wall"] else "-"
    goal = "none" if case.goal is None else f"{case.goal:g}"
    print(
        f"{case.name:75} {mine * 1e3:9.1f} / {other * 1e3:8.1f} ms = {mine / other:.2f}"
        f" ({each[0]:.2f}-{each[-1]:.2f}; goal {goal}; {second} {second_ratio})",
        flush=True,
    )
    return row


def compared(case: Case) -> Row:
    """A row of results: medians of wall seconds of rounds in which both sides ran, one directly after the other."""
    return row_of(case, rounds_of(case))


def figure_row(name: str, values: Sequence[float], goal: float | None, unit: str, facts: Mapping[str, Any]) -> Row:
    """A row of results of a figure that nothing is compared with: its median, which the goal is held against.

    Args:
        name: The case's.
        values: One a round that counts.
        goal: The median, at most.
        unit: "s" or "MiB".
        facts: More of the row.
    """
    value = round(statistics.median(values), 4)
    spread = [round(min(values), 4), round(max(values), 4)]
    goal_told = "none" if goal is None else f"{goal:g}"
    print(f"{name:75} {value:9.2f} {unit} ({spread[0]:.2f}-{spread[1]:.2f}; goal {goal_told})", flush=True)
    row = {"case": name, "ours": value, "peer": None, "ratio": value, "spread": spread, "unit": unit}
    return {**row, **({} if goal is None else {"goal": goal}), "rounds": len(values), **facts}


def write_results(name: str, rows: Sequence[Row], about: str = "", *, some: bool = False, **machine: Any) -> None:
    """Write benchmarks/results/<name>.json, from which `make docs` makes the page.

    Args:
        name: The benchmark's.
        rows: What it found.
        about: What ran, in a paragraph of Markdown, where the rows do not say it.
        some: Whether the rows replace those of the same cases in a file that is there, which has others; where that tells of
            another machine or other versions, they name their own.
        machine: More of what the figures depend on, such as versions of servers and peers.
    """
    told = {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        **machine,
    }
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{name}.json"
    if some:
        before = json.loads(file.read_text())
        elsewhere = {} if before["machine"] == told else {"machine": told}
        anew = {row["case"]: {**row, **elsewhere} for row in rows}
        rows, told = [anew.get(row["case"], row) for row in before["rows"]], before["machine"]
    result = {"machine": told, **({"about": about} if about else {}), "rows": list(rows)}
    file.write_text(json.dumps(result, indent=2) + "\n")
