"""Request bodies: JSON, form, multipart and bytes, made from arguments without sending."""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, cast
from urllib.parse import quote_plus

from omicsdk.core.dates import duration_text, is_naive, written
from omicsdk.core.errors import UsageError
from omicsdk.core.json_encoding import encoded
from omicsdk.core.omit import OMIT, Omit
from omicsdk.core.type_guards import is_array, is_list, is_mapping

if TYPE_CHECKING:
    from mimetypes import MimeTypes

CHUNK = 1 << 20
"""Bytes read from a file at a time."""

Content = bytes | BinaryIO | os.PathLike[str]
"""What a binary field or body may be given as; a path is opened for each try."""

MultipartFile = Content | tuple[str, Content] | tuple[str, Content, str] | tuple[str, Content, str, Mapping[str, str]]
"""What a file in a multipart body may be given as: its content, or its name and content, and then its media type and
further headers of its part."""


@dataclass(frozen=True, slots=True)
class Body:
    """A body's media type and its bytes, or a function that yields them again for each try."""

    content: bytes | Callable[[], Iterable[bytes]] | None = field(repr=False)
    media_type: str | None


NO_BODY = Body(None, None)
_SCALARS = frozenset({str, int, float, bool, type(None)})
_TEXTS = frozenset({"uuid", "decimal", "pathlib", "ipaddress", "fractions"})
"""Modules whose values are sent as texts."""


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
        return getattr(value, "_text", value)  # of a whole number that was read from a text
    if sent and (of_model := getattr(value, "_to_json", None)) is not None:
        return of_model(sent=True)
    to_dict = getattr(value, "to_dict", None)
    if to_dict is not None:
        return to_dict()
    if is_mapping(value):
        return {str(key): plain(item, sent=sent) for key, item in value.items() if item is not OMIT}
    if is_list(value):
        return [plain(item, sent=sent) for item in value if item is not OMIT]
    if isinstance(kept := getattr(value, "_text", None), str):
        return kept
    if isinstance(value, timedelta):
        return duration_text(value)
    if isinstance(value, date):
        return value if is_naive(value) else written(value)
    isoformat = getattr(value, "isoformat", None)
    if isoformat is not None:
        return isoformat()
    # Their modules are not imported for this check: a program with such a value has imported them.
    homes = {each.__module__.partition(".")[0] for each in type(value).__mro__}
    if "enum" in homes:
        return plain(value.value)
    return str(value) if homes & _TEXTS else value


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


class Joined(str):
    """A list or an object as one text that remembers its items, for styles with a delimiter between them.

    The text itself contains the unquoted items.

    Args:
        marks: The text before each item.
        items: The items; of an object its members' names and values in turn.
        delimiters: Characters that would end an item.
        listed: Whether it is a list or an object; False for a scalar, which no delimiter splits.
    """

    __slots__ = ("_delimiters", "_listed", "_marks", "items")

    items: tuple[str, ...]

    def __new__(cls, marks: Sequence[str], items: Sequence[str], delimiters: str, *, listed: bool = True) -> "Joined":
        made = super().__new__(cls, "".join(mark + item for mark, item in zip(marks, items, strict=True)))
        made.items, made._marks, made._delimiters, made._listed = tuple(items), tuple(marks), delimiters, listed
        return made

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
        for item in self.items if self._listed else ():
            found = next((mark for mark in self._delimiters if mark in item), None)
            if found is not None:
                raise UsageError(
                    f"{name} cannot be sent: its item {item[:80]!r} contains {found!r}, the separator of items",
                    remedy=f"Use items without {found!r}.",
                )


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
        for item in value if is_list(value) else [value]:
            text = item.encoded(name, quote_plus) if isinstance(item, Joined) else quote_plus(_form_text(name, item))
            pairs.append(f"{quote_plus(name)}={text}")
    return Body("&".join(pairs).encode(), "application/x-www-form-urlencoded")


def _form_text(name: str, value: object) -> str:
    data = plain(value)
    if isinstance(data, str):
        return data
    try:
        return json.dumps(data)
    except TypeError:
        encoded({name: data})  # raises for what JSON cannot represent, and converts numbers of numpy
        return encoded(data).decode()  # a number of numpy


def raw_body(value: Any, media_type: str = "application/octet-stream") -> Body:
    """Return a body of unchanged bytes or text, or of a file that is streamed.

    Args:
        value: bytes, str (UTF-8), a binary file object (read once: no retry), a path, or OMIT.
        media_type: The document's media type.
    """
    if value is OMIT:
        return NO_BODY
    if isinstance(value, str):
        return Body(value.encode(), media_type)
    if isinstance(value, (bytes, bytearray)):
        return Body(bytes(value), media_type)
    return Body(lambda: chunks(value), media_type)


def chunks(source: Content) -> Iterator[bytes]:
    """Yield the bytes of a file, a path or a bytes object, at most 1 MiB at a time."""
    if isinstance(source, bytes):
        yield source
    elif isinstance(source, os.PathLike):
        with open(source, "rb") as file:  # noqa: PTH123 - any path-like
            yield from iter(lambda: file.read(CHUNK), b"")
    else:
        yield from iter(lambda: source.read(CHUNK), b"")


def multipart_body(
    fields: Mapping[str, object] | Omit,
    files: Sequence[str] = (),
    *,
    types: Mapping[str, str] | None = None,
    headers: Mapping[str, Mapping[str, str]] | None = None,
) -> Body:
    """Return a multipart/form-data body (RFC 7578), streamed.

    Args:
        fields: Names and values; OMIT and None are left out, lists repeat their name. OMIT is no body.
        files: Names of the binary fields, whose values are each a MultipartFile or a list of them. A value that can only
            be a file is sent as one under any name.
        types: Media types of fields as in the document: several separated by commas, `image/*` for any of a kind. A
            file is sent with the one that matches its name, or the first.
        headers: Headers of fields' parts whose values the document states.

    Raises:
        UsageError: A file is given in another form, or the media type or a header of its part cannot be sent.
    """
    if fields is OMIT:
        return NO_BODY
    boundary = os.urandom(16).hex()
    stated, fixed = types or {}, headers or {}
    parts = [
        _part(name, item, stated.get(name, ""), fixed.get(name, {}), is_file=name in files)
        for name, value in fields.items()
        if value is not OMIT and value is not None
        for item in _parts_of(value, is_file=name in files)
    ]

    def content() -> Iterator[bytes]:
        for head, source in parts:
            yield f"--{boundary}\r\n{head}\r\n\r\n".encode()
            yield from chunks(source)
            yield b"\r\n"
        yield f"--{boundary}--\r\n".encode()

    return Body(content, f"multipart/form-data; boundary={boundary}")


def _spelled(name: str, value: object) -> object:
    """A part's value, without percent-encoding."""
    if isinstance(value, Joined):
        value.refuse_delimiters(name)
    return value


def _is_content(value: object) -> bool:
    return isinstance(value, (bytes, os.PathLike)) or hasattr(value, "read")


_MOST_OF_FILE = 4


def _is_named(value: object) -> bool:
    """Whether a value is a file with its name."""
    if not isinstance(value, tuple):
        return False
    items = cast("tuple[object, ...]", value)
    return len(items) > 1 and isinstance(items[0], str) and _is_content(items[1])


def _parts_of(value: Any, *, is_file: bool) -> Iterable[object]:
    """Return the values of a field's parts; a tuple of files is a list, unlike one of a file's name and content."""
    if is_array(value) or not is_list(value) or _is_named(value):
        return value if is_array(value) else [value]
    return value if is_file or all(_is_content(item) or _is_named(item) for item in value) else [value]


def _part(name: str, value: Any, stated: str, fixed: Mapping[str, str], *, is_file: bool) -> tuple[str, Content]:
    """Return the headers of a part, and its content."""
    head = f'content-disposition: form-data; name="{_quoted(name)}"'
    if not (is_file or _is_content(value) or _is_named(value)):
        # OpenAPI: an object in a part is JSON, with that media type.
        kind = _type_of_part(stated, "", "application/json" if is_mapping(members(value)) else "")
        value = _spelled(name, value)
        text = json.dumps(value) if kind == "application/json" and isinstance(value, str) else _form_text(name, value)
        return _with_headers(name, head, kind, fixed), text.encode()
    filename, source, given, own = _named_file(name, value)
    kind = given or _type_of_part(stated, filename, "application/octet-stream")
    return _with_headers(name, f'{head}; filename="{_quoted(filename)}"', kind, {**fixed, **own}), source


# RFC 9110, 5.5 and 5.6.2: names are tokens; values are visible, and a line end would start another header.
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")


def _with_headers(name: str, head: str, kind: str, headers: Mapping[str, str]) -> str:
    lines = [head]
    for key, value in (("content-type", kind), *headers.items()):
        if not (_HEADER_NAME.fullmatch(key) and _HEADER_VALUE.fullmatch(value)):
            raise UsageError(
                f"{name} cannot be sent: its header {key!r} contains a character that headers cannot have",
                remedy="Use a header without line ends and control characters.",
            )
        if key.lower() != "content-disposition" and (value or key != "content-type"):
            lines.append(f"{key}: {value}")
    return "\r\n".join(lines)


def _type_of_part(stated: str, filename: str, usual: str) -> str:
    """Return a part's media type: of the stated ones the one that matches the file's name, else the first that is no
    range.
    """
    names = [name.strip() for name in stated.split(",") if name.strip()]
    if not names:
        return usual
    from mimetypes import guess_type

    guessed = guess_type(filename)[0] or ""
    if any(name in (guessed, f"{guessed.partition('/')[0]}/*", "*/*") for name in names) and guessed:
        return guessed
    return next((name for name in names if "*" not in name), usual)


@cache
def _media_types() -> "MimeTypes":
    from mimetypes import MimeTypes

    table = MimeTypes()
    table.add_type("application/json", ".ipynb")
    return table


def media_type_of(name: str) -> str | None:
    """Return the media type of a file by its name's suffix; None if unknown.

    Only Python's own table is used: with the system's, types would differ between machines.

    Args:
        name: The name. One that ends in `.gz` is gzip, whatever precedes it; other compressions alike.
    """
    kind, encoding = _media_types().guess_type(Path(name).name)
    if encoding is not None:
        return "application/gzip" if encoding == "gzip" else f"application/x-{encoding}"
    return kind


def _named_file(name: str, value: Any) -> tuple[str, Content, str, Mapping[str, str]]:
    if is_list(value):
        given = [*value]
        if _is_named(tuple(given)) and len(given) <= _MOST_OF_FILE:
            kind = str(given[2]) if len(given) > 2 else ""
            return str(given[0]), given[1], kind, given[3] if len(given) == _MOST_OF_FILE else {}
    elif _is_content(value) or isinstance(value, bytearray):
        is_path = isinstance(value, os.PathLike)
        path = os.fspath(cast("os.PathLike[str]", value)) if is_path else getattr(value, "name", name)
        return Path(str(path)).name, bytes(value) if isinstance(value, bytearray) else value, "", {}
    raise UsageError(
        f"{name} cannot be sent: it is {type(value).__name__}, no file",
        remedy="Use bytes, a file object, a pathlib.Path, or (name, content), with a media type and headers after them.",
    )


def _quoted(text: str) -> str:
    # WHATWG's form-data rule: a line end or quote in a name must not start another header.
    return text.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


@dataclass(frozen=True, slots=True)
class BodyChoice:
    """One of the ways to send an operation's body.

    Attributes:
        media_types: Those that differ in nothing but their name.
        required: The arguments that it needs.
        optional: Its further arguments.
        takes: What they may be: `data`, `files` and data, or `raw` bytes or text.
        body: Makes the body for one of the media types.
    """

    media_types: Sequence[str]
    required: Sequence[str]
    optional: Sequence[str]
    takes: Literal["data", "files", "raw"]
    body: Callable[[str], Body]


def _can_take(choice: BodyChoice, values: Sequence[object]) -> bool:
    if choice.takes == "raw":
        return all(isinstance(value, str) or _is_content(value) for value in values)
    return choice.takes == "files" or not any(map(_is_content, values))


def chosen_body(operation: str, content_type: str | Omit, given: Mapping[str, object], *choices: BodyChoice) -> Body:
    """Return the body of an operation that takes several media types.

    Args:
        operation: The operation, for errors.
        content_type: The requested media type; OMIT selects the first that can carry the arguments.
        given: The body's arguments.
        choices: The ways to send it, the best first.

    Raises:
        UsageError: No media type can carry the arguments, or not the requested one; the message states what is wrong.
    """
    names = {name for name, value in given.items() if value is not OMIT}
    asked = [choice for choice in choices if content_type is OMIT or content_type in choice.media_types]
    values = [given[name] for name in names]
    fitting = [
        choice for choice in asked if names <= {*choice.required, *choice.optional} and _can_take(choice, values)
    ]
    complete = next((choice for choice in fitting if names >= set(choice.required)), None)
    if complete is not None:
        return complete.body(complete.media_types[0] if content_type is OMIT else content_type)
    listed = ", ".join(kind for choice in choices for kind in choice.media_types)
    if not asked:
        raise UsageError(f"{operation}() has no body of the type {content_type!r}", remedy=f"Use one of {listed}.")
    if fitting:
        missing = [repr(name) for name in fitting[0].required if name not in names]
        kind = fitting[0].media_types[0]
        raise UsageError(f"{operation}() misses {' and '.join(missing)} for a body of {kind}", remedy="Pass them.")
    stated = "; ".join(
        f"{', '.join(choice.media_types)}: {', '.join([*choice.required, *choice.optional])}" for choice in asked
    )
    raise UsageError(
        f"{operation}() cannot send {' and '.join(sorted(names))} in one body",
        remedy=f"Pass those of one type: {stated}.",
    )
