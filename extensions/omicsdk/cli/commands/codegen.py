"""`omics codegen`: a typed client from a document of the user's own, and what changes from one document to the next."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from omicsdk.cli.errors import DONE, REFUSED, SHOWN, SOME_FAILED, USAGE, lines_of
from omicsdk.core.errors import MissingExtra

if TYPE_CHECKING:
    from omicsdk_codegen.generate import Made


class _Reading(TypedDict):
    """How documents are read: what `plan_package` takes beside their files."""

    allow_urls: Sequence[str]
    refs: Path | None
    missing_as_any: bool
    tags: Sequence[str]
    folder: Path | None
    ask: Callable[[Sequence[str]], bool] | None


_NEEDED = ("anyascii", "jinja2", "jsonpath", "jsonref", "openapi_python_client", "ruff", "yaml")


def main(argv: Sequence[str], *, debug: bool) -> int:
    """Generate a package, compare two documents, or explain an operation.

    Args:
        argv: Words after `omics codegen`; a document that is called `diff` or `explain` is given as `./diff`.
        debug: Let unforeseen errors through with their traceback.

    Returns:
        0 when all is well; 1 when a document has faults, the folder can't be written, isn't what the document says
        (--check), or a change is breaking (--fail-on-breaking); 2 when the call is wrong or the extra isn't installed; 3 when
        an operation, parameter or answer was lost (--strict).
    """
    words = list(argv)
    parse, run = _TOOLS.get(words[0] if words else "", (_generate_parser, _generate))
    arguments = parse().parse_args(words[1:] if words and words[0] in _TOOLS else words)
    missing = next((name for name in _NEEDED if importlib.util.find_spec(name) is None), None)
    if missing is not None:
        return _say(*lines_of(MissingExtra("codegen", "omics codegen", module=missing)), code=USAGE)
    from omicsdk_codegen.faults import DocumentError

    wrong = _wrong_path(arguments)
    if wrong:
        return _say(f"omics codegen: {wrong}", code=USAGE)
    try:
        return run(arguments)
    except DocumentError as error:
        return _say(*str(error).split("\n"), code=REFUSED)
    except Exception as error:
        if debug:
            raise
        return _say(*lines_of(error), code=REFUSED)
    finally:
        _progress("")


def _wrong_path(arguments: argparse.Namespace) -> str:
    """What is wrong with the paths of a call, in words; empty when nothing is."""
    given = vars(arguments)
    documents: list[Path] = [given[name] for name in ("spec", "old", "new") if name in given]
    for path in documents:
        if not path.is_file():
            there = "is a folder" if path.is_dir() else "isn't there"
            return f"{path} {there}. Give an OpenAPI or Swagger document, YAML or JSON."
    out: Path | None = given.get("out")
    if out is not None and any(path.exists() and not path.is_dir() for path in (out, *out.parents)):
        return f"--out {out}: a file stands there. Give a folder, or one that isn't there yet."
    return ""


def _generate(arguments: argparse.Namespace) -> int:
    from omicsdk_codegen.generate import make_package
    from omicsdk_codegen.project import name_problem, origin, project_drift, write_project

    problem = name_problem(arguments.name)
    if problem:
        return _say(f"omics codegen: --name {arguments.name!r} won't do: {problem}", code=USAGE)
    made = make_package(
        arguments.spec,
        arguments.overlay,
        arguments.name,
        origin=origin(arguments.spec),
        told=_progress,
        dates=arguments.dates == "datetime",
        **_reading(arguments),
    )
    if arguments.check:
        _progress("comparing")
        found = project_drift(made, arguments.name, arguments.spec, arguments.out, _progress)
        if found:
            return _say(*found, f"{arguments.out} isn't what {arguments.spec} says", code=REFUSED)
        return _say(f"{arguments.out} is what {arguments.spec} says ({len(made.files)} files in the package)")
    _progress(f"formatting {len(made.files)} files")
    left = write_project(made, arguments.name, arguments.spec, arguments.out, _progress)
    target = arguments.out / "src" / arguments.name
    others = [f"{name} was there already and isn't ours: left as it is" for name in left]
    lost = _losses(made)
    return _say(*_summary(made, target), *others, *lost, code=SOME_FAILED if lost and arguments.strict else DONE)


def _diff(arguments: argparse.Namespace) -> int:
    from omicsdk_codegen.changes import as_json, as_report
    from omicsdk_codegen.diffing import compare
    from omicsdk_codegen.generate import plan_package

    reading = _reading(arguments)
    old = plan_package(arguments.old, arguments.old_overlay, "client", told=_progress, **reading).package
    new = plan_package(arguments.new, arguments.new_overlay, "client", told=_progress, **reading).package
    found = compare(old, new)
    _progress("")
    sys.stdout.write(as_json(old, new, found) if arguments.json else as_report(old, new, found))
    return REFUSED if arguments.fail_on_breaking and any(change.breaking for change in found) else DONE


def _explain(arguments: argparse.Namespace) -> int:
    from omicsdk_codegen.explaining import UnknownOperation, explain
    from omicsdk_codegen.explanation import as_json, as_text
    from omicsdk_codegen.generate import plan_package

    planned = plan_package(
        arguments.spec,
        arguments.overlay,
        "client",
        told=_progress,
        dates=arguments.dates == "datetime",
        **_reading(arguments),
    )
    try:
        found = explain(planned, arguments.operation)
    except UnknownOperation as error:
        _progress("")
        return _say(f"omics codegen explain: {error}", code=USAGE)
    _progress("")
    sys.stdout.write(as_json(found) if arguments.json else as_text(found))
    return DONE


def _reading(arguments: argparse.Namespace) -> _Reading:
    return {
        "allow_urls": arguments.allow_url,
        "refs": arguments.refs,
        "missing_as_any": arguments.missing_as_any,
        "tags": arguments.only,
        "folder": arguments.root,
        "ask": _may_fetch if arguments.fetch else None,
    }


def _summary(made: Made, target: Path) -> list[str]:
    models = sum(len(module.classes) for module in made.package.models)
    counts = (("operation", len(made.package.operations)), ("model", models), ("file", len(made.files)))
    lines = [f"{target}: " + ", ".join(f"{number} {word}{'s' if number != 1 else ''}" for word, number in counts)]
    kinds = Counter(note.kind for note in made.report.notes)
    if kinds:
        words = {"repair": "repaired", "omission": "not taken over", "loss": "lost", "untyped": "without a type"}
        told = ", ".join(f"{kinds[kind]} {word}" for kind, word in words.items() if kinds[kind])
        lines.append(f"{target / 'report.json'} tells what isn't as the document has it: {told}")
    return lines


def _losses(made: Made) -> list[str]:
    """What of the document's operations isn't in the package, a line each."""
    lost = [note for note in made.report.notes if note.kind == "loss"]
    lines = [
        f"{note.file}{f':{note.line}' if note.line else ''}: {note.after} ({note.pointer})" for note in lost[:SHOWN]
    ]
    return [*lines, f"and {len(lost) - SHOWN} more"] if len(lost) > SHOWN else lines


def _may_fetch(hosts: Sequence[str]) -> bool:
    """Shows the hosts of what a document refers to, and asks whether they may be fetched from."""
    _progress("")
    if not sys.stdin.isatty():
        return False
    sys.stderr.write(
        "The document refers to:\n" + "".join(f"  {host}\n" for host in hosts) + "Fetch from there? [y/N] "
    )
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _generate_parser() -> argparse.ArgumentParser:
    parser = _parser(
        "omics codegen",
        "Generate a typed client (DIR/pyproject.toml, DIR/README.md, DIR/src/NAME, DIR/tests) from an OpenAPI 3 or Swagger "
        "2.0 document. `omics codegen diff` compares two documents, `omics codegen explain` tells what an operation "
        "became and why; each has its own --help.",
    )
    parser.add_argument("spec", type=Path, metavar="SPEC", help="the document, YAML or JSON")
    parser.add_argument("--name", required=True, help="the package's name in Python, such as my_client")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="the project's folder; it is made")
    _add_overlay(parser, "--overlay")
    _add_reading(parser)
    _add_dates(parser)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; list what in DIR isn't what SPEC says, and end with 1"
    )
    parser.add_argument(
        "--strict", action="store_true", help="end with 3 when an operation, parameter or answer of SPEC is lost"
    )
    return parser


def _diff_parser() -> argparse.ArgumentParser:
    parser = _parser(
        "omics codegen diff",
        "Tell what changes for users of the client from one document to the next, as Markdown for a changelog: breaking "
        "changes first. A package's openapi.json is a document too.",
    )
    parser.add_argument("old", type=_document_of, metavar="OLD", help="the document, or package, as it was")
    parser.add_argument("new", type=_document_of, metavar="NEW", help="the document, or package, as it is")
    _add_overlay(parser, "--old-overlay")
    _add_overlay(parser, "--new-overlay")
    _add_reading(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--fail-on-breaking", action="store_true", help="end with 1 when a change is breaking")
    return parser


def _document_of(given: str) -> Path:
    """The document of a generated package, or of the project around it; any other path is one by itself."""
    path = Path(given)
    found = [path / "openapi.json", *sorted(path.glob("src/*/openapi.json"))]
    return next((each for each in found if each.is_file()), path)


def _explain_parser() -> argparse.ArgumentParser:
    parser = _parser(
        "omics codegen explain",
        "Tell what an operation becomes and why: its name, arguments, answers and pages, with the places that they come "
        "from, and what was repaired or lost on the way.",
    )
    parser.add_argument("spec", type=Path, metavar="SPEC", help="the document, YAML or JSON")
    parser.add_argument(
        "operation",
        metavar="OPERATION",
        help="its name in Python or on the command line, its operationId, or 'METHOD /path'",
    )
    _add_overlay(parser, "--overlay")
    _add_reading(parser)
    _add_dates(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _parser(name: str, description: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog=name, allow_abbrev=False, description=description)


def _add_overlay(parser: argparse.ArgumentParser, option: str) -> None:
    parser.add_argument(
        option, type=Path, action="append", default=[], metavar="FILE", help="OpenAPI Overlay 1.0; may be repeated"
    )


def _add_reading(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="TAG",
        help="take the operations with this tag, or one below it, only, and the models that they need; may be repeated",
    )
    parser.add_argument(
        "--allow-url",
        action="append",
        default=[],
        metavar="PREFIX",
        help="fetch what the document refers to below this address; may be repeated; by default nothing is fetched",
    )
    parser.add_argument(
        "--fetch",
        action="store_true",
        help="show the hosts of what the document refers to, and fetch it from there when you agree; needs a terminal",
    )
    parser.add_argument(
        "--root", type=Path, metavar="DIR", help="folder above SPEC whose files it may refer to; SPEC's own by default"
    )
    parser.add_argument(
        "--refs", type=Path, metavar="DIR", help="copies of what it refers to, as DIR/HOST/PATH; looked at first"
    )
    parser.add_argument(
        "--missing-as-any",
        action="store_true",
        help="take a schema that is referred to and isn't there as any JSON value, and report it",
    )


def _add_dates(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dates",
        choices=("datetime", "text"),
        default="text",
        help="what texts in the formats date and date-time are in Python: datetime.date and datetime.datetime, which are sent back "
        "as they came, or text as it came (the default)",
    )


def _progress(step: str) -> None:
    """Show a step in the terminal's last line in place of the one before; nothing where nobody looks on."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{step}{'...' if step else ''}")
        sys.stderr.flush()


def _say(*lines: str, code: int = DONE) -> int:
    _progress("")
    for line in lines:
        sys.stderr.write(f"{line}\n")
    return code


_TOOLS = {"diff": (_diff_parser, _diff), "explain": (_explain_parser, _explain)}
