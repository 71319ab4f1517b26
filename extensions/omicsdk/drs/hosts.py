"""Where prefixes of compact identifiers lead: what the sources say, and in which order they are asked. Nothing is sent here.

Names of variables, their defaults and the form of the cache file are those of Gen3's published client, so that both share
one file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast, get_args

from omicsdk.core.errors import ConfigError
from omicsdk.core.files.home_folder import within_home
from omicsdk.core.narrowing import is_array, is_object
from omicsdk.core.origins import is_loopback

Source = Literal["cache_file", "commons_mds", "dataguids_dist", "dataguids"]
"""Who can know a prefix's host: the cache file, the commons' metadata service, the resolver's list, and the resolver itself."""

SOURCES: tuple[Source, ...] = get_args(Source)
RESOLVER = "https://dataguids.org"
DAYS = 2.0
"""For how many days a host is believed that was looked up before."""
_FILE = "~/.drs_cache/resolved_drs_hosts.json"

_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::[0-9]{1,5})?\Z")
_YES = ("1", "true", "yes", "on")
_NO = ("0", "false", "no", "off", "")


def _users_file() -> Path | None:
    try:
        return within_home(Path(_FILE).expanduser)
    except ConfigError:
        return None


@dataclass(frozen=True, slots=True)
class ResolutionSettings:
    """How prefixes are resolved.

    Attributes:
        order: Who is asked, in this order.
        resolver: The resolver's URL, for the last two sources.
        cache_file: Where hosts are kept from run to run; None for nowhere, as by default for a user without a home.
        days: For how many days they are believed; above 0.
        keeps: Whether what is found is written into the cache file.
    """

    order: tuple[Source, ...] = SOURCES
    resolver: str = RESOLVER
    cache_file: Path | None = field(default_factory=_users_file)
    days: float = DAYS
    keeps: bool = True


def settings_from(environ: Mapping[str, str] | None = None) -> ResolutionSettings:
    """The settings of the environment: DRS_RESOLUTION_ORDER (sources with colons between), DRS_RESOLVER_HOSTNAME, DRS_CACHE,
    DRS_CACHE_EXPIRE_DURATION (days) and LOCALLY_CACHE_RESOLVED_HOSTS (true or false).

    Args:
        environ: The environment's variables; by default the process's own.

    Raises:
        ConfigError: One of them can't be read.
    """
    env = os.environ if environ is None else environ
    order = tuple(
        word.strip() for word in env.get("DRS_RESOLUTION_ORDER", ":".join(SOURCES)).split(":") if word.strip()
    )
    for word in order:
        if word not in SOURCES:
            raise ConfigError(
                f"DRS_RESOLUTION_ORDER names {word!r}",
                remedy=f"Give some of {', '.join(SOURCES)}, with colons between.",
            )
    days = env.get("DRS_CACHE_EXPIRE_DURATION", str(DAYS))
    keeps = env.get("LOCALLY_CACHE_RESOLVED_HOSTS", "true").lower()
    if keeps not in _YES + _NO:
        raise ConfigError(f"LOCALLY_CACHE_RESOLVED_HOSTS is {keeps!r}", remedy="Give true or false.")
    return ResolutionSettings(
        order=cast("tuple[Source, ...]", order),
        resolver=env.get("DRS_RESOLVER_HOSTNAME", RESOLVER).rstrip("/"),
        cache_file=within_home(Path(named).expanduser) if (named := env.get("DRS_CACHE")) else _users_file(),
        days=_days(days),
        keeps=keeps in _YES,
    )


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = -1.0
    if not 0 < days < 36_500:
        raise ConfigError(f"DRS_CACHE_EXPIRE_DURATION is {text!r}", remedy="Give a number of days above 0.")
    return days


def server_url(host: str) -> str:
    """The URL of a host: https, and http where the host is this machine itself.

    Args:
        host: A name or address, with a port where one is named.
    """
    name = host.rpartition(":")[0] if re.search(r":[0-9]+\Z", host) and not host.endswith("]") else host
    return f"{'http' if is_loopback(name.strip('[]')) else 'https'}://{host}"


def host_of(stated: object) -> str | None:
    """The host that a source states, without scheme, path and `/index`; None when that isn't one.

    Args:
        stated: What the source says, such as `https://data.example.org/index/`.
    """
    if not isinstance(stated, str):
        return None
    _, mark, rest = stated.strip().partition("://")
    host = (rest if mark else stated.strip()).partition("/")[0]
    return host.lower() if _HOST.match(host) else None


def hosts_by_prefix(dist: object) -> dict[str, str]:
    """What the resolver's list says of prefixes.

    A neighbour has hints, which are regular expressions such as `.*dg\\.4503.*`. They are read as the texts that they stand
    for and aren't run: whoever writes the list chose them.

    Args:
        dist: The list, decoded: objects with `name`, `host`, `hints` and `type`. Only those of type indexd count.
    """
    found: dict[str, str] = {}
    for neighbour in dist if is_array(dist) else ():
        if not is_object(neighbour) or neighbour.get("type") != "indexd":
            continue
        host, hints = host_of(neighbour.get("host")), neighbour.get("hints")
        for hint in hints if host and is_array(hints) else ():
            if isinstance(hint, str) and (prefix := _literal(hint)):
                found.setdefault(prefix, cast("str", host))
    return found


def _literal(hint: str) -> str:
    text = hint.removeprefix("^").removesuffix("$")
    text = text.removeprefix(".*").removesuffix(".*").removeprefix("(").removesuffix(")")
    plain = text.replace("\\", "").rstrip("/:")
    return plain if re.fullmatch(r"[A-Za-z0-9._-]+", plain) else ""


def named_host(told: object, keys: Iterable[str]) -> str | None:
    """The host that an answer names under a path of keys; None when it doesn't.

    Args:
        told: The answer, decoded.
        keys: The way to it, such as `from_index_service`, `host`.
    """
    for key in keys:
        told = told.get(key) if is_object(told) else None
    return host_of(told)
