"""What `omics pangea delete` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.agreement import agreed
from omicsdk.cli.commands.pangea.batches import each, tell
from omicsdk.cli.commands.pangea.lines import lines, told
from omicsdk.cli.commands.pangea.places import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from omicsdk.cli.commands.pangea.access import Access
    from omicsdk.cli.console import Console
    from omicsdk.cli.told import Told

SHOWN = 3
"""Names that a question gives before it counts."""


def sample(access: Access, arguments: Mapping[str, Any], console: Console) -> Told | None:
    """`omics pangea delete sample`."""
    return _deleted(access, "sample", access.api.get_sample, access.api.delete_sample, arguments, console)


def group(access: Access, arguments: Mapping[str, Any], console: Console) -> Told | None:
    """`omics pangea delete group`."""
    return _deleted(
        access, "sample group", access.api.get_sample_group, access.api.delete_sample_group, arguments, console
    )


def sample_result(access: Access, arguments: Mapping[str, Any], console: Console) -> Told | None:
    """`omics pangea delete sample-result`."""
    api = access.api
    return _deleted(
        access, "sample result", api.get_sample_analysis_result, api.delete_sample_analysis_result, arguments, console
    )


def group_result(access: Access, arguments: Mapping[str, Any], console: Console) -> Told | None:
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
) -> Told | None:
    # The service knows UUIDs in lower case only.
    uuids = list(dict.fromkeys(uuid.lower() for uuid in arguments["uuids"]))
    access.need_login()  # what is public can be seen without a login, and not deleted
    there, failed = each(uuids, lambda uuid: _facts(kind, plain(get, uuid=uuid)), lambda uuid: f"{kind} {uuid}")
    if arguments.get("dry_run"):
        for thing in there:
            console.message(f"would delete {thing['what']}")
        tell(failed, len(uuids), "deletions", console)
        return _outcomes("would delete", kind, there, arguments)
    if there:
        named = ", ".join(thing["what"] for thing in there[:SHOWN])
        more = f" and {len(there) - SHOWN} more" if len(there) > SHOWN else ""
        if not agreed(f"Deleting {named}{more} is for good. Go on?", console):
            return None

    def gone(thing: dict[str, str]) -> dict[str, str]:
        delete.raw(uuid=thing["uuid"])
        return thing

    done, refused = each(there, gone, lambda thing: thing["what"])
    for thing in done:
        console.message(f"deleted {kind} {thing['uuid']}")
    tell([*failed, *refused], len(uuids), "deletions", console)
    return _outcomes("deleted", kind, done, arguments)


def _outcomes(what: str, kind: str, found: Sequence[Mapping[str, str]], arguments: Mapping[str, Any]) -> Told:
    rows = [{what: kind, "name": thing["name"], "uuid": thing["uuid"]} for thing in found]
    text = lines(f"{what} {kind} {row['uuid']}" for row in rows)
    return told(text, rows, arguments, made=True)


def _facts(kind: str, thing: Mapping[str, Any]) -> dict[str, str]:
    name = thing.get("name") or f"{thing.get('module_name')} {thing.get('replicate')}"
    return {"name": name, "uuid": thing["uuid"], "what": f"the {kind} {name} ({thing['uuid']})"}
