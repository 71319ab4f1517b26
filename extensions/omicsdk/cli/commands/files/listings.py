"""Commands that read files of any platform: ls, stat, cat, du, find, presign, verify."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache, partial
from itertools import chain
from time import gmtime
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Unpack

from omicsdk.cli.commands.values import is_stream, open_stream
from omicsdk.cli.errors import printable
from omicsdk.cli.listing import Rows, aligned, widths_of
from omicsdk.cli.output import Call, Console, Output, TextAndData
from omicsdk.cli.parser import seconds_of
from omicsdk.cli.rows import text_of
from omicsdk.core.consistency import InconsistentListing, despite_contradictions, read_again_if_doubtful
from omicsdk.core.errors import ChecksumMismatch, TransferError, UsageError
from omicsdk.core.items import page_break
from omicsdk.core.sizes import size_words
from omicsdk.core.type_guards import is_object
from omicsdk.fs.errors import IsFolder
from omicsdk.fs.listings import entries
from omicsdk.fs.store import Entry, Store, strongest
from omicsdk.fs.uris import STORES, Stores, Uri, parse_uri
from omicsdk.transfer.filters import Filters
from omicsdk.transfer.reports.units import count_of, partial_words

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from omicsdk.fs.copying.comparison import Verdict
    from omicsdk.fs.copying.planning import Selected
    from omicsdk.fs.queries import Sum
    from omicsdk.transfer import Item, Outcome, TransferOptions, TransferOptionsDict

T = TypeVar("T")

# Minimum number of bytes per request under a rate limit, otherwise one second's; and of a piece of a local file.
LEAST_PIECE = 64 * 1024


class Places(Filters, kw_only=True):
    """Which files, and how their platforms are opened.

    Attributes:
        option: Override a setting of a platform, as SCHEME.NAME=VALUE: sb.profile=cgc. Can be repeated.
        no_sign_request: Send requests to s3:// unsigned, for public buckets.
        request_payer: Accept the costs of requests to s3:// buckets whose owner does not pay.
        sse_c_key_file: File with a key of your own, 32 bytes or their base64, for objects of s3:// that are encrypted
            with it; by default that of OMICS_S3_SSE_C_KEY, if it is set.
    """

    option: Sequence[str] = ()
    no_sign_request: bool = False
    request_payer: Literal["requester"] | None = None
    sse_c_key_file: str | None = None

    def stores(self) -> Stores:
        """Return the stores, opened with the given options.

        Raises:
            UsageError: An option has another form, or an unknown scheme.
        """
        options_by_scheme: dict[str, dict[str, Any]] = {}
        if buckets := {name: value for name, value in self._of_buckets().items() if value}:
            options_by_scheme["s3"] = buckets
        for text in self.option:
            key, equals, value = text.partition("=")
            scheme, dot, name = key.partition(".")
            if not (equals and dot and name) or scheme not in STORES:
                raise UsageError(
                    f"--option {key}: not of the form SCHEME.NAME=VALUE",
                    remedy=f"Use one of the schemes {', '.join(STORES)}, such as sb.profile=cgc.",
                )
            options_by_scheme.setdefault(scheme, {})[name.replace("-", "_")] = value
        return Stores(options_by_scheme)

    def _of_buckets(self) -> dict[str, Any]:
        """Return the options of the store of s3://."""
        return {
            "anonymous": self.no_sign_request,
            "requester_pays": self.request_payer == "requester",
            "sse_c_key_file": self.sse_c_key_file,
        }


class Targets(Places, kw_only=True):
    """Which files, how their platforms are opened, and how s3:// stores what is written.

    Attributes:
        sse: How s3:// encrypts what is written; by default as the bucket states.
        sse_kms_key_id: Key of KMS for --sse aws:kms; by default the account's.
        storage_class: Class of storage of objects that are written to s3://, such as STANDARD_IA.
    """

    sse: Literal["AES256", "aws:kms", "aws:kms:dsse"] | None = None
    sse_kms_key_id: str | None = None
    storage_class: str | None = None

    def _of_buckets(self) -> dict[str, Any]:
        # slots leave no cell of the class for a bare super()
        write_options = {"sse": self.sse, "sse_kms_key_id": self.sse_kms_key_id, "storage_class": self.storage_class}
        return {**Places._of_buckets(self), **write_options}


ANYWHERE, ANY_TARGET = Places(), Targets()


def ls(
    uris: Sequence[str] = (".",),
    *,
    recursive: bool = False,
    long: bool = False,
    human: bool = False,
    limit: int | None = None,
    places: Places = ANYWHERE,
    console: Console,
) -> Rows:
    """List files and folders of any platform.

    Args:
        uris: Files and folders: URIs or paths, by default the current folder; see omics help files.
        recursive: List all files below folders.
        long: Also show checksums and totals; in JSON everything that the platform states.
        human: Show sizes in KiB, MiB, GiB.
        limit: Maximum number of entries.
        places: Which files.
        console: Prints messages.
    """

    requested = [parse_uri(text) for text in uris]
    files = folders = size = unsized = 0

    def rows(columns: Sequence[str] | None) -> Iterator[Mapping[str, Any]]:
        nonlocal files, folders, size, unsized
        # A folder of this machine is listed without a stat of each file unless its size or time is printed.
        names_only = columns is not None and not long and _FACTS.isdisjoint(columns)
        with places.stores() as stores, _reported(console) as doubts:
            listed = chain.from_iterable(
                entries(stores, uri, doubts, places, recursive=recursive, names_only=names_only) for uri in requested
            )
            for name, uri, entry in listed if limit is None else console.limited(listed, limit, "entries"):
                if long:
                    folders += entry.is_folder
                    files += not entry.is_folder
                    size += entry.size or 0
                    unsized += entry.size is None and not entry.is_folder
                yield _row(name, uri, entry, long=long)

    def cells(row: Mapping[str, Any]) -> Sequence[str]:
        modified = row["modified"]
        return (
            size_shown(row["size"], human=human),
            f"{modified[:10]} {modified[11:16]}" if modified else "",
            *([strongest(row["checksums"])] if long else []),
            printable(row["name" if len(requested) == 1 else "uri"]),
        )

    def totals() -> str:
        also = f", {folders} folder{'s' * (folders != 1)}" if folders else ""
        total = partial_words(size, files, unsized) if human or unsized else f"{size} bytes"
        return f"{count_of(files, 'file')}{also}, {total}"

    return Rows(rows, cells, totals if long else None)


# Columns of a file that a folder of this machine does not list, and that are looked up.
_FACTS = frozenset(("size", "modified"))


@contextmanager
def _reported(console: Console) -> Generator[list[InconsistentListing]]:
    """Collect that listings contradict themselves, while they are printed; the exit code becomes 3 then."""
    doubts: list[InconsistentListing] = []
    yield doubts
    for doubt in doubts:
        console.some_failed(str(doubt))


def _read(read: Callable[[list[InconsistentListing]], T], console: Console) -> T:
    """Read listings; the exit code becomes 3 if one contradicts itself, also when it is read again."""
    result, doubts = read_again_if_doubtful(read)
    for doubt in doubts:
        console.some_failed(str(doubt))
    return result


def row(selected: Selected, *, long: bool = False) -> dict[str, Any]:
    """Return a file or folder as a row of data.

    Args:
        selected: The file or folder.
        long: Whether to include everything that is stated.
    """
    return _row(selected.name, str(selected.uri), selected.entry, long=long)


def _row(name: str, uri: str, entry: Entry, *, long: bool) -> dict[str, Any]:
    modified = entry.modified
    fields: dict[str, Any] = {
        "name": f"{name}/" if entry.kind == "folder" else name,
        "size": entry.size,
        "modified": None if modified is None else _moment(int(modified // 1)),
        "uri": uri,
        "kind": entry.kind,
    }
    if long:
        fields |= {"checksums": dict(entry.checksums), "version": entry.version, "details": dict(entry.details)}
    return fields


#: The years 1 to 9999 in seconds since 1970: some file systems state other times, as `Entry.changed_at` knows.
_CALENDAR = range(-62_135_596_800, 253_402_300_800)


@lru_cache(maxsize=4096)  # files that were written together
def _moment(seconds: int) -> str | None:
    if seconds not in _CALENDAR:
        return None
    day, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    return f"{_day(day)}T{hours:02}:{rest // 60:02}:{rest % 60:02}Z"


@lru_cache(maxsize=1024)
def _day(number: int) -> str:
    year, month, day, *_ = gmtime(number * 86400)
    return f"{year:04}-{month:02}-{day:02}"


def size_shown(size: int | None, *, human: bool) -> str:
    """Return a size for a listing: bytes, or in KiB, MiB, GiB; empty if unknown."""
    return "" if size is None else size_words(size) if human else str(size)


def _aligned(rows: Iterable[Sequence[str]]) -> list[str]:
    row_list = list(rows)
    return [*map(partial(aligned, widths=widths_of(row_list)), row_list)]


def stat(uris: Sequence[str], *, places: Places = ANYWHERE) -> TextAndData:
    """Show the metadata of files and folders.

    Args:
        uris: Files and folders.
        places: How they are opened.
    """
    from omicsdk.fs.copying.planning import Selected  # cat needs none

    rows: list[dict[str, Any]] = []
    with places.stores() as stores:
        for uri in map(parse_uri, uris):
            store = stores.of(uri)
            entry = store.entry(uri)
            entry_row = row(Selected(uri, entry, entry.file_name or entry.name or uri.name), long=True)
            rows.append(entry_row if entry.is_folder else {**entry_row, "details": dict(store.metadata(entry))})
    facts = (_facts(file_row) for file_row in rows)
    return TextAndData("\n\n".join("\n".join(_aligned(file_facts)) for file_facts in facts), rows, terminal_only=True)


def _facts(fields: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    for name, value in fields.items():
        if is_object(value):
            yield from ((f"{key}:", printable(text_of(detail))) for key, detail in value.items())
        elif value not in (None, ""):
            yield f"{name}:", printable(f"{size_words(value)} ({value} bytes)" if name == "size" else str(value))


def cat(
    uris: Sequence[str],
    *,
    range: str | None = None,
    limit_rate: str | None = None,
    resume_unvalidated: bool = False,
    places: Places = ANYWHERE,
) -> None:
    """Print the bytes of files, one file after the other.

    All files are looked up before the first byte is printed. - is stdin.

    Args:
        uris: Files.
        range: Range of bytes from 0, inclusive: 0-99; 100- to the end; -100 for the last hundred.
        limit_rate: Maximum number of bytes per second; suffixes K, M and G are powers of 1024, such as 10M. Or a timetable
            in local time: '08:00,10M 19:00,off'.
        resume_unvalidated: Continue after an interruption even if nothing proves that the file is unchanged.
        places: How they are opened.
    """
    span: tuple[int | None, int | None] = None, None
    if range is not None:
        from omicsdk.fs.queries import parse_range

        span = parse_range(range)
    if span != (None, None) and any(map(is_stream, uris)):
        raise UsageError("--range: not possible for stdin and FIFOs", remedy="Name files.")
    with places.stores() as stores:
        if limit_rate is None and not resume_unvalidated:
            print_bytes(uris, stores, None, span)
            return
        from omicsdk.transfer import TransferOptions  # files of this machine need no engine

        options = TransferOptions(limit_rate=limit_rate, resume_unvalidated=resume_unvalidated)
        print_bytes(uris, stores, options, span)


def print_bytes(
    uris: Sequence[str],
    stores: Stores,
    options: TransferOptions | None,
    span: tuple[int | None, int | None] = (None, None),
) -> None:
    """Write files to stdout, one after the other; all are looked up first.

    Args:
        uris: Their URIs, or - for stdin.
        stores: The stores.
        options: Limit the rate, and control resumption; None for no limit.
        span: Range of bytes of each file, from `parse_range`.

    Raises:
        IsFolder: One is a folder; nothing was written.
        PathNotFound: One does not exist; nothing was written.
    """

    def file_entry(word: str) -> tuple[Store, Entry]:
        uri = parse_uri(word)
        store = stores.of(uri)
        entry = store.entry(uri)
        if entry.is_folder:
            raise IsFolder(store.uri(entry.path), "is a folder", remedy="Name files; omics ls lists them.")
        return store, entry

    # Before the first byte: of a missing file, a pipe would otherwise get the half of its input.
    files = [None if is_stream(word) else file_entry(word) for word in uris]
    output = Output()
    for word, file in zip(uris, files, strict=True):
        if file is None:
            with open_stream(word) as once:
                output.chunks(iter(partial(once.read, LEAST_PIECE), b""))
            continue
        store, entry = file
        opened = store.open(entry) if options is None else None
        with closing(
            _opened(store, entry, opened, span) if opened else _requested(store, entry, options, span, word)
        ) as pieces:
            output.chunks(pieces)


def _opened(store: Store, entry: Entry, opened: BinaryIO, span: tuple[int | None, int | None]) -> Generator[bytes]:
    """Yield bytes of a file that its store has opened."""
    from omicsdk.fs.stream_source import StreamSource

    source = StreamSource(opened, entry.size, store.uri(entry.path), None)
    try:
        start, end = span[0] or 0, source.size if span[1] is None else min(span[1], source.size)
        for offset in range(max(0, source.size + start) if start < 0 else start, end, LEAST_PIECE):
            yield source.read(offset, min(offset + LEAST_PIECE, end))
    finally:
        source.close()


def _requested(
    store: Store, entry: Entry, options: TransferOptions | None, span: tuple[int | None, int | None], word: str
) -> Generator[bytes]:
    """Yield bytes of a file that its platform sends; all of them are verified."""
    from omicsdk.fs.file_bytes import PIECE, FileBytes, checked, stream

    rate = None if options is None else options.control.rate_limit
    # A larger piece would be read in a burst, and be waited for afterwards.
    piece = PIECE if rate is None else max(LEAST_PIECE, min(PIECE, int(rate)))
    with closing(FileBytes(store, entry, options)) as file:
        pieces = stream(file, *span, piece=piece)
        # Checksums are of whole files.
        if span != (None, None):
            yield from pieces
            return
        first = next(pieces, b"")  # whose response may state what nothing did before
        yield from checked(chain([first], pieces), file.checksums, file.entry.size, word)


def du(
    uris: Sequence[str], *, depth: int = 0, human: bool = False, places: Places = ANYWHERE, console: Console
) -> Rows:
    """Sum up the files and bytes of folders.

    Args:
        uris: Folders.
        depth: Number of folder levels to list separately.
        human: Print sizes in KiB, MiB, GiB.
        places: Which files.
        console: Prints messages.
    """
    from omicsdk.fs.copying.planning import named
    from omicsdk.fs.queries import sums

    requested = [parse_uri(text) for text in uris]

    def summed(store: Store, uri: Uri, doubts: list[InconsistentListing]) -> list[Sum]:
        entry = store.entry(uri, recursive=True)
        if not entry.is_folder:
            return list(sums([(uri.name, entry)], depth))
        return list(sums(despite_contradictions(named(store, uri.scheme, entry, places), doubts), depth))

    def rows(_: Sequence[str] | None) -> Iterator[Mapping[str, Any]]:
        with places.stores() as stores:
            for uri in requested:
                # A sum is printed when its listing has ended, so one that contradicts itself can be read once more.
                for usage in _read(partial(summed, stores.of(uri), uri), console):
                    yield {
                        "uri": str(uri.child(usage.name) if usage.name else uri),
                        "files": usage.files,
                        "bytes": usage.size,
                        **({"unsized": usage.unsized} if usage.unsized else {}),
                    }
                page_break()  # sums are printed before the next folder is read

    def cells(row: Mapping[str, Any]) -> Sequence[str]:
        return size_shown(row["bytes"], human=human), count_of(row["files"], "file"), printable(row["uri"])

    return Rows(rows, cells)


def find(
    uris: Sequence[str],
    *,
    name: Sequence[str] = (),
    metadata: Sequence[str] = (),
    limit: int | None = None,
    places: Places = ANYWHERE,
    console: Console,
) -> Rows:
    """Find files by name, size, date and metadata.

    A file must meet all conditions. Metadata is only requested for files that meet the others.

    Args:
        uris: Folders, or files.
        name: Shell pattern for the name, or the path below the folder: '*.bam'. If repeated, one must match.
        metadata: Value of the platform's metadata, as KEY=PATTERN. If repeated, all must match.
        limit: Maximum number of files.
        places: Which files.
        console: Prints messages.
    """
    from omicsdk.fs.copying.planning import select
    from omicsdk.fs.queries import Conditions, parse_metadata
    from omicsdk.fs.queries import find as matching

    conditions = Conditions(tuple(name), places, parse_metadata(metadata))

    requested = [parse_uri(text) for text in uris]

    def matches(stores: Stores, doubts: list[InconsistentListing]) -> Iterator[tuple[Store, Selected]]:
        for uri in requested:
            store = stores.of(uri)
            files = select(store, uri, patterns=places, names_only=conditions.of_names)
            yield from ((store, file) for file in matching(store, despite_contradictions(files, doubts), conditions))

    def rows(columns: Sequence[str] | None) -> Iterator[Mapping[str, Any]]:
        # Conditions of names alone need neither size nor time, which are looked up for the matches only.
        is_looked_up = conditions.of_names and (columns is None or not _FACTS.isdisjoint(columns))
        with places.stores() as stores, _reported(console) as doubts:
            for store, file in console.limited(matches(stores, doubts), limit, "files"):
                yield row(file._replace(entry=store.completed(file.entry)) if is_looked_up else file)

    return Rows(rows, lambda row: (printable(row["uri"]),), line_columns=("uri",))


def presign(uris: Sequence[str], *, expires: str | None = None, places: Places = ANYWHERE) -> TextAndData:
    """Print URLs for temporary read access to files.

    Args:
        uris: Files.
        expires: Validity of URLs of s3://, such as 15m or 7d; other platforms set their own.
        places: How they are opened.
    """
    seconds = None if expires is None else round(seconds_of("--expires", expires))
    rows: list[dict[str, str]] = []
    with places.stores() as stores:
        for uri in map(parse_uri, uris):
            store = stores.of(uri)
            rows.append({"uri": str(uri), "url": store.presign(store.entry(uri), seconds)})
    return TextAndData("\n".join(row["url"] for row in rows), rows)


def verify(
    source: str | None = None,
    copy: Sequence[str] = (),
    *,
    lock: bool = False,
    spool: str | None = None,
    places: Places = ANYWHERE,
    **options: Unpack[TransferOptionsDict],
) -> list[Verdict]:
    """Verify downloads, copies, or the bytes on a platform.

    A file or folder on this machine is read and compared with the checksums that its download recorded, without a
    request; so are several files of one download, and the files of a checksum file of md5sum or its like, beside it or
    in the folder that is named as the copy. A file that did not arrive, as the result manifest of the folder states, is missing. The bytes on a platform are fetched,
    compared with what the platform states, and discarded. With a copy, each file of the source is compared with it:
    local files are read, checksums and sizes stated by platforms are trusted. A file is verified by a checksum, "size
    only" if no checksum is stated and the sizes are equal, and unverified if nothing is stated; so is a source whose
    listing contradicts itself. The exit code is 3 if one of several files is missing, wrong or unverified, 1 for a
    single file. With `lock`, each file of omics.lock is read and compared with it.

    Args:
        source: File or folder to verify; with `lock` the folder of omics.lock, by default the current one.
        copy: Copy to compare; or further files of the same downloaded folder.
        lock: Compare the files of a folder with its omics.lock. No request is sent.
        spool: Folder for the bytes of a source without a copy; by default one in the user's state folder.
        places: Which files.
        **options: See `omicsdk.transfer.TransferOptions`. With `require_checksum`, the exit code is 3 as well if only the
            size of a file could be compared.
    """
    from omicsdk.fs.copying.comparison import Verdict, verify_bytes, verify_copies  # listing needs no engine
    from omicsdk.fs.copying.jobs import place_of
    from omicsdk.fs.copying.planning import by_name, source_to_copy
    from omicsdk.fs.options import SPOOL, CopyOptions

    # Files without a checksum are still compared, since the size may be wrong: the renderer judges them.
    chosen = CopyOptions.of({**options, "require_checksum": False}, CopyOptions(spool=spool))
    if lock:
        if copy or not places.fit_all:
            problem = "--lock compares all files of a lock: it takes neither a copy nor filters"
            raise UsageError(problem, remedy="Name the folder of omics.lock alone.")
        return _verified_by_lock(source or ".", {**options, "check": False})
    if source is None:
        raise UsageError("missing source", remedy="Name a file or folder, or use --lock.")
    uri, *others = map(parse_uri, (source, *copy))
    if together := _verified_together([uri, *others]):
        return together
    if len(others) == 1 and (by_list := _verified_by_list(uri, others[0])):
        return by_list
    if len(others) > 1:
        problem = "several files are verified together only if one folder and its download have all of them"
        raise UsageError(problem, remedy="Name the folder, omics verify FOLDER, or one file and its copy.")
    if others and place_of(uri) == place_of(others[0]):
        raise UsageError(f"{uri} cannot be compared with itself", remedy="Leave out the copy, or name another.")
    with places.stores() as stores:
        selection = source_to_copy(stores.of(uri), uri, patterns=places)
        doubtful = [Verdict(file.name, "unverified", doubt.message) for file, doubt in selection.unlisted]
        if not others and uri.scheme == "file":
            return [*_verified_by_journals(uri.path, selection.files, places), *doubtful]
        if not others:
            return [*verify_bytes(selection.files, stores.of(uri), chosen, room=SPOOL), *doubtful]
        expected = by_name(selection.files, others[0])
        copies = _copies(stores, expected, others[0])
        return [*verify_copies(expected, copies, stores.of, stopped=lambda: bool(chosen.control.why)), *doubtful]


def _verified_by_lock(folder: str, options: TransferOptionsDict) -> list[Verdict]:
    """Return a verdict on each file of a lock."""
    from omicsdk.locks import Lock

    return [_verdict(folder, outcome) for outcome in Lock.load(folder).verify(**options).outcomes]


def _verified_together(uris: Sequence[Uri]) -> list[Verdict]:
    """Return verdicts on several files of one download, such as mates, which are no copies of each other; none if one is no such file."""
    from pathlib import Path

    from omicsdk.fs.copying.comparison import recorded_items
    from omicsdk.transfer.checksums import verify as verify_items

    paths = list(dict.fromkeys(Path(uri.path) for uri in uris))
    are_files = all(uri.scheme == "file" and Path(uri.path).is_file() for uri in uris)
    if len(paths) < 2 or not are_files or len({path.parent for path in paths}) > 1:
        return []
    folder = str(paths[0].parent)
    recorded = {item.name: item for item in recorded_items(folder, ())}
    if any(path.name not in recorded for path in paths):
        return []
    checked = verify_items([recorded[path.name] for path in paths], folder)
    return [_verdict(folder, outcome) for outcome in checked.outcomes]


def _verified_by_list(uri: Uri, copy: Uri) -> list[Verdict]:
    """Return verdicts on the files of a folder by a checksum file that is elsewhere; none if it is no list, or was copied, too."""
    import shlex
    from pathlib import Path

    from omicsdk.fs.copying.comparison import Verdict
    from omicsdk.portals.formats import FORMATS
    from omicsdk.portals.lists import Head
    from omicsdk.transfer.checksums import verify as verify_items

    path, folder = Path(uri.path), Path(copy.path)
    if not (uri.scheme == copy.scheme == "file" and path.is_file() and path.stat().st_size and folder.is_dir()):
        return []
    if (folder / path.name).exists():
        return []
    stated, unread = _checksum_file(path, folder)
    if stated:
        return [*(_verdict(copy.path, outcome) for outcome in verify_items(stated, copy.path).outcomes), *unread]
    head = Head(path)
    title = next((entry.title for entry in FORMATS if entry.recognises(head)), "")
    again = f"omics get {shlex.quote(uri.path)} --to {shlex.quote(copy.path)}"
    why = f"not found; it is a list ({title}), whose files are checked, and fetched if they are missing or wrong, by {again}"
    return [Verdict(path.name, "missing", why)] if title else []


def _verified_by_journals(path: str, files: Sequence[Selected], places: Places) -> Iterator[Verdict]:
    """Yield a verdict on each file on this machine, by the checksums that its download recorded, and on those that did not arrive."""
    import re
    import shlex
    from pathlib import Path

    from omicsdk.fs.copying.comparison import Verdict, recorded_items
    from omicsdk.fs.copying.planning import UNFIT
    from omicsdk.portals.results import RESULT_NAME, not_arrived
    from omicsdk.transfer.checksums import verify as verify_items
    from omicsdk.transfer.names import UNFINISHED

    items = recorded_items(path, files)
    existing = {file.name for file in files if not RESULT_NAME.search(file.name)}
    missing = not_arrived(Path(path)) if Path(path).is_dir() else {}
    stated, unread = _checksum_file(Path(path), Path(path).parent) if Path(path).is_file() else ([], [])
    if stated:
        existing.intersection_update(item.name for item in items)  # the checksum file itself, if it was downloaded
        items = [*items, *stated]
    partial = {name for name in existing if re.search(UNFINISHED, name)}
    missing |= {re.sub(UNFINISHED, "", name): "only a part of it arrived" for name in partial}
    if not items and not missing:
        folder, is_result = RESULT_NAME.subn("", path)
        problem = f"{path} is on this machine, and no download recorded checksums of its files"
        raise UsageError(
            problem,
            remedy=f"Verify the folder of its files: omics verify {shlex.quote(folder)}"
            if is_result
            else f"Name its source, too: omics verify SOURCE {shlex.quote(path)}; or run omics get or pull again, which "
            "check existing files.",
        )
    existing -= partial
    missing = {name: why for name, why in missing.items() if name not in existing and places.fits(name, None)}
    # With those that are missing: a listing cannot name them, so the filters decide by the record.
    chosen = [item for item in items if item.name in existing or places.fits(item.name, item.size)]
    folder = path if Path(path).is_dir() else str(Path(path).parent)
    yield from (_verdict(folder, outcome) for outcome in verify_items(chosen, folder).outcomes)
    yield from unread
    for name in sorted(existing.difference(item.name for item in items)):
        yield Verdict(name, "unverified", "no download recorded its checksum")
    for name in sorted(missing.keys() - {item.name for item in items}):
        again = "" if UNFIT in missing[name] else ". Run omics get again to complete the folder"
        yield Verdict(name, "missing", f"{missing[name]}{again}")


def _checksum_file(path: Path, folder: Path) -> tuple[list[Item], list[Verdict]]:
    """Return the files of a folder that a checksum file of md5sum or its like states, and verdicts on its lines that cannot be read."""
    from collections import Counter
    from unicodedata import normalize

    from omicsdk.fs.copying.comparison import Verdict
    from omicsdk.portals.lists import FileList, Head, RowFault
    from omicsdk.portals.url_lists import CHECKSUMS, checksum_line
    from omicsdk.transfer import Item, Location

    if not path.stat().st_size:
        return [], []
    head = Head(path)
    # Picard writes only the checksum, and md5sum the name "-" for its stdin: the file is named by that of the checksum.
    fields = head.text.split()
    if fields and path.suffix and fields[1:] in ([], ["-"]) and (parsed := checksum_line(f"{fields[0]}  {path.stem}")):
        algorithm, value, name = parsed
        return [Item(name, Location(""), None, {algorithm: value})], []
    if not CHECKSUMS.recognises(head):
        return [], []
    file_list = FileList(path, str(path), "", (), Counter())
    stated: list[Item] = []
    unread: list[Verdict] = []
    for row in CHECKSUMS.rows(file_list):
        try:
            if row.fault:
                raise RowFault(row.fault)
            stated += [
                Item(file.name, Location(""), None, file.checksums)
                for file in CHECKSUMS.files(row, file_list)
                if not file.kind or row.cells.get("url")  # a registry of pooch has names beside URLs
            ]
        except RowFault as error:
            unread.append(Verdict(f"{path.name}: line {row.line}", "unverified", str(error)))
    absent = {item.name for item in stated if not item.name.isascii() and not os.path.lexists(folder / item.name)}
    if absent:  # macOS decomposes names, and archives and checksum files keep the form
        files = (file.relative_to(folder).as_posix() for file in folder.rglob("*"))
        names = {normalize("NFC", name): name for name in files if not name.isascii()}
        forms = {name: names.get(normalize("NFC", name), name) for name in absent}
        stated = [item.replaced(name=forms.get(item.name, item.name)) for item in stated]
    return stated, unread


def _verdict(folder: str, outcome: Outcome) -> Verdict:
    """Return the verdict on a file that was read and compared."""
    from omicsdk.fs.copying.comparison import Verdict

    if outcome.error is None:
        return Verdict(outcome.name, outcome.verification, outcome.verified or "no checksum of it is recorded")
    if not os.path.lexists(f"{folder}/{outcome.name}"):
        return Verdict(outcome.name, "missing", "it does not exist")
    state = "wrong" if isinstance(outcome.error, ChecksumMismatch) else "failed"
    return Verdict(outcome.name, state, outcome.error.message.removeprefix(f"{outcome.name}: "))


def _copies(stores: Stores, expected: Mapping[str, Selected], copy: Uri) -> dict[str, Selected]:
    """Return the copies by the names of their sources; the copy of a single file may be renamed or in a folder."""
    from omicsdk.fs.copying.planning import by_name, source_to_copy

    store = stores.of(copy)
    if store.entry(copy, recursive=True).is_folder:
        return by_name(source_to_copy(store, copy).files, copy)  # what a listing lacks is reported as missing
    return {name: file for name in expected for file in source_to_copy(store, copy).files} if len(expected) == 1 else {}


def verified(result: list[Verdict], call: Call) -> TextAndData:
    """Render a verification: counts, and the verdict on each file; print those that need attention."""
    from collections import Counter

    from omicsdk.cli.commands.transfers import print_failures, record_report, report_nothing_selected, report_path
    from omicsdk.transfer import Outcome, TransferReport

    strict = bool(call.arguments.get("require_checksum"))
    outcomes: list[Outcome] = []
    for verdict in result:
        if verdict.state == "verified" or (verdict.is_good and not strict):
            verification = "verified" if verdict.state == "verified" else "size only"
            outcomes.append(Outcome(verdict.name, "done", verified=verdict.why, verification=verification))
        else:
            # As outcomes of a transfer, so that --report and the exit code treat them alike.
            error = TransferError(f"{verdict.name}: {verdict.state}: {verdict.why}", name=verdict.name)
            outcomes.append(Outcome(verdict.name, "failed", error=error))
    errors = [outcome.error for outcome in outcomes if outcome.error is not None]
    print_failures([error.message for error in errors], call.console, len(outcomes))
    record_report(report_path(call.options.get("report")), TransferReport(outcomes), (), call.title, call.console)
    if not outcomes:
        report_nothing_selected(call)
    counts = dict(Counter(verdict.state for verdict in result))
    if counts.get("size only") and not strict:
        compared = count_of(counts["size only"], "file")
        call.console.warning(f"compared by size only: {compared}. --require-checksum fails these.")
    line = ", ".join(f"{count:,} {state}" for state, count in counts.items()) or "no files"
    rows = ({"name": verdict.name, "state": verdict.state, "why": verdict.why} for verdict in result)
    return TextAndData.of_files(line, {"counts": counts}, rows)
