"""Endpoints of the platform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.resource import Resource

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.api import Api


class Endpoints(Resource, calls="get_endpoints"):
    """The URLs of the platform's parts."""

    rate_limit_url = user_url = users_url = billing_url = projects_url = files_url = tasks_url = fields.text()
    apps_url = action_url = upload_url = storage_url = fields.text()

    def __repr__(self) -> str:
        return "<Endpoints>"

    @classmethod
    def get(cls, api: Api | None = None, **kwargs: Any) -> Self:
        """Get them; further arguments have no effect."""
        del kwargs
        return cls._from_operation(api, cls._calls["get"])
