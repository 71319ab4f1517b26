"""The place of a page's items in an operation's responses."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from .operations import Case, Pages, Stated
from .shapes import ANY, Array, Model, Ref, Type, Union, union_of
from .values import Json, join

# The styles that omicsdk.core supports: the required keys besides style and items, and the optional ones; each with its
# name in core.
STYLES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "link": ({}, {"token": "parameter", "header": "next", "last": "last"}),
    "continuation": ({"next": "next"}, {}),
    "offset": ({"offset": "parameter"}, {"limit": "limit"}),
    "page": ({"page": "parameter"}, {"limit": "limit", "next": "next"}),
    "token": ({"token": "parameter", "next": "next"}, {}),
}
# Keys whose values are query parameters of the operation.
_PARAMETERS = ("offset", "limit", "page", "token")


def pages_of(
    stated: Stated,
    cases: list[Case],
    arguments: Collection[str],
    models: Mapping[str, Model],
    complain: Callable[[str], None],
) -> Pages | None:
    """Read x-omics-pagination.

    Args:
        stated: the operation.
        cases: its responses.
        arguments: names of its query parameters.
        models: all models by key.
        complain: called with each fault.
    """
    wish = stated.data.get("x-omics-pagination")
    if wish is None:
        return None
    where = f"x-omics-pagination of {stated.method} {stated.path}"
    more = _more(wish, arguments, where, complain)
    if more is None or not isinstance(wish, dict):
        return None
    items = str(wish["items"])
    pages = [
        member
        for case in cases
        if case.kind == "json" and case.type is not None
        for member in (case.type.members if isinstance(case.type, Union) else (case.type,))
    ]
    found: list[Type] = []
    paths: list[tuple[str, ...]] = []
    for alternative in items.split("|"):
        steps = [step for page in pages if (step := _list_at(page, alternative, models)) is not None]
        if not steps:
            complain(f"{where} names {alternative!r}, and no response has such a list")
            return None
        found += [element for _, element in steps]
        paths += {path: None for path, _ in steps}
    key = join(stated.key, "x-omics-pagination", "items")
    known = len(paths) == len(items.split("|")) and all(paths)
    return Pages(str(wish["style"]), items, tuple(paths) if known else (), union_of(found), key, more)


def _more(wish: Json, arguments: Collection[str], where: str, complain: Callable[[str], None]) -> dict[str, str] | None:
    """Return core's Paging arguments besides style and items; None if the setting is invalid, which is reported."""
    style = wish.get("style") if isinstance(wish, dict) else None
    if not isinstance(wish, dict) or style not in STYLES or not isinstance(wish.get("items"), str):
        complain(f"{where} needs style (one of: {', '.join(STYLES)}) and items")
        return None
    needed, possible = STYLES[str(style)]
    names = needed | possible
    faults = [f"needs {key}" for key in needed if not isinstance(wish.get(key), str)]
    faults += [f"has {key}, which style {style} doesn't take" for key in wish if key not in ("style", "items", *names)]
    stated = {key: value for key, value in wish.items() if key in names and isinstance(value, str)}
    faults += [
        f"names the query parameter {value!r}, which the operation hasn't"
        for key, value in stated.items()
        if key in _PARAMETERS and value not in arguments
    ]
    for fault in faults:
        complain(f"{where} {fault}")
    return None if faults else {names[key]: value for key, value in stated.items()}


def _list_at(page: Type, key: str, models: Mapping[str, Model]) -> tuple[tuple[str, ...], Type] | None:
    """Attributes from a page to the list under a dotted key, and the list's element."""
    if not key:
        return ((), page.item) if isinstance(page, Array) else None
    if not isinstance(page, Ref):
        return ((), ANY) if page == ANY else None
    for held in models[page.key].fields:
        if held.wire == key or key.startswith(f"{held.wire}."):
            rest = key[len(held.wire) + 1 :]
            deeper = _list_at(held.type, rest, models)
            if deeper is not None:
                return (held.python, *deeper[0]), deeper[1]
    return None
