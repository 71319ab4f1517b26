"""What this program knows of errors besides what services state: how to log in, which services are closed, and which texts
name data of archives."""

from __future__ import annotations

from omicsdk.cli.services import SERVICES, variable
from omicsdk.core.errors import AuthError, ConnectFailed, OmicsError, SomeFailed, TimedOut, Unauthorized


def advise(error: BaseException, where: str) -> None:
    """Add it to the remedy of an error.

    Args:
        error: The error.
        where: The command that failed.
    """
    if isinstance(error, SomeFailed):
        # Of errors that are all for credentials the first one is shown, alone.
        whole = where if all(isinstance(cause, AuthError) for cause in error.errors) else ""
        for member in error.errors:
            advise(member, whole)
    elif isinstance(error, ConnectFailed | TimedOut):
        from omicsdk.hca.retirement import retirement

        error.remedy = retirement(error.url) or error.remedy
    elif isinstance(error, OmicsError) and isinstance(error, FileNotFoundError) and (path := getattr(error, "uri", "")):
        from omicsdk.portals.names.grammar import names_in

        names = names_in(path)
        if names and names[0].archive != "identifiers":  # a form that file names have as well
            error.remedy = f"It names data of an archive: omics get {path} --to FOLDER; --dry-run lists its files."
    elif isinstance(error, Unauthorized) and where and (error.schemes or error.remedy == Unauthorized.default_remedy):
        # The service's response does not state how to give this program a token.
        error.remedy = _remedy(where.split()[1] if " " in where else "")


def _remedy(service: str) -> str:
    """Return the remedy if a service requires a login."""
    from omicsdk.cli.catalog import builtin_commands

    if any(command["command"] == service for command in builtin_commands()):
        # A command for files of any platform.
        return "Run `omics init`, which shows the credentials of each platform and how to get missing ones."
    remedy = SERVICES[service].get("remedy") if service in SERVICES else None
    return remedy or f"Use a token that this service issued: set {variable(service, 'TOKEN')}, or pass --access-token."
