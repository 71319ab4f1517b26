"""Format errors as lines on stderr, and map them to exit codes."""

from __future__ import annotations

import errno
import sys
from collections.abc import Sequence

from omicsdk.core.errors import WRONG_KEYS, APIError, AuthError, ConfigError, Forbidden, OmicsError, UsageError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)

SUCCEEDED, REFUSED, USAGE, SOME_FAILED, CREDENTIALS, INTERRUPTED = 0, 1, 2, 3, 4, 130


def is_denied(error: object) -> bool:
    """Return whether something failed for credentials: they are missing, expired, or give no access (401, 403).

    An expired key of S3 is refused with 400.

    Args:
        error: The error; its causes count too.
    """
    # Bounded, because causes can form a cycle.
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
        1 the service or the system refused, 2 usage or settings, 4 credentials, 130 interrupted, 129 and 143 ended by SIGHUP
        and SIGTERM.
    """
    if isinstance(error, KeyboardInterrupt):
        return getattr(error, "exit_code", INTERRUPTED)
    if is_denied(error):
        return CREDENTIALS
    return USAGE if isinstance(error, UsageError | ConfigError) else REFUSED


def report(error: BaseException, where: str, command_line: Sequence[str]) -> int:
    """Print the error of a failed command on stderr.

    Args:
        error: The error.
        where: The program and the command that failed.
        command_line: The command line, which states whether tracebacks are shown.

    Returns:
        The exit code.
    """
    if shows_origin(error, command_line):
        sys.stderr.write(traceback_of(error))
    sys.stderr.write(f"{line_of(error, where)}\n")
    return exit_code(error)


def shows_origin(error: BaseException, command_line: Sequence[str]) -> bool:
    """Return whether a command line asks for the traceback of an error."""
    return "--debug" in command_line and not isinstance(error, KeyboardInterrupt)


def line_of(error: BaseException, where: str) -> str:
    """Format an error as a line.

    Args:
        error: The error.
        where: The program and the command that failed; named in errors of usage.
    """
    name, _, command = where.partition(" ")
    if isinstance(error, KeyboardInterrupt):
        return f"{name}: {({129: 'ended by SIGHUP', 143: 'ended by SIGTERM'}).get(exit_code(error), 'interrupted')}."
    if isinstance(error, UsageError):
        remedy = error.remedy
        if "--help" not in remedy:
            # A command at its end has no full stop, which would be copied with it.
            see = " See" if remedy.endswith((".", "?")) else "; see" if remedy else "See"
            remedy += f"{see}: {where} --help"
        error = OmicsError(f"{command}: {error.message}" if command else error.message, remedy=remedy)
    if isinstance(error, OmicsError):
        text = str(error)
    elif isinstance(error, OSError) and error.filename is None and error.errno in (*_FULL, errno.EBADF):
        # Errors of other files name the file; this one is of stdout, which is full or closed.
        remedy = "Free disk space, or redirect" if error.errno in _FULL else "Redirect"
        text = f"cannot write the output: {error.strerror}. {remedy} the output to another file."
    elif isinstance(error, OSError):
        named = f"{error.filename}: " if error.filename is not None else ""
        text = f"{named}{error.strerror or error}"
    elif isinstance(error, MemoryError):
        text = "out of memory. Request less at once, or use a machine with more memory."
    elif isinstance(error, RuntimeError) and "start new thread" in str(error):
        text = "no more threads can be started. Lower --connections, or raise the limit of processes or memory."
    elif isinstance(error, RecursionError):
        text = "the response, an argument or a path is nested too deeply. Use --debug to see it."
    else:
        from omicsdk.core.redaction import mask_text

        shown = mask_text(str(error))  # not ours: it may state the URL of a request, or a value of a response
        text = f"unexpected {type(error).__name__}: {shown}. This is a bug in {name}; --debug shows where"
    # Blanks within a line may be those of a file's name.
    return f"{name}: {printable(' '.join(filter(None, map(str.strip, text.splitlines()))))}"


def printable(text: str) -> str:
    """Escape control characters, line breaks included, which a server's text could send to a terminal."""
    return "".join(c if c.isprintable() else _escaped(ord(c)) for c in text)


def _escaped(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def traceback_of(error: BaseException) -> str:
    """Format the traceback of an error, with secrets masked."""
    import traceback

    from omicsdk.core.redaction import mask_text

    return mask_text("".join(traceback.format_exception(error)))
