"""The tree of resources."""

from collections.abc import Mapping
from typing import Any, cast

from omicsdk.sandbox.gen3.access import Access
from omicsdk.sandbox.gen3.access_rules import RESOURCE, tag_of
from omicsdk.sandbox.gen3.arborist.answers import error_body, fields
from omicsdk.sandbox.problems import Problem, bad_arguments, not_found
from omicsdk.sandbox.service import Call, Reply


def list_resources(access: Access, call: Call) -> Reply:
    """GET /resource."""
    del call
    paths = [each["path"] for each in access.rules.all(RESOURCE)]
    return Reply({"resources": [_shown(access, path) for path in paths]})


def get_resource(access: Access, call: Call) -> Reply:
    """GET /resource/{resourcePath}."""
    return Reply(_shown(access, _path(call)))


def create_resource(access: Access, call: Call) -> Reply:
    """POST /resource/{resourcePath}."""
    path = _below(access, call)
    if access.rules.get(RESOURCE, path) is not None:
        conflict = Problem(409, "conflict", f"resource with this path already exists: `{path}`")
        return Reply({**error_body(conflict), "exists": _shown(access, path)}, 409)
    _write(access, path, fields(call))
    return Reply({"created": _shown(access, path)}, 201)


def replace_resource(access: Access, call: Call) -> Reply:
    """PUT /resource/{resourcePath}."""
    path = _below(access, call)
    if "merge" not in dict(call.query):
        access.rules.remove_resource(path)
    _write(access, path, fields(call))
    return Reply({"created": _shown(access, path)}, 201)


def delete_resource(access: Access, call: Call) -> Reply:
    """DELETE /resource/{resourcePath}."""
    if not access.rules.remove_resource(_path(call)):
        raise not_found(f"resource not found: `{_path(call)}`")
    return Reply(status=204)


def _path(call: Call) -> str:
    return "/" + call.arguments["resourcePath"].strip("/")


def _below(access: Access, call: Call) -> str:
    """The path of the resource that a body is about: below the one of the request, when it has a name.

    Raises:
        Problem: 404; what it belongs below isn't there, and `p` isn't given.
    """
    parent, name = _path(call), fields(call).get("name")
    path = f"{parent}/{name}" if name else parent
    above = path.rpartition("/")[0]
    if above and "p" not in dict(call.query) and access.rules.get(RESOURCE, above) is None:
        raise not_found(f"parent resource doesn't exist: `{above}`")
    return path


def _write(access: Access, path: str, stated: Mapping[str, Any]) -> None:
    rules = access.rules
    rules.add_resource(path)
    rules.put(RESOURCE, path, {"path": path, "description": str(stated.get("description") or "")})
    for each in cast("list[Mapping[str, Any]]", stated.get("subresources") or []):
        if not each.get("name"):
            raise bad_arguments("resource input is missing the required field `name`")
        _write(access, f"{path}/{each['name']}", each)


def _shown(access: Access, path: str) -> dict[str, Any]:
    found = access.rules.get(RESOURCE, path)
    if found is None:
        raise not_found(f"no resource found with path: `{path}`")
    known = [each["path"] for each in access.rules.all(RESOURCE)]
    below = [each for each in known if each.rpartition("/")[0] == path]
    return {
        "name": path.rpartition("/")[2],
        "path": path,
        "description": found["description"],
        "subresources": below,
        "tag": tag_of(path),
    }
