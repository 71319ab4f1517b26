"""Changes for users of a client, and which of them break code."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk_codegen.diffing import Change, as_json, as_report, compare
from omicsdk_codegen.plan import Package
from omicsdk_codegen.shapes import ANY, INTEGER, NUMBER, STRING, Array, Enum, Map, opened, union_of, within
from planned_documents import planned
from small_documents import content, document, object_of, operation, query, reference

THING = object_of("id", required=("id",), size={"type": "integer"}, state={"type": "string", "enum": ["new", "old"]})
PROBLEM = content(reference("Problem"), "application/problem+json")["content"]
LISTED = object_of(things={"type": "array", "items": reference("Thing")})
ADDED = object_of(required=("thing",), thing=reference("NewThing"))
BINARY = content({"type": "string", "format": "binary"}, "application/octet-stream")
DOCUMENT = document(
    {
        "/things": {
            "get": {
                **operation(LISTED, operationId="listThings", parameters=query(
                    order={"type": "string", "enum": ["up", "down"]},
                    limit={"type": "integer", "default": 10},
                    text={"type": "string", "minLength": 3, "maxLength": 8},
                )),
                "x-omics-pagination": {"style": "link", "items": "things"},
            },
            "post": {
                **operation(body=ADDED, operationId="addThing"),
                "responses": {"204": {"description": ""}, "409": {"description": "", "content": PROBLEM}, "5XX": {"description": ""}},
            },
        },
        "/bytes": {"get": {"operationId": "getBytes", "responses": {"200": {"description": "", **BINARY}}}},
    },
    info={"title": "Thing", "version": "1.0"},
    servers=[{"url": "https://one.example"}],
    webhooks={"thawed": {"post": {"requestBody": content({"type": "string"}), "responses": {}}}},
    components={
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        "schemas": {
            "Thing": THING,
            "NewThing": object_of("id", "note", required=("id",)),
            "Problem": object_of("title", required=("title",)),
        },
    },
)  # fmt: skip


def _package(data: dict[str, Any]) -> Package:
    return planned(data, "client")


def _changes(*edits: tuple[str, Any]) -> list[Change]:
    """Changes after some edits: pointers, and what is there (None: nothing) afterwards."""
    data = copy.deepcopy(DOCUMENT)
    for pointer, value in edits:
        *steps, last = pointer.split(">")
        node = data
        for step in steps:
            node = node[int(step)] if isinstance(node, list) else node[step]
        if value is None:
            del node[int(last) if isinstance(node, list) else last]
        else:
            node[int(last) if isinstance(node, list) else last] = value
    return compare(_package(DOCUMENT), _package(data))


LIST = "paths>/things>get>"
ADD = "paths>/things>post>"
THING_FIELDS = "components>schemas>Thing>properties>"
NEW = "components>schemas>NewThing>"


def test_the_same_document_changes_nothing() -> None:
    assert _changes() == []
    assert "Nothing changes" in as_report(_package(DOCUMENT), _package(DOCUMENT), [])


@pytest.mark.parametrize(
    ("pointer", "value", "breaking", "what"),
    [
        ("paths>/bytes", None, True, "operation get_bytes: is gone"),
        (f"{LIST}operationId", "findThings", True, "operation list_things: is called find_things now"),
        ("paths>/new", {"get": {"responses": {}}}, False, "operation get_new: is new: GET /new"),
        (f"{LIST}parameters>0", None, True, "operation list_things: argument order is gone"),
        (f"{LIST}parameters>0>required", True, True, "operation list_things: argument order is required now"),
        (f"{LIST}parameters>1>schema>type", "string", True, "operation list_things: argument limit is str; it was int"),
        (f"{LIST}parameters>1>schema>type", "number", False, "operation list_things: argument limit is float; it was int"),
        (f"{LIST}parameters>1>schema>default", 20, False, "operation list_things: argument limit: the service's default is 20"),
        (f"{LIST}parameters>1>schema>maximum", 50, True, "operation list_things: argument limit has maximum 50 now"),
        (f"{LIST}parameters>2>schema>maxLength", 9, False, "operation list_things: argument text has maxLength 9; it was 8"),
        (f"{LIST}parameters>2>schema>minLength", 4, True, "operation list_things: argument text has minLength 4; it was 3"),
        (f"{LIST}parameters>2>schema>minLength", None, False, "operation list_things: argument text has no minLength any more"),
        (f"{LIST}parameters>0>schema>enum", ["up"], True, "operation list_things: argument order loses 'down'"),
        (f"{LIST}parameters>0>schema>enum", ["up", "down", "not"], False, "operation list_things: argument order gains 'not'"),
        (f"{LIST}parameters>0>in", "header", False,
         "operation list_things: argument order is sent as order in the header; it was order in the query"),
        (f"{LIST}x-omics-pagination", None, True, "operation list_things: has no pages and iterate any more"),
        (f"{LIST}x-omics-pagination", {"style": "page", "page": "limit", "items": "things"}, False,
         "operation list_things: pages follow by page (parameter limit); it was by link"),
        (f"{LIST}x-omics-pagination", {"style": "link", "items": "things", "token": "order"}, False,
         "operation list_things: pages follow by link (parameter order); it was by link"),
        (f"{LIST}deprecated", True, False, "operation list_things: is deprecated"),
        (f"{THING_FIELDS}size", None, True, "model Thing: field size is gone"),
        (f"{THING_FIELDS}size>type", "string", True, "model Thing: field size is str; it was int"),
        (f"{THING_FIELDS}size>type", ["integer", "null"], True, "model Thing: field size may be null"),
        (f"{THING_FIELDS}more", {"type": "string"}, False, "model Thing: field more is new and optional: str"),
        (f"{THING_FIELDS}state>enum", ["new", "old", "odd"], False, "model Thing: field state gains 'odd'"),
        (f"{THING_FIELDS}state>enum", ["new"], False, "model Thing: field state loses 'old'"),
        ("components>schemas>Thing>required", ["id", "size"], False, "model Thing: field size is required now"),
        ("components>schemas>Thing>required", [], True, "model Thing: field id may be missing now"),
        (f"{NEW}required", ["id", "note"], True, "model NewThing: field note is required now"),
        (f"{NEW}required", [], False, "model NewThing: field id may be missing now"),
        (f"{NEW}properties>must", {"type": "string"}, False, "model NewThing: field must is new and optional: str"),
        (f"{NEW}properties>note>enum", ["a"], True, "model NewThing: field note is Literal['a']; it was str"),
        (f"{ADD}responses>204>content", {"application/json": {"schema": {"type": "integer"}}}, True,
         "operation add_thing: returns int; it was None"),
        (f"{ADD}responses>409", None, True,
         "operation add_thing: the data of error 409 is not described any more; it was Problem"),
        (f"{ADD}responses>409>content", None, True,
         "operation add_thing: the data of error 409 is not described any more; it was Problem"),
        (f"{ADD}responses>409>content>application/problem+json>schema", {"type": "string"}, True,
         "operation add_thing: the data of error 409 is str; it was Problem"),
        (f"{ADD}responses>404", {"description": "", "content": PROBLEM}, False,
         "operation add_thing: describes error 404: Problem"),
        (f"{ADD}responses>4XX", {"description": ""}, False, "operation add_thing: describes errors 4XX"),
        (f"{ADD}responses>5XX>content", PROBLEM, False,
         "operation add_thing: the data of errors 5XX is Problem; it was not described"),
        (f"{ADD}responses>5XX", None, False, "operation add_thing: describes errors 5XX no longer"),
        (f"{ADD}responses>default", {"description": "", "content": PROBLEM}, False,
         "operation add_thing: describes other errors: Problem"),
        ("components>schemas>Problem>required", [], True, "model Problem: field title may be missing now"),
        ("servers>0>url", "https://two.example", False,
         "client : the default base_url is 'https://two.example'; it was 'https://one.example'"),
        ("servers", None, True, "client : there is no default base_url any more; it was 'https://one.example'"),
        ("paths>/bytes>get>servers", [{"url": "https://files.example"}], False,
         "operation get_bytes: is sent to https://files.example; it was the client's server"),
        (f"{NEW}properties>note>maxLength", 5, True, "model NewThing: field note has maxLength 5 now"),
        (f"{NEW}properties>note>pattern", "^a$", True, "model NewThing: field note has the pattern ^a$ now"),
        (f"{NEW}properties>note>default", "x", False, "model NewThing: field note: the service's default is 'x'"),
        ("webhooks>thawed", None, True, "webhook webhooks.parse_thawed: is gone"),
        ("webhooks>frozen", {"post": {"requestBody": {"content": PROBLEM}, "responses": {}}}, False, "webhook webhooks.parse_frozen: is new"),
        ("components>securitySchemes>token", {"type": "apiKey", "in": "header", "name": "k"}, True,
         "client : credentials for token are ApiKey(key, header='k'); they were BearerToken(token)"),
        ("info>title", "Other", False, "client : the title, by default the package's name, is Other; it was Thing"),
        ("paths>/bytes>get>x-omics-stream", False, True, "operation get_bytes: has no stream any more"),
    ],
)  # fmt: skip
def test_a_change(pointer: str, value: Any, breaking: bool, what: str) -> None:
    changes = [
        (change.breaking, f"{change.kind} {change.name}: {change.what}") for change in _changes((pointer, value))
    ]
    assert (breaking, what) in changes
    assert breaking == any(row[0] for row in changes)


def test_arguments_that_choose_servers_may_be_gone() -> None:
    variables = {"region": {"default": "us"}}
    old = copy.deepcopy(DOCUMENT)
    old["servers"] = [
        {"url": "https://{region}.example", "variables": variables, "name": "live"},
        {"url": "https://b.example"},
    ]
    old["paths"]["/bytes"]["get"]["servers"] = [{"url": "https://files.example"}]
    gone = {change.what for change in compare(_package(old), _package(DOCUMENT)) if change.breaking}
    assert gone == {
        "the argument server='live' is gone", "the argument server='https://b.example' is gone",
        "the argument servers={'https://files.example': ...} is gone", "the argument region is gone",
    }  # fmt: skip


def test_schemes_of_credentials_may_be_gone() -> None:
    old, new = copy.deepcopy(DOCUMENT), copy.deepcopy(DOCUMENT)
    schemes = {name: {"type": "apiKey", "in": "header", "name": name} for name in ("id", "secret")}
    for data, security in ((old, [{"id": [], "secret": []}]), (new, [{"id": []}])):
        data["components"]["securitySchemes"], data["security"] = schemes, security
    new["paths"]["/bytes"]["get"]["security"] = []
    changes = {(change.breaking, change.name, change.what) for change in compare(_package(old), _package(new))}
    assert changes == {
        (True, "", "the argument credentials={'secret': ...} is gone"),
        (False, "list_things", "takes credentials for id; it took them for id and secret"),
        (False, "add_thing", "takes credentials for id; it took them for id and secret"),
        (False, "get_bytes", "takes credentials for nothing; it took them for id and secret"),
    }


def test_a_required_argument_that_is_new_breaks() -> None:
    parameter = {"name": "key", "in": "query", "required": True, "schema": {"type": "string"}}
    (change,) = _changes((f"{ADD}parameters", [parameter]))
    assert (change.breaking, change.what) == (True, "argument key is new and required: str")


def _with_errors(**bodies: Any) -> Package:
    data = copy.deepcopy(DOCUMENT)
    for status, schema in bodies.items():
        content = {"application/json": {"schema": schema}}
        data["paths"]["/bytes"]["get"]["responses"][status.removeprefix("of_")] = {
            "description": "",
            "content": content,
        }
    return _package(data)


def test_an_error_is_compared_with_the_range_that_applied_to_it() -> None:
    integer, text = {"type": "integer"}, {"type": "string"}
    by_range, by_status = _with_errors(of_4XX=integer), _with_errors(of_404=integer, default=integer)
    assert [(change.breaking, change.what) for change in compare(by_range, by_status)] == [
        (False, "describes error 404: int"),
        (False, "describes errors 4XX no longer"),
        (False, "describes other errors: int"),
    ]
    retyped = compare(by_range, _with_errors(of_404=text, of_4XX=integer))
    assert [(change.breaking, change.what) for change in retyped] == [
        (False, "describes error 404: str"),
        (True, "the data of error 404 is str; it was int"),
    ]


def test_fields_of_an_error_that_is_sent_too_are_compared_as_received() -> None:
    data = copy.deepcopy(DOCUMENT)
    data["paths"]["/bytes"]["get"]["responses"]["404"] = {
        "description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewThing"}}}
    }  # fmt: skip
    changed = copy.deepcopy(data)
    changed["components"]["schemas"]["NewThing"]["required"] = []
    assert Change(True, "model", "NewThing", "field id may be missing now") in compare(
        _package(data), _package(changed)
    )


def test_markdown_and_json_hold_all_of_it() -> None:
    data = copy.deepcopy(DOCUMENT)
    data["info"]["version"] = "2.0"
    del data["paths"]["/bytes"]
    data["paths"]["/<b>*x*](y)"] = {"get": {"operationId": "fresh", "responses": {}}}
    old, new = _package(DOCUMENT), _package(data)
    assert as_report(old, new, compare(old, new)) == (
        "## Thing: from 1.0 to 2.0\n\n### Breaking changes\n\n- `get_bytes`: is gone\n\n"
        "### Other changes\n\n- `fresh`: is new: GET /\\<b\\>\\*x\\*]\\(y)\n"
    )
    assert json.loads(as_json(old, new, compare(old, new))) == {
        "old": {"title": "Thing", "version": "1.0"},
        "new": {"title": "Thing", "version": "2.0"},
        "breaking": [{"kind": "operation", "name": "get_bytes", "change": "is gone"}],
        "other": [{"kind": "operation", "name": "fresh", "change": "is new: GET /<b>*x*](y)"}],
    }


def _many(tags: list[str], *, limit: str) -> dict[str, Any]:
    """A document of which each operation has a tag, and of which thirty models have a field of their own."""
    data = copy.deepcopy(DOCUMENT)
    for number, tag in enumerate(tags):
        parameter = {"name": limit, "in": "query", "schema": {"type": "integer"}}
        data["paths"][f"/{tag}/{number}"] = {
            "get": {"operationId": f"{tag}_{number:02}", "tags": [tag], "parameters": [parameter], "responses": {}}
        }
    for number in range(30):
        properties = {"id": {"type": "string"}, limit: {"type": "string"}}
        data["components"]["schemas"][f"Many{number:02}"] = {"type": "object", "properties": properties}
    return data


def test_many_changes_are_counted_and_stand_under_their_tags() -> None:
    old = _package(_many(["runs", "runs", "lanes"], limit="limit"))
    new = _package(_many(["runs", "runs", "lanes", "lanes"], limit="most"))
    changes = compare(old, new)
    many = ", ".join(f"`Many{number:02}`" for number in range(30))
    assert (
        as_report(old, new, changes)
        == f"""## Thing: from 1.0 to 1.0

| what | breaking | other |
|---|---:|---:|
| Operations of lanes | 1 | 2 |
| Operations of runs | 2 | 2 |
| Models | 30 | 30 |
| **together** | 33 | 34 |

### Breaking changes

#### Operations of lanes

- `lanes_02`: argument limit is gone

#### Operations of runs

- `runs_00`, `runs_01`: argument limit is gone

#### Models

- {many}: field limit is gone

### Other changes

#### Operations of lanes

- `lanes_02`: argument most is new and optional: int
- `lanes_03`: is new: GET /lanes/3

#### Operations of runs

- `runs_00`, `runs_01`: argument most is new and optional: int

#### Models

- {many}: field most is new and optional: str
"""
    )
    rows = json.loads(as_json(old, new, changes))
    assert (len(rows["breaking"]), len(rows["other"])) == (33, 34)
    assert rows["breaking"][0] == {
        "kind": "operation", "name": "lanes_02", "change": "argument limit is gone", "tag": "lanes"
    }  # fmt: skip


def test_what_befalls_many_is_reported_in_the_plural() -> None:
    old, new = _package(_many(["runs"] * 25, limit="limit")), _package(_many([], limit="limit"))
    assert f"{', '.join(f'`runs_{number:02}`' for number in range(25))}: are gone\n" in as_report(
        old, new, compare(old, new)
    )


SCALARS = st.sampled_from([ANY, STRING, INTEGER, NUMBER, Enum(("a",)), Enum(("a", "b")), Enum((1, 2))])
TYPES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(inner.map(Array), inner.map(Map), st.lists(inner, min_size=1, max_size=3).map(union_of)),
)


@given(TYPES, TYPES, TYPES)
def test_within_is_an_order(a: Any, b: Any, c: Any) -> None:
    assert within(a, a, {}, {})
    assert within(a, opened(a), {}, {})
    assert within(a, union_of([a, b]), {}, {})
    if within(a, b, {}, {}) and within(b, c, {}, {}):
        assert within(a, c, {}, {})
