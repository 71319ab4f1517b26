"""What `omics gen3 export` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import UsageError
from omicsdk.gen3.records.exports import export_file, export_project, export_records, export_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.commands.gen3.access import Access
    from omicsdk.cli.console import Console


def export(access: Access, arguments: Mapping[str, Any], console: Console) -> list[Any] | None:
    """`omics gen3 export`: records as rows, or nothing where they go to files."""
    project: str = arguments["project"]
    nodes: list[str] | None = arguments.get("node")
    ids: list[str] | None = arguments.get("id")
    out, folder = arguments.get("out"), arguments.get("folder")
    without_id = bool(arguments.get("without_id"))
    if bool(nodes) == bool(ids) and not (folder and not ids):
        raise UsageError(
            "nothing says which records are meant" if not ids else "--node and --id exclude each other",
            remedy="Give --node NODE, --id ID, or --folder FOLDER for all nodes.",
        )
    if (out or folder) and ids:
        raise UsageError("--id gives records to stdout", remedy="Send them to a file: --output json > FILE.")
    if out and folder:
        raise UsageError("--out and --folder exclude each other", remedy="Give one of them.")
    if folder:
        files = export_project(
            access.commons, project, folder, nodes=nodes, kind=arguments["format"], without_id=without_id
        )
        return [{"node": file.stem, "file": str(file), "bytes": file.stat().st_size} for file in files]
    if ids:
        return export_records(access.commons, project, ids)
    assert nodes
    if out:
        if len(nodes) > 1:
            raise UsageError("--out takes the records of one node", remedy="Give --folder for several.")
        console.message(f"{export_file(access.commons, project, nodes[0], out, without_id=without_id)} is written")
        return None
    return [row for node in nodes for row in export_rows(access.commons, project, node, without_id=without_id)]
