"""The table of docs/published-documents.md: published documents, as tests/compat/published_documents.py tried them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_LOST = ("fault", "loss", "untyped")
"""Kinds of rows of report.json of parts that a client lacks, or has without a type."""


def documents(results: Path) -> str:
    """Return the table of the documents.

    Args:
        results: tests/compat/documents.json.
    """
    rows: dict[str, dict[str, Any]] = json.loads(results.read_text(encoding="utf-8"))
    lines = [
        "| document | version | OpenAPI | operations | parts left out | differences | CPU s | MiB | files | basedpyright | mypy | tests |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [_line(row) for row in sorted(rows.values(), key=lambda row: row["document"].casefold())]
    total = sum(row["operations"] for row in rows.values())
    return "\n".join([*lines, f"| all {len(rows)} | | | {total:,} | | | | | | | | |"])


def _line(row: Mapping[str, Any]) -> str:
    lost = sum(row["reported"].get(kind, 0) for kind in _LOST)
    figures = [len(row["differences"]), f"{row['cpu_seconds']:.1f}", row["mebibytes"], f"{row['modules']:,}"]
    checked = [len(row["basedpyright"]), len(row["mypy"]) if "mypy" in row else "-"]
    tests = f"{row['tests']['passed']:,}" + "".join(
        f", {n} {word}" for word, n in row["tests"].items() if word != "passed"
    )
    cells = [row["document"], row["version"], row["openapi"], f"{row['operations']:,}", lost, *figures, *checked, tests]
    return f"| {' | '.join(str(cell).replace('|', '/') for cell in cells)} |"
