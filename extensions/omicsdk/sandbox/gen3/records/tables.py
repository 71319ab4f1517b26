"""Documents of requests and responses: records as JSON, and as tables (TSV, CSV), by the request's Content-Type."""

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from omicsdk.core.json_text import finite_number, refuse_constant
from omicsdk.sandbox.gen3.records.dictionary import Dictionary, Node
from omicsdk.sandbox.gen3.records.permissions import refuse
from omicsdk.sandbox.gen3.records.store import Document
from omicsdk.sandbox.service import Call

TSV, CSV, JSON = "tsv", "csv", "json"
FORMATS = (CSV, TSV, JSON)
_DELIMITERS = {TSV: "\t", CSV: ","}
# Separator of the values of a list in one cell.
_SEPARATORS = {TSV: ",", CSV: "#"}
_LONGEST_CELL = 131_072  # Python's own bound, which the service does not change
# These exactly: with a charset after it a table is read as JSON, as by the service.
_KINDS = {"text/tab-separated-values": TSV, "text/tsv": TSV, "text/csv": CSV}
_TEXT: Mapping[str, Any] = {"type": "string"}


class NotATable(Exception):
    """A text is not a table of records."""


def read_table(text: str, kind: str, dictionary: Dictionary) -> list[dict[str, Any]]:
    """The records of a table; rows without a type of the dictionary are passed over, as by the service.

    Args:
        text: The table, its first row the names of the columns.
        kind: TSV or CSV.
        dictionary: States the types of the columns' values.

    Raises:
        NotATable: A row has more cells than the header, or a column is that of no link.
    """
    # Blanks at the end go, a tab there too: a last cell that is empty is one that does not exist.
    rows = csv.DictReader(io.StringIO(text.strip(), newline=""), delimiter=_DELIMITERS[kind])
    entities: list[dict[str, Any]] = []
    try:
        for row in rows:
            if None in row:
                raise NotATable("'NoneType' object has no attribute 'lstrip'")
            if any(len(cell or "") > _LONGEST_CELL for cell in row.values()):
                raise NotATable(f"field larger than field limit ({_LONGEST_CELL})")
            cells = {name.strip().lstrip("*"): cell.strip() for name, cell in row.items() if isinstance(cell, str)}
            # A row of an unknown type is passed over, too.
            if (node := dictionary.nodes.get(cells.get("type", ""))) is not None:
                entities.append(_record(cells, node, _SEPARATORS[kind]))
    except csv.Error as error:
        raise NotATable(str(error)) from error
    return entities


def _record(cells: Mapping[str, str], node: Node, separator: str) -> dict[str, Any]:
    record: dict[str, Any] = {}
    links: dict[str, list[dict[str, Any]]] = {}
    for name, cell in cells.items():
        link, dot, key = name.partition(".")
        if dot:
            if not key or (cell not in ("", "null") and link not in node.links):
                raise NotATable(f"{node.name} has no link {name}")
            targets = links.setdefault(link, [])
            for number, value in enumerate(cell.split(separator) if cell and cell != "null" else ()):
                if number == len(targets):
                    targets.append({})
                targets[number][key] = value.strip()
        else:
            property_schema = node.properties.get(name, _TEXT)
            record[name] = None if cell in ("", "null") else _value(cell, property_schema, separator)
    for name, targets in links.items():
        if targets or name not in node.links:
            record[name] = targets
    return record


def _value(cell: str, schema: Mapping[str, Any], separator: str, *, is_item: bool = False) -> object:
    kind = schema.get("type", "string")
    kind = kind if isinstance(kind, str) else kind[0]
    if kind == "array":
        items: Mapping[str, Any] = schema.get("items", {})
        values = [_value(part.strip(), items, separator, is_item=True) for part in cell.split(separator)]
        wrong = items.get("type") in ("integer", "number") and any(isinstance(value, str) for value in values)
        return cell if wrong else values
    if kind == "boolean":
        return {"true": True, "false": False}.get(cell.lower(), cell)
    if kind == "integer" and not is_item:
        return _number(cell, (int,))
    return _number(cell) if kind in ("integer", "number") else cell


def _number(text: str, readers: tuple[type[int | float], ...] = (int, float)) -> object:
    for read in readers:
        try:
            number = read(text)
        except ValueError:
            continue
        whole = isinstance(number, float) and number.is_integer()
        return int(number) if whole else number if math.isfinite(number) else text
    return text


def write_table(kind: str, header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table of chosen records.

    Args:
        kind: TSV or CSV.
        header: The names of the columns.
        rows: The cells of each row; of a list the values are in one cell.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=_DELIMITERS[kind], lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(_cells(row, _SEPARATORS[kind]) for row in rows)
    return text.getvalue()


def write_node_table(kind: str, header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table of all records of a node type, as the service joins it: tabs in the header of a CSV too, and no quotes.

    Args:
        kind: TSV or CSV.
        header: The names of the columns.
        rows: The cells of each row; of a list the values are in one cell.
    """
    cells = (_cells(row, _SEPARATORS[kind]) for row in rows)
    lines = (_DELIMITERS[kind].join("" if cell is None else str(cell) for cell in row) for row in cells)
    return "".join(f"{line}\n" for line in ("\t".join(header), *lines))


def _cells(row: Iterable[object], separator: str) -> Iterator[object]:
    for value in row:
        yield separator.join(map(str, cast("list[object]", value))) if isinstance(value, list) else value


# -- requests


def sent(call: Call) -> Document:
    """The document of a request.

    Raises:
        Problem: 400; it is not UTF-8.
    """
    try:
        text = call.content.decode()
    except UnicodeDecodeError as error:
        raise refuse(400, f"UnicodeDecodeError: {error}: unable to decode data: {call.content!r}") from error
    kind = _KINDS.get(call.headers.get("content-type", ""), JSON)
    return Document(text, kind, call.headers.get("x-document-name"))


def parsed_json(text: str) -> Any:
    """A JSON document.

    Raises:
        Problem: 400; it is not one.
    """
    try:
        value = json.loads(text, parse_constant=refuse_constant, parse_float=finite_number)
        if "\\ud" in text.lower():  # half of a surrogate pair could be stored, but never given out again
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise refuse(400, f"Unable to parse json: {error}") from error
    return value


def records_of(document: Document, dictionary: Dictionary) -> list[object]:
    """The records of a document, one after the other.

    Raises:
        Problem: 400; it is not JSON, or a table that cannot be read.
    """
    if document.format != JSON:
        try:
            return [*read_table(document.text, document.format, dictionary)]
        except NotATable as error:
            raise refuse(400, f"Unable to parse document: {error}") from error
    value = parsed_json(document.text)
    if isinstance(value, list):
        return cast("list[object]", value)
    if isinstance(value, dict):
        return [value]
    raise refuse(400, f"JSON parsed from request is an invalid type: {type(value).__name__}")
