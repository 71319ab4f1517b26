"""The client of the commands for DRS objects, and the output of these and of htsget and refget."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.transfers import ended, finish, foreseen, plan_line, print_failures
from omicsdk.cli.commands.values import text_of
from omicsdk.cli.listing import Rows
from omicsdk.core.errors import OmicsError
from omicsdk.core.sizes import size_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from omicsdk.cli.output import Call, Console, TextAndData
    from omicsdk.core.credentials import Credentials
    from omicsdk.drs import Drs, DrsFile
    from omicsdk.ga4gh import SavedSequence, SavedSlice
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
    from omicsdk.drs.identifiers import known_host
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
    names = ("folder", "download_dir", "output_dir", "path")
    folder = next((arguments[name] for name in names if name in arguments), ".")
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


def saved_slice(result: SavedSlice, call: Call) -> dict[str, Any]:
    """Render a slice: what was written, and what it was compared with."""
    finish(result, call, is_counted=True)
    (outcome,) = result.files
    is_planned, is_skipped = outcome.state == "planned", outcome.state == "skipped"
    verified = ", ".join(outcome.checksums) if is_planned else outcome.verified or "unverified"
    summary = {
        "path": result.path,
        "format": result.format,
        "size": outcome.size,
        "blocks": result.blocks,
        "blocks_kept": result.blocks_kept,
        "verification": verified,
        "skipped": is_skipped,
        "planned": is_planned,
    }
    where = call.console.called.get(result.path, result.path)
    size = size_words(outcome.size)
    resumed = f", {result.blocks_kept} of them resumed" if result.blocks_kept else ""
    blocks = f"{result.blocks} blocks{resumed}" if result.blocks != 1 else "1 block"
    if is_planned:
        call.console.message(f"{where}: {result.format}, {size} in {blocks} would be fetched")
        row = {"target": result.path, "checksum": verified or None, "source": call.arguments["what"]}
        call.console.message(plan_line({"size": outcome.size, **row}))
        return summary | row
    if is_skipped:
        call.console.message(f"{where} is already complete: {result.format}, {size}, verified by md5")
    elif result.ok:
        verified = verified if verified == "unverified" else f"verified by {verified}"
        call.console.message(f"{where}: {result.format}, {size} in {blocks}, {verified}")
    return summary


def saved_sequence(result: SavedSequence, call: Call) -> object:
    """Render a sequence: what was written, and the digest that it was compared with."""
    finish(result, call, is_counted=True)
    (outcome,) = result.files
    if outcome.state == "planned":
        return foreseen(result)
    where = call.console.called.get(result.path, result.path)
    if result.ok:
        verified = f"verified by {outcome.verified}" if outcome.verified else "no digest to compare with"
        call.console.message(f"{where}: {result.length:,} letters, {verified}")
    return {"path": result.path, "id": result.id, "length": result.length, "verification": outcome.verified}
