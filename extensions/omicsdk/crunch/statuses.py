"""Statuses of runs: stages, states and facts of the machine, reported persistently, and which of two runners continues with a dataset.

The site has no operation that assigns a dataset to one of two runners. A runner sends its first status, reads the
statuses again, and stops if another runner's status has a lower number: the site numbers them. It checks again before
the workflow starts. A window remains that depends on the site: if it shows a status only after one with a higher
number, both runners may have checked before it appeared. A site with SQLite, which writes one status after the other,
has no such window; elsewhere it lasts as long as storing a status.

All statuses of a site are in one list, the oldest first, and none states when it was sent. So the newest `PAGES` pages
are read from the end. A run that was silent for longer than the site took to receive that many statuses from others is
not detected.
"""

from __future__ import annotations

import getpass
import os
import platform
import random
import shutil
import socket
import subprocess
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import replace
from enum import Enum, IntEnum
from pathlib import Path
from typing import Any

from omicsdk_api.crunch.models.status import Status

from omicsdk.core.checked_json import check_fields
from omicsdk.core.clock import Clock
from omicsdk.core.consistency import declared_number
from omicsdk.core.errors import APIError, ConnectFailed, OmicsError, TransportError
from omicsdk.core.logs import logger
from omicsdk.core.plain_client import clock_of
from omicsdk.core.retry import Retry
from omicsdk.core.version import __version__
from omicsdk.crunch.client import Crunch
from omicsdk.crunch.requests import json_object, raw_request


class Stage(IntEnum):
    """The stages of a run of a dataset, in order."""

    SETUP = 1
    WORKFLOW = 2
    UPLOAD = 3


class State(IntEnum):
    """How far a stage is."""

    START = 1
    SUCCESS = 2
    FAIL = 3


class WorkflowType(str, Enum):  # noqa: UP042 - str() of the documented class gives WorkflowType.script, not script
    """The kind of a workflow: a Snakefile, or a script that runs without Snakemake."""

    snakemake = "snakemake"
    script = "script"


class RunResult(Enum):
    """The result of a stage or a run. It is true if it failed, as in the published client."""

    SUCCESS = 0
    FAIL = 1

    def __bool__(self) -> bool:
        return self.value > 0


# Where statuses are, relative to the site.
STATUSES = "api/statuses/"
# Characters of a diagnostic text at most; a site refuses a status with longer ones.
TEXT_LIMIT = 255
# Pages of the newest statuses that are looked through for one that may have been stored.
PAGES_OF_ONE = 2
# How persistently a status is sent, up to five minutes: hours of work may hang on one.
STATUS_RETRY = Retry(attempts=10, budget=300)


def status_fields(
    dataset_id: int | str, stage: Stage, state: State, note: str, diagnostics: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the fields of a status to post.

    Args:
        dataset_id: The dataset's number, its `id`.
        stage: The stage.
        state: Its state.
        note: Further information. Characters that no site accepts are replaced: NUL and lone surrogates.
        diagnostics: Facts about the machine; texts are truncated to what a site accepts.
    """
    cut = {name: _text(value)[:TEXT_LIMIT] if isinstance(value, str) else value for name, value in diagnostics.items()}
    return {"dataset": dataset_id, "stage": int(stage), "state": int(state), "note": _text(note), **cut}


def _text(text: str) -> str:
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def newest_first(client: Crunch, pages: int = PAGES_OF_ONE, retry: Retry | None = None) -> Iterator[Status]:
    """Iterate over the newest statuses of a site, of all datasets; the site lists the oldest first.

    Args:
        client: The site.
        pages: Pages that are read at most, beside the first, which states how many there are.
        retry: When to retry; by default as the client does.

    Raises:
        OmicsError: The site does not respond.
    """
    requesting = client if retry is None else client.with_options(retry=retry)
    first = requesting.list_statuses()
    statuses = _identified(first.results)
    if first.next is None or not statuses:
        yield from reversed(statuses)
        return
    # The number of the last page, where the newest ones are; the first page tells the size of pages.
    last = -(-(declared_number(first.count, "count", "list_statuses") or 0) // len(statuses))
    for number in range(last, max(0, last - pages), -1):
        yield from reversed(_identified(requesting.list_statuses(page=number).results))


def _identified(statuses: Sequence[Status]) -> Sequence[Status]:
    """Statuses that have numbers, by which they are ordered.

    Raises:
        DecodeError: One has something else in its place, or none.
    """
    for status in statuses:
        check_fields("list_statuses", status, "id")
    return statuses


def stored(sent: Mapping[str, Any], statuses: Iterable[Status]) -> Status | None:
    """Find the stored status of a request whose response was lost.

    All sent fields are compared, including the free memory and disk in bytes, which distinguish a status from an
    earlier one of the same stage, state and machine.

    Args:
        sent: The posted fields.
        statuses: The site's statuses.
    """
    for status in statuses:
        record = status.to_dict()
        if all(_equal(value, record.get(name)) for name, value in sent.items()):
            return status
    return None


def _equal(sent: object, stored_value: object) -> bool:
    # A site trims texts.
    return stored_value in (None, "") if sent is None else str(sent).strip() == str(stored_value).strip()


def report_status(
    client: Crunch,
    dataset_id: int | str,
    stage: Stage,
    state: State,
    note: str = "",
    *,
    directory: Path | None = None,
    retry: Retry = STATUS_RETRY,
    clock: Clock | None = None,
) -> Status:
    """Report the progress of a dataset's processing; the site locks the dataset.

    A status is sent again for up to five minutes while the site or the network fails. If a status may have arrived
    anyway, the newest ones are read first, so that none is stored twice.

    Args:
        dataset_id: The dataset's number: its `id`, not its slug.
        stage: The stage.
        state: Its state.
        note: Further information, such as an error.
        directory: The workflow's folder, whose Git revision is reported; None is the current one.
        retry: When and for how long to retry.
        clock: Returns the time and sleeps; by default as the client does.

    Returns:
        The status as it is stored.

    Raises:
        APIError: The site refused it.
        TransportError: The site did not respond.
    """
    fields = status_fields(dataset_id, stage, state, note, get_diagnostics(directory))
    clock = clock_of(client) if clock is None else clock
    started, failures = clock.monotonic(), 0

    def patience() -> Retry:
        return replace(retry, budget=max(0.0, retry.budget - (clock.monotonic() - started)))

    while True:
        try:
            # Not before the first attempt: what equals it then is an earlier run's.
            if failures and (status := _stored_status(client, fields, patience())) is not None:
                return status
            created = Status.from_dict(json_object(raw_request(client, "POST", STATUSES, fields, retry=patience())))
            check_fields("send_status", created, "id")
            return created
        except (APIError, TransportError) as error:
            failures += 1
            pause = _pause(retry, error, failures, clock.monotonic() - started)
            if pause is None:
                raise
        clock.sleep(pause)


def _pause(retry: Retry, error: APIError | TransportError, failures: int, elapsed: float) -> float | None:
    """Seconds until a status is sent again; None if that cannot help or no time is left."""
    if isinstance(error, APIError):
        if not retry.retries_status(error.status, idempotent=True):
            return None
    elif isinstance(error, ConnectFailed):  # nothing has arrived, and the transport has retried
        return None
    return retry.next_pause(
        failures=failures,
        elapsed=elapsed,
        fraction=random.random(),  # noqa: S311 - spreads workers out, keeps no secret
        retry_after=error.retry_after if isinstance(error, APIError) else None,
    )


def _stored_status(client: Crunch, fields: Mapping[str, Any], patience: Retry) -> Status | None:
    """The status that arrived although its response was lost; None if none is seen."""
    try:
        return stored(fields, newest_first(client, retry=patience))
    except OmicsError:  # one that is stored twice is better than none
        return None


# -- two runners of one dataset

# Pages of 20 statuses that are read at most; a run sends six.
PAGES = 20


class DatasetTaken(OmicsError):
    """Another runner has the dataset. Nothing was done to it, and no failure was reported unless the other runner reported one.

    Attributes:
        status: The other runner's status.
    """

    default_remedy = (
        "Run another dataset. If that runner is permanently gone, run this one with take_over=True (--take-over)."
    )

    def __init__(self, slug: str, status: Status) -> None:
        super().__init__(
            f"The dataset {slug} {'was' if is_over(status) else 'is being'} run already"
            f"{f' on {status.hostname}' if status.hostname else ''}: status {status.id}"
        )
        self.status = status


def is_over(status: Status) -> bool:
    """Whether a run has ended, with or without success.

    Args:
        status: Its newest status.
    """
    return status.state == State.FAIL or (status.stage, status.state) == (Stage.UPLOAD, State.SUCCESS)


def rival(
    statuses: Iterable[Status], dataset: int, own_id: int, mine: Collection[int], since: int | None
) -> Status | None:
    """Detect whether another runner came first.

    Args:
        statuses: Statuses of the site, the newest first.
        dataset: The dataset's number.
        own_id: The number of this runner's first status.
        mine: The numbers of all statuses that this runner sent.
        since: Statuses up to this number are ignored, and every later one of another runner counts; None if the newest
            of them decides: an ended run is no rival.

    Returns:
        The other runner's newest status before this runner's first one; None if there is no rival.
    """
    for status in statuses:
        if since is not None and status.id <= since:  # and so are all that follow
            return None
        # Numbers decide, which one database assigns: of two runners both see the same one first.
        if status.dataset == dataset and status.id < own_id and status.id not in mine:
            return status if since is not None or not is_over(status) else None
    return None


def newest_status(client: Crunch) -> int:
    """Return the number of a site's newest status, for `run(since=...)`.

    It is read before the next dataset is requested, so that another runner that got the same one is detected, even if
    that run is over already.

    Args:
        client: The site.

    Returns:
        The number; 0 if there is none.

    Raises:
        OmicsError: The site does not respond.
    """
    return max((status.id for status in newest_first(client, 1)), default=0)


_log = logger("omicsdk.crunch")

# The revision of a folder on a machine without Git.
UNKNOWN = "Unknown"


def version() -> str:
    """The version of omicsdk."""
    return __version__


def git_revision(directory: Path | str | None = None) -> str:
    """Return the Git revision of a folder.

    Args:
        directory: A folder in a repository, such as a workflow's; None is the current one.

    Returns:
        The revision's hash; empty if the folder is in no repository or nothing was committed yet, `Unknown` where Git
        is not installed.
    """
    folder = Path.cwd() if directory is None else Path(directory).absolute()
    if not folder.is_dir():
        return ""
    try:
        completed = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=False
        )
    except OSError:
        return UNKNOWN
    return completed.stdout.strip() if completed.returncode == 0 else ""


def get_diagnostic(diagnostics: MutableMapping[str, Any], key: str, func: Callable[[], Any], default: Any = "") -> Any:
    """Add a fact to a dictionary, or a default if it cannot be determined.

    Args:
        diagnostics: The dictionary.
        key: The fact's name.
        func: Returns it.
        default: The value if that fails for any reason.

    Returns:
        The added value.
    """
    try:
        diagnostics[key] = func()
    except Exception as error:
        _log.debug("no %s: %s", key, error)
        diagnostics[key] = default
    return diagnostics[key]


def get_diagnostics(directory: Path | str | None = None) -> dict[str, Any]:
    """Collect the facts about this machine that each stage reports.

    Args:
        directory: The workflow's folder, whose revision is sent; None is the current one.

    Returns:
        14 facts: texts, empty if unknown; memory (with psutil, extra `crunch`) and disk of the current folder in
        bytes, None if unknown.
    """
    facts: dict[str, Any] = {}
    get_diagnostic(facts, "agent_user", getpass.getuser)
    get_diagnostic(facts, "version", version)
    get_diagnostic(facts, "revision", lambda: git_revision(directory))
    get_diagnostic(facts, "system", platform.system)
    get_diagnostic(facts, "system_release", platform.release)
    get_diagnostic(facts, "system_version", platform.version)
    get_diagnostic(facts, "machine", platform.machine)
    get_diagnostic(facts, "hostname", socket.gethostname)
    get_diagnostic(facts, "ip_address", lambda: socket.gethostbyname(socket.gethostname()))
    get_diagnostic(facts, "mac_address", _mac_address)
    get_diagnostic(facts, "memory_total", lambda: _memory().total, None)
    get_diagnostic(facts, "memory_free", lambda: _memory().available, None)
    get_diagnostic(facts, "disk_total", lambda: shutil.disk_usage(os.curdir).total, None)
    get_diagnostic(facts, "disk_free", lambda: shutil.disk_usage(os.curdir).free, None)
    return facts


def _mac_address() -> str:
    return ":".join(f"{byte:02x}" for byte in uuid.getnode().to_bytes(6, "big"))


def _memory() -> Any:
    import psutil

    return psutil.virtual_memory()
