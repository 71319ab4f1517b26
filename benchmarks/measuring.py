"""What all benchmarks share: two things measured in turn, medians of both, and a results file for the page on performance."""

import json
import os
import platform
import resource
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Case:
    """One comparison.

    Attributes:
        name: As the page and the list of goals call it: "what / against what".
        ours: Does it our way once.
        peer: Does it the other way once.
        goal: The ratio of medians, ours to the peer's, at most.
        rounds: How many rounds count; one before them doesn't.
    """

    name: str
    ours: Callable[[], object]
    peer: Callable[[], object]
    goal: float
    rounds: int = 5


def run(*command: str | Path, **options: Any) -> Callable[[], object]:
    """A command as something to measure; what it prints is thrown away."""
    return lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)


def cpu_seconds() -> float:
    """CPU seconds of this process and of the children that ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def measured(action: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds of one run."""
    cpu, start = cpu_seconds(), time.perf_counter()
    action()
    return time.perf_counter() - start, cpu_seconds() - cpu


def compared(case: Case) -> dict[str, Any]:
    """A row of results: medians of rounds in which both sides ran, one directly after the other."""
    rounds: list[tuple[tuple[float, float], tuple[float, float]]] = []
    for number in range(case.rounds + 1):
        both = measured(case.ours), measured(case.peer)
        if number:
            rounds.append(both)
    ours, ours_cpu = (statistics.median(ours[which] for ours, _ in rounds) for which in (0, 1))
    peer, peer_cpu = (statistics.median(peer[which] for _, peer in rounds) for which in (0, 1))
    row = {
        "case": case.name,
        "ours": round(ours, 6),
        "peer": round(peer, 6),
        "ratio": round(ours / peer, 3),
        "goal": case.goal,
        "rounds": case.rounds,
        "ours_cpu": round(ours_cpu, 6),
        "peer_cpu": round(peer_cpu, 6),
    }
    cpu_ratio = ours_cpu / peer_cpu if peer_cpu else 0.0
    print(
        f"{case.name:75} {ours * 1e3:9.1f} / {peer * 1e3:8.1f} ms = {ours / peer:.2f} (goal {case.goal:g}; CPU {cpu_ratio:.2f})"
    )
    return row


def write_results(name: str, rows: list[dict[str, Any]]) -> None:
    """Write benchmarks/results/<name>.json, from which `make docs` makes the page."""
    machine = {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "cores": os.cpu_count(),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps({"machine": machine, "rows": rows}, indent=2) + "\n")
