"""Generating all clients, against stock openapi-python-client fed with the documents that we wrote.

    python benchmarks/codegen.py

Both sides take the documents that stock takes, and format what they write. Prints ratios, peak memory, and writes
benchmarks/results/codegen.json.
"""

import json
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import Case, compared, write_results

ROOT = Path(__file__).parents[1]
GENERATED = ROOT / "generated" / "omicsdk_api"
STOCK = Path(sys.executable).with_name("openapi-python-client")


def stock(document: Path, target: Path) -> bool:
    """Whether stock makes a client of a document; it formats with ruff by itself."""
    shutil.rmtree(target, ignore_errors=True)
    command = [STOCK, "generate", "--path", document, "--meta", "none", "--output-path", target]
    return subprocess.run(command, capture_output=True).returncode == 0


def main() -> None:
    """Measures one case, and the memory of ours."""
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

        row = compared(Case("generate all specs / stock openapi-python-client on our openapi.json", ours, peer, 1.0, 3))
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
    write_results("codegen", [row])


if __name__ == "__main__":
    main()
