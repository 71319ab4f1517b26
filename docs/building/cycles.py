"""The table of CRUD cycles in docs/published-documents.md: published documents in the sandbox, as tests/compat/sandbox_cycles.py tried them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_KINDS = ("missing", "type", "value")


def cycles(results: Path) -> str:
    """Return the table of the documents.

    Args:
        results: tests/compat/sandbox_cycles.json.
    """
    rows: dict[str, dict[str, Any]] = json.loads(results.read_text(encoding="utf-8"))
    lines = [
        "| document | version | resources | complete | with updates | in pages | field missing | wrong type | bad value |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [_line(row) for row in sorted(rows.values(), key=lambda row: row["document"].casefold())]
    return "\n".join([*lines, _total(list(rows.values()))])


def _line(row: Mapping[str, Any]) -> str:
    counts = [row[key] for key in ("resources", "complete", "updated", "paged")]
    cells = [row["document"], row["version"], *counts, *(_share(*row["wrong_bodies"][kind]) for kind in _KINDS)]
    return f"| {' | '.join(str(cell).replace('|', '/') for cell in cells)} |"


def _total(rows: list[dict[str, Any]]) -> str:
    counts = [sum(row[key] for row in rows) for key in ("resources", "complete", "updated", "paged")]
    wrong = [_share(*(sum(row["wrong_bodies"][kind][at] for row in rows) for at in (0, 1))) for kind in _KINDS]
    return f"| all {len(rows)} | | {' | '.join(map(str, [*counts, *wrong]))} |"


def _share(refused: int, sent: int) -> str:
    return f"{refused} of {sent}" if sent else "-"
