"""`make api` writes the public names down, `make api-check` states what breaks programs written for the last release.

    python release/api.py           write release/api.txt
    python release/api.py --check   compare; end with 1 when something breaks that the news do not name

The last release is the newest one before this commit, read by today's code. Before the first release, release/api.txt as it is
committed takes its place.
"""

from __future__ import annotations

import re
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
CHANGELOG, NEWS = "CHANGELOG.md", "news"
NEWEST = "<!-- towncrier release notes start -->\n"
"""The line of CHANGELOG.md below which towncrier writes."""


def changelog(repository: Path) -> str:
    """Return the text of CHANGELOG.md, with the news since the last release as its section [Unreleased].

    Args:
        repository: A checkout with towncrier's settings in pyproject.toml.
    """
    text = (repository / CHANGELOG).read_text(encoding="utf-8")
    words = [sys.executable, "-m", "towncrier", "build", "--draft", "--version", "Unreleased", "--dir", str(repository)]
    draft = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    return text.replace(NEWEST, f"{NEWEST}\n{draft.strip()}\n") if list((repository / NEWS).glob("*.md")) else text


def dated(changelog: str) -> list[str]:
    """Return the versions that a changelog gives a date, newest first.

    Args:
        changelog: The text of CHANGELOG.md.
    """
    return re.findall(r"(?m)^## \[(\d[^\]]*)\] - \d", changelog)


def last_release(repository: Path) -> tuple[str, str] | None:
    """Return the version and the commit of the newest release before this commit; None before the first one.

    A release is the commit that gives a section of CHANGELOG.md its version and date. Tags may be missing in a clone.

    Args:
        repository: A git checkout with its history.
    """

    def lines(*words: str) -> list[str]:
        words = ("git", "-C", str(repository), *words)
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()

    (head,) = lines("rev-parse", "HEAD")
    for version in dated((repository / CHANGELOG).read_text(encoding="utf-8")):
        commits = lines("log", "--format=%H", "-S", f"## [{version}] - ", "--", CHANGELOG)
        if commits and commits[-1] != head:
            return version, commits[-1]
    return None


def of_tree(folder: Path) -> Listing:
    """The listing of a checkout."""
    return listing([folder / "generated", folder / "extensions"])


def of_release(repository: Path, commit: str) -> Listing:
    """The listing of a commit's files."""
    with tempfile.TemporaryDirectory(prefix="omicsdk-api-") as scratch:
        folder = Path(scratch, "then")
        check_out(repository, commit, folder)
        return of_tree(folder)


def report(differences: list[Change], names: set[str]) -> tuple[list[str], bool]:
    """Lines that say what was found, and whether something breaks unnamed.

    Args:
        differences: The changes.
        names: What the news name as breaking.
    """
    breaking = [change for change in differences if change.breaking]
    unnamed = [change for change in breaking if not is_named(change.name, names, change.argument)]
    groups = (
        ("types changed, look at these:", [change for change in differences if not change.breaking]),
        ("breaks, and the news name it:", [change for change in breaking if change not in unnamed]),
        ("breaks programs:", unnamed),
    )
    lines = [line for title, group in groups if group for line in (title, *(f"  {change}" for change in group))]
    return lines, bool(unnamed)


def main(arguments: list[str]) -> int:
    """Write, or compare; gives the exit code."""
    if "--check" not in arguments:
        BASELINE.write_text(as_text(of_tree(ROOT)), encoding="utf-8", newline="\n")
        return 0
    version, commit = last_release(ROOT) or (None, None)
    with ProcessPoolExecutor(1) as beside:
        reading = beside.submit(of_tree, ROOT)
        old = of_release(ROOT, commit) if commit else from_text(BASELINE.read_text(encoding="utf-8"))
        new = reading.result()
    names = named(changelog(ROOT), version)
    lines, broken = report(changes(old, new), names)
    against = version or "release/api.txt, for there is no earlier release"
    lines.append(f"api-check: compared with {against}: {'breaks' if broken else 'nothing breaks unnamed'}")
    if broken:
        lines.append(
            "Keep the old name or argument working (docs/deprecation.md), or name it in a file news/+NAME.breaking.md."
        )
        if version is None:
            lines.append("While nothing is released, `make api` takes the tree as it is.")
    sys.stderr.write("\n".join(lines) + "\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
