"""The table of costs in docs/generators.md: packages of published documents, as tests/compat/package_costs.py measured them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def packages(results: Path) -> str:
    """Return the table of the packages.

    Args:
        results: tests/compat/package_costs.json.
    """
    rows: dict[str, dict[str, dict[str, Any]]] = json.loads(results.read_text(encoding="utf-8"))
    lines = [
        "| document | generator | operations | modules | lines per operation | KiB | runtime KiB | import ms |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name, row in sorted(rows.items(), key=lambda item: item[1]["ours"]["operations"]):
        lines += [_line(name, "omics", row["ours"]), _line("", "openapi-python-client", row["stock"])]
    return "\n".join(lines)


def _line(document: str, generator: str, row: Mapping[str, Any]) -> str:
    if "refused" in row:
        return f"| {document} | {generator} | refused | | | | | |"
    runtime = f"{row['runtime']['bytes'] / 1024:,.0f}" if "runtime" in row else "-"
    cells = [
        document,
        generator,
        f"{row['operations']:,}",
        f"{row['modules']:,}",
        f"{row['lines'] / row['operations']:,.0f}",
    ]
    cells += [
        f"{row['bytes'] / 1024:,.0f}",
        runtime,
        "fails" if row["seconds"] is None else f"{row['seconds'] * 1000:,.0f}",
    ]
    return f"| {' | '.join(cells)} |"
