"""What a commons shows on its discovery page, read into a file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from omicsdk.core.errors import UsageError
from omicsdk.core.files.atomic_file import in_place_of
from omicsdk.core.narrowing import is_array, is_object
from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.manifests.discovery import table
from omicsdk.gen3.metadata import Gen3Metadata
from omicsdk.gen3.metadata.requests import PAGE

if TYPE_CHECKING:
    from omicsdk.gen3.auth.provider import Gen3Auth

GUID_TYPE, BLOCK = "discovery_metadata", "gen3_discovery"
"""What such a document is about, and its member with what is shown."""
FORMATS = ("tsv", "json")
OnMore = Callable[[], None]
"""Is called where a limit has left something out."""


def name_for(endpoint: str, what: str, suffix: str = "", ending: str = ".tsv") -> str:
    """The name of a file of a commons' documents, such as commons-example-org-discovery_metadata.tsv."""
    host = urlsplit(endpoint).netloc.replace(".", "-").replace(":", "-")
    return f"{host}-{what}" + (f"-{suffix}" if suffix else "") + ending


def checked_format(name: str) -> str:
    """A format's name.

    Raises:
        UsageError: There is no such format.
    """
    if name.lower() not in FORMATS:
        raise UsageError(f"{name!r} isn't a format", remedy=f"Formats are {' and '.join(FORMATS)}.")
    return name.lower()


def _endpoint(auth: Gen3Auth | None, endpoint: str | None) -> str:
    if endpoint:
        return endpoint
    if auth is None:
        raise Gen3UserError("It isn't said which commons is meant", remedy="Give endpoint=, or a Gen3Auth.")
    return auth.endpoint


def documents_of(
    auth: Gen3Auth | None,
    *,
    endpoint: str | None = None,
    guid_type: str = GUID_TYPE,
    limit: int | None = None,
    aggregate: bool = False,
    on_more: OnMore | None = None,
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Gives the documents of a type with their GUIDs, a page at a time.

    Args:
        auth: Who asks, and of which commons; None asks without a login, and needs `endpoint`.
        endpoint: Another commons.
        guid_type: What they are about.
        limit: How many at most; all by default.
        aggregate: Whether those of all commons that the commons gathers are asked for.
        on_more: Is called where there are more than `limit`.
    """
    with Gen3Metadata(_endpoint(auth, endpoint), auth, "mds/aggregate" if aggregate else "mds") as documents:
        offset = 0
        while True:
            asked = PAGE if limit is None else min(limit - offset + 1, PAGE)  # one more tells whether there are more
            page = documents.query(f"_guid_type={guid_type}", True, asked, offset)
            found = list(_gathered(page) if aggregate else page.items())
            if limit is not None and offset + len(found) > limit:
                yield from found[: limit - offset]
                if on_more is not None:
                    on_more()
                return
            yield from found
            if not found:  # a page that is short is no sign: a commons may give fewer than it is asked for
                return
            offset += len(found)


def _gathered(page: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The documents of all commons: each commons has a list of objects by GUID."""
    for listed in page.values():
        for each in cast("list[dict[str, dict[str, Any]]]", listed if is_array(listed) else [listed]):
            yield from each.items()


def shown_in(document: Mapping[str, Any]) -> dict[str, Any]:
    """What of a document is shown."""
    shown = document.get(BLOCK)
    return shown if is_object(shown) else {}


def read_discovery(
    auth: Gen3Auth | None,
    output: str | os.PathLike[str],
    *,
    endpoint: str | None = None,
    guid_type: str = GUID_TYPE,
    limit: int | None = None,
    aggregate: bool = False,
    output_format: str = "tsv",
    on_more: OnMore | None = None,
) -> int:
    """Writes what a commons shows on its discovery page; memory doesn't grow with it.

    Args:
        auth: Who asks, and of which commons; None asks without a login, and needs `endpoint`.
        output: The file that is written, whole or not at all: a table, or JSON.
        endpoint: Another commons.
        guid_type: What documents are about.
        limit: How many documents at most; all by default.
        aggregate: Whether those of all commons that the commons gathers are asked for.
        output_format: tsv or json.
        on_more: Is called where there are more than `limit`.

    Returns:
        How many documents were written.

    Raises:
        UsageError: There is no such format.
    """
    wanted = checked_format(output_format)
    found = documents_of(
        auth, endpoint=endpoint, guid_type=guid_type, limit=limit, aggregate=aggregate, on_more=on_more
    )
    with in_place_of(Path(output)) as file:
        if wanted == "tsv":
            return _write_table(file, found)
        return write_json(file, ({table.GUID: guid, **document} for guid, document in found))


def write_json(file: IO[bytes], values: Iterator[Mapping[str, Any]]) -> int:
    """Writes a JSON list, one value after the other; gives how many there were."""
    count = 0
    for value in values:
        text = json.dumps(value, indent=4, ensure_ascii=False).replace("\n", "\n    ")
        file.write(f"{',' if count else '['}\n    {text}".encode())
        count += 1
    file.write(b"\n]\n" if count else b"[]\n")
    return count


def _write_table(file: IO[bytes], found: Iterator[tuple[str, dict[str, Any]]]) -> int:
    """Writes a table, in the order of the GUIDs; the columns are known once all documents are."""
    fields, tags, places = set[str](), 0, list[tuple[str, int]]()
    with TemporaryFile() as spool:
        for guid, document in found:
            shown = shown_in(document)
            fields.update(shown)
            tags = max(tags, len(shown.get(table.TAGS) or ()))
            places.append((guid, spool.tell()))
            spool.write(json.dumps(shown).encode() + b"\n")
        columns = table.columns_of(fields, tags)
        file.write(table.line_of(columns).encode())
        for guid, place in sorted(places):
            spool.seek(place)
            cells = table.cells_of(guid, json.loads(spool.readline()), columns)
            file.write(table.line_of(cells).encode())
    return len(places)
