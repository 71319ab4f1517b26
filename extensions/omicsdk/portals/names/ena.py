"""Accessions of sequencing archives: runs, experiments, samples, studies, projects and submissions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import ClassVar

from omicsdk.core.errors import NotFound, UsageError
from omicsdk.portals.names.archive import Archive, ArchiveOptions, NamedRow
from omicsdk.portals.names.grammar import Name
from omicsdk.portals.names.runs import Runs

_TITLE = re.compile(r"<(?:STUDY_|DESCRIPTION_)?(?:TITLE|NAME)>([^<]+)<")


class Ena(Archive):
    """The ENA, and the SRA for what it lacks."""

    title: ClassVar[str] = "the ENA and the SRA"

    def __init__(self, options: ArchiveOptions) -> None:
        super().__init__(options)
        self._runs = self.opened.enter_context(Runs(options))

    def rows(self, name: Name) -> Iterator[NamedRow]:
        if self.options.reads == "suppl":
            raise UsageError(
                f"{name.id} has no supplementary files, which are GEO's",
                remedy="Name the series or sample: GSE or GSM.",
            )
        is_any = False
        for row in self._runs.of_record(name.id):
            is_any = True
            yield row
        if not is_any:
            raise self._without_runs(name.id)

    def _without_runs(self, id: str) -> NotFound:
        """The error for a record without runs, or one that does not exist."""
        try:
            record = self._runs.ena.get_record(accession=id)
        except NotFound:
            remedy = "Check the accession; it may be suppressed, or not public yet."
            return NotFound(f"{id}: neither the ENA nor the SRA has a public record of it", remedy=remedy)
        match = _TITLE.search(record)
        title = f" ({' '.join(unescape(match[1]).split())})" if match else ""
        problem = f"{id} has no public sequencing runs{title}"
        return NotFound(problem, remedy=f"See its other data at https://www.ebi.ac.uk/ena/browser/view/{id}.")
