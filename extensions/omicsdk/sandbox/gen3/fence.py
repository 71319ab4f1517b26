"""Fence, the service of logins, presigned URLs and uploads: its handlers and its refusals."""

import uuid
from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from typing import Any

from omicsdk.sandbox.gen3 import fence_files, fence_logins
from omicsdk.sandbox.gen3.commons import Gen3
from omicsdk.sandbox.gen3.middleware import TrailingSlashes
from omicsdk.sandbox.gen3.service import HEALTHY, HTML, VERSION, gen3_service, refusing
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Reply, Service, handlers_in

_BROWSER = "logins need a browser, and the sandbox's commons has no pages: make keys with `gen3_credentials`"
_USERS = "users are added with `sandbox.gen3.access.add`"
_ABSENT = {
    **dict.fromkeys(("authorize", "confirm_authorization", "login_with_shibboleth", "login_with_fence"), _BROWSER),
    **dict.fromkeys(("logout", "get_registration_form", "create_api_key", "create_cdis_key"), _BROWSER),
    **dict.fromkeys(("get_user_info_by_name", "soft_delete_user", "reactivate_user", "create_user"), _USERS),
}
"""Why operations are not part of the sandbox."""
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
        absent=_ABSENT,
        around=lambda app: TrailingSlashes(app, _SLASHED),
        rights=lambda call: call.operation.secured and fence_logins.principal(gen3, call, "user"),
    )


def _refused(problem: Problem) -> Reply:
    """A page for browsers, whatever sent the request."""
    text = (
        "<!DOCTYPE html>\n<html>\n<head><title>Gen3 Data Commons</title></head>\n<body>\n"
        f"<h1>{problem.status}: {HTTPStatus(problem.status).phrase}</h1>\n<p>{escape(problem.title)}</p>\n"
        f"<p>Error ID: {uuid.uuid4()}</p>\n</body>\n</html>\n"
    )
    return Reply(status=problem.status, headers={**HTML, **problem.headers}, text=text)
