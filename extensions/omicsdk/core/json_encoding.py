"""JSON: sent values without silent conversions, and received texts without what no URL, file name or terminal can have."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from typing import Any

from omicsdk.core.dates import written as date_text
from omicsdk.core.errors import UsageError
from omicsdk.core.type_guards import is_list, is_mapping

DEEPEST = 100
"""Most levels of lists and dictionaries that are searched for what JSON cannot represent."""


def encoded(value: object) -> bytes:
    """Encode a value as JSON.

    Args:
        value: A JSON value; tuples are sent as lists, and numbers of numpy and pandas as numbers.

    Raises:
        UsageError: It contains what JSON cannot represent: a date, a set, NaN, a lone surrogate; the message names the
            place.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_scalar)
        return text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        where, what = next(_unfit("", value, 0), ("", None))
        if isinstance(what, datetime):
            date_text(what, where or "What is sent")  # which refuses one without a time zone
        raise UsageError(
            f"{where or 'What is sent'} is {what!r}, which JSON cannot represent",
            remedy="Use text, a whole number, a finite number, True, False, None, or lists and dictionaries of these.",
        ) from error


def written(value: Any, **layout: Any) -> str:
    """Encode values from a service as JSON that every reader accepts.

    NaN and Infinity, which Python's JSON has and the standard lacks, become null, as in JavaScript, pandas and jq.

    Args:
        value: The result of json.loads, and objects that `default` converts to text.
        layout: Options of json.dumps.
    """
    try:
        return json.dumps(value, allow_nan=False, **layout)
    except ValueError:
        return json.dumps(_finite(value), allow_nan=False, **layout)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if is_mapping(value):
        return {name: _finite(inner) for name, inner in value.items()}
    if is_list(value):
        return [_finite(inner) for inner in value]
    return value


def _scalar(value: object) -> object:
    """Convert a number of numpy to a Python number.

    Raises:
        TypeError: It is something else.
    """
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "ndim", None) == 0:
        return item()
    raise TypeError(f"{type(value).__name__} is not JSON")


def _unfit(where: str, value: object, depth: int) -> Iterator[tuple[str, object]]:
    """Find the place in a value that JSON cannot represent."""
    if depth > DEEPEST:
        yield where[:DEEPEST], "nested too deeply"
    elif is_mapping(value):
        for name, inner in value.items():
            yield from _unfit(f"{where}.{name}".lstrip("."), inner, depth + 1)
            if not _fits({name: None}):
                yield f"a name in {where or 'what is sent'}", name
    elif is_list(value) and isinstance(value, list | tuple):
        for place, inner in enumerate(value):
            yield from _unfit(f"{where}[{place}]", inner, depth + 1)
    elif not _fits(value):
        yield where, value


def _fits(value: object) -> bool:
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False, default=_scalar).encode()
    except (TypeError, ValueError):
        return False
    return True


# -- received texts

LARGE = 1 << 18
"""Bytes of a body from which on it pays to import a faster JSON decoder, if there is one (its import takes 40 ms)."""


def decoded(content: bytes | str) -> Any:
    """Decode a JSON text; with msgspec if it is installed (extra `fast`) and the text is long.

    Half of a surrogate pair, which cutting a text may leave, becomes U+FFFD: no URL, file name or terminal can have it.

    Raises:
        ValueError: It is not JSON, or is nested deeper than Python can read.
    """
    if isinstance(content, str):
        content = content.encode("utf-8", "surrogatepass")
    try:
        if len(content) >= LARGE:
            decode = _fast_decoder()
            if decode is not None:
                try:
                    return decode(content)
                except ValueError:
                    pass  # stricter than json: NaN, halves of pairs, and encodings other than UTF-8; json decides
        if any(mark in content for mark in _MARKS_OF_SURROGATES):
            content = _SURROGATES.sub(lambda found: _REPLACEMENT if found[1] else found[0], content)
        return json.loads(content)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


_MARKS_OF_SURROGATES = (b"\\ud", b"\\uD", b"\xed")
# Pairs and other escapes are matched first, so that what remains is half of a pair, escaped or as bytes.
_SURROGATES = re.compile(
    rb"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\[^u]|(\\u[dD][89a-fA-F]..|\xed[\xa0-\xbf][\x80-\xbf])", re.DOTALL
)
_REPLACEMENT = "\ufffd".encode()


@cache
def _fast_decoder() -> Callable[[bytes], Any] | None:
    try:
        from msgspec.json import decode
    except ImportError:
        return None
    return decode
