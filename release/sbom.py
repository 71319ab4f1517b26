"""`make sbom`: what the wheel with all extras needs, as CycloneDX JSON beside it; the same environment gives the same bytes.

python release/sbom.py          write dist/omicsdk.cdx.json from build/bare

cyclonedx-py has build/cyclonedx to itself: one of its dependencies makes each import of jsonschema last a second and a half,
and there is one in every start of a sandbox.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from bare import HOME, NO_ENVIRONMENT, ROOT, python_of, wheel_in

TOOL = ROOT / "build" / "cyclonedx"
NEEDS = "cyclonedx-bom>=7"


def completed(bom: Mapping[str, Any], wheel: str, sha256: str) -> dict[str, Any]:
    """The document with the wheel that it is of.

    Args:
        bom: What cyclonedx-py wrote.
        wheel: The wheel's file name.
        sha256: Its SHA-256, in hex.
    """
    metadata = bom["metadata"]
    component = {
        **metadata["component"],
        "hashes": [{"alg": "SHA-256", "content": sha256}],
        "properties": [{"name": "omicsdk:file", "value": wheel}],
    }
    return {**bom, "metadata": {**metadata, "component": component}}


def faults(bom: Mapping[str, Any], secret_paths: Collection[str]) -> list[str]:
    """What keeps a document from being published, as text.

    Args:
        bom: The document.
        secret_paths: Folders of this machine, which are no user's business.
    """
    problems = [
        f"{component['name']} has no {what}"
        for component in bom["components"]
        for what in ("version", "purl")
        if not component.get(what)
    ]
    references = {component["bom-ref"] for component in bom["components"]}
    root = bom["metadata"]["component"]["bom-ref"]
    needs = [
        name
        for dependency in bom["dependencies"]
        if dependency["ref"] == root
        for name in dependency.get("dependsOn", ())
    ]
    problems += [f"{name} is needed and isn't described" for name in needs if name not in references]
    if not needs:
        problems.append("nothing says what the wheel needs")
    text = json.dumps(bom)
    problems += [f"{path} is in it" for path in secret_paths if path in text]
    return problems


def main() -> int:
    """Write the document; gives the exit code."""
    wheel = wheel_in(ROOT / "dist")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", TOOL], check=True)
    install = ["install", "--quiet", "--disable-pip-version-check", NEEDS]
    if subprocess.run([sys.executable, "-m", "pip", "--python", python_of(TOOL), *install]).returncode:
        return NO_ENVIRONMENT
    words = [
        "cyclonedx_py",
        "environment",
        "--output-reproducible",
        "--mc-type",
        "library",
        "--pyproject",
        "pyproject.toml",
    ]
    epoch = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()
    done = subprocess.run(
        [python_of(TOOL), "-m", *words, "-o", "-", python_of(HOME)],
        cwd=ROOT,
        env={**os.environ, "SOURCE_DATE_EPOCH": epoch},
        check=True,
        stdout=subprocess.PIPE,
    )
    bom = completed(json.loads(done.stdout), wheel.name, hashlib.sha256(wheel.read_bytes()).hexdigest())
    wrong = faults(bom, [str(ROOT), str(Path.home())])
    if wrong:
        sys.stderr.write("".join(f"sbom: {fault}\n" for fault in wrong))
        return 1
    target = ROOT / "dist" / "omicsdk.cdx.json"
    target.write_text(json.dumps(bom, indent=1, sort_keys=True) + "\n", encoding="utf-8", newline="\n")
    sys.stderr.write(f"dist/{target.name}: {len(bom['components'])} packages\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
