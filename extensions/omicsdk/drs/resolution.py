"""From an identifier to its server: prefixes are looked up in the order of the settings."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast, get_args
from urllib.parse import quote

from omicsdk.core.client import Client
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.credentials import is_loopback
from omicsdk.core.errors import ConfigError, NotFound, OmicsError
from omicsdk.core.files import expanded, in_place_of, locked, read_small
from omicsdk.core.json_coding import decoded
from omicsdk.core.logs import logger
from omicsdk.core.page_items import found_at
from omicsdk.core.plain_client import PlainClient, beside, exchange_of, plain_request
from omicsdk.core.retry import Retry
from omicsdk.core.type_guards import is_object
from omicsdk.drs.identifiers import (
    PREFIXES,
    DrsId,
    host_in_pattern,
    host_of,
    host_of_resources,
    hosts_by_prefix,
    namespace_of,
    parse_drs_id,
)

if TYPE_CHECKING:
    import httpx
    from omicsdk_api.gen3.indexd import IndexdApi
    from omicsdk_api.gen3.metadata import MetadataApi


Source = Literal["table", "cache_file", "commons_mds", "dataguids_dist", "dataguids", "identifiers_org", "n2t"]
"""What can know a prefix's host: the table of `omicsdk.drs.identifiers`, the cache file, the commons' metadata service, the resolver's list,
the resolver itself, and the two registries of compact identifiers."""

SOURCES: tuple[Source, ...] = get_args(Source)
RESOLVER = "https://dataguids.org"
IDENTIFIERS_ORG = "https://registry.api.identifiers.org"
N2T = "https://n2t.net"
LOOKUP_SECONDS = 10.0
"""Seconds for each step of a request to a source."""
FAILURE_SECONDS = 60.0
"""Seconds until a prefix that no source knew is looked up again: a list has many objects of it, and a network may return."""
_TRIES = 3  # of each source at most: there are others
HOSTS_VARIABLE = "OMICS_DRS_HOSTS"
"""Environment variable: hosts of prefixes that no source is asked about, such as dg.4503=gen3.example.org,drs.abc=drs.example.org."""
DAYS = 2.0
"""For how many days a host is believed that was looked up before."""
_FILE = "~/.drs_cache/resolved_drs_hosts.json"

_YES = ("1", "true", "yes", "on")
_NO = ("0", "false", "no", "off", "")


def _users_file() -> Path | None:
    try:
        return expanded(_FILE)
    except ConfigError:
        return None


@dataclass(frozen=True, slots=True)
class ResolutionSettings:
    """How prefixes are resolved.

    Attributes:
        order: Sources, in the order of lookups.
        resolver: The resolver's URL, for the sources dataguids_dist and dataguids.
        cache_file: The file that keeps hosts between runs; None for no file, the default for a user without a home.
        days: Days for which an entry of the file is valid; above 0.
        keeps: Whether found hosts are written to the cache file.
        hosts: Hosts by prefix that take precedence over all sources; with a port if they have one.
        identifiers_org: The URL of identifiers.org's registry.
        n2t: The URL of n2t.net.
    """

    order: tuple[Source, ...] = SOURCES
    resolver: str = RESOLVER
    cache_file: Path | None = field(default_factory=_users_file)
    days: float = DAYS
    keeps: bool = True
    hosts: Mapping[str, str] = field(default_factory=dict[str, str])
    identifiers_org: str = IDENTIFIERS_ORG
    n2t: str = N2T


def settings_from(environ: Mapping[str, str] | None = None) -> ResolutionSettings:
    """The settings of the environment: DRS_RESOLUTION_ORDER (sources with colons between), DRS_RESOLVER_HOSTNAME, DRS_CACHE,
    DRS_CACHE_EXPIRE_DURATION (days), LOCALLY_CACHE_RESOLVED_HOSTS (true or false), and OMICS_DRS_HOSTS (PREFIX=HOST, with commas
    between).

    Args:
        environ: The environment's variables; by default the process's own.

    Raises:
        ConfigError: One of them cannot be read.
    """
    env = os.environ if environ is None else environ
    text = env.get("DRS_RESOLUTION_ORDER")
    order = SOURCES if text is None else tuple(word.strip() for word in text.split(":") if word.strip())
    for word in order:
        if word not in SOURCES:
            raise ConfigError(
                f"DRS_RESOLUTION_ORDER names {word!r}", remedy=f"Use some of {', '.join(SOURCES)} separated by colons."
            )
    keeps = env.get("LOCALLY_CACHE_RESOLVED_HOSTS", "true").lower()
    if keeps not in _YES + _NO:
        raise ConfigError(f"LOCALLY_CACHE_RESOLVED_HOSTS is {keeps!r}", remedy="Use true or false.")
    return ResolutionSettings(
        order=cast("tuple[Source, ...]", order),
        resolver=(env.get("DRS_RESOLVER_HOSTNAME") or RESOLVER).rstrip("/"),
        cache_file=expanded(named) if (named := env.get("DRS_CACHE")) else _users_file(),
        days=_days(env.get("DRS_CACHE_EXPIRE_DURATION") or str(DAYS)),
        keeps=keeps in _YES,
        hosts=dict(_host_pair(word) for word in env.get(HOSTS_VARIABLE, "").split(",") if word.strip()),
    )


def _host_pair(text: str) -> tuple[str, str]:
    prefix, _, host_text = text.strip().partition("=")
    host = host_of(host_text)
    if not prefix.strip() or host is None:
        raise ConfigError(f"{HOSTS_VARIABLE} has {text.strip()!r}", remedy="Use PREFIX=HOST, with commas between.")
    return prefix.strip(), host


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = -1.0
    if not 0 < days < 36_500:
        raise ConfigError(f"DRS_CACHE_EXPIRE_DURATION is {text!r}", remedy="Use a number of days above 0.")
    return days


def server_url(host: str) -> str:
    """Return the URL of a host: https, or http for this machine.

    Args:
        host: A name or address, with a port if it has one.
    """
    name = host.rpartition(":")[0] if re.search(r":[0-9]+\Z", host) and not host.endswith("]") else host
    return f"{'http' if is_loopback(name.strip('[]')) else 'https'}://{host}"


_log = logger("omicsdk.drs")

_FORM = "%m/%d/%Y %H:%M:%S:%z"
_PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class HostCache:
    """Hosts by prefix.

    Attributes:
        path: The file. A missing or unreadable one is treated as empty: it can be created again.
        days: Days for which an entry is valid.
        clock: The source of time.
    """

    path: Path
    days: float
    clock: Clock = SYSTEM_CLOCK

    def find(self, prefix: str) -> str | None:
        """The host of a prefix; None if the file has none, or too old a one.

        Args:
            prefix: The prefix, such as `dg.4503`.
        """
        cached = self._read()["cache"]
        # The file is shared with Gen3's client, which writes prefixes as users do.
        entry = cached.get(prefix) or next((cached[name] for name in cached if name.lower() == prefix.lower()), None)
        if not is_object(entry) or not self._is_young(entry.get("created")):
            return None
        return host_of(entry.get("host"))

    def keep(self, prefix: str, host: str) -> None:
        """Write an entry. If the file cannot be written, this is logged without an error.

        Args:
            prefix: The prefix.
            host: Its host.
        """
        try:
            with locked(self.path, patience=_PATIENCE):
                # Read within the lock: another process may have added entries, and members that are not ours stay.
                content = self._read()
                now = datetime.fromtimestamp(self.clock.now(), UTC).strftime(_FORM)
                content["info"] = content.get("info") or {"created": now}
                content["cache"][prefix] = {"host": host, "name": "", "type": "indexd", "created": now}
                with in_place_of(self.path, durable=False) as file:
                    file.write(json.dumps(content, indent=1).encode())
        except (OSError, OmicsError) as error:
            _log.info("%s is not written: %s", self.path, error)

    def _read(self) -> dict[str, Any]:
        """Return the file's content, always with an object of entries as `cache`."""
        content: object = None
        try:
            content = json.loads(read_small(self.path))
        except FileNotFoundError:
            pass
        except (OSError, ValueError, RecursionError) as error:
            _log.info("%s is not read: %s", self.path, error)
        data = content if is_object(content) else {}
        entries = data.get("cache")
        return {**data, "cache": entries if is_object(entries) else {}}

    def _is_young(self, created: object) -> bool:
        try:
            created_at = datetime.strptime(str(created), _FORM)
        except ValueError:
            return False
        age = datetime.fromtimestamp(self.clock.now(), UTC) - created_at
        # A little in the future: machines that share the file may have different clocks.
        return timedelta(minutes=-10) < age < timedelta(days=self.days)


class UnknownPrefix(OmicsError):
    """No resolver knows which server a prefix belongs to.

    Args:
        prefix: The prefix.
        reasons: The result of each source, one text per source.

    Attributes:
        prefix: The prefix.
    """

    default_remedy = (
        f"Write the server into the identifier (drs://HOST/ID), or set {HOSTS_VARIABLE}=PREFIX=HOST, or DRS_RESOLVER_HOSTNAME to a server "
        "that knows the prefix."
    )

    def __init__(self, prefix: str, reasons: list[str]) -> None:
        reasons_text = "; ".join(reasons) or "no resolver was queried"
        super().__init__(f"No server is known for the prefix {prefix} ({reasons_text})")
        self.prefix = prefix
        self.remedy = self.remedy.replace("PREFIX=HOST", f"{prefix}=HOST")


C = TypeVar("C", bound=Client)


class Resolver:
    """Finds the servers of objects. Thread-safe: a prefix is looked up once, by one thread; the others wait for it. One that
    no source knew is looked up again after `FAILURE_SECONDS`.

    Args:
        default_host: The server of identifiers that name none and have no prefix, such as a commons' host; empty if
            there is none.
        mds_url: The commons whose metadata service resolves prefixes, as a URL; by default that of `default_host`.
        known_hosts: Hosts by prefix that need no lookup, such as a commons' own; or a function that finds them, called once
            when a prefix is first looked up.
        settings: How to look up; by default from the environment.
        retry: Retries of each lookup; by default the client's, but two at most.
        clock: The source of time and waits.
        transport: Replaces the network, for tests.
        client: The client whose settings and connections are used; it stays open.
        has_all: Whether the default host is also that of identifiers alone that have a prefix: those that are no drs://
            URIs.
    """

    def __init__(
        self,
        default_host: str = "",
        *,
        mds_url: str | None = None,
        known_hosts: Mapping[str, str] | Callable[[], Mapping[str, str]] | None = None,
        settings: ResolutionSettings | None = None,
        retry: Retry | None = None,
        clock: Clock = SYSTEM_CLOCK,
        transport: Any = None,
        client: Client | None = None,
        has_all: bool = False,
    ) -> None:
        self.default_host = default_host
        self._has_all = has_all and bool(default_host)
        self.settings = settings_from() if settings is None else settings
        self._mds_url = mds_url if mds_url is not None else (server_url(default_host) if default_host else "")
        file = self.settings.cache_file
        self._cache = None if file is None else HostCache(file, self.settings.days, clock)
        if retry is None:
            client_retry = None if client is None else exchange_of(client).transport.retry
            retry = (
                client_retry if client_retry is not None and client_retry.attempts < _TRIES else Retry(attempts=_TRIES)
            )
        self._limits: dict[str, Any] = {"retry": retry, "timeout": LOOKUP_SECONDS}
        self._options: dict[str, Any] = {**self._limits, "transport": transport, "clock": clock}
        self._client = client
        self._lock = threading.Lock()
        self._settled = _lowered(self.settings.hosts)
        self._known_hosts = cache(known_hosts) if callable(known_hosts) else lambda: known_hosts or {}
        self._clock = clock
        self._hosts: dict[str, tuple[str | list[str], float]] = {}  # the host, or why there is none, and since when
        self._dist: dict[str, str] | None = None

    def host(self, identifier: DrsId | str) -> str:
        """Return the server of an object.

        Args:
            identifier: Its identifier.

        Returns:
            The host, with its port if it has one.

        Raises:
            NotADrsId: The text is not an identifier.
            UnknownPrefix: No resolver knows its prefix, or it has none and there is no default host.
        """
        drs_id = parse_drs_id(identifier) if isinstance(identifier, str) else identifier
        if drs_id.host:
            return drs_id.host
        if not drs_id.prefix or (self._has_all and not drs_id.text.lower().startswith("drs:")):
            if self.default_host:
                return self.default_host
            error = UnknownPrefix("", [])
            error.message = f"No server is named for {drs_id}: it has no prefix, and there is no base URL"
            error.remedy = "Pass base_url (--base-url), or write the server into the identifier (drs://HOST/ID)."
            raise error
        prefix = drs_id.prefix.lower()  # prefixes are compared without case
        # Held during the lookup, by all prefixes: downloads have few, and a registry is not to be asked twice at the same time.
        with self._lock:
            outcome, since = self._hosts.get(prefix, ([], 0.0))
            if isinstance(outcome, list) and (not outcome or self._clock.monotonic() - since >= FAILURE_SECONDS):
                outcome = (
                    self._settled.get(prefix) or _lowered(self._known_hosts()).get(prefix) or self._looked_up(drs_id)
                )
                self._hosts[prefix] = outcome, self._clock.monotonic()
        if isinstance(outcome, list):
            raise UnknownPrefix(drs_id.prefix, outcome)
        return outcome

    def _looked_up(self, drs_id: DrsId) -> str | list[str]:
        reasons: list[str] = []
        for source in self.settings.order:
            try:
                host = self._host_from(source, drs_id)
            except OmicsError as error:
                reasons.append(f"{source}: {error.message}")
                continue
            if host:
                _log.info("%s is at %s (%s)", drs_id.prefix, host, source)
                if source not in ("table", "cache_file") and self.settings.keeps and self._cache is not None:
                    self._cache.keep(drs_id.prefix, host)
                return host
            reasons.append(f"{source}: not known")
        return reasons

    def _host_from(self, source: Source, drs_id: DrsId) -> str | None:
        lookups: dict[Source, Callable[[], str | None]] = {
            "table": lambda: PREFIXES.get(drs_id.prefix.lower(), ("", None))[1],
            "cache_file": lambda: None if self._cache is None else self._cache.find(drs_id.prefix),
            "commons_mds": lambda: self._from_commons(drs_id),
            "dataguids_dist": lambda: self._from_dist(drs_id),
            "dataguids": lambda: self._from_resolver(drs_id),
            "identifiers_org": lambda: self._from_identifiers_org(drs_id),
            "n2t": lambda: self._from_n2t(drs_id),
        }
        return lookups[source]()

    def _from_commons(self, drs_id: DrsId) -> str | None:
        if not self._mds_url:
            return None
        with self._metadata(f"{self._mds_url}/mds") as metadata:
            try:
                return host_of(found_at(_json(metadata.get_aggregate_info.raw(what=drs_id.prefix)), "host"))
            except NotFound:
                return None

    def _from_dist(self, drs_id: DrsId) -> str | None:
        if self._dist is None:
            with self._index() as index:
                self._dist = _lowered(hosts_by_prefix(_json(index.get_dist.raw())))
        return self._dist.get(drs_id.prefix.lower())

    def _from_resolver(self, drs_id: DrsId) -> str | None:
        try:
            with self._index() as index:
                return host_of(found_at(_json(index.get.raw(guid=drs_id.name)), "from_index_service.host"))
        except NotFound:
            pass
        with self._metadata(f"{self.settings.resolver}/mds") as metadata:
            try:
                return host_of(found_at(_json(metadata.get.raw(guid=drs_id.prefix)), "host"))
            except NotFound:
                return None

    def _from_identifiers_org(self, drs_id: DrsId) -> str | None:
        """Two requests, as "Appendix: Compact Identifier-Based URIs" of GA4GH DRS 1.5 describes them."""
        provider, _, prefix = drs_id.prefix.rpartition("/")
        path = "/restApi/{}/search/{}"
        with self._opened(PlainClient, self.settings.identifiers_org) as registry:

            def fetched(kind: str, search: str, name: str, value: str) -> object:
                request = plain_request("identifiers.org", "GET", path.format(kind, search), query=[(name, value)])
                return _json(registry.send(request))

            try:
                number = namespace_of(fetched("namespaces", "findByPrefix", "prefix", prefix.lower()))
                resources = fetched("resources", "findAllByNamespaceId", "id", number) if number else None
            except NotFound:
                return None
        return host_of_resources(resources, provider)

    def _from_n2t(self, drs_id: DrsId) -> str | None:
        """One request; its response is text with a line `redirect: PATTERN`."""
        path = f"/{quote(drs_id.prefix.lower(), safe='/')}:"
        with self._opened(PlainClient, self.settings.n2t) as registry:
            try:
                text = registry.send(plain_request("n2t.net", "GET", path, headers={"accept": "text/plain, */*"})).text
            except NotFound:
                return None
        match = re.search(r"^[ \t]*redirect:[ \t]*(\S+)", text, re.MULTILINE)
        return host_in_pattern(match[1]) if match else None

    def _index(self) -> AbstractContextManager[IndexdApi]:
        from omicsdk_api.gen3.indexd import IndexdApi

        return self._opened(IndexdApi, f"{self.settings.resolver}/index")

    def _metadata(self, base_url: str) -> AbstractContextManager[MetadataApi]:
        from omicsdk_api.gen3.metadata import MetadataApi

        return self._opened(MetadataApi, base_url)

    def _opened(self, kind: type[C], base_url: str) -> AbstractContextManager[C]:
        if self._client is None:
            return kind(base_url, **self._options)
        # Not closed at the end: its connections are the client's.
        return nullcontext(beside(self._client, kind, base_url, None).with_options(**self._limits))


def _lowered(hosts: Mapping[str, str]) -> dict[str, str]:
    return {prefix.lower(): host for prefix, host in hosts.items()}


def _json(response: httpx.Response) -> object:
    """A response, decoded; None for one that is not JSON, such as a page for users: it knows no host."""
    try:
        return decoded(response.content)
    except ValueError:
        return None
