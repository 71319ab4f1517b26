"""What `omics pangea delete` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.pangea_batches import each, tell
from omicsdk.cli.commands.pangea_places import plain
from omicsdk.cli.errors import INTERRUPTED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.commands.pangea_access import Access
    from omicsdk.cli.console import Console

SHOWN = 3
"""Names that a question gives before it counts."""


def sample(access: Access, arguments: Mapping[str, Any], console: Console) -> list[dict[str, str]] | None:
    """`omics pangea delete sample`."""
    return _deleted(access, "sample", access.api.get_sample, access.api.delete_sample, arguments, console)


def group(access: Access, arguments: Mapping[str, Any], console: Console) -> list[dict[str, str]] | None:
    """`omics pangea delete group`."""
    return _deleted(
        access, "sample group", access.api.get_sample_group, access.api.delete_sample_group, arguments, console
    )


def sample_result(access: Access, arguments: Mapping[str, Any], console: Console) -> list[dict[str, str]] | None:
    """`omics pangea delete sample-result`."""
    api = access.api
    return _deleted(
        access, "sample result", api.get_sample_analysis_result, api.delete_sample_analysis_result, arguments, console
    )


def group_result(access: Access, arguments: Mapping[str, Any], console: Console) -> list[dict[str, str]] | None:
    """`omics pangea delete group-result`."""
    api = access.api
    return _deleted(
        access,
        "sample group result",
        api.get_sample_group_analysis_result,
        api.delete_sample_group_analysis_result,
        arguments,
        console,
    )


def _deleted(
    access: Access, kind: str, get: Any, delete: Any, arguments: Mapping[str, Any], console: Console
) -> list[dict[str, str]] | None:
    uuids = list(
        dict.fromkeys(uuid.lower() for uuid in arguments["uuids"])
    )  # the service knows them in lower case only
    access.token()  # what is public can be seen without a login, and not deleted
    there, failed = each(uuids, lambda uuid: _told(kind, plain(get, uuid=uuid)), lambda uuid: f"{kind} {uuid}")
    if arguments.get("dry_run"):
        tell(failed, len(uuids), "deletions", console)
        return [_outcome("would delete", told) for told in there]
    if there:
        named = ", ".join(told["what"] for told in there[:SHOWN])
        more = f" and {len(there) - SHOWN} more" if len(there) > SHOWN else ""
        if not console.confirm(f"Deleting {named}{more} is for good. Go on?"):
            console.message("nothing was deleted")
            console.exit_code = INTERRUPTED
            return None

    def gone(told: dict[str, str]) -> dict[str, str]:
        delete.raw(uuid=told["uuid"])
        return told

    done, refused = each(there, gone, lambda told: told["what"])
    for told in done:
        console.message(f"deleted {kind} {told['uuid']}")
    tell([*failed, *refused], len(uuids), "deletions", console)
    return [_outcome("deleted", told) for told in done]


def _outcome(what: str, told: Mapping[str, str]) -> dict[str, str]:
    return {what: told["kind"], "name": told["name"], "uuid": told["uuid"]}


def _told(kind: str, thing: Mapping[str, Any]) -> dict[str, str]:
    name = thing.get("name") or f"{thing.get('module_name')} {thing.get('replicate')}"
    return {"kind": kind, "name": name, "uuid": thing["uuid"], "what": f"the {kind} {name} ({thing['uuid']})"}
