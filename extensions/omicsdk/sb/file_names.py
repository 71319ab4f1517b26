"""What the platform takes as the name of a file or folder."""

from __future__ import annotations

import re

#: Characters that a name may have, as the platform says.
LONGEST = 255

_SURROGATE = re.compile("[\ud800-\udfff]")
#: Characters of a wrong name that are shown.
_SHOWN = 60


def wrong_with(name: str) -> str:
    """What is wrong with a name, in words; pure.

    Args:
        name: The name.

    Returns:
        A sentence without a beginning that names it, such as "'a/b' has a slash in it"; empty where nothing is wrong.
    """
    if "/" in name:
        wrong = "has a slash in it"
    elif len(name) > LONGEST:
        wrong = f"has {len(name)} characters, and the platform takes {LONGEST}"
    elif not name.strip():
        wrong = "is empty"
    elif name in (".", ".."):
        wrong = "means a folder"
    elif _SURROGATE.search(name):
        wrong = "isn't UTF-8"
    else:
        return ""
    shown = name if len(name) <= _SHOWN else f"{name[:_SHOWN]}..."
    return f"{shown!r} {wrong}"
