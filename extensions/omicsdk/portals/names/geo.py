"""Series and samples of GEO: their runs in the sequencing archives, or the supplementary files of GEO itself."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import ClassVar, NamedTuple

from omicsdk_api.archives.geo import GeoApi

from omicsdk.core.batches import batches
from omicsdk.core.errors import DecodeError, Forbidden, NotFound
from omicsdk.core.type_guards import number_in
from omicsdk.portals.lists import ListedFile
from omicsdk.portals.names.archive import Archive, ArchiveOptions, NamedRow
from omicsdk.portals.names.grammar import Name
from omicsdk.portals.names.ncbi import ncbi_key, rate_limit
from omicsdk.portals.names.responses import lines_in, stated_file
from omicsdk.portals.names.sequencing import NCBI_BATCH, NO_RUNS, Runs

_FILES = "https://ftp.ncbi.nlm.nih.gov/geo"
_OPERATION = "GEO record"
_LINE = re.compile(r"([!^])([A-Za-z]+)_?(\S*) = ?(.*)")
_EXPERIMENT = re.compile(r"SRA:.*\b([SED]RX\d+)")
# Most characters of a page that says why there is no record.
_PAGE_TEXT = 1 << 16
NO_SEQUENCING = "series and samples without sequencing data: their supplementary files"


class Record(NamedTuple):
    """A record of a SOFT text.

    Attributes:
        kind: What it is, such as SERIES.
        accession: Its accession.
        attributes: Its attributes with all their values, without the kind before their names.
    """

    kind: str
    accession: str
    attributes: dict[str, list[str]]

    def first(self, name: str) -> str:
        """The first value of an attribute; empty without one."""
        return next(iter(self.attributes.get(name, ())), "")

    @property
    def files(self) -> list[str]:
        """The URLs of its supplementary files. Samples number the attribute; older ones link folders of the SRA there."""
        values = (
            value
            for name in self.attributes
            if name.startswith("supplementary_file")
            for value in self.attributes[name]
        )
        files = (re.sub(r"\Aftp://", "https://", value.strip()) for value in values)
        return [url for url in files if "://" in url and "//ftp-trace." not in url]

    @property
    def experiments(self) -> list[str]:
        """The experiments of a sample in the SRA: several where, for example, proteins were sequenced too."""
        match = (_EXPERIMENT.match(value) for value in self.attributes.get("relation", ()))
        return [groups[1] for groups in match if groups is not None]

    @property
    def is_sequencing(self) -> bool:
        """Whether a sample was sequenced, as opposed to one of an array."""
        return bool(self.experiments) or self.first("type").upper() == "SRA" or bool(self.first("library_strategy"))


class Geo(Archive):
    """GEO."""

    title: ClassVar[str] = "GEO"

    def __init__(self, options: ArchiveOptions) -> None:
        super().__init__(options)
        self._runs = self.opened.enter_context(Runs(options))
        limit = rate_limit(10 if ncbi_key(options.environ) else 3, options.clock)
        self._records = self.client(GeoApi, "GEO", before_request=limit)
        self._files = self.client(GeoApi, "GEO_FILES", _FILES, before_request=limit)

    def rows(self, name: Name) -> Iterator[NamedRow]:
        with self._described(name.id, "self") as records:
            record = next((record for record in records if record.accession == name.id), None)
        if record is None:
            raise DecodeError(_OPERATION, "", "a record of another accession", expected=f"that of {name.id}")
        if self.options.reads == "suppl":
            yield self._supplementary(record)
            return
        if record.kind == "SAMPLE":
            yield from self._of_samples([record], record, 1)
            return
        with self._described(name.id, "gsm") as samples:
            yield from self._of_samples(samples, record, len(record.attributes.get("sample_id", ())))

    def _of_samples(self, samples: Iterable[Record], record: Record, count: int) -> Iterator[NamedRow]:
        """The runs of samples, each with its sample; supplementary files if none of them was sequenced."""
        # A series may be larger or smaller than the study that it is in: its samples decide.
        titles, experiments, unlinked, seen = dict[str, str](), dict[str, str](), list[str](), 0
        for sample in samples:
            if sample.kind != "SAMPLE":
                continue
            seen += 1
            if not sample.is_sequencing:
                continue
            titles[sample.accession] = sample.first("title")
            experiments.update(dict.fromkeys(sample.experiments, sample.accession))
            if not sample.experiments:
                unlinked.append(sample.accession)
        if not titles:
            yield self._supplementary(record, NO_SEQUENCING)
        # A search of the SRA for samples misses those whose record there does not mention GEO's accession.
        linked = self._runs.of_experiments(list(experiments))
        searched = (row for some in batches(unlinked, NCBI_BATCH) for row in self._runs.at_ncbi(some))
        without = dict.fromkeys(titles)
        for row in chain(linked, searched):
            # Runs that were searched for have the sample as the name of their sample or library.
            named = (row.cells[column] for column in ("title", "library_name") if row.cells[column] in titles)
            sample = experiments.get(row.cells["experiment_accession"]) or next(named, "")
            without.pop(sample, None)
            yield row._replace(cells={**row.cells, "title": titles.get(sample, sample), "geo_accession": sample})
        for sample in without:
            yield NamedRow({"accession": sample, "title": titles[sample], "geo_accession": sample}, [], NO_RUNS)
        # After the rows, so that those which were listed are downloaded.
        if seen != count:
            expected = f"the {count:,} of {record.accession}: the list is incomplete"
            raise DecodeError(_OPERATION, "", f"{seen:,} samples", expected=expected)

    def _supplementary(self, record: Record, note: str = "") -> NamedRow:
        """The supplementary files of a series or sample itself; those of a series' samples are in its archive."""
        urls = record.files
        if not urls:
            remedy = (
                "Its tables are at https://www.ncbi.nlm.nih.gov/geo." if note else "Download its runs: without --suppl."
            )
            raise NotFound(f"{record.accession} has no supplementary files", remedy=remedy)
        sizes = self._sizes(record.accession) if record.kind == "SERIES" else {}
        files: Sequence[ListedFile] = [
            file._replace(size=sizes.get(file.name))
            for url in urls
            for file in [stated_file(url, _OPERATION, "supplementary_file", folder=record.accession)]
        ]
        cells = {"accession": record.accession, "title": record.first("title"), "geo_accession": record.accession}
        return NamedRow(cells, files, note)

    def _sizes(self, series: str) -> dict[str, int]:
        """The sizes of the files of a series that has an archive of them: others have no list."""
        try:
            text = self._files.list_files(stub=re.sub(r"\d{1,3}\Z", "nnn", series), accession=series)
        except NotFound:
            return {}
        rows = (line.split("\t") for line in text.splitlines()[1:])
        return {cells[1]: size for cells in rows if len(cells) > 3 and (size := number_in(cells[3])) is not None}

    @contextmanager
    def _described(self, id: str, which: str) -> Generator[Iterator[Record]]:
        """The records of a SOFT text, as it arrives.

        Raises:
            NotFound: There is none.
            Forbidden: It is not public yet.
            DecodeError: It is a page of another kind.
        """
        with self._records.read_record.stream(acc=id, targ=which, form="text", view="brief") as body:
            lines = lines_in(body, _OPERATION)
            first = next((line for line in lines if line.strip()), "")
            if not first.startswith("^"):
                raise _no_record(id, "".join(_limited(chain([first], lines))))
            yield _records_in(chain([first], lines))


def _limited(lines: Iterable[str]) -> Iterator[str]:
    left = _PAGE_TEXT
    for line in lines:
        yield line[:left]
        left -= len(line)
        if left <= 0:
            return


def _records_in(lines: Iterable[str]) -> Iterator[Record]:
    record: Record | None = None
    for line in lines:
        match = _LINE.match(line.rstrip("\r\n"))
        if match is None:
            continue  # descriptions of columns, and rows of tables
        if match[1] == "^":
            if record is not None:
                yield record
            record = Record(match[2].upper(), match[4].strip(), {})
        elif record is not None:
            record.attributes.setdefault(match[3].lower(), []).append(match[4])
    if record is not None:
        yield record


def _no_record(id: str, page: str) -> Exception:
    """The error for a page in place of a record."""
    text = " ".join(re.sub(r"<[^<>]*>", " ", page).split())
    if re.search(r"\bprivate and is scheduled|currently private|not (?:yet )?public", text):
        return Forbidden(f"{id} is not public yet", remedy="Wait for its release, or ask its authors.")
    if not text or re.search(r"(?i)could not find|no items? found|invalid accession|was deleted", text):
        return NotFound(f"{id}: GEO has no public record of it", remedy="Check the accession.")
    return DecodeError(_OPERATION, "", page[:200], expected="a record of GEO")
