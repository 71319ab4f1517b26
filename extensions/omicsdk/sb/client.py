"""`SevenBridges`, the client of the Seven Bridges Platform and the Cancer Genomics Cloud, and `AsyncSevenBridges`.

Both have every operation of the platform as an attribute, and the workflows of this package as methods. The base URL and the
token come from the arguments, from SB_API_ENDPOINT and SB_AUTH_TOKEN, or from the files of sevenbridges-python.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from math import inf
from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from omicsdk_api.sb import AsyncSbApi, SbApi

from omicsdk.core.checked_tokens import checked_token
from omicsdk.core.consistency import Identifier, Rule, Rules
from omicsdk.core.credentials import ApiKey, is_confidential
from omicsdk.core.errors import APIError, ConfigError
from omicsdk.core.files import home_folder, read_small_text
from omicsdk.core.late_names import LateModule
from omicsdk.core.logs import NOTICEABLE, logger, of_wait
from omicsdk.core.platform import (
    NOTHING,
    AsyncPlatform,
    Discovery,
    Listing,
    Opening,
    Platform,
    Search,
    SourceResult,
    Workflow,
    late_modules,
    resolve,
)
from omicsdk.core.redaction import mask_url
from omicsdk.core.request import fault_of
from omicsdk.core.response import AnyExchange, conversation
from omicsdk.core.retry import Retry, seconds_of_date
from omicsdk.core.sending.transport import Sleep, Steps
from omicsdk.core.settings.profiles import PROFILE_VARIABLE
from omicsdk.sb.listings import FILE_NAME

if TYPE_CHECKING:
    import configparser
    from pathlib import Path

    import httpx
    from omicsdk_api.sb import models

    from omicsdk.core.credentials import Credentials
    from omicsdk.core.request import Request
    from omicsdk.sb import apps, downloads, jobs, listings, task_runs, tasks, uploads
else:
    models = LateModule("omicsdk_api.sb.models")
    apps, downloads, jobs, listings, task_runs, tasks, uploads = late_modules(
        "omicsdk.sb", "apps downloads jobs listings task_runs tasks uploads"
    )

_log = logger("omicsdk.sb")

# The header that carries a developer's token.
TOKEN_HEADER = "X-SBG-Auth-Token"  # noqa: S105 - the header's name
# The section of ~/.sevenbridges/credentials that is read when no other is named.
DEFAULT_PROFILE = "default"
REMEDY = (
    "Run: omics login sb. Or set SB_API_ENDPOINT and SB_AUTH_TOKEN, or write a section [default] with api_endpoint and auth_token into "
    "~/.sevenbridges/credentials."
)

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", ""})
_ADVANCE_ACCESS = {"X-Sbg-Advance-Access": "Advance"}


# -- the lookup of the base URL and the token


def developer_token(text: str) -> Credentials:
    """Make credentials of a developer's token. A token of OAuth is given as BearerToken.

    Args:
        text: The token.
    """
    return ApiKey(text, header=TOKEN_HEADER)


def _environment(search: Search) -> SourceResult:
    """The variables, which state both or nothing: one that is set alone belongs to another program's settings."""
    url, token = (search.environ.get(name, "").strip() for name in ("SB_API_ENDPOINT", "SB_AUTH_TOKEN"))
    if url and token:
        return SourceResult(
            url, developer_token(checked_token(token, "SB_AUTH_TOKEN")), "SB_API_ENDPOINT and SB_AUTH_TOKEN"
        )
    has_token = search.credentials is not None or bool(search.environ.get("OMICS_SB_TOKEN", "").strip())
    return SourceResult(url, None, "SB_API_ENDPOINT") if url and has_token else NOTHING


def own_file(*parts: str) -> Path:
    """Return the path of one of the files of sevenbridges-python.

    Args:
        *parts: Its path below ~/.sevenbridges.

    Raises:
        ConfigError: The user has no home folder.
    """
    try:
        return home_folder().joinpath(".sevenbridges", *parts)
    except ConfigError as error:
        error.remedy = "Use the base URL and the token, set both SB_API_ENDPOINT and SB_AUTH_TOKEN, or set HOME."
        raise


def _files(search: Search) -> SourceResult:
    named = search.profile or search.environ.get("SB_PROFILE", "").strip()
    try:
        file = own_file("credentials")
    except ConfigError:
        if search.offline and not named:
            return NOTHING
        raise
    if not named and (not file.exists() or (search.offline and not read_ini(file).has_section(DEFAULT_PROFILE))):
        return NOTHING
    url, token = read_profile(named or DEFAULT_PROFILE)
    return SourceResult(url, developer_token(token), f"{file} [{named or DEFAULT_PROFILE}]")


def read_profile(profile: str, file: Path | None = None) -> tuple[str, str]:
    """Read the base URL and the token of a section of ~/.sevenbridges/credentials.

    Args:
        profile: The section.
        file: Another file in place of that one.

    Raises:
        ConfigError: The file or the section does not exist, lacks one of both, or is malformed.
    """
    file = file or own_file("credentials")
    sections = read_ini(file)
    values = {name: _value_of(sections, profile, name) for name in ("api_endpoint", "auth_token")}
    missing = [name for name, value in values.items() if not value]
    if missing and not sections.has_section(profile):
        profiles = ", ".join(sections.sections()) or "none"
        raise ConfigError(
            f"Profile {profile!r} not found; the file has {profiles}" if file.exists() else "The file does not exist",
            file=str(file),
            remedy=f"Write a section [{profile}] with api_endpoint and auth_token into it.",
        )
    if missing:
        raise ConfigError(
            f"Section [{profile}] has no {missing[0]}",
            file=str(file),
            remedy=f"Write {missing[0]} = ... into that section.",
        )
    return values["api_endpoint"], checked_token(values["auth_token"], f"auth_token in {file}")


def read_ini(file: Path) -> configparser.ConfigParser:
    """Read one of the files of sevenbridges-python; one that does not exist is empty.

    Args:
        file: The file.

    Raises:
        ConfigError: It is malformed, or cannot be read.
    """
    import configparser

    parser = configparser.ConfigParser(interpolation=None)  # tokens may contain a %
    try:
        text, mode = read_small_text(file), file.stat().st_mode
        parser.read_string(text)
    except FileNotFoundError:
        return parser
    except configparser.Error as error:
        line = getattr(error, "lineno", None) or next(iter(getattr(error, "errors", [])), (None,))[0]
        # Not chained: the parser's error quotes the line, which may be the token's.
        raise ConfigError("It is not an INI file", file=str(file), line=line, remedy="Correct that line.") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ConfigError(f"It cannot be read: {reason}", file=str(file)) from error
    has_token = any(parser.has_option(name, "auth_token") for name in parser.sections())
    if os.name != "nt" and mode & 0o077 and has_token:
        _log.warning("%s contains a token and other users can read it; run: chmod 600 %s", file, file)
    return parser


def proxies_in(sections: configparser.ConfigParser) -> dict[str, str]:
    """The proxies of the settings of sevenbridges-python, by scheme.

    Args:
        sections: What `read_ini` returned for its `config` file.
    """
    return by_scheme({name: _value_of(sections, "proxies", name) for name in ("http_proxy", "https_proxy")})


def _value_of(sections: configparser.ConfigParser, section: str, name: str) -> str:
    """Return a value by the one method that programs which replace the parser have; empty if there is none."""
    import configparser

    try:
        value: object = sections.get(section, name)
    except (configparser.NoSectionError, configparser.NoOptionError, KeyError):
        return ""
    return str(value).strip()


def by_scheme(proxies: Mapping[str, str]) -> dict[str, str]:
    """Proxies by "http" and "https"; empty ones are left out.

    Args:
        proxies: Proxies by "http_proxy" and "https_proxy", or "http" and "https", in any case.
    """
    proxies_by_scheme = {name.lower().removesuffix("_proxy"): url for name, url in proxies.items()}
    return {scheme: proxies_by_scheme[scheme] for scheme in ("http", "https") if proxies_by_scheme.get(scheme)}


def advance_access_in(sections: configparser.ConfigParser, file: Path) -> bool:
    """Whether the settings of sevenbridges-python ask for operations in advance access.

    Args:
        sections: What `read_ini` returned for its `config` file.
        file: That file, for errors.

    Raises:
        ConfigError: The value is neither true nor false.
    """
    value = _value_of(sections, "mode", "advance_access").lower()
    if value not in _TRUE | _FALSE:
        raise ConfigError(
            f"advance_access in section [mode] is {value!r}, which is neither true nor false",
            file=str(file),
            remedy="Write true or false.",
        )
    return value in _TRUE


def check_endpoint(url: str) -> None:
    """Refuse a base URL to which the token would be sent unencrypted; a server on this machine may use http.

    Args:
        url: The base URL.

    Raises:
        ConfigError: It is no base URL, or plain http to another machine.
    """
    fault = fault_of(url)
    if fault is not None:
        raise ConfigError(
            f"the platform's URL is {mask_url(url)!r}, which {fault}",
            remedy="Write it with https:// in SB_API_ENDPOINT, the profile or --base-url: https://api.sbgenomics.com/v2.",
        )
    if not is_confidential(url):
        raise ConfigError(
            f"{mask_url(url)} is not https: the token would be sent unencrypted",
            remedy="Use an https URL by --base-url, OMICS_SB_URL, SB_API_ENDPOINT or a profile. Only a server on this machine "
            "may use http, such as http://127.0.0.1:8080/sb/v2 of omics sandbox up.",
        )


# Where the platform's base URL and token are found.
DISCOVERY = Discovery(
    platform="sb",
    environment=_environment,
    files=_files,
    token=developer_token,
    remedy=REMEDY,
    requires_credentials=True,
)


# -- waiting for a platform in maintenance


# Seconds between two requests to a platform that does not state when it takes requests again.
LOOK_EVERY = 300.0
# Seconds for which such a platform is waited for, unless `retry` or --call-budget states a budget: maintenance takes
# hours, not days.
LONGEST_WAIT = 6 * 3600.0
_MAINTENANCE = "0"  # the code of a response 503 during maintenance

# 429 and 503 are not among the statuses: `_Patience` waits for these, for minutes or hours instead of seconds.
# When and how often SevenBridges retries.
DEFAULT_RETRY = Retry(statuses=frozenset({408, 500, 502, 504}))


#: When the wait that was logged last ends, by the client's transport, on its monotonic clock.
_WAITS = WeakKeyDictionary[object, float]()
_waits_guard = Lock()


def _after_fork() -> None:
    global _waits_guard
    _waits_guard = Lock()  # another thread of the parent may hold it


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class _Patience:
    """How long one request waits for a platform that takes no requests for now.

    Neither response means that the request was carried out, so one that is not idempotent is sent again, too.
    """

    def __init__(self, exchange: AnyExchange, request: Request) -> None:
        self._transport = exchange.transport
        self.clock, self._retry = self._transport.clock, self._transport.retry
        self._limit = LONGEST_WAIT if self._retry == DEFAULT_RETRY else self._retry.budget
        self._idempotent = request.idempotent
        self._started_at = self.clock.monotonic()
        self._failures = 0

    def pause(self, error: APIError) -> float:
        """Return the seconds to wait before the next request.

        Args:
            error: The response.

        Raises:
            APIError: The error itself, where there is nothing to wait for, or the wait would exceed the limit.
        """
        seconds = self._pause_of(error)
        elapsed = self.clock.monotonic() - self._started_at
        if seconds is None or self._retry.attempts == 1 or elapsed + seconds > self._limit:
            raise error
        if seconds:
            log = of_wait(_log, elapsed + seconds) if self._is_first(seconds) else _log.debug
            log("%s accepts no more requests for now; waiting %.0f s", error.url, seconds)
        return seconds

    def _is_first(self, seconds: float) -> bool:
        """Return whether no other request of the client waits as long: those that run at once are refused at once."""
        end = self.clock.monotonic() + seconds
        with _waits_guard:
            is_first = end - _WAITS.get(self._transport, -inf) >= NOTICEABLE
            if is_first:
                _WAITS[self._transport] = end
            return is_first

    def _pause_of(self, error: APIError) -> float | None:
        reset = (error.headers or {}).get("x-ratelimit-reset", "") if error.status == 429 else ""
        if reset.replace(".", "", 1).isdecimal():
            # By the service's clock if it states the time: this machine's may be wrong, or be set meanwhile.
            sent = seconds_of_date((error.headers or {}).get("date", ""))
            return max(1.0, float(reset) - (self.clock.now() if sent is None else sent))
        if error.status == 429 or (error.status == 503 and error.code == _MAINTENANCE):
            return LOOK_EVERY if error.retry_after is None else error.retry_after
        if error.status != 503:
            return None
        self._failures += 1
        # Another 503 may come from a proxy, after the request was carried out.
        return error.retry_after if self._idempotent and self._failures < self._retry.attempts else None


def _patient_steps(exchange: AnyExchange, request: Request) -> Steps[httpx.Response]:
    """Return the steps of a request; they wait while the platform takes none."""
    patience = _Patience(exchange, request)
    while True:
        try:
            return (yield from conversation(exchange, request))
        except APIError as error:
            seconds = patience.pause(error)
        yield Sleep(seconds)


# -- the clients


def _whoami(client: SevenBridges) -> models.User:
    """Return the user whose token the client has.

    Raises:
        APIError: The platform refused the token, or responded with another error.
    """
    return client.get_current_user()


_ID = Identifier("id", str.lower)
_PROJECT = Identifier("project", str.casefold)


def _is_revision(requested: str, returned: str) -> bool:
    """Without a revision an identifier means the latest one, which the response states."""
    return returned.startswith(f"{requested}/")


_APP = Identifier("app", str.casefold, _is_revision)
_KINDS = (
    *("file", "task", "import", "export", "job", "automation", "package", "run"),
    *("division", "team", "invoice", "marker"),
)


# Columns of a table of files and folders, the most important first.
COLUMNS = ("name", "type", "size", "modified_on", "id")


class _Workflows:
    _checks = Rules(
        Rule("owner/project", _PROJECT, ["id"]),
        Rule("project", _PROJECT, ["items.*.project"]),
        Rule("parent", Identifier("folder", str.lower), ["items.*.parent"]),
        Rule("name", FILE_NAME, ["items.*.name"], frozenset({"list_files"})),
        Rule("upload_id", _ID, ["upload_id"]),
        *(Rule(f"owner/{kind}", Identifier(kind, str.casefold), ["id"]) for kind in ("volume", "dataset")),
        *(Rule(path, _APP, ["id"]) for path in ("owner/project/app", "owner/project/app/revision")),
        Rule("username", Identifier("user", str.casefold), ["username", "id"]),
        Rule("billing_group", _ID, ["id"]),
        *(Rule(f"{kind}_id", _ID, ["id"]) for kind in _KINDS),
    )
    whoami = Workflow(_whoami)
    ls = Listing(listings.ls, COLUMNS)
    open = Opening(downloads.open_file)
    download = Workflow(downloads.download)
    verify = Workflow(downloads.verify)
    upload = Workflow(uploads.upload)
    files_by_id = Workflow(jobs.files_by_id)
    edit_files = Workflow(jobs.edit_files)
    run_file_job = Workflow(jobs.run_file_job)
    install_app = Workflow(apps.install_app)
    copy_app = Workflow(apps.copy_app)
    create_task = Workflow(tasks.create_task)
    clone_task = Workflow(tasks.clone_task)
    wait_for_tasks = Workflow(task_runs.wait_for_tasks)
    task_logs = Listing(task_runs.logs_of, ("job", "status", "name", "file_id"))


class _Resolution:
    """What both clients take from the variables, and from the files of sevenbridges-python."""

    _discovery = DISCOVERY
    _retry = DEFAULT_RETRY
    _steps = _patient_steps

    def _resolved(
        self,
        base_url: str | None,
        credentials: Credentials | httpx.Auth | str | None,
        profile: str | None,
        environ: Mapping[str, str] | None,
    ) -> tuple[str, Credentials | None]:
        url, resolved = resolve(
            self._discovery, base_url=base_url, credentials=credentials, profile=profile, environ=environ
        )
        if not url:
            raise ConfigError("No Seven Bridges endpoint configured", remedy=REMEDY)
        check_endpoint(url)
        return url, resolved

    def _prepared(
        self,
        base_url: str | None,
        credentials: Credentials | httpx.Auth | str | None,
        profile: str | None,
        environ: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
    ) -> tuple[Mapping[str, str] | None, Mapping[str, str] | None]:
        """Add the proxies and the header for advance access that the settings beside the profiles state."""
        variables = os.environ if environ is None else environ
        named = profile or variables.get(PROFILE_VARIABLE, "").strip()
        without_files = (base_url is not None and credentials is not None) or (
            not named and _environment(Search(variables, credentials=credentials)) != NOTHING
        )
        if without_files:
            return environ, headers
        file = own_file("sevenbridges-python", "config")
        sections = read_ini(file)
        proxies = {f"{scheme}_proxy": url for scheme, url in proxies_in(sections).items()}
        if proxies:
            environ = {**variables, **proxies}
        if advance_access_in(sections, file):
            headers = {**_ADVANCE_ACCESS, **(headers or {})}
        return environ, headers


class SevenBridges(_Workflows, _Resolution, Platform, SbApi):
    """A client of the Seven Bridges Platform, or of the Cancer Genomics Cloud. Thread-safe; close it, or use it in a `with`
    block.

    While the platform accepts no requests (too many of them, or maintenance), it waits, for up to six hours; `retry` bounds
    this, and NO_RETRY ends it. Arguments: those of `omicsdk.core.platform.Platform`. Text given as `credentials` is a
    developer's token; give a token of OAuth as BearerToken. Without arguments SB_API_ENDPOINT and SB_AUTH_TOKEN are used,
    else the section of ~/.sevenbridges/credentials that `profile`, OMICS_PROFILE or SB_PROFILE names, else its section
    `default`.

    Example:
        with SevenBridges() as client:
            for entry in client.ls("sb://me/my-project/"):
                print(entry.path)
            client.download("sb://me/my-project/reads/", "data")
    """


class AsyncSevenBridges(_Workflows, _Resolution, AsyncPlatform, AsyncSbApi):
    """The same for asyncio and trio; workflows run in threads. Arguments: those of `omicsdk.core.platform.AsyncPlatform`."""

    _blocking_class = SevenBridges
