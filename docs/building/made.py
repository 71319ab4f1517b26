"""The pages that are made from something else and committed, so that they are read in the checkout too."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import published_names

from building.clients import clients
from building.performance import in_short, performance, read_results
from building.reliability import reliability

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def made_pages() -> dict[Path, str]:
    """Each such page with the text that it shall have.

    docs/performance.md is made from benchmarks/results/*.json, docs/clients.md from what `make codegen` wrote,
    docs/reliability.md from what `make reliability` did. The tables of docs/coming-from-*.md, and the names that differ in
    specs/, are made of the faces' tables of differences and of what the published packages have. The README's table of
    measurements is made of the same results as docs/performance.md.
    """
    faults = json.loads((ROOT / "tests" / "faults" / "results.json").read_text(encoding="utf-8"))
    faces = published_names.FACES.values()
    results = read_results(ROOT / "benchmarks" / "results")
    return {
        ROOT / "README.md": _readme((ROOT / "README.md").read_text(encoding="utf-8"), results),
        DOCS / "performance.md": performance(results),
        DOCS / "clients.md": clients(ROOT / "generated" / "omicsdk_api"),
        DOCS / "reliability.md": reliability(faults),
        **{face.page_file: published_names.page(face, face.page_file.read_text(encoding="utf-8")) for face in faces},
        **{face.exceptions_file: text for face in faces if (text := published_names.exceptions(face))},
    }


def _readme(text: str, results: Mapping[str, Any]) -> str:
    """The README with its table between the two comments as it was measured."""
    begin, end = "<!-- measured -->", "<!-- end of what was measured -->"
    return re.sub(f"{begin}.*?{end}", lambda _: f"{begin}\n\n{in_short(results)}\n\n{end}", text, flags=re.DOTALL)


def outdated() -> list[Path]:
    """The pages that aren't what they are made from."""
    return [
        page for page, text in made_pages().items() if not page.exists() or page.read_text(encoding="utf-8") != text
    ]
