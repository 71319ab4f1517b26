"""Our own end of C-MOVE: a server that takes the instances which were asked for, while they are."""

from __future__ import annotations

from collections.abc import Collection, Generator
from contextlib import contextmanager
from logging import getLogger
from typing import TYPE_CHECKING

from omicsdk.core.errors import ConfigError
from omicsdk.dtp.storage.association import Lines

if TYPE_CHECKING:
    from omicsdk.dtp.storage.association import Archive
    from omicsdk.dtp.storage.receiving import Receiver

_log = getLogger("omicsdk.dtp")


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
