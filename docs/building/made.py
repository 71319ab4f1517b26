"""The pages that are made from something else and committed, so that they are read in the checkout too."""

import json
from pathlib import Path

import gen3_names
import sevenbridges_names

from building.clients import clients
from building.performance import performance, read_results
from building.reliability import reliability

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def made_pages() -> dict[Path, str]:
    """Each such page with the text that it shall have.

    docs/performance.md is made from benchmarks/results/*.json, docs/clients.md from what `make codegen` wrote,
    docs/reliability.md from what `make reliability` did. The table of names on docs/coming-from-sevenbridges.md is made of
    what both packages have, that on docs/coming-from-gen3.md likewise.
    """
    faults = json.loads((ROOT / "tests" / "faults" / "results.json").read_text(encoding="utf-8"))
    sevenbridges, gen3 = DOCS / "coming-from-sevenbridges.md", DOCS / "coming-from-gen3.md"
    return {
        DOCS / "performance.md": performance(read_results(ROOT / "benchmarks" / "results")),
        DOCS / "clients.md": clients(ROOT / "generated" / "omicsdk_api"),
        DOCS / "reliability.md": reliability(faults),
        sevenbridges: sevenbridges_names.page(sevenbridges.read_text(encoding="utf-8")),
        gen3: gen3_names.page(gen3.read_text(encoding="utf-8")),
    }


def outdated() -> list[Path]:
    """The pages that aren't what they are made from."""
    return [
        page for page, text in made_pages().items() if not page.exists() or page.read_text(encoding="utf-8") != text
    ]
