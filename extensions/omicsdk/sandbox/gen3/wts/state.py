"""Which other commons are known, and with which of their API keys their tokens are got."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omicsdk.sandbox.gen3.access import Person
from omicsdk.sandbox.problems import Problem, bad_arguments
from omicsdk.sandbox.service import Grounds

EVERYBODY = "*"
DEFAULT = "default"
"""The identity provider that stands for the commons itself."""
_SECONDS = 30.0
_LOGIN = "gen3 login"


@dataclass(frozen=True, slots=True)
class OtherCommons:
    """Another commons.

    Attributes:
        idp: The name of its login here.
        base_url: Its address.
        name: What people call it.
    """

    idp: str
    base_url: str
    name: str


class Wts:
    """The other commons, and who is connected to them.

    Args:
        grounds: What the sandbox stands on.
    """

    def __init__(self, grounds: Grounds) -> None:
        self._database = grounds.database
        self._clock = grounds.clock
        self._secrets = grounds.secrets
        grounds.database.define(
            gen3_wts_commons="idp TEXT PRIMARY KEY, base_url TEXT NOT NULL, name TEXT NOT NULL",
        )

    def add_commons(
        self,
        idp: str,
        base_url: str,
        credentials: Mapping[str, str] | Path | None = None,
        *,
        name: str = "",
        person: str = EVERYBODY,
    ) -> None:
        """Makes another commons known, such as a second sandbox, and connects people to it.

        Their keys are held in memory: after a restart nobody is connected until this is called again.

        Args:
            idp: The name of its login here, such as other-google.
            base_url: Its address, such as another sandbox's `gen3_url`.
            credentials: What its `credentials.json` holds, or that file: its tokens are got with the API key. None
                connects nobody.
            name: What people call it; by default the name of the login.
            person: Who is connected, by user name; by default everybody.

        Raises:
            ValueError: The login is called as the commons' own.
        """
        if idp == DEFAULT:
            raise ValueError(f"{DEFAULT!r} is the login of the commons itself: give the other one another name")
        self._database.execute(
            "REPLACE INTO gen3_wts_commons VALUES (?, ?, ?)", (idp, base_url.rstrip("/"), name or idp)
        )
        if credentials is not None:
            found = json.loads(credentials.read_text()) if isinstance(credentials, Path) else credentials
            self._secrets.hold(_LOGIN, f"{idp} {person}", found["api_key"])

    def all(self) -> list[OtherCommons]:
        """The other commons."""
        return [OtherCommons(**row) for row in self._database.rows("SELECT * FROM gen3_wts_commons ORDER BY rowid")]

    def commons(self, idp: str) -> OtherCommons:
        """Another commons by the name of its login.

        Raises:
            Problem: 400; there is none.
        """
        found = next((each for each in self.all() if each.idp == idp), None)
        if found is None:
            raise bad_arguments(f'Requested IdP "{idp}" is not configured')
        return found

    def seconds_left(self, idp: str, person: Person | None) -> float | None:
        """How long somebody is still connected to another commons; None when they aren't."""
        key = self._key(idp, person) if person is not None else None
        left = _end(key) - self._clock.now() if key else 0.0
        return left if left > 0 else None

    def token(self, idp: str, person: Person) -> str:
        """Gets an access token of another commons with somebody's API key there.

        Args:
            idp: The name of its login here.
            person: Who asks.

        Raises:
            Problem: 400, no such login; 403, they aren't connected, or that has ended; 500, the other commons gives no
                token.
        """
        import httpx

        other = self.commons(idp)
        key = self._key(idp, person)
        if key is None:
            raise Problem(403, "forbidden", "User doesn't have a refresh token")
        if self.seconds_left(idp, person) is None:
            raise Problem(403, "forbidden", "your refresh token is expired, please login again")
        url = f"{other.base_url}/user/credentials/cdis/access_token"
        try:
            answer = httpx.post(url, json={"api_key": key}, timeout=_SECONDS, trust_env=False)
        except httpx.HTTPError as error:
            raise Problem(500, "internal", "Fail to reach fence") from error
        if answer.status_code != 200:
            raise Problem(500, "internal", f"Fail to get a access token from fence: {answer.status_code}")
        return answer.json()["access_token"]

    def _key(self, idp: str, person: Person | None) -> str | None:
        if person is None or not (person.name or person.client):
            return None
        own = self._secrets.held(_LOGIN, f"{idp} {person.name}")
        return own or self._secrets.held(_LOGIN, f"{idp} {EVERYBODY}")


def _end(key: str) -> float:
    """When an API key ends, in seconds since 1970."""
    import jwt

    claims: dict[str, Any] = jwt.decode(key, options={"verify_signature": False})
    return float(claims["exp"])
