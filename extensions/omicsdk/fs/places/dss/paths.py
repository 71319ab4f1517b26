"""What a path of `dss://` names: `REPLICA/UUID[.VERSION]/NAME` of a bundle, or `REPLICA/files/UUID[.VERSION]`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from omicsdk.fs.errors import WrongUri
from omicsdk.hca.dss.bundles import FORMAT

Replica = Literal["aws", "gcp"]

REPLICAS: tuple[Replica, ...] = ("aws", "gcp")
#: In the place of a bundle: files by their own UUIDs.
FILES = "files"

#: What to do to have files in the Data Store.
NEW_BUNDLE = "Name a folder, without a slash behind it, and its files make a new bundle: omics cp -r FOLDER dss://aws/"

_UUID = re.compile(r"[A-Za-z0-9]{8}(?:-[A-Za-z0-9]{4}){3}-[A-Za-z0-9]{12}")
_FORMS = (
    "Write dss://REPLICA/UUID.VERSION/NAME, with aws or gcp for REPLICA (without .VERSION the latest is meant), or "
    "dss://REPLICA/files/UUID for a file by itself."
)


@dataclass(frozen=True, slots=True)
class DssPath:
    """What a path names.

    Attributes:
        replica: The replica; empty at the top.
        uuid: The UUID of a bundle, or of a file by itself; empty above them.
        version: Its version as it is written; empty for the latest.
        name: The name of a file or folder in the bundle; empty for the bundle itself.
        is_single: Whether it is below `files`, where files stand by themselves.
    """

    replica: Replica | Literal[""] = ""
    uuid: str = ""
    version: str = ""
    name: str = ""
    is_single: bool = False


def read_path(path: str) -> DssPath:
    """Reads a path.

    Args:
        path: As `Entry.path`.

    Raises:
        WrongUri: Nothing can be there.
    """
    parts = [part for part in path.split("/") if part]
    if not parts:
        return DssPath()
    if parts[0] not in REPLICAS:
        raise WrongUri(f"dss://{path}: there is no replica {parts[0]!r}", remedy=_FORMS)
    replica = parts[0]
    is_single = parts[1:2] == [FILES]
    rest = parts[2:] if is_single else parts[1:]
    if not rest:
        return DssPath(replica, is_single=is_single)
    found = identity_of(rest[0])
    if found is None:
        raise WrongUri(f"dss://{path}: {rest[0]!r} is no UUID", remedy=_FORMS)
    if is_single and len(rest) > 1:
        raise WrongUri(f"dss://{path}: a file by itself has nothing in it", remedy=_FORMS)
    return DssPath(replica, *found, "/".join(rest[1:]), is_single)


def identity_of(text: str) -> tuple[str, str] | None:
    """The UUID and version that a part of a path states; None where it isn't a UUID.

    Args:
        text: `UUID` or `UUID.VERSION`.
    """
    uuid, _, version = text.partition(".")
    return (uuid, version) if _UUID.fullmatch(uuid) else None


def moment_of(version: str) -> float | None:
    """When a version was made, in seconds since 1970; None for what isn't a DSS_VERSION.

    Args:
        version: The version.
    """
    try:
        return datetime.strptime(f"{version[:-1]}+0000", FORMAT.replace("Z", "%z")).timestamp()
    except ValueError:
        return None
