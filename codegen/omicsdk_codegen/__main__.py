"""`python -m omicsdk_codegen generate` writes all services' packages, `check` reports whether they are up to date."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .faults import DocumentError
from .generate import COMMAND, make_all
from .options import type_options
from .write import FormatFailed, drift, formatted, swap_in, tree_of


def main(argv: Sequence[str] | None = None) -> int:
    """Run one of the two commands.

    Args:
        argv: words after the program's name; by default those of the process.

    Returns:
        0 when all is well, 1 when a document has faults or the packages are not what the documents say.
    """
    parser = argparse.ArgumentParser(prog="omicsdk_codegen", allow_abbrev=False)
    parser.add_argument("command", choices=("generate", "check"), help="write the packages, or compare them")
    parser.add_argument("--specs", type=Path, default=Path("specs"), help="folder of the documents")
    parser.add_argument("--out", type=Path, default=Path("generated/omicsdk_api"), help="folder of the packages")
    parser.add_argument(
        "--types", choices=("native", "text"), default="text", help="what texts in formats are in Python"
    )
    parser.add_argument("--dates", choices=("datetime", "text"), default="text", help="what dates are in Python")
    arguments = parser.parse_args(argv)
    try:
        files = make_all(arguments.specs, types=type_options(arguments.types, arguments.dates))
        if arguments.command == "generate":
            swap_in(files, arguments.out)
            return _print(f"{len(files)} files in {arguments.out}")
        return _compare(formatted(files), arguments.out)
    except DocumentError as error:
        return _print(str(error), 1)
    except OSError as error:
        return _print(f"{error.filename or arguments.out}: {error.strerror or error}", 1)
    except FormatFailed as error:
        return _print(f"the generator made code that isn't Python: {error}", 1)


def _compare(expected: dict[str, bytes], out: Path) -> int:
    differing = drift(expected, tree_of(out) if out.is_dir() else {})
    if differing:
        return _print("\n".join([*differing, f"{out} isn't what the documents say: run `{COMMAND}`"]), 1)
    return _print(f"{out} is what the documents say ({len(expected)} files)")


def _print(text: str, code: int = 0) -> int:
    print(text, file=sys.stderr)  # noqa: T201 - output of the command
    return code


if __name__ == "__main__":
    sys.exit(main())
