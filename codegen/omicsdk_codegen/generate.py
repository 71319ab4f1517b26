"""From documents on disk to packages: all eight steps for one document, and for a tree of services."""

from __future__ import annotations

import gc
import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Unpack

from .commands import index_entry
from .document import Document, read
from .faults import DocumentError, Fault, Note, Report
from .naming import package_name
from .only import only
from .options import AS_TEXT, TypeOptions
from .plan import Package, plan
from .progress import OnProgress, silent
from .render import compact_json, readable_json, render_namespace, render_package
from .resolve import ReadOptions
from .template_files import templates
from .texts import one_line
from .values import Json, Object, object_in

COMMAND = "make codegen"
_DOCUMENTS = ("openapi.yaml", "openapi.yml", "openapi.json")


@dataclass(frozen=True)
class GeneratedPackage:
    """One document's package.

    Attributes:
        name: what it is called.
        package: the planned package.
        files: texts by path relative to the package's folder.
        report: repairs, omissions and losses.
    """

    name: str
    package: Package
    files: dict[str, str]
    report: Report


@dataclass(frozen=True)
class Planned:
    """A document and the plan of its package, which has a name."""

    name: str
    document: Document
    package: Package
    report: Report


class PlanOptions(ReadOptions, total=False):
    """The options of `plan_package`, which describes them."""

    strict: bool
    selectors: Sequence[str]
    types: TypeOptions
    flat: bool


@contextmanager
def _uncollected() -> Generator[None]:
    """Pause Python's cyclic garbage collector: it would examine a document's million values repeatedly, and find nothing."""
    searching = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searching:
            gc.enable()


@_uncollected()
def plan_package(
    spec: Path,
    overlays: Sequence[Path],
    name: str,
    *,
    strict: bool = False,
    selectors: Sequence[str] = (),
    on_progress: OnProgress = silent,
    types: TypeOptions = AS_TEXT,
    flat: bool = False,
    **options: Unpack[ReadOptions],
) -> Planned:
    """Read a document and plan its package; nothing is written.

    Args:
        spec: the document.
        overlays: corrections beside it.
        name: the package, a Python identifier; empty for `package_name` of the document's title.
        strict: refuse the document for a fault of a part, instead of leaving out what depends on it.
        selectors: only include these operations, as of `only`; all when empty.
        on_progress: called with each step as it begins, and with its progress.
        types: how types are written, where there is a choice.
        flat: leave operations out of groups.
        options: how the document's parts are found.

    Raises:
        DocumentError: with all faults of the step that found any.
    """
    report = Report(strict=strict)
    on_progress(f"reading {one_line(spec.name)}")
    document = read(spec, overlays, report=report, on_progress=on_progress, **options)
    document = only(document, selectors, report)
    name = name or package_name(one_line(object_in(document.data, "info").get("title")))
    return Planned(name, document, plan(document, name, report, on_progress, types=types, flat=flat), report)


@_uncollected()
def make_package(
    spec: Path,
    overlays: Sequence[Path],
    name: str,
    *,
    origin: str,
    on_progress: OnProgress = silent,
    **options: Unpack[PlanOptions],
) -> GeneratedPackage:
    """Make a package's files of a document, without writing one.

    Args:
        spec: the document.
        overlays: corrections beside it.
        name: the package, a Python identifier; empty for `package_name` of the document's title.
        origin: the sources and the command, for the header of generated files.
        on_progress: called with each step as it begins, and with its progress.
        options: those of `plan_package`.

    Raises:
        DocumentError: with all faults of the step that found any.
    """
    planned = plan_package(spec, overlays, name, on_progress=on_progress, **options)
    on_progress(f"writing the code of {len(planned.package.operations)} operations")
    files = render_package(planned.package, origin, on_progress)
    # The report is one of the files, so this note is added before it is written.
    for template, path in templates().overridden.items():
        planned.report.add(Note("", str(path), None, "template", template, "the user's template", True))
    rows: list[Json] = list(planned.report.rows())
    files["report.json"] = readable_json(rows)
    return GeneratedPackage(planned.name, planned.package, files, planned.report)


@dataclass(frozen=True)
class Service:
    """A folder of specs: `gen3/fence` with its document and overlays."""

    name: str
    spec: Path
    overlays: tuple[Path, ...]


def services_in(specs: Path) -> list[Service]:
    """The services below a folder, by name: each folder with an openapi.yaml and its overlay*.yaml.

    Raises:
        DocumentError: there is none, or a folder's name cannot be a package's.
    """
    services: list[Service] = []
    faults: list[Fault] = []
    for folder in sorted(path for path in specs.rglob("*") if path.is_dir()):
        spec = next((folder / name for name in _DOCUMENTS if (folder / name).is_file()), None)
        if spec is None:
            continue
        name = folder.relative_to(specs).as_posix()
        if not re.fullmatch(r"[a-z][a-z0-9_]*(/[a-z][a-z0-9_]*)*", name):
            faults.append(Fault(f"{name} can't be a package's name", "Use a-z, 0-9 and _ only.", str(folder)))
        services.append(Service(name, spec, tuple(sorted(folder.glob("overlay*.yaml")))))
    if not services:
        faults.append(Fault("no service is in it", "Put SERVICE/openapi.yaml there.", str(specs)))
    if faults:
        raise DocumentError(faults)
    return services


def make_all(specs: Path, *, types: TypeOptions = AS_TEXT) -> dict[str, str]:
    """Make the files of all services below a folder.

    Args:
        specs: the folder.
        types: how types are written, where there is a choice.

    Returns:
        Texts by path relative to the folder of all packages.

    Raises:
        DocumentError: with the faults of all documents that have any.
    """
    origin = f"Generated by `{COMMAND}` from {specs.as_posix()}; edits are lost."
    files = {"__init__.py": render_namespace("Typed clients, one package a service.", origin), "py.typed": ""}
    index: Object = {}
    faults: list[Fault] = []
    for service in services_in(specs):
        source = " and ".join(path.as_posix() for path in (service.spec, *service.overlays))
        try:
            package = make_package(
                service.spec,
                service.overlays,
                service.name.rpartition("/")[2],
                origin=f"Generated by `{COMMAND}` from {source}; edits are lost.",
                strict=True,
                types=types,
                flat=True,  # their operations are published by these names, which groups would hide from completion
            )
        # The faults of all services are reported together.
        except DocumentError as error:
            faults += error.faults
            continue
        for folder in PurePosixPath(service.name).parents[:-1]:  # the last one is the folder of all packages
            files.setdefault(f"{folder}/__init__.py", render_namespace(f"Services of {folder.name}.", origin))
        files |= {f"{service.name}/{path}": text for path, text in package.files.items()}
        index[service.name] = index_entry(package.package.title, package.package.commands)
    if faults:
        raise DocumentError(faults)
    return {**files, "index.json": compact_json(index)}
