"""The servers of a document: its own, those of single operations, and how a client's arguments choose among them."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

from omicsdk.core.credentials import origin_of
from omicsdk.core.errors import ConfigError
from omicsdk.core.redaction import mask_url
from omicsdk.core.request import OneServer, checked_base_url, moved, service_url

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_NO_VALUE = re.compile(r"[\s?#@\\]")
_NO_VARIABLES: Mapping[str, Sequence[str]] = {}


class Server(NamedTuple):
    """A server as a document states it.

    Attributes:
        url: Its URL, with variables in braces; relative to the document's server if it begins with a slash.
        variables: For each variable its default value, and all allowed ones if they are restricted.
        name: Its name in the document, if it has one.
    """

    url: str
    variables: Mapping[str, Sequence[str]] = _NO_VARIABLES
    name: str = ""

    @property
    def key(self) -> str:
        """What arguments call it: its name, or else its URL."""
        return self.name or self.url

    def filled(self, values: Mapping[str, str]) -> str:
        """Return the URL with values in place of its variables.

        Args:
            values: Values by the variables' names; the others have their defaults.

        Raises:
            ConfigError: A value is not allowed.
        """

        def value(match: re.Match[str]) -> str:
            name = match[1]
            default, *allowed = self.variables[name]
            text = values.get(name, default)
            if allowed and text not in allowed:
                raise ConfigError(
                    f"The server {self.key} has no {name} {text!r}", remedy=f"Use one of {', '.join(allowed)}."
                )
            # A value must not change the host, to which credentials are sent, unless the URL begins with it, as TypeSpec's
            # `{endpoint}/path`: then it is what a base URL is.
            before = self.url[: match.start()]
            if _NO_VALUE.search(text) or (before and "/" in text and "/" not in before.partition("://")[2]):
                raise ConfigError(
                    f"The value {text!r} of {name} cannot be part of the server's URL {self.url}",
                    remedy="Use a value without spaces and without signs that end a host.",
                )
            return text if before else text.rstrip("/")

        return _PLACEHOLDER.sub(value, self.url) if self.variables else self.url


_NO_OTHERS: Mapping[str, Sequence[Server]] = {}


@dataclass(frozen=True)
class Servers(OneServer):
    """The servers that one client uses.

    Attributes:
        others: The servers of single operations, by the key that their facts state.
        mapped: The user's URLs, by the same keys.
        chosen: The position of the chosen one among the document's servers, their number, and its key.
        values: The user's values of variables.
    """

    others: Mapping[str, Sequence[Server]] = field(default_factory=dict[str, Sequence[Server]])
    mapped: Mapping[str, str] = field(default_factory=dict[str, str])
    chosen: tuple[int, int, str] = (0, 0, "")
    values: Mapping[str, str] = field(default_factory=dict[str, str])

    def url_of(self, key: str, base_url: str, operation: str) -> str:
        """Return the base URL of an operation with a server of its own.

        Raises:
            ConfigError: The base URL was replaced, and this server was not.
        """
        if key in self.mapped:
            return self.mapped[key]
        url = self._alternative(self.others[key]).filled(self.values).rstrip("/")
        if url.startswith("/") or not url:
            return moved(url, self.default, base_url)
        if base_url == self.default:
            return url
        # A server of the same origin moves with the document's; where another one is now, only the user knows.
        if origin_of(url) == origin_of(self.default):
            return moved(urlsplit(url).path, self.default, base_url)
        raise ConfigError(
            f"{operation}: the document places this operation on {mask_url(url)}, and base_url {mask_url(base_url)} does "
            "not replace that server",
            remedy=f'Pass servers={{{json.dumps(key)}: "https://..."}} with the URL to send it to.',
        )

    def _alternative(self, servers: Sequence[Server]) -> Server:
        """Return the server that corresponds to the chosen one: by its name, or else by its place in a list of equal
        length.
        """
        index, count, key = self.chosen
        named = next((server for server in servers if server.key == key), None)
        return named or servers[index if len(servers) == count else 0]


class DocumentServers(NamedTuple):
    """All servers of a document.

    Attributes:
        of_document: Those of the document, the default first.
        others: Those of single operations, by the key that their facts state.
    """

    of_document: Sequence[Server]
    others: Mapping[str, Sequence[Server]] = _NO_OTHERS

    def chosen(
        self,
        base_url: str | None,
        *,
        server: str | None = None,
        servers: Mapping[str, object] | None = None,
        variables: Mapping[str, str | None] | None = None,
    ) -> Servers:
        """Return the servers of a client from its arguments.

        Args:
            base_url: The user's base URL, which replaces the document's.
            server: The key of one of the document's servers; None for the first.
            servers: The user's URLs for servers of operations, by their keys.
            variables: Values of variables; None for their defaults.

        Raises:
            ConfigError: A key, a value or a URL is invalid, or what base_url replaces is chosen too.
        """
        values = {name: value for name, value in (variables or {}).items() if value is not None}
        # A server with a name may be called by its URL too.
        named = {alternatives[0].url: key for key, alternatives in self.others.items()}
        servers = {named.get(key, key) if key not in self.others else key: url for key, url in (servers or {}).items()}
        mapped = {key: service_url(str(url), source=f"servers[{key!r}]") for key, url in servers.items()}
        keys = [server.key for server in self.of_document]
        _check_keys("server", [] if server is None else [server], keys)
        _check_keys("servers", mapped, self.others)
        if base_url is not None:
            used = {name for group in self.others.values() for member in group for name in member.variables}
            replaced = [*(["server"] if server is not None else []), *(name for name in values if name not in used)]
            if replaced:
                raise ConfigError(
                    f"base_url replaces the document's server, and so {', '.join(replaced)} has no effect",
                    remedy=f"Pass base_url, or {', '.join(replaced)}.",
                )
        urls = [server.filled({} if base_url is not None else values).rstrip("/") for server in self.of_document]
        index = 0 if server is None else keys.index(server)
        if base_url is not None:
            index = next((at for at, url in enumerate(urls) if url == base_url.strip().rstrip("/")), 0)
        key = keys[index] if keys else ""
        first = _PLACEHOLDER.match(self.of_document[index].url) if keys else None
        if first and values.get(first[1]) and "://" not in urls[index] and not urls[index].startswith("/"):
            remedy = f"Pass {first[1]}, beginning with https:// and a host."
            checked_base_url(values[first[1]], source=f"The value of {first[1]}", remedy=remedy)
        return Servers(urls[index] if urls else "", self.others, mapped, (index, len(keys), key), values)


def _check_keys(
    argument: str, keys: "Sequence[str] | Mapping[str, str]", allowed: "Sequence[str] | Mapping[str, object]"
) -> None:
    unknown = [key for key in keys if key not in allowed]
    if unknown:
        raise ConfigError(
            f"{argument} names {unknown[0]!r}, and the document has no such server",
            remedy=f"Use one of {', '.join(allowed)}." if allowed else f"Omit {argument}.",
        )
