"""What came of publishing a table of a commons' metadata: counts, and what failed with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.reports import tell_failures
from omicsdk.core.errors import OmicsError, SomeFailed

if TYPE_CHECKING:
    from omicsdk.cli.console import Console
    from omicsdk.gen3.manifests.discovery import Published


def published(made: Published, console: Console, *, in_lines: bool = True) -> dict[str, Any]:
    """Tells what failed, and gives what came of all.

    Args:
        made: What came of it.
        console: Where failures are told.
        in_lines: Whether failures are numbered by the lines of the table.

    Raises:
        SomeFailed: All failed.
    """
    failures = [
        f"line {place}: {why}" if in_lines and not why.startswith(("line ", "entry ")) else why
        for place, why in made.failures.items()
    ]
    errors = [OmicsError(why) for why in failures]
    if errors and not sum(made.counts.values()):
        raise SomeFailed(f"all {len(errors)} failed", errors, remedy="Correct their cause, and run the same again.")
    tell_failures(errors, console)
    return {"counts": made.counts, "failures": failures}
