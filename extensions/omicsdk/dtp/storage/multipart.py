"""Messages of one part (multipart/related, RFC 2387), as WADO-RS wraps an instance in them: the part taken out of a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from omicsdk.core.errors import TransferError
from omicsdk.transfer.writing import write_error

#: Bytes in which the head of the part must end.
HEAD = 64 * 1024
#: Bytes in which the end of the message is looked for.
TAIL = 1024
#: Bytes that are copied at once.
PIECE = 1024 * 1024
_MAGIC, _MAGIC_AT = b"DICM", 128


def unwrap(message: Path, part: Path, name: str) -> Path:
    """Takes the only part out of a message.

    Args:
        message: The message's body. Where it is no message but a DICOM file, as some archives send, it is the part.
        part: Where to put the part.
        name: The file that it is, for errors.

    Returns:
        Where the part is.

    Raises:
        TransferError: It is neither, or has no end.
        NotWritable: The part can't be written.
        DiskFull: There is no room.
    """
    try:
        with message.open("rb") as source:
            head = source.read(HEAD)
            if head[_MAGIC_AT : _MAGIC_AT + 4] == _MAGIC and not head.startswith(b"--"):
                return message
            boundary, start = _begin(head, name)
            end = _end(source, start, boundary, name)
            source.seek(start)
            with part.open("wb") as target:
                _copy(source, target, end - start)
    except OSError as error:
        raise write_error(error, str(part), name) from error
    return part


def _begin(head: bytes, name: str) -> tuple[bytes, int]:
    """The boundary, and where the part's bytes begin."""
    at = 0 if head.startswith(b"--") else head.find(b"\r\n--") + 2
    line_end = head.find(b"\r\n", at)
    body = head.find(b"\r\n\r\n", line_end)
    if head[at : at + 2] != b"--" or line_end < 0 or body < 0:
        raise _broken(name, "it has no part")
    return head[at:line_end].rstrip(b" \t"), body + 4


def _end(source: BinaryIO, start: int, boundary: bytes, name: str) -> int:
    """Where the part's bytes end."""
    length = source.seek(0, os.SEEK_END)
    begin = max(start, length - TAIL - len(boundary))
    source.seek(begin)
    last = source.read().rfind(b"\r\n" + boundary + b"--")
    if last < 0:
        raise _broken(name, "its end is missing")
    return begin + last


def _copy(source: BinaryIO, target: BinaryIO, length: int) -> None:
    while length:
        piece = source.read(min(PIECE, length))
        if not piece:
            return
        target.write(piece)
        length -= len(piece)


def _broken(name: str, why: str) -> TransferError:
    return TransferError(
        f"{name}: what the archive sent is no whole message with an instance: {why}",
        name=name,
        remedy="Try again; if it stays, the archive doesn't speak DICOMweb at this address.",
    )
