"""The table of docs/published-programs.md: others' programs for published clients, as tests/compat/published_programs.py ran them."""

import json
import tomllib
from collections import Counter
from pathlib import Path

OMICSDK = "omicsdk"
"""The party in programs.toml that stops a program if this project does."""


def programs(folder: Path) -> str:
    """Return the table of the projects, and that of the programs that omicsdk stops.

    Args:
        folder: tests/compat.
    """
    document = tomllib.loads((folder / "programs.toml").read_text(encoding="utf-8"))
    shared = document.pop("causes", {}).get("all", [])
    lines = ["| project | client | programs | ran | stopped by | of these by omicsdk |", "|---|---|---:|---:|---|---:|"]
    stopped: list[str] = []
    totals: Counter[str] = Counter()
    for name, project in document.items():
        rows = json.loads((folder / "programs" / f"{name}.json").read_text(encoding="utf-8"))
        by = Counter(row["by"] for row in rows if row["reason"])
        ours = by.pop(OMICSDK, 0)
        others = ", ".join(f"{party} {count}" for party, count in sorted(by.items()))
        ran = sum(not row["reason"] for row in rows)
        totals.update(programs=len(rows), ran=ran, ours=ours)
        lines.append(
            f"| {project['repository']} | `{project['client']}` | {len(rows)} | {ran} | {others} | {ours or ''} |"
        )
        causes = [*project.get("causes", ()), *shared]
        stopped += [
            f"| {project['repository']}: {row['program']} | {causes[row['cause']]['why']} |"
            for row in rows
            if row["by"] == OMICSDK
        ]
    lines.append(f"| all | | {totals['programs']} | {totals['ran']} | | {totals['ours'] or ''} |")
    if stopped:
        lines += ["", "| stopped by omicsdk | why |", "|---|---|", *stopped]
    return "\n".join(lines)
