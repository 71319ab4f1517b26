"""Texts that commands are told to read."""

from __future__ import annotations

import sys
from pathlib import Path

from omicsdk.core.errors import UsageError


def text_of(file: str, option: str, encoding: str | None = None) -> str:
    """What stands in a file; a mark of its byte order isn't part of it.

    Args:
        file: Its path; - is stdin.
        option: What named it, such as --workflow.
        encoding: What --encoding says of its text; None for a command that has no such option: UTF-8.

    Raises:
        UsageError: It can't be read, or isn't such text.
    """
    shown = "stdin" if file == "-" else file or "''"
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return content.decode(encoding or "utf-8").removeprefix("\ufeff")
    except OSError as error:
        raise UsageError(
            f"{option}: can't read {shown}: {error.strerror or error}",
            remedy="Give the name of a file that you can read.",
        ) from error
    except LookupError as error:
        raise UsageError(
            f"--encoding: there is no encoding {encoding!r}", remedy="Give one such as utf_8, latin_1 or cp1252."
        ) from error
    except UnicodeDecodeError as error:
        remedy = "Save it as UTF-8." if encoding is None else "Save it so, or give its --encoding."
        raise UsageError(
            f"{option}: byte {error.start} of {shown} isn't {encoding or 'UTF-8'} text", remedy=remedy
        ) from error
