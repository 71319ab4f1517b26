"""Which tasks are listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.compat.sevenbridges.http.query_times import query_time
from omicsdk.compat.sevenbridges.meta.identity import identifier
from omicsdk.compat.sevenbridges.meta.resource import given

if TYPE_CHECKING:
    from datetime import date


def task_query(
    *,
    project: object = None,
    status: str | None = None,
    batch: bool | None = None,
    parent: object = None,
    created_from: str | date | None = None,
    created_to: str | date | None = None,
    started_from: str | date | None = None,
    started_to: str | date | None = None,
    ended_from: str | date | None = None,
    ended_to: str | date | None = None,
    order_by: str | None = None,
    order: str | None = None,
    origin: object = None,
    offset: int | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    """The arguments of the operation `list_tasks`; those that are None are left out. See `Task.query` for each."""
    times = {
        "created_from": created_from,
        "created_to": created_to,
        "started_from": started_from,
        "started_to": started_to,
        "ended_from": ended_from,
        "ended_to": ended_to,
    }
    return {
        "project": given(identifier(project) if project else None),
        "status": given(status),
        "batch": given(batch),
        "parent": given(identifier(parent) if parent else None),
        **{name: query_time(name, value) for name, value in times.items()},
        "order_by": given(order_by),
        "order": given(order),
        "origin_id": given(identifier(origin) if origin else None),
        "offset": given(offset),
        "limit": given(limit),
        "fields": "_all",
    }
