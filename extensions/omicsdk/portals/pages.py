"""Web pages in the place of files: the pages of portals, by their URLs, and pages that servers send instead of a file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from omicsdk.core.api_errors import PAGE_LIMIT, page_title
from omicsdk.core.errors import UsageError

_PAGE_NAMES = re.compile(r"\.(?:x?html?|xht|shtml|mht(?:ml)?|php|aspx?|jsp)\Z", re.IGNORECASE)


def page_in(path: Path, name: str) -> str:
    """Return a warning if a file that should be data is a web page, such as a login page; otherwise "".

    Args:
        path: The file.
        name: Its name; one that ends like that of a page may be one.

    Raises:
        OSError: It cannot be read.
    """
    if _PAGE_NAMES.search(name):
        return ""
    with path.open("rb") as file:
        title = page_title(file.read(PAGE_LIMIT).decode("utf-8", "replace"))
    if title is None:
        return ""
    return f"a web page{f' ({title[:80]!r})' if title else ''} was received, not a data file"


class _Pages(NamedTuple):
    """Pages of a portal.

    Attributes:
        hosts: Its hosts.
        path: Matches the path of a page, and the identifier in it.
        what: What the page is called.
        command: Makes the command that downloads what it shows.
    """

    hosts: tuple[str, ...]
    path: re.Pattern[str]
    what: str
    command: Callable[[str], str]


_UUID = r"([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})(?:/|\Z)"


def _of_atlas(project: str) -> str:
    return f"omics azul download --filter projectId={project} --to FOLDER"


def _of_lungmap(project: str) -> str:
    return f"omics azul download --catalog LUNGMAP_CATALOG --filter projectId={project} --to FOLDER"


def _of_anvil(dataset: str) -> str:
    service = "--base-url https://service.explore.anvilproject.org"
    return f"omics azul download {service} --filter datasets.dataset_id={dataset} --to FOLDER"


def _of_gdc(field: str) -> Callable[[str], str]:
    def command(value: str) -> str:
        condition = json.dumps({"op": "=", "content": {"field": field, "value": value}}, separators=(",", ":"))
        query = f"return_type=manifest&size=100000&filters={quote(condition, safe='')}"
        return f"omics get 'https://api.gdc.cancer.gov/files?{query}' --format gdc --to FOLDER"

    return command


_GDC_HOSTS = ("portal.gdc.cancer.gov",)
_PORTALS = (
    _Pages(
        ("explore.data.humancellatlas.org", "data.humancellatlas.org"),
        re.compile(rf"(?:/explore)?/projects/{_UUID}"),
        "a project's page of the Human Cell Atlas",
        _of_atlas,
    ),
    _Pages(
        ("data-browser.lungmap.net",), re.compile(rf"/projects/{_UUID}"), "a project's page of LungMAP", _of_lungmap
    ),
    _Pages(("explore.anvilproject.org",), re.compile(rf"/datasets/{_UUID}"), "a dataset's page of AnVIL", _of_anvil),
    _Pages(
        _GDC_HOSTS,
        re.compile(r"(?:/v1|/legacy-archive)?/projects/([A-Za-z0-9_.-]+)/?\Z"),
        "a project's page of the GDC",
        _of_gdc("cases.project.project_id"),
    ),
    _Pages(_GDC_HOSTS, re.compile(rf".*/files/{_UUID}"), "a file's page of the GDC", _of_gdc("file_id")),
    _Pages(_GDC_HOSTS, re.compile(rf".*/cases/{_UUID}"), "a case's page of the GDC", _of_gdc("cases.case_id")),
)


def check_no_page(url: str) -> None:
    """Reject the URL of a portal's page, which a browser shows and which has no file.

    Args:
        url: The URL.

    Raises:
        UsageError: It is one; the remedy is the command that downloads what the page shows.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return
    for pages in _PORTALS:
        found = pages.path.match(parts.path) if (parts.hostname or "") in pages.hosts else None
        if found is None:
            continue
        said = f"{url.partition('?')[0]} is {pages.what}, not a file"
        raise UsageError(said, remedy=f"Download what it shows: `{pages.command(found[1])}`.")
