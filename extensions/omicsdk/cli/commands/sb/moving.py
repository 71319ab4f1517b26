"""What `omics sb files cp`, `mv` and `rm` do: one request for a single file, the platform's own jobs for more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from omicsdk.cli.commands.agreement import agreed
from omicsdk.cli.commands.sb.jobs import errors_of, finished
from omicsdk.cli.errors import REFUSED
from omicsdk.core.errors import UsageError
from omicsdk.sb.paths import SbPath, WrongPath, checked_name, is_path, parse
from omicsdk.sb.places import Entry, Place, Places

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from omicsdk.cli.console import Console
    from omicsdk.sb.api import Api

AT_ONCE = 100
"""Files of one job or bulk request, as many as the platform takes."""


class Step(NamedTuple):
    """A file or folder, and where it is to be.

    Attributes:
        source: What is copied or moved.
        place: The folder that it goes into.
        name: What it is called there.
    """

    source: Entry
    place: Place
    name: str

    @property
    def row(self) -> dict[str, Any]:
        """It for people."""
        to = self.place.path.child(self.name, is_folder=self.source.file.is_folder())
        return {"from": self.source.name, "to": str(to)}

    def item(self, **where: str) -> dict[str, Any]:
        """It as a job is told it."""
        return {"file": str(self.source.file.id), **where, "name": self.name}


def cp(api: Api, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb files cp`: what was copied, and to where."""
    places = Places(api)
    steps = planned(places, arguments["paths"], "copy")
    folders = [step for step in steps if step.source.file.is_folder()]
    if folders and not arguments.get("recursive"):
        raise UsageError(f"{folders[0].source.name} is a folder", remedy="Give --recursive to copy it.")
    if arguments.get("dry_run"):
        return [step.row for step in steps]
    if len(steps) == 1 and not folders:
        step = steps[0]
        if step.place.folder is None:
            step.source.file.copy(project=step.place.path.project, name=step.name)
        else:
            step.source.file.copy_to_folder(parent=step.place.folder, name=step.name)
        return [step.row]
    items = [step.item(**step.place.target) for step in steps]
    return _done(api, "copy", items, [step.row for step in steps], arguments, console)


def mv(api: Api, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb files mv`: what was moved, and to where."""
    places = Places(api)
    steps = planned(places, arguments["paths"], "move")
    if arguments.get("dry_run"):
        return [step.row for step in steps]
    if len(steps) == 1 and (_stays(steps[0]) or not steps[0].source.file.is_folder()):
        return [_moved(places, steps[0])]
    items = [step.item(parent=places.parent_id(step.place)) for step in steps]
    return _done(api, "move", items, [step.row for step in steps], arguments, console)


def rm(api: Api, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb files rm`: what was deleted."""
    places = Places(api)
    entries = [places.entry(text) for text in arguments["paths"]]
    folders = [entry for entry in entries if entry.file.is_folder()]
    if folders and not arguments.get("recursive"):
        raise UsageError(
            f"{folders[0].name} is a folder", remedy="Give --recursive to delete it with all that is in it."
        )
    rows = [{"deleted": entry.name, "type": entry.file.field("type"), "id": entry.file.id} for entry in entries]
    if arguments.get("dry_run"):
        return rows
    what = entries[0].name if len(entries) == 1 else f"{len(entries)} files and folders"
    if not agreed(f"Deleting {what}{' and all in it' if folders else ''} is for good. Go on?", console):
        return []
    if len(entries) == 1 and not folders:
        entries[0].file.delete()
        return rows
    items = [{"file": str(entry.file.id)} for entry in entries]
    return _done(api, "delete", items, rows, arguments, console)


def planned(places: Places, words: Sequence[str], what: str) -> list[Step]:
    """What is to be where, settled before anything is changed.

    Args:
        places: The platform.
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
    entries = [places.entry(source) for source in sources]
    place, name = _target(places, target, single=len(entries) == 1)
    steps = [Step(entry, place, checked_name(name or str(entry.file.name))) for entry in entries]
    taken: dict[str, Entry] = {}
    for step in steps:
        if step.name in taken:
            raise UsageError(
                f"{taken[step.name].name} and {step.source.name} would both be {place.path.child(step.name)}",
                remedy=f"{what.capitalize()} them to different folders.",
            )
        taken[step.name] = step.source
        _check_inside(step, what)
    return steps


def _target(places: Places, target: SbPath, *, single: bool) -> tuple[Place, str]:
    """The folder to go into, and the new name; no name where things keep theirs."""
    if not target.names or target.is_folder:
        return places.folder(target), ""
    found = places.find(target)
    if found is not None and found.file.is_folder():
        return Place(target._replace(is_folder=True), found.file), ""
    if not single:
        raise WrongPath(
            f"{target} is {'a file' if found else 'not there'}, so only one can go there",
            remedy=f"Name a folder; make it with: omics sb files mkdir '{target}'",
        )
    if found is not None:
        raise WrongPath(f"{target} is there already", remedy="Choose another name, or delete it first.")
    return places.folder(target.parent), target.name


def _check_inside(step: Step, what: str) -> None:
    """Refuses to put a folder into itself."""
    source, target = step.source.path, step.place.path
    if source is not None and source.is_folder and source.owner:
        same = (source.owner, source.project_name) == (target.owner, target.project_name)
        if same and target.names[: len(source.names)] == source.names:
            done = {"copy": "copied", "move": "moved"}[what]
            raise UsageError(f"{source} can't be {done} into itself", remedy="Choose another folder.")


def _stays(step: Step) -> bool:
    """Whether something only gets another name."""
    return step.source.path is not None and step.source.path.parent == step.place.path


def _moved(places: Places, step: Step) -> dict[str, Any]:
    if _stays(step):
        step.source.file.name = step.name
        step.source.file.save()
    else:
        step.source.file.move_to_folder(parent=places.parent_id(step.place), name=step.name)
    return step.row


def _done(
    api: Api,
    kind: str,
    items: list[dict[str, Any]],
    rows: list[dict[str, Any]],
    arguments: Mapping[str, Any],
    console: Console,
) -> list[dict[str, Any]]:
    """Has the platform work on many, and tells what it couldn't."""
    jobs = {"copy": "file_bulk_copy", "move": "file_bulk_move", "delete": "file_bulk_delete"}
    start = getattr(api.async_jobs, jobs[kind])
    timeout: float = arguments["timeout_seconds"]
    done: list[dict[str, Any]] = []
    for first in range(0, len(items), AT_ONCE):
        job = start(items[first : first + AT_ONCE])
        records, part = finished(api, job, timeout), rows[first : first + AT_ONCE]
        # A folder may have come with a record for each file in it.
        known = len(records) == len(part)
        errors = errors_of(records)
        done += [each for number, each in enumerate(part) if not known or number not in errors]
        for number, error in errors.items():
            console.some_failed(f"{next(iter(part[number].values()))}: {error}" if known else error)
    if not done:
        console.exit_code = REFUSED
    return done
