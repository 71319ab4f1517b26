"""The server of a client whose operations are all on one, and other addresses on its host."""

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from omicsdk.core.credentials import origin_of
from omicsdk.core.errors import ConfigError
from omicsdk.core.redaction import mask_url


@dataclass(frozen=True)
class OneServer:
    """The server of a document; `omicsdk.core.servers` has those of documents with several.

    Attributes:
        default: The document's URL for operations without a server of their own; empty or a path if it states no whole one.
    """

    default: str = ""

    def url_of(self, key: str, base_url: str, operation: str) -> str:
        """Return the base URL of an operation with a server of its own.

        Args:
            key: What the operation's facts call the server.
            base_url: The client's base URL. If it is not the document's, it stands for all servers of the same origin.
            operation: The operation's name, for errors.

        Raises:
            LookupError: There is no other server.
        """
        raise LookupError(
            f"{operation} is on the server {key!r}, and the client has that of {mask_url(base_url)} alone"
        )

    def address_of(self, url: str, base_url: str) -> str:
        """Return another address that the document states, such as that for tokens, as a client with a base URL uses it.

        Args:
            url: The address, absolute or relative to the base URL.
            base_url: The client's base URL.

        Raises:
            ConfigError: The base URL was replaced, and this address is on another host.
        """
        if "://" not in url:
            return urljoin(f"{base_url}/", url)
        if base_url == self.default:
            return url
        if self.default and origin_of(url) == origin_of(self.default):
            return moved(f"/{url.partition('://')[2].partition('/')[2]}", self.default, base_url)
        raise ConfigError(
            f"The document states {mask_url(url)} for tokens, and base_url {mask_url(base_url)} does not replace that server",
            remedy='Pass the address to the credentials, such as token_url="https://...".',
        )


def moved(path: str, default: str, base_url: str) -> str:
    """Return the URL of a path on the default server's host, with another base URL in place of the default.

    What precedes the default's path in the base URL, such as a proxy's prefix, is kept.

    Args:
        path: The path.
        default: The document's URL.
        base_url: The client's base URL.
    """
    parts, replaced = urlsplit(base_url), urlsplit(default).path
    base = base_url.removesuffix(replaced) if base_url.endswith(replaced) else f"{parts.scheme}://{parts.netloc}"
    return f"{base}{path}".rstrip("/")
