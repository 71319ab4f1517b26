"""Files of records submitted as they are, in chunks, without a look at the dictionary."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from logging import getLogger
from typing import TYPE_CHECKING, Any, TypedDict

from omicsdk.core.errors import APIError, DecodeError, TransportError
from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.records.chunks import Chunks, Entity, Reply, Told, is_too_much, reply_of, sent
from omicsdk.gen3.records.projects import Project, project_of
from omicsdk.gen3.records.tables import Row, Table, tsv_of

if TYPE_CHECKING:
    from omicsdk_api.gen3.sheepdog import SheepdogApi

    from omicsdk.gen3.client import Gen3

_log = getLogger("omicsdk.gen3")


class FileResult(TypedDict):
    """The result of submitting a file.

    Attributes:
        invalid: Why rows weren't taken, by their submitter_id; by their row where another node has that.
        other: What the commons said of documents rather than of rows.
        details: Its whole answers to these.
        succeeded: The submitter_ids of the rows that it took.
        responses: A line for each document that was sent.
    """

    invalid: dict[str, str]
    other: list[str]
    details: list[str]
    succeeded: list[str]
    responses: list[str]


def submit_file(
    client: Gen3,
    project: str | tuple[str, str],
    path: str | os.PathLike[str],
    *,
    chunk_size: int = 30,
    row_offset: int = 0,
) -> FileResult:
    """Submit a file as it is, without validation: tables as tables, JSON as JSON. Refused rows do not hinder the others.

    Args:
        project: The project, PROGRAM-CODE or PROGRAM/CODE.
        path: The file: TSV, TXT (tabs), CSV, XLSX, JSON or JSON Lines.
        chunk_size: Rows in a document, from 1; fewer where the commons can't take so many at once.
        row_offset: Rows that are passed over.

    Raises:
        Gen3UserError: The file can't be read, two rows have the same submitter_id, or a number is out of its bounds.
        APIError: One that every row would meet: no such project, no right to submit.
        TransportError: The commons can't be reached.
    """
    if chunk_size < 1 or row_offset < 0:
        raise Gen3UserError(
            f"chunk_size={chunk_size}, row_offset={row_offset}", remedy="Give 1 or more, and 0 or more."
        )
    rows = list(Table(path))[row_offset:]
    _refuse_twins(rows)
    return _Sending(client.sheepdog, project_of(project), rows, chunk_size).result()


def _refuse_twins(rows: Iterable[Row]) -> None:
    first: dict[tuple[str, str], Row] = {}
    for row in rows:
        name = _name(row)
        twin = first.setdefault(_key(row), row)
        if name and twin is not row:
            raise Gen3UserError(
                f"{row.place.file}: the submitter_id {name!r} is in row {twin.place.row} and in row {row.place.row}",
                remedy="Keep one of them.",
            )


def _name(row: Row) -> str:
    return str(row.values.get("submitter_id") or "")


def _key(row: Row) -> tuple[str, str]:
    return str(row.values.get("type") or ""), _name(row)


class _Sending:
    def __init__(self, sheepdog: SheepdogApi, project: Project, rows: Sequence[Row], chunk_size: int) -> None:
        self._sheepdog = sheepdog
        self._project = project
        self._rows = rows
        self._columns = list(dict.fromkeys(column for row in rows for column in row.values))
        self._chunks = Chunks(self._send, self._wrong, chunk_size)
        self._result: FileResult = {"invalid": {}, "other": [], "details": [], "succeeded": [], "responses": []}
        self._documents = 0

    def result(self) -> FileResult:
        for row in self._rows:
            if row.findings:
                self._invalid(row, "; ".join(str(each) for each in row.findings))
        for told in self._chunks.told(row for row in self._rows if not row.findings):
            self._take(told)
        return self._result

    def _send(self, rows: Sequence[Row], patient: bool) -> Mapping[str, Any]:
        self._documents += 1
        try:
            told = self._sent(rows, patient)
        except (APIError, TransportError, DecodeError) as error:
            if is_too_much(error):
                self._respond(f"Reducing Chunk Size: {error.message}")
            else:
                self._respond(f"Chunk {self._documents} Failed: {len(rows)} entities.")
            raise
        reply = reply_of(told)
        word = "Succeeded" if reply is not None and reply.success else "Failed"
        self._respond(f"Chunk {self._documents} {word}: {len(rows)} entities.")
        return told

    def _sent(self, rows: Sequence[Row], patient: bool) -> Mapping[str, Any]:
        program, code = self._project
        if rows[0].separator is None:
            body: list[Any] = [row.values for row in rows]
            record = self._sheepdog.submit_record
            return sent(record, record.build(body=body, program=program, project=code), patient=patient)
        table = self._sheepdog.submit_tsv
        text = tsv_of(self._columns, (row.values for row in rows))
        return sent(table, table.build(body=text, program=program, project=code), patient=patient)

    def _respond(self, line: str) -> None:
        self._result["responses"].append(line)
        _log.info("%s", line)

    def _wrong(self, rows: Sequence[Row], reply: Reply) -> list[bool]:
        found = _entities(reply)
        return [(entity := found.get(_key(row))) is not None and not entity.valid for row in rows]

    def _take(self, told: Told[Row]) -> None:
        found = _entities(told.reply)
        why = "The commons passed over it: it has no type" if found else self._said(told)
        for row in told.items:
            entity = found.get(_key(row))
            if entity is None:
                self._invalid(row, why)
            elif told.reply is not None and told.reply.success:
                self._result["succeeded"].append(_name(row))
            else:
                self._invalid(row, str([dict(each) for each in entity.errors]))

    def _said(self, told: Told[Row]) -> str:
        """What was said of a document rather than of its rows."""
        if told.reply is None:
            said = told.error.message if told.error is not None else "The answer says nothing of it"
            self._result["details"].append(str(told.error or said))
        else:
            said = "; ".join(filter(None, (*told.reply.errors, told.reply.message)))
            self._result["details"].append(str(told.reply.body))
        self._result["other"].append(said)
        return said

    def _invalid(self, row: Row, why: str) -> None:
        name, told = _name(row), self._result["invalid"]
        told[name if name and name not in told else f"row {row.place.row}"] = why  # nodes may have the same names


def _entities(reply: Reply | None) -> Mapping[tuple[str, str], Entity]:
    return {} if reply is None else {(entity.type, entity.name): entity for entity in reply.entities}
