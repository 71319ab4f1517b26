"""Downloads: files and folders of the platform into a folder of this machine, verified; and single files read as they arrive."""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, cast

from omicsdk.core.checksums import is_checksum
from omicsdk.core.consistency import InconsistentListing, despite_contradictions
from omicsdk.core.errors import TransferError, UsageError
from omicsdk.core.paging import stated_number
from omicsdk.core.platform import settings_of
from omicsdk.core.text_arguments import text_is_one_item
from omicsdk.sb.listings import Entry, Folders, is_folder, name_of, top_of
from omicsdk.sb.paths import check_distinct

if TYPE_CHECKING:
    from omicsdk_api.sb.models.file import File

    from omicsdk.core.sending.transport import Timeout
    from omicsdk.sb.client import SevenBridges
    from omicsdk.sb.reports import FilesReport
    from omicsdk.transfer import Control, Item, Location, Outcome, Patience, Progress, TransferReport

CONNECTIONS = 16
"""Requests for bytes that run at once, at most."""
RETRIES = 6
"""Failures in a row that end a file; each piece that arrives gives one back."""

# The keys of metadata that state a checksum, and its algorithm.
_STATED = {"md5": "md5", "md5sum": "md5", "md5_sum": "md5", "sha1": "sha1", "sha256": "sha256", "crc32c": "crc32c"}


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
    retries: int = RETRIES,
    patience: Patience | None = None,
    progress: Callable[[Progress], None] | None = None,
    control: Control | None = None,
    stop: threading.Event | None = None,
    dry_run: bool = False,
) -> FilesReport:
    """Download files and folders.

    Each file appears under its name when it is complete: its size, and the checksums that its metadata state, are
    verified. A file that fails does not stop the others. Repeat the call to resume a stopped download.

    Args:
        what: Paths (`sb://owner/project/folder/file`) or ids of files, folders or projects. A trailing
            slash selects the contents of a folder instead of the folder itself.
        folder: Folder to download into; created if it does not exist.
        overwrite: Replace local files that already exist; by default they are refused.
        retries: Consecutive failures after which a file fails.
        patience: How long to wait for a silent server.
        progress: Called about ten times a second, and once at the end.
        control: Stops and pauses it, limits its rate and limits its time.
        stop: Stops it when set; the same call resumes.
        dry_run: Only report what would be downloaded, and whether the disk has space; nothing is written.

    Returns:
        The outcome of each file, and the files; then a failure for each listing that contradicts itself, also when it is
        read again.

    Raises:
        WrongPath: Something is not a path and no id.
        NotFound: There is no such file or folder.
        LocalFileExists: A file already exists, and `overwrite` is not set; nothing was downloaded.
        UnsafePath: A name is not safe here; nothing was downloaded.
    """
    words = list(what)
    selected = select(client, words)
    report = fetch(
        client,
        selected.files,
        folder,
        key=" ".join(sorted(words)),
        overwrite=overwrite,
        retries=retries,
        patience=patience,
        progress=progress,
        control=control,
        stop=stop,
        dry_run=dry_run,
    )
    if not dry_run:
        make_folders(selected, folder)
    if not selected.unlisted:
        return report
    from omicsdk.sb.reports import FilesReport, TransferredFile

    files = [TransferredFile(None, os.fspath(folder), "", None) for _ in selected.unlisted]
    outcomes = [*report.outcomes, *selected.unlisted_outcomes]
    return FilesReport(report.with_outcomes(outcomes), [*report.files, *files])


def select(client: SevenBridges, words: Iterable[str]) -> Selected:
    """Find the files that paths and ids name, each once.

    Args:
        client: The platform.
        words: Paths or ids.

    Raises:
        UsageError: Two files would go to one path.
    """
    folders = Folders(client)
    selected = Selected([], [], [])
    for text in words:
        found = folders.named(text)
        if isinstance(found, Entry):
            selected.files.append(RemoteFile(found.file, (name_of(found.file),)))
            continue
        top = top_of(text, found)
        if top:
            selected.folders.append(top)
        doubts: list[InconsistentListing] = []
        tree = despite_contradictions(folders.tree(text, found), doubts)  # which has read each folder again
        for (parts, _), entry in {(parts, entry.file.id): entry for parts, entry in tree}.items():
            if entry.is_folder:
                selected.folders.append(parts)
            else:
                selected.files.append(RemoteFile(entry.file, parts))
        selected.unlisted.extend((text, doubt) for doubt in doubts)
    check_distinct([each.name for each in selected.files], "Download them to different folders.")
    return selected


def make_folders(selected: Selected, folder: str | os.PathLike[str]) -> None:
    """Create the folders of a download, empty ones included.

    Args:
        selected: What was downloaded.
        folder: The target folder.
    """
    for parts in selected.folders:
        Path(folder).joinpath(*parts).mkdir(parents=True, exist_ok=True)


def fetch(
    client: SevenBridges,
    files: Sequence[RemoteFile],
    folder: str | os.PathLike[str],
    *,
    key: str,
    overwrite: bool = False,
    retries: int = RETRIES,
    patience: Patience | None = None,
    progress: Callable[[Progress], None] | None = None,
    control: Control | None = None,
    stop: threading.Event | None = None,
    dry_run: bool = False,
) -> FilesReport:
    """Download files that are known; arguments as those of `download`, and

    Args:
        client: The platform.
        files: The files.
        folder: The target folder.
        key: Distinguishes this download from others into the same folder.
        overwrite: Whether to replace files.
        retries: Consecutive failures after which a file fails.
        patience: How long to wait for a silent server.
        progress: Called about ten times a second.
        control: Stops and pauses it.
        stop: Stops it when set.
        dry_run: Only report what would happen.
    """
    from omicsdk.sb.reports import FilesReport, TransferredFile
    from omicsdk.transfer import Control
    from omicsdk.transfer import download as transfer
    from omicsdk.transfer.names import WORK_FOLDER

    target, settings = Path(folder), settings_of(client)
    run = f"sb-{hashlib.blake2b(key.encode(), digest_size=8).hexdigest()}"
    resumes = (target / WORK_FOLDER / f"{run}.journal").exists()
    if not overwrite and not resumes:
        _refuse_to_replace(files, target)
    items = [_item(client, each, retries) for each in files]

    def work(progress: Callable[[Progress], None] | None, control: Control | None, *, dry_run: bool) -> TransferReport:
        return transfer(
            items,
            target,
            connections=CONNECTIONS,
            progress=progress,
            control=control,
            stop=stop,
            environ=settings.environ,
            run=run,
            patience=patience,
            clock=settings.clock,
            dry_run=dry_run,
        )

    if resumes and not overwrite:
        # What an earlier run placed and was edited since is the user's own now.
        outcomes = work(None, Control(), dry_run=True).outcomes
        _refuse_to_replace(
            [each for each, outcome in zip(files, outcomes, strict=True) if outcome.state != "skipped"], target
        )
    return FilesReport(
        work(progress, control, dry_run=dry_run),
        [TransferredFile(each.file.id, str(target.joinpath(*each.parts)), "", size_of(each.file)) for each in files],
    )


def _refuse_to_replace(files: Iterable[RemoteFile], folder: Path) -> None:
    for each in files:
        path = folder.joinpath(*each.parts)
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
    report = verify([_item(client, each) for each in selected.files], folder, stop=stop)
    return report.with_outcomes([*report.outcomes, *selected.unlisted_outcomes])


def _item(client: SevenBridges, each: RemoteFile, retries: int = 10) -> Item:
    from omicsdk.transfer import Item

    id, size = each.file.id, size_of(each.file)
    return Item(each.name, locator(client, id), size, checksums_of(each.file), retries=retries, source=str(id))


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
    url: str | None = client.get_file_download_info(file_id=file_id).url
    if not url:
        raise TransferError(f"The platform does not state the URL of {file_id}")
    return str(url)


def size_of(file: File) -> int | None:
    """The size of a file in bytes; None if the platform does not state it.

    Args:
        file: The file.
    """
    return stated_number(file.size, "size", "get_file_details")


def checksums_of(file: File) -> dict[str, str]:
    """The checksums that a file's metadata state, by algorithm; values that cannot be one are left out.

    Args:
        file: The file.
    """
    return checksums_in(file.metadata)


def checksums_in(metadata: object) -> dict[str, str]:
    """The same of metadata.

    Args:
        metadata: The metadata, or None.
    """
    if not isinstance(metadata, Mapping):
        return {}
    found: dict[str, str] = {}
    for key, value in cast("Mapping[Any, Any]", metadata).items():
        algorithm = _STATED.get(str(key).lower())
        if algorithm is not None and isinstance(value, str) and is_checksum(algorithm, value.strip().lower()):
            found[algorithm] = value.strip().lower()
    return found


# -- reading a file as a stream

STREAMED = 128 * 1024
"""Bytes of a chunk of a stream."""


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
    from omicsdk.transfer.ranges import ConnectionPool, RangeFile, Ranges

    settings, locate, retry = settings_of(client), locator(client, file_id), Retry(attempts=retries + 1, cap=30.0)
    with closing(ConnectionPool(settings.environ, timeout)) as pool:
        ranges = Ranges(locate, size, title=file_id, pool=pool, retry=retry, clock=settings.clock)
        with io.BufferedReader(RangeFile(ranges), buffer) as file:
            yield file
