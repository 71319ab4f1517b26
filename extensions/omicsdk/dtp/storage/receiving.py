"""Instances as an archive sends them, by C-STORE: only those that are wanted, each put in its place."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from logging import getLogger
from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import OmicsError
from omicsdk.dtp.storage.dicom_file import Instance, check_instance
from omicsdk.transfer.writing import write_error

if TYPE_CHECKING:
    from omicsdk.dtp.storage.datasets import Landed
    from omicsdk.dtp.storage.landing import Landing

#: Statuses of C-STORE (PS3.4, B.2.3).
STORED, OUT_OF_RESOURCES, NOT_UNDERSTOOD, NOT_WANTED = 0x0000, 0xA700, 0xC000, 0xA900

_log = getLogger("omicsdk.dtp")


class Receiver:
    """Takes instances.

    Args:
        files: The instances that are wanted.
        landing: Where they go.
        tell: Is called for each that has come or failed.
        stop: Refuses everything when it is set.
    """

    def __init__(
        self,
        files: Iterable[Instance],
        landing: Landing,
        tell: Callable[[Instance, Landed | OmicsError], None],
        stop: threading.Event,
    ) -> None:
        self._open = {each.sop: each for each in files}
        self._landing = landing
        self._tell = tell
        self._stop = stop
        self._guard = threading.Lock()

    def store(self, event: Any) -> int:
        """Takes what an event of pynetdicom has; gives C-STORE's status."""
        if self._stop.is_set():
            return OUT_OF_RESOURCES
        sop = str(event.request.AffectedSOPInstanceUID)
        with self._guard:
            file = self._open.pop(sop, None)
        if file is None:
            _log.warning("the archive sent the instance %s, which wasn't asked for", sop)
            return NOT_WANTED
        try:
            result: Landed | OmicsError = self._place(file, event.encoded_dataset())
        except OmicsError as error:
            result = error
        self._tell(file, result)
        if isinstance(result, OmicsError):
            _log.warning("%s", result)
            return NOT_UNDERSTOOD
        return STORED

    def missing(self, files: Iterable[Instance]) -> list[Instance]:
        """Those of some instances that didn't come."""
        with self._guard:
            return [each for each in files if each.sop in self._open]

    def give_up(self, file: Instance, error: OmicsError) -> None:
        """Tells that an instance won't come, unless it has come meanwhile."""
        with self._guard:
            if self._open.pop(file.sop, None) is None:
                return
        self._tell(file, error)

    def _place(self, file: Instance, data: bytes) -> Landed:
        part = self._landing.part(file.sop)
        try:
            part.unlink(missing_ok=True)
            part.write_bytes(data)
        except OSError as error:
            raise write_error(error, str(part), file.name) from error
        try:
            verified = check_instance(part, file)
            return self._landing.land(file, part, verified=verified, fetched=len(data))
        finally:
            part.unlink(missing_ok=True)
