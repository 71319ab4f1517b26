"""Checkouts: the service copies a bundle to a bucket."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from omicsdk.core.clock import Clock
from omicsdk.core.errors import APIError, Interrupted, NotFound, TransferError
from omicsdk.core.omit import OMIT
from omicsdk.hca.dss.registrations import FIRST_WAIT, EndingClock, longer
from omicsdk.transfer import Control

if TYPE_CHECKING:
    from omicsdk_api.dss import DssApi

    from omicsdk.hca.dss.bundles import Replica
    from omicsdk.hca.dss.client import Dss


class CheckoutFailed(TransferError):
    """A bundle wasn't copied, or not in time.

    Args:
        message: What happened.
        job_id: The job, which can be asked after later.
        remedy: What to do.
    """

    def __init__(self, message: str, *, job_id: str, remedy: str) -> None:
        super().__init__(message, remedy=remedy)
        self.job_id = job_id


@dataclass(frozen=True, slots=True)
class Checkout:
    """A bundle that was copied.

    Attributes:
        job_id: The job that did it.
        location: Where the files are, such as `s3://bucket/bundles/<uuid>.<version>`; None where the service doesn't say.
    """

    job_id: str
    location: str | None


def wait_for_checkout(
    api: "DssApi",
    job_id: str,
    replica: "Replica",
    *,
    timeout_seconds: float,
    clock: Clock,
) -> Checkout:
    """Asks after a job until it is over.

    Args:
        api: The service.
        job_id: The job.
        replica: The replica that it copies from.
        timeout_seconds: How long to wait.
        clock: Tells the time and waits; its `sleep` may raise to end the waiting.

    Raises:
        CheckoutFailed: The job failed, isn't known, or isn't over in time.
        APIError: The service refuses to answer.
    """
    deadline, wait = clock.monotonic() + timeout_seconds, FIRST_WAIT
    again = f"Ask later: omics dss get-bundles-checkout --replica {replica} --checkout-job-id {job_id}"
    while True:
        try:
            answer: dict[str, Any] = api.get_bundles_checkout.raw(checkout_job_id=job_id, replica=replica).json()
        except NotFound as error:
            answer = {"status": "UNKNOWN_JOB_ID", "cause": str(error)}
        except APIError as error:
            error.remedy = f"{error.remedy} {again}".strip()
            raise
        state = str(answer.get("status"))
        if state == "SUCCEEDED":
            return Checkout(job_id, answer.get("location"))
        if state == "UNKNOWN_JOB_ID":
            raise CheckoutFailed(
                f"the service doesn't know the checkout {job_id}", job_id=job_id, remedy="Check its id and the replica."
            )
        if state == "FAILED":
            cause = answer.get("cause") or "it gives no cause"
            remedy = "Mend the cause, and check the bundle out again."
            raise CheckoutFailed(f"checkout {job_id} failed: {cause}", job_id=job_id, remedy=remedy)
        left = deadline - clock.monotonic()
        if left <= 0:
            what = f"checkout {job_id} isn't over after {timeout_seconds:g} s ({state})"
            raise CheckoutFailed(what, job_id=job_id, remedy=again)
        clock.sleep(min(wait, left))
        wait = longer(wait)


def checkout(
    dss: "Dss",
    uuid: str,
    replica: "Replica",
    *,
    version: str | None = None,
    destination: str | None = None,
    email: str | None = None,
    timeout_seconds: float = 3600,
    started: Callable[[str], None] | None = None,
    stop: threading.Event | None = None,
) -> "Checkout":
    """Have a bundle copied to a bucket, and wait until it is there.

    Args:
        uuid: The bundle.
        replica: The replica to copy from, `aws` or `gcp`.
        version: The bundle's version; by default the latest.
        destination: A bucket of yours, in the replica's cloud; by default the service's own.
        email: Whom the service shall tell, too.
        timeout_seconds: How long to wait.
        started: Is told the job's id as soon as it has one.
        stop: Set it to end the waiting; the job goes on.

    Returns:
        The job's id, and where the files are.

    Raises:
        CheckoutFailed: The job failed, or isn't over in time.
        NotFound: There is no such bundle.
        Interrupted: `stop` was set.
    """
    answer = dss.post_bundles_checkout.raw(
        uuid=uuid,
        replica=replica,
        version=version or OMIT,
        destination=destination or OMIT,
        email=email or OMIT,
    ).json()
    job_id: str = answer["checkout_job_id"]
    if started is not None:
        started(job_id)

    def stopped(_: object) -> Interrupted:
        remedy = f"The job goes on: ask with get-bundles-checkout, checkout_job_id {job_id}."
        return Interrupted(f"waiting for checkout {job_id} was stopped", remedy=remedy)

    clock = EndingClock(stop or threading.Event(), Control(), stopped)
    return wait_for_checkout(dss, job_id, replica, timeout_seconds=timeout_seconds, clock=clock)
