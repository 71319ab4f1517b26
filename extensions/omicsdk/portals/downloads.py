"""Download what lists, URIs and URLs name: recognised, planned, fetched by the one engine, and written down in a result manifest."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from typing import NamedTuple, Protocol, Unpack, get_args

import omicsdk.transfer
from omicsdk.core.api_errors import PAGE_LIMIT, page_title
from omicsdk.core.arguments import check_texts, stating_keywords, text_is_one_item
from omicsdk.core.clock import SYSTEM_CLOCK
from omicsdk.core.errors import (
    APIError,
    ChecksumMismatch,
    ConfigError,
    DiskFull,
    Forbidden,
    Interrupted,
    NameClash,
    NotWritable,
    OmicsError,
    TransportError,
    TruncatedTransfer,
    Unauthorized,
    UsageError,
)
from omicsdk.core.media_types import PAGE_NAMES
from omicsdk.core.redaction import mask_url, without_query
from omicsdk.core.sizes import size_words
from omicsdk.drs.credentials import PROJECT_VARIABLE
from omicsdk.fs.store import Entry
from omicsdk.fs.uris import WEB, open_store, without_file_scheme
from omicsdk.portals.cells import URLS, file_at
from omicsdk.portals.conversion import converted, fasterq_dump
from omicsdk.portals.file_kinds import kinds_in_words
from omicsdk.portals.formats import format_named, recognised
from omicsdk.portals.git_annex import is_annexed_link
from omicsdk.portals.headings import parsed_map
from omicsdk.portals.lists import (
    FAULT,
    SHOWN_FAULTS,
    FileList,
    Format,
    Head,
    ListedFile,
    ListError,
    Row,
    RowFault,
    UnknownList,
    scheme_of,
)
from omicsdk.portals.names import ArchiveOptions, Archives
from omicsdk.portals.names.archive import Reads
from omicsdk.portals.names.grammar import elsewhere
from omicsdk.portals.names.written import (
    RUN_LISTS,
    Named,
    are_names,
    column_of_names,
    has_pages_alone,
    is_name_row,
    names_in_column,
    names_in_result,
    names_written,
    runs_in,
    words_in_lines,
)
from omicsdk.portals.plan import SHOWN_NAMES, Layout, Plan, Related
from omicsdk.portals.results import check_not_listed, check_writable, keep_earlier, result_beside, write_result
from omicsdk.portals.rows import OUTCOME_COLUMN, table_rows, text_of
from omicsdk.portals.selection import NOTHING_LEFT_OUT, Selection
from omicsdk.portals.sources import SourceOptions, Sources
from omicsdk.portals.tables import PATHS, TABLE
from omicsdk.portals.url_lists import CHECKSUMS
from omicsdk.portals.url_lists import URLS as URL_LIST
from omicsdk.transfer import Item, Location, Outcome, SelectionOptionsDict, TransferOptions, TransferReport
from omicsdk.transfer.arguments import path as path_text
from omicsdk.transfer.engine.control import report_of
from omicsdk.transfer.engine.options import InvalidOption, check_choice
from omicsdk.transfer.names import is_remote
from omicsdk.transfer.network.representations import UNNAMED
from omicsdk.transfer.reports.report import raise_failure
from omicsdk.transfer.reports.units import count_of, partial_words, total_words

STDIN = "-"
# Name of the format of accessions and other names, which no `--format` chooses.
NAMES = "names"
# Files and bytes of names beyond which `get` asks.
MANY_FILES, MANY_BYTES = 1000, 100 << 30
# Names of texts, which are not compressed.
_TEXT_NAMES = re.compile(
    r"\.(?:txt|csv|tsv|jsonl?|xml|ya?ml|fast[aq]|fa|fna|faa|fq|fai|sam|vcf|bed|gtf|gff3?|md5|log)\Z", re.IGNORECASE
)


@stating_keywords
@text_is_one_item
def get(
    what: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    folder: str | os.PathLike[str],
    *,
    format: str | None = None,
    layout: Layout = "name",
    prefer: str | Sequence[str] = (),
    result: str | os.PathLike[str] | None = None,
    on_message: Callable[[str], object] | None = None,
    google_project: str | None = None,
    max_unpacked: int | str | None = None,
    map: Mapping[str, str] | str | Sequence[str] = (),
    base: str = "",
    strict: bool = False,
    where: str = "",
    limit: int | None = None,
    sample: int | None = None,
    reads: Reads | None = None,
    convert: bool = False,
    confirm: Callable[[str], bool] | None = None,
    related: bool = False,
    **options: Unpack[SelectionOptionsDict],
) -> TransferReport:
    """Download files by accession, list, URI or URL.

    Names of data are accessions of runs, experiments, samples, studies and projects of the ENA and the SRA, series and
    samples of GEO, studies of ArrayExpress, BioStudies, PRIDE and MetaboLights, projects, barcodes and UUIDs of the GDC
    and Azul, DOIs, records of Zenodo, Figshare, Dataverse and Dryad, and the pages of portals that show them. Their
    archives are asked for the files; of the EGA's, the files are only listed. A file on this machine whose name is an
    accession is read as a list. More than 1,000 files or 100 GiB of accessions are downloaded only after a question,
    which the command asks on a terminal unless --yes is given.

    The format of a list is detected from its first lines: manifests of the HCA, Azul, GDC, Gen3, Seven Bridges, Kids
    First, ENA, SRA, GEO, Terra and ENCODE, records of Zenodo and other archives, packages of data, bags, DVC,
    git-annex, Metalink, aria2, curl, lists of URLs, DRS URIs or checksums, and any table with a column of URLs. Each file
    is verified by the size and checksums that its list or service states. Run it again to resume: complete files are
    skipped. A file that fails does not stop the others.

    All columns of the lists, with the path and outcome of each file, are written to a result manifest beside the folder.
    That of accessions is a sample sheet: a row for each run with its sample, organism, library and instrument.

    Args:
        what: Accessions such as SRR1553607, PRJNA257197 or GSE147507, DOIs, URLs of portals' pages, lists (files,
            folders of bags or data sets, - for stdin), URIs such as drs://HOST/ID or s3://bucket/key, and URLs of files.
        folder: Folder for the files; created if missing. A folder that a URI names is put into it under its name.
        format: Format of the lists, instead of the detected one. URLs are then URLs of lists, which are downloaded
            first.
        layout: Store files by name, or each in a folder named after its identifier, for duplicate names.
        prefer: Copy to try first if a file has several: fastq, submitted or sra of ENA; s3, gs or a region of DRS.
        result: File for the result manifest (.tsv); by default the folder's name with .manifest.tsv.
        on_message: Called with messages: the format and size of each list, and what cannot be verified.
        google_project: Google project to bill for gs:// objects in requester-pays buckets; by default OMICS_GOOGLE_PROJECT.
        max_unpacked: Most bytes that a compressed list or bag may inflate to, with K, M, G or T; by default a hundred
            times its size, at least 1G.
        map: What columns of a table state, such as url=download_link,md5=sum: url, name, size, checksum, md5, sha1,
            sha256, sha512 or crc32c. The table may have any other columns.
        base: URL of the folder that the files of a list are in, for lists that name files without addresses; by default
            that of the list itself, if it is given by URL.
        strict: Refuse a list with an invalid row. By default such a row fails alone, unless its name is unsafe.
        where: Conditions on files: name, size or a column of the list, compared by < <= > >= = != ~ or !~ (a pattern),
            joined by and, or: 'name~*.bam and organism="Mus musculus"'.
        limit: Download the first files only, at most this number.
        sample: Download this number of files, drawn from all; the same ones in each run. Services are asked for these
            alone, unless only they know how many files a list names, or a condition or `limit` has to be checked first.
        related: Also download the companions of the selected files: indexes and annotations of the GDC's, and .bai, .csi,
            .crai, .tbi, .fai, .gzi and .md5 beside files at HTTP URLs and in buckets, which are looked up by HEAD requests.
        reads: Files of sequencing runs: fastq, or the SRA's archive where there is no FASTQ; sra, the archive; bam, the
            submitted alignments (BAM or CRAM) with their indexes. Of series and samples of GEO, and studies of
            ArrayExpress, suppl means the supplementary files instead of runs. By default fastq; of lists of runs, as
            the SRA exports them, sra.
        convert: Convert archives of the SRA to FASTQ by fasterq-dump, which must be installed. They are kept.
        confirm: Called with a question if accessions name more than 1,000 files or 100 GiB; False stops before the
            download.
        **options: See `omicsdk.transfer.TransferOptions`. A dry run requests from services what lists lack. Lists state
            no times of change, so that `newer` and `older` select nothing.

    Returns:
        The outcome of each file, in the order of the lists.

    Raises:
        TransferFailed: A file failed; the others, and the result manifest, are complete.
        UnknownList: The format of a list is not known.
        ListError: A list cannot be read, or a column or value is invalid; nothing was downloaded.
        UnsafePath: A name would leave the folder; nothing was downloaded.
        NameClash: Two different files have one name; nothing was downloaded.
        NotWritable: The folder or the result manifest cannot be written.
        ConfigError: fasterq-dump is not installed.
        Interrupted: `confirm` returned False.

    Example:
        omicsdk.get("gdc_manifest.txt", "data", require_checksum=True)
    """
    chosen = TransferOptions.of(options, connections=16, selects=True)
    target = path_text("folder", folder)
    if scheme_of(target) or is_remote(target):
        raise UsageError(f"{target} is not a local folder", remedy="Download to a folder, then copy it: omics cp -r.")
    converter = fasterq_dump() if convert and not chosen.dry_run else None
    written = Path(result) if result is not None else result_beside(Path(target))
    check_texts("what", what, os.PathLike)
    arguments = [what] if isinstance(what, str | os.PathLike) else [*what]
    if not chosen.dry_run:
        check_writable(written)
        if where or limit is not None or sample is not None or not chosen.fit_all:
            check_not_listed(written, arguments)
    on_message = on_message or _silent
    planning = planned(
        arguments,
        chosen,
        on_message,
        format=format,
        layout=layout,
        prefer=prefer,
        google_project=google_project,
        max_unpacked=max_unpacked,
        map=map,
        base=base,
        strict=strict,
        where=where,
        limit=limit,
        sample=sample,
        reads=reads,
        related=related,
    )
    with planning as (plan, sources, has_names):
        if confirm is not None and not chosen.dry_run and has_names:
            _check_confirmed(plan, target, confirm)

        def fetch(items: Iterable[Item]) -> TransferReport:
            if plan.unavailable and not plan.count:  # a misspelled accession makes no folder
                return TransferReport(title="Download")
            return omicsdk.transfer.download(items, target, options=chosen)

        try:
            report = _with_failed(plan, fetched(plan, fetch, dry_run=chosen.dry_run))
        except NameClash as clash:
            if layout != "id":
                clash.remedy = (
                    "Nothing was downloaded. Put each file into a folder named by its identifier: --layout id "
                    'or, in Python, layout="id".'
                )
            raise
        except KeyboardInterrupt as error:
            # Ctrl-C while another copy of some files was tried leaves a report of these alone.
            if (report := report_of(error)) is not None and len(report.outcomes) == plan.count:
                keep_earlier(written, plan, on_message)
                write_result(written, plan, target, _with_failed(plan, report).outcomes)
            raise
        # The result of an earlier download stays if this one found no file, or selects none.
        has_rows = plan.count or (not plan.unavailable and any(True for _ in plan.rows()))
        if not chosen.dry_run and (has_rows or not written.exists()):
            report = without_pages(report, target, on_message)
            try:
                keep_earlier(written, plan, on_message)
                write_result(written, plan, target, report.outcomes)
                # The result manifest exists before the conversion, which may take long and be interrupted.
                if converter is not None:
                    report = converted(report, Path(target), converter, on_message, lambda: chosen.stopped)
                    write_result(written, plan, target, report.outcomes)
            except (DiskFull, NotWritable) as error:
                if report.ok:
                    raise
                on_message(str(error))  # the files that failed, of the same disk for example, are the result
            else:
                on_message(f"result manifest written to {written}")
        for note in missing_logins(plan.files(), sources, report):
            on_message(note)
        return chosen.checked(report)


class Planned(NamedTuple):
    """What a request for files comes to.

    Attributes:
        plan: The files.
        sources: Where they come from; open as long as the plan is.
        has_names: Whether accessions or other names are among the words.
    """

    plan: Plan
    sources: Sources
    has_names: bool


@contextmanager
def planned(
    what: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    chosen: TransferOptions,
    on_message: Callable[[str], object],
    *,
    format: str | None = None,
    layout: Layout = "name",
    prefer: Sequence[str] = (),
    google_project: str | None = None,
    max_unpacked: int | str | None = None,
    map: Mapping[str, str] | str | Sequence[str] = (),
    base: str = "",
    strict: bool = False,
    where: str = "",
    limit: int | None = None,
    sample: int | None = None,
    reads: Reads | None = None,
    related: bool = False,
    on_planned: Callable[[int], object] | None = None,
) -> Generator[Planned]:
    """Find the files that accessions, lists, URIs and URLs name, without a request for their bytes.

    The keywords are those of `get`.

    Args:
        what: As for `get`.
        chosen: Its filters, and what stops it.
        on_message: Called with messages.
        on_planned: Called with the number of further files that were found.

    Yields:
        The files, until the block ends.
    """
    check_texts("what", what, os.PathLike)
    arguments = [what] if isinstance(what, str | os.PathLike) else list(what)
    if not arguments:
        raise UsageError("Nothing to download", remedy="Name an accession, a list, a URI or a URL.")
    words = [without_file_scheme(os.fspath(argument)) for argument in arguments]
    check_choice("layout", layout, get_args(Layout))
    columns = parsed_map(map)
    if columns and format not in (None, TABLE.name):
        raise InvalidOption(
            "map", f"is for tables, not for the format {format}", remedy=f"Use the format {TABLE.name}."
        )
    named = TABLE if columns else None if format is None else format_named(format)
    is_all = not where and limit is None and sample is None
    selection = NOTHING_LEFT_OUT if is_all else Selection(where, limit, sample)
    # The time budget includes the requests of the plan: the engine continues it.
    chosen.control.begin(SYSTEM_CLOCK.monotonic())

    def stopped() -> bool:
        return chosen.stopped

    environ = {**os.environ, PROJECT_VARIABLE: google_project} if google_project else os.environ
    preferences = tuple(prefer)
    source_options = SourceOptions(preferences, environ, stopped)
    with (
        tempfile.TemporaryDirectory(prefix="omics-") as work,
        Sources(source_options) as sources,
        Archives(ArchiveOptions(environ, reads or "fastq", stopped)) as archives,
    ):
        of_all = FileList(Path(), "arguments", base.rstrip("/"), preferences, Counter(), max_unpacked, columns)
        lists = list(_lists(words, named, Path(work), of_all, archives, reads, on_message))
        has_names = any(entry.format.name == NAMES for entry in lists)
        if reads in ("bam", "suppl") and not has_names:
            problem = f"reads={reads!r} chooses the files of accessions, and none was named"
            raise UsageError(problem, remedy="Name the accessions, or choose files of a list of ENA with --prefer.")
        path = Path(work, "plan")
        plan = Plan(path, sources, layout, stopped, chosen, strict=strict, selection=selection, on_planned=on_planned)
        _fill(plan, lists, on_message)
        if plan.first_names and not plan.count + plan.unavailable:
            values = [
                f"; {column} is {', '.join(f'{value!r}' for value in some)}" for column, some in plan.values.items()
            ]
            on_message(
                f"no file is selected of those such as {', '.join(plan.first_names[:SHOWN_NAMES])}{''.join(values)}"
            )
        if before := plan.draw():
            on_message(f"{count_of(plan.count + plan.unavailable, 'file')} drawn from {before:,}")
        if related:
            _report_related(plan.add_related(), on_message)
        yield Planned(plan, sources, has_names)


def _silent(message: str) -> None:
    del message


def _check_confirmed(plan: Plan, folder: str, confirm: Callable[[str], bool]) -> None:
    """Ask about a download whose size its names do not show."""
    sizes = [file.size for file in plan.files() if file.error is None]
    size = sum(declared_size or 0 for declared_size in sizes)
    if plan.count <= MANY_FILES and size <= MANY_BYTES:
        return
    question = f"{count_of(plan.count, 'file')} ({total_words(sizes)}) will be downloaded to {folder}. Continue?"
    if not confirm(question):
        raise Interrupted(
            "Nothing was downloaded", remedy="Select files with --where, --limit or --include, or use --yes."
        )


# -- selection


class _List(NamedTuple):
    format: Format
    listed: FileList


def _lists(
    arguments: Sequence[str],
    chosen: Format | None,
    work: Path,
    of_all: FileList,
    archives: Archives,
    reads: Reads | None,
    on_message: Callable[[str], object],
) -> Iterator[_List]:
    """Return the lists for the arguments, with the options of all; URIs and names form a list each, at the end."""
    alone: list[str] = []
    named: list[Named] = []
    for number, word in enumerate(arguments):
        scheme = scheme_of(word)
        names = [] if chosen else names_written(word)
        exists = os.path.exists(word)  # noqa: PTH110 - false for many accessions in quotes, where Path.exists raises
        if names and exists:
            name = names[0][0]
            on_message(f"{word}: the file of this name is read; {name.archive}:{name.id} names the data of the archive")
        elif names:
            named += map(Named, names)
            continue
        if scheme and not (chosen and scheme in URLS) and not exists:
            alone.append(word)
            continue
        base = of_all.base
        if scheme in URLS:
            path = _fetched_list(word, work / str(number))
            base = base or word.partition("?")[0].rpartition("/")[0]
        elif word == STDIN or (exists and Path(word).is_fifo()):  # such as <(head list.txt)
            path = work / f"{number}.list"
            with (
                path.open("wb") as out,
                nullcontext(sys.stdin.buffer) if word == STDIN else Path(word).open("rb") as lines,
            ):
                shutil.copyfileobj(lines, out)
        else:
            path = Path(word)
            if not exists and not is_annexed_link(path):
                raise unknown_word(word)
        label = "stdin" if word == STDIN else without_query(word)
        file_list = of_all._replace(path=path, shown=label, base=base, notes=Counter())
        head = file_list.head
        if not chosen and are_names(head, bare=False):
            _sort(words_in_lines(file_list, on_message), named, alone)
            continue
        format, unknown = chosen, None
        try:
            format = chosen or recognised(head, label)
        except UnknownList as error:
            unknown = error
        if not chosen and {"accession", OUTCOME_COLUMN} <= set(head.columns):
            format, names = _result(file_list, format)
            named += names
            if names and format is None:
                continue
        elif (
            format in (None, TABLE) and (column := column_of_names(head)) and (unknown or has_pages_alone(head, column))
        ):
            on_message(f"{label}: the names of data in column {column!r} are read")
            named += names_in_column(file_list, column)
            continue
        elif unknown and are_names(head):
            _sort(words_in_lines(file_list, on_message), named, alone)
            continue
        if format is None or (format is PATHS and not base):
            _check_archive(head, label)
        if format is None:
            raise unknown or ListError(f"{label}: rows without an accession name no files", remedy="Remove them.")
        if format in RUN_LISTS and reads in ("fastq", "bam"):
            named += runs_in(format, file_list)
            continue
        if format in RUN_LISTS and reads is None:
            file_list.notes["the archives of the SRA are downloaded; --fastq chooses the FASTQ of the ENA"] = 0
        yield _List(format, file_list)
    if alone:
        yield _List(_format_of_urls(alone), of_all)
    if named:
        yield _List(_resolved(named, archives, reads), of_all._replace(shown="names", notes=Counter()))


def unknown_word(word: str) -> ListError:
    """The error for a word that names no data, and no list that exists.

    Args:
        word: The word.
    """
    if place := elsewhere(word):
        return ListError(f"{word} is not at an archive that omics downloads from", remedy=f"It is of {place}.")
    remedy = "Name a list of files, an accession, a URI or a URL"
    # A file or an accession has a dot, a slash or a digit.
    search = "" if re.search(r"[./\\\d]", word) else f"; for words, search first: omics search {shlex.quote(word)}"
    return ListError(f"{word} does not exist, and is no accession of a known form", remedy=f"{remedy}{search}.")


def _check_archive(head: Head, label: str) -> None:
    """Raise an error if a list names data of an archive that none here is."""
    for text in (head.first, *(text_of(cell) for row in head.sample[:1] for cell in row.values())):
        if any(map(str.isdigit, text)) and (place := elsewhere(text)):
            problem = f"{label}: {text.strip()} is not at an archive that omics downloads from"
            raise ListError(problem, remedy=f"It is of {place}.")


def _sort(words: Iterable[Named | str], named: list[Named], alone: list[str]) -> None:
    """Add the words of a list to the names and to the URIs of a call."""
    for word in words:
        if isinstance(word, str):
            alone.append(word)
        else:
            named.append(word)


def _result(file_list: FileList, format: Format | None) -> tuple[Format | None, list[Named]]:
    """The format of the rows of a result manifest that name their files, None if there are none, and the names of the others."""
    if format in (*RUN_LISTS, PATHS):  # by columns that runs and files have after a download
        format = None

    def names_file(row: Row) -> bool:
        try:
            return format is not None and any(True for _ in format.files(row, file_list))
        except RowFault:
            return False

    rows = format.rows if format else table_rows
    named, others = names_in_result(rows(file_list), names_file)
    if not named or not others or format is None:
        return (format if others else None), named

    def other_rows(again: FileList) -> Iterator[Row]:
        return (row for row in rows(again) if not is_name_row(row, names_file))

    return replace(format, rows=other_rows), named


def _format_of_urls(urls: Sequence[str]) -> Format:
    """The format of URIs and URLs that were given as arguments."""

    def rows(_: FileList) -> Iterator[Row]:
        # The result manifest has these cells: without secrets, since nobody wrote them into a list.
        return (Row(number, {"url": mask_url(word), "file_name": ""}) for number, word in enumerate(urls, 1))

    def files(row: Row, _: FileList) -> Iterator[ListedFile]:
        """The file of an argument; that of a URL is looked up as `omics cp` does, for its name, size and checksums."""
        url = urls[row.line - 1]
        scheme = scheme_of(url)
        yield file_at(url, name=UNNAMED)._replace(kind=scheme, name="") if scheme in WEB else file_at(url)

    return replace(URL_LIST, title="URIs and URLs", rows=rows, files=files)


def _resolved(named: Sequence[Named], archives: Archives, reads: Reads | None) -> Format:
    """The format of names that were given as arguments: one that cannot be resolved fails alone."""
    resolved: dict[int, Sequence[ListedFile]] = {}  # of the row that is read: `files` is called after each

    def rows(file_list: FileList) -> Iterator[Row]:
        numbers = count(1)
        for names, recorded_reads, record in named:
            try:
                for row in archives.rows(names, reads or recorded_reads):
                    number = next(numbers)
                    resolved[number] = row.files
                    file_list.notes.update([row.note] if row.note else ())
                    yield Row(number, {**row.cells, **record})
            except (ConfigError, Interrupted):
                raise
            except OmicsError as error:
                number = next(numbers)
                if isinstance(error, APIError | TransportError) and error.operation:
                    # The user knows the name, not the operation of its archive.
                    error.operation = "" if error.message.startswith(names[0].text) else names[0].text
                resolved[number] = [ListedFile(FAULT, names[0].text, names[0].text, error=error)]
                yield Row(number, {"accession": names[0].text})

    def files(row: Row, _: FileList) -> Iterable[ListedFile]:
        return resolved.pop(row.line)

    return replace(URL_LIST, name=NAMES, title="accessions and other names", rows=rows, files=files)


def _fetched_list(url: str, folder: Path) -> Path:
    """Download a list, with its login or that of its host in the netrc file; YAML is recognised by its name."""
    name = "list.yaml" if url.partition("?")[0].endswith((".yaml", ".yml")) else "list"
    scheme, _, path = url.partition("://")
    with open_store(scheme.lower()) if scheme.lower() in WEB else nullcontext() as store:
        location = Location(url) if store is None else store.location(Entry(path, "file"))
    raise_failure(omicsdk.transfer.download([Item(name, location)], folder))
    return folder / name


def _fill(plan: Plan, lists: Sequence[_List], on_message: Callable[[str], object]) -> None:
    """Plan lists, and report what they are."""
    of_files = [entry for entry in lists if not (entry.format is CHECKSUMS and plan.state(*entry))]
    if not of_files:
        raise ListError(
            f"{lists[0].listed.shown}: checksums alone name no URLs",
            remedy="Add the list of URLs, state --base URL, or give the checksum file's own URL with --format checksums.",
        )
    empty = 0
    for format, file_list in lists:
        is_statement = (format, file_list) not in of_files
        counts = Counter[str]() if is_statement else plan.add(format, file_list)
        empty += counts["empty"]
        noun = "name" if format.name == NAMES else "row"
        on_message(f"{file_list.shown}: {format.title}{'' if is_statement else f', {described(counts, noun)}'}")
        for note, number in file_list.notes.items():
            on_message(f"{file_list.shown}: {note}{f' ({number:,})' if number else ''}")
    if len(plan.kinds) + bool(empty) > 1:
        on_message(kinds_in_words(plan.kinds, empty))


def _report_related(related: Related, on_message: Callable[[str], object]) -> None:
    on_message(f"companions: {kinds_in_words(related.kinds, 0) or 'none'}")
    if related.unknown:
        on_message(f"warning: {count_of(related.unknown, 'companion')} could not be looked up: {related.why}")


def described(counts: Mapping[str, int], noun: str = "row") -> str:
    """Describe the result of a list in words.

    Args:
        counts: Its counts, as `Plan.add` returns them.
        noun: What each of its entries is.
    """
    faulty = counts["faulty"]
    files = count_of(counts["files"] - faulty, "file")
    size = partial_words(counts["size"], counts["files"] - faulty, counts["unsized"])
    parts = [f"{files} of {size}" if size == size_words(None) else f"{files}, {size}"]
    size_only = counts["unchecked"] - counts["unverifiable"]
    parts += [f"{size_only:,} without a checksum (size checked only)"] if size_only else []
    parts += (
        [f"{counts['unverifiable']:,} without a checksum and a size (not checked)"] if counts["unverifiable"] else []
    )
    parts += [f"{counts['repeated']:,} listed again"] if counts["repeated"] else []
    parts += [f"{count_of(counts['empty'], noun)} without a file"] if counts["empty"] else []
    parts += [f"{count_of(faulty, noun)} that cannot be read"] if faulty and noun == "row" else []
    parts += [f"{count_of(faulty, noun)} failed"] if faulty and noun != "row" else []
    return "; ".join(parts)


# -- the download

# Errors of a copy after which another one is tried.
_ELSEWHERE = (APIError, TransportError, TruncatedTransfer, ChecksumMismatch)


class HasKind(Protocol):
    """A file whose service is known."""

    @property
    def kind(self) -> str:
        """The service: a key of `omicsdk.portals.sources.SOURCES`."""
        ...


class Copies(Protocol):
    """Files that may have several copies."""

    def items(self) -> Iterable[Item]:
        """Items of the first copies; may be iterated repeatedly."""
        ...

    def other_copies(self, numbers: Iterable[int], skip: int) -> Mapping[int, Item]:
        """Items of further copies, as those of `Plan`."""
        ...


def fetched(
    files: Copies, fetch: Callable[[Iterable[Item]], TransferReport], *, dry_run: bool = False
) -> TransferReport:
    """Download files; what one copy does not give is fetched from the next.

    Args:
        files: The files.
        fetch: Downloads some of them.
        dry_run: Whether it only plans to.
    """
    report, skip = fetch(files.items()), 1
    while report.failed and not report.why_stopped and not dry_run:
        failed = [
            number
            for number, outcome in enumerate(report.outcomes)
            if outcome.state == "failed" and isinstance(outcome.error, _ELSEWHERE)
        ]
        again = files.other_copies(failed, skip)
        if not again:
            break
        report = report.with_rerun(list(again), fetch(list(again.values())))
        skip += 1
    return report


def _with_failed(plan: Plan, report: TransferReport) -> TransferReport:
    """Return the report with the files that failed before the download, in their places."""
    if not plan.unavailable:
        return report
    fetched = iter(report.outcomes)
    return report.with_outcomes(
        next(fetched)
        if file.error is None
        else Outcome.of_error(file.name, file.error, file.size)._replace(checksums=file.checksums, source=file.source)
        for file in plan.files()
    )


def without_pages(report: TransferReport, folder: str, on_message: Callable[[str], object]) -> TransferReport:
    """Return a report with a warning for each file of unexpected content, if no list states its size or checksum.

    Args:
        report: The report of a download.
        folder: The folder of its files.
        on_message: Called with messages.
    """
    if not report.verification["unverified"] and not report.verification["size only"]:
        return report

    def outcomes() -> Iterator[Outcome]:
        for outcome in report.outcomes:
            warning = ""
            # The size of a file at a URL may be what the server states of the page.
            is_sized_by_server = outcome.verification == "size only" and scheme_of(outcome.source) in WEB
            if outcome.is_present and (outcome.verification == "unverified" or is_sized_by_server):
                with suppress(OSError):  # it was removed meanwhile
                    warning = _content_warning(Path(folder, outcome.name), outcome.name)
            yield outcome._replace(warning=warning) if warning else outcome

    report = report.with_outcomes(outcomes())
    doubtful = (outcome for outcome in report.outcomes if outcome.warning)
    for outcome in islice(doubtful, SHOWN_FAULTS):
        on_message(
            f"warning: {outcome.name}: {outcome.warning}. Check it, its URL and your login; --require-checksum refuses it."
        )
    if (more := report.outcomes.warnings - SHOWN_FAULTS) > 0:
        on_message(f"warning: {count_of(more, 'more such file')} received")
    return report


def missing_logins(files: Iterable[HasKind], sources: Sources, report: TransferReport) -> Iterator[str]:
    """For each service that refused files, how to configure the credentials that are missing, or to renew them.

    Args:
        files: The files.
        sources: Where they come from.
        report: The outcome of each, in order.
    """
    if not report.failed:
        return
    refused = Counter(
        file.kind
        for file, outcome in zip(files, report.outcomes, strict=True)
        if isinstance(outcome.error, (Unauthorized, Forbidden))
    )
    for kind, number in refused.items():
        if remedy := sources.of(kind).missing_login:
            yield f"{count_of(number, 'file')} refused: no credentials. {remedy}"
        elif remedy := sources.of(kind).refused_login:
            yield f"{count_of(number, 'file')} refused with your credentials. {remedy}"


def _content_warning(path: Path, name: str) -> str:
    """Return a warning if a file is a web page, such as a login page, a pointer, or compressed text; otherwise "".

    Args:
        path: The file.
        name: Its name; one that ends like that of a page may be one.

    Raises:
        OSError: It cannot be read.
    """
    if PAGE_NAMES.search(name):
        return ""
    with path.open("rb") as file:
        beginning = file.read(PAGE_LIMIT)
    # So arrive objects that are stored with Content-Encoding: gzip, whatever is requested.
    if beginning.startswith(b"\x1f\x8b") and _TEXT_NAMES.search(name):
        return "its bytes are compressed by gzip, which its name does not state"
    text = beginning.decode("utf-8", "replace")
    if text.startswith("version https://git-lfs.github.com/spec/"):
        return (
            "a pointer of Git LFS was received, not its file, which GitHub serves at media.githubusercontent.com/media/"
        )
    if (title := page_title(text)) is None:
        return ""
    return f"a web page{f' ({title[:80]!r})' if title else ''} was received, not a data file"
