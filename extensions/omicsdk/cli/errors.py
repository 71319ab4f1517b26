"""Format errors as one line or one JSON object on stderr, and map them to exit codes."""

from __future__ import annotations

import errno
import json
import sys

from omicsdk.cli.services import variable
from omicsdk.core.errors import (
    WRONG_KEYS,
    APIError,
    AuthError,
    ConfigError,
    ConnectFailed,
    Forbidden,
    Interrupted,
    OmicsError,
    SomeFailed,
    TimedOut,
    Unauthorized,
    UsageError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)

SHOWN = 100
"""Errors of a batch that are printed; the rest is counted."""

DONE, REFUSED, USAGE, SOME_FAILED, CREDENTIALS, INTERRUPTED = 0, 1, 2, 3, 4, 130


def outcome_code(failed: int, total: int, denied: int = 0, *, is_partial: bool = False) -> int:
    """Decide the exit code of a command from the outcomes of its items.

    Args:
        failed: Number of items that failed.
        total: Number of items.
        denied: Number of failed items for which credentials are missing, expired or without access.
        is_partial: Whether items were left for another run: the time was over, or a limit omitted some.

    Returns:
        0 done, 1 the only item failed, 3 some or all of several failed or were left, 4 all failed for credentials.
    """
    if is_partial or 0 < failed < total:
        return SOME_FAILED
    if not failed:
        return DONE
    if denied >= failed:
        return CREDENTIALS
    return REFUSED if total <= 1 else SOME_FAILED


def is_denied(error: object) -> bool:
    """Return whether something failed for credentials: they are missing, expired, or give no access (401, 403).

    An expired key of S3 is refused with 400.

    Args:
        error: The error; its causes count too.
    """
    for _ in range(10):
        if isinstance(error, AuthError | Forbidden):
            return True
        if isinstance(error, APIError) and (error.status in (401, 403) or error.code in WRONG_KEYS):
            return True
        error = error.__cause__ if isinstance(error, BaseException) else None
    return False


def exit_code(error: BaseException) -> int:
    """Return the exit code of a command that ended with an error.

    Args:
        error: The error.

    Returns:
        1 the service or the system refused, 2 usage or settings, 3 some or all of a batch failed, or the time was over,
        4 credentials, 130 interrupted, 143 ended by SIGTERM.
    """
    if isinstance(error, KeyboardInterrupt):
        return getattr(error, "exit_code", INTERRUPTED)
    if isinstance(error, SomeFailed):
        failed, denied = len(error.errors), sum(map(is_denied, error.errors))
        return outcome_code(failed, failed + error.others, denied) if failed else SOME_FAILED
    if not is_denied(error) and isinstance(error, UsageError | ConfigError):
        return USAGE
    return outcome_code(1, 1, is_denied(error), is_partial=isinstance(error, Interrupted))


def report(error: BaseException, where: str, words: Sequence[str]) -> None:
    """Print the error of a failed command on stderr.

    Args:
        error: The error.
        where: The command that failed.
        words: The command line, which states whether messages are JSON and tracebacks are shown.
    """
    shows_origin = "--debug" in words and not isinstance(error, KeyboardInterrupt)
    if not wants_json(words):
        if shows_origin:
            sys.stderr.write(traceback_of(error))
        for line in lines_of(error, where):
            sys.stderr.write(f"{line}\n")
        return
    from time import time

    fields: dict[str, object] = {"error": type(_representative(error)).__name__, "exit_code": exit_code(error)}
    if shows_origin:
        fields["traceback"] = traceback_of(error)
    for line in lines_of(error, where):
        sys.stderr.write(f"{json_line('ERROR', 'omics', line.removeprefix('omics: '), time(), fields)}\n")


def lines_of(error: BaseException, where: str = "") -> list[str]:
    """Format an error as lines: the errors of a batch first, then their summary.

    Args:
        error: The error.
        where: The command that failed; named in errors of usage.
    """
    error = _representative(error)
    if isinstance(error, KeyboardInterrupt):
        return ["omics: interrupted."]
    if isinstance(error, SomeFailed):
        return _batch_lines(error)
    if isinstance(error, UsageError) and where:
        command = where.removeprefix("omics").strip()
        remedy = error.remedy if "--help" in error.remedy else f"{error.remedy} See: {where} --help".lstrip()
        return [_line(OmicsError(f"{command}: {error.message}" if command else error.message, remedy=remedy))]
    if isinstance(error, Unauthorized) and where and (error.schemes or error.remedy == Unauthorized.default_remedy):
        # The service's response does not state how to give this program a token.
        error.remedy = _remedy(where.split()[1] if " " in where else "")
    return [_line(error)]


def _remedy(service: str) -> str:
    """Return the remedy if a service requires a login."""
    from omicsdk.cli.catalog import builtin_commands
    from omicsdk.cli.services import SERVICES

    if any(each["command"] == service for each in builtin_commands()):
        # A command for files of any platform.
        return "Run `omics init`, which shows the credentials of each platform and how to get missing ones."
    given = SERVICES[service].get("remedy") if service in SERVICES else None
    return given or f"Use a token that this service issued: set {variable(service, 'TOKEN')}, or pass --access-token."


def _representative(error: BaseException) -> BaseException:
    """Return the error to print: of a batch, the first one for missing credentials."""
    if isinstance(error, SomeFailed) and error.errors and all(isinstance(one, AuthError) for one in error.errors):
        return error.errors[0]
    return error


def _batch_lines(error: SomeFailed) -> list[str]:
    shown = [_line(one) for one in error.errors[:SHOWN]]
    if len(error.errors) > SHOWN:
        shown.append(f"omics: and {len(error.errors) - SHOWN} more")
    # The message repeats the first errors, for callers that print nothing else.
    at = error.message.find(str(error.errors[0])[:30]) if error.errors else -1
    what = error.message[:at].rstrip(" :") if at > 0 else error.message
    return [*shown, _line(OmicsError(what, remedy=error.remedy))]


def _line(error: BaseException) -> str:
    if isinstance(error, ConnectFailed | TimedOut):
        from omicsdk.hca.retirement import retirement

        error.remedy = retirement(error.url) or error.remedy
    if isinstance(error, OmicsError):
        text = str(error)
    elif isinstance(error, OSError) and error.filename is None and error.errno in _FULL:
        # Errors of other files name the file; this one is of stdout.
        text = f"cannot write the output: {error.strerror}. Free disk space, or redirect the output to another disk."
    elif isinstance(error, OSError):
        named = f"{error.filename}: " if error.filename is not None else ""
        text = f"{named}{error.strerror or error}"
    elif isinstance(error, MemoryError):
        text = "out of memory. Request less at once, or use a machine with more memory."
    elif isinstance(error, RecursionError):
        text = "the response or an argument is nested too deeply. Use --debug to see it."
    else:
        text = f"unexpected {type(error).__name__}: {error}. This is a bug in omics; --debug shows where"
    return f"omics: {printable(' '.join(text.split()))}"


def printable(text: str) -> str:
    """Escape control characters, line breaks included, which a server's text could send to a terminal."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def json_line(level: str, logger: str, message: str, at: float, fields: Mapping[str, Any] | None = None) -> str:
    """Format a message as a line of JSON, with secrets masked.

    Args:
        level: DEBUG, INFO, WARNING, ERROR or CRITICAL.
        logger: The name of the logger.
        message: The message.
        at: The time, in seconds since 1970.
        fields: Further members; values that JSON lacks become text.
    """
    from datetime import UTC, datetime

    from omicsdk.core.redaction import mask_json, mask_text

    line: dict[str, Any] = {
        "time": datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": level,
        "logger": logger,
        "message": mask_text(message),
    }
    if fields:
        line["fields"] = mask_json(json.loads(json.dumps(dict(fields), default=str)))
    return json.dumps(line)


def wants_json(words: Sequence[str]) -> bool:
    """Return whether a command line requests JSON on stderr; for errors raised before it is parsed.

    Args:
        words: The words after the program's name.
    """
    end = words.index("--") if "--" in words else len(words)
    given = [*words[:end], ""]
    formats = [
        word.partition("=")[2] if "=" in word else given[number + 1]
        for number, word in enumerate(given)
        if word.partition("=")[0] == "--log-format"
    ]
    return formats[-1:] == ["json"]


def traceback_of(error: BaseException) -> str:
    """Format the traceback of an error, with secrets masked."""
    import traceback

    from omicsdk.core.redaction import mask_text

    return mask_text("".join(traceback.format_exception(error)))
