"""Run a dataset's workflow: setup, workflow and upload, each reported to the site."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass, replace
from functools import cached_property
from pathlib import Path
from signal import Signals
from typing import TYPE_CHECKING, NamedTuple

from omicsdk.core.checked_json import check_fields
from omicsdk.core.checksums import text_digest
from omicsdk.core.clock import never
from omicsdk.core.errors import ConfigError, FolderBusy, OmicsError, ServerError, UnsafePath, UsageError
from omicsdk.core.files import expanded
from omicsdk.core.logs import logger
from omicsdk.core.plain_client import clock_of, exchange_of
from omicsdk.core.redaction import mask_text
from omicsdk.crunch.client import Crunch
from omicsdk.crunch.datasets import DatasetFolders, SharedFolder, StorageSettings, check_stop, folder_of, storage_of
from omicsdk.crunch.requests import checked_slug
from omicsdk.crunch.statuses import (
    PAGES,
    DatasetTaken,
    RunResult,
    Stage,
    State,
    WorkflowType,
    newest_first,
    newest_status,
    rival,
)
from omicsdk.transfer.disk import Disk, make_folders
from omicsdk.transfer.journal import JournalFile

if TYPE_CHECKING:
    from omicsdk_api.crunch.models.dataset import Dataset
    from omicsdk_api.crunch.models.status import Status

    from omicsdk.crunch.dataset_files import DataFiles
    from omicsdk.crunch.storage import Storage

_log = logger("omicsdk.crunch")


@dataclass(eq=False, repr=False)  # the settings of storages may contain secrets
class Run:
    """A run of a dataset: download its files, run its project's workflow over them, and upload what changed.

    The dataset's folder is that of `working_directory` that is named after its slug, with "--" for ":". What a run
    keeps beside the data is in `.crunch` there: dataset.json, project.json, Snakefile or script.sh,
    setup_md5_checksums.json, upload_md5_checksums.json, deleted.txt, and workflow.log with all that the workflow wrote.
    The log is not uploaded; the others are, when they differ from what the storage has, and are never brought back.

    Of the storage, a file that is in the folder already and equal is not copied again. Uploaded is what the storage
    lacks or has otherwise; it takes the place of what has the same name, and nothing is removed from the storage.
    Whether a file changed since setup is detected by its checksum; it is read only where the system states that it was
    touched: size, both times of change, or its number differ (see `omicsdk.crunch.hashing` for why that is safe, and
    where it reads them all).

    A stage that fails is reported with a note, and the later ones are skipped. Ctrl-C ends the workflow and all that it
    started, reports FAIL, and is raised again; so do SIGTERM and SIGHUP where the program leaves them as they are (as
    `omicsdk.transfer.engine.control.Terminated`, a KeyboardInterrupt).

    The site has no operation that gives a dataset to one of two runners. After the first status the statuses are read
    again, and once more before the workflow: a runner that was not the first steps back with DatasetTaken. What window
    remains is described in `omicsdk.crunch.statuses`.

    Args:
        client: The site.
        dataset_slug: The dataset's slug.
        storage_settings: Where its files are stored: see `omicsdk.crunch.storage.open_storage`; by default the file
            that CRUNCH_STORAGE_SETTINGS names.
        working_directory: The folder in which the dataset's folder is created; may be relative.
        workflow_type: Whether the workflow is a Snakefile or a script.
        workflow_path: The workflow's file, in place of the text that the project has on the site.
        download_from_storage: Whether to bring the files; else all that is in the folder is treated as new.
        upload_to_storage: Whether to upload what changed.
        cleanup: Whether to remove the dataset's folder when all went well.
        cores: Cores for Snakemake: a number, or "all".
        since: The newest status before the dataset was requested (`newest_status`): any other runner's later one
            counts. By default a run that is over, well or not, does not.
        take_over: Whether to run it although another runner that began earlier has not ended, because it never will.
        allow_shared_folder: Whether to run it although its folder in the storage is that of another dataset too, or one
            is within the other: its run then brings the other's files as well, and overwrites those of the same names.
        folders: The folders of the site's datasets, for several runs one after the other; by default they are read.
        on_message: Called with a line at the beginning and end of each stage; the default prints them to stderr.
        stop: Stops the run within a second when set, with all that the workflow started; it has failed then.

    Attributes:
        client: As given.
        dataset_slug: As given.
        dataset: What the site states of the dataset.
        dataset_id: Its number.
        project: The slug of its project.
        base_file_path: Its folder in the storage, as the site states.
        working_directory: The dataset's folder.
        note: Why a stage failed; "" when none did.
        current_stage: The stage that runs, or that ran last; SETUP before.
        setup_result: How setup ended; None before.
        workflow_result: How the workflow ended; None before.
        upload_result: How the upload ended; None before.

    Raises:
        ValueError: An empty slug, or a workflow type that is invalid.
        ConfigError: A number of cores that is invalid.
        UnsafePath: The slug cannot be a folder's name.
        OmicsError: The site does not know the dataset, or does not respond.
    """

    client: Crunch
    dataset_slug: str
    storage_settings: StorageSettings | None
    working_directory: Path
    workflow_type: WorkflowType
    workflow_path: Path | None = None
    download_from_storage: bool = True
    upload_to_storage: bool = True
    cleanup: bool = False
    cores: str = "1"
    _: KW_ONLY
    since: int | None = None
    take_over: bool = False
    allow_shared_folder: bool = False
    folders: DatasetFolders | None = None
    on_message: Callable[[str], None] | None = None
    stop: threading.Event | None = None

    def __post_init__(self) -> None:
        if not self.dataset_slug:
            raise ValueError("dataset_slug is empty")
        from omicsdk.transfer.names import check_name

        self.workflow_type = WorkflowType(self.workflow_type)
        self.cores = check_cores(self.cores)
        folder = self.dataset_slug.replace(":", "--")
        check_name(folder)
        self.dataset: Dataset = self.client.get_dataset(slug=checked_slug(self.dataset_slug))
        check_fields("get_dataset", self.dataset, "id", optional=("parent", "base_file_path"))
        self.dataset_id = self.dataset.id
        self.project = self.dataset.parent or ""
        self.base_file_path = self.dataset.base_file_path or ""
        if self.workflow_path is not None:
            self.workflow_path = expanded(self.workflow_path).absolute()
        self.working_directory = expanded(self.working_directory).absolute() / folder
        make_folders(str(self.working_directory))
        self.note = ""
        self.current_stage = Stage.SETUP
        self.setup_result: RunResult | None = None
        self.workflow_result: RunResult | None = None
        self.upload_result: RunResult | None = None
        self._may_share = self.allow_shared_folder
        self._folders = self.folders or DatasetFolders(self.client)
        self._report = self.on_message or _to_stderr
        self._first: int | None = None
        self._sent = set[int]()
        self._data: DataFiles | None = None
        self._is_locked = False

    @property
    def crunch_subdir(self) -> Path:
        """The folder `.crunch` in the dataset's folder; it is created when it does not exist."""
        from omicsdk.crunch.dataset_files import FOLDER

        folder = self.working_directory / FOLDER
        make_folders(str(folder))
        return folder

    @cached_property
    def storage(self) -> Storage:
        """The storage, opened when it is first used.

        Raises:
            ConfigError: The settings cannot be read, or name no known storage.
        """
        return storage_of(self.client, self.storage_settings)

    def send_status(self, state: State, note: str = "") -> Status:
        """Report the progress of the current or last stage.

        Args:
            state: The state.
            note: Further information.

        Returns:
            The stored status.

        Raises:
            OmicsError: The site refused it, or did not respond.
        """
        return self._send(state, note)

    def _send(self, state: State, note: str = "") -> Status:
        # The revision that is reported is that of the workflow's repository.
        directory = None if self.workflow_path is None else self.workflow_path.parent
        status = self.client.report_status(self.dataset_id, self.current_stage, state, note, directory=directory)
        self._sent.add(status.id)
        if (self.current_stage, state) == (Stage.SETUP, State.START):
            self._first = status.id
        return status

    def __call__(self) -> RunResult:
        """Run all stages, until one fails.

        Returns:
            Whether they succeeded; `note` states why not.

        Raises:
            DatasetTaken: Another runner has the dataset.
            SharedFolder: Another dataset has files in its folder; no status was reported.
            FolderBusy: Another process runs a dataset in the folder on this machine, such as that of another site; no
                status was reported. The stages alone raise it, too.
            KeyboardInterrupt: It was interrupted, and FAIL was reported.
        """
        with self._locked():
            for stage in (self.setup, self.workflow, self.upload):
                if stage() is RunResult.FAIL:
                    return RunResult.FAIL
        return RunResult.SUCCESS

    def setup(self) -> RunResult:
        """Download the dataset's files, and write their checksums, dataset, project and workflow to `.crunch`.

        Returns:
            Whether it succeeded; `note` states why not.

        Raises:
            DatasetTaken: Another runner has the dataset.
            SharedFolder: Another dataset has files in its folder; nothing was reported.
            KeyboardInterrupt: It was interrupted, and FAIL was reported.
        """
        self._refuse_shared(uses_storage=self.download_from_storage or self.upload_to_storage)
        self.setup_result = self._run(Stage.SETUP, self._set_up)
        return self.setup_result

    def workflow(self) -> RunResult:
        """Run the workflow in the dataset's folder; its output goes to stderr and to `.crunch/workflow.log`.

        Returns:
            Whether it ended with exit code 0; `note` states why not.

        Raises:
            DatasetTaken: Another runner has the dataset.
            KeyboardInterrupt: It was interrupted, and FAIL was reported.
        """
        self.workflow_result = self._run(Stage.WORKFLOW, self._work)
        return self.workflow_result

    def upload(self) -> RunResult:
        """Upload new and changed files, with upload_md5_checksums.json and deleted.txt.

        Returns:
            Whether it succeeded; `note` states why not.

        Raises:
            SharedFolder: Another dataset has files in its folder, and setup, which checks it, did not run.
            KeyboardInterrupt: It was interrupted, and FAIL was reported.
        """
        self._refuse_shared(uses_storage=self.upload_to_storage)
        self.upload_result = self._run(Stage.UPLOAD, self._upload)
        return self.upload_result

    def _refuse_shared(self, *, uses_storage: bool) -> None:
        """Refuse a folder of several datasets before a stage is reported: a dataset that failed stays locked."""
        if self._may_share or not uses_storage:
            return
        try:
            others = self._folders.shared_with(self.dataset_slug, self.base_file_path)
        except UnsafePath:  # which the stage reports
            return
        if others:
            raise SharedFolder(self.dataset_slug, self.base_file_path, others)
        self._may_share = True  # it was checked, once

    def _run(self, stage: Stage, work: Callable[[], None]) -> RunResult:
        from omicsdk.transfer.engine.control import termination

        with self._locked(), termination():
            return self._reported(stage, work)

    @contextmanager
    def _locked(self) -> Generator[None]:
        """Lock the dataset's folder, unless this run has: the workflow of another one would read and write its files."""
        if self._is_locked:
            yield
            return
        folder = self.working_directory
        # Beside it: what is in it may be uploaded, and is removed by `cleanup`. A digest is no longer than file systems take.
        path = folder.with_name(f".crunch-{text_digest(folder.name, 8)}.lock")
        try:
            lock = JournalFile(path, never, Disk(), read_only=False)
        except FolderBusy as error:
            raise FolderBusy(str(folder), remedy=error.remedy) from None
        self._is_locked = True
        try:
            yield
        finally:
            self._is_locked = False
            lock.remove()

    def _reported(self, stage: Stage, work: Callable[[], None]) -> RunResult:
        self.current_stage = stage
        word = stage.name.title()
        self.note = ""
        self._report(f"{word} stage {self.dataset_slug}")
        try:
            if stage is Stage.SETUP:
                self._claim()
            else:
                if stage is Stage.WORKFLOW:
                    self._step_back_if_taken()
                self._send(State.START)
            check_stop(self.stop)
            work()
            self._send(State.SUCCESS)
        except DatasetTaken as error:
            self._report(f"{word} stopped {self.dataset_slug}: {error.message}")
            if error.status.state == State.FAIL:  # which this runner's own START hides
                self._report_failure(error.message)
            raise
        except (KeyboardInterrupt, SystemExit) as error:
            self._fail(_what_ended(error))
            raise
        except Exception as error:
            _log.debug("%s: %s failed", self.dataset_slug, word, exc_info=True)
            self._fail(words_of(error))
            return RunResult.FAIL
        self._report(f"{word} success {self.dataset_slug}")
        return RunResult.SUCCESS

    def _fail(self, note: str) -> None:
        self.note = note
        self._report(f"{self.current_stage.name.title()} failed {self.dataset_slug}: {note}")
        self._report_failure(note)

    def _report_failure(self, note: str) -> None:
        try:
            self._send(State.FAIL, note)
        except Exception as error:  # the first failure is reported
            self._report(f"The failure cannot be reported: {words_of(error)}")

    def _claim(self) -> None:
        if self.take_over and self.since is None:
            # Before this runner's START: what is older belongs to the runner that is replaced.
            self.since = newest_status(self.client)
        self._send(State.START)
        # After this runner's START is stored: of two that begin at once, the one with the later number sees the other.
        self._step_back_if_taken()

    def _step_back_if_taken(self) -> None:
        if self._first is None:
            return
        statuses = newest_first(self.client, PAGES)
        other = rival(statuses, self.dataset_id, self._first, self._sent, self.since)
        if other is not None:
            raise DatasetTaken(self.dataset_slug, other)

    def _files(self) -> DataFiles:
        from omicsdk.crunch.dataset_files import DataFiles

        if self._data is None:
            self._data = DataFiles(self.storage, folder_of(self.dataset), self.working_directory)
        return self._data

    def _set_up(self) -> None:
        from omicsdk.crunch import dataset_files as files

        folder = self.crunch_subdir
        files.clear(folder, self.workflow_path)
        self._data = None
        if self.download_from_storage:
            self._files().bring(self.stop)
        files.write(folder / files.DATASET, files.json_text(self.dataset.to_dict()))
        if not self.project:
            raise ConfigError(
                f"The dataset {self.dataset_slug} belongs to no project", remedy="Set its parent on the site."
            )
        project = self.client.get_project(slug=checked_slug(self.project))
        check_fields("get_project", project, optional=("workflow",))
        files.write(folder / files.PROJECT, files.json_text(project.to_dict()))
        if self.workflow_path is None:
            files.write_workflow(project.workflow or "", folder, self.workflow_type)
        if self.download_from_storage:
            self._files().remember()

    def _work(self) -> None:
        from omicsdk.crunch import workflow
        from omicsdk.crunch.dataset_files import LOG, WORKFLOWS

        path = self.workflow_path or self.crunch_subdir / WORKFLOWS[self.workflow_type]
        command = workflow.command_of(self.workflow_type, path, self.working_directory, self.cores)
        try:
            ended = workflow.run_process(command, self.working_directory, self.crunch_subdir / LOG, self.stop)
        except OSError as error:
            raise workflow.not_started(error, path) from error
        if ended.code:
            raise workflow.WorkflowFailed(workflow.failure_note(ended))

    def _upload(self) -> None:
        if self.upload_to_storage:
            self._files().give_back()
        if self.cleanup:
            try:
                shutil.rmtree(self.working_directory)
            except OSError as error:  # the request is fulfilled
                self._report(f"{self.working_directory} cannot be removed: {error}")


def words_of(error: Exception) -> str:
    """Return an error as a note.

    Args:
        error: The exception.
    """
    text = str(error) if isinstance(error, OmicsError | OSError) else f"{type(error).__name__}: {error}"
    return mask_text(text)


def _what_ended(error: BaseException) -> str:
    """Describe for users what ended a run."""
    from omicsdk.transfer.engine.control import Terminated

    if isinstance(error, Terminated):
        return f"Ended by {Signals(error.exit_code - 128).name}"
    return "Interrupted by Ctrl-C" if isinstance(error, KeyboardInterrupt) else "The program ended"


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


# -- workflows of the client


class RunReport(NamedTuple):
    """How a run ended.

    Attributes:
        dataset: The dataset's slug.
        result: Whether it succeeded.
        directory: The dataset's folder on this machine.
        note: Why a stage failed; empty if none did.
    """

    dataset: str
    result: RunResult
    directory: Path
    note: str


def run(
    client: Crunch,
    dataset: str,
    folder: str | os.PathLike[str] = "tmp",
    *,
    storage: StorageSettings | None = None,
    workflow_type: WorkflowType = WorkflowType.snakemake,
    workflow_path: str | os.PathLike[str] | None = None,
    download: bool = True,
    upload: bool = True,
    cleanup: bool = False,
    cores: str = "1",
    since: int | None = None,
    take_over: bool = False,
    allow_shared_folder: bool = False,
    folders: DatasetFolders | None = None,
    on_message: Callable[[str], None] | None = None,
    stop: threading.Event | None = None,
) -> RunReport:
    """Process a dataset: download its files, run its project's workflow over them, and upload what changed.

    Args:
        dataset: The dataset's slug.
        folder: The folder in which the dataset's folder is created.
        storage: Where datasets' files are; by default the file that CRUNCH_STORAGE_SETTINGS names.
        workflow_type: Whether the workflow is a Snakefile or a script.
        workflow_path: The workflow's file, in place of the text that the project has on the site.
        download: Whether to download the files; else all that is in the folder is treated as new.
        upload: Whether to upload what changed.
        cleanup: Whether to remove the dataset's folder after a success.
        cores: Cores for Snakemake: a number, or "all".
        since: The newest status before the dataset was requested: any other runner's later one counts.
        take_over: Whether to run it although another runner that began earlier has not ended.
        allow_shared_folder: Whether to run it although another dataset has files in its folder.
        folders: The folders of the site's datasets, for several runs one after the other; by default they are read.
        on_message: Called with a line at the beginning and end of each stage; by default they are written to stderr.
        stop: Stops the run within a second when set, with all that the workflow started; FAIL is reported.

    Returns:
        How it ended; a stage that failed is reported to the site.

    Raises:
        NotFound: There is no such dataset.
        DatasetTaken: Another runner has the dataset.
        SharedFolder: Another dataset has files in its folder; nothing was reported.
        FolderBusy: Another process runs a dataset in the same folder on this machine; nothing was reported.
        ConfigError: The storage's settings, or the number of cores, are invalid; nothing was reported.
        UsageError: The workflow's file or Snakemake is missing; nothing was reported.
    """
    # Check first what would make the run fail: a dataset that failed stays locked on the site.
    path = None if workflow_path is None else expanded(workflow_path)
    if path is not None and not path.is_file():
        raise UsageError(f"Cannot run the workflow: {workflow_path} not found", remedy="Check its path (--path).")
    if WorkflowType(workflow_type) is WorkflowType.snakemake and shutil.which("snakemake") is None:
        raise UsageError(
            "snakemake not found on the PATH",
            remedy="Install Snakemake 7 or later, activate its environment, or run a script (--workflow script).",
        )
    opened = storage_of(client, storage) if download or upload else storage
    new_run = Run(
        client,
        dataset,
        opened,
        Path(folder),
        workflow_type,
        path,
        download_from_storage=download,
        upload_to_storage=upload,
        cleanup=cleanup,
        cores=cores,
        since=since,
        take_over=take_over,
        allow_shared_folder=allow_shared_folder,
        folders=folders,
        on_message=on_message,
        stop=stop,
    )
    return RunReport(dataset, new_run(), new_run.working_directory, new_run.note)


def run_pending(
    client: Crunch, run: Callable[..., RunReport], project: str = "", *, on_message: Callable[[str], None] | None = None
) -> Iterator[RunReport]:
    """Run the pending datasets, one after the other, until none is left.

    A dataset that another runner starts first is skipped.

    Args:
        run: Runs a dataset: `client.run` with the options of all runs, to which `since` and `folders` are added.
        project: The slug of a project; empty for all.
        on_message: Called with a line for each dataset that is processed or skipped; by default they are written to
            stderr.

    Raises:
        NotFound: There is no such project.
        FolderBusy: Another process runs a dataset in the folder of one.
        OmicsError: The site gives a dataset again that was run, or does not respond.
    """
    folders, seen, busy, report = DatasetFolders(client), set[str](), set[str](), on_message or _to_stderr
    while True:
        # Before the dataset is requested: from then on any status of another runner counts.
        since = newest_status(client)
        slug = next_dataset(client, project)
        if not slug:
            return
        if slug in seen:
            raise OmicsError(
                f"The site returns {slug} again although it was processed: its statuses were not accepted",
                remedy="Check that this user may add statuses.",
            )
        seen.add(slug)
        report(f"Processing '{slug}'.")
        try:
            yield run(slug, since=since, folders=folders)
        except DatasetTaken as error:
            report(f"{error.message}; taking the next one.")
        except FolderBusy as error:
            if slug in busy:
                raise
            # A process that was given the same dataset has reported no status yet.
            report(f"{error.message}; requesting the next dataset again.")
            busy.add(slug)
            seen.remove(slug)
            clock_of(client).sleep(1)


def next_dataset(client: Crunch, project: str = "") -> str:
    """Return the slug of the dataset that is processed next; empty if none is left.

    Args:
        project: The slug of a project; empty for all.

    Raises:
        NotFound: There is no such project.
        ServerError: The site fails, as some sites do when no dataset is left; a status of 500 is not retried.
    """
    if project:
        client.get_project(slug=checked_slug(project))  # of one that does not exist the next dataset is a status of 500
    retry = exchange_of(client).transport.retry
    # Some sites answer 500 where no dataset is left, which further tries do not change.
    once = client.with_options(retry=replace(retry, statuses=retry.statuses - {500}))
    try:
        following = once.get_next_dataset_of_project(slug=project) if project else once.get_next_dataset()
    except ServerError as error:
        if error.status == 500:
            error.message = "no dataset, or the server failed"
            error.remedy = "Check the site's datasets: one whose project was deleted also makes it fail."
        raise
    check_fields("get_next_dataset", following, optional=("dataset",))
    return following.dataset or ""


def check_cores(cores: object) -> str:
    """Return the number of cores as Snakemake takes it.

    Args:
        cores: A whole number above 0, or "all".

    Raises:
        ConfigError: It is something else.
    """
    text = str(cores)
    if text != "all" and not (text.isascii() and text.isdigit() and text.strip("0")):
        raise ConfigError(f"cores is {text!r}", remedy='Use a whole number, 1 or more, or "all".')
    return text
