"""Which archives a text may be a name of: the grammar of accessions, identifiers and pages. Sends no requests.

A text may be a name at several archives, such as a UUID: they are tried in the order of `names_in`, until one has it. `ARCHIVE:ID` names
one archive, also where its identifiers have no form of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from omicsdk.fs.uris import BLANKS


class Name(NamedTuple):
    """A name at an archive.

    Attributes:
        text: What the user wrote.
        archive: The archive: a key of `omicsdk.portals.names.ARCHIVES`.
        level: What it names there, such as run, study, project, file or record; "" where only the archive knows.
        id: Its identifier there.
    """

    text: str
    archive: str
    level: str
    id: str


class _Form(NamedTuple):
    """A form of identifiers: the whole text matches, in any case; upper case is what archives take."""

    archive: str
    level: str
    pattern: re.Pattern[str]
    upper: bool = True

    def spelled(self, id: str) -> str:
        """Return an identifier as its archive spells it; DOIs keep their case."""
        if self.archive == "doi":
            return _doi(id)
        return id.upper() if self.upper else id.lower()


def _form(archive: str, level: str, pattern: str, *, upper: bool = True) -> _Form:
    return _Form(archive, level, re.compile(rf"(?:{pattern})\Z", re.IGNORECASE), upper)


_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# Programs of the GDC, by which the ids of its projects begin. Those of later programs are written with `gdc:`.
_GDC_PROGRAMS = (
    "APOLLO|BEATAML1.0|CDDP_EAGLE|CGCI|CMI|CPTAC|CTSP|EXCEPTIONAL_RESPONDERS|FM|HCMI|MATCH|MMRF|MP2PRT|NCICCR|OHSU|ORGANOID"
    "|REBC|TARGET|TCGA|TRIO|VAREPOP|WCDT"
)

_FORMS = (
    _form("ena", "run", r"[EDS]RR\d{5,}"),
    _form("ena", "experiment", r"[EDS]RX\d{5,}"),
    _form("ena", "sample", r"[EDS]RS\d{5,}|SAM(?:N|D|EA|EG)\w?\d+"),
    _form("ena", "study", r"[EDS]RP\d{5,}|PRJ(?:NA|EA|EB|DA|DB)\d+"),
    _form("ena", "submission", r"[EDS]RA\d{5,}"),
    _form("geo", "series", r"GSE\d+"),
    _form("geo", "sample", r"GSM\d+"),
    _form("biostudies", "study", r"E-[A-Z]{4}-\d+|S-[A-Z]{2,}\d*[-\w]*\d+"),
    _form("pride", "project", r"R?P[XRA]D\d{6,}"),
    _form("metabolights", "study", r"MTBLS\d+"),
    _form("ega", "dataset", r"EGAD\d{11}"),
    _form("ega", "study", r"EGAS\d{11}"),
    _form("ega", "file", r"EGAF\d{11}"),
    _form("gdc", "project", rf"(?:{_GDC_PROGRAMS.replace('.', chr(92) + '.')})-[A-Z0-9_-]+"),
    _form("gdc", "", _UUID, upper=False),
    _form("azul", "project", _UUID, upper=False),
    _form(
        "doi", "record", r"(?:(?:(?:info|urn):)?doi\s*[:/]?\s*|(?:(?:dx|www)\.)?doi\.org/)?10\.\d{4,9}/\S+", upper=False
    ),
)


class _Page(NamedTuple):
    """Pages of a portal: its hosts (none: any; a leading dot: and all below), the path with the identifier, or the parameter that has it.

    The identifier is what the path's groups make of `id`.
    """

    archive: str
    level: str
    hosts: tuple[str, ...]
    path: re.Pattern[str]
    parameters: tuple[str, ...] = ()
    id: str = r"\1"


def _page(archive: str, level: str, hosts: str, path: str, *parameters: str, id: str = r"\1") -> _Page:
    return _Page(archive, level, tuple(hosts.split()), re.compile(rf"{path}/?\Z", re.IGNORECASE), parameters, id)


_ANY = r"[A-Za-z0-9_.-]+"
_ZENODO = "zenodo.org www.zenodo.org"
_TEST_ZENODO = "sandbox.zenodo.org"
# Types of Figshare's articles in the addresses of their pages, which are at the hosts of many institutions.
_TYPES = (
    "dataset|figure|media|fileset|poster|journal_contribution|presentation|thesis|software|online_resource|preprint|book|report|model"
    "|conference_contribution|chapter|workflow|data_management_plan|physical_object|composition|educational_resource"
)
_FIGSHARE = "figshare.com .figshare.com"
# Pages of portals. The first that matches decides: those of files and versions precede those of their records and articles. Pages of a
# Dataverse are at any host: `_DATAVERSE` has their paths.
_PAGES = (
    _page(
        "azul",
        "project",
        "explore.data.humancellatlas.org data.humancellatlas.org",
        rf"(?:/explore)?/projects/({_UUID})(?:/.*)?",
    ),
    _page("azul", "lungmap", "data-browser.lungmap.net", rf"/projects/({_UUID})(?:/.*)?"),
    _page("azul", "anvil", "explore.anvilproject.org", rf"/datasets/({_UUID})(?:/.*)?"),
    _page("gdc", "project", "portal.gdc.cancer.gov", rf"(?:/v1|/legacy-archive)?/projects/({_ANY})"),
    _page("gdc", "file", "portal.gdc.cancer.gov", rf".*/files/({_UUID})(?:/.*)?"),
    _page("gdc", "case", "portal.gdc.cancer.gov", rf".*/cases/({_UUID})(?:/.*)?"),
    _page("ena", "", "www.ebi.ac.uk", rf"/ena/(?:browser|data)/(?:view|text-search)/({_ANY})"),
    _page(
        "ena",
        "",
        "www.ncbi.nlm.nih.gov trace.ncbi.nlm.nih.gov",
        r"(?:/sra|/bioproject|/biosample|/Traces(?:/(?:index\.html|study|sra))?)(?:/([A-Z]{3,5}\d+))?(?:\[[a-z]+\])?",
        "acc",
        "run",
        "term",
    ),
    _page("geo", "", "www.ncbi.nlm.nih.gov", r"/geo/query/acc\.cgi", "acc"),
    _page(
        "biostudies",
        "study",
        "www.ebi.ac.uk",
        rf"/(?:biostudies|arrayexpress)(?:/[\w.-]+)?/(?:studies|experiments)/({_ANY})(?:/.*)?",
    ),
    _page("pride", "project", "www.ebi.ac.uk", rf"/pride/archive/projects/({_ANY})"),
    _page("metabolights", "study", "www.ebi.ac.uk", r"/metabolights/(?:editor/)?(MTBLS\d+)(?:/.*)?"),
    _page("ega", "", "ega-archive.org www.ega-archive.org", r"/(?:datasets|studies)/(EGA[DS]\d+)"),
    _page("doi", "record", "doi.org dx.doi.org www.doi.org", r"/(?:doi:)?(10\.\d{4,9}/.+)"),
    _page("doi", "record", _ZENODO, r"/(?:doi|badge/doi)/(10\.\d{4,9}/.+?)(?:\.svg)?"),
    _page("zenodo", "file", _ZENODO, r"/(?:api/)?records?/(\d+)/(?:files|preview)/(.+?)(?:/content)?", id=r"\1/\2"),
    _page("zenodo", "record", _ZENODO, r"/(?:api/)?records?/(\d+)(?:/.*)?"),
    _page(
        "zenodo",
        "file",
        _TEST_ZENODO,
        r"/(?:api/)?records?/(\d+)/(?:files|preview)/(.+?)(?:/content)?",
        id=rf"{_TEST_ZENODO}/\1/\2",
    ),
    _page("zenodo", "record", _TEST_ZENODO, r"/(?:api/)?records?/(\d+)(?:/.*)?", id=rf"{_TEST_ZENODO}/\1"),
    _page("figshare", "article", _FIGSHARE, r"/articles(?:/.*?)?/(\d{4,})/(\d{1,3})", id=r"\1.v\2"),
    _page("figshare", "article", _FIGSHARE, r"/articles(?:/.*?)?/(\d+)"),
    _page("figshare", "collection", _FIGSHARE, r"/collections(?:/.*?)?/(\d{4,})/(\d{1,3})", id=r"c.\1.v\2"),
    _page("figshare", "collection", _FIGSHARE, r"/collections(?:/.*?)?/(\d+)", id=r"c.\1"),
    _page("figshare", "article", "", rf"/articles/(?:{_TYPES})/[^/]+/(\d{{4,}})/(\d{{1,3}})", id=r"\1.v\2"),
    _page("figshare", "article", "", rf"/articles/(?:{_TYPES})/[^/]+/(\d{{4,}})"),
    _page(
        "dryad", "dataset", "datadryad.org www.datadryad.org", r"/(?:stash/)?(?:dataset|resource)/doi:(10\.\d{4,9}/.+)"
    ),
)
_DATAVERSE = re.compile(r"(?:/.*)?/(dataset\.xhtml|file\.xhtml|citation)\Z")


_ELSEWHERE = (
    (r"phs\d{6}\S*|dbgap", "dbGaP: apply there, and name the runs of the study, SRR…"),
    (r"GC[AF]_\d{9}(\.\d+)?", "the assemblies of the NCBI: use its datasets program, or the list assembly_summary.txt"),
    (r"(?:CRA|HRA|PRJCA|OMIX)\d+|ngdc", "the National Genomics Data Center of China: use its site, ngdc.cncb.ac.cn"),
    (r"(?:synapse get\s.*)?syn\d+(?:\s.*)?|synapse", "Synapse: use its own client, synapse get"),
    (r"\d{7} \d+(?:_\d+){2,3}", "the UK Biobank: use its own client, ukbfetch"),
    (r"SCP\d+", "the Single Cell Portal of the Broad: use its site"),
    ("ega", "the EGA: omics get EGAD… lists the files of a dataset, and its client pyega3 downloads them"),
)


def elsewhere(text: str) -> str:
    """Where the data of an identifier are that no archive here has, and how to get them; empty for other texts.

    Args:
        text: The text.
    """
    return next((place for form, place in _ELSEWHERE if re.fullmatch(form, text.strip(BLANKS), re.IGNORECASE)), "")


def names_in(text: str) -> tuple[Name, ...]:
    """The names that a text may be, the likeliest first.

    Args:
        text: An accession, identifier, DOI or URL of a page, or `ARCHIVE:ID`.

    Returns:
        The names; none where the text has no known form.
    """
    name_text = text.strip(BLANKS)
    if "://" in name_text:
        return tuple(_of_page(name_text))
    if name_text.startswith("dg."):  # a compact identifier of DRS
        return ()
    forms = tuple(
        Name(text, form.archive, form.level, form.spelled(name_text))
        for form in _FORMS
        if form.pattern.match(name_text)
    )
    if forms or not _WITHOUT_SCHEME.match(name_text):
        return forms or tuple(_of_prefix(text, name_text))
    return tuple(_of_page(f"https://{name_text}"))


# The host of a page in an address as browsers show it.
_WITHOUT_SCHEME = re.compile(r"[\w-]+(?:\.[\w-]+)+/")


def _doi(text: str) -> str:
    """The DOI in a text, without what follows it in a sentence: a full stop, a quote, or a bracket that it does not open."""
    doi = text[text.index("10.") :]
    while doi[-1] in ".,;:'\"’”»>" or (doi[-1] in _OPENED and doi.count(doi[-1]) > doi.count(_OPENED[doi[-1]])):
        doi = doi[:-1]
    return doi


_OPENED = {")": "(", "]": "[", "}": "{"}


_ARCHIVES = "ena geo biostudies pride metabolights ega gdc azul gen3 zenodo figshare dryad dataverse"
_PREFIXES = frozenset(_ARCHIVES.split())
# A compact identifier of identifiers.org: a prefix, perhaps after the code of a provider, and an identifier. Not a
# drive with a path.
_CURIE = re.compile(r"(?:\w+/)?[A-Za-z][\w.-]+:[^\s/\\]\S*")
# Prefixes of identifiers.org, and names of portals, that are those of another archive's names.
_ALIASES = {"sra": "ena", "arrayexpress": "biostudies", "hca": "azul", "bioproject": "ena", "biosample": "ena"}


def _of_prefix(text: str, name_text: str) -> Iterator[Name]:
    """The name that a prefix makes of a text: `gdc:NEW-PROJECT`, `zenodo:123`, `sra:SRR1`, `arrayexpress:E-MTAB-1`."""
    prefix, colon, id = (part.strip() for part in name_text.partition(":"))
    archive = _ALIASES.get(prefix.lower(), prefix.lower())
    if not colon or not id or archive not in _PREFIXES:
        if _CURIE.fullmatch(name_text):
            yield Name(text, "identifiers", "", name_text)
        return
    yield Name(text, archive, *_level_and_id(archive, id))


def _level_and_id(archive: str, id: str) -> tuple[str, str]:
    """The level of an identifier of an archive, and its spelling there; ("", as given) if it has no known form."""
    forms = (form for form in _FORMS if form.archive == archive and form.pattern.match(id))
    return next(((form.level, form.spelled(id)) for form in forms), ("", id))


def _of_page(url: str) -> Iterator[Name]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return
    host = (parts.hostname or "").lower()
    query = parse_qs(f"{parts.query}&{parts.fragment.partition('?')[2]}")
    for page in _PAGES:
        if page.hosts and not any(
            host == suffix or (suffix[0] == "." and host.endswith(suffix)) for suffix in page.hosts
        ):
            continue
        if page.archive == "zenodo" and query.keys() & {"token", "access_token"}:
            continue  # a link that was shared: only itself gives access
        match = page.path.match(unquote(parts.path))
        if match is None:
            continue
        id_of_page = match.expand(page.id) if page.path.groups else ""
        in_query = (value for name in page.parameters for value in query.get(name, ()))
        id = id_of_page or next((accession[0] for value in in_query if (accession := _ACCESSION.match(value))), "")
        if id:
            level, id = _level_and_id(page.archive, id)
            if page.archive == "figshare" and (file := query.get("file")):
                id = f"{id}/{file[0]}"
            yield Name(url, page.archive, page.level or level, id)
            return
    if host == "identifiers.org":
        path = unquote(parts.path).lstrip("/")
        yield from (name._replace(text=url) for name in names_in(path if ":" in path else path.replace("/", ":", 1)))
    if page := _DATAVERSE.match(parts.path):
        id_of_page = next((query[name][0] for name in ("persistentId", "fileId", "id") if name in query), "")
        version = f"?version={query['version'][0]}" if "version" in query else ""
        level = "file" if page[1].startswith("file") else "dataset"
        if id_of_page:
            yield Name(url, "dataverse", level, f"{parts.scheme}://{parts.netloc}/{id_of_page}{version}")


_ACCESSION = re.compile(r"(?:[SED]R[APRSXZ]|PRJ[A-Z]{2}|SAM[A-Z]{1,2}|GS[EM])\d+", re.IGNORECASE)
