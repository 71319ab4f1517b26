"""The paging of an operation: its setting (`x-omics-pagination`), and the place of a page's items in the responses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from .operations import Case, Draft, Pages
from .shapes import ANY, Array, Map, Model, Ref, Type, Union, union_of
from .values import Object, join

SETTING = "x-omics-pagination"
_NEXT = {"next": "next", "header": "header", "more": "more"}
# The styles that omicsdk.core supports: the required keys besides style and items, and the optional ones; each with its
# name in core. Token needs either next or header.
STYLES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "link": ({}, {"token": "parameter", "header": "next", "last": "last"}),
    "continuation": ({"next": "next"}, {"more": "more"}),
    "offset": ({"offset": "parameter"}, {"limit": "limit", "total": "total", **_NEXT}),
    "page": ({"page": "parameter"}, {"limit": "limit", "pages": "total", **_NEXT}),
    "token": ({"token": "parameter"}, _NEXT),
}
# Keys whose values are query parameters of the operation, or with `in: body` dotted keys of its body.
_PARAMETERS = ("offset", "limit", "page", "token")
# Further keys, of some styles.
_FURTHER: dict[str, tuple[str, ...]] = {"offset": ("in", "first"), "page": ("in", "first"), "token": ("in",)}


def pages_of(
    draft: Draft, setting: Object, key: str, models: Mapping[str, Model], complain: Callable[[str], None]
) -> Pages | None:
    """Read the setting of an operation's paging.

    Args:
        draft: the operation, with its arguments and responses.
        setting: the value of x-omics-pagination.
        key: its pointer.
        models: all models by key.
        complain: called with each fault.

    Returns:
        None if the setting is invalid.
    """
    where = f"{SETTING} of {draft.operation.method} {draft.operation.path}"
    faults = _faults(setting, draft, models)
    for fault in faults:
        complain(f"{where} {fault}")
    if faults:
        return None
    style, items = str(setting["style"]), str(setting["items"])
    pages = page_types(draft.cases)
    elements: list[Type] = []
    paths: list[tuple[str, ...]] = []
    keys = items.removesuffix("?").split("|")
    for alternative in keys:
        steps = [step for page in pages if (step := _list_at(page, alternative, models)) is not None]
        if not steps:
            complain(f"{where} names {alternative!r}, and no response has such a list")
            return None
        elements += [element for _, element in steps]
        paths += {path: None for path, _ in steps}
    is_complete = len(paths) == len(keys) and all(paths)
    needed, possible = STYLES[style]
    names = {**needed, **possible, "first": "first"}
    more = {names[key]: value for key, value in setting.items() if key in names and isinstance(value, (str, int))}
    in_body = setting.get("in") == "body"
    return Pages(
        style, items, tuple(paths) if is_complete else (), union_of(elements), join(key, "items"), more, in_body
    )


def page_types(cases: Sequence[Case]) -> list[Type]:
    """Return the types of JSON responses."""
    return [
        member
        for case in cases
        if case.kind == "json" and case.type is not None
        for member in (case.type.members if isinstance(case.type, Union) else (case.type,))
    ]


def _faults(setting: Object, draft: Draft, models: Mapping[str, Model]) -> list[str]:
    style = str(setting.get("style"))
    if style not in STYLES or not isinstance(setting.get("items"), str):
        return [f"needs style (one of: {', '.join(STYLES)}) and items"]
    needed, possible = STYLES[style]
    further = _FURTHER.get(style, ())
    faults = [f"needs {key}" for key in needed if not isinstance(setting.get(key), str)]
    faults += [
        f"has {key}, which style {style} doesn't take"
        for key in setting
        if key not in ("style", "items", *needed, *possible, *further)
    ]
    faults += [f"has {key}, which is no text" for key in possible if not isinstance(setting.get(key, ""), str)]
    if style == "token" and {"next", "header"}.isdisjoint(setting):
        faults.append("needs next or header")
    if style != "link" and {"next", "header"} <= setting.keys():
        faults.append("has next and header, of which one is followed")
    if type(setting.get("first", 0)) is not int:
        faults.append("has first, which is no whole number")
    in_body = setting.get("in") == "body"
    if setting.get("in", "query") not in ("query", "body"):
        faults.append("has in, which is neither query nor body")
    elif in_body and not _has_json_body(draft):
        faults.append("is in the body, and the operation has no JSON body")
    queried = {argument.wire for argument in draft.arguments if argument.position == "query"}
    return faults + [
        f"names the {'member of the body' if in_body else 'query parameter'} {name!r}, which the operation hasn't"
        for key in _PARAMETERS
        if isinstance(name := setting.get(key), str)
        and not (_has_in_body(draft, name, models) if in_body else name in queried)
    ]


def _has_json_body(draft: Draft) -> bool:
    bodies = [body for body in (draft.body, *draft.other_bodies) if body is not None]
    return bool(bodies) and all(body.form == "json" for body in bodies)


def _has_in_body(draft: Draft, key: str, models: Mapping[str, Model]) -> bool:
    """Whether a request's body may have a member at a dotted key."""
    first, _, rest = key.partition(".")
    sent = [argument for argument in draft.arguments if argument.position == "body"]
    whole = any(argument.whole and _has_member(argument.type, key, models) for argument in sent)
    return whole or any(
        not argument.whole and argument.wire == first and _has_member(argument.type, rest, models) for argument in sent
    )


def _has_member(type_: Type, key: str, models: Mapping[str, Model]) -> bool:
    if isinstance(type_, Union):
        return any(_has_member(member, key, models) for member in type_.members)
    if not key or type_ == ANY or isinstance(type_, Map):
        return True
    first, _, rest = key.partition(".")
    fields = models[type_.key].fields if isinstance(type_, Ref) else ()
    return any(field.wire == first and _has_member(field.type, rest, models) for field in fields)


def _list_at(page: Type, key: str, models: Mapping[str, Model]) -> tuple[tuple[str, ...], Type] | None:
    """Attributes from a page to the list under a dotted key, and the list's element."""
    if not key:
        return ((), page.item) if isinstance(page, Array) else None
    if not isinstance(page, Ref):
        return ((), ANY) if page == ANY else None
    for field in models[page.key].fields:
        if field.wire == key or key.startswith(f"{field.wire}."):
            rest = key[len(field.wire) + 1 :]
            deeper = _list_at(field.type, rest, models)
            if deeper is not None:
                return (field.python, *deeper[0]), deeper[1]
    return None
