"""What `omics sb projects` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from omicsdk.cli.commands.agreement import agreed
from omicsdk.cli.commands.sb.rows import MEMBER, PROJECT, row
from omicsdk.cli.errors import REFUSED
from omicsdk.core.errors import APIError, UsageError
from omicsdk.sb.listings import PAGE
from omicsdk.sb.paths import project_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk_api.sb.models.member import Member

    from omicsdk.cli.console import Console
    from omicsdk.sb.client import SevenBridges

RIGHTS = ("read", "copy", "write", "execute", "admin")
"""What a member may be allowed."""


def ls(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb projects ls`: rows of projects."""
    chosen: dict[str, Any] = {
        **({"name": arguments["name"]} if arguments.get("name") else {}),
        **({"tags": arguments["tag"]} if arguments.get("tag") else {}),
    }
    owner = arguments.get("owner")
    if owner:
        found = client.list_owner_projects.iterate(owner=owner, **chosen, limit=PAGE, fields="_all")
    else:
        found = client.list_projects.iterate(**chosen, limit=PAGE, fields="_all")
    return [row(project, PROJECT) for project in console.limited(found, arguments.get("limit"))]


def create(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics sb projects create`: the project that was made, as a row."""
    group = arguments.get("billing_group")
    if group is None:
        groups = list(client.list_billing_groups.iterate(limit=PAGE, fields="_all"))
        if len(groups) != 1:
            named = ", ".join(f"{each.id} ({each.name})" for each in groups) or "none"
            raise UsageError(
                f"there are {len(groups)} billing groups: {named}", remedy="Choose one: --billing-group ID."
            )
        group = groups[0].id
        console.message(f"{groups[0].name or group} pays for it")
    given = {"description": "description", "tags": "tag", "settings": "settings"}
    chosen: dict[str, Any] = {name: arguments[word] for name, word in given.items() if arguments.get(word) is not None}
    made = client.create_project(name=arguments["name"], billing_group=group, **chosen)
    return row(made, (*PROJECT, "billing_group"))


def rm(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb projects rm`: what was deleted."""
    ids = list(dict.fromkeys(project_id(text) for text in arguments["projects"]))
    projects = [client.get_project(**_place(id)) for id in ids]
    rows = [{"deleted": project.id, "name": project.name} for project in projects]
    if arguments.get("dry_run"):
        return rows
    if not agreed(f"Deleting {', '.join(ids)} with all that is in {_them(ids)} is for good. Go on?", console):
        return []
    done: list[dict[str, Any]] = []
    for project, told in zip(projects, rows, strict=True):
        try:
            client.delete_project(**_place(project.id))
        except APIError as error:
            if len(projects) == 1:
                raise
            console.some_failed(f"{project.id}: {error}")
        else:
            done.append(told)
    if not done:
        console.exit_code = REFUSED
    return done


def members(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb projects members`: the members that there are in the end, as rows."""
    add: list[str] = arguments.get("add") or []
    remove: list[str] = arguments.get("remove") or []
    both = sorted({*add} & {*remove})
    if both:
        raise UsageError(f"{both[0]} is to be added and removed", remedy="Name everybody once.")
    project = client.get_project(**_place(project_id(arguments["project"])))
    place = _place(project.id)
    permissions = {right: right in arguments["permissions"] for right in RIGHTS}
    if remove and not agreed(
        f"{', '.join(remove)} will have no access to {project.id}. Go on?", console, "nothing was changed"
    ):
        return []
    there = {_name(each): each for each in client.list_project_members.iterate(**place, limit=PAGE)} if add else {}
    failed = 0
    for name in (*add, *remove):
        try:
            if name in add:
                _allow(client, place, name, permissions, there.get(name))
            else:
                client.remove_project_member(**place, username=name)
        except APIError as error:
            failed += 1
            if failed == len(add) + len(remove):
                raise
            console.some_failed(f"{name}: {error}")
    return [row(member, MEMBER) for member in client.list_project_members.iterate(**place, limit=PAGE)]


def _them(ids: list[str]) -> str:
    return "it" if len(ids) == 1 else "them"


class _Place(TypedDict):
    owner: str
    project: str


def _place(id: str) -> _Place:
    """A project's id as operations take it."""
    owner, _, project = id.partition("/")
    return {"owner": owner, "project": project}


def _name(member: Member) -> str:
    return str(member.username or member.id)


def _allow(client: SevenBridges, place: _Place, name: str, permissions: dict[str, bool], member: Member | None) -> None:
    """Make a user a member, or change what a member may do."""
    given: Any = permissions
    if member is None:
        named: Any = {"email": name} if "@" in name else {"username": name}
        client.add_project_member(**place, **named, permissions=given)
        return
    before = {} if member.permissions is None else member.permissions.to_dict()
    changed: Any = {right: allowed for right, allowed in permissions.items() if before.get(right) != allowed}
    if changed:
        client.update_project_member_permissions(**place, username=name, **changed)
