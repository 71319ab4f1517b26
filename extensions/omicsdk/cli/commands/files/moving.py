"""What `omics cp` and `omics sync` do: files between any two places."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.files.looking import STREAM, poured
from omicsdk.cli.commands.files.places import files_words, kind_of, patterns_of, sources_of, stores_of
from omicsdk.cli.commands.transfer_reports import ended, named_errors, told, watched
from omicsdk.cli.commands.transfers import control_of
from omicsdk.cli.errors import printable
from omicsdk.cli.told import Told
from omicsdk.core.errors import OmicsError, UsageError
from omicsdk.fs.copying.comparison import (
    CHANGED,
    By,
    Differences,
    differences,
    why_different,
    with_common_checksum,
)
from omicsdk.fs.copying.copies import copy_files, is_begun
from omicsdk.fs.copying.planning import CopyPlan, Kind, Patterns, Selected, Source, by_name, plan_copy, select
from omicsdk.fs.store import CopyOptions, NotAFolder, Stores, Uri, parse_uri
from omicsdk.transfer.calls import side_by_side
from omicsdk.transfer.names import LinkGuard
from omicsdk.transfer.reports.outcome import verification_words
from omicsdk.transfer.reports.words import size_words
from omicsdk.transfer.writing import Growth

if TYPE_CHECKING:
    from omicsdk.cli.console import Console
    from omicsdk.transfer import Outcome

_STRIDE = 1024 * 1024
_WORDS = {"skipped": "already there", "failed": "failed", "stopped": "stopped"}
NOTHING: Mapping[str, Any] = {"counts": {}, "verification": {}, "files": []}


def cp(arguments: Mapping[str, Any], console: Console) -> Told | None:
    """`omics cp`: counts, and what became of each file; on a terminal a line. - is stdin, and stdout as the target."""
    *sources, last = arguments["paths"]
    if not sources:
        raise UsageError(
            f"cp: missing destination after '{last}'", remedy="Name it at the end: omics cp SOURCE... TARGET."
        )
    if last == STREAM:
        if arguments["dry_run"]:
            raise UsageError("--dry-run: nothing is foretold of what goes to stdout", remedy="Name a file or folder.")
        if arguments["require_checksum"]:
            raise UsageError(
                "--require-checksum: what goes to stdout is gone before it is compared", remedy="Name a file."
            )
        with stores_of(arguments) as stores:
            poured(sources, stores, control_of(arguments))
        return None
    target = parse_uri(last)
    if STREAM not in sources:
        return _cp([parse_uri(text) for text in sources], target, arguments, console)
    with stores_of(arguments) as stores:
        is_folder = target.is_folder or kind_of(stores, target) == "folder"
    if len(sources) > 1 or is_folder:
        raise UsageError(
            "stdin is one file, without a name", remedy="Name the file that it becomes: omics cp - TARGET."
        )
    with tempfile.TemporaryDirectory(prefix="omics-", dir=arguments["spool"]) as folder:
        name = Path(folder, target.name)
        if not arguments["dry_run"]:
            growth = Growth(str(name), "stdin")
            with name.open("wb") as file:
                while chunk := sys.stdin.buffer.read(_STRIDE):
                    growth.expect(len(chunk))
                    file.write(chunk)
        else:
            name.touch()
        console.called[str(name)] = "stdin"
        return _cp([Uri("file", str(name))], target, arguments, console, source=STREAM)


def _cp(
    uris: Sequence[Uri], target: Uri, arguments: Mapping[str, Any], console: Console, *, source: str | None = None
) -> Told:
    """Copies; `source` is what results call the only source, where it is kept somewhere else meanwhile."""
    with stores_of(arguments) as stores:
        sources = sources_of(stores, uris, patterns_of(arguments), recursive=bool(arguments["recursive"]))
        plan = _planned(sources, target, kind_of(stores, target), arguments)
        _check_way_in(stores, plan)
        if arguments["dry_run"]:
            planned = dict.fromkeys((file.name for file in plan.files), "copy")
            return _foretold(_from(source, _foreseen(plan, planned)))
        result = _copied(plan, stores, arguments, console, overwrite=not arguments["no_clobber"])
        return _summed_up(_from(source, result), plan.base)


def _from(source: str | None, result: dict[str, Any]) -> dict[str, Any]:
    if source is None:
        return result
    return {**result, "files": [{**file, "source": source} for file in result["files"]]}


def _planned(sources: Sequence[Source], target: Uri, kind: Kind, arguments: Mapping[str, Any]) -> CopyPlan:
    """What goes where. A folder that an earlier run of the command made is the one that it becomes, not one to go into."""
    if kind == "folder" and len(sources) == 1 and sources[0].is_folder:
        before = plan_copy(sources, target, "")
        if is_begun(before, CopyOptions(spool=arguments["spool"])):
            return before
    return plan_copy(sources, target, kind)


def sync(arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics sync`: counts, and what became of each file that differed; on a terminal a line."""
    source, target = parse_uri(arguments["source"]), parse_uri(arguments["target"])
    patterns = patterns_of(arguments)
    with stores_of(arguments) as stores:
        entry = stores.of(source).stat(source.path)
        if not entry.is_folder:
            raise NotAFolder(str(source), "is a file", remedy="omics cp copies single files.")
        wanted = by_name(select(stores.of(source), source, entry=entry, patterns=patterns), target)
        there = _there(stores, target, patterns)
        found = _compared(wanted, there, arguments["compare"], stores)
        differing = [wanted[name] for name in found.copy]
        plan = CopyPlan(replace(target, is_folder=True), differing, [f"{source}\tsync"], differing=True)
        removed = [there[name] for name in found.remove] if arguments["delete"] else []
        if arguments["dry_run"]:
            plans = {**found.copy, **{file.name: "remove" for file in removed}}
            return _foretold({**_foreseen(plan, plans, removed), "same": found.same})
        if plan.files:
            _check_way_in(stores, plan)
        remove = bool(removed) and _may_remove(len(removed), len(there), target, arguments["max_delete"], console)
        result = _copied(plan, stores, arguments, console, overwrite=True) if plan.files else NOTHING
        # What should go goes last, and not at all where something didn't arrive: a target never loses before it gains.
        gone = _removed(removed, stores, target, console) if remove and not console.exit_code else []
        return _summed_up({**result, "same": found.same, "removed": gone}, target)


def _there(stores: Stores, target: Uri, patterns: Patterns) -> dict[str, Selected]:
    kind = kind_of(stores, target)
    if kind == "file":
        raise NotAFolder(str(target), "is a file", remedy="Name a folder.")
    if not kind:
        return {}
    return by_name(select(stores.of(target), target, patterns=patterns), target)


def _compared(wanted: Mapping[str, Selected], there: Mapping[str, Selected], by: By, stores: Stores) -> Differences:
    entries = {name: file.entry for name, file in wanted.items()}
    others = {name: file.entry for name, file in there.items()}
    # Times alone prove nothing: what was just fetched is younger than what it was fetched from.
    doubtful = [
        name
        for name in entries
        if name in others
        and (by == "checksum" or (by == "auto" and why_different(entries[name], others[name]) == CHANGED))
    ]
    known = side_by_side(lambda name: with_common_checksum(wanted[name], there[name], stores.of), doubtful)
    for name, found in zip(doubtful, known, strict=True):
        if isinstance(found, OmicsError):
            raise found
        entries[name], others[name] = found
    return differences(entries, others, by)


def _copied(
    plan: CopyPlan, stores: Stores, arguments: Mapping[str, Any], console: Console, *, overwrite: bool
) -> dict[str, Any]:
    title = f"copying to {plan.base}"
    report = watched(
        lambda progress, control: copy_files(
            plan,
            stores,
            CopyOptions(
                overwrite=overwrite,
                connections=arguments["connections"],
                control=control,
                progress=progress,
                spool=arguments["spool"],
            ),
        ),
        arguments,
        console,
        title,
    )
    told(report, named_errors(report.failed), arguments, console, title, is_counted=True)
    files = [
        {"source": str(file.uri), "target": _landed(plan, file, outcome), "size": outcome.size, **ended(outcome)}
        for file, outcome in zip(plan.files, report.outcomes, strict=True)
    ]
    return {"counts": report.counts, "verification": report.verification, "files": files}


def _foreseen(plan: CopyPlan, plans: Mapping[str, str], removed: Sequence[Selected] = ()) -> dict[str, Any]:
    files = [
        {"source": str(file.uri), "target": str(plan.target(file)), "size": file.entry.size, "plan": plans[file.name]}
        for file in plan.files
    ]
    gone = [{"source": None, "target": str(file.uri), "size": file.entry.size, "plan": "remove"} for file in removed]
    return {"bytes": sum(file.entry.size or 0 for file in plan.files), "files": [*files, *gone]}


def _summed_up(result: Mapping[str, Any], target: Uri) -> Told:
    """A result, and for people how many files were copied, left, verified, equal, removed."""
    counts: Mapping[str, int] = result["counts"]
    size = sum(file["size"] or 0 for file in result["files"] if file["state"] == "done")
    words = [f"{files_words(counts.get('done', 0))} ({size_words(size)}) copied to {target}"]
    words += [f"{counts[state]} {word}" for state, word in _WORDS.items() if counts.get(state)]
    words += [known] if (known := verification_words(result["verification"])) else []
    words += [f"{result['same']} equal"] if result.get("same") else []
    words += [f"{len(result['removed'])} removed"] if result.get("removed") else []
    return Told(", ".join(words), result, terminal_only=True)


def _foretold(result: Mapping[str, Any]) -> Told:
    """What would be done, and for people a line each."""
    files: list[Mapping[str, Any]] = result["files"]
    lines = [
        printable(
            f"remove {file['target']}"
            if file["plan"] == "remove"
            else f"copy {file['source']} to {file['target']} ({file['plan']})"
        )
        for file in files
    ]
    whole = f"{files_words(len(files))}, {size_words(result['bytes'])} to copy; nothing was done"
    return Told("\n".join([*lines, whole]), result, terminal_only=True)


def _check_way_in(stores: Stores, plan: CopyPlan) -> None:
    """Refuses a place that takes none of the files so, before anything is fetched for it."""
    stores.of(plan.base).check_puts([plan.target(file).path for file in plan.files])


def _landed(plan: CopyPlan, file: Selected, outcome: Outcome) -> str:
    """Where a file is: some platforms give what is put there a place of their own."""
    is_told = outcome.state in ("done", "skipped") and outcome.label.startswith(f"{plan.base.scheme}://")
    return outcome.label if is_told else str(plan.target(file))


def _may_remove(remove: int, there: int, target: Uri, most: int | None, console: Console) -> bool:
    """Asks whether files shall be removed, before anything is copied.

    Raises:
        TooManyRemovals: They are more than was allowed, or, where nobody can be asked, more than half of a large folder.
    """
    words = f"{files_words(remove)} of {target} that the source doesn't have will be removed for good. Go on?"
    try:
        check_removals(str(target), remove, there, most)
        agreed = console.confirm(words)
    except TooManyRemovals as error:
        if most is not None or not console.is_attended:
            raise
        agreed = console.insists(f"{error.message}. {words}")
    if not agreed:
        console.message("nothing is removed")
    return agreed


def _removed(files: Sequence[Selected], stores: Stores, target: Uri, console: Console) -> list[str]:
    store = stores.of(target)
    links = LinkGuard(target.path) if target.scheme == "file" else None
    gone: list[str] = []
    for file in files:
        try:
            if links is not None:  # what they lead to is no part of the target, as for what is copied there
                links.check(file.name)
            store.remove(file.entry)
        except (OmicsError, OSError) as error:
            console.some_failed(
                f"{printable(str(file.uri))} isn't removed: {error.strerror or error if isinstance(error, OSError) else error}"
            )
        else:
            gone.append(str(file.uri))
    return gone


#: Files of a folder of which more than half aren't removed without being allowed to; fewer may all be replaced by others.
MANY = 10


class TooManyRemovals(UsageError):
    """More files would be removed than a copy of the source is likely to lack, or than was allowed.

    Args:
        target: The folder that they would be removed from.
        remove: How many files.
        there: How many files it has.
        most: How many were allowed to be removed; None where nothing was said.
    """

    def __init__(self, target: str, remove: int, there: int, most: int | None = None) -> None:
        why = "more than half" if most is None else f"more than the {most} of --max-delete"
        remedy = f"Nothing was copied or removed. Check the source; --max-delete {remove} allows it."
        super().__init__(f"{remove} of the {there} files of {target} would be removed, {why}", remedy=remedy)


def check_removals(target: str, remove: int, there: int, most: int | None = None) -> None:
    """Refuse to remove most of a folder because another one seems to lack it: that may have been listed wrong.

    Args:
        target: The folder.
        remove: How many of its files would be removed.
        there: How many files it has.
        most: How many may be removed at most; None allows any number from a folder of fewer than ten files, and half of a
            larger one.

    Raises:
        TooManyRemovals: More would be removed.
    """
    if remove > most if most is not None else there >= MANY and remove * 2 > there:
        raise TooManyRemovals(target, remove, there, most)
