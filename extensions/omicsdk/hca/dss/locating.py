"""Where files' bytes are: the engine asks the service by itself and follows, the client where that isn't enough."""

import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, cast
from urllib.parse import urljoin

from omicsdk.core.errors import APIError, Unauthorized
from omicsdk.core.omit import OMIT
from omicsdk.hca.dss.files import DSSFile
from omicsdk.transfer import Location

if TYPE_CHECKING:
    from omicsdk_api.dss import DssApi

    from omicsdk.hca.dss.replica import Replica

# Headers that the engine has by itself.
_ENGINES_OWN = frozenset({"accept", "accept-encoding", "user-agent"})


class Locator:
    """Tells the engine how to find files.

    Args:
        api: The service; a clone of it that hands out redirects is made.
        known: Whether the service has answered this client before, so that it is known to let it in.
    """

    def __init__(self, api: "DssApi", *, known: bool) -> None:
        self._asking = api.with_options(follow_redirects=False)
        self._refused: Unauthorized | None = None
        self._ahead = threading.Lock()  # held by the file that goes before the others
        self._answered = threading.Event()
        if known:
            self._answered.set()

    def place(self, file: DSSFile) -> tuple[Callable[[], Location] | Location, Callable[[], Location] | None]:
        """What the engine needs to find a file: an item's `locate` and `renew`.

        A request by the engine costs far less than a call of the client's. When what goes along with it to prove who asks
        isn't accepted, `locate` asks, which renews, tries again and explains. Of a service that nothing is known of one
        file is asked for before all others: where it isn't believed, a hundred thousand wouldn't be.
        """
        ask = partial(self.locate, file)
        if not self._answered.is_set() or self._refused is not None:
            return partial(self._in_turn, ask), None
        asked = self._asked_by_the_engine(file)
        return (ask, None) if asked is None else (asked, ask)

    def _asked_by_the_engine(self, file: DSSFile) -> Location | None:
        """The service itself, as it is to be asked for a file; None where only the client can do that."""
        operation = self._asking.get_file
        request = operation.build(uuid=file.uuid, replica=cast("Replica", file.replica), version=file.version or OMIT)
        ask = operation.outgoing(request)
        headers = ask.carried() if ask is not None else None
        if ask is None or headers is None:
            return None
        return Location(ask.url, {name: value for name, value in headers.items() if name not in _ENGINES_OWN})

    def locate(self, file: DSSFile) -> Location:
        """Where a file is now, by a call of the client's; without a version the latest one.

        Raises:
            APIError: The service said no; names the file.
        """
        if self._refused is not None:  # what isn't believed once isn't for the other files either
            raise self._refused
        replica, version = cast("Replica", file.replica), file.version or OMIT
        try:
            with self._asking.get_file.stream(uuid=file.uuid, replica=replica, version=version) as answer:
                # A service that has the bytes itself answers with them; they are asked for again by the engine.
                return Location(urljoin(answer.url, answer.headers.get("location", "")))
        except APIError as error:
            error.operation = f"{error.operation} {file.name}"
            if isinstance(error, Unauthorized):
                self._refused = error
            raise

    def _in_turn(self, ask: Callable[[], Location]) -> Location:
        """Asks before the others, or after the one that does: the first that isn't there already."""
        if self._answered.is_set() or not self._ahead.acquire(blocking=False):
            self._answered.wait()
            return ask()
        try:
            return ask()
        finally:
            self._answered.set()
