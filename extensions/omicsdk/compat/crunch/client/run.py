"""`Run`, the documented way to process a dataset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.compat.crunch.client.connections import Connection, documented_errors
from omicsdk.crunch import runs
from omicsdk.crunch.datasets import DatasetFolders
from omicsdk.crunch.statuses import RunResult, Stage, State, WorkflowType
from omicsdk.crunch.storage import Storage

if TYPE_CHECKING:
    from omicsdk.compat._answers import DocumentedResponse

__all__ = ["Run"]


class Run:
    """Processes a dataset; see `omicsdk.crunch.Run` for what the stages do.

    Args:
        connection: The site.
        dataset_slug: The dataset's slug.
        storage_settings: Where its files are stored: see `omicsdk.crunch.storage.open_storage`.
        working_directory: The folder in which the dataset gets one of its own; may be relative.
        workflow_type: Whether the workflow is a Snakefile or a script.
        workflow_path: The workflow's file, in place of the text that the project has on the site.
        download_from_storage: Whether to bring the files; else all that is in the folder counts as new.
        upload_to_storage: Whether to upload what changed.
        cleanup: Whether to remove the dataset's folder when all went well.
        cores: Cores for Snakemake: a number, or "all".
        since: As for `omicsdk.crunch.Run`, as are those below.
        take_over: See there.
        allow_shared_folder: See there.
        folders: See there.
        tell: See there.

    Attributes:
        connection: As given.

    Raises:
        ValueError: An empty slug, or a workflow type that isn't one.
        CrunchAPIException: The site doesn't know the dataset, or doesn't answer; a number of cores that isn't one (a
            ConfigError); a slug that can't be a folder's name (an UnsafePath).
    """

    def __init__(
        self,
        connection: Connection,
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
        self.connection = connection
        self.storage_settings = storage_settings
        with documented_errors():
            self._run = runs.Run(
                connection.api,
                dataset_slug,
                storage_settings,
                working_directory,
                workflow_type,
                workflow_path,
                download_from_storage,
                upload_to_storage,
                cleanup,
                cores,
                since=since,
                take_over=take_over,
                allow_shared_folder=allow_shared_folder,
                folders=folders,
                tell=tell,
            )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._run, name)

    @property
    def dataset_data(self) -> dict[str, Any]:
        """The dataset as the site has it."""
        return self._run.dataset.to_dict()

    @property
    def crunch_subdir(self) -> Path:
        """The folder `.crunch` in the dataset's folder; it is made when it isn't there."""
        return self._run.crunch_subdir

    @cached_property
    def storage(self) -> Storage:
        """The storage, opened when it is first asked for.

        Raises:
            CrunchAPIException: The settings can't be read, or name no storage that is known (a ConfigError).
        """
        with documented_errors():
            return self._run.storage

    @property
    def current_stage(self) -> Stage:
        """The stage that runs, or that ran last; SETUP before."""
        return self._run.current_stage

    @property
    def setup_result(self) -> RunResult | None:
        """How setup ended; None before."""
        return self._run.setup_result

    @property
    def workflow_result(self) -> RunResult | None:
        """How the workflow ended; None before."""
        return self._run.workflow_result

    @property
    def upload_result(self) -> RunResult | None:
        """How the upload ended; None before."""
        return self._run.upload_result

    def send_status(self, state: State, note: str = "") -> DocumentedResponse:
        """Report how far the stage is that runs or ran last; arguments and errors as those of `Connection.send_status`."""
        with documented_errors():
            return self.connection.answer_of(self._run.send_status(state, note))

    def __call__(self) -> RunResult:
        """Run all stages, until one fails.

        Returns:
            Whether they went well; `note` says why not.

        Raises:
            CrunchAPIException: Another runner has the dataset (a DatasetTaken), or another dataset has files in its folder (a
                SharedFolder).
            KeyboardInterrupt: It was interrupted, and FAIL was reported.
        """
        with documented_errors():
            return self._run()

    def setup(self) -> RunResult:
        """Bring the dataset's files, and write their checksums, dataset, project and workflow to `.crunch`."""
        with documented_errors():
            return self._run.setup()

    def workflow(self) -> RunResult:
        """Run the workflow in the dataset's folder; what it writes goes to stderr and to `.crunch/workflow.log`."""
        with documented_errors():
            return self._run.workflow()

    def upload(self) -> RunResult:
        """Upload what is new or changed, with upload_md5_checksums.json and deleted.txt."""
        with documented_errors():
            return self._run.upload()
