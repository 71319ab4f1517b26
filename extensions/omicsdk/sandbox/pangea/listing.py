"""Lists of things: what `?name=` and its like choose, and pages of 100."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from omicsdk.sandbox.pangea.store import Store, Thing, Where, below, named, with_field, with_uuid
from omicsdk.sandbox.rest_framework.fields import Wrong, canonical_uuid
from omicsdk.sandbox.rest_framework.pages import page
from omicsdk.sandbox.rest_framework.refusals import Invalid
from omicsdk.sandbox.service import Call, Reply

PAGE = 100
"""How many things a page has."""

Filter = Callable[[Store, str], Where]
"""Makes a condition of a query parameter's text, or raises Wrong."""

_FLAGS = {"true": True, "1": True, "false": False, "0": False}


def by_uuid(store: Store, text: str) -> Where:
    """`?uuid=`."""
    del store
    try:
        return with_uuid(canonical_uuid(text))
    except Wrong as error:
        raise Wrong("Enter a valid UUID.") from error


def by_name(store: Store, text: str) -> Where:
    """`?name=`, exactly."""
    del store
    return named(text)


def by_text(field: str) -> Filter:
    """A field that is a text, exactly."""
    return lambda _store, text: with_field(field, text)


def by_flag(field: str) -> Filter:
    """A field that is true or false; what is neither chooses all."""

    def choose(store: Store, text: str) -> Where:
        del store
        return with_field(field, _FLAGS[text.lower()]) if text.lower() in _FLAGS else Where("1")

    return choose


def by_parent(kind: str) -> Filter:
    """What things belong to: the UUID of something of a kind."""

    def choose(store: Store, text: str) -> Where:
        found = store.find(kind, canonical_uuid(text))
        if found is None:
            raise Wrong("Select a valid choice. That choice is not one of the available choices.")
        return below(found["uuid"])

    return choose


def chosen(store: Store, call: Call, filters: Mapping[str, Filter]) -> list[Where]:
    """What a request chooses from a list.

    Args:
        store: Where things are kept.
        call: The request.
        filters: Query parameters, and what they choose; empty ones choose all.

    Raises:
        Invalid: A parameter can't be that of anything.
    """
    query = dict(call.query)
    found: list[Where] = []
    wrong: dict[str, Sequence[str]] = {}
    for name, choose in filters.items():
        text = query.get(name, "").strip()
        if text:
            try:
                found.append(choose(store, text))
            except Wrong as error:
                wrong[name] = [error.text]
    if wrong:
        raise Invalid(wrong)
    return found


def listed(store: Store, call: Call, kind: str, view: Callable[[Thing], Any], *where: Where) -> Reply:
    """A page of things.

    Args:
        store: Where things are kept.
        call: The request.
        kind: Their kind.
        view: How one looks.
        where: What holds of them.
    """
    return page(
        call,
        store.count(kind, *where),
        lambda start, size: [view(each) for each in store.some(kind, start, size, *where)],
        PAGE,
    )
