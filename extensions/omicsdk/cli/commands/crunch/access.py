"""The crunch site of a command: its URL and token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omicsdk.core.errors import OmicsError
from omicsdk.crunch.client import Crunch

if TYPE_CHECKING:
    from omicsdk.core.credentials import Credentials


def token(text: str) -> str:
    """What --access-token gives, for `connect`: a site has a header of its own for it."""
    return text


def connect(
    base_url: str | None,
    *,
    credentials: Credentials | str | None = None,
    url: str | None = None,
    token: str | None = None,
) -> Crunch:
    """The site behind `omics crunch`.

    Args:
        base_url: What --base-url or OMICS_CRUNCH_URL states.
        credentials: The token that --access-token or OMICS_CRUNCH_TOKEN states.
        url: What --url states, which wins.
        token: What --token states, which wins.

    Raises:
        ConfigError: There is no URL or no token, or an invalid one.
    """
    try:
        return _Site(url or base_url, credentials=token or credentials)
    except OmicsError as error:
        _name_options(error)
        raise


class _Site(Crunch):
    """A site whose errors name options of the command, where they name arguments in Python."""

    def __exit__(self, *raised: object) -> None:
        for error in raised:
            if isinstance(error, OmicsError):
                _name_options(error)
        super().__exit__(*raised)


def _name_options(error: OmicsError) -> None:
    for argument, option in (("base_url", "--url"), ("credentials", "--token")):
        error.remedy = error.remedy.replace(f"{argument}=", option)
