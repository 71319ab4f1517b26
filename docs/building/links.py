"""Links between the pages of the checkout, as GitHub shows them."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

MADE_WITH_THE_SITE = ("docs/reference/commands/", "docs/reference/python/", "docs/reference/errors.md")
"""Pages of the manual that are no files of the checkout; mkdocs holds links to them against what it has made."""

_CODE = re.compile(r"^(```|~~~).*?^\1|`[^`\n]+`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(\s*<?([^)\s>]+)|^\[[^\]]+\]:\s*<?([^\s>]+)", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


def pages(root: Path) -> list[Path]:
    """Every page that people read in the checkout: those at its top and those below docs/."""
    return sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")])


def lost_links(page: Path) -> Iterator[str]:
    """The relative links of a page that refer to no file, or to no heading of one.

    Args:
        page: A Markdown file.
    """
    text = _CODE.sub("", page.read_text(encoding="utf-8"))
    for found in _LINK.finditer(text):
        link: str = found[1] or found[2]
        if _SCHEME.match(link):
            continue
        name, _, heading = unquote(link).partition("#")
        target = page.parent / name if name else page
        if any(made in os.path.normpath(target).replace(os.sep, "/") for made in MADE_WITH_THE_SITE):
            continue
        if not target.exists() or (heading and not (target.is_file() and heading in anchors(target))):
            yield link


def anchors(page: Path) -> set[str]:
    """What links can name in a page: its headings as GitHub spells them; a second one of a name ends in -1."""
    found: dict[str, int] = {}
    anchored: set[str] = set()
    without_blocks = re.sub(r"^(```|~~~).*?^\1", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for heading in _HEADING.findall(without_blocks):
        name = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        count = found[name] = found.get(name, -1) + 1
        anchored.add(f"{name}-{count}" if count else name)
    return anchored
