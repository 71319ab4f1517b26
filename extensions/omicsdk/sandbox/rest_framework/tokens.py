"""Who asks, by the Authorization header: tokens of the framework, and names with passwords where a service takes them."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from omicsdk.sandbox.rest_framework.refusals import Refused

U = TypeVar("U")

MISSING = "Authentication credentials were not provided."


class Askers(Generic[U]):
    """Tells who asks.

    Args:
        by_token: Who has a token; None for a token that nobody has.
        by_password: Who has a name and password; None where the service takes none.
        challenge: What a 401 says in WWW-Authenticate; empty where refusals are 403, as they are with sessions first.
    """

    def __init__(
        self,
        by_token: Callable[[str], U | None],
        by_password: Callable[[str, str], U | None] | None = None,
        *,
        challenge: str = "",
    ) -> None:
        self._by_token = by_token
        self._by_password = by_password
        self._challenge = challenge

    def refused(self, detail: str = MISSING) -> Refused:
        """The refusal of somebody who isn't known."""
        headers = {"WWW-Authenticate": self._challenge} if self._challenge else {}
        return Refused(401 if self._challenge else 403, detail, headers)

    def find(self, authorization: str | None) -> U | None:
        """Who asks; None where the header is absent or of another scheme.

        Raises:
            Refused: The token, or the name and password, aren't those of anybody.
        """
        scheme, _, rest = (authorization or "").strip().partition(" ")
        match scheme.lower(), rest.split():
            case "token", []:
                raise self.refused("Invalid token header. No credentials provided.")
            case "token", [token]:
                found = self._by_token(token)
                if found is None:
                    raise self.refused("Invalid token.")
                return found
            case "token", _:
                raise self.refused("Invalid token header. Token string should not contain spaces.")
            case "basic", words if self._by_password is not None:
                found = self._by_password(*self._name_and_password(words))
                if found is None:
                    raise self.refused("Invalid username/password.")
                return found
            case _:
                return None

    def need(self, authorization: str | None) -> U:
        """Who asks.

        Raises:
            Refused: Nobody that is known.
        """
        found = self.find(authorization)
        if found is None:
            raise self.refused()
        return found

    def _name_and_password(self, words: Sequence[str]) -> tuple[str, str]:
        if len(words) != 1:
            wrong = "Credentials string should not contain spaces." if words else "No credentials provided."
            raise self.refused(f"Invalid basic header. {wrong}")
        try:
            # As the framework does, this passes over what base64 doesn't have.
            content = base64.b64decode(words[0].encode())
        except binascii.Error as error:
            raise self.refused("Invalid basic header. Credentials not correctly base64 encoded.") from error
        try:
            text = content.decode()
        except UnicodeDecodeError:
            text = content.decode("latin-1")
        name, _, password = text.partition(":")
        return name, password
