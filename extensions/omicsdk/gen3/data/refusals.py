"""What a commons means when it refuses a file."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from omicsdk.core.errors import Forbidden, Unauthorized

if TYPE_CHECKING:
    from omicsdk.gen3.data.logins import Logins


def explained(error: Unauthorized, logins: Logins) -> Unauthorized | Forbidden:
    """Says what a 401 means: another commons was asked without a login, or a good login may not read the file.

    Args:
        error: The answer; it gets a remedy.
        logins: Who was asked with which login.
    """
    asked = urlsplit(error.url).netloc.lower()
    host = next((each for each in logins.refused if each.lower() == asked), "")
    if host:
        error.remedy = (
            f"There is no login for {host}: {logins.refused[host]}. Log in to it on your profile page, or use its own."
        )
        return error
    return _forbidden(error) if logins.has_own and "permission" in error.message else error


def _forbidden(error: Unauthorized) -> Forbidden:
    """The same answer as what it means: Fence says 401, too, to those it knows, where they may not read a file."""
    return Forbidden(
        error.message,
        status=error.status,
        code=error.code,
        request_id=error.request_id,
        method=error.method,
        url=error.url,
        body=error.body,
        operation=error.operation,
        headers=error.headers,
        remedy="The login is good and may not read this file: ask the owner of the data for access.",
    )
