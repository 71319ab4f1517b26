"""Whether tables and bars may have colours: on a terminal, unless its user wants none."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def is_forced(environ: Mapping[str, str]) -> bool | None:
    """What rich is told of a stream: True is a terminal whatever it is, None leaves it to look.

    NO_COLOR, TERM=dumb and FORCE_COLOR are rich's own; CLICOLOR_FORCE means the same as the last (bixense.com/clicolors).

    Args:
        environ: The environment's variables.
    """
    if environ.get("NO_COLOR") or environ.get("TERM") == "dumb":
        return None
    return True if environ.get("CLICOLOR_FORCE", "0") not in ("", "0") else None
