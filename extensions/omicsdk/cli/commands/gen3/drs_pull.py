"""What `omics gen3 drs-pull` does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.gen3.downloads import moved_down, wanted_in
from omicsdk.core.credentials import ANONYMOUS
from omicsdk.core.errors import OmicsError
from omicsdk.core.type_guards import is_array, is_object
from omicsdk.drs.identifiers import parse_drs_id
from omicsdk.drs.planning import Wanted, find
from omicsdk.drs.resolution import server_url
from omicsdk.drs.servers import Servers
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.downloads import Logins, permissions_of

if TYPE_CHECKING:
    from omicsdk.cli.commands.gen3.access import Access
    from omicsdk.cli.console import Console
    from omicsdk.drs.planning import DrsFile


def manifest(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics gen3 drs-pull manifest`: counts, and what became of each file."""
    return _pulled(access, wanted_in(arguments["infile"], console), arguments, console)


def one_object(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics gen3 drs-pull object`: the same of one object."""
    return _pulled(access, [Wanted(parse_drs_id(arguments["object_id"]))], arguments, console)


def objects(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics gen3 drs-pull objects`: the same of several."""
    return _pulled(access, [Wanted(parse_drs_id(each)) for each in arguments["object_ids"]], arguments, console)


def ls(access: Access, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics gen3 drs-pull ls`: rows of files, or of what one may do where they are."""
    name: str = arguments["infile"]
    wanted = [Wanted(parse_drs_id(name))] if arguments.get("object") else wanted_in(name, console)
    with access.commons.servers() as servers:
        if arguments.get("access"):
            return _rights(wanted, servers, Logins(access.commons), console)
        # Without what a manifest states: what is stated isn't asked for, and the list is of what the commons has.
        found = find([Wanted(each.identifier, each.name) for each in wanted], servers)
    failed = [file for file in found if file.error is not None]
    if failed and len(failed) == len(found) == 1 and failed[0].error is not None:
        raise failed[0].error
    for file in failed:
        console.some_failed(f"{file.wanted.identifier.text}: {file.error}")
    return [_row(file) for file in found if file.error is None]


def _pulled(access: Access, wanted: list[Wanted], arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    folder = Path(arguments["output_dir"])
    return moved_down(access, wanted, folder, arguments, console, unpacks=not arguments.get("no_unpack_packages"))


def _row(file: DrsFile) -> dict[str, Any]:
    found = file.found
    return {
        "file_name": file.name,
        "size": found.size if found is not None else None,
        "object_id": found.id if found is not None else file.wanted.identifier.text,
        "host": file.server.host if file.server is not None else None,
        "checksums": dict(found.checksums) if found is not None else {},
        "access_methods": [method.kind for method in found.methods] if found is not None else [],
    }


def _rights(wanted: list[Wanted], servers: Servers, logins: Logins, console: Console) -> list[dict[str, Any]]:
    """What one may do in each commons that has some of the files, a row for each resource."""
    hosts: dict[str, None] = {}
    for each in wanted:
        try:
            hosts.setdefault(servers.of(each.identifier).host)
        except OmicsError as error:
            console.some_failed(f"{each.identifier.text}: {error}")
    rows: list[dict[str, Any]] = []
    for host in hosts:
        try:
            with Gen3(server_url(host), credentials=logins(host) or ANONYMOUS) as commons:
                authz = permissions_of(commons)
        except OmicsError as error:
            console.some_failed(f"{host}: {error}")
            continue
        for resource, allowed in authz.items():
            listed = [each for each in allowed if is_object(each)] if is_array(allowed) else []
            methods = sorted({str(each.get("method")) for each in listed})
            rows.append({"host": host, "resource": resource, "methods": methods})
    return rows
