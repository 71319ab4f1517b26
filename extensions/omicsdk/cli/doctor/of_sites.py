"""django-crunch and Pangea: what their variables say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omicsdk.cli.doctor.finding import variables
from omicsdk.cli.doctor.logins import HOW_TO_GET, Call, Login
from omicsdk.core.base_urls import fault_of
from omicsdk.core.credentials import is_confidential

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from omicsdk.core.credentials import Credentials

_OPEN = "the connection isn't encrypted, so what is secret isn't sent there"


def crunch(environ: Mapping[str, str], home: Path) -> list[Login]:
    """A crunch site.

    Args:
        environ: The environment's variables.
        home: The user's folder.
    """
    del home
    names = ("OMICS_CRUNCH_URL", "CRUNCH_URL", "OMICS_CRUNCH_TOKEN", "CRUNCH_TOKEN")
    values = [environ.get(name, "").strip() for name in names]
    url, token = (values[0] or values[1]).rstrip("/"), values[2] or values[3]
    if not (url or token):
        return []
    found = Login("crunch", "token" if token else "settings", variables(names, environ), url)
    if not (url and token):
        return [found._replace(problem="a URL and a token are needed, and one is missing", remedy=HOW_TO_GET["crunch"])]
    if fault := fault_of(url):
        name = names[0] if values[0] else names[1]
        return [found._replace(problem=f"{name} {fault}", remedy=f"Give {name} the site's address.")]
    if not is_confidential(url):
        return [found._replace(problem=_OPEN, remedy="Write CRUNCH_URL with https://.")]
    return [found._replace(call=Call(f"{url}/api/projects/", _worded(token)))]


def pangea(environ: Mapping[str, str], home: Path) -> list[Login]:
    """A Pangea server.

    Args:
        environ: The environment's variables.
        home: The user's folder.

    Raises:
        ConfigError: PANGEA_ENDPOINT isn't an address.
    """
    del home
    from omicsdk.pangea.login import endpoint_of

    names = ("OMICS_PANGEA_URL", "PANGEA_ENDPOINT", "OMICS_PANGEA_TOKEN", "PANGEA_USER", "PANGEA_PASS")
    told, _, token, email, password = (environ.get(name, "").strip() for name in names)
    origin = variables(names, environ)
    if not origin:
        return []
    url = endpoint_of(told or None, environ)
    found = Login("pangea", "token" if token else "account" if email or password else "settings", origin, url)
    if (token or password) and not is_confidential(url):
        return [found._replace(problem=_OPEN, remedy="Write PANGEA_ENDPOINT with https://.")]
    if token:
        return [found._replace(call=Call(f"{url}/api/users/me", _worded(token)))]
    if bool(email) != bool(password):
        return [
            found._replace(
                problem="PANGEA_USER and PANGEA_PASS are needed, and one is missing", remedy=HOW_TO_GET["pangea"]
            )
        ]
    if email:
        # A login is what every command begins with.
        body = {"email": email, "password": password}
        return [found._replace(call=Call(f"{url}/api/auth/token/login/", body=body))]
    call = Call(f"{url}/api/organizations", shows="the server answers; nobody is logged in")
    return [found._replace(call=call)]


def _worded(token: str) -> Callable[[], Credentials]:
    def proof() -> Credentials:
        from omicsdk.core.credentials import ApiKey

        return ApiKey(token, header="Authorization", prefix="Token ")

    return proof
