"""DICOM archives by DICOM's own protocol: instances listed with C-FIND and fetched with C-GET or C-MOVE."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from omicsdk.core.clock import SYSTEM_CLOCK, TICK, Clock, sleep_unless
from omicsdk.core.errors import ConfigError, Interrupted, OmicsError, TransferError, TransportError
from omicsdk.core.lazy import require
from omicsdk.core.logs import logger
from omicsdk.dtp.storage.associations import RESPONSE_SECONDS, Archive, Connections
from omicsdk.dtp.storage.dicom import Instance, check_instance
from omicsdk.dtp.storage.fetching import call_in_threads
from omicsdk.transfer.disk import write_errors

if TYPE_CHECKING:
    from omicsdk.dtp.config import PacsConfig
    from omicsdk.dtp.storage.datasets import Dataset, FetchJob, Unlisted
    from omicsdk.transfer import Outcome


#: Statuses of C-STORE (PS3.4, B.2.3).
STORED, OUT_OF_RESOURCES, NOT_UNDERSTOOD, NOT_WANTED = 0x0000, 0xA700, 0xC000, 0xA900

_log = logger("omicsdk.dtp")


class Receiver:
    """Receives instances.

    Args:
        job: The wanted instances and their target; every instance is refused when it is stopped.

    Attributes:
        job: The job.
    """

    def __init__(self, job: FetchJob[Instance]) -> None:
        self.job = job
        self._pending = {file.sop: file for file in job.files}
        self._guard = threading.Lock()

    def store(self, event: Any) -> int:
        """Receive the instance of an event of pynetdicom; return the status of C-STORE."""
        if self.job.stop.is_set():
            return OUT_OF_RESOURCES
        sop = str(event.request.AffectedSOPInstanceUID)
        with self._guard:
            file = self._pending.pop(sop, None)
        if file is None:
            _log.warning("the archive sent the instance %s, which was not requested", sop)
            return NOT_WANTED
        try:
            outcome = self._complete(file, event.encoded_dataset())
        except OmicsError as error:
            self.job.report(file, error)
            _log.warning("%s", error)
            return NOT_UNDERSTOOD
        self.job.report(file, outcome)
        return STORED

    def missing(self, files: Iterable[Instance]) -> list[Instance]:
        """Those of some instances that were not received."""
        with self._guard:
            return [file for file in files if file.sop in self._pending]

    def give_up(self, file: Instance, error: OmicsError) -> None:
        """Report an instance as failed, unless it was received meanwhile."""
        with self._guard:
            if self._pending.pop(file.sop, None) is None:
                return
        self.job.report(file, error)

    def _complete(self, file: Instance, data: bytes) -> Outcome:
        part = self.job.folder.part(file.sop)
        with write_errors(str(part), file.name):
            part.unlink(missing_ok=True)
            part.write_bytes(data)
        try:
            verified = check_instance(part, file)
            return self.job.folder.complete(file, part, verified=verified, fetched=len(data))
        finally:
            part.unlink(missing_ok=True)


#: Instances that one request names, at most: their identifiers have to fit into one element of 64 KiB.
BATCH = 50
#: Requests in succession without any instance that end a batch.
ATTEMPTS = 3


class DimseStore:
    """Data sets in a DICOM archive, each subject a study. Instances are fetched with C-GET or C-MOVE.

    With C-GET the archive sends over the connection of the request. With C-MOVE it makes connections to us: our title, this
    machine's address and the port have to be registered there, and a firewall has to let it in.

    Args:
        config: The archive, our title, and for C-MOVE our address and port.
        connections: Associations at once, 1 or more.
        seconds: Seconds without a response after which one fails.
        clock: Waits before a retry.

    Raises:
        MissingExtra: pynetdicom is not installed.
    """

    by_subject: bool = True

    def __init__(
        self,
        config: PacsConfig,
        *,
        connections: int = 2,
        seconds: float = RESPONSE_SECONDS,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        require("pynetdicom", "dtp", "DICOM archives")
        self._archive = Archive(config, seconds)
        self._connections = max(1, connections)
        self._clock = clock
        self.title = f"t{self._archive.title[1:]}"

    def files(self, dataset: Dataset) -> Iterator[Instance | Unlisted]:
        """List the instances of a data set's subjects; see `DataStore.files`. An archive states no sizes or checksums."""
        return self._archive.instances(dataset.subjects)

    def fetch(self, job: FetchJob[Instance]) -> None:
        """Fetch instances; see `DataStore.fetch`.

        Raises:
            ConfigError: For C-MOVE: our title is not registered in the archive, or the archive does not reach us at its
                address; or our port is in use.
        """
        receiver = Receiver(job)
        with self._receiving(receiver) as connections:
            fetch = partial(self._batch, receiver=receiver, connections=connections)
            call_in_threads(fetch, _batches(job.files), self._connections, job.stop)

    def close(self) -> None:
        """No connection is kept open."""

    @contextmanager
    def _receiving(self, receiver: Receiver) -> Generator[Connections | None]:
        """For C-MOVE: accept associations from any caller of our title while the block runs.

        Yields:
            The connections that were made to us so far; None for C-GET.

        Raises:
            ConfigError: The port is in use, or not allowed.
        """
        if not self._archive.moves:
            yield None
            return
        from pynetdicom import evt
        from pynetdicom._globals import ALL_TRANSFER_SYNTAXES
        from pynetdicom.presentation import AllStoragePresentationContexts

        config = self._archive.config
        address = (config.listen_on or self._archive.own_address(), config.move_port)
        entity = self._archive.entity()
        entity.require_called_aet = True
        usual = {str(context.abstract_syntax) for context in AllStoragePresentationContexts}
        for kind in sorted(usual | {file.sop_class for file in receiver.job.files if file.sop_class}):
            entity.add_supported_context(kind, ALL_TRANSFER_SYNTAXES)
        connections = Connections()
        try:
            handlers = [*connections.handlers(), (evt.EVT_C_STORE, receiver.store)]
            server = entity.start_server(address, block=False, evt_handlers=handlers)
        except OSError as error:
            raise ConfigError(
                f"The port {address[1]} of {address[0]} cannot be listened at for C-MOVE: {error.strerror or error}",
                remedy="Set pacs_move_port to a free port, registered with the archive, and pacs_listen_on to an address of"
                " this machine.",
            ) from error
        assert server is not None  # it does not block
        _log.info("receiving instances as %s at %s:%d", config.aet, *server.server_address[:2])
        try:
            yield connections
        finally:
            server.shutdown()
            server.server_close()
            connections.close()

    def _batch(self, files: Sequence[Instance], receiver: Receiver, connections: Connections | None) -> None:
        idle, stop = 0, receiver.job.stop
        while (missing := receiver.missing(files)) and not stop.is_set():
            try:
                problem = self._archive.retrieve(missing, receiver.store, stop)
            except Interrupted:
                return
            except (TransferError, TransportError) as error:
                problem = error
            left = receiver.missing(files)
            if isinstance(problem, TransferError) and len(left) == len(missing) > 1:
                # archives send none of them where they lack one
                for file in left:
                    self._batch([file], receiver, connections)
                if _unreached(connections) and not stop.is_set():
                    raise self._never_reached(problem)
                return
            idle = idle + 1 if len(left) == len(missing) else 0
            if left and (idle >= ATTEMPTS or (isinstance(problem, TransferError) and _unreached(connections))):
                for file in left:
                    receiver.give_up(file, problem)
                return
            if left:
                _log.info("%d instances were not sent (%s), retrying", len(left), problem)
                sleep_unless(stop.is_set, 0.25 * 2**idle, TICK, self._clock)

    def _never_reached(self, problem: OmicsError) -> ConfigError:
        aet, port = self._archive.config.aet, self._archive.config.move_port
        return ConfigError(
            f"{self._archive.title} never connected to {aet!r} at the port {port}, to send images: {problem.message}",
            remedy=f"Register {aet!r} there with this machine's address and the port {port}, let it through a firewall, and set"
            " pacs_listen_on to an address that it reaches; or set pacs_method to cget.",
        )


def _unreached(connections: Connections | None) -> bool:
    """Whether an archive that sends over separate connections never made one."""
    return connections is not None and not connections


def _batches(files: Iterable[Instance]) -> Iterator[Sequence[Instance]]:
    series = attrgetter("study", "series")
    for _, group in groupby(sorted(files, key=series), series):
        files_of_group = list(group)
        for start in range(0, len(files_of_group), BATCH):
            yield files_of_group[start : start + BATCH]
