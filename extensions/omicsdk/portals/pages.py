"""Web pages in the place of files: the pages of portals, by their URLs, and pages that servers send instead of a file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

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
        path: Matches the path of a page, and the identifier in it; or only the path, with the identifier in the query.
        what: What the page is called.
        command: Makes the command that downloads what it shows.
    """

    hosts: tuple[str, ...]
    path: re.Pattern[str]
    what: str
    command: Callable[[str], str]


_UUID = r"([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})(?:/|\Z)"
_QUERY_NAMES = ("acc", "run", "term")
"""Parameters of the SRA's pages that have the accession."""
_ENA_FIELDS = "run_accession,fastq_ftp,fastq_md5,fastq_bytes,submitted_ftp,submitted_md5,submitted_bytes"


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


def _of_ena(accession: str) -> str:
    query = f"accession={accession}&result=read_run&fields={_ENA_FIELDS}&format=tsv"
    return f"omics get 'https://www.ebi.ac.uk/ena/portal/api/filereport?{query}' --format ena --to FOLDER"


def _of_sra(accession: str) -> str:
    if re.match(r"[SED]RR", accession):
        return f"echo {accession} | omics get - --to FOLDER"
    url = f"https://trace.ncbi.nlm.nih.gov/Traces/sra-db-be/runinfo?acc={accession}"
    return f"omics get '{url}' --format sra-runs --to FOLDER"


_GDC_HOSTS = ("portal.gdc.cancer.gov",)
_NCBI_HOSTS = ("www.ncbi.nlm.nih.gov", "trace.ncbi.nlm.nih.gov")
_ACCESSION = re.compile(r"(?:[SED]R[APRSXZ]|PRJ[A-Z]{2}|SAM[A-Z]{1,2})\d+")
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
    _Pages(
        ("www.ebi.ac.uk",),
        re.compile(r"/ena/(?:browser|data)/(?:view|text-search)/([A-Za-z0-9_.]+)/?\Z"),
        "a page of the ENA's browser",
        _of_ena,
    ),
    _Pages(
        _NCBI_HOSTS,
        re.compile(
            r"(?:/sra|/bioproject|/Traces(?:/(?:index\.html|study|sra))?)(?:/([A-Z]{3,5}\d+))?(?:\[[a-z]+\])?/?\Z"
        ),
        "a page of the SRA",
        _of_sra,
    ),
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
        identifier = found[1] or _in_query(f"{parts.query}&{parts.fragment.partition('?')[2]}")
        if identifier:
            said = f"{url.partition('?')[0]} is {pages.what}, not a file"
            raise UsageError(said, remedy=f"Download what it shows: `{pages.command(identifier)}`.")


def _in_query(query: str) -> str:
    values = parse_qs(query)
    found = (_ACCESSION.match(value) for name in _QUERY_NAMES for value in values.get(name, ()))
    return next((each[0] for each in found if each is not None), "")
