"""From an error to one line or one JSON object on stderr, and an exit code."""

from __future__ import annotations

import errno
import json
import sys

from omicsdk.cli.options import variable
from omicsdk.core.errors import (
    AuthError,
    ChecksumMissing,
    ConfigError,
    ConnectFailed,
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


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)

SHOWN = 100
"""Errors of a batch that are told one by one; the rest is counted."""

DONE, REFUSED, USAGE, SOME_FAILED, CREDENTIALS, INTERRUPTED = 0, 1, 2, 3, 4, 130


def exit_code(error: BaseException) -> int:
    """What the process ends with.

    Args:
        error: What was raised.

    Returns:
        1 the service (or the system) said no, 2 usage or settings, 3 some of a batch failed, 4 credentials,
        130 interrupted, 143 ended by SIGTERM.
    """
    error = _told(error)
    if isinstance(error, KeyboardInterrupt):
        return getattr(error, "exit_code", INTERRUPTED)
    if isinstance(error, AuthError):
        return CREDENTIALS
    if isinstance(error, UsageError | ConfigError):
        return USAGE
    # Nobody said no to a file without a checksum: it is left out of what was asked for, be it one of many or the only one.
    return SOME_FAILED if isinstance(error, SomeFailed | ChecksumMissing) else REFUSED


def tell(error: BaseException, where: str, words: Sequence[str]) -> None:
    """Tells on stderr what a command ended with.

    Args:
        error: What was raised.
        where: The command that it happened in.
        words: What was typed: whether JSON is wanted, and where an error came from.
    """
    shows_origin = "--debug" in words and not isinstance(error, KeyboardInterrupt)
    if not wants_json(words):
        if shows_origin:
            print_traceback(error)
        for line in lines_of(error, where):
            sys.stderr.write(f"{line}\n")
        return
    from time import time

    fields: dict[str, object] = {"error": type(_told(error)).__name__, "exit_code": exit_code(error)}
    if shows_origin:
        fields["traceback"] = traceback_of(error)
    for line in lines_of(error, where):
        sys.stderr.write(f"{json_line('ERROR', 'omics', line.removeprefix('omics: '), time(), fields)}\n")


def lines_of(error: BaseException, where: str = "") -> list[str]:
    """What is said of an error, a line each: those of a batch first, then what stands for all.

    Args:
        error: What was raised.
        where: The command that it happened in; named in errors of usage.
    """
    error = _told(error)
    if isinstance(error, KeyboardInterrupt):
        return ["omics: interrupted."]
    if isinstance(error, SomeFailed):
        return _batch_lines(error)
    if isinstance(error, UsageError) and where:
        command = where.removeprefix("omics").strip()
        remedy = error.remedy if "--help" in error.remedy else f"{error.remedy} See: {where} --help".lstrip()
        return [_line(OmicsError(f"{command}: {error.message}" if command else error.message, remedy=remedy))]
    if isinstance(error, Unauthorized) and where and error.remedy == Unauthorized.default_remedy:
        # No service's own words say how this program is told a token.
        service = where.split()[1] if " " in where else ""
        told = _remedy(service)
        if _logs_in(service):
            told = f"Log in: omics {service} login. Or g{told[1:]}"
        return [f"{_line(error).removesuffix(error.remedy).rstrip()} {told}"]
    return [_line(error)]


def _remedy(service: str) -> str:
    """What to do where a service wants a login."""
    from omicsdk.cli.catalog import builtin_commands
    from omicsdk.cli.services import SERVICES

    if any(each["command"] == service for each in builtin_commands()):
        # A command for files of any platform.
        return "See what is set for that platform, and how to get what is missing: omics init"
    given = SERVICES[service].get("remedy") if service in SERVICES else None
    return given or f"Give a token that this service issued: set {variable(service, 'TOKEN')}, or pass --access-token."


def _logs_in(service: str) -> bool:
    """Whether a service has a command to log in."""
    from omicsdk.cli.catalog import commands_of
    from omicsdk.cli.services import SERVICES

    return service in SERVICES and any(each["command"] == "login" for each in commands_of(SERVICES[service]))


def _told(error: BaseException) -> BaseException:
    """What is told of an error: of a batch that failed for want of credentials, the first stands for all."""
    if isinstance(error, SomeFailed) and error.errors and all(isinstance(one, AuthError) for one in error.errors):
        return error.errors[0]
    return error


def _batch_lines(error: SomeFailed) -> list[str]:
    shown = [_line(one) for one in error.errors[:SHOWN]]
    if len(error.errors) > SHOWN:
        shown.append(f"omics: and {len(error.errors) - SHOWN} more")
    # Its message repeats the first errors, for those who only see that.
    at = error.message.find(str(error.errors[0])[:30]) if error.errors else -1
    what = error.message[:at].rstrip(" :") if at > 0 else error.message
    return [*shown, _line(OmicsError(what, remedy=error.remedy))]


def _line(error: BaseException) -> str:
    if isinstance(error, ConnectFailed | TimedOut):
        from omicsdk.hca.retirement import retirement

        error.remedy = retirement(error.url) or error.remedy
    if isinstance(error, OmicsError):
        text = str(error)
    elif isinstance(error, OSError) and error.filename is None and error.errno in _NO_ROOM:
        # What has a file of its own names it; this is what was being printed.
        text = f"can't write the output: {error.strerror}. Make room, or send it elsewhere."
    elif isinstance(error, OSError):
        named = f"{error.filename}: " if error.filename is not None else ""
        text = f"{named}{error.strerror or error}"
    elif isinstance(error, MemoryError):
        text = "there isn't enough memory for that. Ask for less at once, or use a machine with more."
    elif isinstance(error, RecursionError):
        text = "what came, or what was given, is nested too deeply. Look at it with --debug."
    else:
        text = f"unexpected {type(error).__name__}: {error}. This is a fault of omics; --debug shows where"
    return f"omics: {printable(' '.join(text.split()))}"


def printable(text: str) -> str:
    """Text without what would steer a terminal, line breaks included; a server's words come through here."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def json_line(level: str, logger: str, message: str, at: float, fields: Mapping[str, Any] | None = None) -> str:
    """One line, with secrets masked.

    Args:
        level: DEBUG, INFO, WARNING, ERROR or CRITICAL.
        logger: Who tells it.
        message: What is told.
        at: When, in seconds since 1970.
        fields: More about it; what JSON doesn't have becomes text.
    """
    from datetime import UTC, datetime

    from omicsdk.core.redaction import mask_json, mask_text

    told: dict[str, Any] = {
        "time": datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": level,
        "logger": logger,
        "message": mask_text(message),
    }
    if fields:
        told["fields"] = mask_json(json.loads(json.dumps(dict(fields), default=str)))
    return json.dumps(told)


def wants_json(words: Sequence[str]) -> bool:
    """Whether a command line asks for JSON on stderr; for errors that come before it could be parsed.

    Args:
        words: What was typed after the program's name.
    """
    end = words.index("--") if "--" in words else len(words)
    given = [*words[:end], ""]
    asked = [
        word.partition("=")[2] if "=" in word else given[number + 1]
        for number, word in enumerate(given)
        if word.partition("=")[0] == "--log-format"
    ]
    return asked[-1:] == ["json"]


def print_traceback(error: BaseException) -> None:
    """Prints where an error came from, with secrets masked."""
    sys.stderr.write(traceback_of(error))


def traceback_of(error: BaseException) -> str:
    """Where an error came from, with secrets masked."""
    import traceback

    from omicsdk.core.redaction import mask_text

    return mask_text("".join(traceback.format_exception(error)))
