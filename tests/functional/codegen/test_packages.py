"""Whole packages: what their files are, byte for byte, and the cost of large documents."""

import gc
import importlib
import json
import sys
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from omicsdk_codegen import limits, normalise, plan_models, render
from omicsdk_codegen.__main__ import main
from omicsdk_codegen.faults import DocumentError
from omicsdk_codegen.generate import make_package, plan_package
from omicsdk_codegen.write import formatted, tree_of
from planned_documents import DOCUMENT, files_of


def large_document(operations: int) -> dict[str, Any]:
    """A document with two models and an enum for each operation; models refer to others, arguments and answers to models."""

    def ref(number: int) -> dict[str, Any]:
        return {"$ref": f"#/components/schemas/Thing{number % operations}"}

    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for n in range(operations):
        paths[f"/things{n}/{{id}}"] = {
            "put": {
                "operationId": f"putThing{n}",
                "tags": [f"tag {n % 10}"],
                "description": f"Put thing {n}.",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "order", "in": "query", "schema": {"type": "string", "enum": [f"up{n}", f"down{n}"]}},
                ],
                "requestBody": {"content": {"application/json": {"schema": ref(n)}}},
                "responses": {"200": {"description": "", "content": {"application/json": {"schema": ref(n + 1)}}}},
            }
        }
        schemas[f"Thing{n}"] = {
            "allOf": [{"$ref": f"#/components/schemas/Base{n}"}],
            "properties": {
                "own": {"type": "string", "description": f"What thing {n} is."},
                "others": {"type": "array", "items": ref(n // 2)},
                "either": {"oneOf": [ref(n // 3), ref(n // 4)]},
            },
        }
        schemas[f"Base{n}"] = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Things", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _written(folder: Path, operations: int) -> Path:
    path = folder / f"{operations}.json"
    path.write_text(json.dumps(large_document(operations), indent=1))
    return path


def _steps(spec: Path) -> int:
    """How many functions are called while a document's package is made, Python's own included."""
    calls = 0

    def counting(_frame: object, event: str, _function: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(counting)
    try:
        make_package(spec, [], "things", origin="Generated for a test.")
    finally:
        sys.setprofile(None)
    return calls


def test_four_times_the_operations_take_four_times_the_steps(tmp_path: Path) -> None:
    _steps(_written(tmp_path, 2))  # imports, and what is kept from call to call
    small, large = (_steps(_written(tmp_path, operations)) for operations in (20, 80))
    assert large < 1.2 * 4 * small


def test_more_models_than_a_package_can_have_are_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(normalise, "MAX_MODELS", 10)
    assert len(plan_package(_written(tmp_path, 5), [], "things").package.models) > 0
    with pytest.raises(
        DocumentError, match=r"6\.json: it states more than 50,000 objects, .* Take a part of it: --only TAG\.$"
    ):
        plan_package(_written(tmp_path, 6), [], "things")
    assert limits.MAX_MODELS == 50_000
    assert gc.isenabled()


def test_a_package_of_many_models_is_imported_as_fast_as_one_of_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render, "_MOST_LISTED", 5)
    few, many = (make_package(_written(tmp_path, n), [], "things", origin="x").files for n in (3, 60))
    loaded = [compile(files["models/__init__.py"], "models", "exec") for files in (few, many)]
    assert len({(len(code.co_code), len(code.co_consts), code.co_names) for code in loaded}) == 1
    for path, content in formatted(few).items():
        (tmp_path / "things_in_one_text" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "things_in_one_text" / path).write_bytes(content)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    models = importlib.import_module("things_in_one_text.models")
    names = [f"{name}{n}" for name in ("Base", "Thing") for n in range(3)]
    assert sorted(models.__all__) == names
    assert set(names) <= set(dir(models))
    assert models.Thing0.__module__.startswith("things_in_one_text.models.")
    with pytest.raises(AttributeError, match=r"models' has no attribute 'Other'"):
        _ = models.Other
    stub = (tmp_path / "things_in_one_text" / "models" / "__init__.pyi").read_text()
    assert [line.rpartition(" as ")[2] for line in stub.splitlines() if " as " in line] == names


def test_each_long_step_states_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = count(step=1)
    monkeypatch.setattr("omicsdk_codegen.progress.monotonic", lambda: next(seconds))
    spec = _written(tmp_path, 3)
    text = tmp_path / "things.yaml"
    text.write_text("# read as YAML\n" + spec.read_text())
    messages: list[str] = []
    make_package(text, [], "things", origin="Generated for a test.", on_progress=messages.append)
    assert [step.partition(":")[0] for step in dict.fromkeys(messages) if ": 2 of " in step or "types: 0" in step] == [
        "reading lines of things.yaml",
        "resolving paths",
        "resolving schemas",
        "upgrading paths",
        "upgrading schemas",
        "settling the types of schemas",
        "settling operations",
        "determining the Python types",
        "planning operations",
        "planning models",
        "writing operations",
        "writing models",
    ]


# -- the generator's output, byte for byte; failures state how to update it


ROOT = Path(__file__).parents[3]
SPECS = Path("tests/data/codegen/golden/specs")
EXPECTED = Path("tests/data/codegen/golden/expected")


def test_the_generated_tree_is_the_committed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["generate", "--specs", str(SPECS), "--out", str(tmp_path / "made")]) == 0, capsys.readouterr().err
    made, expected = tree_of(tmp_path / "made"), tree_of(EXPECTED)
    again = f"python -m omicsdk_codegen generate --specs {SPECS} --out {EXPECTED}"
    assert sorted(made) == sorted(expected), f"look at it, then: {again}"
    assert [name for name in made if made[name] != expected[name]] == [], f"look at them, then: {again}"


def test_every_python_file_states_where_it_comes_from() -> None:
    texts = {name: text.decode() for name, text in tree_of(ROOT / EXPECTED).items() if name.endswith(".py")}
    assert len(texts) > 10
    assert all(
        text.startswith("# Generated by `make codegen` from tests/data/codegen/golden/specs") for text in texts.values()
    )


# -- whole packages: what their files are called, and what stays when a document grows


def test_types_that_would_be_long_become_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "types.py" in files_of(DOCUMENT)
    monkeypatch.setattr(plan_models, "MOST_LINES", 10)
    files = formatted(files_of(DOCUMENT))
    assert "types.py" not in files
    assert b"from .edge import EdgeDict" in files["types/node.py"]
    assert b"from .node import NodeDict" in files["types/edge.py"]
    assert b"NodeDict=node" in files["types/__init__.py"]


def test_a_document_without_operations_has_a_client_anyway() -> None:
    files = formatted(files_of({**DOCUMENT, "paths": {}}))
    assert b"class ThingApi(_Operations, Client):" in files["client.py"]
    assert files["commands.json"] == b"[]\n"
