"""Try the generator with published documents: `published_documents.py FOLDER`.

FOLDER has the documents (`NAME.json`, `NAME.yaml`), whose files are the names of the packages; none of them is kept here. Each is
generated as a user does it, all modules of the package are imported, its generated tests run, basedpyright (strict) and mypy --strict
check its types, and `client_checker` compares what it sends and reads with the document. The result is written to documents.json;
`make docs` makes the table of docs/published-documents.md from it. The exit code is 1 if a package has a fault or differs.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from raw_document import RawDocument

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "documents.json"
SUPPORT = HERE.parent / "support"
MYPY_MODULES = 1500
"""Packages with more modules are not checked with mypy, which takes minutes and gigabytes for them."""

_IMPORTS = """
import importlib, pathlib, sys
source = pathlib.Path("src").resolve()
sys.path.insert(0, str(source))
names = [".".join(path.relative_to(source).with_suffix("").parts) for path in source.rglob("*.py")]
for name in names:
    importlib.import_module(name.removesuffix(".__init__"))
print(len(names))
"""


class Ran(NamedTuple):
    """A process that ended."""

    code: int
    out: str
    cpu: float
    mebibytes: float


def ran(command: Sequence[object], folder: Path) -> Ran:
    """Run a process, and measure it and those that it starts; a core dump is an exit code below 0."""
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen([*map(str, command)], cwd=folder, stdout=out, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        return Ran(process.returncode, out.read(), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def tried(document: Path, folder: Path, refs: Path | None) -> dict[str, Any]:
    """Return the figures of a document.

    Args:
        document: The document.
        folder: Where its package is generated.
        refs: Copies of what it refers to on the network, by host.
    """
    raw, name = RawDocument(document), re.sub(r"\W", "_", document.stem)
    options = ["--refs", refs] if refs else []
    begin = time.perf_counter()
    omics = Path(sys.executable).with_name("omics")
    made = ran([omics, "codegen", document, "--name", name, "--out", folder, *options], folder.parent)
    row: dict[str, Any] = {
        "document": raw.data.get("info", {}).get("title", name),
        "version": str(raw.data.get("info", {}).get("version", "")),
        "openapi": str(raw.data.get("openapi") or raw.data.get("swagger")),
        "bytes": document.stat().st_size,
        "operations": sum(1 for _ in raw.operations()),
        "exit_code": made.code,
        "seconds": round(time.perf_counter() - begin, 1),
        "cpu_seconds": round(made.cpu, 1),
        "mebibytes": round(made.mebibytes),
    }
    package = folder / "src" / name
    if not package.is_dir():
        return {**row, "refused": made.out.strip()}
    row["reported"] = Counter(entry["kind"] for entry in json.loads((package / "report.json").read_text()))
    imported = ran([sys.executable, "-c", _IMPORTS], folder)
    row["modules"] = int(imported.out) if imported.code == 0 else imported.out
    tests = ran([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_operations.py"], folder)
    row["tests"] = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|errors?)", tests.out)}
    settings = {"include": ["src"], "typeCheckingMode": "strict", "venvPath": sys.prefix, "venv": "."}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    checked = ran([sys.executable, "-m", "basedpyright", "--outputjson"], folder)
    row["basedpyright"] = [_line(diagnostic, folder) for diagnostic in json.loads(checked.out)["generalDiagnostics"]]
    if isinstance(row["modules"], int) and row["modules"] <= MYPY_MODULES:
        mypy = [sys.executable, "-m", "mypy", "--strict", "--config-file", "", "--no-pretty", "--no-error-summary"]
        row["mypy"] = ran([*mypy, "--cache-dir", os.devnull, package], folder).out.splitlines()
    compared = ran([sys.executable, SUPPORT / "client_checker.py", document, folder], folder)
    *row["differences"], _ = compared.out.splitlines()
    return row


def _line(diagnostic: dict[str, Any], folder: Path) -> str:
    place = Path(diagnostic["file"]).relative_to(folder.resolve())
    return f"{place}:{diagnostic['range']['start']['line'] + 1}: {diagnostic['message']}"


def is_good(row: dict[str, Any]) -> bool:
    """Whether a document has a package without a fault, which differs from it nowhere."""
    return (
        "refused" not in row
        and isinstance(row["modules"], int)
        and row["tests"].keys() == {"passed"}
        and not (row["basedpyright"] or row.get("mypy") or row["differences"])
    )


def main() -> int:
    """Try all documents of a folder; return 1 if one has no good package."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--refs", type=Path, help="copies of what documents refer to on the network")
    parser.add_argument("--only", nargs="*", help="names of documents; their results replace those that are kept")
    parser.add_argument("--packages", type=Path, help="where the packages are kept; default: nowhere")
    arguments = parser.parse_args()
    documents = sorted(
        (path for path in arguments.folder.iterdir() if path.suffix in (".json", ".yaml", ".yml")),
        key=lambda path: path.stem.lower(),
    )
    rows: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="omics-documents-") as name:
        packages = arguments.packages.resolve() if arguments.packages else Path(name)
        for document in documents:
            if arguments.only and document.stem not in arguments.only:
                continue
            (packages / document.stem).mkdir(parents=True, exist_ok=True)
            rows[document.stem] = row = tried(document.resolve(), packages / document.stem, arguments.refs)
            print(document.stem, json.dumps({key: _brief(value) for key, value in row.items()}), flush=True)
    kept: dict[str, Any] = json.loads(RESULTS.read_text()) if arguments.only else {}
    kept |= {name: {key: _brief(value) for key, value in row.items()} for name, row in rows.items()}
    RESULTS.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n")
    return 0 if all(map(is_good, rows.values())) else 1


def _brief(value: Any) -> Any:
    """Lists by their first lines: a fault of a generator repeats itself in each of a thousand modules."""
    return [*value[:5], f"and {len(value) - 5} more"] if isinstance(value, list) and len(value) > 5 else value


if __name__ == "__main__":
    sys.exit(main())
