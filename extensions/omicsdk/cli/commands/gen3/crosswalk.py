"""What `omics gen3 objects crosswalk` does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.agreement import agreed
from omicsdk.cli.commands.gen3.published import published
from omicsdk.cli.errors import REFUSED
from omicsdk.gen3.manifests import subjects_of
from omicsdk.gen3.manifests.crosswalk import KNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.commands.gen3.access import Access
    from omicsdk.cli.console import Console


def publish(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics gen3 objects crosswalk publish`: how many subjects were created and updated."""
    made = access.logged_in.publish_crosswalk(
        arguments["file"], info=arguments.get("info"), methods=arguments["mapping_methodology"]
    )
    return published(made, console)


def read(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics gen3 objects crosswalk read`: how many subjects there are, and in which files."""
    del console
    output = Path(arguments["output_file"])
    count = access.logged_in.read_crosswalk(output)
    return {"subjects": count, "output": str(output), "info": str(output.with_name(f"{output.stem}_info.csv"))}


def verify(access: Access, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics gen3 objects crosswalk verify`: a row for each name that isn't right."""
    found = [each._asdict() for each in access.logged_in.verify_crosswalk(arguments["file"])]
    if found:
        console.error(f"{len(found)} names aren't as {access.endpoint} has them")
        console.exit_code = REFUSED
    else:
        console.message("all names are known")
    return found


def delete(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, Any] | None:
    """`omics gen3 objects crosswalk delete`: how many subjects were deleted and changed."""
    path: str = arguments["file"]
    if arguments.get("dry_run"):
        counts = access.logged_in.delete_crosswalk(path, dry_run=True).counts
        there = counts.pop(KNOWN, 0)
        return {"would delete": {"subjects": there}, **counts}
    count = sum(1 for _ in subjects_of(path))
    if not agreed(f"Taking the names of {count} subjects from {access.endpoint} is for good. Go on?", console):
        return None
    return published(access.logged_in.delete_crosswalk(path), console)
