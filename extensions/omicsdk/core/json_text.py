"""JSON that is printed or written to files: of values from services, accepted by every reader."""

from __future__ import annotations

import json
import math
import re
from json import encoder as _json

from omicsdk.core.type_guards import is_list, is_mapping

TYPE_CHECKING = False  # avoids importing typing; type checkers recognise the name
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Never

_NOT_PLAIN = re.compile("[^\n -~]+")
_MAKE_ENCODER: Any = getattr(_json, "c_make_encoder", None)
_SCALARS = frozenset((str, int, float, bool, type(None)))


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
        # Only if there are any, since it copies the whole value.
        return json.dumps(finite(value), allow_nan=False, **layout)


def finite(value: Any) -> Any:
    """Copy a JSON value with null in place of NaN and Infinity.

    Args:
        value: The result of json.loads.
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if is_mapping(value):
        return {name: finite(inner) for name, inner in value.items()}
    if is_list(value):
        return [finite(inner) for inner in value]
    return value


def refuse_constant(name: str) -> Never:
    """Refuse NaN and Infinity, which the standard lacks and Python's JSON has: the `parse_constant` of json.loads.

    Raises:
        ValueError: Always.
    """
    raise ValueError(f"{name} is not JSON")


def strict_value(text: str | bytes) -> Any:
    """Decode a JSON text whose value JSON can have again.

    Args:
        text: The text.

    Raises:
        ValueError: It is not JSON, or has a number that is too large for a float, such as 1e999.
        RecursionError: It is nested deeper than Python can read.
    """
    return json.loads(text, parse_constant=refuse_constant, parse_float=_finite_number)


def _finite_number(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else refuse_constant(text)


def line_encoder(*, ascii_only: bool = False) -> Callable[[Any], str]:
    """Return a function that encodes a value on one line, as `written` does; for many values.

    What JSON lacks becomes text, by str.

    Args:
        ascii_only: Whether other characters are escaped.
    """
    encode = _encoder(", ", ascii_only=ascii_only)

    def line(value: Any) -> str:
        try:
            return encode(value)
        except ValueError:
            return written(value, ensure_ascii=ascii_only, default=str)

    return line


def block_encoder(indent: int, *, ascii_only: bool = False) -> Callable[[Sequence[Any]], str]:
    """Return a function that encodes items of a list, as `written` does with an indent of 2, without the list's brackets.

    What JSON lacks becomes text, by str.

    Args:
        indent: Spaces before the items; the first one has none.
        ascii_only: Whether other characters are escaped.
    """
    outer = "\n" + " " * indent
    inner = f"{outer}  "
    encode = _encoder(f",{inner}", ascii_only=ascii_only)
    between = f"{outer}}},{outer}{{{inner}"

    def block(values: Sequence[Any]) -> str:
        # Python's encoder is ten times slower with an indent than C's without, and members of most rows are scalars. No
        # text in JSON has a line break, so that a brace before one is a row's end.
        if all(map(_is_flat, values)):
            try:
                return f"{{{inner}{encode(values)[2:-2].replace(f'}},{inner}{{', between)}{outer}}}"
            except ValueError:
                pass
        texts = (written(value, indent=2, ensure_ascii=ascii_only, default=str) for value in values)
        return f",{outer}".join(text.replace("\n", outer) for text in texts)

    return block


def _is_flat(value: Any) -> bool:
    return value.__class__ is dict and bool(value) and _SCALARS.issuperset(map(type, value.values()))


def _encoder(separator: str, *, ascii_only: bool) -> Callable[[Any], str]:
    """Return the encoder of json.dumps, made once instead of once a value where Python has it in C."""
    if _MAKE_ENCODER is None:
        return json.JSONEncoder(
            ensure_ascii=ascii_only, allow_nan=False, separators=(separator, ": "), default=str
        ).encode
    text = _json.encode_basestring_ascii if ascii_only else _json.encode_basestring
    pieces = _MAKE_ENCODER(None, str, text, None, ": ", separator, False, False, False)
    return lambda value: "".join(pieces(value, 0))


def escaped(text: str) -> str:
    """Escape the characters of a JSON text that control terminals, or that cannot be encoded.

    JSON itself escapes C0 controls only; DEL, C1 controls and marks of direction act on terminals too.

    Args:
        text: The JSON text.
    """
    if text.isascii() and "\x7f" not in text:
        return text
    return _NOT_PLAIN.sub(_printable, text)


def _printable(match: re.Match[str]) -> str:
    run = match[0]
    return run if run.isprintable() else "".join(c if c.isprintable() else _escape(c) for c in run)


def _escape(character: str) -> str:
    code = ord(character)
    if code > 0xFFFF:
        high, low = divmod(code - 0x10000, 0x400)
        return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
    return f"\\u{code:04x}"
