"""Generating all clients, against stock openapi-python-client fed with the documents that we wrote; and large documents.

    python benchmarks/codegen.py

Both sides take the documents that stock takes, and format what they write. Documents of 100, 1,000 and 10,000 operations, each
with two separate models, are held against each other, in CPU seconds: ten times the operations take ten times as long. 1,000
operations with 2,000 models are a figure of their own, of all processes. Prints ratios, peak memory, and writes
benchmarks/results/codegen.json.
"""

import json
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from measuring import Action, Case, Row, compared, figure_row, measured, quietest, rounds_of, row_of, run, write_results

ROOT = Path(__file__).parents[1]
GENERATED = ROOT / "generated" / "omicsdk_api"
STOCK = Path(sys.executable).with_name("openapi-python-client")
SIZES = (100, 1_000, 10_000)
GROWTH = 12
"""How much longer ten times the operations may take."""
MOST_SECONDS = 5
"""CPU seconds that 1,000 operations may take."""


def stock(document: Path, target: Path) -> bool:
    """Whether stock makes a client of a document; it formats with ruff by itself."""
    shutil.rmtree(target, ignore_errors=True)
    command = [STOCK, "generate", "--path", document, "--meta", "none", "--output-path", target]
    return subprocess.run(command, capture_output=True).returncode == 0


def large(operations: int) -> dict[str, Any]:
    """A document whose operations each send one model and response another, which refer to those of others, but in no circle.

    Args:
        operations: How many.
    """

    def ref(name: str, number: int) -> dict[str, Any]:
        return {"$ref": f"#/components/schemas/{name}{number % operations}"}

    def content(name: str, number: int) -> dict[str, Any]:
        return {"description": "A record.", "content": {"application/json": {"schema": ref(name, number)}}}

    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for n in range(operations):
        paths[f"/records{n}/{{id}}"] = {
            "put": {
                "operationId": f"replaceRecord{n}",
                "tags": [f"group {n % 50}"],
                "description": f"Replaces record {n}, or makes it where there is none.",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "order", "in": "query", "schema": {"type": "string", "enum": [f"up{n}", f"down{n}"]}},
                ],
                "requestBody": content("Draft", n),
                "responses": {"200": content("Record", n)},
            }
        }
        schemas[f"Draft{n}"] = {
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": {"type": "string", "description": f"What record {n} is called."},
                "size": {"type": "integer"},
                "parents": {"type": "array", "items": ref("Draft", n // 2)},
            },
        }
        schemas[f"Record{n}"] = {
            "allOf": [
                ref("Draft", n),
                {"type": "object", "properties": {"either": {"oneOf": [ref("Draft", n + 1), ref("Draft", n + 2)]}}},
            ]
        }
    info = {"title": "Records", "version": "1"}
    return {"openapi": "3.0.3", "info": info, "paths": paths, "components": {"schemas": schemas}}


def generating(folder: Path, operations: int, out: str = "") -> Action:
    """Generates a client of a large document.

    Args:
        folder: For the document and the package.
        operations: How many the document has.
        out: The package's folder in it.
    """
    spec = folder / f"{operations}.json"
    spec.write_text(json.dumps(large(operations)))
    omics = Path(sys.executable).with_name("omics")
    return run(omics, "codegen", spec, "--name", "records", "--out", folder / (out or f"of-{operations}"))


def thousand(folder: Path) -> Row:
    """The row of 1,000 operations alone.

    Args:
        folder: For the document and the packages: a new one each round, as nothing may be deleted within the measurement.
    """
    seconds = quietest(5, lambda number: measured(generating(folder, 1_000, f"round-{number}")).cpu)
    return figure_row("generate 1,000 operations with 2,000 models (CPU seconds)", seconds, MOST_SECONDS, "s", {})


def growing(folder: Path) -> Iterator[Row]:
    """A row for each tenfold number of operations.

    Args:
        folder: For the documents and packages.
    """
    for less, more in pairwise(SIZES):
        name = f"generate {more:,} operations / {less:,} operations (CPU seconds)"
        case = Case(name, generating(folder, more), generating(folder, less), GROWTH, rounds=1)
        yield row_of(case, rounds_of(case), of="cpu")


def main() -> None:
    """Measures all cases, and the memory of ours."""
    documents = {str(path.parent.relative_to(GENERATED)): path for path in sorted(GENERATED.rglob("openapi.json"))}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        taken = {service: path for service, path in documents.items() if stock(path, folder / "try")}
        print(f"stock takes {len(taken)} of {len(documents)} documents: {', '.join(taken)}")
        for service in taken:
            shutil.copytree(ROOT / "specs" / service, folder / "specs" / service)

        def ours() -> None:
            command = [sys.executable, "-m", "omicsdk_codegen", "generate", "--specs", folder / "specs"]
            shutil.rmtree(folder / "ours", ignore_errors=True)
            subprocess.run([*command, "--out", folder / "ours"], check=True, capture_output=True)

        def peer() -> None:
            for path in taken.values():
                stock(path, folder / "stock")

        row = compared(
            Case("generate all specs / stock openapi-python-client on our openapi.json", ours, peer, 0.45, 3)
        )
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"peak memory of the largest process: {peak:.0f} MiB")
    operations = sum(
        1
        for path in documents.values()
        for item in json.loads(path.read_text())["paths"].values()
        for method in item
        if method in ("get", "put", "post", "delete", "patch", "head", "options")
    )
    print(f"{len(documents)} documents, {operations} operations")
    with tempfile.TemporaryDirectory() as name:
        rows = [row, thousand(Path(name)), *growing(Path(name))]
    write_results("codegen", rows)


if __name__ == "__main__":
    main()
