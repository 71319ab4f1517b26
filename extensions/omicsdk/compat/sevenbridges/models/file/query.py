"""Questions about many files, as requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from omicsdk.compat.sevenbridges.errors import SbgError
from omicsdk.compat.sevenbridges.meta.fields import is_mapping
from omicsdk.compat.sevenbridges.meta.identity import identifier
from omicsdk.compat.sevenbridges.meta.resource import given
from omicsdk.core.omit import OMIT

if TYPE_CHECKING:
    from omicsdk_api.sb import SbApi

    from omicsdk.core.omit import Omit
    from omicsdk.core.request import Request


def file_query(
    operations: SbApi,
    *,
    project: object = None,
    parent: object = None,
    dataset: object = None,
    names: Iterable[str] | str | None = None,
    metadata: Mapping[str, Any] | None = None,
    origin: Mapping[str, Any] | None = None,
    tags: Iterable[str] | str | None = None,
    offset: int | None = None,
    limit: int | None = None,
    cont_token: str | None = None,
) -> Request:
    """Makes the request of `File.query`; arguments and errors as there.

    Args:
        operations: The generated client.
        project: A project.
        parent: A folder.
        dataset: A data set.
        names: Names.
        metadata: Values by name.
        origin: "task" to a task.
        tags: Tags.
        offset: How many are passed over.
        limit: How many are on a page.
        cont_token: A token.

    Raises:
        SbgError: The arguments contradict each other.
    """
    for name, value in (("metadata", metadata), ("origin", origin)):
        if value is not None:
            is_mapping(name, value)
    places = {"project": project, "parent": parent, "dataset": dataset}
    chosen = {name: identifier(place) for name, place in places.items() if place}
    if len(chosen) != 1:
        raise SbgError(
            f"Files are listed by one of project, parent and dataset; given: {' and '.join(chosen) or 'none'}",
            remedy="Give one of them.",
        )
    shared: dict[str, Any] = {
        **chosen,
        "name": OMIT if names is None else listed(names) or [""],  # no names match no file, not every file
        "tag": listed(tags) or OMIT,
        "origin_task": _task(origin),
        "limit": given(limit),
        "fields": "_all",
    }
    if cont_token is None:
        values = {f"metadata.{name}": listed(value) for name, value in (metadata or {}).items()}
        return operations.list_files.build(**shared, metadata=values or OMIT, offset=given(offset))
    scrolls(offset)
    if metadata:
        raise SbgError(
            "Files can't be chosen by metadata while they are listed by cont_token",
            remedy="Leave cont_token away, or choose among the files that come.",
        )
    return operations.scroll_files.build(**shared, token=cont_token)


def scrolls(offset: int | None) -> None:
    """Refuses an offset beside a token.

    Args:
        offset: How many are passed over.

    Raises:
        SbgError: There is one.
    """
    if offset:
        raise SbgError(
            "offset and cont_token exclude each other", remedy="Give one of them: a token says where it goes on."
        )


def listed(value: Any) -> list[Any]:
    """One value or several, as a list.

    Args:
        value: A value, a collection of them, or None for none.
    """
    if value is None:
        return []
    return [value] if isinstance(value, str) or not isinstance(value, Iterable) else list(cast("Iterable[Any]", value))


def _task(origin: Mapping[str, Any] | None) -> str | Omit:
    unknown = set(origin or ()) - {"task"}
    if unknown:
        raise SbgError(f"Files have no origin {', '.join(sorted(unknown))}", remedy='Give origin={"task": ...}.')
    task = (origin or {}).get("task")
    return OMIT if task is None else identifier(task)
