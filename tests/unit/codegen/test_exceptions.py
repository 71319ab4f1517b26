"""Documents with faults, as docs/codegen-exceptions.txt argues: what they are generated without, and with."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from omicsdk_codegen.dialect import METHODS
from omicsdk_codegen.document import read
from omicsdk_codegen.faults import DocumentError, Report
from omicsdk_codegen.generate import GeneratedPackage, make_package

ROOT = Path(__file__).parents[3]
CORPUS = os.environ.get("OMICSDK_CORPUS")
ARGUED = [
    line.split(" # ")
    for line in (ROOT / "docs/codegen-exceptions.txt").read_text(encoding="utf-8").splitlines()
    if line
]

needs_corpus = pytest.mark.skipif(not CORPUS, reason="OMICSDK_CORPUS names no folder of published documents")


def test_each_exception_is_argued() -> None:
    assert len(ARGUED) <= 2
    assert all(len(parts) == 2 and parts[0].endswith((".yaml", ".json")) and len(parts[1]) > 40 for parts in ARGUED)


def _taken(path: Path, *overlays: Path, missing_as_any: bool = False) -> GeneratedPackage:
    return make_package(path, overlays, "argued", origin="Generated for a test.", missing_as_any=missing_as_any)


def _operation_count(made: GeneratedPackage) -> int:
    paths: Any = made.package.document["paths"]
    return sum(method in METHODS for item in paths.values() for method in item)


@needs_corpus
@pytest.mark.parametrize("name", [parts[0] for parts in ARGUED])
def test_it_is_refused_on_request_and_taken_where_what_is_missing_is_treated_as_any(name: str) -> None:
    path = Path(str(CORPUS)) / name
    with pytest.raises(DocumentError, match="does not exist"):
        read(path, report=Report(strict=True))
    report = Report()
    assert read(path, report=report)
    assert report.faults
    made = _taken(path, missing_as_any=True)
    assert len(made.package.operations) == _operation_count(made) > 0
    lost = [
        note for note in made.report.notes if note.kind == "untyped" and "does not exist" in note.before + note.after
    ]
    assert lost
    for text in (text for file, text in made.files.items() if file.endswith(".py")):
        compile(text, name, "exec")


@needs_corpus
@pytest.mark.parametrize("name", [parts[0] for parts in ARGUED])
def test_it_is_taken_with_an_overlay_that_states_what_is_missing(name: str, tmp_path: Path) -> None:
    path = Path(str(CORPUS)) / name
    with pytest.raises(DocumentError) as caught:
        read(path, report=Report(strict=True))
    actions: list[dict[str, Any]] = []
    for fault in caught.value.faults:
        update: Any = {"type": "object", "properties": {"told": {"type": "string"}}}
        for key in reversed(fault.message.partition("#/")[2].split(",")[0].split("/")):
            update = {key: update}
        actions.append({"target": "$", "update": update})
    overlay = tmp_path / "overlay.json"
    info = {"title": "What it should have stated", "version": "1"}
    overlay.write_text(json.dumps({"overlay": "1.0.0", "info": info, "actions": actions}))
    made = _taken(path, overlay)
    assert len(made.package.operations) == _operation_count(made) > 0
    assert not [note for note in made.report.notes if "does not exist" in note.before + note.after]
