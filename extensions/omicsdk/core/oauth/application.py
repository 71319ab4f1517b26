"""An application as an authorization server knows it: its name there, and the server's addresses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from omicsdk.core.errors import ConfigError
from omicsdk.core.narrowing import is_array, is_object
from omicsdk.core.origins import is_confidential, is_loopback
from omicsdk.core.redaction import mask_url

_REMEDY = "Download the application's secrets again; they have client_id, auth_uri and token_uri."


@dataclass(frozen=True, slots=True)
class Application:
    """What an application needs to ask an authorization server for tokens.

    Attributes:
        client_id: The application's name.
        auth_uri: Where a user's browser is sent to log in.
        token_uri: Where codes and refresh tokens become access tokens.
        client_secret: What proves the application; empty for one that can't keep a secret.
        redirect_uris: Addresses that the server sends browsers back to, as far as they are known.
    """

    client_id: str
    auth_uri: str
    token_uri: str
    client_secret: str = field(default="", repr=False)
    redirect_uris: tuple[str, ...] = ()

    @classmethod
    def of(cls, secrets: Mapping[str, object], source: str) -> "Application":
        """Reads the "client secrets" form that Google introduced: `{"installed": {"client_id": ..., ...}}`.

        Args:
            secrets: The decoded JSON; its members may stand under `installed` or `web`, or at the top.
            source: Where it comes from, for errors.

        Returns:
            The application.

        Raises:
            ConfigError: A member is missing, or an address isn't encrypted.
        """
        inner = next((part for name in ("installed", "web") if is_object(part := secrets.get(name))), secrets)
        texts = {name: inner.get(name) for name in ("client_id", "auth_uri", "token_uri", "client_secret")}
        missing = [name for name in ("client_id", "auth_uri", "token_uri") if not isinstance(texts[name], str)]
        if missing:
            raise ConfigError(f"The application's secrets from {source} have no {', '.join(missing)}", remedy=_REMEDY)
        for name in ("auth_uri", "token_uri"):
            if not is_confidential(str(texts[name])):
                raise ConfigError(
                    f"{name} of the application's secrets from {source} is {mask_url(str(texts[name]))!r}, which isn't encrypted",
                    remedy="Give an address that begins with https://.",
                )
        listed: object = inner.get("redirect_uris")
        redirects = tuple(each for each in listed if isinstance(each, str)) if is_array(listed) else ()
        secret = texts["client_secret"]
        return cls(
            str(texts["client_id"]),
            str(texts["auth_uri"]),
            str(texts["token_uri"]),
            secret if isinstance(secret, str) else "",
            redirects,
        )

    def beside(self, uri: str, last: str, other: str) -> str:
        """An address of the same server, whose paths end alike: `/oauth/token` beside `/oauth/revoke`.

        Args:
            uri: An address that is known.
            last: How its path ends.
            other: How the wanted one's does; it stands at the root when `uri` ends otherwise.

        Returns:
            The wanted address, without query.
        """
        parts = urlsplit(uri)
        path = parts.path[: -len(last)] + other if parts.path.endswith(last) else other
        return f"{parts.scheme}://{parts.netloc}{path}"

    def loopback(self) -> tuple[str, int, str]:
        """Host, port and path at which the server may send a browser back to this machine.

        Returns:
            Those of a registered address of this machine, 127.0.0.1 before localhost (whose name may lead elsewhere); the
            port is 0 where none is registered, which RFC 8252 (7.3) has servers take for any. Without a registered
            address 127.0.0.1, any port and "/".
        """
        found = [here for uri in self.redirect_uris if (here := _of_this_machine(uri)) is not None]
        return min(found, key=lambda here: here[0] == "localhost", default=("127.0.0.1", 0, "/"))


def _of_this_machine(uri: str) -> tuple[str, int, str] | None:
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname or "", parts.port or 0
    except ValueError:
        return None
    is_here = parts.scheme == "http" and is_loopback(host) and ":" not in host
    return (host, port, parts.path or "/") if is_here else None
