"""JSON documents that describe files: records of archives, and the packages of data that standards define.

A format is one call of `document`: where its entries are, which of their members state a file's address, name, size and
checksums, and a list without URLs also what its relative addresses refer to. Members of members are written with dots.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from omicsdk.core.batches import grouped
from omicsdk.core.errors import Forbidden, NotFound, OmicsError
from omicsdk.core.json_coding import decoded
from omicsdk.core.media_types import PAGE_NAMES
from omicsdk.core.redaction import mask_url
from omicsdk.core.type_guards import is_array, is_number, is_object, only_objects
from omicsdk.portals.cells import (
    ALGORITHMS,
    FETCHABLE,
    IDENTIFIED,
    address_in,
    checksums_in,
    file_at,
    first_of,
    in_bucket,
    joined_address,
    name_in,
    size_in,
    texts_in,
)
from omicsdk.portals.headings import (
    DOWNLOAD,
    NAMED_FILE,
    addresses_in,
    files_in,
    headings_by,
    is_address,
    last_part,
    multihash_in,
    objects_in,
    preferred,
    sums_in,
)
from omicsdk.portals.lists import (
    SAMPLE,
    FileList,
    Format,
    Head,
    ListedFile,
    ListError,
    Manual,
    Row,
    RowFault,
    Stated,
    UnsafeRow,
    scheme_of,
)
from omicsdk.portals.named_files import paths_beside
from omicsdk.portals.rows import Names, text_of

_ANY = "**"


@dataclass(frozen=True, slots=True)
class Document(Format):
    """A format of documents: lists on disk, and responses of archives.

    Attributes:
        files_in: The files that a decoded document states, each with its cells, or its fault. Relative addresses refer to the URL that is
            given; where it is empty, to what the document states.
    """

    files_in: Callable[[object, str], Iterator[tuple[dict[str, str], ListedFile | RowFault]]]


class _Members(NamedTuple):
    """Members of an entry that state something of a file, the preferred one first.

    Attributes:
        url: Its address.
        name: Its name.
        size: Its size.
        sums: Its checksum, whose algorithm its text shows; members called like an algorithm count, too.
        folder: The folder in its name.
        multihashes: Its checksum as a multihash.
    """

    url: Names
    name: Names = ()
    size: Names = ()
    sums: Names = ()
    folder: Names = ()
    multihashes: Names = ()


def _at(node: object, path: tuple[str, ...]) -> Iterator[Mapping[str, object]]:
    """The objects at a path, of which `*` is every member or element, and `**` any number of them."""
    if not path:
        if is_object(node):
            yield node
        return
    below: Iterable[object] = node.values() if is_object(node) else node if is_array(node) else ()
    if path[0] == _ANY:
        yield from _at(node, path[1:])
        for item in below:
            yield from _at(item, path)
    elif path[0] == "*":
        for item in below:
            yield from _at(item, path[1:])
    elif is_object(node) and path[0] in node:
        yield from _at(node[path[0]], path[1:])


def _flat(entry: Mapping[str, object], before: str = "") -> Iterator[tuple[str, str]]:
    """The members of an entry as cells; those of members with dots."""
    for name, value in entry.items():
        if is_object(value):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", text_of(value)


def _note_rest(payload: object, file_list: FileList) -> None:
    """Note that a document is one page of several: as JSON:API, HAL, STAC and Django state it, and the GDC, whose pages are numbered."""
    stated = [above.get("next") for path in ((), ("links",), ("_links",)) for above in _at(payload, path)]
    links = [*filter(is_object, stated), *(link for link in _at(payload, ("links", "*")) if link.get("rel") == "next")]
    for address in (*stated, *(link.get("href") for link in links)):
        if isinstance(address, str) and is_address(address):
            file_list.notes[f"it is one page of a list; the next one is {mask_url(address)[:500]}"] = 0
            return
    for page in _at(payload, ("data", "pagination")):
        number, pages = page.get("page"), page.get("pages")
        if is_number(number) and is_number(pages) and number < pages:
            file_list.notes[f"it is page {number} of {pages}; a larger size in its request gives all files"] = 0


def document(
    name: str,
    title: str,
    marks: str,
    entries: Iterable[str],
    members: _Members,
    *,
    selects: Callable[[Mapping[str, str]], bool] | None = None,
    refuses: Callable[[Mapping[str, str]], OmicsError | None] | None = None,
    corrects: Callable[[dict[str, str]], dict[str, str]] | None = None,
    root: Callable[[object, str], str | None] | None = None,
    addresses: Callable[[str], Iterable[str]] | None = None,
    parts: Callable[[Mapping[str, object]], Iterable[Mapping[str, object]]] | None = None,
    encoded: bool = False,
    manual: Manual,
) -> Document:
    """Declare a format of documents.

    Args:
        name: Its name for `--format`.
        title: Its name in messages.
        marks: What it is recognised by, as text.
        entries: Where its entries are, such as `features.*.assets.*`; the first path that has some counts, and an empty one is the document.
        members: Their members.
        selects: Whether an entry is a file; all are by default.
        refuses: Why an entry cannot be downloaded; None if it can.
        corrects: Makes the members of an entry from those that are stated.
        root: What relative addresses of a document that came from a folder refer to, None for one of another format; by
            default that folder.
        addresses: The addresses that a member states; by default itself.
        parts: The entries that an entry of several files stands for; by default itself.
        encoded: Whether relative addresses are encoded as in URLs.
        manual: What the manual states of it.
    """
    paths = [tuple(pointer.split(".")) if pointer else () for pointer in entries]

    def is_file(cells: Mapping[str, str]) -> bool:
        checked = first_of(cells, (*members.size, *members.sums))
        return bool(first_of(cells, members.url) or (checked and first_of(cells, members.name)))

    def selected(nodes: Iterable[Mapping[str, object]]) -> Iterator[dict[str, str]]:
        some = (dict(_flat(node)) for node in nodes)
        return (cells for cells in some if is_file(cells) and (selects is None or selects(cells)))

    def rows_at(payload: object) -> list[dict[str, str]]:
        for path in paths:
            nodes = _at(payload, path)
            some = [*selected(nodes if parts is None else (part for node in nodes for part in parts(node)))]
            if any(first_of(cells, members.url) for cells in some):
                return some
        return []

    # Members without which an entry has no address: those of other formats need not be read as cells.
    above_url = {part for name in members.url for part in (name, name.partition(".")[0])}

    def recognises(head: Head) -> bool:
        payload = head.document
        if payload is None or (root is not None and root(payload, "") is None):
            return False
        nodes = (node for path in paths for node in _at(payload, path) if not above_url.isdisjoint(node))
        return any(first_of(cells, members.url) for cells in selected(nodes))

    def described_in(payload: object, base: str) -> Iterator[tuple[dict[str, str], ListedFile | RowFault]]:
        above = base or (root(payload, "") if root is not None else "") or ""
        for cells in rows_at(payload):
            if not first_of(cells, members.url):  # left out, it would be missing unnoticed
                yield {}, RowFault(f"{first_of(cells, members.name)[:100]!r}: no address is stated")
                continue
            try:
                file = described(cells if corrects is None else corrects(cells), above)
            except RowFault as fault:
                # Another fault of what cannot be downloaded anyway, such as its checksum, would hide why.
                error = refuses(cells) if refuses is not None else None
                yield {}, fault if error is None else RowFault(error.message)
            else:
                yield _stated_cells(file, cells), file

    def rows(file_list: FileList) -> Iterator[Row]:
        payload = file_list.head.document
        if payload is None:
            raise ListError(
                f"{file_list.shown}: not a JSON document of at most 64 MiB", remedy="Download the list again."
            )
        _note_rest(payload, file_list)
        above = (root(payload, file_list.base) if root is not None else "") or file_list.base
        for number, (cells, file) in enumerate(described_in(payload, above), 1):
            if isinstance(file, UnsafeRow):
                where = f"{file_list.shown}: entry {number}: {file}"
                raise ListError(where, remedy="Nothing was downloaded; get the list from its archive again.")
            fault = str(file) if isinstance(file, RowFault) else file.error.message if file.error is not None else ""
            yield Row(number, {} if fault else cells, fault=fault)

    def described(cells: Mapping[str, str], above: str) -> ListedFile:
        url = first_of(cells, members.url)
        identifier = cells.get("identifier", "")
        urls = [
            _absolute(address, above, name, identifier, encoded=encoded)
            for address in (addresses(url) if addresses else [url])
        ]
        # PRIDE states addresses of Aspera beside those of FTP. Where none can be fetched, the error names the first
        # one.
        urls = [url for url in urls if scheme_of(url) in FETCHABLE] or urls
        if not urls:
            raise RowFault("no address is stated")
        sums: dict[str, str] = {}
        for member in members.sums:
            sums.update(sums_in("", cells.get(member, "")))
        for member in members.multihashes:
            sums.update(multihash_in(cells.get(member, "")))
        for member, value in cells.items():
            algorithm = member.lower().replace("-", "")
            if algorithm in ALGORITHMS:
                sums.update(sums_in(algorithm, value))
        called = "/".join(filter(None, (first_of(cells, members.folder), first_of(cells, members.name))))
        if "." not in called and "." in last_part(urls[0]):
            called = ""  # a title
        size = size_in(first_of(cells, members.size))
        file = file_at(urls[0], name=name_in(called), size=size, checksums=sums, mirrors=tuple(urls[1:]))
        error = refuses(cells) if refuses is not None else None
        return file if error is None else file._replace(error=error)

    def files(row: Row, _: FileList) -> Iterator[ListedFile]:
        first, *mirrors = row.cells["url"].split(" ")
        size, sums = size_in(row.cells["size"]), checksums_in(row.cells)
        yield file_at(first, name=row.cells["file_name"], size=size, checksums=sums, mirrors=tuple(mirrors))

    return Document(name, title, marks, recognises, rows, files, manual, described_in)


def _stated_cells(file: ListedFile, cells: Mapping[str, str]) -> dict[str, str]:
    """The cells of an entry: what is stated of its file under common headings, by which the result manifest is a list, too,
    and its other members that are no addresses.
    """
    size = "" if file.size is None else str(file.size)
    address = f"{file.kind}:{file.address}" if file.kind in IDENTIFIED else file.address
    cells_stated = {
        "url": " ".join((address, *file.mirrors)),
        "file_name": file.name,
        "size": size,
        **file.checksums,
    }
    return cells_stated | {
        name: value
        for name, value in cells.items()
        if name.lower() not in cells_stated and not is_address(value.lstrip("[{"))
    }


def _absolute(address: str, above: str, name: str, identifier: str, *, encoded: bool) -> str:
    """An address, which may be relative to the document's own URL."""
    if scheme_of(address) or ":" in address.partition("/")[0]:
        return address
    if not above:
        how = f"give the list's own URL instead of the file, with --format {name}, or state --base URL"
        which = f", and its identifier {identifier[:100]!r} is of no service that can be asked" if identifier else ""
        raise RowFault(f"{address[:200]!r} is relative to the list{which}: {how}")
    return joined_address(above, address) if encoded else address_in(above, address)


# -- records of archives

ZENODO = document(
    "zenodo",
    "record of Zenodo or another InvenioRDM",
    "files with key and links.self",
    ("files.*", "files.entries.*", "entries.*", "hits.hits.*.files.*"),
    _Members(
        ("links.content", "links.download", "links.self"), ("key", "filename"), ("size", "filesize"), ("checksum",)
    ),
    manual=Manual("the link", "MD5", "none"),
)


def _only_linked(cells: Mapping[str, str]) -> OmicsError | None:
    if cells.get("is_link_only") != "true":
        return None
    problem = f"{cells.get('name', '')}: Figshare has only a link to it, {cells['download_url'][:200]}"
    return Forbidden(problem, remedy="Open the link in a browser, and get the file from where it is.")


FIGSHARE = document(
    "figshare",
    "article of Figshare",
    "files with name and download_url",
    ("files.*", "*"),
    _Members(("download_url",), ("name",), ("size",), ("supplied_md5", "computed_md5")),
    selects=lambda cells: "is_link_only" in cells or "computed_md5" in cells,
    refuses=_only_linked,
    manual=Manual("the URL", "MD5", "none"),
)

MENDELEY = document(
    "mendeley",
    "dataset of Mendeley Data",
    "files with content_details",
    ("files.*", "*"),
    _Members(
        ("content_details.download_url",), ("filename",), ("content_details.size",), ("content_details.sha256_hash",)
    ),
    manual=Manual("the URL", "SHA-256", "none"),
)


def _stored(cells: dict[str, str]) -> dict[str, str]:
    """The members of a file of OSF, with its checksums and its path, which is absolute."""
    hashes = "attributes.extra.hashes."
    sums = {name.removeprefix(hashes): value for name, value in cells.items() if name.startswith(hashes)}
    return cells | sums | {"path": cells.get("attributes.materialized_path", "").strip("/")}


def _of_folder(cells: Mapping[str, str]) -> OmicsError | None:
    if cells.get("attributes.kind") != "folder":
        return None
    href = cells.get(_OSF_FOLDER, "")[:200]
    return NotFound(f"{cells['attributes.materialized_path'][:200]} is a folder, whose files are in the list {href}")


_OSF_FOLDER = "relationships.files.links.related.href"
OSF = document(
    "osf",
    "files of OSF",
    "data with attributes.materialized_path and links.download",
    ("data.*", "data"),
    _Members(("links.download", _OSF_FOLDER), ("path",), ("attributes.size",)),
    selects=lambda cells: "attributes.materialized_path" in cells,
    refuses=_of_folder,
    corrects=_stored,
    manual=Manual("the link; folders have lists of their own", "SHA-256, MD5", "none"),
)

# Suffixes of the tables that a Dataverse stores as tab-separated values, too; it states those of Stata with a version.
_TABLES = {
    "text/csv": "csv",
    "text/tsv": "tsv",
    "text/tab-separated-values": "tsv",
    "application/x-stata": "dta",
    "application/x-spss-sav": "sav",
    "application/x-spss-por": "por",
    "application/x-rlang-transport": "RData",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}


def _as_uploaded(cells: dict[str, str]) -> dict[str, str]:
    """The members of a file of a Dataverse as it was uploaded.

    The checksum of a table is that of the upload, but size and name are those of the tab-separated values. These are not
    what was published with a paper, and often have another size than stated, since a header is put before them.
    """
    kind = cells.get("dataFile.originalFileFormat", "")
    if not kind:
        return cells
    stem = first_of(cells, ("dataFile.filename", "label")).removesuffix(".tab")
    suffix = _TABLES.get(re.sub(r"(?<=x-stata)-\d+\Z", "", kind), "")
    name = cells.get("dataFile.originalFileName") or f"{stem}.{suffix or 'tab'}"
    size = cells.get("dataFile.originalFileSize", "")
    address = f"{cells['dataFile.id']}?format=original"
    return cells | {"dataFile.id": address, "dataFile.filename": name, "dataFile.filesize": size}


def _restricted(cells: Mapping[str, str]) -> OmicsError | None:
    until = cells.get("dataFile.embargo.dateAvailable", "")
    # Responses still state an embargo after its end.
    is_early = until > datetime.now(UTC).date().isoformat()
    if cells.get("restricted") != "true" and not is_early:
        return None
    why = f"under embargo until {until}" if is_early else "restricted"
    problem = f"{first_of(cells, ('dataFile.filename', 'label'))} is {why}"
    return Forbidden(problem, remedy="Request access on the page of its dataset.")


DATAVERSE = document(
    "dataverse",
    "dataset of a Dataverse",
    "files with dataFile",
    (
        # Responses for a dataset, exported metadata, a version, its list of files, and one file.
        "data.latestVersion.files.*",
        "latestVersion.files.*",
        "datasetVersion.files.*",
        "data.files.*",
        "data.*",
        "files.*",
        "data",
    ),
    _Members(
        ("dataFile.id",),
        ("dataFile.filename", "label"),
        ("dataFile.filesize",),
        ("dataFile.md5", "dataFile.checksum.value"),
        ("directoryLabel",),
    ),
    refuses=_restricted,
    corrects=_as_uploaded,
    addresses=lambda number: [f"/api/access/datafile/{number}"],
    # Addresses of tables have a query.
    encoded=True,
    manual=Manual(
        "the number at the list's server; tables as they were uploaded", "MD5, SHA-1, SHA-256, SHA-512", "none"
    ),
)
DRYAD = document(
    "dryad",
    "files of Dryad",
    "_embedded with stash:files",
    ("_embedded.stash:files.*",),
    _Members(("_links.stash:download.href", "_links.stash:file-download.href"), ("path",), ("size",), ("digest",)),
    # A version's list has the files that it removed, too.
    selects=lambda cells: cells.get("status") != "deleted",
    root=lambda _, __: "https://datadryad.org/",
    manual=Manual("the link", "digest", "none"),
)


def _accession(payload: object, _: str) -> str | None:
    if is_array(payload):  # a list of files that is stored beside the study
        return "" if payload and is_object(payload[0]) and {"path", "attributes"} <= payload[0].keys() else None
    submissions = payload.get("submissions") if is_object(payload) else None
    study = submissions[0] if is_array(submissions) and submissions else payload
    number = study.get("accno") if is_object(study) else None
    return f"https://www.ebi.ac.uk/biostudies/files/{quote(number, safe='')}/" if isinstance(number, str) else None


BIOSTUDIES = document(
    "biostudies",
    "study or list of files of BioStudies or ArrayExpress",
    "accno, section, and files with path; an array of path, size and attributes",
    ("**.files.**", "*"),
    _Members(("path",), ("path",), ("size",)),
    root=_accession,
    manual=Manual("the path at BioStudies, or beside the list"),
)


def _locations(cell: str) -> list[str]:
    """The addresses of PRIDE's locations, those by FTP first."""
    return [text for location in objects_in(cell) if isinstance(text := location.get("value"), str)]


PRIDE = document(
    "pride",
    "files of PRIDE",
    "publicFileLocations, fileName",
    ("*", "_embedded.files.*"),
    _Members(("publicFileLocations",), ("fileName",), ("fileSizeBytes",), ("checksum",)),
    addresses=_locations,
    manual=Manual("the FTP location", "SHA-1", "none"),
)
# Where MetaboLights has the files of a study, by its accession.
METABOLIGHTS_FOLDER = "https://ftp.ebi.ac.uk/pub/databases/metabolights/studies/public/{}"


def _metabolights(payload: object, base: str) -> str | None:
    """The folder of a study: as it states it, or by the accession in the list's address."""
    if not is_object(payload) or payload.keys().isdisjoint(("mtblsStudy", "obfuscationCode")):
        return None
    study = payload.get("mtblsStudy")
    folder = study.get("studyHttpUrl") if is_object(study) else None
    accession = re.search(r"/metabolights/ws/studies/(MTBLS[0-9]+)", base)
    return folder if isinstance(folder, str) else METABOLIGHTS_FOLDER.format(accession[1]) if accession else ""


METABOLIGHTS = document(
    "metabolights",
    "files or study of MetaboLights",
    "study with file and type; mtblsStudy and isaInvestigation",
    ("study.*", "isaInvestigation.studies.*.assays.*"),
    _Members(("file", "filename"), ("file", "filename")),
    root=_metabolights,
    selects=lambda cells: cells.get("directory") != "true",
    manual=Manual("the study's folder at MetaboLights"),
)
OSDR = document(
    "osdr",
    "files of a study of NASA's OSDR",
    "studies with study_files",
    ("studies.*.study_files.*",),
    _Members(("remote_url",), ("file_name",), ("file_size",)),
    root=lambda payload, _: "https://osdr.nasa.gov/" if is_object(payload) and "studies" in payload else None,
    encoded=True,
    manual=Manual("the URL", "none", "none"),
)
FFQ = document(
    "ffq",
    "output of ffq",
    "files with url, filename and filesize",
    ("**.files.ftp.*", "**.ftp.*", "*"),
    _Members(("url",), ("filename",), ("filesize",)),
    selects=lambda cells: "filetype" in cells and "filesize" in cells,
    manual=Manual("the URL", "MD5", "none"),
)

ENCODE = document(
    "encode",
    "experiment of ENCODE",
    "files with cloud_metadata",
    ("files.*", "*.files.*", "@graph.*", ""),
    _Members(
        ("cloud_metadata.url",),
        (),
        ("file_size", "cloud_metadata.file_size"),
        ("md5sum", "cloud_metadata.md5sum_base64"),
    ),
    manual=Manual("its URL", "MD5", "none"),
)

GDC_FILES = document(
    "gdc-files",
    "response of the GDC for files",
    "data with hits of id, file_name and md5sum",
    ("data.hits.*",),
    _Members(("id",), ("file_name",), ("file_size",), ("md5sum",)),
    selects=lambda cells: "file_name" in cells and "md5sum" in cells,
    corrects=lambda cells: cells | {"id": f"gdc:{cells['id']}"},
    manual=Manual("the id at the GDC", "MD5", "`GDC_TOKEN` for controlled files"),
)


def _accesses(cell: str) -> list[str]:
    """The addresses of a DRS object, those by HTTPS first: those of its methods, or itself."""
    urls = [access.get("url") for method in objects_in(cell) if is_object(access := method.get("access_url"))]
    return preferred([url for url in urls if isinstance(url, str)] or texts_in(cell), ())


DRS = document(
    "drs",
    "objects of DRS",
    "self_uri or access_methods, and checksums or size",
    ("", "*", "*.*"),
    _Members(("self_uri", "access_methods"), ("name",), ("size",), ("checksums",)),
    selects=lambda cells: "checksums" in cells and ("access_methods" in cells or "contents" in cells),
    addresses=_accesses,
    manual=Manual("the URI, or the URLs of its access methods", "those stated", "by host"),
)

# -- packages of data

_OF_PACKAGES = Manual(
    "the URL, or the path beside the list's own URL", "those stated, multihashes too", "by scheme and host"
)


def _is_file(cells: Mapping[str, str]) -> bool:
    kinds = cells.get("@type", "")
    return kinds == "File" or '"File"' in kinds


_PACKAGE_PATH = "path in the package"


def _in_crate(cells: dict[str, str]) -> dict[str, str]:
    """The members of an entity, and its path where its identifier is one: a file beside others, perhaps in a folder.

    One without a URL may have an identifier of its service, as locks and reports of runs are exported.
    """
    path, identifier = cells.get("@id", ""), cells.get("identifier", "")
    # "url" may be a page about the file, or several, as in crates of nf-core.
    urls = (url for url in texts_in(cells.get("url", "")) if path.startswith("#") or last_part(url) == last_part(path))
    cells = {**cells, "url": next(urls, "")}
    if identifier.partition(":")[0] in IDENTIFIED and not first_of(cells, ("contentUrl", "url")):
        cells = {**cells, "contentUrl": identifier}
    return (
        cells
        if is_address(path) or path.startswith("#")
        else {**cells, _PACKAGE_PATH: unquote(path.removeprefix("./"))}
    )


RO_CRATE = document(
    "ro-crate",
    "RO-Crate",
    "@graph with entities of the type File",
    ("@graph.*",),
    _Members(("contentUrl", "url", "@id"), (_PACKAGE_PATH,), ("contentSize",)),
    selects=_is_file,
    corrects=_in_crate,
    manual=_OF_PACKAGES,
)


def _beside_paths(payload: object, base: str) -> str | None:
    """The folder of a package; None for other resources, none of which has a path."""
    resources = only_objects(payload.get("resources")) if is_object(payload) else ()
    return base if any("path" in resource for resource in resources) else None


def _parts_of_resource(resource: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """A resource for each of its files, whose order is that of their bytes in it; its size and checksum are of all of them."""
    paths = [path for name in ("path", "extrapaths") for path in texts_in(text_of(resource.get(name))) if path]
    of_all = ("bytes", "hash") if len(paths) > 1 else ()
    yield from ({**resource, "path": path, **dict.fromkeys(of_all)} for path in paths or [None])


def _in_package(cells: dict[str, str]) -> dict[str, str]:
    """The members of a resource, with its path in the package, to which the package refers."""
    path = cells["path"]
    return cells if is_address(path) else {**cells, _PACKAGE_PATH: path.removeprefix("./")}


FRICTIONLESS = document(
    "frictionless",
    "Data Package of Frictionless",
    "resources with path",
    ("resources.*",),
    _Members(("path", "url"), (_PACKAGE_PATH,), ("bytes",), ("hash",)),
    parts=_parts_of_resource,
    corrects=_in_package,
    root=_beside_paths,
    manual=_OF_PACKAGES,
)
CROISSANT = document(
    "croissant",
    "Croissant",
    "distribution with contentUrl",
    ("distribution.*", "*.distribution.*"),
    _Members(("contentUrl",), ("name",), ("contentSize",)),
    selects=lambda cells: (
        cells.get("@type", "").rpartition(":")[2].rpartition("/")[2] in ("FileObject", "DataDownload")
        # Of a file in an archive, contentUrl is its path in there: the archive is downloaded.
        and not any(name.startswith("containedIn") for name in cells)
    ),
    refuses=lambda cells: (
        ListError(f"{cells['contentUrl'][:200]!r} is a Git repository: clone it")
        if cells.get("encodingFormat", "").startswith("git+")
        else None
    ),
    manual=_OF_PACKAGES,
)


def _own_folder(payload: object, _: str) -> str:
    """The folder of the address that an item states of itself."""
    links = only_objects(payload.get("links")) if is_object(payload) else ()
    href = next((link.get("href") for link in links if link.get("rel") == "self"), "")
    return href.rpartition("/")[0] if isinstance(href, str) and scheme_of(href) in FETCHABLE else ""


DANDI = document(
    "dandi",
    "assets of DANDI",
    "path, contentUrl and digest",
    ("*", "results.*.metadata", "*.metadata", ""),
    _Members(("contentUrl",), ("path",), ("contentSize",)),
    selects=lambda cells: "path" in cells and any(name.startswith("digest.dandi:") for name in cells),
    refuses=lambda cells: (
        ListError(
            f"{cells['path'][:200]!r} is a Zarr, which is a folder: omics get {in_bucket(texts_in(cells['contentUrl'])[-1])}"
        )
        if cells.get("encodingFormat") == "application/x-zarr"
        else None
    ),
    corrects=lambda cells: cells | {"sha256": cells.get("digest.dandi:sha2-256", "")},
    addresses=texts_in,
    manual=Manual("the URLs, which are copies of one file", "SHA-256", "none"),
)


# What JSON-LD writes around the terms of DCAT and SPDX.
_AROUND_TERM = re.compile(r"https?://\S+[/#]|\b\w+:|\.@(?:id|value)\Z")
_DOWNLOAD_URL = ("downloadURL", "dcat:downloadURL", "dcat:downloadURL.@id", "http://www.w3.org/ns/dcat#downloadURL")


def _beside_distributions(payload: object, base: str) -> str | None:
    """The folder of a document; None for one without distributions, whose objects need not be read."""
    nodes = [payload]
    while nodes:
        node = nodes.pop()
        if is_object(node):
            if not node.keys().isdisjoint(("downloadURL", "dcat:downloadURL", _DOWNLOAD_URL[3])):
                return base
            nodes.extend(node.values())
        elif is_array(node):
            nodes.extend(node)
    return None


def _distributed(cells: dict[str, str]) -> dict[str, str]:
    """The members of a distribution by their terms alone, and its checksum by its algorithm."""
    terms: dict[str, str] = {}
    for name, value in cells.items():
        first = next(
            iter(objects_in(value)), dict[str, Any]()
        )  # expanded JSON-LD has an array of objects for each value
        terms[_AROUND_TERM.sub("", name)] = str(first.get("@id") or first.get("@value") or value)
    algorithm = re.search(r"(?:sha|md)\d+\Z", terms.get("checksum.algorithm", ""))
    return terms | ({algorithm[0]: terms.get("checksum.checksumValue", "")} if algorithm else {})


DCAT = document(
    "dcat",
    "DCAT in JSON-LD",
    "distributions with downloadURL",
    ("**",),
    _Members(_DOWNLOAD_URL, (), ("byteSize",)),
    selects=lambda cells: "Distribution" in cells.get("@type", "") or not cells.keys().isdisjoint(_DOWNLOAD_URL[1:]),
    corrects=_distributed,
    addresses=texts_in,
    root=_beside_distributions,
    manual=_OF_PACKAGES,
)
STAC = document(
    "stac",
    "STAC item or collection of items",
    "assets with href",
    ("assets.*", "features.*.assets.*"),
    _Members(("href",), (), ("file:size",), multihashes=("file:checksum", "checksum:multihash")),
    root=_own_folder,
    manual=_OF_PACKAGES,
)


def _with_identifiers(cells: dict[str, str]) -> dict[str, str]:
    """The members of a dataset with the checksums that are among its identifiers."""
    pairs = [("identifier", "propertyID", "value"), ("identifiers", "identifierType", "identifier")]
    identifiers = [
        (object_.get(kind), object_.get(value))
        for name, kind, value in pairs
        for object_ in objects_in(cells.get(name, ""))
    ]
    return cells | {kind: str(value) for kind, value in identifiers if isinstance(kind, str) and kind in ALGORITHMS}


def _copies(cell: str) -> list[str]:
    """The addresses of one file: those with one name.

    Raises:
        RowFault: They are of several files, whose sizes and checksums are not told apart.
    """
    urls = texts_in(cell)
    if len({last_part(url) for url in urls}) > 1:
        raise RowFault(f"contentUrl has several files: {' '.join(urls)[:200]}")
    return urls


# Metadata of a DOI, for its archive. Lists of this form are read as any JSON with URLs.
SCHEMA_ORG = document(
    "schema-org",
    "dataset of schema.org or DataCite",
    "contentUrl",
    ("data.attributes", ""),
    _Members(("contentUrl",), ("name",), ("contentSize",)),
    corrects=_with_identifiers,
    addresses=_copies,
    manual=Manual("the URLs, which are copies of one file", "among its identifiers", "by scheme and host"),
)


# -- any other document

# Members that name an object of S3, as inputs of Tibanna and requests of AWS do.
_OBJECT_NAMES = (("bucket_name", "object_key"), ("Bucket", "Key"))


def _without_labels(cell: str) -> str:
    """A cell, of an array of texts the addresses alone, where it has some: those of workflows have labels, too."""
    texts = [text for text in texts_in(cell) if is_address(text)] if cell.startswith('["') else []
    return text_of(texts) if texts else cell


def _texts(node: object) -> Iterator[str]:
    """A text, or those of an array of texts, or of arrays of them."""
    for item in node if is_array(node) else [node]:
        yield from [item] if isinstance(item, str) else _texts(item) if is_array(item) else ()


# A member with checksums of the addresses of another one: of primer_urls, primer_sha256_checksums.
_SUMS_OF = re.compile(r"(\w+?)_(md5|sha1|sha256|sha512)(?:_?(?:check)?sums?)?\Z")


def _with_sums(node: Mapping[str, object]) -> Mapping[str, object]:
    """An object, whose addresses have their checksums where these are in another member by the same keys."""
    for name, sums in node.items():
        # Few members of a document's many objects are objects themselves.
        if not is_object(sums) or (match := _SUMS_OF.match(name)) is None:
            continue
        for other in (f"{match[1]}_urls", f"{match[1]}_url"):
            if is_object(urls := node.get(other)) and urls.keys() == sums.keys():
                node = {**node, other: [{"url": url, match[2]: sums[key]} for key, url in urls.items()]}
    return node


# Members with the headings of the rows of a table in JSON, as pandas and workspaces of Terra have them.
_COLUMN_NAMES = ("columns", "column_headers", "headers", "header")


def _with_objects(node: Mapping[str, object]) -> Mapping[str, object]:
    """An object, whose rows of values are objects where another member has their headings."""
    headings = next(filter(is_array, map(node.get, _COLUMN_NAMES)), None) or ()
    names = [name for name in headings if isinstance(name, str)]
    if not names or len(names) != len(headings):
        return node
    ends = [name.rpartition(":")[2] for name in names]  # without the prefix of PFB
    names = ends if len({*ends}) == len(names) else names
    tables = {
        name: [dict(zip(names, row, strict=True)) for row in value]
        for name, value in node.items()
        if is_array(value) and value and all(is_array(row) and len(row) == len(names) for row in value)
    }
    return {**node, **tables}


def _objects(node: object, array: str = "", *, is_element: bool = False) -> Iterator[tuple[str, dict[str, str]]]:
    """The objects of a document that have addresses: elements of arrays with what is in them, others with their own members.

    Each is preceded by the name of the array that it is in: elements of another one may have the same members, but be no files.
    """
    if is_object(node) and node.get("category") != "logo":  # as DATS has them
        node = _with_sums(_with_objects(node))
        for bucket, key in _OBJECT_NAMES:
            keys = node.get(key)
            if isinstance(node.get(bucket), str) and keys:
                node = {**node, "url": [f"s3://{node[bucket]}/{text}" for text in _texts(keys)]}
        # Checksums, or what else is stated of files, by their addresses; of addresses by addresses, these alone are files.
        for url, value in node.items():
            if is_address(url) and not is_address(text_of(value)):
                stated = value if is_object(value) else {"checksum": value}
                yield from _objects({"url": url} | stated, array, is_element=True)
        members = _flat(node if is_element else {name: value for name, value in node.items() if not is_object(value)})
        # Those of JSON Schema, such as $id, are addresses of schemas.
        cells = {name: _without_labels(cell) for name, cell in members if not name.startswith("$")}
        # Links of a catalog are other documents, and the identifier of a graph of OBO is that of an ontology.
        is_other = ("rel" in cells and cells.get("href", "").endswith(".json")) or {"nodes", "edges"} <= node.keys()
        if any(map(is_address, cells.values())) and not is_other:
            last = Counter(name.rpartition(".")[2] for name in cells)
            yield (
                array,
                {(end if last[end := name.rpartition(".")[2]] == 1 else name): cells[name] for name in cells},
            )
        for name, child in node.items():
            is_array_or_object = not is_element or is_array(child)
            yield from _objects(child, name if is_array(child) else array) if is_array_or_object else _arrays_in(child)
    elif is_array(node):
        for child in node:
            yield from _objects(child, array, is_element=True)


def _arrays_in(node: object) -> Iterator[tuple[str, dict[str, str]]]:
    """The objects of the arrays at any depth below an element, whose other members are its own."""
    for name, value in node.items() if is_object(node) else ():
        yield from _objects(value, name) if is_array(value) else _arrays_in(value)


def _object_rows(payload: object, objects: Iterable[tuple[str, dict[str, str]]]) -> Iterator[Row]:
    """Those of the objects of a document that name files: by the ends of their addresses, or with sizes or checksums; or an array of addresses."""
    if (
        is_array(payload)
        and (texts := [*_texts(payload)])
        and all(map(is_address, texts))
        and not any(_at(payload, (_ANY,)))
    ):
        yield from (Row(number, {"url": text}, stated=Stated(("url",))) for number, text in enumerate(texts, 1))
        return
    by_columns = grouped(((array, tuple(cells)), (number, cells)) for number, (array, cells) in enumerate(objects, 1))
    for (_, names), some in by_columns.items():
        # Most addresses of a group of objects may be folders of buckets.
        without_folders = [entry for entry in some if not any(map(_is_folder, entry[1].values()))]
        for entries in (some, without_folders):
            headings = _headings(names, [cells for _, cells in entries])
            if headings.urls:
                for number, cells in entries:
                    yield from _sound(Row(number, cells, stated=headings))
                break


def _headings(names: tuple[str, ...], group: list[dict[str, str]]) -> Stated:
    """What the members of a group of objects state; no addresses where it names no files."""
    headings = headings_by(names, [[*cells.values()] for cells in group[:SAMPLE]], every=True)
    urls = [url for url in headings.urls if _are_files(url, group)]
    # Most addresses in metadata are those of pages; a folder may have a size, too, which is null.
    about = [*headings.sizes, *(column for column, _ in headings.sums)]
    urls = urls or [*headings.urls] * any(_cell(cells, column) for column in about for cells in group)
    # A name without an extension is one of something else.
    named = [
        name
        for name in headings.names
        if all(NAMED_FILE.search(value) for cells in group if (value := _cell(cells, name)))
    ]
    return replace(headings, urls=tuple(urls), names=tuple(named))


def _sound(row: Row) -> Iterator[Row]:
    """A row without those of its members that cannot be downloaded, which are rows by themselves."""
    faults = dict[str, Row]()
    for name, cell in row.cells.items():
        try:
            for url in addresses_in(cell) if name.lower() in row.stated.urls else ():
                file_at(url)
        except RowFault as fault:
            faults[name] = row._replace(cells={name: cell}, fault=f"{name}: {fault}")
    cells = {name: cell for name, cell in row.cells.items() if name not in faults}
    if not faults or any(_cell(cells, column) for column in row.stated.urls):
        yield row._replace(cells=cells)
    yield from faults.values()


def _cell(cells: Mapping[str, str], column: str) -> str:
    """The value of a column, whose name is in lower case."""
    is_lower = column in cells  # compared one by one, columns would take the square of their number
    return cells[column] if is_lower else next((cells[name] for name in cells if name.lower() == column), "")


_EXTENSION = re.compile(r"\.(?!(?:\d+|git)\Z)")
# The end of a folder, or of what identifiers follow.
_PREFIX = re.compile(r"[/#]\Z|[?&]\w+=\Z")
_BUCKETS = ("gs", "s3")


def _are_files(column: str, rows: Iterable[Mapping[str, str]]) -> bool:
    """Whether most addresses of a column, in lower case, end like those of files."""
    files = [_ends_like_file(address) for row in rows for address in addresses_in(_cell(row, column))]
    return sum(files) * 2 > len(files)


def _ends_like_file(address: str) -> bool:
    if DOWNLOAD.search(address):
        return True
    if _PREFIX.search(address) or address.count("/") < 3 or "//doi.org/" in address:
        return False
    end = last_part(address)
    # An accession may end with its version.
    return _EXTENSION.search(end) is not None and PAGE_NAMES.search(end) is None


def _is_folder(cell: str) -> bool:
    """Whether a value is an address in a bucket that does not end like that of a file."""
    return scheme_of(cell) in _BUCKETS and _EXTENSION.search(last_part(cell)) is None


def _any_rows(file_list: FileList) -> Iterator[Row]:
    payload = file_list.head.document
    text = json.dumps(payload)
    if file_list.base and _CATALOG.search(text):  # it is where a catalog of intake is
        text = _CATALOG.sub(quote(file_list.base, safe=":/%"), text)
        payload = decoded(text)
    _note_rest(payload, file_list)
    objects = [*_objects(payload)]
    rows = sorted(_object_rows(payload, objects), key=lambda row: row.line)
    yield from rows
    stated = {url for row in rows for name in row.stated.urls for url in addresses_in(_cell(row.cells, name))}
    cells = [cell for _, cells in objects for cell in cells.values() if not cell.startswith("[{")]
    urls = {url for cell in cells for url in addresses_in(cell)}
    # One may be a whole bucket, such as igenomes_base in parameters of Nextflow.
    if folders := sorted(url for url in urls - stated if scheme_of(url) in _BUCKETS):
        file_list.notes[f"addresses that may be folders are left out, such as {folders[0]}"] = len(folders)
    if left := _CATALOG.findall(text):
        file_list.notes["files beside the catalog are left out; --base URL states their folder"] = len(left)
    names = {_cell(row.cells, name) for row in rows for name in row.stated.names}
    if paths := sorted(paths_beside(payload, {*cells}, names)):
        file_list.notes[f"paths without addresses are left out, such as {paths[0][:200]}"] = len(paths)
    # One that is a member of an object with addresses describes these.
    if runs := sorted({*_RUN_ALONE.findall(text)} - {*cells}):
        file_list.notes[f"runs of the SRA are left out: name them in the command, such as {runs[0]}"] = len(runs)


# Where intake puts the folder of a catalog, and an accession of a run, which distiller limits to some of its reads.
_CATALOG = re.compile(r"\{\{ ?CATALOG_DIR ?\}\}")
_RUN_ALONE = re.compile(r'"(?:sra:)?([SED]RR[0-9]{6,})(?:\?[^"]*)?"')


JSON = Format(
    "json",
    "JSON, YAML or TOML with URLs of files",
    "objects with DRS URIs, or with URLs that end like those of files, or that have sizes or checksums; an array of URLs",
    lambda head: (
        any(True for _ in _object_rows(head.document, _objects(head.document)))
        or (head.document is not None and _CATALOG.search(head.text) is not None)
    ),
    _any_rows,
    files_in,
    manual=Manual("the URLs of its objects", "those in the same object", "by scheme and host"),
)

DOCUMENTS = (
    DRS,
    ZENODO,
    FIGSHARE,
    MENDELEY,
    OSF,
    DATAVERSE,
    DRYAD,
    BIOSTUDIES,
    PRIDE,
    METABOLIGHTS,
    OSDR,
    FFQ,
    ENCODE,
    GDC_FILES,
    RO_CRATE,
    FRICTIONLESS,
    CROISSANT,
    STAC,
    DANDI,
    DCAT,
)
