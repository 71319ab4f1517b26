"""The tables of docs/tested-with.md: servers that others wrote, which `make real` met, and those whose recordings tests replay."""

import json
import tomllib
from pathlib import Path
from typing import Any


def tested(folder: Path) -> str:
    """Return a table of the servers that ran, one of what each answered otherwise, and one of the recordings.

    Args:
        folder: tests/real.
    """
    results: dict[str, Any] = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    ran = results["servers"]
    document = tomllib.loads((folder / "differences.toml").read_text(encoding="utf-8"))
    lines = ["### Servers that run in the tests", "", "| server | version | last run |", "|---|---|---|"]
    lines += [f"| {name} | {row['version']} | {row['date']} |" for name, row in sorted(ran.items())]
    with_whom: dict[str, list[str]] = {}
    for name, row in sorted(ran.items()):
        for tried in row["tried"]:
            with_whom.setdefault(tried, []).append(name)
    lines += ["", "| what was tried | with |", "|---|---|"]
    lines += [f"| {tried} | {', '.join(names)} |" for tried, names in with_whom.items()]
    lines += [
        "",
        "### How they differ from the specification",
        "",
        "| server | specification | difference |",
        "|---|---|---|",
    ]
    for name, row in sorted(document["servers"].items()):
        lines += [f"| {name} | {row['specification']} | {text} |" for text in row.get("differences", {}).values()]
    lines += ["", "### Where the sandbox answers otherwise than they do", "", "| server | difference |", "|---|---|"]
    for name, row in sorted(document["servers"].items()):
        lines += [f"| {name} | {argued['why']} |" for argued in row.get("sandbox", ())]
    lines += ["", "### Servers whose recordings are replayed", ""]
    lines += [
        "| server | version | specification | recorded | what was tried | differences |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['server']} | {row['version']} | {row['specification']} | {row['date']} | {row['tried']} | {row['differences']} |"
        for row in document["recorded"]
    ]
    lines += ["", "| recording | requests sent to the sandbox | answered otherwise, argued above |", "|---|---|---|"]
    lines += [f"| {name} | {row['requests']} | {row['argued']} |" for name, row in results["recordings"].items()]
    return "\n".join(lines)
