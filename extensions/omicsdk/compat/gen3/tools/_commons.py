"""The client behind the documented functions: made of their arguments, with the errors that scripts catch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.compat.gen3._service import catching, parties
from omicsdk.core.credentials import ANONYMOUS
from omicsdk.gen3.client import AsyncGen3, Gen3

if TYPE_CHECKING:
    from omicsdk.compat.gen3._service import Auth
    from omicsdk.core.platform import Platform


def commons(endpoint: str | None = None, auth: Auth | None = None) -> Gen3:
    """Make the client of a commons.

    Args:
        endpoint: The commons, or its index; by default that of `auth`.
        auth: A Gen3Auth, or a name and a password; None for no login.

    Raises:
        Gen3UserError: Neither names a commons.
        ConfigError: The endpoint is invalid.
    """
    return catching(Gen3(**_arguments(endpoint, auth)))


def async_commons(endpoint: str | None = None, auth: Auth | None = None) -> AsyncGen3:
    """Make the asynchronous client of a commons; arguments and errors are those of `commons`."""
    return _AsyncCommons(**_arguments(endpoint, auth))


def _arguments(endpoint: str | None, auth: Auth | None) -> dict[str, Any]:
    url, credentials = parties(endpoint, auth)
    return {"base_url": url.removesuffix("/index"), "credentials": credentials or ANONYMOUS}


class _AsyncCommons(AsyncGen3):
    def blocking(self) -> Platform:
        return catching(super().blocking())
