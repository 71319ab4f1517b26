"""Responses of prefix registries, read as hosts: dataguids.org, identifiers.org and n2t.net. Pure."""

from __future__ import annotations

import re
from typing import cast

from omicsdk.core.page_items import found_at
from omicsdk.core.type_guards import is_array, only_objects

_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::[0-9]{1,5})?\Z")
_OBJECTS = "/ga4gh/drs/v1/objects/"


def host_of(url: object) -> str | None:
    """Return the host that a source states, without scheme, path and `/index`; None if it is invalid.

    Args:
        url: The source's text, such as `https://data.example.org/index/`.
    """
    if not isinstance(url, str):
        return None
    _, mark, rest = url.strip().partition("://")
    host = (rest if mark else url.strip()).partition("/")[0]
    return host.lower() if _HOST.match(host) else None


def hosts_by_prefix(dist: object) -> dict[str, str]:
    """Return the hosts by prefix from the resolver's list.

    A neighbour has hints, which are regular expressions such as `.*dg\\.4503.*`. They are read as the texts that they
    match and never executed: the author of the list chose them.

    Args:
        dist: The list, decoded: objects with `name`, `host`, `hints` and `type`. Only those of type indexd count.
    """
    hosts: dict[str, str] = {}
    for neighbour in only_objects(dist):
        if neighbour.get("type") != "indexd":
            continue
        host, hints = host_of(neighbour.get("host")), neighbour.get("hints")
        for hint in hints if host and is_array(hints) else ():
            if isinstance(hint, str) and (prefix := _literal(hint)):
                hosts.setdefault(prefix, cast("str", host))
    return hosts


def _literal(hint: str) -> str:
    text = hint.removeprefix("^").removesuffix("$")
    text = text.removeprefix(".*").removesuffix(".*").removeprefix("(").removesuffix(")")
    plain = text.replace("\\", "").rstrip("/:")
    return plain if re.fullmatch(r"[A-Za-z0-9._-]+", plain) else ""


def host_in_pattern(pattern: object) -> str | None:
    """Return the DRS server of a registry's URL pattern; None for other patterns, which are those of web pages.

    Args:
        pattern: The pattern, such as `https://drs.example.org/ga4gh/drs/v1/objects/{$id}`.
    """
    if not isinstance(pattern, str) or not pattern.startswith("https://") or _OBJECTS not in pattern:
        return None
    rest = pattern.removeprefix("https://")
    return host_of(pattern) if rest.partition("/")[2].startswith(_OBJECTS[1:]) else None


def namespace_of(payload: object) -> str | None:
    """Return the number of a namespace, from the links of its record at identifiers.org; None if it has none.

    Args:
        payload: The decoded record.
    """
    href: object = found_at(payload, "_links.namespace.href") or found_at(payload, "_links.self.href")
    number = href.partition("{")[0].rstrip("/").rpartition("/")[2] if isinstance(href, str) else ""
    return number if number.isdecimal() else None


def host_of_resources(payload: object, provider: str = "") -> str | None:
    """Return the DRS server of a namespace, from its resources at identifiers.org; None if it has none.

    Args:
        payload: The decoded response.
        provider: The provider's code in front of the prefix, of `drs://PROVIDER/PREFIX:ID`; empty for any provider.
    """
    hosts = (
        host_in_pattern(resource.get("urlPattern"))
        for resource in only_objects(found_at(payload, "_embedded.resources"))
        if not resource.get("deprecated") and provider in ("", resource.get("providerCode"))
    )
    return next(filter(None, hosts), None)
