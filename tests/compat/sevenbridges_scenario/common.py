"""Common behaviour of resources, refusals, error handlers, and configuration."""

import os
from pathlib import Path
from typing import Any

from seen import Seen
from world import World


def resources(world: World, see: Seen) -> None:
    api = world.api
    made = api.projects.create("Resource", description="What it is")
    listed = next(project for project in api.projects.query(name="Resource") if project.id == made.id)
    see("without asking", [listed.field("name"), listed.field("nothing")])
    folder = api.files.create_folder("folder", project=made)
    partly = type(folder)(id=folder.id, api=api)
    see("asked for when it is read", [partly.field("name"), partly.name, partly.field("name")])
    see.outcome("only to be read", lambda: setattr(made, "created_by", "me"))
    see.outcome("of another type", lambda: setattr(made, "name", 5))
    made.settings["locked"] = False
    see("settings", made.settings)
    copy = made.deepcopy()
    see("copies", [copy == made, copy is made, copy.name])
    see("others", [made == folder, made != api.projects.get(made.id)])
    made.description = "in between"
    made.reload()
    see("reloaded", made.description)
    made.delete()
    see.outcome("reloaded when it is gone", made.reload)
    see.outcome("saved when it is gone", lambda: (setattr(made, "name", "x"), made.save()))


def errors(world: World, see: Seen) -> None:
    api = world.api
    stranger = world.connect(token="0" * 32)
    see.outcome("a wrong token", stranger.users.me)
    see.outcome("no such path", lambda: api.get("/nowhere"))
    see("by hand", api.get("/user").json()["username"])
    try:
        api.projects.get("nobody/none")
    except world.errors.SbgError as error:
        see("a refusal", [error.status, error.code, bool(error.message), error.more_info, isinstance(error, Exception)])
        see("its kind", isinstance(error, world.errors.NotFound))
    met: list[int] = []

    def handler(_: Any, response: Any) -> Any:
        met.append(response.status_code)
        return response

    api.add_error_handler(handler)
    see.outcome("with a handler", lambda: api.projects.get("nobody/none"))
    api.remove_error_handler(handler)
    see.outcome("without it", lambda: api.projects.get("nobody/none"))
    see("met", met)
    world.control(
        "/faults", faults=[{"path": "/sb/v2/user", "action": "status", "status": 500, "code": "90004", "times": 1}]
    )
    see.outcome("a fault", api.users.me)
    world.control("/settings", **{"sb.advance_access": True})
    try:
        see.outcome("without advance access", lambda: list(api.files.query(project=world.project, cont_token="init")))
        early = world.connect(advance_access=True)
        see("with it", len(early.files.query(project=early.projects.get(world.project.id), cont_token="init")))
    finally:
        world.control("/settings", **{"sb.advance_access": False})
    world.control("/settings", **{"sb.rate_limit": 1})
    try:
        see.outcome("too many", lambda: [api.users.me() for _ in range(3)])
    finally:
        world.control("/settings", **{"sb.rate_limit": 1_000_000})


def configuration(world: World, see: Seen) -> None:
    url, token = os.environ["SB_API_ENDPOINT"], os.environ["SB_AUTH_TOKEN"]
    package = world.package
    see("from variables", package.Api(debug=True).users.me().username)
    file = Path.home() / ".sevenbridges" / "credentials"
    file.parent.mkdir(parents=True)
    file.write_text(f"[mine]\napi_endpoint = {url}\nauth_token = {token}\n")
    file.chmod(0o600)
    see("from a profile", package.Api(config=package.Config(profile="mine"), debug=True).users.me().username)
    see.outcome("no such profile", lambda: package.Api(config=package.Config(profile="other"), debug=True))
    see.outcome("plain http", lambda: package.Api(url=url, token=token))
    see.outcome("no url", lambda: package.Api(token=token))
    see.outcome("no token", lambda: package.Api(url=url, debug=True).users.me())
    see("a slash at the end", package.Api(url=f"{url}/", token=token, debug=True).users.me().username)


GROUPS = (resources, errors, configuration)
