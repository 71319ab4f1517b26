"""The Workspace Token Service as a service of the sandbox."""

from collections.abc import Mapping
from typing import Any

from jsonschema import FormatChecker

from omicsdk.sandbox.auth import Caller
from omicsdk.sandbox.gen3.gateway import HOME, TrailingSlashes
from omicsdk.sandbox.gen3.wts.needs import Needs
from omicsdk.sandbox.gen3.wts.tokens import HANDLERS, error_body
from omicsdk.sandbox.service import Service, by_name

_BROWSER = "people connect with a browser, and the sandbox has no pages: connect them with `sandbox.gen3.wts`"


def wts_service(gen3: Needs, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        gen3: The commons.
        document: The service's OpenAPI 3.1 document.
    """
    return Service(
        name="gen3/wts",
        prefix=f"{HOME}/wts",
        document=document,
        document_path="/openapi.json",
        handlers=by_name(HANDLERS, gen3),
        formats=FormatChecker(formats=()),
        format_codes={},
        restricted=lambda: False,
        authenticate=lambda _headers: Caller("", frozenset()),  # the handlers find out who asks
        error_body=error_body,
        error_type="application/json",
        request_id="",
        around=lambda app: TrailingSlashes(app, ("/token/", "/external_oidc/")),
        checks=False,
        absent=dict.fromkeys(("get_authorization_url", "authorize", "logout"), _BROWSER),
    )
