"""Background work of the service: registrations of staged files and checkouts of bundles."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omicsdk_api.dss import DssApi

from omicsdk.core.checked_json import checked_json
from omicsdk.core.clock import Clock, stoppable
from omicsdk.core.errors import APIError, AuthError, Forbidden, Interrupted, NotFound, OmicsError, TransferError
from omicsdk.core.model import STRING, members, optional
from omicsdk.core.omit import OMIT
from omicsdk.core.operation import exchange_of_call
from omicsdk.core.platform import settings_of
from omicsdk.hca.dss.bundles import StoredVersion, create_version
from omicsdk.hca.dss.client import Dss
from omicsdk.hca.dss.files import Replica
from omicsdk.hca.dss.staging import LocalFile
from omicsdk.transfer.uploads.sending import FollowUp

FIRST_WAIT = 1.0
GROWTH = 1.618
# Seconds: the wait grows from the first to the longest by this factor, as the published client's does.
LONGEST_WAIT = 60.0


def longer(wait: float) -> float:
    """The wait that follows a wait, both in seconds."""
    return min(wait * GROWTH, LONGEST_WAIT)


class RegistrationRefused(TransferError):
    """The service refuses a staged file.

    Attributes:
        lost: Whether the staged object may no longer exist.
    """

    def __init__(self, file: LocalFile, error: APIError) -> None:
        super().__init__(
            f"File {file.name}: Unexpected server response during registration: {error}", name=file.name, remedy=""
        )
        self.lost = error.status in (400, 404, 422)


@dataclass(frozen=True, slots=True)
class Awaited:
    """A file that the service is copying.

    Attributes:
        number: The file's number.
        file: The file.
        request_id: The service's id of the request.
        responded_at: When it was answered, in seconds by the monotonic clock.
        deadline: When its time limit ends, by the same clock.
    """

    number: int
    file: LocalFile
    request_id: str
    responded_at: float
    deadline: float


# Calls a function for each of a list, perhaps in parallel, and gives the results in order; `map` does.
Mapper = Callable[[Callable[[Awaited], bool | OmicsError], list[Awaited]], Iterable[bool | OmicsError]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registrar:
    """Registers staged files under one version.

    Attributes:
        api: The service.
        version: The version of all files.
        creator_uid: Who makes them.
        replica: Where a file that is copied later is looked up.
        timeout_seconds: How long the service may take to copy a file, each.
        clock: The source of time and waits; its `sleep` may raise to end the waiting.
    """

    api: DssApi
    version: str
    creator_uid: int
    replica: Replica
    timeout_seconds: float
    clock: Clock

    def ask(self, number: int, file: LocalFile, source_url: str) -> Awaited | None:
        """Request the registration of a file.

        Returns:
            What to wait for; None if it has the file.

        Raises:
            AuthError, Forbidden: The service does not know the caller, or not as one who may store files.
            RegistrationRefused: It refuses the file.
        """
        try:
            response = self.api.put_file.raw(
                uuid=file.uuid, version=self.version, source_url=source_url, creator_uid=self.creator_uid
            )
        except (AuthError, Forbidden):
            raise
        except APIError as error:
            raise RegistrationRefused(file, error) from error
        return self.awaited(number, file, response.status_code, response.headers)

    def quick(
        self, file: LocalFile, source_url: str, answered: Callable[[int | None, Mapping[str, str]], None]
    ) -> FollowUp | None:
        """Return the request that `ask` sends, for the transfer engine to send after the file.

        Args:
            file: The file.
            source_url: Where it is staged.
            answered: Called with the status and headers of the response, as for `FollowUp`.

        Returns:
            The request; None if only the client can send it.
        """
        operation = self.api.put_file
        request = operation.build(
            uuid=file.uuid, version=self.version, source_url=source_url, creator_uid=self.creator_uid
        )
        try:
            out = exchange_of_call(operation).transport.outgoing(request)
        except AuthError:
            return None
        if out is None or not isinstance(request.content, bytes):
            return None
        return FollowUp(out.url, out.headers, request.content, answered)

    def awaited(self, number: int, file: LocalFile, status: int, headers: Mapping[str, str]) -> Awaited | None:
        """Return what to wait for after a successful response; None if the service has the file.

        Args:
            number: The file's number.
            file: The file.
            status: The status of the response.
            headers: Its headers.
        """
        if status != 202:
            return None
        now = self.clock.monotonic()
        request_id = headers.get("x-aws-request-id", "unknown")
        return Awaited(number, file, request_id, now, now + self.timeout_seconds)

    def _check(self, awaited: Awaited) -> bool | OmicsError:
        """Return whether the service has a file now, or why it cannot be asked."""
        try:
            self.api.head_file.raw(uuid=awaited.file.uuid, replica=self.replica, version=self.version)
        except NotFound:
            return False
        except OmicsError as error:
            return error
        return True

    def wait_for(self, awaited: Iterable[Awaited], mapper: Mapper) -> Iterator[tuple[Awaited, OmicsError | None]]:
        """Wait until the service has copied files, all of them at once.

        Args:
            awaited: The files.
            mapper: Looks for several at once, perhaps in parallel.

        Yields:
            Each file, with the error that it was not stored in time, or that the service could not be asked.
        """
        waiting, wait = list(awaited), FIRST_WAIT
        # While the other files were staged, the first ones may have been copied: then there is nothing to wait for.
        next_check = min((pending.responded_at for pending in waiting), default=0.0) + wait
        while waiting:
            pause = min(next_check, *(pending.deadline for pending in waiting)) - self.clock.monotonic()
            if pause > 0:
                self.clock.sleep(pause)
            missing = list[Awaited]()
            # The deadline is compared after the look, so that a file is looked for once more when its time is over.
            for pending, state in zip(waiting, mapper(self._check, waiting), strict=True):
                if state is False and self.clock.monotonic() < pending.deadline:
                    missing.append(pending)
                elif isinstance(state, OmicsError):
                    yield pending, state
                else:
                    yield pending, None if state else self._too_late(pending)
            waiting, wait = missing, longer(wait)
            next_check = self.clock.monotonic() + wait

    def _too_late(self, pending: Awaited) -> TransferError:
        return TransferError(
            f"File {pending.file.name}: registration FAILED: the service had not copied it after {self.timeout_seconds:g} s "
            f"(X-AWS-REQUEST-ID: {pending.request_id})",
            name=pending.file.name,
            remedy="Give it more time with --timeout-seconds, or quote the id to the platform's operators.",
        )


def register_file(
    dss: Dss,
    uuid: str,
    source_url: str,
    *,
    creator_uid: int,
    version: str | None = None,
    timeout_seconds: float = 1200,
    stop: threading.Event | None = None,
) -> StoredVersion:
    """Register a staged object as a file and wait until the service has copied it.

    `put_file` returns before large objects are copied.

    Args:
        uuid: The file's UUID.
        source_url: The object, `s3://bucket/key` or `gs://bucket/key`, with its checksums as tags.
        creator_uid: Who makes it, a number.
        version: The file's version; by default the time now.
        timeout_seconds: How long the service may take to copy it.
        stop: Set to stop the waiting; the service continues.

    Returns:
        The UUID and the version of the file.

    Raises:
        TransferError: The service refuses it, or has not copied it in time.
        AuthError: The service does not know the caller, or not as one who may store files.
        Interrupted: `stop` was set.
    """

    def stopped() -> Interrupted:
        return Interrupted(
            f"waiting for file {uuid} was stopped", remedy="The service continues. Check with head-file."
        )

    chosen = version or create_version()
    registrar = Registrar(
        api=dss,
        version=chosen,
        creator_uid=creator_uid,
        # A replica copies from its own cloud first.
        replica="gcp" if source_url.startswith("gs://") else "aws",
        timeout_seconds=timeout_seconds,
        clock=stoppable(settings_of(dss).clock, stop, stopped),
    )
    awaited = registrar.ask(0, LocalFile(Path(), uuid, uuid), source_url)
    for _, error in registrar.wait_for([] if awaited is None else [awaited], map):
        if error is not None:
            raise error
    return StoredVersion(uuid, chosen)


class CheckoutFailed(TransferError):
    """A bundle was not copied, or not in time.

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
        location: Where the files are, such as `s3://bucket/bundles/<uuid>.<version>`; None if the service does not
            state it.
    """

    job_id: str
    location: str | None


def checkout(
    dss: Dss,
    uuid: str,
    replica: Replica,
    *,
    version: str | None = None,
    destination: str | None = None,
    email: str | None = None,
    timeout_seconds: float = 3600,
    started: Callable[[str], None] | None = None,
    stop: threading.Event | None = None,
) -> Checkout:
    """Copy a bundle to a bucket, and wait until it is complete.

    Args:
        uuid: The bundle.
        replica: The replica to copy from, `aws` or `gcp`.
        version: The bundle's version; by default the latest.
        destination: A bucket of yours, in the replica's cloud; by default the service's own.
        email: An address that the service notifies too.
        timeout_seconds: How long to wait.
        started: Called with the job's id as soon as it has one.
        stop: Set to stop the waiting; the job continues.

    Returns:
        The job's id, and where the files are.

    Raises:
        CheckoutFailed: The job failed, or is not over in time.
        NotFound: There is no such bundle.
        Interrupted: `stop` was set.
    """
    chosen = {"version": version, "destination": destination, "email": email}
    options: dict[str, Any] = {name: value or OMIT for name, value in chosen.items()}
    checkout_response = dss.post_bundles_checkout.raw(uuid=uuid, replica=replica, **options)
    job_id: str = checked_json(checkout_response, "post_bundles_checkout", members(checkout_job_id=STRING))[
        "checkout_job_id"
    ]
    if started is not None:
        started(job_id)

    def stopped() -> Interrupted:
        remedy = f"The job continues. Check with get-bundles-checkout, checkout_job_id {job_id}."
        return Interrupted(f"waiting for checkout {job_id} was stopped", remedy=remedy)

    clock = stoppable(settings_of(dss).clock, stop, stopped)
    deadline, wait = clock.monotonic() + timeout_seconds, FIRST_WAIT
    again = f"Ask later: omics dss get-bundles-checkout --replica {replica} --checkout-job-id {job_id}"
    while True:
        try:
            raw = dss.get_bundles_checkout.raw(checkout_job_id=job_id, replica=replica)
            response = checked_json(raw, "get_bundles_checkout", members(status=STRING, location=optional(STRING)))
        except NotFound as error:
            response = {"status": "UNKNOWN_JOB_ID", "cause": str(error)}
        except APIError as error:
            error.remedy = f"{error.remedy} {again}".strip()
            raise
        # The state decides before the time does: a job that ended during the last wait has succeeded.
        left = deadline - clock.monotonic()
        match str(response.get("status")):
            case "SUCCEEDED":
                return Checkout(job_id, response.get("location"))
            case "UNKNOWN_JOB_ID":
                what = f"the service does not know the checkout {job_id}"
                raise CheckoutFailed(what, job_id=job_id, remedy="Check its id and the replica.")
            case "FAILED":
                what = f"checkout {job_id} failed: {response.get('cause') or 'no cause given'}"
                raise CheckoutFailed(what, job_id=job_id, remedy="Fix the cause, and check the bundle out again.")
            case state if left <= 0:
                what = f"checkout {job_id} has not finished after {timeout_seconds:g} s ({state})"
                raise CheckoutFailed(what, job_id=job_id, remedy=again)
            case _:
                clock.sleep(min(wait, left))
                wait = longer(wait)
