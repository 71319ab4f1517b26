"""Submission of records: validated first and in the order of their links, or files as they are; in chunks, with an outcome for each row."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from omicsdk.core.errors import APIError, DecodeError, TransportError
from omicsdk.core.logs import logger
from omicsdk.core.type_guards import is_object, only_texts
from omicsdk.gen3.dictionary import Dictionary, groups_in_order
from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.records.chunks import (
    ChunkResult,
    Chunks,
    Entity,
    Journal,
    is_too_much,
    matched,
    reply_of,
    sent,
    wrong_by,
)
from omicsdk.gen3.records.projects import Project, project_of
from omicsdk.gen3.records.tables import Finding, Given, Place, Row, Source, Table, shown, tsv_of
from omicsdk.gen3.records.validation import (
    Checked,
    Known,
    Validation,
    finding,
    known_to,
    record_of,
    targets_of,
    type_of,
)

if TYPE_CHECKING:
    from omicsdk_api.gen3.sheepdog import SheepdogApi

    from omicsdk.gen3.client import Gen3


Status = Literal["created", "updated", "valid", "unchanged", "invalid", "failed"]
"""created, updated: the commons has taken it. valid: it would (dry run). unchanged: it was taken before, and isn't sent again.
invalid: something is wrong with it. failed: something else went wrong."""
TAKEN = ("created", "updated", "valid", "unchanged")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result for a row.

    Attributes:
        place: The place of the row.
        type: Its node; empty if it does not state it.
        name: Its submitter_id; empty if it has none.
        status: The result for it.
        id: The id that the commons assigned; None if it did not.
        findings: Why it was not accepted.
    """

    place: Place
    type: str
    name: str
    status: Status
    id: str | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def taken(self) -> bool:
        """Whether the commons has it, or would take it."""
        return self.status in TAKEN

    def as_dict(self) -> dict[str, Any]:
        """Its attributes for JSON and tables."""
        return {
            "file": self.place.file,
            "sheet": self.place.sheet,
            "row": self.place.row,
            "type": self.type,
            "submitter_id": self.name,
            "status": self.status,
            "id": self.id,
            "reasons": [str(finding) for finding in self.findings],
        }


@dataclass(slots=True)
class Submission:
    """The result for all rows.

    Attributes:
        counts: How many rows there are of each status.
        refused: The rows that were not taken.
        dry_run: Whether nothing was to be stored.
    """

    counts: dict[str, int] = field(default_factory=dict[str, int])
    refused: list[Outcome] = field(default_factory=list[Outcome])
    dry_run: bool = False

    @property
    def ok(self) -> bool:
        """Whether every row was taken."""
        return not self.refused

    @property
    def total(self) -> int:
        """How many rows there were."""
        return sum(self.counts.values())

    def add(self, outcome: Outcome) -> None:
        """Count a row."""
        self.counts[outcome.status] = self.counts.get(outcome.status, 0) + 1
        if not outcome.taken:
            self.refused.append(outcome)

    def as_dict(self) -> Mapping[str, Any]:
        """Its attributes for JSON."""
        return {
            "counts": self.counts,
            "refused": [refused_item.as_dict() for refused_item in self.refused],
            "dry_run": self.dry_run,
        }


def in_order(rows: Iterable[Checked], dictionary: Dictionary) -> Iterator[Checked]:
    """Put rows of nodes that link to each other, or to themselves, after the rows that they link to.

    Args:
        rows: The rows; all of them are kept.
        dictionary: The dictionary.

    Yields:
        The rows; those that link to each other in a circle follow each other.
    """
    every = list(rows)
    places = {
        (record.type, key, name): place
        for place, record in enumerate(every)
        for key, name in _names(record, dictionary)
    }
    needs = {place: _needed(each, dictionary, places) for place, each in enumerate(every)}
    for group in groups_in_order(needs):
        for place in group:
            yield every[place]


def _names(each: Checked, dictionary: Dictionary) -> Iterator[tuple[str, str]]:
    for key in (dictionary.nodes[each.type].key, "id"):
        if isinstance(name := each.record.get(key), str):
            yield key, name


def _needed(each: Checked, dictionary: Dictionary, places: Mapping[tuple[str, str, str], int]) -> Sequence[int]:
    found: list[int] = []
    for link in dictionary.nodes[each.type].links.values():
        for target in targets_of(each.record, link.name):
            named: list[tuple[str, Any]] = [(key, target.get(key)) for key in (link.key, "id")]
            found += [place for key, name in named if (place := places.get((link.target, key, name))) is not None]
    return found


#: Records in a document, by default.
CHUNK = 100
_STATUSES: Mapping[str | None, Status] = {"create": "created", "update": "updated"}


def submit(
    commons: Gen3,
    project: str | tuple[str, str],
    records: Given | Iterable[Given],
    *,
    dictionary: Dictionary | None = None,
    node_type: str | None = None,
    chunk: int = CHUNK,
    dry_run: bool = False,
    all_or_nothing: bool = False,
    journal: str | os.PathLike[str] | None = None,
    on_outcome: Callable[[Outcome], None] | None = None,
) -> Submission:
    """Submit records to a project: each is created, or updated if there is one of its name.

    All rows are validated against the dictionary before anything is sent. Then they are sent node by node, each after
    those that it links to; a refused row does not stop the others. Records are kept in memory a chunk at a time, unless
    their node links to itself, or nodes link to each other in a circle.

    Args:
        commons: The commons.
        project: The project, PROGRAM-CODE or PROGRAM/CODE.
        records: The records: files (JSON, JSON Lines, TSV, CSV, XLSX), data frames, or dictionaries.
        dictionary: The dictionary of the commons; by default it is requested.
        node_type: The node of rows that do not state it.
        chunk: Records in a document, from 1; fewer where the commons cannot take as many at once.
        dry_run: Store nothing: the commons reports what it would do. Links to rows are treated as valid.
        all_or_nothing: Send nothing if any row has a finding.
        journal: A file that notes what was taken: with the same file, a submission that was stopped resumes.
        on_outcome: Takes the result for each row as soon as it is known.

    Returns:
        The result for the rows: counts, and the rows that were not taken, with the reasons.

    Raises:
        Gen3UserError: A file cannot be read, or the project's name is invalid.
        APIError: One that every row would meet: no such project, no right to submit. What was taken stays.
        TransportError: The commons cannot be reached.
    """
    found = Submission(dry_run=dry_run)
    outcomes = submit_rows(
        commons,
        project,
        records,
        dictionary=dictionary,
        node_type=node_type,
        chunk=chunk,
        dry_run=dry_run,
        all_or_nothing=all_or_nothing,
        journal=journal,
    )
    for outcome in outcomes:
        found.add(outcome)
        if on_outcome is not None:
            on_outcome(outcome)
    return found


def submit_rows(
    commons: Gen3,
    project: str | tuple[str, str],
    records: Given | Iterable[Given],
    *,
    dictionary: Dictionary | None = None,
    node_type: str | None = None,
    chunk: int = CHUNK,
    dry_run: bool = False,
    all_or_nothing: bool = False,
    journal: str | os.PathLike[str] | None = None,
) -> Iterator[Outcome]:
    """Submit records as `submit` does, and yield the result for each row as soon as it is known.

    Arguments and errors are those of `submit`. Findings from before sending come first. Ending the iteration stops the
    submission; accepted records are kept.
    """
    if chunk < 1:
        raise Gen3UserError(f"{chunk} records cannot be sent at once", remedy="Use a number from 1.")
    meant, source = project_of(project), Source(records)
    dictionary = dictionary or Dictionary.of(commons)
    known = known_to(commons, meant, at_once=False)
    validation = Validation(source, dictionary, meant, node_type, known)
    kept = Journal(journal, commons.base_url, meant) if journal is not None and not dry_run else None
    with closing(kept) if kept is not None else nullcontext():
        sender = _Sender(commons.sheepdog, meant, dictionary, validation, known, dry_run, kept)
        yield from _submitted(source, sender, node_type, chunk, all_or_nothing=all_or_nothing)


def _submitted(
    source: Source, sender: _Sender, node_type: str | None, chunk: int, *, all_or_nothing: bool
) -> Iterator[Outcome]:
    dictionary, validation = sender.dictionary, sender.rows
    chunks = Chunks(sender.send, wrong_by(_key), chunk)
    bad: set[int] = set()
    for each in validation.checked():
        if each.findings:
            bad.add(each.number)
            sender.lose(each)
            yield _refused(each, "invalid", each.findings)
    for group in dictionary.groups:
        if validation.types.isdisjoint(group):
            continue
        rows = _rows_of(source, dictionary, group, node_type, bad)
        if all_or_nothing and bad:
            yield from (_refused(each, "failed", (_held_back(each),)) for each in rows)
        else:
            yield from sender.outcomes(in_order(rows, dictionary) if dictionary.is_cycle(group) else rows, chunks)


def _rows_of(
    source: Source, dictionary: Dictionary, group: tuple[str, ...], node_type: str | None, bad: set[int]
) -> Iterator[Checked]:
    """The good rows of some nodes, read again."""
    for number, row in enumerate(source):
        name = type_of(row, node_type)
        if name in group and number not in bad:
            yield Checked(number, row, name, record_of(row, dictionary.nodes[name]), ())


def _refused(each: Checked, status: Status, findings: Sequence[Finding]) -> Outcome:
    name = each.record.get("submitter_id") or each.row.values.get("submitter_id")
    return Outcome(each.row.place, each.type, name if isinstance(name, str) else "", status, None, tuple(findings))


def _held_back(each: Checked) -> Finding:
    return finding(each.row, "held-back", "It was not sent, because of other rows", "Correct those, then submit again.")


@dataclass
class _Sender:
    """Sends rows of a project, and yields the result for each.

    Attributes:
        sheepdog: The service.
        project: The project.
        dictionary: The dictionary.
        rows: The rows.
        known: Returns which records exist: of those, an older state can be linked to.
        dry_run: Whether nothing is stored.
        journal: The notes of what was taken; None for none.
    """

    sheepdog: SheepdogApi
    project: Project
    dictionary: Dictionary
    rows: Validation
    known: Known
    dry_run: bool
    journal: Journal | None
    _lost: dict[tuple[str, str, str], Place] = field(init=False, default_factory=dict[tuple[str, str, str], Place])
    _there: dict[tuple[str, str, str], bool] = field(init=False, default_factory=dict[tuple[str, str, str], bool])

    def lose(self, each: Checked) -> None:
        """Note that a row was not taken."""
        node = self.dictionary.nodes.get(each.type)
        for key in (node.key, "id") if node is not None else ():
            if isinstance(name := each.record.get(key), str) and name:
                self._lost[each.type, key, name] = each.row.place

    def _broken_link(self, each: Checked) -> Finding | None:
        """Why a row need not be sent: it links to one that was not taken, and that does not exist from before."""
        for link in self.dictionary.nodes[each.type].links.values() if self._lost else ():
            for target in targets_of(each.record, link.name):
                for key in ("id", link.key):
                    name = (link.target, key, str(target.get(key)))
                    if name in self._lost and not self._is_there(name):
                        place = self._lost[name]
                        told = (
                            f"The {link.target} {shown(name[2])} that it links to, in {place.where}, was not accepted"
                        )
                        remedy = "Correct that row, then submit both."
                        return finding(each.row, "broken-link", told, remedy, link.name, name[2])
        return None

    def _is_there(self, name: tuple[str, str, str]) -> bool:
        if name not in self._there:
            node, key, value = name
            self._there[name] = value in self.known(node, key, [value])
        return self._there[name]

    def outcomes(self, rows: Iterable[Checked], chunks: Chunks[Checked]) -> Iterator[Outcome]:
        """Send rows, and yield the result for each."""
        unsent: list[Outcome] = []
        for told in chunks.results(self._to_send(rows, unsent)):
            # Record the whole document before yielding: the caller may stop at any time.
            done = [*unsent, *self._outcomes(told)]
            unsent.clear()
            if self.journal is not None:
                self.journal.flush()
            yield from done
        yield from unsent

    def _to_send(self, rows: Iterable[Checked], unsent: list[Outcome]) -> Iterator[Checked]:
        """Yield the rows to send; the results for the others are added to `unsent`."""
        for each in rows:
            if self.journal is not None and self.journal.has(each.record):
                given = self.journal.id_of(each.record)
                unsent.append(Outcome(each.row.place, each.type, _name(each), "unchanged", given))
            elif (why := self._broken_link(each)) is not None:
                self.lose(each)
                unsent.append(_refused(each, "invalid", (why,)))
            else:
                yield each

    def send(self, rows: Sequence[Checked], patient: bool) -> Mapping[str, Any]:
        """Send rows together, as `Chunks` requires."""
        sheepdog = self.sheepdog
        operation = sheepdog.try_submit_record if self.dry_run else sheepdog.submit_record
        body: list[Any] = [each.record for each in rows]
        program, code = self.project
        told = sent(operation, operation.build(body=body, program=program, project=code), patient=patient)
        return self._without_links_to_rows(rows, told) if self.dry_run else told

    def _without_links_to_rows(self, rows: Sequence[Checked], told: Mapping[str, Any]) -> Mapping[str, Any]:
        """The response to a dry run without what is only wrong because the rows before are not stored."""
        reply = reply_of(told)
        if reply is None or reply.success or reply.errors:
            return told
        stated: list[dict[str, Any]] = [each for each in told["entities"] if is_object(each)]
        pairs = {(entity.type, entity.name): each for entity, each in zip(reply.entities, stated, strict=True)}
        for row, entity in matched(rows, reply, _key):
            if entity is not None and entity.errors:
                left = [error for error in entity.errors if not self._leads_to_rows(row, error)]
                pairs[entity.type, entity.name] |= {"errors": left, "valid": not left}
        return {**told, "success": all(each.get("valid") for each in stated)}

    def _leads_to_rows(self, each: Checked, error: Mapping[str, Any]) -> bool:
        links = self.dictionary.nodes[each.type].links
        stated = [links[key] for key in only_texts(error.get("keys")) if key in links]
        if error.get("type") != "INVALID_LINK" or not stated:
            return False
        return all(
            self.rows.has(link.target, link.key, str(target.get(link.key)))
            or self.rows.has(link.target, "id", str(target.get("id")))
            for link in stated
            for target in targets_of(each.record, link.name)
        )

    def _outcomes(self, told: ChunkResult[Checked]) -> Iterator[Outcome]:
        for each, entity in matched(told.items, told.reply, _key):
            errors = entity.faults if entity is not None else ()
            if not errors and entity is not None and told.reply is not None and told.reply.success:
                yield self._taken(each, entity)
                continue
            self.lose(each)
            if errors:
                yield _refused(each, "invalid", [_finding(each, error) for error in errors])
            else:
                yield _refused(each, "failed", [_failure(each, told)])

    def _taken(self, each: Checked, entity: Entity) -> Outcome:
        if self.journal is not None:
            self.journal.note(each.record, entity.id)
        status: Status = "valid" if self.dry_run else _STATUSES.get(entity.action, "updated")
        # The id of a dry run is no record's.
        return Outcome(each.row.place, each.type, _name(each), status, None if self.dry_run else entity.id)


def _name(each: Checked) -> str:
    return str(each.record.get("submitter_id") or "")


def _key(each: Checked) -> tuple[str, str]:
    return each.type, _name(each)


def _finding(each: Checked, error: Mapping[str, Any]) -> Finding:
    keys = only_texts(error.get("keys"))
    name = keys[0].partition(".")[0] if keys else ""
    return finding(
        each.row, str(error.get("type") or "ERROR"), str(error.get("message") or ""), "", name, each.record.get(name)
    )


def _failure(checked: Checked, result: ChunkResult[Checked]) -> Finding:
    if result.error is not None:
        return finding(checked.row, "failed", result.error.message, result.error.remedy)
    words_of_reply = result.reply.words if result.reply is not None else ""
    return finding(checked.row, "failed", words_of_reply or "The commons gave no reason", "")


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
        raise Gen3UserError(f"chunk_size={chunk_size}, row_offset={row_offset}", remedy="Use 1 or more, and 0 or more.")
    rows = list(Table(path))[row_offset:]
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
        why = "The commons skipped it: it has no type" if reply and reply.entities else self._said(result)
        for row, entity in matched(result.items, reply, _named):
            if entity is None or reply is None:
                self._invalid(row, why)
            elif reply.success:
                self._result["succeeded"].append(entity.name)
            else:
                self._invalid(row, str([dict(error_object) for error_object in entity.errors]))

    def _said(self, result: ChunkResult[Row]) -> str:
        """Return the responses for a document rather than for its rows."""
        if result.reply is None:
            reason = result.error.message if result.error is not None else "The response does not mention it"
            self._result["details"].append(str(result.error or reason))
        else:
            reason = result.reply.words
            self._result["details"].append(str(result.reply.body))
        self._result["other"].append(reason)
        return reason

    def _invalid(self, row: Row, why: str) -> None:
        (_, name), invalid = _named(row), self._result["invalid"]
        invalid[name if name and name not in invalid else f"row {row.place.row}"] = why  # nodes may have the same names
