"""Web pages that servers send in the place of files."""

from __future__ import annotations

from pathlib import Path

from omicsdk.core.api_errors import PAGE_LIMIT, page_title
from omicsdk.core.media_types import PAGE_NAMES


def page_in(path: Path, name: str) -> str:
    """Return a warning if a file that should be data is a web page, such as a login page; otherwise "".

    Args:
        path: The file.
        name: Its name; one that ends like that of a page may be one.

    Raises:
        OSError: It cannot be read.
    """
    if PAGE_NAMES.search(name):
        return ""
    with path.open("rb") as file:
        title = page_title(file.read(PAGE_LIMIT).decode("utf-8", "replace"))
    if title is None:
        return ""
    return f"a web page{f' ({title[:80]!r})' if title else ''} was received, not a data file"
