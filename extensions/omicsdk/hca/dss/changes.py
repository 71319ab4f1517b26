"""Changes of collections and bundles by more than one request takes: split over several, each from the version before."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from omicsdk.core.errors import OmicsError

MOST_CHANGES = 1000
"""What a request adds at most, and removes at most (the service's document)."""

LISTS = {"patch_collection": ("add_contents", "remove_contents"), "patch_bundle": ("add_files", "remove_files")}
"""The arguments of an operation that hold what is added and what is removed."""


def pieces(
    added: Sequence[Any], removed: Sequence[Any], most: int = MOST_CHANGES
) -> list[tuple[Sequence[Any], Sequence[Any]]]:
    """Cuts changes so that they come to the same as all at once: what is removed goes first, as within a request.

    Args:
        added: What is added.
        removed: What is removed.
        most: How many of each a request takes, 1 or more.

    Returns:
        What each request adds and removes, in order; one at least.
    """
    taken = [removed[start : start + most] for start in range(0, len(removed), most)] or [()]
    given = [added[start : start + most] for start in range(0, len(added), most)] or [()]
    return [((), part) for part in taken[:-1]] + [(given[0], taken[-1])] + [(part, ()) for part in given[1:]]


def change(operation: str, patch: Callable[..., dict[str, Any]], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Makes changes by as many requests as they take.

    Args:
        operation: A key of `LISTS`.
        patch: Makes one request; gives the answer with the new version.
        arguments: Those of the operation, with lists of any length. What isn't a list goes with the first request.

    Returns:
        The last answer.

    Raises:
        OmicsError: A request failed; its remedy names the version that has what was changed before.
    """
    to_add, to_remove = LISTS[operation]
    rest = {name: value for name, value in arguments.items() if name not in (to_add, to_remove)}
    added, removed = arguments.get(to_add) or (), arguments.get(to_remove) or ()
    parts = pieces(added, removed)
    answer = dict[str, Any]()
    for number, (some_added, some_removed) in enumerate(parts):
        given = {to_add: list(some_added)} if some_added else {}
        gone = {to_remove: list(some_removed)} if some_removed else {}
        try:
            answer = patch(**rest, **given, **gone)
        except OmicsError as error:
            if number:
                done = f"{number} of {len(parts)} requests are done: go on from version {answer['version']}"
                error.remedy = f"{error.remedy} {done}.".strip()
            raise
        identity = {name: rest[name] for name in ("uuid", "replica") if name in rest}
        rest = {**identity, "version": answer["version"]}
    return answer


def create(
    put: Callable[..., dict[str, Any]], patch: Callable[..., dict[str, Any]], arguments: Mapping[str, Any]
) -> dict[str, Any]:
    """Makes a collection of any number of links: the first ones with it, the others added.

    Args:
        put: Makes the collection; gives the answer with its version.
        patch: Adds to it, likewise.
        arguments: Those of put_collection.

    Returns:
        The last answer: its version is the one that has all links.

    Raises:
        OmicsError: A request failed; its remedy names the version that has what was added before.
    """
    contents = arguments.get("contents") or ()
    answer = put(**{**arguments, "contents": list(contents[:MOST_CHANGES])})
    if len(contents) <= MOST_CHANGES:
        return answer
    rest = {"uuid": arguments["uuid"], "replica": arguments["replica"], "version": answer["version"]}
    try:
        return change("patch_collection", patch, {**rest, "add_contents": contents[MOST_CHANGES:]})
    except OmicsError as error:
        if "go on from version" not in error.remedy:
            error.remedy = f"{error.remedy} Version {answer['version']} has the first {MOST_CHANGES} links.".strip()
        raise
