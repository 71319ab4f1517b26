"""A site's projects and datasets, and datasets' files in the site's storage."""

from __future__ import annotations

import os
import posixpath
import threading
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, time
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, TypeAlias, TypeVar, Unpack

from omicsdk_api.crunch.models.dataset import Dataset
from omicsdk_api.crunch.models.project import Project

from omicsdk.core.checked_json import check_fields
from omicsdk.core.consistency import whole_list
from omicsdk.core.errors import ConfigError, Interrupted, OmicsError, UnsafePath, UsageError
from omicsdk.core.late_names import LateModule
from omicsdk.core.platform import settings_of
from omicsdk.crunch.client import Crunch
from omicsdk.crunch.requests import checked_slug
from omicsdk.crunch.storage import Storage
from omicsdk.crunch.storage.base import Sending, Stored, joined, overlap, plain
from omicsdk.transfer import TransferOptionsDict

if TYPE_CHECKING:
    from omicsdk import transfer
    from omicsdk.crunch.hashing import Hashed
    from omicsdk.transfer import Outcome, TransferOptions
else:
    transfer = LateModule("omicsdk.transfer")

StorageSettings: TypeAlias = Mapping[str, Any] | str | os.PathLike[str] | Storage

T = TypeVar("T")

# Environment variable: the file with the settings of the site's storage.
STORAGE_VARIABLE = "CRUNCH_STORAGE_SETTINGS"


class Access(NamedTuple):
    """The result of checking a login: the site accepts it. Sites have no operation that names its user.

    Attributes:
        base_url: The site.
        projects: How many projects the site has.
    """

    base_url: str
    projects: int


def whoami(client: Crunch) -> Access:
    """Check that the site accepts the credentials.

    Raises:
        Unauthorized: It does not.
    """
    return Access(client.base_url, client.list_projects().count)


def ls(
    client: Crunch, what: str | None = None, *, storage: StorageSettings | None = None
) -> Iterator[Project | Dataset | Stored]:
    """List projects, the datasets of a project, or the files of a dataset.

    Args:
        what: The slug of a project, or of a dataset (`my-project:reads`); None lists the projects.
        storage: Where datasets' files are, see `download`.

    Raises:
        NotFound: There is no such project or dataset.
        ConfigError: No storage is configured, or its settings are malformed.
    """
    if what is None:
        yield from client.list_projects.iterate()
    elif ":" in what:
        from omicsdk.crunch.storage.files import stored_below

        base = folder_of(client.get_dataset(slug=checked_slug(what)))
        yield from stored_below(storage_of(client, storage), base)
    else:
        project = client.get_project(slug=checked_slug(what))
        check_fields("get_project", project, "slug")
        yield from (dataset for dataset in client.list_datasets.iterate() if dataset.parent == project.slug)


@contextmanager
def open(client: Crunch, dataset: str, path: str, *, storage: StorageSettings | None = None) -> Generator[BinaryIO]:
    """Open a file of a dataset for reading.

    Args:
        dataset: The dataset's slug.
        path: The file's path within the dataset's folder.
        storage: Where datasets' files are, see `download`.

    Raises:
        NotFound: There is no such dataset.
        OSError: The file cannot be opened.
        OmicsError: The storage cannot be read.
    """
    base = folder_of(client.get_dataset(slug=checked_slug(dataset)))
    with storage_of(client, storage).open(joined(base, path), "rb") as file:
        yield file


def download(
    client: Crunch,
    dataset: str,
    folder: str | os.PathLike[str] = ".",
    *,
    storage: StorageSettings | None = None,
    **options: Unpack[TransferOptionsDict],
) -> transfer.TransferReport:
    """Download the files of a dataset. A file that is in the folder already and equal is not copied again.

    Args:
        dataset: The dataset's slug.
        folder: The target; it is created when it does not exist.
        storage: Where datasets' files are: Django's settings as a mapping or a .toml or .json file, or a storage; by
            default the file that CRUNCH_STORAGE_SETTINGS names.
        **options: See `omicsdk.transfer.TransferOptions`. Other storages than object stores stop before the next file.

    Returns:
        The outcome of each file, with its MD5.

    Raises:
        NotFound: There is no such dataset.
        UnsafePath: A name would leave the folder; nothing was downloaded.
        TransferFailed: A file failed; the others are downloaded.
        OmicsError: The storage cannot be read.
        OSError: The storage or the folder cannot be read or written.

    Example:
        client.download("study:sample", "sample")
    """
    from omicsdk.crunch.storage.files import fetch, stored_below
    from omicsdk.transfer import Outcome
    from omicsdk.transfer.disk import make_folders

    chosen = _options(options)
    chosen.refuse("cache", "link", why="storages of datasets state no checksums")
    opened = storage_of(client, storage)
    base = folder_of(client.get_dataset(slug=checked_slug(dataset)))
    files = sorted(stored_below(opened, base), key=lambda file: file.name)
    if chosen.dry_run:
        return _report(
            "Download", [Outcome(file.name, "planned", file.size, plan="would be downloaded") for file in files]
        )
    start, clock, target = time(), monotonic(), Path(folder)
    make_folders(os.fspath(target))
    failed: dict[str, OmicsError] = {}
    got = fetch(opened, base, files, target, chosen, failed=failed)
    outcomes = [_outcome(file.name, got.get(file.name), failed) for file in files]
    return chosen.checked(_report("Download", outcomes, start, monotonic() - clock, chosen.control.why))


def upload(
    client: Crunch,
    dataset: str,
    folder: str | os.PathLike[str],
    *,
    storage: StorageSettings | None = None,
    **options: Unpack[TransferOptionsDict],
) -> transfer.TransferReport:
    """Upload the files of a folder to a dataset. Files of the same names are replaced; no others are removed.

    Args:
        dataset: The dataset's slug.
        folder: The folder, with all folders in it.
        storage: Where datasets' files are, see `download`.
        **options: See `omicsdk.transfer.TransferOptions`. Other storages than object stores stop before the next file.

    Returns:
        The outcome of each file, with its MD5.

    Raises:
        NotFound: There is no such dataset.
        Interrupted: It was stopped.
        TransferFailed: A file failed, or changed meanwhile; the others are uploaded.
        OSError: A file cannot be read.

    Example:
        client.upload("study:sample", "results")
    """
    from omicsdk.crunch.hashing import files_below, hash_files
    from omicsdk.crunch.storage.files import send
    from omicsdk.transfer import Outcome

    chosen = _options(options)
    opened = storage_of(client, storage)
    base = folder_of(client.get_dataset(slug=checked_slug(dataset)))
    paths = {name: Path(file) for name, file in sorted(files_below(Path(folder)))}
    if chosen.dry_run:
        planned = [
            Outcome(name, "planned", path.stat().st_size, plan="would be uploaded") for name, path in paths.items()
        ]
        return _report("Upload", planned)
    start, clock = time(), monotonic()
    hashed = hash_files(paths, is_stopped=lambda: chosen.stopped)
    sendings = [Sending(name, paths[name], record) for name, record in hashed.items()]
    failed: dict[str, OmicsError] = {}
    sent = set(send(opened, base, sendings, chosen, failed=failed))
    outcomes = [_outcome(name, hashed[name] if name in sent else None, failed) for name in paths]
    return chosen.checked(_report("Upload", outcomes, start, monotonic() - clock, chosen.control.why))


def verify(
    client: Crunch,
    dataset: str,
    folder: str | os.PathLike[str] = ".",
    *,
    storage: StorageSettings | None = None,
    stop: threading.Event | None = None,
) -> transfer.TransferReport:
    """Compare the files of a folder with those of a dataset, byte by byte.

    Args:
        dataset: The dataset's slug.
        folder: The folder that the dataset was downloaded to.
        storage: Where datasets' files are, see `download`.
        stop: Stops the comparison before the next file when set.

    Returns:
        The outcome of each file of the dataset: done if it is equal, failed if it differs or is missing.

    Raises:
        NotFound: There is no such dataset.
        OmicsError: The storage cannot be read.
        OSError: A file cannot be read.
    """
    from omicsdk.crunch.storage.files import md5_of, stored_below
    from omicsdk.transfer import Item, Location, Outcome
    from omicsdk.transfer.checksums import check_file

    opened = storage_of(client, storage)
    base = folder_of(client.get_dataset(slug=checked_slug(dataset)))
    outcomes: list[Outcome] = []
    start, clock = time(), monotonic()
    for file in sorted(stored_below(opened, base), key=lambda file: file.name):
        if stop is not None and stop.is_set():
            outcomes.append(Outcome(file.name, "stopped"))
            continue
        try:
            sums = {"md5": md5_of(opened, joined(base, file.name))}
            outcomes.append(check_file(os.fspath(folder), Item(file.name, Location(""), checksums=sums)))
        except OmicsError as error:
            outcomes.append(Outcome(file.name, "failed", error=error))
    return _report("Verify", outcomes, start, monotonic() - clock)


def storage_of(client: Crunch, settings: StorageSettings | None) -> Storage:
    """Open the storage of the site's files.

    Args:
        client: The client, of whose environment the variable is.
        settings: Its settings, or a storage; None for the file that CRUNCH_STORAGE_SETTINGS names.

    Raises:
        ConfigError: None is configured, or its settings are malformed.
    """
    from omicsdk.crunch.storage import open_storage

    if settings is None:
        environ = settings_of(client).environ
        settings = (os.environ if environ is None else environ).get(STORAGE_VARIABLE, "").strip()
    if settings == "":
        raise ConfigError(
            "No storage of datasets' files is configured",
            remedy=f"Set {STORAGE_VARIABLE}, or pass storage (--storage-settings): a TOML or JSON file such as "
            '{"MEDIA_ROOT": "/data"}.',
        )
    return open_storage(settings)


def find_equal(records: Iterable[T], fields: Mapping[str, object]) -> T | None:
    """Find a dataset or an item that has what another one would be created with.

    Args:
        records: Datasets, or items.
        fields: The fields of a new one; empty ones may be anything.
    """
    # The site keeps texts without blanks around them.
    expected = {name: value.strip() if isinstance(value, str) else value for name, value in fields.items() if value}
    return next(
        (record for record in records if all(getattr(record, name) == expected[name] for name in expected)), None
    )


def folder_of(dataset: Dataset) -> str:
    """Return a dataset's folder in the storage.

    Raises:
        ConfigError: The site states none.
        DecodeError: The site states something else than a text.
    """
    check_fields("get_dataset", dataset, "slug", optional=("base_file_path",))
    base = dataset.base_file_path or ""
    # Two slashes at the beginning are kept by `normpath`, as POSIX has it.
    if posixpath.normpath(f"/{base}") in ("/", "//"):  # the folder of all datasets
        raise ConfigError(f"The site states no base_file_path of {dataset.slug}", remedy="Set it on the site.")
    return base


def check_stop(stop: threading.Event | None) -> None:
    """Raise Interrupted when an event is set."""
    if stop is not None and stop.is_set():
        raise Interrupted("It was stopped")


def _options(keywords: TransferOptionsDict) -> TransferOptions:
    """Return the options; storages state no checksums, so that none can be required."""
    from omicsdk.transfer import TransferOptions

    chosen = TransferOptions.of(keywords)
    if chosen.require_checksum:
        raise UsageError("require_checksum: storages of datasets state no checksums", remedy="Leave it out.")
    return chosen


def _outcome(name: str, moved: Hashed | None, failed: Mapping[str, OmicsError]) -> Outcome:
    from omicsdk.transfer import Outcome

    if moved is not None:
        return Outcome(name, "done", moved.stamp.size, checksums={"md5": moved.md5})
    return Outcome.of_error(name, failed[name]) if name in failed else Outcome(name, "stopped")


def _report(
    title: str, outcomes: Sequence[Outcome], start: float | None = None, seconds: float = 0.0, why_stopped: str = ""
) -> transfer.TransferReport:
    from omicsdk.transfer import TransferReport

    return TransferReport(outcomes, seconds, began=start, title=title, why_stopped=why_stopped)


# -- datasets that share a folder

# Datasets that a message names.
NAMED = 5


class SharedFolder(OmicsError):
    """Another dataset has files in the same folder of the storage. Nothing was done, and no status was reported.

    Attributes:
        others: The slugs of the other datasets.
    """

    default_remedy = (
        "Use a separate folder for each dataset: set its base_file_path on the site, or create it with one (--base-file-path). To "
        "run it all the same, pass allow_shared_folder=True (--allow-shared-folder)."
    )

    def __init__(self, slug: str, base: str, others: Sequence[str]) -> None:
        named = ", ".join(others[:NAMED]) + (f" and {len(others) - NAMED} more" if len(others) > NAMED else "")
        super().__init__(
            f"The dataset {slug} shares the folder {base} of the storage with {named}: a run of one would overwrite the other's "
            "files"
        )
        self.others = tuple(others)


class DatasetFolders:
    """The folders of all datasets of a site, read at first use.

    They are read again if they do not contain a dataset as it is now. So of two datasets that share a folder the one
    that runs later is always detected, even if it was created while others ran.

    Args:
        client: The site.
    """

    def __init__(self, client: Crunch) -> None:
        self._client = client
        self._folders: dict[str, str] = {}

    def shared_with(self, slug: str, base: str) -> list[str]:
        """Return the other datasets whose files are in a dataset's folder, or whose folder contains it.

        Args:
            slug: The dataset.
            base: Its folder in the storage, as the site states it; an empty one is shared with none.

        Raises:
            OmicsError: The site does not list all of its datasets.
            UnsafePath: The folder leads out of the storage.
        """
        if not base.strip("/"):
            return []
        plain(base)
        if self._folders.get(slug) != base:
            datasets = whole_list(self._client.list_datasets, "count", "slug")
            for dataset in datasets:
                check_fields("list_datasets", dataset, "slug", optional=("base_file_path",))
            self._folders = {entry.slug: entry.base_file_path or "" for entry in datasets}
        return [other for other, folder in self._folders.items() if other != slug and _shares(base, folder)]


def _shares(base: str, other: str) -> bool:
    if not other.strip("/"):  # which is not run
        return False
    try:
        plain(other)
    except UnsafePath:  # as above
        return False
    return overlap(base, other)
