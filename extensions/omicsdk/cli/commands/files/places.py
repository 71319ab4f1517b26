"""What commands for files of all platforms begin with: places opened as they were told to be, files found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from omicsdk.core.errors import UsageError
from omicsdk.fs.copying.planning import Kind, Patterns, Source, select
from omicsdk.fs.store import STORES, Entry, PathNotFound, Stores, Uri


def stores_of(arguments: Mapping[str, Any]) -> Stores:
    """The stores of a command line, with what `--option` says of them.

    Args:
        arguments: Those of the command.

    Raises:
        UsageError: An option can't be read.
    """
    return Stores(options_of(arguments.get("option") or ()))


def options_of(given: Iterable[str]) -> dict[str, dict[str, str]]:
    """Reads what was typed after each `--option`.

    Args:
        given: SCHEME.NAME=VALUE each.

    Returns:
        By scheme, name to value.

    Raises:
        UsageError: One isn't of that form, or its scheme isn't known.
    """
    found: dict[str, dict[str, str]] = {}
    for text in given:
        key, equals, value = text.partition("=")
        scheme, dot, name = key.partition(".")
        if not (equals and dot and name) or scheme not in STORES:
            known = ", ".join(STORES)
            raise UsageError(
                f"--option {key}: not of the form SCHEME.NAME=VALUE", remedy=f"The schemes are {known}: sb.profile=cgc."
            )
        found.setdefault(scheme, {})[name.replace("-", "_")] = value
    return found


def patterns_of(arguments: Mapping[str, Any]) -> Patterns:
    """The patterns of a command line.

    Args:
        arguments: Those of the command.
    """
    return Patterns(tuple(arguments.get("include") or ()), tuple(arguments.get("exclude") or ()))


def sources_of(stores: Stores, uris: Sequence[Uri], patterns: Patterns, *, recursive: bool) -> list[Source]:
    """Finds what is to be copied.

    Args:
        stores: The stores.
        uris: What was named.
        patterns: Which files below folders are wanted.
        recursive: Whether folders are.

    Raises:
        PathNotFound: Something isn't there.
        IsFolder: Something is a folder, and folders aren't wanted.
    """
    found: list[Source] = []
    for uri in uris:
        store = stores.of(uri)
        entry = store.stat(uri.path)
        files = list(select(store, uri, entry=entry, recursive=recursive, patterns=patterns))
        found.append(Source(uri, entry.is_folder, files))
    return found


def kind_of(stores: Stores, uri: Uri) -> Kind:
    """What stands at a target.

    Args:
        stores: The stores.
        uri: The target.
    """
    try:
        return stores.of(uri).stat(uri.path).kind
    except PathNotFound:
        return ""


def row(uri: str, entry: Entry, *, name: str = "", long: bool = False) -> dict[str, Any]:
    """A file or folder as a row of data.

    Args:
        uri: Its URI.
        entry: What it is.
        name: What people call it where it stands; by default its last name.
        long: Whether everything that is known is wanted.
    """
    found: dict[str, Any] = {
        "name": (name or entry.name) + ("/" if entry.is_folder else ""),
        "size": entry.size,
        "modified": None if entry.modified is None else _time(entry.modified),
        "uri": uri,
        "kind": entry.kind,
    }
    if long:
        found |= {"checksums": dict(entry.checksums), "version": entry.version, "details": dict(entry.details)}
    return found


def files_words(count: int) -> str:
    """How many files, in words.

    Args:
        count: How many.
    """
    return "1 file" if count == 1 else f"{count} files"


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
