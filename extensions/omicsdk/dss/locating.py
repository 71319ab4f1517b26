"""Where files' bytes are: the engine asks the service by itself and follows, the client where that isn't enough."""

import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Literal, cast
from urllib.parse import urljoin

from omicsdk.core.conversation import Outgoing
from omicsdk.core.errors import APIError, AuthError, Unauthorized
from omicsdk.core.omit import OMIT
from omicsdk.dss.files import DSSFile
from omicsdk.transfer import Location

if TYPE_CHECKING:
    from omicsdk_api.dss import DssApi

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
        self._sent_ahead = known  # whether one file goes before the others
        self._answered = threading.Event()
        if known:
            self._answered.set()

    def place(self, file: DSSFile) -> Callable[[], Location] | Location:
        """What the engine needs to find a file.

        A request by the engine costs far less than a call of the client's. It is sent at once where nothing has to be
        proved, else with what proves it at that moment; when that isn't accepted, `locate` asks, which renews, tries again
        and explains. Of a service that nothing is known of one file is asked for before all others: where it isn't
        believed, a hundred thousand wouldn't be.
        """
        if not self._sent_ahead:
            self._sent_ahead = True
            return partial(self._go_ahead, file)
        operation = self._asking.get_file
        request = operation.build(
            uuid=file.uuid, replica=cast("Literal['aws', 'gcp']", file.replica), version=file.version or OMIT
        )
        ask = operation.outgoing(request)
        if ask is None:
            return partial(self.locate, file)
        headers = {name: value for name, value in ask.headers.items() if name not in _ENGINES_OWN}
        if ask.credentials is None and self._answered.is_set() and self._refused is None:
            return Location(ask.url, headers)
        return _Asking(ask, headers, self, file)

    def locate(self, file: DSSFile) -> Location:
        """Where a file is now, by a call of the client's; without a version the latest one.

        Raises:
            APIError: The service said no; names the file.
        """
        if self._refused is not None:  # what isn't believed once isn't for the other files either
            raise self._refused
        replica, version = cast("Literal['aws', 'gcp']", file.replica), file.version or OMIT
        try:
            with self._asking.get_file.stream(uuid=file.uuid, replica=replica, version=version) as answer:
                # A service that has the bytes itself answers with them; they are asked for again by the engine.
                return Location(urljoin(answer.url, answer.headers.get("location", "")))
        except APIError as error:
            error.operation = f"{error.operation} {file.name}"
            if isinstance(error, Unauthorized):
                self._refused = error
            raise

    def wait_for_the_first(self) -> None:
        """Returns when the service has answered, whatever it said.

        Raises:
            Unauthorized: It doesn't believe us.
        """
        self._answered.wait()
        if self._refused is not None:
            raise self._refused

    def _go_ahead(self, file: DSSFile) -> Location:
        try:
            return self.locate(file)
        finally:
            self._answered.set()


class _Asking:
    """Where a file is asked for: by the engine the first time, by the client when that wasn't accepted.

    Args:
        ask: The request.
        headers: Its headers that the engine doesn't have by itself.
        locator: Has the client ask.
        file: The file.
    """

    def __init__(self, ask: Outgoing, headers: Mapping[str, str], locator: Locator, file: DSSFile) -> None:
        self._ask = ask
        self._headers = headers
        self._locator = locator
        self._file = file
        self._asked = False

    def __call__(self) -> Location:
        self._locator.wait_for_the_first()
        credentials, url = self._ask.credentials, self._ask.url
        if self._asked:
            return self._locator.locate(self._file)
        self._asked = True
        if credentials is None:
            return Location(url, self._headers)
        try:
            if credentials.query("GET", url):  # which would stand in a URL that messages show
                return self._locator.locate(self._file)
            return Location(url, {**self._headers, **credentials.headers("GET", url)})
        except AuthError:  # whether it can be done without is for the client to know
            return self._locator.locate(self._file)
