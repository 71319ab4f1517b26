"""Waits for the platform's own work on many files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from omicsdk.sb.errors import NO_CODE, SbgError
from omicsdk.sb.models.enums import AsyncJobStates

if TYPE_CHECKING:
    from omicsdk.sb.api import Api
    from omicsdk.sb.models.async_jobs import AsyncJob

#: Seconds before the second look at a job; each wait is twice as long as the one before, up to the longest.
FIRST_WAIT = 0.1
LONGEST_WAIT = 10.0


def finished(api: Api, job: AsyncJob, timeout: float) -> list[dict[str, Any]]:
    """Waits until a job is over.

    Args:
        api: The platform.
        job: The job.
        timeout: Seconds to wait at most.

    Returns:
        What came of each file, for `errors_of`.

    Raises:
        SbgError: It isn't over in time.
    """
    begun, wait = api.clock.monotonic(), FIRST_WAIT
    while job.state != AsyncJobStates.FINISHED:
        if api.clock.monotonic() - begun + wait > timeout:
            raise SbgError(
                f"Job {job.id} isn't finished after {timeout:g} s; it is {job.state}",
                NO_CODE,
                NO_CODE,
                remedy="The platform goes on with it. See how far it is: omics sb api list-file-jobs.",
            )
        api.clock.sleep(wait)
        wait = min(2 * wait, LONGEST_WAIT)
        job.reload()
    return cast("list[dict[str, Any]]", job.field("result") or [])


def errors_of(records: list[dict[str, Any]]) -> dict[int, str]:
    """What went wrong with which file of a job or bulk request, counted from 0; pure.

    Args:
        records: What came of each.
    """
    found: dict[int, str] = {}
    for number, record in enumerate(records):
        error: dict[str, Any] | None = record.get("error")
        if error:
            code = f" ({error['code']})" if error.get("code") else ""
            found[number] = f"{error.get('message') or 'it failed'}{code}"
    return found
