"""What `omics ls`, `omics cat` and `omics du` do: looking into places without copying anything."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.files.places import files_words, patterns_of, row, stores_of
from omicsdk.cli.commands.transfers import control_of
from omicsdk.cli.errors import printable
from omicsdk.cli.output import Output
from omicsdk.cli.told import Told
from omicsdk.core.errors import UsageError
from omicsdk.fs.copying.planning import Patterns, Selected, select
from omicsdk.fs.store import FileBytes, IsFolder, Stores, Uri, parse_uri
from omicsdk.transfer.ranges import PIECE, stream
from omicsdk.transfer.reports.words import size_words

if TYPE_CHECKING:
    from omicsdk.cli.console import Console
    from omicsdk.fs.store import Entry, Store
    from omicsdk.transfer import Control

#: What stands for stdin as a source, and for stdout as a target.
STREAM = "-"
#: Bytes that are asked for at once under a limit, at least: else a second's.
LEAST_PIECE = 64 * 1024
_RANGE = re.compile(r"(\d*)-(\d*)\Z")


def ls(arguments: Mapping[str, Any], console: Console) -> Told | list[dict[str, Any]]:
    """`omics ls`: a row for each file or folder; on a terminal size, time and name."""
    del console
    uris = [parse_uri(text) for text in arguments["uris"]]
    patterns, recursive, long = patterns_of(arguments), bool(arguments["recursive"]), bool(arguments["long"])
    with stores_of(arguments) as stores:
        rows = [found for uri in uris for found in _listed(stores, uri, patterns, recursive, long)]
    if long:
        return rows
    cells = (
        ("" if row["size"] is None else str(row["size"]), row["modified"] or "", printable(row["name"])) for row in rows
    )
    return Told("\n".join(_aligned(cells)), rows, terminal_only=True)


def _listed(stores: Stores, uri: Uri, patterns: Patterns, recursive: bool, long: bool) -> Iterator[dict[str, Any]]:
    store = stores.of(uri)
    entry = store.stat(uri.path)
    if not entry.is_folder or recursive:
        for file in select(store, uri, entry=entry, patterns=patterns):
            yield row(str(file.uri), file.entry, name=file.name, long=long)
        return
    for found in store.entries(entry.path):
        if found.is_folder or patterns.fit(found.name):
            yield row(str(Uri(uri.scheme, found.path, found.is_folder)), found, long=long)


def cat(arguments: Mapping[str, Any], console: Console) -> None:
    """`omics cat`: all files are looked for before the first byte is written; - is stdin."""
    del console
    span = span_of(arguments["range"])
    if span != (None, None) and STREAM in arguments["uris"]:
        raise UsageError("--range: stdin has no ranges", remedy="Name files.")
    with stores_of(arguments) as stores:
        poured(arguments["uris"], stores, control_of(arguments), span)


def poured(
    words: Sequence[str], stores: Stores, control: Control, span: tuple[int | None, int | None] = (None, None)
) -> None:
    """Writes files to stdout, one behind the other; all are looked for before.

    Args:
        words: Their URIs, or - for stdin.
        stores: The stores.
        control: Limits the rate, and says what may be joined.
        span: Which bytes of each, as `span_of` gives it.

    Raises:
        IsFolder: One is a folder; nothing was written.
        PathNotFound: One isn't there; likewise.
    """
    piece = PIECE if control.rate_limit is None else max(LEAST_PIECE, min(PIECE, int(control.rate_limit)))
    found: list[tuple[Store, Entry] | None] = []
    for word in words:
        if word == STREAM:
            found.append(None)
            continue
        uri = parse_uri(word)
        store = stores.of(uri)
        entry = store.stat(uri.path)
        if entry.is_folder:
            raise IsFolder(store.uri(entry.path), "is a folder", remedy="Name files; omics ls tells what is in it.")
        found.append((store, entry))
    output = Output()
    for each in found:
        if each is None:
            output.chunks(iter(lambda: sys.stdin.buffer.read(LEAST_PIECE), b""))
        else:
            output.chunks(stream(FileBytes(*each, control), *span, piece=piece))


def span_of(text: str | None) -> tuple[int | None, int | None]:
    """Reads what was typed after `--range`.

    Args:
        text: FIRST-LAST, FIRST- or -COUNT; None for all.

    Returns:
        The first byte, negative when counted from the end, and the byte behind the last; None where there is no such bound.

    Raises:
        UsageError: It isn't of that form, or the last byte stands before the first.
    """
    if text is None:
        return None, None
    found = _RANGE.match(text)
    if found is None or text == "-" or (not found[1] and not int(found[2])):  # the last 0 bytes would read as all
        raise UsageError(f"--range {text}: that is no range", remedy="Give 0-99, 100- or -100.")
    first, last = found.groups()
    if not first:
        return -int(last), None
    if last and int(last) < int(first):
        raise UsageError(f"--range {text}: the last byte stands before the first", remedy="Give 0-99.")
    return int(first), int(last) + 1 if last else None


def du(arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics du`: files and bytes of each folder."""
    del console
    rows: list[dict[str, Any]] = []
    with stores_of(arguments) as stores:
        for uri in map(parse_uri, arguments["uris"]):
            files = select(stores.of(uri), uri, patterns=patterns_of(arguments))
            rows += [
                {
                    "uri": str(uri.child(found.name) if found.name else uri),
                    "files": found.files,
                    "bytes": found.size,
                    **({"unsized": found.unsized} if found.unsized else {}),
                }
                for found in sums(files, arguments["depth"])
            ]
    lines = _aligned(
        (
            size_words(row["bytes"]) if arguments["human"] else str(row["bytes"]),
            files_words(row["files"]),
            printable(row["uri"]),
        )
        for row in rows
    )
    return Told("\n".join(lines), rows, terminal_only=True)


def _aligned(rows: Iterable[tuple[str, str, str]]) -> list[str]:
    listed = list(rows)
    first, second = (max((len(row[at]) for row in listed), default=0) for at in (0, 1))
    return [f"{size:>{first}}  {files:>{second}}  {uri}" for size, files, uri in listed]


@dataclass(slots=True)
class Sum:
    """What is in a folder, with all that is below it.

    Attributes:
        name: The folder's path below what was summed up; empty for the whole.
        files: How many files.
        size: Bytes of those whose size is stated.
        unsized: Files whose size isn't stated.
    """

    name: str
    files: int = 0
    size: int = 0
    unsized: int = 0

    def add(self, size: int | None) -> None:
        """Count one more file.

        Args:
            size: Its bytes; None where they aren't stated.
        """
        self.files += 1
        self.size += size or 0
        self.unsized += size is None


def sums(files: Iterable[Selected], depth: int = 0) -> Iterator[Sum]:
    """Sum files up.

    Args:
        files: The files; they are gone through once and not kept.
        depth: Down to how many levels folders are told by themselves, 0 for the whole alone.

    Yields:
        The folders in the order of their names, then the whole.
    """
    whole = Sum("")
    folders: dict[str, Sum] = {}
    for file in files:
        whole.add(file.entry.size)
        parts = file.name.split("/")[:-1]
        for level in range(1, min(depth, len(parts)) + 1):
            name = "/".join(parts[:level])
            folders.setdefault(name, Sum(name)).add(file.entry.size)
    yield from (folders[name] for name in sorted(folders))
    yield whole
