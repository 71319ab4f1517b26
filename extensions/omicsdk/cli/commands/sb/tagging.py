"""What `omics sb files tag` and `metadata` do: what files are marked with."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.sb.manifest import apply, shown
from omicsdk.cli.commands.sb.rows import pairs
from omicsdk.core.errors import OmicsError, UsageError
from omicsdk.sb.listings import Folders
from omicsdk.sb.manifest import METADATA, Change, value_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from omicsdk.cli.console import Console
    from omicsdk.sb.client import SevenBridges
    from omicsdk.sb.listings import Entry

AT_ONCE = 8
"""Files that are changed at once, where each takes a request of its own."""


def tag(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb files tag`: the files whose tags changed, with those that they have now."""
    add, remove, whole = arguments.get("add"), arguments.get("remove"), arguments.get("set")
    if whole is None and not add and not remove:
        raise UsageError("nothing says which tags", remedy="Give --add, --remove or --set.")
    if whole is not None and (add or remove):
        raise UsageError("--set and --add or --remove exclude each other", remedy="Give one of them.")
    changed = [
        (entry, tags)
        for entry in _entries(client, arguments)
        if (tags := tagged(entry.file.tags or [], add or (), remove or (), whole)) != (entry.file.tags or [])
    ]

    def save(change: tuple[Entry, list[str]]) -> OmicsError | None:
        entry, tags = change
        try:
            client.replace_file_tags(file_id=entry.file.id, body=tags)
        except OmicsError as error:
            return error
        return None

    if not arguments.get("dry_run"):
        with ThreadPoolExecutor(AT_ONCE, "omicsdk-tag") as pool:
            changed = _told(changed, list(pool.map(save, changed)), console)
    return [{"name": entry.name, "tags": tags, "id": entry.file.id} for entry, tags in changed]


def metadata(
    client: SevenBridges, arguments: Mapping[str, Any], console: Console
) -> list[dict[str, Any]] | dict[str, Any]:
    """`omics sb files metadata`: what changed, a row each; without --set and --unset the metadata there are."""
    put = pairs(arguments.get("set") or (), "--set")
    gone: list[str] = arguments.get("unset") or []
    both = [key for key in put if key in gone]
    if both:
        raise UsageError(f"{both[0]} is to be set and to be taken away", remedy="Name it once.")
    empty = [key for key, words in put.items() if "" in words]
    if empty:
        raise UsageError(f"--set {empty[0]}= has no value", remedy=f"To take it away: --unset {empty[0]}.")
    entries = _entries(client, arguments)
    if not put and not gone:
        if len(entries) == len(arguments["paths"]) == 1 and not arguments.get("recursive"):
            return dict(_metadata(entries[0]))
        return [{"name": each.name, "metadata": dict(_metadata(each)), "id": each.file.id} for each in entries]
    found = [change for entry in entries for change in changes(entry, put, gone)]
    what = f"{len({change.id for change in found})} of {len(entries)} files, {len(found)} values"
    if not found:
        console.message("nothing differs")
    elif arguments.get("dry_run"):
        console.message(f"would change {what}")
    else:
        return [shown(change) for change in apply(client, found, what, console)]
    return [shown(change) for change in found]


def tagged(now: list[str], add: Iterable[str], remove: Iterable[str], whole: list[str] | None) -> list[str]:
    """A file's tags after a change; pure.

    Args:
        now: The tags that it has.
        add: Those that come, behind them.
        remove: Those that go.
        whole: All that there shall be, in their place; None to go by the others.
    """
    if whole is not None:
        return list(dict.fromkeys(whole))
    gone = set(remove)
    return [each for each in dict.fromkeys([*now, *add]) if each not in gone]


def changes(entry: Entry, put: Mapping[str, Sequence[str]], gone: Iterable[str]) -> list[Change]:
    """What differs between a file's metadata and what they shall be.

    Args:
        entry: The file.
        put: The values of keys as they were typed; several are a list.
        gone: The keys that go.
    """
    before = _metadata(entry)
    after: dict[str, Any] = {
        **{
            key: value_of(words[0], before.get(key)) if len(words) == 1 else [value_of(word) for word in words]
            for key, words in put.items()
        },
        **dict.fromkeys(gone),
    }
    return [
        Change(entry.file.id, entry.name, f"{METADATA}{key}", before.get(key), value)
        for key, value in after.items()
        if value != before.get(key)
    ]


def _entries(client: SevenBridges, arguments: Mapping[str, Any]) -> list[Entry]:
    folders, recursive = Folders(client), bool(arguments.get("recursive"))
    found = (each for text in arguments["paths"] for _, each in folders.files_named(text, recursive=recursive))
    return list({entry.file.id: entry for entry in found}.values())


def _metadata(entry: Entry) -> Mapping[str, Any]:
    return entry.file.metadata or {}


def _told(
    changed: list[tuple[Entry, list[str]]], errors: list[OmicsError | None], console: Console
) -> list[tuple[Entry, list[str]]]:
    """Tells what failed; gives what didn't."""
    failed = [error for error in errors if error is not None]
    if failed and len(failed) == len(errors):
        raise failed[0]
    for (entry, _), error in zip(changed, errors, strict=True):
        if error is not None:
            console.some_failed(f"{entry.name}: {error}")
    return [change for change, error in zip(changed, errors, strict=True) if error is None]
