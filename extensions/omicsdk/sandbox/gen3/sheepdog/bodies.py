"""What was sent: records as JSON, TSV or CSV, by the request's Content-Type."""

import json
import math
from typing import Any, NoReturn, cast

from omicsdk.sandbox.gen3.records.dictionary import Dictionary
from omicsdk.sandbox.gen3.records.transactions import Document
from omicsdk.sandbox.gen3.sheepdog.gate import refuse
from omicsdk.sandbox.gen3.sheepdog.tables import CSV, JSON, TSV, NotATable, read_table
from omicsdk.sandbox.service import Call

# These exactly: with a charset behind it a table is taken for JSON, as by the service.
_TABLES = {"text/tab-separated-values": TSV, "text/tsv": TSV, "text/csv": CSV}


def sent(call: Call) -> Document:
    """The document of a request.

    Raises:
        Problem: 400; it isn't UTF-8.
    """
    try:
        text = call.content.decode()
    except UnicodeDecodeError as error:
        raise refuse(400, f"UnicodeDecodeError: {error}: unable to decode data: {call.content!r}") from error
    kind = _TABLES.get(call.headers.get("content-type", ""), JSON)
    return Document(text, kind, call.headers.get("x-document-name"))


def parsed_json(text: str) -> Any:
    """A JSON document.

    Raises:
        Problem: 400; it isn't one.
    """
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
        if "\\ud" in text.lower():  # half of a surrogate pair could be stored, but never given out again
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise refuse(400, f"Unable to parse json: {error}") from error
    return value


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_constant(text)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} isn't JSON")


def records_of(document: Document, dictionary: Dictionary) -> list[object]:
    """The records of a document, one after the other.

    Raises:
        Problem: 400; it isn't JSON, or a table that can't be read.
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
