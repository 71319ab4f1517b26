"""Bodies of forms."""

import json
from collections.abc import Mapping
from functools import partial
from urllib.parse import quote_plus

from omicsdk.core.bodies import NO_BODY, Body, Joined, plain, utf8
from omicsdk.core.json_coding import encoded
from omicsdk.core.omit import OMIT, Omit
from omicsdk.core.type_guards import is_list


def form_body(fields: Mapping[str, object] | Omit) -> Body:
    """Return an application/x-www-form-urlencoded body; lists repeat their name, OMIT and None are left out.

    Args:
        fields: Names and values; OMIT is no body.
    """
    if fields is OMIT:
        return NO_BODY
    pairs: list[str] = []
    for name, value in fields.items():
        if value is OMIT or value is None:
            continue
        quoted = partial(_quoted, name)
        for item in value if is_list(value) else [value]:
            text = item.encoded(name, quoted) if isinstance(item, Joined) else quoted(form_text(name, item))
            pairs.append(f"{quoted(name)}={text}")
    return Body("&".join(pairs).encode(), "application/x-www-form-urlencoded")


def _quoted(name: str, text: str) -> str:
    return quote_plus(utf8(name, text))


def form_text(name: str, value: object) -> str:
    """Return the text of a field: a text unchanged, anything else as JSON.

    Args:
        name: The field, for errors.
        value: Its value.

    Raises:
        UsageError: JSON cannot represent it.
    """
    data = plain(value)
    if isinstance(data, str):
        return data
    try:
        return json.dumps(data, allow_nan=False)
    except (TypeError, ValueError):
        encoded({name: data})  # raises for what JSON cannot represent, and converts numbers of numpy
        return encoded(data).decode()  # a number of numpy
