"""Errors of Gen3 commons beyond those of every service, and their words: messages of services, and the name that was meant."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from omicsdk.core.errors import (
    AuthError,
    ConfigError,
    ConnectFailed,
    DiskFull,
    Interrupted,
    NotWritable,
    OmicsError,
    UsageError,
)
from omicsdk.core.likeness import did_you_mean
from omicsdk.core.type_guards import is_array, is_object

T = TypeVar("T")
# Errors that would fail every row of a manifest alike: they end a run, and the same call resumes it.
FATAL = (AuthError, ConfigError, ConnectFailed, DiskFull, Interrupted, NotWritable)


def tried(work: Callable[[], T]) -> T | OmicsError:
    """The result of work on one of several items, or its failure.

    Args:
        work: The work.

    Raises:
        OmicsError: One of `FATAL`.
    """
    try:
        return work()
    except FATAL:
        raise
    except OmicsError as error:
        return error


class Gen3Error(OmicsError):
    """The base of what only Gen3 commons raise. A commons that responds with an error raises `omicsdk.core.errors.APIError`."""


class Gen3AuthError(Gen3Error, AuthError):
    """No token could be had: no credentials, ones that ended, or a commons that refused them."""


class Gen3UserError(Gen3Error, UsageError, ValueError):
    """A call that cannot work: arguments that contradict each other, or a file that is not what was requested."""


def messages_of(errors: object) -> list[str]:
    """The messages of errors as services list them: objects with a message, or texts; a single one is a list of one."""
    messages = errors if is_array(errors) else [errors]
    return [str(message.get("message", message)) if is_object(message) else str(message) for message in messages]


class Gen3SubmissionQueryError(Gen3Error):
    """A query that the commons refused; the message has its reasons."""


def choice(word: str, candidates: Iterable[str], *, most: int = 8) -> str:
    """Return a sentence that suggests a known name in place of an unknown one.

    Args:
        word: The unknown name.
        candidates: The known names.
        most: How many are listed if none is similar.
    """
    names = list(candidates)
    if near := did_you_mean(word, names, "{!r}"):
        return near
    if not names:
        return "There are none."
    others = f" and {len(names) - most} others" if len(names) > most else ""
    return f"There are: {', '.join(names[:most])}{others}."
