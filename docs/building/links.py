"""What readers of a page in the checkout run into: links, files and Python names that do not exist, and broken tables."""

import os
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

from omicsdk.cli.plugins import GROUP

ROOT = Path(__file__).parents[2]

MADE_WITH_THE_SITE = ("docs/reference/commands/", "docs/reference/python/", "docs/reference/errors.md")
"""Pages of the manual that are no files of the checkout; mkdocs holds links to them against what it has made."""

FOLDERS = (
    ".ci",
    ".github",
    "benchmarks",
    "codegen",
    "docs",
    "examples",
    "extensions",
    "generated",
    "release",
    "specs",
    "tests",
)
"""Folders of the checkout that pages name files of."""

_CODE = re.compile(r"^(```|~~~).*?^\1|`[^`\n]+`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(\s*<?([^)\s>]+)|^\[[^\]]+\]:\s*<?([^\s>]+)", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_BLOCK = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"[\w.*<>-]+(/[\w.*<>-]+)+/?")
_ANY = re.compile(r"\*|<\w+>|\b[A-Z]{4,}\b")
_NAME = re.compile(r"(?:import )?(omicsdk(?:_api|_codegen)?(?:\.[A-Za-z_]\w*)+)")
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
    for match in _LINK.finditer(text):
        link: str = match[1] or match[2]
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
    counts: dict[str, int] = {}
    anchored: set[str] = set()
    without_blocks = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    for heading in _HEADING.findall(without_blocks):
        name = anchor_of(heading)
        count = counts[name] = counts.get(name, -1) + 1
        anchored.add(f"{name}-{count}" if count else name)
    return anchored


def anchor_of(heading: str) -> str:
    """Return the anchor of a heading that is the only one of its text."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def lost_code(page: Path) -> Iterator[str]:
    """The code spans of a page that name a file of the checkout, or a name of our packages, that does not exist.

    A path counts if it begins with one of `FOLDERS` or ends in .py; it may begin below any folder. `*`, `<name>` and words of
    capitals represent any text.

    Args:
        page: A Markdown file.
    """
    for span in _SPAN.findall(_BLOCK.sub("", page.read_text(encoding="utf-8"))):
        if name := _NAME.match(span):
            if not _is_defined(name[1]):
                yield span
        elif _PATH.fullmatch(span) and (span.endswith(".py") or span.startswith(tuple(f"{top}/" for top in FOLDERS))):
            pattern = "[^/\n]+".join(map(re.escape, _ANY.split(span.rstrip("/"))))
            if not re.search(rf"(^|/){pattern}$", _paths(), re.MULTILINE):
                yield span


@cache
def _paths() -> str:
    """The files and folders of the checkout, a path each line."""
    return "\n".join(
        path.relative_to(ROOT).as_posix()
        for top in FOLDERS
        for path in (ROOT / top).rglob("*")
        if "__pycache__" not in path.parts
    )


@cache
def _is_defined(name: str) -> bool:
    """Return whether a dotted name is a module, a name or member of one, or a group of entry points; that of a package NAME is."""
    if name == GROUP:
        return True
    try:
        pkgutil.resolve_name(name.removesuffix(".NAME"))
    except (ImportError, AttributeError):
        return False
    return True


def broken_tables(page: Path) -> Iterator[str]:
    """The first rows of tables that have no header, such as those behind a blank line; they are shown as text."""
    text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    for block in re.split(r"\n\s*\n", text):
        lines = block.strip().splitlines()
        if (
            lines
            and lines[0].lstrip().startswith("| ")
            and not (len(lines) > 1 and re.match(r"\s*\|[-:| ]+\|$", lines[1]))
        ):
            yield lines[0]
