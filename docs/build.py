"""`make docs`: write the pages that are made from something else.

    python docs/build.py            write them
    python docs/build.py --check    end with 1 when one isn't what would be written

docs/performance.md is made from benchmarks/results/*.json; each benchmark writes its own file there.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PERFORMANCE = ROOT / "docs" / "performance.md"
RESULTS = ROOT / "benchmarks" / "results"

OPENING = """\
# Performance

Made by `make docs` from `benchmarks/results/`; nothing here is estimated. Each benchmark measures omicsdk and its peer in
one run, interleaved, and takes medians. A ratio is ours divided by the peer's, so less is better where it isn't said
otherwise; seconds are wall time, with CPU seconds in brackets. `make bench` measures anew on your machine.
"""


def performance(results: Mapping[str, Mapping[str, Any]]) -> str:
    """The page.

    Args:
        results: A benchmark's name to what it wrote: `machine` and `rows`.
    """
    sections = [_section(name, result) for name, result in sorted(results.items())]
    return "\n".join([OPENING, *(sections or ["Nothing has been measured yet.\n"])])


def _section(name: str, result: Mapping[str, Any]) -> str:
    lines = [
        f"## {name}",
        "",
        f"`python benchmarks/{name}.py`, on {_machine(result['machine'])}.",
        "",
        "| case | omicsdk | peer | ratio | goal | rounds |",
        "|---|---:|---:|---:|---:|---:|",
        *(_row(row) for row in result["rows"]),
    ]
    notes = [_bound(row) for row in result["rows"] if row.get("bound")]
    return "\n".join([*lines, "", *notes, *([""] if notes else [])])


def _machine(machine: str | Mapping[str, Any]) -> str:
    if isinstance(machine, str):
        return machine
    return ", ".join(f"{name} {value}" if name != "system" else str(value) for name, value in machine.items())


def _row(row: Mapping[str, Any]) -> str:
    goal = "" if row.get("goal") is None else f"{'≥' if row.get('higher') else '≤'} {row['goal']:g}"
    held = " (bounded)" if row.get("bound") else "" if _holds(row) else " (missed)"
    cells = (
        str(row["case"]).replace("|", "\\|"),
        _figure(row, "ours"),
        _figure(row, "peer"),
        f"{row['ratio']:.2f}{held}",
        goal,
        str(row.get("rounds", "")),
    )
    return f"| {' | '.join(cells)} |"


def _holds(row: Mapping[str, Any]) -> bool:
    goal, ratio = row.get("goal"), row["ratio"]
    return goal is None or (ratio >= goal if row.get("higher") else ratio <= goal)


def _figure(row: Mapping[str, Any], who: str) -> str:
    value = row.get(who)
    if value is None:
        return ""
    cpu = row.get(f"{who}_cpu")
    text = _amount(value, row.get("unit", "s"))
    return text if cpu is None else f"{text} ({_amount(cpu, 's')})"


def _amount(value: float, unit: str) -> str:
    return f"{value * 1000:.1f} ms" if unit == "s" and value < 1 else f"{value:,.2f} {unit}"


def _bound(row: Mapping[str, Any]) -> str:
    bound = row["bound"]
    if isinstance(bound, Mapping):
        return f"{row['case']}: bounded at {bound['ratio']:g}, because {bound['reason']}"
    return f"{row['case']}: bounded, because {bound}"


def read_results(folder: Path) -> dict[str, Any]:
    """All results that benchmarks wrote, by the benchmark's name."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def main(arguments: list[str]) -> int:
    """Write the pages, or compare them; gives the exit code."""
    made = performance(read_results(RESULTS))
    if "--check" not in arguments:
        PERFORMANCE.write_text(made, encoding="utf-8")
        return 0
    if PERFORMANCE.exists() and PERFORMANCE.read_text(encoding="utf-8") == made:
        return 0
    sys.stderr.write(f"{PERFORMANCE.relative_to(ROOT)} isn't what the results say: run `make docs`\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
