"""JSON that is sent, without silent conversions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

from omicsdk.core.date_texts import written as date_text
from omicsdk.core.errors import UsageError
from omicsdk.core.type_guards import is_list, is_mapping

#: Most levels of lists and dictionaries that are searched for what JSON cannot represent.
DEEPEST = 100


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
        for index, inner in enumerate(value):
            yield from _unfit(f"{where}[{index}]", inner, depth + 1)
    elif not _fits(value):
        yield where, value


def _fits(value: object) -> bool:
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False, default=_scalar).encode()
    except (TypeError, ValueError):
        return False
    return True
