"""From settings to a client: where the service is, and what proves who asks."""

from __future__ import annotations

import os
from contextlib import contextmanager, nullcontext
from importlib import import_module

from omicsdk.cli.variables import variable
from omicsdk.core.base_urls import fault_of
from omicsdk.core.errors import OmicsError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from contextlib import AbstractContextManager
    from typing import Any

    from omicsdk.cli.catalog import Found
    from omicsdk.cli.shapes import Service


PROFILE = "OMICS_PROFILE"


class Connection:
    """What the global options say of a service, for commands that connect by themselves.

    Attributes:
        base_url: What --base-url states.
        access_token: What --access-token states.
        profile: What --profile or OMICS_PROFILE states.
    """

    __slots__ = ("access_token", "base_url", "profile")

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.base_url: str | None = settings.get("base-url") or None
        self.access_token: str | None = settings.get("access-token")
        self.profile: str | None = settings.get("profile") or os.environ.get(PROFILE) or None


@contextmanager
def in_profile(settings: Mapping[str, Any]) -> Generator[None]:
    """Have all clients of a command use the profile that --profile names, those of its worker processes too.

    Args:
        settings: Values of the global options that were given.
    """
    named, before = settings.get("profile"), os.environ.get(PROFILE)
    if not named:
        yield
        return
    os.environ[PROFILE] = named
    try:
        yield
    finally:
        if before is None:
            del os.environ[PROFILE]
        else:
            os.environ[PROFILE] = before


def loaded(target: str) -> Any:
    """What `module:name` stands for."""
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


def connected(
    found: Found,
    service: Service | None,
    settings: Mapping[str, Any],
    access: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Any:
    """A client for a command.

    Args:
        found: The command.
        service: What is registered for its service.
        settings: Values of the global options that were given.
        access: Values of the service's own options that were given, for the client.
        environ: Environment variables; by default the process'.

    Raises:
        UsageError: Nothing says where the service is.
        ConfigError: A setting can't be read, or the token can't be one.
    """
    variables: Mapping[str, str] = os.environ if environ is None else environ
    name = found.path[0]
    if (settings.get("profile") or variables.get(PROFILE)) and service is not None and "client" in service:
        variables = {}  # a named profile wins over them; the client knows the order
    base_url = settings.get("base-url") or variables.get(variable(name, "URL")) or None
    token = settings.get("access-token") or variables.get(variable(name, "TOKEN")) or None
    options: dict[str, Any] = dict(access or {})
    if token is not None:
        own = service.get("credentials") if service is not None else None
        options["credentials"] = loaded(own or "omicsdk.core.credentials:BearerToken")(token)
    if base_url is not None and (fault := fault_of(base_url)) is not None:
        from omicsdk.core.redaction import mask_url

        source = "--base-url" if settings.get("base-url") else variable(name, "URL")
        remedy = "Give the service's address, which begins with https:// and a host."
        raise UsageError(f"{source}: {mask_url(base_url)!r} {fault}", remedy=remedy)
    client = _client_class(found, service)
    try:
        return client(base_url, **options)
    except OmicsError as error:
        if base_url is None and service is None:
            raise UsageError(
                f"nothing says where {name} is", remedy=f"Give --base-url, or set {variable(name, 'URL')}."
            ) from error
        raise


def as_patient(settings: Mapping[str, Any]) -> AbstractContextManager[None]:
    """Has the clients that a command makes wait for calls, and retry them, as the global options say.

    Args:
        settings: Values of the global options that were given.

    Raises:
        UsageError: One is no time.
    """
    timeout, budget = settings.get("call-timeout"), settings.get("call-budget")
    if timeout is None and budget is None:
        return nullcontext()
    from omicsdk.core.sending.transport import Timeout, call_limits

    waits = None
    if timeout is not None:
        seconds = seconds_of("--call-timeout", timeout)
        waits = Timeout(read=seconds, write=seconds, body=seconds)
    return call_limits(waits, None if budget is None else seconds_of("--call-budget", budget))


def seconds_of(option: str, text: str) -> float:
    """Reads a time.

    Args:
        option: The option that it follows.
        text: Seconds, or hours, minutes and seconds: 2h30m.

    Raises:
        UsageError: It is none, or nothing.
    """
    import re

    match = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?", text.strip(), re.IGNORECASE)
    hours, minutes, seconds = match.groups() if match else (None, None, None)
    time = float(hours or 0) * 3600 + float(minutes or 0) * 60 + float(seconds or 0)
    if time <= 0:
        raise UsageError(f"{option} {text}: that is no time", remedy="Give seconds, or one such as 90m or 2h30m.")
    return time


def _client_class(found: Found, service: Service | None) -> Any:
    target = service.get("client") if service is not None else None
    if target is not None:
        return loaded(target)
    module = import_module(f"omicsdk_api.{found.package}")
    return next(getattr(module, name) for name in module.__all__ if name.endswith("Api") and name[:5] != "Async")
