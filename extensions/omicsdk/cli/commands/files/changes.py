"""Commands that change files of any platform: cp, mv, sync, rm, mkdir."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from omicsdk.cli.commands.files.listings import ANY_TARGET, ANYWHERE, Places, Targets, print_bytes
from omicsdk.cli.commands.transfers import (
    AGAIN,
    count_of,
    ended,
    finish,
    plan_line,
    print_failures,
    report_nothing_selected,
    transfer_data,
)
from omicsdk.cli.commands.values import STREAM, agreed, check_unused, is_stream, open_stream
from omicsdk.cli.errors import printable
from omicsdk.cli.output import Call, Console, TextAndData
from omicsdk.core.errors import UsageError
from omicsdk.core.frozen import NamedTuple
from omicsdk.fs.copying.comparison import By
from omicsdk.fs.copying.copies import copy_files, warn_of_shortage
from omicsdk.fs.copying.jobs import (
    SyncPlan,
    TooManyRemovals,
    check_removals,
    kind_of,
    make_way,
    move_files,
    planned_copy,
    planned_move,
    planned_sync,
    remove_extra,
)
from omicsdk.fs.copying.planning import CopyPlan, Layout, Naming, Selected
from omicsdk.fs.copying.removal import plan_removal, remove
from omicsdk.fs.options import CopyOptions
from omicsdk.fs.uris import Stores, Uri, local_name, parse_uri
from omicsdk.transfer import Outcome, TransferReport
from omicsdk.transfer.disk import Growth
from omicsdk.transfer.names import is_remote
from omicsdk.transfer.reports.units import total_words

if TYPE_CHECKING:
    from omicsdk.transfer import TransferOptionsDict

_STRIDE = 1024 * 1024


class Removed(NamedTuple):
    """The result of a removal.

    Attributes:
        report: The result for each file, and for each folder that could not be removed.
        folders: The number of folders to remove.
    """

    report: TransferReport
    folders: int = 0


class Changed(NamedTuple):
    """The result of a command, or of its dry run.

    Attributes:
        plan: The sources and targets.
        report: The result for each file; None for a dry run.
        did: The verb, such as "moved".
        sync: The differences, if folders were compared.
        removed: The files removed from the target, or to be removed.
        source: Name of the only source in results, if it is temporarily stored elsewhere.
        kept_sources: The number of sources that were copied but not removed.
    """

    plan: CopyPlan
    report: TransferReport | None
    did: str = "copied"
    sync: SyncPlan | None = None
    removed: Sequence[str] = ()
    source: str | None = None
    kept_sources: int = 0


def cp(
    paths: Sequence[str],
    *,
    recursive: bool = False,
    no_clobber: bool = False,
    layout: Layout = "tree",
    name_template: str = "",
    spool: str | None = None,
    places: Targets = ANY_TARGET,
    console: Console,
    **options: Unpack[TransferOptionsDict],
) -> Changed | None:
    """Copy files and folders from and to any platform, verified.

    A file is copied to the given name, or into the folder with that name. A folder is copied into an existing folder,
    else becomes the target; a trailing slash on the source selects its contents. Files that the target already has are
    skipped. A file appears under its name when it is complete and matches the checksums that its platform states.
    Between platforms, bytes pass through this machine unless the platform can copy them directly. Run the same command
    again to resume. - is stdin as the source, and stdout as the target; a FIFO is read as stdin is.

    Args:
        paths: Sources, then the target: URIs or paths; see omics help files.
        recursive: Copy folders.
        no_clobber: Keep existing files at the target.
        layout: Keep folders below the source (tree), or copy all files into one folder (flat).
        name_template: Name of each copy, with fields such as {name}, {stem}, {suffix}, {guid}, {size}, {date} or
            {sha256}: '{guid}_{name}'.
        spool: Folder for temporary files between platforms, at most 4 GiB or one larger file; by default one in the
            user's state folder.
        places: Which files.
        console: Prints messages.
        **options: See `omicsdk.transfer.TransferOptions`.
    """
    sources, target = _sources_and_target(paths, "cp")
    how = CopyOptions.of(options, CopyOptions(overwrite=not no_clobber, spool=spool))
    if paths[-1] == STREAM:
        check_unused(
            "with stdout",
            dry_run=how.dry_run,
            require_checksum=how.require_checksum,
            name_template=name_template,
            layout=layout != "tree" and layout,
        )
        with places.stores() as stores:
            print_bytes(sources, stores, how)
        return None
    naming = Naming(layout, name_template)
    once = next(filter(is_stream, sources), None)
    with places.stores() as stores, _readable(sources, once, target, stores, how, console) as uris:
        plan = planned_copy(stores, uris, target, recursive=recursive, patterns=places, naming=naming, options=how)
        plan = plan._replace(differing=once is not None, resumes=once is None)  # its name differs each time
        report = None if how.dry_run else copy_files(plan, stores, how)
        return Changed(plan, report, source=once)


def _sources_and_target(paths: Sequence[str], command: str) -> tuple[Sequence[str], Uri]:
    """The sources and the target."""
    *sources, last = paths
    if not sources:
        raise UsageError(f"missing destination after '{last}'", remedy=f"Add it: omics {command} SOURCE... TARGET.")
    return sources, _target(last)


def _target(text: str) -> Uri:
    """Read a target.

    Raises:
        UsageError: It is a place in the form of rclone or scp.
    """
    uri = parse_uri(text)
    if uri.path == text and is_remote(text):
        remedy = f"Use a URI such as s3://bucket/key, or ./{text} for a file of this machine."
        raise UsageError(f"{text!r} is neither a URI nor in a folder of this machine", remedy=remedy)
    return uri


@contextmanager
def _readable(
    sources: Sequence[str], once: str | None, target: Uri, stores: Stores, options: CopyOptions, console: Console
) -> Generator[Sequence[Uri]]:
    """The sources, with one that can only be read once, such as stdin, in a temporary file."""
    if once is None:
        yield [parse_uri(text) for text in sources]
        return
    title = "stdin" if once == STREAM else once
    if len(sources) > 1 or target.is_folder or kind_of(stores, target) == "folder":
        remedy = f"Name the target file: omics cp {once} TARGET."
        raise UsageError(f"{title} is a single file without a name", remedy=remedy)
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="omics-", dir=options.spool) as folder:
        name = Path(folder, local_name(target.name))
        growth = Growth(str(name), title)
        with name.open("wb") as file:
            # A dry run reads nothing: what is piped into it may be without end.
            if not options.dry_run:
                with open_stream(once) as stream:
                    while chunk := stream.read(_STRIDE):
                        growth.expect(len(chunk))
                        file.write(chunk)
        # Messages name what the user typed, not the temporary file.
        console.called[str(name)] = title
        yield [Uri("file", str(name))]


def mv(
    paths: Sequence[str],
    *,
    no_clobber: bool = False,
    unverified: bool = False,
    spool: str | None = None,
    places: Targets = ANY_TARGET,
    console: Console,
    **options: Unpack[TransferOptionsDict],
) -> Changed:
    """Move files and folders from and to any platform.

    Names follow the rules of omics cp. A source is removed when its copy is complete and a checksum of the copy, or of
    each part of it, agrees. Otherwise it is kept, and the command ends with exit code 3.

    Args:
        paths: Sources, then the target.
        no_clobber: Keep existing files at the target, and their sources.
        unverified: Remove sources, too, whose copies are complete but cannot be compared by a checksum.
        places: Which files.
        console: Prints messages.
        **options: See `omicsdk.transfer.TransferOptions`.
    """
    sources, target = _sources_and_target(paths, "mv")
    how = CopyOptions.of(options, CopyOptions(overwrite=not no_clobber, spool=spool))
    uris = [parse_uri(text) for text in sources]
    with places.stores() as stores:
        plan = planned_move(stores, uris, target, patterns=places, options=how)
        if how.dry_run:
            return Changed(plan, None, "moved")
        report, not_removed = move_files(
            plan, uris, stores, how, keeps_folders=not places.fit_all, unverified=unverified
        )
        print_failures(not_removed, console, len(plan.files) + len(plan.unfit))
        return Changed(plan, report, "moved", kept_sources=len(not_removed))


def sync(
    source: str,
    target: str,
    *,
    update: bool = False,
    delete: bool = False,
    max_delete: int | None = None,
    compare: By = "auto",
    size_only: bool = False,
    spool: str | None = None,
    places: Targets = ANY_TARGET,
    console: Console,
    **options: Unpack[TransferOptionsDict],
) -> Changed:
    """Make a folder equal to another one: copy missing and changed files.

    Nothing is removed without --delete, which asks on a terminal unless --yes is given. Removing more than half of a
    target asks even with --yes; without a terminal, the command fails and nothing is done for a target
    with ten files or more. It also fails if the source has no files. --max-delete allows both.

    Args:
        source: Source folder.
        target: Folder to make equal.
        update: Keep files that are newer at the target.
        delete: Remove files from the target that are missing in the source, after the copies; first those in their way.
        max_delete: Remove at most N files; if more would be removed, nothing is done.
        compare: How to compare files. auto: by checksums if both platforms state the same kind, else by size and
            modification time: a source that is newer than its copy is settled by reading local files, an older one is
            taken as equal. checksum: local files are always read.
        size_only: Compare sizes only, like --compare size.
        places: Which files.
        console: Prints messages.
        **options: See `omicsdk.transfer.TransferOptions`.
    """
    if size_only and compare == "checksum":
        raise UsageError("--size-only and --compare checksum are mutually exclusive", remedy="Leave one of them out.")
    how = CopyOptions.of(options, CopyOptions(spool=spool))
    to, by = _target(target), "size" if size_only else compare
    with places.stores() as stores:
        sync_plan = planned_sync(
            stores, parse_uri(source), to, compare=by, update=update, removes=delete, patterns=places
        )
        extra, irremovable = sync_plan.remove, sync_plan.refusals
        if how.dry_run:
            print_failures(irremovable, console, len(extra) + len(irremovable) + sync_plan.source_count)
            return Changed(sync_plan.copy, None, sync=sync_plan, removed=[str(file.uri) for file in extra])
        if delete and sync_plan.copy.unfit:
            console.message("nothing is removed: some objects cannot be copied")
        # Asked before the copy: the answer may be needed hours before the removal.
        may_remove = not extra or _may_remove(sync_plan, to, max_delete, console)
        # Other removals come last, and are omitted after a failure: a target never loses files before it has the new ones.
        obstacles = sync_plan.in_the_way() if may_remove else []
        removed, not_removed = make_way(sync_plan.copy, obstacles, stores)
        report = copy_files(sync_plan.copy, stores, how)
        if may_remove and report.ok:
            tried = {file.uri for file in obstacles}
            further, failed = remove_extra((file for file in extra if file.uri not in tried), stores)
            removed, not_removed = removed + further, [*sync_plan.refusals, *not_removed, *failed]
        print_failures(not_removed, console, len(removed) + len(not_removed))
        return Changed(sync_plan.copy, report, sync=sync_plan, removed=[str(uri) for uri in removed])


def _may_remove(plan: SyncPlan, target: Uri, most: int | None, console: Console) -> bool:
    """Ask for confirmation of removals before anything is copied.

    Raises:
        TooManyRemovals: They exceed the allowed number, or without a terminal half of a large folder.
    """
    remove, attended = len(plan.remove), console.is_attended
    question = f"{count_of(remove, 'file')} of {target} missing in the source will be removed permanently. Continue?"
    try:
        check_removals(str(target), remove, plan.target_count, most, source=plan.source_count, attended=attended)
        may = console.confirm(question)
    except TooManyRemovals as error:
        # Only a user at a terminal may insist; a limit that was stated, and an empty source, are no questions.
        if most is not None or not plan.source_count or not attended:
            raise
        may = console.insists(f"{error.message}. {question}")
    if not may:
        console.message("nothing was removed")
    return may


def changed(result: Changed | None, call: Call) -> TextAndData | None:
    """Render a copy, a move or a synchronisation: the summary, and the result for each file."""
    if result is None:
        return None
    plan, report, sync = result.plan, result.report, result.sync
    if report is None:
        return _foreseen(result)
    facts = [f"{sync.same:,} equal"] if sync else []
    facts += [f"{sync.newer:,} newer at the target"] if sync and sync.newer else []
    facts += [f"{len(result.removed):,} removed"] if result.removed else []
    facts += [f"{count_of(result.kept_sources, 'source')} kept"] if result.kept_sources else []
    title = f"{'Move' if result.did == 'moved' else 'Copy'} to {plan.base}"
    is_single = len(report.outcomes) == len(plan.files) == 1 and not sync
    where = _landed(plan, plan.files[0], report.outcomes[0]) if is_single else str(plan.base)
    # What cannot be copied at all would not be by a repetition.
    remedy = "" if plan.unfit and len(report.failed) == len(plan.unfit) else AGAIN
    did = "copied" if result.kept_sources else result.did
    equal = sync.same + sync.newer if sync else 0
    finish(report, call, title=title, where=where, did=did, more=facts, remedy=remedy, equal=equal)
    if sync and not sync.source_count and not report.outcomes:
        report_nothing_selected(call)
    files = [*plan.files, *(file for file, _ in plan.unfit)]
    rows = (
        {
            "source": result.source or str(file.uri),
            "target": _landed(plan, file, outcome) if number < len(plan.files) else None,
            "size": outcome.size,
            **ended(outcome),
        }
        for number, (file, outcome) in enumerate(zip(files, report.outcomes, strict=True))
    )
    more: dict[str, Any] = {"same": sync.same, "newer": sync.newer, "removed": list(result.removed)} if sync else {}
    return transfer_data(report, rows, **more)


def _foreseen(result: Changed) -> TextAndData:
    """Return the plan, with a line for each file for terminals."""
    plan, sync, word = result.plan, result.sync, "move" if result.did == "moved" else "copy"
    warn_of_shortage(plan, moves=word == "move")
    # What can be read only once is not read by a dry run.
    sizes = [None if result.source else file.entry.size for file in plan.files]
    files: list[dict[str, Any]] = [
        {
            "source": result.source or str(file.uri),
            "target": str(plan.target(file)),
            "size": size,
            "checksum": ", ".join(file.entry.checksums) or None,
            "plan": sync.reasons[file.name] if sync else word,
        }
        for file, size in zip(plan.files, sizes, strict=True)
    ]
    lines = [plan_line(file) for file in files]
    total = None if None in sizes else sum(number or 0 for number in sizes)
    files += [
        {"source": str(file.uri), "target": None, "size": file.entry.size, "checksum": None, "plan": "skip"}
        for file, _ in plan.unfit
    ]
    files += [
        {"source": None, "target": uri, "size": None, "checksum": None, "plan": "remove"} for uri in result.removed
    ]
    lines += [f"remove {uri}" for uri in result.removed]
    more = {"same": sync.same, "newer": sync.newer} if sync else {}
    skipped = [f"skip {error.message}" for _, error in plan.unfit]
    return _nothing_done(lines, total_words(sizes), word, {"bytes": total, "files": files, **more}, skipped)


def _nothing_done(
    lines: Sequence[str], size: str, word: str, data: Mapping[str, Any], skipped: Sequence[str] = ()
) -> TextAndData:
    """Return the result of a dry run: a line for each file, and a summary."""
    last = f"{count_of(len(lines), 'file')}, {size} to {word}; nothing was done"
    return TextAndData("\n".join(map(printable, (*lines, *skipped, last))), data, terminal_only=True, items="files")


def _landed(plan: CopyPlan, file: Selected, outcome: Outcome) -> str:
    """Return the location of a file: some platforms assign a new one to uploads."""
    is_reported = outcome.is_present and outcome.label.startswith(f"{plan.base.scheme}://")
    return outcome.label if is_reported else str(plan.target(file))


def rm(
    uris: Sequence[str],
    *,
    recursive: bool = False,
    force: bool = False,
    dry_run: bool = False,
    places: Places = ANYWHERE,
    console: Console,
) -> Removed | None:
    """Remove files and folders of any platform permanently.

    Everything is listed and checked before the first file is removed.

    Args:
        uris: Files and folders.
        recursive: Remove folders with everything below them.
        force: Leave out files and folders that do not exist, instead of an error.
        dry_run: Only print what would be removed.
        places: Which files; folders are kept if only some of their files are removed.
        console: Prints messages.
    """
    with places.stores() as stores:
        parsed = [parse_uri(text) for text in uris]
        removal = plan_removal(stores, parsed, recursive=recursive, force=force, patterns=places)
        if dry_run or not (removal.files or removal.folders):
            planned = (Outcome(str(file.uri), "planned", file.entry.size) for file in removal.files)
            return Removed(TransferReport(planned))
        named = f"{count_of(len(removal.files), 'file')} ({total_words(file.entry.size for file in removal.files)}) of {_named(uris)}"
        question = f"{named} will be removed permanently. Continue?"
        if not agreed(question, console, "nothing was removed"):
            return None
        return Removed(remove(stores, removal), len(removal.folders))


def removed(result: Removed | None, call: Call) -> TextAndData | None:
    """Render a removal: the summary, and the result for each file."""
    if result is None:
        return None
    report = result.report
    rows = [{"uri": end.name, "size": end.size, "state": end.state} for end in report.outcomes]
    data = {"counts": report.counts, "files": rows}
    if call.arguments.get("dry_run"):
        size = total_words(end.size for end in report.outcomes)
        return _nothing_done([f"remove {end.name}" for end in report.outcomes], size, "remove", data)
    folders = [] if report.outcomes or not result.folders else [count_of(result.folders, "folder")]
    finish(report, call, where=_named(call.arguments["uris"]), did="removed", more=folders)
    return transfer_data(report, rows, verifies=False)


def _named(uris: Sequence[str]) -> str:
    return uris[0] if len(uris) == 1 else f"{len(uris)} places"


def mkdir(uris: Sequence[str], *, places: Targets = ANY_TARGET, console: Console) -> TextAndData:
    """Create folders and their parents.

    Existing folders are kept. On pangea://, samples and results are folders.

    Args:
        uris: Folders.
        places: How they are opened.
        console: Prints messages.
    """
    with places.stores() as stores:
        # All are checked before the first is created.
        for uri in sorted(map(parse_uri, uris), key=lambda uri: stores.of(uri).features.makes_folders):
            stores.of(uri).make_folder(uri.path)
    console.message(f"{len(uris)} folder{'s' * (len(uris) != 1)} exist{'s' * (len(uris) == 1)}: {', '.join(uris)}")
    return TextAndData("", [{"uri": uri} for uri in uris], terminal_only=True)
