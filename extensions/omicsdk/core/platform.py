"""`Platform`, the base of every platform's client: one constructor, one search for base URL and credentials, and
workflows.

A platform's client is its generated client plus workflows. `resolve` searches the base URL and the credentials in the
same order for all platforms; a `Discovery` describes a platform's own variables and files. `Workflow`, `Listing` and
`Opening` are descriptors that add a workflow, written once as a function of the blocking client, to both clients.
"""

from __future__ import annotations

import os
import re
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from contextvars import copy_context
from dataclasses import dataclass, replace
from functools import cached_property, partial, wraps
from importlib import import_module
from inspect import CO_VARARGS, CO_VARKEYWORDS, unwrap
from types import MethodType
from typing import (
    TYPE_CHECKING,
    Any,
    BinaryIO,
    ClassVar,
    Concatenate,
    Generic,
    NamedTuple,
    ParamSpec,
    Self,
    TypeVar,
    Unpack,
    overload,
)

from omicsdk.core.arguments import stating_keywords, without_defaults
from omicsdk.core.checked_tokens import checked_token
from omicsdk.core.client import (
    AsyncClient,
    AsyncClientOptions,
    Bound,
    Client,
    ClientOptions,
    Recipe,
    ResponseCheck,
    pickled_recipe,
)
from omicsdk.core.clock import SYSTEM_CLOCK, Clock, stopping
from omicsdk.core.credentials import ANONYMOUS, Anonymous, BearerToken, Credentials, as_credentials, origin_of
from omicsdk.core.errors import ConfigError, MissingCredentials, NotFound
from omicsdk.core.items import AsyncItems, Items
from omicsdk.core.late_names import LateModule
from omicsdk.core.plain_client import beside, checked_by, sending_by, stopping_by
from omicsdk.core.redaction import mask_url
from omicsdk.core.request import checked_base_url, fault_of
from omicsdk.core.response import Exchange
from omicsdk.core.retry import Retry
from omicsdk.core.sending.transport import Meanings
from omicsdk.core.settings.profiles import DEFAULT_PROFILE, PROFILE_VARIABLE, profile_settings, settings_path

if TYPE_CHECKING:
    import httpx
    from anyio import AsyncFile

    from omicsdk.core.token_file import StoredLogin, TokenFile
else:
    httpx = LateModule("httpx")

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
S = TypeVar("S", bound=Client)
A = TypeVar("A", bound=AsyncClient)


class UnboundUrl(str):
    """A base URL from an option, a URI or a list, in the place of a constructor's argument: no credentials are bound to it."""

    __slots__ = ()


def unbound(base_url: str | None) -> UnboundUrl | None:
    """Return the base URL of an option so that no credentials are bound to it; None for none."""
    return None if base_url is None else UnboundUrl(base_url)


@contextmanager
def deleting() -> Generator[None]:
    """Accept that a deletion finds nothing if an earlier try may have carried it out, whose response was lost."""
    try:
        yield
    except NotFound as error:
        if not error.is_repeated:
            raise


class SourceResult(NamedTuple):
    """What one source states.

    Attributes:
        base_url: The base URL; None if not stated.
        credentials: The credentials; None if there are none. They are for `base_url`; without one, for the platform that is
            configured.
        origin: The source's name in messages, such as a variable or a file.
        credentials_origin: The source of the credentials, if it differs.
    """

    base_url: str | None = None
    credentials: Credentials | None = None
    origin: str = ""
    credentials_origin: str = ""


#: The result of a source that states nothing.
NOTHING = SourceResult()


@dataclass(frozen=True, slots=True)
class Search:
    """What a source may use.

    Attributes:
        environ: The environment's variables.
        base_url: The base URL, if an earlier source stated it.
        profile: The profile from the caller or OMICS_PROFILE; None without one.
        credentials: The credentials from the caller.
        is_complete: Whether an earlier source had credentials, so that none have to be read.
        offline: Whether sources must not send requests, and only state what is on this machine.
    """

    environ: Mapping[str, str]
    base_url: str | None = None
    profile: str | None = None
    credentials: object = None
    is_complete: bool = False
    offline: bool = False


class Resolution(NamedTuple):
    """The base URL and the credentials of a platform's client, and where they were found.

    Attributes:
        base_url: The base URL; empty where none was found.
        credentials: The credentials; None for none.
        origin: Where the base URL was found.
        credentials_origin: Where the credentials were found.
    """

    base_url: str
    credentials: Credentials | None
    origin: str = ""
    credentials_origin: str = ""


def no_source(search: Search) -> SourceResult:  # noqa: ARG001 - a source's signature
    """A source that never states anything."""
    return NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """Where a platform's base URL and credentials are looked up.

    Attributes:
        platform: The platform's name in settings, commands and variables (OMICS_SB_URL), such as `sb`.
        environment: Reads the platform's own environment variables.
        files: Reads the platform's own files, those of its other clients. If `profile` is not in these files it returns
            NOTHING.
        default_url: The base URL that is used if no source states one; empty if there is none.
        token: Makes credentials from a token in text form.
        names_login: Whether a text in the place of a token names a login that `environment` reads, such as a file.
        stored: Makes credentials from a login that `omics login` stored, for a base URL; by default from its token.
        normal_url: Returns a base URL in the form that its logins are stored under; by default it is unchanged.
        remedy: What to do if no base URL, or no credentials, were found.
        requires_credentials: Whether the platform refuses all requests without credentials.
    """

    platform: str
    environment: Callable[[Search], SourceResult] = no_source
    files: Callable[[Search], SourceResult] = no_source
    default_url: str = ""
    token: Callable[[str], Credentials] = BearerToken
    names_login: Callable[[str], bool] | None = None
    stored: Callable[[StoredLogin, str], Credentials] | None = None
    normal_url: Callable[[str], str] = str
    remedy: str = "Pass base_url, beginning with https:// and a host."
    requires_credentials: bool = False


def variables(
    url: str, token: str, credentials: Callable[[str], Credentials], names_login: Callable[[str], bool] | None = None
) -> Callable[[Search], SourceResult]:
    """Return a source that reads two environment variables.

    Args:
        url: The variable with the base URL.
        token: The variable with the token.
        credentials: Makes credentials from the token.
        names_login: As that of `Discovery`.
    """

    def read(search: Search) -> SourceResult:
        base_url, value = (search.environ.get(name, "").strip() for name in (url, token))
        origin = " and ".join(name for name, text in ((url, base_url), (token, value)) if text)
        is_login = value and not search.is_complete and not (names_login is not None and names_login(value))
        return SourceResult(base_url or None, credentials(checked_token(value, token)) if is_login else None, origin)

    return read


def resolve(
    discovery: Discovery,
    *,
    base_url: str | None = None,
    credentials: Credentials | httpx.Auth | str | None = None,
    profile: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> tuple[str, Credentials | None]:
    """Return the base URL and the credentials of a platform's client: the first two members of `resolution`."""
    return resolution(discovery, base_url=base_url, credentials=credentials, profile=profile, environ=environ)[:2]


def resolution(
    discovery: Discovery,
    *,
    base_url: str | None = None,
    credentials: Credentials | httpx.Auth | str | None = None,
    profile: str | None = None,
    environ: Mapping[str, str] | None = None,
    offline: bool = False,
) -> Resolution:
    """Find the base URL and the credentials of a platform's client, and where they come from.

    The order is the same for all platforms, and for both: the argument; the named profile (argument `profile`, else
    OMICS_PROFILE) in omicsdk's settings or the platform's own files; OMICS_<PLATFORM>_URL and OMICS_<PLATFORM>_TOKEN; the
    platform's own environment variables; the profile `default` of omicsdk's settings; the platform's own files; the
    platform's default. A profile's credentials are those that `omics login` stored for it and the base URL.

    Credentials are used with one origin only: that of the base URL that their source states beside them; else that of the base
    URL that the other sources state, or of the platform's default; and only where there is none of these, that of the argument.

    Args:
        discovery: Where the platform's are found.
        base_url: The base URL; None to find it. An `UnboundUrl` is no origin of credentials.
        credentials: The credentials, or a token as text; ANONYMOUS for none; None to find them.
        profile: The profile; None for OMICS_PROFILE.
        environ: The environment's variables; None for the process's own.
        offline: Request nothing: a base URL that only a service can state is not found.

    Returns:
        What was found. Credentials are None where there are none.

    Raises:
        ConfigError: The profile is unknown, a source is malformed, several profiles have a login for the base URL and none is
            named, or the platform requires credentials and there are none.
    """
    environ = os.environ if environ is None else environ
    named = profile or environ.get(PROFILE_VARIABLE, "").strip() or None
    word = discovery.platform.upper()
    if isinstance(credentials, str):
        login = discovery.token(credentials)
        checked_token(credentials, "credentials (--access-token)")
    else:
        login = None if credentials is None else as_credentials(credentials)
    if base_url is not None:
        base_url = type(base_url)(discovery.normal_url(base_url))
    search = Search(environ, base_url, named, credentials, login is not None, offline)
    origin, login_origin = ("argument" if argument is not None else "" for argument in (base_url, login))
    kept_back: list[str] = []  # why credentials that were found are not used, and what to do
    for source in _sources(discovery, search.profile):
        if search.base_url is not None and login is not None:
            break
        candidate = source(search)
        if candidate.base_url:
            candidate = candidate._replace(base_url=discovery.normal_url(candidate.base_url))
        if search.base_url is None and candidate.base_url:
            search = replace(search, base_url=candidate.base_url)
            origin = candidate.origin
        if login is None and candidate.credentials is not None:
            candidate_origin = candidate.credentials_origin or candidate.origin
            # Credentials that were configured for one origin never go to another.
            owner = candidate.base_url or (None if base_url is None else _owner(discovery, base_url, search))
            if owner in (None, search.base_url) or origin_of(owner or "") == (origin_of(search.base_url or "") or None):
                login, login_origin = candidate.credentials, candidate_origin
                # Later sources read no login then: what is wrong with one that is not used is no error.
                search = replace(search, is_complete=True)
            else:
                kept_back += [
                    f"those of {candidate_origin} belong to {mask_url(owner or '') or 'no base URL that is configured'}"
                ]
                kept_back += ["" if candidate.base_url else f"Set OMICS_{word}_URL to the base URL that they are for. "]
    url = search.base_url or discovery.default_url
    origin = origin or ("built in" if url else "")
    if isinstance(login, Anonymous):
        return Resolution(url, None, origin)
    if login is None and (discovery.requires_credentials or kept_back):
        if url and not isinstance(base_url, UnboundUrl):
            _check_base_url(url, f"The base URL of {discovery.platform}", discovery.platform)
        where = mask_url(url) if url else f"the platform {discovery.platform}"
        message = ": ".join((f"No credentials found for {where}", *kept_back[:1]))
        remedy = "".join(kept_back[1:2])
        if discovery.requires_credentials:
            raise MissingCredentials(message, remedy=f"{remedy}{discovery.remedy}")
        from omicsdk.core.logs import config_log

        config_log.warning("%s. %s", message, remedy.rstrip())
    return Resolution(url, login, origin, login_origin)


# The beginning of an invalid base URL that errors print; other text may be a token in its place.
_URL_OR_HOST = re.compile(r"$|https?:|\w+://|(?:localhost|[a-z0-9-]+(?:\.[a-z0-9-]+)+)(?:[:/]|$)")


def _check_base_url(url: str, source: str, platform: str) -> str:
    where = f"OMICS_{platform.upper()}_URL or base_url"
    if not _URL_OR_HOST.match(url.strip()) and fault_of(url.strip()) is not None:
        remedy = f"Use a URL in {where}, and pass a token as credentials."
        raise ConfigError(f"{source} is a text of {len(url)} characters, and no URL", remedy=remedy)
    return checked_base_url(url, source=source, remedy=f"Use one that begins with https:// and a host in {where}.")


def _owner(discovery: Discovery, base_url: str, search: Search) -> str:
    """Return the base URL of credentials whose source states none: the configured one."""
    # Complete and offline, so that no source reads a login or sends a request: only base URLs matter here.
    configured = Search(search.environ, None, search.profile, ANONYMOUS, is_complete=True, offline=True)
    urls = (source(configured).base_url for source in _sources(discovery, search.profile))
    configured_url = next(filter(None, urls), "") or discovery.default_url
    # A URL from an option or a list may be anyone's; one that a program passes is its own decision.
    if configured_url:
        return discovery.normal_url(configured_url)
    return "" if isinstance(base_url, UnboundUrl) else base_url


def _sources(discovery: Discovery, profile: str | None) -> Sequence[Callable[[Search], SourceResult]]:
    def of_profile(name: str, search: Search) -> SourceResult | None:
        settings = profile_settings(name, discovery.platform, search.environ)
        if settings is None:
            return None
        url = search.base_url or settings.get("base_url")
        origin = f"profile {name} of {settings_path(search.environ)}"
        return (_stored(discovery, search, url, name) or NOTHING)._replace(base_url=url, origin=origin)

    def named(search: Search) -> SourceResult:
        candidate = of_profile(profile or "", search)
        if candidate is None:
            # The platform's own files may have profiles too; this profile applies to them whatever the base URL.
            candidate = discovery.files(replace(search, base_url=None))
            if candidate == NOTHING:
                raise ConfigError(
                    f"No profile {profile!r} for the platform {discovery.platform}", remedy=discovery.remedy
                )
        return candidate

    def default(search: Search) -> SourceResult:
        if search.base_url is None:
            return of_profile(DEFAULT_PROFILE, search) or NOTHING
        # An argument or a variable stated the base URL: any profile may have the login for it, unless one is named, in whose
        # place no other user's login may be sent.
        return (_stored(discovery, search, search.base_url, None) if profile is None else None) or NOTHING

    word = discovery.platform.upper()
    of_variables = variables(f"OMICS_{word}_URL", f"OMICS_{word}_TOKEN", discovery.token, discovery.names_login)
    sources = (of_variables, discovery.environment, default, discovery.files)
    return sources if profile is None else (named, *sources)


def _stored(discovery: Discovery, search: Search, url: str | None, profile: str | None) -> SourceResult | None:
    """The login that `omics login` stored for a base URL; the Atlas's own are found by its `files`."""
    if search.is_complete or not url:
        return None
    from omicsdk.core.token_file import token_file  # most programs of a platform have their credentials by now

    try:
        tokens = token_file(search.environ, discovery.platform)
    except ConfigError:  # a user without a home folder has none
        return None
    url = discovery.normal_url(url)
    view = tokens.serving(url, profile)
    login = None if view is None else view.login(url)
    if view is None or login is None:
        return None
    make = discovery.stored
    credentials = discovery.token(login.token.value) if make is None else make(login, url)
    return SourceResult(url, credentials, "", f"login of the profile {view.profile} in {_named_store(login, tokens)}")


def _named_store(login: StoredLogin, tokens: TokenFile) -> str:
    return "the keyring" if login.store == "keyring" else str(tokens.path)


class Settings(NamedTuple):
    """Settings of a client that its workflows use as well.

    Attributes:
        environ: Environment variables for proxies and certificates; None for the process's own.
        clock: Returns the time and sleeps.
    """

    environ: Mapping[str, str] | None
    clock: Clock


class _PlatformBase:
    """What the blocking and the asynchronous client of a platform share."""

    _discovery: ClassVar[Discovery]
    _retry: ClassVar[Retry | None] = None  # default timeout and retries of the class; None for the general ones
    _settings: Settings
    _default_base_url: ClassVar[str]
    _meanings: ClassVar[Meanings | None] = {}  # its errors name its own logins
    _exchange: Any
    finds_credentials: bool
    """Whether the credentials were found, not given: another process of the same user can find them as well."""

    @property
    def credentials(self) -> Credentials | None:
        """The credentials that requests carry; None for none."""
        return self._exchange.transport.credentials

    @property
    def retry(self) -> Retry:
        """When and how often requests are retried."""
        return self._exchange.transport.retry

    def _workflow_names(self) -> list[str]:
        """The names that a notebook shows."""
        return sorted(
            {name for kind in type(self).__mro__ for name, value in vars(kind).items() if isinstance(value, _Late)}
        )

    def _url(self, base_url: str | None) -> str:
        """Return the checked base URL; its errors state where the platform's is looked up."""
        url = base_url if base_url is not None else self._default_base_url
        if not url.strip():
            raise ConfigError(
                f"No base URL found for the platform {self._discovery.platform}", remedy=self._discovery.remedy
            )
        return _check_base_url(url, f"The base URL of {type(self).__name__}", self._discovery.platform)

    def _found(
        self,
        base_url: str | None,
        credentials: Credentials | httpx.Auth | str | None,
        profile: str | None,
        options: ClientOptions | AsyncClientOptions,
    ) -> dict[str, Any]:
        """Return the arguments of a client's constructor, with what the sources state."""
        self.finds_credentials = credentials is None
        environ, retry = options.get("environ"), options.get("retry")
        url, login = self._resolved(base_url, credentials, profile, environ)
        environ, headers = self._prepared(base_url, credentials, profile, environ, options.get("headers"))
        self._settings = Settings(environ, options.get("clock", SYSTEM_CLOCK))
        retry = self._retry if retry is None else retry
        arguments = {"base_url": url or None, "credentials": login, "environ": environ, "headers": headers}
        return {**options, **arguments, "retry": retry}

    def _resolved(
        self,
        base_url: str | None,
        credentials: Credentials | httpx.Auth | str | None,
        profile: str | None,
        environ: Mapping[str, str] | None,
    ) -> tuple[str, Credentials | None]:
        return resolve(self._discovery, base_url=base_url, credentials=credentials, profile=profile, environ=environ)

    def _prepared(
        self,
        base_url: str | None,
        credentials: Credentials | httpx.Auth | str | None,
        profile: str | None,
        environ: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
    ) -> tuple[Mapping[str, str] | None, Mapping[str, str] | None]:
        """Return the environment and the headers of a client, which a platform's own files may add to."""
        del base_url, credentials, profile
        return environ, headers


class Platform(_PlatformBase, Client):
    """A platform's client. Thread-safe; close it, or use it in a `with` block.

    Args:
        base_url: The base URL of the platform. By default the one of the profile, the platform's environment variables,
            omicsdk's settings, or the platform's own files, in this order.
        credentials: Credentials (`omicsdk.core.credentials`), an httpx.Auth, or an access token as text. None finds them in the
            same order; ANONYMOUS sends none.
        profile: The profile of omicsdk's settings, or of the platform's own files; by default OMICS_PROFILE.
        timeout: Seconds for each step of a request, above 0, or a Timeout; by default 10 to connect, 60 to read.
        retry: When and how often to retry; by default up to five retries.
        headers: Headers that are sent with every request.
        transport: Replaces the network, for tests; the bytes of files do not pass through it.
        http2: Whether to use HTTP/2 where the server does.
        strict: Whether a response that does not conform to the document is a DecodeError.
        environ: The environment's variables; by default those of the process.
        clock: Returns the time and sleeps.
        response_limit: Largest response that is read whole, in decoded bytes, from 1; by default OMICS_RESPONSE_LIMIT, else 64 MiB.
        errors: How texts are decoded whose bytes their charset does not allow, as in `bytes.decode`; by default `strict`.
        before_request: A function, or several, called with each httpx.Request before it is sent; it may change the headers.
        after_response: A function, or several, called with each httpx.Response.

    Raises:
        ConfigError: The base URL or the credentials are missing or invalid, or the profile is unknown.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        credentials: Credentials | httpx.Auth | str | None = None,
        profile: str | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        super().__init__(**self._found(base_url, credentials, profile, options))


class AsyncPlatform(_PlatformBase, AsyncClient):
    """A platform's client for asyncio and trio; close it with `aclose`, or use it in an `async with` block.

    Operations are sent on the event loop. A workflow runs in a thread, on a blocking twin of this client with the same
    settings and credentials over separate connections. The arguments are those of Platform, and those below.

    Args:
        transport: An httpx.AsyncBaseTransport.
        blocking_transport: Replaces the network for the blocking twin. Without it, a workflow of a client with a `transport`
            raises ConfigError.
    """

    _blocking_class: ClassVar[type[Platform]]

    def __init__(
        self,
        base_url: str | None = None,
        *,
        credentials: Credentials | httpx.Auth | str | None = None,
        profile: str | None = None,
        **options: Unpack[AsyncClientOptions],
    ) -> None:
        super().__init__(**self._found(base_url, credentials, profile, options))

    def blocking(self) -> Platform:
        """The blocking twin, with this client's settings; all twins share connections, which `aclose` closes.

        Raises:
            ConfigError: This client has a `transport` and no `blocking_transport`.
        """
        exchange, kind = self._exchange, self._blocking_class
        # Without its constructor, which would look for credentials again and open connections of its own.
        twin = object.__new__(kind)
        twin._exchange = Exchange(  # pyright: ignore[reportPrivateUsage] - a client's own
            strict=exchange.strict,
            follow_redirects=exchange.follow_redirects,
            errors=exchange.errors,
            error_module=kind._error_module,
            steps=exchange.steps,
            transport=exchange.transport.synchronous(),
        )
        # What is bound sends over this client's own, asynchronous connections.
        attributes = {
            name: value for name, value in vars(self).items() if name not in vars(twin) and not isinstance(value, Bound)
        }
        vars(twin).update(attributes)
        return twin


def settings_of(client: Platform) -> Settings:
    """Return a client's settings that transfers need: they do not send the bytes of files through the client.

    Args:
        client: The client.
    """
    return client._settings  # pyright: ignore[reportPrivateUsage] - not among the attributes that operations could be named like


class _Parts(dict[str, Any], Bound):
    """The clients of a platform's services, by their names."""


class Part(Generic[S, A]):
    """A service of a platform that has several: its generated client, with the platform's settings, credentials and
    connections.

    Args:
        package: The generated package, such as omicsdk_api.gen3.fence; it is imported when the service is first used.
        name: The name of its blocking client; that of the asynchronous one begins with Async.
        path: The URL of the service below the platform's base URL.
        checks: Compares the service's responses with requests.
        paths: Paths that the platform has in place of those of the service's document.
    """

    def __init__(
        self,
        package: str,
        name: str,
        path: str,
        checks: ResponseCheck | None = None,
        paths: Mapping[str, str] | None = None,
    ) -> None:
        self._checks = checks
        self._paths = paths
        self._package = package
        self._client = name
        self._path = path

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, client: None, owner: type) -> Self: ...
    @overload
    def __get__(self, client: AsyncPlatform, owner: type) -> A: ...
    @overload
    def __get__(self, client: Platform, owner: type) -> S: ...
    def __get__(self, client: Platform | AsyncPlatform | None, owner: type) -> Any:
        if client is None:
            return self
        # A clone with other options makes its own: `with_options` drops what is Bound.
        # `setdefault` here and below is atomic: threads that come first at the same time share one client.
        clients = vars(client).setdefault("_parts", _Parts())
        if self._name not in clients:
            name = f"Async{self._client}" if isinstance(client, AsyncPlatform) else self._client
            kind = getattr(import_module(self._package), name)
            url = f"{client.base_url}{self._path}"
            whole: Any = client
            client_of_part: Any = beside(whole, kind, url, client.credentials)
            if paths := self._paths:
                client_of_part = sending_by(
                    client_of_part, lambda exchange: replace(exchange, transport=exchange.transport.with_paths(paths))
                )
            # A part is pickled as its platform and its name.
            if whole._recipe is not None:
                recipe = pickled_recipe(whole, whole._recipe, client.base_url)
                client_of_part._recipe = Recipe(_part_of, (recipe, self._name), {}, {})
            clients.setdefault(self._name, checked_by(client_of_part, self._checks))
        return clients[self._name]


def _part_of(whole: Recipe, name: str) -> object:
    return getattr(whole.client(), name)


def _takes_stop(function: Callable[..., Any]) -> bool:
    """Whether a function takes `stop`: as a parameter, or among its `**options`, which are always those of transfers."""
    # By the code object: inspect.signature takes longer than many a call, and this is asked for each.
    code = getattr(unwrap(function), "__code__", None)
    if code is None:  # an operation, or a class
        return False
    return "stop" in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] or _takes_keywords(function)


def _takes_keywords(function: Callable[..., Any]) -> bool:
    code = unwrap(function).__code__
    last = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & CO_VARARGS)
    return bool(code.co_flags & CO_VARKEYWORDS) and code.co_varnames[last] == "options"


_WAKE_SECONDS = 0.2


async def run_in_thread(call: Callable[[], T], stop: threading.Event) -> T:
    """Run a blocking call in a thread; when the task is cancelled, set `stop` and wait for the call to end.

    The stop ends the call's waits for services, too. The wait is part of the contract: a transfer writes its journal before it ends, and a task that returned earlier would let
    the program close files and connections that are still in use. The call sees the task's context variables.

    Args:
        call: The call.
        stop: Ends it early once it is set.

    Returns:
        What it returns; what it raises is raised here.
    """
    from anyio import CancelScope, CapacityLimiter, get_cancelled_exc_class
    from anyio.to_thread import run_sync

    # Not a thread of anyio's pool: its limiter would hold back other work of the program for the length of a transfer.
    ended = threading.Event()
    # The workflow sees the context variables of the task.
    context = copy_context()
    outcome: list[T] = []
    failure: list[BaseException] = []

    def stoppable() -> T:
        with stopping(stop.is_set):
            return call()

    def work() -> None:
        try:
            outcome.append(context.run(stoppable))
        # The thread's own: an exception that left it would be printed, and lost.
        except BaseException as error:  # it is raised in the task
            failure.append(error)
        finally:
            ended.set()

    threading.Thread(target=work, name="omicsdk-workflow", daemon=True).start()

    async def wait() -> None:
        # With its own limiter: the wait must not take one of the threads of anyio's pool, 40 by default. In pieces, because
        # the signal that interrupts a notebook's cell cancels its task without waking the loop, which waits for events.
        limiter = CapacityLimiter(1)
        while not await run_sync(ended.wait, _WAKE_SECONDS, abandon_on_cancel=True, limiter=limiter):
            pass

    try:
        await wait()
    except get_cancelled_exc_class():
        stop.set()
        # A cancelled await returns while the thread still runs: the wait is repeated, shielded, until it has ended.
        while not ended.is_set():
            try:
                with CancelScope(shield=True):  # a second task.cancel() of asyncio is not held up by it
                    await wait()
            except get_cancelled_exc_class():
                continue
        raise
    if failure:
        raise failure[0]
    return outcome[0]


async def to_thread(function: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """Await a blocking function of omicsdk in a thread, without blocking the event loop of asyncio or trio.

    Cancelling the task stops the function, waits for its end (a tenth of a second, or what a transfer needs to record its progress)
    and raises the cancellation; the same call resumes a transfer.

    Args:
        function: The function, such as `omicsdk.download` or `lock.pull`.
        *args: Its arguments.
        **options: Its keyword arguments. Without `stop`, a function that takes it gets one that the cancellation sets.

    Returns:
        What it returns.

    Raises:
        Exception: What it raises.

    Example:
        report = await omicsdk.to_thread(omicsdk.download, "s3://bucket/prefix/", "data")
    """
    keywords: dict[str, Any] = dict(options)
    stop = keywords.get("stop")
    if stop is None:
        stop = threading.Event()
        if _takes_stop(function):
            keywords["stop"] = stop
    return await run_in_thread(partial(function, *args, **keywords), stop)


class _LateFunction(NamedTuple):
    """A function of a module that is imported at the first call."""

    module: str
    name: str

    def function(self) -> Callable[..., Any]:
        return getattr(import_module(self.module), self.name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # as the parameters of the descriptors are annotated
        return self.function()(*args, **kwargs)


class _LateModule:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> _LateFunction:
        return _LateFunction(self._name, name)


def late_modules(package: str, names: str) -> tuple[_LateModule, ...]:
    """Return stand-ins for modules whose functions become workflows; each module is imported at its first workflow.

    A platform's client would otherwise load the transfer engine and the network libraries with its class. Type checkers see
    the modules themselves:

        if TYPE_CHECKING:
            from omicsdk.toy import downloads, uploads
        else:
            downloads, uploads = late_modules("omicsdk.toy", "downloads uploads")

    Args:
        package: The package of the modules.
        names: Their names, with blanks between.
    """
    return tuple(_LateModule(f"{package}.{name}") for name in names.split())


class _Late(ABC):
    """What the three descriptors of workflows share: a function that may be loaded late, bound to either client."""

    def __init__(self, function: Any) -> None:
        self._reference = function

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @cached_property
    def _function(self) -> Callable[..., Any]:
        function = self._reference
        return function.function() if isinstance(function, _LateFunction) else function

    def _of(self, client: object) -> Any:
        function = self._function
        if client is None:
            return function
        if not isinstance(client, AsyncPlatform):
            return MethodType(self._blocking, client)
        wrapper = wraps(function)(self._asynchronous(function, client))
        wrapper.__annotations__ = self._blocking.__annotations__  # with each option
        # inspect follows __wrapped__, and a method's signature lacks the client.
        wrapper.__wrapped__ = MethodType(self._blocking, client)
        return wrapper

    @cached_property
    def _blocking(self) -> Callable[..., Any]:
        """The workflow of the blocking client. Its `stop` ends the waits of the client's requests, too."""
        function = self._function
        takes_stop = _takes_stop(function)
        if not takes_stop and function.__name__ == self._name:
            return function

        @wraps(function)
        def run(client: Platform, *args: Any, **options: Any) -> Any:
            options = without_defaults(options)
            stop: threading.Event | None = options.get("stop") if takes_stop else None
            return function(client if stop is None else stopping_by(client, stop.is_set), *args, **options)

        run.__name__ = self._name  # by which a bound method is pickled
        return stating_keywords(function, run) if _takes_keywords(function) else run

    @abstractmethod
    def _asynchronous(self, function: Callable[..., Any], client: AsyncPlatform) -> Callable[..., Any]:
        """The workflow as a method of the asynchronous client, without its name and documentation."""


class Workflow(_Late, Generic[P, R]):
    """A workflow of a platform: a function of the blocking client, and a coroutine method of the asynchronous one.

    On the asynchronous client it runs in a thread. Cancelling the task sets the workflow's `stop`, where it takes one, and
    waits for its end; the same call resumes.

    Args:
        function: Takes the blocking client first.
    """

    def __init__(self, function: Callable[Concatenate[Any, P], R]) -> None:
        super().__init__(function)

    @overload
    def __get__(self, client: None, owner: type) -> Callable[Concatenate[Any, P], R]: ...
    @overload
    def __get__(self, client: AsyncPlatform, owner: type) -> Callable[P, Coroutine[Any, Any, R]]: ...
    @overload
    def __get__(self, client: Platform, owner: type) -> Callable[P, R]: ...
    def __get__(self, client: Platform | AsyncPlatform | None, owner: type) -> Any:
        return self._of(client)

    def _asynchronous(self, function: Callable[..., Any], client: AsyncPlatform) -> Callable[..., Any]:
        async def run(*args: P.args, **kwargs: P.kwargs) -> R:
            options = without_defaults(kwargs)
            stop: Any = options.get("stop") or threading.Event()
            if _takes_stop(function):
                options["stop"] = stop
            blocking = stopping_by(client.blocking(), stop.is_set)
            return await run_in_thread(partial(function, blocking, *args, **options), stop)

        return run


#: Seconds for which a thread collects items of a listing before it hands them to the event loop: one change of thread
#: an item would cost more than the item.
BATCH_SECONDS = 0.02


class Listing(_Late, Generic[P, T]):
    """A workflow that yields: an iterator of the blocking client, an asynchronous iterator of the other.

    Args:
        function: Takes the blocking client first; a generator function, or one that returns Items. It requests nothing
            before the first item.
        columns: The members of the items' rows that matter, the most important first; also those of the command's table.
    """

    def __init__(self, function: Callable[Concatenate[Any, P], Iterator[T]], columns: Sequence[str] = ()) -> None:
        super().__init__(function)
        self._columns = columns

    @overload
    def __get__(self, client: None, owner: type) -> Callable[Concatenate[Any, P], Iterator[T]]: ...
    @overload
    def __get__(self, client: AsyncPlatform, owner: type) -> Callable[P, AsyncItems[T]]: ...
    @overload
    def __get__(self, client: Platform, owner: type) -> Callable[P, Items[T]]: ...
    def __get__(self, client: Platform | AsyncPlatform | None, owner: type) -> Any:
        return self._of(client)

    @cached_property
    def _blocking(self) -> Callable[..., Any]:
        function = super()._blocking

        @wraps(function)
        def run(*args: Any, **options: Any) -> Any:
            return self._as_items(function(*args, **options))

        return run

    def _asynchronous(self, function: Callable[..., Any], client: AsyncPlatform) -> Callable[..., Any]:
        def run(*args: P.args, **kwargs: P.kwargs) -> AsyncItems[T]:
            stop = threading.Event()
            blocking = stopping_by(client.blocking(), stop.is_set)
            items = self._as_items(function(blocking, *args, **without_defaults(kwargs)))
            return items.asynchronous(_batches(items, stop))

        return run

    def _as_items(self, items: Iterator[T]) -> Items[T]:
        return items if isinstance(items, Items) else Items(items, self._name, columns=self._columns)


async def _batches(items: Items[T], stop: threading.Event) -> AsyncGenerator[T]:
    try:
        while batch := await run_in_thread(partial(_batch, items), stop):
            for item in batch:
                yield item
    finally:
        # With a new event: `stop` may be set, and would end the requests by which a listing cleans up.
        await run_in_thread(items.close, threading.Event())


def _batch(items: Iterator[T]) -> list[T]:
    """The items that arrive within BATCH_SECONDS, the first one however long it takes; empty at the end."""
    batch: list[T] = []
    end = 0.0
    for item in items:
        batch.append(item)
        # From the first item on, for which a page may have to be requested.
        end = end or time.monotonic() + BATCH_SECONDS
        if time.monotonic() >= end:
            break
    return batch


class Opening(_Late, Generic[P]):
    """A workflow that opens a file: a context manager on both clients, of a binary file or of anyio's asynchronous one.

    Args:
        function: Takes the blocking client first and returns a context manager of the file.
    """

    def __init__(self, function: Callable[Concatenate[Any, P], AbstractContextManager[BinaryIO]]) -> None:
        super().__init__(function)

    @overload
    def __get__(self, client: None, owner: type) -> Callable[Concatenate[Any, P], AbstractContextManager[BinaryIO]]: ...
    @overload
    def __get__(
        self, client: AsyncPlatform, owner: type
    ) -> Callable[P, AbstractAsyncContextManager[AsyncFile[bytes]]]: ...
    @overload
    def __get__(self, client: Platform, owner: type) -> Callable[P, AbstractContextManager[BinaryIO]]: ...
    def __get__(self, client: Platform | AsyncPlatform | None, owner: type) -> Any:
        return self._of(client)

    def _asynchronous(self, function: Callable[..., Any], client: AsyncPlatform) -> Callable[..., Any]:
        @asynccontextmanager
        async def run(*args: P.args, **kwargs: P.kwargs) -> AsyncGenerator[AsyncFile[bytes]]:
            from anyio import wrap_file

            # `never` for the end: after a cancellation, too, the file is closed completely.
            stop, never = threading.Event(), threading.Event()
            manager = function(stopping_by(client.blocking(), stop.is_set), *args, **kwargs)
            file = await run_in_thread(manager.__enter__, stop)
            try:
                yield wrap_file(file)
            except BaseException as error:
                leave = partial(manager.__exit__, type(error), error, error.__traceback__)
                if not await run_in_thread(leave, never):
                    raise
            else:
                await run_in_thread(partial(manager.__exit__, None, None, None), never)

        return run
