"""Operations of the platform on many objects: bulk requests, jobs on files and folders, imports and exports.

A bulk request takes a hundred things and answers for each. A job continues after the request that started it, and is
waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeVar, cast

from omicsdk_api.sb.models.file_bulk_record import FileBulkRecord

from omicsdk.core.arguments import text_is_one_item
from omicsdk.core.checked_json import check_fields
from omicsdk.core.consistency import Identifier
from omicsdk.core.errors import APIError, NotFound, OmicsError, error_class, shortened
from omicsdk.core.omit import OMIT, Omit
from omicsdk.core.plain_client import clock_of
from omicsdk.core.type_guards import number_in
from omicsdk.sb.client import SevenBridges

if TYPE_CHECKING:
    from omicsdk_api.sb import SbApi
    from omicsdk_api.sb.models.async_job import AsyncJob
    from omicsdk_api.sb.models.error import Error
    from omicsdk_api.sb.models.export import Export
    from omicsdk_api.sb.models.export_bulk_record import ExportBulkRecord
    from omicsdk_api.sb.models.import_ import Import
    from omicsdk_api.sb.models.import_bulk_record import ImportBulkRecord
    from omicsdk_api.sb.models.task_bulk_record import TaskBulkRecord

    from omicsdk.core.clock import Clock

# Things that a bulk request or a job takes.
MOST = 100
REQUESTS_AT_ONCE = 8
_MESSAGE_CHARACTERS = 300  # characters of the names of files in a message
# Seconds between two requests for the state of what is waited for.
PERIOD = 10.0
# States of imports and exports that no other follows.
ENDED = frozenset({"COMPLETED", "FAILED"})


class StillRunning(OmicsError, TimeoutError):
    """What was waited for has not ended in time; it continues."""

    default_remedy = "It continues. Wait again, or allow more time (--timeout)."


R = TypeVar("R")  # a result of a bulk request: the object as `resource`, or an error
B = TypeVar("B", bound="FileBulkRecord | TaskBulkRecord | ImportBulkRecord | ExportBulkRecord")
B_co = TypeVar("B_co", covariant=True)
T = TypeVar("T")


class _Records(Protocol[B_co]):
    """The response to a bulk request."""

    @property
    def items(self) -> Sequence[B_co]: ...


# -- bulk requests


def bulk(
    items: Sequence[T],
    ask: Callable[[Sequence[T]], Sequence[R]],
    failed: Callable[[OmicsError], R],
    *,
    in_order: bool = False,
) -> list[R]:
    """Send as many bulk requests as it takes.

    When a request but the first fails, the records of its things have the error, so that what was done for the others stays
    known.

    Args:
        items: The things.
        ask: Sends a request for up to MOST of them, and returns their records.
        failed: Makes the record of an object whose request failed.
        in_order: Whether to send one request after the other; else several at once, after the first.

    Returns:
        A record for each object, in their order.

    Raises:
        OmicsError: The first request failed, and nothing was done; or its response has not one record for each object.
    """
    chunks = [items[at : at + MOST] for at in range(0, len(items), MOST)]

    def records_of_chunk(chunk: Sequence[T]) -> list[R]:
        records = list(ask(chunk))
        if len(records) != len(chunk):
            raise OmicsError(
                f"The platform returned {len(records)} of {len(chunk)} items of a bulk call",
                remedy="Check each item: the operation may have succeeded for some.",
            )
        return records

    def answered(chunk: Sequence[T]) -> list[R]:
        try:
            return records_of_chunk(chunk)
        except OmicsError as error:
            return [failed(error) for _ in chunk]

    if not chunks:
        return []
    # The first one alone: if it is refused, nothing was done, and the error is that of the whole call.
    records, rest = records_of_chunk(chunks[0]), chunks[1:]
    if in_order or len(rest) < 2:
        return [*records, *(record for chunk in rest for record in answered(chunk))]
    with ThreadPoolExecutor(min(REQUESTS_AT_ONCE, len(rest)), "omicsdk-sb-bulk") as pool:
        return [*records, *(record for part in pool.map(answered, rest) for record in part)]


def copy_files(client: SbApi, files: Sequence[tuple[str, str]], project: str) -> None:
    """Copy files into a project, several at once; one that cannot be copied does not stop the others from it.

    Args:
        client: The platform.
        files: The id and the name of each; the name may be empty.
        project: The project's id.

    Raises:
        OmicsError: Files could not be copied. It is the first one's error, and its message names all of them.
    """

    from omicsdk.core.threads import side_by_side

    ends_of_copies = list(side_by_side(lambda file: client.copy_file(file_id=file[0], project=project), files))
    labels = [f"{name} ({id})" if name else id for id, name in files]
    refused = [(label, end) for label, end in zip(labels, ends_of_copies, strict=True) if isinstance(end, OmicsError)]
    if not refused:
        return
    label, first = refused[0]
    first.message = f"{label} cannot be copied into {project}: {first.message}"
    if len(refused) > 1:
        others = shortened(", ".join(label for label, _ in refused[1:]), _MESSAGE_CHARACTERS)
        first.message = (
            f"{first.message.rstrip('.')}; {len(refused)} of {len(files)} files were not copied, also {others}"
        )
    raise first


def as_record_error(error: OmicsError) -> Error:
    """Return the record of an exception.

    Args:
        error: The exception.
    """
    from omicsdk_api.sb.models.error import Error

    if not isinstance(error, APIError):
        return Error(message=error.message)
    code = number_in(error.code or "")
    return Error(status=error.status, code=OMIT if code is None else code, message=error.message)


def error_of(error: Error) -> APIError:
    """The exception of an error that a bulk request or a job answered for one object, not raised yet.

    Args:
        error: The error.
    """
    status = error.status if isinstance(error.status, int) else 0
    code = None if error.code is None else str(error.code)
    message = error.message or f"error{'' if code is None else f' {code}'} without a message"
    return error_class(status)(message, status=status, code=code)


@text_is_one_item
def files_by_id(client: SevenBridges, ids: str | Sequence[str]) -> list[FileBulkRecord]:
    """Get files by their ids.

    Args:
        ids: Any number.

    Returns:
        A record for each, in their order.
    """

    def read(some: Sequence[str]) -> Sequence[FileBulkRecord]:
        return records_about(some, client.bulk_get_files(file_ids=some), "bulk_get_files")

    return bulk(ids, read, lambda error: FileBulkRecord(error=as_record_error(error)))


_READ = ("name", "type", "size", "metadata", "tags", "status", "state", "execution_status")


def records_about(ids: Sequence[str], response: _Records[B], operation: str) -> Sequence[B]:
    """Return the records of a bulk request, each of which has to be about the object in its place.

    Args:
        ids: The objects; none if they are new.
        response: The response with the records.
        operation: The request, for the error.

    Raises:
        DecodeError: What is read of them is missing or of another type.
        ResponseMismatch: One is about another object.
    """
    check_fields(operation, response, "items")
    for at, record in enumerate(response.items):
        check_fields(operation, record, optional=("resource", "error"), path=f"items[{at}]")
        if record.resource is not None:
            check_fields(operation, record.resource, "id", optional=_READ, path=f"items[{at}].resource")
    for id, record in zip(ids, response.items, strict=False):  # their number is compared by `bulk`
        if record.resource is not None:
            Identifier("id", str.lower).check(id, record.resource.id, operation)
    return response.items


def edit_files(client: SevenBridges, changes: Sequence[Mapping[str, Any]]) -> list[FileBulkRecord]:
    """Change names, tags and metadata of files; what is left out is unchanged.

    Args:
        changes: For each file "id", and any of "name", "tags" and "metadata", where None deletes a key.

    Returns:
        A record for each, in their order.
    """
    ids = [change["id"] for change in changes]
    return bulk(
        changes,
        lambda some: records_about(
            [change["id"] for change in some], client.bulk_edit_files(items=cast("Any", some)), "bulk_edit_files"
        ),
        lambda error: FileBulkRecord(error=as_record_error(error)),
        # Several changes of one file must not overtake each other.
        in_order=len(set(ids)) < len(ids),
    )


# -- jobs on files and folders


FIRST_LOOK = 0.1
LONGEST_PAUSE = 10.0


class FileResult(NamedTuple):
    """What a job did to one of its files.

    Attributes:
        error: Why it failed; empty if it did not.
    """

    error: str


def run_file_job(
    client: SevenBridges, kind: Literal["copy", "move", "delete"], items: Sequence[Mapping[str, str]], *, timeout: float
) -> list[FileResult]:
    """Copy, move or delete files and folders with all that is in them, and wait for the end.

    Args:
        kind: What to do.
        items: For each "file", its id; for copies one of "project" and "parent", for moves "parent"; and where wanted
            "name". At most MOST.
        timeout: Maximum seconds to wait.

    Returns:
        The result for each file. For folders the platform may answer for each file in them.

    Raises:
        StillRunning: The job has not finished in time; it continues.
        OmicsError: Files failed, and the platform states no reason for any.
    """
    entries: Any = items
    job: AsyncJob
    if kind == "copy":
        job, get_job = client.start_file_copy_job(items=entries), client.get_file_copy_job
    elif kind == "move":
        job, get_job = client.start_file_move_job(items=entries), client.get_file_move_job
    else:
        job, get_job = client.start_file_delete_job(items=entries), client.get_file_delete_job
    looks = 0

    def has_finished() -> bool:
        nonlocal job, looks
        if looks:  # the request that started the job has stated its state
            job = get_job(job_id=job.id)
        check_fields(f"the {kind} job", job, "id", optional=("state", "result", "failed_files"))
        looks += 1
        return job.state == "FINISHED"

    wait_until(
        has_finished,
        lambda: f"Job {job.id} has not finished: {job.state}",
        clock_of(client),
        period=FIRST_LOOK,
        timeout=timeout,
        longest=LONGEST_PAUSE,
        remedy="The platform continues it. Check its state: omics sb api list-file-jobs.",
    )
    results = job.result or []
    for at, record in enumerate(results):
        check_fields(f"the {kind} job", record, optional=("error",), path=f"result[{at}]")
    ends = [FileResult(_reason(record.error)) for record in results]
    if job.failed_files and not any(end.error for end in ends):
        raise OmicsError(
            f"The platform could not {kind} {job.failed_files} files, and states no reason (job {job.id})",
            remedy="List the files to see which: omics sb files ls.",
        )
    return ends


def _reason(error: Error | None) -> str:
    if error is None or not error.to_dict():
        return ""
    return f"{error.message or 'it failed'}{f' ({error.code})' if error.code else ''}"


# -- imports and exports


def import_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request's fields for one import.

    Args:
        item: "volume", "location", one of "project" and "parent", and where wanted "name", "overwrite", "autorename"
            and "preserve_folder_structure".
    """
    return {
        "source": {"volume": item["volume"], "location": item["location"]},
        "destination": {name: item[name] for name in ("project", "parent", "name") if item.get(name)},
        "overwrite": item.get("overwrite", False),
        "autorename": item.get("autorename", False),
        "preserve_folder_structure": item.get("preserve_folder_structure", True),
    }


def export_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request's fields for one export.

    Args:
        item: "file", "volume", "location", and where wanted "properties" and "overwrite".
    """
    return {
        "source": {"file": item["file"]},
        "destination": {"volume": item["volume"], "location": item["location"]},
        "properties": dict(item.get("properties") or {}),
        "overwrite": item.get("overwrite", False),
    }


class StorageJobs(NamedTuple):
    """Imports from volumes into projects, or exports from projects to volumes.

    Attributes:
        client: The platform.
        what: Which of both.
        copy_only: Of exports, whether files are unchanged; else they become aliases of the objects.
    """

    client: SevenBridges
    what: Literal["imports", "exports"]
    copy_only: bool | Omit = OMIT

    def start(self, items: Sequence[Mapping[str, Any]]) -> Sequence[ImportBulkRecord | ExportBulkRecord]:
        """Start jobs.

        Args:
            items: As `import_item` or `export_item` takes each.

        Returns:
            A record for each, in their order.
        """

        def created(some: Sequence[Any]) -> Sequence[ImportBulkRecord | ExportBulkRecord]:
            entries = cast("Any", some)
            if self.what == "imports":
                return records_about((), self.client.bulk_create_imports(items=entries), "bulk_create_imports")
            response = self.client.bulk_create_exports(items=entries, copy_only=self.copy_only)
            return records_about((), response, "bulk_create_exports")

        item = import_item if self.what == "imports" else export_item
        return bulk([item(request) for request in items], created, self._failed, in_order=True)

    def get(self, ids: Sequence[str]) -> Sequence[ImportBulkRecord | ExportBulkRecord]:
        """Get jobs by their ids.

        Args:
            ids: Any number.

        Returns:
            A record for each, in their order.
        """

        def records_of(some: Sequence[str]) -> Sequence[ImportBulkRecord | ExportBulkRecord]:
            if self.what == "imports":
                imports = self.client.bulk_get_imports(import_ids=list(some))
                return records_about(some, imports, "bulk_get_imports")
            exports = self.client.bulk_get_exports(export_ids=list(some))
            return records_about(some, exports, "bulk_get_exports")

        return bulk(ids, records_of, self._failed)

    def find(self, ids: Sequence[str]) -> list[Import | Export]:
        """Get jobs by their ids, each once.

        Args:
            ids: Any number.

        Raises:
            OmicsError: There is no such job.
        """
        jobs: list[Import | Export] = []
        unique_ids = list(dict.fromkeys(ids))
        for id, record in zip(unique_ids, self.get(unique_ids), strict=True):
            if record.resource is None:
                error = NotFound("not found") if record.error is None else error_of(record.error)
                error.message = f"{id}: {error.message}"
                error.remedy = f"Check the id: omics sb {self.what} ls."
                raise error
            jobs.append(record.resource)
        return jobs

    def _failed(self, error: OmicsError) -> ImportBulkRecord | ExportBulkRecord:
        from omicsdk_api.sb.models.export_bulk_record import ExportBulkRecord
        from omicsdk_api.sb.models.import_bulk_record import ImportBulkRecord

        return (ImportBulkRecord if self.what == "imports" else ExportBulkRecord)(error=as_record_error(error))

    def wait(
        self,
        jobs: Sequence[Import | Export],
        *,
        period: float = PERIOD,
        timeout: float | None = None,
        on_change: Callable[[int, int], object] | None = None,
    ) -> list[Import | Export]:
        """Wait until all of many have ended, well or not.

        Args:
            jobs: They.
            period: Seconds between two polls.
            timeout: Maximum seconds to wait; None for no limit.
            on_change: Called with how many have ended, and how many there are, at the first look and when more have
                ended.

        Returns:
            They as they ended, in their order.

        Raises:
            StillRunning: Some have not ended in time; they continue.
        """
        latest: dict[str, Import | Export] = {job.id: job for job in jobs}

        def states_of(ids: list[str]) -> Iterator[tuple[str, object]]:
            for record in self.get(ids):
                job = record.resource
                if job is None:
                    raise error_of(record.error) if record.error is not None else OmicsError("A job has no state")
                latest[job.id] = job
                yield job.id, job.state

        seen: set[int] = set()

        def report(ended: int, total: int) -> None:
            if on_change is not None and ended not in seen:
                seen.add(ended)
                on_change(ended, total)

        states: dict[str, object] = {id: job.state for id, job in latest.items()}
        clock = clock_of(self.client)
        wait_for_states(states_of, states, self.what, clock, period=period, timeout=timeout, on_look=report)
        return [latest[job.id] for job in jobs]


def wait_for_states(
    read_states: Callable[[list[str]], Iterable[tuple[str, object]]],
    states: dict[str, object],
    what: str,
    clock: Clock,
    *,
    period: float,
    timeout: float | None,
    on_look: Callable[[int, int], object] | None,
) -> None:
    """Look at all imports or exports that have not ended, until all have.

    Args:
        read_states: Gets some by their ids, and returns the id and state of each.
        states: The state of each, by its id; it is changed.
        what: Their names.
        clock: Returns the time and sleeps.
        period: Seconds between two polls.
        timeout: Maximum seconds to wait; None for no limit.
        on_look: Called with how many have ended, and how many there are, after each look.

    Raises:
        StillRunning: Some have not ended in time; they continue.
    """

    def running() -> list[str]:
        return [id for id, state in states.items() if state not in ENDED]

    def all_ended() -> bool:
        left = running()
        if left:
            states.update(read_states(left))
            left = running()
            if on_look is not None:
                on_look(len(states) - len(left), len(states))
        return not left

    def where() -> str:
        return f"{len(running())} of {len(states)} {what} have not ended"

    wait_until(all_ended, where, clock, period=period, timeout=timeout)


def wait_until(
    has_ended: Callable[[], bool],
    what: Callable[[], str],
    clock: Clock,
    *,
    period: float,
    timeout: float | None,
    longest: float = 0.0,
    remedy: str | None = None,
) -> None:
    """Poll until an object has reached its end.

    Args:
        has_ended: Looks, and returns whether it has.
        what: Returns what is waited for and its state, as the beginning of a sentence.
        clock: Returns the time and sleeps.
        period: Seconds between two polls.
        timeout: Maximum seconds to wait; None for no limit.
        longest: Seconds up to which the period doubles with each look; it stays where this is less.
        remedy: What to do when it has not ended in time.

    Raises:
        StillRunning: It has not ended in time; it continues.
    """
    start = clock.monotonic()
    while not has_ended():
        spare = None if timeout is None else start + timeout - clock.monotonic()
        if spare is not None and spare <= 0:
            raise StillRunning(f"{what()} after {timeout:g} s", remedy=remedy)
        # Not beyond the time limit: one more look follows at its end.
        clock.sleep(period if spare is None else min(period, spare))
        period = max(period, min(2 * period, longest))
