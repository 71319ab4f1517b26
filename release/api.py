"""`make api` writes the public names down, `make api-check` says what breaks programs written for the last release.

    python release/api.py           write release/api.txt
    python release/api.py --check   compare; end with 1 when something breaks that CHANGELOG.md doesn't name

Compared is with the last tag that isn't this commit's, read as this tree is; while there is no release, with release/api.txt
as it is committed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from breaking import Change, changes, is_named, named
from distributions import check_out
from listing import Listing, as_text, from_text, listing

ROOT = Path(__file__).parents[1]
BASELINE = ROOT / "release" / "api.txt"


def last_release(repository: Path) -> str | None:
    """The newest tag v* behind this commit, its own left out; None while there is none.

    Args:
        repository: A git checkout.
    """
    words = ["git", "tag", "--list", "v[0-9]*", "--sort=-v:refname"]
    tags, own = (
        subprocess.run([*words, *also], cwd=repository, check=True, capture_output=True, text=True).stdout.split()
        for also in (["--merged", "HEAD"], ["--points-at", "HEAD"])
    )
    return next((tag for tag in tags if tag not in own), None)


def of_tree(folder: Path) -> Listing:
    """The listing of a checkout."""
    return listing([folder / "generated", folder / "extensions"])


def of_release(repository: Path, tag: str) -> Listing:
    """The listing of a tag's files."""
    with tempfile.TemporaryDirectory(prefix="omicsdk-api-") as scratch:
        folder = Path(scratch, "then")
        check_out(repository, tag, folder)
        return of_tree(folder)


def report(found: list[Change], names: set[str]) -> tuple[list[str], bool]:
    """Lines that say what was found, and whether something breaks unnamed.

    Args:
        found: The changes.
        names: What the change log names as breaking.
    """
    breaking = [each for each in found if each.breaking]
    unnamed = [each for each in breaking if not is_named(each.name, names)]
    groups = (
        ("types changed, look at these:", [each for each in found if not each.breaking]),
        ("breaks, and CHANGELOG.md names it:", [each for each in breaking if each not in unnamed]),
        ("breaks programs:", unnamed),
    )
    lines = [line for title, group in groups if group for line in (title, *(f"  {each}" for each in group))]
    return lines, bool(unnamed)


def main(arguments: list[str]) -> int:
    """Write, or compare; gives the exit code."""
    if "--check" not in arguments:
        BASELINE.write_text(as_text(of_tree(ROOT)), encoding="utf-8", newline="\n")
        return 0
    tag = last_release(ROOT)
    with ProcessPoolExecutor(1) as beside:
        reading = beside.submit(of_tree, ROOT)
        old = of_release(ROOT, tag) if tag else from_text(BASELINE.read_text(encoding="utf-8"))
        new = reading.result()
    names = named((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), tag.removeprefix("v") if tag else None)
    lines, broken = report(changes(old, new), names)
    against = tag or "release/api.txt, for there is no release yet"
    lines.append(f"api-check: compared with {against}: {'breaks' if broken else 'nothing breaks unnamed'}")
    if broken:
        lines.append(
            "Keep the old name or argument working (docs/deprecation.md), or name it under `### Breaking` in CHANGELOG.md."
        )
        if tag is None:
            lines.append("While nothing is released, `make api` takes the tree as it is.")
    sys.stderr.write("\n".join(lines) + "\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
