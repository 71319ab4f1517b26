"""What the columns of any table state: by their headings, by what their cells hold, or as the user states it.

A column of addresses is found by both: of the columns that hold addresses those with such a heading, or all but those of
web pages if none has one. Addresses of a row that end with the same name are copies of one file; others are several files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from omicsdk.drs.objects import hexadecimal
from omicsdk.drs.resolution import server_url
from omicsdk.portals.lists import (
    ALGORITHMS,
    FETCHABLE,
    FileList,
    ListedFile,
    ListError,
    Row,
    Stated,
    address_in,
    checksums_in,
    file_at,
    first_of,
    name_in,
    scheme_of,
    size_in,
)

ROLES = ("url", "name", "size", "checksum", *ALGORITHMS)
"""What `--map` can state: `checksum` is of the algorithm that its text shows."""

_NOTHING = frozenset(("", "-", ".", "na", "n/a", "nan", "none", "null"))
"""Cells that state nothing."""
_ADDRESS = re.compile(
    r"(?:.*_)?(?:ur[li]s?|links?|download|href|ftp|address|fastq_[12]|cr?am|bam)(?:_\d+)?|fastq_\w*|(?:s3|gs|drs)(?:_\w+)?"
    r"|location|(?:array|derived_array)_data_file|.*_file"
)
_PATH_HEADING = re.compile(r"(?:.*_)?(?:files?|file_?names?|(?:file_?|relative_)?path|image)|name|output|target_name")
"""Headings of columns of names: SDRF and ISA-Tab have `… Data File`, BioStudies `Files`."""
_PATH = re.compile(r"(?![A-Za-z][A-Za-z0-9+.-]*:)[^\s/|<>*?][^|<>*?]*\.[A-Za-z]\w{0,9}\s*\Z")
"""A name or relative path with the extension of a file."""
_PAGES = re.compile(
    r"home_?page|web_?site|web_?page|licen[cs]e|doi|reference|publication|citation|documentation|landing|schema"
)
_NAMES = ("file_name", "filename", "filepath", "file_path_name", "output", "target_name", "name", "file")
_SIZES = re.compile(
    r"(?:file_?)?(?:size|bytes|length)(?:_(?:in_)?bytes?)?|content_?(?:length|size)|byte_?(?:size|count)"
)
_SUMS = ("checksum", "hash", "digest", "checksums", "hashes", "checksum_value")
_ALGORITHM = re.compile(r"(?:\A|_)(sha_?512|sha_?256|sha_?1|md5|crc32c)(?:\Z|_|sum|hash)")
_LENGTHS = {
    8: "crc32c",
    32: "md5",
    40: "sha1",
    64: "sha256",
    128: "sha512",
    24: "md5",
    28: "sha1",
    44: "sha256",
    88: "sha512",
}
"""Algorithms by the length of their checksums, in hexadecimal digits and in Base64."""
_PREFIXED = re.compile(r"\{?(md5|sha-?1|sha-?256|sha-?512|crc32c)\}?[:=\s]\s*(\S+)", re.IGNORECASE)
_MULTIHASHES = {"1220": "sha256", "1114": "sha1", "1340": "sha512", "d50110": "md5"}
_BETWEEN = re.compile(r"[\s,;|\[\]\"']+(?=[A-Za-z][A-Za-z0-9+.-]*://|(?:ftp|ftp-\w+)\.[\w-]+\.|\Z)")
_WITHOUT_SCHEME = re.compile(r"(?:ftp|ftp-\w+|fasp)\.[\w-]+(?:\.[\w-]+)+:?/\S")
_CELL = re.compile(r"[\[\"'\s]*(?:[A-Za-z][A-Za-z0-9+.-]*://[^\s/]\S*|dg\.[A-Za-z0-9]+[/:]\S+)")
_EXTENSION = re.compile(r"://[^/\s]+/\S*\.\w{1,8}(?:[?#].*)?[\"'\]]*\Z")
"""An address that ends like that of a file: terms of ontologies and pages mostly do not."""
_STEM = re.compile(r"(?:_(?:ftp|url|uri|link|file|path|galaxy|aspera))+\Z|\A(?:ftp|url|uri|link)_")


def addresses_in(cell: str) -> list[str]:
    """The addresses of a cell that may have several, in brackets, and without a scheme if their host is a server of files.

    Args:
        cell: The cell.
    """
    text = cell.strip().strip("[]\"'").strip()
    if text.lower() in _NOTHING:
        return []
    return [each for part in _BETWEEN.split(text) if (each := _with_scheme(part.strip().strip("\"'")))]


def _with_scheme(text: str) -> str:
    if _WITHOUT_SCHEME.match(text):
        host, slash, path = text.partition("/")
        return f"{server_url(host)}{slash}{path}" if not host.startswith("fasp.") else f"fasp://{text}"
    return text


def is_address(cell: str) -> bool:
    """Whether a cell has addresses of files.

    Args:
        cell: The cell.
    """
    return (_CELL.match(cell) or _WITHOUT_SCHEME.match(cell.strip())) is not None


def heading(name: str) -> str:
    """A column's name as headings are compared: in lower case, an underscore for whatever is neither letter nor digit."""
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()).strip("_")


def stated_by(names: Sequence[str], rows: Iterable[Sequence[str]], *, paths: bool = False) -> Stated:
    """What the columns of a table state; no addresses if it has none.

    Args:
        names: The names of its columns.
        rows: The cells of its first rows.
        paths: Whether addresses are names and paths, relative to a folder.
    """
    is_held, is_heading = (_PATH.match, _PATH_HEADING) if paths else (is_address, _ADDRESS)
    filled, held, named = [0] * len(names), [0] * len(names), [0] * len(names)
    for cells in rows:
        for place, cell in enumerate(cells[: len(names)]):
            if cell.strip().lower() not in _NOTHING:
                filled[place] += 1
                held[place] += bool(is_held(cell))
                named[place] += not paths and _EXTENSION.search(cell.strip()) is not None
    # A row with a fault does not hide a column: half of its cells are addresses.
    having = [place for place in range(len(names)) if held[place] * 2 > filled[place]]
    keys = [heading(name) for name in names]
    urls = [place for place in having if is_heading.fullmatch(keys[place]) and not _PAGES.search(keys[place])]
    urls = urls or [place for place in having if named[place] * 2 > filled[place] and not _PAGES.search(keys[place])]
    lower = [name.lower() for name in names]
    others = [place for place in range(len(names)) if place not in having]
    sums = [(lower[place], algorithm) for place in others if (algorithm := _algorithm_of(keys[place])) is not None]
    return Stated(
        tuple(lower[place] for place in urls),
        tuple(lower[place] for key in _NAMES for place in others if keys[place] == key),
        tuple(
            lower[place]
            for place in others
            if _SIZES.fullmatch(re.sub(r"_?\d\Z|\Afastq_|\A\w+_(?=bytes)", "", keys[place]))
        ),
        tuple(sums),
    )


def _algorithm_of(key: str) -> str | None:
    """The algorithm of a column of checksums; empty if only their text shows it, None for another column."""
    if found := _ALGORITHM.search(key):
        return found[1].replace("_", "")
    return "" if key in _SUMS else None


def sums_in(algorithm: str, text: str) -> dict[str, str]:
    """The checksum of a cell, by its algorithm.

    Args:
        algorithm: The algorithm; empty where the text shows it: `sha256:…`, or its length.
        text: The cell.

    Raises:
        RowFault: It is none of this algorithm.
    """
    value = text.strip().strip("\"'")
    if value.lower() in _NOTHING:
        return {}
    if found := _PREFIXED.match(value):
        algorithm, value = found[1].lower().replace("-", ""), found[2]
    elif not algorithm:
        algorithm = _LENGTHS.get(len(value), "")
    return checksums_in({algorithm: value}) if algorithm in ALGORITHMS else {}


def multihash_in(text: str) -> dict[str, str]:
    """The checksum of a multihash in hexadecimal digits; none of an algorithm that cannot be verified.

    Args:
        text: The multihash.
    """
    value = text.strip().lower()
    found = ((named, value[len(mark) :]) for mark, named in _MULTIHASHES.items() if value.startswith(mark))
    return {named: digest for named, rest in found if (digest := hexadecimal(named, rest))}


def stated_by_user(columns: Iterable[tuple[str, str]], names: Sequence[str], shown: str) -> Stated:
    """What the user states of columns.

    Args:
        columns: Roles and columns.
        names: The table's columns.
        shown: The table in messages.

    Raises:
        ListError: It has no such column, or no column of addresses is stated.
    """
    lower, roles = {name.lower() for name in names}, dict[str, list[str]]()
    for role, column in columns:
        if column.lower() not in lower:
            remedy = f"Its columns are {', '.join(names[:20])}."
            raise ListError(f"{shown}: --map {role}={column}: no column is called so", remedy=remedy)
        roles.setdefault(role, []).append(column.lower())
    sums = [(column, "" if role == "checksum" else role) for role in ROLES[3:] for column in roles.get(role, ())]
    urls, named, sizes = (tuple(roles.get(role, ())) for role in ROLES[:3])
    return Stated(urls, named, sizes, tuple(sums))


def files_stated(row: Row, stated: Stated, listed: FileList) -> Iterator[ListedFile]:
    """The files of a row: those of its addresses, of which equal names are copies.

    Args:
        row: The row, its columns in lower case.
        stated: What they state.
        listed: Their table.

    Raises:
        RowFault: An address cannot be downloaded, or another value is invalid.
    """
    found: dict[str, list[tuple[str, str, int]]] = {}
    for column in stated.urls:
        for place, url in enumerate(_urls_in(row.cells.get(column, ""), stated.base)):
            last = last_part(url)
            found.setdefault(last, []).append((url, column, place))
    for copies in found.values():
        urls = preferred([url for url, _, _ in copies], listed.prefer)
        _, column, place = copies[0]
        values = _values_of(row, stated, column, place, len(found))
        name = first_of(row.cells, stated.names) if len(found) == 1 else ""
        sums: dict[str, str] = {}
        for algorithm, text in values.sums:
            sums.update(sums_in(algorithm, text))
        if not name and stated.base and urls[0].startswith(stated.base):
            name = unquote(urls[0].removeprefix(stated.base)).strip("/")
        file = file_at(urls[0], name=name_in(name), size=size_in(values.size), checksums=sums, mirrors=tuple(urls[1:]))
        if not file.name and file.kind in ("s3", "gs"):  # what a table states of an object need not be asked
            file = file._replace(name=name_in(last_part(file.address), "the file name of the URL"))
        yield file


def _urls_in(cell: str, base: str) -> list[str]:
    """The addresses of a cell; that of a path below a folder, if there is one."""
    text = cell.strip()
    is_path = base and text.lower() not in _NOTHING and not is_address(text)
    return [address_in(base, text)] if is_path else addresses_in(cell)


def last_part(url: str) -> str:
    """The last part of an address; itself where it has none."""
    return url.partition("?")[0].partition("#")[0].rstrip("/").rpartition("/")[2] or url


def preferred(urls: Sequence[str], prefer: Sequence[str]) -> list[str]:
    """The addresses of one file in the order in which they are tried; those that cannot be downloaded only if no other can.

    Args:
        urls: The addresses.
        prefer: Schemes that are tried first.
    """
    order = {scheme: place for place, scheme in enumerate((*prefer, "https", "http", "ftp"))}
    able = [url for url in urls if scheme_of(url) in FETCHABLE] or list(urls)
    return sorted(able, key=lambda url: order.get(scheme_of(url), len(order)))


@dataclass(slots=True)
class _Values:
    size: str = ""
    sums: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


def _values_of(row: Row, stated: Stated, column: str, place: int, count: int) -> _Values:
    """The size and checksums of a file: of a row's only one those of the row, else those that belong to its column or place."""
    if count == 1:
        size = first_of(row.cells, stated.sizes)
        sums = [(kind, row.cells.get(each, "")) for each, kind in stated.sums]
        return _Values(size.partition(";")[0], [(kind, text.partition(";")[0]) for kind, text in sums])
    belongs = _belonging(column, len(stated.urls))
    return _Values(
        next((_at(row.cells.get(each, ""), place, count) for each in stated.sizes if belongs(each)), ""),
        [(kind, _at(row.cells.get(each, ""), place, count)) for each, kind in stated.sums if belongs(each)],
    )


def _belonging(column: str, columns: int) -> Callable[[str], bool]:
    """Whether another column is about the files of a column: the only one of addresses, or that with its number or stem."""
    key = heading(column)
    number = key[-1] if key[-1:].isdecimal() else ""
    stem = _STEM.sub("", key)

    def test(other: str) -> bool:
        its = heading(other)
        if columns == 1 or (stem and its.startswith(f"{stem}_")):
            return True
        return bool(number) and its.endswith(number)

    return test


def _at(text: str, place: int, count: int) -> str:
    """The value at the place of an address, of a cell that has one for each; the cell itself if it has one."""
    values = text.rstrip(";").split(";")
    return values[0] if len(values) == 1 and not place else values[place] if len(values) == count else ""


def parsed_map(stated: str | Sequence[str] | Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What `--map` states: `url=download_link,md5=sum`.

    Args:
        stated: The option.

    Raises:
        ListError: It is malformed, or states no address.
    """
    if isinstance(stated, Mapping):
        pairs = list(stated.items())
    else:
        parts = [stated] if isinstance(stated, str) else stated
        pairs = [
            (role.strip(), name.strip())
            for part in parts
            for each in part.split(",")
            for role, _, name in [each.partition("=")]
        ]
    remedy = f"Write --map url=COLUMN,md5=COLUMN with some of {', '.join(ROLES)}."
    for role, name in pairs:
        if role not in ROLES or not name:
            raise ListError(f"--map: {role}={name} states no column of a table", remedy=remedy)
    if pairs and "url" not in dict(pairs):
        raise ListError("--map states no column of addresses", remedy=remedy)
    return tuple(pairs)
