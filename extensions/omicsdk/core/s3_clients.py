"""Clients of boto3 for S3: their settings, truncated heads of responses, and what a connection that fails means.

boto3 is slow to import, so it is imported inside functions.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, nullcontext
from functools import cache
from http.client import HTTPResponse, RemoteDisconnected
from importlib import import_module
from socket import EAI_AGAIN, gaierror
from typing import Any, cast

from omicsdk.core.api_errors import PAGE_LIMIT, page_title
from omicsdk.core.credentials import origin_of
from omicsdk.core.errors import (
    ConfigError,
    ConnectFailed,
    NameNotResolved,
    ProxyFailed,
    ProxyLoginFailed,
    TimedOut,
    TransportError,
    shortened,
)
from omicsdk.core.redaction import mask_text, without_query
from omicsdk.core.sending.connections import Network, network
from omicsdk.core.sending.proxies import Passage, is_login_refused, login_of
from omicsdk.core.sending.time_limits import Timeout

#: Approximate bytes of JSON that botocore reads for a client: garbage collection takes a quarter of that time.
_DESCRIPTIONS = 8 << 20
#: The region of a client where nothing names one.
DEFAULT_REGION = "us-east-1"


def s3_client(
    session: Any = None,
    *,
    profile: str | None = None,
    region: str | None = None,
    anonymous: bool | None = False,
    config: Mapping[str, Any] | None = None,
    settings: str = "",
    **arguments: Any,
) -> Any:
    """Create a client for S3. What is not given is found where boto3 looks: the environment, ~/.aws.

    Args:
        session: A session of boto3; by default that of the profile.
        profile: A profile of ~/.aws; by default the program's own default session, else AWS_PROFILE, else none.
        region: The region; by default that of the session.
        anonymous: Whether requests are not signed; None leaves them unsigned where boto3 finds no credentials.
        config: Arguments of botocore's Config.
        settings: What holds the settings beside AWS's own, for errors.
        **arguments: Further arguments of boto3.

    Raises:
        ConfigError: boto3 refuses the settings.
    """
    from omicsdk.core.json_coding import paused_for

    with reading_settings(settings), paused_for(_DESCRIPTIONS):
        from botocore import UNSIGNED

        session = session or _session_of(profile)
        if anonymous or (anonymous is None and session.get_credentials() is None):
            config = {**(config or {}), "signature_version": UNSIGNED}
        region = region or session.region_name or DEFAULT_REGION
        limits = Timeout.of(None)
        config = {"connect_timeout": limits.connect, "read_timeout": limits.read, **(config or {})}
        configuration = import_module("botocore.config").Config(**config)
        route = network("https://s3.amazonaws.com")  # the authorities are those of every other connection
        if arguments.get("verify") is None:
            arguments["verify"] = route.ca_file
        client = careful(session.client("s3", region_name=region, config=configuration, **arguments))
        manager: Any = getattr(getattr(getattr(client, "_endpoint", None), "http_session", None), "_manager", None)
        if route.ca_dir and manager is not None:  # boto3 has no setting for a folder of them
            manager.connection_pool_kw["ca_cert_dir"] = route.ca_dir
        return client


def s3_session(profile: str | None = None) -> Any:
    """Return a session of boto3 for several clients: its credentials are looked for once.

    Args:
        profile: As for `s3_client`.

    Raises:
        ConfigError: boto3 refuses the settings.
    """
    with reading_settings():
        return _session_of(profile)


def _session_of(profile: str | None) -> Any:
    boto3: Any = import_module("boto3")
    # A default session exists only if the program has set one up, with its credentials.
    if profile is None and boto3.DEFAULT_SESSION is not None:
        return boto3.DEFAULT_SESSION
    return boto3.Session(botocore_session=botocore_session(), profile_name=profile)


def botocore_session() -> Any:
    """Create a session of botocore that shares what it read of AWS's services with all others: reading takes most of a client."""
    session = import_module("botocore.session").get_session()
    session.register_component("data_loader", _loader())
    return session


@cache
def _loader() -> Any:
    return import_module("botocore.session").get_session().get_component("data_loader")


@contextmanager
def reading_settings(settings: str = "") -> Generator[None]:
    """Raise ConfigError in place of boto3's errors of settings.

    Args:
        settings: What holds the settings beside AWS's own.
    """
    from botocore.exceptions import BotoCoreError, ConfigParseError

    try:
        yield
    except (BotoCoreError, ValueError) as error:  # an endpoint that is no URL is a ValueError
        source, keys = (f" of {settings}", f"the AWS_ keys of {settings}, ") if settings else ("", "")
        problem = f"The AWS settings{source} cannot be used: {mask_text(str(error)).rstrip('.')}"
        remedy = f"Correct {keys}AWS_PROFILE and the other variables of AWS, or ~/.aws/config."
        if isinstance(error, ConfigParseError):
            remedy = "Correct that file; botocore also refuses a byte order mark, and any encoding but UTF-8."
        raise ConfigError(problem, remedy=remedy) from error


# -- truncated heads of responses, and connections that fail


class _Head:
    """The file that http.client reads a head from: a line without an end means a lost connection, not the end of the
    head, and all lines have as long as the socket gives each read.
    """

    def __init__(self, file: Any) -> None:
        self._file = file
        seconds: float | None = file.raw._sock.gettimeout()
        self._until = None if seconds is None else time.monotonic() + seconds

    def readline(self, limit: int = -1) -> bytes:
        line = b""
        while not line.endswith(b"\n") and len(line) != limit:
            # The socket's timeout is for each read; this limit is for the whole head.
            if self._until is not None and time.monotonic() > self._until:
                raise TimeoutError("the head of the response was too slow")
            # Not `readline`, which returns the rest of a closed connection as a line.
            buffered: bytes = self._file.peek(1)
            if not buffered:
                raise RemoteDisconnected("the connection ended before the head of the response was complete")
            count = buffered.find(b"\n") + 1 or len(buffered)
            line += self._file.read(count if limit < 0 else min(count, limit - len(line)))
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class _WholeHead(HTTPResponse):
    """A response whose head is complete."""

    def begin(self) -> None:
        file: Any = self.fp
        self.fp: Any = _Head(file)
        try:
            super().begin()
        finally:
            if self.fp is not None:  # a response without a body releases it
                self.fp = file


def careful(client: Any) -> Any:
    """Make a client of boto3 read heads and fail as our own connections do.

    - A head that the connection cut off is a lost connection, which is retried. http.client, which reads the responses,
      accepts it as complete: a list without a body is then an empty list, and a size may be the first digits of one.
    - A web page, such as that of a captive portal, is refused: as XML it states nothing, and would count as the success of a
      deletion or of the end of an upload.
    - The first request through a proxy with a password goes alone, and a refused password is not sent again.
    - A host that has never responded and refuses connections, or does not exist, is not tried again, nor is one that is
      silent when it is asked for a list or a size.

    Args:
        client: The client, best before its first request. One that does not send over botocore's own connections is left unchanged.

    Returns:
        The client.
    """
    session: Any = getattr(getattr(client, "_endpoint", None), "http_session", None)
    pools: Any = getattr(session, "_pool_classes_by_scheme", None)  # there is no public access to its connections
    if isinstance(pools, dict):
        kinds = cast("dict[str, Any]", pools)
        kinds.update({scheme: _strict(pool) for scheme, pool in kinds.items()})
        # A session may be passed again: it is wrapped once.
        if "send" not in vars(session):
            session.send = _sending(session, session.send)
        client.meta.events.register_first("before-parse.s3", _refuse_page, unique_id="omicsdk-page")
    return client


def _refuse_page(response_dict: Mapping[str, Any], **_: object) -> None:
    body: object = response_dict["body"]
    if response_dict["status_code"] >= 300 or not isinstance(body, bytes):  # objects are streams
        return
    title = page_title(body[:PAGE_LIMIT].decode("utf-8", "replace"))
    if title is not None:
        named = f" titled {shortened(title, 80)!r}" if title else ""
        raise import_module("botocore.parsers").ResponseParserError(f"a web page{named}")


def _sending(session: Any, send: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the function of a session of botocore that sends a request; what it raises of ours is not retried."""
    from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError, ReadTimeoutError

    responded = set[str]()  # origins and proxies

    def sent(request: Any) -> Any:
        url = str(request.url)
        proxy: str | None = session._proxy_config.proxy_url_for(url)
        login = login_of(proxy) if proxy else None
        passage = None if login is None else Passage(login)
        if passage is not None and not passage.wait():
            raise _unreached(ProxyLoginFailed, "The proxy refused: 407", request, proxy)
        with passage or nullcontext():
            try:
                response = send(request)
            except (EndpointConnectionError, ProxyConnectionError) as error:
                match = _TUNNEL.search(str(error.kwargs.get("error", "")))
                status = None if match is None else match[1]
                is_refused = status in ("401", "407")
                # A failure without a status of the proxy shows nothing of the password.
                if passage is not None and status is not None:
                    passage.responded(refused=is_refused)
                if is_refused:
                    raise _unreached(ProxyLoginFailed, f"The proxy refused: {status}", request, proxy) from None
                cause = None if status is not None else _settled(error)
                if cause is None or (proxy or origin_of(url)) in responded:
                    raise
                kind = NameNotResolved if isinstance(cause, gaierror) else ConnectFailed
                kind = ProxyFailed if isinstance(error, ProxyConnectionError) else kind
                raise _unreached(kind, f"Cannot connect: {cause.strerror}", request, proxy) from None
            except (ConnectTimeoutError, ReadTimeoutError):
                if request.method not in ("GET", "HEAD"):  # assembling or copying a large object may take longer
                    raise
                raise _unreached(TimedOut, "No response within the time allowed", request, proxy) from None
            is_refused = proxy is not None and is_login_refused(response.status_code, response.headers)
            if passage is not None:
                passage.responded(refused=is_refused)
            if is_refused:
                raise _unreached(ProxyLoginFailed, f"The proxy refused: {response.status_code}", request, proxy)
        # Only what has responded before is retried when it refuses connections: then it is an outage, not a wrong
        # address.
        responded.update((origin_of(url), proxy or ""))
        return response

    return sent


_TUNNEL = re.compile(r"Tunnel connection failed: (\d+)")


def _unreached(kind: type[TransportError], message: str, request: Any, proxy: str | None) -> TransportError:
    url = str(request.url)
    # The query of a presigned URL has its signature.
    error, route = kind(message, method=str(request.method), url=without_query(url)), network(url)
    error.lasting = kind is not TimedOut
    # A setting of boto3 may name another proxy than the one of our own connections.
    (route if route.proxy == proxy else Network(proxy)).blame_proxy(error)
    return error


def _settled(error: Any) -> OSError | None:
    """Return the cause of a failure that a retry cannot change where nothing has responded before; None for another."""
    cause: BaseException | None = error.kwargs.get("error")
    while cause is not None:
        if isinstance(cause, ConnectionRefusedError | gaierror):
            # The resolver failed temporarily: it may know the name at the next try.
            return None if isinstance(cause, gaierror) and cause.errno == EAI_AGAIN else cause
        cause = cause.__cause__ or cause.__context__
    return None


@cache
def _strict(pool: Any) -> Any:
    """The class of a pool whose responses have complete heads; the given class if it is one."""
    connection_class: Any = pool.ConnectionCls
    if issubclass(connection_class.response_class, _WholeHead):
        return pool
    connection = type(connection_class.__name__, (connection_class,), {"response_class": _WholeHead})
    return type(pool.__name__, (pool,), {"ConnectionCls": connection})
