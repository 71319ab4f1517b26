"""Whole packages: what their files are called, and what stays when a document grows."""

import pytest
from omicsdk_codegen import plan_models
from omicsdk_codegen.write import formatted
from planned_documents import DOCUMENT, files_of


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
