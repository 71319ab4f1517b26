"""What `omics gen3 auth` and `whoami` do."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.cli.told import Told
from omicsdk.core.answer import json_of
from omicsdk.core.errors import UsageError
from omicsdk.core.paging import items_at
from omicsdk.core.type_guards import is_array, is_object
from omicsdk.gen3.sources import NAMESPACE_VARIABLE, decode_token
from omicsdk.gen3.tokens import get_wts_endpoint, get_wts_idps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.commands.gen3.access import Access
    from omicsdk.cli.console import Console

_MOST = 1024 * 1024
"""Bytes that a file with a token may have; it is some file else."""


def access_token(access: Access, arguments: Mapping[str, Any], console: Console) -> str:
    """`omics gen3 auth access-token`."""
    del arguments, console
    return access.auth.get_access_token()


def endpoint(access: Access, arguments: Mapping[str, Any], console: Console) -> str:
    """`omics gen3 auth endpoint`."""
    del arguments, console
    return access.endpoint


def curl(access: Access, arguments: Mapping[str, Any], console: Console) -> Any:
    """`omics gen3 auth curl`: the answer, as JSON where it is that."""
    del console
    answer = access.auth.request(arguments["path"], arguments.get("request"), arguments.get("data"))
    if not answer.content:
        return None
    try:
        return json.loads(answer.content)
    except (ValueError, RecursionError):
        return Told(answer.text.removesuffix("\n"), answer.text)


def token_decode(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics gen3 auth token-decode`: the claims of a token or key."""
    del access, console
    return decode_token(_token_in(arguments["token_file"]))


def wts_endpoint(access: Access, arguments: Mapping[str, Any], console: Console) -> str:
    """`omics gen3 auth wts-endpoint`."""
    del access, arguments, console
    return get_wts_endpoint()


def wts_list(access: Access, arguments: Mapping[str, Any], console: Console) -> list[Any]:
    """`omics gen3 auth wts-list`: the logins, as rows."""
    del arguments, console
    inside = bool(os.environ.get(NAMESPACE_VARIABLE)) and not access.is_named
    told: object = get_wts_idps() if inside else json_of(access.commons.wts.get_external_oidc.raw())
    return items_at(told, "providers", "get_external_oidc")


def whoami(access: Access, arguments: Mapping[str, Any], console: Console) -> Any:
    """`omics gen3 whoami`: what the commons says of the user, or a row for each resource."""
    del console
    access.auth.ready()  # without a login there is nobody to tell of
    user: object = json_of(access.commons.fence.get_user_info.raw())
    rights = user.get("authz") if is_object(user) else None
    if not arguments.get("resources") or not is_object(rights):
        return user
    return [
        {"resource": resource, "method": each.get("method"), "service": each.get("service")}
        for resource, allowed in rights.items()
        for each in (allowed if is_array(allowed) else ())
        if is_object(each)
    ]


def _token_in(name: str) -> str:
    """The token in a file: alone, or as the key of a credentials file."""
    try:
        text = sys.stdin.read(_MOST) if name == "-" else Path(name).read_bytes()[:_MOST].decode()
    except OSError as error:
        raise UsageError(
            f"{name} can't be read: {error.strerror or error}", remedy="Give the path of a file, or - for stdin."
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} isn't text", remedy="Give a file that holds a token.") from error
    try:
        content: object = json.loads(text)
    except (ValueError, RecursionError):
        return text.strip()
    key = content.get("api_key") if is_object(content) else content
    return key.strip() if isinstance(key, str) else text.strip()
