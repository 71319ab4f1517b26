"""Fence, the service of logins, presigned URLs and uploads: what it is made of, and how it refuses."""

import uuid
from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from omicsdk.sandbox.gen3 import fence_files, fence_logins
from omicsdk.sandbox.gen3.service import HEALTHY, HTML, VERSION, TrailingSlashes, gen3_service
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Call, Handler, Reply, Service, handlers_in

if TYPE_CHECKING:
    from omicsdk.sandbox.gen3.commons import Gen3

_GOOGLE = "Google accounts aren't part of the sandbox's commons"
_BROWSER = "people log in with a browser, and the sandbox's commons has no pages: make keys with `gen3_credentials`"
_ADMIN = "people are made and removed with `sandbox.gen3.access`"
_KINDS = "the only kinds of keys are api and google"
_ABSENT = {
    "get_metrics": "it measures a deployment",
    "get_privacy_policy": "it is a page of a deployment",
    "get_registration_form": _BROWSER,
    "authorize": _BROWSER,
    "confirm_authorization": _BROWSER,
    "login_with_shibboleth": _BROWSER,
    "login_with_fence": _BROWSER,
    "logout": _BROWSER,
    "revoke_token": "it ends refresh tokens, which come of logins with a browser",
    "check_token_denylisted": "it is for services of a deployment",
    "get_user_info_by_name": _ADMIN,
    "soft_delete_user": _ADMIN,
    "reactivate_user": _ADMIN,
    "create_user": _ADMIN,
    "get_contents": "it passes requests on to a service of embeddings",
    "list_provider_keys": _KINDS,
    "create_provider_key": _KINDS,
    "delete_provider_key": _KINDS,
    "list_google_keys": _GOOGLE,
    "create_google_key": _GOOGLE,
    "delete_all_google_keys": _GOOGLE,
    "delete_google_key": _GOOGLE,
    "link_google_account": _GOOGLE,
    "unlink_google_account": _GOOGLE,
    "extend_google_link": _GOOGLE,
    "finish_google_link": _GOOGLE,
    "get_billing_projects": _GOOGLE,
    "list_service_accounts": _GOOGLE,
    "register_service_account": _GOOGLE,
    "check_service_account": _GOOGLE,
    "get_monitoring_account": _GOOGLE,
    "check_service_account_update": _GOOGLE,
    "delete_service_account": _GOOGLE,
    "update_service_account": _GOOGLE,
    "ensure_primary_service_account": _GOOGLE,
}
_SLASHED = ("/google/billing_projects/", "/google/service_accounts/")


def fence_service(gen3: "Gen3", document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        gen3: The commons.
        document: Fence's OpenAPI 3.1 document.
    """
    gen3.grounds.settings.declare(*fence_logins.SETTINGS, *fence_files.SETTINGS)
    handlers = handlers_in(document, gen3, fence_logins, fence_files)
    return gen3_service(
        "fence",
        document,
        {name: _with_pages(handler) for name, handler in handlers.items()},
        same=fence_logins.SAME,
        answers={"get_status": HEALTHY, "get_version": Reply({"version": VERSION, "commit": ""})},
        absent=_ABSENT,
        around=lambda app: TrailingSlashes(app, _SLASHED),
    )


def _with_pages(handler: Handler) -> Handler:
    """A handler whose refusals are pages for browsers, whoever asks."""

    def handle(call: Call) -> Reply:
        try:
            return handler(call)
        except Problem as problem:
            headers = {**HTML, **problem.headers}
            return Reply(status=problem.status, headers=headers, text=_page(problem.status, problem.title))

    return handle


def _page(status: int, message: str) -> str:
    """The page of a refusal; a 500 doesn't tell what went wrong."""
    message = message.encode(errors="replace").decode()  # half of a surrogate pair can't be sent
    told = "" if status == HTTPStatus.INTERNAL_SERVER_ERROR else f"<p>{escape(message)}</p>\n"
    return (
        "<!DOCTYPE html>\n<html>\n<head><title>Gen3 Data Commons</title></head>\n<body>\n"
        f"<h1>{status}: {HTTPStatus(status).phrase}</h1>\n{told}<p>Error ID: {uuid.uuid4()}</p>\n</body>\n</html>\n"
    )
