"""Discovery metadata: studies read from a commons, combined with tables, and published."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import urlsplit

from omicsdk.core.errors import OmicsError, SomeFailed, UsageError
from omicsdk.core.files.atomic_file import in_place_of
from omicsdk.core.narrowing import is_array, is_object
from omicsdk.core.redaction import mask_text
from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.manifests import discovery_table as table
from omicsdk.gen3.manifests.faults import Fault, ManifestError
from omicsdk.gen3.manifests.metadata import DocumentRows
from omicsdk.gen3.manifests.runs import batches, delimiter_for
from omicsdk.gen3.manifests.tables import opened, table_of
from omicsdk.gen3.metadata import PAGE, Gen3Metadata

if TYPE_CHECKING:
    from omicsdk.gen3.auth import Gen3Auth


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


def combine_discovery(
    studies: str | os.PathLike[str],
    metadata: str | os.PathLike[str],
    study_column: str,
    metadata_column: str,
    output: str | os.PathLike[str],
    *,
    prefix: str = "",
    exact: bool = False,
) -> int:
    """Adds the columns of a table to those of the studies that its rows are about.

    Args:
        studies: A table of studies, as `read_discovery` writes it; it is held in memory.
        metadata: A table with what is added, separated by tabs or commas.
        study_column: The column of studies that tells which they are.
        metadata_column: The column of the other table that tells which study a row is about.
        output: The table that is written: the studies that a row is about, with both tables' columns.
        prefix: Put before the names of the columns that are added.
        exact: Whether both cells are the same; otherwise that of the study has the other one in it, and the first row counts.

    Returns:
        How many studies were written.

    Raises:
        ManifestError: A table can't be read, or lacks a column.
    """
    current, target = Path(studies), Path(output)
    rows = [cells for _, cells in table_rows(current)]
    columns = list(rows[0]) if rows else []
    for wanted in (study_column, table.GUID):
        if rows and wanted not in columns:
            raise ManifestError(
                current, f"line 1: there is no column {wanted!r}", remedy="Name a column that there is."
            )
    by_key = dict[str, list[int]]()
    for place, cells in enumerate(rows):
        by_key.setdefault(cells.get(study_column, "").strip(), []).append(place)
    added = dict[int, dict[str, str]]()
    with table_of(Path(metadata)) as further:
        if metadata_column not in further.header:
            reason = f"line 1: there is no column {metadata_column!r}"
            raise ManifestError(further.path, reason, remedy="Name a column that there is.")
        key_place, names = further.header.index(metadata_column), [f"{prefix}{name}" for name in further.header]
        for row in further.rows:
            key = row.cells[key_place].strip()
            if not key:
                continue
            keys = [key] if exact else [each for each in by_key if key in each]
            told = {name: cell.replace("\n", "\\n") for name, cell in zip(names, row.cells, strict=False) if cell}
            for place in [place for each in keys for place in by_key.get(each, ())]:
                added.setdefault(place, {}).update(told)
            if not exact:  # a study that has been found isn't looked for again
                for each in keys:
                    del by_key[each]
    header = list(dict.fromkeys([table.GUID, *columns, *names]))
    separator, written = delimiter_for(target), 0
    with in_place_of(target) as file:
        file.write(table.line_of(header, separator).encode())
        for place in sorted(added):
            cells = {**rows[place], **added[place]}
            if cells.get(table.GUID):
                file.write(table.line_of([cells.get(name, "") for name in header], separator).encode())
                written += 1
    return written


#: Documents that are stored at once.
BATCH = 50


class Published(NamedTuple):
    """What a publishing came to.

    Attributes:
        counts: How many documents were created and updated, and how many rows had no GUID.
        failures: Why others weren't stored, by where they stand.
    """

    counts: dict[str, int]
    failures: dict[int, str]

    def raise_failed(self) -> Published:
        """Gives itself back, unless something failed.

        Raises:
            SomeFailed: Something did.
        """
        if self.failures:
            errors = [
                error if error.startswith(("line ", "entry ")) else f"line {line}: {error}"
                for line, error in self.failures.items()
            ]
            raise SomeFailed(
                f"{len(errors)} of {len(errors) + sum(self.counts.values())} rows couldn't be published: {errors[0]}",
                [UsageError(error) for error in errors],
                remedy="Correct their cause, and publish the file again: what is published already stays the same.",
            )
        return self


class Study(NamedTuple):
    """A study of a file.

    Attributes:
        line: Where it stands: the line of a table, the number of an entry of a JSON list.
        shown: What is shown of it.
        further: Further members of its document.
    """

    line: int
    shown: dict[str, Any]
    further: dict[str, Any]


def studies_of(path: str | os.PathLike[str]) -> Iterator[Study | Fault]:
    """Gives the studies of a file, in the place of each that is wrong what is wrong with it.

    Args:
        path: A table (.tsv, .csv), or JSON (.json): a list as `read_discovery` writes it, or of what is shown alone.

    Raises:
        UsageError: The name ends otherwise.
        ManifestError: The file can't be read.
    """
    manifest = Path(path)
    ending = manifest.suffix.lower()
    if ending not in (".tsv", ".csv", ".json"):
        raise UsageError(f"{manifest} is no .tsv, .csv or .json file", remedy="Give a table or JSON of studies.")
    if ending == ".json":
        yield from _studies_in_json(manifest)
        return
    for line, cells in table_rows(manifest):
        try:
            named = {table.GUID: cells[table.GUID].strip()} if table.GUID in cells else {}
            yield Study(line, {**table.study_of(cells), **named}, {})
        except UsageError as error:
            yield Fault(line, "", "", error.message, error.remedy)


def table_rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a table of studies, each with the line that it ends in, and its cells by the columns' names.

    Args:
        path: The table; separated by commas where its name ends in .csv, else by tabs.

    Raises:
        ManifestError: It can't be read, is empty, or a row says more than there are columns for.
    """
    delimiter = "," if path.suffix.lower() == ".csv" else "\t"
    quoted = False
    if delimiter == ",":
        with opened(path) as text:
            quoted = table.is_quoted(text.read(1 << 18))
    with opened(path) as text:
        rows = table.rows_in(text, delimiter, quoted=quoted)
        _, header = next(rows, (1, list[str]()))
        if not any(header):
            raise ManifestError(path, "the file is empty", remedy="Its first line names the columns.")
        for line, cells in rows:
            if any(cells[len(header) :]):
                reason = f"has {len(cells)} cells, and there are {len(header)} columns"
                raise ManifestError(path, Fault(line, "", "", reason, "Take out the separators that are too many."))
            if any(cells):
                yield line, dict(zip(header, [*cells, *[""] * (len(header) - len(cells))], strict=False))


def _studies_in_json(path: Path) -> Iterator[Study | Fault]:
    with opened(path) as text:
        try:
            entries = json.load(text)
        except ValueError as error:
            raise ManifestError(path, f"it isn't JSON: {error}", remedy="Give a list of objects.") from error
    if not is_array(entries):
        raise ManifestError(path, "it isn't a JSON list", remedy="Give a list of objects.")
    for number, entry in enumerate(entries, 1):
        if not is_object(entry):
            yield Fault(number, "", str(entry), "isn't an object", "Give a list of objects.", unit="entry")
        elif is_object(entry.get(BLOCK)):
            shown = dict(entry[BLOCK])
            if table.GUID in entry:
                shown.setdefault(table.GUID, entry[table.GUID])
            hidden = (BLOCK, "_guid_type", table.GUID)
            yield Study(number, shown, {name: value for name, value in entry.items() if name not in hidden})
        else:
            yield Study(number, dict(entry), {})


class Registration(NamedTuple):
    """How studies that aren't registered yet are published.

    Attributes:
        reset: Whether studies that are registered become unregistered again.
        update: Whether studies that are registered get the new values.
    """

    reset: bool = False
    update: bool = True


def publish_discovery(
    auth: Gen3Auth,
    path: str | os.PathLike[str],
    *,
    endpoint: str | None = None,
    guid_type: str = GUID_TYPE,
    guid_field: str | None = None,
    omit_empty: bool = False,
    unregistered: Registration | None = None,
) -> Published:
    """Publishes the studies of a file, in place of documents that are there.

    Args:
        auth: Who asks, and of which commons.
        path: A file as `studies_of` reads it.
        endpoint: Another commons.
        guid_type: What the documents are about.
        guid_field: The member that is the GUID, and stays one; by default `guid`, which doesn't.
        omit_empty: Whether empty values are left out.
        unregistered: Publishes the studies as unregistered ones, but for those that are registered.

    Returns:
        How many documents were created and updated, and what failed.

    Raises:
        ManifestError: The file can't be read.
        UsageError: It is no table or JSON.
        AuthError: The commons doesn't know who asks.
        ConnectFailed: The commons can't be reached.
    """
    made = Published({}, {})
    registered = dict[str, dict[str, Any]]()
    if unregistered is not None:
        registered = dict(documents_of(auth, endpoint=endpoint, guid_type=guid_type))
    with DocumentRows(endpoint or auth.endpoint, auth) as documents:
        for batch in batches(studies_of(path), BATCH):
            wanted = dict[str, tuple[int, dict[str, Any]]]()
            for study in batch:
                if isinstance(study, Fault):
                    made.failures[study.line] = str(study)
                    continue
                shown = dict(study.shown)
                named = shown.get(guid_field) if guid_field else shown.pop(table.GUID, None)
                if named in (None, ""):
                    made.counts["skipped"] = made.counts.get("skipped", 0) + 1
                    continue
                guid = str(named)
                if omit_empty:
                    shown = {name: value for name, value in shown.items() if value not in ("", [], {})}
                document = _document(guid, shown, guid_type, registered, unregistered)
                if document is not None:
                    wanted[guid] = study.line, {**document, **study.further}
            became = documents.stored({guid: document for guid, (_, document) in wanted.items()}) if wanted else {}
            _count(made, became, {guid: line for guid, (line, _) in wanted.items()})
    return made


def _document(
    guid: str,
    shown: Mapping[str, Any],
    guid_type: str,
    registered: Mapping[str, Mapping[str, Any]],
    unregistered: Registration | None,
) -> dict[str, Any] | None:
    """A study's document; None where it is registered already and stays as it is."""
    if unregistered is None:
        return {"_guid_type": guid_type, BLOCK: dict(shown)}
    if guid not in registered or unregistered.reset:
        return {"_guid_type": f"unregistered_{guid_type}", BLOCK: dict(shown)}
    if unregistered.update:
        return {"_guid_type": guid_type, BLOCK: {**shown_in(registered[guid]), **shown}}
    return None


def _count(made: Published, became: Mapping[str, str | OmicsError], lines: Mapping[str, int]) -> None:
    for guid, state in became.items():
        if isinstance(state, str):
            made.counts[state] = made.counts.get(state, 0) + 1
        else:
            made.failures[lines[guid]] = mask_text(f"{guid}: {state}")
