"""From identifiers to files with names: objects are asked for side by side, bundles become folders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from omicsdk.core.errors import OmicsError
from omicsdk.drs.errors import BundleTooDeep
from omicsdk.drs.identifiers import DrsId, parse_drs_id
from omicsdk.drs.objects import DrsObject, Member
from omicsdk.drs.server import BULK, DrsServer
from omicsdk.drs.servers import Servers
from omicsdk.transfer.workers import Workers

Layout = Literal["name", "id"]
"""Where a file goes in the folder: under its name, or in a folder that is called like its identifier."""

API_CALLS = 16
"""Calls to servers that are under way at once."""

DEEPEST = 32
"""Levels of bundles that are followed."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One object that is wanted.

    Attributes:
        identifier: Its identifier.
        name: What it is to be called; by default as its server says.
        size: Its size in bytes, where whoever wants it knows.
        checksums: What it is to be held against besides, from algorithm to value.
    """

    identifier: DrsId
    name: str = ""
    size: int | None = None
    checksums: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class DrsFile:
    """A file that was found.

    Attributes:
        wanted: What led to it.
        name: Its path within the target folder.
        found: The object, and None where there is none.
        server: Who has it.
        error: Why there is none.
    """

    wanted: Wanted
    name: str
    found: DrsObject | None = None
    server: DrsServer | None = None
    error: OmicsError | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """An object that has to be asked for.

    Attributes:
        order: Where its files stand among all others.
        wanted: What led to it.
        identifier: What is asked for.
        name: Its path; empty where its server's name for it is taken.
        above: The bundles that it is in, each as host and identifier.
    """

    order: tuple[int, ...]
    wanted: Wanted
    identifier: DrsId
    name: str = ""
    above: tuple[tuple[str, str], ...] = ()


def wanted_of(identifiers: Iterable[str | DrsId | Wanted]) -> Iterator[Wanted]:
    """What is wanted, of identifiers as texts, as parsed ones, or with what is known of them.

    Args:
        identifiers: Any of these.

    Raises:
        NotADrsId: A text isn't an identifier.
    """
    for each in identifiers:
        if isinstance(each, Wanted):
            yield each
        else:
            yield Wanted(each if isinstance(each, DrsId) else parse_drs_id(each))


def find(wanted: Sequence[Wanted], servers: Servers, layout: Layout = "name") -> list[DrsFile]:
    """Asks for objects, and for what is in those that are bundles, level by level.

    Args:
        wanted: What is wanted.
        servers: Where to ask.
        layout: Where files go.

    Returns:
        The files, in the order of what is wanted; a bundle's stand where it would. What couldn't be found is there with the
        error that says why: one that fails doesn't keep the others from being found.
    """
    files: dict[tuple[int, ...], DrsFile] = {}
    level = [_Place((at,), each, each.identifier, each.name) for at, each in enumerate(wanted)]
    with Workers(API_CALLS, "drs-objects") as pool:
        while level:
            below: list[_Place] = []
            for place, server, answer in _asked(level, servers, pool):
                if isinstance(answer, OmicsError):
                    name = place.name or _as_folder(place.identifier.name)
                    files[place.order] = DrsFile(place.wanted, name, server=server, error=answer)
                elif server is not None:
                    for each in _read(place, answer, server, layout if not place.above else "name"):
                        if isinstance(each, _Place):
                            below.append(each)
                        else:
                            files[each[0]] = each[1]
            level = below
    return [files[order] for order in sorted(files)]


def _asked(
    places: Sequence[_Place], servers: Servers, pool: Workers
) -> Iterator[tuple[_Place, DrsServer | None, DrsObject | OmicsError]]:
    """Asks for objects side by side, many of a server at once; gives who was asked, and what came of it."""
    chunks: list[tuple[DrsServer, list[_Place]]] = []
    growing: dict[int, list[_Place]] = {}
    for place in places:
        try:
            server = servers.of(place.identifier)
        except OmicsError as error:
            yield place, None, error
            continue
        chunk = growing.get(id(server))
        if chunk is None or len(chunk) >= BULK:
            chunk = growing[id(server)] = []
            chunks.append((server, chunk))
        chunk.append(place)

    def ask(chunk: tuple[DrsServer, list[_Place]]) -> list[DrsObject | OmicsError]:
        server, asked = chunk
        try:
            return list(server.describe_many([place.identifier for place in asked]))
        except OmicsError as error:
            return [error] * len(asked)

    for (server, asked), answers in zip(chunks, pool.map(ask, chunks), strict=True):
        for place, answer in zip(asked, answers, strict=True):
            yield place, server, answer


def _read(
    place: _Place, found: DrsObject, server: DrsServer, layout: Layout
) -> Iterator[_Place | tuple[tuple[int, ...], DrsFile]]:
    """The file that an object is, or what is in a bundle: files with errors, and what has to be asked for."""
    name = place.name or found.name
    if layout == "id":
        name = f"{_as_folder(found.id)}/{name}"
    if found.members is None:
        own = place.wanted if not place.above else Wanted(place.identifier)
        yield place.order, DrsFile(own, name, found, server)
    else:
        above = (*place.above, (server.host, found.id))
        yield from _members(_Place(place.order, place.wanted, place.identifier, name, above), found.members, server)


def _members(
    bundle: _Place, members: Iterable[Member], server: DrsServer
) -> Iterator[_Place | tuple[tuple[int, ...], DrsFile]]:
    if error := _loop(bundle):
        yield bundle.order, DrsFile(bundle.wanted, bundle.name, server=server, error=error)
        return
    for at, member in enumerate(members):
        order = (*bundle.order, at)
        name = f"{bundle.name}/{_as_one_name(member.name or member.id)}"
        try:
            identifier = DrsId(member.id, server.host, "", member.id) if member.id else parse_drs_id(member.uri)
        except OmicsError as error:
            yield order, DrsFile(bundle.wanted, name, server=server, error=error)
            continue
        place = _Place(order, bundle.wanted, identifier, name, bundle.above)
        if member.members is None:
            yield place
        else:  # the server told what is in it along with the bundle
            above = (*bundle.above, (server.host, member.id))
            inner = _Place(order, bundle.wanted, identifier, name, above)
            yield from _members(inner, member.members, server)


def _loop(bundle: _Place) -> BundleTooDeep | None:
    *others, last = bundle.above
    if last[1] and last in others:
        return BundleTooDeep(f"{bundle.name}: the bundle {last[1]} holds itself", name=bundle.name)
    if len(bundle.above) > DEEPEST:
        said = f"{bundle.name}: bundles stand in bundles on more than {DEEPEST} levels"
        return BundleTooDeep(said, name=bundle.name)
    return None


def _as_one_name(text: str) -> str:
    """A member's name as one part of a path: the standard wants names without slashes there."""
    return text.replace("/", "_").replace("\\", "_") or "_"


def _as_folder(id: str) -> str:
    return _as_one_name(id).replace(":", "_")
