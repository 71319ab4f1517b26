"""A DRS server: its objects, one by one or in bulk, and the locations of their bytes."""

from __future__ import annotations

import copy
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote, urljoin, urlsplit

from omicsdk.core.api_errors import api_error
from omicsdk.core.batches import grouped
from omicsdk.core.checked_json import check_fields
from omicsdk.core.client import Client
from omicsdk.core.clock import SYSTEM_CLOCK, Clock, never
from omicsdk.core.closing import Closing
from omicsdk.core.consistency import ResponseMismatch
from omicsdk.core.credentials import Credentials, origin_of
from omicsdk.core.errors import (
    APIError,
    AuthError,
    BadRequest,
    DecodeError,
    Forbidden,
    Interrupted,
    NotFound,
    OmicsError,
    TimedOut,
    TransportError,
    Unauthorized,
)
from omicsdk.core.late_names import LateModule
from omicsdk.core.page_items import found_at
from omicsdk.core.plain_client import beside, exchange_of
from omicsdk.core.redaction import without_query
from omicsdk.core.response import json_of
from omicsdk.core.retry import Retry
from omicsdk.core.threads import side_by_side
from omicsdk.core.type_guards import is_array, is_object, only_objects
from omicsdk.drs.credentials import Passports, Storage
from omicsdk.drs.identifiers import OBJECT, DrsId, is_guid, login_remedy
from omicsdk.drs.objects import STORED, AccessMethod, DrsObject, NoAccess, headers_of, in_order, object_of, unusable
from omicsdk.drs.requests import BULK, CircuitBreaker, Prefetch
from omicsdk.drs.resolution import server_url
from omicsdk.transfer import Location

if TYPE_CHECKING:
    import httpx
else:
    httpx = LateModule("httpx")


T = TypeVar("T")

PATH = "/ga4gh/drs/v1"
"""Where a server has its interface (GA4GH DRS 1.5, "Hostname-based DRS URIs")."""

# Seconds for which a server may keep returning 202: the URL is not ready yet.
_PATIENCE = 600.0
_LEAST_WAIT, _LONGEST_WAIT, _USUAL_WAIT = 0.1, 60.0, 5.0
# Statuses with which servers that support single requests refuse those for many.
_NO_BULK = (400, 401, 403, 404, 405, 413, 415, 422, 501)
_OBJECTS, _URLS = "objects", "URLs"
# Refusals in a row after which no more requests for many are made.
_REFUSALS = 3
# URLs of an object of which it is remembered which copy they were of.
_REMEMBERED = 8


class DrsServer(Closing):
    """A server. Thread-safe; close it, or use it in a `with` block.

    Args:
        host: Its name, with a port if it has one; or its base URL with the path of the interface.
        credentials: The login; None sends none.
        retry: When and how often to retry.
        timeout: Seconds for each step of a request.
        clock: The source of time and waits.
        environ: The environment's variables; by default the process's own.
        transport: Replaces the network, for tests.
        client: The client whose settings and connections are used, in place of all these but the credentials; it
            stays open.
        explain: Returns the error to raise in place of a 401; by default that error itself, with the login that a
            known server takes.
        storage: Locates objects that the server names by their storage; by default with the user's own credentials.

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
        client: Client | None = None,
        explain: Callable[[Unauthorized], APIError] | None = None,
        storage: Storage | None = None,
    ) -> None:
        from omicsdk_api.drs import DrsApi

        base_url = host if "://" in host else f"{server_url(host)}{PATH}"
        settings = {"retry": retry, "timeout": timeout, "environ": environ, "transport": transport}
        options: dict[str, Any] = {name: value for name, value in settings.items() if value is not None}
        self.host = base_url.partition("://")[2].partition("/")[0]
        self._owns_client = client is None
        self._passports = list(credentials.tokens) if isinstance(credentials, Passports) else []
        self._presents = False  # whether the server has taken passports, so that no more requests are sent without
        # Beside the client, not a new one: connections, proxies and rates are shared by all servers.
        if client is not None:
            self._api = beside(client, DrsApi, base_url, credentials)
        else:
            self._api = DrsApi(base_url, credentials=credentials, clock=clock, **options)
        # A redirect to another origin would repeat the body there, with the passports.
        self._no_redirects = self._api.with_options(follow_redirects=False)
        self._clock = clock
        self._explain = explain
        self._storage = Storage(environ) if storage is None else storage
        self._refusals: Counter[str] = Counter()  # of requests for many, in a row, by their kind
        self._prefer: Sequence[str] = ()
        self._breaker = CircuitBreaker(clock)
        self._objects = Prefetch(self._prefetched_objects, clock)
        self._urls = Prefetch(self._prefetched_urls, clock)

    # -- objects

    def describe(self, identifier: DrsId) -> DrsObject:
        """Request one object.

        Args:
            identifier: Its identifier; a compact one is tried in each form that servers know it by.

        Raises:
            NotFound: The server has none.
            APIError: The server returned another error.
            DecodeError: The response is not an object.
            ResponseMismatch: It is another object.
        """
        return self._tried(identifier, self._described)

    def document(self, identifier: DrsId, *, expand: bool = False) -> dict[str, Any]:
        """Request one object, as the server describes it; errors are those of `describe`.

        Args:
            identifier: Its identifier.
            expand: Whether a bundle is to state the content of the bundles in it.
        """
        return self._tried(identifier, lambda object_id: self._document(object_id, expand=expand))

    def _tried(self, identifier: DrsId, ask: Callable[[str], T]) -> T:
        *others, last = identifier.candidates
        for candidate in others:
            try:
                return ask(candidate)
            except (BadRequest, NotFound):  # some servers refuse what has another form than their identifiers
                continue
        return ask(last)

    def describe_many(
        self, identifiers: Sequence[DrsId], stopped: Callable[[], bool] = never
    ) -> list[DrsObject | OmicsError]:
        """Request several objects: a hundred at once if the server takes that, else concurrently.

        Args:
            identifiers: Their identifiers.
            stopped: Whether to stop; called ten times a second.

        Returns:
            For each, in their order, the object or why there is none; Interrupted for those that a stop left out.
        """
        chunks = [identifiers[start : start + BULK] for start in range(0, len(identifiers), BULK)]
        responses: list[DrsObject | OmicsError | None] = []
        for chunk, described in zip(chunks, side_by_side(self._described_together, chunks, stopped), strict=True):
            if isinstance(described, Interrupted | TransportError | AuthError):
                responses += [copy.copy(described) for _ in chunk]
            else:  # an object that the response lacks is requested alone, which gives the reason
                responses += [
                    None if isinstance(described, OmicsError) else described.get(identifier) for identifier in chunk
                ]
        alone = [at for at, response in enumerate(responses) if response is None]
        remaining = [identifiers[at] for at in alone]
        for at, response in zip(alone, side_by_side(self.describe, remaining, stopped), strict=True):
            responses[at] = response
        return [response for response in responses if response is not None]

    def _described_together(self, identifiers: Sequence[DrsId]) -> Mapping[DrsId, DrsObject]:
        return self._objects_of(identifiers) or {} if len(identifiers) > 1 else {}

    def _described(self, object_id: str) -> DrsObject:
        return object_of(self._document(object_id), object_id)

    def _document(self, object_id: str, *, expand: bool = False) -> dict[str, Any]:
        query: Any = {"expand": True} if expand else {}
        payload = _content(
            self._response(
                lambda: self._api.get_object.raw(object_id=object_id, **query),
                lambda: self._no_redirects.post_object.raw(object_id=object_id, passports=self._passports, **query),
            )
        )
        if not is_object(payload):
            raise DecodeError("get_object", "", payload, expected="an object")
        self._check_same(object_id, payload)
        return payload

    def _check_same(self, object_id: str, payload: Mapping[str, Any]) -> None:
        """Refuse another object than was requested. What has no identifier is taken for it."""
        id, aliases = payload.get("id"), payload.get("aliases")
        names = [id, payload.get("self_uri"), *(aliases if is_array(aliases) else ())]
        if id is None or any(OBJECT.same(object_id, name) for name in names) or self._is_latest(object_id, id):
            return
        raise ResponseMismatch(f"get_object of {self.host}", OBJECT.kind, object_id, id)

    def _is_latest(self, baseid: str, did: object) -> bool:
        """Whether Gen3's index has an object as the latest version of a baseid, which a response by DRS does not state."""
        from omicsdk_api.gen3.indexd import IndexdApi

        if not is_guid(baseid) or not self._api.base_url.endswith(PATH):
            return False
        login = exchange_of(self._api).transport.credentials
        index = beside(self._api, IndexdApi, f"{self._api.base_url.removesuffix(PATH)}/index", login)
        try:
            record = index.get_record(guid=baseid)
            check_fields("get_record", record, optional=("baseid", "did"))
        except OmicsError:
            return False
        return OBJECT.same(baseid, record.baseid) and OBJECT.same(record.did or "", did)

    def _objects_of(self, identifiers: Sequence[DrsId]) -> Mapping[DrsId, DrsObject] | None:
        """Return a server's responses for several objects, in each form of their identifiers; None if it does not support
        such requests.
        """
        objects: dict[DrsId, DrsObject] = {}
        left = list(dict.fromkeys(identifiers))
        for form in range(max(len(identifier.candidates) for identifier in left)):
            names = dict.fromkeys(
                identifier.candidates[form] for identifier in left if form < len(identifier.candidates)
            )
            records = self._records_of(list(names)) if names and self._takes(_OBJECTS) else None
            if records is None:
                break
            for identifier in left:
                record = next((records[name] for name in identifier.candidates if name in records), None)
                if record is not None:
                    objects[identifier] = object_of(record, identifier.name)
            left = [identifier for identifier in left if identifier not in objects]
        return objects if self._takes(_OBJECTS) else None

    def _prefetched_objects(self, identifiers: Sequence[DrsId]) -> Mapping[DrsId, DrsObject] | None:
        objects = self._objects_of(identifiers)
        if objects is not None:
            self.expect(objects.values(), self._prefer)
        return objects

    def _takes(self, kind: str) -> bool:
        """Whether the server may take requests for many: one refusal can be about one of them."""
        return self._refusals[kind] < _REFUSALS

    def _records_of(self, object_ids: Sequence[str]) -> Mapping[str, Mapping[str, Any]] | None:
        try:
            ask = self._api.get_bulk_objects
            payload = json_of(self._breaker.watch(lambda: ask.raw(bulk_object_ids=list(object_ids))))
        except APIError as error:
            if error.status in _NO_BULK:
                self._refusals[_OBJECTS] += 1
                return None
            raise
        self._refusals[_OBJECTS] = 0
        # The standard's word, and that of Gen3's servers.
        records = found_at(payload, "resolved_drs_objects") or found_at(payload, "resolved_drs_object")
        return {str(record["id"]): record for record in only_objects(records) if record.get("id")}

    # -- bytes

    def expect_objects(self, identifiers: Iterable[DrsId], prefer: Sequence[str] = ()) -> None:
        """Announce objects that will be located, so that one request can describe many of them, and another get their
        URLs.

        Args:
            identifiers: Their identifiers, in the likely order.
            prefer: Kinds, clouds or regions to prefer.
        """
        self._prefer = prefer
        self._objects.expect(identifiers)

    def described(self, identifier: DrsId) -> DrsObject:
        """Return an announced object, in bulk with others if the server supports it.

        Args:
            identifier: Its identifier.

        Raises:
            NotFound: The server has none.
            APIError: The server returned another error.
            DecodeError: The response is not an object.
        """
        return self._objects.take(identifier) or self.describe(identifier)

    def expect(self, objects: Iterable[DrsObject], prefer: Sequence[str] = ()) -> None:
        """Announce objects whose URLs will be requested, so that one request can get many of them.

        Args:
            objects: The objects, in the likely order.
            prefer: Kinds, clouds or regions to prefer.
        """
        first = ((object_.id, method) for object_ in objects for method in in_order(object_.methods, prefer)[:1])
        self._urls.expect((id, method.access_id) for id, method in first if method.access_id and not method.is_direct)

    def locate(self, drs_object: DrsObject, method: AccessMethod) -> Location:
        """Return where an object's bytes are.

        Args:
            drs_object: The object.
            method: The access method.

        Returns:
            A URL and the headers that go along; a secret usually.

        Raises:
            APIError: The server refused.
            TimedOut: The server still prepares the bytes after ten minutes.
            NoAccess: The server's response names no URL that can be fetched.
        """
        if method.is_direct:
            return Location(method.url, dict(method.headers))
        if method.is_stored:
            return self._storage.location(method.url)
        prefetched = self._urls.take((drs_object.id, method.access_id))
        access = (
            prefetched
            if prefetched is not None and prefetched.get("url")
            else self._ready(drs_object, method.access_id)
        )
        url = found_at(access, "url")
        if isinstance(url, str) and url.startswith(STORED):  # drs-filer responds with what was registered
            return self._storage.location(url)
        if not isinstance(url, str) or not url.startswith(("https://", "http://")):
            raise NoAccess(f"{drs_object.name}: {self.host} names no URL for {method.kind}", name=drs_object.name)
        return Location(url, dict(headers_of(found_at(access, "headers"))))

    def with_login(self, location: Location) -> Location:
        """Return a refused location with the login, if it is on this server, and has neither headers nor a query.

        Not at first, and not for URLs that may be signed: storage behind the same server refuses a login.

        Args:
            location: The location, as the server states it.
        """
        login, url = exchange_of(self._api).transport.credentials, location.url
        if login is None or location.headers or "?" in url or origin_of(url) != origin_of(self._api.base_url):
            return location
        return Location(url, dict(login.headers("GET", url)))

    def locator(self, drs_object: DrsObject, prefer: Sequence[str] = (), skip: int = 0) -> Locator:
        """Return a function that requests an object's location, by each of its access methods in turn.

        Args:
            drs_object: The object.
            prefer: Kinds, clouds or regions to prefer.
            skip: The number of first methods to skip: their storage lacks the bytes.
        """
        return Locator(self, drs_object, in_order(drs_object.methods, prefer)[skip:])

    def _prefetched_urls(self, requested: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Mapping[str, Any]] | None:
        """The URLs of several objects by identifier and access id; None if the server accepts no such requests."""
        sent: Any = {
            "bulk_object_access_ids": [
                {"bulk_object_id": object_id, "bulk_access_ids": ids} for object_id, ids in grouped(requested).items()
            ]
        }
        if self._passports:
            sent["passports"] = self._passports
        try:
            payload = json_of(self._breaker.watch(lambda: self._api.get_bulk_access_url.raw(**sent)))
        except APIError as error:
            if error.status in _NO_BULK:
                self._refusals[_URLS] += 1
                return {} if self._takes(_URLS) else None
            raise
        self._refusals[_URLS] = 0
        return {
            (str(access.get("drs_object_id")), str(access.get("drs_access_id"))): access
            for access in only_objects(found_at(payload, "resolved_drs_object_access_urls"))
        }

    def _ready(self, drs_object: DrsObject, access_id: str) -> object:
        end, what = self._clock.monotonic() + _PATIENCE, {"object_id": drs_object.id, "access_id": access_id}
        while True:
            response = self._response(
                lambda: self._accessed(what),
                lambda: self._no_redirects.post_access_url.raw(**what, passports=self._passports),
            )
            if (url := _redirected(response)) and not _is_access(url, access_id):
                return {"url": url}
            if response.status_code != 202:
                return _content(response)
            wait = _seconds(response.headers.get("retry-after"))
            if self._clock.monotonic() + wait > end:
                raise TimedOut(
                    f"{drs_object.name}: {self.host} still prepares its bytes",
                    remedy="Run the same command again later: retrieval from an archive can take hours.",
                )
            self._clock.sleep(wait)

    def _accessed(self, what: dict[str, Any]) -> httpx.Response:
        """Request a URL. Some servers redirect to the bytes instead, which are not for here; a moved server is followed."""
        response = self._no_redirects.get_access_url.raw(**what)
        is_moved = _is_access(_redirected(response), what["access_id"])
        return self._api.get_access_url.raw(**what) if is_moved else response

    def _response(self, ask: Callable[[], httpx.Response], present: Callable[[], httpx.Response]) -> httpx.Response:
        """Send a request, and again with passports if the server refuses it without."""
        try:
            if not self._presents:
                try:
                    return self._breaker.watch(ask)
                except (Unauthorized, Forbidden):
                    if not self._passports:
                        raise
            response = self._breaker.watch(present)
            self._presents = True
            return response
        except (Unauthorized, Forbidden) as error:
            if self._explain is not None and isinstance(error, Unauthorized):
                raise self._explain(error) from error.__cause__
            error.remedy = login_remedy(self.host) or error.remedy
            raise

    def close(self) -> None:
        """Close its connections."""
        if self._owns_client:
            self._api.close()


def _redirected(response: httpx.Response) -> str:
    """Where a response redirects to; empty if it does not."""
    return urljoin(str(response.url), response.headers["location"]) if response.has_redirect_location else ""


def _is_access(url: str, access_id: str) -> bool:
    """Whether a URL is that of the request for an access id, on any server."""
    return unquote(urlsplit(url).path).rstrip("/").endswith(f"/access/{access_id}")


def _content(response: httpx.Response) -> object:
    """Decode a response. Some servers send errors with the status of a success, and state that of the error within."""
    payload = json_of(response)
    match payload:
        case {"msg": str(), "status_code": int(status)} if 400 <= status < 600:
            request = response.request
            raise api_error(
                status=status,
                headers=response.headers,
                body=response.content,
                method=request.method,
                url=str(request.url),
            )
        case _:
            return payload


def _lasting(method: AccessMethod) -> tuple[str, ...]:
    """What identifies a method when its URL is signed anew."""
    return method.kind, method.access_id, method.cloud, method.region, without_query(method.url)


def _seconds(text: str | None) -> float:
    try:
        seconds = float(text or _USUAL_WAIT)
    except ValueError:
        seconds = _USUAL_WAIT
    return min(max(seconds, _LEAST_WAIT), _LONGEST_WAIT) if seconds == seconds else _USUAL_WAIT


class Locator:
    """Requests the location of an object's bytes, by each of its access methods in turn. Thread-safe.

    If the server refuses a method, the next one is tried at once. A further call, because the returned URL was refused
    or has expired, starts with the method of the last result; after a second refusal it continues with the others.

    Args:
        server: The server.
        drs_object: The object.
        methods: The access methods, preferred ones first.
    """

    def __init__(self, server: DrsServer, drs_object: DrsObject, methods: Sequence[AccessMethod]) -> None:
        self._server, self._object, self._methods = server, drs_object, methods
        self._lock = threading.Lock()
        self._calls = 0
        self._skipped = 0
        # By URL, how many copies had been skipped when it was returned: threads that are refused by URLs of one copy skip it once.
        self._returned: deque[tuple[str, int]] = deque(maxlen=_REMEMBERED)

    def __call__(self) -> Location:
        """Return the location of the bytes.

        Raises:
            NoAccess: The server lists no usable method.
            APIError: The server refused all of them.
        """
        with self._lock:
            methods, skipped = self._methods, self._skipped
            # Each method is used for two calls: the first URL may only have expired.
            first, is_again = (self._calls // 2) % len(methods) if methods else 0, self._calls > 0
            self._calls += 1
        if not methods:
            raise NoAccess(f"{self._object.name}: {unusable(self._object.methods)}", name=self._object.name)
        if is_again and methods[first].is_direct:
            methods = self._renewed(methods)
        refused: list[OmicsError] = []
        for method in (*methods[first:], *methods[:first]):
            try:
                location = self._server.locate(self._object, method)
            except (APIError, NoAccess) as error:
                # A server fails at single methods in many ways: Fence with 400 or 500 for a bucket that it cannot sign for.
                refused.append(error)
                continue
            if is_again:
                location = self._server.with_login(location)
            self._returned.append((location.url, skipped))
            return location
        if len(refused) > 1:
            tried = ", ".join(method.url if method.is_stored else method.access_id or method.kind for method in methods)
            refused[0].message += f"; tried were the access methods {tried}"
        raise refused[0]

    def _renewed(self, methods: Sequence[AccessMethod]) -> Sequence[AccessMethod]:
        """Return the methods as the server states them now: URLs and headers in an object may expire, such as Terra's tokens."""
        try:
            described = self._server.describe(DrsId(self._object.id, "", "", self._object.id))
        except OmicsError:
            return methods
        current = {_lasting(method): method for method in described.methods}
        renewed = [current.get(_lasting(method), method) for method in methods]
        with self._lock:
            if self._methods is methods:
                self._methods = renewed
        return renewed

    def skip(self, refused: Location | None = None) -> bool:
        """Skip a copy whose storage lacks the bytes.

        Args:
            refused: Its location; None for the last result.

        Returns:
            Whether there is another one.
        """
        with self._lock:
            before = dict(self._returned)
            if refused is not None and before.get(refused.url, self._skipped) < self._skipped:
                return True  # another thread has skipped it
            if len(self._methods) < 2:
                return False
            self._methods, self._calls, self._skipped = self._methods[1:], 0, self._skipped + 1
            return True
