"""What is done for good is asked about first."""

from __future__ import annotations

from omicsdk.cli.errors import INTERRUPTED

TYPE_CHECKING = False
if TYPE_CHECKING:
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
