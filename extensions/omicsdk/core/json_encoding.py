"""What is sent as JSON, without anything becoming something else on the way."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from omicsdk.core.dates import written as date_text
from omicsdk.core.errors import UsageError
from omicsdk.core.type_guards import is_list, is_mapping

DEEPEST = 100
"""Levels of lists and dictionaries that are looked through for what JSON can't say."""


def encoded(value: object) -> bytes:
    """A value as JSON.

    Args:
        value: A JSON value; tuples count as lists, and numbers of numpy and pandas as numbers.

    Raises:
        UsageError: Something in it has no JSON: a date, a set, NaN, half a character; the message says where.
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
            remedy="Give text, a whole number, a finite number, True, False, None, or lists and dictionaries of these.",
        ) from error


def written(value: Any, **layout: Any) -> str:
    """What came from a service, or was made of that, as JSON that every reader takes.

    NaN and Infinity, which Python's JSON has and JSON hasn't, become null, as JavaScript, pandas and jq write them: one
    number without a value is no reason to print nothing.

    Args:
        value: What json.loads gives, and what `default` makes text of.
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
    """A number of numpy as one of Python's.

    Raises:
        TypeError: It isn't one.
    """
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "ndim", None) == 0:
        return item()
    raise TypeError(f"{type(value).__name__} is not JSON")


def _unfit(where: str, value: object, depth: int) -> Iterator[tuple[str, object]]:
    """Where in a value something is that JSON can't say."""
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
