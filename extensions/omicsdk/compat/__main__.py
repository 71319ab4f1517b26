"""`python -m omicsdk.compat script.py ARGUMENTS`: run an unchanged program for published clients."""

import os
import sys
from collections.abc import Sequence

from omicsdk.compat import install
from omicsdk.core.errors import UsageError

USAGE = "python -m omicsdk.compat [OPTION ...] (SCRIPT | -m MODULE | -c CODE | -) [ARGUMENT ...]"


def run(program: Sequence[str]) -> None:
    """Run an unchanged Python program for a published client with omicsdk instead.

    Imports of the published packages and their submodules load the modules of omicsdk.compat, in the processes that the program
    starts as well. The published packages need not be installed. Everything else, tracebacks and exit codes included, is as with
    `python`, which gets all words.

    Args:
        program: The script's path, -m and a module's name, -c and code, or - for stdin, after options of Python; then the
            program's own arguments.

    Raises:
        UsageError: No program is given, or an option disables the redirection.
    """
    if not program:
        raise UsageError(f"No script was given: {USAGE}")
    disabling = _disabling_option(program)
    if disabling is not None:
        raise UsageError(
            f"With {disabling}, Python would not load the compatibility packages", remedy=f"Leave out {disabling}."
        )
    install()
    command = [sys.executable, *program]
    if sys.platform == "win32":  # where exec returns to the shell before the program has ended
        import signal
        import subprocess

        process = subprocess.Popen(command)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the program's
        sys.exit(process.wait())
    # Run within this process, the program's own errors would be reported as bugs of omics.
    os.execv(sys.executable, command)  # noqa: S606 - the user's program


def _disabling_option(arguments: Sequence[str]) -> str | None:
    """Return the option by which Python ignores PYTHONPATH or the module that installs the redirection, if there is one."""
    options = iter(arguments)
    for word in options:
        if word in ("-", "--") or not word.startswith("-"):
            return None
        if word == "--check-hash-based-pycs":
            next(options, None)
        if word.startswith("--"):
            continue
        for rest_start, letter in enumerate(word[1:], 2):
            if letter in "EIS":
                return f"-{letter}"
            if letter in "cm":
                return None
            if letter in "WX":
                if not word[rest_start:]:
                    next(options, None)
                break
    return None


if __name__ == "__main__":
    if sys.argv[1:2] in ([], ["-h"], ["--help"]):
        sys.stdout.write(f"usage: {USAGE}\n")
        sys.exit(0 if sys.argv[1:] else 2)
    # The options of this interpreter, up to `-m omicsdk.compat`, are for the program's; the last may be `-Bmomicsdk.compat`.
    *interpreter_options, last = sys.orig_argv[1 : len(sys.orig_argv) - len(sys.argv) + 1]
    letters = (last if last.startswith("-") else interpreter_options.pop()).partition("m")[0]
    interpreter_options += [letters] if letters != "-" else []
    try:
        run([*interpreter_options, *sys.argv[1:]])
    except UsageError as error:
        sys.exit(str(error))
