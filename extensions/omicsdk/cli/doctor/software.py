"""What is installed: Python, libcurl, the extras. Decisions over gathered facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from omicsdk.cli.doctor.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Curl(NamedTuple):
    """What moves bytes.

    Attributes:
        binding: Version of pycurl; empty where it can't be loaded.
        library: Version of libcurl.
        tls: What encrypts, such as `OpenSSL/3.0.2`; empty for nothing.
        protocols: What it speaks.
        error: Why it can't be loaded.
    """

    binding: str = ""
    library: str = ""
    tls: str = ""
    protocols: tuple[str, ...] = ()
    error: str = ""


def curl(facts: Curl) -> Outcome:
    """Whether files can be moved, over TLS too.

    Args:
        facts: What was gathered.
    """
    again = "Install it anew: pip install --force-reinstall --no-cache-dir pycurl"
    if facts.error:
        return Outcome("pycurl", "", "failed", f"can't be loaded: {facts.error}", again)
    what = f"pycurl {facts.binding}, libcurl {facts.library}, {facts.tls or 'no TLS'}"
    if not facts.tls or "https" not in facts.protocols:
        return Outcome("pycurl", "", "failed", f"{what}: files can't be had by https", again)
    return Outcome("pycurl", "", "ok", what)


def versions(omicsdk: str, python: str, system: str) -> Outcome:
    """What runs; for reports of faults.

    Args:
        omicsdk: Our version.
        python: Python's.
        system: The system.
    """
    return Outcome("versions", "", "ok", f"omicsdk {omicsdk}, {python}, {system}")


def extras(missing: Mapping[str, Sequence[str]]) -> list[Outcome]:
    """Which extras are there; one that isn't is no fault.

    Args:
        missing: Each extra with the packages of it that aren't installed.
    """
    whole = sorted(name for name, packages in missing.items() if not packages)
    outcomes = [Outcome("extras", "installed", "ok", ", ".join(whole) or "none")]
    lacking = sorted(name for name, packages in missing.items() if packages)
    if lacking:
        remedy = f"Where a command asks for one: pip install 'omicsdk[{lacking[0]}]'"
        outcomes.append(Outcome("extras", "not installed", "skipped", ", ".join(lacking), remedy))
    return outcomes
