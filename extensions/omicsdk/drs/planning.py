"""From identifiers to files with names: objects are requested concurrently, bundles become folders."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from omicsdk.core.arguments import check_texts
from omicsdk.core.batches import grouped
from omicsdk.core.clock import never
from omicsdk.core.errors import Interrupted, OmicsError, UsageError
from omicsdk.core.logs import logger
from omicsdk.core.threads import side_by_side
from omicsdk.drs.identifiers import DrsId, NotADrsId, parse_drs_id
from omicsdk.drs.objects import BundleTooDeep, DrsObject, Member, bundle_problem, verifiable
from omicsdk.drs.resolution import ResolutionSettings
from omicsdk.drs.server import DrsServer
from omicsdk.drs.servers import HasServers, Servers
from omicsdk.transfer import Item, Location
from omicsdk.transfer.engine.options import check_choice
from omicsdk.transfer.names import safe_name

_log = logger("omicsdk.drs")

Layout = Literal["name", "id"]
"""Where a file goes in the folder: under its name, or in a folder that is called like its identifier."""

DEEPEST = 32
"""Levels of bundles that are followed."""
MOST_REPEATED = 500_000
"""Members of bundles that are contained in several bundles, beyond their first occurrence. If each of 32 levels has the
next one twice, there are four thousand million files."""


@dataclass(frozen=True, slots=True)
class RequestedObject:
    """A request for one object, with known facts about it.

    Attributes:
        identifier: Its identifier.
        name: Its file name; by default the one that its server states.
        size: Its size in bytes, if known.
        checksums: Further checksums to verify, from algorithm to value, such as md5; algorithms that cannot be
            verified, such as crc, are ignored.
    """

    identifier: DrsId
    name: str = ""
    size: int | None = None
    checksums: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def is_known(self) -> bool:
        """Whether it can be planned without asking its server: its name, size and a checksum are stated."""
        return bool(self.name) and self.size is not None and bool(verifiable(self.checksums))


@dataclass(frozen=True, slots=True)
class DrsFile:
    """A found file.

    Attributes:
        requested: The request that led to it.
        name: Its path within the target folder.
        found: The object; None if there is none, or if enough is known to request it later.
        server: Its server.
        error: Why it cannot be downloaded.
    """

    requested: RequestedObject
    name: str
    found: DrsObject | None = None
    server: DrsServer | None = None
    error: OmicsError | None = None

    @property
    def size(self) -> int | None:
        """Its size in bytes; None if neither its server nor the request states one."""
        return self.found.size if self.found is not None else self.requested.size

    @property
    def checksums(self) -> Mapping[str, str]:
        """The checksums that its server states and that can be verified, from algorithm to value."""
        return self.found.checksums if self.found is not None else verifiable(self.requested.checksums)

    def to_dict(self) -> dict[str, object]:
        """Return plain values for JSON: what its server states."""
        object_ = self.found
        return {
            "file_name": self.name,
            "size": self.size,
            "object_id": object_.id if object_ is not None else self.requested.identifier.text,
            "host": self.server.host if self.server is not None else None,
            "checksums": dict(self.checksums),
            "access_methods": [method.kind for method in object_.methods] if object_ is not None else [],
        }


@dataclass(frozen=True, slots=True)
class _Pending:
    """An object that has to be requested.

    Attributes:
        order: The position of its files among all others.
        requested: The request that led to it.
        identifier: Its identifier.
        name: Its path; empty for its server's name.
        above: The bundles that contain it, each as host and identifier.
    """

    order: tuple[int, ...]
    requested: RequestedObject
    identifier: DrsId
    name: str = ""
    above: tuple[tuple[str, str], ...] = ()


def requested_objects(
    identifiers: str | DrsId | RequestedObject | Iterable[str | DrsId | RequestedObject],
) -> Iterator[RequestedObject]:
    """Convert identifiers (texts, parsed ones, or requests) to requests.

    Args:
        identifiers: One or several of these.

    Raises:
        NotADrsId: A text is not an identifier.
        UsageError: An item is neither, or names a list of files on this machine.
    """
    check_texts("what", identifiers, DrsId, RequestedObject)
    several = [identifiers] if isinstance(identifiers, str | DrsId | RequestedObject) else identifiers
    for entry in several:
        check_texts("what", entry, DrsId, RequestedObject)
        if isinstance(entry, RequestedObject):
            yield entry
        elif isinstance(entry, str) and entry.endswith((".tsv", ".csv", ".json", ".txt")) and Path(entry).is_file():
            remedy = "Download the files that it lists: omics get, or omicsdk.get in Python."
            raise UsageError(f"{entry} is a file on this machine, not an identifier", remedy=remedy)
        else:
            yield RequestedObject(entry if isinstance(entry, DrsId) else parse_drs_id(entry))


def find(
    requested: Sequence[RequestedObject],
    servers: Servers,
    layout: Layout = "name",
    stopped: Callable[[], bool] = never,
    known_objects: Mapping[DrsId, DrsObject] | None = None,
    *,
    levels: int = DEEPEST + 1,
    above: tuple[tuple[str, str], ...] = (),
    problems: list[str] | None = None,
) -> list[DrsFile]:
    """Request objects, and the members of those that are bundles, level by level.

    An object with a stated name, size and checksum is not requested: it is planned as stated. Others take about 2 KB of
    memory each.

    Args:
        requested: The requested objects.
        servers: The servers to request them from.
        layout: The layout of the files.
        stopped: Whether to stop; called ten times a second.
        known_objects: Objects that were requested before, by identifier; they are not requested again.
        levels: How many levels of bundles are opened; deeper bundles are returned unopened.
        above: The bundles that contain the objects, each as host and identifier.
        problems: Receives in what bundles do not fit their members, which is logged, too.

    Returns:
        The files, in the order of the objects; a bundle's files replace it. A file that could not be found has an error
        (Interrupted after a stop) and does not stop the others.
    """
    check_choice("layout", layout, get_args(Layout))
    files = _files_of(requested, servers, layout, stopped, known_objects or {}, levels, above, problems)
    return [files[order] for order in sorted(files)]


def find_each(
    requested: Sequence[RequestedObject], servers: Servers, stopped: Callable[[], bool] = never
) -> list[list[DrsFile]]:
    """Request objects as `find` does, with their own names.

    Args:
        requested: The requested objects.
        servers: The servers to request them from.
        stopped: Whether to stop; called ten times a second.

    Returns:
        For each, in order, its files: one, or those of a bundle.
    """
    files = _files_of(requested, servers, "name", stopped, {}, DEEPEST + 1, ())
    files_by_request: list[list[DrsFile]] = [[] for _ in requested]
    for order in sorted(files):
        files_by_request[order[0]].append(files[order])
    return files_by_request


def _files_of(
    requested: Sequence[RequestedObject],
    servers: Servers,
    layout: Layout,
    stopped: Callable[[], bool],
    known_objects: Mapping[DrsId, DrsObject],
    levels: int,
    above: tuple[tuple[str, str], ...],
    problems: list[str] | None = None,
) -> dict[tuple[int, ...], DrsFile]:
    """Return the files by the number of their request, and within a bundle by their position in it."""
    files: dict[tuple[int, ...], DrsFile] = {}
    responses: dict[tuple[int, ...], DrsObject] = {}
    opened: dict[tuple[int, ...], str] = {}
    described, labels, repeated = dict(known_objects), set[str](), 0
    level: list[_Pending] = []
    for at, object_request in enumerate(requested):
        error = _fault(object_request)
        if error is None:
            level.append(_Pending((at,), object_request, object_request.identifier, object_request.name, above))
        else:
            files[at,] = DrsFile(
                object_request, object_request.name or _as_folder(object_request.identifier.name), error=error
            )
    # Level by level, not bundle by bundle: the members of all bundles of a level are requested together, in few requests.
    while level:
        below: list[_Pending] = []
        for pending, server, response in _described(level, servers, stopped, described):
            if isinstance(response, OmicsError):
                name = pending.name or _as_folder(pending.identifier.name)
                files[pending.order] = DrsFile(pending.requested, name, server=server, error=response)
            elif response is None:
                files[pending.order] = DrsFile(pending.requested, _named(pending, "", layout), server=server)
            elif server is not None:
                responses[pending.order] = response
                if response.members is not None and len(pending.above) < len(above) + levels:
                    opened[pending.order] = label = f"{server.host}/{response.id}"
                    repeated += len(response.members) if label in labels else 0
                    if label in labels and repeated > MOST_REPEATED:
                        problem = f"bundles that occur several times have more than {MOST_REPEATED:,} files"
                        name = _named(pending, response.name, layout)
                        error = BundleTooDeep(f"{name}: {problem}", name=name)
                        files[pending.order] = DrsFile(pending.requested, name, server=server, error=error)
                        continue
                    labels.add(label)
                described.setdefault(pending.identifier, response)
                for object_request in _read(pending, response, server, layout, len(above) + levels):
                    if isinstance(object_request, _Pending):
                        below.append(object_request)
                    else:
                        files[object_request[0]] = object_request[1]
        level = below
    # After all levels: the size and checksum of a bundle are made of those of its members.
    for order, label in opened.items():
        bundle = responses[order]
        members = [responses.get((*order, at)) for at in range(len(bundle.members or ()))]
        known_members = [member for member in members if member is not None]
        if len(known_members) == len(members) and (problem := bundle_problem(bundle, known_members)):
            _log.warning("The bundle %s may be incomplete: %s", label, problem)
            if problems is not None:
                problems.append(f"{label}: {problem}")
    return files


def _fault(requested: RequestedObject) -> UsageError | None:
    """Return what is wrong with the stated facts of an object: an invalid size or checksum."""
    try:
        Item(str(requested.identifier), Location(""), requested.size, verifiable(requested.checksums))
    except (ValueError, TypeError) as error:
        return UsageError(str(error), remedy="Correct or remove the stated values.")
    return None


def _described(
    waiting: Sequence[_Pending], servers: Servers, stopped: Callable[[], bool], known_objects: Mapping[DrsId, DrsObject]
) -> Iterator[tuple[_Pending, DrsServer | None, DrsObject | OmicsError | None]]:
    """Request objects from all servers at the same time; yield the server and its response, None if none is needed."""
    by_host = grouped(((pending.identifier.host, pending.identifier.prefix), pending) for pending in waiting)
    by_server: dict[DrsServer, dict[DrsId, list[_Pending]]] = {}
    # One of each host and prefix is resolved: a lookup of a prefix and a login cost requests, thousands of identifiers share them.
    firsts = [group[0].identifier for group in by_host.values()]
    for group, server in zip(by_host.values(), side_by_side(servers.of, firsts, stopped), strict=True):
        if isinstance(server, OmicsError):
            yield from ((item, None, _own_error(server, servers, item)) for item in group)
            continue
        for pending in group:
            if pending.identifier in known_objects:
                yield pending, server, known_objects[pending.identifier]
            # A member's `requested` is the request for its bundle: what that states is not about the member.
            elif not pending.above and pending.requested.is_known:
                yield pending, server, None
            else:
                by_server.setdefault(server, {}).setdefault(pending.identifier, []).append(pending)

    def ask(server: DrsServer) -> list[DrsObject | OmicsError]:
        return server.describe_many(list(by_server[server]), stopped)

    for (server, groups), responses in zip(by_server.items(), side_by_side(ask, list(by_server), stopped), strict=True):
        described = [responses] * len(groups) if isinstance(responses, OmicsError) else responses
        for group, response in zip(groups.values(), described, strict=True):
            for pending in group:
                yield pending, server, copy.copy(response) if isinstance(response, OmicsError) else response


def _own_error(error: OmicsError, servers: Servers, pending: _Pending) -> OmicsError:
    """Return the error of an object whose server is unknown, worded for this object; another object with the same
    prefix caused it.
    """
    if not isinstance(error, Interrupted):
        try:
            servers.of(pending.identifier)
        except OmicsError as resolution_error:
            return resolution_error
    return copy.copy(error)


def _named(pending: _Pending, name: str, layout: Layout) -> str:
    """A file's path in the target folder."""
    final_name = pending.name or name
    return f"{_as_folder(pending.identifier.name)}/{final_name}" if layout == "id" and not pending.above else final_name


def _read(
    pending: _Pending, object_: DrsObject, server: DrsServer, layout: Layout, deepest: int
) -> Iterator[_Pending | tuple[tuple[int, ...], DrsFile]]:
    """The file that an object is, or what is in a bundle: files with errors, and what has to be requested."""
    name = _named(pending, object_.name, layout)
    if object_.members is None or len(pending.above) >= deepest:
        requested = pending.requested if not pending.above else RequestedObject(pending.identifier)
        yield pending.order, DrsFile(requested, name, object_, server)
    else:
        above = (*pending.above, (server.host, object_.id))
        inner = _Pending(pending.order, pending.requested, pending.identifier, name, above)
        yield from _members(inner, object_.members, server, deepest)


def _members(
    bundle: _Pending, members: Iterable[Member], server: DrsServer, deepest: int
) -> Iterator[_Pending | tuple[tuple[int, ...], DrsFile]]:
    if error := _loop(bundle):
        yield bundle.order, DrsFile(bundle.requested, bundle.name, server=server, error=error)
        return
    for at, member in enumerate(members):
        order = (*bundle.order, at)
        name = f"{bundle.name}/{listed_name(member)}"
        try:
            # A name comes from the server: it must not lead out of the folder.
            if member.name:
                safe_name(member.name, f"{member.id} in a bundle")
            if member.members is not None and not (member.id or member.uri):
                identifier = bundle.identifier  # a folder within the bundle; the standard requires no identifier of it
            else:
                identifier = _identifier_of(member, server.host)
        except OmicsError as error:
            yield order, DrsFile(bundle.requested, name, server=server, error=error)
            continue
        pending = _Pending(order, bundle.requested, identifier, name, bundle.above)
        if member.members is None:
            yield pending
        else:  # the server listed its content along with the bundle
            object_ = DrsObject(member.id, listed_name(member), None, {}, (), member.members)
            yield from _read(pending, object_, server, "name", deepest)


def _identifier_of(member: Member, host: str) -> DrsId:
    if not member.id:
        return parse_drs_id(member.uri)
    others: tuple[str, ...] = ()
    with suppress(NotADrsId):
        uri = parse_drs_id(member.uri)
        # The standard has both name the member; a server of CanDIG states its role as `id`, such as "index".
        if uri.host == host and uri.accession != member.id:
            others = (uri.accession,)
    return DrsId(member.id, host, "", member.id, others)


def _loop(bundle: _Pending) -> BundleTooDeep | None:
    *others, last = bundle.above
    # By host too: identifiers are unique on their server only.
    if last[1] and last in others:
        return BundleTooDeep(f"{bundle.name}: the bundle {last[1]} contains itself", name=bundle.name)
    if len(bundle.above) > DEEPEST:
        problem = f"{bundle.name}: bundles are nested on more than {DEEPEST} levels"
        return BundleTooDeep(problem, name=bundle.name)
    return None


def listed_name(member: Member) -> str:
    """Return a member's name as one part of a path: the standard requires names without slashes.

    Args:
        member: The member of a bundle.
    """
    return _as_one_name(member.name or member.id)


def _as_one_name(text: str) -> str:
    return text.replace("/", "_").replace("\\", "_") or "_"


def _as_folder(id: str) -> str:
    return _as_one_name(id).replace(":", "_")


def ls(
    client: HasServers, what: str | DrsId, *, layout: Layout = "name", settings: ResolutionSettings | None = None
) -> Iterator[DrsFile]:
    """List the files of an object; for a bundle, all files at any depth.

    Args:
        what: The object: `drs://HOST/ID`, a compact identifier, or an identifier (of Gen3 a GUID) of the base URL's
            server.
        layout: How the files are named, as for `download`.
        settings: How prefixes of compact identifiers are resolved; by default from the environment.

    Yields:
        The files; one that cannot be found has the `error` that states why.

    Raises:
        NotADrsId: It is not an identifier.
        OmicsError: The object itself cannot be described.
    """
    requested = next(requested_objects(what))
    with client.servers(settings) as servers:
        files = find([requested], servers, layout)
        if (
            len(files) == 1
            and files[0].error is not None
            and files[0].requested is requested
            and files[0].found is None
        ):
            raise files[0].error
        yield from files
