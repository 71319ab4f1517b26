"""The client of GA4GH DRS servers: one for identifiers alone, and every other that an identifier names."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from omicsdk_api.drs import AsyncDrsApi, DrsApi

from omicsdk.core.credentials import Basic, BearerToken, Credentials
from omicsdk.core.errors import Forbidden
from omicsdk.core.plain_client import OptionalServer, server_steps
from omicsdk.core.platform import (
    AsyncPlatform,
    Discovery,
    Listing,
    Opening,
    Platform,
    Workflow,
    late_modules,
    variables,
)
from omicsdk.core.sending.transport import Meanings
from omicsdk.drs.credentials import HostCredentials, host_in_url
from omicsdk.drs.resolution import ResolutionSettings, Resolver, server_url
from omicsdk.drs.server import PATH
from omicsdk.drs.servers import Servers

if TYPE_CHECKING:
    from omicsdk.core.token_file import StoredLogin
    from omicsdk.drs import downloads, planning
else:
    downloads, planning = late_modules("omicsdk.drs", "downloads planning")

BASIC = "basic"
"""The kind of a stored login that is a user and a password; others are bearer tokens."""


def stored_login(login: StoredLogin, _: str) -> Credentials:
    """Make credentials from a login that `omics login drs` stored.

    Args:
        login: The stored login.
    """
    return Basic(login.user, login.token.value) if login.kind == BASIC else BearerToken(login.token.value)


def base_url_of(text: str) -> str:
    """Return the base URL of a server.

    Args:
        text: Its host, its URL, or its base URL.
    """
    url = text.strip().rstrip("/")
    url = url if "://" in url else server_url(url)
    return url if "/" in url.partition("://")[2] else f"{url}{PATH}"


DISCOVERY = Discovery(
    platform="drs",
    stored=stored_login,
    normal_url=base_url_of,
    environment=variables("OMICS_DRS_URL", "OMICS_DRS_TOKEN", BearerToken),
    remedy=(
        "Run: omics login drs. Or pass base_url (--base-url), or set OMICS_DRS_URL; or name the server in the identifier: "
        "drs://HOST/ID."
    ),
)


# The index, Fence and Arborist of a commons respond 401 to a valid login without the permission, too. Elsewhere it means the login.
MEANINGS: Meanings = {
    "permission": (Forbidden, "The login is valid but lacks the permission: ask the owner of the data for access.")
}


class _Address(OptionalServer):
    """What both clients share: a base URL that may be missing, and credentials by host."""

    _discovery = DISCOVERY
    _steps = server_steps("DRS server", DISCOVERY)
    _meanings: ClassVar[Meanings | None] = MEANINGS


COLUMNS = ("object_id", "file_name", "size")
"""Columns of a table of files, the most important first."""


class _Workflows:
    ls = Listing(planning.ls, COLUMNS)
    open = Opening(downloads.open_object)
    describe = Workflow(downloads.describe)
    locate = Workflow(downloads.locate)
    download = Workflow(downloads.download)
    verify = Workflow(downloads.verify)


class Drs(_Workflows, _Address, Platform, DrsApi):
    """GA4GH DRS servers. Thread-safe; close it, or use it in a `with` block.

    An identifier names its server: `drs://HOST/ID`, or a prefix that is looked up. Operations, such as `get_object`, and
    identifiers alone need a base URL.

    The arguments are those of `omicsdk.core.platform.Platform`, but for those below.

    Args:
        base_url: The server of identifiers alone: its host, or its base URL; by default OMICS_DRS_URL. May be missing.
        credentials: Those of the base URL's server; or `HostCredentials` for several servers.
    """

    def servers(self, settings: ResolutionSettings | None = None) -> Servers:
        """Open the servers of identifiers for a block; they use this client's connections.

        Args:
            settings: How prefixes are resolved; by default from the environment.
        """
        host = host_in_url(self.base_url)
        hosts = {host: self.base_url} if host else {}
        resolver = Resolver(host, settings=settings, client=self, has_all=True)
        return Servers(resolver, self._credentials_of, hosts, client=self, clock=self._exchange.transport.clock)

    def _credentials_of(self, host: str) -> Credentials | None:
        credentials = self.credentials
        if isinstance(credentials, HostCredentials):
            return credentials.of(host)
        return credentials if host.lower() == host_in_url(self.base_url) else None


class AsyncDrs(_Workflows, _Address, AsyncPlatform, AsyncDrsApi):
    """GA4GH DRS servers for asyncio and trio; close it with `aclose`, or use it in an `async with` block.

    Base URL, credentials, arguments and errors are those of `Drs` and `omicsdk.core.platform.AsyncPlatform`.
    """

    _blocking_class = Drs
