"""DICOM archives by DICOM's own protocol: instances listed with C-FIND and fetched with C-GET or C-MOVE."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import groupby
from logging import getLogger
from typing import TYPE_CHECKING, Any, cast

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import ConfigError, Interrupted, OmicsError, TransferError, TransportError
from omicsdk.dtp.storage.associations import (
    ANSWER_SECONDS,
    GET,
    MOST_CONTEXTS,
    MOVE,
    PENDING,
    SUCCESS,
    UNKNOWN_DESTINATION,
    WARNING,
    Archive,
    Lines,
    instances,
    needs_pynetdicom,
    status_of,
    storage_contexts,
    words_of,
)
from omicsdk.dtp.storage.dicom_file import Instance, check_instance
from omicsdk.transfer.writing import write_error

if TYPE_CHECKING:
    from pydicom.dataset import Dataset as Answer
    from pynetdicom.association import Association

    from omicsdk.dtp.config import PacsConfig
    from omicsdk.dtp.storage.datasets import Dataset, Landed, Unlisted
    from omicsdk.dtp.storage.fetching import Landing


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


@contextmanager
def listening(archive: Archive, address: str, classes: Collection[str], receiver: Receiver) -> Generator[Lines]:
    """Takes instances while a block runs, from whoever calls us by our title; only those that were asked for.

    Args:
        archive: The archive, with our title and port.
        address: The address of this machine to listen at.
        classes: The kinds of instances that are wanted, beside all that are usual.
        receiver: Takes the instances.

    Yields:
        The connections that were made to us so far.

    Raises:
        ConfigError: The port is taken, or may not be used.
    """
    from pynetdicom import evt
    from pynetdicom._globals import ALL_TRANSFER_SYNTAXES
    from pynetdicom.presentation import AllStoragePresentationContexts

    entity = archive.entity()
    entity.require_called_aet = True
    known = {str(each.abstract_syntax) for each in AllStoragePresentationContexts}
    for kind in sorted(known | set(classes)):
        entity.add_supported_context(kind, ALL_TRANSFER_SYNTAXES)
    port, lines = archive.config.move_port, Lines()
    try:
        handlers = [*lines.handlers(), (evt.EVT_C_STORE, receiver.store)]
        server = entity.start_server((address, port), block=False, evt_handlers=handlers)
    except OSError as error:
        raise ConfigError(
            f"The port {port} of {address} can't be listened at for C-MOVE: {error.strerror or error}",
            remedy="Set pacs_move_port to a free port, registered with the archive, and pacs_listen_on to an address of this"
            " machine.",
        ) from error
    assert server is not None  # it doesn't block
    _log.info("taking instances as %s at %s:%d", archive.config.aet, *server.server_address[:2])
    try:
        yield lines
    finally:
        server.shutdown()
        server.server_close()
        lines.close()


#: Instances that one request names, at most: their identifiers have to fit into one element of 64 KiB.
BATCH = 50
#: How often instances are asked for of which none came.
ATTEMPTS = 3


class DimseStore:
    """Data sets in a DICOM archive, each subject a study. Instances are fetched with C-GET or C-MOVE.

    With C-GET the archive sends over the connection that asks. With C-MOVE it makes connections to us: it has to know our
    title, this machine's address and the port, and a firewall has to let it in.

    Args:
        config: The archive, our title, and for C-MOVE our address and port.
        connections: How many associations there are at once, 1 or more.
        seconds: Seconds without an answer after which one is given up.
        clock: Waits before another try.

    Raises:
        MissingExtra: pynetdicom isn't installed.
    """

    def __init__(
        self,
        config: PacsConfig,
        *,
        connections: int = 2,
        seconds: float = ANSWER_SECONDS,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        needs_pynetdicom()
        self._archive = Archive(config, seconds)
        self._move = config.method == "cmove"
        self._connections = max(1, connections)
        self._listen_on = config.listen_on
        self._clock = clock

    @property
    def title(self) -> str:
        """What messages call it."""
        return self._archive.title

    @property
    def by_subject(self) -> bool:
        """Whether files are found by a data set's subjects, whom only a commons knows."""
        return True

    def files(self, dataset: Dataset) -> Iterator[Instance | Unlisted]:
        """Lists the instances of a data set's subjects; see `DataStore.files`. An archive states no sizes or checksums."""
        return instances(self._archive, dataset.cases)

    def fetch(
        self,
        files: Sequence[Instance],
        landing: Landing,
        tell: Callable[[Instance, Landed | OmicsError], None],
        stop: threading.Event,
    ) -> None:
        """Fetches instances; see `DataStore.fetch`.

        Raises:
            ConfigError: For C-MOVE: the archive doesn't know our title, to which it is to send, or doesn't reach us there; or
                our port is taken.
        """
        receiver = Receiver(files, landing, tell, stop)
        with self._receiving(receiver, files) as lines, ThreadPoolExecutor(self._connections) as pool:
            try:
                for done in [pool.submit(self._batch, batch, receiver, stop, lines) for batch in _batches(files)]:
                    done.result()
            except BaseException:
                stop.set()
                raise

    def close(self) -> None:
        """Nothing is kept open."""

    @contextmanager
    def _receiving(self, receiver: Receiver, files: Sequence[Instance]) -> Generator[Lines | None]:
        """For C-MOVE, listens while the block runs, and gives the connections that were made to us."""
        if not self._move:
            yield None
            return
        classes = {each.sop_class for each in files if each.sop_class}
        address = self._listen_on or self._archive.own_address()
        with listening(self._archive, address, classes, receiver) as lines:
            yield lines

    def _batch(self, files: Sequence[Instance], receiver: Receiver, stop: threading.Event, lines: Lines | None) -> None:
        idle = 0
        while (missing := receiver.missing(files)) and not stop.is_set():
            problem: OmicsError
            try:
                answer = self._ask(missing, receiver, stop)
            except Interrupted:
                return
            except (TransferError, TransportError) as error:
                problem = error
            else:
                problem = self._missed(answer)
            left = receiver.missing(files)
            if isinstance(problem, TransferError) and len(left) == len(missing) > 1:
                # archives send none of them where they haven't one
                for each in left:
                    self._batch([each], receiver, stop, lines)
                if _unreached(lines) and not stop.is_set():
                    raise self._never_reached(problem)
                return
            idle = idle + 1 if len(left) == len(missing) else 0
            if left and (idle >= ATTEMPTS or (isinstance(problem, TransferError) and _unreached(lines))):
                for each in left:
                    receiver.give_up(each, problem)
                return
            if left:
                _log.info("%d instances didn't come (%s), trying again", len(left), problem)
                self._clock.sleep(0.25 * 2**idle)

    def _ask(self, files: Sequence[Instance], receiver: Receiver, stop: threading.Event) -> Answer:
        """Asks for instances of one series; gives the archive's last answer."""
        from pynetdicom import evt
        from pynetdicom.presentation import build_context, build_role

        model = MOVE if self._move else GET
        contexts, roles, handlers = [build_context(model)], list[Any](), list[Any]()
        if not self._move:
            stored = storage_contexts({each.sop_class for each in files if each.sop_class}, MOST_CONTEXTS - 1)
            contexts += stored
            classes = {str(each.abstract_syntax) for each in stored}
            roles = [build_role(each, scp_role=True) for each in sorted(classes)]
            handlers = [(evt.EVT_C_STORE, receiver.store)]
        with self._archive.associated(contexts, roles=roles, handlers=handlers) as association:
            accepted = {str(each.abstract_syntax) for each in association.accepted_contexts}
            if model not in accepted:
                verb = "C-MOVE" if self._move else "C-GET"
                raise ConfigError(
                    f"{self._archive.subject} doesn't offer {verb}",
                    remedy="Allow it there, or set pacs_method to another one: cget, cmove or dicomweb.",
                )
            return self._answers(association, files, stop)

    def _answers(self, association: Association, files: Sequence[Instance], stop: threading.Event) -> Answer:
        from pydicom.dataset import Dataset

        wanted = Dataset()
        wanted.QueryRetrieveLevel = "IMAGE"
        wanted.StudyInstanceUID, wanted.SeriesInstanceUID = files[0].study, files[0].series
        wanted.SOPInstanceUID = [each.sop for each in files]
        aet = self._archive.config.aet
        answers = association.send_c_move(wanted, aet, MOVE) if self._move else association.send_c_get(wanted, GET)
        for answer, _ in answers:
            status = status_of(answer, f"sending the series {files[0].series}")
            if stop.is_set():
                raise Interrupted("The transfer was stopped")
            if status == UNKNOWN_DESTINATION and self._move:
                raise ConfigError(
                    f"{self._archive.subject} doesn't know {aet!r}, to which it is to send ({words_of(answer)})",
                    remedy=f"Register {aet!r} there with this machine's address and the port pacs_move_port.",
                )
            if status not in PENDING:
                return answer
        raise TransferError(f"{self._archive.subject} ended its answer too early")

    def _never_reached(self, problem: OmicsError) -> ConfigError:
        aet, port = self._archive.config.aet, self._archive.config.move_port
        return ConfigError(
            f"{self._archive.subject} never connected to {aet!r} at the port {port}, to send images: {problem.message}",
            remedy=f"Register {aet!r} there with this machine's address and the port {port}, let it through a firewall, and set"
            " pacs_listen_on to an address that it reaches; or set pacs_method to cget.",
        )

    def _missed(self, answer: Answer) -> TransferError:
        """Why instances didn't come although the archive says that it is done."""
        status = cast("int", answer.get("Status", 0))
        failed = cast("int | None", answer.get("NumberOfFailedSuboperations"))
        told = f"{failed} weren't sent, {words_of(answer)}" if failed else words_of(answer)
        remedy = "Look into its log: it may lack them, or be unable to send their kind or transfer syntax."
        if self._move:
            remedy = (
                f"{remedy} It has to reach this machine at the port that it knows for {self._archive.config.aet!r}."
            )
        done = status in (SUCCESS, WARNING)
        what = "didn't send all instances" if done else "failed to send instances"
        return TransferError(f"{self._archive.subject} {what} ({told})", remedy=remedy)


def _unreached(lines: Lines | None) -> bool:
    """Whether an archive that is to send over connections of its own never made one."""
    return lines is not None and not lines


def _batches(files: Iterable[Instance]) -> Iterator[Sequence[Instance]]:
    def series(file: Instance) -> tuple[str, str]:
        return file.study, file.series

    for _, group in groupby(sorted(files, key=series), series):
        found = list(group)
        for start in range(0, len(found), BATCH):
            yield found[start : start + BATCH]
