"""Rows of a JSON array as they arrive, without the array."""

from __future__ import annotations

import json
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator
from typing import Any

from omicsdk.core.errors import DecodeError
from omicsdk.core.narrowing import is_object

#: Bytes that are read at a time.
CHUNK = 1 << 18
_BETWEEN = " \t\r\n,"


def rows_of(read: Callable[[int], bytes], operation: str) -> Iterator[dict[str, Any]]:
    """Gives the objects of a JSON array one by one.

    Args:
        read: Gives up to so many bytes; none at the end.
        operation: What errors call it.

    Raises:
        DecodeError: It isn't an array of objects, or ends before its end.
    """
    decode, scan = getincrementaldecoder("utf-8")("replace").decode, json.JSONDecoder().raw_decode
    text, begun = "", False
    while True:
        chunk = read(max(CHUNK, len(text)))  # a row that is long is tried again seldom
        text = (text + decode(chunk, final=not chunk)).lstrip(_BETWEEN if begun else " \t\r\n")
        if text and not begun:
            if text[0] != "[":
                raise DecodeError(operation, "the body", text[:200], expected="a JSON array")
            begun, text = True, text[1:]
        place, end = 0, len(text)
        while place < end:
            if text[place] in _BETWEEN:
                place += 1
                continue
            if text[place] == "]":
                return
            try:
                row, place = scan(text, place)
            except ValueError:
                break
            if not is_object(row):
                raise DecodeError(operation, "a row", row, expected="an object")
            yield row
        text = text[place:]
        if not chunk:
            raise DecodeError(operation, "the body", text[:200], expected="the rest of a JSON array")
