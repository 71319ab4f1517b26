"""Apps: finding, installing, revising and copying them."""

import json

import httpx
import pytest
from omicsdk.compat.sevenbridges import App, AppCopyStrategy, AppRawFormat, Conflict, SbgError, ValidationError
from omicsdk.compat.sevenbridges.errors import NonJSONResponseError
from omicsdk.compat.sevenbridges.models.app import AppId

TOOL = {"cwlVersion": "v1.2", "class": "CommandLineTool", "inputs": [], "outputs": [], "baseCommand": "true"}
YAML = "cwlVersion: v1.2\nclass: CommandLineTool\ninputs: []\n# Grüße\noutputs: []\nbaseCommand: no\n"


def payload(revision: int = 0) -> dict:
    return {"id": f"o/p/a/{revision}", "project": "o/p", "name": "a", "revision": revision, "raw": dict(TOOL)}


@pytest.fixture
def app(api):
    return api.apps.of(payload(2), api)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("o/p/a", ("o", "p", "a", None)),
        ("o/p/a/0", ("o", "p", "a", 0)),
        ("division/p/12/3", ("division", "p", "12", 3)),
        ("/o/p/a/", ("o", "p", "a", None)),
    ],
)
def test_an_id_in_its_parts(text, parts):
    assert tuple(AppId.of(text)) == parts
    assert str(AppId.of(text)) == text.strip("/")


@pytest.mark.parametrize(
    "text", ["a", "o/p", "o//a", "o/p/a/b", "o/p/a/1/2", "o/p/a/-1", "o/p/a/²", "o/p/..", "o/./a/1"]
)
def test_an_invalid_id_is_refused_before_anything_is_sent(api, platform, text):
    with pytest.raises(ValidationError, match="owner/project/app"):
        api.apps.get(text)
    assert platform.request_texts == []


def test_no_id_at_all(api):
    with pytest.raises(SbgError, match="no id"):
        api.apps.get("")


def test_a_query_does_not_request_the_cwl(api, platform):
    platform.lists("/apps", payload())
    (app,) = api.apps.query(
        project="o/p", visibility="public", q="star", id=[api.apps.of(payload(), api), "x/y/z"], limit=1
    )
    assert app.id == "o/p/a"
    assert platform.request_texts == ["GET /apps?project=o/p&visibility=public&q=star&id=o/p/a&id=x/y/z&limit=1"]


def test_several_words(api, platform):
    platform.lists("/apps")
    api.apps.query(q=["rna", "seq"])
    assert platform.request_texts == ["GET /apps?q=rna&q=seq"]


@pytest.mark.parametrize(
    ("id", "path"),
    [("o/p/a", "/apps/o/p/a"), ("o/p/a/7", "/apps/o/p/a/7"), ({"id": "o/p/a/7"}, "/apps/o/p/a")],
)
def test_get(api, platform, id, path):
    platform.on(f"GET {path}", payload(7))
    app = api.apps.get(api.apps.of(id, api) if isinstance(id, dict) else id)
    assert (app.id, app.revision, app.raw["class"]) == ("o/p/a", 7, "CommandLineTool")


@pytest.mark.parametrize("revision", [0, "0", "12"])
def test_get_a_revision_of_an_app_or_id(api, platform, app, revision):
    platform.on(f"GET /apps/o/p/a/{revision}", payload(int(revision)))
    assert api.apps.get_revision(app, revision).revision == int(revision)
    assert api.apps.get_revision("o/p/a", revision).revision == int(revision)


@pytest.mark.parametrize("revision", [-1, "latest", None, True, 1.5])
def test_a_revision_is_a_number(api, app, revision):
    with pytest.raises(ValidationError, match="revision"):
        api.apps.get_revision(app, revision)


@pytest.mark.parametrize(
    ("raw", "form"),
    [(TOOL, None), (TOOL, "yaml"), (json.dumps(TOOL), None), ("\n " + json.dumps(TOOL), AppRawFormat.JSON), (json.dumps(TOOL), "JSON"),
     ("\ufeff" + json.dumps(TOOL), None), ("\ufeff" + json.dumps(TOOL), "json")],
)  # fmt: skip
def test_an_app_is_installed_from_a_dictionary_or_json(api, platform, raw, form):
    platform.on("POST /apps/o/p/a/raw", {**TOOL, "sbg:id": "o/p/a/0"})
    platform.on("GET /apps/o/p/a/0", payload())
    made = api.apps.install_app("o/p/a", raw, raw_format=form)
    assert (made.id, made.revision) == ("o/p/a", 0)
    request = platform.requests[0]
    assert request.body == TOOL
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize(("raw", "form"), [(YAML, None), (YAML, "YAML"), (json.dumps(TOOL), "yaml")])
def test_yaml_is_sent_as_it_is_written(api, platform, raw, form):
    platform.on("POST /apps/o/p/a/raw", {**TOOL, "sbg:id": "o/p/a/0"})
    platform.on("GET /apps/o/p/a/0", payload())
    assert api.apps.install_app("o/p/a", raw, raw_format=form).revision == 0
    request = platform.requests[0]
    assert request.content.decode() == raw
    assert request.headers["content-type"] == "application/yaml"


def test_an_app_that_is_answered_in_yaml_is_installed_anyway(api, platform):
    platform.on("POST /apps/o/p/a/raw", httpx.Response(200, text=YAML))
    platform.on("GET /apps/o/p/a", payload())
    assert api.apps.install_app("o/p/a", YAML).revision == 0


def test_an_error_that_is_not_json_is_raised(api, platform):
    platform.on("POST /apps/o/p/a/raw", httpx.Response(502, text="<html>bad</html>"))
    with pytest.raises(NonJSONResponseError):
        api.apps.install_app("o/p/a", TOOL)


@pytest.mark.parametrize(
    ("raw", "form", "words"),
    [
        ({}, None, "empty"),
        ("", None, "is not an app's CWL"),
        ("tool.cwl", None, "not its name"),
        ("C:\\tools\\tool.cwl", None, "not its name"),
        ("{", None, "is not JSON"),
        ('{"class": "Workflow", "class": "CommandLineTool"}', None, "the name 'class' occurs twice"),
        (YAML + "label: \ud800", None, "raw cannot be sent"),
        ("[1]", "json", "JSON list"),
        (YAML, "json", "is not JSON"),
        (TOOL, "xml", "raw_format"),
        (b"{}", None, "bytes"),
        (None, None, "NoneType"),
    ],
)
def test_what_can_not_be_cwl_is_refused_before_anything_is_sent(api, platform, raw, form, words):
    with pytest.raises(ValidationError, match=words):
        api.apps.install_app("o/p/a", raw, raw_format=form)
    assert platform.request_texts == []


def test_an_app_that_exists(api, platform):
    platform.on("POST /apps/o/p/a/raw", platform.refusal(409, 6003, "App exists."))
    with pytest.raises(Conflict):
        api.apps.install_app("o/p/a", TOOL)


@pytest.mark.parametrize("raw", [TOOL, json.dumps(TOOL), YAML])
def test_a_revision_is_added(api, platform, app, raw):
    platform.on("POST /apps/o/p/a/3/raw", {**TOOL, "sbg:id": "o/p/a/3"})
    platform.on("GET /apps/o/p/a/3", payload(3))
    assert api.apps.create_revision(app, 3, raw).revision == 3
    assert platform.request_texts == ["POST /apps/o/p/a/3/raw", "GET /apps/o/p/a/3"]


def test_a_revised_app_goes_back_as_the_next_revision(api, platform, app):
    app.raw = {**app.raw, "baseCommand": "cat"}
    app.raw["baseCommand"] = "false"
    platform.on("POST /apps/o/p/a/3/raw", lambda request: {**request.body, "sbg:id": "o/p/a/3"})
    platform.on("GET /apps/o/p/a/3", payload(3))
    api.apps.create_revision(app.id, app.revision + 1, app.raw)
    assert platform.requests[0].body["baseCommand"] == "false"


@pytest.mark.parametrize(
    ("arguments", "path", "body"),
    [
        ({}, "/apps/o/p/a/actions/copy", {"strategy": "clone"}),
        ({"name": "nn"}, "/apps/o/p/a/actions/copy", {"strategy": "clone", "name": "nn"}),
        (
            {"strategy": AppCopyStrategy.DIRECT, "use_revision": True},
            "/apps/o/p/a/2/actions/copy",
            {"strategy": "direct"},
        ),
        ({"strategy": "transient"}, "/apps/o/p/a/actions/copy", {"strategy": "transient"}),
        ({"strategy": "clone_direct"}, "/apps/o/p/a/actions/copy", {"strategy": "clone_direct"}),
    ],
)
def test_copy(api, platform, app, arguments, path, body):
    platform.on(f"POST {path}", {"id": "o/q/a/0", "revision": 0})
    copy = app.copy(api.projects.of({"id": "o/q"}, api), **arguments)
    assert (copy.id, app.id) == ("o/q/a", "o/p/a")
    assert platform.sent == {"project": "o/q", **body}


@pytest.mark.parametrize(("use_revision", "path"), [(True, "o/p/a/2"), (False, "o/p/a")])
def test_a_copy_of_an_app_whose_id_has_no_revision(api, platform, use_revision, path):
    platform.on(f"POST /apps/{path}/actions/copy", {"id": "o/q/a/0", "revision": 0})
    app = api.apps.of({"id": "o/p/a", **({"revision": 2} if use_revision else {})}, api)
    assert app.copy("o/q", use_revision=use_revision).id == "o/q/a"


def test_a_strategy_that_does_not_exist_is_refused(app, platform):
    with pytest.raises(ValidationError, match="clone, direct, clone_direct, transient"):
        app.copy("o/q", strategy="deep")
    assert platform.request_texts == []


def test_sync_gives_the_app_as_it_is_now(app, platform):
    platform.on("POST /apps/o/p/a/actions/sync", payload(5))
    assert app.sync().revision == 5


def test_revisions_of_an_app_are_equal_and_one_in_a_set(api, app):
    assert app == App(id="o/p/a/9")
    assert app != App(id="o/p/b/2")
    assert len({app, App(id="o/p/a/9"), api.apps.of(payload(4), api)}) == 1
    assert App(name="x") != App(name="x")


def test_a_listed_app_requests_its_cwl_once_and_in_its_revision(api, platform):
    platform.on("GET /apps/o/p/a/2", payload(2))
    app = api.apps.of({"id": "o/p/a/2", "name": "a", "revision": 2}, api)
    assert app.raw["class"] == "CommandLineTool"
    assert app.raw["cwlVersion"] == "v1.2"
    assert platform.request_texts == ["GET /apps/o/p/a/2"]


def test_apps_can_not_be_deleted(app, platform):
    with pytest.raises(SbgError, match="cannot be deleted"):
        app.delete()
    assert platform.request_texts == []
