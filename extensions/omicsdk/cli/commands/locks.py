"""The commands of data locks: lock, pull, status and the output of add."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal, Unpack

from omicsdk.cli.commands.transfers import count_of, finish, foreseen, rows_of, transfer_data, write_report
from omicsdk.cli.commands.values import check_unused
from omicsdk.cli.errors import printable
from omicsdk.cli.failures import SOME_FAILED
from omicsdk.cli.listing import Rows
from omicsdk.cli.output import Call, Console, TextAndData
from omicsdk.core.errors import LocalChange, SomeFailed, SourceChanged, UsageError
from omicsdk.locks import Lock, LockChanges, LockSource
from omicsdk.locks.exports import provenance_of
from omicsdk.locks.lockfile import LOCK_FILE, SOURCES_FILE, is_lock, opened
from omicsdk.locks.sources import read_sources
from omicsdk.portals.services import service_versions
from omicsdk.transfer import Progress, TransferOptionsDict, TransferReport
from omicsdk.transfer.disk import write_whole
from omicsdk.transfer.reports.page import sources_page
from omicsdk.transfer.reports.provenance import crate_lines
from omicsdk.transfer.reports.report import read_jsonl

# Begins to report the progress of a command.
Reporting = Callable[[], AbstractContextManager[Callable[[Progress], None]]]


def lock(
    names: Sequence[str] = (),
    *,
    update: bool = False,
    export: Literal["md5sum", "sha1sum", "sha256sum", "sha512sum", "bdbag", "nextflow", "ro-crate", "snakemake"]
    | None = None,
    to: str | None = None,
    folder: str = ".",
    on_message: Callable[[str], object] | None = None,
    progress: Reporting,
) -> LockChanges | Rows:
    """Resolve the sources in omics.toml into omics.lock.

    A lock is made if there is none, and files of new sources are added to it. If files that it has were changed or
    removed, or one of its sources has further ones, it is left as it is: the differences are printed, with old and new
    checksums, and the exit code is 3. With --update they are taken.

    Args:
        names: Sources to resolve, beside those that the lock lacks; by default all.
        update: Take the differences of these sources.
        export: Do not resolve anything, but print the lock for another program: checksums as md5sum and its like check
            them, the sample sheet of nf-core's pipelines (nextflow), a configfile of Snakemake, an RO-Crate, or a
            bag to be fetched (bdbag).
        to: File for the export, or new folder for a bdbag; by default it is printed.
        folder: Folder of omics.toml and omics.lock.
        on_message: Called with messages.
        progress: Reports the progress.
    """
    if export is None and to is not None:
        raise UsageError("--to is for exports", remedy="Choose one: --export FORMAT --to PATH.")
    if export is not None:
        check_unused("with --export", update=update)
    if export == "bdbag" and to is None:
        raise UsageError("a bdbag is a folder", remedy="Name a new one: --export bdbag --to FOLDER.")
    existing = Lock.load(folder)
    if export == "bdbag" and to is not None:
        existing.write_bag(to, names)
    elif export is not None:
        lines = existing.export(export.removesuffix("sum"), names, on_message=on_message)
        if to is None:
            return Rows(lambda _: ({"line": line} for line in lines), lines=lambda: lines)
        write_whole(to, (f"{line}\n" for line in lines))
    if to is not None:
        return _written(to)
    with progress() as report:
        return existing.update(names, accept=update, on_message=on_message, progress=report)


def resolved(result: LockChanges | Rows, call: Call) -> object:
    """Render a resolution: the first differences and their number; the exit code is 3 if they were refused."""
    if isinstance(result, Rows):
        return result
    console, counts = call.console, dict(result.counts)
    total = sum(counts.values())
    if result.unchecked:
        console.message(f"{count_of(result.unchecked, 'file')} without a checksum: only a stated size can be verified")
    summary = ", ".join(f"{number:,} {state}" for state, number in counts.items()) or "no change"
    if result.is_refused:
        changed = [file for change in result.first_changes for file in (change.old, change.new)]
        names = sorted({file.source for file in changed if file is not None})
        console.error(f"the lock was left as it is: {summary}. Take the changes: omics lock --update {' '.join(names)}")
        console.exit_code = SOME_FAILED
    else:
        console.message(f"{count_of(result.files, 'file')} locked: {summary}")
    rows = [{"path": change.path, "state": change.state, "why": change.why} for change in result.first_changes]
    more = [f"and {total - len(rows):,} more"] if total > len(rows) else []
    data = {"files": result.files, "written": result.is_written, "counts": counts, "changes": rows}
    return TextAndData("\n".join([*map(str, result.first_changes), *more]), data, terminal_only=True, items="changes")


def pull(
    names: Sequence[str] = (),
    *,
    check_only: bool = False,
    overwrite: bool = False,
    folder: str = ".",
    on_message: Callable[[str], object] | None = None,
    **options: Unpack[TransferOptionsDict],
) -> TransferReport:
    """Fetch exactly the files in omics.lock.

    Files that are complete are skipped, and each is verified by the size and checksums in the lock, whatever its service
    states. If its content upstream is another one, it is not taken: the error has the locked and the present checksum,
    and the exit code is 3. So it is if a file with other content exists that was not pulled, or was edited since: it is
    left. Run it again to resume.

    Args:
        names: Sources whose files are fetched; by default all.
        check_only: Fetch nothing, but end with the exit code 3 if something would be fetched, or the lock lacks a source.
        overwrite: Replace files with other content, too, that were not pulled, or were edited since.
        folder: Folder of omics.lock, below which the files are.
        on_message: Called with messages.
        **options: See `omicsdk.transfer.TransferOptions`.
    """
    if check_only:
        # Its only messages name sources that the lock lacks: they are errors then.
        options["dry_run"], on_message = True, None
    return Lock.load(folder).pull(names, overwrite=overwrite, on_message=on_message, **options)


def pulled(result: TransferReport, call: Call) -> object:
    """Render a pull; the exit code is 3 if other content exists here or upstream, or --check finds
    files to fetch, or a source without one."""
    is_planned = bool(call.arguments.get("dry_run") or call.arguments.get("check_only"))
    checks = bool(call.arguments.get("check_only"))
    if checks:
        missing = result.counts.get("planned", 0) + len(result.failed)
        of_all = f"of {count_of(len(result.outcomes), 'locked file')}"
        if missing:
            call.console.error(f"{missing:,} {of_all} would be fetched")
            call.console.exit_code = SOME_FAILED
        else:
            call.console.message(f"{len(result.outcomes):,} {of_all} are complete")
        for name in _unlocked(call):
            call.console.error(
                f"{LOCK_FILE} has no file of the source {name}. Run `omics lock`, or remove it from {SOURCES_FILE}."
            )
            call.console.exit_code = SOME_FAILED
    try:
        finish(result, call, where=str(call.arguments.get("folder") or "."), is_counted=checks)
    except (LocalChange, SourceChanged) as error:  # of the only file: its exit code would be that of any refusal
        raise SomeFailed(error.message, remedy=error.remedy) from error
    return foreseen(result) if is_planned else transfer_data(result, rows_of(result))


def _unlocked(call: Call) -> Iterator[str]:
    """The sources of a folder of which the lock has no file; none where some are named, which the lock has."""
    existing = Lock.load(call.arguments.get("folder") or ".")
    if not call.arguments.get("names") and (existing.folder / SOURCES_FILE).exists():
        locked_sources = {file.source for file in existing.files()}
        yield from (name for name in existing.sources() if name not in locked_sources)


def status(
    *, verify: bool = False, upstream: bool = False, folder: str = ".", console: Console, progress: Reporting
) -> Rows:
    """List the files that are not as omics.lock states them.

    Missing files were not pulled or were removed; changed ones have another size or content, or were written to since
    they were pulled; foreign ones are in the folders of the sources, but not in the lock.

    Args:
        verify: Also read each file and compare its checksums.
        upstream: Also resolve the sources, and list what was added, removed or changed there since the lock was written.
        folder: Folder of omics.lock, below which the files are.
        console: Prints messages.
        progress: Reports the progress.
    """
    # Loaded before the rows are read, so that a missing lock is an error before anything is printed.
    existing, counts = Lock.load(folder), Counter[str]()

    def rows(_: object) -> Iterator[dict[str, Any]]:
        with progress() as report:
            for state in existing.status(verify=verify, upstream=upstream, on_message=console.message, progress=report):
                counts[state.state] += 1
                console.step("")  # the row is printed where the bar is
                yield state._asdict()
        summary = ", ".join(f"{number:,} {name}" for name, number in counts.items())
        console.message(summary or "all files are as the lock states")

    return Rows(rows, lambda row: (row["state"], printable(row["path"]), printable(row["why"])))


def report(file: str, to: str) -> Rows:
    """Render a lock, or the report of a run, as a page of HTML or as JSON-LD.

    It states where each file comes from: its service and the access method, its URL or identifier, its size and checksums.
    The page needs neither a script nor a network. The JSON-LD is an RO-Crate 1.1, and of a run a Process Run Crate; store it
    as ro-crate-metadata.json in the folder of the files.

    Args:
        file: A lock or its folder, or the report of a run that --report FILE.jsonl wrote.
        to: File to write: FILE.html (a web page), FILE.jsonld or FILE.json (JSON-LD).
    """
    source, target = Path(file), Path(to)
    suffix = target.suffix.lower()
    if suffix not in (".html", ".json", ".jsonld"):
        raise UsageError(
            f"{to}: unknown suffix", remedy="Use a name that ends in .html (a web page) or .jsonld (JSON-LD)."
        )
    try:
        of_lock = is_lock(source)
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or error}", remedy="Name a lock, or the report of a run.") from error
    if of_lock:
        with opened(source / LOCK_FILE if source.is_dir() else source) as files:
            # Read once for each part of the page: a lock may have millions of files, and none is kept.
            versions = service_versions(map(provenance_of, files()))
            if suffix == ".html":
                write_whole(target, [sources_page(file, map(provenance_of, files()), versions)])
            else:
                lines = crate_lines(lambda: map(provenance_of, files()), LOCK_FILE, versions=versions)
                write_whole(target, (f"{line}\n" for line in lines))
    else:
        write_report(target, read_jsonl(source))
    return _written(to)


def _written(path: str) -> Rows:
    return Rows(lambda _: [{"path": path}], lines=lambda: [f"written to {path}"])


def added(result: LockSource, call: Call) -> TextAndData:
    """Render a new source."""
    where = call.arguments.get("folder") or "."
    for source in read_sources(Path(where, SOURCES_FILE)).values():
        if source.references == result.references and source.name != result.name:
            call.console.warning(f"source {source.name} names the same data")
    call.console.message(f"source {result.name} added to {where}/{SOURCES_FILE}; run `omics lock` to find its files")
    data = {"name": result.name, "from": [*result.references], "to": result.to or ".", **result.options}
    return TextAndData("", data, terminal_only=True)
