"""From an identifier to the server that has the object: asks who may know a prefix's host, in the order of the settings."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import NotFound, OmicsError
from omicsdk.core.retry import Retry
from omicsdk.drs.host_cache import HostCache
from omicsdk.drs.hosts import ResolutionSettings, Source, hosts_by_prefix, named_host, server_url, settings_from
from omicsdk.drs.identifiers import DrsId, parse_drs_id

if TYPE_CHECKING:
    import httpx
    from omicsdk_api.gen3.indexd import IndexdApi
    from omicsdk_api.gen3.metadata import MetadataApi

logger = logging.getLogger("omicsdk.drs")


class UnknownPrefix(OmicsError):
    """Nobody who was asked knows which server a prefix belongs to.

    Args:
        prefix: The prefix.
        reasons: What came of asking, one text a source.

    Attributes:
        prefix: The prefix.
    """

    default_remedy = "Write the server into the identifier (drs://HOST/ID), or name one that knows the prefix by DRS_RESOLVER_HOSTNAME."

    def __init__(self, prefix: str, reasons: list[str]) -> None:
        asked = "; ".join(reasons) or "nobody was asked"
        super().__init__(f"No server is known for the prefix {prefix} ({asked})")
        self.prefix = prefix


class Resolver:
    """Finds servers of objects. Thread-safe: a prefix is looked up once, by one thread; the others wait for it.

    Args:
        default_host: The server of identifiers that name none and have no prefix, such as a commons' host; empty when there
            is none.
        mds_url: The commons whose metadata service knows prefixes, as a URL; by default that of `default_host`.
        known: Hosts by prefix that nobody needs to be asked about, such as a commons' own.
        settings: Who is asked; by default as the environment says.
        retry: How often each of them is asked again; by default twice.
        clock: What tells the time and waits.
        transport: Takes the place of the network, for tests.
    """

    def __init__(
        self,
        default_host: str = "",
        *,
        mds_url: str | None = None,
        known: Mapping[str, str] | None = None,
        settings: ResolutionSettings | None = None,
        retry: Retry | None = None,
        clock: Clock = SYSTEM_CLOCK,
        transport: Any = None,
    ) -> None:
        self.default_host = default_host
        self.settings = settings_from() if settings is None else settings
        self._mds_url = mds_url if mds_url is not None else (server_url(default_host) if default_host else "")
        file = self.settings.cache_file
        self._cache = None if file is None else HostCache(file, self.settings.days, clock)
        self._options: dict[str, Any] = {"retry": retry or Retry(attempts=3), "transport": transport, "clock": clock}
        self._lock = threading.Lock()
        self._found: dict[str, str | list[str]] = dict(known or {})  # the host, or why there is none
        self._dist: dict[str, str] | None = None

    def host(self, identifier: DrsId | str) -> str:
        """The server of an object.

        Args:
            identifier: Its identifier.

        Returns:
            The host, with its port where it has one.

        Raises:
            NotADrsId: The text isn't an identifier.
            UnknownPrefix: Nobody knows where its prefix leads, or it has none and there is no default host.
        """
        one = parse_drs_id(identifier) if isinstance(identifier, str) else identifier
        if one.host:
            return one.host
        if not one.prefix:
            if self.default_host:
                return self.default_host
            raise UnknownPrefix(f"of {one}", ["it has none, and no commons was named"])
        with self._lock:
            if one.prefix not in self._found:
                self._found[one.prefix] = self._looked_up(one)
            found = self._found[one.prefix]
        if isinstance(found, list):
            raise UnknownPrefix(one.prefix, found)
        return found

    def _looked_up(self, one: DrsId) -> str | list[str]:
        reasons: list[str] = []
        for source in self.settings.order:
            try:
                host = self._asked(source, one)
            except OmicsError as error:
                reasons.append(f"{source}: {error.message}")
                continue
            if host:
                logger.info("%s is at %s (%s)", one.prefix, host, source)
                if source != "cache_file" and self.settings.keeps and self._cache is not None:
                    self._cache.keep(one.prefix, host)
                return host
            reasons.append(f"{source}: not known")
        return reasons

    def _asked(self, source: Source, one: DrsId) -> str | None:
        ask: dict[Source, Callable[[], str | None]] = {
            "cache_file": lambda: None if self._cache is None else self._cache.find(one.prefix),
            "commons_mds": lambda: self._from_commons(one),
            "dataguids_dist": lambda: self._from_dist(one),
            "dataguids": lambda: self._from_resolver(one),
        }
        return ask[source]()

    def _from_commons(self, one: DrsId) -> str | None:
        if not self._mds_url:
            return None
        with self._metadata(f"{self._mds_url}/mds") as metadata:
            try:
                return named_host(_json(metadata.get_aggregate_info.raw(what=one.prefix)), ("host",))
            except NotFound:
                return None

    def _from_dist(self, one: DrsId) -> str | None:
        if self._dist is None:
            with self._index() as index:
                self._dist = hosts_by_prefix(_json(index.get_dist.raw()))
        return self._dist.get(one.prefix)

    def _from_resolver(self, one: DrsId) -> str | None:
        try:
            with self._index() as index:
                return named_host(_json(index.get.raw(guid=one.name)), ("from_index_service", "host"))
        except NotFound:
            pass
        with self._metadata(f"{self.settings.resolver}/mds") as metadata:
            try:
                return named_host(_json(metadata.get.raw(guid=one.prefix)), ("host",))
            except NotFound:
                return None

    def _index(self) -> IndexdApi:
        from omicsdk_api.gen3.indexd import IndexdApi

        return IndexdApi(f"{self.settings.resolver}/index", **self._options)

    def _metadata(self, base_url: str) -> MetadataApi:
        from omicsdk_api.gen3.metadata import MetadataApi

        return MetadataApi(base_url, **self._options)


def _json(response: httpx.Response) -> object:
    """An answer, decoded; None for one that isn't JSON, such as a page for people: it knows no host."""
    try:
        return response.json()
    except ValueError:
        return None
