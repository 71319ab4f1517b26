"""What is done for good is asked about first."""

from __future__ import annotations

from omicsdk.cli.errors import INTERRUPTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from omicsdk.cli.console import Console


def agreed(question: str, console: Console, left: str = "nothing was deleted") -> bool:
    """Asks before something is done for good; whoever says no is told that nothing was, and the process ends with 130.

    Args:
        question: The question, without the "[y/N]" behind it.
        console: Where it is asked.
        left: What is told of a no.

    Returns:
        Whether to do it; True without asking where nobody can answer, or with --yes.
    """
    if console.confirm(question):
        return True
    console.message(left)
    console.exit_code = INTERRUPTED
    return False


def removed(
    what: str,
    console: Console,
    *,
    check: Callable[[], object],
    remove: Callable[[], object],
    dry_run: bool = False,
) -> dict[str, str] | None:
    """Delete something after asking, and print that it was deleted.

    Args:
        what: What is deleted, as the question names it: "project P-Q".
        console: Where it is asked.
        check: Raises where it does not exist; called for a dry run.
        remove: Deletes it.
        dry_run: Only check.

    Returns:
        What was deleted, or would be; None where the answer was no.
    """
    if dry_run:
        check()
        return {"would delete": what}
    if not agreed(f"Deleting {what} cannot be undone. Continue?", console):
        return None
    remove()
    console.message(f"deleted {what}")
    return {"deleted": what}
