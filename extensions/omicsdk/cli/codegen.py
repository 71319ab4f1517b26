"""`omics codegen`: a typed client from a document of the user's own."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from omicsdk.cli.errors import DONE, REFUSED, USAGE, lines_of
from omicsdk.core.errors import MissingExtra

if TYPE_CHECKING:
    from omicsdk_codegen.generate import Made

_NEEDED = ("jinja2", "jsonpath", "jsonref", "openapi_python_client", "ruff", "yaml")


def main(argv: Sequence[str], *, debug: bool) -> int:
    """Generate a package.

    Args:
        argv: Words after `omics codegen`.
        debug: Let unforeseen errors through with their traceback.

    Returns:
        0 when the package is written, 1 when the document has faults or the folder can't be written, 2 when the call
        is wrong or the extra isn't installed.
    """
    arguments = _parser().parse_args(argv)
    missing = next((name for name in _NEEDED if importlib.util.find_spec(name) is None), None)
    if missing is not None:
        return _say(*lines_of(MissingExtra("codegen", "omics codegen", module=missing)), code=USAGE)
    from omicsdk_codegen.project import name_problem

    problem = name_problem(arguments.name)
    if problem:
        return _say(f"omics codegen: --name {arguments.name!r} won't do: {problem}", code=USAGE)
    try:
        return _generate(arguments)
    except Exception as error:
        if debug:
            raise
        return _say(*lines_of(error), code=REFUSED)


def _generate(arguments: argparse.Namespace) -> int:
    from omicsdk_codegen.faults import DocumentError
    from omicsdk_codegen.generate import make_package
    from omicsdk_codegen.project import origin, write_project

    try:
        made = make_package(
            arguments.spec,
            arguments.overlay,
            arguments.name,
            origin=origin(arguments.spec),
            allow_urls=arguments.allow_url,
            refs=arguments.refs,
            missing_as_any=arguments.missing_as_any,
        )
    except DocumentError as error:
        return _say(*str(error).split("\n"), code=REFUSED)
    left = write_project(made, arguments.name, arguments.spec, arguments.out)
    target = arguments.out / "src" / arguments.name
    return _say(*_summary(made, target), *(f"{name} was there already and isn't ours: left as it is" for name in left))


def _summary(made: Made, target: Path) -> list[str]:
    models = sum(len(module.classes) for module in made.package.models)
    counts = (("operation", len(made.package.operations)), ("model", models), ("file", len(made.files)))
    lines = [f"{target}: " + ", ".join(f"{number} {word}{'s' if number != 1 else ''}" for word, number in counts)]
    kinds = Counter(note.kind for note in made.report.notes)
    if kinds:
        words = {"repair": "repaired", "omission": "not taken over", "untyped": "without a type"}
        told = ", ".join(f"{kinds[kind]} {word}" for kind, word in words.items() if kinds[kind])
        lines.append(f"{target / 'report.json'} tells what isn't as the document has it: {told}")
    return lines


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="omics codegen",
        allow_abbrev=False,
        description="Generate a typed client (DIR/pyproject.toml, DIR/README.md, DIR/src/NAME) from an OpenAPI 3 or "
        "Swagger 2.0 document.",
    )
    parser.add_argument("spec", type=Path, metavar="SPEC", help="the document, YAML or JSON")
    parser.add_argument("--name", required=True, help="the package's name in Python, such as my_client")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="the project's folder; it is made")
    parser.add_argument(
        "--overlay", type=Path, action="append", default=[], metavar="FILE", help="OpenAPI Overlay 1.0; may be repeated"
    )
    parser.add_argument(
        "--allow-url",
        action="append",
        default=[],
        metavar="PREFIX",
        help="fetch what the document refers to below this address; may be repeated; by default nothing is fetched",
    )
    parser.add_argument(
        "--refs", type=Path, metavar="DIR", help="copies of what it refers to, as DIR/HOST/PATH; looked at first"
    )
    parser.add_argument(
        "--missing-as-any",
        action="store_true",
        help="take a schema that is referred to and isn't there as any JSON value, and report it",
    )
    return parser


def _say(*lines: str, code: int = DONE) -> int:
    for line in lines:
        sys.stderr.write(f"{line}\n")
    return code
