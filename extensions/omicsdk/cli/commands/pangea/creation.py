"""What `omics pangea create` does, where no file is uploaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.pangea.batches import Failure, each, tell
from omicsdk.cli.commands.pangea.lines import (
    group_line,
    lines,
    names_given,
    organization_line,
    result_line,
    sample_line,
    told,
)
from omicsdk.cli.commands.pangea.places import FEW, Thing, group, organization, own_samples_of, plain, sample
from omicsdk.core.errors import APIError, OmicsError, UsageError
from omicsdk.pangea.listings import BATCH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from omicsdk.cli.commands.pangea.access import Access
    from omicsdk.cli.console import Console
    from omicsdk.cli.told import Told


def org(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics pangea create org`."""
    made = plain(access.api.create_organization, name=arguments["org_name"])
    return _told(organization_line(made), made, arguments, console)


def sample_group(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics pangea create sample-group`."""
    private = chosen(arguments, "private", "public", default=False)
    owner = organization(access, arguments["org_name"])
    made = plain(
        access.api.create_sample_group,
        name=arguments["grp_name"],
        organization=owner["uuid"],
        is_public=not private,
        is_library=chosen(arguments, "library", "not_library", default=True),
    )
    if made["is_public"] is private:
        raise OmicsError(
            f"the group {made['name']!r} ({made['uuid']}) was made, but the service made it {'public' if private else 'private'}",
            remedy=f"Change it: omics pangea api patch-sample-group --uuid {made['uuid']} --is-public {str(not private).lower()}.",
        )
    return _told(group_line(made), made, arguments, console)


def samples(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics pangea create samples`: those that were made, and those that were there."""
    names = names_given(
        arguments.get("sample_names"), arguments.get("sample_name_list"), "--sample-name-list", parted=True
    )
    if not names:
        raise UsageError("nothing says which samples", remedy="Name some, or give --sample-name-list FILE.")
    library = group(access, arguments["org_name"], arguments["library_name"])
    there, failed = ensured(access, library, names)
    tell(failed, len(names), "samples", console)
    found = [there[name] for name in names if name in there]
    return told(lines(map(sample_line, found)), found, arguments)


def sample_result(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics pangea create sample-ar`."""
    names: list[str] = arguments["names"]
    if len(names) not in (2, 4):
        raise UsageError(
            f"NAMES: expected 2 or 4 words, got {len(names)}",
            remedy="Give ORGANIZATION LIBRARY SAMPLE MODULE, or SAMPLE_UUID MODULE.",
        )
    of = sample(access, *names[:3]) if len(names) == 4 else plain(access.api.get_sample, uuid=names[0])
    replicate = {"replicate": arguments["replicate"]} if arguments.get("replicate") is not None else {}
    made = plain(access.api.create_sample_analysis_result, module_name=names[-1], sample=of["uuid"], **replicate)
    return _told(result_line(made), made, arguments, console)


def ensured(access: Access, library: Thing, names: Sequence[str]) -> tuple[dict[str, Thing], list[Failure]]:
    """Samples of a library by their names; those that aren't there are made.

    Args:
        access: The service.
        library: The library.
        names: The names, each once.

    Returns:
        The samples by name, and what wasn't made.
    """
    there = {found["name"]: found for found in own_samples_of(access, library, names)}
    missing = [name for name in names if name not in there]
    chunks = [missing[at : at + BATCH] for at in range(0, len(missing), BATCH)]
    singly: list[str] = []
    for chunk in chunks:
        if len(chunk) <= FEW or not library["is_library"]:
            singly += chunk
            continue
        try:
            access.api.create_samples.raw(names=chunk, library=library["uuid"])
        except APIError as error:
            if error.status < 500:
                raise
            singly += chunk  # all or none are made, and which name it was isn't told
    if len(singly) < len(missing):
        there |= {found["name"]: found for found in own_samples_of(access, library, missing)}
    singly = [name for name in singly if name not in there]

    def make(name: str) -> Thing:
        return plain(access.api.create_sample, name=name, library=library["uuid"])

    made, failed = each(singly, make, lambda name: name, in_order=True)
    return there | {new["name"]: new for new in made}, failed


def chosen(arguments: Mapping[str, Any], yes: str, no: str, *, default: bool) -> bool:
    """Which of two opposite options was given.

    Args:
        arguments: Those of the command.
        yes: The one.
        no: The other.
        default: What holds when neither was given.

    Raises:
        UsageError: Both were given.
    """
    if arguments.get(yes) and arguments.get(no):
        first, second = (f"--{name.replace('_', '-')}" for name in (yes, no))
        raise UsageError(f"{first} and {second} say the opposite", remedy="Give one of them.")
    return True if arguments.get(yes) else False if arguments.get(no) else default


def _told(line: str, made: Thing, arguments: Mapping[str, Any], console: Console) -> Told:
    console.message(f"Created: {line}")
    return told(line, made, arguments, made=True)
