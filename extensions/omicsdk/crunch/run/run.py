"""`Run`, the documented way to process a dataset: setup, workflow, upload, each reported to the site."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from logging import getLogger
from pathlib import Path
from typing import Any, Protocol

from omicsdk.core.errors import ConfigError, OmicsError, UnsafePath
from omicsdk.core.redaction import mask_text
from omicsdk.crunch.enums import RunResult, Stage, State, WorkflowType
from omicsdk.crunch.errors import CrunchAPIException
from omicsdk.crunch.run import bookkeeping
from omicsdk.crunch.run.claim import DatasetTaken, find_rival, newest_status
from omicsdk.crunch.run.data import DataFiles, DatasetFolders, SharedFolder
from omicsdk.crunch.run.process import failure_note, run_process
from omicsdk.crunch.run.signals import in_order
from omicsdk.crunch.run.workflow import WorkflowFailed, check_cores, command_of, not_started
from omicsdk.crunch.site import address_of
from omicsdk.crunch.storage import Storage, open_storage
from omicsdk.transfer.interrupts import Terminated
from omicsdk.transfer.names import check_name

_log = getLogger("omicsdk.crunch")

_WORDS = {Stage.SETUP: "Setup", Stage.WORKFLOW: "Workflow", Stage.UPLOAD: "Upload"}


class Site(Protocol):
    """What a run needs of a connection."""

    def get_json_response(self, relative_url: str) -> dict[str, Any]: ...
    def send_status(
        self, dataset_id: int, stage: Stage, state: State, note: str = "", *, directory: Path | None = None
    ) -> Any: ...


class Run:
    """Processes a dataset: brings its files, runs its project's workflow over them, and uploads what changed.

    The dataset's folder is that of `working_directory` that is named after its slug, with "--" for ":". What a run keeps
    beside the data is in `.crunch` there: dataset.json, project.json, Snakefile or script.sh, setup_md5_checksums.json,
    upload_md5_checksums.json, deleted.txt, and workflow.log with all that the workflow wrote. The log isn't uploaded; the
    others are, when they differ from what the storage has, and are never brought back.

    Of the storage, a file that is in the folder already and equal isn't copied again. Uploaded is what the storage lacks or
    has otherwise; it takes the place of what has the same name, and nothing is removed from the storage. Whether a file
    changed since setup is told by its checksum; it is read only where the system says that it was touched: size, both times
    of change, or its number differ (see `omicsdk.crunch.stamps` for why that is safe, and where it reads them all).

    A stage that fails is reported with a note, and the later ones are skipped. Ctrl-C ends the workflow and all that it
    started, reports FAIL, and is raised again; so do SIGTERM and SIGHUP where the program leaves them as they are (as
    `omicsdk.transfer.interrupts.Terminated`, a KeyboardInterrupt).

    The site has no operation that gives a dataset to one of two runners. After the first status the statuses are read
    again, and once more before the workflow: a runner that wasn't the first steps back with DatasetTaken. What window
    remains is told in `omicsdk.crunch.run.claim`.

    Args:
        connection: The site.
        dataset_slug: The dataset's slug.
        storage_settings: Where its files lie: see `omicsdk.crunch.storage.open_storage`.
        working_directory: The folder in which the dataset gets one of its own; may be relative.
        workflow_type: Whether the workflow is a Snakefile or a script.
        workflow_path: The workflow's file, in place of the text that the project has on the site.
        download_from_storage: Whether to bring the files; else all that is in the folder counts as new.
        upload_to_storage: Whether to upload what changed.
        cleanup: Whether to remove the dataset's folder when all went well.
        cores: Cores for Snakemake: a number, or "all".
        since: The newest status before the dataset was asked for (`newest_status`): any other runner's later one counts.
            By default a run that is over, well or not, doesn't.
        take_over: Whether to run it although another runner that began earlier hasn't ended, since it is gone for good.
        allow_shared_folder: Whether to run it although its folder in the storage is that of another dataset too, or one is
            within the other: its run then brings the other's files as well, and overwrites those of the same names.
        folders: The folders of the site's datasets, for several runs one after the other; by default they are read.
        tell: Is given a line at the beginning and end of each stage; by default they go to stderr.

    Attributes:
        connection: As given.
        dataset_slug: As given.
        dataset: What the site says of the dataset.
        dataset_id: Its number.
        project: The slug of its project.
        base_file_path: Its folder in the storage, as the site says.
        working_directory: The dataset's folder.
        note: Why a stage failed; "" when none did.

    Raises:
        ValueError: An empty slug, or a workflow type that isn't one.
        ConfigError: A number of cores that isn't one.
        UnsafePath: The slug can't be a folder's name.
        CrunchAPIException: The site doesn't know the dataset, or doesn't answer.
    """

    def __init__(
        self,
        connection: Site,
        dataset_slug: str,
        storage_settings: Mapping[str, Any] | Path | Storage,
        working_directory: Path,
        workflow_type: WorkflowType,
        workflow_path: Path | None = None,
        download_from_storage: bool = True,
        upload_to_storage: bool = True,
        cleanup: bool = False,
        cores: str = "1",
        *,
        since: int | None = None,
        take_over: bool = False,
        allow_shared_folder: bool = False,
        folders: DatasetFolders | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        if not dataset_slug:
            raise ValueError("dataset_slug is empty")
        self.connection = connection
        self.dataset_slug = dataset_slug
        self.storage_settings = storage_settings
        self.workflow_type = WorkflowType(workflow_type)
        self.workflow_path = None if workflow_path is None else Path(workflow_path).expanduser().absolute()
        self.download_from_storage = download_from_storage
        self.upload_to_storage = upload_to_storage
        self.cleanup = cleanup
        self.cores = check_cores(cores)
        folder = dataset_slug.replace(":", "--")
        check_name(folder)
        self.dataset = self._asked("datasets", dataset_slug)
        self.dataset_id: int = self.dataset["id"]
        self.project: str = self.dataset.get("parent") or ""
        self.base_file_path: str = self.dataset.get("base_file_path") or ""
        self.working_directory = Path(working_directory).expanduser().absolute() / folder
        self.working_directory.mkdir(parents=True, exist_ok=True)
        self.note = ""
        self._stage = Stage.SETUP
        self._results = dict[Stage, RunResult]()
        self._since = since
        self._take_over = take_over
        self._may_share = allow_shared_folder
        self._folders = folders or DatasetFolders(connection.get_json_response)
        self._tell = tell or _to_stderr
        self._first: int | None = None
        self._sent = set[int]()
        self._storage: Storage | None = None
        self._data: DataFiles | None = None

    def _asked(self, kind: str, slug: str) -> dict[str, Any]:
        found = self.connection.get_json_response(address_of(kind, slug))
        if found.get("slug") != slug:
            raise CrunchAPIException(
                f"The site was asked for {slug!r} and told of {found.get('slug')!r}", remedy="Check the slug."
            )
        return found

    @property
    def crunch_subdir(self) -> Path:
        """The folder `.crunch` in the dataset's folder; it is made when it isn't there."""
        folder = self.working_directory / bookkeeping.FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def storage(self) -> Storage:
        """The storage, opened when it is first asked for.

        Raises:
            ConfigError: The settings can't be read, or name no storage that is known.
        """
        if self._storage is None:
            self._storage = open_storage(self.storage_settings)
        return self._storage

    def send_status(self, state: State, note: str = "") -> Any:
        """Reports how far the stage is that runs or ran last.

        Args:
            state: How far.
            note: What else there is to say.

        Returns:
            The answer, as `Connection.send_status` gives it.

        Raises:
            CrunchAPIException: The site refused it, or didn't answer.
        """
        # The revision that goes along is that of the workflow's repository.
        own = {} if self.workflow_path is None else {"directory": self.workflow_path.parent}
        answer = self.connection.send_status(self.dataset_id, self._stage, state, note, **own)
        number = _number_of(answer)
        if number is not None:
            self._sent.add(number)
            if (self._stage, state) == (Stage.SETUP, State.START):
                self._first = number
        return answer

    def __call__(self) -> RunResult:
        """Runs all stages, until one fails.

        Returns:
            Whether they went well; `note` says why not.

        Raises:
            DatasetTaken: Another runner has the dataset.
            SharedFolder: Another dataset has files in its folder; nothing was reported.
            KeyboardInterrupt: It was interrupted, and FAIL was reported.
        """
        for stage in (self.setup, self.workflow, self.upload):
            if stage() is RunResult.FAIL:
                return RunResult.FAIL
        return RunResult.SUCCESS

    @property
    def dataset_data(self) -> dict[str, Any]:
        """What the site says of the dataset; `dataset` by its published name."""
        return self.dataset

    @property
    def current_stage(self) -> Stage:
        """The stage that runs, or that ran last; SETUP before."""
        return self._stage

    @property
    def setup_result(self) -> RunResult | None:
        """How setup ended; None before."""
        return self._results.get(Stage.SETUP)

    @property
    def workflow_result(self) -> RunResult | None:
        """How the workflow ended; None before."""
        return self._results.get(Stage.WORKFLOW)

    @property
    def upload_result(self) -> RunResult | None:
        """How the upload ended; None before."""
        return self._results.get(Stage.UPLOAD)

    def setup(self) -> RunResult:
        """Brings the dataset's files, and writes their checksums, dataset, project and workflow to `.crunch`.

        Returns:
            Whether it went well; `note` says why not.

        Raises:
            DatasetTaken: Another runner has the dataset.
            SharedFolder: Another dataset has files in its folder; nothing was reported.
            KeyboardInterrupt: It was interrupted, and FAIL was reported.
        """
        self._refuse_shared(uses_storage=self.download_from_storage or self.upload_to_storage)
        return self._run(Stage.SETUP, self._set_up)

    def workflow(self) -> RunResult:
        """Runs the workflow in the dataset's folder; what it writes goes to stderr and to `.crunch/workflow.log`.

        Returns:
            Whether it went well: it ended with exit code 0; `note` says why not.

        Raises:
            DatasetTaken: Another runner has the dataset.
            KeyboardInterrupt: It was interrupted, and FAIL was reported.
        """
        return self._run(Stage.WORKFLOW, self._work)

    def upload(self) -> RunResult:
        """Uploads what is new or changed, with upload_md5_checksums.json and deleted.txt.

        Returns:
            Whether it went well; `note` says why not.

        Raises:
            SharedFolder: Another dataset has files in its folder, and setup, which looks first, wasn't run.
            KeyboardInterrupt: It was interrupted, and FAIL was reported.
        """
        self._refuse_shared(uses_storage=self.upload_to_storage)
        return self._run(Stage.UPLOAD, self._upload)

    def _refuse_shared(self, *, uses_storage: bool) -> None:
        """Before anything is told to the site: a dataset that failed stays locked."""
        if self._may_share or not uses_storage or not self.base_file_path.strip("/"):
            return
        try:
            others = self._folders.shared_with(self.dataset_slug, self.base_file_path)
        except UnsafePath:  # which the stage tells
            return
        if others:
            raise SharedFolder(self.dataset_slug, self.base_file_path, others)
        self._may_share = True  # it was looked, once

    def _run(self, stage: Stage, work: Callable[[], None]) -> RunResult:
        with in_order():
            self._results[stage] = result = self._reported(stage, work)
            return result

    def _reported(self, stage: Stage, work: Callable[[], None]) -> RunResult:
        self._stage = stage
        word = _WORDS[stage]
        self.note = ""
        self._tell(f"{word} stage {self.dataset_slug}")
        try:
            if stage is Stage.SETUP:
                self._claim()
            else:
                if stage is Stage.WORKFLOW:
                    self._step_back_if_taken()
                self.send_status(State.START)
            work()
            self.send_status(State.SUCCESS)
        except DatasetTaken as error:
            self._tell(f"{word} stopped {self.dataset_slug}: {error.message}")
            if error.status["state"] == State.FAIL:  # which this runner's own START hides
                self._report_failure(error.message)
            raise
        except (KeyboardInterrupt, SystemExit) as error:
            self._fail(_what_ended(error))
            raise
        except Exception as error:
            _log.debug("%s: %s failed", self.dataset_slug, word, exc_info=True)
            self._fail(words_of(error))
            return RunResult.FAIL
        self._tell(f"{word} success {self.dataset_slug}")
        return RunResult.SUCCESS

    def _fail(self, note: str) -> None:
        self.note = note
        self._tell(f"{_WORDS[self._stage]} failed {self.dataset_slug}: {note}")
        self._report_failure(note)

    def _report_failure(self, note: str) -> None:
        try:
            self.send_status(State.FAIL, note)
        except Exception as error:  # what failed first is what counts
            self._tell(f"The failure can't be reported: {words_of(error)}")

    def _claim(self) -> None:
        if self._take_over and self._since is None:
            self._since = newest_status(self.connection.get_json_response)
        self.send_status(State.START)
        self._step_back_if_taken()

    def _step_back_if_taken(self) -> None:
        if self._first is None:
            return
        other = find_rival(self.connection.get_json_response, self.dataset_id, self._first, self._sent, self._since)
        if other is not None:
            raise DatasetTaken(self.dataset_slug, other)

    def _files(self) -> DataFiles:
        if self._data is None:
            if not self.base_file_path.strip("/"):
                raise ConfigError(
                    f"The site says no base_file_path of {self.dataset_slug}", remedy="Set it on the site."
                )
            self._data = DataFiles(self.storage, self.base_file_path, self.working_directory)
        return self._data

    def _set_up(self) -> None:
        kept = self.crunch_subdir
        bookkeeping.clear(kept, self.workflow_path)
        self._data = None
        if self.download_from_storage:
            self._files().bring()
        bookkeeping.write(kept / bookkeeping.DATASET, bookkeeping.json_text(self.dataset))
        if not self.project:
            raise ConfigError(
                f"The dataset {self.dataset_slug} belongs to no project", remedy="Set its parent on the site."
            )
        project = self._asked("projects", self.project)
        bookkeeping.write(kept / bookkeeping.PROJECT, bookkeeping.json_text(project))
        if self.workflow_path is None:
            bookkeeping.write_workflow(project.get("workflow") or "", kept, self.workflow_type)
        if self.download_from_storage:
            self._files().remember()

    def _work(self) -> None:
        path = self.workflow_path or self.crunch_subdir / bookkeeping.WORKFLOWS[self.workflow_type]
        command = command_of(self.workflow_type, path, self.working_directory, self.cores)
        try:
            ended = run_process(command, self.working_directory, self.crunch_subdir / bookkeeping.LOG)
        except OSError as error:
            raise not_started(error, path) from error
        if ended.code:
            raise WorkflowFailed(failure_note(ended))

    def _upload(self) -> None:
        if self.upload_to_storage:
            self._files().give_back()
        if self.cleanup:
            try:
                shutil.rmtree(self.working_directory)
            except OSError as error:  # what was asked for is done
                self._tell(f"{self.working_directory} can't be removed: {error}")


def words_of(error: Exception) -> str:
    """An error as a note for people.

    Args:
        error: What was raised.
    """
    text = str(error) if isinstance(error, OmicsError | OSError) else f"{type(error).__name__}: {error}"
    return mask_text(text)


def _what_ended(error: BaseException) -> str:
    """What ended a run, for people."""
    if isinstance(error, Terminated):
        return f"Ended by {error.args[0] if error.args else 'SIGTERM'}"
    return "Interrupted by Ctrl-C" if isinstance(error, KeyboardInterrupt) else "The program ended"


def _number_of(answer: Any) -> int | None:
    """The number that the site gave a status; None where the answer doesn't say."""
    try:
        number: object = answer.json()["id"]
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    return number if isinstance(number, int) else None


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
