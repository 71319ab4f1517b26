"""The other commons that the index asks for GUIDs that it doesn't know."""

import ipaddress
import re
from typing import Any, cast
from urllib.parse import quote, urlsplit

from omicsdk.sandbox.gen3.indexd.index import NEIGHBOURS, Index
from omicsdk.sandbox.gen3.indexd.record import JsonObject
from omicsdk.sandbox.gen3.indexd.refusals import refuse
from omicsdk.sandbox.service import Call, Reply

_SECONDS = 5.0


def get_dist(index: Index, call: Call) -> Reply:
    """GET /_dist."""
    del call
    return Reply(neighbours(index))


def neighbours(index: Index) -> list[JsonObject]:
    """The other commons, each with name, host, hints and type.

    Raises:
        Problem: 500; somebody turned the setting to something else.
    """
    stated = index.json_setting(NEIGHBOURS)
    if not isinstance(stated, list) or not all(_is_neighbour(each) for each in cast("list[Any]", stated)):
        raise refuse(500, f"The sandbox's setting {NEIGHBOURS} isn't a list of objects with name, host and hints")
    return cast("list[JsonObject]", stated)


def _is_neighbour(stated: Any) -> bool:
    match stated:
        case {"name": str(), "host": str()}:
            hints: Any = stated.get("hints", [])
            return isinstance(hints, list) and all(_is_pattern(each) for each in cast("list[Any]", hints))
        case _:
            return False


def _is_pattern(hint: Any) -> bool:
    try:
        return isinstance(hint, str) and bool(re.compile(hint))
    except re.error:
        return False


def in_order(known: list[JsonObject], guid: str) -> list[JsonObject]:
    """Other commons in the order in which they are asked: those whose hints fit the GUID first.

    Args:
        known: The other commons.
        guid: The GUID.
    """
    return sorted(known, key=lambda each: not any(re.match(hint, guid) for hint in each.get("hints", ())))


def ask_neighbours(index: Index, guid: str) -> JsonObject | None:
    """A record that another commons has.

    Args:
        index: The index.
        guid: The record's GUID.

    Returns:
        The record, with the name and address of that commons as `from_index_service`; None when none has it.
    """
    for each in in_order(neighbours(index), guid):
        # A sandbox reaches nothing beyond its machine.
        if each.get("type") == "indexd" and _is_near(each["host"]):
            found = _ask(each["host"], guid)
            if found is not None:
                return {**found, "from_index_service": {"host": each["host"], "name": each["name"]}}
    return None


def _ask(host: str, guid: str) -> JsonObject | None:
    import httpx

    try:
        answer = httpx.get(f"{host.rstrip('/')}/{quote(guid)}?no_dist", timeout=_SECONDS, trust_env=False)
        record: Any = answer.json() if answer.status_code == 200 else None
    except (httpx.HTTPError, ValueError):  # nobody is there, or somebody who is no index
        return None
    return cast("JsonObject", record) if isinstance(record, dict) else None


def _is_near(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
