"""Select one of a body's media types, and its type in Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from .values import Json

Form: TypeAlias = Literal["json", "form", "multipart", "text", "bytes"]


def essence(media_type: str) -> str:
    """A media type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def form_of(media_type: str, schema: Json) -> Form:
    """Return the form of a body of a media type.

    Args:
        media_type: as the document states it; `*/*` is JSON unless the schema is one of bytes, and so is
            application/octet-stream with an object or array of parts: converters write that for JSON.
        schema: the body's schema without references, or None.
    """
    name = essence(media_type)
    if name in ("application/json", "text/json") or name.endswith("+json"):
        return "json"
    if name == "application/x-www-form-urlencoded":
        return "form"
    if name.startswith("multipart/"):
        return "multipart"
    if name.startswith("text/") or name.endswith(("/xml", "+xml")):
        return "bytes" if isinstance(schema, dict) and schema.get("format") == "binary" else "text"
    if (
        name == "application/octet-stream"
        and isinstance(schema, dict)
        and not {"properties", "items"}.isdisjoint(schema)
    ):
        return "json"
    binary = isinstance(schema, dict) and (schema.get("format") == "binary" or schema.get("type") == "string")
    return "json" if name in ("*/*", "application/*", "") and isinstance(schema, dict) and not binary else "bytes"


# Responses that are a sequence of items, one after the other.
_JSON_LINES = ("jsonl", "x-ndjson", "ndjson", "x-jsonlines", "json-seq")
SEQUENCES = frozenset({"text/event-stream", *(f"application/{kind}" for kind in _JSON_LINES)})


def schema_in(media: Json) -> Json:
    """The schema of a media type object, or None."""
    return media.get("schema") if isinstance(media, dict) else None


def preferred(forms: Mapping[str, Form], order: tuple[Form, ...]) -> tuple[str, Form] | None:
    """Choose among a body's media types.

    Args:
        forms: media types and what each is.
        order: forms, the best first; of two of the same form the first in the document is taken, but JSON of another
            name only after JSON.

    Returns:
        The media type and its form, or None if there is none.
    """

    def rank(pair: tuple[str, Form]) -> tuple[int, bool]:
        return order.index(pair[1]), pair[1] == "json" and essence(pair[0]) != "application/json"

    return min(forms.items(), key=rank, default=None)


REQUEST_ORDER: tuple[Form, ...] = ("json", "multipart", "form", "bytes", "text")
RESPONSE_ORDER: tuple[Form, ...] = ("json", "bytes", "text", "form", "multipart")


def sent_type(media_type: str, form: Form) -> str:
    """Return the media type that is sent: a range becomes one of its types, and the result is a valid header."""
    name = "".join(char for char in media_type if char.isascii() and char.isprintable()).strip()
    if "*" in name or "/" not in name or (form == "json" and "json" not in name):
        return {"json": "application/json", "text": "text/plain"}.get(form, "application/octet-stream")
    return name


def accepted(forms: Mapping[str, Form]) -> str:
    """Return an Accept header for the types that an operation can read, and no others.

    Bytes and text are read under any media type, so `*/*` lets a server send them under another one. What is read as
    JSON cannot be a table or a page, which such a range would invite. Where one status has JSON and another something
    else, JSON is preferred: a server that chooses by the header alone sends that.

    Args:
        forms: the media types of the operation's responses, and what each is read as.
    """
    names: dict[str, None] = {}
    for name, form in forms.items():
        printable = "".join(char for char in name if char.isascii() and char.isprintable()) or "*/*"
        is_range = "*" in printable
        if form == "json":
            names["application/json" if is_range else printable] = None
        elif "json" not in forms.values():
            names[printable] = None
        elif not is_range:
            names[f"{printable};q=0.5"] = None
    if not names or "*/*" in names:
        return "*/*"
    return ", ".join(names if "json" in forms.values() else [*names, "*/*;q=0.5"])
