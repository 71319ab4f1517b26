"""Where in an operation's answers the items of a page stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .operations import Case, Pages, Stated
from .shapes import ANY, Array, Model, Ref, Type, Union, union_of
from .values import join

# What omicsdk.core follows.
STYLES = frozenset({"link"})


def pages_of(
    stated: Stated, cases: list[Case], models: Mapping[str, Model], complain: Callable[[str], None]
) -> Pages | None:
    """Read x-omics-pagination.

    Args:
        stated: the operation.
        cases: its answers.
        models: all models by key.
        complain: takes what is wrong with it, in words.
    """
    wish = stated.data.get("x-omics-pagination")
    if wish is None:
        return None
    style = wish.get("style") if isinstance(wish, dict) else None
    items = wish.get("items") if isinstance(wish, dict) else None
    if style not in STYLES or not isinstance(items, str):
        complain(
            f"x-omics-pagination of {stated.method} {stated.path} needs style (one of: {', '.join(STYLES)}) and items"
        )
        return None
    found: list[Type] = []
    paths: set[tuple[str, ...]] = set()
    for case in cases:
        if case.kind == "json" and case.type is not None:
            for member in case.type.members if isinstance(case.type, Union) else (case.type,):
                step = _list_at(member, items, models)
                if step is not None:
                    paths.add(step[0])
                    found.append(step[1])
    if not found:
        complain(f"x-omics-pagination of {stated.method} {stated.path} names {items!r}, and no answer has such a list")
        return None
    path = paths.pop() if len(paths) == 1 else ()
    return Pages(str(style), items, path, union_of(found), join(stated.key, "x-omics-pagination", "items"))


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
