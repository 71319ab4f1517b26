"""What `omics pangea version` and `omics pangea user` do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.pangea.lines import as_json, told
from omicsdk.cli.commands.pangea.places import plain
from omicsdk.core.errors import AuthError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.commands.pangea.access import Access
    from omicsdk.cli.console import Console
    from omicsdk.cli.told import Told


def version(arguments: Mapping[str, Any], console: Console) -> str:
    """`omics pangea version`: that of this package."""
    del arguments, console
    from omicsdk import __version__

    return __version__


def info(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics pangea user info`: the account."""
    del console
    access.need_login()  # the service fails where nobody is logged in
    account = plain(access.api.get_me)
    return told(as_json(account), account, arguments)


def change_password(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics pangea user change-password`: nothing to print."""
    given: str = arguments["new_password"]
    new = sys.stdin.readline().rstrip("\r\n") if given == "-" else given
    if not new:
        raise UsageError("the new password is empty", remedy="Give one.")
    login = access.login
    if login is None:
        raise AuthError(
            "There is no login with the present password",
            remedy="Give --email and --password, or set PANGEA_USER and PANGEA_PASS; a token doesn't do.",
        )
    access.api.set_password.raw(new_password=new, current_password=login[1])
    console.message(f"changed password for user: {login[0]}")
    return told("", None, arguments)


def token(access: Access, arguments: Mapping[str, Any], console: Console) -> str:
    """`omics pangea user token`: the token."""
    del arguments, console
    return access.token()
