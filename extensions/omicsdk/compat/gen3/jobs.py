"""gen3.jobs: jobs that a commons runs for its users."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any, cast

from omicsdk.compat._requests import __getattr__ as __getattr__
from omicsdk.compat.gen3._service import Service, awaited, mounted
from omicsdk.core.platform import run_in_thread
from omicsdk.gen3.jobs import Gen3JobError as Gen3JobError
from omicsdk.gen3.jobs import is_healthy, service_version

if TYPE_CHECKING:
    from typing import Unpack

    from omicsdk.compat.gen3._service import Auth, Options

DBGAP_METADATA_JOB = "get-dbgap-metadata"
INGEST_METADATA_JOB = "ingest-metadata-manifest"
INDEX_MANIFEST_JOB = "index-object-manifest"
DOWNLOAD_MANIFEST_JOB = "download-indexd-manifest"
MERGE_MANIFEST_JOB = "merge-manifests"

Response = dict[str, Any]


class Gen3Jobs(Service):
    """Jobs of a commons.

    `kwargs` of the `async_` methods are further query parameters; `_ssl` has no effect: certificates are always
    checked.

    Args:
        endpoint: The commons; by default that of `auth_provider`, which may be given in its place.
        auth_provider: The credentials.
        service_location: The URL of the service within the commons.
        options: Those of every client of this face: timeout, retry, transport, clock.

    Attributes:
        endpoint: The URL of the service.

    Raises:
        Gen3UserError: Nothing states the commons.
        ConfigError: The endpoint is invalid.
    """

    def __init__(
        self,
        endpoint: str | Auth | None = None,
        auth_provider: Auth | None = None,
        service_location: str = "job",
        **options: Unpack[Options],
    ) -> None:
        super().__init__(endpoint, auth_provider, **options)
        self.endpoint = self._mount("sower", mounted(self.endpoint, service_location))

    def is_healthy(self) -> bool:
        """Return whether the service responds."""
        return is_healthy(self._commons)

    def get_version(self) -> str:
        """Return the service's version."""
        return service_version(self._commons)

    def list_jobs(self) -> list[Response]:
        """List the user's jobs, each with `uid`, `name` and `status`."""
        return cast("list[Response]", self._commons.list_jobs())

    def create_job(self, job_name: str, job_input: Mapping[str, Any]) -> Response:
        """Start a job. The request is sent once, so that a lost response cannot start a second job.

        Args:
            job_name: Its task, such as index-object-manifest.
            job_input: Its input.

        Returns:
            The job's `uid`, `name` and `status`.

        Raises:
            Gen3JobError: The commons has no such job.
        """
        return cast("Response", self._commons.start_job(job_name, job_input))

    async def async_create_job(
        self, job_name: str, job_input: Mapping[str, Any], _ssl: object = None, **kwargs: Any
    ) -> Response:
        """Start a job; as `create_job`."""
        job = await awaited(self._commons.start_job, job_name, job_input, query=tuple(kwargs.items()))
        return cast("Response", job)

    def get_status(self, job_id: str) -> Response:
        """Return the state of a job.

        Args:
            job_id: Its `uid`.

        Returns:
            `uid`, `name`, and `status`: Running, Completed, Failed, or Unknown before it has started.
        """
        return cast("Response", self._commons.job_status(job_id))

    async def async_get_status(self, job_id: str, _ssl: object = None, **kwargs: Any) -> Response:
        """Return the state of a job; as `get_status`."""
        return cast("Response", await awaited(self._commons.job_status, job_id, query=tuple(kwargs.items())))

    def get_output(self, job_id: str) -> Response:
        """Return the output of a job, as `output`.

        Args:
            job_id: Its `uid`.
        """
        return cast("Response", self._commons.job_output(job_id))

    async def async_get_output(self, job_id: str, _ssl: object = None, **kwargs: Any) -> Response:
        """Return the output of a job; see `get_output`."""
        return cast("Response", await awaited(self._commons.job_output, job_id, query=tuple(kwargs.items())))

    async def async_run_job_and_wait(
        self, job_name: str, job_input: Mapping[str, Any], _ssl: object = None, **kwargs: Any
    ) -> Response:
        """Start a job and wait until it ends, without blocking the event loop.

        Args:
            job_name: Its task, such as index-object-manifest.
            job_input: Its input.
            _ssl: No effect.
            **kwargs: Further query parameters of each request.

        Returns:
            What `get_output` returns.

        Raises:
            Gen3JobError: The job failed.
        """
        stop = Event()
        run = partial(self._commons.run_job, job_name, job_input, query=tuple(kwargs.items()), stop=stop)
        # In a thread: the published method blocks the event loop while it sleeps.
        return cast("Response", await run_in_thread(run, stop))
