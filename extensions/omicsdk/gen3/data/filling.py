"""After an upload the record is blank: its size and checksums are filled in, by the commons' own job or by us."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, cast

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import APIError, ChecksumMismatch, Conflict, Forbidden, TransferError, Unauthorized
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
    storage: str,
    *,
    patience: float = PATIENCE,
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
        storage: The object that its bytes became, such as s3://BUCKET/KEY; empty where nobody knows.
        patience: Seconds for which the job is waited for, 0 to fill at once.
        clock: What tells the time and waits.

    Returns:
        Who filled it; `not yet` where nobody has and the commons doesn't let us.

    Raises:
        ChecksumMismatch: The record states other checksums than those of what was sent.
        TransferError: It states another size.
        APIError: The index can't be asked.
    """
    end, wait = clock.monotonic() + patience, _FIRST
    while True:
        record = _record(indexd, guid)
        if record.get("size") is not None and record.get("hashes"):
            _compare(record, name, size, hashes)
            return "by the commons"
        left = end - clock.monotonic()
        if left <= 0:
            break
        clock.sleep(min(wait, left))
        wait = min(2 * wait, _LONGEST)
    if not storage:
        return "not yet"
    known = {kind: value for kind, value in hashes.items() if kind in ("md5", "sha1", "sha256", "sha512")}
    try:
        indexd.update_blank(
            guid=guid, rev=str(record.get("rev", "")), size=size, urls=[storage], hashes=cast("Any", known)
        )
    except (Forbidden, Unauthorized):
        return "not yet"
    except Conflict:  # the job was at it in the same moment
        record = _record(indexd, guid)
        if record.get("size") is None:
            raise
        _compare(record, name, size, hashes)
        return "by the commons"
    except APIError as error:
        if error.status == 400 and _record(indexd, guid).get("size") is not None:
            return "by the commons"
        raise
    return "by us"


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
