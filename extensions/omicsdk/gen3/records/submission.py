"""Submission of records: validated first, sent in the order of their links and in chunks, with an outcome for each row."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from omicsdk.core.display import Displayed
from omicsdk.core.items import frame_of
from omicsdk.core.late_names import LateModule
from omicsdk.core.type_guards import is_object, only_texts
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.dictionary import Dictionary, Link, groups_in_order
from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.records.chunks import ChunkResult, Chunks, Entity, Journal, matched, reply_of, sent, wrong_by
from omicsdk.gen3.records.projects import Project, project_of
from omicsdk.gen3.records.tables import Finding, Given, Place, Source, as_json
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
    import pandas  # pyright: ignore[reportMissingTypeStubs] - it has its types in itself, in part
    from omicsdk_api.gen3.sheepdog import SheepdogApi

else:
    pandas = LateModule("pandas")


# created, updated: the commons has taken it. valid: it would (dry run). unchanged: it was taken before, and isn't sent
# again. invalid: something is wrong with it. failed: something else went wrong.
Status = Literal["created", "updated", "valid", "unchanged", "invalid", "failed"]
ACCEPTED = ("created", "updated", "valid", "unchanged")


@dataclass(frozen=True, slots=True, repr=False)
class Outcome(Displayed):
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
        return self.status in ACCEPTED

    def __fields__(self) -> Iterable[tuple[str, object]]:
        """The row as in JSON, with one text for each of the place and the reasons."""
        row = self.as_dict()
        yield "place", self.place.where
        yield "reasons", "; ".join(row["reasons"])
        yield from ((name, row[name]) for name in ("type", "submitter_id", "status", "id"))

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


@dataclass(slots=True, repr=False)
class Submission(Displayed):
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

    def to_frame(self) -> pandas.DataFrame:
        """Return a data frame of the refused rows, with their reasons."""
        return frame_of(outcome.as_dict() for outcome in self.refused)

    def as_dict(self) -> Mapping[str, Any]:
        """Its attributes for JSON."""
        return {
            "counts": self.counts,
            "refused": [outcome.as_dict() for outcome in self.refused],
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
    records = list(rows)
    places = {
        (record.type, key, name): index
        for index, record in enumerate(records)
        for key, name in _names(record, dictionary)
    }
    # Links by id and by name: a table may use either for the same record.
    needs = {index: _needed(checked, dictionary, places) for index, checked in enumerate(records)}
    for group in groups_in_order(needs):
        for index in group:
            yield records[index]


def _names(checked: Checked, dictionary: Dictionary) -> Iterator[tuple[str, str]]:
    for key in (dictionary.nodes[checked.type].key, "id"):
        if isinstance(name := checked.record.get(key), str):
            yield key, name


def _needed(checked: Checked, dictionary: Dictionary, places: Mapping[tuple[str, str, str], int]) -> Sequence[int]:
    needed: list[int] = []
    for link in dictionary.nodes[checked.type].links.values():
        for target in targets_of(checked.record, link.name):
            names = _target_names(target, link)
            needed += [index for key, name in names if (index := places.get((link.target, key, name))) is not None]
    return needed


def _target_names(target: Mapping[str, Any], link: Link) -> Iterator[tuple[str, str]]:
    """What a link names its target by: its id, the property that names records of its node, or both."""
    for key in ("id", link.key):
        if isinstance(name := target.get(key), str) and name:
            yield key, name


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
        project: The project, PROGRAM-CODE or PROGRAM/CODE.
        records: The records: files (JSON, JSON Lines, TSV, CSV, XLSX), data frames, or dictionaries.
        dictionary: The dictionary of the commons; by default it is requested.
        node_type: The node of rows that do not state it.
        chunk: Records in a document, from 1; fewer where the commons cannot take as many at once.
        dry_run: Store nothing: the commons reports what it would do. Links to rows are treated as valid. Sheepdog makes
            index records of new files nevertheless.
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
    submission = Submission(dry_run=dry_run)
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
        submission.add(outcome)
        if on_outcome is not None:
            on_outcome(outcome)
    return submission


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
    notes = Journal(journal, commons.base_url, meant) if journal is not None and not dry_run else None
    with closing(notes) if notes is not None else nullcontext():
        sender = _Sender(commons.sheepdog, meant, dictionary, validation, known, dry_run, notes)
        yield from _submitted(source, sender, node_type, chunk, all_or_nothing=all_or_nothing)


def _submitted(
    source: Source, sender: _Sender, node_type: str | None, chunk: int, *, all_or_nothing: bool
) -> Iterator[Outcome]:
    dictionary, validation = sender.dictionary, sender.rows
    chunks = Chunks(sender.send, wrong_by(_key), chunk)
    bad: set[int] = set()
    # All rows once before anything is sent: a chunk with one bad row is refused whole (Sheepdog).
    for checked in validation.checked():
        if checked.findings:
            bad.add(checked.number)
            sender.lose(checked)
            yield _refused(checked, "invalid", checked.findings)
    for group in dictionary.groups:
        if validation.types.isdisjoint(group):
            continue
        rows = _rows_of(source, dictionary, group, node_type, bad)
        if all_or_nothing and bad:
            yield from (_refused(checked, "failed", (_held_back(checked),)) for checked in rows)
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


def _refused(checked: Checked, status: Status, findings: Sequence[Finding]) -> Outcome:
    name = checked.record.get("submitter_id") or checked.row.values.get("submitter_id")
    return Outcome(
        checked.row.place, checked.type, name if isinstance(name, str) else "", status, None, tuple(findings)
    )


def _held_back(checked: Checked) -> Finding:
    return finding(
        checked.row, "held-back", "It was not sent, because of other rows", "Correct those, then submit again."
    )


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
    _existing: dict[tuple[str, str, str], bool] = field(init=False, default_factory=dict[tuple[str, str, str], bool])

    def lose(self, checked: Checked) -> None:
        """Note that a row was not taken."""
        node = self.dictionary.nodes.get(checked.type)
        for key in (node.key, "id") if node is not None else ():
            if isinstance(name := checked.record.get(key), str) and name:
                self._lost[checked.type, key, name] = checked.row.place

    def _broken_link(self, checked: Checked) -> Finding | None:
        """Why a row need not be sent: it links to one that was not taken, and that does not exist from before."""
        for link in self.dictionary.nodes[checked.type].links.values() if self._lost else ():
            for target in targets_of(checked.record, link.name):
                for key, value in _target_names(target, link):
                    name = (link.target, key, value)
                    if name in self._lost and not self._is_there(name):
                        row_place = self._lost[name]
                        problem = f"The {link.target} {as_json(name[2])} that it links to, in {row_place.where}, was not accepted"
                        remedy = "Correct that row, then submit both."
                        return finding(checked.row, "broken-link", problem, remedy, link.name, name[2])
        return None

    def _is_there(self, name: tuple[str, str, str]) -> bool:
        if name not in self._existing:
            node, key, value = name
            self._existing[name] = value in self.known(node, key, [value])
        return self._existing[name]

    def outcomes(self, rows: Iterable[Checked], chunks: Chunks[Checked]) -> Iterator[Outcome]:
        """Send rows, and yield the result for each."""
        unsent: list[Outcome] = []
        # `unsent` is filled while a document is collected: its results come before those of that document.
        for result in chunks.results(self._to_send(rows, unsent)):
            # Record the whole document before yielding: the caller may stop at any time.
            results = [*unsent, *self._outcomes(result)]
            unsent.clear()
            if self.journal is not None:
                self.journal.flush()
            yield from results
        yield from unsent

    def _to_send(self, rows: Iterable[Checked], unsent: list[Outcome]) -> Iterator[Checked]:
        """Yield the rows to send; the results for the others are added to `unsent`."""
        for checked in rows:
            if self.journal is not None and self.journal.has(checked.record):
                earlier_id = self.journal.id_of(checked.record)
                unsent.append(Outcome(checked.row.place, checked.type, _name(checked), "unchanged", earlier_id))
            elif (why := self._broken_link(checked)) is not None:
                self.lose(checked)
                unsent.append(_refused(checked, "invalid", (why,)))
            else:
                yield checked

    def send(self, rows: Sequence[Checked], patient: bool) -> Mapping[str, Any]:
        """Send rows together, as `Chunks` requires."""
        sheepdog = self.sheepdog
        operation = sheepdog.try_submit_record if self.dry_run else sheepdog.submit_record
        body: list[Any] = [checked.record for checked in rows]
        program, code = self.project
        payload = sent(operation, operation.build(body=body, program=program, project=code), patient=patient)
        return self._without_links_to_rows(rows, payload) if self.dry_run else payload

    def _without_links_to_rows(self, rows: Sequence[Checked], payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """The response to a dry run without what is only wrong because the rows before are not stored."""
        reply = reply_of(payload)
        if reply is None or reply.success or reply.errors:
            return payload
        entities: list[dict[str, Any]] = [entry for entry in payload["entities"] if is_object(entry)]
        pairs = {(entity.type, entity.name): entry for entity, entry in zip(reply.entities, entities, strict=True)}
        for row, entity in matched(rows, reply, _key):
            if entity is not None and entity.errors:
                left = [error for error in entity.errors if not self._leads_to_rows(row, error)]
                pairs[entity.type, entity.name] |= {"errors": left, "valid": not left}
        return {**payload, "success": all(entry.get("valid") for entry in entities)}

    def _leads_to_rows(self, checked: Checked, error: Mapping[str, Any]) -> bool:
        links = self.dictionary.nodes[checked.type].links
        named_links = [links[key] for key in only_texts(error.get("keys")) if key in links]
        if error.get("type") != "INVALID_LINK" or not named_links:
            return False
        return all(
            any(self.rows.has(link.target, key, name) for key, name in _target_names(target, link))
            for link in named_links
            for target in targets_of(checked.record, link.name)
        )

    def _outcomes(self, result: ChunkResult[Checked]) -> Iterator[Outcome]:
        for checked, entity in matched(result.items, result.reply, _key):
            errors = entity.faults if entity is not None else ()
            if not errors and entity is not None and result.reply is not None and result.reply.success:
                yield self._accepted(checked, entity)
                continue
            self.lose(checked)
            if errors:
                yield _refused(checked, "invalid", [_finding(checked, error) for error in errors])
            else:
                yield _refused(checked, "failed", [_failure(checked, result)])

    def _accepted(self, checked: Checked, entity: Entity) -> Outcome:
        if self.journal is not None:
            self.journal.note(checked.record, entity.id)
        status: Status = "valid" if self.dry_run else _STATUSES.get(entity.action, "updated")
        # The id of a dry run is no record's.
        return Outcome(checked.row.place, checked.type, _name(checked), status, None if self.dry_run else entity.id)


def _name(checked: Checked) -> str:
    return str(checked.record.get("submitter_id") or "")


def _key(checked: Checked) -> tuple[str, str]:
    return checked.type, _name(checked)


def _finding(checked: Checked, error: Mapping[str, Any]) -> Finding:
    keys = only_texts(error.get("keys"))
    name = keys[0].partition(".")[0] if keys else ""
    return finding(
        checked.row,
        str(error.get("type") or "ERROR"),
        str(error.get("message") or ""),
        "",
        name,
        checked.record.get(name),
    )


def _failure(checked: Checked, result: ChunkResult[Checked]) -> Finding:
    if result.reply is None and result.error is not None:
        return finding(checked.row, "failed", result.error.message, result.error.remedy)
    reason = result.reply.summary if result.reply is not None else ""
    return finding(checked.row, "failed", reason or "The commons gave no reason", "")
