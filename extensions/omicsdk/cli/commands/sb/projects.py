"""What `omics sb projects` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.agreement import agreed
from omicsdk.cli.commands.sb.rows import MEMBER, PROJECT, row
from omicsdk.cli.errors import REFUSED
from omicsdk.core.errors import UsageError
from omicsdk.sb.errors import SbgError
from omicsdk.sb.paths import project_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.console import Console
    from omicsdk.sb.api import Api
    from omicsdk.sb.models.project import Project

RIGHTS = ("read", "copy", "write", "execute", "admin")
"""What a member may be allowed."""


def ls(api: Api, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb projects ls`: rows of projects."""
    page = api.projects.query(
        owner=arguments.get("owner"), name=arguments.get("name"), tags=arguments.get("tag"), limit=100
    )
    return [row(project, PROJECT) for project in console.limited(page.all(), arguments.get("limit"))]


def create(api: Api, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics sb projects create`: the project that was made, as a row."""
    group = arguments.get("billing_group")
    if group is None:
        groups = list(api.billing_groups.query(limit=100).all())
        if len(groups) != 1:
            named = ", ".join(f"{each.id} ({each.name})" for each in groups) or "none"
            raise UsageError(
                f"there are {len(groups)} billing groups: {named}", remedy="Choose one: --billing-group ID."
            )
        group = str(groups[0].id)
        console.message(f"{groups[0].name or group} pays for it")
    made = api.projects.create(
        name=arguments["name"],
        billing_group=group,
        description=arguments.get("description"),
        tags=arguments.get("tag"),
        settings=arguments.get("settings"),
    )
    return row(made, (*PROJECT, "billing_group"))


def rm(api: Api, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb projects rm`: what was deleted."""
    ids = list(dict.fromkeys(project_id(text) for text in arguments["projects"]))
    projects = [api.projects.get(id) for id in ids]
    rows = [{"deleted": project.id, "name": project.name} for project in projects]
    if arguments.get("dry_run"):
        return rows
    if not agreed(f"Deleting {', '.join(ids)} with all that is in {_them(ids)} is for good. Go on?", console):
        return []
    done: list[dict[str, Any]] = []
    for project, told in zip(projects, rows, strict=True):
        try:
            project.delete()
        except SbgError as error:
            if len(projects) == 1:
                raise
            console.some_failed(f"{project.id}: {error}")
        else:
            done.append(told)
    if not done:
        console.exit_code = REFUSED
    return done


def members(api: Api, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb projects members`: the members that there are in the end, as rows."""
    add: list[str] = arguments.get("add") or []
    remove: list[str] = arguments.get("remove") or []
    both = sorted({*add} & {*remove})
    if both:
        raise UsageError(f"{both[0]} is to be added and removed", remedy="Name everybody once.")
    project = api.projects.get(project_id(arguments["project"]))
    permissions = {right: right in arguments["permissions"] for right in RIGHTS}
    if remove and not agreed(
        f"{', '.join(remove)} will have no access to {project.id}. Go on?", console, "nothing was changed"
    ):
        return []
    there = {str(member.name) for member in project.get_members(limit=100).all()} if add else set[str]()
    failed = 0
    for name in (*add, *remove):
        try:
            if name in add:
                _allow(project, name, permissions, is_member=name in there)
            else:
                project.remove_member(name)
        except SbgError as error:
            failed += 1
            if failed == len(add) + len(remove):
                raise
            console.some_failed(f"{name}: {error}")
    return [row(member, MEMBER) for member in project.get_members(limit=100).all()]


def _them(ids: list[str]) -> str:
    return "it" if len(ids) == 1 else "them"


def _allow(project: Project, name: str, permissions: dict[str, bool], *, is_member: bool) -> None:
    """Makes somebody a member, or changes what a member may do."""
    if not is_member:
        if "@" in name:
            project.add_member_email(email=name, permissions=permissions)
        else:
            project.add_member(user=name, permissions=permissions)
        return
    member = project.get_member(username=name)
    before = dict(member.permissions)
    member.permissions.update(permissions)
    if dict(member.permissions) != before:
        member.save()
