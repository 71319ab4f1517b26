"""Operations of automations' code: uploading it, and packages of it."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.sb.automations.operations import asked, find
from omicsdk.sandbox.sb.files.uploads import all_parts, begin, report, started, where_to
from omicsdk.sandbox.sb.problems import bad, no_such, refuse
from omicsdk.sandbox.sb.requests.paging import page_of
from omicsdk.sandbox.sb.state import Sb, new_id, when
from omicsdk.sandbox.sb.stores.documents import JsonObject
from omicsdk.sandbox.service import Call, Reply

KIND = "automation-package"
_CODE = "automation-code"
_PYTHON = "3.6"


# -- uploading


def start_automation_upload(sb: Sb, call: Call) -> Reply:
    """POST /automation/upload."""
    automation = find(sb, sb.user(call), call.body["automation_id"], "write")
    upload = begin(sb, call, call.body, automation=automation["id"])
    return Reply({"upload_id": upload.id, "part_size": upload.part_size})


def get_automation_upload_part_url(sb: Sb, call: Call) -> Reply:
    """GET /automation/upload/{upload_id}/part/{part_number}."""
    return where_to(sb, call, started(sb, call, automation=True))


def report_automation_upload_part(sb: Sb, call: Call) -> Reply:
    """POST /automation/upload/{upload_id}/part."""
    report(sb, started(sb, call, automation=True), [call.body])
    return Reply()


def complete_automation_upload(sb: Sb, call: Call) -> Reply:
    """POST /automation/upload/{upload_id}/complete."""
    upload = started(sb, call, automation=True)
    parts = all_parts(sb, upload, ())
    content = sb.work.uploads.finish(upload, parts)
    code: JsonObject = {"id": new_id(), "name": upload.name, "blob": content.sha256}
    sb.documents.put(_CODE, code["id"], code, group=upload.automation)
    return Reply({"id": code["id"], "name": code["name"]})


def abort_automation_upload(sb: Sb, call: Call) -> Reply:
    """DELETE /automation/upload/{upload_id}."""
    sb.work.uploads.drop(started(sb, call, automation=True).id)
    return Reply(status=204)


# -- packages


def find_package(sb: Sb, username: str, id: str, needs: str = "read") -> JsonObject:
    """A package of an automation that a user may see.

    Raises:
        Problem: 404 when it isn't there or can't be seen, 403 when the user may not do that.
    """
    found = sb.documents.get(KIND, id)
    if found is None:
        raise no_such("automation package", id)
    find(sb, username, found["automation"], needs)
    return found


def list_automation_packages(sb: Sb, call: Call) -> Reply:
    """GET /automation/automations/{automation_id}/packages."""
    return page_of(call, sb.documents.listed(KIND, asked(sb, call)["id"]), lambda each: each)


def create_automation_package(sb: Sb, call: Call) -> Reply:
    """POST /automation/automations/{automation_id}/packages."""
    automation = asked(sb, call, "write")
    body: Mapping[str, Any] = call.body
    code = sb.documents.get(_CODE, body["location"])
    if code is None:
        raise bad(f"{body['location']!r} is no uploaded code: upload it first and give the identity of what came of it")
    if any(each["version"] == body["version"] for each in sb.documents.listed(KIND, automation["id"])):
        raise refuse(
            409, 90007, f"The automation {automation['id']} has a package of version {body['version']} already"
        )
    package: JsonObject = {
        "id": new_id(),
        "automation": automation["id"],
        "version": body["version"],
        "location": body["location"],
        "schema": body["schema"],
        "created_by": sb.user(call),
        "created_on": when(sb.now()),
        "archived": False,
        "custom_url": None,
        "memory_limit": body.get("memory_limit"),
        "python": body.get("python") or _PYTHON,
    }
    sb.documents.put(KIND, package["id"], package, group=automation["id"])
    return Reply(package)


def get_automation_package(sb: Sb, call: Call) -> Reply:
    """GET /automation/packages/{package_id}."""
    return Reply(find_package(sb, sb.user(call), call.arguments["package_id"]))


def update_automation_package(sb: Sb, call: Call) -> Reply:
    """PATCH /automation/packages/{package_id}."""
    changes = {name: call.body[name] for name in ("custom_url", "memory_limit") if name in call.body}
    return _changed(sb, call, changes)


def archive_automation_package(sb: Sb, call: Call) -> Reply:
    """POST /automation/automations/{automation_id}/packages/{package_id}/actions/archive."""
    return _changed(sb, call, {"archived": True})


def restore_automation_package(sb: Sb, call: Call) -> Reply:
    """POST /automation/automations/{automation_id}/packages/{package_id}/actions/restore."""
    return _changed(sb, call, {"archived": False})


def _changed(sb: Sb, call: Call, changes: Mapping[str, Any]) -> Reply:
    package = find_package(sb, sb.user(call), call.arguments["package_id"], "write")
    if call.arguments.get("automation_id", package["automation"]) != package["automation"]:
        raise no_such("automation package", package["id"])
    changed = {**package, **changes}
    sb.documents.put(KIND, changed["id"], changed)
    return Reply(changed)
