"""The names of the published packages, which the manual and its tests use; the figures of published documents, and the page that shows them."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.compat import published_documents

ROOT = Path(__file__).parents[2]
CLIENTS = [
    pytest.param(face, package, service, marks=pytest.mark.compat(client))
    for client, face, package, service in (
        ("hca", "hca", "hca", "dss"),
        ("sevenbridges", "sevenbridges", "sevenbridges-python", "sb"),
        ("gen3", "gen3", "gen3", "gen3"),
        ("pangea", "pangea_api", "pangea-api", "pangea"),
        ("crunch", "crunch", "django-crunch", "crunch"),
    )
]


@pytest.mark.parametrize(("face", "package", "service"), CLIENTS)
def test_the_names_are_those_of_the_published_package(
    interpreter_of: Callable[[str], Path], request: pytest.FixtureRequest, face: str, package: str, service: str
):
    program = f"""
import json, published_names
print(json.dumps(published_names.read(published_names.FACES[{face!r}], {package!r})))
"""
    client = next(request.node.iter_markers("compat")).args[0]
    done = subprocess.run(
        [interpreter_of(client), "-W", "ignore", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT / "docs",
    )
    output = done.stdout.splitlines()[-1]  # some modules print as they are imported
    names = ROOT / "specs" / service / "published-names.json"
    assert json.loads(output) == json.loads(names.read_text(encoding="utf-8"))


DOCUMENT = """\
openapi: 3.0.3
info: {title: "A | document", version: "1"}
servers: [{url: "https://tried.example"}]
paths:
  /a:
    get: {operationId: getA, responses: {"200": {description: One., content: {application/json: {schema: {type: string}}}}}}
"""


@pytest.mark.timeout(300)
def test_a_document_is_generated_checked_and_compared(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(DOCUMENT)
    row = published_documents.tried(tmp_path / "good.yaml", tmp_path / "package", None)
    assert published_documents.is_good(row)
    assert (row["document"], row["operations"], row["exit_code"], row["tests"]) == ("A | document", 1, 0, {"passed": 5})
    assert row["cpu_seconds"] > 0 < row["mebibytes"]


def test_a_document_that_is_refused_is_told(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(DOCUMENT + "paths: {}\n")
    row = published_documents.tried(tmp_path / "bad.yaml", tmp_path / "package", None)
    assert not published_documents.is_good(row)
    assert row["exit_code"] == 1
    assert "bad.yaml" in row["refused"]


def test_kept_results_are_good() -> None:
    for name, row in json.loads(published_documents.RESULTS.read_text(encoding="utf-8")).items():
        assert published_documents.is_good(row), name


@pytest.mark.parametrize(
    "change",
    [{"refused": "x"}, {"modules": "ImportError"}, {"tests": {"passed": 1, "failed": 1}}, {"basedpyright": ["x"]}, {"mypy": ["x"]}, {"differences": ["x"]}],
)  # fmt: skip
def test_a_fault_is_not_good(change: dict[str, object]) -> None:
    row: dict[str, object] = {"modules": 1, "tests": {"passed": 1}, "basedpyright": [], "mypy": [], "differences": []}
    assert published_documents.is_good(row)
    assert not published_documents.is_good(row | change)
