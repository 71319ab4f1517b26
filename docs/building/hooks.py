"""What mkdocs calls while it builds the manual: pages that are made at build time, and pages that stand outside docs/."""

import re
import sys
import tomllib
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from building import command_pages, error_page, python_pages
from building.drawings import drawn

ROOT = Path(__file__).parents[2]

OUTSIDE = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md", "SECURITY.md": "security.md"}
"""Pages at the top of the checkout, and what they are called in the manual."""

LINK = re.compile(r"(\[[^\]]*\])\(([^)\s#]+)(#[^)]*)?\)")
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


def made_at_build_time() -> dict[str, str]:
    """Pages of the reference, by their path within the manual."""
    from omicsdk.cli.catalog import Catalog

    return {**command_pages.pages(Catalog()), **python_pages.pages(), error_page.PATH: error_page.page()}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Takes pages out of the navigation that this checkout has not, and puts in those of commands and packages."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    config.site_name = f"{project['name']} {project['version']}"
    config.copyright = footer(project)
    made = made_at_build_time()
    config.extra["made"] = made
    outside = {name for top, name in OUTSIDE.items() if (ROOT / top).exists()}
    here = {path.relative_to(config.docs_dir).as_posix() for path in Path(config.docs_dir).rglob("*.md")}
    config.nav = _navigation(config.nav, {*made, *outside, *here}, made)
    return config


def footer(project: Mapping[str, Any]) -> str:
    """The line at the end of each page: name, version and licence, and a link to the repository where its address is stated.

    The theme's own link (`repo_url`) would have each reader's browser fetch facts from the repository's host.

    Args:
        project: The table `project` of pyproject.toml.
    """
    line = f"{project['name']} {project['version']}, {project['license']}"
    address = project.get("urls", {}).get("Repository")
    return f'{line}, <a href="{address}">repository</a>' if address else line


def _navigation(entry: Any, pages: set[str], made: Mapping[str, str]) -> Any:
    if isinstance(entry, dict):
        ((title, below),) = entry.items()
        kept = _navigation(below, pages, made)
        return {title: kept} if kept else None
    if isinstance(entry, list):
        named = [
            [name for name in made if name.startswith(pattern)] if _is_folder(pattern) else [pattern]
            for pattern in entry
        ]
        return [kept for name in chain(*named) if (kept := _navigation(name, pages, made))]
    return entry if entry in pages else None


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that are not files of docs/."""
    for name, text in config.extra["made"].items():
        files.append(File.generated(config, name, content=text))
    for top, name in OUTSIDE.items():
        if (ROOT / top).exists():
            files.append(File.generated(config, name, content=(ROOT / top).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, **_further: object) -> str:
    """Puts drawings where a page requests them, and points links at where things are in the manual."""
    page.meta["search"] = {"boost": _weight(page.file.src_uri)}
    if page.file.src_uri in OUTSIDE.values():
        return _outside_fences(markdown, lambda text: LINK.sub(from_top, text))
    return _outside_fences(drawn(markdown), lambda text: LINK.sub(from_docs, text))


def on_post_page(output: str, **_further: object) -> str:
    """Names the dialog of the search, which the theme leaves without a name for screen readers."""
    return output.replace('class="md-search" ', 'class="md-search" aria-label="Search" ')


def on_post_template(output_content: str, **_further: object) -> str:
    """Does the same in the page for wrong addresses."""
    return on_post_page(output_content)


def _is_folder(entry: Any) -> bool:
    return isinstance(entry, str) and entry.endswith("/")


def _weight(name: str) -> float:
    """The rank of a page in search results: pages of help and that teach come before pages that list, and these before reasons."""
    if name.startswith(("help/", "troubleshooting.md", "install")):
        return 8
    if name.startswith("reference/commands/"):  # the name of a command is found at the command
        return 2
    if name.startswith(("reference/", "design/", "published-", "coming-from-")) or name in (
        "performance.md",
        "changelog.md",
    ):
        return 0.5
    return 4


def _outside_fences(markdown: str, change: Any) -> str:
    parts: list[str] = []
    at = 0
    for fence in _FENCE.finditer(markdown):
        parts += [change(markdown[at : fence.start()]), fence[0]]
        at = fence.end()
    return "".join([*parts, change(markdown[at:])])


def from_top(link: re.Match[str]) -> str:
    """A link of a page at the checkout's top."""
    words, target, heading = link[1], link[2], link[3] or ""
    if ":" in target:
        return link[0]
    if target.startswith("docs/"):
        return f"{words}({target.removeprefix('docs/')}{heading})"
    return f"{words}({OUTSIDE[target]}{heading})" if target in OUTSIDE else words[1:-1]


def from_docs(link: re.Match[str]) -> str:
    """A link of a page of docs/ that leads out of it: to a page that the manual has too, or to a file that it has not."""
    words, target, heading = link[1], link[2], link[3] or ""
    if ":" in target or not target.startswith("../"):
        return link[0]
    name = re.sub(r"^(\.\./)+", "", target)
    if name in OUTSIDE or name == "README.md":
        up = "../" * (target.count("../") - 1)
        return f"{words}({up}{OUTSIDE.get(name, 'index.md')}{heading})"
    return link[0] if not (ROOT / name).exists() or (ROOT / "docs" / name).exists() else words[1:-1]
