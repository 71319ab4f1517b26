"""The client of the commands for DRS objects, and their output."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.transfers import ended, finish, foreseen, print_failures
from omicsdk.cli.commands.values import text_of
from omicsdk.cli.listing import Rows
from omicsdk.core.errors import OmicsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from omicsdk.cli.output import Call, Console, TextAndData
    from omicsdk.core.credentials import Credentials
    from omicsdk.drs import Drs, DrsFile
    from omicsdk.transfer import TransferReport


def connect(base_url: str | None, *, credentials: Credentials | str | None = None, passport: Sequence[str] = ()) -> Drs:
    """Make the client of any DRS servers: each gets the login that is for it.

    Args:
        base_url: The value of --base-url or OMICS_DRS_URL.
        credentials: The token of --access-token or OMICS_DRS_TOKEN; for the server of the base URL only.
        passport: The files of --passport; each has passports with white space between.

    Raises:
        UsageError: A file cannot be read.
        ConfigError: A file has no passports.
    """
    from omicsdk.drs import Drs, HostCredentials, Passports
    from omicsdk.drs.credentials import host_in_url
    from omicsdk.drs.hosts import known_host
    from omicsdk.fs.stores.drs import found_login

    tokens = [token for file in passport for token in text_of(file, "--passport").split()]
    passports = Passports(tokens) if passport else None
    base = Drs(base_url, credentials=credentials)
    own_host = host_in_url(base.base_url)

    def of(host: str) -> Credentials | None:
        if host == own_host and base.credentials is not None:
            return base.credentials
        login = found_login(host)
        known_server = known_host(host)
        takes_passports = host == own_host or (known_server is not None and known_server.passports)
        return login if login is not None or not takes_passports else passports

    return base.with_options(credentials=HostCredentials(of))


def file_listing(result: Iterator[DrsFile], call: Call) -> Rows:
    """Render a listing of files."""
    return Rows.of(resolved_rows(result, call.console))


def resolved_rows(files: Iterable[DrsFile], console: Console) -> Iterator[dict[str, Any]]:
    """Yield the rows of the files that were found; report the others at the end.

    Args:
        files: The files.
        console: Prints messages.

    Raises:
        OmicsError: The only file was not found.
    """
    errors: list[OmicsError] = []
    total = 0
    for file in files:
        total += 1
        if file.error is None:
            yield file.to_dict()
        else:
            errors.append(OmicsError(f"{file.requested.identifier.text}: {file.error}"))
            errors[-1].__cause__ = file.error
    if total == 1 and errors and isinstance(cause := errors[0].__cause__, OmicsError):
        raise cause
    print_failures(errors, console, total)


def downloaded(result: TransferReport, call: Call) -> dict[str, Any] | TextAndData:
    """Render a download: counts, and the result for each file."""
    arguments = call.arguments
    folder = next(
        (arguments[name] for name in ("folder", "download_dir", "output_dir", "path") if name in arguments), "."
    )
    finish(result, call, where=folder)
    if arguments.get("dry_run"):
        return foreseen(result)
    files = [
        {
            "id": outcome.label or outcome.name,
            "path": str(Path(folder, outcome.name)),
            "size": outcome.size,
            **ended(outcome),
        }
        for outcome in result.outcomes
    ]
    return {"counts": result.counts, "verification": result.verification, "files": files}
