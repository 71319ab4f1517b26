"""`omics sb projects`, `members` and `apps`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from omicsdk.cli.commands.sb.results import (
    PROJECT,
    CommandResult,
    Row,
    attempted,
    changes,
    command_rows,
    non_empty,
    removed,
    row,
)
from omicsdk.cli.commands.transfers import count_of
from omicsdk.cli.commands.values import agreed, check_unused
from omicsdk.cli.output import Call, Console, TextAndData
from omicsdk.core.errors import UsageError
from omicsdk.core.json_text import written
from omicsdk.core.platform import deleting
from omicsdk.sb import apps
from omicsdk.sb.listings import PAGE, projects_of
from omicsdk.sb.paths import ProjectPlace, app_id, project_id, project_place

if TYPE_CHECKING:
    from omicsdk_api.sb.models.app import App
    from omicsdk_api.sb.models.member import Member

    from omicsdk.sb.client import SevenBridges

Right = Literal["read", "copy", "write", "execute", "admin"]
Rights = Sequence[Right]
RIGHTS: tuple[Right, ...] = ("read", "copy", "write", "execute", "admin")
APP = ("id", "name", "revision", "project")


# -- projects


def list_projects(
    client: SevenBridges, *, owner: str | None = None, name: str | None = None, tag: Sequence[str] = ()
) -> Iterator[Row]:
    """List projects.

    Args:
        owner: Only projects of this owner; all of yours when omitted.
        name: Only projects with this text in their names.
        tag: Only projects with all of these tags.
    """
    projects = projects_of(client, owner or "", **non_empty(name=name or None, tags=list(tag)))
    return (row(project, PROJECT) for project in projects)


def get_project(client: SevenBridges, project: str) -> Row:
    """Show a project.

    Args:
        project: The project: owner/project or sb://owner/project.
    """
    return client.get_project(**project_place(project)).to_dict()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFields:
    """Properties of a project besides its name.

    Attributes:
        billing_group: Id of the billing group that pays; a new project has your only one by default.
        description: Text that describes the project.
        tags: All tags of the project.
        settings: Settings of the project, or those to change, as a JSON object.
    """

    billing_group: str | None = None
    description: str | None = None
    tags: Sequence[str] | None = None
    settings: Mapping[str, Any] | None = None


def create_project(client: SevenBridges, name: str, *, fields: ProjectFields) -> CommandResult:
    """Create a project.

    Args:
        name: Name of the project, from which the platform derives its ID.
    """
    group = fields.billing_group or _only_billing_group(client)
    created = client.create_project(name=name, **non_empty(**asdict(replace(fields, billing_group=group))))
    line = f"created {created.id}; billing group {group} pays for it"
    return CommandResult(row(created, (*PROJECT, "billing_group")), line)


def _only_billing_group(client: SevenBridges) -> str:
    groups = list(client.list_billing_groups.iterate(limit=PAGE, fields="_all"))
    if len(groups) != 1:
        named = ", ".join(f"{group.id} ({group.name})" for group in groups) or "none"
        raise UsageError(f"there are {len(groups)} billing groups: {named}", remedy="Choose one: --billing-group ID.")
    return groups[0].id


def update_project(
    client: SevenBridges, project: str, *, name: str | None = None, fields: ProjectFields
) -> CommandResult:
    """Change a project; omitted options leave values unchanged.

    Args:
        name: New name; the id does not change.
    """
    updated = client.update_project(**project_place(project), **changes(name=name, **asdict(fields)))
    return CommandResult(row(updated, PROJECT), f"updated {updated.id}")


def remove_projects(
    client: SevenBridges, projects: Sequence[str], *, dry_run: bool = False, console: Console
) -> CommandResult:
    """Delete projects and everything in them permanently.

    Args:
        projects: Projects: owner/project or sb://owner/project.
        dry_run: Only print what would be deleted.
        console: Asks for confirmation.
    """
    named = {id: {"name": client.get_project(**project_place(id)).name} for id in map(project_id, projects)}
    effect = ", and deletes all files, tasks and apps in it"
    return removed(
        "project", named, lambda id: client.delete_project(**project_place(id)), console, dry_run=dry_run, effect=effect
    )


# -- members


def members(
    client: SevenBridges,
    project: str,
    *,
    add: Sequence[str] = (),
    permissions: Rights = (),
    remove: Sequence[str] = (),
    console: Console,
) -> CommandResult:
    """List, add, change or remove members of a project.

    Args:
        add: User names or email addresses to add, or whose permissions to change.
        permissions: All permissions of these members (default read).
        remove: User names to remove.
        console: Asks for confirmation.
    """
    if both := sorted({*add} & {*remove}):
        raise UsageError(f"{both[0]} is in both --add and --remove", remedy="Name each user once.")
    if not add:
        check_unused("without --add", permissions=permissions)
    location, rights = project_place(project), {right: right in (permissions or ("read",)) for right in RIGHTS}
    listed = client.list_project_members.iterate(**location, limit=PAGE)
    members_by_name = {str(member.username or member.id): member for member in listed}
    question = f"{', '.join(remove)} will lose access to {project}. Continue?"
    if remove and not agreed(question, console, "nothing was changed"):
        return CommandResult([])

    def change(name: str) -> None:
        if name in add:
            _allow(client, location, name, rights, members_by_name.get(name))
        else:
            with deleting():
                client.remove_project_member(**location, username=name)

    changed, failures = attempted((*add, *remove), change)
    line = f"{count_of(len(changed), 'member')} of {project} changed" if changed else ""
    return CommandResult(list(list_members(client, project)), line, failures, len(changed) + len(failures))


def list_members(client: SevenBridges, project: str) -> Iterator[Row]:
    """List the members of a project."""
    project_members = client.list_project_members.iterate(**project_place(project), limit=PAGE)
    return (row(member, ("username", "type", "email", "permissions")) for member in project_members)


def get_member(client: SevenBridges, project: str, user: str) -> Row:
    """Show a member of a project.

    Args:
        user: User name.
    """
    return client.get_project_member(**project_place(project), username=user).to_dict()


def allow_members(
    client: SevenBridges, project: str, users: Sequence[str], *, permissions: Rights = ("read",), console: Console
) -> CommandResult:
    """Add members to a project, or change their permissions.

    Args:
        users: User names or email addresses.
        console: Prints failures.
    """
    return members(client, project, add=users, permissions=permissions, console=console)


def remove_members(client: SevenBridges, project: str, users: Sequence[str], *, console: Console) -> CommandResult:
    """Remove members from a project.

    Args:
        console: Asks for confirmation.
    """
    return members(client, project, remove=users, console=console)


def _allow(
    client: SevenBridges, location: ProjectPlace, name: str, rights: Mapping[str, bool], member: Member | None
) -> None:
    """Add a member, or change a member's permissions."""
    if member is None:
        added: Any = {"email" if "@" in name else "username": name, "permissions": rights}
        client.add_project_member(**location, **added)
        return
    before = {} if member.permissions is None else member.permissions.to_dict()
    changed: Any = {right: allowed for right, allowed in rights.items() if before.get(right) != allowed}
    if changed:
        client.update_project_member_permissions(**location, username=name, **changed)


# -- apps


def list_apps(
    client: SevenBridges,
    *,
    project: str | None = None,
    visibility: Literal["private", "public"] | None = None,
    search: Sequence[str] = (),
) -> Iterator[Row]:
    """List apps.

    Args:
        project: Only apps of this project: owner/project or sb://owner/project.
        visibility: Your apps, or public ones; yours when omitted.
        search: Only apps with all of these words.
    """
    chosen = non_empty(project=project, q=list(search), visibility=visibility)
    return (row(app, APP) for app in client.list_apps.iterate(**chosen, limit=PAGE))


def get_app(client: SevenBridges, app: str) -> TextAndData:
    """Print the CWL of an app, in the format of omics sb apps create.

    Args:
        app: The app: owner/project/app; append /revision for any revision but the latest.
    """
    document: Any = apps.get_app(client, app).raw
    return TextAndData(written(document, indent=2, ensure_ascii=False), document)


def install_app(
    client: SevenBridges, file: str, app: str, *, note: str | None = None, dry_run: bool = False
) -> CommandResult:
    """Create an app from a CWL file, or the next revision of one that exists.

    The file is JSON or YAML. A workflow or tool that refers to other files is packed into one document; this needs
    the extra cwl.

    Args:
        file: The CWL file.
        app: The app's id: owner/project/app.
        note: Changes in this revision.
        dry_run: Only print the document that would be sent.
    """
    id, revision = app_id(app)
    if revision is not None:
        raise UsageError(f"{app}: the platform assigns the revision number", remedy=f"Use {id}.")
    document = {**apps.read_app(Path(file)), **({"sbg:revisionNotes": note} if note else {})}
    if dry_run:
        return CommandResult(document)
    installed = client.install_app(id, document)
    return CommandResult(row(installed, APP), f"installed {id} as revision {installed.revision}")


def copied_app(result: App, call: Call) -> object:
    """Render a copy of an app."""
    return command_rows(CommandResult(row(result, APP), f"copied {call.arguments['app']} to {result.id}"), call)
