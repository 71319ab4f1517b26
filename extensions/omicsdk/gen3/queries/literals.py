"""Values as GraphQL writes them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from omicsdk.core.narrowing import is_list, is_mapping
from omicsdk.gen3.errors import Gen3UserError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def name_of(text: str) -> str:
    """Gives a name that stands in a query as it is.

    Args:
        text: The name.

    Raises:
        Gen3UserError: It can't be one.
    """
    if not _NAME.fullmatch(text):
        raise Gen3UserError(f"{text!r} is no name of GraphQL", remedy="Give one of letters, digits and underscores.")
    return text


def literal(value: Any) -> str:
    """Writes a value into a query, so that the service reads that value and nothing else.

    Args:
        value: A text, number, truth value, a list of them, or an object with names.

    Raises:
        Gen3UserError: There is no such value in a query: None, which the service doesn't take, or a number that is none.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Gen3UserError(f"{value} can't stand in a query", remedy="Give a number.")
        return repr(value)
    if is_mapping(value):
        return "{" + ", ".join(f"{name_of(str(key))}: {literal(each)}" for key, each in value.items()) + "}"
    if is_list(value):
        return "[" + ", ".join(literal(each) for each in value) + "]"
    told = "None" if value is None else f"A {type(value).__name__}"
    raise Gen3UserError(
        f"{told} can't stand in a query", remedy="Give texts, numbers, truth values, or lists of them; leave None out."
    )


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Gen3UserError(
            f"{value!r} is no text that can be sent", remedy="Remove the half of a pair in it."
        ) from error
    # JSON's escapes are among those of GraphQL; what it leaves as it is, GraphQL takes as it is.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def arguments(stated: Mapping[str, Any]) -> str:
    """Writes arguments in their brackets; nothing where there are none.

    Args:
        stated: The values by their names.

    Raises:
        Gen3UserError: A name or a value can't stand in a query.
    """
    if not stated:
        return ""
    return "(" + ", ".join(f"{name_of(name)}: {literal(value)}" for name, value in stated.items()) + ")"
