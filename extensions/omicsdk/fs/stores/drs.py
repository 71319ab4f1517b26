"""Objects of GA4GH DRS servers: files, and bundles as folders of their members."""

from __future__ import annotations

import copy
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from omicsdk.core.arguments import text_is_one_item
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.consistency import InconsistentListing
from omicsdk.core.errors import BadRequest, ConfigError, Forbidden, NotFound, OmicsError, Unauthorized, UnsafePath
from omicsdk.core.logs import logger
from omicsdk.drs.credentials import host_in_url
from omicsdk.drs.downloads import expect
from omicsdk.drs.identifiers import DrsId, NotADrsId, known_host, login_remedy, parse_drs_id
from omicsdk.drs.objects import DrsObject, Member
from omicsdk.drs.planning import DEEPEST, DrsFile, RequestedObject, find, listed_name
from omicsdk.drs.requests import BULK
from omicsdk.drs.server import PATH, DrsServer, Locator
from omicsdk.drs.servers import CredentialsOf, Servers
from omicsdk.fs.errors import NotAFolder, NotListed, PathNotFound, WrongUri
from omicsdk.fs.store import Cache, ClientStore, Entry, strongest
from omicsdk.transfer import Item, Location
from omicsdk.transfer.names import safe_name

if TYPE_CHECKING:
    from omicsdk.core.credentials import Credentials
    from omicsdk.core.token_file import StoredLogin
    from omicsdk.drs import Drs


DRS_FORMS = (
    "Write drs://HOST/ID, drs://PREFIX:ID or drs://dg.PREFIX/ID, followed by /NAME for a member of a bundle. In an ID after a "
    "host blanks, % and ? are written %20, %25 and %3F, # as %23."
)
GEN3_FORMS = "Write gen3://HOST/GUID, or gen3://GUID for your own commons, followed by /NAME for a member of a bundle."

#: A host with a port, which could be read as a compact identifier if nothing follows.
_ADDRESS = re.compile(r"(?:localhost|[0-9.]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Reading:
    """One interpretation of a path.

    Attributes:
        identifier: The object.
        names: The names that lead from it, a bundle, to a member; empty for the object itself.
    """

    identifier: DrsId
    names: tuple[str, ...] = ()


def drs_readings(path: str) -> list[Reading]:
    """Return the interpretations of a path of `drs://`, the longest identifier first.

    The identifier is percent-encoded after a host, as the standard wants it; names of members are used as they are.

    Args:
        path: As `Entry.path`; not empty.

    Raises:
        WrongUri: It cannot be any identifier.
    """

    def read(text: str) -> DrsId | None:
        # If there is a slash, only the first part is a server, even if it could be a compact identifier (127.0.0.1:80).
        is_part = "?" in text or "#" in text or ("/" not in text and bool(host_in(path)))
        return None if is_part else _parsed(text)

    return _readings(path, path.split("/"), read)


def gen3_readings(path: str) -> list[Reading]:
    """Return the interpretations of a path of `gen3://`, the longest GUID first; those without a host are of your own
    commons.

    Nothing in it is percent-encoded.

    Args:
        path: As `Entry.path`; not empty.

    Raises:
        WrongUri: It cannot be any GUID.
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
    """The server that a path begins with; empty if it begins with something else.

    Args:
        path: As `Entry.path`.
    """
    first, slash, _ = path.partition("/")
    parsed = _parsed(f"{first}/x") if slash or is_top(path) else None
    return parsed.host if parsed is not None else ""


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
    def candidates() -> Iterator[Reading]:
        for count in range(len(parts), 0, -1):
            identifier = read("/".join(parts[:count]))
            if identifier is not None:
                yield Reading(identifier, tuple(parts[count:]))

    readings = list(candidates())
    if not readings:
        raise WrongUri(f"{scheme}://{path} names no object", remedy=forms)
    return readings


_log = logger("omicsdk.fs")


def found_login(host: str) -> Credentials | None:
    """Return the login for a host, for `omicsdk.drs`: OMICS_DRS_TOKEN if OMICS_DRS_URL names the host, the one that
    `omics login drs` or `omics login gen3` stored for it, Gen3's for its commons, Seven Bridges' for its DRS server,
    Google's for servers that are known to accept it, else none.

    Settings that cannot be read are logged: they may be for another server.

    Args:
        host: Its name, with a port if it has one.
    """
    for search in (_of_variables, _stored_for, _of_gen3, _of_seven_bridges, _of_google):
        try:
            login = search(host)
        except OmicsError as error:
            _log.warning("%s: continuing without a login: %s", host, error)
            continue
        if login is not None:
            return login
    return None


def drs_host_of(endpoint: str) -> str:
    """The DRS server that a platform of Seven Bridges is taken to have: its API's host with `ga4gh-` before `api`.

    So cavatica-api.sbgenomics.com has cavatica-ga4gh-api.sbgenomics.com. The three in `omicsdk.drs.identifiers` are registered like that; of
    other platforms it is inferred, and only decides whose token a host of that name is sent. The API of another kind of host is
    taken to serve DRS itself.

    Args:
        endpoint: The API's URL.
    """
    host = host_in_url(endpoint)
    first, dot, rest = host.partition(".")
    if dot and (first == "api" or first.endswith("-api")) and not first.endswith("ga4gh-api"):
        return f"{first.removesuffix('api')}ga4gh-api.{rest}"
    return host


def _of_variables(host: str) -> Credentials | None:
    from omicsdk.core.credentials import BearerToken
    from omicsdk.drs.client import base_url_of

    url, token = (os.environ.get(name, "").strip() for name in ("OMICS_DRS_URL", "OMICS_DRS_TOKEN"))
    return BearerToken(token) if url and token and host_in_url(base_url_of(url)) == host.lower() else None


def _stored_for(host: str) -> Credentials | None:
    # Not by `resolve`: a variable's token without a base URL would go to whichever host an identifier names.
    from omicsdk.drs.client import stored_login
    from omicsdk.drs.resolution import server_url
    from omicsdk.gen3.discovery import stored_login as stored_gen3_login

    commons = server_url(host)
    credentials = _stored("drs", f"{commons}{PATH}", stored_login)
    return credentials if credentials is not None else _stored("gen3", commons, stored_gen3_login)


def _stored(platform: str, url: str, make: Callable[[StoredLogin, str], Credentials]) -> Credentials | None:
    from omicsdk.core.settings.profiles import PROFILE_VARIABLE
    from omicsdk.core.token_file import token_file

    try:
        tokens = token_file(platform=platform)
    except ConfigError:  # a user without a home folder has none
        return None
    view = tokens.serving(url, os.environ.get(PROFILE_VARIABLE) or None)
    login = None if view is None else view.login(url)
    return None if login is None else make(login, url)


def _of_gen3(host: str) -> Credentials | None:
    from omicsdk.core.platform import resolve
    from omicsdk.gen3.discovery import DISCOVERY, has_login

    if not has_login(os.environ):
        return None
    endpoint, login = resolve(DISCOVERY)
    return login if host_in_url(endpoint) == host.lower() else None


def _of_seven_bridges(host: str) -> Credentials | None:
    from omicsdk.core.credentials import ApiKey
    from omicsdk.core.platform import resolve
    from omicsdk.drs.resolution import server_url
    from omicsdk.sb.client import DISCOVERY, TOKEN_HEADER

    try:
        endpoint, login = resolve(DISCOVERY)
    except ConfigError as error:
        if error.file is None:
            return None  # nothing is set
        raise
    if login is None or host.lower() not in (drs_host_of(endpoint), host_in_url(endpoint)):
        return None
    sent = login.headers("GET", endpoint)
    return ApiKey(sent[TOKEN_HEADER.lower()], header=TOKEN_HEADER, origins=[server_url(host)])


def _of_google(host: str) -> Credentials | None:
    from omicsdk.core.oauth.google import IDENTITY, found_credentials
    from omicsdk.drs.resolution import server_url

    host_entry = known_host(host)
    if host_entry is None or host_entry.login != "google":
        return None
    return found_credentials(os.environ, IDENTITY, [server_url(host)])


#: Maximum number of cached objects, and seconds for which they are valid.
MAX_CACHED, LASTS = 10_000, 60.0
_TOP = "top"


class Together:
    """Files whose URLs will be requested together, in few requests. Thread-safe.

    Args:
        prefer: Kinds, clouds or regions of storage to prefer.
        files: The files.
    """

    def __init__(self, prefer: Sequence[str], files: Iterable[DrsFile]) -> None:
        self._prefer = prefer
        self._lock = threading.Lock()
        self._files = [file for file in files if file.error is None]

    def expect(self) -> None:
        """Announce to the servers what will be requested, once."""
        with self._lock:
            files, self._files = self._files, []
        expect(files, self._prefer)


@dataclass(frozen=True, slots=True)
class Located:
    """An object that was found.

    Attributes:
        identifier: What it was requested by.
        server: Its server.
        object: The object.
        copies: The locator of its bytes.
        above: The bundles that it was reached through, each as host and identifier.
        together: The files that it was listed with.
    """

    identifier: DrsId
    server: DrsServer
    object: DrsObject
    copies: Locator = field(repr=False, compare=False)
    above: tuple[tuple[str, str], ...] = ()
    together: Together | None = field(default=None, repr=False, compare=False)


class DrsStore(ClientStore[Servers]):
    """Objects of DRS servers.

    `drs://HOST/ID`, `drs://PREFIX:ID` and `drs://dg.PREFIX/ID` name an object. A bundle is a folder, and
    `drs://HOST/ID/NAME` its member of that name. IDs may have slashes: the longest ID that the server has is used, and
    the rest are names of members. An ID after a host is percent-encoded, as in the standard; names of members are used
    unchanged. Results are cached for a minute.

    Servers cannot be listed, and the store is read-only: DRS has no request for either.

    A login is sent to its own server only: that of Gen3 (GEN3_API_KEY, ~/.gen3) to its commons, the token of Seven
    Bridges (SB_AUTH_TOKEN, ~/.sevenbridges) to the platform's DRS server. Requests to other servers are sent without a
    login.

    Args:
        credentials: Returns the login for a host, in place of those that are found; None for a host without one.
        prefer: Kinds, clouds or regions of storage to prefer, such as `gs`.
        servers: Servers in place of new ones; they stay open.
        clock: Returns the time.
    """

    scheme: ClassVar[str] = "drs"

    @text_is_one_item
    def __init__(
        self,
        *,
        credentials: CredentialsOf | None = None,
        prefer: str | Sequence[str] = (),
        servers: Servers | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        super().__init__(servers, self._opened)
        self._credentials = credentials
        self._drs: Drs | None = None
        self._prefer = prefer
        self._found_at: Cache[str, Located] = Cache(MAX_CACHED, LASTS, clock)
        self._doubtful: dict[tuple[str, str], str] = {}  # bundles by host and identifier, and why

    def _stat(self, path: str) -> Entry:
        if self._is_top(path):
            return Entry(path, "folder")
        return _entry(path, self._find(path))

    def _forget(self, path: str) -> None:
        # A bundle is kept with a slash at its end, see `_find`.
        for key in (path, f"{path}/"):
            self._found_at.forget(key)

    def _stat_folder(self, path: str) -> Entry:
        return Entry(path, "folder") if self._is_top(path) else _entry(path, self._find(path, bundle=True))

    def _entries(self, path: str) -> Iterator[Entry]:
        if self._is_top(path):
            raise self._not_listed(path)
        return self._members(path, self._find(path, bundle=True))

    def _below(self, path: str) -> Iterator[Entry]:
        if self._is_top(path):
            raise self._not_listed(path)
        bundle = self._find(path, bundle=True)
        below = self._located_members(bundle, bundle.object.members or (), DEEPEST + 1)
        return (_entry(f"{path}/{name}", member) for name, member in below)

    def check_complete(self, path: str) -> None:
        located = self._find(path)
        problem = self._doubtful.get((located.server.host, located.object.id))
        if problem is not None:
            raise InconsistentListing(f"list of {self.uri(path)}", f"it may be incomplete: {problem}")

    def location(self, entry: Entry) -> Location:
        located: object = self.handle_of(entry)
        if isinstance(located, OmicsError):
            raise copy.copy(located)  # it is cached, and an exception that is raised twice would grow its traceback
        if not isinstance(located, Located):
            raise self._not_listed(entry.path)
        try:
            return located.copies()
        except Unauthorized as error:
            raise self._explained(error, located.server.host) from error.__cause__

    def elsewhere(self, entry: Entry, refused: Location | None = None) -> bool:
        located: object = entry.handle
        return isinstance(located, Located) and located.copies.skip(refused)

    def item(self, entry: Entry, name: str) -> Item:
        located: object = entry.handle
        if isinstance(located, Located) and located.together is not None:
            located.together.expect()
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
        problem = "cannot be listed: DRS servers do not list their objects"
        return NotListed(self.uri(path), problem, remedy=f"Name an object: {where}/ID")

    def _opened(self) -> Servers:
        from omicsdk.drs import Drs, HostCredentials

        self._drs = Drs(credentials=HostCredentials(self._credentials or found_login))
        return self._drs.servers()

    def _explained(self, error: Unauthorized, host: str) -> OmicsError:
        error.remedy = login_remedy(host) or (
            f"{host} requires a login with access to it: run `omics login drs --base-url {host}`, or set GEN3_API_KEY for "
            "a Gen3 commons, or SB_API_ENDPOINT and SB_AUTH_TOKEN for Seven Bridges. If you are logged in, ask the owner "
            "of the data for access."
        )
        return error

    # -- within

    def _find(self, path: str, *, bundle: bool = False) -> Located:
        """Find what a path names; the longest identifier that its server knows counts, or the longest of a bundle."""
        keys = [path, f"{path}/"] if bundle else [path]
        for key in keys:
            located = self._found_at.get(key)
            if located is not None and (located.object.is_bundle or not bundle):
                return located
        refused: OmicsError | None = None
        for reading in self._readings(path):
            try:
                located = self._reached(reading)
            except NotFound:
                continue
            except (Unauthorized, Forbidden, BadRequest) as error:  # some servers return this for unknown objects
                # The first refusal is that of the longest identifier.
                refused = refused or error
                continue
            if located is not None and (located.object.is_bundle or not bundle):
                return self._found_at.keep(keys[-1], located)
            if located is not None:
                refused = refused or NotAFolder(
                    self.uri(path), "is a file", remedy="Write it without a slash at its end."
                )
        if isinstance(refused, Unauthorized):
            raise self._explained(refused, refused.url.partition("://")[2].partition("/")[0]) from refused.__cause__
        if refused is not None:
            raise refused
        remedy = "Check the identifier, and the names of members after it."
        raise PathNotFound(self.uri(path), "not found", remedy=remedy)

    def _reached(self, reading: Reading) -> Located | None:
        """Return the entry that an interpretation refers to; None if a bundle in its path has no member of the name."""
        server = self.client.of(reading.identifier)
        located = self._located(reading.identifier, server, server.describe(reading.identifier))
        for name in reading.names:
            members = [candidate for candidate in located.object.members or () if listed_name(candidate) == name]
            member = next((result for _, result in self._located_members(located, members[:1], 1)), None)
            if isinstance(member, OmicsError):
                raise member
            if member is None:
                return None
            located = member
        return located

    def _members(self, path: str, bundle: Located) -> Iterator[Entry]:
        """Return the members of a bundle, requested by hundreds."""
        members = bundle.object.members or ()
        for start in range(0, len(members) or 1, BULK):  # no members are reported, too
            for name, member in self._located_members(bundle, members[start : start + BULK], 1):
                below = f"{path}/{name}"
                if isinstance(member, Located):
                    self._found_at.keep(below, member)
                yield _entry(below, member)

    def _located_members(
        self, bundle: Located, members: Sequence[Member], levels: int
    ) -> Iterator[tuple[str, Located | OmicsError]]:
        """Some members of a bundle, and what is in those that are bundles, by their paths in it; or why one was not found.

        Raises:
            BundleTooDeep: The bundle holds itself.
        """
        described = replace(bundle.object, members=tuple(members))
        if len(members) < len(bundle.object.members or ()):
            described = replace(described, size=None, checksums={})  # they are of all members
        problems: list[str] = []
        requests = [RequestedObject(bundle.identifier, _TOP)]
        known_objects = {bundle.identifier: described}
        files = find(
            requests, self.client, known_objects=known_objects, levels=levels, above=bundle.above, problems=problems
        )
        if problems:
            self._doubtful[bundle.server.host, bundle.object.id] = problems[0]
        together = Together(self._prefer, files)
        above = (*bundle.above, (bundle.server.host, bundle.object.id))
        for file in files:
            if file.error is not None and file.name == _TOP:
                raise file.error
            located: Located | OmicsError = file.error or OmicsError(f"{file.name}: not found")
            if file.found is not None and file.server is not None:
                located = self._located(file.requested.identifier, file.server, file.found, above, together)
            yield file.name.removeprefix(f"{_TOP}/"), located

    def _located(
        self,
        identifier: DrsId,
        server: DrsServer,
        drs_object: DrsObject,
        above: tuple[tuple[str, str], ...] = (),
        together: Together | None = None,
    ) -> Located:
        return Located(identifier, server, drs_object, server.locator(drs_object, self._prefer), above, together)


def _entry(path: str, located: Located | OmicsError) -> Entry:
    if isinstance(located, OmicsError):  # raised when its bytes are requested
        return Entry(path, "file", details={"error": located.message}, handle=located)
    drs_object = located.object
    details = {"id": drs_object.id, "host": located.server.host, "name": drs_object.name}
    if drs_object.is_bundle:
        return Entry(path, "folder", details=details, handle=located)
    kind = strongest(drs_object.checksums)
    version = f"{kind}:{drs_object.checksums[kind]}" if kind else ""
    ways = {"access": [method.kind for method in drs_object.methods]}
    return Entry(
        path,
        "file",
        drs_object.size,
        drs_object.checksums,
        drs_object.modified,
        version,
        {**details, **ways},
        located,
        _file_name(located),
    )


def _file_name(located: Located) -> str:
    """Return the name of a copy: the object's, if the path ends in its identifier; a member's is in the path."""
    if located.above:
        return ""
    name = located.object.name.replace("\\", "/")
    try:
        return safe_name(name, located.identifier.text).rpartition("/")[2]
    except UnsafePath:  # its bytes can be read all the same; a copy under this name is refused
        return name
