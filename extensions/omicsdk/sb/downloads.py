"""Downloads: files and folders of the platform into a folder of this machine, verified; and single files read as they arrive."""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Unpack, cast

from omicsdk.core.arguments import text_is_one_item
from omicsdk.core.checked_json import check_fields
from omicsdk.core.checksums import is_checksum
from omicsdk.core.consistency import InconsistentListing, declared_number, despite_contradictions
from omicsdk.core.dates import seconds_of
from omicsdk.core.errors import TransferError, UsageError
from omicsdk.core.platform import settings_of
from omicsdk.sb.client import SevenBridges
from omicsdk.sb.listings import Entry, Folders, is_folder, name_of, top_of
from omicsdk.sb.paths import check_distinct
from omicsdk.sb.reports import FilesReport, TransferredFile, files_report
from omicsdk.transfer import SelectionOptionsDict, TransferReport

if TYPE_CHECKING:
    from omicsdk_api.sb.models.file import File

    from omicsdk.core.sending.time_limits import Timeout
    from omicsdk.transfer import Item, Location, Outcome, TransferOptions
    from omicsdk.transfer.engine.options import EngineOptionsDict

# Requests for bytes that run at once, at most.
CONNECTIONS = 16
# Consecutive failures after which a stream or an open file fails; each piece that arrives restores one.
RETRIES = 6

# The keys of metadata that state a checksum, and its algorithm.
_CHECKSUM_KEYS = {
    "md5": "md5",
    "md5sum": "md5",
    "md5_sum": "md5",
    "sha1": "sha1",
    "sha256": "sha256",
    "crc32c": "crc32c",
}


class LocalFileExists(UsageError):
    """A file that a download would replace already exists."""

    default_remedy = "Set overwrite (--overwrite) to replace it."


class RemoteFile(NamedTuple):
    """A file of the platform, and where it goes.

    Attributes:
        file: The file.
        parts: The names of its path from the target folder.
    """

    file: File
    parts: tuple[str, ...]

    @property
    def name(self) -> str:
        """The path below the target folder."""
        return "/".join(self.parts)


class Selected(NamedTuple):
    """What is downloaded.

    Attributes:
        files: The files.
        folders: The names of the folders that they are in, empty ones included.
        unlisted: What was named and may have more files, since its listing contradicts itself.
    """

    files: list[RemoteFile]
    folders: list[tuple[str, ...]]
    unlisted: list[tuple[str, InconsistentListing]]

    @property
    def unlisted_outcomes(self) -> list[Outcome]:
        """The failure of each listing that contradicts itself."""
        from omicsdk.transfer import Outcome

        return [Outcome.of_error(text, doubt) for text, doubt in self.unlisted]


@text_is_one_item
def download(
    client: SevenBridges,
    what: str | Sequence[str],
    folder: str | os.PathLike[str] = ".",
    *,
    overwrite: bool = False,
    **options: Unpack[SelectionOptionsDict],
) -> FilesReport:
    """Download files and folders.

    Each file appears under its name when it is complete: its size, and the checksums that its metadata state, are
    verified. A file that fails does not stop the others. Repeat the call to resume a stopped download.

    Args:
        what: Paths (`sb://owner/project/folder/file`) or ids of files, folders or projects. A trailing
            slash selects the contents of a folder instead of the folder itself.
        folder: Folder to download into; created if it does not exist.
        overwrite: Replace local files that already exist; by default they are refused.
        **options: See `omicsdk.transfer.TransferOptions`.

    Returns:
        The outcome of each file, and the files; then a failure for each listing that contradicts itself, also when it is
        read again.

    Raises:
        WrongPath: Something is not a path and no id.
        NotFound: There is no such file or folder.
        LocalFileExists: A file already exists, and `overwrite` is not set; nothing was downloaded.
        UnsafePath: A name is not safe here; nothing was downloaded.
        TransferFailed: A file failed, or a listing contradicts itself.

    Example:
        client.download("sb://sandbox-user/study/sample/", "sample")
    """
    from omicsdk.transfer import TransferOptions

    chosen = TransferOptions.of(options, selects=True)
    texts = list(what)
    selected = select(client, texts)
    files = selected.files
    if not chosen.fit_all:
        files = [
            file for file in files if chosen.fits(file.name, size_of(file.file), seconds_of(file.file.modified_on))
        ]
    report = fetch(
        client,
        files,
        folder,
        key=" ".join(sorted(texts)),
        overwrite=overwrite,
        options=chosen,
    )
    # Where files are left out, a folder without files may be one whose files were: none is made.
    if not chosen.dry_run and chosen.fit_all:
        make_folders(selected, folder)
    if selected.unlisted:
        from omicsdk.sb.reports import TransferredFile

        files = [TransferredFile(None, os.fspath(folder), "", None) for _ in selected.unlisted]
        report = report.with_outcomes([*report.outcomes, *selected.unlisted_outcomes])
        report.transferred = [*report.transferred, *files]
    return chosen.checked(report)


def select(client: SevenBridges, texts: Iterable[str]) -> Selected:
    """Find the files that paths and ids name, each once.

    Args:
        client: The platform.
        texts: Paths or ids.

    Raises:
        UsageError: Two files would go to one path.
    """
    folders = Folders(client)
    selected = Selected([], [], [])
    for text in texts:
        match = folders.named(text)
        if isinstance(match, Entry):
            selected.files.append(RemoteFile(match.file, (name_of(match.file),)))
            continue
        top = top_of(text, match)
        if top:
            selected.folders.append(top)
        doubts: list[InconsistentListing] = []
        tree = despite_contradictions(folders.tree(text, match), doubts)  # which has read each folder again
        for (parts, _), entry in {(parts, entry.file.id): entry for parts, entry in tree}.items():
            if entry.is_folder:
                selected.folders.append(parts)
            else:
                selected.files.append(RemoteFile(entry.file, parts))
        selected.unlisted.extend((text, doubt) for doubt in doubts)
    remedy = "Download them to different folders, or the folder above them, which keeps their paths."
    check_distinct([file.name for file in selected.files], remedy)
    return selected


def make_folders(selected: Selected, folder: str | os.PathLike[str]) -> None:
    """Create the folders of a download, empty ones included.

    Args:
        selected: What was downloaded.
        folder: The target folder.
    """
    from omicsdk.transfer import disk

    for parts in selected.folders:
        disk.make_folders(os.fspath(Path(folder, *parts)))


def fetch(
    client: SevenBridges,
    files: Sequence[RemoteFile],
    folder: str | os.PathLike[str],
    *,
    key: str,
    options: TransferOptions,
    overwrite: bool = False,
) -> FilesReport:
    """Download files that are known; arguments as those of `download`, and

    Args:
        client: The platform.
        files: The files.
        folder: The target folder.
        key: Distinguishes this download from others into the same folder.
        options: The options of the transfer.
        overwrite: Whether to replace files.
    """
    from omicsdk.transfer import download as transfer
    from omicsdk.transfer.names import journal_path

    target, settings = Path(folder), settings_of(client)
    # By what was named: the same call resumes, and another one into the same folder does not replace its journal.
    run = f"sb-{hashlib.blake2b(key.encode(), digest_size=8).hexdigest()}"
    resumes = Path(journal_path(target, run)).exists()
    if not overwrite and not resumes:
        _refuse_to_replace(files, target)
    items = [_item(client, file) for file in files]

    def work(**changes: Unpack[EngineOptionsDict]) -> TransferReport:
        return transfer(
            items,
            target,
            options=options,
            environ=settings.environ,
            run=run,
            clock=settings.clock,
            **changes,
        )

    if resumes and not overwrite:
        # What an earlier run placed and was edited since is the user's own now.
        outcomes = work(dry_run=True, progress=None).outcomes
        _refuse_to_replace(
            [file for file, outcome in zip(files, outcomes, strict=True) if outcome.state != "skipped"], target
        )
    return files_report(
        work(),
        [TransferredFile(file.file.id, str(target.joinpath(*file.parts)), "", size_of(file.file)) for file in files],
    )


def _refuse_to_replace(files: Iterable[RemoteFile], folder: Path) -> None:
    for file in files:
        path = folder.joinpath(*file.parts)
        if os.path.lexists(path):
            raise LocalFileExists(f"{path} already exists")


@text_is_one_item
def verify(
    client: SevenBridges,
    what: str | Sequence[str],
    folder: str | os.PathLike[str] = ".",
    *,
    stop: threading.Event | None = None,
) -> TransferReport:
    """Compare downloaded files with the sizes and checksums that the platform states.

    Args:
        what: The downloaded objects; as for `download`.
        folder: The folder that it was downloaded to.
        stop: Stops the comparison when set.

    Returns:
        The outcome of each file, in order: done if it is right, failed if it is missing or differs.

    Raises:
        NotFound: There is no such file or folder on the platform.
    """
    from omicsdk.transfer import verify

    selected = select(client, what)
    report = verify([_item(client, file) for file in selected.files], folder, stop=stop)
    return report.with_outcomes([*report.outcomes, *selected.unlisted_outcomes])


def _item(client: SevenBridges, file: RemoteFile) -> Item:
    from omicsdk.transfer import Item

    id, size = file.file.id, size_of(file.file)
    return Item(file.name, locator(client, id), size, checksums_of(file.file), source=str(id))


# -- what the platform states of a file


def locator(client: SevenBridges, file_id: str) -> Callable[[], Location]:
    """Return what requests the URL of a file's bytes; the URL expires, and is requested again then.

    Args:
        client: The platform.
        file_id: The file.
    """
    from omicsdk.transfer import Location

    return lambda: Location(url_of(client, file_id))


def url_of(client: SevenBridges, file_id: str) -> str:
    """Request the URL of a file's bytes.

    Args:
        client: The platform.
        file_id: The file.

    Returns:
        A presigned URL, which is a secret.

    Raises:
        TransferError: The platform does not state it.
    """
    info = client.get_file_download_info(file_id=file_id)
    check_fields("get_file_download_info", info, optional=("url",))
    if not (url := info.url):
        raise TransferError(f"The platform does not state the URL of {file_id}")
    return str(url)


def size_of(file: File) -> int | None:
    """The size of a file in bytes; None if the platform does not state it.

    Args:
        file: The file.
    """
    return declared_number(file.size, "size", "get_file_details")


def checksums_of(file: File) -> dict[str, str]:
    """The checksums that a file's metadata state, by algorithm; values that cannot be one are left out.

    Args:
        file: The file.
    """
    return checksums_in(file.metadata, getattr(file.origin, "task", None))


def checksums_in(metadata: object, task: object) -> dict[str, str]:
    """The same of metadata.

    Args:
        metadata: The metadata, or None.
        task: The task that made the file, if any: its outputs inherit the metadata of its inputs, whose bytes are others.
    """
    if task or not isinstance(metadata, Mapping):
        return {}
    checksums: dict[str, str] = {}
    for key, value in cast("Mapping[Any, Any]", metadata).items():
        algorithm = _CHECKSUM_KEYS.get(str(key).lower())
        if algorithm is not None and isinstance(value, str) and is_checksum(algorithm, value.strip().lower()):
            checksums[algorithm] = value.strip().lower()
    return checksums


# -- reading a file as a stream

# Bytes of a chunk of a stream.
STREAMED = 128 * 1024


@contextmanager
def open_file(client: SevenBridges, what: str) -> Generator[BinaryIO]:
    """Open a file for reading; it can be sought, and nothing is stored.

    One connection is used, and only the length is verified. A broken connection is resumed where it broke.

    Args:
        what: The file's path or id.

    Raises:
        WrongPath: It is not a path and no id.
        NotFound: There is no such file.
        UsageError: It is a folder.
        TransferError: While reading: the file changed, or cannot be resumed.
    """
    entry = Folders(client).entry(what)
    if is_folder(entry.file):
        raise UsageError(f"{entry.name} is a folder", remedy="Name a file, or download the folder.")
    with _opened(client, entry.file.id, STREAMED, size_of(entry.file)) as file:
        yield file


def stream(
    client: SevenBridges,
    file_id: str,
    chunk: int = STREAMED,
    retries: int = RETRIES,
    timeout: Timeout | float | None = None,
) -> Generator[bytes]:
    """Yield a file's bytes in order, over one connection.

    Args:
        client: The platform.
        file_id: The file.
        chunk: Bytes at a time, at most.
        retries: Failures without a mebibyte in between that end it.
        timeout: Seconds for each step of a request, or a Timeout.

    Raises:
        OmicsError: The bytes cannot be fetched.
        TransferError: The file changed meanwhile, or a broken stream cannot be resumed.
    """
    with _opened(client, file_id, chunk, None, retries, timeout) as file:
        while piece := file.read(chunk):
            yield piece


@contextmanager
def _opened(
    client: SevenBridges,
    file_id: str,
    buffer: int,
    size: int | None,
    retries: int = RETRIES,
    timeout: Timeout | float | None = None,
) -> Generator[BinaryIO]:
    """Open a file; its bytes are the storage's, so that neither credentials nor a given transport of the client are used."""
    from omicsdk.core.retry import Retry
    from omicsdk.transfer.network.connection_pool import ConnectionPool
    from omicsdk.transfer.ranges import RangeFile, Ranges

    settings, locate, retry = settings_of(client), locator(client, file_id), Retry(attempts=retries + 1, cap=30.0)
    with closing(ConnectionPool(settings.environ, timeout)) as pool:
        ranges = Ranges(locate, size, title=file_id, pool=pool, retry=retry, clock=settings.clock)
        with io.BufferedReader(RangeFile(ranges), buffer) as file:
            yield file
