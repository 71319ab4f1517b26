"""Fence as a service of the sandbox: which function answers which operation."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.gen3.as_sent import service_as_sent
from omicsdk.sandbox.gen3.fence import downloads, keys, oauth, people, signing, uploads
from omicsdk.sandbox.gen3.fence.needs import Needs
from omicsdk.sandbox.gen3.fence.pages import with_pages
from omicsdk.sandbox.gen3.gateway import TrailingSlashes
from omicsdk.sandbox.service import Service, handlers_in

_MODULES = (keys, people, oauth, downloads, uploads)
_GOOGLE = "Google accounts aren't part of the sandbox's commons"
_BROWSER = "people log in with a browser, and the sandbox's commons has no pages: make keys with `gen3_credentials`"
_ADMIN = "people are made and removed with `sandbox.gen3.access`"
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
    "list_provider_keys": "the only kinds of keys are api and google",
    "create_provider_key": "the only kinds of keys are api and google",
    "delete_provider_key": "the only kinds of keys are api and google",
    **dict.fromkeys(
        (
            "list_google_keys",
            "create_google_key",
            "delete_all_google_keys",
            "delete_google_key",
            "link_google_account",
            "unlink_google_account",
            "extend_google_link",
            "finish_google_link",
            "get_billing_projects",
            "list_service_accounts",
            "register_service_account",
            "check_service_account",
            "get_monitoring_account",
            "check_service_account_update",
            "delete_service_account",
            "update_service_account",
            "ensure_primary_service_account",
        ),
        _GOOGLE,
    ),
}
_SLASHED = ("/google/billing_projects/", "/google/service_accounts/")


def fence_service(gen3: Needs, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        gen3: The commons.
        document: Fence's OpenAPI 3.1 document.
    """
    handlers = handlers_in(document, gen3, *_MODULES)
    handlers |= {name: handlers[same] for name, same in keys.SYNONYMS.items()}
    gen3.grounds.settings.declare(*keys.SETTINGS, *signing.SETTINGS)
    return service_as_sent(
        "fence",
        document,
        {name: with_pages(handler) for name, handler in handlers.items()},
        around=lambda app: TrailingSlashes(app, _SLASHED),
        absent=_ABSENT,
    )
