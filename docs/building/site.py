"""The manual as a site: Markdown to HTML by mkdocs, and every link within it followed."""

import io
import logging
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

ROOT = Path(__file__).parents[2]


def build(site: Path) -> list[str]:
    """Builds the site; nothing is fetched.

    Args:
        site: Where to; what is there is replaced.

    Returns:
        The warnings and errors, none of which a manual should have.
    """
    os.environ["NO_MKDOCS_2_WARNING"] = "1"
    from mkdocs.commands.build import build as build_all
    from mkdocs.config import load_config

    log = io.StringIO()
    handler = logging.StreamHandler(log)
    handler.setLevel(logging.WARNING)
    logging.getLogger("mkdocs").addHandler(handler)
    try:
        config = load_config(str(ROOT / "mkdocs.yml"), site_dir=str(site))
        config.plugins.on_startup(command="build", dirty=False)
        build_all(config)
        config.plugins.on_shutdown()
    finally:
        logging.getLogger("mkdocs").removeHandler(handler)
    return log.getvalue().splitlines()


class _Read(HTMLParser):
    """What a page of the site can be linked by, and what it links to."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" or (name == "name" and tag == "a"):
                self.anchors.add(value or "")
            elif name in ("href", "src") and value:
                self.links.append((tag, value))


def lost_in_site(site: Path) -> list[str]:
    """What is wrong with the links of a built site: those that have no target, and what would be fetched from elsewhere.

    Args:
        site: Its folder.
    """
    read: dict[Path, _Read] = {}
    for path in sorted(site.rglob("*.html")):
        read[path] = _Read()
        read[path].feed(path.read_text(encoding="utf-8"))
    faults: list[str] = []
    for path, page in read.items():
        where = path.relative_to(site).as_posix()
        for tag, link in page.links:
            url, heading = urldefrag(link)
            if urlsplit(url).scheme or url.startswith("//"):
                if tag not in ("a", "link") or (tag == "link" and "canonical" not in link):
                    faults.append(f"{where}: {link} is fetched from elsewhere")
                elif not re.fullmatch(r"(https?://[^\s/]+\S*|mailto:\S+@\S+)", link):
                    faults.append(f"{where}: {link} is no address")
                continue
            target = _file(site, path, unquote(url))
            if target is None or not target.exists():
                faults.append(f"{where}: {link} leads nowhere")
            elif heading and target in read and unquote(heading) not in read[target].anchors:
                faults.append(f"{where}: {link} leads to no heading")
    return faults


def _file(site: Path, page: Path, url: str) -> Path | None:
    if not url:
        return page
    target = site / url[1:] if url.startswith("/") else page.parent / url
    target = Path(os.path.normpath(target))
    return target / "index.html" if target.is_dir() else target
