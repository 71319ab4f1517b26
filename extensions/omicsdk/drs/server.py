"""One DRS server: asks it for objects, one by one or many at once, and for the URLs of their bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, cast

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import APIError, DecodeError, Forbidden, NotFound, OmicsError, TimedOut, Unauthorized
from omicsdk.core.narrowing import is_array, is_object
from omicsdk.drs.access import in_order, unusable
from omicsdk.drs.errors import NoAccess
from omicsdk.drs.hosts import server_url
from omicsdk.drs.identifiers import DrsId
from omicsdk.drs.objects import AccessMethod, DrsObject, headers_of, object_of
from omicsdk.drs.urls_ahead import UrlsAhead
from omicsdk.transfer import Location

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from omicsdk.core.credentials import Credentials
    from omicsdk.core.retry import Retry

PATH = "/ga4gh/drs/v1"
"""Where a server has its interface (GA4GH DRS 1.5, "Hostname-based DRS URIs")."""

BULK = 100
"""Objects that are asked for at once: what indexd takes at most unless it is set up otherwise."""

_PATIENCE = 600.0
"""Seconds for which a server may go on saying that a URL isn't ready yet."""
_LEAST_WAIT, _LONGEST_WAIT, _USUAL_WAIT = 0.1, 60.0, 5.0
_NO_BULK = (400, 401, 403, 404, 405, 413, 415, 422, 501)
"""Statuses with which servers that answer single requests refuse those for many."""


class DrsServer:
    """A server. Thread-safe; close it, or use it in a `with` block.

    Args:
        host: Its name, with a port where it has one; or its base URL with the path of the interface.
        credentials: Who asks; None asks without a login.
        retry: When and how often to try again.
        timeout: Seconds for each step of a request.
        clock: What tells the time and waits.
        environ: The environment's variables; by default the process's own.
        transport: Takes the place of the network, for tests.

    Attributes:
        host: Its name.
    """

    def __init__(
        self,
        host: str,
        credentials: Credentials | None = None,
        *,
        retry: Retry | None = None,
        timeout: float | None = None,
        clock: Clock = SYSTEM_CLOCK,
        environ: Mapping[str, str] | None = None,
        transport: Any = None,
    ) -> None:
        from omicsdk_api.drs import DrsApi

        base_url = host if "://" in host else f"{server_url(host)}{PATH}"
        given: dict[str, Any] = {"retry": retry, "timeout": timeout, "environ": environ, "transport": transport}
        options = {name: value for name, value in given.items() if value is not None}
        self.host = base_url.partition("://")[2].partition("/")[0]
        self._api = DrsApi(base_url, credentials=credentials, clock=clock, **options)
        self._clock = clock
        self._answers_many = True
        self._ahead = UrlsAhead(self._urls_of)

    # -- objects

    def describe(self, identifier: DrsId) -> DrsObject:
        """Asks for one object.

        Args:
            identifier: Its identifier; a compact one is tried in each form that servers know it by.

        Raises:
            NotFound: The server has none.
            APIError: The server answered with another error.
            DecodeError: The answer isn't an object.
        """
        *others, last = identifier.candidates
        for candidate in others:
            try:
                return self._described(candidate)
            except NotFound:
                continue
        return self._described(last)

    def describe_many(self, identifiers: Sequence[DrsId]) -> Iterator[DrsObject | OmicsError]:
        """Asks for several objects, with few requests where the server takes them.

        Args:
            identifiers: Their identifiers; 100 are asked for at once.

        Yields:
            For each, in their order, the object or why there is none.
        """
        for start in range(0, len(identifiers), BULK):
            some = identifiers[start : start + BULK]
            told = self._told_of(some) if len(some) > 1 and self._answers_many else {}
            for each in some:
                found = next((told[name] for name in each.candidates if name in told), None)
                yield self._described_or_error(each) if found is None else object_of(found, each.name)

    def _described_or_error(self, identifier: DrsId) -> DrsObject | OmicsError:
        try:
            return self.describe(identifier)
        except OmicsError as error:
            return error

    def _described(self, object_id: str) -> DrsObject:
        told = _decoded(self._api.get_object.raw(object_id=object_id))
        if not is_object(told):
            raise DecodeError("get_object", "", told, expected="an object")
        return object_of(told, object_id)

    def _told_of(self, identifiers: Iterable[DrsId]) -> dict[str, Mapping[str, Any]]:
        """What the server says of several, by the identifier that it has them under; who isn't in it is asked for alone."""
        try:
            told = _decoded(self._api.get_bulk_objects.raw(bulk_object_ids=[each.name for each in identifiers]))
        except APIError as error:
            if error.status in _NO_BULK:
                self._answers_many = False
                return {}
            raise
        found: object = None
        if is_object(told):  # the standard's word, and that of Gen3's servers
            found = told.get("resolved_drs_objects") or told.get("resolved_drs_object")
        listed = [each for each in found if is_object(each)] if is_array(found) else []
        return {str(each["id"]): each for each in listed if each.get("id")}

    # -- bytes

    def expect(self, wanted: Iterable[tuple[DrsObject, AccessMethod]]) -> None:
        """Says which URLs will be asked for, so that one request can bring many of them.

        Args:
            wanted: Objects, each with the way that is tried first.
        """
        self._ahead.expect((found.id, way.access_id) for found, way in wanted if not way.is_direct)

    def locate(self, found: DrsObject, method: AccessMethod) -> Location:
        """Where an object's bytes are, by one way.

        Args:
            found: The object.
            method: The way.

        Returns:
            A URL and the headers that go along; a secret as a rule.

        Raises:
            APIError: The server refused.
            TimedOut: The server still prepares the bytes after ten minutes.
            NoAccess: The server's answer names no URL that can be fetched.
        """
        if method.is_direct:
            return Location(method.url, dict(method.headers))
        ahead = self._ahead.take(found.id, method.access_id)
        told = self._ready(found, method.access_id) if ahead is None else ahead
        url = told.get("url") if is_object(told) else None
        if not isinstance(url, str) or not url.startswith(("https://", "http://")):
            raise NoAccess(f"{found.name}: {self.host} names no URL for {method.kind}", name=found.name)
        return Location(url, dict(headers_of(told.get("headers") if is_object(told) else None)))

    def locator(self, found: DrsObject, preferred: Sequence[str] = (), skip: int = 0) -> Callable[[], Location]:
        """What asks for an object's bytes, by each of its ways in turn.

        A way that the server refuses is followed by the next one at once. When it is called again, because what it gave
        wasn't accepted or doesn't last, it begins with the way that it gave last, and after that fails with the others.

        Args:
            found: The object.
            preferred: Kinds, clouds or regions that are wanted most.
            skip: Ways at the beginning that aren't tried: their storage hasn't got the bytes.
        """
        ways = in_order(found.methods, preferred)[skip:]
        calls = 0

        def locate() -> Location:
            nonlocal calls
            if not ways:
                raise NoAccess(f"{found.name}: {unusable(found.methods)}", name=found.name)
            first = (calls // 2) % len(ways)  # each URL may have ended once before its way is given up
            calls += 1
            refused: list[OmicsError] = []
            for way in (*ways[first:], *ways[:first]):
                try:
                    return self.locate(found, way)
                except (Forbidden, NotFound, NoAccess, Unauthorized) as error:
                    refused.append(error)
            raise refused[0]

        return locate

    def _urls_of(self, wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Mapping[str, Any]] | None:
        """The URLs of several objects by identifier and access id; None where the server takes no such requests."""
        by_object: dict[str, list[str]] = {}
        for object_id, access_id in wanted:
            by_object.setdefault(object_id, []).append(access_id)
        asked = [{"bulk_object_id": each, "bulk_access_ids": ids} for each, ids in by_object.items()]
        try:
            told = _decoded(self._api.get_bulk_access_url.raw(bulk_object_access_ids=cast("Any", asked)))
        except APIError as error:
            if error.status in _NO_BULK:
                return None
            raise
        listed = told.get("resolved_drs_object_access_urls") if is_object(told) else None
        return {
            (str(each.get("drs_object_id")), str(each.get("drs_access_id"))): each
            for each in (listed if is_array(listed) else ())
            if is_object(each)
        }

    def _ready(self, found: DrsObject, access_id: str) -> object:
        end = self._clock.monotonic() + _PATIENCE
        while True:
            answer = self._api.get_access_url.raw(object_id=found.id, access_id=access_id)
            if answer.status_code != 202:
                return _decoded(answer)
            wait = _seconds(answer.headers.get("retry-after"))
            if self._clock.monotonic() + wait > end:
                raise TimedOut(
                    f"{found.name}: {self.host} still prepares its bytes",
                    remedy="Run the same command again later: what comes from an archive can take hours.",
                )
            self._clock.sleep(wait)

    def close(self) -> None:
        """Closes its connections."""
        self._api.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _decoded(response: httpx.Response) -> object:
    try:
        return response.json()
    except ValueError:
        return None


def _seconds(text: str | None) -> float:
    try:
        seconds = float(text or _USUAL_WAIT)
    except ValueError:
        seconds = _USUAL_WAIT
    return min(max(seconds, _LEAST_WAIT), _LONGEST_WAIT) if seconds == seconds else _USUAL_WAIT
