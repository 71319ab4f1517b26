"""Errors of omics: those of batches, errors as JSON objects on stderr, and remedies that name its commands."""

from __future__ import annotations

import errno
import json
import os
import sys

from omicsdk.cli import errors
from omicsdk.cli.errors import (
    CREDENTIALS,
    REFUSED,
    SOME_FAILED,
    SUCCEEDED,
    is_denied,
    line_of,
    shows_origin,
    traceback_of,
)
from omicsdk.cli.github import annotation, is_workflow
from omicsdk.cli.services import SERVICES, variable
from omicsdk.core.errors import (
    AuthError,
    ConnectFailed,
    Interrupted,
    OmicsError,
    SomeFailed,
    TimedOut,
    TooManyOpenFiles,
    Unauthorized,
)
from omicsdk.core.files import current_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, TextIO

# Errors of a batch that are printed; the rest is counted.
MAX_ERRORS = 100


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
        return SUCCEEDED
    if denied >= failed:
        return CREDENTIALS
    return REFUSED if total <= 1 else SOME_FAILED


def exit_code(error: BaseException) -> int:
    """Return the exit code of a command that ended with an error.

    Args:
        error: The error.

    Returns:
        That of `errors.exit_code`; 3 if some or all of a batch failed, or the time was over.
    """
    if isinstance(error, SomeFailed):
        failed, denied = len(error.errors), sum(map(is_denied, error.errors))
        return outcome_code(failed, failed + error.others, denied) if failed else SOME_FAILED
    return SOME_FAILED if isinstance(error, Interrupted) else errors.exit_code(error)


def report(error: BaseException, where: str, command_line: Sequence[str]) -> int:
    """Print the error of a failed command on stderr, with the remedies of `advise`.

    Args:
        error: The error.
        where: The program and the command that failed.
        command_line: The command line, which states whether messages are JSON and tracebacks are shown.

    Returns:
        The exit code.
    """
    advise(error, where)
    code, lines = exit_code(error), lines_of(error, where)
    origin = traceback_of(error) if shows_origin(error, command_line) else ""
    if not wants_json(command_line):
        name = where.partition(" ")[0]
        output_lines = (
            [annotation("ERROR", line.removeprefix(f"{name}: ")) for line in lines] if is_workflow() else lines
        )
        emit(sys.stderr, origin + "".join(f"{line}\n" for line in output_lines))
        return code
    from time import time

    name = where.partition(" ")[0]
    fields: dict[str, object] = {"error": type(_representative(error)).__name__, "exit_code": code}
    if origin:
        fields["traceback"] = origin
    for line in lines:
        emit(sys.stderr, f"{json_line('ERROR', name, line.removeprefix(f'{name}: '), time(), fields)}\n")
    return code


def advise(error: BaseException, where: str) -> None:
    """Add to the remedy of an error what this program knows: how to log in, which services are closed, and which texts name data of
    archives.

    Args:
        error: The error.
        where: The command that failed.
    """
    if isinstance(error, SomeFailed):
        # Of errors that are all for credentials the first one is shown, alone.
        whole = where if all(isinstance(cause, AuthError) for cause in error.errors) else ""
        for member in error.errors:
            advise(member, whole)
    elif isinstance(error, ConnectFailed | TimedOut):
        from omicsdk.hca.services import retirement

        error.remedy = retirement(error.url) or error.remedy
    elif isinstance(error, OmicsError) and isinstance(error, FileNotFoundError) and (path := getattr(error, "uri", "")):
        from omicsdk.portals.names.grammar import names_in

        names = names_in(path)
        if names and names[0].archive != "identifiers":  # a form that file names have as well
            planned = "--dry-run lists its files, and which of them FOLDER lacks"
            error.remedy = f"It names data of an archive: omics get {path} --to FOLDER; {planned}."
    elif isinstance(error, FileNotFoundError) and error.filename is None and not current_folder():
        error.strerror = "the current folder was removed. Change to another folder."
    elif isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        error.strerror = f"{error.strerror}. {TooManyOpenFiles.default_remedy}"
    elif isinstance(error, Unauthorized) and where and (error.schemes or error.remedy == Unauthorized.default_remedy):
        # The service's response does not state how to give this program a token.
        error.remedy = _remedy(where.split()[1] if " " in where else "", getattr(error, "url", ""))


def _remedy(service: str, url: str) -> str:
    """Return the remedy if a service requires a login; `url` is that of the request."""
    from omicsdk.cli.catalog import builtin_commands

    # A command for files of any platform.
    is_general = any(command["command"] == service for command in builtin_commands())
    service = _service_at(url) if is_general else service
    if is_general and not service:
        return (
            "Run `omics init`, which shows the credentials of each platform and how to get missing ones. "
            "For a web server, write its login into ~/.netrc: machine HOST login USER password PASSWORD."
        )
    remedy = SERVICES[service].get("remedy") if service in SERVICES else None
    return remedy or f"Use a token that this service issued: set {variable(service, 'TOKEN')}, or pass --access-token."


def _service_at(url: str) -> str:
    """Return the service that is configured at the URL of a request; empty for other servers."""
    from omicsdk.logins import found_settings

    services = {
        base_url: name.removesuffix(".base_url")
        for name, base_url, _ in found_settings()
        if base_url and name.endswith(".base_url") and url.startswith(base_url)
    }
    return services[max(services, key=len)] if services else ""


def emit(stream: TextIO, text: str) -> None:
    """Write a message at once. If its stream is full or closed, it is lost with all later ones, and the command continues.

    Args:
        stream: The stream of messages.
        text: The text, with its line break.
    """
    try:
        stream.write(text)
        stream.flush()
    except OSError:
        # The interpreter flushes it when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def lines_of(error: BaseException, where: str = "omics") -> list[str]:
    """Format an error as lines: the errors of a batch first, then their summary.

    Args:
        error: The error.
        where: The program and the command that failed; named in errors of usage.
    """
    first = _representative(error)
    if isinstance(first, SomeFailed):
        return _batch_lines(first, "omics")
    lines = [line_of(first, where)]
    if isinstance(error, SomeFailed) and error.remedy not in ("", SomeFailed.default_remedy):
        lines.append(_summary_line(error, "omics"))  # it states what the batch left
    return lines


def _representative(error: BaseException) -> BaseException:
    """Return the error to print: of a batch, the first one for missing credentials."""
    # All items fail alike then, and one line with the remedy says so.
    if (
        isinstance(error, SomeFailed)
        and error.errors
        and all(isinstance(item_error, AuthError) for item_error in error.errors)
    ):
        return error.errors[0]
    return error


def _batch_lines(error: SomeFailed, name: str) -> list[str]:
    lines = [line_of(item_error, name) for item_error in error.errors[:MAX_ERRORS]]
    if len(error.errors) > MAX_ERRORS:
        lines.append(f"{name}: and {len(error.errors) - MAX_ERRORS} more")
    return [*lines, _summary_line(error, name)]


def _summary_line(error: SomeFailed, name: str) -> str:
    # The message repeats the first errors, for callers that print nothing else.
    at = error.message.find(str(error.errors[0])[:30]) if error.errors else -1
    what = error.message[:at].rstrip(" :") if at > 0 else error.message
    return line_of(OmicsError(what, remedy=error.remedy), name)


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

    moment = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line: dict[str, Any] = {"time": moment, "level": level, "logger": logger, "message": mask_text(message)}
    if fields:
        # Through JSON: values of other types become text, in which secrets are masked as well.
        line["fields"] = mask_json(json.loads(json.dumps(dict(fields), default=str)))
    return json.dumps(line)


def wants_json(command_line: Sequence[str]) -> bool:
    """Return whether a command line requests JSON on stderr; for errors raised before it is parsed.

    Args:
        command_line: The words after the program's name.
    """
    end = command_line.index("--") if "--" in command_line else len(command_line)
    # With an empty word at the end, which is the value of a last --log-format without one.
    arguments = [*command_line[:end], ""]
    formats = [
        word.partition("=")[2] if "=" in word else arguments[number + 1]
        for number, word in enumerate(arguments)
        if word.partition("=")[0] == "--log-format"
    ]
    if not formats:
        from omicsdk.core.settings.profiles import stated_defaults

        try:
            formats = [stated_defaults("cli", os.environ).get("log_format", ("", ""))[0]]
        except OmicsError:  # which is then the error to print
            return False
    # The last one counts, as in the parser.
    return formats[-1:] == ["json"]
