"""The state machine of a job: its states, the transition table, and the rules of retries. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar

from omicsdk.core.errors import OmicsError
from omicsdk.core.frozen import Frozen
from omicsdk.transfer.network.requests import OVERLOADED, Location


class State(StrEnum):
    """A job's state. Downloads and uploads each pass through some of these."""

    PLANNED = "planned"
    """Its turn has not come."""
    CHECKING = "checking"
    """What earlier runs left of it is being examined."""
    LOCATING = "locating"
    """Its first URL is being requested."""
    RECEIVING = "receiving"
    """Bytes are missing: requests for them wait for a connection, are in flight, or are retried after a delay."""
    VERIFYING = "verifying"
    """All bytes are on disk; the hash workers have not reached the last one."""
    REPAIRING = "repairing"
    """A checksum is wrong: its parts are compared with what was received, then downloaded again."""
    COMMITTING = "committing"
    """It gets its final name and is made durable."""
    HASHING = "hashing"
    """Checksums are computed that the platform wants to know before the upload."""
    BEGINNING = "beginning"
    """The platform is asked for an unfinished upload and its parts, or for a new one."""
    SENDING = "sending"
    """Parts are hashed, signed, sent and reported."""
    COMPLETING = "completing"
    """All parts are stored; the platform assembles them."""
    ABORTING = "aborting"
    """The upload has failed or was stopped, and the platform is asked to forget its parts."""
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
    STOPPED = "stopped"


#: States that a job does not leave; each has exactly one outcome.
FINAL = frozenset({State.DONE, State.SKIPPED, State.FAILED, State.STOPPED})
#: States of a download before the first request for bytes.
PREPARING = frozenset({State.PLANNED, State.CHECKING, State.LOCATING})


class Message(Frozen):
    """The base of events and commands: plain data, with the fields that its class annotates."""


class Broken(Message):
    """An event: the job cannot continue, because something that it needs was refused.

    Attributes:
        error: Why.
    """

    error: OmicsError


class HoldServer(Message):
    """A command: send nothing to a server for a while; its response to one request applies to all."""

    location: Location
    seconds: float


#: Seconds for which a server at most is spared that refuses for its limit of the rate, without a Retry-After.
LONGEST_SPARING = 2.0


class Relieve(Message):
    """A command: send fewer requests at once to an overloaded server, and none for a while."""

    location: Location
    seconds: float


def relief_of(
    location: Location, status: int, retry_after: float | None, longest: float, delay: float = 0.0
) -> list[HoldServer | Relieve]:
    """Return the commands that relieve a server that answers "later", for all requests to it.

    Args:
        location: The URL.
        status: The response's status.
        retry_after: Seconds that it requests to wait; None if it does not.
        longest: Seconds of waiting beyond which the job ends; other jobs then make their own request.
        delay: Seconds until the job's own next try.
    """
    wait = retry_after or 0.0
    if wait > longest:
        wait = 0.0
    # A limit of the rate is the client's, and requests that follow each other exceed it too: all of them wait. Briefly,
    # as it may also be the limit of a single file.
    if status == 429:
        wait = max(wait, min(delay, LONGEST_SPARING))
    if status in OVERLOADED:
        return [Relieve(location, wait)]
    return [HoldServer(location, wait)] if wait else []


J = TypeVar("J")
C = TypeVar("C")


class Transition(NamedTuple, Generic[J, C]):
    """An event's effect in a state.

    Attributes:
        handler: Changes the job's own data and returns commands for the engine.
        next_states: The states that the job may be in afterwards.
    """

    handler: Callable[[J, Any, Any], list[C]]
    next_states: frozenset[State]


def to(handler: Callable[[J, Any, Any], list[C]], *next_states: State) -> Transition[J, C]:
    """Return a table entry: the handler, and the states that the job may be in afterwards."""
    return Transition(handler, frozenset(next_states))


Table = Mapping[tuple[State, type[Any]], Transition[J, C]]
