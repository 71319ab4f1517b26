"""Tables of files: what each portal calls the columns of its TSV, CSV or JSON list.

A format is one call of `table`: the columns that mark it, and those that state a file's address, name, size and checksums.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from itertools import chain
from urllib.parse import quote

from omicsdk.core.json_coding import decoded
from omicsdk.core.type_guards import is_array, is_object
from omicsdk.drs.resolution import server_url
from omicsdk.gen3.manifests.tables import STUDIES
from omicsdk.hca.azul.files import COLUMNS, JOINED, service_of
from omicsdk.portals.cells import (
    ALGORITHMS,
    FETCHABLE,
    NOTHING,
    address_in,
    checksums_in,
    file_at,
    folder_of,
    name_in,
    size_in,
)
from omicsdk.portals.headings import files_in, heading, headings_by, headings_by_user, is_address
from omicsdk.portals.lists import (
    DESCRIPTION,
    FileList,
    Format,
    Head,
    ListedFile,
    ListError,
    Manual,
    Row,
    RowFault,
    Stated,
    header_line,
    header_of,
    numbered_lines,
    scheme_of,
)
from omicsdk.portals.rows import Names, table_rows, text_of
from omicsdk.portals.unsupported import what_it_is
from omicsdk.portals.url_lists import RUN, assembly_file, most_lines


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table that state something of a file.

    Attributes:
        address: The URL, or the identifier at the service.
        name: The name.
        size: The size in bytes.
        checksums: Checksums by algorithm.
        folder: The folder in the layout `id`.
        mirrors: Further URLs of the same bytes.
    """

    address: Names
    name: Names = ()
    size: Names = ()
    checksums: Mapping[str, Names] = field(default_factory=dict[str, Names])
    folder: Names = ()
    mirrors: Names = ()


# Services whose lists have an identifier in every row. Other portals list files that cannot be downloaded, too.
_BY_IDENTIFIER = ("gdc", "gen3-guid", "sb-file")


def cell(row: Row, names: Names) -> str:
    """The first value under one of several names; empty where there is none. Of joined values the first.

    Args:
        row: The row, its columns in lower case.
        names: The names.
    """
    for name in names:
        if text := row.cells.get(name):
            value = (text.partition(JOINED)[0] if JOINED in text else text).strip()
            if value.lower() not in NOTHING:
                return value
    return ""


def listed_file(row: Row, kind: str, columns: Columns) -> Iterator[ListedFile]:
    """The file of a row; none where the address is empty.

    Args:
        row: The row, its columns in lower case.
        kind: The service that has it; empty where the address is a URL of any scheme.
        columns: What the columns are called.

    Raises:
        RowFault: A value is invalid, or the identifier is missing from a list of identifiers.
    """
    address = cell(row, columns.address)
    if not address:
        if kind in _BY_IDENTIFIER:
            urls = cell(row, ("urls", "url"))
            has = f"; its URLs ({urls[:200]}) are not in this format" if urls else ""
            name = next((column for column in columns.address if column in row.cells), columns.address[0])
            raise RowFault(f"{name} is empty{has}")
        return
    name = name_in(cell(row, columns.name))
    size = size_in(cell(row, columns.size))
    checksums = checksums_in({algorithm: cell(row, names) for algorithm, names in columns.checksums.items()})
    folder = cell(row, columns.folder)
    if kind in ("", "azul"):
        mirrors = tuple(filter(None, [cell(row, columns.mirrors)]))
        file = file_at(address, name=name, size=size, checksums=checksums, folder=folder, mirrors=mirrors)
        yield file._replace(kind=kind) if kind and service_of(file.address) else file
    else:
        yield ListedFile(kind, address, name, size, checksums, folder)


@lru_cache(maxsize=16)  # the same columns for each row of a table
def _in_lower_case(columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(column.lower() for column in columns)


def table(
    name: str,
    title: str,
    marks: Sequence[Names],
    files: Columns | Callable[[Row, FileList], Iterable[ListedFile]],
    *,
    kind: str = "",
    required: Sequence[Names] = (),
    without: Names = (),
    quoted: bool = True,
    manual: Manual,
) -> Format:
    """Declare a format of tables.

    Args:
        name: Its name for `--format`.
        title: Its name in messages.
        marks: Columns that it is recognised by, each under one of several names.
        files: Its columns, or what reads the files of a row whose columns are in lower case.
        kind: The service that has the files; empty where addresses are URLs.
        required: Further columns that a download needs.
        without: Columns that tables of this format do not have.
        quoted: Whether the portal quotes cells of its tables with tabs; see `table_rows`.
        manual: What the manual states of it.
    """
    needed = (*marks, *required)

    def recognises(head: Head) -> bool:
        columns = frozenset(head.columns)
        return all(any(column in columns for column in group) for group in marks) and columns.isdisjoint(without)

    def files_of(row: Row, file_list: FileList) -> Iterable[ListedFile]:
        columns = tuple(row.cells)
        lower = _in_lower_case(columns)
        if lower != columns:
            row = row._replace(cells=dict(zip(lower, row.cells.values(), strict=True)))
        return listed_file(row, kind, files) if isinstance(files, Columns) else files(row, file_list)

    marks_text = ", ".join(" or ".join(group) for group in marks)
    return Format(
        name, title, marks_text, recognises, partial(table_rows, required=needed, quoted=quoted), files_of, manual
    )


# -- the Human Cell Atlas, AnVIL and LungMAP


def _dss_files(row: Row, file_list: FileList) -> Iterator[ListedFile]:
    """The file of a row of the Data Store; the replica and the version are parts of its identity."""
    replica = "gcp" if "gcp" in file_list.prefer else "aws"
    version, bundle = cell(row, ("file_version",)), (cell(row, ("bundle_uuid",)), cell(row, ("bundle_version",)))
    # "!" represents a folder in names of the Data Store's metadata; it is kept, as by the published client.
    for file in listed_file(row, "dss-file", _DSS):
        address = f"{replica}/{file.address}{version and f'.{version}'}"
        yield file._replace(address=address, folder=".".join(filter(None, bundle)))


_DSS = Columns(("file_uuid",), ("file_name",), ("file_size",), {"sha256": ("file_sha256",)})
HCA_DSS = table(
    "hca-dss",
    "HCA Data Store manifest",
    (("bundle_uuid",), ("file_uuid",), ("file_sha256",)),
    _dss_files,
    required=(("file_name",), ("file_size",)),
    without=("file_url", "file_azul_url", "source_id"),
    manual=Manual("file_uuid, file_version at the Data Store", "SHA-256", "`omics login dss`; none for open data"),
)

AZUL = table(
    "azul",
    "Azul manifest, compact or full",
    (COLUMNS["bundle_uuid"], COLUMNS["url"]),
    Columns(
        COLUMNS["url"],
        COLUMNS["name"],
        COLUMNS["size"],
        {algorithm: COLUMNS[algorithm] for algorithm in ("sha256", "crc32c", "md5")},
        (COLUMNS["bundle_uuid"][0], "files.document_id"),  # AnVIL has no bundles but those made for each sample
        COLUMNS["mirror_uri"],
    ),
    kind="azul",
    required=(COLUMNS["name"],),
    manual=Manual(
        "the public mirror if the list names it, else the service, within its rate limit",
        "SHA-256, CRC32C; for AnVIL, MD5 in hexadecimal or Base64",
        "`omics login azul`, for Azul only; none for open data",
    ),
)


# -- GDC, Gen3, Kids First, Seven Bridges

_GDC_IDS = ("id", "file_id")
GDC = table(
    "gdc",
    "GDC manifest or cart metadata",
    (_GDC_IDS, ("filename", "file_name"), ("md5", "md5sum"), ("size", "file_size")),
    Columns(_GDC_IDS, ("filename", "file_name"), ("size", "file_size"), {"md5": ("md5", "md5sum")}, _GDC_IDS),
    kind="gdc",
    without=("url", "urls"),  # other lists have ids, too
    quoted=False,
    manual=Manual("the id at the GDC", "MD5", "`GDC_TOKEN` for controlled files"),
)
GDC_SAMPLES = table(
    "gdc-samples",
    "GDC sample sheet",
    (("file id",), ("file name",), ("data category",)),
    Columns(("file id",), ("file name",), folder=("file id",)),
    kind="gdc",
    without=("file download link", "download url", "url", "urls"),  # the PDC's manifests have these columns, too
    quoted=False,
    manual=Manual(
        "the id; sizes and checksums come from the GDC, 500 files per request",
        "MD5",
        "`GDC_TOKEN` for controlled files",
    ),
)


def _gen3_files(row: Row, _: FileList | None = None) -> Iterator[ListedFile]:
    """The file of a row with a GUID, at the commons that the row names."""
    host = cell(row, ("commons_url",)).rpartition("://")[2].strip("/")
    for file in listed_file(row, "gen3-guid", _GEN3):
        is_placed = not host or "://" in file.address
        yield file if is_placed else file._replace(address=f"drs://{host}/{file.address}")


_GUIDS = ("object_id", "guid", "did")
_GEN3 = Columns(
    _GUIDS,
    ("file_name", "filename"),
    ("file_size", "size", "filesize"),
    {"md5": ("md5", "md5sum", "md5_hash", "md5hash", "file_md5sum", "hash"), "sha1": ("sha1",), "sha256": ("sha256",)},
)


def gen3_entries(entries: Iterable[object], line: int = 1) -> Iterator[ListedFile]:
    """The files of entries of a Gen3 manifest in JSON.

    Args:
        entries: The entries.
        line: The line of the list that they are in.

    Raises:
        RowFault: One has no GUID, or an invalid value.
    """
    for entry in entries:
        cells = {name.lower(): text_of(value) for name, value in entry.items()} if is_object(entry) else {}
        yield from _gen3_files(Row(line, cells))


def _discovery_files(row: Row, _: FileList) -> Iterator[ListedFile]:
    """The files of a study: the entries of a Gen3 manifest, as JSON in a cell; most studies have none."""
    try:
        study: object = decoded(row.cells.get("gen3_discovery") or "{}")
        manifest = study.get("__manifest") if is_object(study) else None
        entries: object = manifest or decoded(row.cells.get("__manifest") or "[]")
    except ValueError:
        entries = None
    if not is_array(entries):
        raise RowFault("__manifest is not a JSON list of files")
    yield from gen3_entries(entries, row.line)


GEN3_DISCOVERY = table(
    "gen3-discovery",
    "Gen3 discovery export, with the files of its studies",
    (("__manifest", "gen3_discovery"),),
    _discovery_files,
    manual=Manual(
        "the GUIDs in `__manifest` of each study",
        "MD5, SHA-1, SHA-256; else those in its record",
        "`omics login gen3`, its key, or the workspace token service",
    ),
)
GEN3 = table(
    "gen3",
    "Gen3 manifest",
    (_GUIDS,),
    _gen3_files,
    without=(*STUDIES, "repo_code", "repository_code", "run", "run_accession"),  # a sample may have a GUID, too
    manual=Manual(
        "the GUID, at the commons of commons_url",
        "MD5, SHA-1, SHA-256; else those in its record",
        "`omics login gen3`, its key, or the workspace token service",
    ),
)

# The prefix of Kids First's GUIDs in compact identifiers.
KIDS_FIRST_PREFIX = "dg.F82A1A"


def _kids_first_files(row: Row, _: FileList) -> Iterator[ListedFile]:
    """The file of a row of Kids First: its DID is the GUID alone, its access URL ends in it."""
    for file in listed_file(row, "drs", _KIDS_FIRST):
        guid = file.address.rstrip("/").rpartition("/")[2]
        is_uri = scheme_of(file.address) == "drs"
        yield file if is_uri else file._replace(address=f"drs://{KIDS_FIRST_PREFIX}:{guid}")


_KIDS_FIRST = Columns(
    ("latest did", "access url"), ("file name",), ("file size", "size"), {"md5": ("hash", "md5")}, ("file id",)
)
KIDS_FIRST = table(
    "kids-first",
    "Kids First file manifest",
    (_KIDS_FIRST.address, ("file name",)),
    _kids_first_files,
    manual=Manual("`drs://dg.F82A1A:DID`", "those that its server states", "by host"),
)

SEVEN_BRIDGES = table(
    "sb",
    "Seven Bridges or CAVATICA manifest",
    (("id",), ("name",), ("project",)),
    Columns(("id",), ("name",), ("size",), {"md5": ("md5", "md5sum", "md5_sum"), "sha256": ("sha256",)}, ("id",)),
    kind="sb-file",
    manual=Manual(
        "the file's id", "those in the metadata md5 or sha256, else none", "`omics login sb`; the profile in use"
    ),
)

_DRS_URIS = ("drs_uri", "drs uri", "file_drs_uri", "files.drs_uri", "drs_id")
_DRS = Columns(
    _DRS_URIS,
    ("file_name", "file name", "filename", "files.file_name", "name"),
    ("file_size", "file size", "files.file_size", "size"),
    {"md5": ("md5", "md5sum", "file_md5sum", "files.file_md5sum"), "sha256": ("sha256", "file_sha256")},
)
_CURIE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*:[^\s/:]+\Z")


def _drs_files(row: Row, _: FileList) -> Iterator[ListedFile]:
    """The object of a row; a compact identifier may lack drs://."""
    for file in listed_file(row, "drs", _DRS):
        yield file._replace(address=f"drs://{file.address}") if _CURIE.match(file.address) else file


DRS_TABLE = table(
    "drs-table",
    "table with DRS URIs, such as CAVATICA's DRS manifest",
    (_DRS_URIS,),
    _drs_files,
    manual=Manual("the URI", "those that its server states", "by host, see below"),
)


# -- ENA and SRA

# Kinds of files of a run, in the order in which they are taken where a report has several.
ENA_KINDS = ("fastq", "submitted", "sra", "generated", "bam")
# Characters of a report's URL that are sent as they are.
_KEPT_IN_URLS = ":/%?=&@+,~!$'()*[]"


def _ena_files(row: Row, file_list: FileList) -> Iterator[ListedFile]:
    """The files of a run: those of the preferred kind that the report has."""
    kinds = [kind for kind in file_list.prefer if kind in ENA_KINDS]
    kind = next((kind for kind in kinds or ENA_KINDS if cell(row, (f"{kind}_ftp",))), "")
    if kind:
        yield from files_of_run(row, kind)


def files_of_run(row: Row, kind: str) -> Iterator[ListedFile]:
    """The files of a kind of a run or analysis of ENA: each URL with the checksum and size at its place.

    Args:
        row: A row of a report.
        kind: One of ENA_KINDS.

    Raises:
        RowFault: The row states another number of checksums or sizes, or invalid ones.
    """
    urls = [part.strip() for part in row.cells.get(f"{kind}_ftp", "").split(";") if part.strip()]
    sums, sizes = (_aligned(row, f"{kind}_{what}", len(urls)) for what in ("md5", "bytes"))
    folder = cell(row, ("run_accession", "analysis_accession"))
    for url, md5, size in zip(urls, sums, sizes, strict=True):
        # The report leaves the scheme out; the same files are served by HTTPS, which fails less often than FTP. Names of
        # submitted files have blanks and "#" in them, which starts no fragment here.
        host, slash, path = url.partition("/")
        address = quote(url if scheme_of(url) else f"{server_url(host)}{slash}{path}", safe=_KEPT_IN_URLS)
        yield file_at(address, size=size_in(size), checksums=checksums_in({"md5": md5}), folder=folder)


def _aligned(row: Row, column: str, count: int) -> list[str]:
    """The values of a column that go with as many URLs; the URLs of a run that has none of them have empty ones."""
    text = cell(row, (column,))
    values = text.split(";") if text else [""] * count
    if len(values) == count + 1 and not values[-1]:  # some reports end a list with its separator
        values.pop()
    if len(values) != count:
        raise RowFault(f"{column} has {len(values)} values for {count} URLs")
    return values


ENA = table(
    "ena",
    "ENA file report",
    (tuple(f"{kind}_ftp" for kind in ENA_KINDS),),
    _ena_files,
    quoted=False,
    manual=Manual("the URLs, by HTTPS", "MD5", "none"),
)


def _run_table_files(row: Row, _: FileList) -> Iterator[ListedFile]:
    """The run of a row; attributes of samples may be called as other columns are but for their case: RUN, Sex and sex."""
    column = "run 2" if RUN.match(row.cells.get("run 2", "")) else "run"
    yield from listed_file(row, "sra", Columns((column,), folder=(column,)))


SRA_RUNS = replace(
    table(
        "sra-runs",
        "SRA run table",
        (("run",), ("releasedate", "assay type", "bioproject")),
        _run_table_files,
        manual=Manual("the run, resolved by the SRA, 100 runs per request", "MD5, from the SRA", "none"),
    ),
    rows=partial(table_rows, required=(("run",),), quoted=False, repeats=True),
)


def _geo_files(row: Row, file_list: FileList) -> Iterator[ListedFile]:
    """The archive of a series; the rows after it are its members."""
    name = name_in(cell(row, ("name",)))
    if cell(row, ("archive/file",)).lower() != "archive":
        file_list.notes["files are members of the archive"] += 1
        return
    accession = re.match(r"(GSE|GSM|GPL)(\d+)_", name)
    if accession is None:
        raise RowFault(f"{name[:100]!r} does not begin with the accession of a series")
    kind = {"GSE": "series", "GSM": "samples", "GPL": "platforms"}[accession[1]]
    number = f"{accession[1]}{accession[2]}"
    folder = f"https://ftp.ncbi.nlm.nih.gov/geo/{kind}/{accession[1]}{accession[2][:-3]}nnn/{number}/suppl"
    yield file_at(f"{folder}/{quote(name)}", name=name, size=size_in(cell(row, ("size",))), folder=number)


GEO = table(
    "geo",
    "filelist.txt of GEO",
    (("archive/file",), ("name",), ("size",)),
    _geo_files,
    quoted=False,
    manual=Manual("the series' folder, by its accession; other rows are members of the archive"),
)


def _assembly_files(row: Row, file_list: FileList) -> Iterator[ListedFile]:
    """The file of an assembly, whose folder alone is stated."""
    folder = cell(row, ("ftp_path",)).rstrip("/")
    if scheme_of(folder) not in FETCHABLE:
        return  # "na": it was withdrawn
    yield assembly_file(folder, file_list.prefer, cell(row, _ASSEMBLY))


def _assembly_rows(file_list: FileList) -> Iterator[Row]:
    """The rows of a summary, or those taken out of one; the folder of one whose submitter has a tab is its only URL."""
    head = file_list.head
    if not _SUMMARY.recognises(head) and _are_assembly_rows(head):
        for number, line in numbered_lines(file_list):
            accession, *cells = line.rstrip("\r\n").split("\t")
            folder = next((value for value in cells if scheme_of(value)), "")
            yield Row(number, {_ASSEMBLY[0]: accession, "ftp_path": folder})
        return
    for row in table_rows(file_list, (_ASSEMBLY, ("ftp_path",)), quoted=False):
        urls = [value for value in row.cells.values() if scheme_of(value)]
        if row.fault and len(urls) == 1 and next(iter(row.cells.values())).startswith(("GCA_", "GCF_")):
            row = row._replace(cells=row.cells | {"ftp_path": urls[0]}, fault="")
        yield row


_ASSEMBLY = ("assembly_accession", "#assembly_accession")
_SUMMARY = table(
    "assemblies",
    "assembly summary of the NCBI",
    (_ASSEMBLY, ("ftp_path",)),
    _assembly_files,
    quoted=False,
    manual=Manual(
        "the folder of the assembly, and `genomic.fna.gz` in it; `--prefer` gff, gtf, gbff, protein, rna or cds"
    ),
)
_ASSEMBLY_ROW = re.compile(r"GC[AF]_\d{9}\.\d+\t(?:[^\t]*\t){3}")


def _are_assembly_rows(head: Head) -> bool:
    """Whether lines are rows of a summary, as those taken out of one without its heading, which is a comment."""
    return most_lines(head, _ASSEMBLY_ROW.match) and "/genomes/all/" in head.text


def _are_assemblies(head: Head) -> bool:
    return _SUMMARY.recognises(head) or _are_assembly_rows(head)


ASSEMBLIES = replace(_SUMMARY, recognises=_are_assemblies, rows=_assembly_rows)


def _hub_files(row: Row, file_list: FileList) -> Iterator[ListedFile]:
    """The files of a resource of a hub; its SourceUrl is what they were made from."""
    if not (prefix := cell(row, ("location_prefix",)) or file_list.base):
        raise RowFault("it states no hub: state its URL, --base URL, or get it with ExperimentHub in R")
    for path in cell(row, ("rdatapath",)).split(":"):
        yield file_at(address_in(prefix, path), name=name_in(path.strip("/")))


HUB = table(
    "hub",
    "metadata of ExperimentHub or AnnotationHub",
    (("rdatapath",), ("sourceurl",), ("dispatchclass",)),
    _hub_files,
    manual=Manual("RDataPath at the hub of Location_Prefix"),
)


# -- bags and Terra


def _remote_files(row: Row, _: FileList) -> Iterator[ListedFile]:
    """The file of an entry of bdbag's remote file manifest, whose names are relative to the bag's `data/`."""
    for file in listed_file(row, "", _REMOTE):
        yield file._replace(name=f"data/{file.name}")


_REMOTE = Columns(("url",), ("filename",), ("length",), {name: (name,) for name in ALGORITHMS})
REMOTE_FILES = table(
    "bdbag-json",
    "remote file manifest of bdbag",
    (("url",), ("length",), ("filename",)),
    _remote_files,
    manual=Manual("the URL", "SHA-512, SHA-256, SHA-1, MD5", "by URL"),
)


def _terra_files(row: Row, _: FileList) -> Iterator[ListedFile]:
    """The files of a row: every cell, or text of a JSON array or object in one, that is a gs:// or drs:// URI."""
    entity = next(iter(row.cells.values()), "").strip()
    for value in row.cells.values():
        for uri in _terra_texts(value):
            if scheme_of(uri) in ("gs", "drs"):
                yield file_at(uri, folder=entity)


def _terra_texts(cell: str) -> Iterator[str]:
    """All texts of a cell; Terra writes attributes with members and lists of them as JSON."""
    text = cell.strip()
    try:
        values: list[object] = [decoded(text) if text.startswith(("[", "{")) else text]
    except ValueError:
        values = [text]
    while values:
        value = values.pop()
        if isinstance(value, str):
            yield value
        elif is_array(value) or is_object(value):
            values += reversed(list(value.values() if is_object(value) else value))


def _is_terra(head: Head) -> bool:
    is_named = "".join(head.columns[:1]).startswith(("entity:", "membership:", "update:"))
    return is_named and not (_has_runs(head) and "://" not in head.text)


TERRA = Format(
    "terra",
    "Terra data table",
    "entity:TYPE_id",
    _is_terra,
    table_rows,
    _terra_files,
    Manual(
        "every `gs://` and `drs://` cell, including JSON arrays and objects",
        "MD5 or CRC32C, from Google or the DRS server",
        "your Google login; DRS by host",
    ),
)


# -- ids of the GDC alone

_ID_HEADINGS = ("file id", "file_id", "id", "file_uuid", "uuid", "gdc_file_id")
_UUID = re.compile(r"\s*[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\s*\Z")


def _are_gdc_ids(head: Head) -> bool:
    """Whether lines are UUIDs alone, or those of a column that is called so."""
    if most_lines(head, _UUID.match):
        return True
    if any(what_it_is(head)):
        return False
    column = next((name for name in _ID_HEADINGS if name in head.columns), None)
    if column is None or any(is_address(text_of(cell)) for row in head.sample for cell in row.values()):
        return False
    ids = [text_of(cell) for row in head.sample for name, cell in row.items() if name.lower() == column]
    return bool(ids) and sum(_UUID.match(cell) is not None for cell in ids) * 2 > len(ids)


def _gdc_id_rows(file_list: FileList) -> Iterator[Row]:
    if most_lines(file_list.head, _UUID.match):
        for number, line in numbered_lines(file_list):
            yield Row(number, {"id": line.strip()})
    else:
        yield from table_rows(file_list, (_ID_HEADINGS,), quoted=False, repeats=True)


def _gdc_id_files(row: Row, _: FileList) -> Iterator[ListedFile]:
    """The file of an id, whose name, size and checksum the GDC states."""
    for file in listed_file(row, "gdc", Columns(_ID_HEADINGS, folder=_ID_HEADINGS)):
        if not _UUID.match(file.address):
            raise RowFault(f"{file.address[:80]!r} is not a UUID")
        yield file


GDC_IDS = replace(
    table(
        "gdc-ids",
        "list of ids of the GDC",
        (_ID_HEADINGS,),
        _gdc_id_files,
        manual=Manual("the id; the rest comes from the GDC", "MD5", "`GDC_TOKEN` for controlled files"),
    ),
    marks="UUIDs, one per line or in a column id, file_id or File ID",
    recognises=_are_gdc_ids,
    rows=_gdc_id_rows,
)


# -- any table with addresses


def _headings_in(head: Head, *, paths: bool = False) -> Stated:
    names = [*dict.fromkeys(chain(*head.sample))]  # objects on lines may differ in their members
    rows = [[text_of(row.get(name, "")) for name in names] for row in head.sample]
    every = head.has_object_lines and len(head.lines) == 1  # a document, such as inputs of workflows
    return headings_by(names, rows, paths=paths, every=every) if rows else Stated()


def _plain_rows(file_list: FileList, *, paths: bool = False) -> Iterator[Row]:
    """The rows of a table, each with what its columns state."""
    head = file_list.head
    detected = replace(_headings_in(head, paths=paths), base=file_list.base)
    headings = None if file_list.columns else detected
    seen = {name for cells in head.sample for name, cell in cells.items() if text_of(cell).strip()}
    for row in table_rows(file_list, repeats=True):
        if headings is None:
            by_user = headings_by_user(file_list.columns, list(row.cells), file_list.shown, detected)
            headings = replace(by_user, base=file_list.base)
        if not headings.urls:
            columns = ", ".join([*row.cells][:20])
            problem = f"{file_list.shown}: no column has URLs of files"
            raise ListError(problem, remedy=f"Name it: --map url=COLUMN. The columns are {columns}.")
        # Spreadsheets omit empty cells at the end of a row. One that the end of a list cuts off is no such row.
        cells = {name.lower(): cell for name, cell in row.cells.items()} if row.is_short else {}
        if any(is_address(cells.get(url, "")) for url in headings.urls):
            row = row._replace(fault="")
        # Files of columns that the first rows leave empty would be lost.
        late = {name: cell for name, cell in row.cells.items() if name not in seen and is_address(cell)}
        urls = headings_by([*late], [[*late.values()]]).urls if late and not file_list.columns else ()
        yield row._replace(stated=replace(headings, urls=(*headings.urls, *urls)) if urls else headings)


def _has_urls(head: Head) -> bool:
    if is_array(head.document) and any(map(_has_addresses, chain(*(row.values() for row in head.sample)))):
        return False  # the files may be those of objects in the objects
    # A first row with an address is no header: it would be lost.
    return not any(map(is_address, header_of(header_line(head.lines)[1]))) and bool(_headings_in(head).urls)


def _has_addresses(value: object) -> bool:
    """Whether a value is an array of objects, some of which have addresses."""
    return is_array(value) and any(
        is_address(text_of(cell)) for item in value if is_object(item) for cell in item.values()
    )


_URL_HEADINGS = ("url", "urls")
PORTAL = replace(
    table(
        "portal",
        "manifest of a portal client (HMP, NeMO)",
        (("id", "file_id"), _URL_HEADINGS, ("md5",), ("size",)),
        files_in,
        manual=Manual("the URLs, HTTPS first; the next one if one fails", "MD5", "by scheme and host"),
    ),
    rows=_plain_rows,
)
_COMMON_SUMS = "MD5, SHA-1, SHA-256, SHA-512, CRC32C by common headings"
TABLE = Format(
    "table",
    "table with URLs",
    "a column of URLs, by its heading or its cells",
    _has_urls,
    _plain_rows,
    files_in,
    manual=Manual("the URL", _COMMON_SUMS, "by scheme and host"),
)


# -- tables of PANGAEA, which publishes files beside their values

_DATA_SET = re.compile(r"\bPANGAEA\.(\d+)")
_HASH = " (hash)"


def _published_columns(head: Head) -> list[str]:
    """The columns of names of files, each of which has one of checksums beside it: Binary, Binary (Hash)."""
    if not head.text.lstrip().startswith(DESCRIPTION):
        return []
    names = [name.removesuffix(_HASH) for name in head.columns if name.endswith(_HASH)]
    return [name for name in names if name in head.columns]


def _published_rows(file_list: FileList) -> Iterator[Row]:
    """The rows of a table, whose files are in the folder of the data set that its description cites first."""
    head = file_list.head
    # The address of the table is no folder.
    stated = file_list._replace(base="" if "//doi.pangaea.de/" in file_list.base else file_list.base)
    data_set = _DATA_SET.search(head.text)
    default = f"https://download.pangaea.de/dataset/{data_set[1]}/files" if data_set else ""
    base = folder_of(stated, ": its description cites no data set of PANGAEA", default)
    columns = _published_columns(head)
    headings = Stated(tuple(columns), sums=tuple((f"{column}{_HASH}", "") for column in columns), base=base)
    for row in table_rows(file_list, repeats=True):
        yield row._replace(stated=headings)


PANGAEA = Format(
    "pangaea",
    "table of PANGAEA with files",
    "/* DATA DESCRIPTION: and columns such as Binary and Binary (Hash)",
    lambda head: bool(_published_columns(head)),
    _published_rows,
    files_in,
    manual=Manual("the name in the folder of the data set, or of `--base`", "MD5", "by scheme and host"),
)

# -- tables of runs

_RUN_HEADING = re.compile(r"(?:.*_)?(?:run|sra|srr|srarun)(?:_.*)?|accession")
_RUNS = re.compile(r"\s*[SED]RR[0-9]{6,}(?:[\s,;|]+[SED]RR[0-9]{6,})*\s*\Z", re.IGNORECASE)
_LIKE_RUN = re.compile("[SED]RR[0-9]", re.IGNORECASE)


def _run_files(row: Row, _: FileList) -> Iterator[ListedFile]:
    """The runs of a row, each once: of a sample, and perhaps of its control; none where its cells have none."""
    cells = [cell for name, cell in row.cells.items() if _RUN_HEADING.fullmatch(heading(name))]
    runs = [run.upper() for cell in cells if _RUNS.match(cell) for run in re.split(r"[\s,;|]+", cell.strip())]
    if not runs and (cell := next(filter(_LIKE_RUN.search, cells), "")):
        raise RowFault(f"{cell.strip()[:80]!r} is no list of accessions of runs")
    for run in dict.fromkeys(runs):
        yield ListedFile("sra", run, folder=run)


def _has_runs(head: Head) -> bool:
    """Whether a column that is called so has accessions of runs."""
    names = [name for row in head.sample[:1] for name in row if _RUN_HEADING.fullmatch(heading(name))]
    cells = [[cell for row in head.sample if (cell := text_of(row.get(name, "")).strip())] for name in names]
    return any(sum(_RUNS.match(cell) is not None for cell in some) * 2 > len(some) for some in cells if some)


SRA_TABLE = Format(
    "sra-table",
    "table with SRA accessions",
    "columns run, sra or accession, such as control_run, with accessions of runs, and none of URLs",
    _has_runs,
    partial(table_rows, repeats=True),
    _run_files,
    Manual("the run, resolved by the SRA", "MD5, from the SRA", "none"),
)


# A name or path alone, of which lists may have one per line; that of a folder, or of a file without an extension.
_PATH_ALONE = re.compile(r"(?![A-Za-z][A-Za-z0-9+.-]*:)[^\s,;|<>*?:$]+\.[A-Za-z]\w{0,9}\s*\Z")
_OTHER_PATH = re.compile(r"[^,;|<>*?:$\t]+/[^,;|<>*?:$\t]*\Z|[A-Z][A-Z0-9_]+\Z")


def _are_paths(head: Head) -> bool:
    """Whether lines are paths of files, and perhaps of folders, which end with a slash; half of them with an extension."""
    if not most_lines(head, lambda line: _PATH_ALONE.match(line) or _OTHER_PATH.match(line)):
        return False
    files = [line for line in head.lines if not line.startswith("#") and not line.endswith("/")]
    return sum(map(bool, map(_PATH_ALONE.match, files))) * 2 > len(files)


# Headings of the folder of a file whose name is in another column.
_FOLDERS = ("directory/path", "directory", "dir", "folder", "file_directory", "folder_path")


def _in_folders(row: Row) -> Row:
    """A row whose names of files have the folder that another of its columns states."""
    above = next((text_of(row.cells[name]).strip() for name in row.cells if name.lower() in _FOLDERS), "")
    if not above.strip("./") or above.startswith(("/", "~")) or ":" in above or "\\" in above:
        return row
    columns = {*row.stated.urls, *row.stated.names}
    cells = {
        name: f"{above.strip('/')}/{value}" if name.lower() in columns and value and "/" not in value else value
        for name, value in row.cells.items()
    }
    return row._replace(cells=cells)


def path_rows(file_list: FileList) -> Iterator[Row]:
    """The rows of a table that names files by their paths.

    Args:
        file_list: The table.

    Raises:
        ListError: The folder of its files is not known.
    """
    base = folder_of(file_list, ": it names files without addresses")
    if not _are_paths(file_list.head):
        yield from map(_in_folders, _plain_rows(file_list, paths=True))
        return
    for number, line in numbered_lines(file_list):
        if (path := line.strip()).endswith("/"):
            continue
        path = path.removeprefix("./")
        # The result manifest names the file by these cells.
        cells = {"url": address_in(base, path), "file_name": path}
        yield Row(number, cells, stated=Stated(("url",), ("file_name",)))


def _has_paths(head: Head) -> bool:
    are_paths = _are_paths(head) or bool(_headings_in(head, paths=True).urls)
    return are_paths and not any(what_it_is(head))


PATHS = Format(
    "paths",
    "table of names of files",
    "a column of file names, and none of URLs; a path on each line",
    _has_paths,
    path_rows,
    files_in,
    manual=Manual("the name or path, in the folder of the list or of `--base`", _COMMON_SUMS, "by scheme and host"),
)
