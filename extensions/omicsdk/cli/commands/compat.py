"""`omics compat run`: a program for published clients, as it is."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Command

COMMANDS: list[Command] = [
    {
        "command": "run",
        "summary": "Run a Python program for a published client as it is, with omicsdk in the client's place.",
        "examples": ["omics compat run script.py --replica aws", "omics compat run -m pytest tests"],
        "run": "omicsdk.cli.commands.compat:main",
        "forwards": True,
    }
]

HELP = """\
usage: omics compat run (SCRIPT | -m MODULE) [ARGUMENTS ...]

Run a Python program that was written for a published client (hca, ...) with omicsdk in its place.
Imports of the published packages, submodules included, get the modules of omicsdk.compat; all else
of the program stays as it is. The published packages need not be installed.

Examples:
  omics compat run script.py --replica aws
  omics compat run -m pytest tests
"""


def main(words: list[str], *, debug: bool) -> int:
    """Run the program; its exit code, and the exceptions that end it, are its own."""
    del debug
    if not words or words[0] in ("-h", "--help"):
        sys.stdout.write(HELP)
        return 0 if words else 2
    from omicsdk.compat.__main__ import run

    run(words)
    return 0
