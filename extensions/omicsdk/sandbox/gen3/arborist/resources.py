"""The tree of resources."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from omicsdk.sandbox.gen3.arborist.answers import administrator, error_body, fields
from omicsdk.sandbox.gen3.arborist.rules import RESOURCE, tag_of
from omicsdk.sandbox.problems import Problem, bad_arguments, not_found
from omicsdk.sandbox.service import Call, Reply

if TYPE_CHECKING:
    from omicsdk.sandbox.gen3.commons import Gen3


def list_resources(gen3: "Gen3", call: Call) -> Reply:
    """GET /resource."""
    administrator(gen3, call)
    paths = [each["path"] for each in gen3.access.rules.all(RESOURCE)]
    return Reply({"resources": [_shown(gen3, path) for path in paths]})


def get_resource(gen3: "Gen3", call: Call) -> Reply:
    """GET /resource/{resourcePath}."""
    administrator(gen3, call)
    return Reply(_shown(gen3, _path(call)))


def create_resource(gen3: "Gen3", call: Call) -> Reply:
    """POST /resource/{resourcePath}."""
    administrator(gen3, call)
    path = _below(gen3, call)
    if gen3.access.rules.get(RESOURCE, path) is not None:
        conflict = Problem(409, "conflict", f"resource with this path already exists: `{path}`")
        return Reply({**error_body(conflict), "exists": _shown(gen3, path)}, 409)
    _write(gen3, path, fields(call))
    return Reply({"created": _shown(gen3, path)}, 201)


def replace_resource(gen3: "Gen3", call: Call) -> Reply:
    """PUT /resource/{resourcePath}."""
    administrator(gen3, call)
    path = _below(gen3, call)
    if "merge" not in dict(call.query):
        gen3.access.rules.remove_resource(path)
    _write(gen3, path, fields(call))
    return Reply({"created": _shown(gen3, path)}, 201)


def delete_resource(gen3: "Gen3", call: Call) -> Reply:
    """DELETE /resource/{resourcePath}."""
    administrator(gen3, call)
    if not gen3.access.rules.remove_resource(_path(call)):
        raise not_found(f"resource not found: `{_path(call)}`")
    return Reply(status=204)


def _path(call: Call) -> str:
    return "/" + call.arguments["resourcePath"].strip("/")


def _below(gen3: "Gen3", call: Call) -> str:
    """The path of the resource that a body is about: below the one of the request, when it has a name.

    Raises:
        Problem: 404; what it belongs below isn't there, and `p` isn't given.
    """
    parent, name = _path(call), fields(call).get("name")
    path = f"{parent}/{name}" if name else parent
    above = path.rpartition("/")[0]
    if above and "p" not in dict(call.query) and gen3.access.rules.get(RESOURCE, above) is None:
        raise not_found(f"parent resource doesn't exist: `{above}`")
    return path


def _write(gen3: "Gen3", path: str, stated: Mapping[str, Any]) -> None:
    rules = gen3.access.rules
    rules.add_resource(path)
    rules.put(RESOURCE, path, {"path": path, "description": str(stated.get("description") or "")})
    for each in cast("list[Mapping[str, Any]]", stated.get("subresources") or []):
        if not each.get("name"):
            raise bad_arguments("resource input is missing the required field `name`")
        _write(gen3, f"{path}/{each['name']}", each)


def _shown(gen3: "Gen3", path: str) -> dict[str, Any]:
    found = gen3.access.rules.get(RESOURCE, path)
    if found is None:
        raise not_found(f"no resource found with path: `{path}`")
    known = [each["path"] for each in gen3.access.rules.all(RESOURCE)]
    below = [each for each in known if each.rpartition("/")[0] == path]
    return {
        "name": path.rpartition("/")[2],
        "path": path,
        "description": found["description"],
        "subresources": below,
        "tag": tag_of(path),
    }


HANDLERS = (list_resources, get_resource, create_resource, replace_resource, delete_resource)
