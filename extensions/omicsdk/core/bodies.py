"""Request bodies, made from arguments without sending: values as plain data, and JSON."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from omicsdk.core.date_texts import duration_text, is_naive, written
from omicsdk.core.errors import UsageError
from omicsdk.core.json_coding import encoded
from omicsdk.core.omit import OMIT, Omit
from omicsdk.core.type_guards import is_list, is_mapping


@dataclass(frozen=True, slots=True)
class Body:
    """A body's media type and its bytes, or a function that yields them again for each try."""

    content: bytes | Callable[[], Iterable[bytes]] | None = field(repr=False)
    media_type: str | None


NO_BODY = Body(None, None)
_SCALARS = frozenset({str, int, float, bool, type(None)})
# Modules whose values are sent as texts.
_TEXTS = frozenset({"uuid", "decimal", "pathlib", "ipaddress", "fractions"})


def plain(value: Any, *, sent: bool = False) -> Any:
    """Convert a value to JSON data: models become dicts, omitted members are left out, tuples and sets become lists.

    Dates keep the text that they were read from, else they are written as in RFC 3339; a datetime without a time zone
    is ambiguous and is unchanged. Times and durations are written as in ISO 8601, numbers of numpy become numbers, members of an
    enumeration their values, and UUIDs, decimals, paths and addresses text. A value that JSON cannot represent stays as
    it is, so that `encoded` reports it with its place.

    Args:
        value: The value.
        sent: Leave out the fields of models that the document marks as read-only.
    """
    if value.__class__ in _SCALARS:
        return value
    if isinstance(value, (str, int, float)):
        # A whole number that was read from a text has it; members of an enumeration may be numbers or texts themselves.
        return getattr(value, "_text", getattr(value, "_value_", value))
    if sent and (of_model := getattr(value, "_to_json", None)) is not None:
        return of_model(sent=True)
    to_dict = getattr(value, "to_dict", None)
    if to_dict is not None and not hasattr(value, "ndim"):  # a column or table of pandas is no object
        return to_dict()
    if is_mapping(value):
        return {
            key if key.__class__ is str else _name(key): plain(item, sent=sent)
            for key, item in value.items()
            if item is not OMIT
        }
    if is_list(value):
        return [plain(item, sent=sent) for item in value if item is not OMIT]
    if isinstance(text := getattr(value, "_text", None), str):
        return text
    if isinstance(value, timedelta):
        return duration_text(value)
    if isinstance(value, date):
        # A naive one stays, so that encoding it raises an error with its place.
        return value if is_naive(value) else written(value)
    isoformat = getattr(value, "isoformat", None)
    if isoformat is not None:
        return isoformat()
    # Their modules are not imported for this check: a program with such a value has imported them.
    homes = {class_.__module__.partition(".")[0] for class_ in type(value).__mro__}
    if "enum" in homes:
        return plain(value.value)
    return str(value) if homes & _TEXTS else value


def _name(key: object) -> Any:
    """The name of a member: a text, or what JSON represents otherwise, or refuses."""
    text = plain(key)
    if isinstance(text, str):
        return text
    with suppress(ValueError):  # of an integer with more digits than Python writes
        return str(key) if hasattr(key, "__float__") and not isinstance(key, bool) else key
    return key


def json_body(value: object, media_type: str = "application/json") -> Body:
    """Return a JSON body.

    Args:
        value: Plain data, models, or a mapping whose OMIT members are left out; OMIT is no body.
        media_type: The document's media type.

    Raises:
        UsageError: It contains what JSON cannot represent, such as NaN or a file; the message names the place.
    """
    if value is OMIT:
        return NO_BODY
    return Body(encoded(plain(value, sent=True)), media_type)


def given(fields: Mapping[str, object]) -> Mapping[str, object] | Omit:
    """Return the fields of an optional body: OMIT if none of them is given."""
    return OMIT if all(value is OMIT for value in fields.values()) else fields


def members(value: Any) -> Mapping[str, object] | Omit:
    """Return the fields of a form: a mapping unchanged, a model as a dict, OMIT unchanged."""
    return plain(value, sent=True) if hasattr(value, "to_dict") else value


def utf8(name: str, text: str) -> bytes:
    """Encode a text of a request.

    Args:
        name: The argument, for errors.
        text: The text. Python reads an argument of a command, or a file's name, that is not UTF-8 with surrogates.

    Raises:
        UsageError: It has surrogates.
    """
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise UsageError(
            f"{name} cannot be sent: {text!r} is not UTF-8", remedy="Use UTF-8, also in the settings of the terminal."
        ) from None


class Joined(str):
    """A list or an object as one text that remembers its items, for styles with a delimiter between them.

    The text itself contains the unquoted items.

    Args:
        marks: The text before each item.
        items: The items; of an object its members' names and values in turn.
        delimiters: Characters that would end an item.
        splits: Whether it is a list or an object; False for a scalar, which no delimiter splits.
    """

    __slots__ = ("_delimiters", "_marks", "_splits", "items")

    items: tuple[str, ...]

    def __new__(cls, marks: Sequence[str], items: Sequence[str], delimiters: str, *, splits: bool = True) -> "Joined":
        joined = super().__new__(cls, "".join(mark + item for mark, item in zip(marks, items, strict=True)))
        joined.items, joined._marks, joined._delimiters, joined._splits = tuple(items), tuple(marks), delimiters, splits
        return joined

    def encoded(self, name: str, quoted: Callable[[str], str]) -> str:
        """Return the text with its items percent-encoded, including delimiters within them (RFC 6570, section 3.2.1).

        Args:
            name: The parameter, for errors.
            quoted: Percent-encodes an item for its place; delimiters that it leaves are encoded here.

        Raises:
            UsageError: An item contains the space, tab or bar that separates items: a URL may contain neither (RFC 3986),
                so both are sent as %20, %09 or %7C, and no server can distinguish them (OpenAPI 3.1.1, appendix E).
        """
        if self._delimiters in (" ", "\t", "|"):
            self.refuse_delimiters(name)
            return f"%{ord(self._delimiters):02X}".join(map(quoted, self.items))
        table = {ord(mark): f"%{ord(mark):02X}" for mark in self._delimiters}
        return "".join(mark + quoted(item).translate(table) for mark, item in zip(self._marks, self.items, strict=True))

    def refuse_delimiters(self, name: str) -> None:
        """Refuse items that would be read as several, in places without an encoding: headers and multipart bodies.

        Args:
            name: The parameter, for errors.

        Raises:
            UsageError: An item contains a delimiter.
        """
        for item in self.items if self._splits else ():
            delimiter = next((mark for mark in self._delimiters if mark in item), None)
            if delimiter is not None:
                raise UsageError(
                    f"{name} cannot be sent: its item {item[:80]!r} contains {delimiter!r}, the separator of items",
                    remedy=f"Use items without {delimiter!r}.",
                )
