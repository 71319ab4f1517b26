"""What `omics pangea list` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.pangea.lines import (
    group_line,
    lines,
    organization_line,
    result_line,
    sample_line,
    told,
)
from omicsdk.cli.commands.pangea.places import Thing, group, organization, sample, things

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from omicsdk.cli.commands.pangea.access import Access
    from omicsdk.cli.console import Console
    from omicsdk.cli.told import Told
    from omicsdk.core.operation import Call


def samples(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics pangea list samples`."""
    of = group(access, arguments["org_name"], arguments["grp_name"])
    found = things(access.api.list_sample_group_samples, group_pk=of["uuid"])
    return _told(list(console.limited(found, arguments["limit"], "samples")), sample_line, arguments)


def orgs(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics pangea list orgs`."""
    found = console.limited(things(access.api.list_organizations), arguments["limit"], "organizations")
    return _told(list(found), organization_line, arguments)


def groups(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics pangea list groups`."""
    return _of_organization(access, access.api.list_sample_groups, group_line, arguments, console)


def projects(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics pangea list projects`."""
    return _of_organization(
        access,
        access.api.list_projects,
        lambda each: f"<Pangea::Project {each['name']} {each['uuid']} />",
        arguments,
        console,
    )


def buckets(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics pangea list buckets`."""
    access.need_login()  # the service shows them to members only
    return _of_organization(
        access,
        access.api.list_s3_buckets,
        lambda each: f"<Pangea::S3Bucket {each['name']} {each['uuid']} />",
        arguments,
        console,
    )


def results(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics pangea list results`."""
    del console
    org, grp, name = arguments["org_name"], arguments["grp_name"], arguments.get("sample_name")
    if name is None:
        of = group(access, org, grp)
        found = things(access.api.list_sample_group_analysis_results, sample_group_id=of["uuid"])
    else:
        found = things(access.api.list_sample_analysis_results, sample_id=sample(access, org, grp, name)["uuid"])
    return _told(list(found), result_line, arguments)


def _of_organization(
    access: Access,
    operation: Call[..., Any],
    line: Callable[[Thing], str],
    arguments: Mapping[str, Any],
    console: Console,
) -> Told:
    name = arguments.get("org_name")
    of = {} if name is None else {"organization_id": organization(access, name)["uuid"]}
    return _told(list(console.limited(things(operation, **of), arguments["limit"])), line, arguments)


def _told(found_ones: list[Thing], line: Callable[[Thing], str], arguments: Mapping[str, Any]) -> Told:
    return told(lines(map(line, found_ones)), found_ones, arguments)
