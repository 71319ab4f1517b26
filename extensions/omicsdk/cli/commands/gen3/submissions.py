"""What `omics gen3 submit` and `validate` do."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.gen3.dictionary import dictionary_of
from omicsdk.cli.errors import REFUSED, SHOWN
from omicsdk.gen3.records import known_to, project_of
from omicsdk.gen3.records import validate as findings_in
from omicsdk.gen3.records.tables import Source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from omicsdk.cli.commands.gen3.access import Access
    from omicsdk.cli.console import Console
    from omicsdk.gen3.records import Finding


def submit(access: Access, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics gen3 submit`: a row for each row, with what became of it."""
    outcomes = access.commons.submit_rows(
        arguments["project"],
        arguments["files"],
        dictionary=dictionary_of(access, arguments),
        node_type=arguments.get("node_type"),
        chunk=arguments["chunk_size"],
        dry_run=bool(arguments.get("dry_run")),
        all_or_nothing=bool(arguments.get("all_or_nothing")),
        journal=arguments.get("journal"),
    )
    counts: Counter[str] = Counter()
    rows: list[dict[str, Any]] = []
    refused = 0
    try:
        for outcome in outcomes:
            counts[outcome.status] += 1
            if not outcome.taken:
                refused += 1
                if refused <= SHOWN:
                    for finding in outcome.findings:
                        console.error(str(finding))
            if not outcome.taken or not arguments.get("refused"):
                rows.append(outcome.as_dict())
    except KeyboardInterrupt:
        console.message(f"Stopped after {_said(counts)}. What was taken stays.")
        raise
    if refused > SHOWN:
        console.error(f"and {refused - SHOWN} more rows")
    if refused:
        console.some_failed(f"{_said(counts)} of {counts.total()} rows")
        if refused == counts.total():
            console.exit_code = REFUSED
    else:
        console.message(f"{_said(counts)} of {counts.total()} rows")
    return rows


def validate(access: Access, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics gen3 validate`: a row for each fault."""
    named = arguments.get("project")
    project = project_of(named) if named is not None else None
    found = [
        _row(each)
        for each in findings_in(
            arguments["files"],
            dictionary_of(access, arguments),
            project=project,
            node_type=arguments.get("node_type"),
            known=known_to(access.commons, project) if project is not None else None,
        )
    ]
    tell_findings(found, console, arguments["files"])
    return found


def tell_findings(found: Sequence[object], console: Console, files: Sequence[str | Path] = ()) -> None:
    """Says what a validation of tables came to; that nothing is wrong only where there was something to check.

    Args:
        found: The faults.
        console: Where it is told; the process will end with 1 where there are faults.
        files: The tables; none where what was checked isn't tables of records.
    """
    empty = [file for file in files if not _has_rows(file)]
    for file in empty:
        console.warning(f"{file} has no row: there was nothing to check")
    if found:
        console.error("1 fault was found" if len(found) == 1 else f"{len(found)} faults were found")
        console.exit_code = REFUSED
    elif not files or len(empty) < len(files):
        console.message("nothing is wrong")


def _has_rows(file: str | Path) -> bool:
    rows = iter(Source(file))
    return next(rows, None) is not None


def _row(finding: Finding) -> dict[str, Any]:
    """A fault, its place first: a terminal shows the columns that fit, from the left."""
    stated = finding.as_dict()
    return {name: stated.pop(name) for name in ("file", "sheet", "row", "column", "value", "message")} | stated


def _said(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {status}" for status, count in counts.items()) or "nothing"
