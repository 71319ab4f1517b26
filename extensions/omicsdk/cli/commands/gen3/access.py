"""The login to a commons and the services of it, and commands about both."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.values import text_of
from omicsdk.cli.foreground import exit_code_of
from omicsdk.cli.output import Console, TextAndData
from omicsdk.core.errors import UsageError
from omicsdk.core.page_items import items_at
from omicsdk.core.response import json_of
from omicsdk.core.type_guards import is_array, is_object
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.discovery import PROFILE_PAGE
from omicsdk.gen3.errors import Gen3AuthError
from omicsdk.gen3.login import Gen3Login
from omicsdk.gen3.sources import decode_token
from omicsdk.gen3.tokens import get_wts_idps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omicsdk.cli.shapes import Command

TOKEN_VARIABLE = "GEN3_TOKEN"  # noqa: S105 - the name of a variable


def service_of(client: Gen3, package: str, command: Command) -> Any:
    """The generated client of an operation.

    Args:
        client: The commons.
        package: The operation's package, such as gen3.fence.
        command: The operation. Metadata is changed at another address than it is read from.
    """
    name = package.rpartition(".")[2]
    changes = command.get("method") != "GET" and not (command.get("path") or "").startswith("/objects")
    return client.metadata_admin if name == "metadata" and changes else getattr(client, name)


def login_of(client: Gen3) -> Gen3Login:
    """The login of a commons' client.

    Args:
        client: The client.

    Raises:
        Gen3AuthError: It has none.
    """
    if isinstance(client.credentials, Gen3Login):
        return client.credentials
    raise Gen3AuthError(
        f"No login for {client.base_url}",
        remedy=f"Run `omics login gen3`. Or pass --access-token FILE, or set GEN3_API_KEY: {PROFILE_PAGE}",
    )


def access_token(client: Gen3) -> str:
    """Print an access token, renewed when it is about to expire.

    Anyone who has it can act as you until it expires: keep it secret.
    """
    return login_of(client).get_access_token()


def endpoint(client: Gen3) -> str:
    """Print the commons that the login is for."""
    return client.base_url


def curl(client: Gen3, path: str, *, request: str | None = None, data: str | None = None) -> Any:
    """Send a request to the commons with a token, and print the response.

    JSON is printed like any result, other content as it was received.

    Args:
        path: Path of the request, such as /user/user, with its query.
        request: GET, POST, PUT, PATCH or DELETE; by default POST with --data, else GET.
        data: The body: JSON or other text, or @FILE for the content of a file.
    """
    response = login_of(client).request(path, request, data)
    if not response.content:
        return None
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        return TextAndData(response.text.removesuffix("\n"), response.text)


def token_decode(token_file: str) -> dict[str, Any]:
    """Print the claims of a token: its user, its issuer, and when it expires.

    The token is not verified.

    Args:
        token_file: File that holds a token, or a credentials file; - is stdin.
    """
    text = text_of(token_file, "TOKEN_FILE")
    try:
        content: object = json.loads(text)
    except (ValueError, RecursionError):
        return decode_token(text.strip())
    # A credentials file has its token as `api_key`; a token in quotes is JSON, too.
    key = content.get("api_key") if is_object(content) else content
    return decode_token(key.strip() if isinstance(key, str) else text.strip())


def wts_list(client: Gen3) -> list[Any]:
    """List the logins of other commons that the workspace token service has.

    Within a workspace, its own service is used; elsewhere that of the commons.
    """
    login = client.credentials
    inside = isinstance(login, Gen3Login) and login.is_workspaces
    response: object = get_wts_idps() if inside else json_of(client.wts.get_external_oidc.raw())
    return items_at(response, "providers", "get_external_oidc")


def whoami(client: Gen3, *, resources: bool = False) -> Any:
    """Show the user of the login, and their permissions.

    Args:
        resources: Print a row for each resource and permission.
    """
    user: object = json_of(client.fence.get_user_info.raw())
    rights = user.get("authz") if is_object(user) else None
    if not resources or not is_object(rights):
        return user
    return [
        {"resource": resource, "method": permission.get("method"), "service": permission.get("service")}
        for resource, allowed in rights.items()
        for permission in (allowed if is_array(allowed) else ())
        if is_object(permission)
    ]


def run(client: Gen3, program: Sequence[str], *, console: Console) -> None:
    """Run a command with an access token in GEN3_TOKEN.

    All words after PROGRAM are passed to it unchanged. Write options of omics before PROGRAM. The exit code is
    the command's, or 128 plus the number of the signal that ended it.

    Args:
        program: The command and its arguments.
        console: What the command's exit code is given to.

    Raises:
        UsageError: No command has that name.
        Gen3AuthError: There is no login, or it gives no token.
    """
    token = login_of(client).get_access_token()
    try:
        console.exit_code = exit_code_of(program, {**os.environ, TOKEN_VARIABLE: token})
    except OSError as error:
        raise UsageError(
            f"cannot run {program[0]}: {error.strerror or error}", remedy="Check its name and permissions."
        ) from error
