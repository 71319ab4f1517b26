"""Discovery metadata: studies and their data objects, as files, read from a commons, published and deleted.

Cells of its tables are separated by tabs and never quoted; a tab, a line break or a backslash in one has a backslash
before it. Lists and objects are JSON. A text that could be read as JSON is written as JSON, so that reading restores
it.
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any, NamedTuple
from urllib.parse import urlsplit

from omicsdk.core.arguments import text_is_one_item
from omicsdk.core.batches import batches, grouped
from omicsdk.core.errors import NotFound
from omicsdk.core.json_coding import decoded
from omicsdk.core.json_text import strict_value
from omicsdk.core.platform import deleting
from omicsdk.core.type_guards import is_array, is_object, only_objects
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.manifests.runs import Published
from omicsdk.gen3.manifests.tables import (
    Fault,
    ManifestError,
    Table,
    delimiter_of,
    encoded_row,
    opened,
    require_columns,
    table_of,
    whole_rows,
)
from omicsdk.gen3.metadata_documents import Document, OnMore, document_of, documents_of, store_documents
from omicsdk.transfer.disk import output_file

# The member of a document that the discovery page shows.
BLOCK = "gen3_discovery"
FORMATS = ("tsv", "json")
OBJECTS, DATASET = "objects", "dataset_guid"
REQUIRED = (DATASET, "guid", "display_name")
OPTIONAL = ("description", "type")
GUID, TAGS = "guid", "tags"
_TAG = re.compile(r"_tag_\d+")
_QUOTED = re.compile(r'(?:^|,)"', re.MULTILINE)


# How cells are written: never quoted.
ESCAPED: Mapping[str, Any] = {"quoting": csv.QUOTE_NONE, "quotechar": "|", "escapechar": "\\"}


def cell_of(value: Any) -> str:
    """A value as a cell.

    Args:
        value: A JSON value; the empty text is the empty cell.
    """
    if isinstance(value, str):
        text = value.replace("\n", "\\n")
        return text if read(text) == value and "\r" not in text else json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False)


def read(cell: str) -> Any:
    """The value of a cell: the JSON that it holds, or its text."""
    if not cell:
        return ""
    try:
        # JSON has no NaN and Infinity, and no service takes 1e999: these are texts.
        return strict_value(cell)
    except (ValueError, RecursionError):
        return cell.replace("\\n", "\n")


def columns_of(fields: Iterable[str], tags: int) -> list[str]:
    """The columns of a table of studies.

    Args:
        fields: The members of all studies.
        tags: The most tags that one has.
    """
    return [GUID, *sorted({*fields} - {TAGS, GUID}), *(f"_tag_{number}" for number in range(tags))]


def cells_of(guid: str, study: Mapping[str, Any], columns: Sequence[str]) -> list[str]:
    """Return a study as the cells of a row.

    Args:
        guid: Its GUID.
        study: Its members.
        columns: The columns.
    """
    tags = study.get(TAGS)
    cells = {name: cell_of(value) for name, value in study.items() if name != TAGS}
    cells.update((f"_tag_{number}", _cell_of_tag(tag)) for number, tag in enumerate(tags if is_array(tags) else []))
    return [{**cells, GUID: guid}.get(column, "") for column in columns]


def study_of(cells: Mapping[str, str]) -> dict[str, Any]:
    """A row as a study, its tags put together.

    Args:
        cells: The cells by the columns' names.

    Raises:
        Gen3UserError: A tag has no category.
    """
    study = {name: read(cell) for name, cell in cells.items() if not _TAG.fullmatch(name)}
    if any(_TAG.fullmatch(name) for name in cells):
        study[TAGS] = [_tag(name, cell) for name, cell in cells.items() if _TAG.fullmatch(name) and cell]
    return study


def _cell_of_tag(tag: Any) -> str:
    """A tag as CATEGORY: NAME, or as JSON where it has something else than these."""
    text = f"{tag.get('category')}: {tag.get('name')}" if is_object(tag) else ""
    is_plain = bool(text) and cell_of(text) == text and _tag("", text) == tag
    return text if is_plain else json.dumps(tag, ensure_ascii=False)


def _tag(column: str, cell: str) -> Any:
    if cell.startswith(("{", '"')):
        with suppress(ValueError, RecursionError):
            return strict_value(cell)
    category, colon, name = cell.partition(":")
    if not colon:
        raise Gen3UserError(f"column {column!r}: {cell!r} is a tag without a category", remedy="Write CATEGORY: NAME.")
    return {"name": name.strip(), "category": category.strip()}


def name_for(endpoint: str, what: str, suffix: str = "", ending: str = ".tsv") -> str:
    """The name of a file of a commons' documents, such as commons-example-org-discovery_metadata.tsv."""
    host = urlsplit(endpoint).netloc.replace(".", "-").replace(":", "-")
    return f"{host}-{what}" + (f"-{suffix}" if suffix else "") + ending


def checked_format(name: str) -> str:
    """A format's name.

    Raises:
        Gen3UserError: The format is unknown.
    """
    if name.lower() not in FORMATS:
        raise Gen3UserError(f"Unknown format {name!r}", remedy=f"Use {' or '.join(FORMATS)}.")
    return name.lower()


def shown_in(document: Mapping[str, Any]) -> dict[str, Any]:
    """The member of a document that the discovery page shows."""
    block = document.get(BLOCK)
    return block if is_object(block) else {}


def write_json(file: IO[bytes], values: Iterator[Mapping[str, Any]]) -> int:
    """Write a JSON list, one value after the other; returns their number."""
    count = 0
    for value in values:
        # Its line breaks are those of the layout: in texts they are escaped.
        text = json.dumps(value, indent=4, ensure_ascii=False).replace("\n", "\n    ")
        # A lone surrogate, which UTF-8 cannot encode, becomes \udXXX: that is JSON's own escape.
        file.write(f"{',' if count else '['}\n    {text}".encode("utf-8", "backslashreplace"))
        count += 1
    file.write(b"\n]\n" if count else b"[]\n")
    return count


def write_table(file: IO[bytes], documents: Iterator[tuple[str, dict[str, Any]]]) -> int:
    """Write a table in the order of the GUIDs; its columns are known only after all documents, so these are spooled."""
    fields, tags, places = set[str](), 0, list[tuple[str, int]]()
    with TemporaryFile() as spool:
        for guid, document in documents:
            block = shown_in(document)
            fields.update(block)
            tags = max(tags, len(tags_listed) if is_array(tags_listed := block.get(TAGS)) else 0)
            places.append((guid, spool.tell()))
            spool.write(json.dumps(block).encode() + b"\n")
        columns = columns_of(fields, tags)
        file.write(encoded_row(columns, "\t", **ESCAPED))
        for guid, offset in sorted(places):
            spool.seek(offset)
            cells = cells_of(guid, json.loads(spool.readline()), columns)
            file.write(encoded_row(cells, "\t", **ESCAPED))
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
    """Add the columns of a table to those of the studies that its rows refer to.

    Args:
        studies: A table of studies, as `read_discovery` writes it; it is held in memory.
        metadata: The table, separated by tabs or commas.
        study_column: The column that identifies a study.
        metadata_column: The column of the other table that names the study of a row.
        output: The output table: the studies that a row is about, with both tables' columns.
        prefix: Put before the names of the columns that are added.
        exact: Whether both cells must be equal; otherwise that of the study contains the other one, and the first row
            counts.

    Returns:
        How many studies were written.

    Raises:
        ManifestError: A table cannot be read, or lacks a column.
    """
    current, target = Path(studies), Path(output)
    with table_of_studies(current) as table:
        columns = table.header
        require_columns(current, columns, (study_column, GUID))
        rows = [cells for _, cells in named_cells(table)]
    by_key = grouped((cells.get(study_column, "").strip(), index) for index, cells in enumerate(rows))
    added = dict[int, dict[str, str]]()
    with table_of(Path(metadata)) as further:
        require_columns(further.path, further.header, [metadata_column])
        key_place, names = further.header.index(metadata_column), [f"{prefix}{name}" for name in further.header]
        for row in further.rows:
            key = row.cells[key_place].strip()
            if not key:
                continue
            keys = [key] if exact else [candidate for candidate in by_key if key in candidate]
            additions = {name: _combined(cell) for name, cell in zip(names, row.cells, strict=False) if cell}
            for index in [position for key_of_row in keys for position in by_key.get(key_of_row, ())]:
                added.setdefault(index, {}).update(additions)
            if not exact:  # a study that has been found is not looked up again
                for matched_key in keys:
                    del by_key[matched_key]
    header = list(dict.fromkeys([GUID, *columns, *names]))
    separator, written = delimiter_of(target), 0
    # Quotes around each cell show that they are none of JSON texts, and that backslashes are no escapes.
    dialect = ESCAPED if separator == "\t" else {"quoting": csv.QUOTE_ALL}
    with output_file(target) as file:
        file.write(encoded_row(header, separator, **dialect))
        for index in sorted(added):
            # The GUID stays that of the study, whatever the other table calls its own.
            cells = {**rows[index], **added[index], GUID: rows[index][GUID]}
            if cells[GUID]:
                file.write(encoded_row([cells.get(name, "") for name in header], separator, **dialect))
                written += 1
    return written


def _combined(cell: str) -> str:
    """A cell of any table as one that is read as the same text; JSON stays JSON."""
    return cell_of(cell) if read(cell) == cell.replace("\\n", "\n") else cell


class Study(NamedTuple):
    """A study of a file.

    Attributes:
        line: The line of a table, the number of an entry of a JSON list.
        visible: The member of its document that is shown.
        further: Further members of its document.
    """

    line: int
    visible: dict[str, Any]
    further: dict[str, Any]


def studies_of(path: str | os.PathLike[str], guid_field: str = GUID) -> Iterator[Study | Fault]:
    """Read the studies of a file, or the fault of each that is wrong.

    Args:
        path: A table (.tsv, .csv), or JSON (.json): a list as `read_discovery` writes it, or of the shown members alone.
        guid_field: The column of GUIDs.

    Raises:
        Gen3UserError: The suffix is another one.
        ManifestError: The file cannot be read.
    """
    manifest = Path(path)
    ending = manifest.suffix.lower()
    if ending not in (".tsv", ".csv", ".json"):
        raise Gen3UserError(f"{manifest} is not a .tsv, .csv or .json file", remedy="Use a table or JSON of studies.")
    if ending == ".json":
        yield from _studies_in_json(manifest)
        return
    with table_of_studies(manifest) as table:
        for line, cells in named_cells(table):
            try:
                study, named = study_of(cells), {GUID: cells[GUID].strip()} if GUID in cells else {}
                if isinstance(study.get(guid_field), float | bool):  # 1.10 and 1.1 are one number, and two GUIDs
                    named[guid_field] = cells[guid_field].strip()
                yield Study(line, {**study, **named}, {})
            except Gen3UserError as error:
                yield Fault(line, "", "", error.message, error.remedy)


def table_of_studies(path: Path) -> AbstractContextManager[Table]:
    """Open a table of studies, or of their objects, for a block.

    Args:
        path: The table; separated by commas where its name ends in .csv, and then perhaps quoted as spreadsheets do it;
            else by tabs.

    Raises:
        ManifestError: It cannot be read.
    """
    if path.suffix.lower() != ".csv":
        return table_of(path, "\t", **ESCAPED)
    with opened(path) as text:
        quoted = _QUOTED.search(text.read(1 << 18)) is not None
    return table_of(path, ",", **({} if quoted else ESCAPED))


def named_cells(table: Table) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows of a table, each with its line, and its cells by the columns' names.

    Raises:
        ManifestError: A row has more cells than there are columns.
    """
    for row in whole_rows(table):
        yield row.line, dict(zip(table.header, row.cells, strict=False))


def _studies_in_json(path: Path) -> Iterator[Study | Fault]:
    with opened(path) as text:
        try:
            entries = decoded(text.read().encode())
        except ValueError as error:
            raise ManifestError(path, f"it is not JSON: {error}", remedy="Use a list of objects.") from error
    if not is_array(entries):
        raise ManifestError(path, "it is not a JSON list", remedy="Use a list of objects.")
    for number, entry in enumerate(entries, 1):
        if not is_object(entry):
            yield Fault(number, "", str(entry), "is not an object", "Use a list of objects.", unit="entry")
        elif is_object(entry.get(BLOCK)):
            block = dict(entry[BLOCK])
            if GUID in entry:
                block.setdefault(GUID, entry[GUID])
            hidden = (BLOCK, "_guid_type", GUID)
            yield Study(number, block, {name: value for name, value in entry.items() if name not in hidden})
        else:
            yield Study(number, dict(entry), {})


def write_objects(objects: Iterator[Mapping[str, Any]], output: str | os.PathLike[str], output_format: str) -> int:
    """Write data objects; they are held in memory for a table.

    Args:
        objects: The objects.
        output: The output file, atomically.
        output_format: tsv or json.

    Returns:
        The number of objects.

    Raises:
        Gen3UserError: The format is unknown.
    """
    format = checked_format(output_format)
    with output_file(output) as file:
        if format == "json":
            return write_json(file, objects)
        objects_listed = list(objects)
        further = sorted({name for object_ in objects_listed for name in object_} - {*REQUIRED})
        columns = [*REQUIRED, *further]
        file.write(encoded_row(columns, "\t", **ESCAPED))
        for entry in objects_listed:
            cells = [cell_of(entry[name]) if name in entry else "" for name in columns]
            file.write(encoded_row(cells, "\t", **ESCAPED))
        return len(objects_listed)


def objects_in(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The data objects of a study's document."""
    return only_objects(shown_in(document).get(OBJECTS))


def write_template(output: str | os.PathLike[str]) -> None:
    """Write a table of data objects without rows."""
    with output_file(output) as file:
        file.write(encoded_row([*REQUIRED, *OPTIONAL], "\t", **ESCAPED))


class StudyObjects(NamedTuple):
    """The data objects of a study in a table.

    Attributes:
        line: The line of the first.
        objects: The objects by their GUIDs.
    """

    line: int
    objects: dict[str, dict[str, Any]]


def objects_in_table(path: str | os.PathLike[str]) -> dict[str, StudyObjects]:
    """Read a table of data objects.

    Args:
        path: A table separated by tabs.

    Returns:
        By each study's GUID its objects.

    Raises:
        ManifestError: It cannot be read, lacks a column, or a row lacks a value.
    """
    manifest = Path(path)
    by_dataset = dict[str, StudyObjects]()
    with table_of_studies(manifest) as table:
        require_columns(manifest, table.header, REQUIRED)
        for line, cells in named_cells(table):
            for name in REQUIRED:
                if not cells[name].strip():
                    raise ManifestError(manifest, Fault(line, name, "", "is empty", "Fill it in."))
            metadata = {name: _member_of_object(name, cell) for name, cell in cells.items()}
            study = by_dataset.setdefault(metadata.pop(DATASET).strip(), StudyObjects(line, {}))
            study.objects[metadata["guid"].strip()] = metadata
    return by_dataset


def _member_of_object(name: str, cell: str) -> Any:
    """The value of a cell of a data object; members that are texts by definition are no other JSON."""
    value = read(cell)
    return cell if name in (*REQUIRED, *OPTIONAL) and not isinstance(value, str) else value


def missing_columns(path: Path) -> list[str]:
    """The required columns that a table of data objects lacks."""
    with table_of_studies(path) as table:
        return [name for name in REQUIRED if name not in table.header]


# The type of a study's document.
GUID_TYPE = "discovery_metadata"
# Documents that are stored at once.
BATCH = 50


def read_discovery(
    client: Gen3,
    output: str | os.PathLike[str],
    *,
    guid_type: str = GUID_TYPE,
    limit: int | None = None,
    aggregate: bool = False,
    output_format: str = "tsv",
    on_more: OnMore | None = None,
) -> int:
    """Write the studies of the commons' discovery page, in constant memory.

    Args:
        output: The output file, atomically: a table, or JSON.
        guid_type: The type of the documents.
        limit: The number of documents, at most; all by default.
        aggregate: Whether to read those of all commons that the commons gathers.
        output_format: tsv or json.
        on_more: Called where there are more than `limit`.

    Returns:
        The number of documents.

    Raises:
        Gen3UserError: The format is unknown.
    """
    format = checked_format(output_format)
    documents = documents_of(client, guid_type, limit=limit, aggregate=aggregate, on_more=on_more)
    with output_file(output) as file:
        if format == "tsv":
            return write_table(file, documents)
        return write_json(file, ({GUID: guid, **document} for guid, document in documents))


def combine_published(
    client: Gen3,
    metadata: str | os.PathLike[str],
    output_filename: str | os.PathLike[str],
    *,
    limit: int | None = None,
    discovery_column_to_map_on: str = "guid",
    metadata_column_to_map: str = "guid",
    metadata_prefix: str = "",
    exact: bool = False,
    agg: bool = False,
    on_more: OnMore | None = None,
) -> int:
    """Add the columns of a table to the studies of the discovery page.

    Args:
        metadata: Table with the columns to add, separated by tabs (.tsv) or commas.
        output_filename: File for the combined table.
        limit: Maximum number of documents to read; all when omitted.
        discovery_column_to_map_on: Column of the studies that identifies them.
        metadata_column_to_map: Column of the table that identifies the study of a row.
        metadata_prefix: Text before the names of the columns that are added.
        exact: Require equal cells; by default that of the study contains the other one.
        agg: Read the documents of all commons that this one aggregates.
        on_more: Called when there are more than `limit`.

    Returns:
        How many studies were written.

    Raises:
        ManifestError: The table is not one, or lacks the column.
    """
    with TemporaryDirectory(prefix="omics-discovery-") as folder:
        current = Path(folder, "current.tsv")
        read_discovery(client, current, limit=limit, aggregate=agg, on_more=on_more)
        return combine_discovery(
            current,
            metadata,
            discovery_column_to_map_on,
            metadata_column_to_map,
            output_filename,
            prefix=metadata_prefix,
            exact=exact,
        )


class Registration(NamedTuple):
    """How studies that are not registered yet are published.

    Attributes:
        reset: Whether registered studies become unregistered again.
        update: Whether registered studies get the new values.
    """

    reset: bool = False
    update: bool = True


def publish_discovery(
    client: Gen3,
    path: str | os.PathLike[str],
    *,
    guid_type: str = GUID_TYPE,
    guid_field: str | None = None,
    omit_empty: bool = False,
    unregistered: Registration | None = None,
) -> Published:
    """Publish the studies of a file, in place of existing documents.

    Args:
        path: A file as `studies_of` reads it.
        guid_type: The type of the documents.
        guid_field: The member that is the GUID, and stays one; by default `guid`, which does not.
        omit_empty: Whether empty values are left out.
        unregistered: Publishes the studies as unregistered ones, but for those that are registered.

    Returns:
        How many documents were created and updated, and the failures.

    Raises:
        ManifestError: The file cannot be read.
        Gen3UserError: It is no table or JSON.
        AuthError: The commons does not accept the login.
        ConnectFailed: The commons cannot be reached.
    """
    published = Published({}, {})
    registered = dict(documents_of(client, guid_type)) if unregistered is not None else {}
    for batch in batches(studies_of(path, guid_field or GUID), BATCH):
        documents, lines = dict[str, Document](), dict[str, list[int]]()
        for study in batch:
            if isinstance(study, Fault):
                published.failures[study.line] = str(study)
                continue
            block = dict(study.visible)
            named = block.get(guid_field) if guid_field else block.pop(GUID, None)
            if named in (None, ""):
                published.add(study.line, "skipped")
                continue
            guid = str(named)
            if omit_empty:
                block = {name: value for name, value in block.items() if value not in ("", [], {})}
            document = _document(block, guid_type, registered.get(guid), unregistered)
            if document is not None:
                documents[guid] = {**document, **study.further}  # of several rows with a GUID the last one counts
                lines.setdefault(guid, []).append(study.line)
        for guid, result in store_documents(client, documents).items():
            for line in lines[guid]:
                published.add(line, result, guid)
    return published


def _document(
    block: Document, guid_type: str, registered: Document | None, unregistered: Registration | None
) -> Document | None:
    """Return a study's document; None if it is registered already and not replaced."""
    if unregistered is None:
        return {"_guid_type": guid_type, BLOCK: block}
    if registered is None or unregistered.reset:
        return {"_guid_type": f"unregistered_{guid_type}", BLOCK: block}
    if unregistered.update:
        return {"_guid_type": guid_type, BLOCK: {**shown_in(registered), **block}}
    return None


def delete_study(client: Gen3, guid: str, *, dry_run: bool = False) -> None:
    """Delete all metadata of a study; this cannot be undone.

    Args:
        guid: GUID of the study.
        dry_run: Only check that it is a study.

    Raises:
        NotFound: It does not exist.
        Gen3UserError: The document is something else.
        Forbidden: The login may not delete it.
    """
    kind = document_of(client, guid).get("_guid_type")
    if kind != GUID_TYPE:
        raise Gen3UserError(
            f"{guid} is not a study of the discovery page: its _guid_type is {kind!r}",
            remedy="Check the GUID. Delete other metadata with: omics gen3 api metadata delete.",
        )
    if not dry_run:
        with deleting():
            client.metadata_admin.delete(guid=guid)


@text_is_one_item
def discovery_objects(
    client: Gen3,
    datasets: str | Collection[str] = (),
    *,
    limit: int | None = None,
    aggregate: bool = False,
    guid_type: str = GUID_TYPE,
    on_more: OnMore | None = None,
    on_missing: Callable[[str], None] | None = None,
) -> Iterator[Document]:
    """List the data objects of studies, each with its `dataset_guid`.

    Args:
        datasets: The studies' GUIDs; all by default.
        limit: The number of studies that are read where none are named, at most; all by default.
        aggregate: Whether to read those of all commons that the commons gathers.
        guid_type: The type of the studies' documents.
        on_more: Called where there are more studies than `limit`.
        on_missing: Called with the GUID of each named study that does not exist.
    """
    documents = documents_of(client, guid_type, limit=None if datasets else limit, aggregate=aggregate, on_more=on_more)
    missing = dict.fromkeys(datasets)
    for guid, document in documents:
        if not datasets or guid in missing:
            missing.pop(guid, None)
            for object_ in objects_in(document):
                yield {DATASET: guid, **object_}
            if datasets and not missing:
                return
    for guid in missing:
        if on_missing is not None:
            on_missing(guid)


def publish_discovery_objects(
    client: Gen3, path: str | os.PathLike[str], *, guid_type: str = GUID_TYPE, overwrite: bool = False
) -> Published:
    """Publish the data objects of a table; a study that does not exist is created.

    Args:
        path: Table of data objects, with the columns dataset_guid, guid and display_name.
        guid_type: The type of a new study's document.
        overwrite: Replace all objects of a study; by default only those with the same GUIDs.

    Returns:
        How many studies were created and updated, and the failures.

    Raises:
        ManifestError: The table is invalid; nothing was published then.
    """
    published = Published({}, {})
    for dataset, (line, objects) in objects_in_table(path).items():
        try:
            document = document_of(client, dataset)
        except NotFound:
            document = {"_guid_type": guid_type}
        # Not as a mapping by their GUIDs: objects of a document need not have any.
        kept = [] if overwrite else [item for item in objects_in(document) if str(item.get("guid")) not in objects]
        changed = _with_objects(document, [*kept, *objects.values()])
        published.add(line, store_documents(client, {dataset: changed})[dataset], dataset)
    return published


@text_is_one_item
def delete_discovery_objects(
    client: Gen3, requested: Mapping[str, str | Collection[str] | None], *, dry_run: bool = False
) -> dict[str, int]:
    """Remove data objects from studies; their files are kept.

    Args:
        requested: The GUIDs of the objects by those of their studies; None for all objects of one.
        dry_run: Only count them.

    Returns:
        How many were removed from each study; studies that do not exist, or are something else, are left out.

    Raises:
        Forbidden: The login may not change them.
    """
    deleted = dict[str, int]()
    for dataset, guids in requested.items():
        try:
            document = document_of(client, dataset)
        except NotFound:
            continue
        if document.get("_guid_type") != GUID_TYPE and guids is None:
            continue
        objects = objects_in(document)
        removed = frozenset(guids or ())
        remaining = [object_ for object_ in objects if guids is not None and str(object_.get("guid")) not in removed]
        if len(remaining) < len(objects) and not dry_run:
            client.metadata_admin.create(guid=dataset, body=_with_objects(document, remaining), overwrite=True)
        deleted[dataset] = len(objects) - len(remaining)
    return deleted


def _with_objects(document: Document, objects: list[Any]) -> Document:
    return {**document, BLOCK: {**shown_in(document), OBJECTS: objects}}
