"""Operations of apps: their CWL, revisions, copies."""

import re

from omicsdk.core.yaml_text import YamlFault, read_yaml
from omicsdk.sandbox.problems import whole_number
from omicsdk.sandbox.sb.cwl import CWL, NoCwl, check_cwl, name_of
from omicsdk.sandbox.sb.responses import bad, page_of, refuse, view
from omicsdk.sandbox.sb.state import Sb, path_id
from omicsdk.sandbox.service import Call, JsonObject, Reply

_APP, _REVISION = "app", "app-revision"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_TAKES_ALL = ("clone", "clone_direct")


# -- finding


def find_app(sb: Sb, id: str, revision: int | None = None) -> JsonObject:
    """A revision of an app.

    Args:
        sb: The platform.
        id: The app's identity, without a revision.
        revision: Its number; None takes the latest.

    Returns:
        The app's document with `raw` and `revision`.

    Raises:
        Problem: 6002; there is no such app or revision.
    """
    app = sb.documents.existing(_APP, id)
    number = app["latest"] if revision is None else revision
    content = sb.documents.get(_REVISION, f"{id}/{number}")
    if content is None:
        raise refuse(404, 6002, f"App {id} has no revision {number}: its latest is {app['latest']}")
    return {**app, **content, "revision": number}


def split_id(text: str) -> tuple[str, int | None]:
    """An app's identity and revision.

    Args:
        text: `owner/project/app` or `owner/project/app/revision`.

    Raises:
        Problem: 6011; it is neither.
    """
    parts = text.split("/")
    revision = whole_number(parts[3]) if len(parts) == 4 else None
    if len(parts) not in (3, 4) or not all(parts) or (len(parts) == 4 and (revision is None or revision < 0)):
        raise refuse(400, 6011, f"{text!r} is no app: its identity is owner/project/app, with /revision or without")
    return "/".join(parts[:3]), revision


def _requested(call: Call) -> tuple[str, str]:
    """The project and the identity of the app that a path names."""
    project = path_id(call)
    return project, f"{project}/{call.arguments['app']}"


def _seen(sb: Sb, call: Call, needs: str = "read") -> JsonObject:
    project, id = _requested(call)
    sb.project(call, project, needs)
    return find_app(sb, id, call.arguments.get("revision"))


def _app_json(call: Call, app: JsonObject, *, raw: bool) -> JsonObject:
    fields = {**app, "id": f"{app['id']}/{app['revision']}", "latest_revision": app["latest"]}
    return {**view(call, _APP, fields), **({"raw": _raw(app)} if raw else {})}


def _raw(app: JsonObject) -> CWL:
    id = f"{app['id']}/{app['revision']}"
    return {
        **app["raw"],
        "id": id,
        "sbg:id": id,
        "sbg:project": app["project"],
        "sbg:revision": app["revision"],
        "sbg:latestRevision": app["latest"],
        "sbg:createdBy": app["created_by"],
        "sbg:createdOn": int(app["created_on"]),
    }


def list_apps(sb: Sb, call: Call) -> Reply:
    """GET /apps."""
    query = call.arguments
    projects = sb.projects_of(call, query.get("project"))
    if query.get("visibility") == "public":
        projects = [
            project for project in projects if (sb.documents.get("project", project) or {}).get("category") == "PUBLIC"
        ]
    ids = {split_id(id)[0] for id in query.get("id") or ()}
    terms = [word.lower() for word in query.get("q") or ()]

    def fits(app: JsonObject) -> bool:
        text = f"{app['id']} {app['name']}".lower()
        return (not ids or app["id"] in ids) and all(word in text for word in terms)

    apps = [app for project in projects for app in sb.documents.listed(_APP, project) if fits(app)]
    return page_of(call, apps, lambda app: _app_json(call, {**app, "revision": app["latest"]}, raw=False))


def get_app(sb: Sb, call: Call) -> Reply:
    """GET /apps/{owner}/{project}/{app}, with a revision or without."""
    return Reply(_app_json(call, _seen(sb, call), raw=True))


def get_raw_app(sb: Sb, call: Call) -> Reply:
    """GET /apps/{owner}/{project}/{app}/raw, with a revision or without."""
    return Reply(_raw(_seen(sb, call)))


get_app_revision, get_raw_app_revision = get_app, get_raw_app


# -- installing


def _sent(call: Call) -> CWL:
    try:
        return check_cwl(read_yaml(call.content) if call.body is None else call.body)
    except (NoCwl, YamlFault) as error:
        raise bad(f"The body is no CWL: {str(error)[:200]}") from error


def install_app_(sb: Sb, call: Call) -> Reply:
    """POST /apps/{owner}/{project}/{app}/raw."""
    project, id = _requested(call)
    sb.project(call, project, "write")
    _check_new(sb, id)
    return _added(sb, call, {"id": id, "project": project, "latest": -1, "copy_of": None})


def _added(sb: Sb, call: Call, app: JsonObject) -> Reply:
    """Add the revision of a request to an app."""
    raw = _sent(call)
    _revise(sb, call, app, raw, name=name_of(raw, call.arguments["app"]))
    return Reply(_raw(find_app(sb, app["id"])))


def _check_new(sb: Sb, id: str) -> None:
    if not _NAME.fullmatch(id.rpartition("/")[2]):
        raise refuse(
            400, 6011, f"{id!r} is not a valid app: names consist of letters, digits, dots, hyphens and underscores"
        )
    if sb.documents.get(_APP, id) is not None:
        raise refuse(409, 6003, f"There is already an app {id}: add a revision to it, or choose another name")


def _revise(sb: Sb, call: Call, app: JsonObject, raw: CWL, **changes: object) -> JsonObject:
    """Add a revision to an app, which may be new, and change its other fields."""
    id, number = app["id"], app["latest"] + 1
    changed = {**app, "latest": number, **changes}
    sb.documents.put(_APP, id, changed, group=app["project"])
    revision = {"raw": raw, "created_by": sb.user(call), "created_on": sb.now()}
    sb.documents.put(_REVISION, f"{id}/{number}", revision, group=id)
    return changed


def create_app_revision(sb: Sb, call: Call) -> Reply:
    """POST /apps/{owner}/{project}/{app}/{revision}/raw."""
    project, id = _requested(call)
    sb.project(call, project, "write")
    app = sb.documents.existing(_APP, id)
    if call.arguments["revision"] != app["latest"] + 1:
        raise refuse(409, 6003, f"App {id} is at revision {app['latest']}: the next one is {app['latest'] + 1}")
    return _added(sb, call, app)


# -- copies


def copy_app_(sb: Sb, call: Call) -> Reply:
    """POST /apps/{owner}/{project}/{app}/actions/copy, with a revision or without."""
    source = _seen(sb, call, "copy")
    project, name = call.body["project"], call.body.get("name") or ""
    sb.project(call, project, "write")
    short = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.").lower() or source["id"].rpartition("/")[2]
    id = f"{project}/{short}"
    _check_new(sb, id)
    everything = (call.body.get("strategy") or "clone") in _TAKES_ALL and call.arguments.get("revision") is None
    numbers = range(source["latest"] + 1) if everything else [source["revision"]]
    app: JsonObject = {"id": id, "project": project, "latest": -1, "name": name or source["name"]}
    app["copy_of"] = f"{source['id']}/{source['revision']}"
    for number in numbers:
        app = _revise(sb, call, app, find_app(sb, source["id"], number)["raw"])
    return Reply(_app_json(call, find_app(sb, id), raw=True))


copy_app_revision = copy_app_


def sync_app(sb: Sb, call: Call) -> Reply:
    """POST /apps/{owner}/{project}/{app}/actions/sync."""
    app = sb.documents.existing(_APP, _seen(sb, call, "write")["id"])
    if not app["copy_of"]:
        raise bad(f"App {app['id']} is no copy: there is nothing to bring it up to date with")
    origin = split_id(app["copy_of"])[0]
    source = find_app(sb, origin)
    if f"{origin}/{source['revision']}" != app["copy_of"]:
        _revise(sb, call, app, source["raw"], copy_of=f"{origin}/{source['revision']}")
    return Reply(_app_json(call, find_app(sb, app["id"]), raw=True))


def drop_apps(sb: Sb, project: str) -> None:
    """Remove the apps of a project."""
    for id in sb.documents.ids(_APP, project):
        sb.documents.remove_group(_REVISION, id)
    sb.documents.remove_group(_APP, project)
