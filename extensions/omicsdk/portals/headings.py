"""What the columns of any table state: by their headings, by what their cells hold, or as the user states it.

A column of addresses is found by both: of the columns that hold addresses those with such a heading, or all but those of
web pages if none has one. Addresses of a row that end with the same name, at different servers, are copies
of one file; those without a digit in it only if their folders have one name, too. Others are several files.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any
from urllib.parse import unquote

from omicsdk.core.checksums import hexadecimal
from omicsdk.core.json_coding import decoded
from omicsdk.core.type_guards import is_array, only_objects
from omicsdk.drs.resolution import server_url
from omicsdk.fs.uris import BLANKS
from omicsdk.portals.cells import (
    ALGORITHMS,
    BY_LENGTH,
    FETCHABLE,
    IDENTIFIED,
    NOTHING,
    REPOSITORY,
    address_in,
    checksums_in,
    file_at,
    first_of,
    name_in,
    size_in,
)
from omicsdk.portals.lists import WITHOUT_SCHEME, FileList, ListedFile, ListError, Row, Stated, scheme_of
from omicsdk.transfer.engine.options import InvalidOption

# What `--map` can state: `checksum` is of the algorithm that its text shows.
ROLES = ("url", "name", "size", "checksum", *ALGORITHMS)

_ADDRESS = re.compile(
    r"(?:.*_)?(?:ur[li]s?|links?|download|href|ftp|address|path|fastq_[12]|cr?am|bam)(?:_\d+)?|fastq_\w*|(?:s3|gs|drs)(?:_\w+)?"
    r"|location|physical_keys|(?:array|derived_array)_data_file|.*_file(?:_\d+)?"
)
# Headings of columns of names: SDRF and ISA-Tab have `… Data File`, BioStudies `Files`.
_PATH_HEADING = re.compile(
    r"(?:.*_)?(?:files?|file_?names?|(?:file_?|relative_)?path|image)|name|output|target_name|href"
)
# A name or relative path with the extension of a file.
_PATH = re.compile(r"(?![A-Za-z][A-Za-z0-9+.-]*:)[^\s/|<>*?][^|<>*?]*\.[A-Za-z]\w{0,9}\s*\Z")
# The name of a program or viewer at a server, which shows a page: a column of them is none of files beside another one.
_PROGRAM = re.compile(r"\.(?:cgi|php|aspx?|jsp)\Z|\Aindex\.html?\Z", re.IGNORECASE)
# What follows the word for an address in a heading: of "aws_link_tabix" and "md5_hex_tabix".
_BEHIND_LINK = re.compile(r"_(?:ur[li]|link)s?(_[a-z]\w*)\Z")
_PAGES = re.compile(
    r"home_?page|web_?(?:site|page|link)|licen[cs]e|doi|references?(?:_(?:ur[li]|link)s?)?\Z|publication|citation|documentation"
    r"|landing|self_link|synapse_url|schema|ontology|conforms_to|stac_extensions|viewer|trait_uri|(?:\A|_)context\Z"
    r"|(?:pipeline|workflow|protocol)s?_(?:ur[li]|link)s?\Z"
)
# Headings of pages of data sets and programs, beside columns of files.
_RECORDS = re.compile(
    r"(?:\A|_)(?:data_?set|study|project|software|tool|git_?hub|repo(?:sitory)?)(?:_(?:ur[li]|link|repo|page))?s?\Z"
)
# An address that no page has, whatever its heading: reference may be a genome.
_DATA = re.compile(r"\A[\[\"'\s]*(?:gs|s3)://|\.(?:b?gz|fa|fasta|fna|2bit|ref)[\"'\]\s]*\Z")
# Headings of names, the preferred one first; basename is one of CWL.
_NAMES = (
    "file_name", "filename", "filepath", "file_path_name", "basename", "output", "target_name", "logical_key", "name", "file",
)  # fmt: skip
# What precedes the name in headings of names that files shall get.
_LOCAL = re.compile(r"\A(?:download|local|output|target)_(?=file_?name\Z)")
_SIZES = re.compile(
    # A length alone is one of a sequence.
    r"(?:file_?)?(?:size|bytes)(?:_(?:in_)?bytes?)?|(?:content|file)_?(?:length|size)|byte_?(?:size|count)"
)
# A size, or several; other properties are called so, too, such as 100mer.
_SIZE = re.compile(
    r"[\[\"'\s]*[0-9][0-9.,;\s\"'\N{RIGHT SINGLE QUOTATION MARK}]*+(?:[KMGTP]?i?B?|bytes?|E\+?[0-9]+)[\]\s]*\Z",
    re.IGNORECASE,
)
_SUMS = (
    "checksum", "check_sum", "hash", "known_hash", "digest", "checksums", "hashes", "checksum_value", "hash_value", "hash_val",
)  # fmt: skip
# Headings of values without the name or number of a column of addresses.
_BARE = re.compile(
    r"(?:file_?)?(?:size|bytes|length|(?:md5|sha_?(?:1|224|256|384|512)|crc32c)(?:_?sums?|_?hash)?|checksum|hash|digest)"
)
_ALGORITHM = re.compile(r"(?:\A|_)(sha_?512|sha_?384|sha_?256|sha_?224|sha_?1|md5|crc32c)(?:s?\Z|_|sum|hash)")
# Algorithms by the length of their checksums, in hexadecimal digits and in Base64.
_LENGTHS = {**BY_LENGTH, 8: "crc32c", 24: "md5", 28: "sha1", 44: "sha256", 88: "sha512"}
_OBJECT = ('{"', "[{")
_PREFIXED = re.compile(r"\{?(md5|sha-?1|sha-?224|sha-?256|sha-?384|sha-?512|crc32c)\}?[:=$\s]\s*(\S+)", re.IGNORECASE)
# A key of git-annex, perhaps with the extension of its file.
_ANNEX_KEY = re.compile(r"(MD5|SHA(?:1|224|256|384|512))E?(?:-[a-zA-Z]\d+)*--([0-9a-f]+)(?:\.\S*)?")
_MULTIHASHES = {"1220": "sha256", "1114": "sha1", "1340": "sha512", "d50110": "md5"}
# Only from the first character of a run, and to its last one: cells may be filled with thousands of blanks.
_BETWEEN = re.compile(r"(?<![\s,;|\[\]\"'])[\s,;|\[\]\"']++(?=[A-Za-z][A-Za-z0-9+.-]*://|(?:ftp|ftp-\w+)\.[\w-]+\.|\Z)")
# The beginning of an address that lacks a slash, as in lists of the 1000 Genomes.
_ONE_SLASH = re.compile(r"(?:https?|ftp|gs|s3):/(?=[^/\s])")
_CELL = re.compile(
    rf"[\[\"'\s]*(?:[A-Za-z][A-Za-z0-9+.-]*://[^\s/]\S*|{_ONE_SLASH.pattern}|dg\.[A-Za-z0-9]+[/:]\S+|(?:{'|'.join(sorted(IDENTIFIED))}):\S)"
)
# A command that downloads an address, as in manifests of summary statistics.
_COMMAND = re.compile(r"\A\s*+(?:wget|curl)\s[^:]*?\b((?:https?|ftp)://[^\s\"']+).*", re.DOTALL)
# An address of a server, of a term in an ontology, of a DOI, of a record of the NCBI, or of a repository, which is none of a file.
_SERVER = re.compile(
    r"\s*(?:https?|ftp)://(?:[^/\s]+/?\s*\Z|\S+\.owl#\w|(?:dx\.)?doi\.org/|www\.ncbi\.nlm\.nih\.gov/(?:nuccore|nucleotide|protein|pubmed|gene|taxonomy)/)"
    rf"|\s*{REPOSITORY.pattern}"
)
# An address that ends like that of a file: terms of ontologies, pages and repositories mostly do not. Its beginning is looked for
# once, not from each colon.
_EXTENSION = re.compile(r"(?<!\S)(?>\S*?:/{1,2}[^/\s]+/)\S*\.(?!git\b)\w{1,16}(?:[?#].*)?[\"'\]]*\Z")
# The end of a name that is one of a file, and an address that is one whatever its end: of a download, or of an object of DRS.
NAMED_FILE = re.compile(r"\.\w+\Z")
DOWNLOAD = re.compile(
    r"/download/?(?:\?|\Z)|//(?:\w+\.)?ndownloader\.|/ndownloader/|/api/access/datafile/\d|\A[\[\"'\s]*(?:drs://|dg\.)"
)
_FASTA = re.compile(r"\.f(?:n|a)?a\b")
# A first row of a list without a heading may have a path that ends like those below it.
_NAME_OF_COLUMN = re.compile(r"[\w .-]+")
_FASTQ = re.compile(r"(?<![a-z])fq(?![a-z])")
# The version of an archive of the SRA, whose copy at AWS has none in its name.
_VERSION_OF_RUN = re.compile(r"\A([SED]RR\d+)\.\d+\Z")
_STEM = re.compile(r"(?:_(?:ftp|url|uri|link|file|path|galaxy|aspera))+\Z|\A(?:ftp|url|uri|link)_")


def addresses_in(cell: str) -> list[str]:
    """The addresses of a cell that may have several, in brackets, and without a scheme if their host is a server of files.

    Args:
        cell: The cell.
    """
    text = _COMMAND.sub(r"\1", cell).strip(BLANKS).strip("[]\"'").strip(BLANKS)
    if text.lower() in NOTHING or text.startswith("#"):  # a comment, as of a file that 4DN restricts
        return []
    return [url for part in _BETWEEN.split(text) if (url := with_scheme(part.strip().strip("\"'")))]


def with_scheme(text: str) -> str:
    """An address with its scheme, where it is one of a server for FTP without it.

    Args:
        text: The address, or another text, which is returned as it is.
    """
    if WITHOUT_SCHEME.match(text):
        host, slash, path = text.partition("/")
        return f"{server_url(host)}{slash}{path}" if not host.startswith("fasp.") else f"fasp://{text}"
    return text.replace(":/", "://", 1) if _ONE_SLASH.match(text) else text


def is_address(cell: str) -> bool:
    """Whether a cell has addresses of files.

    Args:
        cell: The cell.
    """
    text = cell.strip(BLANKS)
    return (_CELL.match(text) or WITHOUT_SCHEME.match(text) or _COMMAND.match(text)) is not None


@lru_cache(maxsize=4096)  # compared in pairs
def heading(name: str) -> str:
    """A column's name as headings are compared: in lower case, an underscore for whatever is neither letter nor digit."""
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()).strip("_")


def is_heading_of_addresses(name: str) -> bool:
    """Whether a column is called as those of addresses are.

    Args:
        name: Its name.
    """
    return _ADDRESS.fullmatch(heading(name)) is not None


def headings_by(
    names: Sequence[str], rows: Iterable[Sequence[str]], *, paths: bool = False, every: bool = False
) -> Stated:
    """What the columns of a table state; no addresses if it has none.

    Args:
        names: The names of its columns.
        rows: The cells of its first rows.
        paths: Whether addresses are names and paths, relative to a folder.
        every: Whether columns without a heading of addresses count, too, where others have one.
    """
    is_held, is_heading = (_PATH.match, _PATH_HEADING) if paths else (is_address, _ADDRESS)
    filled, plausible, named, typed, programs = ([0] * len(names) for _ in range(5))
    met, keys = [set[str]() for _ in names], [heading(name) for name in names]
    parts = [_FASTQ.sub("fastq", key).split("_") for key in keys]
    words = [{word for part in key for word in (part, part.rstrip("0123456789"))} for key in parts]
    for cells in rows:
        for column, cell in enumerate(cells[: len(names)]):
            cell = _COMMAND.sub(r"\1", cell)
            if cell.strip().lower() not in NOTHING and (paths or not cell.startswith("#")):
                filled[column] += 1
                # Paths from the root of a server, as in tables of ENCODE.
                text = cell.lstrip("/") if paths and keys[column] == "href" else cell
                plausible[column] += bool(is_held(text)) and not _SERVER.match(cell)
                programs[column] += _PROGRAM.search(last_part(cell.strip())) is not None
                met[column].add(cell)
                named[column] += not paths and any(form.search(cell.strip()) for form in (_EXTENSION, DOWNLOAD))
                end = _FASTQ.sub("fastq", _FASTA.sub(".fasta", last_part(cell.strip()).lower()))
                types = end.split(".")[1:]
                typed[column] += not words[column].isdisjoint(types)
    # A row with a fault does not hide a column: half of its cells are addresses.
    having = [number for number in range(len(names)) if plausible[number] * 2 > filled[number]]
    having = [
        number
        for number in having
        if not _PAGES.search(keys[number]) or (keys[number] != "self_link" and any(map(_DATA.search, met[number])))
    ]
    if any(named[number] for number in having):
        having = [
            number for number in having if named[number] * 2 > filled[number] or not _RECORDS.search(keys[number])
        ]
    # Metadata of Nextstrain have the page of a value beside it.
    valued = {f"{name}__url" for name in names}
    having = [number for number in having if names[number] not in valued]
    if {"html_url", "download_url"} <= {*keys}:  # contents of GitHub, whose other addresses are those of its API
        having = [number for number in having if keys[number] == "download_url"]
    having = [number for number in having if programs[number] * 2 <= filled[number]] or having
    files = [number for number in having if named[number] * 2 > filled[number]]
    by_heading = [
        number
        for number in having
        # Paths are also in columns that are called by the type of their files, as in units of Snakemake: fq1, bam.
        if is_heading.fullmatch(keys[number])
        or (paths and typed[number] * 2 > filled[number] and _NAME_OF_COLUMN.fullmatch(names[number]))
    ]
    # One without such a heading is as good beside others if it has checksums (BAM, BAM_MD5, BAI, BAI_MD5), if it is
    # called by the type of its files: cram, crai, or if all of them are in buckets, which have no pages.
    if by_heading and not every:
        of_sums = [key for key in keys if _algorithm_of(key) is not None]
        files = [
            number
            for number in files
            if typed[number] * 2 > filled[number]
            or _BEHIND_LINK.search(keys[number])
            or all(scheme_of(cell.strip()) in ("gs", "s3") for cell in met[number])
            or any(_is_about(keys[number], key) for key in of_sums)
        ]
    urls = sorted({*by_heading, *files})
    urls = [*_without_references(urls, met)]
    stems = {_STEM.sub("", keys[url]) for url in urls}
    ends = {behind[1] for url in urls if (behind := _BEHIND_LINK.search(keys[url]))}
    lower = [name.lower() for name in names]
    others = [number for number in range(len(names)) if number not in having]
    sums = [(lower[number], algorithm) for number in others if (algorithm := _algorithm_of(keys[number])) is not None]
    return Stated(
        tuple(lower[number] for number in urls),
        tuple(lower[number] for key in _NAMES for number in others if _LOCAL.sub("", keys[number]) == key),
        tuple(
            lower[number]
            for number in others
            if _is_size(keys[number], stems, ends) and (not met[number] or any(map(_SIZE.match, met[number])))
        ),
        tuple(sums),
    )


def _is_size(key: str, stems: Collection[str], ends: Collection[str]) -> bool:
    """Whether a column is one of sizes, perhaps of the files of a column of addresses, by its stem or end."""
    names = [key, re.sub(r"_?\d\Z|\Afastq_|\A\w+_(?=bytes)", "", key), *(key.removesuffix(end) for end in ends)]
    names += [key[match.end() :] for match in re.finditer("_", key) if key[: match.start()] in stems]
    return any(map(_SIZES.fullmatch, names))


def _without_references(columns: Iterable[int], met: Sequence[set[str]]) -> Iterator[int]:
    """The columns but those whose addresses are mostly those of an earlier one in other rows, such as the mates of paired reads."""
    having: dict[str, list[int]] = {}
    for number in columns:
        shared = Counter(other for cell in met[number] for other in having.get(cell, ()))
        if not any(count * 2 > len(met[number]) for count in shared.values()):
            yield number
        for cell in met[number]:
            having.setdefault(cell, []).append(number)


def _is_about(key: str, its: str) -> bool:
    """Whether a column has values of the files of a column of addresses, by its stem, number, or numbered words."""
    stem = _STEM.sub("", key)
    if stem and its.startswith(f"{stem}_") and its != key:
        return True
    if (behind := _BEHIND_LINK.search(key)) and its.endswith(behind[1]):
        return True
    # hap1_aws_fasta and hap1_fasta_sha256; that an object is in S3 says nothing of which one it is.
    words = {*_ALGORITHM.sub("", its).split("_")} - {"", "s3"}
    if words < {*key.split("_")} and any(word[-1].isdecimal() for word in words):
        return True
    return key[-1:].isdecimal() and _ALGORITHM.sub("", its).endswith(key[-1])


def _algorithm_of(key: str) -> str | None:
    """The algorithm of a column of checksums; empty if only their text shows it, None for another column."""
    if match := _ALGORITHM.search(key):
        return match[1].replace("_", "")
    return "" if key.removeprefix("file_") in _SUMS else None


def sums_in(algorithm: str, text: str) -> dict[str, str]:
    """The checksum of a cell, by its algorithm.

    Args:
        algorithm: The algorithm; empty where the text shows it: `sha256:…`, or its length.
        text: The cell.

    Raises:
        RowFault: It is none of this algorithm.
    """
    value = text.strip().strip("\"'")
    if value.lower() in NOTHING:
        return {}
    if value.startswith(_OBJECT):
        return _sums_of_objects(value)
    if match := _ANNEX_KEY.fullmatch(value) or _PREFIXED.match(value):
        algorithm, value = match[1].lower().replace("-", ""), match[2]
    elif not algorithm:
        algorithm = _LENGTHS.get(len(value), "")
    return checksums_in({algorithm: value}) if algorithm in ALGORITHMS else {}


def _sums_of_objects(cell: str) -> dict[str, str]:
    """The checksums of a JSON object, or of an array of them: by algorithm, or each as `type` and `value` or `checksum`."""
    sums: dict[str, str] = {}
    for entry in objects_in(cell):
        kind = entry.get("type") or entry.get("hash_function")
        value = entry.get("value") or entry.get("checksum") or entry.get("hash_value")
        if "oid" in entry:  # a pointer of Git LFS
            kind, value = "sha256", entry["oid"]
        for name, digest in ({str(kind): value} if value else entry).items():
            if isinstance(digest, str) and (algorithm := _of_algorithm(name)):
                sums.update(checksums_in({algorithm: digest}))
    return sums


def objects_in(cell: str) -> list[dict[str, Any]]:
    """The objects of a cell that is a JSON array of them, or one; none of another cell.

    Args:
        cell: The cell.
    """
    try:
        payload: object = decoded(cell)
    except ValueError:
        return []
    return only_objects(payload if is_array(payload) else [payload])


def _of_algorithm(name: str) -> str:
    """The algorithm of a name such as SHA-256 or sha2-256; empty if it is another one."""
    algorithm = name.lower().replace("sha2-", "sha").replace("-", "")
    return algorithm if algorithm in ALGORITHMS else ""


def multihash_in(text: str) -> dict[str, str]:
    """The checksum of a multihash in hexadecimal digits; none of an algorithm that cannot be verified.

    Args:
        text: The multihash.
    """
    value = text.strip().lower()
    multihashes = ((named, value[len(mark) :]) for mark, named in _MULTIHASHES.items() if value.startswith(mark))
    return {named: digest for named, rest in multihashes if (digest := hexadecimal(named, rest))}


def headings_by_user(columns: Sequence[tuple[str, str]], names: Sequence[str], label: str, detected: Stated) -> Stated:
    """What the user states of columns.

    Args:
        columns: Roles and columns.
        names: The table's columns.
        label: The table in messages.
        detected: What its columns state by their headings, for what the user does not state.

    Raises:
        ListError: It has no such column, or no column of addresses is stated.
    """
    lower, roles = {name.lower() for name in names}, dict[str, list[str]]()
    for role, column in columns:
        if column.lower() not in lower:
            remedy = f"Its columns are {', '.join(names[:20])}."
            raise ListError(f"{label} has no column {column!r} for {role}", remedy=remedy)
        roles.setdefault(role, []).append(column.lower())
    sums = [(column, "" if role == "checksum" else role) for role in ROLES[3:] for column in roles.get(role, ())]
    urls, named, sizes = (tuple(roles.get(role, ())) for role in ROLES[:3])
    used = {column.lower() for _, column in columns}
    left = [column for column in detected.names if column not in used]
    other_sums = [(column, algorithm) for column, algorithm in detected.sums if column not in used]
    other_sizes = [column for column in detected.sizes if column not in used]
    return Stated(urls, named or tuple(left), sizes or tuple(other_sizes), tuple(sums or other_sums))


def files_by_headings(row: Row, headings: Stated, file_list: FileList) -> Iterator[ListedFile]:
    """The files of a row: those of its addresses, of which equal names at several servers are copies.

    Args:
        row: The row, its columns in lower case.
        headings: What they state.
        file_list: Their table.

    Raises:
        RowFault: An address cannot be downloaded, or another value is invalid.
    """
    copies_by_key: dict[tuple[str, int], list[tuple[str, str, int]]] = {}
    servers = Counter[tuple[str, str]]()
    met = set[str]()
    for column in headings.urls:
        for number, url in enumerate(_urls_in(row.cells.get(column, ""), headings.base)):
            last = _VERSION_OF_RUN.sub(r"\1", last_part(url))
            if not any(map(str.isdigit, last)):  # names such as hub.txt are those of many files
                last = "/".join(url.partition("?")[0].rstrip("/").split("/")[3:][-2:])
            server = url.split("/", 3)[:3:2]  # buckets of one name may be at S3 and at Google
            # One server has no copies: files of one name in two of its folders differ.
            key = last, 0 if url in met else servers[last, "".join(server)]
            copies_by_key.setdefault(key, []).append((url, column, number))
            met.add(url)
            servers[last, "".join(server)] += 1

    @cache  # a cell may have the values of thousands of files
    def values_of(column: str) -> list[str]:
        return _values(row.cells.get(column, ""))

    counts = Counter(column for copies in copies_by_key.values() for _, column, _ in copies)
    files = Counter(column for copies in copies_by_key.values() for column in {column for _, column, _ in copies})
    for copies in copies_by_key.values():
        urls = preferred(list(dict.fromkeys(url for url, _, _ in copies)), file_list.prefer)
        is_only = len(copies_by_key) == 1
        # What is stated of one copy holds for all.
        _, column, number = next((copy for copy in copies if any(_columns_of(headings, copy[1], is_only))), copies[0])
        sizes, sum_columns = _columns_of(headings, column, is_only)
        name = first_of(row.cells, headings.names) if is_only else ""
        # As of FinnGen, tracks of 4DN, and folders of Ensembl and of GIAB; an absolute path is one of a server.
        is_title = " " in name or name.endswith("/") or any("pheno" in heading for heading in row.cells)
        is_other = (is_title and name == row.cells.get("name")) or name == row.cells.get("filepath")
        if _EXTENSION.search(urls[0]) and (name[:1] == "/" or (is_other and not NAMED_FILE.search(name))):
            name = ""
        # Programs that unpack what they download name the unpacked file.
        packed = last_part(urls[0]).removeprefix(last_part(name)) if name else ""
        name += packed if packed in (".gz", ".bz2", ".xz", ".zst", ".zip") else ""
        sums: dict[str, str] = {}
        for column_of_sum, algorithm in sum_columns:
            # The first column of an algorithm takes precedence.
            sums = sums_in(algorithm, _at(values_of(column_of_sum), number, counts[column])) | sums
        # One size of several files is that of all together.
        cells = (values for size in sizes if len(values := values_of(size)) > 1 or files[column] == 1)
        size = next(filter(None, (_at(values, number, counts[column]) for values in cells)), "")
        if not name and headings.base and urls[0].startswith(headings.base):
            name = unquote(urls[0].removeprefix(headings.base)).strip("/")
        file = file_at(urls[0], name=name_in(name), size=size_in(size), checksums=sums, mirrors=tuple(urls[1:]))
        if not file.name and file.kind in ("s3", "gs"):  # what a table states of an object need not be asked
            file = file._replace(name=name_in(last_part(file.address), "the file name of the URL"))
        yield file


def files_in(row: Row, file_list: FileList) -> Iterator[ListedFile]:
    """The files of a row that has what its columns state.

    Args:
        row: The row.
        file_list: Its list.
    """
    lower = {name.lower(): value for name, value in row.cells.items()}
    return files_by_headings(row._replace(cells=lower), row.stated, file_list)


def _urls_in(cell: str, base: str) -> list[str]:
    """The addresses of a cell; that of a path below a folder, if there is one."""
    text = cell.strip()
    is_path = base and text.lower() not in NOTHING and not is_address(text)
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
    order = {scheme: rank for rank, scheme in enumerate((*prefer, "https", "http", "ftp"))}
    able = [url for url in urls if scheme_of(url) in FETCHABLE] or list(urls)
    return sorted(able, key=lambda url: order.get(scheme_of(url), len(order)))


@lru_cache(maxsize=64)  # the same for each row of a table
def _columns_of(headings: Stated, column: str, is_only: bool) -> tuple[list[str], list[tuple[str, str]]]:
    """The columns of the sizes and checksums of a file.

    Args:
        headings: What columns state.
        column: The column of its address.
        is_only: Whether it is the only file of its row.
    """
    keys = {
        column: heading(column)
        for column in (*headings.urls, *headings.sizes, *(column for column, _ in headings.sums))
    }

    def about_file(columns: list[str]) -> list[str]:
        """Those with its column's stem or number; else those of the row, for its first or only file."""
        if belonging := [name for name in columns if _is_about(keys[column], keys[name])]:
            return belonging
        if not is_only and column != headings.urls[0]:
            return columns if len(headings.urls) == 1 else []
        if bare := [column for column in columns if _BARE.fullmatch(keys[column])]:
            return bare
        others = [url_column for url_column in headings.urls if url_column != column]
        return [column for column in columns if not any(_is_about(keys[other], keys[column]) for other in others)]

    sums = dict.fromkeys(about_file([column for column, _ in headings.sums]))
    return about_file(list(headings.sizes)), [(column, kind) for column, kind in headings.sums if column in sums]


def _values(text: str) -> list[str]:
    """The values of a cell, which may be a JSON array of them; an object, or an array of objects, is one."""
    if text.startswith(_OBJECT):
        return [text]
    separator = "," if text.startswith("[") else ";"
    return [value.strip("[]\"' ") for value in text.rstrip(";").split(separator)]


def _at(values: Sequence[str], number: int, count: int) -> str:
    """The value at the place of an address, of a cell that has one for each; the only one of a cell for the first address."""
    return values[0] if len(values) == 1 and not number else values[number] if len(values) == count else ""


def parsed_map(mapping: str | Sequence[str] | Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What the option `map` states: `url=download_link,md5=sum`.

    Args:
        mapping: The option.

    Raises:
        InvalidOption: It is malformed, or states no address.
    """
    if isinstance(mapping, Mapping):
        pairs = list(mapping.items())
    else:
        parts = [mapping] if isinstance(mapping, str) else mapping
        pairs = [
            (role.strip(), name.strip())
            for part in parts
            for member in part.split(",")
            for role, _, name in [member.partition("=")]
        ]
    remedy = f"Write url=COLUMN,md5=COLUMN with some of {', '.join(ROLES)}."
    for role, name in pairs:
        if role not in ROLES or not name:
            raise InvalidOption("map", f"{role}={name} states no column of a table", remedy=remedy)
    if pairs and "url" not in dict(pairs):
        raise InvalidOption("map", "states no column of addresses", remedy=remedy)
    return tuple(pairs)
