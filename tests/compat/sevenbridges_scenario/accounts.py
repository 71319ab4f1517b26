"""Users, projects and their members, billing, divisions and teams, datasets, feedback, limits."""

from typing import Any

from seen import Seen
from world import World

LOOK = {"read": True, "copy": False, "write": False, "execute": False, "admin": False}


def users(world: World, see: Seen) -> None:
    api = world.api
    me = api.users.me()
    see("me", me)
    see("as text", [str(me), repr(me)])
    see("another", api.users.get("ada"))
    see("another, by its object", api.users.get(api.users.get("ada")))
    see("of a division", list(api.users.query("sandbox-division").all()))
    see("of a role", [user.username for user in api.users.query("sandbox-division", role="MEMBER")])
    see.outcome("nobody", lambda: api.users.get("nobody"))
    see("the same", [me == api.users.me(), me == api.users.get("ada")])


def projects(world: World, see: Seen) -> None:
    api = world.api
    group = api.billing_groups.query()[0]
    made = api.projects.create(
        "A study", billing_group=group.id, description="What it is", tags=["one", "two"], settings={"locked": False}
    )
    see("made", made)
    see("as text", str(made))
    see("asked for", api.projects.get(made.id))
    see("by its object", api.projects.get(made) == made)
    made.name = "The study"
    made.description = "Something else"
    made.tags = ["three"]
    made.settings["allow_network_access"] = True
    see("saved", made.save())
    see("as it is now", api.projects.get(made.id))
    see.outcome("nothing to save", made.save)
    made.description = "once more"
    other = made.save(inplace=False)
    see("saved beside", [other.description, other is made])
    made.reload()
    see("reloaded", made.description)
    see("the same", [made == api.projects.get(made.id), made == world.project])
    see("by name", [project.id for project in api.projects.query(name="The study")])
    see("by owner", sorted(project.id for project in api.projects.query(owner="sandbox-user")))
    for number in range(5):
        api.projects.create(f"Page {number}")
    page = api.projects.query(name="Page", limit=2)
    see("a page", [page.total, [project.name for project in page], len(page)])
    following = page.next_page()
    see("the next page", [project.name for project in following])
    see("the one before", [project.name for project in following.previous_page()])
    see("all pages", [project.name for project in page.all()])
    see.outcome("before the first page", page.previous_page)
    see.outcome("behind the last page", lambda: following.next_page().next_page())
    made.delete()
    see.outcome("deleted", lambda: api.projects.get(made.id))
    see.outcome("without a name", lambda: api.projects.create(None))
    see.outcome("elsewhere", lambda: api.projects.get("nobody/nothing"))


def members(world: World, see: Seen) -> None:
    project = world.new_project()
    see("at first", list(project.get_members()))
    ada = project.add_member("ada", LOOK)
    see("added", ada)
    see("as text", str(ada))
    see("a team", project.add_member_team(world.api.teams.query("sandbox-division")[0].id, LOOK))
    see("a division", project.add_member_division("sandbox-division", LOOK))
    see("by mail", project.add_member_email("grace@sandbox.example.org", LOOK))
    ada = project.get_member("ada")
    see("asked for", ada)
    ada.permissions["write"] = True
    saved = ada.save()
    see("saved", saved.permissions)
    see("as it is now", project.get_member("ada").permissions)
    see.outcome("nothing to save", project.get_member("ada").save)
    see("all", [[member.username, member.type] for member in project.get_members().all()])
    project.remove_member("ada")
    see.outcome("removed", lambda: project.get_member("ada"))
    see.outcome("nobody", lambda: project.add_member("nobody", LOOK))


def billing(world: World, see: Seen) -> None:
    api = world.api
    groups = api.billing_groups.query()
    see("groups", list(groups))
    group = api.billing_groups.get(groups[0].id)
    see("a group", group)
    see("as text", str(group))
    see("analyses", list(group.analysis_breakdown(fields="_all")))
    see("storage", list(group.storage_breakdown(fields="_all")))
    see("egress", list(group.egress_breakdown(fields="_all")))
    invoices = api.invoices.query()
    see("invoices", list(invoices))
    see("an invoice", api.invoices.get(invoices[0].id))
    see("of an invoice", len(group.analysis_breakdown(invoice_id=invoices[0].id)))
    see.outcome("no such group", lambda: api.billing_groups.get("5f8f1d6c-7c2e-4b39-9a51-0d3c1e6affff"))
    see.outcome("no such invoice", lambda: api.invoices.get("none"))


def divisions(world: World, see: Seen) -> None:
    divisions = world.api.divisions.query()
    see("all", list(divisions))
    division = world.api.divisions.get(divisions[0].id)
    see("one", division)
    see("as text", str(division))
    see("members", list(division.get_members()))
    see("members of a role", [member.username for member in division.get_members(role="ADMIN")])
    see("teams", list(division.get_teams()))
    see.outcome("none", lambda: world.api.divisions.get("none"))


def teams(world: World, see: Seen) -> None:
    api = world.api
    see("mine", list(api.teams.query("sandbox-division")))
    team = api.teams.create("A team", "sandbox-division")
    see("made", team)
    see("as text", str(team))
    see("all", [team.name for team in api.teams.query("sandbox-division", list_all=True).all()])
    team.name = "The team"
    see("saved", team.save().name)
    see.outcome("nothing to save", team.save)
    team.add_member("ada")
    see("members", list(team.get_members()))
    team.remove_member("ada")
    see("members after that", [member.username for member in team.get_members()])
    see("one", api.teams.get(team.id))
    see.outcome("none", lambda: api.teams.get("5f8f1d6c-7c2e-4b39-9a51-0d3c1e6affff"))


def datasets(world: World, see: Seen) -> None:
    api = world.api
    see("all", list(api.datasets.query()))
    see("public", len(api.datasets.query(visibility="public")))
    see("of somebody", [dataset.id for dataset in api.datasets.get_owned_by("sandbox-user")])
    dataset = api.datasets.get("sandbox-user/reference-set")
    see("one", dataset)
    see("as text", str(dataset))
    dataset.description = "Something else"
    see("saved", dataset.save().description)
    see("members", list(dataset.get_members()))
    ada = dataset.add_member("ada", LOOK)
    see("added", ada)
    ada = dataset.get_member("ada")
    ada.permissions["copy"] = True
    ada.save()
    see("member saved", dataset.get_member("ada").permissions)
    dataset.remove_member("ada")
    see.outcome("removed", lambda: dataset.get_member("ada"))
    see("files", list(api.files.query(dataset=dataset)))
    see.outcome("none", lambda: api.datasets.get("nobody/none"))
    dataset.delete()
    see("left", len(api.datasets.query()))


def actions(world: World, see: Seen) -> None:
    api = world.api
    see("feedback", api.actions.send_feedback("IDEA", "the tests", "It works"))
    target = world.new_project()
    files = [world.upload(name) for name in ("act-1.txt", "act-2.txt")]
    copies: Any = api.actions.bulk_copy_files(files, target.id)
    see("copies", sorted((copy["status"], copy["new_file_name"]) for copy in copies.values()))
    see("keys", sorted(next(iter(copies.values()))))
    see("there", sorted(file.name for file in target.get_files()))
    see.outcome("to nowhere", lambda: api.actions.bulk_copy_files(files, "nobody/none"))


def limits(world: World, see: Seen) -> None:
    api = world.api
    see("endpoints", api.endpoints.get())
    limit = api.rate_limit.get()
    see("limits", limit)
    see("fewer than all", limit.rate.remaining < limit.rate.limit)
    see("of the Api", [api.limit, isinstance(api.remaining, int), api.reset_time, bool(api.request_id)])


def leaving(world: World, see: Seen) -> None:
    """A user who leaves the division."""
    grace = world.api.users.get("grace")
    see("disabled", grace.disable())
    see("left", [user.username for user in world.api.users.query("sandbox-division").all()])


GROUPS = (users, projects, members, billing, divisions, teams, datasets, actions, limits, leaving)
