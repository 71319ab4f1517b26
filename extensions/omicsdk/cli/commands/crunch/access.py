"""From what was typed to a crunch site: which one, and whose token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omicsdk.core.errors import OmicsError
from omicsdk.crunch.connections import Connection
from omicsdk.crunch.errors import CrunchAPIException

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from omicsdk.cli.console import Console


def token(text: str) -> str:
    """What --access-token gives, for `connect`: a site has a header of its own for it."""
    return text


def connect(
    base_url: str | None, *, credentials: str | None = None, url: str | None = None, token: str | None = None
) -> Connection:
    """The site behind `omics crunch`.

    Args:
        base_url: What --base-url or OMICS_CRUNCH_URL says.
        credentials: The token that --access-token or OMICS_CRUNCH_TOKEN says.
        url: What --url says, which wins.
        token: What --token says, which wins.

    Raises:
        CrunchAPIException: There is no URL or no token, or one that can't be one (a ConfigError).
    """
    try:
        return _Site(url or base_url, token or credentials)
    except CrunchAPIException as error:
        _say_options(error)
        raise


class _Site(Connection):
    """A connection whose errors name options of the command, where they name arguments in Python."""

    def __exit__(self, *raised: object) -> None:
        for error in raised:
            if isinstance(error, OmicsError):
                _say_options(error)
        super().__exit__(*raised)


def _say_options(error: OmicsError) -> None:
    error.remedy = error.remedy.replace("base_url=", "--url").replace("token=", "--token")


def told(connection: Connection, arguments: Mapping[str, Any], console: Console) -> Connection:
    """A connection that tells what it sends, unless that isn't wanted.

    Args:
        connection: The connection.
        arguments: What was typed.
        console: Where it is told.
    """
    connection.verbose = not arguments["no_verbose"]
    connection.say = console.message
    return connection
