"""Listings of folders and buckets: lines of programs, their entries in JSON, pages of servers, and inventories of S3.

Rows of all of them are made by `_entry`: their paths are in the folder of `--base`, unless they are URIs, or the listing states its bucket.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, unquote_plus

from omicsdk.core.tables import lines_of, rows_of
from omicsdk.core.type_guards import is_object, only_objects
from omicsdk.fs.stores.http import PAGES, index_of
from omicsdk.portals.cells import (
    ALGORITHMS,
    BY_LENGTH,
    address_in,
    checksums_in,
    file_at,
    first_of,
    folder_of,
    name_in,
    size_in,
)
from omicsdk.portals.headings import last_part, objects_in, sums_in
from omicsdk.portals.lists import (
    LONGEST_DOCUMENT,
    FileList,
    Format,
    Head,
    ListedFile,
    ListError,
    Manual,
    Row,
    numbered_lines,
    opened,
    scheme_of,
)
from omicsdk.portals.rows import BEGINNING, table_rows, text_of
from omicsdk.portals.url_lists import most_lines

_PATHS = ("key", "path", "rfilename", "url", "name")
_SIZES = ("size", "contentlength")
_SUMS = {"md5hash": "md5", "contentmd5": "md5", "lfs": "", "hashes": "", **{name: name for name in ALGORITHMS}}
# Kinds of entries that are no files.
_FOLDERS = ("directory", "tree", "commit", "folder", "prefix", "link", "report")


def _entry(row: Row, file_list: FileList, base: str = "", *, is_encoded: bool = False) -> Row:
    """The row of an entry, with the address, name and checksums of its file; those of a folder are empty.

    Args:
        row: The row.
        file_list: Its list.
        base: The folder that the list states; that of `--base` takes precedence.
        is_encoded: Whether keys are encoded as in forms: a plus is a space.

    Raises:
        ListError: The folder is not known.
    """
    values = _flat(row.cells)
    path = first_of(values, _PATHS)
    path = unquote_plus(path) if is_encoded else path
    is_folder = values.get("isdir") == "true" or values.get("type") in _FOLDERS or path.endswith("/")
    if is_folder or not path or row.fault:
        return row._replace(cells={**row.cells, "url": "", "file_name": ""})
    sums: dict[str, str] = {}
    for column in _SUMS.keys() & values.keys():
        sums |= sums_in(_SUMS[column], values[column])
    if scheme_of(path):
        # Of a URI among lines the store states the name.
        name, address = path.split("/", 3)[-1] if "path" not in row.cells else "", path
    else:
        above = file_list.base or base or values.get("url", "") * values.get("url", "").endswith("/")
        name, address = path, address_in(folder_of(file_list, f": {path[:200]!r} has no address", above), path)
    more = {"size": first_of(values, _SIZES), **sums}
    lower = {column.lower() for column in row.cells}
    cells = row.cells | {column: value for column, value in more.items() if column not in lower}
    return row._replace(cells={**cells, "url": address, "file_name": name})


def _flat(cells: Mapping[str, str]) -> dict[str, str]:
    """The cells by their names in lower case without underscores, and those of the objects in them, such as properties."""
    values = {name.lower().replace("_", ""): cell for name, cell in cells.items()}
    for name, cell in [*values.items()]:
        for entry in objects_in(cell) if cell.startswith("{") and name not in _SUMS else ():
            values = _flat({member: text_of(value) for member, value in entry.items()}) | values
    return values


def _files(row: Row, _: FileList) -> Iterator[ListedFile]:
    """The file of an entry, which has one unless it is a folder."""
    if url := row.cells["url"]:
        cells = {name.lower(): cell for name, cell in row.cells.items()}
        size, sums = size_in(first_of(cells, _SIZES)), checksums_in(cells)
        yield file_at(url, name=name_in(row.cells["file_name"]), size=size, checksums=sums)


# -- lines

_SIZE = r"[0-9]+(?:(?:\.[0-9]+)? ?(?:[KMGTP]i?B?|B(?:ytes)?))?"
_TIME = r"[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z| [+-][0-9]{4})?"
# Times of ls and servers of FTP, which leave out the year of recent ones.
_MONTH = r"(?:[^\W\d]{3,4}\.? +[0-9]{1,2}|[0-9]{1,2}\.? +[^\W\d]{3,4}\.?),? +(?:[0-9]{2}:[0-9]{2}|[0-9]{4})"
# The ETag of an object, which need not be its MD5, and its class.
_CLASS = r"(?:[0-9a-f]{32}(?:-[0-9]+)?\s+|(?:STANDARD|ONEZONE|INTELLIGENT|GLACIER|DEEP|REDUCED|EXPRESS)\w*\s+)*"
_PATH = r"(?P<path>\S.*)\Z"
# Lines that list a file, by program: of ls -l, find -ls, tar -tv and servers of FTP; of aws, s3cmd and s5cmd ls; of gsutil ls -l
# and du, and rclone lsl; of rclone ls; of mc ls; of aws s3api as text; of azcopy list; of servers of FTP on Windows.
# A group is atomic, not possessive: before Python 3.11.5, that keeps the text of a last turn that fails.
_LINES = tuple(
    re.compile(form)
    for form in (
        rf"(?P<inode>\s*[0-9]+\s+[0-9]+\s+)?(?P<mode>[-dlbcps](?:[r-][w-][xsStT-]){{3}})[.+@]?\s.*?\s(?P<size>{_SIZE})\s+(?:{_TIME}|{_MONTH}) (?P<path>.+)\Z",
        rf"\s*{_TIME}\s+{_CLASS}(?P<size>{_SIZE})\s+{_CLASS}{_PATH}",
        rf"\s*(?P<size>{_SIZE})\s+(?:{_TIME}\s+|(?=(?:gs|s3)://)){_PATH}",
        rf" *(?P<size>[0-9]+)(?<=[ 0-9]{{9}}) {_PATH}",
        rf"\[{_TIME} \w+\] +(?P<size>{_SIZE}) {_CLASS}{_PATH}",
        rf'CONTENTS\t(?:[A-Z_]+\t)?"[^"\t]*"\t(?P<path>[^\t]+)\t{_TIME}\S*\t(?P<size>[0-9]+)(?:\t|\Z)',
        rf"(?:INFO: )?(?P<path>[^;]+); (?>(?:(?!ContentMD5)[^;]*; )*)(?:ContentMD5: (?P<md5>[^;]+); )?(?>(?:[^;]*; )*) ?Content Length: (?P<size>{_SIZE})\Z",
        rf"[0-9]{{2}}-[0-9]{{2}}-(?:[0-9]{{2}}){{1,2}}\s+[0-9]{{2}}:[0-9]{{2}}(?:[AP]M)?\s+(?:(?P<mode><DIR>)|(?P<size>[0-9]+))\s+{_PATH}",
        # The current.tree of an archive, such as the 1000 Genomes'.
        r"(?P<path>[^\t]+)\t(?P<mode>file|directory)\t(?P<size>\d+)\t[^\t]+(?:\t(?P<md5>[0-9a-f]{32})?)?\s*\Z",
    )
)
# What gsutil ls -a appends.
_GENERATION = re.compile(r"(?<!\s)\s++metageneration=[0-9]+\Z")
# Lines of folders, and of sums at the end.
_NOT_LISTED = re.compile(
    r"\s+(?:PRE|DIR)\s+\S|\s*total(?: objects| (?:file )?size)?:|total [0-9]|File count: |[\w/.].*:\s*\Z", re.IGNORECASE
)
# An object of `gsutil ls -L`, `gsutil stat` or `gcloud storage ls -L`, and a property of it in a line below.
_OBJECT = re.compile(r"(gs://.+[^/]):\s*\Z")
_PROPERTY = re.compile(r"\s+(?:Content-(length)|Hash \((md5|crc32c)\)):\s+(\S+)\s*\Z", re.IGNORECASE)
# Values of a line of `rclone lsf --format`, in any order.
_OF_LSF = {"size": r"-?[0-9]{1,15}", "time": _TIME} | {
    name: rf"[0-9a-f]{{{length}}}" for length, name in BY_LENGTH.items()
}
# Most characters of a line of `rclone lsf`.
_LONGEST = 1 << 14
_HAS_EXTENSION = re.compile(r".*\.[A-Za-z]\w{0,9}")


def _listed(line: str) -> dict[str, str] | None:
    """The cells of a line that lists a file or folder, which `rclone lsf` writes in any order; None for another line."""
    if match := next(filter(None, (form.match(line) for form in _LINES)), None):
        cells = {name: value.strip() for name, value in match.groupdict("").items()}
        if "metageneration" in line:
            cells["path"] = _GENERATION.sub("", cells["path"])
        if cells.pop("inode", ""):  # find -ls escapes blanks
            cells["path"] = cells["path"].replace("\\ ", " ")
        if (cells.pop("mode", "") or "-")[0] not in "-f":  # folders and links, which lead to what is listed elsewhere
            cells["path"] += "/"
        return cells
    if len(line) > _LONGEST:
        return None
    is_csv = ";" not in line and re.search(_TIME, line) is not None
    values = [value for value in (next(csv.reader([line])) if is_csv else line.split(";")) if value]
    names = [next((name for name, form in _OF_LSF.items() if re.fullmatch(form, value)), "path") for value in values]
    cells = dict(zip(names, values, strict=True))
    path = cells.get("path", "x://x")
    # A time before a text is a line of a log.
    is_log = len(cells) < 3 and "time" in cells and not (path.endswith("/") or _HAS_EXTENSION.fullmatch(path))
    is_one = len(cells) == len(values) > 1 and not scheme_of(path) and not is_log
    return cells if is_one else None


def _line_rows(file_list: FileList) -> Iterator[Row]:
    row, folder, top = None, "", ""
    for number, line in numbered_lines(file_list):
        if row is not None and line[:1].isspace():
            if match := _PROPERTY.match(line):
                row.cells[(match[1] and "size") or match[2].lower()] = match[3]
            continue
        if row is not None:
            yield _entry(row, file_list)
            row = None
        if match := _OBJECT.match(line):
            row = Row(number, {"path": match[1]})
        elif cells := _listed(line):
            if folder and line[0] in "-d":
                cells["path"] = f"{folder}/{cells['path']}".removeprefix(f"{top}/")
            yield _entry(Row(number, cells), file_list)
        else:
            if line.endswith(":") and not scheme_of(line):  # of ls -R; an absolute path is one of another machine
                folder = line[:-1]
                top = top or (folder if folder.startswith("/") else ".")
            file_list.notes["lines name no object, and are ignored"] += 1
    if row is not None:
        yield _entry(row, file_list)


def _is_listing(head: Head) -> bool:
    are_lines = most_lines(head, lambda line: _listed(line) or _NOT_LISTED.match(line))
    # Other tables have numbers and semicolons, too.
    are_lines = are_lines and any(
        cells and (";" not in line or "time" in cells or "/" in line or _HAS_EXTENSION.fullmatch(cells["path"]))
        for line in head.lines
        for cells in [_listed(line)]
    )
    return are_lines or any(_OBJECT.match(first) and second[:1].isspace() for first, second in pairwise(head.lines))


LISTING = Format(
    "listing",
    "listing of a bucket or folder",
    "lines of aws s3 ls --recursive, s3cmd ls, s5cmd ls, gsutil ls -l or -L, gcloud storage ls, mc ls, azcopy list, rclone ls or lsf, ls -lR, find -ls or FTP; a current.tree",
    _is_listing,
    _line_rows,
    _files,
    Manual(
        "the object; of lines without a bucket in that of `--base s3://BUCKET`",
        "those that S3, Google or Azure states",
        "by scheme",
    ),
)


# -- entries in JSON

# Columns by which entries are recognised: of rclone lsjson, Hugging Face, S3, az storage blob list, gcloud storage ls and azcopy list.
_ENTRY_MARKS = (
    {"path", "isdir", "size"},
    {"path", "type", "oid", "size"},
    {"key", "etag", "size"},
    {"name", "container", "properties"},
    {"url", "type", "metadata"},
    {"messagetype", "messagecontent"},
)
_TREE = re.compile(r'\s*\[\s*\{"type": ?"directory", ?"name"')


def _response_in(head: Head) -> tuple[Mapping[str, object], Sequence[Mapping[str, object]]]:
    """A response of S3, Hugging Face or GitHub, or what `tree -J` or Git LFS writes, with the entries in it; none of another list."""
    is_tree = _TREE.match(head.text) is not None
    payload = head.document if head.is_object or is_tree else None
    response = payload if is_object(payload) else {}
    if is_tree:
        return response, [*_nodes(payload)]
    entries = [entry for name in ("Contents", "siblings", "tree") for entry in only_objects(response.get(name))]
    entries = entries or [
        {"path": file.get("name"), "size": file.get("size"), str(file["oid_type"]): file.get("oid")}
        for file in only_objects(response.get("files"))
        if "oid_type" in file
    ]
    is_one = any(not {"Key", "path", "rfilename"}.isdisjoint(entry) for entry in entries)
    return (response, entries) if is_one else ({}, [])


def _nodes(tree: object, folder: str = "") -> Iterator[Mapping[str, object]]:
    """The files of what `tree -J` writes, with their paths."""
    for node in only_objects(tree):
        path = f"{folder}{node.get('name', '')}"
        is_folder = node.get("type") == "directory"
        yield from _nodes(node.get("contents"), f"{path}/") if is_folder else [{**node, "path": path}]


def _entry_rows(file_list: FileList) -> Iterator[Row]:
    """The entries of a folder, each with its address; the folders in it have none."""
    response, entries = _response_in(file_list.head)
    if response.get("IsTruncated") or response.get("truncated"):
        file_list.notes["it is one page of a list, or a part of it; request the other entries, too"] = 0
    objects = (Row(at, {name: text_of(cell) for name, cell in entry.items()}) for at, entry in enumerate(entries, 1))
    bucket = f"s3://{response['Name']}" if response.get("Name") else ""
    is_encoded = response.get("EncodingType") == "url"
    for row in objects if entries else table_rows(file_list):
        is_result = "file_name" in row.cells  # of a result manifest
        yield row if is_result else _entry(row, file_list, bucket, is_encoded=is_encoded)


ENTRIES = Format(
    "entries",
    "entries of a folder by rclone, S3, Azure, Google, Hugging Face, GitHub or Git LFS, in JSON",
    "path, isdir and size; path, type and oid; key, etag and size; an object with Contents, siblings or tree, or files with oid_type; those of az storage blob list, gcloud storage ls, azcopy list, mc ls and tree",
    lambda head: (
        any(marks <= {*head.columns} for marks in _ENTRY_MARKS)
        or bool(_response_in(head)[1])
        or (head.is_object and head.document is None and BEGINNING.match(head.text) is not None)
    ),
    _entry_rows,
    _files,
    manual=Manual(
        "the path in `--base URL`, such as `s3://BUCKET`", "MD5, SHA-1, SHA-256, CRC32C", "by scheme and host"
    ),
)


# -- pages of servers

_LISTED_OBJECT = re.compile(r"<(?:Contents|CommonPrefixes|Blob|BlobPrefix)>")
# Azure encodes a name that XML cannot have.
_MEMBER = re.compile(r'<(Key|Name|Size|Content-Length|Content-MD5)(?: (Encoded)="true")?>([^<]*)</')
_BUCKET = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<ListBucketResult\b(?:(?!<Contents>).)*?<Name>([^<]+)<"
    r'|<EnumerationResults\b[^>]*ServiceEndpoint="([^"]+)"[^>]*ContainerName="([^"]+)")',
    re.DOTALL,
)
_INDEX = re.compile(
    r"<title>[^<]*(?:index of|directory listing|listing directory)|>\[?(?:to )?parent directory\]?<|href=[\"']?\.\./?[\"' >]",
    re.IGNORECASE,
)


def _page_rows(file_list: FileList) -> Iterator[Row]:
    """The files of a page: of objects with their sizes, or links of an index."""
    with opened(file_list) as text:
        page = text.read(LONGEST_DOCUMENT + 1)
    if len(page) > LONGEST_DOCUMENT:
        raise ListError(f"{file_list.shown}: a page of more than 64 MiB", remedy="Use another list of its files.")
    if bucket := _BUCKET.match(page):
        scheme = "gs" if "<Generation>" in page else "s3"
        base = f"{scheme}://{bucket[1]}" if bucket[1] else f"{bucket[2]}{bucket[3]}"
        if "<IsTruncated>true" in page or re.search("<NextMarker>[^<]", page):
            file_list.notes["it is one page of a list; request the other entries, too"] = 0
        for number, body in enumerate(_LISTED_OBJECT.split(page)[1:], 1):
            cells = {
                name.replace("-", ""): unquote(value) if encoded else unescape(value)
                for name, encoded, value in _MEMBER.findall(body)
            }
            yield _entry(Row(number, cells), file_list, base, is_encoded="<EncodingType>url<" in page)
        return
    base = folder_of(file_list, ": it does not state its own address").rstrip("/")
    index = index_of(f"{base}/", PAGES[0], page.encode())
    if not index.links:
        problem = f"{file_list.shown}: no link of this page is in {base}"
        raise ListError(problem, remedy="State the URL of the page itself: --base URL.")
    files = [link for link in index.links if not link.is_folder]
    if left := len(index.links) + len(index.invalid) - len(files):
        file_list.notes["folders are left out: omics get or cp -r with the URL of the page takes them, too"] = left
    yield from (Row(at, {"url": f"{base}/{link.segment}", "file_name": link.name}) for at, link in enumerate(files, 1))


PAGE = Format(
    "index",
    "page of a folder or bucket",
    "HTML of an index by Apache, nginx, lighttpd, IIS or their like; XML with ListBucketResult or EnumerationResults",
    lambda head: head.text.lstrip()[:1] == "<" and bool(_BUCKET.match(head.text) or _INDEX.search(head.text)),
    _page_rows,
    _files,
    manual=Manual("the link in `--base URL`, or the object", "MD5 that Azure states", "by scheme and host"),
)


# -- inventories of S3


def _inventory_rows(file_list: FileList) -> Iterator[Row]:
    """The objects of the lists that a manifest names, which are beside it: no list states its own columns."""
    document = file_list.head.document
    manifest = document if is_object(document) else {}
    names = str(manifest.get("fileSchema")).split(", ")
    if manifest.get("fileFormat") != "CSV":
        raise ListError(f"{file_list.shown}: its lists are no CSV", remedy="Configure the inventory to write CSV.")
    bucket, folder = str(manifest.get("destinationBucket")).rpartition(":")[2], file_list.path.parent
    for key in (str(part.get("key")) for part in only_objects(manifest.get("files"))):
        paths = [above / last_part(key) for above in (folder, folder / "data", folder.parent / "data")]
        path = next(filter(Path.is_file, paths), None)
        if path is None:
            remedy = f"Put it there: omics cp s3://{bucket}/{key} {folder}/"
            raise ListError(f"{file_list.shown}: its list {paths[0].name} is not beside it", remedy=remedy)
        with opened(file_list._replace(path=path)) as text:
            for number, values in rows_of(lines_of(text), ","):
                cells = dict(zip(names, values, strict=False))
                if cells.get("IsLatest") == "false" or cells.get("IsDeleteMarker") == "true":
                    continue
                yield _entry(Row(number, cells), file_list, f"s3://{cells.get('Bucket')}", is_encoded=True)


INVENTORY = Format(
    "s3-inventory",
    "manifest.json of an inventory of S3",
    "sourceBucket, fileSchema and files",
    lambda head: is_object(head.document) and {"sourceBucket", "fileSchema", "files"} <= head.document.keys(),
    _inventory_rows,
    _files,
    manual=Manual("the object, of the newest version", "those that S3 states", "your AWS login"),
)
