"""What `omics pangea add samples-to-group` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.pangea.batches import Failure, tell
from omicsdk.cli.commands.pangea.lines import names_given, told
from omicsdk.cli.commands.pangea.places import Thing, group, samples_of
from omicsdk.core.errors import OmicsError, UsageError
from omicsdk.pangea.listings import BATCH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from omicsdk.cli.commands.pangea.access import Access
    from omicsdk.cli.console import Console
    from omicsdk.cli.told import Told


def add(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics pangea add samples-to-group`: how many were added."""
    names = names_given(arguments.get("sample_names"), arguments.get("sample_manifest"), "--sample-manifest")
    if not names:
        raise UsageError("nothing says which samples", remedy="Name some, or give --sample-manifest FILE.")
    source = group(access, arguments["source_org_name"], arguments["source_grp_name"])
    target = group(access, arguments["destination_org_name"], arguments["destination_grp_name"])
    found = list(samples_of(access, source, names))
    failed = not_found(names, found, source)
    for at in range(0, len(found), BATCH):
        uuids = [each["uuid"] for each in found[at : at + BATCH]]
        access.api.add_sample_group_samples.raw(group_pk=target["uuid"], sample_uuids=uuids)
    tell(failed, len(names), "samples", console)
    added = [{"name": each["name"], "uuid": each["uuid"]} for each in found]
    return told(f"Added {len(found)} to {target['name']}", {"group": target["uuid"], "added": added}, arguments)


def not_found(names: Sequence[str], found: Sequence[Thing], where: Thing) -> list[Failure]:
    """Names that a group has no sample of.

    Args:
        names: Those that were asked for.
        found: The samples that were found.
        where: The group.
    """
    there = {each["name"] for each in found}
    return [
        Failure(name, OmicsError(f'Sample "{name}" not found in {where["name"]}', remedy="Check the name."))
        for name in names
        if name not in there
    ]
