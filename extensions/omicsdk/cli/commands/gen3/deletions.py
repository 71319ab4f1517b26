"""What `omics gen3 delete` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.agreement import agreed
from omicsdk.cli.commands.gen3.dictionary import dictionary_of
from omicsdk.core.errors import UsageError
from omicsdk.gen3.records.deletions import Deletion, delete_nodes, delete_records

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from omicsdk.cli.commands.gen3.access import Access
    from omicsdk.cli.console import Console


def delete(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, Any] | None:
    """`omics gen3 delete`: how many records of each node were deleted."""
    project: str = arguments["project"]
    nodes: list[str] | None = arguments.get("node")
    ids: list[str] | None = arguments.get("id")
    if sum(map(bool, (nodes, ids, arguments.get("all")))) != 1:
        raise UsageError("nothing says which records are meant", remedy="Give one of --node, --id and --all.")
    dictionary = dictionary_of(access, arguments)

    def run(*, dry_run: bool, on_deleted: Callable[[str, int], None] | None = None) -> Deletion:
        if ids:
            return delete_records(access.commons, project, ids, dictionary=dictionary, dry_run=dry_run)
        return delete_nodes(
            access.commons, project, nodes, dictionary=dictionary, dry_run=dry_run, on_deleted=on_deleted
        )

    planned = run(dry_run=True)
    if arguments.get("dry_run"):
        return planned.as_dict()
    if not planned.total:
        console.message("there is nothing to delete")
        return planned.as_dict() | {"dry_run": False}
    named = ", ".join(f"{count} {node}" for node, count in planned.counts.items())
    if not agreed(f"Deleting {named} of {project} is for good. Go on?", console):
        return None
    gone: dict[str, int] = {}
    try:
        return run(dry_run=False, on_deleted=gone.__setitem__).as_dict()
    except BaseException:
        if gone:
            console.message("deleted before that: " + ", ".join(f"{count} {node}" for node, count in gone.items()))
        raise
