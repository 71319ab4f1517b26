"""What the command line takes to show help, against an interpreter that does nothing.

    python benchmarks/cli_startup.py

Interleaved, medians of 20 after one round that isn't counted. Prints ratios and writes
benchmarks/results/cli_startup.json.
"""

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 20
GOAL = 3.0
SCRIPT = Path(sys.executable).with_name("omics")
BARE = [sys.executable, "-c", "pass"]
CASES = {
    "omics --help / python -c pass": ([str(SCRIPT), "--help"], ["Usage: omics", "dss"]),
    "omics dss get-bundle --help / python -c pass": (
        [str(SCRIPT), "dss", "get-bundle", "--help"],
        ["--uuid", "--replica", "--presignedurls"],
    ),
}


def measured(command: list[str]) -> tuple[float, float]:
    """Wall and CPU seconds of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measures all cases in one run."""
    for name, (command, wanted) in CASES.items():
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        if missing := [text for text in wanted if text not in shown]:
            sys.exit(f"{name}: the help doesn't show {missing[0]}")
    commands = {"bare": BARE} | {name: command for name, (command, _) in CASES.items()}
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for counted in range(ROUNDS + 1):
        for name, command in commands.items():
            run = measured(command)
            if counted:
                runs[name].append(run)
    medians = {
        name: [statistics.median(column) for column in zip(*values, strict=True)] for name, values in runs.items()
    }
    peer, peer_cpu = medians.pop("bare")
    rows = []
    for name, (wall, cpu) in medians.items():
        ratio = wall / peer
        rows.append(
            {
                "case": name,
                "ours": round(wall, 5),
                "peer": round(peer, 5),
                "ratio": round(ratio, 3),
                "goal": GOAL,
                "rounds": ROUNDS,
                "ours_cpu": round(cpu, 5),
                "peer_cpu": round(peer_cpu, 5),
            }
        )
        print(
            f"{name:50} {wall * 1e3:6.1f} / {peer * 1e3:5.1f} ms = {ratio:.2f} (goal {GOAL:g}; CPU {cpu / peer_cpu:.2f})"
        )
    machine = {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "cores": os.cpu_count(),
    }
    results = Path(__file__).parent / "results"
    results.mkdir(exist_ok=True)
    (results / "cli_startup.json").write_text(json.dumps({"machine": machine, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
