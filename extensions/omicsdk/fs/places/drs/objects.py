"""Objects of DRS servers by their paths, and what is in those that are bundles."""

from __future__ import annotations

import copy
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import BadRequest, Forbidden, NotFound, OmicsError, Unauthorized
from omicsdk.drs.identifiers import DrsId
from omicsdk.drs.objects import BundleTooDeep, DrsObject, Member, in_order
from omicsdk.drs.planning import DEEPEST, DrsFile, Wanted, find, identifier_of, name_of
from omicsdk.drs.servers import BULK, DrsServer, Servers
from omicsdk.fs.places.drs.paths import Reading
from omicsdk.transfer import Location

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
        """Tells the servers what will be asked of them, once."""
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
        self._given: OrderedDict[str, int] = OrderedDict()

    def locate(self) -> Location:
        """Where the bytes are, by the first way that the server doesn't refuse."""
        with self._lock:
            locate, skip = self._locate, self._skip
        location = locate()
        with self._lock:
            self._given[location.url] = skip
            while len(self._given) > REMEMBERED:
                self._given.popitem(last=False)
        return location

    def skip(self, refused: Location | None) -> bool:
        """Gives up a copy whose storage hasn't got the bytes.

        Args:
            refused: Where they weren't; None for where `locate` led last.

        Returns:
            Whether there is another one.
        """
        with self._lock:
            failed = self._given.get(refused.url, self._skip) if refused is not None else self._skip
            if failed < self._skip:
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
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[Found, float]] = OrderedDict()

    def find(self, path: str, readings: Callable[[], Sequence[Reading]]) -> Found | None:
        """Finds what a path names; the longest identifier that its server knows counts.

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
        kept = self._known(path)
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
                self._keep(path, found)
                return found
        if refused is not None:
            raise refused
        return None

    def forget(self, path: str) -> None:
        """Has a path asked for anew.

        Args:
            path: The path.
        """
        with self._lock:
            self._kept.pop(path, None)

    def inside(self, path: str, bundle: Found) -> Iterator[tuple[str, Found | OmicsError]]:
        """Gives what is directly in a bundle, a hundred asked for at a time.

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
                    self._keep(below, found)
                yield below, found

    def below(self, path: str, bundle: Found) -> Iterator[tuple[str, Found | OmicsError]]:
        """Gives all files below a bundle, those of all levels asked for together.

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

    def _known(self, path: str) -> Found | None:
        with self._lock:
            found, until = self._kept.get(path, (None, 0.0))
            return found if self._clock.monotonic() < until else None

    def _keep(self, path: str, found: Found) -> None:
        with self._lock:
            self._kept[path] = (found, self._clock.monotonic() + LASTS)
            self._kept.move_to_end(path)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)


def _key(found: Found) -> tuple[str, str]:
    return found.server.host, found.object.id


def _members_of(path: str, bundle: Found) -> Sequence[Member]:
    if bundle.object.id and _key(bundle) in bundle.above:
        raise BundleTooDeep(f"{path}: the bundle {bundle.object.id} holds itself", name=path)
    if len(bundle.above) >= DEEPEST:
        raise BundleTooDeep(f"{path}: bundles stand in bundles on more than {DEEPEST} levels", name=path)
    return bundle.object.members or ()


def raised(error: OmicsError) -> OmicsError:
    """A copy of an error that is kept, to be raised: one that is raised twice would grow its traceback.

    Args:
        error: The error.
    """
    return copy.copy(error)
