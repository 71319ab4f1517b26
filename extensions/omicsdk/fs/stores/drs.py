"""Objects of GA4GH DRS servers: files, and bundles as folders of their members."""

from __future__ import annotations

import copy
import logging
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Never

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import BadRequest, Forbidden, NotFound, OmicsError, Unauthorized, UnsafePath
from omicsdk.drs.identifiers import DrsId, NotADrsId, parse_drs_id
from omicsdk.drs.objects import BundleTooDeep, DrsObject, Member, in_order
from omicsdk.drs.planning import DEEPEST, DrsFile, Wanted, find, identifier_of, name_of
from omicsdk.drs.servers import BULK, DrsServer, Servers
from omicsdk.fs.store import STRONGEST, Cache, ClientStore, Entry, NotAFolder, NotListed, PathNotFound, WrongUri
from omicsdk.transfer import Item, Location
from omicsdk.transfer.names import safe_name

if TYPE_CHECKING:
    from omicsdk.core.credentials import Credentials
    from omicsdk.drs import Drs
    from omicsdk.drs.servers import CredentialsOf, Servers


DRS_FORMS = (
    "Write drs://HOST/ID, drs://PREFIX:ID or drs://dg.PREFIX/ID, and /NAME behind it for a member of a bundle. In an ID behind a "
    "host blanks, % and ? are written %20, %25 and %3F, # as %23."
)
GEN3_FORMS = (
    "Write gen3://HOST/GUID, or gen3://GUID for your own commons, and /NAME behind it for a member of a bundle."
)

#: An address with a port, which could be read as a compact identifier where nothing is behind it.
_ADDRESS = re.compile(r"(?:localhost|[0-9.]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a path.

    Attributes:
        identifier: The object.
        names: The names that lead from it, a bundle, to what is meant; none where it is meant itself.
    """

    identifier: DrsId
    names: tuple[str, ...] = ()


def drs_readings(path: str) -> list[Reading]:
    """The ways to read a path of `drs://`, the longest identifier first.

    The identifier is percent-encoded behind a host, as the standard wants it; names of members stand as they are.

    Args:
        path: As `Entry.path`; not empty.

    Raises:
        WrongUri: It can't be any identifier.
    """

    def read(text: str) -> DrsId | None:
        # Of what has a slash the first part alone is a server, also where it could be a compact identifier (127.0.0.1:80).
        is_part = "?" in text or "#" in text or ("/" not in text and bool(host_in(path)))
        return None if is_part else _parsed(text)

    return _readings(path, path.split("/"), read)


def gen3_readings(path: str) -> list[Reading]:
    """The ways to read a path of `gen3://`, the longest GUID first; those without a host are of one's own commons.

    Nothing in it is percent-encoded.

    Args:
        path: As `Entry.path`; not empty.

    Raises:
        WrongUri: It can't be any GUID.
    """
    host = host_in(path)
    parts = path.split("/")[1:] if host else path.split("/")

    def read(text: str) -> DrsId | None:
        try:
            return replace(parse_drs_id(text), text=text, host=host)
        except NotADrsId:
            return None

    return _readings(path, parts, read, "gen3", GEN3_FORMS)


def host_in(path: str) -> str:
    """The server that a path begins with; empty where it begins with something else.

    Args:
        path: As `Entry.path`.
    """
    first, slash, _ = path.partition("/")
    found = _parsed(f"{first}/x") if slash or is_top(path) else None
    return found.host if found is not None else ""


def is_top(path: str) -> bool:
    """Whether a path names no object, but a server or a prefix of many.

    Args:
        path: As `Entry.path`.
    """
    if not path or _ADDRESS.fullmatch(path):
        return True
    return "/" not in path and _parsed(path) is None and _parsed(f"{path}/x") is not None


def _parsed(text: str) -> DrsId | None:
    try:
        return parse_drs_id(f"drs://{text}")
    except NotADrsId:
        return None


def _readings(
    path: str, parts: list[str], read: Callable[[str], DrsId | None], scheme: str = "drs", forms: str = DRS_FORMS
) -> list[Reading]:
    def found() -> Iterator[Reading]:
        for count in range(len(parts), 0, -1):
            identifier = read("/".join(parts[:count]))
            if identifier is not None:
                yield Reading(identifier, tuple(parts[count:]))

    readings = list(found())
    if not readings:
        raise WrongUri(f"{scheme}://{path} names no object", remedy=forms)
    return readings


_log = logging.getLogger("omicsdk.fs")


def found_login(host: str) -> Credentials | None:
    """The login for a host, as `omicsdk.drs` wants it: Gen3's for its commons, Seven Bridges' for its DRS server, else none.

    Settings that can't be read are logged: they may be of another server than the one that is asked.

    Args:
        host: Its name, with a port where it has one.
    """
    for search in (_of_gen3, _of_seven_bridges):
        try:
            login = search(host)
        except OmicsError as error:
            _log.warning("%s is asked without a login: %s", host, error)
            continue
        if login is not None:
            return login
    return None


def drs_host_of(endpoint: str) -> str:
    """The DRS server that a platform of Seven Bridges is taken to have: its API's host with `ga4gh-` before `api`.

    So cavatica-api.sbgenomics.com would have cavatica-ga4gh-api.sbgenomics.com. No document that this was built from says so:
    it only decides whose token a host of that name is sent. The API of another kind of host is taken to serve DRS itself.

    Args:
        endpoint: The API's URL.
    """
    host = _host_of(endpoint)
    first, dot, rest = host.partition(".")
    if dot and (first == "api" or first.endswith("-api")) and not first.endswith("ga4gh-api"):
        return f"{first.removesuffix('api')}ga4gh-api.{rest}"
    return host


def _of_gen3(host: str) -> Credentials | None:
    from omicsdk.core.platform import resolve
    from omicsdk.gen3.discovery import DISCOVERY, has_login

    if not has_login(os.environ):
        return None
    endpoint, login = resolve(DISCOVERY)
    return login if _host_of(endpoint) == host.lower() else None


def _of_seven_bridges(host: str) -> Credentials | None:
    from omicsdk.core.credentials import ApiKey
    from omicsdk.core.errors import ConfigError
    from omicsdk.core.platform import resolve
    from omicsdk.drs.resolution import server_url
    from omicsdk.sb.client import DISCOVERY, TOKEN_HEADER

    try:
        endpoint, login = resolve(DISCOVERY)
    except ConfigError as error:
        if error.file is None:
            return None  # nothing is set
        raise
    if login is None or host.lower() not in (drs_host_of(endpoint), _host_of(endpoint)):
        return None
    sent = login.headers("GET", endpoint)
    return ApiKey(sent[TOKEN_HEADER.lower()], header=TOKEN_HEADER, origins=[server_url(host)])


def _host_of(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].lower()


#: Objects that are kept, at most, and seconds for which they are believed.
KEPT, LASTS = 10_000, 60.0
#: URLs of an object of which it is remembered which copy they were of.
REMEMBERED = 8
_TOP = "top"


class Together:
    """Files that will be asked for together, so that one request can bring the URLs of many. Thread-safe.

    Args:
        preferred: Kinds, clouds or regions of storage that are wanted most.
        files: The files.
    """

    def __init__(self, preferred: Sequence[str], files: Iterable[DrsFile]) -> None:
        self._preferred = preferred
        self._lock = threading.Lock()
        self._objects: dict[DrsServer, list[DrsObject]] = {}
        for file in files:
            if file.server is not None and file.found is not None:
                self._objects.setdefault(file.server, []).append(file.found)

    def expect(self) -> None:
        """Announce to the servers what they will be asked, once."""
        with self._lock:
            objects, self._objects = self._objects, {}
        for server, expected in objects.items():
            server.expect(expected, self._preferred)


class Copies:
    """The copies of an object's bytes, asked for in turn. Thread-safe.

    Args:
        server: Who has the object.
        found: The object.
        preferred: Kinds, clouds or regions of storage that are wanted most.
    """

    def __init__(self, server: DrsServer, found: DrsObject, preferred: Sequence[str]) -> None:
        self._server = server
        self._object = found
        self._preferred = preferred
        self._lock = threading.Lock()
        self._skip = 0
        self._locate = server.locator(found, preferred)
        self._given: Cache[str, int] = Cache(REMEMBERED)

    def locate(self) -> Location:
        """Where the bytes are, by the first way that the server doesn't refuse."""
        with self._lock:
            locate, skip = self._locate, self._skip
        location = locate()
        self._given.keep(location.url, skip)
        return location

    def skip(self, refused: Location | None) -> bool:
        """Skip a copy whose storage lacks the bytes.

        Args:
            refused: Where they weren't; None for where `locate` led last.

        Returns:
            Whether there is another one.
        """
        with self._lock:
            failed = None if refused is None else self._given.get(refused.url)
            if failed is not None and failed < self._skip:
                return True  # another thread has met the same
            if self._skip + 1 >= len(in_order(self._object.methods, self._preferred)):
                return False
            self._skip += 1
            self._locate = self._server.locator(self._object, self._preferred, self._skip)
            return True


@dataclass(frozen=True, slots=True)
class Found:
    """An object that was found.

    Attributes:
        identifier: What it was asked for by.
        server: Who has it.
        object: What it is.
        copies: Where its bytes are.
        above: The bundles that it was reached through, each as host and identifier.
        together: What it was listed with.
    """

    identifier: DrsId
    server: DrsServer
    object: DrsObject
    copies: Copies = field(repr=False, compare=False)
    above: tuple[tuple[str, str], ...] = ()
    together: Together | None = field(default=None, repr=False, compare=False)


class Objects:
    """Finds objects. Thread-safe.

    Args:
        servers: Gives the servers; called when one is first needed.
        preferred: Kinds, clouds or regions of storage that are wanted most.
        clock: What tells the time.
    """

    def __init__(
        self, servers: Callable[[], Servers], preferred: Sequence[str] = (), clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self._servers = servers
        self._preferred = preferred
        self._found_at: Cache[str, Found] = Cache(KEPT, LASTS, clock)

    def find(self, path: str, readings: Callable[[], Sequence[Reading]]) -> Found | None:
        """Find what a path names; the longest identifier that its server knows counts.

        Args:
            path: The path.
            readings: Gives the ways to read it, in the order in which they are tried.

        Returns:
            The object; None where no server knows it.

        Raises:
            Unauthorized: It may be there for others.
            Forbidden: Likewise.
            OmicsError: Its server can't be asked.
        """
        kept = self._found_at.get(path)
        if kept is not None:
            return kept
        refused: OmicsError | None = None
        for reading in readings():
            try:
                found = self._asked(reading.identifier)
                for name in reading.names:
                    found = self._member(found, name) if found is not None else None
            except NotFound:
                continue
            except (Unauthorized, Forbidden, BadRequest) as error:  # some servers say so of what they don't know
                refused = refused or error
                continue
            if found is not None:
                return self._found_at.keep(path, found)
        if refused is not None:
            raise refused
        return None

    def forget(self, path: str) -> None:
        """Have a path asked for again.

        Args:
            path: The path.
        """
        self._found_at.forget(path)

    def inside(self, path: str, bundle: Found) -> Iterator[tuple[str, Found | OmicsError]]:
        """Yield what is directly in a bundle, a hundred requested at a time.

        Args:
            path: The bundle's path.
            bundle: The bundle.

        Yields:
            The path of each, with the object, or why it couldn't be found.

        Raises:
            BundleTooDeep: It holds itself.
        """
        members = _members_of(path, bundle)
        for start in range(0, len(members), BULK):
            chunk = members[start : start + BULK]
            for member, found in zip(chunk, self._asked_together(bundle, chunk), strict=True):
                below = f"{path}/{name_of(member)}"
                if isinstance(found, Found):
                    self._found_at.keep(below, found)
                yield below, found

    def below(self, path: str, bundle: Found) -> Iterator[tuple[str, Found | OmicsError]]:
        """Yield all files below a bundle, those of all levels requested together.

        Args:
            path: The bundle's path.
            bundle: The bundle.

        Returns:
            As `inside` yields; what couldn't be found is among them.
        """
        wanted = Wanted(bundle.identifier, _TOP)
        files = find([wanted], self._servers(), known={bundle.identifier: bundle.object})
        together = Together(self._preferred, files)
        return ((path + file.name.removeprefix(_TOP), self._of_file(file, together)) for file in files)

    def _of_file(self, file: DrsFile, together: Together) -> Found | OmicsError:
        if file.error is not None or file.found is None or file.server is None:
            return file.error or OmicsError(f"{file.name}: it wasn't found")
        return self._found(file.wanted.identifier, file.server, file.found, together=together)

    def _asked(self, identifier: DrsId) -> Found:
        server = self._servers().of(identifier)
        return self._found(identifier, server, server.describe(identifier))

    def _member(self, bundle: Found, name: str) -> Found | None:
        """What has a name in a bundle; None where nothing has."""
        if bundle.object.members is None:
            return None
        member = next((each for each in bundle.object.members if name_of(each) == name), None)
        if member is None:
            return None
        _members_of(name, bundle)  # which tells whether it holds itself
        (found,) = self._asked_together(bundle, [member])
        if isinstance(found, OmicsError):
            raise found
        return found

    def _asked_together(self, bundle: Found, members: Sequence[Member]) -> list[Found | OmicsError]:
        above = (*bundle.above, _key(bundle))
        found: dict[int, Found | OmicsError] = {}
        waiting: dict[DrsServer, list[tuple[int, DrsId]]] = {}
        for at, member in enumerate(members):
            try:
                identifier = identifier_of(member, bundle.server.host)
                server = self._servers().of(identifier) if member.members is None else bundle.server
            except OmicsError as error:
                found[at] = error
                continue
            if member.members is None:
                waiting.setdefault(server, []).append((at, identifier))
            else:  # the server told what is in it along with the bundle
                told = DrsObject(member.id, name_of(member), None, {}, (), member.members)
                found[at] = self._found(identifier, server, told, above)
        for server, asked in waiting.items():
            answers = server.describe_many([identifier for _, identifier in asked])
            for (at, identifier), answer in zip(asked, answers, strict=True):
                is_error = isinstance(answer, OmicsError)
                found[at] = answer if is_error else self._found(identifier, server, answer, above)
        return [found[at] for at in range(len(members))]

    def _found(
        self,
        identifier: DrsId,
        server: DrsServer,
        told: DrsObject,
        above: tuple[tuple[str, str], ...] = (),
        together: Together | None = None,
    ) -> Found:
        return Found(identifier, server, told, Copies(server, told, self._preferred), above, together)


def _key(found: Found) -> tuple[str, str]:
    return found.server.host, found.object.id


def _members_of(path: str, bundle: Found) -> Sequence[Member]:
    if bundle.object.id and _key(bundle) in bundle.above:
        raise BundleTooDeep(f"{path}: the bundle {bundle.object.id} holds itself", name=path)
    if len(bundle.above) >= DEEPEST:
        raise BundleTooDeep(f"{path}: bundles stand in bundles on more than {DEEPEST} levels", name=path)
    return bundle.object.members or ()


class DrsStore(ClientStore[Servers]):
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
        super().__init__(servers)
        self._credentials = credentials
        self._drs: Drs | None = None
        self._objects = Objects(lambda: self.client, preferred, clock)

    def _stat(self, path: str) -> Entry:
        if self._is_top(path):
            return Entry(path, "folder")
        return _entry(path, self._find(path))

    def _forget(self, path: str) -> None:
        self._objects.forget(path)

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
        found: object = entry.handle if entry.handle is not None else self.stat(entry.path).handle
        if isinstance(found, OmicsError):
            raise copy.copy(found)  # it is kept, and one that is raised twice would grow its traceback
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
        super().close()
        drs, self._drs = self._drs, None
        if drs is not None:
            drs.close()

    # -- what other schemes have otherwise

    def _readings(self, path: str) -> Sequence[Reading]:
        return drs_readings(path)

    def _is_top(self, path: str) -> bool:
        return is_top(path)

    def _not_listed(self, path: str) -> NotListed:
        where = f"drs://{host_in(path) or path or 'HOST'}"
        said = "can't be listed: DRS servers don't tell which objects they have"
        return NotListed(self.uri(path), said, remedy=f"Name an object: {where}/ID")

    def _connect(self) -> Servers:
        from omicsdk.drs import Drs, HostCredentials

        self._drs = Drs(credentials=HostCredentials(self._credentials or found_login))
        return self._drs.servers()

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
