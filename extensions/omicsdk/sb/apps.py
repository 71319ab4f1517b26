"""Apps: read from CWL files (JSON or YAML; one document where a file refers to others), and installed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, cast, get_args

from omicsdk_api.sb.models.app import App

from omicsdk.core.batches import unique_object
from omicsdk.core.bodies import utf8
from omicsdk.core.consistency import declared_number
from omicsdk.core.errors import MissingExtra, NotFound, UsageError
from omicsdk.core.json_coding import decoded
from omicsdk.core.lazy import require
from omicsdk.core.plain_client import exchange_of
from omicsdk.core.yaml_text import YamlFault, read_yaml
from omicsdk.sb.client import SevenBridges
from omicsdk.sb.paths import app_id, project_id

_REFERRING = ("$import", "$include", "$mixin")

Strategy = Literal["clone", "direct", "clone_direct", "transient"]
# What a copy of an app keeps of its origin.
STRATEGIES: tuple[str, ...] = get_args(Strategy)
# The extra that brings what packs documents of several files.
EXTRA = "cwl"


class WrongApp(UsageError):
    """A file is not an app."""

    default_remedy = "Use a CWL file: JSON or YAML."


def get_app(client: SevenBridges, text: str) -> App:
    """Get an app in its latest revision, or in the one that is named.

    Args:
        client: The platform.
        text: `owner/project/app`, or the same with /revision appended.

    Raises:
        WrongPath: It is neither.
        NotFound: There is no such app.
    """
    id, revision = app_id(text)
    owner, project, app = id.split("/")
    if revision is None:
        return client.get_app(owner=owner, project=project, app=app)
    return client.get_app_revision(owner=owner, project=project, app=app, revision=revision)


def install_app(client: SevenBridges, id: str, document: Mapping[str, Any] | str) -> App:
    """Create an app, or the next revision of one that exists. The operation is `install_app_`.

    Args:
        id: `owner/project/app`.
        document: Its CWL; text that is YAML is sent unchanged.

    Returns:
        The app in its new revision.

    Raises:
        WrongPath: `id` is none.
        WrongApp: The document cannot be an app.
        Conflict: Another program created that revision meanwhile.
    """
    try:
        last = get_app(client, app_id(id)[0])
    except NotFound:
        return add_revision(client, id, None, document)
    return add_revision(client, id, (declared_number(last.revision, "revision", "get_app") or 0) + 1, document)


def add_revision(client: SevenBridges, id: str, revision: int | None, document: object, form: str | None = None) -> App:
    """Create an app, or a revision of one that exists.

    Args:
        client: The platform.
        id: `owner/project/app`.
        revision: The new revision's number, one more than the last one; None for a new app.
        document: Its CWL, as `document_of` reads it.
        form: How text is written, "json" or "yaml"; None to detect it by its first character.

    Returns:
        The app in its new revision.

    Raises:
        WrongPath: `id` is none.
        WrongApp: The document cannot be an app.
        Conflict: The app or the revision exists.
    """
    read = document_of(document, form)
    body = read if isinstance(read, dict) else {}
    id = app_id(id)[0]
    owner, project, app = id.split("/")
    if revision is None:
        request = client.install_app_.build(owner=owner, project=project, app=app, body=body)
    else:
        request = client.create_app_revision.build(owner=owner, project=project, app=app, revision=revision, body=body)
    if isinstance(read, str):  # the API's document only has the JSON form
        headers = (
            *(pair for pair in request.headers if pair[0] != "content-type"),
            ("content-type", "application/yaml"),
        )
        request = replace(request, content=utf8("raw", read), headers=headers)
    response = exchange_of(client).send(request)
    try:
        created: Any = decoded(response.content)
    except ValueError:
        created = None  # the response may be YAML if YAML was sent; the app exists then, and its id is known
    revision_id = cast("dict[str, Any]", created).get("sbg:id") if isinstance(created, dict) else None
    return get_app(client, str(revision_id or (id if revision is None else f"{id}/{revision}")))


def copy_app(
    client: SevenBridges, app: str, project: str, *, name: str | None = None, strategy: Strategy | str = "clone"
) -> App:
    """Copy an app into a project.

    Args:
        app: The app: owner/project/app; append /revision for any revision but the latest.
        project: The project to copy it into: owner/project or sb://owner/project.
        name: The copy's name; by default that of the app.
        strategy: Revisions to copy: clone (all revisions), direct (the latest), clone_direct or transient.

    Returns:
        The copy, as the operations `copy_app_` and `copy_app_revision` return it.

    Raises:
        WrongPath: `app` is no app's id, or `project` no project's.
        UsageError: The strategy is unknown.
    """
    if strategy not in STRATEGIES:
        raise UsageError(f"strategy is {strategy!r}", remedy=f"Use one of {', '.join(STRATEGIES)}.")
    id, revision = app_id(app)
    owner, project_name, short = id.split("/")
    body: Any = {"project": project_id(project), "strategy": strategy, **({"name": name} if name else {})}
    if revision is None:
        return client.copy_app_(owner=owner, project=project_name, app=short, body=body)
    return client.copy_app_revision(owner=owner, project=project_name, app=short, revision=revision, body=body)


def document_of(raw: object, form: str | None = None) -> dict[str, Any] | str:
    """Read an app's CWL that is given as a value.

    Args:
        raw: A dictionary, or text.
        form: How text is written, "json" or "yaml"; None to detect it by its first character.

    Returns:
        A dictionary, to be sent as JSON; for YAML the text itself, which the platform reads.

    Raises:
        WrongApp: It cannot be an app.
    """
    form = form.lower() if form else None
    raw = raw.removeprefix("\ufeff") if isinstance(raw, str) else raw
    if form not in (None, "json", "yaml"):
        raise WrongApp(f"raw_format is {form!r}", remedy='Use "json" or "yaml".')
    if isinstance(raw, Mapping):
        document = dict(cast("Mapping[str, Any]", raw))
    elif not isinstance(raw, str):
        raise WrongApp(f"raw is a {type(raw).__name__}", remedy="Use an app's CWL as a dictionary or text.")
    elif form == "json" or (form is None and raw.lstrip().startswith("{")):
        try:
            document = json.loads(raw, object_pairs_hook=unique_object)
        except (ValueError, RecursionError) as error:
            raise WrongApp(f"raw is not JSON: {error}", remedy='Correct it, or pass raw_format="yaml".') from None
        if not isinstance(document, dict):
            kind = type(document).__name__
            raise WrongApp(f"raw is a JSON {kind}, not an object", remedy='Combine several in "$graph".')
    elif ":" not in raw or ("\n" not in raw.strip() and raw.rstrip().endswith((".cwl", ".json", ".yaml", ".yml"))):
        raise WrongApp(
            f"raw is not an app's CWL: {raw.strip()[:60]!r}", remedy="Use the text of a CWL file, not its name."
        )
    else:
        return raw
    if not document:
        raise WrongApp("raw is empty", remedy="Use an app's CWL.")
    return cast("dict[str, Any]", document)


def read_app(file: Path) -> dict[str, Any]:
    """Read an app.

    Args:
        file: A CWL file. Steps, types and texts in other files become part of the document, which needs the extra
            `cwl`.

    Returns:
        One document.

    Raises:
        WrongApp: It cannot be read, or is not CWL.
        MissingExtra: It is YAML, or refers to other files, and the extra is not installed.
    """
    document = _parsed(file)
    if not isinstance(document.get("class"), str) and "$graph" not in document:
        raise WrongApp(
            f"{file} is not CWL: it has no class", remedy="Use an app class, such as CommandLineTool or Workflow."
        )
    return _packed(file) if references(document) else document


def references(document: Any, *, is_step: bool = False) -> list[str]:
    """What other files a document refers to; pure.

    Args:
        document: The document, or a part of it.
        is_step: Whether it is a step of a workflow, whose `run` is a file; elsewhere an input may have this name.
    """
    paths: list[str] = []
    if isinstance(document, dict):
        for key, value in cast("dict[str, Any]", document).items():
            names_file = key in _REFERRING or (is_step and key == "run" and not str(value).startswith("#"))
            if names_file and isinstance(value, str):
                paths.append(value)
            elif key == "steps" and isinstance(value, dict | list):
                steps = list(cast("dict[str, Any]", value).values()) if isinstance(value, dict) else cast("Any", value)
                paths += [path for step in steps for path in references(step, is_step=True)]
            else:
                paths += references(value)
    elif isinstance(document, list):
        for entry in cast("list[Any]", document):
            paths += references(entry)
    return paths


def _parsed(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text("utf-8-sig")
    except OSError as error:
        raise WrongApp(f"{file} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise WrongApp(f"{file} is not UTF-8 text") from error
    document = _of_json(text, file) if text.lstrip()[:1] in ("{", "[") else _of_yaml(text, file)
    if not isinstance(document, dict):
        raise WrongApp(f"{file} is not CWL: it is not an object")
    return cast("dict[str, Any]", document)


def _of_json(text: str, file: Path) -> Any:
    try:
        return json.loads(text, object_pairs_hook=unique_object)
    except (ValueError, RecursionError) as error:
        try:
            return _of_yaml(text, file)  # YAML may begin with a brace too
        except (MissingExtra, WrongApp):
            raise WrongApp(f"{file} is not JSON: {error}") from error


def _of_yaml(text: str, file: Path) -> Any:
    require("yaml", EXTRA, "apps in YAML")
    try:
        return read_yaml(text, unique=True)
    except YamlFault as error:
        raise WrongApp(f"{file} cannot be read: {error}") from error


def _packed(file: Path) -> dict[str, Any]:
    require("cwl_utils", EXTRA, f"{file}, which refers to other files")
    import io
    from contextlib import redirect_stderr

    from cwl_utils.pack import pack  # pyright: ignore[reportMissingImports, reportUnknownVariableType]

    log = io.StringIO()  # it prints each step on stderr
    try:
        with redirect_stderr(log):
            # Dates, and kinds of text of its YAML library, as JSON has them.
            return cast("dict[str, Any]", json.loads(json.dumps(pack(str(file)), default=str)))
    except Exception as error:
        raise WrongApp(f"{file} cannot be packed: {error}", remedy="Check the files that it refers to.") from error
