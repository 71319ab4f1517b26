"""Submission of files as they are, without validation: in chunks, with an outcome for each row."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from omicsdk.core.errors import APIError, DecodeError, TransportError
from omicsdk.core.logs import logger
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.records.chunks import ChunkResult, Chunks, is_too_much, matched, reply_of, sent, wrong_by
from omicsdk.gen3.records.projects import Project, project_of
from omicsdk.gen3.records.tables import Row, Table, tsv_of

if TYPE_CHECKING:
    from omicsdk_api.gen3.sheepdog import SheepdogApi


_log = logger("omicsdk.gen3")


class FileResult(TypedDict):
    """The result of submitting a file.

    Attributes:
        invalid: Why rows were not taken, by their submitter_id; by their row where another node has that.
        other: What the commons said of documents rather than of rows.
        details: Its whole responses to these.
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
    """Submit a file as it is, without validation: tables as tables, JSON as JSON. Refused rows do not stop the others.

    Args:
        project: The project, PROGRAM-CODE or PROGRAM/CODE.
        path: The file: TSV, TXT (tabs), CSV, XLSX, JSON or JSON Lines.
        chunk_size: Rows in a document, from 1; fewer where the commons cannot take as many at once.
        row_offset: Rows that are passed over.

    Raises:
        Gen3UserError: The file cannot be read, two rows have the same submitter_id, or a number is out of its bounds.
        APIError: One that every row would meet: no such project, no right to submit.
        TransportError: The commons cannot be reached.
    """
    if chunk_size < 1 or row_offset < 0:
        raise Gen3UserError(
            f"chunk_size={chunk_size}, row_offset={row_offset}",
            remedy="Use a chunk_size of 1 or more, and a row_offset of 0 or more.",
        )
    rows = list(Table(path))[row_offset:]
    # As gen3sdk does: its results are by submitter_id.
    _refuse_twins(rows)
    return _Sending(client.sheepdog, project_of(project), rows, chunk_size).result()


def _refuse_twins(rows: Iterable[Row]) -> None:
    first: dict[tuple[str, str], Row] = {}
    for row in rows:
        _, name = key = _named(row)
        twin = first.setdefault(key, row)
        if name and twin is not row:
            raise Gen3UserError(
                f"{row.place.file}: the submitter_id {name!r} is in row {twin.place.row} and in row {row.place.row}",
                remedy="Keep one of them.",
            )


def _named(row: Row) -> tuple[str, str]:
    """The node and the submitter_id of a row."""
    return str(row.values.get("type") or ""), str(row.values.get("submitter_id") or "")


class _Sending:
    def __init__(self, sheepdog: SheepdogApi, project: Project, rows: Sequence[Row], chunk_size: int) -> None:
        self._sheepdog = sheepdog
        self._project = project
        self._rows = rows
        self._columns = list(dict.fromkeys(column for row in rows for column in row.values))
        self._chunks = Chunks(self._send, wrong_by(_named), chunk_size)
        self._result: FileResult = {"invalid": {}, "other": [], "details": [], "succeeded": [], "responses": []}
        self._documents = 0

    def result(self) -> FileResult:
        for row in self._rows:
            if row.findings:
                self._invalid(row, "; ".join(str(finding) for finding in row.findings))
        for result in self._chunks.results(row for row in self._rows if not row.findings):
            self._take(result)
        return self._result

    def _send(self, rows: Sequence[Row], patient: bool) -> Mapping[str, Any]:
        self._documents += 1
        try:
            payload = self._sent(rows, patient)
        except (APIError, TransportError, DecodeError) as error:
            if is_too_much(error):
                self._respond(f"Reducing Chunk Size: {error.message}")
            else:
                self._respond(f"Chunk {self._documents} Failed: {len(rows)} entities.")
            raise
        reply = reply_of(payload)
        word = "Succeeded" if reply is not None and reply.success else "Failed"
        self._respond(f"Chunk {self._documents} {word}: {len(rows)} entities.")
        return payload

    def _sent(self, rows: Sequence[Row], patient: bool) -> Mapping[str, Any]:
        program, code = self._project
        # A table is sent as a table: the commons reads its cells by its own rules, which JSON would bypass.
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

    def _take(self, result: ChunkResult[Row]) -> None:
        reply = result.reply
        skipped = "The commons skipped it: it has no type, or one that the dictionary lacks"
        why = skipped if reply and reply.entities else self._note_refusal(result)
        for row, entity in matched(result.items, reply, _named):
            if entity is None or reply is None:
                self._invalid(row, why)
            elif reply.success:
                self._result["succeeded"].append(entity.name)
            else:
                self._invalid(row, str([dict(error_object) for error_object in entity.errors]))

    def _note_refusal(self, result: ChunkResult[Row]) -> str:
        """Return the responses for a document rather than for its rows."""
        if result.reply is None:
            reason = result.error.message if result.error is not None else "The response does not mention it"
            self._result["details"].append(str(result.error or reason))
        else:
            reason = result.reply.summary
            self._result["details"].append(str(result.reply.body))
        self._result["other"].append(reason)
        return reason

    def _invalid(self, row: Row, why: str) -> None:
        (_, name), invalid = _named(row), self._result["invalid"]
        invalid[name if name and name not in invalid else f"row {row.place.row}"] = why  # nodes may have the same names
