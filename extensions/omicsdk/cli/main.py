"""The entry point of `omics`."""

from __future__ import annotations

import atexit
import gc
import sys

from omicsdk.cli import dispatch
from omicsdk.cli.omics import Omics

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


# The last collections of the interpreter go through all objects, which takes a sixth of a short download. What a command has open
# is closed by then.
atexit.register(gc.freeze)
# By default a pass follows 700 new objects: imports, lists and transfers make tens of thousands, few of which are garbage. 5 of 95 ms
# of a copy, and a twentieth of a copy of 10,000 objects.
gc.set_threshold(50_000)


def main(argv: Sequence[str] | None = None, *, catalog: Omics | None = None) -> int:
    """Run one command line.

    Args:
        argv: The words after the program's name; by default those of this process.
        catalog: The commands; by default those that are installed.

    Returns:
        The exit code: 0 done, 1 failed, 2 usage, 3 some or all of a batch failed, 4 credentials, 130 interrupted, 143
        ended by SIGTERM.
    """
    return dispatch.run_program(catalog or Omics(), list(sys.argv[1:] if argv is None else argv))


def show_help(command: Sequence[str] = ()) -> int:
    """Show help on a command or a topic.

    Args:
        command: The command's words, or a topic; by default the whole program.

    Returns:
        The exit code.

    Raises:
        UsageError: No command or topic has the name.
    """
    return dispatch.show_help(Omics(), command)
