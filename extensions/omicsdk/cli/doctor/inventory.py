"""Gathers what is installed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from omicsdk.cli.doctor.software import Curl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[^]]*\])?[^;]*(?:;(.*))?")
_EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")
_OURS = frozenset({"all", "dev", "docs"})
"""Extras that are sums of others, or for those who work on omicsdk."""


def curl() -> Curl:
    """What pycurl says of itself."""
    try:
        from omicsdk.transfer.network.wire import pycurl
    except ImportError as error:
        return Curl(error=str(error))
    told = pycurl.version_info()
    binding = re.search(r"PycURL/(\S+)", pycurl.version)
    return Curl(binding[1] if binding else "", told[1], told[5] or "", tuple(told[8]))


def missing_of_extras() -> dict[str, list[str]]:
    """Each extra of omicsdk with the packages of it that aren't installed here."""
    from importlib.metadata import PackageNotFoundError, distribution

    def is_installed(name: str) -> bool:
        try:
            distribution(name)
        except PackageNotFoundError:
            return False
        return True

    try:
        requirements = distribution("omicsdk").requires or []
    except PackageNotFoundError:  # run from a checkout that isn't installed
        return {}
    return missing(requirements, is_installed)


def missing(requirements: Iterable[str], is_installed: Callable[[str], bool]) -> dict[str, list[str]]:
    """Which packages each extra lacks.

    Args:
        requirements: Those of a distribution's metadata, such as `pandas>=2; extra == "gen3"`.
        is_installed: Tells of a package whether it is there.
    """
    found: dict[str, list[str]] = {}
    for requirement in requirements:
        read = _REQUIREMENT.match(requirement)
        extra = _EXTRA.search(read[3] or "") if read else None
        if read is None or extra is None or extra[1] in _OURS:
            continue
        lacking = found.setdefault(extra[1], [])
        if read[1] != "omicsdk" and not is_installed(read[1]):
            lacking.append(read[1])
    return found
