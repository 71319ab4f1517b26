"""Jobs that a commons runs for its users (Sower)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from omicsdk.core.answer import json_of
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import APIError, TransportError
from omicsdk.core.narrowing import is_object
from omicsdk.core.paging import items_at
from omicsdk.core.request import Request
from omicsdk.gen3.errors import Gen3Error
from omicsdk.gen3.plain_client import AsyncPlainClient, PlainClient, plain_kinds, plain_request
from omicsdk.gen3.service import Documented, Service, mounted, parties, settings

if TYPE_CHECKING:
    from omicsdk.core.retry import Retry
    from omicsdk.core.sending.transport import Timeout
    from omicsdk.gen3.service import Auth, Network

DBGAP_METADATA_JOB = "get-dbgap-metadata"
INGEST_METADATA_JOB = "ingest-metadata-manifest"
INDEX_MANIFEST_JOB = "index-object-manifest"
DOWNLOAD_MANIFEST_JOB = "download-indexd-manifest"
MERGE_MANIFEST_JOB = "merge-manifests"

#: Seconds before a job is asked for its state the first time; each further wait is half as long again.
FIRST_WAIT = 3.0
#: Seconds that it is waited for at once, at most.
LONGEST_WAIT = 60.0
UNDER_WAY = ("Running", "Unknown")
"""States of a job that isn't over; it is Unknown until it was begun."""
DONE = "Completed"


class Gen3JobError(Gen3Error):
    """A job that didn't do what it was to do."""


class Gen3Jobs(Documented):
    """Jobs of a commons.

    Args:
        endpoint: The commons; by default that of `auth_provider`, which may be given in its place.
        auth_provider: Who asks.
        service_location: Where the service is within the commons.
        timeout: Seconds for each step of a request, or a Timeout; by default 10 to connect and 60 to read.
        retry: When and how often to try again.
        transport: Takes the place of the network, for tests.
        clock: What tells the time and waits.

    Attributes:
        endpoint: Where the service is.

    Raises:
        Gen3UserError: There is nothing to know the commons from.
        ConfigError: The endpoint isn't one.
    """

    def __init__(
        self,
        endpoint: str | Auth | None = None,
        auth_provider: Auth | None = None,
        service_location: str = "job",
        *,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        transport: Network | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        commons, credentials = parties(endpoint, auth_provider)
        self.endpoint = mounted(commons, service_location)
        options = {**settings(timeout, retry, transport), "clock": clock}
        self._clock = clock
        self._service: Service[PlainClient, AsyncPlainClient] = Service(
            self.endpoint, credentials, plain_kinds, options
        )
        super().__init__(self._service)

    def is_healthy(self) -> bool:
        """Whether the service answers."""
        try:
            self._service.client.send(plain_request("get_status", "GET", "/_status"))
        except (APIError, TransportError):
            return False
        return True

    def get_version(self) -> str:
        """Gives the service's version."""
        return json_of(self._service.client.send(plain_request("get_version", "GET", "/_version")))["version"]

    def list_jobs(self) -> list[dict[str, Any]]:
        """Lists the user's jobs, each with `uid`, `name` and `status`."""
        return items_at(json_of(self._service.client.send(plain_request("list_jobs", "GET", "/list"))), "", "list_jobs")

    def create_job(self, job_name: str, job_input: Mapping[str, Any]) -> dict[str, Any]:
        """Begins a job. It is sent once: one that was lost on the way isn't begun twice.

        Args:
            job_name: What is to be done, such as index-object-manifest.
            job_input: What it is given.

        Returns:
            The job's `uid`, `name` and `status`.

        Raises:
            Gen3JobError: The commons has no such job.
        """
        return _begun(json_of(self._service.client.send(_beginning(job_name, job_input, {}))), job_name)

    def get_status(self, job_id: str) -> dict[str, Any]:
        """Gives the state of a job.

        Args:
            job_id: Its `uid`.

        Returns:
            `uid`, `name`, and `status`: Running, Completed, Failed, or Unknown before it was begun.
        """
        return json_of(self._service.client.send(_state_of(job_id, {})))

    def get_output(self, job_id: str) -> dict[str, Any]:
        """Gives what a job has written.

        Args:
            job_id: Its `uid`.

        Returns:
            The `output`.
        """
        return json_of(self._service.client.send(_output_of(job_id, {})))

    async def async_run_job_and_wait(
        self, job_name: str, job_input: Mapping[str, Any], _ssl: object = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Begins a job and waits until it is over, without holding up the event loop.

        Args:
            job_name: What is to be done, such as index-object-manifest.
            job_input: What it is given.
            _ssl: Without effect: certificates are always checked.
            **kwargs: Further query parameters of each request.

        Returns:
            What `get_output` gives.

        Raises:
            Gen3JobError: The job failed.
        """
        wait, begun = FIRST_WAIT, await self.async_create_job(job_name, job_input, _ssl, **kwargs)
        job_id, state = str(begun["uid"]), begun
        while state.get("status") in UNDER_WAY:
            await self._clock.async_sleep(wait)
            wait = min(wait * 1.5, LONGEST_WAIT)
            state = await self.async_get_status(job_id, _ssl, **kwargs)
        if state.get("status") != DONE:
            raise Gen3JobError(
                f"The job {job_name} ({job_id}) is {state.get('status')}{await self._last_words(job_id)}",
                remedy=f"What it wrote is in get_output({job_id!r}). Correct its input, and begin it again.",
            )
        return await self.async_get_output(job_id, _ssl, **kwargs)

    async def async_create_job(
        self, job_name: str, job_input: Mapping[str, Any], _ssl: object = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Begins a job; as `create_job`.

        Args:
            job_name: What is to be done.
            job_input: What it is given.
            _ssl: Without effect.
            **kwargs: Further query parameters.
        """
        return _begun(await self._answer(_beginning(job_name, job_input, kwargs)), job_name)

    async def async_get_status(self, job_id: str, _ssl: object = None, **kwargs: Any) -> dict[str, Any]:
        """Gives the state of a job; as `get_status`.

        Args:
            job_id: Its `uid`.
            _ssl: Without effect.
            **kwargs: Further query parameters.
        """
        return await self._answer(_state_of(job_id, kwargs))

    async def async_get_output(self, job_id: str, _ssl: object = None, **kwargs: Any) -> dict[str, Any]:
        """Gives what a job has written; as `get_output`.

        Args:
            job_id: Its `uid`.
            _ssl: Without effect.
            **kwargs: Further query parameters.
        """
        return await self._answer(_output_of(job_id, kwargs))

    async def _answer(self, request: Request) -> Any:
        async with self._service.opened() as client:
            return json_of(await client.send(request))

    async def _last_words(self, job_id: str) -> str:
        """The end of what a job wrote, for a message; empty when that can't be had."""
        try:
            told = await self.async_get_output(job_id)
        except (APIError, TransportError):
            return ""
        words: object = told.get("output")
        text = words if isinstance(words, str) else json.dumps(words)
        return f": {text.strip()[-300:]}" if text.strip() else ""


def _beginning(name: str, given: Mapping[str, Any], further: Mapping[str, Any]) -> Request:
    body = {"action": name, "input": given}
    return plain_request("create_job", "POST", "/dispatch", query=tuple(further.items()), body=body)


def _begun(told: Any, name: str) -> dict[str, Any]:
    """What the service says of a new job; nothing, where it doesn't know what to do."""
    if not is_object(told) or not told.get("uid"):
        raise Gen3JobError(f"The commons has no job {name}", remedy="Check the name, and ask the commons which it has.")
    return told


def _state_of(job_id: str, further: Mapping[str, Any]) -> Request:
    return plain_request("get_status", "GET", "/status", query=(("UID", job_id), *further.items()))


def _output_of(job_id: str, further: Mapping[str, Any]) -> Request:
    return plain_request("get_output", "GET", "/output", query=(("UID", job_id), *further.items()))
