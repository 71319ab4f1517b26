"""After an upload the record is blank: its size and checksums are filled in, by the commons' own job or by us."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, cast

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import BadRequest, ChecksumMismatch, Conflict, Forbidden, TransferError, Unauthorized
from omicsdk.core.narrowing import is_object
from omicsdk.drs.objects import checksums_of

if TYPE_CHECKING:
    from omicsdk_api.gen3.indexd import IndexdApi

Filled = Literal["by the commons", "by us", "not yet"]
"""Who wrote size and checksums into a record."""

PATIENCE = 60.0
"""Seconds for which the commons' own job is waited for; it takes seconds to minutes where there is one."""
_FIRST, _LONGEST = 0.5, 5.0


def fill(
    indexd: IndexdApi,
    guid: str,
    name: str,
    size: int,
    hashes: Mapping[str, str],
    storage: Callable[[], str],
    *,
    until: float,
    stopped: Callable[[], bool],
    clock: Clock = SYSTEM_CLOCK,
) -> Filled:
    """Sees to it that a record states the size and checksums of the file that was sent.

    A commons has a job that reads what arrives in its bucket and fills the record. Where that hasn't happened in time the
    record is filled from here, if the commons lets its user do that, and if it is known where the bytes are: a record that is
    filled without that can't be downloaded, and isn't filled by the job any more.

    Args:
        indexd: The commons' index.
        guid: The file's GUID.
        name: What messages call it.
        size: Its size in bytes.
        hashes: Its checksums, from algorithm to value; those that the index knows (md5, sha1, sha256, sha512) are written.
        storage: Gives the object that its bytes became, such as s3://BUCKET/KEY; empty where nobody knows.
        until: Until when the job is waited for, by the monotonic clock; it is asked once in any case.
        stopped: Tells whether to leave it as it is.
        clock: What tells the time and waits.

    Returns:
        Who filled it; `not yet` where nobody has and the commons doesn't let us, or it was stopped.

    Raises:
        ChecksumMismatch: The record states other checksums than those of what was sent.
        TransferError: It states another size.
        APIError: The index can't be asked.
    """
    wait = _FIRST
    while not stopped():
        record = _record(indexd, guid)
        if _is_filled(record):
            _compare(record, name, size, hashes)
            return "by the commons"
        left = until - clock.monotonic()
        if left <= 0:
            break
        _wait(min(wait, left), stopped, clock)
        wait = min(2 * wait, _LONGEST)
    else:
        return "not yet"
    place = storage()
    if not place:
        return "not yet"
    known = {kind: value for kind, value in hashes.items() if kind in ("md5", "sha1", "sha256", "sha512")}
    try:
        indexd.update_blank(
            guid=guid, rev=str(record.get("rev", "")), size=size, urls=[place], hashes=cast("Any", known)
        )
    except (Forbidden, Unauthorized):
        return "not yet"
    except (BadRequest, Conflict):
        record = _record(indexd, guid)  # the job was at it in the same moment
        if not _is_filled(record):
            raise
        _compare(record, name, size, hashes)
        return "by the commons"
    return "by us"


def _is_filled(record: Mapping[str, Any]) -> bool:
    return record.get("size") is not None and bool(record.get("hashes"))


def _wait(seconds: float, stopped: Callable[[], bool], clock: Clock) -> None:
    while seconds > 0 and not stopped():
        clock.sleep(min(seconds, _FIRST))
        seconds -= _FIRST


def _record(indexd: IndexdApi, guid: str) -> Mapping[str, Any]:
    told: object = indexd.get_record.raw(guid=guid).json()
    return told if is_object(told) else {}


def _compare(record: Mapping[str, Any], name: str, size: int, hashes: Mapping[str, str]) -> None:
    if record["size"] != size:
        raise TransferError(
            f"{name}: {size} bytes were sent, and the commons has {record['size']}",
            name=name,
            remedy="Delete its record, and send it again.",
        )
    for kind, value in checksums_of(record["hashes"]).items():
        if kind in hashes and hashes[kind] != value:
            raise ChecksumMismatch(
                name,
                algorithm=kind,
                expected=hashes[kind],
                actual=value,
                remedy="What the commons has isn't what was sent: delete its record, and send it again.",
            )
