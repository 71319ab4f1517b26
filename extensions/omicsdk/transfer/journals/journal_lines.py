"""How a journal's lines are written and read: eight hex digits (the CRC32C of what follows the blank), a blank and a JSON
array. Done-records are written and found without a JSON library in between, since there may be a million of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from json.encoder import encode_basestring_ascii
from typing import Any, NamedTuple, cast

from omicsdk.core.checksums import crc32c_extend
from omicsdk.transfer.plan import CELL

#: The format's version; a journal of another version is begun anew.
VERSION = 1
#: The first record of a journal.
HEADER: list[object] = ["omics-transfer", VERSION, CELL]
#: No line is longer, in bytes: a path of 4,096 characters that are all escaped has room.
LONGEST_LINE = 64 * 1024

_PREFIX = 9  # digits and blank
_DONE = b'["done",'
_NAME = _PREFIX + len(_DONE)
_OURS = b'["omics-transfer",'
_decode = json.JSONDecoder().raw_decode


class DoneState(NamedTuple):
    """A file that was verified and synced.

    Attributes:
        size: Its size in bytes.
        mtime_ns: Its time of change then.
        checksums: What was verified.
    """

    size: int
    mtime_ns: int
    checksums: Mapping[str, str]


def line_of(record: list[object]) -> bytes:
    """Writes a record."""
    return _line(json.dumps(record, separators=(",", ":")).encode())


def done_line(name: str, state: DoneState) -> bytes:
    """Writes the record of a file that is done."""
    sums = ",".join(f"{_quoted(key)}:{_quoted(value)}" for key, value in state.checksums.items())
    return _line(f'["done",{_quoted(name)},{state.size:d},{state.mtime_ns:d},{{{sums}}}]'.encode())


def key_of(name: str) -> bytes:
    """The name as it stands in a done-record."""
    return _quoted(name).encode()


def is_sound(line: bytes) -> bool:
    """Tells whether a line is whole and as it was written."""
    try:
        return line[-1:] == b"\n" and int(line[:8], 16) == crc32c_extend()(0, line[_PREFIX:-1])
    except ValueError:
        return False


def done_key(line: bytes) -> bytes | None:
    """The key of a done-record, None for another record.

    Args:
        line: A sound line.
    """
    if line[_PREFIX:_NAME] != _DONE:
        return None
    end = line.find(b'",', _NAME)
    if line[end - 1] == 0x5C:  # a quotation mark of the name's own, or a backslash at its end
        return key_of(_decode(line[_NAME:].decode())[0])
    return line[_NAME : end + 1]


def is_done_line(data: bytes, start: int, key: bytes) -> bool:
    """Tells whether a key's done-record begins at some place.

    Args:
        data: Bytes of a journal.
        start: Where a line begins in them.
        key: The key.
    """
    return data.startswith(key, start + _NAME) and data.startswith(_DONE, start + _PREFIX)


def done_state(line: bytes, key: bytes) -> DoneState:
    """What a done-record says.

    Args:
        line: Its line.
        key: Its key.
    """
    size, mtime_ns, checksums = line[_NAME + len(key) + 1 : -2].decode().split(",", 2)
    return DoneState(int(size), int(mtime_ns), _decode(checksums)[0])


def record_of(line: bytes) -> list[Any]:
    """Reads a sound line; an empty list where it is none of ours."""
    try:
        record: object = json.loads(line[_PREFIX:])
    except ValueError:
        return []
    return cast("list[Any]", record) if isinstance(record, list) else []


def may_be_ours(start: bytes) -> bool:
    """Tells by the first bytes of a file whether it may be a journal, or the little that a crash left of one.

    Args:
        start: The first 27 bytes or more; fewer when the file is shorter.
    """
    if not start.strip(b"\0"):
        return True
    digits, rest = start[:8], start[8 : _PREFIX + len(_OURS)]
    return all(digit in b"0123456789abcdef" for digit in digits) and (b" " + _OURS).startswith(rest)


def _line(body: bytes) -> bytes:
    return b"%08x %b\n" % (crc32c_extend()(0, body), body)


def _quoted(text: str) -> str:
    return encode_basestring_ascii(text)
