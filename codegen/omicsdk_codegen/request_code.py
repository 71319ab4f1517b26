"""The code that makes an operation's request of its arguments: path, query, headers, cookies and body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote

from .imports import Imports
from .media import essence
from .operations import Argument, Draft, How, SentBody
from .shapes import BYTES, Array, is_list_of_texts, is_plain, is_text_in_json
from .texts import Code, as_literal

REQUEST = "omicsdk.core.request"
_BODIES = "omicsdk.core.bodies"
_STYLES = "omicsdk.core.forms"
_CHOICE = "omicsdk.core.file_bodies"
_FILE_BODIES = "omicsdk.core.file_bodies"
# Functions of omicsdk.core in the code, where an argument of that name would hide them.
HIDEABLE = frozenset(
    {"request", "segment", "joined", "styled", "deep_object", "deep_fields", "json_text", "given", "members",
     "whole_query", "cookie_pairs", "as_text", "prefixed", "as_list",
     "json_body", "form_body", "multipart_body", "raw_body", "chosen_body", "BodyChoice"}
)  # fmt: skip
_SEPARATORS: dict[How, str] = {"comma": ",", "space": " ", "tab": "\t", "pipe": "|"}
_STYLED = frozenset({"simple*", "label", "label*", "matrix", "matrix*"})
# Characters that need no escape in a path (RFC 3986), except those that would end a literal.
_SAFE = "/-._~!$&()*+,;=:@"


def path_code(draft: Draft, imports: Imports) -> Code:
    """The sent path as one f-string: its fixed parts are quoted for the wire, which leaves nothing to escape."""
    arguments = {argument.wire: argument for argument in draft.arguments if argument.position == "path"}
    fixed_only = True
    pieces: list[str] = []
    for number, piece in enumerate(re.split(r"\{([^}]*)\}", draft.operation.sent.partition("?")[0])):
        if number % 2 == 0:
            # An encoded slash does not separate segments.
            parts = re.split("(?i)%2f", piece)
            pieces.append("%2F".join(quote(unquote(part), safe=_SAFE, errors="replace") for part in parts))
            continue
        argument = arguments[piece]
        value = _value(argument, imports)
        if argument.how in _SEPARATORS:
            value = f"{imports.add(REQUEST, 'joined')}({value}, {_separator(argument, imports)}, '{argument.python}')"
        elif argument.how in _STYLED:
            value = _styled(argument, imports)
        elif argument.how == "json":
            value = f"{imports.add(_STYLES, 'json_text')}({value})"
        raw = ", raw=True" if argument.raw else ""
        pieces.append(f"{{{imports.add(REQUEST, 'segment')}('{argument.python}', {value}{raw})}}")
        fixed_only = False
    text = "".join(pieces)
    text = text if text.startswith("/") else f"/{text}"
    return as_literal(text) if fixed_only else Code(f"f{_quoted(text)}")


def _quoted(text: str) -> str:
    # Names of arguments are in single quotes; `joined` adds separators in double quotes.
    return f'"{text}"' if '"' not in text else f'"""{text}"""'


def sent_code(draft: Draft, imports: Imports) -> list[Code]:
    sent: list[str] = []
    query = [f"({as_literal(name)}, {as_literal(value)})" for name, value in _fixed_query(draft.operation.sent)]
    query += [_pair(argument, imports) for argument in draft.arguments if argument.position == "query"]
    if query:
        sent.append(f"query=({', '.join(query)},)")
    whole = next((argument for argument in draft.arguments if argument.position == "querystring"), None)
    if whole is not None:
        sent.append(f"querystring={_whole_query(whole, imports)}")
    for position, keyword in (("header", "headers"), ("cookie", "cookies")):
        pairs = [_pair(argument, imports) for argument in draft.arguments if argument.position == position]
        if pairs:
            sent.append(f"{keyword}=({', '.join(pairs)},)")
    body = _body(draft, imports)
    return [Code(text) for text in ([*sent, f"body={body}"] if body else sent)]


def _whole_query(argument: Argument, imports: Imports) -> str:
    called = imports.add(_STYLES, "whole_query")
    form = argument.how if argument.how in ("json", "form") else "text"
    marks = {wire: _SEPARATORS.get(how, how) for wire, how in argument.fields.items()}
    fields = ", ".join(f"{as_literal(wire)}: {as_literal(mark)}" for wire, mark in marks.items())
    return f"{called}({as_literal(argument.wire)}, {argument.python}, {form!r}{f', {{{fields}}}' if fields else ''})"


def _fixed_query(path: str) -> list[tuple[str, str]]:
    pairs = [pair.partition("=") for pair in path.partition("?")[2].split("&") if pair]
    return [(unquote(name), unquote(value)) for name, _, value in pairs if not value.startswith("{")]


def _pair(argument: Argument, imports: Imports) -> str:
    wire, python = as_literal(argument.wire), argument.python
    if argument.how == "deep":
        return f"*{imports.add(_STYLES, 'deep_object')}({wire}, {python})"
    if argument.how in ("cookie", "cookie*"):
        called = imports.add(_STYLES, "cookie_pairs")
        return f"*{called}({wire}, {python}, explode={argument.how == 'cookie*'})"
    if argument.how == "json":
        return f"({wire}, {imports.add(_STYLES, 'json_text')}({_value(argument, imports)}))"
    if argument.how in _STYLED:
        return f"({wire}, {_styled(argument, imports)})"
    if argument.prefix:
        return f"({wire}, {imports.add(_STYLES, 'prefixed')}({as_literal(argument.prefix)}, {python}))"
    if argument.how == "plain" and argument.position == "query":
        if is_text_in_json(argument.type):
            return f"({wire}, {_value(argument, imports)})"
        return f"({wire}, {python})"  # the name is repeated for each item, so a text is one already
    return f"({wire}, {_separated(argument, imports)})"


def _separated(argument: Argument, imports: Imports) -> str:
    if argument.how not in _SEPARATORS or is_plain(argument.type):
        return _value(argument, imports)
    called, separator = imports.add(REQUEST, "joined"), _separator(argument, imports)
    return f"{called}({_value(argument, imports)}, {separator}, {as_literal(argument.python)})"


def _value(argument: Argument, imports: Imports) -> str:
    """The argument, as code; a text in place of a list of texts is one item of it."""
    if is_text_in_json(argument.type):
        return f"{imports.add('omicsdk.core.native', 'as_text')}({argument.python})"
    return (
        f"{imports.add(_STYLES, 'as_list')}({argument.python})" if is_list_of_texts(argument.type) else argument.python
    )


def _separator(argument: Argument, imports: Imports) -> str:
    """Return the separator of items, as code; a tab by its name, since an f-string's braces allow no backslash before
    Python 3.12.
    """
    return imports.add(_STYLES, "TAB") if argument.how == "tab" else f'"{_SEPARATORS[argument.how]}"'


def _field(argument: Argument, imports: Imports) -> str:
    wire = as_literal(argument.wire)
    if argument.how == "deep":
        return f"**{imports.add(_STYLES, 'deep_fields')}({wire}, {argument.python})"
    return f"{wire}: {_separated(argument, imports)}"


def _styled(argument: Argument, imports: Imports) -> str:
    style, explode = argument.how.rstrip("*"), argument.how.endswith("*")
    called = imports.add(_STYLES, "styled")
    # Python before 3.12 accepts no backslash within an f-string's braces, and a name in a path is sent quoted anyway.
    name = quote(argument.wire, safe="") if argument.position == "path" else argument.wire
    return f"{called}({as_literal(name)}, {_value(argument, imports)}, {style!r}, explode={explode})"


def _body(draft: Draft, imports: Imports) -> str:
    body = draft.body
    if body is None:
        return ""
    if not draft.other_bodies:
        return _one_body(body, imports, draft.content_type if body.also or draft.default_type else "")
    body_arguments = [argument.python for argument in draft.arguments if argument.position == "body"]
    choices: list[str] = []
    for other in (body, *draft.other_bodies):
        kinds = ", ".join(as_literal(kind) for kind in other.media_types)
        required = "".join(f"{as_literal(argument.python)}, " for argument in other.arguments if argument.required)
        optional = "".join(f"{as_literal(argument.python)}, " for argument in other.arguments if not argument.required)
        # No argument has a name that begins with an underscore.
        choice = f"lambda _kind: {_one_body(other, imports, '_kind' if other.also else '')}"
        takes = {"multipart": "files", "text": "raw", "bytes": "raw"}.get(other.form, "data")
        choices.append(
            f"{imports.add(_CHOICE, 'BodyChoice')}(({kinds},), ({required}), ({optional}), '{takes}', {choice})"
        )
    values = ", ".join(f"{as_literal(name)}: {name}" for name in body_arguments)
    called = imports.add(_CHOICE, "chosen_body")
    return f"{called}({as_literal(draft.name)}, {draft.content_type}, {{{values}}}, {', '.join(choices)})"


def _one_body(body: SentBody, imports: Imports, selected: str) -> str:
    """Return the code of a body as one of its media types.

    Args:
        body: the body.
        imports: receives the names of omicsdk.core that the code needs.
        selected: the variable with its media type; empty if it has only one.
    """
    fields = body.arguments
    if body.whole:
        value = _value(fields[0], imports)
        if body.form in ("form", "multipart"):
            value = f"{imports.add(_BODIES, 'members')}({value})"
    else:
        value = f"{{{', '.join(_field(field, imports) for field in fields)}}}"
        if not body.required:
            value = f"{imports.add(_BODIES, 'given')}({value})"
    function = {"json": "json_body", "form": "form_body", "multipart": "multipart_body"}.get(body.form, "raw_body")
    called = imports.add(
        {"json_body": _BODIES, "form_body": "omicsdk.core.forms"}.get(function, _FILE_BODIES), function
    )
    files = [field.wire for field in fields if field.type in (BYTES, Array(BYTES))]
    if function == "multipart_body":
        named = f", ({', '.join(as_literal(name) for name in files)},)" if files else ""
        types = ", ".join(f"{as_literal(name)}: {as_literal(kind)}" for name, kind in body.types.items())
        headers = ", ".join(f"{as_literal(name)}: {_table(table)}" for name, table in body.headers.items())
        further = (f", types={{{types}}}" if types else "") + (f", headers={{{headers}}}" if headers else "")
        # Each body has a boundary of its own.
        kind = re.sub(r"(?i)\s*;\s*boundary\s*=[^;]*", "", body.media_type)
        if essence(kind) not in ("multipart/form-data", "application/octet-stream"):  # the latter of a range
            further += f", media_type={as_literal(kind)}"
        return f"{called}({value}{named}{further})"
    if selected:
        return f"{called}({value}, {selected})"
    usual = {"json_body": "application/json", "raw_body": "application/octet-stream"}.get(function)
    if usual is not None and body.media_type != usual:
        return f"{called}({value}, {as_literal(body.media_type)})"
    return f"{called}({value})"


def _table(texts: Mapping[str, str]) -> str:
    return f"{{{', '.join(f'{as_literal(name)}: {as_literal(text)}' for name, text in texts.items())}}}"
