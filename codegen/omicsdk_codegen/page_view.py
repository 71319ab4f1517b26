"""An operation as recognition of paging reads it: the lists and values of its pages, and the values of its requests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .operations import Draft
from .shapes import ANY, FORMATS, Array, Enum, Map, Model, Ref, Scalar, Type, Union
from .values import Object, join

# Objects around a page's list, or around what a page states of itself.
WRAPPERS = frozenset(
    {
        "meta", "metadata", "_meta", "pagination", "paging", "page", "pages", "page_info", "pager", "paginator", "paginate",
        "page_context", "page_metadata", "response_metadata", "result_info", "list_info", "search_info", "cursor", "cursors",
        "links", "link", "next", "next_page", "data", "result", "results", "response", "_embedded", "list_metadata",
    }
)  # fmt: skip
_DEPTH = 3


@dataclass(frozen=True)
class Value:
    """A member of a page or of a request.

    Attributes:
        path: its dotted key; the name of a query parameter.
        snake_name: its name in small letters, with `_` between words; of a member in others all of their names.
        last: that of the innermost name.
        kind: the JSON type, `any` where the document states none.
        always: whether each page has it, by the document.
        schema: with `description`.
        key: its pointer.
        in_body: whether it is a member of a request's body.
    """

    path: str
    snake_name: str
    last: str
    kind: str
    always: bool
    schema: Object
    key: str
    in_body: bool = False

    @property
    def text(self) -> str:
        """Return its description."""
        description = self.schema.get("description")
        return description if isinstance(description, str) else ""


@dataclass(frozen=True)
class Listing:
    """A list in a page.

    Attributes:
        path: its dotted key; empty if the page is the list.
        item: an item's type.
        always: whether each page has it, by the document.
        is_plain: whether it is at the top of the page, or in an object that has a usual name for that.
    """

    path: str
    item: Type
    always: bool
    is_plain: bool

    @property
    def items(self) -> str:
        """Return it as `items` of a setting."""
        return self.path if self.always or not self.path else f"{self.path}?"


@dataclass(frozen=True)
class View:
    """An operation's requests and pages.

    Attributes:
        lists: the lists that may be the page's items; those at the top of a page alone, if it has some.
        values: what pages state besides, in the document's order.
        sent: query parameters, and members of the body.
        headers: names of headers of the responses in small letters, with their values' schemas.
    """

    lists: list[Listing]
    values: list[Value]
    sent: list[Value]
    headers: Mapping[str, Value]

    def first(self, *kinds: str, names: frozenset[str]) -> Value | None:
        """Return the first value of a page with one of several names."""
        return next((value for value in self.values if value.kind in kinds and bare(value) in names), None)


def words_of(name: str) -> str:
    """Spell a name in small letters, with `_` between its words; `_embedded` keeps its mark."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
    plain = re.sub(r"[^a-z0-9]+", "_", spaced).strip("_")
    return f"_{plain}" if plain in ("embedded", "meta") and name.startswith("_") else plain


def bare(value: Value) -> str:
    """Return the words of a value of a page without those of the objects around it; nothing, if these have other names."""
    is_inside = value.snake_name != value.last  # else dots are part of its own name
    around = [words_of(step) for step in value.path.split(".")[:-1]] if is_inside else []
    return value.last if all(step in WRAPPERS for step in around) else ""


def view_of(draft: Draft, models: Mapping[str, Model]) -> View | None:
    """Return what recognition reads of an operation; None if its response is not one type of JSON.

    Args:
        draft: the operation with its arguments and responses.
        models: all models by key.
    """
    types = [case.type for case in draft.cases if case.kind == "json" and case.type is not None]
    if len(types) != 1:
        return None
    page = types[0]
    lists: list[Listing] = []
    values: list[Value] = []
    if isinstance(page, Array):
        lists.append(Listing("", page.item, always=True, is_plain=True))
    elif isinstance(page, Ref):
        _read(page.key, (), models, lists, values, always=True, open_keys=(page.key,))
        shallow = [list_ for list_ in lists if "." not in list_.path]
        lists = shallow or lists
    headers = {
        header.wire.lower(): Value(header.wire, words_of(header.wire), words_of(header.wire), "string", False, header.schema, header.key)
        for header in draft.headers
    }  # fmt: skip
    return View(lists, values, list(_sent(draft, models)), headers)


def _read(
    key: str,
    path: tuple[str, ...],
    models: Mapping[str, Model],
    lists: list[Listing],
    values: list[Value],
    *,
    always: bool,
    open_keys: tuple[str, ...],
) -> None:
    fields = models[key].fields
    for field in fields:
        # A name with a dot is found at the top of a page alone; the others are no part of a dotted key.
        if re.search(r"[|?=]", field.wire) or ("." in field.wire and path):
            continue
        steps = (*path, field.wire)
        is_stated = always and field.required and not field.nullable
        if isinstance(field.type, Array):
            plain = all(words_of(step) in WRAPPERS for step in path)
            lists.append(Listing(".".join(steps), field.type.item, is_stated, plain))
        elif isinstance(field.type, Ref):
            # Other objects are items or parts of them; that of a page alone may have any name.
            is_around = words_of(field.wire) in WRAPPERS or (len(fields) == 1 and not path)
            if is_around and len(steps) < _DEPTH and field.type.key not in open_keys:
                inside = (*open_keys, field.type.key)
                _read(field.type.key, steps, models, lists, values, always=is_stated, open_keys=inside)
        elif kind := kind_of(field.type):
            pointer = join(key, "properties", field.wire)
            values.append(_value(steps, kind, is_stated, field.schema, pointer))


def _value(
    steps: tuple[str, ...], kind: str, always: bool, schema: Object, key: str, *, in_body: bool = False
) -> Value:
    names = [words_of(step) for step in steps]
    return Value(".".join(steps), "_".join(names), names[-1], kind, always, schema, key, in_body)


def _sent(draft: Draft, models: Mapping[str, Model]) -> Iterator[Value]:
    for argument in draft.arguments:
        kind = kind_of(argument.type)
        if argument.position == "query" and kind and argument.how == "plain":
            names = words_of(argument.wire)
            yield Value(argument.wire, names, names, kind, argument.required, argument.schema, argument.key)
    if draft.body is None or draft.body.form != "json" or draft.other_bodies:
        return
    for argument in draft.arguments:
        if argument.position == "body" and not argument.whole:
            yield from _of_body(
                (argument.wire,), argument.type, argument.schema, argument.key, models, argument.required
            )
        elif argument.position == "body" and isinstance(argument.type, Ref):
            for field in models[argument.type.key].fields:
                pointer = join(argument.type.key, "properties", field.wire)
                yield from _of_body((field.wire,), field.type, field.schema, pointer, models, field.required)


def _of_body(
    steps: tuple[str, ...], type_: Type, schema: Object, key: str, models: Mapping[str, Model], always: bool
) -> Iterator[Value]:
    if "." in steps[-1]:
        return
    if kind := kind_of(type_):
        yield _value(steps, kind, always, schema, key, in_body=True)
    elif isinstance(type_, Ref) and len(steps) == 1 and words_of(steps[0]) in WRAPPERS:
        for field in models[type_.key].fields:
            pointer = join(type_.key, "properties", field.wire)
            yield from _of_body((*steps, field.wire), field.type, field.schema, pointer, models, False)


def kind_of(type_: Type) -> str:
    """Return the JSON type of a plain value, `any` if it has none; empty for everything else."""
    if isinstance(type_, Enum):
        return "string" if isinstance(type_.values[0], str) else "integer"
    if isinstance(type_, Scalar):
        return "any" if type_ == ANY else "string" if type_ in FORMATS.values() else type_.kind
    if isinstance(type_, Union) and all(isinstance(member, (Scalar, Enum)) for member in type_.members):
        kinds = {kind_of(member) for member in type_.members}
        return kinds.pop() if len(kinds) == 1 else "number" if kinds == {"integer", "number"} else "string"
    return ""


def is_object(type_: Type) -> bool:
    """Whether values of a type are objects."""
    members = type_.members if isinstance(type_, Union) else (type_,)
    return all(isinstance(member, (Ref, Map)) for member in members)
