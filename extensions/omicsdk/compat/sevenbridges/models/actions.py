"""Actions without a separate resource."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from omicsdk.compat.sevenbridges.enums import FeedbackType, RequestParameters
from omicsdk.compat.sevenbridges.meta.resource import Resource, identifier, identifiers, request_of
from omicsdk.core.batches import batches

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges import Api, File, Project


class Actions(Resource):
    """Feedback, and copies of many files."""

    def __repr__(self) -> str:
        return "<Actions>"

    @classmethod
    def send_feedback(
        cls, type: str = FeedbackType.IDEA, referrer: str | None = None, text: str | None = None, api: Api | None = None
    ) -> None:
        """Send feedback of a FeedbackType to the platform's makers; `referrer` is this package with its version by default."""
        from omicsdk.core.version import USER_AGENT

        api = cls._client(api)
        api.send(request_of(api, "send_feedback", type=type, text=text, referrer=referrer or USER_AGENT))

    @classmethod
    def bulk_copy_files(
        cls, files: Iterable[File | str] | File | str, destination_project: Project | str, api: Api | None = None
    ) -> dict[str, Any]:
        """Copy files into a project, 100 per request; if one fails, the files of earlier requests are copied.

        Returns:
            The id of each file to its result: `status`, `new_file_id` and `new_file_name`.
        """
        api = cls._client(api)
        ids, project = identifiers(files), identifier(destination_project)
        copied: dict[str, Any] = {}
        # An empty list is for the platform to refuse.
        for some in list(batches(ids, RequestParameters.DEFAULT_BULK_LIMIT)) or [[]]:
            copied |= api.call_object(request_of(api, "bulk_copy_files", project=project, file_ids=some))
        return copied
