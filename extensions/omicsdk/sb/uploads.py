"""Uploads: files and folders of this machine into projects, in one transfer, resumed after a stop or a crash."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack

from omicsdk.core.errors import NotFound, OmicsError, UsageError
from omicsdk.core.platform import settings_of
from omicsdk.sb.client import SevenBridges
from omicsdk.sb.downloads import CONNECTIONS, checksums_of
from omicsdk.sb.listings import Folders, Target, files_in, is_folder, selection
from omicsdk.sb.paths import NO_PROJECT, SCHEME, SbPath, WrongPath, check_distinct, checked_name, is_path, parse
from omicsdk.sb.reports import FilesReport, TransferredFile, files_report
from omicsdk.transfer import TransferOptionsDict

if TYPE_CHECKING:
    from omicsdk_api.sb.models.file import File

    from omicsdk.sb.store import PlatformStore
    from omicsdk.transfer import Outcome, TransferOptions, TransferReport
    from omicsdk.transfer.reports.report import Verification

# Names that one request asks for: each may take 765 characters of the URL.
NAMES_AT_ONCE = 20
# Requests for names in a folder; where it would take more, the whole folder is listed.
REQUESTS_FOR_NAMES = 10
# Seconds by which a file may seem younger than the platform's, whose dates have no fractions of a second.
DATE_SLACK = 1.0
# Bytes of the largest file that the platform takes.
LARGEST_FILE = 5 * 1024**4


class LocalFile(NamedTuple):
    """A file of this machine, and where it goes.

    Attributes:
        path: Its path.
        target: Its path on the platform.
        size: Its size in bytes.
    """

    path: Path
    target: SbPath
    size: int


def upload(
    client: SevenBridges,
    what: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    to: str | SbPath,
    *,
    overwrite: bool = False,
    part_size: int | None = None,
    on_message: Callable[[str], None] | None = None,
    **options: Unpack[TransferOptionsDict],
) -> FilesReport:
    """Upload files and folders, in one transfer.

    Links to files are followed, links to folders are not. A file that fails does not stop the others. The same call
    resumes an upload that was stopped. Files that the platform already has with the same content are skipped: those of
    the same size and checksum, or without a stated checksum those of the same size that have not changed here since,
    unless `require_checksum` is set. Others of the same names fail unless `overwrite` is set.

    Args:
        what: Files and folders. A trailing slash selects the contents of a folder instead of the folder itself.
        to: The path of a project or folder, which is created; or, for a single file, its new path: `sb://me/my-project/` or
            an `SbPath`.
        overwrite: Whether to send all files and replace those of the same names; each stays until the new one is
            complete.
        part_size: Bytes of a part, by default 5 to 32 MiB as fits the file and the link; larger ones are taken where
            there would be more than 10,000.
        on_message: Called with messages for the user.
        **options: See `omicsdk.transfer.TransferOptions`.

    Returns:
        The outcome of each file, and the files with their ids.

    Raises:
        UsageError: A file does not exist, or two would have one name; nothing was uploaded.
        WrongPath: `to` is not a path of a project, folder or file.
        TransferFailed: A file failed.

    Example:
        client.upload("reads/", "sb://sandbox-user/study/sample/")
    """
    from omicsdk.transfer import TransferOptions

    chosen = TransferOptions.of(options, connections=CONNECTIONS)
    sources = [what] if isinstance(what, str | os.PathLike) else list(what)
    plan = _planned(client, [os.fspath(source) for source in sources], to if isinstance(to, SbPath) else _target(to))
    stores: list[PlatformStore] = []
    if chosen.dry_run:
        report = plan.dry_run(overwrite=overwrite, needs_checksum=chosen.require_checksum)
    else:
        report, stores = plan.run(chosen, overwrite=overwrite, part_size=part_size, on_message=on_message)
    ids = [store.created_file.get("id") for store in stores] or [None] * len(plan.files)
    files = [
        TransferredFile(id, str(file.path), str(file.target), file.size)
        for id, file in zip(ids, plan.files, strict=True)
    ]
    return chosen.checked(files_report(report, files))


@dataclass(frozen=True, slots=True)
class _Plan:
    """The files of an upload and their targets.

    Attributes:
        client: The platform.
        sources: The files and folders that were named.
        target: The path that they go to.
        files: The files.
        folders: The folders that are created.
        platform_folders: The folders that are known.
    """

    client: SevenBridges
    sources: tuple[str, ...]
    target: SbPath
    files: list[LocalFile]
    folders: list[SbPath]
    platform_folders: Folders

    def run(
        self,
        options: TransferOptions,
        *,
        overwrite: bool = False,
        part_size: int | None = None,
        on_message: Callable[[str], None] | None = None,
    ) -> tuple[TransferReport, list[PlatformStore]]:
        """Create the folders and upload the files; arguments as those of `upload`.

        Args:
            options: The options of the transfer.
            overwrite: Whether to replace files of the same names.
            part_size: Bytes of a part.
            on_message: Called with messages for the user.

        Returns:
            The outcome of each file, and where it went: `created_file` of a store is the platform's file when it is complete.
        """
        from omicsdk.sb.store import PlatformStore
        from omicsdk.transfer import Upload
        from omicsdk.transfer import upload as transfer
        from omicsdk.transfer.journal import journal_for, remove_journal

        for folder in self.folders:
            self.platform_folders.folder(folder, make=True)
        stores = [
            PlatformStore(
                self.client,
                file.target.name,
                self.platform_folders.folder(file.target.parent, make=True).target,
                file.size,
                part_size,
                overwrite=overwrite,
            )
            for file in self.files
        ]
        present = self._present()
        skipped = {} if overwrite else self._unchanged(present, needs_checksum=options.require_checksum)
        for number in skipped:
            stores[number].created_file = present[number].to_dict()
        rest = [number for number in range(len(stores)) if number not in skipped]
        facts = self.client.base_url, str(self.target), *(str(Path(source).absolute()) for source in self.sources)
        journal = journal_for("sb/command", *facts) if stores else None
        settings = settings_of(self.client)

        def send(numbers: Sequence[int], journal: Path | None) -> TransferReport:
            return transfer(
                [Upload(self.files[number].path, stores[number], str(self.files[number].target)) for number in numbers],
                options=options,
                journal=journal,
                environ=settings.environ,
                clock=settings.clock,
            )

        report = send(rest, journal)
        # A file that the journal has as sent and the platform lacks was deleted, or replaced by another file.
        states = zip(rest, report.outcomes, strict=True)
        expired = [
            index
            for index, (number, outcome) in enumerate(states)
            if outcome.state == "skipped" and (number not in present or not overwrite)
        ]
        if expired:
            if on_message is not None:
                on_message(f"{len(expired)} files that an earlier run had sent no longer exist: they are sent again")
            report = report.with_rerun(expired, send([rest[index] for index in expired], None))
        if all(outcome.is_present for outcome in report.outcomes):
            remove_journal(journal)
        sent = iter(report.outcomes)
        every = [skipped.get(number) or next(sent) for number in range(len(stores))]
        return report.with_outcomes(every), stores

    def dry_run(self, *, overwrite: bool = False, needs_checksum: bool = False) -> TransferReport:
        """Report what `run` would do; nothing is sent.

        Args:
            overwrite: Whether files of the same names would be replaced.
            needs_checksum: Whether only a checksum shows that the platform has a file.
        """
        from omicsdk.transfer import Outcome, TransferReport

        skipped = {} if overwrite else self._unchanged(self._present(), needs_checksum=needs_checksum)
        outcomes = [
            skipped.get(number) or Outcome(str(file.target), "planned", file.size, plan="uploaded")
            for number, file in enumerate(self.files)
        ]
        return TransferReport(outcomes, title="Upload")

    def _present(self) -> dict[int, File]:
        """Return the platform's files at the paths, by their numbers."""
        from omicsdk.core.threads import side_by_side

        numbers: dict[SbPath, dict[str, int]] = {}
        for number, file in enumerate(self.files):
            numbers.setdefault(file.target.parent, {})[file.target.name] = number
        requests: list[tuple[Target, dict[str, Any], dict[str, int]]] = []
        for parent, numbers_by_name in numbers.items():
            try:
                target = self.platform_folders.unsuggesting.folder(parent).target
            # In a dry run the folder may not exist yet.
            except NotFound:
                continue
            names = list(numbers_by_name)
            parts = [names[at : at + NAMES_AT_ONCE] for at in range(0, len(names), NAMES_AT_ONCE)]
            if len(parts) > REQUESTS_FOR_NAMES:
                requests.append((target, {}, numbers_by_name))
            else:
                requests += [(target, selection(name=part), numbers_by_name) for part in parts]

        def listed_files(request: tuple[Target, dict[str, Any], dict[str, int]]) -> dict[int, File]:
            target, chosen, numbers_by_name = request
            files = files_in(self.client, target, chosen)
            return {numbers_by_name[str(file.name)]: file for file in files if file.name in numbers_by_name}

        files_by_number: dict[int, File] = {}
        for listed in side_by_side(listed_files, requests):
            if isinstance(listed, OmicsError):
                raise listed
            files_by_number |= listed
        return files_by_number

    def _unchanged(self, present: Mapping[int, File], *, needs_checksum: bool) -> dict[int, Outcome]:
        """The outcomes of files that the platform has with the same content, by their numbers."""
        from omicsdk.core.threads import side_by_side
        from omicsdk.transfer import Outcome

        def same(number: int) -> Verification | None:
            return _same(self.files[number], present[number])

        matches = list(side_by_side(same, list(present)))
        return {
            number: Outcome(str(self.files[number].target), "skipped", self.files[number].size, verification=match)
            for number, match in zip(present, matches, strict=True)
            if not (match is None or isinstance(match, OmicsError) or (match == "size only" and needs_checksum))
        }


def _same(local: LocalFile, file: File) -> Verification | None:
    """Return what shows that a file has the content of the platform's; None if nothing does."""
    from omicsdk.transfer.checksums import checksums_of as checksums_of_file

    if is_folder(file) or file.size != local.size:
        return None
    checksums = checksums_of(file)
    try:
        if checksums:
            return "verified" if checksums_of_file(str(local.path), checksums, local.size) == checksums else None
        stat = local.path.stat()
    except OSError:
        return None  # the transfer reports why it cannot be read
    # A file that was restored or copied with its time is new by the other date, which programs cannot set.
    changed = max(stat.st_mtime, stat.st_ctime)
    try:
        sent = datetime.fromisoformat(file.modified_on or file.created_on or "")
    except ValueError:  # without a date nothing shows that it is newer
        return None
    # A date without a zone is one of UTC, wherever this machine is.
    sent = sent if sent.tzinfo is not None else sent.replace(tzinfo=UTC)
    return "size only" if changed <= sent.timestamp() + DATE_SLACK else None


def _target(to: str) -> SbPath:
    """Read the target of an upload.

    Raises:
        UsageError: It is a local file, so that the target was left out.
        WrongPath: It is not a path of the platform.
    """
    if not is_path(to) and Path(to).exists():
        remedy = f"List files, then the destination: {to} sb://me/my-project/reads/"
        raise UsageError(f"missing destination after {to!r}", remedy=remedy)
    try:
        return parse(to)
    except WrongPath as error:
        if re.fullmatch(r"[\w-]+/[\w-]+(/.*)?", to):
            error.remedy = f"Did you mean {SCHEME}{to}?"
        raise


def _planned(client: SevenBridges, sources: Sequence[str], target: SbPath) -> _Plan:
    """Plan the target of each file of this machine, before anything is sent.

    Raises:
        UsageError: A source does not exist, two would have one name, or only one file can go to the target.
    """
    if not sources:
        raise UsageError("Nothing to upload", remedy="Name a file or folder.")
    tree = Folders(client)
    target.project  # noqa: B018 - raises if there is none
    try:
        client.get_project(owner=target.owner, project=target.project_name)
    except NotFound as error:  # once, instead of for each file
        project = target._replace(names=())
        raise NotFound(f"{project} not found, or not visible to you", remedy=NO_PROJECT) from error
    for source in sources:
        if not source or not Path(source).exists():  # Path("") is the current folder
            raise UsageError(f"{source!r} does not exist", remedy="Check its name.")
    is_single = len(sources) == 1 and not Path(sources[0]).is_dir()
    if not tree.is_folder_to_be(target, single=is_single):
        checked_name(target.name)
        return _Plan(client, tuple(sources), target, [_local(Path(sources[0]), target)], [], tree)
    folder = target._replace(is_folder=True)
    files: list[LocalFile] = []
    folders: list[SbPath] = [folder]
    for source in sources:
        path = Path(source)
        name = (path.resolve() if path.name == ".." else path.absolute()).name  # links keep their names
        if not path.is_dir():
            files.append(_local(path, folder.child(checked_name(name))))
            continue
        top = folder if source.endswith(("/", os.sep)) else folder.child(checked_name(name), is_folder=True)
        _walk(path, top, files, folders)
    check_distinct([str(file.target) for file in files], "Upload them to different folders.")
    return _Plan(client, tuple(sources), target, files, folders, tree)


def _local(path: Path, target: SbPath) -> LocalFile:
    return LocalFile(path, target, local_size(path))


def _walk(source: Path, top: SbPath, files: list[LocalFile], folders: list[SbPath]) -> None:
    """Add what is in a folder of this machine; links to folders are not followed."""
    from omicsdk.transfer.names import walk_folder

    for where, names in walk_folder(source):
        here = top._replace(names=(*top.names, *where.relative_to(source).parts))
        folders.append(here)
        files += [_local(where / name, here.child(checked_name(name))) for name in names]


def local_size(path: Path) -> int:
    """Return the size in bytes of a file to upload.

    Args:
        path: The file.

    Raises:
        UsageError: It does not exist, is not a file, or is larger than the platform takes.
    """
    try:
        size = os.path.getsize(path)  # noqa: PTH202 - programs of the published client replace it
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror or error}", remedy="Check its path and permissions."
        ) from error
    if not path.is_file():
        what = "a folder" if path.is_dir() else "not a file"
        raise UsageError(f"{path} is {what}", remedy="Use a file, not a folder, pipe or device.")
    if size > LARGEST_FILE:
        raise UsageError(
            f"{path} has {size} bytes, and the platform allows {LARGEST_FILE} (5 TiB)", remedy="Split the file."
        )
    return size
