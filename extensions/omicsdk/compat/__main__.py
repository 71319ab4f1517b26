"""`python -m omicsdk.compat script.py ARGUMENTS`: run an unchanged program for published clients."""

import sys
from collections.abc import Sequence

from omicsdk.compat import install
from omicsdk.core.errors import UsageError

USAGE = "python -m omicsdk.compat (SCRIPT | -m MODULE) [ARGUMENTS ...]"


def run(program: Sequence[str]) -> None:
    """Run an unchanged Python program for a published client with omicsdk instead.

    Imports of the published packages and their submodules load the modules of omicsdk.compat. The published packages
    need not be installed.

    Args:
        program: The script's path, or -m and a module's name; then the program's own arguments.

    Raises:
        UsageError: Neither is given.
    """
    import os
    import runpy

    is_module = program[0:1] == ["-m"]
    words = list(program[is_module:])
    if not words or words[0].startswith("-"):
        raise UsageError(f"No script was given: {USAGE}")
    install()
    if is_module:
        sys.argv = words
        sys.path[0] = os.getcwd()  # noqa: PTH109 - as Python itself has it
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = words
        sys.path[0] = os.path.dirname(os.path.realpath(words[0]))  # noqa: PTH120 - as Python itself has it
        runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    if sys.argv[1:2] in ([], ["-h"], ["--help"]):
        sys.stdout.write(f"usage: {USAGE}\n")
        sys.exit(0 if sys.argv[1:] else 2)
    try:
        run(sys.argv[1:])
    except UsageError as error:
        sys.exit(str(error))
