"""What `omics sb files cp`, `mv` and `rm` do: one request for a single file, the platform's own jobs for more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from omicsdk.cli.commands.agreement import agreed
from omicsdk.cli.errors import REFUSED
from omicsdk.core.errors import UsageError
from omicsdk.sb.jobs import MOST
from omicsdk.sb.listings import Entry, Folder, Folders
from omicsdk.sb.paths import SbPath, WrongPath, checked_name, is_path, parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from omicsdk.cli.console import Console
    from omicsdk.sb.client import SevenBridges


class Step(NamedTuple):
    """A file or folder, and where it is to be.

    Attributes:
        source: What is copied or moved.
        folder: The folder that it goes into.
        name: What it is called there.
    """

    source: Entry
    folder: Folder
    name: str

    @property
    def row(self) -> dict[str, Any]:
        """It for people."""
        to = self.folder.path.child(self.name, is_folder=self.source.is_folder)
        return {"from": self.source.name, "to": str(to)}

    def item(self, **where: Any) -> dict[str, str]:
        """It as a job is told it."""
        return {"file": self.source.file.id, **where, "name": self.name}


def cp(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb files cp`: what was copied, and to where."""
    known = Folders(client)
    steps = planned(known, arguments["paths"], "copy")
    folders = [step for step in steps if step.source.is_folder]
    if folders and not arguments.get("recursive"):
        raise UsageError(f"{folders[0].source.name} is a folder", remedy="Give --recursive to copy it.")
    if arguments.get("dry_run"):
        return [step.row for step in steps]
    if len(steps) == 1 and not folders:
        step = steps[0]
        client.copy_file(file_id=step.source.file.id, name=step.name, **step.folder.target)
        return [step.row]
    items = [step.item(**dict(step.folder.target)) for step in steps]
    return _done(client, "copy", items, [step.row for step in steps], arguments, console)


def mv(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb files mv`: what was moved, and to where."""
    known = Folders(client)
    steps = planned(known, arguments["paths"], "move")
    if arguments.get("dry_run"):
        return [step.row for step in steps]
    if len(steps) == 1 and (_stays(steps[0]) or not steps[0].source.is_folder):
        return [_moved(client, known, steps[0])]
    items = [step.item(parent=known.parent_id(step.folder)) for step in steps]
    return _done(client, "move", items, [step.row for step in steps], arguments, console)


def rm(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb files rm`: what was deleted."""
    known = Folders(client)
    entries = [known.entry(text) for text in arguments["paths"]]
    folders = [entry for entry in entries if entry.is_folder]
    if folders and not arguments.get("recursive"):
        raise UsageError(
            f"{folders[0].name} is a folder", remedy="Give --recursive to delete it with all that is in it."
        )
    rows = [{"deleted": entry.name, "type": entry.file.type, "id": entry.file.id} for entry in entries]
    if arguments.get("dry_run"):
        return rows
    what = entries[0].name if len(entries) == 1 else f"{len(entries)} files and folders"
    if not agreed(f"Deleting {what}{' and all in it' if folders else ''} is for good. Go on?", console):
        return []
    if len(entries) == 1 and not folders:
        client.delete_file(file_id=entries[0].file.id)
        return rows
    items = [{"file": entry.file.id} for entry in entries]
    return _done(client, "delete", items, rows, arguments, console)


def planned(known: Folders, words: Sequence[str], what: str) -> list[Step]:
    """What is to be where, settled before anything is changed.

    Args:
        known: The platform's folders.
        words: The sources and, last, where to.
        what: What is done, for errors.

    Raises:
        UsageError: A word is missing or makes no sense.
        NotFound: A source, or the folder to go into, isn't there.
    """
    if len(words) < 2:
        raise UsageError(f"nothing says where to {what} to", remedy="Give the sources, then where to.")
    for word in words:
        if not is_path(word) and ("/" in word or "." in word):
            raise UsageError(
                f"{word!r} is no sb:// path",
                remedy="Between this machine and the platform: omics sb files upload, or download.",
            )
    *sources, last = words
    target = parse(last)
    entries = [known.entry(source) for source in sources]
    folder, name = _target(known, target, single=len(entries) == 1)
    steps = [Step(entry, folder, checked_name(name or str(entry.file.name))) for entry in entries]
    taken: dict[str, Entry] = {}
    for step in steps:
        if step.name in taken:
            raise UsageError(
                f"{taken[step.name].name} and {step.source.name} would both be {folder.path.child(step.name)}",
                remedy=f"{what.capitalize()} them to different folders.",
            )
        taken[step.name] = step.source
        _check_inside(step, what)
    return steps


def _target(known: Folders, target: SbPath, *, single: bool) -> tuple[Folder, str]:
    """The folder to go into, and the new name; no name where things keep theirs."""
    if not target.names or target.is_folder:
        return known.folder(target), ""
    found = known.find(target)
    if found is not None and found.is_folder:
        return Folder(target._replace(is_folder=True), found.file), ""
    if not single:
        raise WrongPath(
            f"{target} is {'a file' if found else 'not there'}, so only one can go there",
            remedy=f"Name a folder; make it with: omics sb files mkdir '{target}'",
        )
    if found is not None:
        raise WrongPath(f"{target} is there already", remedy="Choose another name, or delete it first.")
    return known.folder(target.parent), target.name


def _check_inside(step: Step, what: str) -> None:
    """Refuses to put a folder into itself."""
    source, target = step.source.path, step.folder.path
    if source is not None and source.is_folder and source.owner:
        same = (source.owner, source.project_name) == (target.owner, target.project_name)
        if same and target.names[: len(source.names)] == source.names:
            done = {"copy": "copied", "move": "moved"}[what]
            raise UsageError(f"{source} can't be {done} into itself", remedy="Choose another folder.")


def _stays(step: Step) -> bool:
    """Whether something only gets another name."""
    return step.source.path is not None and step.source.path.parent == step.folder.path


def _moved(client: SevenBridges, known: Folders, step: Step) -> dict[str, Any]:
    file_id = step.source.file.id
    if _stays(step):
        client.update_file(file_id=file_id, name=step.name)
    else:
        client.move_file(file_id=file_id, parent=known.parent_id(step.folder), name=step.name)
    return step.row


def _done(
    client: SevenBridges,
    kind: Literal["copy", "move", "delete"],
    items: list[dict[str, str]],
    rows: list[dict[str, Any]],
    arguments: Mapping[str, Any],
    console: Console,
) -> list[dict[str, Any]]:
    """Have the platform work on many, and report what it couldn't do."""
    timeout: float = arguments["timeout_seconds"]
    done: list[dict[str, Any]] = []
    for first in range(0, len(items), MOST):
        results = client.run_file_job(kind, items[first : first + MOST], timeout=timeout)
        part = rows[first : first + MOST]
        # Of a folder the platform may answer for each file in it.
        known = len(results) == len(part)
        errors = {number: each.error for number, each in enumerate(results) if each.error}
        done += [each for number, each in enumerate(part) if not known or number not in errors]
        for number, error in errors.items():
            console.some_failed(f"{next(iter(part[number].values()))}: {error}" if known else error)
    if not done:
        console.exit_code = REFUSED
    return done
