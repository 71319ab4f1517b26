"""`Run`, the documented way to process a dataset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.compat.crunch.client.connections import Connection, documented_errors
from omicsdk.crunch import runs
from omicsdk.crunch.datasets import DatasetFolders
from omicsdk.crunch.statuses import State, WorkflowType
from omicsdk.crunch.storage import Storage

if TYPE_CHECKING:
    from omicsdk.compat.responses import DocumentedResponse

__all__ = ["Run"]


class Run(runs.Run):
    """A run of a dataset; see `omicsdk.crunch.Run` for what the stages do.

    Args:
        connection: The site.
        dataset_slug: The dataset's slug.
        storage_settings: Where its files are stored: see `omicsdk.crunch.storage.open_storage`.
        working_directory: Folder in which a subfolder is made for the dataset; may be relative.
        workflow_type: Whether the workflow is a Snakefile or a script.
        workflow_path: The workflow's file, in place of the text that the project has on the site.
        download_from_storage: Whether to bring the files; else all that is in the folder is treated as new.
        upload_to_storage: Whether to upload what changed.
        cleanup: Whether to remove the dataset's folder when all went well.
        cores: Cores for Snakemake: a number, or "all".
        since: As for `omicsdk.crunch.Run`, as are those below.
        take_over: As for `omicsdk.crunch.Run`.
        allow_shared_folder: As for `omicsdk.crunch.Run`.
        folders: As for `omicsdk.crunch.Run`.
        on_message: As for `omicsdk.crunch.Run`.

    Attributes:
        connection: As given.

    Raises:
        ValueError: An empty slug, or a workflow type that is invalid.
        CrunchAPIException: The site does not know the dataset, or does not respond; a number of cores that is invalid (a
            ConfigError); a slug that cannot be a folder's name (an UnsafePath).
    """

    @documented_errors()
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
        on_message: Callable[[str], None] | None = None,
    ) -> None:
        self.connection = connection
        super().__init__(
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
            on_message=on_message,
        )

    @property
    def dataset_data(self) -> dict[str, Any]:
        """The dataset as stored on the site."""
        return self.dataset.to_dict()

    @cached_property
    @documented_errors()
    def storage(self) -> Storage:
        """The storage, opened when it is first used.

        Raises:
            CrunchAPIException: The settings cannot be read, or name no known storage (a ConfigError).
        """
        return super().storage

    @documented_errors()
    def send_status(  # pyright: ignore[reportIncompatibleMethodOverride] - the published one returns the response
        self, state: State, note: str = ""
    ) -> DocumentedResponse:
        """Report the state of the current or last stage; arguments and errors as for `Connection.send_status`."""
        return self.connection.response_of(super().send_status(state, note))

    setup = documented_errors()(runs.Run.setup)
    workflow = documented_errors()(runs.Run.workflow)
    upload = documented_errors()(runs.Run.upload)
