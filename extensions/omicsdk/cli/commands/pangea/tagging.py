"""What `omics pangea tag` does."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.pangea.batches import each, tell
from omicsdk.cli.commands.pangea.lines import group_line, lines, sample_line, tag_line, told
from omicsdk.cli.commands.pangea.places import Thing, plain, samples_of, tag, things
from omicsdk.cli.commands.pangea.places import group as find_group
from omicsdk.pangea.listings import ensure_tag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from omicsdk.cli.commands.pangea.access import Access
    from omicsdk.cli.console import Console
    from omicsdk.cli.told import Told


def create(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics pangea tag create`: the tags."""
    names = list(dict.fromkeys(arguments["tag_names"]))

    def make(name: str) -> Thing:
        return ensure_tag(access.api, name).to_dict()

    made, failed = each(names, make, lambda name: name)
    tell(failed, len(names), "tags", console)
    return told(lines(map(tag_line, made)), made, arguments)


def samples_in_group(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics pangea tag samples-in-group`: the samples."""
    tags = [tag(access, name) for name in arguments["tag_names"]]
    found = list(samples_of(access, find_group(access, arguments["org_name"], arguments["group_name"])))
    tagged = tag_samples(access, found, tags, console)
    return told(lines(map(sample_line, tagged)), tagged, arguments)


def group(access: Access, arguments: Mapping[str, Any], console: Console) -> None:
    """`omics pangea tag group`."""
    tags = [tag(access, name) for name in arguments["tag_names"]]
    of = find_group(access, arguments["org_name"], arguments["group_name"])
    for label in tags:
        access.api.tag_sample_group.raw(tag_pk=label["uuid"], sample_group_uuid=of["uuid"])
    console.message(f"{of['name']} has the tags {', '.join(label['name'] for label in tags)}")


def random_samples(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics pangea tag list random-samples`."""
    del console
    of = tag(access, arguments["tag_name"])
    found: list[Thing] = plain(access.api.get_tag_random_samples, tag_pk=of["uuid"], n=arguments["num_samples"])[
        "results"
    ]
    return told(lines(map(sample_line, found)), found, arguments)


def groups(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics pangea tag list groups`."""
    of = tag(access, arguments["tag_name"])
    limit: int | None = arguments["num_samples"]
    found = list(islice(things(access.api.list_tag_sample_groups, tag_pk=of["uuid"]), limit and limit + 1))
    if limit is not None and len(found) > limit:
        found = found[:limit]
        console.some_failed(f"there are more than {limit} groups; -n says how many are wanted")
    return told(lines(map(group_line, found)), found, arguments)


def tag_samples(access: Access, samples: Sequence[Thing], tags: Sequence[Thing], console: Console) -> list[Thing]:
    """Gives samples tags.

    Args:
        access: The service.
        samples: The samples.
        tags: The tags.
        console: Where failures are told.

    Returns:
        Those that have all of them.
    """
    if not samples or not tags:
        return list(samples)

    def put(sample: Thing) -> Thing:
        for label in tags:
            access.api.tag_sample.raw(tag_pk=label["uuid"], sample_uuid=sample["uuid"])
        return sample

    tagged, failed = each(samples, put, lambda sample: sample["name"], console=console)
    tell(failed, len(samples), "samples", console)
    return tagged
