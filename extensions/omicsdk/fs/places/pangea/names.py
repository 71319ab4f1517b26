"""Names of Pangea as parts of a path, and back. Pure.

Names stand as they are, but for what would be read as something else: a slash is `%2F`; a dot is `%2E` in a module's name, at the
beginning of a sample's, and in a name of dots alone; and the `%` of a name that has such three characters itself is `%25`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

#: What stands in the place of a sample for the results of the group itself.
OF_GROUP = ".results"

_ESCAPED = re.compile(r"%(25|2E|2F)", re.IGNORECASE)
_CHARACTERS = {"25": "%", "2E": ".", "2F": "/"}


def escaped(name: str) -> str:
    """A name as a part of a path.

    Args:
        name: The name of an organization, a group, a sample or a field.
    """
    text = _ESCAPED.sub(lambda found: f"%25{found[1]}", name).replace("/", "%2F")
    return text.replace(".", "%2E") if not text.strip(".") else text


def sample_part(name: str) -> str:
    """A sample's name as a part of a path, which isn't taken for OF_GROUP.

    Args:
        name: The name.
    """
    text = escaped(name)
    return f"%2E{text[1:]}" if text.startswith(".") else text


def result_part(module: str, replicate: str = "") -> str:
    """A result as a part of a path: `MODULE`, or `MODULE.REPLICATE`.

    Args:
        module: Its module.
        replicate: Tells it from the newest of the module; empty for that one.
    """
    own = escaped(module).replace(".", "%2E")
    return f"{own}.{_escaped_replicate(replicate)}" if replicate else own


def plain(part: str) -> str:
    """The name that a part of a path stands for.

    Args:
        part: The part.
    """
    return _ESCAPED.sub(lambda found: _CHARACTERS[found[1].upper()], part)


def module_and_replicate(part: str) -> tuple[str, str | None]:
    """The module and the replicate that a part of a path stands for; None for the newest.

    Args:
        part: The part; its first dot is before the replicate.
    """
    module, dot, replicate = part.partition(".")
    return plain(module), plain(replicate) if dot and replicate else None


def result_parts(results: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What results of one sample, or of one group, are called: by the module where it has no other one.

    Which of several is the newest changes, so that all of them have their replicates in their names.

    Args:
        results: What the server says of all of them.

    Returns:
        From uuid to part.
    """
    known = [
        (str(each.get("uuid")), str(each.get("module_name")), str(each.get("replicate") or "")) for each in results
    ]
    counts = Counter(module for _, module, _ in known)
    return {uuid: result_part(module, replicate if counts[module] > 1 else "") for uuid, module, replicate in known}


def _escaped_replicate(replicate: str) -> str:
    return _ESCAPED.sub(lambda found: f"%25{found[1]}", replicate).replace("/", "%2F")
