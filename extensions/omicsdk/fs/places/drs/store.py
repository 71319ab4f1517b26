"""Objects of GA4GH DRS servers: files, and bundles as folders of their members."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, Never

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import OmicsError, Unauthorized, UnsafePath
from omicsdk.fs.copying.comparison import STRONGEST
from omicsdk.fs.entry import Entry
from omicsdk.fs.errors import NotAFolder, NotListed, PathNotFound
from omicsdk.fs.places.drs.objects import Found, Objects, raised
from omicsdk.fs.places.drs.paths import Reading, drs_readings, host_in, is_top
from omicsdk.fs.store import Store
from omicsdk.transfer import Item, Location
from omicsdk.transfer.names import safe_name

if TYPE_CHECKING:
    from omicsdk.drs import Drs
    from omicsdk.drs.servers import CredentialsOf, Servers


class DrsStore(Store):
    """Objects of DRS servers.

    `drs://HOST/ID`, `drs://PREFIX:ID` and `drs://dg.PREFIX/ID` name an object. Where it is a bundle it is a folder, and
    `drs://HOST/ID/NAME` its member of that name. IDs may have slashes: the longest ID that the server knows counts, and names
    of members are what is left over. An ID behind a host is percent-encoded, as the standard has it; names of members stand
    as they are. What was found is believed for a minute.

    No server tells what objects it has, so servers can't be listed, and nothing can be put: there is no request for either.

    A login goes to its own server only: that of Gen3 (GEN3_API_KEY, ~/.gen3) to its commons, the token of Seven Bridges
    (SB_AUTH_TOKEN, ~/.sevenbridges) to the platform's DRS server. Other servers are asked without.

    Args:
        credentials: Gives the login for a host, in the place of those that are found; None for a host without one.
        preferred: Kinds, clouds or regions of storage that are wanted most, such as `gs`.
        servers: Servers in the place of new ones; they stay open.
        clock: What tells the time.
    """

    scheme: ClassVar[str] = "drs"

    def __init__(
        self,
        *,
        credentials: CredentialsOf | None = None,
        preferred: Sequence[str] = (),
        servers: Servers | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._credentials = credentials
        self._given = servers
        self._own: Servers | None = None
        self._client: Drs | None = None
        self._lock = threading.RLock()
        self._objects = Objects(self._servers, preferred, clock)

    def look(self, path: str) -> Entry:
        if self._is_top(path):
            return Entry(path, "folder")
        return _entry(path, self._find(path))

    def look_now(self, path: str) -> Entry:
        """As `Store.look_now`: a block of a file isn't kept, nor joined with others, by what was true once."""
        self._objects.forget(path)
        return self.look(path)

    def entries(self, path: str) -> Iterator[Entry]:
        if self._is_top(path):
            raise self._not_listed(path)
        found = self._find(path)
        if not found.object.is_bundle:
            raise NotAFolder(self.uri(path), "is a file")
        return (_entry(below, each) for below, each in self._objects.inside(path, found))

    def walk(self, path: str) -> Iterator[Entry]:
        if self._is_top(path):
            raise self._not_listed(path)
        found = self._find(path)
        if not found.object.is_bundle:
            return iter([_entry(path, found)])
        return (_entry(below, each) for below, each in self._objects.below(path, found))

    def location(self, entry: Entry) -> Location:
        found: object = entry.handle if entry.handle is not None else self.look(entry.path).handle
        if isinstance(found, OmicsError):
            raise raised(found)
        if not isinstance(found, Found):
            raise self._not_listed(entry.path)
        try:
            return found.copies.locate()
        except Unauthorized as error:
            self._raise_explained(error, found.server.host)

    def elsewhere(self, entry: Entry, refused: Location | None = None) -> bool:
        found: object = entry.handle
        return isinstance(found, Found) and found.copies.skip(refused)

    def item(self, entry: Entry, name: str) -> Item:
        found: object = entry.handle
        if isinstance(found, Found) and found.together is not None:
            found.together.expect()
        return super().item(entry, name)

    def close(self) -> None:
        with self._lock:
            own, self._own = self._own, None
            client, self._client = self._client, None
        if own is not None:
            own.close()
        if client is not None:
            client.close()

    # -- what other schemes have otherwise

    def _readings(self, path: str) -> Sequence[Reading]:
        return drs_readings(path)

    def _is_top(self, path: str) -> bool:
        return is_top(path)

    def _not_listed(self, path: str) -> NotListed:
        where = f"drs://{host_in(path) or path or 'HOST'}"
        said = "can't be listed: DRS servers don't tell which objects they have"
        return NotListed(self.uri(path), said, remedy=f"Name an object: {where}/ID")

    def _opened(self) -> Servers:
        from omicsdk.drs import Drs, HostCredentials
        from omicsdk.fs.places.drs.logins import FoundLogins

        credentials = self._credentials if self._credentials is not None else FoundLogins()
        self._client = Drs(credentials=HostCredentials(credentials))
        return self._client.servers()

    def _explained(self, error: Unauthorized, host: str) -> OmicsError:
        error.remedy = (
            f"{host} wants a login that may read it: for a Gen3 commons GEN3_API_KEY, for Seven Bridges SB_API_ENDPOINT and "
            "SB_AUTH_TOKEN. Where there is one, ask the owner of the data for access."
        )
        return error

    # -- within

    def _raise_explained(self, error: Unauthorized, host: str) -> Never:
        better = self._explained(error, host)
        if better is error:
            raise error
        raise better from error

    def _servers(self) -> Servers:
        if self._given is not None:
            return self._given
        with self._lock:
            if self._own is None:
                self._own = self._opened()
            return self._own

    def _find(self, path: str) -> Found:
        try:
            found = self._objects.find(path, lambda: self._readings(path))
        except Unauthorized as error:
            self._raise_explained(error, error.url.partition("://")[2].partition("/")[0])
        if found is None:
            remedy = "Check the identifier, and the names of members behind it."
            raise PathNotFound(self.uri(path), "isn't there", remedy=remedy)
        return found


def _entry(path: str, found: Found | OmicsError) -> Entry:
    if isinstance(found, OmicsError):  # whoever wants its bytes is told
        return Entry(path, "file", details={"error": found.message}, handle=found)
    told = found.object
    details = {"id": told.id, "host": found.server.host, "name": told.name}
    if told.is_bundle:
        return Entry(path, "folder", details=details, handle=found)
    kind = next((each for each in STRONGEST if each in told.checksums), "")
    version = f"{kind}:{told.checksums[kind]}" if kind else ""
    ways = {"access": [method.kind for method in told.methods]}
    return Entry(path, "file", told.size, told.checksums, None, version, {**details, **ways}, found, _file_name(found))


def _file_name(found: Found) -> str:
    """What a copy is called: as the object is, where the path ends in its identifier; a member has its name in the path."""
    if bool(found.above) or found.together is not None:
        return ""
    name = found.object.name.replace("\\", "/")
    try:
        return safe_name(name, found.identifier.text).rpartition("/")[2]
    except UnsafePath:  # its bytes can be read all the same; a copy under this name is refused
        return name
