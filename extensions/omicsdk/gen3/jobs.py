"""Jobs that a commons runs for its users (Sower): started, watched, waited for."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any, TypedDict, cast

from omicsdk.core.batches import named_error
from omicsdk.core.clock import stoppable
from omicsdk.core.errors import APIError, Interrupted, OmicsError, TransportError
from omicsdk.core.model import ANY, STRING, check, mapping, members, optional
from omicsdk.core.page_items import items_at
from omicsdk.core.plain_client import plain_request
from omicsdk.core.platform import settings_of
from omicsdk.core.request import Query
from omicsdk.core.response import json_of
from omicsdk.core.type_guards import is_object
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.errors import Gen3Error

# Seconds before a job is asked for its state the first time; each further wait is half as long again.
FIRST_WAIT = 3.0
# Seconds of one wait, at most.
LONGEST_WAIT = 60.0
# States of a job that is not over; it is Unknown until it has started.
UNDER_WAY = ("Running", "Unknown")
DONE = "Completed"


class Gen3JobError(Gen3Error):
    """A job that failed, or that the commons does not have."""


class Job(TypedDict):
    """A job as the service describes it.

    Attributes:
        uid: Its id.
        name: Its name, which begins with its task.
        status: Running, Completed, Failed, or Unknown before it has started.
    """

    uid: str
    name: str
    status: str


_JOB = members(uid=STRING, status=optional(STRING))


class JobOutput(TypedDict):
    """The output of a job.

    Attributes:
        output: Text, or JSON of any kind.
    """

    output: Any


def list_jobs(client: Gen3) -> list[Job]:
    """List the user's jobs."""
    return items_at(_response(client, "list_jobs", "/list"), "", "list_jobs", _JOB)  # pyright: ignore[reportReturnType] - JSON


def start_job(client: Gen3, name: str, input_: Mapping[str, Any] | None = None, *, query: Query = ()) -> Job:
    """Start a job. The request is sent once: a job is not started twice because a response was lost.

    Args:
        name: Its task, such as index-object-manifest.
        input_: Its input.
        query: Further query parameters.

    Raises:
        Gen3JobError: The commons has no such job.
    """
    body = {"action": name, "input": dict(input_ or {})}
    job: object = json_of(client.sower.send(plain_request("create_job", "POST", "/dispatch", query=query, body=body)))
    # The service responds with 200 and without a job for an unknown task.
    if not is_object(job) or not job.get("uid"):
        raise Gen3JobError(
            f"The commons has no job {name}",
            remedy="Check the name, or ask the operators of the commons for the names of their jobs.",
        )
    check("create_job", "", job, _JOB)
    return cast("Job", job)


def job_status(client: Gen3, job_id: str, *, query: Query = ()) -> Job:
    """Show the state of a job.

    Args:
        job_id: UID of the job.
        query: Further query parameters.
    """
    job = _response(client, "get_status", "/status", ("UID", job_id), *query)
    check("get_status", "", job, _JOB)
    return job


def job_output(client: Gen3, job_id: str, *, query: Query = ()) -> JobOutput:
    """Show the output of a job.

    Args:
        job_id: UID of the job.
        query: Further query parameters.
    """
    output = _response(client, "get_output", "/output", ("UID", job_id), *query)
    check("get_output", "", output, mapping(ANY))
    return output


def run_job(
    client: Gen3,
    name: str,
    input_: Mapping[str, Any] | None = None,
    *,
    query: Query = (),
    stop: threading.Event | None = None,
) -> JobOutput:
    """Start a job and wait until it is over.

    Args:
        name: Its task, such as index-object-manifest.
        input_: Its input.
        query: Further query parameters of each request.
        stop: Set to stop the wait within a second; the job continues.

    Returns:
        Its output.

    Raises:
        Gen3JobError: The job failed, or the commons has no such job.
        Interrupted: The wait was stopped.
    """

    def stopped() -> Interrupted:
        return Interrupted(f"The wait for the job {name} ({job_id}) was stopped; the job continues")

    clock = stoppable(settings_of(client).clock, stop, stopped)
    wait = FIRST_WAIT
    job = start_job(client, name, input_, query=query)
    job_id = job["uid"]
    while job.get("status") in UNDER_WAY:
        clock.sleep(wait)
        wait = min(wait * 1.5, LONGEST_WAIT)
        try:
            job = job_status(client, job_id, query=query)
        except OmicsError as error:
            named_error(error, f"job {job_id}")  # which may continue
            raise
    if job.get("status") != DONE:
        raise Gen3JobError(
            f"The job {name} ({job_id}) is {job.get('status')}{_last_words(client, job_id)}",
            remedy=f"Its output shows what went wrong: `omics gen3 jobs output {job_id}`. Correct its input and run it again.",
        )
    return job_output(client, job_id, query=query)


def _response(client: Gen3, operation: str, path: str, *query: tuple[str, Any]) -> Any:
    return json_of(client.sower.send(plain_request(operation, "GET", path, query=query)))


def _last_words(client: Gen3, job_id: str) -> str:
    """The end of what a job wrote, for a message; empty if it cannot be read."""
    try:
        output = job_output(client, job_id).get("output")
    except (APIError, TransportError):
        return ""
    text = (output if isinstance(output, str) else json.dumps(output)).strip()
    return f": {text[-300:]}" if text else ""


def is_healthy(client: Gen3) -> bool:
    """Whether the service of jobs answers.

    Args:
        client: The commons.
    """
    try:
        client.sower.send(plain_request("get_status", "GET", "/_status"))
    except (APIError, TransportError):
        return False
    return True


def service_version(client: Gen3) -> str:
    """Return the version of the service of jobs.

    Args:
        client: The commons.
    """
    response = _response(client, "get_version", "/_version")
    check("get_version", "", response, members(version=STRING))
    return response["version"]
