"""Lists of URLs and identifiers, one per line: plain, DRS, aria2, curl, listings of buckets, commands, SRA accessions, series of the TCIA,
records of GEO, and checksum files.
"""

from __future__ import annotations

import base64
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import unescape
from itertools import pairwise, takewhile
from typing import NamedTuple
from urllib.parse import quote

from omicsdk.core.curl_files import curl_downloads, curl_operations, is_curl_config
from omicsdk.core.tables import lines_of
from omicsdk.fs.uris import BLANKS, UNSEEN
from omicsdk.hca.azul.files import service_of
from omicsdk.portals.cells import ALGORITHMS, BY_LENGTH, address_in, checksums_in, file_at, folder_of, name_in, size_in
from omicsdk.portals.cells import URLS as FETCHED
from omicsdk.portals.headings import addresses_in, is_address, last_part, sums_in, with_scheme
from omicsdk.portals.lists import (
    WITHOUT_SCHEME,
    FileList,
    Format,
    Head,
    ListedFile,
    Manual,
    Row,
    RowFault,
    numbered_lines,
    opened,
    scheme_of,
)
from omicsdk.portals.unsupported import ID_AND_PATH
from omicsdk.transfer.names import wrong_with

# -- plain URLs


def most_lines(head: Head, test: Callable[[str], object]) -> bool:
    """Return whether the first line that is no comment passes a test, and so do nine of ten that follow, or all but one.

    Args:
        head: The beginning of the list.
        test: The test.
    """
    lines = [line for line in head.lines if not line.lstrip().startswith("#")]
    if not lines or not test(lines[0]):
        return False
    return sum(not test(line) for line in lines) <= max(len(lines) > 2, len(lines) // 10)


# The first line of a list of Google's Storage Transfer Service, and of one of Cactus, which is a tree.
_FIRST_LINE = re.compile(r"TsvHttpData-1\.0\s*\Z|\(.*\)\w*;\s*\Z")
_URL_LINE = re.compile(
    rf'{_FIRST_LINE.pattern}|[\s{UNSEEN}]*(?:"?[A-Za-z][A-Za-z0-9+.-]*://\S+|dg\.[A-Za-z0-9]+[/:]\S+\s*\Z|"?{WITHOUT_SCHEME.pattern})'
)

# A sample and its file, as in sample maps of GATK.
_SAMPLE_MAP = re.compile(
    r"(?:[^\t]+\t|[^\s:/,;]+(?:,| +))(?:(?:gs|s3|drs)://\S+|(?:https?|ftp)://[^/\s]+/\S*\.\w{1,16})\s*\Z"
)
# A URL before another cell, in a table with commas and without a heading, and before several, which are not told apart.
_BEFORE_CELL = re.compile(r'((?<!\w)"?\w++://[^\s,;?#"]+\.[A-Za-z]\w{0,9})"?[,;](?! *"?\w+://)"?(?=[^\s,;]+\s*\Z)')
_BEFORE_CELLS = re.compile(
    r'"?\w+://(?:[^\s,;?#"]+\.[A-Za-z]\w{0,9}"?([,;])(?! *"?\w+://)[^,;]*\1|\S+\t(?!\d+\t|\w+://)[^\t]+\t\s*\S)'
)
_SAMPLE = re.compile(r"\A([^\s:/,;\"]+),(?=\w+://)")
# Between two URLs.
_SEVERAL = re.compile(r"[\s,;|][A-Za-z][A-Za-z0-9+.-]*://")
# As of Google's Storage Transfer Service, which states an MD5, and of TensorFlow Datasets, which state a SHA-256 and the name.
_SIZE_AND_SUM = re.compile(r"(\w+://\S+)\s+(\d+)(?:\s+((?:[0-9A-Fa-f]{32}){1,2}|[\w+/]{22}==))?(?:\t(\S+))?\s*\Z")
_PLAIN_NAME = re.compile(r"[^\s/\\?#&=:]+")
# An address and the path that its file gets.
_SAME_EXTENSION = re.compile(r"://[^/?#\s]+/[^?#\s]*(\.[A-Za-z]\w*) +[^\s:]+\1\s*\Z")
_HAS_EXTENSION = re.compile(r"[^?#]*://[^/?#]+/[^?#]*\.\w+(?:[?#]|\Z)")


def _url_rows(file_list: FileList) -> Iterator[Row]:
    heading = ""
    for number, line in numbered_lines(file_list):
        heading = line if line.endswith("/:") else heading  # of a folder, which may be an object, too: gsutil ls -r
        if _FIRST_LINE.match(line.strip(BLANKS)) or (heading and heading in (line, f"{line}:")):
            continue
        url, name = _split(line.strip(BLANKS))
        sample = url if scheme_of(name) and not is_address(url) else ""
        if name.startswith("/"):  # where the author has it
            name = ""
        if scheme_of(name):  # of the mate
            url, name = name if sample else f"{url} {name}", ""
        cells = {"url": url, "file_name": name} | ({"sample": sample} if sample else {})
        if match := _SIZE_AND_SUM.match(line.strip(BLANKS)):
            url, size, checksum, name = match.groups("")
            cells = {"url": url, "file_name": name, "size": size} | sums_in("", checksum)
        elif parsed := checksum_line(name) or checksum_line(f"{name} ."):  # alone, or pasted beside a line of md5sum
            cells |= {"file_name": parsed[2].removeprefix("."), parsed[0]: parsed[1]}
        if " " in url and not _SEVERAL.search(url) and scheme_of(url) in FETCHED:
            file_list.notes["URLs with blanks, which are encoded as %20"] += 1
        yield Row(number, cells)


def _split(line: str) -> tuple[str, str]:
    """The URL of a line, and the name that follows a tab, or a blank that cannot be a part of the URL."""
    line, _, _ = line.partition(" -X ")  # ENCODE's first line has options of curl
    line = _BEFORE_CELL.sub("\\1\t", line, count=1)
    line = _SAMPLE.sub("\\1\t", line) if "," in line else line
    if line.startswith('"'):
        first, tab, rest = line[1:].partition("\t")
        url, _, name = first.rpartition('"') if '"' in first else (first, "", "")
        return url.strip(), (rest if tab else name).strip().strip('"')
    url, tab, name = line.partition("\t")
    if not tab and scheme_of(line) == "drs":  # identifiers have no blanks
        url, _, name = line.partition(" ")
    elif not tab:
        first, _, last = line.partition(" ")
        is_name = _PLAIN_NAME.fullmatch(last.strip()) is not None
        is_path = last_part(first) in (last_part(last.strip()), "download") or _SAME_EXTENSION.search(line) is not None
        is_sample = scheme_of(last.strip()) and not scheme_of(first)
        if is_path or is_sample or (is_name and _HAS_EXTENSION.match(first)):
            url, name = first, last
    return url.strip().strip('"'), name.strip()


# Files of an assembly by the words that select them; the genome by default.
_ASSEMBLY_FILES = {
    "genomic": "genomic.fna.gz",
    "gff": "genomic.gff.gz",
    "gtf": "genomic.gtf.gz",
    "gbff": "genomic.gbff.gz",
    "protein": "protein.faa.gz",
    "rna": "rna.fna.gz",
    "cds": "cds_from_genomic.fna.gz",
}
# The folder of an assembly at the NCBI, as in its summaries of them.
_ASSEMBLY = re.compile(r"\w+://ftp\.ncbi\.nlm\.nih\.gov/genomes/all/GC[AF](?:/\d{3}){3}/GC[AF]_[^/]+/?\Z")


def assembly_file(folder: str, prefer: Sequence[str], accession: str = "") -> ListedFile:
    """The file of an assembly, whose folder alone is stated.

    Args:
        folder: The URL of the folder.
        prefer: Words that select another file than the genome.
        accession: The accession of the assembly.
    """
    kind = next((kind for kind in prefer if kind in _ASSEMBLY_FILES), "genomic")
    host_and_path = folder.partition("://")[2].rstrip("/")
    name = f"{last_part(host_and_path)}_{_ASSEMBLY_FILES[kind]}"
    return file_at(f"https://{host_and_path}/{name}", folder=accession)


def url_files(row: Row, file_list: FileList) -> Iterator[ListedFile]:
    """The file of a row with a URL or URI, and perhaps a name.

    Args:
        row: The row.
        file_list: Its list.

    Raises:
        RowFault: It is none that can be downloaded.
    """
    url, name = row.cells["url"], name_in(row.cells["file_name"])
    if _ASSEMBLY.match(url):
        file_list.notes.setdefault("the genome of each folder of an assembly is taken; --prefer states another file", 0)
        yield assembly_file(url, file_list.prefer)
    elif scheme_of(url) and not _SEVERAL.search(url):
        size, sums = size_in(row.cells.get("size", "")), checksums_in(row.cells)
        yield file_at(url, name=name, size=size, checksums=sums, headers=_headers_of(row))
    else:  # a column of a report of ENA joins the files of a run, and mates may be on one line
        yield from (file_at(address, name=name) for address in addresses_in(url))


def _headers_of(row: Row) -> dict[str, str]:
    parts = (line.partition(":") for line in row.headers)
    return {name.strip().lower(): text.strip() for name, _, text in parts if name.strip()}


URLS = Format(
    "urls",
    "list of URLs or DRS URIs",
    "lines that are URLs, drs://HOST/ID, drs://PREFIX:ID, dg.PREFIX/ID or ftp.sra.ebi.ac.uk/PATH; SAMPLE and URL",
    lambda head: most_lines(
        head, lambda line: (_URL_LINE.match(line) and not _BEFORE_CELLS.match(line)) or _SAMPLE_MAP.match(line)
    ),
    _url_rows,
    url_files,
    manual=Manual(
        "the URL", "from DRS, S3 and Google if stated, or `#md5=…` in the URL; else none", "by scheme and host"
    ),
)


# -- aria2

_OPTION = re.compile(r"[ \t]+([A-Za-z0-9-]+)=(.*)")
# Tabs separate URIs; blanks do if a scheme follows them.
_BETWEEN_URIS = re.compile(r"\t|(?<! ) ++(?=[A-Za-z][A-Za-z0-9+.-]*://)")
_ARIA2_SUMS = {"md5": "md5", **{f"sha-{bits}": f"sha{bits}" for bits in (1, 224, 256, 384, 512)}}


def _is_aria2(head: Head) -> bool:
    lines = [line for line in head.lines if not line.startswith("#")]
    return any(scheme_of(first) != "" and _OPTION.match(second) is not None for first, second in pairwise(lines))


def _aria2_rows(file_list: FileList) -> Iterator[Row]:
    row: Row | None = None
    for number, line in numbered_lines(file_list):
        option = _OPTION.match(line)
        if option is None:
            if row is not None:
                yield row
            row = Row(number, {"uris": line.strip()})
        elif row is not None:
            name, value = option[1].lower(), option[2].strip()
            if name == "header":
                row = row._replace(headers=(*row.headers, value))
            elif name in ("out", "dir", "checksum"):
                row.cells[name] = value
            else:
                file_list.notes[f"option {name} of aria2 ignored"] += 1
    if row is not None:
        yield row


def _aria2_files(row: Row, file_list: FileList) -> Iterator[ListedFile]:
    url, *mirrors = _BETWEEN_URIS.split(row.cells["uris"])
    algorithm, _, value = row.cells.get("checksum", "").partition("=")
    ours = _ARIA2_SUMS.get(algorithm.strip().lower(), "")
    if value and not ours:
        file_list.notes[f"{algorithm} checksums cannot be verified and are ignored"] += 1
    file = file_at(
        url,
        name=name_in(row.cells.get("out", ""), "out="),
        checksums=checksums_in({ours: value} if ours else {}),
        mirrors=tuple(mirror.strip() for mirror in mirrors if mirror.strip()),
        headers=_headers_of(row),
    )
    # "./x" and "x/" are the folder x to aria2; an absolute one is refused.
    folder = row.cells.get("dir", "")
    parts = [part for part in folder.split("/") if part not in ("", ".")]
    yield file._replace(name=name_in("/".join([*([""] if folder.startswith("/") else []), *parts, file.name]), "dir="))


ARIA2 = Format(
    "aria2",
    "aria2 input",
    "a URL followed by indented lines option=value",
    _is_aria2,
    _aria2_rows,
    _aria2_files,
    manual=Manual(
        "the URLs of the line; the next one if one fails",
        "from `checksum=`",
        "headers in the list, sent to the URL's own origin only",
    ),
)


# -- curl


def _curl_rows(file_list: FileList) -> Iterator[Row]:
    with opened(file_list) as text:
        operations = curl_operations(lines_of(text))
    with opened(file_list) as text:
        for curl_download in curl_downloads(_noted(file_list, lines_of(text)), operations):
            fault = "range: only whole files are downloaded; remove the option" if curl_download.is_part else ""
            yield Row(curl_download.line, {"url": curl_download.url, "output": curl_download.path}, fault=fault)


def _noted(file_list: FileList, lines: Iterable[str]) -> Iterator[str]:
    """The lines of Azul's list, in whose comments are the files that it lacks."""
    for line in lines:
        if line.startswith("#") and "not available" in line:
            file_list.notes["files are not available, as the list states"] += 1
        yield line


def _curl_files(row: Row, _: FileList) -> Iterator[ListedFile]:
    output = row.cells["output"].removeprefix("./")
    file = file_at(row.cells["url"], name=name_in(output, "output="))
    yield file._replace(kind="azul") if service_of(file.address) else file


CURL = Format(
    "curl",
    "curl configuration, such as Azul's",
    'lines url="…" and output="…"',
    # Scripts have variables of these names, and TOML keys.
    lambda head: not head.is_script and head.path.suffix != ".toml" and is_curl_config(head.lines),
    _curl_rows,
    _curl_files,
    manual=Manual(
        "the URL; for Azul as in its manifests",
        "none; for Azul, those in its index",
        "none; for Azul as for its manifests",
    ),
)


# -- SRA accessions

# The accession of a run, alone.
RUN = re.compile(r"\s*[SED]RR[0-9]{6,}\s*\Z", re.IGNORECASE)
# The first line of some lists of accessions.
_HEADING = "acc"
# The XML of experiments, or the response of the SRA's locator in JSON, and a run in them.
_PACKAGES = re.compile(r'<EXPERIMENT_PACKAGE|"object":\s*"srapub\w*\|')
_RUN_ELEMENT = re.compile(r'(?:<RUN\s[^>]*\baccession="|"object":\s*"srapub\w*\|)([SED]RR[0-9]+)\b')


def _sra_rows(file_list: FileList) -> Iterator[Row]:
    is_document = _PACKAGES.search(file_list.head.text) is not None
    for number, line in numbered_lines(file_list):
        if is_document:
            yield from (Row(number, {"acc": run}) for run in _RUN_ELEMENT.findall(line))
        elif line.strip().lower() != _HEADING:
            yield Row(number, {"acc": line.strip()})


def _sra_files(row: Row, _: FileList) -> Iterator[ListedFile]:
    if not RUN.match(row.cells["acc"]):
        raise RowFault(f"{row.cells['acc'][:40]!r} is not the accession of a run")
    yield ListedFile("sra", row.cells["acc"].upper(), folder=row.cells["acc"].upper())


SRA = Format(
    "sra",
    "list of SRA accessions",
    "lines like SRR000001; XML with EXPERIMENT_PACKAGE; the response of the SRA's locator",
    lambda head: (
        most_lines(head, lambda line: RUN.match(line) or line.strip().lower() == _HEADING)
        or _PACKAGES.search(head.text) is not None
    ),
    _sra_rows,
    _sra_files,
    manual=Manual("the run, resolved by the SRA, 100 runs per request", "MD5, from the SRA", "none"),
)


# -- checksum files

_DIGITS = "|".join(f"[0-9A-Fa-f]{{{length}}}" for length in BY_LENGTH)
# A backslash before the line says that the name has escapes. `git lfs ls-files --long` marks which files are there.
_GNU = re.compile(rf"(\\?)({_DIGITS})(?: [*-] |[ \t]+\*?)(\S.*)\Z")
_BSD = re.compile(r"(\\?)([A-Z][A-Za-z0-9/-]+) ?\((.+)\) ?= ?([0-9A-Za-z+/]{6,}=*)\s*\Z")
_OPENSSL = {"BLAKE2B-512": "blake2b", **{f"SHA2-{bits}": f"sha{bits}" for bits in (224, 256, 384, 512)}}
_ESCAPES = {"n": "\n", "r": "\r", "\\": "\\"}
# Files of b2sum, whose checksums are as long as those of SHA-512.
_BLAKE2B = re.compile(r"(?<![A-Za-z0-9])(?:b2(?:sums?)?|blake2b?(?:sums?)?)(?![A-Za-z0-9])", re.IGNORECASE)
# A line of a registry of pooch: a name, which may be quoted, a checksum, and perhaps a URL or a file of a DOI.
_REGISTERED = re.compile(
    rf"(\S|\S[^\t]*\S)\s+(?:({'|'.join(BY_LENGTH.values())}):)?({_DIGITS})"
    r"(?:\s+((?:doi:|[a-z][a-z0-9+.-]*://)\S+))?\s*",
    re.IGNORECASE,
)
# A line of sum: 16 bits of checksum in five digits, 1 KiB blocks, and the name.
_SUM = re.compile(r"[0-6][0-9]{4} +[0-9]+ (?=\S*[A-Za-z])(\S.*)\Z")
# A line of rclone's md5sum and its like, which has no checksum of a file: S3's objects of several parts have none.
_WITHOUT_SUM = re.compile(r"(?: {32,}| {21,}UNSUPPORTED| {27,}ERROR)  (\S.*)\Z")
# A line of hashdeep, and one of the heading above it, and a line of md5deep -z, which states the size, too.
_HASHDEEP = re.compile(r"([0-9]+),((?:[0-9a-f]{32,},)+)(\S.*)")
_HASHDEEP_HEADING = re.compile(r"%%%% (?:HASHDEEP-1\.|size,)")
_WITH_SIZE = re.compile(rf" *([0-9]+)  (?=(?:{_DIGITS})  )")
# The first line of a manifest of checkm, by its specification and by its program, and its columns where it states no others.
_CHECKM = re.compile(r"#%\s*checkm_|# \[@\]SourceFileOrURL\b")
_CHECKM_FIELDS = ("fileurl", "hashalgorithm", "hashvalue", "filesize", "filelastmodified", "filename")
_ZENODO_FILE = re.compile(r"doi:10\.5281/zenodo\.([0-9]+)/(.+)")


def checksum_line(line: str) -> tuple[str, str, str] | None:
    """The algorithm, value and name of a line of md5sum, sha256sum and their like, or OpenSSL; None for another line.

    The value is in hexadecimal digits or Base64; the algorithm need not be one that is known here.

    Args:
        line: The line, without its end.
    """
    if match := _GNU.match(line):
        mark, value, name = match.groups()
        algorithm, value = BY_LENGTH[len(value)], value.lower()
    elif match := _BSD.match(line):
        mark, tag, name, value = match.groups()
        algorithm = _OPENSSL.get(tag, tag.lower())
    else:
        return None
    if mark:
        name = re.sub(r"\\([nr\\])", lambda escape: _ESCAPES[escape[1]], name)
    return algorithm, value, name


def _checksum_cells(line: str) -> dict[str, str] | None:
    """The cells of a line of a checksum file, of hashdeep, a registry of pooch, or of sum; none of a heading, None for another line."""
    if _HASHDEEP_HEADING.match(line):
        return {}
    if match := _HASHDEEP.match(line):
        size, sums, name = match.groups()
        by_algorithm = {BY_LENGTH[len(value)]: value for value in sums.split(",") if len(value) in (32, 40, 64)}
        algorithm = next((algorithm for algorithm in ALGORITHMS if algorithm in by_algorithm), "")
        return {"checksum": by_algorithm.get(algorithm, ""), "algorithm": algorithm, "file_name": name, "size": size}
    sized = _WITH_SIZE.match(line)
    if (parsed := checksum_line(line[sized.end() :] if sized else line)) and not ID_AND_PATH.match(line):
        algorithm, value, name = parsed
        if algorithm not in ALGORITHMS:
            algorithm, value = "", ""
        return {"checksum": value, "algorithm": algorithm, "file_name": name} | ({"size": sized[1]} if sized else {})
    if match := _SUM.match(line) or _WITHOUT_SUM.match(line):
        return {"checksum": "", "algorithm": "", "file_name": match[1].strip()}
    match = _REGISTERED.fullmatch(line)
    if match is None or (scheme_of(match[1]) and (match[4] or " " in match[1])) or _GNU.match(f"{match[1]} x"):
        return None
    try:
        name = " ".join(shlex.split(match[1]))
    except ValueError:  # with an apostrophe, as before pooch 1.7
        name = match[1]
    algorithm = (match[2] or BY_LENGTH[len(match[3])]).lower()
    return {"checksum": match[3].lower(), "algorithm": algorithm, "file_name": name, "url": match[4] or ""}


def _checkm_columns(head: Head) -> Sequence[str]:
    """The columns of a manifest of checkm by the ends of their names; none of another list."""
    if not _CHECKM.match(head.first):
        return ()
    fields = next((line.lower().split("|")[1:] for line in head.lines if line.startswith("#%fields")), ())
    names = [name.strip().rpartition(":")[2] for name in fields]
    return names if "fileurl" in names else _CHECKM_FIELDS


def _checkm_cells(line: str, columns: Sequence[str]) -> dict[str, str] | None:
    """The cells of a line of a manifest of checkm; none of a folder, None for one that names another manifest."""
    fields = dict(zip(columns, map(str.strip, line.split("|")), strict=False))
    source, algorithm = fields.get("fileurl", ""), fields.get("hashalgorithm", "").lower().replace("-", "")
    if source.startswith("@") or not source:
        return None
    if algorithm == "dir" or (value := fields.get("hashvalue", "")) == "d":
        return {}
    algorithm, value = (algorithm, value) if algorithm in ALGORITHMS else ("", "")
    sums = {"checksum": value, "algorithm": algorithm, "size": fields.get("filesize", "")}
    is_url = scheme_of(source) != ""
    return {**sums, "file_name": (is_url and fields.get("filename")) or source, "url": source if is_url else ""}


def _checksum_rows(file_list: FileList) -> Iterator[Row]:
    is_blake2b = _BLAKE2B.search(last_part(file_list.shown)) is not None
    columns = _checkm_columns(file_list.head)
    for number, line in numbered_lines(file_list):
        cells = _checkm_cells(line, columns) if columns else _checksum_cells(line)
        if cells == {}:
            continue
        if cells is None:
            yield Row(number, {}, fault=f"{line[:100]!r} is not a checksum and a file name")
            continue
        if is_blake2b and cells["algorithm"] == "sha512":
            cells["algorithm"] = "blake2b"
        if not scheme_of(cells["file_name"]):
            name = cells["file_name"] = "/".join(part for part in cells["file_name"].split("/") if part != ".")
            if (base := file_list.base) and not cells.get("url"):
                # A cell, so that the result manifest names the file, too. Keys of a bucket are not quoted.
                cells["url"] = f"{base}/{quote(name) if scheme_of(base) in FETCHED else name}"
        if not cells["checksum"] and not columns and not _WITHOUT_SUM.match(line):
            kind = line.partition("(")[0].strip() if _BSD.match(line) else "sum"
            file_list.notes[f"checksums of {kind} cannot be verified and are ignored"] = 0  # rows are read twice
        yield Row(number, cells)


def _checksum_files(row: Row, _: FileList) -> Iterator[ListedFile]:
    """The file of a line: where it has a URL, or the list came from the folder of the files, that file; else a statement."""
    name, checksums = row.cells["file_name"], checksums_in({row.cells["algorithm"]: row.cells["checksum"]})
    url, size = row.cells.get("url", ""), size_in(row.cells.get("size", ""))
    if scheme_of(name):
        yield file_at(name, size=size, checksums=checksums)
        return
    if url:
        url = _ZENODO_FILE.sub(r"https://zenodo.org/records/\1/files/\2", url)
        if not scheme_of(url):
            raise RowFault(
                f"{url[:200]!r} is no URL: download the files of a DOI by its name, with this list beside it"
            )
        yield file_at(url, name=name_in(name), size=size, checksums=checksums)
    else:
        yield ListedFile("", name, name, size, checksums)


CHECKSUMS = Format(
    "checksums",
    "checksum file of md5sum, sha256sum and their like",
    "lines HEX  NAME; NAME HEX URL of pooch; SIZE,HEX,NAME of hashdeep; #%checkm_; SUM BLOCKS NAME of Ensembl; in a PGP message, too",
    lambda head: (
        bool(_checkm_columns(head))
        or (
            most_lines(head, lambda line: _checksum_cells(line) is not None)
            and not all(map(_WITHOUT_SUM.match, head.lines))
        )
    ),
    _checksum_rows,
    _checksum_files,
    manual=Manual(
        "the URL of a line, or files next to its own URL; else it verifies the URLs of another list",
        "MD5, SHA-1, SHA-256, SHA-512",
        "none",
    ),
)


# -- commands of programs that download

# Programs that take URLs, each with its options for the name and the folder of a file, and its letters of options with values.
_CLIENTS = {
    "wget": (("O", "--output-document"), ("P", "--directory-prefix"), "ABDIOPQRTUXaeilotw"),
    "curl": (("o", "--output"), ("--output-dir",), "ACDEFHKPQTUXYbcdehmortuwxyz"),
    "aria2c": (("o", "--out"), ("d", "--dir"), "TUdijklmostx"),
}
# The option of curl by which a file has the name that its address has.
_REMOTE_NAME = "--remote-name"
# Options for a user, and for a password; the user of curl has both, as USER:PASSWORD.
_USERS = ("--user", "--http-user", "--ftp-user", "u")
_PASSWORDS = ("--password", "--http-password", "--ftp-password", "--http-passwd", "--ftp-passwd")
# Programs, and commands of s5cmd's lists, that copy their first argument.
_COPIERS = ("aws", "gsutil", "gcloud", "s5cmd", "cp", "sync")
_PROGRAM = re.compile(rf"@?(?:[\w./-]*/)?({'|'.join((*_CLIENTS, *_COPIERS))})")
_PROGRAM_IN_LINE = re.compile(rf"(?<![\w.-])(?:{'|'.join((*_CLIENTS, *_COPIERS))})\s")
_SUBCOMMANDS = ("s3", "storage", "cp", "sync", "rsync", "run")
# Behind the target of an upload, the value of another option would be taken for the target, and that for a source.
_WITH_VALUES = (
    *("--endpoint-url", "--profile", "--region", "--header", "--referer", "--acl", "--storage-class", "--sse"),
    *("--proxy", "--preproxy", "--doh-url", "--base", "--all-proxy", "--http-proxy", "--https-proxy", "--ftp-proxy"),
    *("--sse-kms-key-id", "--exclude", "--include", "--content-type", "--cache-control", "--metadata", "--grants"),
)


# Commands that download other files than the one of their address.
_FAULTS = (
    (
        re.compile(r"(?:s3|gs)://[^\s'\"*]*\*+[^\s'\"*]"),
        "its wildcards are not read: omics get --include PATTERN with the address of the folder",
    ),
    (
        re.compile(r"\s--(?:include|exclude)[\s=]"),
        "its --include and --exclude are not read: use those of omics get with its address",
    ),
    (
        re.compile(r"\bwget\s(?:.*\s)?(?:-[bcdFHkKLNnpqSvx]*[rm]|--(?:recursive|mirror)\b)"),
        "wget reads the pages of a folder by its -r or -m, which omics get does not: run this command by itself",
    ),
)


class _Download(NamedTuple):
    """A file that a command downloads: its address, the path that it is written to, and headers of its requests."""

    address: str
    path: str
    headers: tuple[str, ...]


def _downloads(line: str) -> list[_Download]:
    """The files that the commands of a line download."""
    if not _PROGRAM_IN_LINE.search(line):  # shlex takes its time
        return []
    line = _SUBSHELL.sub(r"\1", line)
    line = re.sub("(?<=[\"'])>", " >", line)  # a redirection may follow a quoted address at once
    try:
        words = shlex.split(line)
    except ValueError:
        try:
            words = shlex.split(_COMMENT.sub("", line))
        except ValueError:
            return []
    # A "#" within a word is a character of it, which shlex does not know.
    words = [*takewhile(lambda word: not word.startswith("#"), words)]
    commands: list[list[str]] = [[]]
    for word in words:
        if word not in _ENDS and not (word in _KEYWORDS and not commands[-1]):
            commands[-1].append(word.removesuffix(";"))
        if word in _ENDS or word.endswith(";"):
            commands.append([])
    return [download for command in commands for download in _of_command(command)]


_COMMENT = re.compile(r"(?<!\S)#.*")
# Commands in a shell of their own.
_SUBSHELL = re.compile(r"\A\s*\((.*)\)\s*[&;]?\s*\Z")
# What separates commands of a line, and what may precede one.
_ENDS = ("&&", "||", "|", "&", ";")
_KEYWORDS = ("do", "then", "else", "RUN", "if", "while", "until", "!", "{", "time", "sudo", "nohup", "exec")


def _of_command(words: list[str]) -> Iterator[_Download]:
    """The files that a command downloads; none of another command."""
    if not words or (match := _PROGRAM.fullmatch(words[0])) is None:
        return
    names, folders, letters = _CLIENTS.get(match[1], ((), (), ""))
    # Letters without values may precede one with a value, which may follow at once: -Lo NAME, -oNAME.
    short = re.compile(rf"-[A-Za-z0-9#]*?([{letters}])(.*)", re.DOTALL) if letters else None
    values, arguments, rest, redirected = list[tuple[str, str]](), list[str](), iter(words[1:]), ""
    for word in rest:
        option, equals, value = word.partition("=")
        if option in (*names, *folders, *_WITH_VALUES) or (letters and option in (*_USERS, *_PASSWORDS)):
            values.append((option, value if equals else next(rest, "")))
        elif match[1] == "curl" and re.fullmatch(rf"-[a-zA-Z#]*O|{_REMOTE_NAME}", word):
            values.append((_REMOTE_NAME, ""))
        elif short and (flag := short.fullmatch(word)):
            values.append((flag[1], flag[2] or next(rest, "")))
        elif redirection := re.match("1?>+(?!&)(.*)", word):
            redirected = redirection[1] or next(rest, "")
        elif not re.match("-.", word) and word not in _SUBCOMMANDS:  # "-" is the standard input or output
            arguments.append(with_scheme(word))
    # The value of an option may precede a source, but a URI at the end is the target of an upload.
    addresses = [
        argument for argument in (arguments if letters else arguments[:-1] or arguments) if scheme_of(argument)
    ]
    outputs = [redirected if value == "-" else value for option, value in values if option in (*names, _REMOTE_NAME)]
    if not outputs and match[1] == "curl":  # others write to the standard output only what is named so
        outputs = [redirected]
    if match[1] == "wget" and outputs:  # its name is no name in its folder
        folders = ()
    folder = next((value for option, value in values if option in folders), "")
    user = next((value for option, value in values if option in _USERS), "")
    password = next((value for option, value in values if option in _PASSWORDS), "")
    login = user if ":" in user else f"{user}:{password}" if user and password else ""
    for number, address in enumerate(addresses):
        if "$" in address:
            continue
        # curl's first name is that of its first address; wget has one name for all.
        is_named = number < len(outputs) and (match[1] == "curl" or len(outputs) == len(addresses))
        named = outputs[number] if is_named else ""
        address = address if letters else address.removesuffix("*")
        path = "/".join(part for part in f"{folder}/{named or last_part(address)}".split("/") if part not in ("", "."))
        is_stated = (folder or named) and not named.startswith("/") and not folder.startswith("/")
        headers: tuple[str, ...] = ()
        if login and "$" not in login and scheme_of(address) == "ftp":
            address = address.replace("://", f"://{quote(login, safe=':')}@", 1)
        elif login and "$" not in login:
            headers = (f"Authorization: Basic {base64.b64encode(login.encode()).decode()}",)
        yield _Download(address, path if is_stated and "$" not in path and not wrong_with(path) else "", headers)


def _joined(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """The lines of a script, those that a backslash continues as one."""
    first, before = 0, ""
    for number, line in lines:
        first = first if before else number
        before += line.removesuffix("\\")
        if not line.endswith("\\"):
            yield first, before
            before = ""
    if before:  # nothing follows the backslash
        yield first, before


def _command_rows(file_list: FileList) -> Iterator[Row]:
    for number, line in _joined(numbered_lines(file_list)):
        downloads = _downloads(line)
        if not downloads:
            file_list.notes["lines are no commands that download without variables, and are ignored"] += 1
        fault = next((text for form, text in _FAULTS if form.search(line)), "")
        for download in downloads:
            cells = {"url": download.address, "file_name": download.path}
            yield Row(number, cells, fault=fault, headers=download.headers)


def _is_script(head: Head) -> bool:
    lines = [line for _, line in _joined(enumerate(head.lines)) if not line.startswith("#")]
    commands = sum(bool(_downloads(line)) for line in lines)
    return commands > 0 and (commands * 2 >= len(lines) or head.is_script)


COMMANDS = Format(
    "commands",
    "commands of wget, curl, s5cmd, aws or gsutil",
    "lines such as wget URL, curl URL -o NAME or cp s3://BUCKET/KEY .",
    _is_script,
    _command_rows,
    url_files,
    manual=Manual(
        "the addresses of the command; of `cp` and `sync` all but the last one",
        "none",
        "by scheme and host; `--user` and `--password` of the command, or those of `curl -u`",
    ),
)


# -- records of GEO and ProteomeXchange

# A line of a SOFT file, of a series matrix or of MINiML that states supplementary files, or of the XML of ProteomeXchange.
_SUPPLEMENTARY = re.compile(
    r"!\w+_supplementary_file\w*\s*[=\t]\s*(.+)|\s*(\w+://ftp\.ncbi\.nlm\.nih\.gov/geo/\S+)\s*\Z"
    r'|.*\bname="[^"]* file URI" value="([^"]+)"'
)
_GEO = re.compile(
    r"\^(?:DATABASE|SERIES|SAMPLE|PLATFORM)\s*=|!Series_\w+\t|(?:<\?xml\b[^>]*>\s*)?<(?:MINiML|ProteomeXchangeDataset)\b"
)


def _soft_rows(file_list: FileList) -> Iterator[Row]:
    """The supplementary files of a record, each once: samples of several series are in each."""
    met = set[str]()
    for number, line in numbered_lines(file_list):
        match = _SUPPLEMENTARY.match(line)
        for cell in unescape(match[match.lastindex or 0]).split("\t") if match else ():
            url = cell.strip().strip('"')
            if scheme_of(url) and url not in met:
                met.add(url)
                yield Row(number, {"url": url, "file_name": ""})


SOFT = Format(
    "soft",
    "SOFT file, MINiML or series matrix of GEO, or XML of ProteomeXchange",
    "a first line ^DATABASE, ^SERIES, ^SAMPLE, ^PLATFORM or !Series_…; XML with MINiML or ProteomeXchangeDataset",
    lambda head: _GEO.match(head.text.lstrip()) is not None,
    _soft_rows,
    url_files,
    manual=Manual("the supplementary files of the series, its samples and platforms; the files of the dataset"),
)


# -- tracks of the UCSC genome browser

_TRACK = re.compile(r"(?<!\s)\s*(?:big(?:DataUrl|DataIndex)|(?:frames|summary|searchTrix)(?=\s+\S+[./]))\s+(\S+)\s*\Z")
# An attribute of a resource in a session of IGV; the others are local paths.
_RESOURCE = re.compile(r'\b(?:path|index)="(\w+://[^"]+)"')


def _track_rows(file_list: FileList) -> Iterator[Row]:
    for number, line in numbered_lines(file_list):
        tracks = _TRACK.findall(line) or [unescape(url) for url in _RESOURCE.findall(line)]
        if line.lstrip().startswith("include "):
            file_list.notes["files that it includes are lists, too, which are left out"] += 1
        for url in tracks:
            if not scheme_of(url):
                url = address_in(folder_of(file_list, f", line {number}: {url[:100]!r} is relative to the hub"), url)
            yield Row(number, {"url": url, "file_name": ""})


TRACKS = Format(
    "tracks",
    "tracks of a hub of the UCSC genome browser, or a session of IGV",
    "lines such as bigDataUrl URL; XML with Session and paths that are URLs",
    lambda head: (
        any(map(_TRACK.match, head.lines)) or ("<Session " in head.text and _RESOURCE.search(head.text) is not None)
    ),
    _track_rows,
    url_files,
    manual=Manual("the URL, or the path in the folder of the list or of `--base`", "none", "by scheme and host"),
)


# -- series of the TCIA

_SERIES = "ListOfSeriesToDownload="
_UID = re.compile(r"[0-9]+(?:\.[0-9]+)+\Z")
_NBIA = re.compile(r"downloadServerUrl=https?://([\w.-]+)/")
_IMAGES = "https://{}/nbia-api/services/v1/getImage?SeriesInstanceUID={}"


def _tcia_rows(file_list: FileList) -> Iterator[Row]:
    """The series of a manifest, at the server that it names; that of public ones has another name for its interface."""
    server, is_series = "", False
    for number, line in numbered_lines(file_list):
        if match := _NBIA.match(line):
            server = match[1].replace("public.", "services.") if match[1].startswith("public.") else match[1]
        elif is_series and line.strip() != "Series ID":
            yield Row(number, {"server": server, "series": line.strip()})
        is_series = is_series or line.strip() == _SERIES


def _tcia_files(row: Row, _: FileList) -> Iterator[ListedFile]:
    series, server = row.cells["series"], row.cells["server"]
    if not _UID.match(series):
        raise RowFault(f"{series[:80]!r} is not the UID of a series")
    if not server:
        raise RowFault("no downloadServerUrl precedes the series")
    yield file_at(_IMAGES.format(server, series), name=f"{series}.zip")


TCIA = Format(
    "tcia",
    "manifest of the TCIA or another NBIA",
    "downloadServerUrl= and ListOfSeriesToDownload=",
    lambda head: any(line.strip() == _SERIES for line in head.lines),
    _tcia_rows,
    _tcia_files,
    manual=Manual("the series at the interface of its server, as a zip archive"),
)
