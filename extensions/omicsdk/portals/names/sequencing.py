"""Sequencing archives: runs by accessions of any level, with their tables at the ENA, at NCBI what the ENA lacks, and the files of a run by
what is wanted; and what the European Genome-phenome Archive publishes of its files, whose bytes need permission.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from html import unescape
from typing import TYPE_CHECKING, ClassVar, TypeVar

from omicsdk_api.archives.ega import EgaApi
from omicsdk_api.archives.ena import EnaApi

from omicsdk.core.batches import batches
from omicsdk.core.checked_json import check_fields
from omicsdk.core.checksums import hexadecimal
from omicsdk.core.closing import Closing
from omicsdk.core.errors import BadRequest, Forbidden, NotFound, OmicsError, UsageError
from omicsdk.core.page_items import check_advances, items_at
from omicsdk.portals.lists import ListedFile, ListError, Row, RowFault
from omicsdk.portals.names.archive import CONTROLLED, Archive, ArchiveOptions, NamedRow, Reads, client_of
from omicsdk.portals.names.grammar import Name
from omicsdk.portals.names.ncbi import Entrez
from omicsdk.portals.names.responses import table_rows
from omicsdk.portals.tables import files_of_run

if TYPE_CHECKING:
    from omicsdk_api.archives.ega.models.file import File

    from omicsdk.core.streaming import Body


# Columns of the result manifest, with those of the ENA and of NCBI: it is the sample sheet of the runs.
CELLS = {
    "accession": ("run_accession", "Run"),
    "experiment_accession": ("experiment_accession", "Experiment"),
    "sample_accession": ("sample_accession", "BioSample"),
    "study_accession": ("study_accession", "BioProject"),
    "organism": ("scientific_name", "ScientificName"),
    "library_layout": ("library_layout", "LibraryLayout"),
    "library_strategy": ("library_strategy", "LibraryStrategy"),
    "library_source": ("library_source", "LibrarySource"),
    "library_name": ("library_name", "LibraryName"),
    "instrument": ("instrument_model", "Model"),
    "title": ("sample_title", "SampleName"),
}
_KINDS: dict[Reads, tuple[str, ...]] = {"fastq": ("fastq",), "sra": ("sra",), "bam": ("submitted", "bam"), "suppl": ()}
_REPORT = "ENA file report"
# Columns without which runs are still found and downloaded.
_OPTIONAL = frozenset(ena for ena, _ in CELLS.values()) - {"run_accession", "experiment_accession"}
# Experiments in a search of the ENA.
BATCH = 200
# Records in a search of NCBI.
NCBI_BATCH = 100
NO_FASTQ = (
    "runs without FASTQ at the ENA: FASTQ of the SRA if it has some, else its archives; "
    "make FASTQ of an archive by `fasterq-dump --split-3 RUN.sra`, or by --convert"
)
NO_RUNS = "records without public runs"
ONE_FILE = (
    "runs of pairs or single cells with one FASTQ at the ENA, which may lack the barcodes: try --bam, or --sra and "
    "`fasterq-dump --split-files --include-technical RUN.sra`"
)


class Runs(Closing):
    """Runs of the ENA and the SRA.

    Args:
        options: How they are found, and which of their files are wanted.

    Attributes:
        ena: The ENA's interface.
        entrez: NCBI's.
    """

    def __init__(self, options: ArchiveOptions) -> None:
        self._reads: Reads = options.reads
        self.ena = client_of(EnaApi, "ENA", options)
        self.entrez = Entrez(options)
        of_files = (f"{kind}_{what}" for kind in _KINDS[self._reads] for what in ("ftp", "md5", "bytes"))
        self._fields = (*(ena for ena, _ in CELLS.values()), *of_files)

    def close(self) -> None:
        self.ena.close()
        self.entrez.close()

    def of_record(self, accession: str) -> Iterator[NamedRow]:
        """Yield the runs of a record of any level; none if neither archive has any.

        Args:
            accession: Its accession.

        Raises:
            OmicsError: An archive did not respond, or with less than it states.
        """
        is_any, refused = False, ""
        try:
            for row in self._reported(partial(self.ena.report_runs.stream, accession=accession)):
                is_any = True
                yield self._at_ena(row)
        except BadRequest as error:  # an accession that the ENA does not accept may be NCBI's
            # The ENA refuses an unknown accession and an unknown column alike: the latter is a mistake of ours.
            if "field" in error.message.lower():
                raise
            refused = f"as NCBI describes them, since the ENA refuses the accession: {error.message}"
        if not is_any:
            for row in map(self._at_ncbi, self.entrez.runs([accession])):
                yield row._replace(note=refused) if refused else row

    def of_experiments(self, accessions: Sequence[str]) -> Iterator[NamedRow]:
        """Yield the runs of some experiments.

        Args:
            accessions: Their accessions.

        Raises:
            OmicsError: An archive did not respond, or with less than it states.
        """
        for some in batches(accessions, BATCH):
            missing = dict.fromkeys(some)
            query = " OR ".join(f'experiment_accession="{experiment}"' for experiment in some)
            for row in self._reported(partial(self.ena.search_runs.stream, query=query)):
                missing.pop(row.get("experiment_accession", ""), None)
                yield self._at_ena(row)
            for rest in batches(list(missing), NCBI_BATCH):
                yield from self.at_ncbi(rest)

    def _reported(self, report: Callable[..., AbstractContextManager[Body]]) -> Iterator[dict[str, str]]:
        """Yield the rows of a report. Columns of the sample sheet that the ENA no longer has are left out."""
        while True:
            try:
                fields = ",".join(self._fields)
                with report(result="read_run", fields=fields, format="tsv", limit=0) as body:
                    yield from table_rows(body, _REPORT, "run_accession", "\t")
                return
            except BadRequest as error:
                match = re.search(r"field\w*\(s\) supplied: (.+)", error.message, re.IGNORECASE)
                refused = _OPTIONAL.intersection(re.findall(r"\w+", match[1]) if match else ())
                if refused.isdisjoint(self._fields):
                    raise
                self._fields = tuple(field for field in self._fields if field not in refused)

    def at_ncbi(self, accessions: Sequence[str]) -> Iterator[NamedRow]:
        """Yield the runs of some records as NCBI describes them.

        Args:
            accessions: Accessions of any level, or of samples of GEO; at most NCBI_BATCH.
        """
        yield from map(self._at_ncbi, self.entrez.runs(accessions))

    def _at_ena(self, row: Mapping[str, str]) -> NamedRow:
        run = row["run_accession"]
        cells = {name: row.get(ena, "") for name, (ena, _) in CELLS.items()}
        try:
            files = [
                file
                for kind in _KINDS[self._reads]
                for file in files_of_run(Row(0, dict(row)), kind)
                if self._reads != "bam" or _is_alignment(file.name)
            ]
        except RowFault as fault:
            error = ListError(f"{run}: the ENA's report is inconsistent: {fault}", remedy="Try --sra, or tell the ENA.")
            return NamedRow(cells, [ListedFile("url", run, run, error=error)])
        if not files:
            return self._located(cells)
        has_mates = cells["library_layout"] == "PAIRED" or "SINGLE CELL" in cells["library_source"].upper()
        note = ONE_FILE if self._reads == "fastq" and len(files) == 1 and has_mates else ""
        return NamedRow(cells, [file._replace(name=_name_of(file, run, self._reads)) for file in files], note)

    def _at_ncbi(self, row: Mapping[str, str]) -> NamedRow:
        cells = {name: row.get(ncbi, "") for name, (_, ncbi) in CELLS.items()}
        study, consent = row.get("dbgap_study_accession", ""), row.get("Consent", "")
        if study or consent not in ("", "public"):
            run = cells["accession"]
            problem = f"{run}: access is controlled{f' ({study})' if study else ''}"
            error: OmicsError = Forbidden(problem, remedy=CONTROLLED)
            return NamedRow(cells, [ListedFile("sra", run, f"{run}.sra", error=error)])
        return self._located(cells)

    def _located(self, cells: dict[str, str]) -> NamedRow:
        """A run whose files the SRA has: their names and sizes are requested for many runs together."""
        run = cells["accession"]
        kind = "sra" if self._reads == "sra" else f"sra-{self._reads}"
        note = NO_FASTQ if self._reads == "fastq" else ""
        return NamedRow(cells, [ListedFile(kind, run, folder=run)], note)


def _is_alignment(name: str) -> bool:
    return name.lower().endswith((".bam", ".cram", ".bai", ".crai", ".csi"))


def _name_of(file: ListedFile, run: str, reads: Reads) -> str:
    """The ENA's names begin with the run, but for archives, which have no suffix, and submitted files, whose names occur often."""
    if reads == "sra":
        return f"{run}.sra"
    return f"{run}/{file.name}" if reads == "bam" else file.name


# -- names

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


PAGE = 500
_PAGES = "https://ega-archive.org"
_ALGORITHMS = {"MD5": "md5", "SHA-256": "sha256", "SHA256": "sha256"}
_OPTIONAL_OF_EGA = ("extension", "filesize", "unencrypted_checksum", "unencrypted_checksum_type")
T = TypeVar("T")


class Ega(Archive):
    """The EGA: names and sizes are listed, the files are refused with the place to apply at."""

    title: ClassVar[str] = "the EGA"

    def __init__(self, options: ArchiveOptions) -> None:
        super().__init__(options)
        self._client = self.client(EgaApi, "EGA")

    def rows(self, name: Name) -> Iterator[NamedRow]:
        if name.level == "file":
            yield NamedRow({"accession": name.id}, [_refused(name.id, name.id, f"{_PAGES}/files/{name.id}")])
            return
        datasets = [name.id]
        if name.level == "study":
            datasets_page = self._all(lambda at: self._client.list_datasets(accession=name.id, limit=PAGE, offset=at))
            datasets = [dataset.accession_id for dataset in datasets_page]
        is_any = False
        for dataset in datasets:
            page = f"{_PAGES}/datasets/{dataset}"
            for file in self._files_of(dataset):
                is_any = True
                cells = {"accession": file.accession_id, "dataset": dataset}
                name_there = ".".join(filter(None, (file.accession_id, file.extension)))
                algorithm = _ALGORITHMS.get((file.unencrypted_checksum_type or "").upper(), "")
                checksum = hexadecimal(algorithm, file.unencrypted_checksum or "") if algorithm else ""
                sums = {algorithm: checksum} if checksum else {}
                refused = _refused(file.accession_id, name_there, page)
                yield NamedRow(cells, [refused._replace(size=file.filesize, checksums=sums, folder=dataset)])
        if not is_any:
            raise NotFound(f"{name.id}: the EGA lists no files of it", remedy=f"Check the accession at {_PAGES}.")

    def _files_of(self, dataset: str) -> Iterator[File]:
        return self._all(lambda at: self._client.list_files(accession=dataset, limit=PAGE, offset=at))

    @staticmethod
    def _all(page_at: Callable[[int], Sequence[T]]) -> Iterator[T]:
        """The entries of all pages; a page that is not full is the last."""
        at, before = 0, None
        while page := items_at(page_at(at), "", "EGA list"):
            check_advances("EGA list", page, before)
            before = page
            for dataset in page:
                check_fields("EGA list", dataset, "accession_id", optional=_OPTIONAL_OF_EGA)
                yield dataset
            at += len(page)
            if len(page) < PAGE:
                return


def _refused(id: str, name: str, page: str) -> ListedFile:
    error = Forbidden(
        f"{id}: access is controlled by a data access committee",
        remedy=f"Apply to the committee that {page} names; with its permission, download by the EGA's client pyega3.",
    )
    return ListedFile("url", page, name, error=error)
