"""The Workspace Token Service as a service of the sandbox."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.gen3.as_sent import service_as_sent
from omicsdk.sandbox.gen3.gateway import TrailingSlashes
from omicsdk.sandbox.gen3.wts import tokens
from omicsdk.sandbox.gen3.wts.needs import Needs
from omicsdk.sandbox.gen3.wts.tokens import error_body
from omicsdk.sandbox.service import Service, handlers_in

_BROWSER = "people connect with a browser, and the sandbox has no pages: connect them with `sandbox.gen3.wts`"


def wts_service(gen3: Needs, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        gen3: The commons.
        document: The service's OpenAPI 3.1 document.
    """
    return service_as_sent(
        "wts",
        document,
        handlers_in(document, gen3, tokens),
        error_body=error_body,
        around=lambda app: TrailingSlashes(app, ("/token/", "/external_oidc/")),
        absent=dict.fromkeys(("get_authorization_url", "authorize", "logout"), _BROWSER),
    )
