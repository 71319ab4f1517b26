"""`omics codegen`: a typed client from a document of the user's own, and what changes from one document to the next."""

from __future__ import annotations

import importlib.util
import json as encoding
import shlex
from collections import Counter
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from omicsdk.cli.errors import REFUSED, SOME_FAILED
from omicsdk.cli.failures import MAX_ERRORS
from omicsdk.cli.output import Console, TextAndData
from omicsdk.core.errors import MissingExtra, OmicsError, UsageError
from omicsdk.core.redaction import mask_url
from omicsdk.core.user_folders import user_folder

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from omicsdk_codegen.faults import Report
    from omicsdk_codegen.generate import GeneratedPackage
    from omicsdk_codegen.template_files import Templates


_NEEDED = ("anyascii", "jinja2", "jsonpath", "jsonref", "openapi_python_client", "ruff", "yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How documents are read.

    Attributes:
        only: Include only some operations, and the models that they use: those with this tag or a tag below it, of this path
            ('/samples*', 'GET /samples'), or of this operationId or name; * is any text; may be repeated.
        allow_url: Fetch referenced documents below this URL; may be repeated. By default nothing is fetched.
        fetch: List the hosts of referenced documents, and fetch from them after confirmation; requires a terminal.
        root: Parent folder whose files the document may reference; by default the document's folder.
        refs: Folder with copies of referenced documents, as HOST/PATH; searched first.
        missing_as_any: Treat a schema that is referred to and missing as any JSON value, and report it.
        flat: Leave operations out of groups: client.list_samples() alone, without client.samples.list().
    """

    only: Sequence[str] = ()
    allow_url: Sequence[str] = ()
    fetch: bool = False
    root: str | None = None
    refs: str | None = None
    missing_as_any: bool = False
    flat: bool = False

    def options(self, console: Console) -> dict[str, Any]:
        """The same for the generator, which asks and shows its steps on the console."""

        def agrees(hosts: Sequence[str]) -> bool:
            # The step's line would be overwritten by the question.
            console.step("")
            if console.is_attended:
                console.message("the document refers to:\n" + "\n".join(f"  {host}" for host in hosts))
            return console.insists("Fetch from there?")

        return {
            "allow_urls": self.allow_url,
            "refs": self.refs and Path(self.refs),
            "missing_as_any": self.missing_as_any,
            "selectors": self.only,
            "flat": self.flat,
            "folder": self.root and Path(self.root),
            "ask": agrees if self.fetch else None,
            "cache": Path(folder, "codegen") if (folder := user_folder("cache")) else None,
            "on_progress": console.step,
        }


@dataclass(frozen=True, slots=True)
class Document(Reading):
    """A document, and how it is read.

    Attributes:
        spec: The document (OpenAPI 3 or Swagger 2.0), YAML or JSON.
        overlay: File with an OpenAPI Overlay 1.1 for the document; may be repeated.
        types: Types of strings in a format: native for those of Python (UUID, Decimal, bytes, timedelta, time, int, and
            dates), which are sent back unchanged, or text.
        dates: Python type of strings in the formats date and date-time: datetime.date and datetime.datetime, which are
            sent back unchanged, or text.
        open_enums: Let arguments accept values that an enum of the document does not list.
    """

    spec: str
    _: KW_ONLY
    overlay: Sequence[str] = ()
    types: Literal["native", "text"] = "text"
    dates: Literal["datetime", "text"] = "text"
    open_enums: bool = False

    def options(self, console: Console) -> dict[str, Any]:
        """The same for the generator."""
        from omicsdk_codegen.options import type_options

        types = type_options(self.types, self.dates, open_enums=self.open_enums)
        overlays = list(map(Path, self.overlay))
        return {"spec": Path(self.spec), "overlays": overlays, "types": types} | Reading.options(self, console)

    def again(self, **options: Any) -> str:
        """The command that generates the same client, without the folders of files.

        Args:
            **options: Further options of the command.
        """
        command = ["omics", "codegen", Path(self.spec).name]
        settings = {
            field.name: getattr(self, field.name) for field in fields(self) if field.name not in ("spec", "fetch")
        }
        usual = {"runtime": "copy"} | {field.name: field.default for field in fields(self)}
        for name, value in (settings | options).items():
            is_path = name in ("overlay", "templates", "refs", "root")
            items: Sequence[str | bool | None] = [value] if isinstance(value, (str, bool)) else value or ()
            for item in items:
                if item and item != usual.get(name):
                    text = [] if item is True else [(Path(item).name or item) if is_path else item]
                    command += [f"--{name.replace('_', '-')}", *text]
        return shlex.join(command)


def generate(
    document: Document,
    *,
    out: str,
    name: str | None = None,
    runtime: Literal["copy", "omicsdk"] = "copy",
    no_cli: bool = False,
    templates: str | None = None,
    check: bool = False,
    strict: bool = False,
    console: Console,
) -> None:
    """Generate a typed client from an OpenAPI document.

    The client is a project: pyproject.toml, README.md, src/NAME and tests. It works without omicsdk. Further commands are
    `omics codegen diff`, `omics codegen explain`, `omics codegen suggest` and `omics codegen templates`; write ./diff for a
    document of that name. Parts with faults, such as a reference to a missing schema, are left out or any value; the exit
    code is then 3.

    Args:
        document: The document.
        out: The project's folder; created if it does not exist.
        name: The package's name in Python, such as my_client; by default the document's title. Its environment variables begin
            with it: MY_CLIENT_BASE_URL.
        runtime: Where the modules are that the client needs: copied into src/NAME/_runtime, so that it depends on httpx
            and attrs only, or in omicsdk, which it then depends on.
        no_cli: Leave out the command line of the client.
        templates: Folder with templates that replace shipped ones; `omics codegen templates` lists these.
        check: Write nothing; list differences between the folder and the document, and exit with 1 if there are any.
        strict: Refuse a document with faults, and exit with 3 if an operation, parameter or response is lost.
        console: Where the summary is printed.
    """
    spec = Path(document.spec)
    with _generator(console, document.spec):
        from omicsdk_codegen.generate import make_package
        from omicsdk_codegen.naming import name_problem, package_name
        from omicsdk_codegen.project import origin, project_drift, recorded, write_project
        from omicsdk_codegen.template_files import Templates, rendering_with

        # Options are checked before the document is read, which may take a while.
        if name is not None and (problem := name_problem(name)):
            raise UsageError(f"--name {name!r} cannot be used: {problem}", remedy=f"Use --name {package_name(name)}.")
        folder = Path(out)
        if any(path.exists() and not path.is_dir() for path in (folder, *folder.parents)):
            raise UsageError(f"--out {out}: a file has that name", remedy="Use a folder, or a new name.")
        if templates is not None and not Path(templates).is_dir():
            raise UsageError(f"--templates {templates}: not a folder")
        others = Templates(None if templates is None else Path(templates))
        with rendering_with(others), _formatted(others):
            generated = make_package(name=name or "", origin=origin(spec), strict=strict, **document.options(console))
            name = generated.name
            again = document.again(name=name, runtime=runtime, no_cli=no_cli, templates=templates)
            if check and not folder.exists():
                raise OmicsError(f"{out} does not exist", remedy="Generate it without --check.")
            if check:
                console.step("comparing")
                drift = project_drift(generated, name, spec, folder, console.step, core=runtime, has_command=not no_cli)
                for difference in drift:
                    console.error(difference)
                if drift:
                    before = recorded(folder)
                    usual = "Generate it again without --check."
                    remedy = usual if before in ("", again) else f"Use the options that it was generated with: {before}"
                    raise OmicsError(f"{out} differs from {spec}", remedy=remedy)
                console.message(f"{out} is up to date with {spec} ({len(generated.files)} files in the package)")
                return
            console.step(f"formatting {len(generated.files)} files")
            changes = write_project(
                generated, name, spec, folder, console.step, core=runtime, has_command=not no_cli, again=again
            )
        _summarise(generated, folder / "src" / name, console)
        if others.overridden:
            console.message(f"templates of {templates} render: {', '.join(others.overridden)}")
        for change in changes:
            console.message(change)
        # In this order: the notes are printed in any case.
        if _report_notes(generated, console) and (strict or not generated.package.operations):
            console.exit_code = SOME_FAILED
        _report_faults(generated.report, console)


def diff(
    old: str,
    new: str,
    *,
    overlay: Sequence[str] = (),
    old_overlay: Sequence[str] = (),
    new_overlay: Sequence[str] = (),
    reading: Reading,
    json: bool = False,
    fail_on_breaking: bool = False,
    console: Console,
) -> TextAndData:
    """Compare two documents, and list the changes for users of the client.

    Prints Markdown for a changelog, breaking changes first. Generated packages and projects are accepted as documents.

    Args:
        old: Old document or package.
        new: New document or package.
        overlay: File with an OpenAPI Overlay 1.1 for both documents; may be repeated. Those of packages already contain theirs.
        old_overlay: File with an OpenAPI Overlay 1.1 for the old document alone; may be repeated.
        new_overlay: File with an OpenAPI Overlay 1.1 for the new document alone; may be repeated.
        reading: How the documents are read.
        json: Print JSON.
        fail_on_breaking: End with 1 when a change is breaking.
        console: Where the exit code is set.
    """
    with _generator(console, _document_of(old), _document_of(new)):
        from omicsdk_codegen.diffing import as_json, as_report, compare
        from omicsdk_codegen.generate import plan_package

        planned = [
            plan_package(
                Path(_document_of(source)),
                # A package has the document with its overlays applied: a second time their targets may select nothing.
                [Path(file) for file in (*(() if Path(source).is_dir() else overlay), *further)],
                "client",
                **reading.options(console),
            )
            for source, further in ((old, old_overlay), (new, new_overlay))
        ]
        for plan in planned:
            _report_faults(plan.report, console)
        before, after = (side.package for side in planned)
        changes = compare(before, after)
        if fail_on_breaking and any(change.breaking for change in changes):
            console.exit_code = REFUSED
        return _printed(as_json(before, after, changes), as_report(before, after, changes), json)


def explain(document: Document, operation: str | None = None, *, json: bool = False, console: Console) -> TextAndData:
    """Explain how an operation of a document is generated, and why.

    Shows its name, arguments, responses and paging with their sources in the document, and what was repaired or lost.
    Without OPERATION, lists all operations.

    Args:
        document: The document.
        operation: Name of the operation in Python or on the command line, its operationId, or 'METHOD /path'.
        json: Print JSON.
        console: Where steps are shown.
    """
    with _generator(console, document.spec):
        from omicsdk_codegen.explaining import UnknownOperation, as_json, as_text, requests_of
        from omicsdk_codegen.explaining import explain as explained
        from omicsdk_codegen.generate import plan_package

        planned = plan_package(name="client", **document.options(console))
        _report_faults(planned.report, console)
        if operation is None:
            requests = requests_of(planned.package)
            width = max(map(len, requests), default=0)
            lines = (f"{name:<{width}}  {request}" for name, request in requests.items())
            return _printed(encoding.dumps(requests, indent=1), "\n".join(lines), json)
        try:
            explanation = explained(planned, operation)
        except UnknownOperation as error:
            raise UsageError(str(error)) from error
        return _printed(as_json(explanation), as_text(explanation), json)


def suggest(document: Document, *, json: bool = False, console: Console) -> TextAndData:
    """Write the overlay that states the paging of a document's operations.

    Prints an OpenAPI Overlay for what the generator recognises, with the reasons. What is uncertain is a comment. Paging
    that the document or an --overlay states, or refuses by x-omics-pagination: false, is not repeated.

    Args:
        document: The document.
        json: Print JSON, without what is uncertain.
        console: Where the number of operations is printed.
    """
    with _generator(console, document.spec):
        from omicsdk_codegen.generate import plan_package
        from omicsdk_codegen.paging_overlay import paging_overlay

        planned = plan_package(name="client", **document.options(console))
        _report_faults(planned.report, console)
        overlay = paging_overlay(planned)
        paged = f"{overlay.certain} operation{'s' if overlay.certain != 1 else ''} recognised as paged"
        console.message(f"{document.spec}: {paged}, {overlay.uncertain} uncertain")
        return _printed(encoding.dumps(overlay.data, indent=1), overlay.text, json)


def templates(name: str | None = None, *, console: Console) -> TextAndData:
    """List the templates of generated files, or print one.

    Copy it into a folder for --templates, and change it there.

    Args:
        name: The template to print, with its variables in a comment.
        console: Where steps are shown.
    """
    with _generator(console):
        from omicsdk_codegen.template_files import suggestion
        from omicsdk_codegen.template_variables import TEMPLATES, annotated, overview

        if name is None:
            return TextAndData(overview(), {name: template.writes for name, template in TEMPLATES.items()})
        if name not in TEMPLATES:
            raise UsageError(f"unknown template {name}", remedy=suggestion(name))
        text = annotated(name)
        return TextAndData(text.rstrip("\n"), text)


@contextmanager
def _formatted(templates: Templates) -> Generator[None]:
    """Blame a user's templates for files that are not Python."""
    from omicsdk_codegen.write import FormatFailed

    try:
        yield
    except FormatFailed as error:
        if not templates.overridden:
            raise
        template_list = ", ".join(map(str, templates.overridden.values()))
        raise OmicsError(
            f"a file is not valid Python: {error}", remedy=f"Correct a template of {template_list}."
        ) from error


@contextmanager
def _generator(console: Console, *documents: str) -> Generator[None]:
    """Check that the generator and the documents exist, and report a document's faults, one line each."""
    for document in documents:
        path = Path(document)
        if "://" in document:
            url = mask_url(document)
            download = f"curl -fsSo openapi.{'json' if document.endswith('json') else 'yaml'} {shlex.quote(url)}"
            raise UsageError(f"{url}: cannot read a document from a URL", remedy=f"Download it first: {download}")
        if document == "-":
            raise UsageError("cannot read a document from standard input", remedy="Save it in a file, and name that.")
        if not path.is_file():
            problem = (
                "is a folder" if path.is_dir() else "is no file, as <(...) of a shell" if path.exists() else "not found"
            )
            remedy = "Use an OpenAPI or Swagger document, YAML or JSON."
            raise UsageError(f"{path}: {problem}", remedy=remedy)
    missing = next((name for name in _NEEDED if importlib.util.find_spec(name) is None), None)
    if missing is not None:
        raise MissingExtra("codegen", "omics codegen", module=missing)
    from omicsdk_codegen.faults import DocumentError

    try:
        yield
    except DocumentError as error:
        *others, last = map(str, error.faults)
        for other in others:
            console.error(other)
        raise OmicsError(last) from error
    finally:
        console.step("")


def _document_of(source: str) -> str:
    """The document of a generated package, or of the project around it; any other path is a document."""
    path = Path(source)
    # A generated package has its document beside its modules.
    candidates = [path / "openapi.json", *sorted(path.glob("src/*/openapi.json"))]
    return str(next((candidate for candidate in candidates if candidate.is_file()), path))


def _printed(data: str, text: str, as_json: bool) -> TextAndData:
    return TextAndData((data if as_json else text).rstrip("\n"), encoding.loads(data))


def _summarise(generated: GeneratedPackage, target: Path, console: Console) -> None:
    models = sum(len(module.classes) for module in generated.package.models)
    counts = (("operation", len(generated.package.operations)), ("model", models), ("file", len(generated.files)))
    summary = ", ".join(f"{number} {word}{'s' if number != 1 else ''}" for word, number in counts)
    console.message(f"{target}: {summary}")
    kinds = Counter(note.kind for note in generated.report.notes)
    labels = {
        "repair": "repaired",
        "omission": "omitted",
        "loss": "lost",
        "untyped": "without a type",
        "fault": "broken",
        "recognition": "recognised as paged",
        "suggestion": "suggested as paged",
        "name": "named in full",
    }
    for note in generated.report.notes:
        if note.kind == "pruned":
            console.message(f"{note.before} {note.after}")
    if differing := ", ".join(f"{kinds[kind]} {word}" for kind, word in labels.items() if kinds[kind]):
        console.message(f"{target / 'report.json'} lists what differs from the document: {differing}")


def _report_faults(report: Report, console: Console) -> None:
    """Report the faults that parts of a document were left out for, one line each; the exit code is then 3."""
    if not report.faults:
        return
    from omicsdk_codegen.faults import DocumentError

    for fault in DocumentError(report.faults).faults:
        console.warning(str(fault))
    parts = sum(note.kind == "fault" for note in report.notes)
    count = f"{parts} parts are" if parts != 1 else "1 part is"
    console.warning(f"{count} left out or taken as any value because of these faults. --strict refuses the document.")
    console.is_partial = True


def _report_notes(generated: GeneratedPackage, console: Console) -> bool:
    """Report what of the document's operations is not in the package, and what its author should correct.

    Returns:
        Whether anything is lost.
    """
    notes = [note for note in generated.report.notes if note.kind == "loss" or (note.remedy and note.kind != "fault")]
    for note in notes[:MAX_ERRORS]:
        location = f"{note.file}:{note.line}" if note.line else note.file
        text = f"{note.after} ({note.pointer})"
        if note.remedy:
            text = f"{note.before}; {text}. {note.remedy}"
        console.warning(f"{location}: {text}")
    if len(notes) > MAX_ERRORS:
        console.warning(f"and {len(notes) - MAX_ERRORS} more")
    return any(note.kind == "loss" for note in notes)
