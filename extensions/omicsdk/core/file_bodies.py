"""Bodies with files: bytes, and multipart forms; and bodies of operations that accept several media types."""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

from omicsdk.core.bodies import NO_BODY, Body, Joined, members, utf8
from omicsdk.core.errors import SourceChanged, UsageError
from omicsdk.core.forms import form_text
from omicsdk.core.omit import OMIT, Omit
from omicsdk.core.type_guards import is_array, is_list, is_mapping

#: Bytes read from a file at a time.
CHUNK = 1 << 20


#: What a binary field or body may be given as; a path is opened for each try.
Content = bytes | BinaryIO | os.PathLike[str]


#: What a file in a multipart body may be given as: its content, or its name and content, and then its media type and
#: further headers of its part.
MultipartFile = Content | tuple[str, Content] | tuple[str, Content, str] | tuple[str, Content, str, Mapping[str, str]]


def raw_body(value: Any, media_type: str = "application/octet-stream") -> Body:
    """Return a body of unchanged bytes or text, or of a file that is streamed.

    Args:
        value: bytes, str (UTF-8), a binary file object (read again for a retry if it is seekable, else there is none), a
            path, or OMIT.
        media_type: The document's media type.
    """
    if value is OMIT:
        return NO_BODY
    if isinstance(value, str):
        return Body(utf8("the body", value), media_type)
    if isinstance(value, (bytes, bytearray)):
        return Body(bytes(value), media_type)
    return Body(FileContent(lambda: chunks(value), [value]), media_type)


class FileContent:
    """The bytes of a body with files, which each try reads from where the files were at first.

    Args:
        pieces: Yields the bytes.
        sources: What it reads.
        framing: The number of other bytes.

    Raises:
        UsageError: One is no file, or a file that was opened as text.
    """

    def __init__(self, pieces: Callable[[], Iterator[bytes]], sources: Sequence[Content], *, framing: int = 0) -> None:
        self._pieces, self._sources, self._framing = pieces, sources, framing
        files = [source for source in sources if not isinstance(source, (bytes, os.PathLike))]
        for file in files:
            # Files of text have an encoding, also those of tempfile and codecs, which are no TextIOBase.
            if hasattr(file, "encoding") or not hasattr(file, "read"):
                raise UsageError(
                    f"The body cannot be sent: {type(file).__name__} is not a binary file",
                    remedy="Use bytes, a pathlib.Path, or a file that is opened in binary mode.",
                )
        # Where they are now: a caller may have read a part of a file, whose rest is the body.
        self._starts = [(file, _position(file)) for file in files]
        self._is_read = False

    @property
    def is_repeatable(self) -> bool:
        """Whether it can be sent (again)."""
        return not self._is_read or all(start is not None for _, start in self._starts)

    @property
    def length(self) -> int | None:
        """The number of bytes that a try sends; None if that of a file is unknown.

        Many servers refuse bodies without it, such as S3 and those of WSGI.
        """
        starts = {id(file): start for file, start in self._starts}
        # Taken out: a file that is sent twice has nothing left the second time.
        lengths = [_length(source, starts.pop(id(source), None)) for source in self._sources]
        return None if None in lengths else self._framing + sum(filter(None, lengths))

    def __call__(self, length: int | None = None) -> Iterator[bytes]:
        """Yield the bytes.

        Args:
            length: The number of bytes that the request states; None if it states none.

        Raises:
            SourceChanged: They are more or fewer.
            UsageError: They were read before, and a file cannot be read again.
        """
        for file, start in self._starts if self._is_read else ():
            if start is None:
                raise UsageError(
                    "The body cannot be sent again: a file in it can only be read once",
                    remedy="Use bytes, a pathlib.Path, or a file that is seekable.",
                )
            file.seek(start)
        self._is_read, left = True, length
        for piece in self._pieces():
            if left is not None and (left := left - len(piece)) < 0:
                break
            yield piece
        if left:
            raise SourceChanged(
                f"The body cannot be sent: it had {length} bytes, and a file in it changed meanwhile",
                remedy="Send it again when no program writes to the file.",
            )


def _position(file: BinaryIO) -> int | None:
    """Return where a file is read next; None if it can only be read once."""
    seekable: Callable[[], bool] | None = getattr(file, "seekable", None)  # which other objects with `read` lack
    return file.tell() if seekable is not None and seekable() else None


def _length(source: Content, start: int | None) -> int | None:
    if isinstance(source, bytes):
        return len(source)
    try:
        if isinstance(source, os.PathLike):
            # That of a pipe, and of a file that the system writes while it is read, is 0.
            return Path(source).stat().st_size or None
        if start is None:
            return None
        # Not the size of its descriptor: that of a file of gzip is the compressed one.
        end = source.seek(0, os.SEEK_END)
        source.seek(start)
    except (OSError, ValueError):
        return None
    return max(end - start, 0)


def chunks(source: Content) -> Iterator[bytes]:
    """Yield the bytes of a file, a path or a bytes object, at most 1 MiB at a time."""
    if isinstance(source, bytes):
        yield source
    elif isinstance(source, os.PathLike):
        with open(source, "rb") as file:  # noqa: PTH123 - any path-like
            yield from iter(lambda: file.read(CHUNK), b"")
    else:
        # Until nothing is read, not b"": a file that is open as text ends with "".
        while piece := source.read(CHUNK):
            yield piece


def multipart_body(
    fields: Mapping[str, object] | Omit,
    files: Sequence[str] = (),
    *,
    types: Mapping[str, str] | None = None,
    headers: Mapping[str, Mapping[str, str]] | None = None,
    media_type: str = "multipart/form-data",
) -> Body:
    """Return a multipart body with the parts of a form (RFC 7578), streamed.

    Args:
        fields: Names and values; OMIT and None are left out, lists repeat their name. OMIT is no body.
        files: Names of the binary fields, whose values are each a MultipartFile or a list of them. A value that can only
            be a file is sent as one under any name.
        types: Media types of fields as in the document: several separated by commas, `image/*` for any of a kind. A
            file is sent with the one that matches its name, or the first.
        headers: Headers of fields' parts whose values the document states.
        media_type: The document's media type, without a boundary.

    Raises:
        UsageError: A file is given in another form, an object in place of XML, or the media type or a header of a part
            cannot be sent.
    """
    if fields is OMIT:
        return NO_BODY
    # 128 random bits: content cannot contain them by chance, so it is not searched.
    boundary = os.urandom(16).hex()
    types_of_parts, fixed = types or {}, headers or {}
    parts = [
        _part(name, item, types_of_parts.get(name, ""), fixed.get(name, {}), is_file=name in files)
        for name, value in fields.items()
        if value is not OMIT and value is not None
        for item in _parts_of(value, is_file=name in files)
        if item is not OMIT
    ]

    heads = [f"--{boundary}\r\n{head}\r\n\r\n".encode() for head, _ in parts]
    end = f"--{boundary}--\r\n".encode()

    def content() -> Iterator[bytes]:
        for head, (_, source) in zip(heads, parts, strict=True):
            yield head
            yield from chunks(source)
            yield b"\r\n"
        yield end

    framing = sum(len(head) + len(b"\r\n") for head in heads) + len(end)
    whole = FileContent(content, [source for _, source in parts], framing=framing)
    return Body(whole, f"{media_type}; boundary={boundary}")


def _spelled(name: str, value: object) -> object:
    """A part's value, without percent-encoding."""
    if isinstance(value, Joined):
        value.refuse_delimiters(name)
    return value


def is_content(value: object) -> bool:
    """Return whether a value can only be a file, or bytes."""
    return isinstance(value, (bytes, os.PathLike)) or hasattr(value, "read")


def has_files(value: object) -> bool:
    """Return whether a value is a file, or a list or a body's mapping with one."""
    items = value.values() if is_mapping(value) else value if is_list(value) else ()
    return is_content(value) or any(map(has_files, items))


_MOST_OF_FILE = 4


def _is_named(value: object) -> bool:
    """Whether a value is a file with its name."""
    if not isinstance(value, tuple):
        return False
    items = cast("tuple[object, ...]", value)
    return len(items) > 1 and isinstance(items[0], str) and is_content(items[1])


def _parts_of(value: Any, *, is_file: bool) -> Iterable[object]:
    """Return the values of a field's parts; a tuple of files is a list, unlike one of a file's name and content."""
    if is_array(value) or not is_list(value) or _is_named(value):
        return value if is_array(value) else [value]
    return value if is_file or all(is_content(item) or _is_named(item) for item in value) else [value]


def _part(name: str, value: Any, declared_type: str, fixed: Mapping[str, str], *, is_file: bool) -> tuple[str, Content]:
    """Return the headers of a part, and its content."""
    head = f'content-disposition: form-data; name="{_quoted(name, name)}"'
    if not (is_file or is_content(value) or _is_named(value)):
        # OpenAPI: an object in a part is JSON, with that media type.
        kind = _type_of_part(declared_type, "", "application/json" if is_mapping(members(value)) else "")
        is_xml = kind.partition(";")[0].rstrip().endswith(("/xml", "+xml"))
        if is_xml and (is_list(value) or is_mapping(members(value))):
            raise UsageError(f"{name} cannot be sent as {kind}", remedy="Pass the XML as a text.")
        value = _spelled(name, value)
        text = json.dumps(value) if kind == "application/json" and isinstance(value, str) else form_text(name, value)
        return _with_headers(name, head, kind, fixed), utf8(name, text)
    filename, source, content_type, part_headers = _named_file(name, value)
    kind = content_type or _type_of_part(declared_type, filename, "application/octet-stream")
    return _with_headers(name, f'{head}; filename="{_quoted(name, filename)}"', kind, {**fixed, **part_headers}), source


# RFC 9110, 5.5 and 5.6.2: names are tokens; values are visible, and a line end would start another header.
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


_HEADER_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]*")


def _with_headers(name: str, head: str, kind: str, headers: Mapping[str, str]) -> str:
    lines = [head]
    for key, value in (("content-type", kind), *headers.items()):
        if not (_HEADER_NAME.fullmatch(key) and _HEADER_VALUE.fullmatch(value)):
            raise UsageError(
                f"{name} cannot be sent: its header {key!r} contains a character that headers cannot have",
                remedy="Use a header without line ends and control characters.",
            )
        # A part has one Content-Disposition, that with its name.
        if key.lower() != "content-disposition" and (value or key != "content-type"):
            lines.append(f"{key}: {value}")
    return "\r\n".join(lines)


def _type_of_part(declared_type: str, filename: str, usual: str) -> str:
    """Return a part's media type: of the stated ones the one that matches the file's name, else the first that is no
    range.
    """
    names = [name.strip() for name in declared_type.split(",") if name.strip()]
    if not names:
        return usual
    from mimetypes import guess_type

    guessed = guess_type(filename)[0] or ""
    if any(name in (guessed, f"{guessed.partition('/')[0]}/*", "*/*") for name in names) and guessed:
        return guessed
    return next((name for name in names if "*" not in name), usual)


def _named_file(name: str, value: Any) -> tuple[str, Content, str, Mapping[str, str]]:
    if is_list(value):
        parts = [*value]
        if _is_named(tuple(parts)) and len(parts) <= _MOST_OF_FILE:
            kind = str(parts[2]) if len(parts) > 2 else ""
            return str(parts[0]), parts[1], kind, parts[3] if len(parts) == _MOST_OF_FILE else {}
    elif is_content(value) or isinstance(value, bytearray):
        is_path = isinstance(value, os.PathLike)
        path: object = os.fspath(cast("os.PathLike[str]", value)) if is_path else getattr(value, "name", None)
        filename = os.fsdecode(path) if isinstance(path, (str, bytes)) else name  # not a descriptor
        return Path(filename).name, bytes(value) if isinstance(value, bytearray) else value, "", {}
    raise UsageError(
        f"{name} cannot be sent: it is {type(value).__name__}, no file",
        remedy="Use bytes, a file object, a pathlib.Path, or (name, content), with a media type and headers after them.",
    )


def _quoted(name: str, text: str) -> str:
    # WHATWG's form-data rule: a line end or quote in a name must not start another header.
    return utf8(name, text).decode().replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


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
        return all(isinstance(value, str) or is_content(value) for value in values)
    return choice.takes == "files" or not any(map(has_files, values))


def chosen_body(operation: str, content_type: str | Omit, fields: Mapping[str, object], *choices: BodyChoice) -> Body:
    """Return the body of an operation that takes several media types.

    Args:
        operation: The operation, for errors.
        content_type: The requested media type; OMIT selects the first that can carry the arguments.
        fields: The body's arguments.
        choices: The ways to send it, the best first.

    Raises:
        UsageError: No media type can carry the arguments, or not the requested one; the message states what is wrong.
    """
    names = {name for name, value in fields.items() if value is not OMIT}
    matching = [choice for choice in choices if content_type is OMIT or content_type in choice.media_types]
    values = [fields[name] for name in names]
    fitting = [
        choice for choice in matching if names <= {*choice.required, *choice.optional} and _can_take(choice, values)
    ]
    complete = next((choice for choice in fitting if names >= set(choice.required)), None)
    if complete is not None:
        return complete.body(complete.media_types[0] if content_type is OMIT else content_type)
    types = ", ".join(kind for choice in choices for kind in choice.media_types)
    if not matching:
        raise UsageError(f"{operation}() has no body of the type {content_type!r}", remedy=f"Use one of {types}.")
    if fitting:
        missing = [repr(name) for name in fitting[0].required if name not in names]
        kind = fitting[0].media_types[0]
        raise UsageError(f"{operation}() misses {' and '.join(missing)} for a body of {kind}", remedy="Pass them.")
    choices_text = "; ".join(
        f"{', '.join(choice.media_types)}: {', '.join([*choice.required, *choice.optional])}" for choice in matching
    )
    raise UsageError(
        f"{operation}() cannot send {' and '.join(sorted(names))} in one body",
        remedy=f"Pass those of one type: {choices_text}.",
    )
