"""A DICOM archive by its own protocol: associations, queries (C-FIND), retrievals (C-GET, C-MOVE), and their errors."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from omicsdk.core.errors import (
    AuthError,
    ConfigError,
    ConnectFailed,
    ConnectionLost,
    Interrupted,
    OmicsError,
    TransferError,
)
from omicsdk.dtp.storage.datasets import Subject, Unlisted
from omicsdk.dtp.storage.dicom import Instance, instances

if TYPE_CHECKING:
    from pydicom.dataset import Dataset
    from pynetdicom.association import Association
    from pynetdicom.presentation import PresentationContext

    from omicsdk.dtp.config import PacsConfig


class Checkpoint(threading.Event):
    """Stops a thread that passes it again and again; `clear` returns only when that thread is stopped.

    pynetdicom's own thread reads messages unless a checkpoint stops it. Its plain event can be cleared while that thread has
    passed already: then that thread takes the first response, which is lost. A study would lack an image without an error.

    Args:
        association: The association of that thread.
    """

    def __init__(self, association: Association) -> None:
        super().__init__()
        self._association = association
        self._change = threading.Condition()
        self._stopped = False
        super().set()

    def set(self) -> None:
        """Let the thread pass."""
        with self._change:
            super().set()
            self._change.notify_all()

    def clear(self) -> None:
        """Stop the thread, and wait until it is stopped or has ended."""
        with self._change:
            super().clear()
            while not self._stopped and self._association.is_alive():
                self._change.wait(0.05)

    def wait(self, timeout: float | None = None) -> bool:
        """Pass, when it is open."""
        with self._change:
            self._stopped = True
            self._change.notify_all()
            try:
                return self._change.wait_for(self.is_set, timeout)
            finally:
                self._stopped = False


#: The attribute of an association that has the event of its thread.
_CHECKPOINT = "_reactor_checkpoint"
#: Seconds to connect, as in core's transports.
CONNECT_SECONDS = 10
#: Seconds without a response.
RESPONSE_SECONDS = 60
#: Requests for one association, when the archive closes the connections without a response.
ATTEMPTS = 3
#: Presentation contexts that an association has at most (PS3.8, 9.3.2.2).
_MOST_CONTEXTS = 128
#: The information models of queries and retrievals of studies (PS3.6, annex A).
FIND, _MOVE, _GET = (f"1.2.840.10008.5.1.4.1.2.2.{number}" for number in (1, 2, 3))
#: Options of connections: not to wait for more to send (the same on every system), to acknowledge at once (Linux).
_IPPROTO_TCP, _TCP_NODELAY, _TCP_QUICKACK = 6, 1, 12
_SUCCESS, _WARNING = 0x0000, 0xB000
#: Interim responses to queries and retrievals.
_PENDING = frozenset({0xFF00, 0xFF01})
#: The status of an archive that does not know the destination (PS3.4, C.4.2.1.5).
_UNKNOWN_DESTINATION = 0xA801


class Connections:
    """The connections of associations: neither end waits for the other without need, and each is closed.

    Archives built on DCMTK send the head of a message and wait with the rest until the head is acknowledged, which systems
    delay by 40 ms: for each instance, unless the acknowledgement is requested. And pynetdicom leaves open what the other end
    has closed.
    """

    def __init__(self) -> None:
        self._sockets = list[Any]()
        #: The archive's response to the latest request for an association, in pynetdicom's form; None if there was none.
        self.response: Any = None

    def handlers(self) -> list[tuple[Any, ...]]:
        """The handlers of pynetdicom's events."""
        from pynetdicom import evt

        quick = [(evt.EVT_DATA_SENT, self._sent)] if sys.platform == "linux" else []
        return [(evt.EVT_CONN_OPEN, self._opened), (evt.EVT_ACSE_RECV, self._received), *quick]

    def _opened(self, event: Any) -> None:
        connection = event.assoc.dul.socket.socket
        connection.setsockopt(_IPPROTO_TCP, _TCP_NODELAY, 1)
        self._sockets.append(connection)

    def _received(self, event: Any) -> None:
        self.response = event.primitive

    def _sent(self, event: Any) -> None:
        connection = event.assoc.dul.socket.socket
        if connection is not None:
            with suppress(OSError):  # it may have been closed meanwhile, and only speed is lost
                connection.setsockopt(_IPPROTO_TCP, _TCP_QUICKACK, 1)

    @property
    def ended_unanswered(self) -> bool:
        """Whether the latest request for an association ended with its connection."""
        from pynetdicom.pdu_primitives import A_P_ABORT

        return isinstance(self.response, A_P_ABORT)

    @property
    def rejected(self) -> bool:
        """Whether the archive rejected the latest request for an association."""
        from pynetdicom.pdu_primitives import A_ASSOCIATE

        return isinstance(self.response, A_ASSOCIATE) and bool(self.response.result)

    def close(self) -> None:
        """Close all of them."""
        for socket in self._sockets:
            socket.close()

    def __len__(self) -> int:
        return len(self._sockets)


@dataclass(frozen=True, slots=True)
class Archive:
    """A DICOM archive.

    Args:
        config: Its settings, and our title.
        seconds: Seconds without a response after which a request fails.
    """

    config: PacsConfig
    seconds: float = RESPONSE_SECONDS

    @property
    def moves(self) -> bool:
        """Whether it sends over connections that it makes to us (C-MOVE)."""
        return self.config.method == "cmove"

    @property
    def title(self) -> str:
        """Its name at the beginning of a sentence."""
        return f"The archive {self.config.aec} at {self.config.ip}:{self.config.port}"

    def entity(self) -> Any:
        """Our application entity."""
        from pynetdicom.ae import ApplicationEntity

        entity = ApplicationEntity(self.config.aet)
        entity.connection_timeout = CONNECT_SECONDS
        entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = self.seconds
        return entity

    @contextmanager
    def associated(
        self,
        contexts: Sequence[PresentationContext],
        *,
        roles: Sequence[Any] = (),
        handlers: Sequence[tuple[Any, ...]] = (),
    ) -> Generator[Association]:
        """Open an association for a block.

        Args:
            contexts: The presentation contexts to propose.
            roles: The roles of both ends, where they are exchanged.
            handlers: The handlers of pynetdicom's events.

        Raises:
            ConnectFailed: The archive does not respond.
            ConnectionLost: It closed `ATTEMPTS` connections without a response.
            AuthError: It rejects our title, or has another one.
        """
        connections = Connections()
        requested: list[Association] = []
        try:
            # DCMTK closes a connection whose request is not complete within a second or two. A busy machine does not
            # always do so, and the archive has received no request yet: another request is safe.
            for _ in range(ATTEMPTS):
                connections.response = None
                association = self.entity().associate(
                    self.config.ip,
                    self.config.port,
                    contexts=list(contexts),
                    ae_title=self.config.aec,
                    ext_neg=list(roles),
                    evt_handlers=[*connections.handlers(), *handlers],
                )
                requested.append(association)
                # A connection that the archive has closed before pynetdicom's requesting thread looks at it is taken there
                # for one that was never made. The response, such as a rejection, is left in the queue; receiving it calls
                # the handler of `connections`.
                if not association.is_established:
                    association.dul.receive_pdu(wait=False)
                if association.is_established or not connections.ended_unanswered:
                    break
            association = requested[-1]
            if not association.is_established:
                raise self._refusal(connections)
            if _CHECKPOINT in vars(association):
                vars(association)[_CHECKPOINT] = Checkpoint(association)
            try:
                yield association
            except BaseException:
                association.abort()
                raise
            else:
                association.release()
        finally:
            for context in requested:
                if context.ident is not None:
                    context.join(CONNECT_SECONDS)
            connections.close()

    def own_address(self) -> str:
        """The address of this machine from which the archive is reached.

        Raises:
            ConnectFailed: The archive does not respond.
            AuthError: It does not accept us.
        """
        from pynetdicom.presentation import build_context

        with self.associated([build_context(FIND)]) as association:
            return str(association.requestor.address)

    def _refusal(self, connections: Connections) -> OmicsError:
        if not connections:
            return ConnectFailed(
                f"{self.title} does not respond",
                remedy="Check pacs_ip and pacs_port in the settings, and that it is running.",
            )
        if connections.rejected:
            why = str(getattr(connections.response, "reason_str", "")) or "no reason given"
            return AuthError(
                f"{self.title} does not accept {self.config.aet!r}: {why}",
                remedy="Check pacs_aec (its title) and pacs_aet (ours) in the settings, and that the archive accepts pacs_aet.",
            )
        return ConnectionLost(
            f"{self.title} ended the association before it began",
            remedy="Check that pacs_port is a DICOM port, and that the archive accepts the title pacs_aet.",
        )

    def instances(self, subjects: Sequence[Subject]) -> Iterator[Instance | Unlisted]:
        """List the instances of subjects.

        Args:
            subjects: The subjects.

        Yields:
            Their instances, and subjects that have none or cannot be listed.

        Raises:
            ConnectFailed: The archive does not respond.
            AuthError: It rejects our title.
            TransferError: It does not offer queries.
        """
        from pynetdicom.presentation import build_context

        with self.associated([build_context(FIND)]) as association:
            if not association.accepted_contexts:
                raise TransferError(
                    f"{self.title} does not answer queries (C-FIND)", remedy="Allow them there, or use DICOMweb."
                )

            def series_of(study: str) -> list[str]:
                responses = _datasets(association, "SERIES", StudyInstanceUID=study, SeriesInstanceUID="")
                return [_text(response, "SeriesInstanceUID") for response in responses]

            def instances_of(study: str, series: str) -> list[tuple[str, str]]:
                keys = {"StudyInstanceUID": study, "SeriesInstanceUID": series}
                responses = _datasets(association, "IMAGE", **keys, SOPInstanceUID="", SOPClassUID="")
                return [(_text(response, "SOPInstanceUID"), _text(response, "SOPClassUID")) for response in responses]

            yield from instances(subjects, series_of, instances_of)

    def retrieve(self, files: Sequence[Instance], store: Callable[[Any], int], stop: threading.Event) -> TransferError:
        """Request instances of one series, and wait until the archive has sent them.

        Args:
            files: The instances.
            store: Handles pynetdicom's event of an instance that is sent over the connection of the request.
            stop: Stops the request when set.

        Returns:
            The error for instances that were not sent all the same, by the archive's last response.

        Raises:
            Interrupted: `stop` was set.
            ConfigError: The archive does not offer such requests, or for C-MOVE our title is not registered there.
            ConnectionLost: It does not respond any longer.
            TransferError: It ended its response without a final status.
        """
        from pynetdicom import evt
        from pynetdicom.presentation import build_context, build_role

        model = _MOVE if self.moves else _GET
        contexts, roles, handlers = [build_context(model)], list[Any](), list[Any]()
        if not self.moves:
            stored = _storage_contexts({file.sop_class for file in files if file.sop_class}, _MOST_CONTEXTS - 1)
            contexts += stored
            classes = {str(context.abstract_syntax) for context in stored}
            roles = [build_role(class_, scp_role=True) for class_ in sorted(classes)]
            handlers = [(evt.EVT_C_STORE, store)]
        with self.associated(contexts, roles=roles, handlers=handlers) as association:
            if model not in {str(context.abstract_syntax) for context in association.accepted_contexts}:
                raise ConfigError(
                    f"{self.title} does not offer {'C-MOVE' if self.moves else 'C-GET'}",
                    remedy="Allow it there, or set pacs_method to another one: cget, cmove or dicomweb.",
                )
            return self._incomplete(self._last_response(association, files, stop))

    def _last_response(self, association: Association, files: Sequence[Instance], stop: threading.Event) -> Dataset:
        from pydicom.dataset import Dataset

        request = Dataset()
        request.QueryRetrieveLevel = "IMAGE"
        request.StudyInstanceUID, request.SeriesInstanceUID = files[0].study, files[0].series
        request.SOPInstanceUID = [file.sop for file in files]
        aet = self.config.aet
        responses = (
            association.send_c_move(request, aet, _MOVE) if self.moves else association.send_c_get(request, _GET)
        )
        for response, _ in responses:
            status = _status(response, f"sending the series {files[0].series}")
            if stop.is_set():
                raise Interrupted("The transfer was stopped")
            if status == _UNKNOWN_DESTINATION and self.moves:
                raise ConfigError(
                    f"{self.title} does not know the title {aet!r}, to which it must send ({_status_words(response)})",
                    remedy=f"Register {aet!r} there with this machine's address and the port pacs_move_port.",
                )
            if status not in _PENDING:
                return response
        raise TransferError(f"{self.title} ended its response too early")

    def _incomplete(self, response: Dataset) -> TransferError:
        status = cast("int", response.get("Status", 0))
        failed = cast("int | None", response.get("NumberOfFailedSuboperations"))
        details = f"{failed} were not sent, {_status_words(response)}" if failed else _status_words(response)
        remedy = "Check its log: it may lack them, or be unable to send their kind or transfer syntax."
        if self.moves:
            remedy = f"{remedy} It must reach this machine at the port that it knows for {self.config.aet!r}."
        what = "did not send all instances" if status in (_SUCCESS, _WARNING) else "failed to send instances"
        return TransferError(f"{self.title} {what} ({details})", remedy=remedy)


def _status(response: Dataset, doing: str) -> int:
    status = cast("int | None", response.get("Status"))
    if status is None:  # the time is over, or the connection broke
        raise ConnectionLost(f"The archive did not respond while {doing}", remedy="Run it again to resume.")
    return status


def _status_words(response: Dataset) -> str:
    """A status in words: its number, DICOM's name of its category, and the archive's comment."""
    from pynetdicom.status import code_to_category

    status = cast("int", response.get("Status", 0))
    comment = str(response.get("ErrorComment", "") or "").strip()
    return f"status 0x{status:04X}, {code_to_category(status).lower()}" + (f": {comment[:200]}" if comment else "")


_DICOM = "1.2.840.10008.1.2"
#: Uncompressed transfer syntaxes.
_PLAIN = (f"{_DICOM}.1", _DICOM, f"{_DICOM}.2")
#: Compressed transfer syntaxes, those that archives use most first (PS3.6, annex A).
_COMPRESSED = tuple(
    f"{_DICOM}.{suffix}"
    for suffix in (
        *("4.70", "4.90", "4.50", "5", "4.80", "4.91", "4.51", "4.57", "4.81", "1.99"),
        *("4.201", "4.202", "4.203", "4.100", "4.102", "4.103", "4.106", "4.107"),
    )
)


def _storage_contexts(classes: Collection[str], most: int) -> list[PresentationContext]:
    """Return the presentation contexts to propose to an archive that sends over our own association.

    Args:
        classes: The SOP classes of the wanted instances; none for the usual ones.
        most: The most contexts that are allowed.

    Returns:
        A context of the uncompressed transfer syntaxes for each class, then one for each compressed syntax, up to `most`: an
        archive picks one syntax of a context, and sends no instance that it stores in another.
    """
    from pynetdicom.presentation import StoragePresentationContexts, build_context

    kinds = sorted(classes) or [str(context.abstract_syntax) for context in StoragePresentationContexts]
    contexts = [build_context(kind, list(_PLAIN)) for kind in kinds[:most]]
    for form in _COMPRESSED:
        contexts += [build_context(kind, form) for kind in kinds[: max(0, most - len(contexts))]]
    return contexts


def _datasets(association: Association, level: str, **keys: str) -> list[Dataset]:
    """All results of a query: an association answers one request after the other."""
    from pydicom.dataset import Dataset

    query = Dataset()
    query.QueryRetrieveLevel = level
    for name, value in keys.items():
        setattr(query, name, value)
    doing = f"listing the study {keys['StudyInstanceUID']}"
    results = list[Dataset]()
    for response, data_set in association.send_c_find(query, FIND):
        status = _status(response, doing)
        if status in _PENDING:
            # pynetdicom returns none for one that it cannot decode: without identifiers, it is a result that fails.
            results.append(data_set or Dataset())
        elif status != _SUCCESS:
            raise TransferError(f"The archive failed while {doing} ({_status_words(response)})")
    return results


def _text(data_set: Dataset, name: str) -> str:
    return str(cast("object", data_set.get(name, "")) or "").strip()
