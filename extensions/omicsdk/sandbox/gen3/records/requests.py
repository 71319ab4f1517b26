"""Requests to Sheepdog: permissions on projects, tables and JSON of records, and refusals in the service's words and order."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from omicsdk.core.json_text import strict_value
from omicsdk.sandbox.gen3.access import Person
from omicsdk.sandbox.gen3.records.dictionary import Dictionary, Node
from omicsdk.sandbox.gen3.records.store import Document, Record
from omicsdk.sandbox.problems import Problem, or_raise
from omicsdk.sandbox.service import Call

if TYPE_CHECKING:
    from omicsdk.sandbox.gen3.commons import Gen3


SERVICE = "sheepdog"
# The prefix of the service's paths.
ROOT = "/v0/submission"
# Users with the permission on this resource may make and delete programs.
PROGRAMS = "/services/sheepdog/submission/program"
# Users with the permission on this resource, or on the program's, may make and delete projects.
PROJECTS = "/services/sheepdog/submission/project"


def refuse(status: int, message: str, *, crashes: bool = False) -> Problem:
    """A refusal in the service's shape; or one on which the real service fails."""
    return Problem(status, "", message, crashes=crashes)


def error_body(problem: Problem) -> Mapping[str, object]:
    """The JSON that a refusal carries."""
    return {"message": problem.title}


@dataclass(frozen=True, slots=True)
class Visit:
    """A request to a project, let in.

    Attributes:
        person: Its sender.
        program: The program's name.
        code: The project's code.
        project: The project.
    """

    person: Person
    program: str
    code: str
    project: Record

    @property
    def project_id(self) -> str:
        """The project, as PROGRAM-PROJECT."""
        return f"{self.program}-{self.code}"


def principal(commons: Gen3, call: Call) -> Person:
    """The sender of a request.

    Raises:
        Problem: 401; there is no valid token.
    """
    try:
        return commons.access.somebody(call.headers, refuse(401, "Didn't receive JWT correctly"))
    except Problem as problem:
        raise refuse(problem.status, f"Authentication Error: {problem.title}") from problem


def permit(person: Person, method: str, *resources: str) -> None:
    """Refuse who may not do something with any of some resources.

    Raises:
        Problem: 403; they may not.
    """
    if not any(person.may(method, resource, SERVICE) for resource in resources):
        raise refuse(403, f"You don't have {method} permission on {resources[-1]}")


def resource_of(program: str, code: str) -> str:
    """The resource that represents a project."""
    return f"/programs/{program}/projects/{code}"


def enter_empty(commons: Gen3, call: Call, method: str) -> tuple[Person, str, str]:
    """Allow a request to a project that need not be there.

    Raises:
        Problem: 401, 403.
    """
    person = principal(commons, call)
    program, code = call.arguments["program"], call.arguments["project"]
    permit(person, method, resource_of(program, code))
    return person, program, code


def enter(commons: Gen3, call: Call, method: str, *states: str) -> Visit:
    """Allow a request to a project.

    Args:
        commons: The commons.
        call: The request.
        method: What its sender has to be allowed: read, create, update, delete.
        states: In which of these states the project has to be; none for any.

    Raises:
        Problem: 401, 403; 404 where there is no such project; 400 in another state.
    """
    person, program, code = enter_empty(commons, call, method)
    if commons.records.program(program) is None:
        raise refuse(404, f"Program {program} not found")
    project = or_raise(commons.records.project(program, code), refuse(404, f"Project {code} not found"))
    state: Any = project.properties.get("state", "open")
    if states and state not in states:
        raise refuse(
            400,
            f"Project is in state '{state}', which prevents {call.path}. In order to perform this action, the project"
            f" must be in state <{'> or <'.join(states)}>.",
        )
    return Visit(person, program, code, project)


def found_program(commons: Gen3, call: Call) -> Record:
    """The program that a request names.

    Raises:
        Problem: 404; there is none of that name.
    """
    name = call.arguments["program"]
    return or_raise(commons.records.program(name), refuse(404, f"program {name} not found"))


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
        value = strict_value(text)
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
