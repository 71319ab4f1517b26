"""The generator's front, from a file to a document in one form: load, overlay, resolve, upgrade.

Programs that need documents and no packages import this module alone. It needs none of the libraries that packages are
generated with, and the others (jsonref, jsonpath, yaml, httpx) only for documents with references, overlays, YAML or parts on the network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar, Unpack

from .addresses import is_allowed, spoken
from .declarations import declared_operations, declared_webhooks
from .faults import DocumentError as DocumentError
from .faults import Fault
from .faults import Report as Report
from .limits import nested_fault
from .load import load
from .overlay import apply, corrects
from .progress import OnProgress, silent
from .resolve import ReadOptions, resolve
from .source import Places
from .upgrade import Document, upgrade

T = TypeVar("T")


def read(
    spec: Path,
    overlays: Sequence[Path] = (),
    *,
    report: Report | None = None,
    on_progress: OnProgress = silent,
    **options: Unpack[ReadOptions],
) -> Document:
    """Read a document: load it, apply overlays, resolve its references, and upgrade it to one form.

    Args:
        spec: Swagger 2.0 or OpenAPI 3.0 to 3.2, YAML or JSON.
        overlays: OpenAPI Overlay 1.1; each corrects the file that its `extends` names, or else the document.
        report: receives notes on repairs and omissions, and faults of parts that are left out; if it is strict, these
            refuse the document.
        on_progress: called with the progress.
        options: how its parts are found.

    Raises:
        DocumentError: with all faults of the step that found any, or of parts if no operation is left without these.
    """
    report = report or Report()
    report.folder = spec.parent
    _check(spec, options)
    # Faults of the document and of its overlays are reported together.
    root, *laid = _all_results([lambda path=path: load(path, on_progress) for path in (spec, *overlays)])
    uris = _all_results([lambda overlay=overlay: corrects(overlay, root) for overlay in laid])
    about = list(zip(uris, laid, strict=True))
    places = Places()
    places.adopt(root)
    root = apply(root, [overlay for uri, overlay in about if uri == root.uri], places)
    # Those of other files are applied when these are opened.
    others = [overlay for uri, overlay in about if uri != root.uri]
    try:
        resolved = resolve(root, others, places=places, report=report, on_progress=on_progress, **options)
        document = upgrade(resolved, on_progress)
    except RecursionError as error:  # each file is within the limit, but one put into the other is not
        raise DocumentError([nested_fault(root.label, None)]) from error
    # Parts with faults were left out: a package without any operation is of no use.
    if report.faults and not any(declared_operations(document.data)) and not any(declared_webhooks(document.data)):
        raise DocumentError(report.faults)
    return document


def _check(spec: Path, options: ReadOptions) -> None:
    refs, folder = options.get("refs"), options.get("folder")
    faults = [
        Fault(
            "it is no web address, so nothing is allowed by it",
            "Write https://HOST/PATH after --allow-url.",
            spoken(url),
        )
        for url in options.get("allow_urls", ())
        if not is_allowed(url, [url])
    ]
    if refs is not None and not refs.is_dir():
        faults.append(Fault("there is no such folder of copies", "Name a folder after --refs.", str(refs)))
    if folder is not None and not spec.resolve().is_relative_to(folder.resolve()):
        faults.append(Fault("the document isn't in it", "Name a folder above the document after --root.", str(folder)))
    if faults:
        raise DocumentError(faults)


def _all_results(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Process all of them, and raise the faults of all."""
    results: list[T] = []
    faults: list[Fault] = []
    for call in calls:
        try:
            results.append(call())
        except DocumentError as error:
            faults.extend(error.faults)
    if faults:
        raise DocumentError(faults)
    return results
