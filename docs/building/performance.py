"""Pages and tables of measurements, made from what benchmarks wrote: benchmarks/results/*.json, each its own file."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

OPENING = """\
# Performance

Made by `make docs` from `benchmarks/results/`. Each benchmark runs omicsdk and its peer in one run, taking turns, and reports medians.
The ratio is omicsdk divided by the peer: less is better unless the goal has a `≥`. Seconds are wall time, with CPU seconds in brackets.
The number of rounds is followed by the lowest and highest ratio (or value) of a round. Rows that move files name the target file system
and the machine's load (1 minute) at the start. The machine is shared, so the rounds are those in which it was quietest, measured by a
calibration before and after each of up to three times as many rounds. `make bench` repeats all measurements on your machine.
"""


def performance(results: Mapping[str, Mapping[str, Any]]) -> str:
    """The page.

    Args:
        results: A benchmark's name to what it wrote: `machine` and `rows`.
    """
    sections = [_section(name, result) for name, result in sorted(results.items())]
    return "\n".join([OPENING, *(sections or ["Nothing has been measured yet.\n"])])


IN_SHORT = (
    ("hca", "omics dss --help / hca dss --help", "Print a help text"),
    ("hca", "download-manifest 1,000 x 20 KB / hca", "Download 1,000 files of 20 KB by manifest, SHA-256 verified"),
    ("hca", "upload of a bundle of 500 files / hca", "Upload a bundle of 500 files"),
    ("gen3", "200 x 5 MB with md5 / drs-pull", "Download 200 files of 5 MB by DRS (drs-pull verifies nothing)"),
    ("gen3", "validate a 1,000,000-row manifest / gen3", "Validate a manifest of 1,000,000 rows"),
    (
        "sevenbridges",
        "download 1 GiB, SHA-256 / sevenbridges (no checksum)",
        "Download 1 GiB with SHA-256 (sevenbridges-python verifies nothing)",
    ),
    ("sevenbridges", "10,000 metadata updates / sevenbridges", "Update the metadata of 10,000 files"),
    ("crunch_pangea", "get_samples over 2,000 / pangea_api", "List 2,000 samples"),
    ("sevenbridges", "upload 512 MiB, warm process / sevenbridges", "Upload 512 MiB"),
)
"""The rows that the README shows: benchmark, case, and what it is in words."""

OTHER_TOOLS = (
    (
        "transfer",
        "60 MB/s a connection, 512 MiB / curl",
        "Download 512 MiB from a server that limits each connection to 60 MB/s",
    ),
    ("transfer", "512 MiB or more, SHA-256 / curl", "Download 512 MiB with SHA-256 (curl verifies nothing)"),
    (
        "transfer",
        "512 MiB or more, SHA-256 / curl then openssl dgst -sha256",
        "Download 512 MiB with SHA-256 (curl, then openssl)",
    ),
    ("transfer", "200 x 5 MB, SHA-256 / curl", "Download 200 files of 5 MB with SHA-256 (curl verifies nothing)"),
    ("transfer", "5,000 x 20 KB / aria2c", "Download 5,000 files of 20 KB"),
    ("transfer", "5,000 x 20 KB / rclone", "Download 5,000 files of 20 KB"),
    ("transfer", "5,000 x 20 KB / s5cmd", "Download 5,000 files of 20 KB"),
    ("transfer", "one file of 20 KB, from the start of the process to its end / curl", "Download one file of 20 KB"),
    ("cli_startup", "omics ls, 1000 objects / rclone lsf", "List 1,000 objects of a bucket"),
    ("cli_startup", "omics ls, 1000 objects / aws s3 ls", "List 1,000 objects of a bucket"),
    ("file_systems", "omics sync of 20,000 small local files / rclone", "Synchronise 20,000 small local files"),
    (
        "file_systems",
        "omics sync of 20,000 small local files, nothing to do / rclone",
        "The same again, with nothing to do",
    ),
)
"""The rows that docs/why-not.md shows, the unfavourable ones included."""


def chosen(results: Mapping[str, Mapping[str, Any]], rows: Sequence[tuple[str, str, str]], other: str) -> str:
    """Return a table of a few rows of the page.

    Args:
        results: A benchmark's name to what it wrote: `machine` and `rows`.
        rows: Benchmark, case, and what it is in words.
        other: Heading of the column of the peers.

    Raises:
        KeyError: A benchmark or a case does not exist.
    """
    lines = [f"| Task | {other} | omicsdk | Ratio |", "|---|---:|---:|---:|"]
    for name, case, words in rows:
        row = {each["case"]: each for each in results[name]["rows"]}[case]
        peer, ours = (_amount(row[who], "s") for who in ("peer", "ours"))
        lines.append(f"| {words} | {case.rpartition(' / ')[2].split(' ')[0]}: {peer} | {ours} | {row['ratio']:.2f} |")
    return "\n".join(lines)


def _section(name: str, result: Mapping[str, Any]) -> str:
    rows: list[Mapping[str, Any]] = result["rows"]
    columns = dict(_COLUMNS)
    if not any("file_system" in row for row in rows):
        del columns["file system, load"]
    lines = [
        f"## {name}",
        "",
        f"`python benchmarks/{name}.py`, on {_machine(result['machine'])}.",
        "",
        *([result["about"], ""] if "about" in result else []),
        f"| {' | '.join(columns)} |",
        "|---|" + "|".join("---" if title in _WORDS else "---:" for title in list(columns)[1:]) + "|",
        *(f"| {' | '.join(cell(row) for cell in columns.values())} |" for row in rows),
    ]
    notes = [f"- {note}" for row in rows for note in (_bound(row), _each(row), _elsewhere(row)) if note]
    commands = dict.fromkeys(row["peer_command"] for row in rows if "peer_command" in row)
    ran = ["Peers ran as:", "", *(f"- `{command}`" for command in commands), ""] if commands else []
    return "\n".join([*lines, "", *notes, *([""] if notes else []), *ran])


def _machine(machine: str | Mapping[str, Any]) -> str:
    if isinstance(machine, str):
        return machine
    return ", ".join(f"{name} {value}" if name != "system" else str(value) for name, value in machine.items())


def _case(row: Mapping[str, Any]) -> str:
    return str(row["case"]).replace("|", "\\|")


def _ratio(row: Mapping[str, Any]) -> str:
    held = "" if _holds(row) else "(bounded)" if _reaches_bound(row) else "(missed)"
    ratio = "" if row.get("unit") and row.get("peer") is None else f"{row['ratio']:.2f}"
    return f"{ratio} {held}".strip()


def _goal(row: Mapping[str, Any]) -> str:
    return "" if row.get("goal") is None else f"{'≥' if row.get('higher') else '≤'} {row['goal']:g}"


def _rounds(row: Mapping[str, Any]) -> str:
    spread = f" ({row['spread'][0]:.2f}–{row['spread'][1]:.2f})" if row.get("spread") else ""
    return f"{row.get('rounds', '')}{spread}"


def _place(row: Mapping[str, Any]) -> str:
    return f"{row['file_system']}, {row['load']:.1f}" if "file_system" in row else ""


def _holds(row: Mapping[str, Any]) -> bool:
    goal, ratio = row.get("goal"), row["ratio"]
    return goal is None or (ratio >= goal if row.get("higher") else ratio <= goal)


def _reaches_bound(row: Mapping[str, Any]) -> bool:
    """Whether a row comes within a tenth of what its machine allows at best; a bound without a figure is reached."""
    bound = row.get("bound")
    return row["ratio"] <= 1.1 * bound["ratio"] if isinstance(bound, Mapping) else bool(bound)


def _figure(row: Mapping[str, Any], who: str) -> str:
    value = row.get(who)
    if value is None:
        return ""
    text = _amount(value, row.get("unit", "s"))
    if (cpu := row.get(f"{who}_cpu")) is not None:
        return f"{text} ({_amount(cpu, 's')})"
    if (wall := row.get(f"{who}_wall")) is not None:
        return f"{text} of CPU ({_amount(wall, 's')} wall)"
    return text


def _amount(value: float, unit: str) -> str:
    return f"{value * 1000:.1f} ms" if unit == "s" and value < 1 else f"{value:,.2f} {unit}"


def _bound(row: Mapping[str, Any]) -> str:
    bound = row.get("bound")
    if not bound:
        return ""
    if isinstance(bound, Mapping):
        return f"{row['case']}: bounded at {bound['ratio']:g}, because {bound['reason']}"
    return f"{row['case']}: bounded, because {bound}"


def _elsewhere(row: Mapping[str, Any]) -> str:
    """Where a row was measured that isn't of the machine of the others."""
    machine = row.get("machine")
    return f"{row['case']}: measured on {machine['system']}, cores {machine['cores']}." if machine else ""


def _each(row: Mapping[str, Any]) -> str:
    """What the worst one of a row was chosen from."""
    told = ", ".join(f"{what} {_amount(value, row.get('unit', 's'))}" for what, value in row.get("each", {}).items())
    return f"{row['case']}, each: {told}." if told else ""


_COLUMNS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "case": _case,
    "omicsdk": partial(_figure, who="ours"),
    "peer": partial(_figure, who="peer"),
    "ratio": _ratio,
    "goal": _goal,
    "rounds": _rounds,
    "file system, load": _place,
}
_WORDS = {"file system, load"}


def read_results(folder: Path) -> dict[str, Any]:
    """All results that benchmarks wrote, by the benchmark's name."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}
