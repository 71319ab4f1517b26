"""Associations with a DICOM archive: how they are made, whose turn it is to read, and what is told when they fail."""

from __future__ import annotations

import sys
import threading
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from omicsdk.core.errors import AuthError, ConnectFailed, ConnectionLost, MissingExtra, OmicsError, TransferError
from omicsdk.dtp.storage.datasets import Case, Unlisted
from omicsdk.dtp.storage.dicom_file import Instance, instance_of, is_uid

if TYPE_CHECKING:
    from pydicom.dataset import Dataset
    from pynetdicom.association import Association
    from pynetdicom.presentation import PresentationContext

    from omicsdk.dtp.config import PacsConfig


_NAME = "_reactor_checkpoint"


class Gate(threading.Event):
    """Holds up a thread that passes by again and again; once it is shut, that thread surely stands before it.

    pynetdicom's own thread reads messages unless it is held up. With a plain event whoever asks may begin while that thread
    has passed already and takes the first answer, which is lost then: a study would lack an image, and nobody would know.

    Args:
        association: The association whose thread it is.
    """

    def __init__(self, association: Association) -> None:
        super().__init__()
        self._association = association
        self._change = threading.Condition()
        self._open = True
        self._held = False

    def is_set(self) -> bool:
        """Whether it is open."""
        return self._open

    def set(self) -> None:
        """Opens it."""
        with self._change:
            self._open = True
            self._change.notify_all()

    def clear(self) -> None:
        """Shuts it, and waits until the other thread stands before it, or has ended."""
        with self._change:
            self._open = False
            while not self._held and self._association.is_alive():
                self._change.wait(0.05)

    def wait(self, timeout: float | None = None) -> bool:
        """Passes, when it is open."""
        with self._change:
            self._held = True
            self._change.notify_all()
            try:
                return self._change.wait_for(lambda: self._open, timeout)
            finally:
                self._held = False


def take_turns(association: Association) -> None:
    """Puts a gate in the place of the plain event of an association that has begun.

    Args:
        association: The association.
    """
    inner = vars(association)
    if _NAME in inner:
        inner[_NAME] = Gate(association)


#: Seconds for a connection, as core's transports have it.
CONNECT_SECONDS = 10
#: Seconds without an answer.
ANSWER_SECONDS = 60
#: Requests for one association, when the archive closes the connections without an answer.
ATTEMPTS = 3
#: Presentation contexts that an association has at most (PS3.8, 9.3.2.2).
MOST_CONTEXTS = 128
#: Queries and retrievals of studies (PS3.6, annex A).
FIND, MOVE, GET = (f"1.2.840.10008.5.1.4.1.2.2.{number}" for number in (1, 2, 3))
#: Options of connections: not to wait for more to send (the same on every system), to acknowledge at once (Linux).
IPPROTO_TCP, TCP_NODELAY, TCP_QUICKACK = 6, 1, 12
SUCCESS, WARNING = 0x0000, 0xB000
#: Interim answers of queries and retrievals.
PENDING = frozenset({0xFF00, 0xFF01})
#: What an archive says that doesn't know to whom it is to send (PS3.4, C.4.2.1.5).
UNKNOWN_DESTINATION = 0xA801


def needs_pynetdicom() -> None:
    """Makes sure that pynetdicom is there.

    Raises:
        MissingExtra: It isn't installed.
    """
    try:
        import pynetdicom  # pyright: ignore[reportUnusedImport] # noqa: F401
    except ImportError as error:
        raise MissingExtra("dtp", "DICOM archives", module="pynetdicom") from error


class Lines:
    """The connections of associations: neither end waits for the other without need, and each is closed for sure.

    Archives built on DCMTK send the head of a message and wait with the rest until the head is acknowledged, which systems put
    off for 40 ms: for each instance, unless the acknowledgement is asked for. And what the other end has closed, pynetdicom
    leaves open.
    """

    def __init__(self) -> None:
        self._sockets = list[Any]()
        #: The archive's answer to the latest request for an association, as pynetdicom has it; None where none came.
        self.answer: Any = None

    def handlers(self) -> list[tuple[Any, ...]]:
        """What pynetdicom is to call at which events."""
        from pynetdicom import evt

        quick = [(evt.EVT_DATA_SENT, self._sent)] if sys.platform == "linux" else []
        return [(evt.EVT_CONN_OPEN, self._opened), (evt.EVT_ACSE_RECV, self._received), *quick]

    def _opened(self, event: Any) -> None:
        line = event.assoc.dul.socket.socket
        line.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        self._sockets.append(line)

    def _received(self, event: Any) -> None:
        self.answer = event.primitive

    def _sent(self, event: Any) -> None:
        line = event.assoc.dul.socket.socket
        if line is not None:
            with suppress(OSError):  # it may have been closed meanwhile, and only speed is lost
                line.setsockopt(IPPROTO_TCP, TCP_QUICKACK, 1)

    @property
    def ended_unanswered(self) -> bool:
        """Whether the latest request for an association ended with its connection."""
        from pynetdicom.pdu_primitives import A_P_ABORT

        return isinstance(self.answer, A_P_ABORT)

    @property
    def rejected(self) -> bool:
        """Whether the archive rejected the latest request for an association."""
        from pynetdicom.pdu_primitives import A_ASSOCIATE

        return isinstance(self.answer, A_ASSOCIATE) and bool(self.answer.result)

    def close(self) -> None:
        """Closes all of them."""
        for each in self._sockets:
            each.close()

    def __len__(self) -> int:
        return len(self._sockets)


@dataclass(frozen=True, slots=True)
class Archive:
    """A DICOM archive, and who we are for it.

    Args:
        config: The archive.
        seconds: Seconds without an answer after which it is given up.
    """

    config: PacsConfig
    seconds: float = ANSWER_SECONDS

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"the archive {self.config.aec} at {self.config.ip}:{self.config.port}"

    @property
    def subject(self) -> str:
        """The title where a sentence begins with it."""
        return f"T{self.title[1:]}"

    def entity(self) -> Any:
        """Who we are."""

        from pynetdicom.ae import ApplicationEntity

        entity = ApplicationEntity(self.config.aet)
        entity.connection_timeout = CONNECT_SECONDS
        entity.acse_timeout = self.seconds
        entity.dimse_timeout = self.seconds
        entity.network_timeout = self.seconds
        return entity

    @contextmanager
    def associated(
        self,
        contexts: Sequence[PresentationContext],
        *,
        roles: Sequence[Any] = (),
        handlers: Sequence[tuple[Any, ...]] = (),
    ) -> Generator[Association]:
        """Makes an association for a block.

        Args:
            contexts: What is to be talked about, and in which transfer syntaxes.
            roles: Who sends and who stores, where that is the other way round.
            handlers: What is done at events.

        Raises:
            ConnectFailed: The archive doesn't answer.
            ConnectionLost: It closed `ATTEMPTS` connections without an answer.
            AuthError: It doesn't accept us, or isn't called so.
        """
        lines = Lines()
        association = self._requested(lines, contexts, roles, handlers)
        try:
            # DCMTK closes a connection whose request is not complete within a second or two. A busy machine does not
            # always manage that, and nothing has been asked of the archive yet: another request is safe.
            for _ in range(1, ATTEMPTS):
                if association.is_established or not lines.ended_unanswered:
                    break
                association = self._requested(lines, contexts, roles, handlers)
            if not association.is_established:
                raise self._refusal(lines)
            take_turns(association)
            try:
                yield association
            except BaseException:
                association.abort()
                raise
            else:
                association.release()
        finally:
            if association.ident is not None:
                association.join(CONNECT_SECONDS)
            lines.close()

    def _requested(
        self,
        lines: Lines,
        contexts: Sequence[PresentationContext],
        roles: Sequence[Any],
        handlers: Sequence[tuple[Any, ...]],
    ) -> Association:
        lines.answer = None
        association: Association = self.entity().associate(
            self.config.ip,
            self.config.port,
            contexts=list(contexts),
            ae_title=self.config.aec,
            ext_neg=list(roles),
            evt_handlers=[*lines.handlers(), *handlers],
        )
        # A connection that the archive has closed before pynetdicom's requesting thread looks at it is taken there for one
        # that was never made. The answer, such as a rejection, is left in the queue; taking it is the event above.
        if not association.is_established:
            association.dul.receive_pdu(wait=False)
        return association

    def own_address(self) -> str:
        """The address of this machine from which the archive is reached.

        Raises:
            ConnectFailed: The archive doesn't answer.
            AuthError: It doesn't accept us.
        """
        from pynetdicom.presentation import build_context

        with self.associated([build_context(FIND)]) as association:
            return str(association.requestor.address)

    def _refusal(self, lines: Lines) -> OmicsError:
        if not lines:
            return ConnectFailed(
                f"{self.subject} doesn't answer",
                remedy="Check pacs_ip and pacs_port in the settings, and that it is up.",
            )
        if lines.rejected:
            why = str(getattr(lines.answer, "reason_str", "")) or "it says no reason"
            return AuthError(
                f"{self.subject} doesn't accept {self.config.aet!r}: {why}",
                remedy="Check pacs_aec (its title) and pacs_aet (ours) in the settings, and that it knows ours.",
            )
        return ConnectionLost(
            f"{self.subject} ended the association before it began",
            remedy="Check that DICOM is spoken at pacs_port, and that the archive knows the title pacs_aet.",
        )


def status_of(answer: Dataset, doing: str) -> int:
    """The status of an answer.

    Args:
        answer: What came; empty where nothing did.
        doing: What was asked, for the error.

    Raises:
        ConnectionLost: Nothing came: time ran out or the connection broke.
    """
    status = cast("int | None", answer.get("Status"))
    if status is None:
        raise ConnectionLost(f"The archive didn't answer while {doing}", remedy="Run it again; it goes on from here.")
    return status


def words_of(answer: Dataset) -> str:
    """A status in words: its number, what DICOM says of it, and what the archive says."""
    from pynetdicom.status import code_to_category

    status = cast("int", answer.get("Status", 0))
    said = str(answer.get("ErrorComment", "") or "").strip()
    return f"status 0x{status:04X}, {code_to_category(status).lower()}" + (f": {said[:200]}" if said else "")


def refused(answer: Dataset, doing: str) -> TransferError:
    """The error for a status that ends a query or a retrieval."""
    return TransferError(f"The archive failed while {doing} ({words_of(answer)})")


_PLAIN = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2")
# Compressed forms, those that archives use most first (PS3.6, annex A).
_COMPRESSED = (
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.5",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.91",
    "1.2.840.10008.1.2.4.51",
    "1.2.840.10008.1.2.4.57",
    "1.2.840.10008.1.2.4.81",
    "1.2.840.10008.1.2.1.99",
    "1.2.840.10008.1.2.4.201",
    "1.2.840.10008.1.2.4.202",
    "1.2.840.10008.1.2.4.203",
    "1.2.840.10008.1.2.4.100",
    "1.2.840.10008.1.2.4.102",
    "1.2.840.10008.1.2.4.103",
    "1.2.840.10008.1.2.4.106",
    "1.2.840.10008.1.2.4.107",
)


def storage_contexts(classes: Collection[str], most: int) -> list[PresentationContext]:
    """Gives what an archive is offered that sends over our own association.

    Args:
        classes: The kinds of instances that are wanted; none for those that are usual.
        most: How many contexts there may be.

    Returns:
        A context of the uncompressed forms for each kind, then one for each compressed form, as long as there is room:
        an archive picks one form of a context, and sends nothing that is kept in another.
    """
    from pynetdicom.presentation import StoragePresentationContexts, build_context

    kinds = sorted(classes) or [str(each.abstract_syntax) for each in StoragePresentationContexts]
    made = [build_context(kind, list(_PLAIN)) for kind in kinds[:most]]
    for form in _COMPRESSED:
        made += [build_context(kind, form) for kind in kinds[: max(0, most - len(made))]]
    return made


def no_study(case: Case) -> Unlisted:
    """What is told of a subject that an archive has nothing of, or whose id is no study's."""
    if not is_uid(case.study):
        error = TransferError(
            f"The subject {case.subject_id!r} has no images: its id is no StudyInstanceUID",
            name=case.subject_id,
            remedy="Correct subject_id in the commons: sub- and the StudyInstanceUID.",
        )
    else:
        error = TransferError(
            f"The archive has no study {case.study}",
            name=case.subject_id,
            remedy="Check subject_id in the commons, and that the study was sent to this archive.",
        )
    return Unlisted(f"primary/{case.folder}", error)


def instances(archive: Archive, cases: tuple[Case, ...]) -> Iterator[Instance | Unlisted]:
    """Lists the instances of subjects.

    Args:
        archive: The archive.
        cases: The subjects.

    Yields:
        Their instances, and subjects that have none.

    Raises:
        ConnectFailed: The archive doesn't answer.
        AuthError: It doesn't accept us.
    """
    from pynetdicom.presentation import build_context

    with archive.associated([build_context(FIND)]) as association:
        if not association.accepted_contexts:
            raise TransferError(
                f"{archive.subject} doesn't answer queries (C-FIND)", remedy="Allow them there, or use DICOMweb."
            )
        for case in cases:
            if not is_uid(case.study):
                yield no_study(case)
                continue
            try:
                found = list(_of_case(association, case))
            except TransferError as error:
                yield Unlisted(f"primary/{case.folder}", error)
                continue
            yield from found or [no_study(case)]


def _of_case(association: Association, case: Case) -> Iterator[Instance | Unlisted]:
    for series in _asked(association, "SERIES", {"StudyInstanceUID": case.study, "SeriesInstanceUID": ""}):
        uid = _text(series, "SeriesInstanceUID")
        wanted = {"StudyInstanceUID": case.study, "SeriesInstanceUID": uid, "SOPInstanceUID": "", "SOPClassUID": ""}
        for each in _asked(association, "IMAGE", wanted) if is_uid(uid) else [series]:
            sop = _text(each, "SOPInstanceUID")
            try:
                yield instance_of(case, uid, sop, _text(each, "SOPClassUID"))
            except OmicsError as error:
                yield Unlisted(f"primary/{case.folder}", error)


def _asked(association: Association, level: str, keys: dict[str, str]) -> list[Dataset]:
    """The results of a query, all of them: an association answers one question after the other."""
    from pydicom.dataset import Dataset

    wanted = Dataset()
    wanted.QueryRetrieveLevel = level
    for name, value in keys.items():
        setattr(wanted, name, value)
    doing = f"listing the study {keys['StudyInstanceUID']}"
    results = list[Dataset]()
    for answer, found in association.send_c_find(wanted, FIND):
        status = status_of(answer, doing)
        if status in PENDING:
            if found is not None:
                results.append(found)
        elif status != SUCCESS:
            raise refused(answer, doing)
    return results


def _text(found: Dataset, name: str) -> str:
    return str(cast("object", found.get(name, "")) or "").strip()
