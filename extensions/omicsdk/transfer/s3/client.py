"""A client of S3: signs its requests, sends them over kept-alive connections of libcurl, and reads what comes back."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from omicsdk.core.api_errors import PAGE_LIMIT, error_body_of
from omicsdk.core.clock import SYSTEM_CLOCK, Clock, interrupted, never, stop_of, stopping
from omicsdk.core.errors import (
    WRONG_KEYS,
    APIError,
    AuthError,
    ConfigError,
    DecodeError,
    Forbidden,
    OmicsError,
    ServerError,
    TimedOut,
    TransportError,
    error_class,
)
from omicsdk.core.frozen import NamedTuple
from omicsdk.core.logs import logger, of_wait
from omicsdk.core.redaction import mask_url, masked_excerpt
from omicsdk.core.retry import clock_lead, retry_after
from omicsdk.core.sending.connections import WireFailure
from omicsdk.core.sending.time_limits import within_budget
from omicsdk.core.sigv4 import EMPTY, UNSIGNED, Keys, Signer, escaped, escaped_path, query_of
from omicsdk.core.threads import AT_ONCE, Workers, side_by_side
from omicsdk.core.type_guards import number_in
from omicsdk.core.version import USER_AGENT
from omicsdk.transfer.network.connection_pool import ConnectionPool, shared_pool
from omicsdk.transfer.network.header_checksums import quickest, quickest_without_etag
from omicsdk.transfer.network.requests import ARCHIVED, LATER, RESTORE, Location, size_in
from omicsdk.transfer.s3.exchanges import Exchange, Request, Response, perform, perform_all
from omicsdk.transfer.s3.listing import Page, elements, pages_of, read_page, refuse_page
from omicsdk.transfer.s3.settings import (
    DEFAULT_REGION,
    ENCRYPTION,
    PLAIN,
    Encryption,
    Settings,
    is_amazons,
    is_keys_own,
    keys_of_botocore,
)

if TYPE_CHECKING:
    from omicsdk.transfer.engine.options import TransferOptions

_log = logger("omicsdk.transfer")

#: S3's codes for a bucket that does not exist or is not writable with these keys: as with WRONG_KEYS, every other request
#: would get the same response.
WRONG_BUCKET = frozenset(
    {"NoSuchBucket", "AccessDenied", "AllAccessDisabled", "PermanentRedirect", "InvalidBucketName"}
)
#: What to do about a code.
REMEDIES = {
    "PermanentRedirect": "Make the client for the region that the bucket is in.",
    "AuthorizationHeaderMalformed": "Make the client for the region that the bucket is in.",
    "NoSuchBucket": "Check the bucket's name.",
    "RequestTimeTooSkewed": "Set this machine's clock.",
    "QuotaExceeded": "Remove objects, or ask for a larger quota of the bucket or its owner.",
    **dict.fromkeys(ARCHIVED, RESTORE),
    **dict.fromkeys(
        WRONG_KEYS, "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or the profile."
    ),
}
#: Codes for keys that have ended.
ENDED = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken"})
#: Seconds from which clocks are too far apart for a signature.
_SKEW = 240.0
#: The statuses of a request that went to the wrong region.
_WRONG_REGION = frozenset({301, 307, 400})
#: A region that can be signed with.
_REGION = re.compile("[!-~]+")
#: Codes of requests that S3 asks to repeat, which come with 400 and 409: the network stalled, or another change is under way.
CONFLICT = "ConditionalRequestConflict"
_REPEATED = frozenset({"RequestTimeout", "OperationAborted", CONFLICT})
#: The statuses of codes in responses of success: S3 sends their status before it has looked at parts, or at a condition.
#: Other errors there are those of failing servers.
_EMBEDDED = {
    "PreconditionFailed": 412,
    "AccessDenied": 403,
    **dict.fromkeys(("NoSuchKey", "NoSuchBucket"), 404),
    **dict.fromkeys(("InvalidPart", "InvalidPartOrder", "EntityTooSmall", "BadDigest", "InvalidRequest"), 400),
}
#: Among what a store refuses: the request that deletes many, and the header that asks for checksums.
_MANY, _MODE = "delete", "x-amz-checksum-mode"
#: Objects that one request deletes.
BATCH = 1000
#: A single request copies up to this size, and its time is limited: larger objects are copied in parts of the other.
COPY_IN_PARTS, COPY_PART = 1024**3, 256 * 1024**2
#: The most parts of an object.
_MOST_PARTS = 10_000
# A key that XML cannot have.
_NOT_IN_XML = "[\x00-\x08\x0b-\x1f\ufffe\uffff]"
# A bucket that can be a label of a host's name, and one that is a host's address.
_LABEL, _ADDRESS = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]\Z"), re.compile(r"\d+(\.\d+){3}\Z")
# A document whose root is an error.
_ERROR = rb"\s*(<\?xml[^>]*>)?\s*<Error[\s>]"
_EXPRESS = re.compile(r".+--(.+)--x-s3\Z")

Query = Mapping[str, str]
P = ParamSpec("P")
T = TypeVar("T")


class _BucketEndpoint(NamedTuple):
    """Where a bucket is.

    Attributes:
        base: The URL that keys follow, with a slash at its end.
        host: The Host header.
        path: The path of that URL.
        region: The region that its requests are signed for.
        service: The service that they are signed for.
    """

    base: str
    host: str
    path: str
    region: str
    service: str


class _Signature:
    """Signs each request for the bytes of a bucket's objects when it is sent."""

    __slots__ = ("_bucket", "_client", "_headers")

    def __init__(self, client: S3Client, bucket: str, headers: Mapping[str, str]) -> None:
        self._client, self._bucket, self._headers = client, bucket, headers

    def __call__(self, method: str, url: str) -> Mapping[str, str]:
        return self._client.signed(method, url, self._bucket, self._headers)


def _performed(method: Callable[Concatenate[S3Client, P], Exchange[T]]) -> Callable[Concatenate[S3Client, P], T]:
    """Return a method that performs the exchange of another one, whose arguments it takes."""

    def perform_exchange(client: S3Client, *args: P.args, **keywords: P.kwargs) -> T:
        return client.perform(method(client, *args, **keywords))

    return perform_exchange


class S3Client:
    """Requests to a store that speaks S3's language. Thread-safe.

    Args:
        endpoint_url: The store's address; by default the configured one (AWS_ENDPOINT_URL_S3, ~/.aws), else Amazon's. Keys
            that are found are for that one only: requests to another address are unsigned.
        region: The region that is asked first; by default the configured one. A bucket's own is learnt from responses.
        profile_name: The profile of ~/.aws; by default AWS_PROFILE, else none.
        anonymous: Whether requests are not signed; by default they are not if no keys are found.
        requester_pays: Whether the keys' account pays for what buckets' owners do not.
        client: A client of boto3, whose address, region and keys are used.
        session: A session of boto3, whose keys and settings are used; they are for `endpoint_url`.
        environ: The environment's variables; by default the process's own.
        pool: Sends the requests; by default the pool shared by the process.
        clock: Measures time and waits.

    Raises:
        ConfigError: The settings cannot be used.
    """

    def __init__(
        self,
        *,
        endpoint_url: str | None = None,
        region: str | None = None,
        profile_name: str | None = None,
        anonymous: bool | None = None,
        requester_pays: bool = False,
        client: Any = None,
        session: Any = None,
        environ: Mapping[str, str] | None = None,
        pool: ConnectionPool | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        if session is not None:
            profile_name = profile_name or session.profile_name
            profile_name = None if profile_name == "default" else profile_name
        self._settings = settings = Settings(profile_name, environ)
        self._addressing = settings.addressing
        configured = settings.endpoint_url
        self._keys: Callable[[], Keys | None] | None = None
        self._source = settings.renewed
        if client is not None:
            meta = client.meta
            endpoint_url, region = str(meta.endpoint_url), str(meta.region_name)
            endpoint_url = "" if is_amazons(endpoint_url) else endpoint_url
            s3_options: dict[str, str] = meta.config.s3 or {}
            self._addressing = s3_options.get("addressing_style") or "auto"
            self._source = partial(keys_of_botocore, client._request_signer._credentials)
            anonymous = not isinstance(meta.config.signature_version, str) or anonymous
        elif session is not None:
            region = region or session.region_name
            self._source = lambda: keys_of_botocore(session.get_credentials())
        if client is not None or session is not None:
            self._keys = self._source()
        elif endpoint_url is not None and not anonymous:
            anonymous = not is_keys_own(settings, endpoint_url) or anonymous
        self._endpoint = (configured if endpoint_url is None else endpoint_url).rstrip("/")
        if self._endpoint and not (re.match(r"https?://[^/\s]+", self._endpoint) and self._endpoint.isascii()):
            raise ConfigError(
                f"The AWS settings cannot be used: Invalid endpoint: {mask_url(self._endpoint)}",
                remedy="Correct the address of the store: it begins with https:// and a host, and is in ASCII.",
            )
        self._region = region or settings.region or DEFAULT_REGION
        if not _REGION.fullmatch(self._region):
            raise ConfigError(
                f"The AWS settings cannot be used: Invalid region: {self._region}",
                remedy="Correct AWS_REGION, or the region in ~/.aws/config.",
            )
        self._pays = {"x-amz-request-payer": "requester"} if requester_pays else {}
        self._anonymous = anonymous
        self._pool = pool
        self._clock = clock
        self._lock = threading.RLock()
        self._regions = dict[str, str]()  # of buckets
        self._endpoints = dict[str, _BucketEndpoint]()
        self._signer: Signer | None = None  # of the last request; most are of one region
        self._lead = 0.0  # seconds by which this machine's clock is ahead of the store's
        self._busy = dict[str, float]()  # until when a bucket is not asked again
        self.refused = set[str]()  # headers and checksums that the store does not take
        self._first_lists = set[str]()  # buckets whose lists are of the first version

    # -- where, and who

    @property
    def is_unsigned(self) -> bool:
        """Whether requests are sent without keys."""
        return self._found_keys() is None

    @property
    def is_amazons(self) -> bool:
        """Whether the store is Amazon's own."""
        return is_amazons(self._endpoint)

    def _found_keys(self) -> Keys | None:
        if self._anonymous:
            return None
        with self._lock:
            # At the first request: botocore's chain, which finding them may need, takes long to import.
            if self._keys is None:
                self._keys = self._settings.keys()
            keys = self._keys()
            if keys is None and self._anonymous is False:
                raise AuthError(
                    "Unable to locate credentials",
                    remedy="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile, that may use the bucket.",
                )
            if keys is None:
                self._anonymous = True  # they are looked for once
            return keys

    @property
    def keys(self) -> Keys | None:
        """The keys of the moment; None for requests that are not signed."""
        return self._found_keys()

    def renew_keys(self, used: Keys | None) -> bool:
        """Look for keys again where they were found; return whether there are others. Where there are none, the old ones stay.

        Args:
            used: Those that the store refuses: another request may have found new ones meanwhile.
        """
        with self._lock:
            if self._found_keys() == used:
                find_keys = self._source()
                if find_keys() is not None:  # a file may just be being written
                    self._keys = find_keys
            return self._found_keys() != used

    def _endpoint_of(self, bucket: str) -> _BucketEndpoint:
        endpoint = self._endpoints.get(bucket)
        if endpoint is None:
            with self._lock:
                endpoint = self._endpoints[bucket] = self._new_endpoint(bucket)
        return endpoint

    def _new_endpoint(self, bucket: str) -> _BucketEndpoint:
        region = self._regions.get(bucket, self._region)
        express = _EXPRESS.match(bucket)
        if self._endpoint:
            scheme, _, rest = self._endpoint.partition("://")
            host, _, path = rest.partition("/")
            path, is_virtual = f"/{path}" if path else "", self._addressing == "virtual"
        else:
            scheme, host, path = "https", self._host(region), ""
            is_virtual = self._addressing != "path"
        service = "s3"
        if express is not None and not self._endpoint:
            host, service = f"s3express-{express[1]}.{region}.amazonaws.com", "s3express"
        # A certificate's asterisk stands for one label: a bucket with dots in its name goes into the path.
        has_dots = scheme == "http" and all(map(_LABEL.match, bucket.split("."))) and not _ADDRESS.match(bucket)
        if bucket and is_virtual and (_LABEL.match(bucket) or has_dots) and not _ADDRESS.match(host.partition(":")[0]):
            host = f"{bucket}.{host}"
        elif bucket:
            path += f"/{escaped(bucket)}"
        base = f"{scheme}://{host}{path}/"
        host = host.lower()  # libcurl leaves the port out that is the scheme's own
        host = host.removesuffix(":443" if scheme == "https" else ":80")
        return _BucketEndpoint(base, host.rpartition("@")[2], f"{path}/", region, service)

    def _host(self, region: str) -> str:
        settings = self._settings
        dual = ".dualstack" if settings.is_set("use_dualstack_endpoint") else ""
        end = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        if settings.is_set("use_accelerate_endpoint"):
            return f"s3-accelerate{dual}.{end}"
        return f"s3{'-fips' if settings.is_set('use_fips_endpoint') else ''}{dual}.{region}.{end}"

    def _is_moved(self, bucket: str, response: Response) -> bool:
        """Note a bucket's region; return whether it is another one than it was asked in."""
        region = response.headers.get("x-amz-bucket-region", "")
        region = region if _REGION.fullmatch(region) else ""
        if not region and response.status in _WRONG_REGION:
            match = re.search(rb"<Region>([a-z0-9-]+)</Region>", response.body[:PAGE_LIMIT])
            region = "" if match is None else match[1].decode()
        if not region or not bucket or (response.status < 300 and not self.is_amazons):
            return False
        # Known from now on: `find_region` sends no request for it.
        if region == self._endpoint_of(bucket).region:
            self._regions[bucket] = region
            return False
        with self._lock:
            self._regions[bucket] = region
            if self.is_amazons and self._endpoint:
                self._endpoint = ""  # of another region
            self._endpoints.pop(bucket, None)
        return True

    def url(self, bucket: str, key: str = "", query: str = "") -> str:
        """Return the URL of an object, or of a bucket.

        Args:
            bucket: The bucket.
            key: The key.
            query: The query, escaped.
        """
        path = escaped_path(key)
        return f"{self._endpoint_of(bucket).base}{path}{query and '?'}{query}"

    def signed(
        self, method: str, url: str, bucket: str, headers: Mapping[str, str], payload: str = UNSIGNED
    ) -> Mapping[str, str]:
        """Return a request's headers, signed now.

        Args:
            method: Its HTTP method.
            url: Its URL.
            bucket: The bucket.
            headers: Its headers, names in lower case.
            payload: The SHA-256 of its body.
        """
        keys = self._found_keys()
        if keys is None:
            return headers
        endpoint = self._endpoint_of(bucket)
        start = url.find("/", url.find("//") + 2)
        path, _, query = url[start:].partition("?")
        # By the store's clock: signatures by a clock that differs much are refused (RequestTimeTooSkewed).
        now = self._clock.now() - self._lead
        signer = self._signer
        if signer is None or (signer.keys, signer.region, signer.service) != (keys, endpoint.region, endpoint.service):
            signer = self._signer = Signer(keys, endpoint.region, endpoint.service)
        return signer.headers(method, endpoint.host, path, query, headers, payload=payload, now=now)

    def location(
        self, bucket: str, key: str, *, version: str = "", headers: Mapping[str, str] | None = None
    ) -> Location:
        """Return where an object's bytes are. Each request for them is signed when it is sent, and asks for checksums.

        Args:
            bucket: The bucket.
            key: The key.
            version: The version; empty for the newest.
            headers: Further headers, such as those of a customer's own key.
        """
        query = f"versionId={escaped(version)}" if version else ""
        sent = {**self._asking_for_checksums, **self._pays, **(headers or {})}
        sign, states = _Signature(self, bucket, sent), self.checksums_of(bucket)
        return Location(self.url(bucket, key, query), sign=sign, states=states)

    @staticmethod
    def checksums_of(bucket: str) -> Callable[[Mapping[str, str]], Mapping[str, str]]:
        """Return the function that reads the checksums which responses state of a bucket's objects.

        Args:
            bucket: The bucket.
        """
        return quickest_without_etag if _EXPRESS.match(bucket) else quickest

    def put_location(self, bucket: str, key: str, headers: Mapping[str, str], query: Query | None = None) -> Location:
        """Return where an object, or a part of one, is put. The request is signed when it is sent.

        Args:
            bucket: The bucket.
            key: The key.
            headers: Headers of the request, names in lower case.
            query: Parameters of the query.
        """
        query_text = query_of(query or {})
        sent = {**self._pays, **headers}
        return Location(self.url(bucket, key, query_text), sent, sign=_Signature(self, bucket, sent))

    def presigned(self, bucket: str, key: str, seconds: int, *, version: str = "") -> str:
        """Sign a URL from which an object is downloaded, for a while.

        Args:
            bucket: The bucket.
            key: The key.
            seconds: How long, in seconds.
            version: The version; empty for the newest.
        """
        # A URL that was handed out cannot be corrected later, as this client's own requests are.
        self.find_region(bucket)
        keys, query = self._found_keys(), f"versionId={escaped(version)}" if version else ""
        if self._pays:
            query += f"{query and '&'}x-amz-request-payer=requester"
        if keys is None:
            return self.url(bucket, key, query)
        endpoint = self._endpoint_of(bucket)
        path = self.url(bucket, key).removeprefix(endpoint.base)
        signer = Signer(keys, endpoint.region, endpoint.service)
        now = self._clock.now() - self._lead
        whole = signer.query("GET", endpoint.host, f"{endpoint.path}{path}", query, seconds=seconds, now=now)
        return f"{endpoint.base}{path}?{whole}"

    def find_region(self, bucket: str) -> None:
        """Find out a bucket's region, if signatures have to state it; another request learns it from its response.

        Args:
            bucket: The bucket.
        """
        if bucket and self.is_amazons and bucket not in self._regions:
            try:
                self.request("HEAD", bucket, doing=f"Reading s3://{bucket}")
            except OmicsError as error:  # the next request to the bucket reports it
                _log.debug("%s", error.message)
            with self._lock:
                self._regions.setdefault(bucket, self._endpoint_of(bucket).region)

    # -- requests

    def perform(self, exchange: Exchange[T]) -> T:
        """Send the requests of an exchange, and return its result.

        Args:
            exchange: The exchange, as methods of this client return it.

        Raises:
            OmicsError: As the exchange.
        """
        return perform(exchange, self._pool or shared_pool(), self._clock)

    def perform_all(self, exchanges: Iterable[Exchange[T]], options: TransferOptions) -> Iterator[T | OmicsError]:
        """Perform exchanges concurrently in this thread.

        Args:
            exchanges: The exchanges; each begins when there is a connection for it.
            options: States how many run at once, and whether to stop.

        Yields:
            For each exchange, in order, its result or its error; Interrupted for those that a stop ended.
        """
        return perform_all(exchanges, self._pool or shared_pool(), self._clock, options)

    def exchange(
        self,
        method: str,
        bucket: str = "",
        key: str = "",
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        doing: str,
    ) -> Exchange[Response]:
        """Send a request, again where that may help: to the bucket's own region, with new keys, by the store's clock.

        Args:
            method: The HTTP method.
            bucket: The bucket; empty for a request of none.
            key: The key.
            query: Parameters of the query.
            headers: Headers, names in lower case.
            body: The body.
            doing: The request and its object, for errors.

        Raises:
            APIError: The store refuses it.
            TransportError: There was no response.
        """
        query_text = query_of(query or {})
        sent, payload = {**self._pays, **(headers or {})}, EMPTY
        if body:
            import hashlib  # with OpenSSL it takes 2 ms to import

            payload = hashlib.sha256(body).hexdigest()
        retry, failures, start, corrected = within_budget(), 0, self._clock.monotonic(), set[str]()
        while True:
            pause = self._busy.get(bucket, 0.0) - self._clock.monotonic() if self._busy else 0.0
            if pause > 0:
                yield pause
            url, later, keys = self.url(bucket, key, query_text), None, self._found_keys()
            signed = {**self.signed(method, url, bucket, sent, payload), "user-agent": USER_AGENT}
            try:
                response = yield Request(method, url, signed, body)
            except WireFailure as failure:
                error: OmicsError = failure.error
                # Assembling or copying a large object may take longer.
                if failure.lasting or (isinstance(error, TimedOut) and method in ("GET", "HEAD")):
                    failure.error.about(doing)
                    raise error from failure.__cause__
            else:
                moved = self._is_moved(bucket, response)
                if response.status < 300 and not _is_error(response):
                    return response
                # Each correction is made once: a store that refuses the corrected request too would be asked without end.
                if moved and "region" not in corrected:
                    corrected.add("region")
                    continue
                what = self._what_to_correct(response)
                if what and what not in corrected and self._correct(what, response, keys):
                    corrected.add(what)
                    continue
                error = error_of(response, doing)
                is_repeated = isinstance(error, APIError) and error.code in _REPEATED
                # Not the response's own: a lasting error may come in a response of success, too.
                status = error.status if isinstance(error, APIError) else response.status
                if status not in LATER and not is_repeated:
                    raise error
                later = retry_after(response.headers, self._clock.now())
            failures += 1
            import random  # few requests are repeated

            fraction = random.random()  # noqa: S311 - jitter
            elapsed = self._clock.monotonic() - start
            pause = retry.next_pause(failures=failures, elapsed=elapsed, fraction=fraction, retry_after=later)
            if pause is None:
                if isinstance(error, TransportError):
                    error.about(doing)
                raise error
            of_wait(_log, elapsed + pause)("%s: %s; retrying in %.1f s", doing, error.summary, pause)
            if isinstance(error, APIError):  # it is the bucket that has too many requests, not this one
                with self._lock:
                    self._busy[bucket] = max(self._busy.get(bucket, 0.0), self._clock.monotonic() + pause)
            else:
                yield pause

    request = _performed(exchange)

    def _what_to_correct(self, response: Response) -> str:
        """What of the signature the store refuses; empty if it is something else."""
        if response.status not in (400, 401, 403):
            return ""
        lead = clock_lead(response.headers, self._clock.now())
        code = error_body_of(response.body).code
        if (
            lead is not None
            and abs(lead - self._lead) > _SKEW
            and code in (None, "RequestTimeTooSkewed", "RequestExpired")
        ):
            return "clock"
        # The response to HEAD has no body that states a code.
        return "keys" if code in ENDED or (code is None and response.status == 400 and not response.body) else ""

    def _correct(self, what: str, response: Response, keys: Keys | None) -> bool:
        if what == "keys":
            return self.renew_keys(keys)
        self._lead = clock_lead(response.headers, self._clock.now()) or 0.0
        _log.info("this machine's clock is %.0f s from the store's; signing by the store's", self._lead)
        return True

    # -- lists

    def pages(
        self, bucket: str, prefix: str = "", delimiter: str = "", *, most: int | None = None, doing: str = ""
    ) -> Iterator[Page]:
        """Yield the pages of a list of objects, each requested when it is needed.

        Args:
            bucket: The bucket.
            prefix: Prefix of the keys.
            delimiter: The delimiter: what is between it and the prefix is a folder.
            most: Objects of a page, at most; by default the store's own limit.
            doing: For errors.

        Raises:
            OmicsError: As `pages_of`; or the bucket cannot be listed.
        """
        where = f"s3://{bucket}/{prefix}".removesuffix("/")
        operation = f"list of {where}"
        usual = {"prefix": prefix, "encoding-type": "url"}
        if delimiter:
            usual["delimiter"] = delimiter
        if most is not None:
            usual["max-keys"] = str(most)

        def ask(more: dict[str, str]) -> Page:
            kind = {} if bucket in self._first_lists or "marker" in more else {"list-type": "2"}
            asking = partial(self.request, "GET", bucket, doing=doing or f"{where} cannot be listed")
            try:
                return read_page(asking(query={**kind, **usual, **more}).body, operation)
            except APIError as error:
                # Only for the first page: tokens of one version of the list mean nothing in the other.
                if not kind or more or error.code not in ("NotImplemented", "InvalidArgument", "MethodNotAllowed"):
                    raise
                self._first_lists.add(bucket)
                return read_page(asking(query=usual).body, operation)

        return pages_of(ask, operation, prefix, delimiter)

    def buckets(self, *, doing: str) -> Iterator[tuple[str, str]]:
        """Yield the names of the keys' buckets, each with the time when it was made.

        Args:
            doing: For errors.
        """
        more = dict[str, str]()
        while True:
            fields = elements(
                self.request("GET", query=more, doing=doing).body, "list_buckets", "ListAllMyBucketsResult"
            )
            names, dates = fields.get("Buckets/Bucket/Name", []), fields.get("Buckets/Bucket/CreationDate", [])
            if "Buckets" not in fields and not names:
                raise DecodeError("list_buckets", "Buckets", None, expected="a list of buckets")
            yield from zip(names, dates if len(dates) == len(names) else [""] * len(names), strict=True)
            token = fields.get("ContinuationToken", [""])[0]
            # The token of this page again would request this page again.
            if not token or token == more.get("continuation-token"):
                return
            more = {"continuation-token": token}

    # -- objects

    def head(
        self,
        bucket: str,
        key: str,
        *,
        version: str = "",
        part: int | None = None,
        headers: Mapping[str, str] | None = None,
        doing: str,
    ) -> Exchange[Mapping[str, str]]:
        """Request the headers of an object, its checksums among them.

        A HEAD has no body that states why it is refused: a GET of a byte is refused, too, and states it.

        Args:
            bucket: The bucket.
            key: The key.
            version: The version; empty for the newest.
            part: The number of a part, whose size is wanted in place of the object's.
            headers: Further headers.
            doing: For errors.
        """
        query = {"versionId": version} if version else dict[str, str]()
        if part is not None:
            query["partNumber"] = str(part)
        sent = {**self._asking_for_checksums, **(headers or {})}
        try:
            return (yield from self.exchange("HEAD", bucket, key, query, sent, doing=doing)).headers
        except APIError as error:
            if not (error.status in (400, 401, 403) and part is None and error.code is None):
                raise
            try:
                yield from self.exchange("GET", bucket, key, query, {**sent, "range": "bytes=0-0"}, doing=doing)
            except APIError as refusal:
                if _MODE not in sent or _MODE not in refusal.message:
                    raise
                self.refused.add(_MODE)  # Backblaze refused what it does not know
            else:
                raise
        return (yield from self.head(bucket, key, version=version, headers=headers, doing=doing))

    def size(
        self, bucket: str, key: str, *, version: str = "", headers: Mapping[str, str] | None = None, doing: str
    ) -> Exchange[int | None]:
        """Request the size of an object by a GET of a byte, for stores that omit Content-Length in a response to HEAD.

        Args:
            bucket: The bucket.
            key: The key.
            version: The version; empty for the newest.
            headers: Further headers.
            doing: For errors.

        Returns:
            The size in bytes; None if the response does not state it.
        """
        query, sent = {"versionId": version} if version else {}, {"range": "bytes=0-0", **(headers or {})}
        try:
            response = yield from self.exchange("GET", bucket, key, query, sent, doing=doing)
        except APIError as error:
            if error.status != 416:
                raise
            return 0  # only an empty object has no first byte
        return size_in(response.status, response.headers)

    @property
    def _asking_for_checksums(self) -> Mapping[str, str]:
        """Without this header S3 states no checksum of an object that has one."""
        return {} if _MODE in self.refused else {_MODE: "ENABLED"}

    def put(
        self, bucket: str, key: str, body: bytes = b"", headers: Mapping[str, str] | None = None, *, doing: str
    ) -> Mapping[str, str]:
        """Store an object of a few bytes.

        Args:
            bucket: The bucket.
            key: The key.
            body: Its bytes.
            headers: Its headers.
            doing: For errors.
        """
        return self._changed(self.request("PUT", bucket, key, None, headers, body, doing=doing), doing).headers

    def delete(self, bucket: str, key: str, *, version: str = "", doing: str) -> None:
        """Delete an object; one that does not exist is no error.

        Args:
            bucket: The bucket.
            key: The key.
            version: The version; by default the newest.
            doing: For errors.
        """
        self._changed(
            self.request("DELETE", bucket, key, {"versionId": version} if version else None, doing=doing), doing
        )

    def delete_many(self, bucket: str, keys: Sequence[str], *, doing: str) -> Mapping[str, OmicsError]:
        """Delete up to 1,000 objects.

        Args:
            bucket: The bucket.
            keys: Their keys.
            doing: For errors.

        Returns:
            The errors of those that were not deleted, by key.
        """
        # Keys may have characters that XML cannot express: these objects are deleted one by one.
        odd = [key for key in keys if re.search(_NOT_IN_XML, key)]
        failed = self._delete_each(bucket, odd, doing)
        usual = keys if not odd else [key for key in keys if not re.search(_NOT_IN_XML, key)]
        if not usual or _MANY in self.refused:
            return {**failed, **self._delete_each(bucket, usual, doing)}
        try:
            errors = self._delete_batch(bucket, usual, doing)
        except APIError as error:
            # Google's took this request for one that creates a bucket, whose arguments are wrong.
            if error.status not in (405, 501) and error.code not in ("NotImplemented", "InvalidArgument"):
                raise
            self.refused.add(_MANY)
            errors = self._delete_each(bucket, usual, doing)
        # It may be the request for many that is not allowed; and S3 asks to repeat what its own errors left.
        is_denied = len(errors) == len(usual) > 1 and all(isinstance(error, Forbidden) for error in errors.values())
        again = [key for key in usual if is_denied or isinstance(errors.get(key), ServerError)]
        failed |= {key: error for key, error in errors.items() if key not in again}
        return {**failed, **self._delete_each(bucket, again, doing)}

    def _delete_each(self, bucket: str, keys: Sequence[str], doing: str) -> dict[str, OmicsError]:
        results = side_by_side(lambda key: self.delete(bucket, key, doing=f"{doing} s3://{bucket}/{key}"), keys)
        return {key: end for key, end in zip(keys, results, strict=True) if isinstance(end, OmicsError)} if keys else {}

    def _delete_batch(self, bucket: str, keys: Sequence[str], doing: str) -> dict[str, OmicsError]:
        objects = "".join(f"<Object><Key>{_escaped(key)}</Key></Object>" for key in keys)
        body = f"<Delete><Quiet>true</Quiet>{objects}</Delete>".encode()
        import base64
        import hashlib

        # S3 refuses this request without Content-MD5 or another checksum of its body.
        md5 = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        headers = {"content-md5": md5, "content-type": "application/xml"}
        response = self.request("POST", bucket, "", {"delete": ""}, headers, body, doing=doing)
        if not response.body:  # some stores omit the document if it has no errors
            return {}
        fields = elements(response.body, doing, "DeleteResult")
        columns = (fields.get(f"Error/{name}", []) for name in ("Key", "Code", "Message"))
        failed = dict[str, OmicsError]()
        for key, code, message in zip_longest(*columns, fillvalue=""):
            is_theirs = code in ("SlowDown", "InternalError", "ServiceUnavailable")
            status = 404 if code.startswith("NoSuch") else 503 if is_theirs else 403 if "Denied" in code else 400
            problem = f"{doing} s3://{bucket}/{key}: {message or code}"
            failed[key] = error_class(status)(problem, status=status, code=code, remedy=REMEDIES.get(code))
        # An error without a key, or with one that some store writes otherwise, may be any object's.
        for key in failed.keys() - set(keys):
            failed = {**dict.fromkeys(keys, failed.pop(key)), **failed}
        return failed

    def copy(
        self,
        source: tuple[str, str],
        target: tuple[str, str],
        size: int,
        headers: Mapping[str, str] | None = None,
        *,
        version: str = "",
        encryption: Encryption = PLAIN,
        is_keyed: bool = False,
        overwrite: bool = True,
        doing: str,
    ) -> Exchange[Mapping[str, str]]:
        """Copy an object within the store, in parts where it is large; its metadata are copied as well.

        Parts are copied by threads that the exchange waits for: performed with others, it would delay these. The stop of
        `waits.stopping` ends it after the parts that are being copied.

        Args:
            source: Its bucket and key.
            target: Those of the copy.
            size: Its size in bytes.
            headers: Headers of the copy, such as its class of storage.
            version: The version of the source; empty for the newest.
            encryption: How the copy is encrypted.
            is_keyed: Whether the source is encrypted with the same key of the customer's.
            overwrite: Whether to replace an existing object; otherwise `PreconditionFailed` is raised by stores that know the
                condition.
            doing: For errors.

        Returns:
            What the store states of the copy, as headers of an object: its ETag, and how it is encrypted.
        """
        source_path = escaped_path("/".join(source)) + (f"?versionId={version}" if version else "")
        source_headers = {"x-amz-copy-source": source_path, **(encryption.of_source if is_keyed else {})}
        target_headers = {**(headers or {}), **encryption.written}
        condition = {} if overwrite else {"if-none-match": "*"}
        # An upload in parts begins with new metadata, so that those of the source are read and sent.
        if size >= COPY_IN_PARTS:
            if stop_of()():
                raise interrupted()
            key_headers = encryption.key_headers if is_keyed else None
            properties = yield from self.head(*source, version=version, headers=key_headers, doing=doing)
            if properties.get("x-amz-tagging-count", "0") != "0":  # stated to credentials that may read them
                query = {"tagging": "", **({"versionId": version} if version else {})}
                response = yield from self.exchange("GET", *source, query, doing=doing)
                fields = elements(response.body, doing, "Tagging")
                from urllib.parse import urlencode  # few objects are copied in parts

                keys, values = (fields.get(f"TagSet/Tag/{name}", []) for name in ("Key", "Value"))
                target_headers = {"x-amz-tagging": urlencode([*zip(keys, values, strict=False)]), **target_headers}
            key_headers = encryption.key_headers
            return self._copied_in_parts(
                properties, target, size, source_headers, target_headers, key_headers, condition, doing
            )
        sent = {**target_headers, **source_headers, **condition}
        response = yield from self.exchange("PUT", *target, None, sent, doing=doing)
        fields = elements(response.body, doing, "CopyObjectResult")
        return {**response.headers, "etag": fields.get("ETag", [""])[0].strip('"')}

    def _copied_in_parts(
        self,
        properties: Mapping[str, str],
        target: tuple[str, str],
        size: int,
        source_headers: Mapping[str, str],
        target_headers: Mapping[str, str],
        keyed: Mapping[str, str],
        condition: Mapping[str, str],
        doing: str,
    ) -> Mapping[str, str]:
        from concurrent.futures import FIRST_EXCEPTION, Future, wait  # few objects are copied in parts

        copied_names = (
            "content-type",
            "content-encoding",
            "content-language",
            "content-disposition",
            "cache-control",
            "expires",
        )
        metadata = {
            name: value for name, value in properties.items() if name in copied_names or name.startswith("x-amz-meta-")
        }
        upload, _ = self.begin_parts(*target, {**metadata, **target_headers}, doing=doing)
        part_size = max(COPY_PART, -(-size // _MOST_PARTS))
        # Parts of two versions would make an object that never existed.
        unchanged = {"x-amz-copy-source-if-match": properties["etag"]} if properties.get("etag") else {}
        stopped, calls = stop_of(), list[Future[str]]()

        def copied(start: int) -> str:
            if stopped():
                raise interrupted()
            end = min(start + part_size, size) - 1
            span = {**source_headers, **keyed, "x-amz-copy-source-range": f"bytes={start}-{end}", **unchanged}
            query = {"partNumber": str(start // part_size + 1), "uploadId": upload}
            with stopping(never):  # a stop would close the connection, and S3 would copy the part all the same
                response = self.request("PUT", *target, query, span, doing=doing)
            if not response.body:  # of a server that overlooks the source, and stores a part without a byte
                raise error_class(501)(f"{doing}: parts are not copied", status=501)
            return elements(response.body, doing, "CopyPartResult").get("ETag", [""])[0]

        try:
            with Workers(AT_ONCE, "copy-part") as pool:
                try:
                    calls += (pool.submit(copied, start) for start in range(0, size, part_size))
                    for call in wait(calls, return_when=FIRST_EXCEPTION).done:
                        call.result()
                except BaseException:
                    # A part that is copied after the upload was given up would remain, and be charged.
                    for call in calls:
                        call.cancel()
                    wait(calls)
                    raise
            parts = [{"ETag": call.result()} for call in calls]
            result = self.finish_parts(*target, upload, parts, {**keyed, **condition}, doing=doing)
            return {"etag": result.get("ETag", "").strip('"')}
        except BaseException:
            try:
                self.request("DELETE", *target, {"uploadId": upload}, doing=doing)
            # The error of the copy is the one to report: what ended it, such as a lost connection, often ends this request, too.
            except OmicsError as error:
                _log.warning("%s: its stored parts could not be removed: %s", doing, error.summary)
            raise

    # -- uploads in parts

    def begin_parts(self, bucket: str, key: str, headers: Mapping[str, str], *, doing: str) -> tuple[str, str]:
        """Begin an upload in parts; return its id, and the type of checksum that the store states for it.

        Args:
            bucket: The bucket.
            key: The key.
            headers: The object's headers.
            doing: For errors.
        """
        response = self.request("POST", bucket, key, {"uploads": ""}, headers, doing=doing)
        # Servers that are made with gofakes3, such as rclone, leave out the end of the name.
        fields = elements(response.body, doing, "InitiateMultipartUploadResult", "InitiateMultipartUpload")
        upload = fields.get("UploadId", [""])[0]
        if not upload:
            raise DecodeError(doing, "UploadId", None, expected="the id of an upload")
        return upload, response.headers.get("x-amz-checksum-type", "")

    def finish_parts(
        self,
        bucket: str,
        key: str,
        upload: str,
        parts: Iterable[Mapping[str, str]],
        headers: Mapping[str, str] | None = None,
        *,
        doing: str,
    ) -> Mapping[str, str]:
        """Make an object of its parts; return what the store states of it, by the names of XML and of boto3.

        Args:
            bucket: The bucket.
            key: The key.
            upload: The upload's id.
            parts: What is stated of each part, in order, by the names of XML: its ETag and checksums.
            headers: Further headers, such as the checksum of the whole.
            doing: For errors.
        """
        part_list = "".join(
            f"<Part><PartNumber>{number}</PartNumber>"
            + "".join(f"<{name}>{_escaped(value)}</{name}>" for name, value in part.items())
            + "</Part>"
            for number, part in enumerate(parts, 1)
        )
        body = f"<CompleteMultipartUpload>{part_list}</CompleteMultipartUpload>".encode()
        sent = {"content-type": "application/xml", **(headers or {})}
        response = self.request("POST", bucket, key, {"uploadId": upload}, sent, body, doing=doing)
        fields = elements(response.body, doing, "CompleteMultipartUploadResult")
        result = {name: values[0] for name, values in fields.items() if values}
        return {**result, "ServerSideEncryption": response.headers.get(ENCRYPTION, "")}

    def parts(
        self,
        bucket: str,
        key: str,
        upload: str,
        after: int = 0,
        headers: Mapping[str, str] | None = None,
        *,
        doing: str,
    ) -> dict[str, Any]:
        """Return a page of the parts that an upload has, as boto3 does.

        Args:
            bucket: The bucket.
            key: The key.
            upload: The upload's id.
            after: The number of the part before the first one.
            headers: Further headers.
            doing: For errors.
        """
        query = {"uploadId": upload, "part-number-marker": str(after)}
        body = self.request("GET", bucket, key, query, headers, doing=doing).body
        # Servers that name documents by the operation, such as moto, end with another word.
        fields = elements(body, doing, "ListPartsResult", "ListPartsResponse")
        names = {path.removeprefix("Part/") for path in fields if path.startswith("Part/")}
        columns = {name: fields[f"Part/{name}"] for name in names}
        numbers = [number_in(text) for text in columns.get("PartNumber", [])]
        whole = {name: values for name, values in columns.items() if len(values) == len(numbers) and all(values)}
        parts: list[dict[str, Any]] = [
            {**{name: values[at] for name, values in whole.items()}, "PartNumber": number, "Size": number_in(size)}
            for at, (number, size) in enumerate(zip(numbers, columns.get("Size", []), strict=False))
        ]
        return {
            "Parts": parts,
            "IsTruncated": fields.get("IsTruncated", [""])[0] == "true",
            "NextPartNumberMarker": number_in(fields.get("NextPartNumberMarker", [""])[0]),
            "ChecksumType": fields.get("ChecksumType", [""])[0],
        }

    @staticmethod
    def _changed(response: Response, doing: str) -> Response:
        """Refuse a web page as the response to a change: as one of S3 it would mean success."""
        refuse_page(response.body, doing)
        return response


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _is_error(response: Response) -> bool:
    """Whether a response of success has an error in its body: S3 begins it before it has copied or assembled."""
    return re.match(_ERROR, response.body) is not None


def error_of(response: Response, doing: str) -> OmicsError:
    """Return the error of a response.

    Args:
        response: The response.
        doing: The request and its object, as text.
    """
    error_body = error_body_of(response.body)
    status = response.status if response.status >= 300 else _EMBEDDED.get(error_body.code or "", 500)
    if error_body.code == "NoSuchUpload":
        from omicsdk.transfer.uploads.store import NoSuchUpload  # lists need no uploads

        return NoSuchUpload(f"{doing}: the upload does not exist in the store (any longer)")
    code, request_id = error_body.code, response.headers.get("x-amz-request-id") or error_body.request_id
    reason = masked_excerpt(error_body.message or code or f"HTTP {status}", 500)
    return error_class(status)(
        f"{doing}: {reason}", status=status, code=code, request_id=request_id, remedy=REMEDIES.get(code or "")
    )
