"""Try the sandbox with documents of others: `sandbox_cycles.py FOLDER`.

FOLDER has the documents (`NAME.json`, `NAME.yaml`); none of them is kept here. Of each a client is generated as a user does it, a sandbox
is started with it, and `crud_cycles` drives all of its CRUD resources through the client: create, get, list in pages, update, delete, and
bodies that have to be refused. The result is written to sandbox_cycles.json; `make docs` makes the table of
docs/testing-with-the-sandbox.md from it. The exit code is 1 if fewer than 90 % of all resources are complete.
"""

import argparse
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from omicsdk.sandbox.server import Sandbox

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from published_documents import HERE, SUPPORT, ran
from raw_document import RawDocument

RESULTS = HERE / "sandbox_cycles.json"
GOAL = 0.9


def tried(document: Path, folder: Path) -> dict[str, Any]:
    """Return the figures of a document.

    Args:
        document: The document.
        folder: Where its package is, or is generated.
    """
    name = re.sub(r"\W", "_", document.stem)
    info = RawDocument(document).data.get("info", {})
    row: dict[str, Any] = {"document": info.get("title", name), "version": str(info.get("version", ""))}
    if not (folder / "src" / name).is_dir():
        made = ran(
            [Path(sys.executable).with_name("omics"), "codegen", document, "--name", name, "--out", folder],
            folder.parent,
        )
        if not (folder / "src" / name).is_dir():
            return {**row, "refused": made.out.strip()[-500:]}
    with Sandbox(specs={name: document}) as sandbox:
        driver = [sys.executable, SUPPORT / "crud_cycles.py", document, folder, sandbox.spec_url(name), sandbox.token()]
        driven = ran(driver, folder)
    if driven.code:
        return {**row, "refused": driven.out.strip()[-500:]}
    cycles = [json.loads(line) for line in driven.out.splitlines()]
    complete = [cycle for cycle in cycles if "step" not in cycle]
    return {
        **row,
        "resources": len(cycles),
        "complete": len(complete),
        "paged": sum(cycle["pages"] > 1 for cycle in complete),
        "updated": sum(cycle["updated"] for cycle in complete),
        "wrong_bodies": {
            kind: [
                sum(cycle["wrong"].get(kind) == "refused" for cycle in cycles),
                sum(kind in cycle["wrong"] for cycle in cycles),
            ]
            for kind in ("missing", "type", "value")
        },
        "incomplete": {cycle["resource"]: f"{cycle['step']}: {cycle['cause']}" for cycle in cycles if "step" in cycle},
    }


def main() -> int:
    """Try all documents of a folder; return 1 if too few resources are complete."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", help="names of documents; their results replace those that are kept")
    parser.add_argument("--packages", type=Path, help="where the packages are kept; default: nowhere")
    options = parser.parse_args()
    rows: dict[str, dict[str, Any]] = json.loads(RESULTS.read_text()) if options.only else {}
    with tempfile.TemporaryDirectory(prefix="omics-cycles-") as name:
        packages = options.packages.resolve() if options.packages else Path(name)
        for document in sorted(options.folder.resolve().iterdir(), key=lambda path: path.stem.lower()):
            if document.suffix not in (".json", ".yaml", ".yml") or (
                options.only and document.stem not in options.only
            ):
                continue
            (packages / document.stem).mkdir(parents=True, exist_ok=True)
            rows[document.stem] = row = tried(document, packages / document.stem)
            print(document.stem, json.dumps(row, indent=1), flush=True)
    RESULTS.write_text(json.dumps(rows, indent=2, sort_keys=True) + "\n")
    resources, complete = (sum(row.get(key, 0) for row in rows.values()) for key in ("resources", "complete"))
    print(f"{complete} of {resources} resources are complete")
    return 0 if complete >= GOAL * resources else 1


if __name__ == "__main__":
    sys.exit(main())
