"""Associations with a DICOM archive: how they are made, and what is told when they aren't."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from omicsdk.core.errors import AuthError, ConnectFailed, ConnectionLost, MissingExtra, OmicsError, TransferError
from omicsdk.dtp.storage.turns import take_turns

if TYPE_CHECKING:
    from pydicom.dataset import Dataset
    from pynetdicom.association import Association
    from pynetdicom.presentation import PresentationContext

    from omicsdk.dtp.config import PacsConfig

#: Seconds for a connection, as core's transports have it.
CONNECT_SECONDS = 10
#: Seconds without an answer.
ANSWER_SECONDS = 60
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

    def handlers(self) -> list[tuple[Any, ...]]:
        """What pynetdicom is to call at which events."""
        from pynetdicom import evt

        quick = [(evt.EVT_DATA_SENT, self._sent)] if sys.platform == "linux" else []
        return [(evt.EVT_CONN_OPEN, self._opened), *quick]

    def _opened(self, event: Any) -> None:
        line = event.assoc.dul.socket.socket
        line.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        self._sockets.append(line)

    def _sent(self, event: Any) -> None:
        line = event.assoc.dul.socket.socket
        if line is not None:
            with suppress(OSError):  # it may have been closed meanwhile, and only speed is lost
                line.setsockopt(IPPROTO_TCP, TCP_QUICKACK, 1)

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
            AuthError: It doesn't accept us, or isn't called so.
        """
        lines = Lines()
        association: Association = self.entity().associate(
            self.config.ip,
            self.config.port,
            contexts=list(contexts),
            ae_title=self.config.aec,
            ext_neg=list(roles),
            evt_handlers=[*lines.handlers(), *handlers],
        )
        try:
            if not association.is_established:
                raise self._refusal(association, connected=bool(lines))
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

    def own_address(self) -> str:
        """The address of this machine from which the archive is reached.

        Raises:
            ConnectFailed: The archive doesn't answer.
            AuthError: It doesn't accept us.
        """
        from pynetdicom.presentation import build_context

        with self.associated([build_context(FIND)]) as association:
            return str(association.requestor.address)

    def _refusal(self, association: Association, *, connected: bool) -> OmicsError:
        if not connected:
            return ConnectFailed(
                f"{self.subject} doesn't answer",
                remedy="Check pacs_ip and pacs_port in the settings, and that it is up.",
            )
        if association.is_rejected:
            answer = cast("Any", association.acceptor.primitive)
            why = str(getattr(answer, "reason_str", "")) or "it says no reason"
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
