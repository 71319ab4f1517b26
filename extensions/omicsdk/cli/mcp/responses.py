"""Results as responses of a stated size: cut between items, with the rest kept for the tool `more`."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from omicsdk.core.errors import UsageError
from omicsdk.core.json_coding import decoded
from omicsdk.core.json_text import finite
from omicsdk.core.redaction import MASK, is_secret_name, mask_json, mask_text
from omicsdk.core.type_guards import is_array, is_object

# Characters from which the value of a variable with a secret's name is masked; shorter ones occur in other texts.
_SHORTEST_SECRET = 8


def masked(text: str, environ: Mapping[str, str]) -> Any:
    """Return what a command printed, decoded, without secrets.

    Values under the names of secrets, tokens and the queries of presigned URLs are masked, and so is what the
    environment has under the name of a secret.

    Args:
        text: JSON, or any other text.
        environ: The environment's variables.

    Returns:
        The JSON value, without NaN and halves of surrogate pairs, which other readers of JSON refuse; the text if it is not
        JSON.
    """
    # Before the text is decoded: a secret may be anywhere in it, also within a longer text.
    for name, secret in environ.items():
        # PANGEA_PASS is a secret by its last word.
        if len(secret) >= _SHORTEST_SECRET and (is_secret_name(name) or is_secret_name(name.rpartition("_")[2])):
            # In JSON its quotes, backslashes and other letters are escaped.
            for form in (json.dumps(secret)[1:-1], _text(secret)[1:-1], secret):
                text = text.replace(form, MASK)
    try:
        return mask_json(finite(decoded(text)))
    except (ValueError, RecursionError):
        return mask_text(text)


def pages_of(value: Any, size: int) -> Iterator[tuple[Any, int]]:
    """Cut a value into pages.

    A list is cut between its items, an object between the items of its longest list; the other members are on the first
    page. A text, and an item that is too long for a page, is cut between characters.

    Args:
        value: JSON data.
        size: Characters of JSON on a page, from 1.

    Yields:
        Each page with the number of items after it; of a page that ends within an item, this item counts.
    """
    if isinstance(value, str):
        yield from ((part, len(value) > end) for part, end in _slices(value, size))
        return
    name, items = _longest_list(value)
    rest = {} if name is None else {key: other for key, other in value.items() if key != name}
    length = _length(rest) if rest else 0
    if not items or length > size:
        text = _text(value)
        if len(text) <= size:
            yield value, 0
        else:
            yield from ((part, len(text) > end) for part, end in _slices(text, size))
        return
    page: list[Any] = []
    for number, item in enumerate(items):
        text = _text(item)
        if (page or rest) and length + len(text) > size:
            yield _wrapped(page, name, rest), len(items) - number
            page, rest, length = [], {}, 0
        if len(text) > size:
            for part, end in _slices(text, size):
                yield part, len(items) - number - (end >= len(text))
            continue
        page.append(item)
        length += len(text) + len(", ")
    if page or rest:
        yield _wrapped(page, name, rest), 0


def _wrapped(page: list[Any], name: str | None, rest: Mapping[str, Any]) -> Any:
    return page if name is None else {**rest, name: page}


def _longest_list(value: Any) -> tuple[str | None, Sequence[Any]]:
    if is_array(value):
        return None, value
    if not is_object(value):
        return None, ()
    lists = [(member, name) for name, member in value.items() if is_array(member)]
    items, name = max(lists, key=lambda pair: _length(pair[0]), default=((), None))
    return name, items


def _slices(text: str, size: int) -> Iterator[tuple[str, int]]:
    yield from ((text[start : start + size], start + size) for start in range(0, len(text), size))


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _length(value: Any) -> int:
    return len(_text(value))


class Responses:
    """The rests of cut responses, of the latest calls only.

    Args:
        size: Characters of JSON in a response, from 1.
        max_rests: Cut responses of which the rest is kept; the oldest is dropped for a new one.
    """

    def __init__(self, size: int, max_rests: int = 8) -> None:
        self._size = size
        self._max_rests = max_rests
        self._numbers = count(1)
        self._rests: OrderedDict[str, Iterator[tuple[Any, int]]] = OrderedDict()

    def first(self, value: Any) -> dict[str, Any]:
        """Return the first page of a result.

        Args:
            value: JSON data.

        Returns:
            `result`, and for a cut one `left`, the number of items after it, and `cursor` for the next page.
        """
        return self._next(str(next(self._numbers)), pages_of(value, self._size))

    def more(self, cursor: str) -> dict[str, Any]:
        """Return the next page of a result, which is then forgotten.

        Args:
            cursor: The cursor of the page before.

        Raises:
            UsageError: The cursor is unknown.
        """
        rest = self._rests.pop(cursor, None)
        if rest is None:
            remedy = f"The rests of the last {self._max_rests} cut responses are kept, and a page is given once: call the tool again."
            raise UsageError(f"unknown cursor {cursor!r}", remedy=remedy)
        return self._next(cursor.partition(".")[0], rest, int(cursor.partition(".")[2] or 1))

    def _next(self, call: str, pages: Iterator[tuple[Any, int]], number: int = 0) -> dict[str, Any]:
        page, left = next(pages, (None, 0))
        if not left:
            return {"result": page}
        # Another cursor for each page, so that a page that is requested twice is an error, not the page after it.
        cursor = f"{call}.{number + 1}"
        self._rests[cursor] = pages
        while len(self._rests) > self._max_rests:
            self._rests.popitem(last=False)
        return {"result": page, "left": int(left), "cursor": cursor}
