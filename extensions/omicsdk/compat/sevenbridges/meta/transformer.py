"""Ids of resources, for programs that convert arguments as the published client does."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from omicsdk.compat import sevenbridges
from omicsdk.compat.sevenbridges._arguments import value_text
from omicsdk.compat.sevenbridges.errors import SbgError
from omicsdk.compat.sevenbridges.meta.resource import Resource, identifier


def _to(kind: str, key: str = "id") -> staticmethod[[Any], str]:
    """Return the function that gives the id of one kind of resource; errors are SbgError."""

    def to_id(value: Any) -> str:
        expected = Resource if kind == "Resource" else getattr(sevenbridges, kind)
        if isinstance(value, Resource) and not isinstance(value, expected):
            raise SbgError(f"{value_text(value)} is not a {kind}", remedy=f"Pass a {kind}, or its {key}.")
        return identifier(value, key)

    to_id.__doc__ = f"Return the {key} of a {kind}; text is returned unchanged."
    return staticmethod(to_id)


class Transform:
    """Conversions of arguments. Each returns what is sent, and raises SbgError for a value of another type."""

    to_resource = _to("Resource")
    to_project = _to("Project")
    to_task = _to("Task")
    to_app = _to("App")
    to_file = _to("File")
    # The published client, too, names users and members by their username, not their id.
    to_user = _to("User", "username")
    to_billing_group = _to("BillingGroup")
    to_volume = _to("Volume")
    to_marker = _to("Marker")
    to_division = _to("Division")
    to_team = _to("Team")
    to_import = _to("Import")
    to_export = _to("Export")
    to_dataset = _to("Dataset")
    to_member = _to("Member", "username")
    to_automation = _to("Automation")
    to_automation_member = _to("AutomationMember", "username")
    to_automation_package = _to("AutomationPackage")
    to_automation_run = _to("AutomationRun")
    to_async_job = _to("AsyncJob")

    @staticmethod
    def to_datestring(d: str | datetime) -> str:
        """Return a date as text such as 2024-01-31T12:00:00; text is returned unchanged."""
        if isinstance(d, datetime):
            # The published text ends before the fraction of a second, and so before the zone that follows it.
            return d.replace(tzinfo=None).isoformat(timespec="seconds")
        return Transform.to_location(d)

    @staticmethod
    def to_location(location: str) -> str:
        """Return text unchanged."""
        if not location or not isinstance(location, str):  # pyright: ignore[reportUnnecessaryIsInstance] - callers may not check types
            raise SbgError(f"{value_text(location)} is not text", remedy="Pass text that is not empty.")
        return location

    @staticmethod
    def to_tags(tags: list[str]) -> list[str]:
        """Return a copy of a list of tags without commas."""
        if not isinstance(tags, list):  # pyright: ignore[reportUnnecessaryIsInstance] - callers may not check types
            raise SbgError(f"{value_text(tags)} is not a list of tags", remedy="Pass a list.")
        if with_comma := [tag for tag in tags if "," in tag]:
            raise SbgError(f"The tag {with_comma[0]!r} has a comma", remedy="Pass two tags.")
        return list(tags)
