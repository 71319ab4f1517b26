"""Apps: the platform's reading of their CWL (ports, steps, checks of inputs, batches), and operations on them, their revisions and copies."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from omicsdk.core.yaml_text import YamlFault, read_yaml
from omicsdk.sandbox.problems import whole_number
from omicsdk.sandbox.sb.files import texts
from omicsdk.sandbox.sb.responses import bad, page_of, refuse, view
from omicsdk.sandbox.sb.state import Sb, path_id
from omicsdk.sandbox.service import Call, JsonObject, Reply

_CLASSES = ("CommandLineTool", "ExpressionTool", "Workflow")
_STREAMS = ("stdin", "stdout", "stderr")
_DEEPEST = 20
CWL = dict[str, Any]


class NoCwl(Exception):
    """A text that is no app; its own text states why."""


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output of an app.

    Attributes:
        id: Its identity without `#` and the app's name.
        kinds: What a value, or each of a list, may be: File, Directory, string, int, record ...; Any takes everything.
        single: Whether it may be one value; else it is a list.
        optional: Whether it may be left out.
        secondary: Patterns of the files that come with its files.
        glob: The name of the file that an output is taken from; empty when the app computes it.
    """

    id: str
    kinds: tuple[str, ...]
    single: bool
    optional: bool
    secondary: tuple[str, ...]
    glob: str


def check_cwl(document: object) -> CWL:
    """A document that is an app.

    Raises:
        NoCwl: It is not one.
    """
    app: CWL = cast("CWL", document) if isinstance(document, dict) else {}
    kind = main_of(app).get("class")
    if kind not in _CLASSES:
        raise NoCwl(f"its class is {kind!r}, none of {', '.join(_CLASSES)}")
    return app


def main_of(document: CWL) -> CWL:
    """The process that is run: the document itself, or `main` of a packed one."""
    parts = named(document.get("$graph"))
    return next((cast("CWL", part) for id, part in parts if _short(id) == "main" and isinstance(part, dict)), document)


def named(declared: Any, key: str = "id") -> list[tuple[str, Any]]:
    """Read what CWL states either as an object by names, or as a list of objects with their names: names and values.

    Args:
        declared: Either; anything else names nothing.
        key: What objects of a list have their name as.
    """
    if isinstance(declared, dict):
        return [(str(name), definition) for name, definition in cast("CWL", declared).items()]
    items = cast("list[Any]", declared) if isinstance(declared, list) else []
    objects = [cast("CWL", item) for item in items if isinstance(item, dict)]
    return [(str(object_.get(key, "")), object_) for object_ in objects]


def name_of(document: CWL, fallback: str) -> str:
    """The name of an app."""
    label = main_of(document).get("label") or document.get("label")
    return label if isinstance(label, str) and label else fallback


def ports(document: CWL, which: str) -> list[Port]:
    """The inputs or outputs of an app.

    Args:
        document: The app.
        which: inputs or outputs.
    """
    main = main_of(document)
    return [_port(_short(id), _spelt_out(main, port)) for id, port in named(main.get(which))]


def _short(id: str) -> str:
    """The last part of an identity: `#main/reads` and `#reads` are reads."""
    return re.split(r"[#/]", id)[-1]


def _spelt_out(main: CWL, declared: Any) -> dict[str, Any]:
    """A port as an object; a stream is a file that is called as the tool states."""
    port: dict[str, Any] = cast("dict[str, Any]", declared) if isinstance(declared, dict) else {"type": declared}
    kind = port.get("type")
    if kind not in _STREAMS:
        return port
    return {**port, "type": "File", "outputBinding": {"glob": main.get(kind, "")}}


def _port(id: str, port: Mapping[str, Any]) -> Port:
    kinds = _kinds(port.get("type", "Any"), 0)
    binding = port.get("outputBinding")
    glob = cast("dict[str, Any]", binding).get("glob", "") if isinstance(binding, dict) else ""
    return Port(
        id=id,
        kinds=tuple(dict.fromkeys(kind for kind, _ in kinds if kind != "null")),
        single=any(not several for kind, several in kinds if kind != "null"),
        optional=("null", False) in kinds or port.get("default") is not None,
        secondary=tuple(_patterns(port.get("secondaryFiles"))),
        glob=glob if isinstance(glob, str) else "",
    )


def _kinds(declared: Any, depth: int) -> list[tuple[str, bool]]:
    """Kinds of values that a type takes, null among them, each with whether a list of such is taken."""
    match declared:
        case str():
            bare = declared.removesuffix("?")
            kind = (_short(bare.removesuffix("[]")), bare.endswith("[]"))
            return [kind, ("null", False)] if declared.endswith("?") else [kind]
        case [*several] if depth <= _DEEPEST:
            return [kind for alternative in several for kind in _kinds(alternative, depth + 1)]
        case {"type": "array"} if depth <= _DEEPEST:
            inner = _kinds(cast("CWL", declared).get("items", "Any"), depth + 1)
            return [(kind, True) for kind, _ in inner]
        case {"type": kind}:
            return [(str(kind), False)]
        case _:
            return [("Any", False)]


def _patterns(declared: Any) -> list[str]:
    several = cast("list[Any]", declared) if isinstance(declared, list) else [declared]
    patterns = [cast("dict[str, Any]", entry).get("pattern") if isinstance(entry, dict) else entry for entry in several]
    # The value of an expression is unknown without running the app.
    return [text.removesuffix("?") for text in patterns if isinstance(text, str) and text and "$" not in text]


def secondary_name(name: str, pattern: str) -> str:
    """The name of a file's secondary file: `.bai` adds to it, each `^` takes an extension off first."""
    while pattern.startswith("^"):
        pattern = pattern[1:]
        stem, dot, _ = name.rpartition(".")
        name = stem if dot and stem else name
    return name + pattern


def steps_of(document: CWL) -> list[str]:
    """The names of an app's steps; a tool is its only one."""
    main = main_of(document)
    if isinstance(main.get("steps"), list | dict):
        return [_short(name) or "step" for name, _ in named(main["steps"])]
    return [name_of(document, _short(str(main.get("id", ""))) or "main")]


# -- inputs

_FILES = ("File", "Directory")
_JSON_KINDS: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("string", "enum"), (str,)),
    **dict.fromkeys(("int", "long"), (int,)),
    **dict.fromkeys(("float", "double"), (int, float)),
    **dict.fromkeys((*_FILES, "record"), (dict,)),
    "boolean": (bool,),
}


def _is_file(value: object) -> bool:
    """Whether a value represents a file or folder."""
    return isinstance(value, dict) and cast("JsonObject", value).get("class") in _FILES


def files_of(value: Any) -> Iterator[JsonObject]:
    """The files and folders in a value, at any depth."""
    if _is_file(value):
        yield value
        value = value.get("secondaryFiles")
    inner = cast("JsonObject", value).values() if isinstance(value, dict) else value
    for item in cast("Iterable[Any]", inner) if isinstance(value, dict | list) else ():
        yield from files_of(item)


def mapped(value: Any, change: Callable[[JsonObject], JsonObject]) -> Any:
    """A value with each file and folder in it changed."""
    if _is_file(value):
        return change(value)
    if isinstance(value, dict):
        return {key: mapped(member, change) for key, member in cast("JsonObject", value).items()}
    if isinstance(value, list):
        return [mapped(item, change) for item in cast("list[Any]", value)]
    return value


def faults(inputs: Mapping[str, Any], ports: Sequence[Port]) -> list[JsonObject]:
    """The faults of an app's inputs, one object each: the input, a code and a message.

    Args:
        inputs: The inputs by identity.
        ports: The app's inputs.
    """
    errors: list[JsonObject] = []
    for port in ports:
        value = inputs.get(port.id)
        if value is None and not port.optional:
            errors.append(fault(port.id, 7012, f"Input {port.id!r} is required and has no value"))
        elif value is not None and not _fits(value, port.kinds):
            errors.append(fault(port.id, 7024, f"Input {port.id!r} takes {' or '.join(port.kinds)}, not {value!r:.40}"))
    return errors


def _fits(value: Any, kinds: Sequence[str]) -> bool:
    """Whether a value, or each in a list, is of one of some kinds; other kinds are types of the app, or Any."""
    if isinstance(value, list):
        return all(_fits(item, kinds) for item in cast("list[Any]", value))
    return value is None or any(
        # By the class: a bool is an int.
        kind not in _JSON_KINDS or type(value) in _JSON_KINDS[kind]
        for kind in kinds
    )


def fault(id: str | None, code: int, message: str) -> JsonObject:
    """A fault of an input, or of a task where no input is named."""
    return {"id": id, "code": code, "message": message}


@dataclass(frozen=True, slots=True)
class Group:
    """The inputs of one child of a batch.

    Attributes:
        value: What the group is called.
        fields: The metadata that its files agree in.
        items: Its part of the divided input.
        single: Whether the child gets one value and no list.
    """

    value: str
    fields: JsonObject
    items: tuple[Any, ...]
    single: bool


def divided(
    items: Sequence[Any], batch_by: Mapping[str, Any], facts: Callable[[JsonObject], Mapping[str, Any]]
) -> list[Group]:
    """The rule by which a batch divides an input.

    Args:
        items: The input's values.
        batch_by: `type` ITEM, or CRITERIA with `criteria`, names such as metadata.sample_id.
        facts: The name and metadata of a file.

    Returns:
        One group a child, in the order of the first file of each.
    """
    if str(batch_by["type"]).upper() == "ITEM":
        return [Group(_name(item, facts), {}, (item,), single=True) for item in items]
    criteria: Sequence[str] = batch_by["criteria"]
    groups: dict[tuple[str, ...], list[Any]] = {}
    for item in items:
        metadata: Mapping[str, Any] = facts(item).get("metadata", {}) if _is_file(item) else {}
        key = tuple(", ".join(texts(metadata.get(name.removeprefix("metadata.")))) for name in criteria)
        groups.setdefault(key, []).append(item)
    return [
        Group(", ".join(key), dict(zip(criteria, key, strict=True)), tuple(several), single=False)
        for key, several in groups.items()
    ]


def _name(item: Any, facts: Callable[[JsonObject], Mapping[str, Any]]) -> str:
    return str(facts(item).get("name", item.get("path", ""))) if _is_file(item) else str(item)


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
        projects = [id for id in projects if (sb.documents.get("project", id) or {}).get("category") == "PUBLIC"]
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
