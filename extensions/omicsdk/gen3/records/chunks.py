"""Documents of records sent to a commons: halved if they are too large, recorded when they are accepted."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from omicsdk.core.clock import never
from omicsdk.core.errors import (
    APIError,
    BadRequest,
    ConfigError,
    ConnectFailed,
    ConnectionLost,
    DecodeError,
    Forbidden,
    GatewayTimeout,
    NotFound,
    TimedOut,
    TooLarge,
    TransportError,
    Unauthorized,
)
from omicsdk.core.operation import Call
from omicsdk.core.request import Request
from omicsdk.core.response import json_of
from omicsdk.core.retry import RETRIED_STATUSES
from omicsdk.core.type_guards import is_array, is_object, only_objects
from omicsdk.gen3.errors import messages_of
from omicsdk.gen3.records.projects import Project
from omicsdk.transfer.disk import Disk, write_errors
from omicsdk.transfer.journal import JournalFile, line_of


def sent(operation: Call[..., Any, Any], request: Request, *, patient: bool) -> Mapping[str, Any]:
    """Send a document of records.

    A document that was too large for the commons is not repeated unless it cannot be divided; other temporary errors
    are retried as the client is configured.

    Args:
        operation: The operation.
        request: Its request.
        patient: Whether to try again where time ran out, too.

    Returns:
        The response.

    Raises:
        APIError: The commons responded with an error.
        TransportError: No response came.
        DecodeError: The response is no object.
    """
    try:
        # Not idempotent, the client does not repeat it where time ran out: half of the document follows instead.
        payload = json_of(next(operation.responses(request if patient else replace(request, idempotent=False))))
    except APIError as error:
        if patient or error.status not in RETRIED_STATUSES or is_too_much(error):
            raise
        payload = json_of(next(operation.responses(request)))
    if not is_object(payload):
        raise DecodeError(request.operation, "the body", payload, expected="an object")
    return payload


T = TypeVar("T")
# What can go wrong with a document.
Failure = APIError | TransportError | DecodeError

#: Maximum number of consecutive documents without a response; halving 1,000 records takes ten.
GIVE_UP = 12

# Texts of responses of the proxies in front of a commons that gave up on a request that was too long for them.
_BUSY = ("Request Timeout", "413 Request Entity Too Large", "Connection aborted.", "service failure - try again later")


class Entity(NamedTuple):
    """A commons' response for one record of a document.

    Attributes:
        type: Its node.
        name: Its submitter_id.
        id: Its id, if it has one.
        action: create, update, or None.
        valid: Whether it is right.
        errors: What is wrong with it: `keys`, `message`, `type`.
    """

    type: str
    name: str
    id: str | None
    action: str | None
    valid: bool
    errors: tuple[Mapping[str, Any], ...]

    @property
    def faults(self) -> Sequence[Mapping[str, Any]]:
        """What is wrong with it; at least one fault unless it is valid."""
        if self.errors or self.valid:
            return self.errors
        return ({"type": "ERROR", "message": "The commons refused it without a reason", "keys": []},)


class Reply(NamedTuple):
    """A commons' response for a document.

    Attributes:
        success: Whether it was stored.
        message: The message.
        entities: The responses for each record.
        errors: What is wrong with the whole document.
        body: The whole response.
    """

    success: bool
    message: str
    entities: tuple[Entity, ...]
    errors: tuple[str, ...]
    body: Mapping[str, Any]

    @property
    def summary(self) -> str:
        """Its message about the whole document."""
        return "; ".join(filter(None, (*self.errors, self.message)))


class ChunkResult(NamedTuple, Generic[T]):
    """The result for some records.

    Attributes:
        items: Records that were sent together.
        reply: The commons' response; None if there was no valid one.
        error: Why there is no response.
    """

    items: Sequence[T]
    reply: Reply | None
    error: Failure | None = None


def matched(
    items: Sequence[T], reply: Reply | None, key: Callable[[T], tuple[str, str]]
) -> Iterator[tuple[T, Entity | None]]:
    """Yield records with the commons' response for each.

    Args:
        items: The records.
        reply: What it states; None if it said nothing.
        key: Returns the node and the submitter_id of a record.
    """
    replies = reply.entities if reply is not None else ()
    keys, entities = [key(item) for item in items], {(entity.type, entity.name): entity for entity in replies}
    # By their places where all are mentioned: records without a name have the same key.
    is_in_order = keys == [(entity.type, entity.name) for entity in replies]
    yield from zip(items, replies if is_in_order else map(entities.get, keys), strict=True)


def wrong_by(key: Callable[[T], tuple[str, str]]) -> Callable[[Sequence[T], Reply], list[bool]]:
    """Return a function that selects the records that a commons found wrong, from those sent together and its response.

    Args:
        key: Returns the node and the submitter_id of a record.
    """
    return lambda items, reply: [entity is not None and bool(entity.faults) for _, entity in matched(items, reply, key)]


def reply_of(body: object) -> Reply | None:
    """Read a commons' response for a document.

    Args:
        body: The response's JSON.

    Returns:
        None if it is not about a document.
    """
    if not is_object(body) or not is_array(entities := body.get("entities")):
        return None
    return Reply(
        success=bool(body.get("success")),
        message=str(body.get("message") or ""),
        entities=tuple(_entity(entity) for entity in entities if is_object(entity)),
        errors=tuple(messages_of(body.get("transactional_errors") or [])),
        body=body,
    )


def _entity(entity: Mapping[str, Any]) -> Entity:
    keys = only_objects(entity.get("unique_keys"))
    # Projects have a code in place of a submitter_id; that is null for a record without one.
    names = (key_object.get(key) for key_object in keys for key in ("submitter_id", "code", "name"))
    return Entity(
        type=str(entity.get("type") or ""),
        name=str(next((name for name in names if name), "")),
        id=_text(entity.get("id")),
        action=_text(entity.get("action")),
        valid=bool(entity.get("valid")),
        errors=tuple(only_objects(entity.get("errors"))),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


# Reasons that a message shows.
REASONS = 3


def reasons_of(body: object) -> list[str]:
    """Return the first reasons in the body of a refusal, each with the record that it is about.

    Args:
        body: The body, decoded.
    """
    reply = reply_of(body)
    reasons = [
        f"{' '.join(filter(None, (entity.type, entity.name)))}: {error['message']}"
        for entity in (reply.entities if reply is not None else ())
        for error in entity.errors
        if error.get("message")
    ]
    return [*reasons[:REASONS], *([f"and {len(reasons) - REASONS} more"] if len(reasons) > REASONS else [])]


def stops_all(error: Failure, *, last: bool) -> bool:
    """Return whether no record of the project can be sent: the login, the project or its state is wrong.

    Args:
        error: What went wrong.
        last: Whether there were no fewer records to send, so that all that may help was tried.
    """
    if isinstance(error, Unauthorized | Forbidden | NotFound | ConnectFailed):
        return True
    if isinstance(error, TransportError) and error.attempts > 1 and not last:
        return True  # it was sent once, so that only what never arrived was tried again
    return isinstance(error, BadRequest) and "Project is in state" in error.message


def is_too_much(error: Failure) -> bool:
    """Return whether fewer records at once might be accepted: time ran out, or the document was too large.

    Args:
        error: What went wrong.
    """
    if isinstance(error, APIError):
        gave_up = isinstance(error, TooLarge | GatewayTimeout) or error.status == 408
        # The published client goes by these texts, too, whatever the status: proxies send them in pages of their own.
        return gave_up or any(phrase in f"{error.message} {error.body}" for phrase in _BUSY)
    if isinstance(error, DecodeError):
        return any(phrase in str(error.value) for phrase in _BUSY)
    return isinstance(error, TimedOut | ConnectionLost)


def _is_trouble(error: Failure) -> bool:
    """Whether the commons is in trouble, rather than a record wrong."""
    return not isinstance(error, APIError) or error.status >= 500


def _exists(reply: Reply) -> bool:
    """Whether a record was not created since there is one, which would be updated now."""
    faults = (fault for entity in reply.entities for fault in entity.errors)
    return any(str(fault.get("message")).endswith("already exists in the DB") for fault in faults)


class Chunks(Generic[T]):
    """Send records in chunks.

    Args:
        send: Sends records; the second argument states whether to try again where that may help, as there are no fewer to
            send. It raises what goes wrong.
        match: Returns, for records that were sent together and what the commons said, those that it found wrong.
        size: Records in a chunk, from 1; what was too many stays too many.
    """

    def __init__(
        self,
        send: Callable[[Sequence[T], bool], Mapping[str, Any]],
        match: Callable[[Sequence[T], Reply], Sequence[bool]],
        size: int,
    ) -> None:
        self._send = send
        self._wrong = match
        self.size = size
        self._failed = 0

    def results(self, items: Iterable[T]) -> Iterator[ChunkResult[T]]:
        """Send records, and yield the result for each; each is stored at most once.

        A document with a wrong record is not stored at all: the others are sent again without it.

        Args:
            items: The records; they are taken a chunk at a time.

        Yields:
            Records with the response to the document that they were in; those that are to be sent again come later.

        Raises:
            APIError: One that all records would meet: the login, the project, its state.
            TransportError: The commons cannot be reached.
        """
        source = iter(items)
        waiting: list[T] = []
        while waiting or (waiting := list(islice(source, self.size))):
            chunk, waiting = waiting[: self.size], waiting[self.size :]
            result = self._sent(chunk)
            if result is None:
                self.size = max(1, len(chunk) // 2)
                waiting = [*chunk, *waiting]
            elif result.reply is not None and result.reply.success:
                yield result
            elif result.reply is not None and any(wrong := self._wrong(chunk, result.reply)):
                yield ChunkResult([item for item, is_wrong in zip(chunk, wrong, strict=True) if is_wrong], result.reply)
                waiting = [*(item for item, is_wrong in zip(chunk, wrong, strict=True) if not is_wrong), *waiting]
            elif len(chunk) > 1:
                # The response does not say which record is wrong: halving finds it.
                for half in (chunk[: len(chunk) // 2], chunk[len(chunk) // 2 :]):
                    yield from self.results(half)
            else:
                yield result

    def _sent(self, chunk: Sequence[T], *, again: bool = False) -> ChunkResult[T] | None:
        """The result for a chunk; None if fewer are to be sent at once."""
        last = len(chunk) == 1
        try:
            result: ChunkResult[T] = ChunkResult(chunk, reply_of(self._send(chunk, last)))
        except (APIError, TransportError, DecodeError) as error:
            reply = reply_of(error.body) if isinstance(error, BadRequest) else None
            # A refusal that names records shows that the commons works: it does not count as trouble.
            if reply is not None:
                self._failed = 0
                # A request whose response did not arrive in time is still carried out, and may have created it meanwhile.
                return (
                    ChunkResult(chunk, reply, error) if again or not _exists(reply) else self._sent(chunk, again=True)
                )
            self._failed += _is_trouble(error)
            if self._failed > GIVE_UP or stops_all(error, last=last):
                raise
            return None if not last and is_too_much(error) else ChunkResult(chunk, None, error)
        self._failed = 0
        return result


def digest_of(record: Mapping[str, Any]) -> str:
    """A short text that distinguishes a record from every other.

    Args:
        record: The record, as JSON has it.
    """
    # The order of properties makes no other record: a second export may have another one.
    text = json.dumps(record, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).hexdigest()


_HEAD = line_of(["omics-records", 1])


class Journal:
    """A journal of the records that a commons has accepted; close it.

    Args:
        path: The file; it is created, or continued. A line that was cut short by a crash is ignored.
        endpoint: The commons.
        project: The project. Records of other commons and projects are ignored.

    Raises:
        ConfigError: It is something else.
        NotWritable: It cannot be read or written.
        DiskFull: The disk is full; `flush` raises both, too.
        FolderBusy: Another process writes it.
    """

    def __init__(self, path: str | os.PathLike[str], endpoint: str, project: Project) -> None:
        self._where = f"{endpoint} {project.id}"
        self._ids: dict[str, str | None] = {}
        self._latest: dict[str, str] = {}
        self._unwritten: list[bytes] = []
        self._path = os.fspath(path)
        with write_errors(self._path), ExitStack() as opened:
            self._file = JournalFile(Path(path), never, Disk(0o600), read_only=False)
            opened.callback(self._file.close)
            with self._file.reader() as file:
                if not _HEAD.startswith(file.read(len(_HEAD))):  # it would be overwritten
                    raise ConfigError(f"{path} is not a journal of records", remedy="Name another file.")
            self._file.replay(_HEAD, self._replay)
            opened.pop_all()

    def _replay(self, note: list[Any], _: int) -> None:
        where, digest, record_id = note
        if where == self._where:
            self._take(digest, record_id)

    def _take(self, digest: str, id: str | None) -> None:
        self._ids[digest] = id
        if isinstance(id, str):
            # An earlier version of a record is no longer what the commons has.
            if (before := self._latest.get(id, digest)) != digest:
                self._ids.pop(before, None)
            self._latest[id] = digest

    def has(self, record: Mapping[str, Any]) -> bool:
        """Whether the commons has accepted a record in this version."""
        return digest_of(record) in self._ids

    def id_of(self, record: Mapping[str, Any]) -> str | None:
        """The id that the commons gave a record that it has taken."""
        return self._ids.get(digest_of(record))

    def note(self, record: Mapping[str, Any], id: str | None) -> None:
        """Note that the commons has taken a record; `flush` writes it.

        Args:
            record: The record.
            id: The id that it gave it.
        """
        digest = digest_of(record)
        self._take(digest, id)
        self._unwritten.append(line_of([self._where, digest, id]))

    def flush(self) -> None:
        """Write what was noted."""
        with write_errors(self._path):
            self._file.append(self._unwritten)
        self._unwritten.clear()

    def close(self) -> None:
        """Close the file, which allows other processes to write it."""
        self._file.close()
