"""The Workspace Token Service: other commons, the API keys that connect users to them, and their tokens."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omicsdk.sandbox.gen3.access import Access, Person
from omicsdk.sandbox.gen3.service import gen3_service, trailing_slashes
from omicsdk.sandbox.problems import Problem, bad_arguments, or_raise
from omicsdk.sandbox.service import Call, Reply, SandboxContext, Service, handlers_in
from omicsdk.sandbox.state.database import Table

# The identity provider that represents the commons itself.
DEFAULT = "default"
_EVERYBODY = "*"
_SECONDS = 30.0
_LOGIN = "gen3 login"


@dataclass(frozen=True, slots=True)
class OtherCommons:
    """Another commons.

    Attributes:
        idp: The name of its login here.
        base_url: Its address.
        name: Its display name.
    """

    idp: str
    base_url: str
    name: str


class Wts:
    """The other commons, and who is connected to them.

    Args:
        context: State and settings that all services share.
        access: Users and their tokens.

    Attributes:
        context: State and settings that all services share.
        access: Users and their tokens.
        others: The other commons.
    """

    def __init__(self, context: SandboxContext, access: Access) -> None:
        self.context = context
        self.access = access
        self.others = Table(context.database, "gen3_wts_commons", OtherCommons)

    def add_commons(
        self,
        idp: str,
        base_url: str,
        credentials: Mapping[str, str] | Path | None = None,
        *,
        name: str = "",
        person: str = _EVERYBODY,
    ) -> None:
        """Add another commons, such as a second sandbox, and connect users to it.

        Their keys are held in memory: after a restart all users are disconnected until this is called again.

        Args:
            idp: The name of its login here, such as other-google.
            base_url: Its address, such as another sandbox's `gen3_url`.
            credentials: What its `credentials.json` holds, or that file: its tokens are got with the API key. None
                connects no user.
            name: Its display name; by default the name of the login.
            person: User to connect, by name; by default every user.

        Raises:
            ValueError: The login is called as the commons' own.
        """
        if idp == DEFAULT:
            raise ValueError(f"{DEFAULT!r} is the login of the commons itself: give the other one another name")
        self.others.put(OtherCommons(idp, base_url.rstrip("/"), name or idp))
        if credentials is not None:
            login = json.loads(credentials.read_text()) if isinstance(credentials, Path) else credentials
            self.context.secrets.hold(_LOGIN, f"{idp} {person}", login["api_key"])

    def commons(self, idp: str) -> OtherCommons:
        """Another commons by the name of its login.

        Raises:
            Problem: 400; there is none.
        """
        return or_raise(self.others.get(idp), bad_arguments(f'Requested IdP "{idp}" is not configured'))

    def seconds_left(self, idp: str, person: Person | None) -> float | None:
        """Time that a user is still connected to another commons; None when they are not."""
        import jwt

        key = self._key(idp, person) if person is not None else None
        if not key:
            return None
        # Only its issuer has the key to verify it; here its end is all that matters.
        claims: dict[str, Any] = jwt.decode(key, options={"verify_signature": False})
        left = float(claims["exp"]) - self.context.clock.now()
        return left if left > 0 else None

    def token(self, idp: str, person: Person) -> str:
        """Get an access token of another commons with a user's API key there.

        Args:
            idp: The name of its login here.
            person: The caller.

        Raises:
            Problem: 400, no such login; 403, they are not connected, or that has ended; 500, the other commons gives no
                token.
        """
        import httpx

        other = self.commons(idp)
        key = or_raise(self._key(idp, person), Problem(403, "forbidden", "User doesn't have a refresh token"))
        if self.seconds_left(idp, person) is None:
            raise Problem(403, "forbidden", "your refresh token is expired, please login again")
        url = f"{other.base_url}/user/credentials/cdis/access_token"
        try:
            # Not by a proxy of the environment: the other commons may be a sandbox on this machine.
            response = httpx.post(url, json={"api_key": key}, timeout=_SECONDS, trust_env=False)
        except httpx.HTTPError as error:
            raise Problem(500, "internal", "Fail to reach fence") from error
        if response.status_code != 200:
            raise Problem(500, "internal", f"Fail to get a access token from fence: {response.status_code}")
        return response.json()["access_token"]

    def _key(self, idp: str, person: Person) -> str | None:
        find_secret = self.context.secrets.held
        return find_secret(_LOGIN, f"{idp} {person.name}") or find_secret(_LOGIN, f"{idp} {_EVERYBODY}")


def wts_service(wts: Wts, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        wts: The other commons.
        document: The service's OpenAPI 3.1 document.
    """
    return gen3_service(
        "wts",
        document,
        handlers_in(document, wts, sys.modules[__name__]),
        around=lambda app: trailing_slashes(app, ("/token/", "/external_oidc/")),
    )


def get_token(wts: Wts, call: Call) -> Reply:
    """GET /token/."""
    missing = Problem(403, "unauthorized", "You need to be authenticated to use this resource")
    person = wts.access.somebody(call.headers, missing)
    idp = dict(call.query).get("idp", DEFAULT)
    if idp == DEFAULT:  # tokens of its own commons are for pods of workspaces only, which the sandbox does not have
        raise missing
    return Reply({"token": wts.token(idp, person)})


def get_external_oidc(wts: Wts, call: Call) -> Reply:
    """GET /external_oidc/, a list for every user."""
    unexpired = dict(call.query).get("unexpired", "").lower() == "true"
    person = wts.access.known(call.headers)
    providers: list[dict[str, Any]] = []
    for other in wts.others.all():
        left = wts.seconds_left(other.idp, person)
        if left is None and unexpired:
            continue
        url = f"{call.origin}/wts/oauth2/authorization_url?idp={other.idp}"
        providers.append(
            {
                "base_url": other.base_url,
                "idp": other.idp,
                "name": other.name,
                "refresh_token_expiration": None if left is None else _in_words(left),
                "urls": [{"name": other.name, "url": url}],
            }
        )
    return Reply({"providers": providers})


def _in_words(seconds: float) -> str:
    """A time span in its largest whole unit."""
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return f"{int(seconds)} seconds"
