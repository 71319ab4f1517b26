"""What `omics dtp submit` does."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.dtp.progress import Counting
from omicsdk.cli.errors import REFUSED, SHOWN
from omicsdk.dtp.commons import Gen3Submitter
from omicsdk.gen3.dictionary import read_dictionary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.commands.dtp.access import Workflow
    from omicsdk.cli.console import Console
    from omicsdk.gen3.records.submission import Outcome


def submit(workflow: Workflow, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics dtp submit`: a row for each record, with what became of it."""
    program, project = workflow.project(arguments)
    told = _Telling(console, only_refused=bool(arguments.get("refused")))
    named = arguments.get("schema_dir")
    with Gen3Submitter(None, workflow.auth) as submitter:
        try:
            submitter.submit(
                program,
                project,
                arguments["files"],
                dictionary=None if named is None else read_dictionary(named),
                chunk=arguments["chunk_size"],
                dry_run=bool(arguments.get("dry_run")),
                all_or_nothing=bool(arguments.get("all_or_nothing")),
                journal=arguments.get("journal"),
                on_outcome=told.outcome,
            )
        except BaseException:
            if told.counts:
                console.message(f"Stopped after {told.said}. What was taken stays.")
            raise
    told.end()
    return told.rows


class _Telling:
    """Tells what becomes of records, and keeps the rows that are printed."""

    def __init__(self, console: Console, *, only_refused: bool) -> None:
        self._console = console
        self._only_refused = only_refused
        self._counting = Counting(console, "submitted")
        self._refused = 0
        self.counts: Counter[str] = Counter()
        self.rows: list[dict[str, Any]] = []

    def outcome(self, outcome: Outcome) -> None:
        self.counts[outcome.status] += 1
        self._counting.add()
        if not outcome.taken:
            self._refused += 1
            if self._refused <= SHOWN:
                for finding in outcome.findings:
                    self._console.error(str(finding))
        if not outcome.taken or not self._only_refused:
            self.rows.append(outcome.as_dict())

    @property
    def said(self) -> str:
        return ", ".join(f"{count} {status}" for status, count in self.counts.items()) or "no records"

    def end(self) -> None:
        if not self._refused:
            self._console.message(self.said)
            return
        if self._refused > SHOWN:
            self._console.error(f"and {self._refused - SHOWN} more records")
        self._console.some_failed(f"{self.said} of {self.counts.total()} records")
        if self._refused == self.counts.total():
            self._console.exit_code = REFUSED
