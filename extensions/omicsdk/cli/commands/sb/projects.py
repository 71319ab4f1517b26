"""`omics sb projects`, `members` and `apps`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from omicsdk.cli.commands.sb.results import APP, MEMBER, PROJECT, Done, Row, attempted, given, row
from omicsdk.cli.commands.transfers import count_of
from omicsdk.cli.commands.values import agreed
from omicsdk.cli.output import Told
from omicsdk.core.errors import UsageError
from omicsdk.core.json_encoding import written
from omicsdk.sb import apps
from omicsdk.sb.listings import PAGE
from omicsdk.sb.paths import app_id, project_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from omicsdk_api.sb.models.member import Member

    from omicsdk.cli.console import Console
    from omicsdk.sb.client import SevenBridges

Right = Literal["read", "copy", "write", "execute", "admin"]
RIGHTS: tuple[Right, ...] = ("read", "copy", "write", "execute", "admin")
"""What a member may be allowed."""
NOTE = "sbg:revisionNotes"
"""The key of an app's document that states what is new in a revision."""


class _Place(TypedDict):
    owner: str
    project: str


def _place(text: str) -> _Place:
    """A project as operations take it."""
    owner, _, project = project_id(text).partition("/")
    return {"owner": owner, "project": project}


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
    chosen = given(name=name or None, tags=list(tag))
    if owner:
        found = client.list_owner_projects.iterate(owner=owner, **chosen, limit=PAGE, fields="_all")
    else:
        found = client.list_projects.iterate(**chosen, limit=PAGE, fields="_all")
    return (row(project, PROJECT) for project in found)


def get_project(client: SevenBridges, project: str) -> Row:
    """Show a project.

    Args:
        project: The project: owner/project or sb://owner/project.
    """
    return client.get_project(**_place(project)).to_dict()


def create_project(
    client: SevenBridges,
    name: str,
    *,
    billing_group: str | None = None,
    description: str | None = None,
    tag: Sequence[str] = (),
    settings: Mapping[str, Any] | None = None,
) -> Done:
    """Create a project.

    Args:
        name: Its name, from which the platform makes its id.
        billing_group: Id of the billing group that pays; by default your only one.
        description: What it is about.
        tag: Its tags.
        settings: Its settings as a JSON object.
    """
    group, payer = billing_group, billing_group
    if group is None:
        groups = list(client.list_billing_groups.iterate(limit=PAGE, fields="_all"))
        if len(groups) != 1:
            named = ", ".join(f"{each.id} ({each.name})" for each in groups) or "none"
            raise UsageError(
                f"there are {len(groups)} billing groups: {named}", remedy="Choose one: --billing-group ID."
            )
        group, payer = groups[0].id, groups[0].name or groups[0].id
    more = given(description=description, tags=list(tag), settings=settings)
    made = client.create_project(name=name, billing_group=group, **more)
    return Done(row(made, (*PROJECT, "billing_group")), f"created {made.id}; {payer} pays for it")


def update_project(
    client: SevenBridges,
    project: str,
    *,
    name: str | None = None,
    description: str | None = None,
    tag: Sequence[str] | None = None,
    settings: Mapping[str, Any] | None = None,
    billing_group: str | None = None,
) -> Done:
    """Change a project; what is not given stays as it is.

    Args:
        name: Its new name; its id stays.
        description: Its new description.
        tag: All tags that it shall have.
        settings: Settings that change, as a JSON object.
        billing_group: Id of the billing group that pays from now on.
    """
    more = _changes(name=name, description=description, tags=tag, settings=settings, billing_group=billing_group)
    made = client.update_project(**_place(project), **more)
    return Done(row(made, PROJECT), f"updated {made.id}")


def _changes(**values: Any) -> dict[str, Any]:
    """The values that were given; empty ones, too, because they remove what is stored."""
    found = {name: value for name, value in values.items() if value is not None}
    if not found:
        raise UsageError("nothing is to be changed", remedy="Give an option with the new value.")
    return found


def remove_projects(client: SevenBridges, projects: Sequence[str], *, dry_run: bool = False, console: Console) -> Done:
    """Delete projects with everything in them permanently.

    Args:
        projects: Projects: owner/project or sb://owner/project.
        dry_run: Only print what would be deleted.
        console: Where it is asked.
    """
    places = {project_id(text): _place(text) for text in projects}
    rows = {id: {"deleted": id, "name": client.get_project(**place).name} for id, place in places.items()}
    if dry_run:
        return Done(list(rows.values()))
    them = "it" if len(rows) == 1 else "them"
    if not agreed(f"Deleting {', '.join(rows)} with all that is in {them} is for good. Go on?", console):
        return Done([])
    gone, failures = attempted(places, lambda place: client.delete_project(**place))
    line = f"deleted {count_of(len(gone), 'project')}"
    return Done([rows[id] for id in gone], line, failures, none=not gone)


# -- members


def members(
    client: SevenBridges,
    project: str,
    *,
    add: Sequence[str] = (),
    permissions: Sequence[Right] = ("read",),
    remove: Sequence[str] = (),
    console: Console,
) -> Done:
    """List the members of a project; add, change or remove some.

    Args:
        add: Users, or mail addresses of people, who become members or get other permissions.
        permissions: What they may do; nothing else.
        remove: Users who are no longer members.
        console: Where it is asked.
    """
    both = sorted({*add} & {*remove})
    if both:
        raise UsageError(f"{both[0]} is to be added and removed", remedy="Name each user once.")
    place = _place(client.get_project(**_place(project)).id)
    rights = {right: right in permissions for right in RIGHTS}
    if remove and not _loses_access(remove, project, console):
        return Done([])
    known = {_name(each): each for each in client.list_project_members.iterate(**place, limit=PAGE)} if add else {}

    def change(name: str) -> None:
        if name in add:
            _allow(client, place, name, rights, known.get(name))
        else:
            client.remove_project_member(**place, username=name)

    changed, failures = attempted({name: name for name in (*add, *remove)}, change)
    line = f"{count_of(len(changed), 'member')} of {project_id(project)} changed" if changed else ""
    return Done(list(list_members(client, project)), line, failures, none=not changed)


def list_members(client: SevenBridges, project: str) -> Iterator[Row]:
    """List the members of a project."""
    found = client.list_project_members.iterate(**_place(project), limit=PAGE)
    return (row(member, MEMBER) for member in found)


def get_member(client: SevenBridges, project: str, user: str) -> Row:
    """Show a member of a project.

    Args:
        user: The user's name.
    """
    return client.get_project_member(**_place(project), username=user).to_dict()


def allow_members(
    client: SevenBridges,
    project: str,
    users: Sequence[str],
    *,
    permissions: Sequence[Right] = ("read",),
    console: Console,
) -> Done:
    """Add members to a project, or change what members may do.

    Args:
        users: Names of users, or mail addresses of people.
        console: Where failures are printed.
    """
    return members(client, project, add=users, permissions=permissions, console=console)


def remove_members(client: SevenBridges, project: str, users: Sequence[str], *, console: Console) -> Done:
    """Remove members from a project.

    Args:
        console: Where it is asked.
    """
    return members(client, project, remove=users, console=console)


def _loses_access(users: Sequence[str], project: str, console: Console) -> bool:
    return agreed(
        f"{', '.join(users)} will have no access to {project_id(project)}. Go on?", console, "nothing was changed"
    )


def _name(member: Member) -> str:
    return str(member.username or member.id)


def _allow(client: SevenBridges, place: _Place, name: str, rights: Mapping[str, bool], member: Member | None) -> None:
    """Make a user a member, or change what a member may do."""
    if member is None:
        added: Any = {"email" if "@" in name else "username": name, "permissions": rights}
        client.add_project_member(**place, **added)
        return
    before = {} if member.permissions is None else member.permissions.to_dict()
    changed: Any = {right: allowed for right, allowed in rights.items() if before.get(right) != allowed}
    if changed:
        client.update_project_member_permissions(**place, username=name, **changed)


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
    of = None if project is None else project_id(project)
    found = client.list_apps.iterate(**given(project=of, q=list(search), visibility=visibility), limit=PAGE)
    return (row(app, APP) for app in found)


def get_app(client: SevenBridges, app: str) -> Told:
    """Print the CWL of an app, as omics sb apps create takes it.

    Args:
        app: The app: owner/project/app, with /revision behind it for another than the latest.
    """
    document: Any = apps.get_app(client, app).raw
    return Told(written(document, indent=2, ensure_ascii=False), document)


def install_app(client: SevenBridges, file: str, app: str, *, note: str | None = None, dry_run: bool = False) -> Done:
    """Create an app from a CWL file, or the next revision of one that exists.

    The file is JSON or YAML. A workflow or tool that refers to other files becomes one document; that needs the extra:
    pip install 'omicsdk[cwl]'.

    Args:
        file: The CWL file.
        app: The app's id: owner/project/app.
        note: What is new in this revision.
        dry_run: Only print the document that would be sent.
    """
    id, revision = app_id(app)
    if revision is not None:
        raise UsageError(f"{app} names a revision", remedy=f"The platform numbers the next one: give {id}.")
    document = apps.read_app(Path(file))
    if note:
        document = {**document, NOTE: note}
    if dry_run:
        return Done(document)
    made = client.install_app(id, document)
    return Done(row(made, APP), f"installed {id} as revision {made.revision}")


def copy_app(
    client: SevenBridges,
    app: str,
    project: str,
    *,
    name: str | None = None,
    strategy: Literal["clone", "direct", "clone_direct", "transient"] = "clone",
) -> Done:
    """Copy an app into a project.

    Args:
        project: The project that it is copied into: owner/project or sb://owner/project.
        name: The copy's name; by default that of the app.
        strategy: What it keeps of its origin: clone (all revisions), direct (the latest), clone_direct or transient.
    """
    made = client.copy_app(app, project_id(project), name=name, strategy=strategy)
    return Done(row(made, APP), f"copied {app_id(app)[0]} to {made.id}")
