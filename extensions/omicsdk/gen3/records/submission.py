"""Submission of records: validated first, then in the order of their links, in chunks, with an outcome for each row."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from omicsdk.core.type_guards import is_object
from omicsdk.gen3.dictionary import Dictionary
from omicsdk.gen3.dictionary.dictionary import groups_in_order
from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.records.chunks import Chunks, Entity, Journal, Reply, Told, reply_of, sent
from omicsdk.gen3.records.projects import Project, project_of
from omicsdk.gen3.records.tables import Finding, Given, Place, Source, shown
from omicsdk.gen3.records.validation import Checked, Known, Validation, finding, known_to
from omicsdk.gen3.records.values import record_of, targets_of, type_of

if TYPE_CHECKING:
    from omicsdk.gen3.client import Gen3


Status = Literal["created", "updated", "valid", "unchanged", "invalid", "failed"]
"""created, updated: the commons has taken it. valid: it would (dry run). unchanged: it was taken before, and isn't sent again.
invalid: something is wrong with it. failed: something else went wrong."""
TAKEN = ("created", "updated", "valid", "unchanged")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result for a row.

    Attributes:
        place: Where the row stands.
        type: Its node; empty where it doesn't say.
        name: Its submitter_id; empty where it has none.
        status: The result for it.
        id: The id that the commons gave it; None where it didn't.
        findings: Why it wasn't taken.
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
            "reasons": [str(each) for each in self.findings],
        }


@dataclass(slots=True)
class Submission:
    """The result for all rows.

    Attributes:
        counts: How many rows there are of each status.
        refused: The rows that weren't taken.
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
        return {"counts": self.counts, "refused": [each.as_dict() for each in self.refused], "dry_run": self.dry_run}


def in_order(rows: Iterable[Checked], dictionary: Dictionary) -> Iterator[Checked]:
    """Put rows of nodes that link to each other, or to themselves, behind the rows that they link to.

    Args:
        rows: The rows; all of them are kept.
        dictionary: The dictionary.

    Yields:
        The rows; those that link to each other in a circle follow each other.
    """
    every = list(rows)
    places = {
        (each.type, key, name): place for place, each in enumerate(every) for key, name in _names(each, dictionary)
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


#: Records in a document, unless told otherwise.
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
    """Submit records to a project: each is created, or updated where there is one of its name.

    All rows are held against the dictionary before anything is sent. Then they are sent node by node, each after those that
    it links to; a row that is refused doesn't hinder the others. Records are kept in memory a chunk at a time, unless their
    node links to itself, or nodes link to each other in a circle.

    Args:
        commons: The commons.
        project: The project, PROGRAM-CODE or PROGRAM/CODE.
        records: The records: files (JSON, JSON Lines, TSV, CSV, XLSX), data frames, or dictionaries.
        dictionary: The dictionary of the commons; by default it is asked for.
        node_type: What rows are that don't say.
        chunk: Records in a document, from 1; fewer where the commons can't take so many at once.
        dry_run: Nothing is stored: the commons says what it would do. Links to rows count as good.
        all_or_nothing: Nothing is sent when anything is found in any row.
        journal: A file that notes what was taken: with the same file, a submission that was stopped goes on where it was.
        on_outcome: Takes the result for each row as soon as it is known.

    Returns:
        The result for the rows: counts, and the rows that weren't taken, with the reasons.

    Raises:
        Gen3UserError: A file can't be read, or the project's name isn't one.
        APIError: One that every row would meet: no such project, no right to submit. What was taken stays.
        TransportError: The commons can't be reached.
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

    Arguments and errors are those of `submit`. What was found wrong before sending comes first. Who stops asking stops the
    submission; what was taken stays.
    """
    if chunk < 1:
        raise Gen3UserError(f"{chunk} records can't be sent at once", remedy="Give a number from 1.")
    meant, source = project_of(project), Source(records)
    dictionary = dictionary or Dictionary.of(commons)
    known = known_to(commons, meant, at_once=False)
    validation = Validation(source, dictionary, meant, node_type, known)
    kept = Journal(journal, commons.base_url, meant) if journal is not None and not dry_run else None
    sender = _Sender(commons, meant, dictionary, validation, known, chunk, dry_run, kept)
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
            yield from sender.outcomes(in_order(rows, dictionary) if dictionary.is_cycle(group) else rows)


def _rows_of(
    source: Source, dictionary: Dictionary, group: tuple[str, ...], node_type: str | None, bad: set[int]
) -> Iterator[Checked]:
    """The good rows of some nodes, read anew."""
    for number, row in enumerate(source):
        name = type_of(row, node_type)
        if name in group and number not in bad:
            yield Checked(number, row, name, record_of(row, dictionary.nodes[name]), ())


def _refused(each: Checked, status: Status, findings: Sequence[Finding]) -> Outcome:
    name = each.record.get("submitter_id") or each.row.values.get("submitter_id")
    return Outcome(each.row.place, each.type, name if isinstance(name, str) else "", status, None, tuple(findings))


def _held_back(each: Checked) -> Finding:
    return finding(each.row, "held-back", "It wasn't sent, because of other rows", "Correct those, then submit again.")


class _Sender:
    """Sends rows of a project, and yields the result for each.

    Args:
        commons: The commons.
        project: The project.
        dictionary: The dictionary.
        validation: The rows.
        known: Returns which records exist: of those, an older state can be linked to.
        chunk: Records in a document.
        dry_run: Whether nothing is stored.
        journal: The notes of what was taken; None for none.
    """

    def __init__(
        self,
        commons: Gen3,
        project: Project,
        dictionary: Dictionary,
        validation: Validation,
        known: Known,
        chunk: int,
        dry_run: bool,
        journal: Journal | None,
    ) -> None:
        self._sheepdog = commons.sheepdog
        self._project = project
        self._dictionary = dictionary
        self._rows = validation
        self._known = known
        self._dry_run = dry_run
        self._journal = journal
        self._chunks = Chunks(self._send, self._wrong, chunk)
        self._lost: dict[tuple[str, str, str], Place] = {}
        self._there: dict[tuple[str, str, str], bool] = {}

    def lose(self, each: Checked) -> None:
        """Note that a row was not taken."""
        node = self._dictionary.nodes.get(each.type)
        for key in (node.key, "id") if node is not None else ():
            if isinstance(name := each.record.get(key), str) and name:
                self._lost[each.type, key, name] = each.row.place

    def _broken_link(self, each: Checked) -> Finding | None:
        """Why a row need not be sent: it links to one that was not taken, and that does not exist from before."""
        for link in self._dictionary.nodes[each.type].links.values() if self._lost else ():
            for target in targets_of(each.record, link.name):
                for key in ("id", link.key):
                    name = (link.target, key, str(target.get(key)))
                    if name in self._lost and not self._is_there(name):
                        place = self._lost[name]
                        told = f"The {link.target} {shown(name[2])} that it links to, in {place.where}, wasn't taken"
                        remedy = "Correct that row, then submit both."
                        return finding(each.row, "broken-link", told, remedy, link.name, name[2])
        return None

    def _is_there(self, name: tuple[str, str, str]) -> bool:
        if name not in self._there:
            node, key, value = name
            self._there[name] = value in self._known(node, key, [value])
        return self._there[name]

    def outcomes(self, rows: Iterable[Checked]) -> Iterator[Outcome]:
        """Send rows, and yield the result for each."""
        unsent: list[Outcome] = []
        for told in self._chunks.told(self._to_send(rows, unsent)):
            # All of a document is noted before anything is said: who listens may stop at any time.
            done = [*unsent, *self._outcomes(told)]
            unsent.clear()
            if self._journal is not None:
                self._journal.flush()
            yield from done
        yield from unsent

    def _to_send(self, rows: Iterable[Checked], unsent: list[Outcome]) -> Iterator[Checked]:
        """The rows that are to be sent; the results for the others go to `unsent`."""
        for each in rows:
            if self._journal is not None and self._journal.has(each.record):
                given = self._journal.id_of(each.record)
                unsent.append(Outcome(each.row.place, each.type, _name(each), "unchanged", given))
            elif (why := self._broken_link(each)) is not None:
                self.lose(each)
                unsent.append(_refused(each, "invalid", (why,)))
            else:
                yield each

    def _send(self, rows: Sequence[Checked], patient: bool) -> Mapping[str, Any]:
        sheepdog = self._sheepdog
        operation = sheepdog.try_submit_record if self._dry_run else sheepdog.submit_record
        body: list[Any] = [each.record for each in rows]
        program, code = self._project
        told = sent(operation, operation.build(body=body, program=program, project=code), patient=patient)
        return self._without_links_to_rows(rows, told) if self._dry_run else told

    def _without_links_to_rows(self, rows: Sequence[Checked], told: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer to a dry run without what is only wrong because the rows before aren't stored."""
        reply = reply_of(told)
        if reply is None or reply.success or reply.errors:
            return told
        stated: list[dict[str, Any]] = [each for each in told["entities"] if is_object(each)]
        pairs = {(entity.type, entity.name): each for entity, each in zip(reply.entities, stated, strict=True)}
        for row, entity in _matched(rows, reply):
            if entity is not None and entity.errors:
                left = [error for error in entity.errors if not self._leads_to_rows(row, error)]
                pairs[entity.type, entity.name] |= {"errors": left, "valid": not left}
        return {**told, "success": all(each.get("valid") for each in stated)}

    def _wrong(self, rows: Sequence[Checked], reply: Reply) -> list[bool]:
        return [entity is not None and bool(_errors(entity)) for _, entity in _matched(rows, reply)]

    def _leads_to_rows(self, each: Checked, error: Mapping[str, Any]) -> bool:
        links = self._dictionary.nodes[each.type].links
        stated = [links[key] for key in error.get("keys") or () if key in links]
        if error.get("type") != "INVALID_LINK" or not stated:
            return False
        return all(
            self._rows.has(link.target, link.key, str(target.get(link.key)))
            or self._rows.has(link.target, "id", str(target.get("id")))
            for link in stated
            for target in targets_of(each.record, link.name)
        )

    def _outcomes(self, told: Told[Checked]) -> Iterator[Outcome]:
        for each, entity in _matched(told.items, told.reply):
            errors = _errors(entity) if entity is not None else ()
            if not errors and entity is not None and told.reply is not None and told.reply.success:
                yield self._taken(each, entity)
                continue
            self.lose(each)
            if errors:
                yield _refused(each, "invalid", [_finding(each, error) for error in errors])
            else:
                yield _refused(each, "failed", [_failure(each, told)])

    def _taken(self, each: Checked, entity: Entity) -> Outcome:
        if self._journal is not None:
            self._journal.note(each.record, entity.id)
        status: Status = "valid" if self._dry_run else _STATUSES.get(entity.action, "updated")
        # The id of a dry run is nobody's.
        return Outcome(each.row.place, each.type, _name(each), status, None if self._dry_run else entity.id)


def _name(each: Checked) -> str:
    return str(each.record.get("submitter_id") or "")


def _errors(entity: Entity) -> Sequence[Mapping[str, Any]]:
    if entity.errors or entity.valid:
        return entity.errors
    return ({"type": "ERROR", "message": "The commons refused it without a reason", "keys": []},)


def _matched(rows: Sequence[Checked], reply: Reply | None) -> Iterator[tuple[Checked, Entity | None]]:
    """Each row with what the commons says of it."""
    entities = {(entity.type, entity.name): entity for entity in (reply.entities if reply is not None else ())}
    for each in rows:
        yield each, entities.get((each.type, _name(each)))


def _finding(each: Checked, error: Mapping[str, Any]) -> Finding:
    keys = [str(key) for key in error.get("keys") or ()]
    name = keys[0].partition(".")[0] if keys else ""
    return finding(
        each.row, str(error.get("type") or "ERROR"), str(error.get("message") or ""), "", name, each.record.get(name)
    )


def _failure(each: Checked, told: Told[Checked]) -> Finding:
    if told.error is not None:
        return finding(each.row, "failed", told.error.message, told.error.remedy)
    said = [] if told.reply is None else [*told.reply.errors, told.reply.message]
    return finding(each.row, "failed", "; ".join(filter(None, said)) or "The commons didn't say why", "")
