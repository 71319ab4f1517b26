"""`make codegen-changelog`: what changed for users of the generated clients since the last release, onto its page.

    python release/client_changes.py [REVISION]

Compared are the documents and overlays of specs/ as a revision has them with those of the tree, both read by this tree's
generator, as `omics codegen diff` does it. Without a revision it is the last release; before the first one, the page reports it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from api import last_release
from distributions import check_out
from omicsdk_codegen.diffing import as_report, compare
from omicsdk_codegen.faults import DocumentError
from omicsdk_codegen.generate import Service, plan_package, services_in
from omicsdk_codegen.plan import Package

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "generated-changelog.md"
MARK = "<!-- what follows is written by `make codegen-changelog` -->\n"


def sections(old: Path, new: Path) -> Iterator[str]:
    """What changed, a section of Markdown for each service that did, by name.

    Args:
        old: A folder of services' documents.
        new: The same, later.

    Raises:
        DocumentError: One of them has faults.
    """
    before, after = ({service.name: service for service in services_in(folder)} for folder in (old, new))
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            yield f"## {name}\n\n### Breaking changes\n\n- the client is gone\n"
        elif name not in before:
            count = len(_planned(after[name]).operations)
            yield f"## {name}\n\n### Other changes\n\n- the client is new, with {count} operations\n"
        elif _bytes(before[name]) != _bytes(after[name]):
            packages = [_planned(document) for document in (before[name], after[name])]
            differences = compare(packages[0], packages[1])
            if differences:
                yield as_report(packages[0], packages[1], differences)


def _planned(service: Service) -> Package:
    return plan_package(service.spec, service.overlays, "client", flat=True).package


def page(text: str, since: str | None, changed: list[str]) -> str:
    """The page with what was found in the place of what it said.

    Args:
        text: The page as it is.
        since: The revision; None when there is none to compare with.
        changed: From `sections`.
    """
    head, mark, _ = text.partition(MARK)
    if not mark:
        raise ValueError(f"{PAGE.name} has no line {MARK.strip()}")
    if since is None:
        return f"{head}{mark}\nThere is no earlier release to compare with.\n"
    body = changed or ["Nothing changes for users of the generated clients.\n"]
    return f"{head}{mark}\nSince {since}:\n\n" + "\n".join(body)


def _bytes(service: Service) -> list[bytes]:
    return [path.read_bytes() for path in (service.spec, *service.overlays)]


def main(arguments: list[str]) -> int:
    """Write the page; gives the exit code."""
    since, revision = (arguments[0], arguments[0]) if arguments else last_release(ROOT) or (None, None)
    changed: list[str] = []
    if revision is not None:
        try:
            with tempfile.TemporaryDirectory(prefix="omicsdk-specs-") as scratch:
                then = Path(scratch, "then")
                check_out(ROOT, revision, then)
                changed = list(sections(then / "specs", ROOT / "specs"))
        except DocumentError as error:
            sys.stderr.write(f"codegen-changelog: {error}\n")
            return 1
        except subprocess.CalledProcessError as error:
            sys.stderr.write(f"codegen-changelog: {since}: {error.stderr.strip()}\n")
            return 2
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), since, changed), encoding="utf-8", newline="\n")
    sys.stderr.write(
        f"{PAGE.relative_to(ROOT)}: {len(changed)} clients changed since {since or 'no release, for there is no earlier one'}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
