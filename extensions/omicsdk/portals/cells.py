"""What the cells of a list state: sizes, checksums, names, and the addresses of files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, quote, unquote, urljoin, urlsplit

from omicsdk.core.checksums import hexadecimal
from omicsdk.core.credentials import is_confidential
from omicsdk.core.json_coding import decoded
from omicsdk.core.redaction import without_query
from omicsdk.core.type_guards import is_array, number_in
from omicsdk.drs.identifiers import NotADrsId, parse_drs_id
from omicsdk.fs.uris import BLANKS, WEB
from omicsdk.portals.lists import FileList, ListedFile, ListError, RowFault, UnsafeRow, scheme_of
from omicsdk.transfer.names import wrong_with

# Algorithms of checksums that lists state, the strongest first.
ALGORITHMS = ("sha512", "blake2b", "sha384", "sha256", "sha224", "sha1", "md5", "crc32c")
# Algorithms by the number of hexadecimal digits of their checksums, where it tells them.
BY_LENGTH = {32: "md5", 40: "sha1", 56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
# Cells that state nothing, in lower case: those of portals, and what R and pandas write.
NOTHING = frozenset(
    ("", "-", ".", "na", "<na>", "n/a", "nan", "none", "null", "missing", "not available", "pending", "tbd")
)


def first_of(cells: Mapping[str, str], names: Iterable[str]) -> str:
    """The first value under one of several names; empty where there is none.

    Args:
        cells: Values by name.
        names: The names, the preferred one first.
    """
    return next((value for name in names if (value := cells.get(name, "").strip())), "")


def size_in(text: str) -> int | None:
    """The size in bytes that a cell states: 123, 123.0, 36,781,467, 36 781 467 or 36'781'467; None where it states none, or a rounded
    one such as 1.2G.

    Args:
        text: The cell.

    Raises:
        RowFault: It is something else.
    """
    size_text = text.strip()
    if (size := number_in(size_text)) is not None:
        return size
    if size_text.lower() in NOTHING | {"unknown"} or _ROUNDED.fullmatch(size_text):
        return None
    written = _WHOLE.fullmatch(size_text)
    if written is None or (size := number_in(re.sub("[^0-9]", "", written[1]))) is None:
        raise RowFault(f"{size_text[:40]!r} is not a size in bytes{_rewritten(size_text)}")
    return size


# A spreadsheet set to English, French or Swiss German separates thousands by a comma, a blank or an apostrophe. One set to German writes
# 100000 as 100.000, which is 100 to others: it is refused.
_WHOLE = re.compile(
    r"(?![1-9][0-9]{0,2}\.000(?![0-9]))([0-9]+|[0-9]{1,3}(?:([,\s'\N{RIGHT SINGLE QUOTATION MARK}])[0-9]{3})(?:\2[0-9]{3})*)(?:\.0*)?"
    r"(?:\s?(?:B|bytes?))?",
    re.IGNORECASE,
)
# A size that is not exact, such as 1.2G: files are not compared with it.
_ROUNDED = re.compile(r"[0-9][0-9.,]* ?[KMGTP]i?B?", re.IGNORECASE)


def checksums_in(cells: Mapping[str, str]) -> dict[str, str]:
    """The checksums of cells, as lower-case hexadecimal digits.

    The ETag of an S3 upload in parts, which some portals state as MD5, is left out: it is no checksum of the file's bytes.

    Args:
        cells: Cells by algorithm, in hexadecimal digits or Base64; empty and other ones state nothing.

    Raises:
        RowFault: One is no checksum of its algorithm.
    """
    checksums: dict[str, str] = {}
    for algorithm in ALGORITHMS:
        value = cells.get(algorithm, "").strip()
        if value.lower() in NOTHING or value.lower() == algorithm:  # a placeholder
            continue
        if text := hexadecimal(algorithm, value):
            checksums[algorithm] = text
        # Some lists have MD5s below "sha256": a checksum of this length can be no other.
        elif (named_wrongly := BY_LENGTH.get(len(value), "")) and (text := hexadecimal(named_wrongly, value)):
            checksums[named_wrongly] = text
        elif not re.fullmatch(r"[0-9A-Fa-f]{32}-[0-9]+", value):
            raise RowFault(f"{value[:70]!r} is not a valid {algorithm}{_rewritten(value)}")
    return checksums


# What spreadsheets make of long numbers and texts: 1,88E+05, 188.433, ####, #NAME?.
_SPREADSHEET = re.compile(
    r"[0-9]+(?:[.,][0-9]+)+(?:E\+?[0-9]+|\s?(?:B|bytes?))?|[0-9]+E\+?[0-9]+|#+|#[A-Z/0]+[?!]?", re.IGNORECASE
)


def _rewritten(text: str) -> str:
    return " (a spreadsheet rewrote it)" if _SPREADSHEET.fullmatch(text) else ""


def name_in(value: str, what: str = "the file name") -> str:
    """A name that can be one in any folder, without parts that are a dot; an empty one is left to the service.

    Args:
        value: The name.
        what: What it is in the list.

    Raises:
        UnsafeRow: It is absolute, or has "..", NUL or an empty part.
    """
    # As `find .` writes names.
    name = "/".join(part for part in value.split("/") if part != ".") or value
    if name and (reason := wrong_with(name)):
        raise UnsafeRow(f"{what} {value[:200]!r} {reason}")
    return name


# Schemes of URLs that are fetched as they are.
URLS = ("http", "https", "ftp")
# Schemes of `omicsdk.fs` whose files are fetched by their store.
STORES = ("s3", "sb", "dss", "gen3", "pangea", "crunch")
# What to do with a folder where a list of its files cannot be had.
_OF_FOLDERS = {"gs": "Name its files, or copy it: omics cp -r.", "ftp": "Name its files."}
# Ends of arrays that are stored as folders; a Zarr in one file ends with .zip.
_ARRAYS = (".zarr", ".n5")
# The address of an object in a bucket, whose name is before the host's or the first part of the path.
_OBJECT = re.compile(
    r"https?://(?:([^/?#]+)\.)?(?:s3[\w.-]*\.(amazonaws)\.com|storage\.googleapis\.com)/+([^?#]+)", re.IGNORECASE
)


def in_bucket(url: str) -> str:
    """The URI of what a URL addresses in a bucket of S3 or Google; one with placeholders for that of another server.

    Args:
        url: The URL.
    """
    if not (match := _OBJECT.match(url)):
        return "s3://BUCKET/PATH"
    return f"{'s3' if match[2] else 'gs'}://{'/'.join(filter(None, (match[1], unquote(match[3]))))}"


# Schemes of addresses that can be downloaded.
FETCHABLE = frozenset((*URLS, *STORES, "gs", "drs"))
# The page of a Git repository.
REPOSITORY = re.compile(r"https?://(?:www\.)?git(?:hub|lab)\.com/[^/\s?#]+/[^/\s?#]+/?\s*\Z")
# Pages of files in repositories and shared folders, by a part of their addresses, and the addresses of their bytes.
_REPOSITORY = r"(https?://(?:(?:www\.)?github\.com/|gitlab\.com/[^?#]*?/(?=[^/]+/-/))[^/?#]+/[^/?#]+)/blob/"
_PAGES_OF_FILES = {
    "/blob/": (re.compile(_REPOSITORY), r"\1/raw/"),
    "//huggingface.co/": (re.compile(r"(co/(?:datasets/)?[^/?#]+/[^/?#]+)/blob/"), r"\1/resolve/"),
    "//www.dropbox.com/": (re.compile(r"(?<=[?&])dl=0"), "dl=1"),
    "//www.dropbox.com/s/": (re.compile(r"\A([^?#]+)\Z"), r"\1?dl=1"),
    "//drive.google.com/": (re.compile(r"(?:file/d/|open\?id=)([\w-]+)\S*"), r"uc?export=download&id=\1"),
    ".sharepoint.com/:": (re.compile(r"\A([^?#]+/:[^f]:/[^?#]+)(?:\?(?!.*\bdownload=)|\Z)"), r"\1?download=1&"),
    # Nextcloud, whose links have 15 characters.
    "/s/": (re.compile(r"(?<!/)/(index\.php/s/\w+|s/[A-Za-z0-9]{15})/?\Z"), r"/\1/download"),
}
# Services whose identifiers name one file; with the service before it, `gdc:UUID`, one is an address.
IDENTIFIED = frozenset(("gdc", "gen3-guid", "sb-file", "dss-file"))
_UNREACHABLE = {
    **dict.fromkeys(
        ("az", "azure", "abfs", "abfss", "adl", "wasb", "wasbs"),
        "is a URI of Azure: use the file's https URL with a SAS, https://ACCOUNT.blob.core.windows.net/CONTAINER/NAME?SAS",
    ),
    "fasp": "is an address of Aspera (fasp://), which cannot be downloaded: use the list of HTTPS or FTP addresses",
    "azul": "is a URI of omics cp: name the project, azul:UUID",
    "dx": "is a file of DNAnexus: download it by its own client, dx download",
    "ftps": "is an address of FTP over TLS, which is not supported: use its HTTPS or FTP address",
    "globus": "is an address of Globus, which cannot be downloaded: use Globus, or a list of HTTPS addresses",
    "sftp": "is an address of SFTP, which is not supported: use its HTTPS address, or download it with sftp",
    "tag": "is a tag: URI, which has no address: the file must be supplied in another way",
}
# Resolvers of identifiers in the order in which they are tried: the identifier is {}, and {1} its part after the prefix.
_RESOLVERS = {
    "ark": ("https://n2t.net/{}", "https://arks.org/{}"),
    "minid": ("https://n2t.net/{}", "https://identifiers.org/{}"),
    "doi": ("https://doi.org/{1}",),
    "hdl": ("https://hdl.handle.net/{1}",),
    "ga4ghdos": ("drs://{1}",),
    "dos": ("drs://{1}",),
}


def _resolvers_of(identifier: str) -> list[str]:
    """The addresses of an identifier such as ark:/57799/b9dd5t; itself where no resolver is known."""
    prefix, colon, rest = identifier.partition(":")
    resolvers = _RESOLVERS.get(prefix.lower(), ()) if colon and rest.strip("/") else ()
    return [
        resolver.format(quote(identifier, safe=":/"), quote(rest.lstrip("/"), safe="/:")) for resolver in resolvers
    ] or [identifier]


# Last parts of URLs that name no file: its name is a value of the query, or what the server states.
_NO_NAME = re.compile(r"download|content|file|uc|:\w+|\d+|[\w-]+\.(?:php|f?cgi|aspx?|jsp)", re.IGNORECASE)
_FILE_NAME = re.compile(r"[\w.+ -]+\.[A-Za-z]\w{0,9}")
_GENERATION = re.compile(r"#\d{15,}\Z")
# Variables of shells, make, Python, Jinja and manuals, in a query, too, but for those in braces; and wildcards, which
# names of alleles of HLA have before digits.
_VARIABLE = re.compile(r"\{\{[^{}]*\}\}|\$\{\w+\}|\$\(?[A-Z][A-Z_]+\)?|(?<=/)\$\(?[A-Za-z_]\w*\)?|<[A-Za-z][\w %-]*>")
_TEMPLATE = re.compile(rf"\*(?!\d)|%[sd](?![0-9A-Fa-f])|\{{(?:[A-Za-z_][\w.:]*|\d?)\}}|{_VARIABLE.pattern}")
_MARKS = frozenset("*%{$<")
_SUM_IN_FRAGMENT = re.compile(
    r"(?:.*&)?(md5|sha1|sha224|sha256|sha384|sha512)[=:]([^&]+)(?:&.*)?|([0-9a-f]{32})", re.IGNORECASE
)
"""A checksum behind a URL, as indexes of pip and lists of conda state it, in these an MD5 without its name."""
# The beginning of a URL with a login, in any text.
_LOGIN = re.compile(r"\b((?:https?|ftp)://)[^/?#\s]*@", re.IGNORECASE)


def without_logins(text: str) -> str:
    """The text with its URLs as they are without logins, which no result keeps.

    Args:
        text: A cell of a list, or a URL.
    """
    return _LOGIN.sub(r"\1", text) if "@" in text else text


def file_at(
    url: str,
    *,
    name: str = "",
    size: int | None = None,
    checksums: Mapping[str, str] | None = None,
    folder: str = "",
    mirrors: tuple[str, ...] = (),
    headers: Mapping[str, str] | None = None,
) -> ListedFile:
    """A file at a URL or URI.

    Args:
        url: Where it is, or an identifier of `IDENTIFIED`.
        name: Its path in the target folder; by default the last part of its URL.
        size: Its size in bytes.
        checksums: What the list states; by default those in the fragment of its URL: `#md5=...`.
        folder: Its folder in the layout `id`; by default the host and path of its URL.
        mirrors: Further URLs of it.
        headers: Headers of requests.

    Raises:
        RowFault: The text is no URL, of another scheme, has no file name, or its login would be sent over http.
    """
    address = url.strip(BLANKS)
    scheme = scheme_of(address)
    if scheme in URLS:
        address = address.replace(" ", "%20")
    service, _, identifier = address.partition(":")
    if service in IDENTIFIED and identifier:
        return ListedFile(service, identifier, name, size, checksums or {}, folder)
    if not scheme:
        address, *others = _resolvers_of(address)
        scheme, mirrors = scheme_of(address), (*others, *mirrors)
    if scheme in ("gs", "gcs"):  # fsspec calls it gcs, and gsutil appends a generation
        address, scheme = f"gs{_GENERATION.sub('', address[len(scheme) :])}", "gs"
    for part, (page, to) in _PAGES_OF_FILES.items():
        address = page.sub(to, address) if part in address else address
    if REPOSITORY.match(address):
        raise RowFault(f"{address[:200]!r} is a Git repository: clone it")
    if scheme not in FETCHABLE:
        why = _UNREACHABLE.get(scheme or address.partition(":")[0].lower(), "is not a URL that can be downloaded")
        raise RowFault(f"{without_query(address)[:200]!r} {why}")
    path, _, query = address.partition("?") if not _MARKS.isdisjoint(address) else ("", "", "")
    if template := _TEMPLATE.search(path) or _VARIABLE.search(query):
        remedy = "name each file, or get its folder with --include PATTERN"
        raise RowFault(f"{without_query(address)[:200]!r} has {template[0]!r} in place of a name: {remedy}")
    if scheme == "drs":
        try:
            parse_drs_id(address)
        except NotADrsId as error:
            raise RowFault(error.message) from error
        return ListedFile("drs", address, name, size, checksums or {}, folder)
    try:
        where = urlsplit(address)
    except ValueError as error:
        raise RowFault(f"{without_query(address)[:200]!r} is not a valid URL: {error}") from None
    for copy in (address, *mirrors):
        has_login = _LOGIN.match(copy) or ("authorization" in (headers or {}) and copy is address)
        if has_login and scheme_of(copy) == "http" and not is_confidential(copy):
            remedy = "use its https URL, with the login in your netrc file"
            raise RowFault(f"{without_query(copy)[:200]!r}: a password is not sent over http: {remedy}")
    path = unquote(where.path) if scheme in URLS else address.partition("://")[2].partition("/")[2]
    above, _, last = path.rstrip("/").rpartition("/")
    kind = "url" if scheme in URLS else scheme
    if not checksums and scheme in URLS and (stated := _SUM_IN_FRAGMENT.fullmatch(where.fragment)):
        checksums = checksums_in({(stated[1] or "md5").lower(): stated[2] or stated[3]})
    if not name and not mirrors and not headers and scheme in WEB and _NO_NAME.fullmatch(last):
        in_query = [text for _, text in parse_qsl(where.query) if _FILE_NAME.fullmatch(text)]
        name, kind = (in_query[0], kind) if in_query else ("", scheme)
    elif not name and scheme in (*URLS, "gs"):  # other services state the name
        if not last:
            raise RowFault(f"{without_query(address)[:200]!r} ends without a file name")
        name = name_in(last, "the file name of the URL")
    if not folder:
        folder = "/".join(part for part in (where.hostname or "", *above.split("/")) if part)
    error = None
    if scheme in _OF_FOLDERS and address[-1] == "/":
        error = ListError(f"{without_logins(address)[:200]} is a folder", remedy=_OF_FOLDERS[scheme])
    elif last.endswith(_ARRAYS) and not checksums and scheme not in STORES:  # stores list what is in it
        remedy = _OF_FOLDERS.get(scheme, f"Copy it from its bucket: omics cp -r {in_bucket(address)} .")
        error = ListError(f"{without_query(address)[:200]} is a store of Zarr or N5, which is a folder", remedy=remedy)
    return ListedFile(kind, address, name, size, checksums or {}, folder, mirrors, headers or {}, error)


def address_in(base: str, path: str) -> str:
    """The address of a file in a folder.

    Args:
        base: The URL of the folder.
        path: The file's path in it.

    Raises:
        RowFault: They make no valid address.
    """
    if scheme_of(base) not in URLS:  # keys of a bucket are not quoted
        return f"{base.rstrip('/')}/{path.removeprefix('./')}"
    # "%" is kept: a path in a list may be quoted already.
    return joined_address(f"{base.rstrip('/')}/", quote(path, safe="/%", errors="replace"))


def joined_address(base: str, address: str) -> str:
    """The address that a relative one stands for.

    Args:
        base: The URL that it is relative to.
        address: The relative address.

    Raises:
        RowFault: They make no valid address.
    """
    try:
        return urljoin(base, address)
    except ValueError as error:
        raise RowFault(f"{address[:200]!r} is not a valid address: {error}") from None


def folder_of(file_list: FileList, problem: str, default: str = "") -> str:
    """The URL of the folder that paths of a list refer to.

    Args:
        file_list: The list.
        problem: What has no address, for the error.
        default: The folder by the list itself, where the user states none.

    Raises:
        ListError: It is not known, or is that of an API.
    """
    base = file_list.base or default
    if not base or "://huggingface.co/api/" in base or "://api." in base:
        examples = "s3://BUCKET, https://huggingface.co/datasets/OWNER/NAME/resolve/main, or https://github.com/OWNER/NAME/raw/main"
        remedy = f"State the URL of their folder with --base URL, such as --base {examples}, or give the list's own URL instead of the file."
        raise ListError(f"{file_list.shown}{problem}", remedy=remedy)
    return base


def texts_in(cell: str) -> list[str]:
    """The texts of a cell that may be a JSON array of them.

    Args:
        cell: The cell.
    """
    text = cell.strip()
    if not text.startswith("["):
        return [text]
    try:
        value: object = decoded(text)
    except ValueError:
        return [text]
    return [text for text in value if isinstance(text, str)] if is_array(value) else [text]
