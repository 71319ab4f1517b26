"""Texts of forms and of parameters: bodies of forms, and parameters in styles other than the default ones."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any, Literal
from urllib.parse import quote, quote_plus

from omicsdk.core.bodies import NO_BODY, Body, Joined, members, plain, utf8
from omicsdk.core.errors import UsageError
from omicsdk.core.json_coding import encoded
from omicsdk.core.omit import OMIT, Omit
from omicsdk.core.request import QUERY_SAFE, Query, Verbatim, exploded, joined, text_of
from omicsdk.core.type_guards import is_list, is_mapping


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
            if item is OMIT:
                continue
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
    data = plain(value, sent=True)
    if isinstance(data, str):
        return data
    try:
        return json.dumps(data, allow_nan=False)
    except (TypeError, ValueError):
        encoded({name: data})  # raises for what JSON cannot represent, and converts numbers of numpy
        return encoded(data).decode()  # a number of numpy


NO_STYLES: Mapping[str, str] = {}


def prefixed(prefix: str, value: Any) -> object:
    """Return an object with a prefix before its members' names, where they lack it; OMIT and None unchanged."""
    value = members(value)
    if not is_mapping(value):
        return value
    return {name if name.startswith(prefix) else f"{prefix}{name}": item for name, item in value.items()}


def as_list(value: object) -> object:
    """Return a text as a list with this one item, since its characters are no items; anything else unchanged."""
    return [value] if isinstance(value, str) else value


#: Separator of items for tsv in Swagger 2.0.
TAB = "\t"


def styled(name: str, value: Any, style: Literal["simple", "label", "matrix"], *, explode: bool) -> object:
    """Format a path or header parameter in one of RFC 6570's styles; OMIT and None are returned unchanged.

    Args:
        name: The parameter.
        value: A scalar, a list, an object or a model.
        style: `simple`: a,b; `label`: .a,b; `matrix`: ;name=a,b.
        explode: Whether items are written separately (.a.b and ;name=a;name=b), and members as key=value.

    Returns:
        The text, as Joined; OMIT for an empty list or object, for which RFC 6570 sends nothing. Members that are None
        are skipped.

    Raises:
        UsageError: An item has no text form.
    """
    if value is OMIT or value is None:
        return value
    value = plain(value, sent=True)
    sign = {"simple": "", "label": ".", "matrix": ";"}[style]
    first = f";{name}=" if style == "matrix" else sign
    # Behind a label's dot only commas separate; a matrix's semicolon always starts another parameter.
    delimiters, is_compound = ",;" if style == "matrix" else ",", is_list(value) or is_mapping(value)
    marks: list[str] = []
    if is_mapping(value):
        pairs = {str(key): item for key, item in value.items() if item is not None and item is not OMIT}
        items = [text for key, item in pairs.items() for text in (key, text_of(item, name))]
        if explode:
            marks, delimiters = [sign, "=", *[sign or ",", "="] * (len(pairs) - 1)], f"{sign or ','}="
    else:
        listed_items = value if is_list(value) else [value]
        items = [text_of(item, name) for item in listed_items if item is not None]
        if explode and style != "simple":
            marks, delimiters = [first] * len(items), sign
    if not items:
        return OMIT
    marks = marks or [first, *[","] * (len(items) - 1)]
    # RFC 6570, section 3.2.7: an empty value of a matrix has no equals sign.
    if style == "matrix" and (explode or items == [""]):
        marks = [mark if item else mark.removesuffix("=") for mark, item in zip(marks, items, strict=True)]
    return Joined(marks, items, delimiters, splits=is_compound)


def deep_object(name: str, value: Any) -> Query:
    """Format an object in style deepObject: `name[member]=value`, and `name[member][inner]=value` for deeper members.

    Raises:
        UsageError: A member's name contains a bracket: servers read `%5B` as `[`.
    """
    value = members(value)
    if not is_mapping(value):
        return [(name, value)]
    if wrong := next((key for key in map(str, value) if set(key) & set("[]")), None):
        raise UsageError(
            f"{name} cannot be sent: its member {wrong[:80]!r} contains a bracket, which ends a member's name in this style",
            remedy="Use a member whose name has no brackets.",
        )
    return [pair for key, item in value.items() for pair in deep_object(f"{name}[{key}]", item)]


def deep_fields(name: str, value: Any) -> dict[str, object]:
    """The same for a form's field, which becomes as many fields as it has members."""
    return dict(deep_object(name, value))


def json_text(value: object) -> object:
    """Encode a parameter as JSON, if the document requires that; OMIT and None are returned unchanged.

    Raises:
        UsageError: It contains what JSON cannot represent; the message names the place.
    """
    return value if value is OMIT or value is None else encoded(plain(value, sent=True)).decode()


def whole_query(
    name: str, value: Any, form: Literal["form", "json", "text"], styles: Mapping[str, str] = NO_STYLES
) -> str:
    """Return the query string of an operation whose query is one value (OpenAPI 3.2, `in: querystring`).

    Args:
        name: The parameter, for errors.
        value: A mapping or a model; for `json` any JSON data, for `text` a text. OMIT and None are no query.
        form: `form` as forms are sent (a space is `+`, lists repeat their name, other values are JSON); `json` and
            `text` percent-encoded.
        styles: Fields of a form in another style: the separator of their items, or `deep`.

    Raises:
        UsageError: It cannot be written so.
    """
    if value is OMIT or value is None:
        return ""
    if form != "form":
        return quote(str(json_text(value)) if form == "json" else text_of(value, name), safe=QUERY_SAFE)
    fields_passed = members(value)
    if not is_mapping(fields_passed):
        raise UsageError(f"{name} cannot be sent: it has no fields", remedy="Pass a mapping of names to values.")
    fields: dict[str, object] = {}
    for key, item in fields_passed.items():
        style = styles.get(str(key), "")
        if style == "deep":
            fields |= deep_fields(str(key), item)
        else:
            fields[str(key)] = joined(item, style, str(key)) if style else item
    content = form_body(fields).content
    return content.decode() if isinstance(content, bytes) else ""


def cookie_pairs(name: str, value: Any, *, explode: bool) -> Query:
    """Return a cookie parameter in style cookie (OpenAPI 3.2), without percent-encoding.

    Args:
        name: The parameter.
        value: A scalar, a list, an object or a model; OMIT and None send nothing.
        explode: Whether each item is a cookie of the same name, and each member a separate one.

    Raises:
        UsageError: A value contains a character that would end it.
    """
    pairs = exploded(name, value) if explode else exploded(name, joined(value, ",", name))
    for key, text in pairs:
        if any(not " " <= char <= "~" or char == ";" for text in (key, text) for char in text):
            raise UsageError(
                f"{name} cannot be sent: the cookie {key[:80]!r} contains a character that cookies cannot have, and it is not percent-encoded",
                remedy="Encode it as the service does: printable ASCII without semicolons.",
            )
    return [(key, Verbatim(text)) for key, text in pairs]
