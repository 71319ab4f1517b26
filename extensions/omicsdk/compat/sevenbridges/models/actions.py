"""Actions without a separate resource."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from omicsdk.compat.sevenbridges.enums import FeedbackType, RequestParameters
from omicsdk.compat.sevenbridges.meta.resource import Resource, identifier, identifiers, request_of

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
        """Return the platform's makers something.

        Args:
            type: What kind it is; `enums.FeedbackType` has the names.
            referrer: Where it comes from; by default this package with its version.
            text: The feedback.
            api: The Api, where the class belongs to none.

        Raises:
            SbgError: The platform answered with an error.
        """
        from omicsdk.core.version import USER_AGENT

        api = cls._client(api)
        api.send(request_of(api, "send_feedback", type=type, text=text, referrer=referrer or USER_AGENT))

    @classmethod
    def bulk_copy_files(
        cls, files: Iterable[File | str] | File | str, destination_project: Project | str, api: Api | None = None
    ) -> dict[str, Any]:
        """Copy files into a project; 100 are sent at once, at most.

        Args:
            files: The files, or their ids.
            destination_project: The project, or its id.
            api: The Api, where the class belongs to none.

        Returns:
            The id of each file to what came of it: `status`, `new_file_id` and `new_file_name`.

        Raises:
            SbgError: The platform answered with an error; of more than 100 files, those that were sent before are copied.
        """
        api = cls._client(api)
        ids, project = identifiers(files), identifier(destination_project)
        size = RequestParameters.DEFAULT_BULK_LIMIT
        copied: dict[str, Any] = {}
        for start in range(0, max(len(ids), 1), size):  # an empty list is for the platform to refuse
            some = ids[start : start + size]
            copied |= api.call_object(request_of(api, "bulk_copy_files", project=project, file_ids=some))
        return copied
