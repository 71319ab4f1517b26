"""Fence, the service of logins, presigned URLs and uploads: its handlers and its refusals."""

import uuid
from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from typing import Any

from omicsdk.sandbox.document import operations
from omicsdk.sandbox.gen3 import fence_files, fence_logins
from omicsdk.sandbox.gen3.commons import Gen3
from omicsdk.sandbox.gen3.middleware import TrailingSlashes
from omicsdk.sandbox.gen3.service import HEALTHY, HTML, VERSION, gen3_service, refusing
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Reply, Service, handlers_in

_GOOGLE = "Google accounts aren't part of the sandbox's commons"
_BROWSER = "logins need a browser, and the sandbox's commons has no pages: make keys with `gen3_credentials`"
_ABSENT = {
    "/register": _BROWSER,
    "/oauth2/authorize": _BROWSER,
    "/login/": _BROWSER,
    "/logout": _BROWSER,
    "/admin/user": "users are made and removed with `sandbox.gen3.access`",
}
"""Why operations are not part of the sandbox, by what their paths begin with."""
_SLASHED = ("/google/billing_projects/", "/google/service_accounts/")


def fence_service(gen3: Gen3, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        gen3: The commons.
        document: Fence's OpenAPI 3.1 document.
    """
    gen3.context.settings.declare(*fence_logins.SETTINGS, *fence_files.SETTINGS)
    return gen3_service(
        "fence",
        document,
        refusing(handlers_in(document, gen3, fence_logins, fence_files), _refused),
        same=fence_logins.SAME,
        responses={"get_status": HEALTHY, "get_version": Reply({"version": VERSION, "commit": ""})},
        absent={
            each.name: reason
            for each in operations(document)
            for start, reason in _ABSENT.items()
            if each.path.startswith(start)
        },
        around=lambda app: TrailingSlashes(app, _SLASHED),
    )


def _refused(problem: Problem) -> Reply:
    """A page for browsers, whatever sent the request."""
    text = _page(problem.status, problem.title)
    return Reply(status=problem.status, headers={**HTML, **problem.headers}, text=text)


def _page(status: int, message: str) -> str:
    """The page of a refusal; that of a 500 has no reason."""
    reason = "" if status == HTTPStatus.INTERNAL_SERVER_ERROR else f"<p>{escape(message)}</p>\n"
    return (
        "<!DOCTYPE html>\n<html>\n<head><title>Gen3 Data Commons</title></head>\n<body>\n"
        f"<h1>{status}: {HTTPStatus(status).phrase}</h1>\n{reason}<p>Error ID: {uuid.uuid4()}</p>\n</body>\n</html>\n"
    )
