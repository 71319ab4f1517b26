"""An operation as recognition of paging reads it: the lists and values of its pages, the values of its requests, and what extensions of other
generators state of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .declarations import DeclaredOperation
from .operations import Draft
from .shapes import ANY, FORMATS, Array, Enum, Map, Model, Ref, Scalar, Type, Union
from .values import Json, Object, join, list_in, object_in

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
    for member in fields:
        # A name with a dot is found at the top of a page alone; the others are no part of a dotted key.
        if re.search(r"[|?=]", member.wire) or ("." in member.wire and path):
            continue
        steps = (*path, member.wire)
        is_stated = always and member.required and not member.nullable
        if isinstance(member.type, Array):
            plain = all(words_of(step) in WRAPPERS for step in path)
            lists.append(Listing(".".join(steps), member.type.item, is_stated, plain))
        elif isinstance(member.type, Ref):
            # Other objects are items or parts of them; that of a page alone may have any name.
            is_around = words_of(member.wire) in WRAPPERS or (len(fields) == 1 and not path)
            if is_around and len(steps) < _DEPTH and member.type.key not in open_keys:
                inside = (*open_keys, member.type.key)
                _read(member.type.key, steps, models, lists, values, always=is_stated, open_keys=inside)
        elif kind := kind_of(member.type):
            pointer = join(key, "properties", member.wire)
            values.append(_value(steps, kind, is_stated, member.schema, pointer))


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


EXTENSIONS = frozenset({"x-speakeasy-pagination", "x-fern-pagination", "x-ms-pageable"})
# What all of them have of paths: names, and numbers of lists' items.
_KEY = re.compile(r"[^\[\]()*?|$.]+(\.[^\[\]()*?|$.]+)*")


@dataclass
class Extension:
    """An extension, and the setting that states the same.

    Attributes:
        name: what it is called.
        setting: x-omics-pagination, without `items` if the extension leaves them to the generator.
        doubts: why it is not certain.
    """

    name: str
    setting: Object
    doubts: list[str] = field(default_factory=list[str])


def extensions_of(operation: DeclaredOperation, root: Object, view: View) -> Iterator[Extension]:
    """Yield the extensions that state the paging of an operation.

    Args:
        operation: the operation.
        root: the document, which may state what is common to all.
        view: what recognition reads of the operation.
    """
    data = operation.data
    sent = {value.path: value for value in view.sent}
    if isinstance(speakeasy := data.get("x-speakeasy-pagination"), dict):
        yield _speakeasy(speakeasy, sent)
    fern = data.get("x-fern-pagination")
    # Fern states it once for the document, and `true` at each operation.
    fern = root.get("x-fern-pagination") if fern is True else fern
    if isinstance(fern, dict):
        yield _fern(fern, sent)
    if isinstance(pageable := data.get("x-ms-pageable"), dict) and pageable.get("nextLinkName"):
        yield _pageable(pageable)


def is_one_page(data: Object) -> bool:
    """Whether an operation states that its list is never parted."""
    pageable = data.get("x-ms-pageable")
    # AutoRest's `nextLinkName: null` marks a list that comes whole.
    return isinstance(pageable, dict) and "nextLinkName" in pageable and not pageable["nextLinkName"]


def _speakeasy(setting_of_vendor: Object, sent: Mapping[str, Value]) -> Extension:
    name, kind = "x-speakeasy-pagination", setting_of_vendor.get("type")
    inputs_by_type: dict[str, Object] = {
        str(input_.get("type", input_.get("name"))): input_
        for input_ in list_in(setting_of_vendor, "inputs")
        if isinstance(input_, dict)
    }
    outputs_by_name = object_in(setting_of_vendor, "outputs")
    extension = Extension(name, {})
    setting = extension.setting
    if kind == "url":
        setting |= {"style": "continuation", "next": _key(outputs_by_name.get("nextUrl"), extension)}
    elif kind == "cursor" and "cursor" in inputs_by_type:
        setting |= {"style": "token", "next": _key(outputs_by_name.get("nextCursor"), extension)}
        setting |= _position("token", inputs_by_type["cursor"], sent, extension)
    elif kind == "offsetLimit" and "page" in inputs_by_type:
        setting |= {"style": "page", **_position("page", inputs_by_type["page"], sent, extension)}
        if "numPages" in outputs_by_name:
            setting["pages"] = _key(outputs_by_name["numPages"], extension)
    elif kind == "offsetLimit" and "offset" in inputs_by_type:
        setting |= {"style": "offset", **_position("offset", inputs_by_type["offset"], sent, extension)}
        if str(inputs_by_type.get("limit", {}).get("name")) in sent:
            setting["limit"] = inputs_by_type["limit"]["name"]
    else:
        extension.doubts.append(f"its type {kind!r} is unknown, or has no input of that kind")
    if "results" in outputs_by_name:
        setting["items"] = _key(outputs_by_name["results"], extension)
    return extension


def _position(key: str, input_: Object, sent: Mapping[str, Value], extension: Extension) -> Object:
    """Return the parameter of an input, as a part of a setting."""
    name, in_body = str(input_.get("name")), input_.get("in") == "requestBody"
    value = sent.get(name)
    if value is None or value.in_body != in_body:
        extension.doubts.append(
            f"the operation has no {'member of the body' if in_body else 'query parameter'} {name!r}"
        )
    return _parameter(key, name, value, in_body=in_body)


def _parameter(key: str, name: str, value: Value | None, *, in_body: bool) -> Object:
    setting: Object = {key: name, **({"in": "body"} if in_body else {})}
    default = value.schema.get("default") if value is not None else None
    # Both generators begin with page 1, if the document states nothing else.
    return {**setting, "first": 0} if key == "page" and type(default) is int and default == 0 else setting


def _fern(setting_of_vendor: Object, sent: Mapping[str, Value]) -> Extension:
    extension = Extension("x-fern-pagination", {})
    setting = extension.setting
    if "cursor" in setting_of_vendor:
        setting |= {"style": "token", "next": _key(setting_of_vendor.get("next_cursor"), extension)}
        setting |= _request("token", setting_of_vendor["cursor"], sent, extension)
    elif "next_uri" in setting_of_vendor or "next_path" in setting_of_vendor:
        setting |= {
            "style": "continuation",
            "next": _key(setting_of_vendor.get("next_uri", setting_of_vendor.get("next_path")), extension),
        }
    elif "offset" in setting_of_vendor:
        # Fern's offset without a step is the number of a page.
        style = "offset" if "step" in setting_of_vendor else "page"
        setting |= {"style": style, **_request(style, setting_of_vendor["offset"], sent, extension)}
        if style == "offset" and (limit := _sent_parameter(setting_of_vendor["step"], sent)) is not None:
            setting["limit"] = limit.path
        if "has-next-page" in setting_of_vendor:
            setting["more"] = _key(setting_of_vendor["has-next-page"], extension)
    else:
        extension.doubts.append("it states neither a cursor nor an offset")
    setting["items"] = _key(setting_of_vendor.get("results"), extension)
    return extension


def _sent_parameter(reference: Json, sent: Mapping[str, Value]) -> Value | None:
    name = re.sub(r"^\$request\.", "", str(reference))
    return sent.get(name) or sent.get(re.sub(r"^(query|body)\.", "", name))


def _request(key: str, reference: Json, sent: Mapping[str, Value], extension: Extension) -> Object:
    value = _sent_parameter(reference, sent)
    if value is None:
        extension.doubts.append(f"the operation has no parameter {reference!r}")
    return _parameter(
        key, str(reference) if value is None else value.path, value, in_body=value is not None and value.in_body
    )


def _pageable(setting_of_vendor: Object) -> Extension:
    extension = Extension("x-ms-pageable", {"style": "continuation"})
    extension.setting["next"] = str(setting_of_vendor["nextLinkName"])
    extension.setting["items"] = str(setting_of_vendor.get("itemName") or "value")
    if "operationName" in setting_of_vendor:
        extension.doubts.append("its pages are those of another operation")
    return extension


def _key(reference: Json, extension: Extension) -> str:
    """Return a JSONPath, or an expression of Fern's, as a dotted key."""
    text = re.sub(r"^\$(response)?\.?", "", str(reference))
    # The last item, in both spellings of JSONPath: `[(@.length-1)]` and `[-1:]`.
    text = re.sub(r"\[\(@\.length ?- ?1\)\]|\[-1:?\]", ".-1", text)
    text = re.sub(
        r"\[(\d+)\]|\['([^']+)'\]|\[\"([^\"]+)\"\]", lambda match: f".{match[1] or match[2] or match[3]}", text
    )
    text = text.removeprefix(".")
    if not isinstance(reference, str) or (text and not _KEY.fullmatch(text)):
        extension.doubts.append(f"{reference!r} is no place of one value in the response")
    return text
