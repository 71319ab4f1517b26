"""What came of publishing a table of a commons' metadata: counts, and what failed with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.reports import tell_failures
from omicsdk.core.errors import OmicsError, SomeFailed

if TYPE_CHECKING:
    from omicsdk.cli.console import Console
    from omicsdk.gen3.manifests import Published


def published(made: Published, console: Console) -> dict[str, Any]:
    """Tells what failed, and gives what came of all.

    Args:
        made: What came of it.
        console: Where failures are told.

    Raises:
        SomeFailed: All failed.
    """
    errors = [OmicsError(error) for error in made.errors]
    if errors and not sum(made.counts.values()):
        raise SomeFailed(f"all {len(errors)} failed", errors, remedy="Correct their cause, and run the same again.")
    tell_failures(errors, console)
    return {"counts": made.counts, "failures": made.errors}
