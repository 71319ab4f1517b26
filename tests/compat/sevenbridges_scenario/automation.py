"""Automations, their code, members and runs."""

from seen import Seen
from world import World

LOOK = {"read": True, "copy": False, "write": False, "execute": False, "admin": False}


def automations(world: World, see: Seen) -> None:
    api = world.api
    made = api.automations.create("auto", description="What it does", secret_settings={"key": "value"})
    see("made", made)
    see("as text", str(made))
    made.description = "Something else"
    see("saved", made.save())
    see.outcome("nothing to save", made.save)
    see("one", api.automations.get(made.id))
    see("listed", [automation.name for automation in api.automations.query()])
    made.archive()
    see("archived", [made.archived, [automation.name for automation in api.automations.query()]])
    see("with archived", [automation.name for automation in api.automations.query(include_archived=True)])
    made.restore()
    see("restored", made.archived)
    see("by name", [automation.name for automation in api.automations.query(name="auto")])
    see.outcome("none", lambda: api.automations.get("5f8f1d6c-7c2e-4b39-9a51-0d3c1e6affff"))


def automation_members(world: World, see: Seen) -> None:
    automation = world.api.automations.create("with members")
    see("at first", [member.username for member in automation.get_members()])
    see("added", automation.add_member("ada", LOOK))
    team = world.api.teams.query("sandbox-division")[0]
    see("a team", automation.add_team_member(team.id, LOOK))
    ada = automation.get_member("ada")
    see("as text", str(ada))
    ada.permissions["write"] = True
    ada.save()
    see("saved", automation.get_member("ada").permissions)
    automation.remove_member("ada")
    automation.remove_team_member(team.id)
    see("left", [member.username for member in automation.get_members()])


def automation_packages(world: World, see: Seen) -> None:
    api = world.api
    automation = api.automations.create("with code")
    path = world.local("code.zip", b"PK code")
    package = automation.add_package("1", path, {"inputs": []}, python="3.8")
    see("added", package)
    see("as text", str(package))
    second = api.automation_packages.create(automation, "2", package.location, {"inputs": []}, memory_limit=1000)
    see("made", [second.version, second.memory_limit])
    see("listed", sorted(package.version for package in automation.get_packages()))
    see("by query", len(api.automation_packages.query(automation)))
    see("one", api.automations.get_package(package.id))
    second.memory_limit = 2000
    see("saved", second.save().memory_limit)
    see("archived", second.archive().archived)
    see("restored", second.restore().archived)


def automation_runs(world: World, see: Seen) -> None:
    api = world.api
    automation = api.automations.create("that runs")
    package = automation.add_package("1", world.local("run.zip", b"PK code"), {"inputs": []}, python="3.8")
    run = api.automation_runs.create(package, inputs={"a": 1}, settings={"s": 2}, name="first")
    see("begun", [run.name, run.inputs, run.settings, run.status])
    see("as text", str(run))
    world.finish()
    run.reload()
    see("ended", run)
    see("of", [run.automation.id == automation.id, run.package.id == package.id])
    see("state", run.get_state())
    see("a log", run.get_log_file().name)
    again = api.automation_runs.rerun(run.id, inputs={"b": 2}, name="again")
    see("again", [again.name, again.inputs, again.settings])
    again.stop()
    world.finish()
    see("stopped", api.automation_runs.get(again.id).status)
    run.name = "renamed"
    see("saved", run.save().name)
    see("listed", len(api.automation_runs.query(automation=automation)))
    see("of the automation", len(automation.get_runs(package=package, order_by="name", order="asc")))
    see.outcome("none", lambda: api.automation_runs.get("5f8f1d6c-7c2e-4b39-9a51-0d3c1e6affff"))


GROUPS = (automations, automation_members, automation_packages, automation_runs)
