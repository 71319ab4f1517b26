"""Files of Gen3 data commons by their GUIDs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from omicsdk.core.arguments import text_is_one_item
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.platform import unbound
from omicsdk.drs.resolution import ResolutionSettings, Resolver, server_url
from omicsdk.fs.errors import NotListed, ReadOnly
from omicsdk.fs.store import Features
from omicsdk.fs.stores.drs import DrsStore, Reading, gen3_readings, host_in, is_top

if TYPE_CHECKING:
    from omicsdk.core.errors import OmicsError, Unauthorized
    from omicsdk.drs.servers import Servers
    from omicsdk.gen3.client import Gen3


class Gen3Store(DrsStore):
    """Files of Gen3 commons.

    `gen3://HOST/GUID` is a file of a commons, `gen3://GUID` or `gen3:///GUID` one of your own, or of another commons if
    the GUID has that commons' prefix. A bundle is a folder, as in `drs://`. Requests to other commons have a token of
    the workspace token service, if it has one.

    An index has millions of records without folders, so a commons cannot be listed. It is read-only: the commons
    assigns a file's GUID, so no path can name it before; `omics gen3 upload` prints the GUIDs.

    Args:
        endpoint: Your own commons; by default what OMICS_GEN3_URL or GEN3_ENDPOINT states, else the one that the login
            is of.
        refresh_file: Where the login comes from, as `Gen3Auth` takes it; by default GEN3_API_KEY, ~/.gen3/credentials,
            or a workspace's token service. Without any, what is open can be had.
        token: An access token in its place; by default that of OMICS_GEN3_TOKEN.
        commons: Your own commons with its login, in place of all these; it stays open.
        prefer: Kinds, clouds or regions of storage to prefer, such as `gs`.
        settings: How prefixes of other commons are resolved; by default from the environment.
        clock: Returns the time.
    """

    scheme: ClassVar[str] = "gen3"
    features: ClassVar[Features] = Features(alternative="Add files with omics gen3 upload; delete them by their GUIDs.")

    @text_is_one_item
    def __init__(
        self,
        *,
        endpoint: str | None = None,
        refresh_file: str | os.PathLike[str] | None = None,
        token: str | None = None,
        commons: Gen3 | None = None,
        prefer: str | Sequence[str] = (),
        settings: ResolutionSettings | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        super().__init__(prefer=prefer, clock=clock)
        self._endpoint = endpoint
        self._file = None if refresh_file is None else os.fspath(refresh_file)
        self._token = token
        self._given_commons = commons
        self._settings = settings

    def check_puts(self, paths: Sequence[str]) -> None:
        """Refuse all paths: a commons assigns each file its GUID, so no path can be chosen for it.

        Raises:
            ReadOnly: Always; the remedy has the command that uploads.
        """
        path = paths[0] if paths else ""
        host = host_in(path)
        endpoint = f"--base-url {server_url(host).removeprefix('https://')} " if host else ""
        raise ReadOnly(
            self.uri(path),
            "cannot be written: a commons assigns each file a GUID",
            remedy=f"Upload files, and keep their GUIDs: omics gen3 {endpoint}upload FILES --manifest-out guids.tsv",
        )

    def close(self) -> None:
        super().close()
        # A commons is not connected to only to be closed.
        if self._given_commons is None and "_home" in vars(self):
            self._home.close()

    def _readings(self, path: str) -> Sequence[Reading]:
        if not host_in(path):
            _ = self._home  # which states the remedy if no client knows it
        return gen3_readings(path)

    def _is_top(self, path: str) -> bool:
        # What `drs://` reads as a prefix alone is a GUID of your own commons here.
        return is_top(path) and (not path or bool(host_in(path)))

    def _not_listed(self, path: str) -> NotListed:
        problem = "cannot be listed: the index of a commons may have millions of records, and no folders"
        return NotListed(self.uri(path), problem, remedy=f"Name a GUID: gen3://{host_in(path)}/GUID")

    def _opened(self) -> Servers:
        from omicsdk.drs.servers import Servers
        from omicsdk.gen3.downloads import resolver_of, servers_of

        if not self._is_named():
            return Servers(Resolver(settings=self._settings))
        return servers_of(self._home, resolver_of(self._home, self._settings))

    def _explained(self, error: Unauthorized, host: str) -> OmicsError:
        from omicsdk.gen3.discovery import LOG_IN

        del host
        if not self._is_named():  # else the servers have explained it
            error.remedy = f"Not logged in. {LOG_IN}"
        return error

    def _is_named(self) -> bool:
        """Whether a commons or a login was given, or can be found."""
        from omicsdk.gen3.discovery import has_login, named_commons

        settings = (self._given_commons, self._endpoint, self._file, self._token)
        return (
            any(setting is not None for setting in settings) or bool(named_commons(os.environ)) or has_login(os.environ)
        )

    @cached_property
    def _home(self) -> Gen3:
        """The user's own commons."""
        from omicsdk.gen3.client import Gen3
        from omicsdk.gen3.login import Gen3Login

        if self._given_commons is not None:
            return self._given_commons
        login = None if self._file is None else Gen3Login(self._endpoint, refresh_file=self._file)
        return Gen3(unbound(self._endpoint), credentials=login or self._token)
