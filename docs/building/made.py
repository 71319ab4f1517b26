"""The pages that are made from something else and committed, so that they are read in the checkout too."""

import json
import re
from pathlib import Path

import published_names

from building.clients import clients
from building.cycles import cycles
from building.documents import documents
from building.lists import formats, published
from building.messages import messages
from building.packages import packages
from building.performance import BESIDE, IN_SHORT, OTHER_TOOLS, beside, chosen, millions, performance, read_results
from building.programs import programs
from building.reliability import reliability
from building.sandbox_operations import sandbox_operations
from building.tested import tested

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def made_pages() -> dict[Path, str]:
    """Each such page with the text that it shall have.

    docs/performance.md is made from benchmarks/results/*.json, docs/clients.md from what `make codegen` wrote,
    docs/reliability.md from what `make reliability` did. The tables of docs/coming-from-*.md, and the names that differ in
    specs/, are made of the faces' tables of differences and of what the published packages have. That of docs/published-programs.md is
    made of what tests/compat/published_programs.py ran, those of docs/published-documents.md of what tests/compat/published_documents.py
    and tests/compat/sandbox_cycles.py tried, that of docs/generators.md of what tests/compat/package_costs.py measured, those of
    docs/tested-with.md of what `make real` did, that of docs/design/sandbox.md is what a sandbox explains, that of docs/manifests.md of the declarations in omicsdk.portals, that of
    docs/published-lists.md of an index in tests/data, and that of docs/troubleshooting.md of the pages below it. The tables of measurements of the README, docs/why-not.md, docs/buckets.md
    and docs/scale.md are made of the same results as docs/performance.md.
    """
    faults = json.loads((ROOT / "tests" / "faults" / "results.json").read_text(encoding="utf-8"))
    faces = published_names.FACES.values()
    results = read_results(ROOT / "benchmarks" / "results")
    return {
        ROOT / "README.md": _measured(ROOT / "README.md", chosen(results, IN_SHORT, "Published client")),
        DOCS / "why-not.md": _measured(DOCS / "why-not.md", chosen(results, OTHER_TOOLS, "Other tool")),
        DOCS / "buckets.md": _measured(
            DOCS / "buckets.md", beside([row for name in BESIDE for row in results[name]["rows"]])
        ),
        DOCS / "scale.md": _measured(DOCS / "scale.md", millions(results["millions"]["rows"])),
        DOCS / "performance.md": performance(results),
        DOCS / "clients.md": clients(ROOT / "generated" / "omicsdk_api"),
        DOCS / "reliability.md": reliability(faults),
        DOCS / "published-programs.md": _measured(DOCS / "published-programs.md", programs(ROOT / "tests" / "compat")),
        DOCS / "published-documents.md": _measured(
            DOCS / "published-documents.md",
            documents(ROOT / "tests" / "compat" / "documents.json"),
            cycles(ROOT / "tests" / "compat" / "sandbox_cycles.json"),
        ),
        DOCS / "generators.md": _measured(
            DOCS / "generators.md", packages(ROOT / "tests" / "compat" / "package_costs.json")
        ),
        DOCS / "manifests.md": _measured(DOCS / "manifests.md", formats()),
        DOCS / "published-lists.md": _measured(
            DOCS / "published-lists.md", published(ROOT / "tests" / "data" / "portals" / "published" / "index.tsv")
        ),
        DOCS / "troubleshooting.md": _measured(DOCS / "troubleshooting.md", messages(DOCS / "troubleshooting")),
        DOCS / "design" / "sandbox.md": _measured(DOCS / "design" / "sandbox.md", sandbox_operations()),
        DOCS / "tested-with.md": _measured(DOCS / "tested-with.md", tested(ROOT / "tests" / "real")),
        **{face.page_file: published_names.page(face, face.page_file.read_text(encoding="utf-8")) for face in faces},
        **{face.exceptions_file: text for face in faces if (text := published_names.exceptions(face))},
    }


def _measured(page: Path, *tables: str) -> str:
    """Return a page with its tables, each between two comments, replaced."""
    begin, end = "<!-- measured -->", "<!-- end of what was measured -->"
    left = iter(tables)
    text, count = re.subn(
        f"{begin}.*?{end}",
        lambda _: f"{begin}\n\n{next(left, '')}\n\n{end}",
        page.read_text(encoding="utf-8"),
        flags=re.DOTALL,
    )
    if count != len(tables):
        raise ValueError(f"{page} needs a place for each of its tables, between {begin} and {end}")
    return text


def outdated() -> list[Path]:
    """The pages that are not what they are made from."""
    return [
        page for page, text in made_pages().items() if not page.exists() or page.read_text(encoding="utf-8") != text
    ]
