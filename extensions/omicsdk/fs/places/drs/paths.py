"""What a path of `drs://` or `gen3://` may name: an object, or a member of a bundle. Pure.

An object's identifier may have slashes, and so may the way to a member of a bundle, so a path can be read in several ways. The
longest identifier that a server knows counts: what GA4GH DRS 1.5 says of a URI holds for each URI of an object, and members are
what is left over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from omicsdk.drs.identifiers import DrsId, NotADrsId, parse_drs_id
from omicsdk.fs.errors import WrongUri

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
