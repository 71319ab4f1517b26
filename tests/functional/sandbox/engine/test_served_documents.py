"""Documents that the sandbox serves: objects over HTTP, errors, bytes, and what every service of the sandbox has."""

import json
import re
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk.sandbox import Rule, Sandbox, load_snapshot
from omicsdk.sandbox.app import Application
from omicsdk.sandbox.engine import Engine
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Call, Reply
from small_documents import content, document, list_of, object_of, operation, query
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

INTEGER = {"type": "integer"}
PET = {"$ref": "#/components/schemas/Pet"}
TOY = {"$ref": "#/components/schemas/Toy"}
ERROR = object_of("message", required=("message", "code"), code=INTEGER)
BINARY = {"type": "string", "format": "binary"}
SCHEMAS = {
    "Pet": object_of(
        "name",
        required=("id", "name", "age"),
        id={"type": "string", "format": "uuid", "readOnly": True},
        kind={"enum": ["cat", "dog"]},
        age={"type": "integer", "readOnly": True},
        secret={"type": "string", "writeOnly": True},
        created_at={"type": "string", "format": "date-time", "readOnly": True},
        home=object_of("city", "street"),
    ),
    "Toy": object_of("name", required=("name",), price={"type": "number"}),
}
CHANGED = {"requestBody": {"content": {kind: {"schema": object_of("name", home=object_of("city", "street"))} for kind in (
    "application/json", "application/merge-patch+json", "application/json-patch+json")}}}  # fmt: skip
PETS = document(
    {
        "/pets": {
            "get": operation(
                list_of(PET, total=INTEGER, next_cursor={"type": ["string", "null"]}),
                parameters=query("cursor", "kind", "sort", limit={"type": "integer", "maximum": 50}),
            ),
            "post": {
                **operation(PET, PET, status=201, operationId="add_pet"),
                "parameters": [{"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}],
                "responses": {
                    "201": {"description": "", **content(PET)},
                    "422": {"description": "", **content(ERROR)},
                    "default": {"description": "", **content(ERROR)},
                },
            },
        },
        "/pets/{pet_id}": {
            "get": operation(PET, operationId="get_pet"),
            "patch": {**operation(PET), **CHANGED},
            "put": operation(PET, PET),
            "delete": operation(status=204),
        },
        "/pets/{pet_id}/toys": {
            "get": operation({"type": "array", "items": TOY}, parameters=query(offset=INTEGER, limit=INTEGER)),
            "post": operation(TOY, TOY, status=201),
        },
        "/pets/{pet_id}/toys/{name}": {"get": operation(TOY), "delete": operation(status=204)},
        "/pets/{pet_id}/photo": {
            "put": {"requestBody": content(BINARY, "image/png"), "responses": {"204": {"description": ""}}},
            "get": {"responses": {"200": {"description": "", **content(None, "image/png")}}},
        },
        "/pets/{pet_id}/scan": {
            "put": {
                "requestBody": content(object_of(
                    pages={"anyOf": [{"type": "array", "items": INTEGER}, {"type": "null"}]}, files={"type": "array", "items": BINARY},
                ), "multipart/form-data"),
                "responses": {"204": {"description": ""}},
            },
            "get": {"responses": {"200": {"description": "", **content(None, "image/png")}}},
        },
        "/lines": {"get": {"responses": {"200": {"description": "", "content": {"application/jsonl": {"itemSchema": TOY}}}}}},
        "/log": {"get": {"responses": {"200": {"description": "", "content": {"text/event-stream": {
            "itemSchema": object_of(required=("data",), data={"type": "string", "contentSchema": TOY})}}}}}},
        "/sequence": {"get": {"responses": {"200": {"description": "", **content(TOY, "application/json-seq")}}}},
        "/chat": {"post": {"requestBody": content(object_of(stream={"type": "boolean"})), "responses": {"200": {
            "description": "", "content": {kind: {"schema": TOY} for kind in ("application/json", "text/event-stream")}}}}},
        "/connect": {
            "post": {"requestBody": content(object_of("to"), "application/octet-stream"), "responses": {"204": {"description": ""}}},
        },
        "/events": {"get": {"responses": {"200": {"description": "", **content(TOY, "text/event-stream")}}}},
        "/settings": {"get": operation(object_of("theme")), "put": operation(object_of("theme"), object_of("theme"))},
        "/broken": {"get": {"responses": {"200": {"description": "", "content": {"application/json": {
            "schema": object_of(required=("count",), count=INTEGER), "example": {"count": "many"}}}}}}},
    },
    SCHEMAS,
)  # fmt: skip
NOTED = object_of(ok={"type": "boolean"}, isSuccess={"type": "boolean"}, note=object_of("id", "text"))
WRAPPED = document(
    {
        "/2010/Accounts/{AccountSid}/Messages.json": {
            "post": {
                "requestBody": content(object_of("Body", "To", required=("To",)), "application/x-www-form-urlencoded"),
                "responses": {"201": {"description": "", **content(object_of("body", "to", sid={"type": "string", "pattern": "^SM[0-9a-f]{32}$"}))}},
            },
            "get": operation(object_of(messages={"type": "array", "items": object_of("body", "to", "sid")})),
        },
        "/2010/Accounts/{AccountSid}/Messages/{Sid}.json": {
            "get": operation(object_of("body", "to", "sid")),
            "post": {
                "requestBody": content(object_of("Body"), "application/x-www-form-urlencoded"),
                "responses": {"200": {"description": "", **content(object_of("body", "to", "sid"))}},
            },
            "delete": operation(status=204),
        },
        "/notes": {"post": operation(NOTED, object_of("text"), status=201)},
        "/notes/{note_id}": {"get": operation(NOTED)},
        "/teams": {
            "get": operation(object_of("next", teams={"type": "array", "items": object_of("slug", "name")}, count=INTEGER), parameters=query(page=INTEGER, per_page=INTEGER)),
            "post": operation(object_of(team=object_of("slug", "name")), object_of(team=object_of("name", required=("name",)), required=("team",)), status=201),
        },
        "/teams/{team_slug}": {"get": operation(object_of(team=object_of("slug", "name")))},
        "/files": {
            "get": operation({"type": "array", "items": object_of("id", "filename", bytes=INTEGER)}),
            "post": {
                "requestBody": content(object_of("title", file=BINARY), "multipart/form-data"),
                "responses": {"201": {"description": "", **content(object_of("id", "title", "filename", bytes=INTEGER))}},
            },
        },
        "/files/{file_id}": {method: operation(object_of("id", "filename", bytes=INTEGER, deleted={"type": "boolean"})) for method in ("get", "delete")},
        "/files/{file_id}/content": {"get": {"responses": {"200": {"description": "", **content(BINARY, "application/octet-stream")}}}},
    },
    security=[{"token": []}, {"key": []}],
)  # fmt: skip
WRAPPED["components"] = {
    "securitySchemes": {
        "token": {"type": "http", "scheme": "bearer"},
        "key": {"type": "apiKey", "in": "query", "name": "key"},
    }
}


@pytest.fixture(scope="module")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Generator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("served"), specs={"pets": PETS, "wrapped": WRAPPED}) as sandbox:
        yield sandbox


@pytest.fixture
def served(_served: Sandbox) -> Sandbox:
    _served.reset()
    return _served


@pytest.fixture
def pets(served: Sandbox) -> Generator[httpx.Client]:
    with httpx.Client(base_url=served.spec_url("pets"), trust_env=False) as client:
        yield client


@pytest.fixture
def wrapped(served: Sandbox) -> Generator[httpx.Client]:
    headers = {"Authorization": f"Bearer {served.token()}"}
    with httpx.Client(base_url=served.spec_url("wrapped"), headers=headers, trust_env=False) as client:
        yield client


@pytest.fixture
def add(pets: httpx.Client) -> Callable[..., Any]:
    def added(name: str, **fields: Any) -> Any:
        response = pets.post("/pets", json={"name": name, **fields})
        assert response.status_code == 201, response.text
        return response.json()

    return added


def test_an_object_is_created_read_changed_and_deleted(pets: httpx.Client, add: Callable[..., Any]):
    made = add("Rex", kind="dog", secret="bone", id="what a client sends", age=99)
    assert made.keys() == {"id", "name", "kind", "age", "created_at"}
    path = f"/pets/{made['id']}"
    assert pets.get(path).json() == made
    assert pets.patch(path, json={"name": "Max"}).json() == {**made, "name": "Max"}
    replaced = pets.put(path, json={"name": "Tom"}).json()
    assert (replaced["name"], replaced.get("kind"), replaced["id"]) == ("Tom", None, made["id"])
    assert pets.delete(path).status_code == 204
    assert [getattr(pets, method)(path).status_code for method in ("get", "delete")] == [404, 404]


def test_patches_are_merged_or_applied(pets: httpx.Client, add: Callable[..., Any]):
    path = f"/pets/{add('Rex', home={'city': 'Berlin', 'street': 'Main'})['id']}"
    merge = {"content-type": "application/merge-patch+json"}
    changed = pets.patch(path, content=json.dumps({"home": {"street": None}}), headers=merge).json()
    assert changed["home"] == {"city": "Berlin"}
    patch = {"content-type": "application/json-patch+json"}
    steps = [{"op": "replace", "path": "/name", "value": "Max"}, {"op": "add", "path": "/home/street", "value": "High"}]
    changed = pets.patch(path, content=json.dumps(steps), headers=patch).json()
    assert (changed["name"], changed["home"]) == ("Max", {"city": "Berlin", "street": "High"})
    steps = [{"op": "test", "path": "/name", "value": "Rex"}]
    assert pets.patch(path, content=json.dumps(steps), headers=patch).status_code == 409


def test_lists_are_read_in_pages_filtered_and_sorted(pets: httpx.Client, add: Callable[..., Any]):
    for number in range(5):
        add(f"p{number}", kind="cat" if number % 2 else "dog")
    names: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = pets.get("/pets", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        names += [pet["name"] for pet in page["items"]]
        cursor = page["next_cursor"]
        assert page["total"] == 5
    assert names == ["p0", "p1", "p2", "p3", "p4"]
    cats = pets.get("/pets", params={"kind": "cat", "sort": "-name"}).json()
    assert [pet["name"] for pet in cats["items"]] == ["p3", "p1"]
    assert pets.get("/pets", params={"cursor": "of another server"}).status_code == 400


def test_a_page_after_a_deleted_object_is_complete(pets: httpx.Client, add: Callable[..., Any]):
    made = [add(f"p{number}")["id"] for number in range(4)]
    page = pets.get("/pets", params={"limit": 2}).json()
    for identity in made[:2]:
        pets.delete(f"/pets/{identity}")
    rest = pets.get("/pets", params={"limit": 2, "cursor": page["next_cursor"]}).json()
    assert [pet["id"] for pet in rest["items"]] == made[2:]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"kind": "cat"}, "name is missing"),
        ({"name": 1}, "of type string"),
        ({"name": "Rex", "kind": "cow"}, "one of cat, dog"),
    ],
)
def test_wrong_bodies_are_refused_in_the_documents_words(pets: httpx.Client, body: dict[str, Any], words: str):
    response = pets.post("/pets", json=body)
    assert (response.status_code, response.json()["code"]) == (422, 422)
    assert words in response.json()["message"]


def test_errors_without_a_schema_are_problem_details(pets: httpx.Client):
    for response, status in (
        (pets.get("/pets/none"), 404),
        (pets.get("/none"), 404),
        (pets.put("/pets", json={}), 405),
        (pets.get("/pets", params={"limit": "many"}), 400),
    ):
        assert (response.status_code, response.json()["status"]) == (status, status)
        assert response.headers["content-type"] == "application/problem+json"


def test_objects_below_others_need_them_and_go_with_them(pets: httpx.Client, add: Callable[..., Any]):
    assert pets.post("/pets/none/toys", json={"name": "ball"}).status_code == 404
    path = f"/pets/{add('Rex')['id']}"
    assert pets.post(f"{path}/toys", json={"name": "ball/1"}).status_code == 201
    assert pets.post(f"{path}/toys", json={"name": "ball/1"}).status_code == 409
    assert pets.get(f"{path}/toys/ball%2F1").json() == {"name": "ball/1"}
    assert pets.get(f"{path}/toys", params={"offset": 1, "limit": 1}).json() == []
    assert "Link" not in pets.get(f"{path}/toys", params={"limit": 0}).headers
    pets.delete(path)
    assert pets.get(f"{path}/toys").status_code == 404


def test_bytes_are_stored_and_served_in_ranges(pets: httpx.Client, add: Callable[..., Any]):
    path = f"/pets/{add('Rex')['id']}/photo"
    picture = bytes(range(256)) * 160_000  # larger than any body that is read into memory
    assert pets.put(path, content=picture, headers={"content-type": "image/png"}).status_code == 204
    part = pets.get(path, headers={"range": "bytes=1000-1009"})
    assert (part.status_code, part.content, part.headers["content-type"]) == (206, picture[1000:1010], "image/png")
    assert pets.get(path, headers={"if-none-match": part.headers["etag"]}).status_code == 304
    assert (
        pets.post("/pets", content=b" " * len(picture), headers={"content-type": "application/json"}).status_code == 413
    )


def test_a_form_with_a_file_makes_an_object_with_a_content(wrapped: httpx.Client):
    made = wrapped.post("/files", data={"title": "Reads"}, files={"file": ("reads.txt", b"ACGT\r\n" * 10)}).json()
    assert (made["title"], made["filename"], made["bytes"]) == ("Reads", "reads.txt", 60)
    assert wrapped.get(f"/files/{made['id']}/content", headers={"range": "bytes=-6"}).content == b"ACGT\r\n"
    path = f"/files/{made['id']}"
    assert [wrapped.request(method, path).json().get("deleted") for method in ("GET", "DELETE")] == [None, True]
    assert wrapped.get(f"/files/{made['id']}/content").status_code == 404


def test_a_form_with_files_and_lists_is_the_content_of_its_path(pets: httpx.Client, add: Callable[..., Any]):
    path = f"/pets/{add('Rex')['id']}/scan"
    files = [("files", ("a.png", b"first", "image/png")), ("files", ("b.png", b"second", "image/png"))]
    assert pets.put(path, data={"pages": ["1", "2"]}, files=files).status_code == 204
    assert pets.put(path, data={"pages": "1"}, files=files).status_code == 204
    assert pets.put(path, data={"pages": "one"}, files=files).status_code == 400
    assert (pets.get(path).content, pets.get(path).headers["content-type"]) == (b"first", "image/png")


def test_a_creation_that_is_repeated_with_its_key_makes_one_object(pets: httpx.Client):
    key = {"idempotency-key": "k1"}
    made, again = (pets.post("/pets", json={"name": "Rex"}, headers=key) for _ in range(2))
    assert (again.status_code, again.json()) == (201, made.json())
    assert pets.post("/pets", json={"name": "Rex"}, headers={"idempotency-key": "k2"}).json() != made.json()
    assert pets.get("/pets").json()["total"] == 2
    pets.delete(f"/pets/{made.json()['id']}")
    assert pets.post("/pets", json={"name": "Rex"}, headers=key).json() != made.json()


def test_forms_and_fields_in_another_spelling(wrapped: httpx.Client):
    path = "/2010/Accounts/AC1/Messages"
    made = wrapped.post(f"{path}.json", data={"To": "+1", "Body": "Hello"}).json()
    assert (made["to"], made["body"], made["sid"][:2], len(made["sid"])) == ("+1", "Hello", "SM", 34)
    assert wrapped.post(f"{path}/{made['sid']}.json", data={"Body": "Bye"}).json()["body"] == "Bye"
    assert [message["sid"] for message in wrapped.get(f"{path}.json").json()["messages"]] == [made["sid"]]
    assert wrapped.post(f"{path}.json", data={"Body": "Hello"}).status_code == 400


def test_fields_around_objects_and_pages_by_number(wrapped: httpx.Client):
    for name in ("Red Team", "Blue Team", "Green Team"):
        made = wrapped.post("/teams", json={"team": {"name": name}})
        assert made.json()["team"]["slug"] == name.lower().replace(" ", "-")
    page = wrapped.get("/teams", params={"page": 1, "per_page": 2})
    assert [team["slug"] for team in page.json()["teams"]] == ["red-team", "blue-team"]
    assert page.json()["count"] == 3
    following = wrapped.get(page.links["next"]["url"])
    assert [team["slug"] for team in following.json()["teams"]] == ["green-team"]
    assert "next" not in following.links


def test_a_success_is_stated_beside_the_object(wrapped: httpx.Client):
    made = wrapped.post("/notes", json={"text": "a"}).json()
    assert (made["ok"], made["isSuccess"], made["note"]["text"]) == (True, True, "a")
    assert wrapped.get(f"/notes/{made['note']['id']}").json() == made


@pytest.mark.parametrize(("declared", "sent"), [("*/*", "application/json"), ("application/hal+json",) * 2])
def test_examples_have_their_media_type(declared: str, sent: str):
    described = document(
        {"/things": {"get": {"responses": {"200": {"description": "", **content({"enum": ["x"]}, declared)}}}}}
    )
    with Sandbox(specs={"odd": described}) as sandbox:
        response = httpx.get(f"{sandbox.spec_url('odd')}/things")
        assert (response.json(), response.headers["content-type"]) == ("x", sent)


def test_requests_need_a_token_where_the_document_has_security(served: Sandbox):
    url = f"{served.spec_url('wrapped')}/teams"
    token = served.token(seconds=60)
    assert httpx.get(url).status_code == 401
    assert httpx.get(url, headers={"Authorization": "Bearer of-another-server"}).status_code == 401
    assert httpx.get(url, headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert httpx.get(url, params={"key": token}).status_code == 200
    served.clock.advance(61)
    assert httpx.get(url, params={"key": token}).status_code == 401


def test_what_is_no_collection_is_answered_by_example(served: Sandbox, pets: httpx.Client):
    events = pets.get("/events")
    assert events.headers["content-type"].startswith("text/event-stream")
    for path, begin, end in (
        ("events", "data: ", "\n\n"),
        ("log", "data: ", "\n\n"),
        ("lines", "", "\n"),
        ("sequence", "\x1e", "\n"),
    ):
        text = pets.get(path).text
        item = text.removeprefix(begin).removesuffix(end)
        assert ("name" in json.loads(item), f"{begin}{item}{end}") == (True, text)
        assert not item.endswith("\n")
    chat = pets.post("/chat", json={"stream": True})
    assert (chat.headers["content-type"].partition(";")[0], chat.text[:6]) == ("text/event-stream", "data: ")
    assert "name" in pets.post("/chat", json={"stream": False}).json()
    assert isinstance(pets.get("/broken").json()["count"], int), "the schema decides, not the example"
    pets.get("/broken")
    assert [fault for fault in served.engines[0].faults if "/broken" in fault] == [
        "The example of GET /broken breaks its schema and is not used"
    ]
    assert pets.put("/settings", json={"theme": "dark"}).json() == pets.get("/settings").json() == {"theme": "dark"}


def test_what_all_services_have(served: Sandbox, pets: httpx.Client, add: Callable[..., Any], tmp_path: Path):
    made = add("Rex")
    [entry] = served.requests("/apis/pets")
    assert (entry["operation"], entry["validation"]) == ("pets add_pet", "keeps to the document")
    served.add_faults(Rule("status", path="/apis/pets/*", status=503, times=1))
    assert [pets.get(f"/pets/{made['id']}").status_code for _ in range(2)] == [503, 200]
    assert served.contents()["pets"]["pets"] == 1
    front = httpx.get(f"{served.url}/").text
    [place] = re.findall(r'href="([^"]*/contents/pets/pets)"', front)
    assert made["id"] in httpx.get(f"{served.url}{place}").text
    served.save(tmp_path / "state.tar")
    load_snapshot(tmp_path / "state.tar", tmp_path / "copy")
    with Sandbox(tmp_path / "copy", specs={"pets": PETS}) as copy:
        assert httpx.get(f"{copy.spec_url('pets')}/pets/{made['id']}").json() == made
    served.reset()
    assert pets.get("/pets").json()["items"] == []


def test_objects_come_from_folders_and_recordings(served: Sandbox, pets: httpx.Client, tmp_path: Path):
    folder = tmp_path / "data"
    (folder / "pets" / "1").mkdir(parents=True)
    (folder / "pets.json").write_text(
        json.dumps([{"id": "1", "name": "Rex", "age": 3}, {"id": "2", "name": "Max", "age": 4}])
    )
    (folder / "pets" / "1" / "toys.json").write_text(json.dumps({"name": "ball"}))
    assert served.seed(folder, service="pets") == {"objects": {"pets": 2, "pets/1/toys": 1}}
    assert pets.get("/pets/1/toys/ball").json() == {"name": "ball"}
    recording = tmp_path / "recording.jsonl"
    exchange = {
        "request": {"method": "GET", "path": "/api/v1/pets/3", "body": None},
        "response": {"status": 200, "body": {"id": "3", "name": "Tom", "age": 5}},
    }
    recording.write_text(json.dumps(exchange))
    assert served.seed_exchanges(recording)["taken"] == {"pets pet": 1}
    assert [pet["name"] for pet in pets.get("/pets", params={"sort": "name"}).json()["items"]] == [
        "Max",
        "Rex",
        "Tom",
    ]
    (folder / "cars.json").write_text("[]")
    with pytest.raises(ValueError, match="no collection cars"):
        served.seed(folder, service="pets")
    (folder / "cars.json").unlink()
    (folder / "pets.json").write_text(json.dumps([{"id": "4", "name": "Kim"}, {"name": "Moo", "kind": "cow"}]))
    with pytest.raises(ValueError, match=r"pets\.json: pet\.kind is one of cat, dog, not 'cow'"):
        served.seed(folder, service="pets")
    assert pets.get("/pets/4").status_code == 404


def test_an_identity_of_a_recorded_path_is_decoded_once(tmp_path: Path):
    note = operation(object_of(text={"type": "string"}))
    described = document({"/notes": {"post": note}, "/notes/{key}": {"get": note}})
    exchange = {
        "request": {"method": "GET", "path": "/notes/50%2541"},
        "response": {"status": 200, "body": {"text": ""}},
    }
    (tmp_path / "recording.jsonl").write_text(json.dumps(exchange))
    with Sandbox(tmp_path / "state", specs={"notes": described}) as sandbox:
        sandbox.seed_exchanges(tmp_path / "recording.jsonl")
        assert httpx.get(f"{sandbox.spec_url('notes')}/notes/50%2541").json() == {"text": ""}


def test_json_is_taken_where_a_converter_wrote_bytes(pets: httpx.Client):
    assert pets.post("/connect", json={"to": 1}).status_code == 400
    assert pets.post("/connect", json={"to": "Rex"}).status_code == 204


def test_programs_find_a_document_by_variables(served: Sandbox):
    variables = served.environment()
    assert variables["WRAPPED_BASE_URL"] == served.spec_url("wrapped")
    headers = {"Authorization": f"Bearer {variables['WRAPPED_TOKEN']}"}
    assert httpx.get(f"{variables['WRAPPED_BASE_URL']}/teams", headers=headers).status_code == 200


def test_names_of_documents(tmp_path: Path):
    (tmp_path / "openapi.json").write_text(json.dumps(PETS | {"info": {"title": "My API", "version": "1"}}))
    with Sandbox(specs=[tmp_path / "openapi.json"]) as sandbox:
        assert httpx.get(f"{sandbox.spec_url('my_api')}/pets").json()["total"] == 0
    for specs, words in (
        ([PETS, PETS], "two documents are named 'test'"),
        ({"dss": PETS}, "platform"),
        ({"A b": PETS}, "no name"),
    ):
        with pytest.raises(ValueError, match=words):
            Sandbox(specs=specs)


def test_requests_leave_nothing_behind_in_memory(served: Sandbox, pets: httpx.Client, add: Callable[..., Any]):
    def requests() -> int:
        for _ in range(3):
            pets.delete(f"/pets/{add('Rex')['id']}")
            pets.post("/pets", json={})
            pets.get("/pets", params={"limit": 1})
        return served.engines[0].schemas.known

    assert requests() == requests()


def test_a_handler_answers_in_place_of_the_engine(served: Sandbox):
    def get_pet(call: Call) -> Reply:
        if call.arguments["pet_id"] == "none":
            raise Problem(404, "not_found", "There is no such pet")
        return Reply({"handled": call.arguments["pet_id"]})

    engine = Engine(PETS, name="handled", handlers={"get_pet": get_pet})
    assert [explanation.operation for explanation in engine.explain() if explanation.kind == "handler"] == ["get_pet"]
    with TestClient(Starlette(routes=[Mount("/apis/handled", app=Application(engine, served.context))])) as client:
        assert client.get("/apis/handled/pets/7").json() == {"handled": "7"}
        assert client.get("/apis/handled/pets/none").status_code == 404
        assert client.get("/apis/handled/pets").json()["items"] == []


@pytest.mark.parametrize(
    ("described", "path", "answered"),
    [
        ({"openapi": "3.1.0", "info": {"title": "No paths", "version": "1"}}, "/", 404),
        (document({"/things": {"get": {"responses": {"200": {"description": "", "content": {"application/json": {"example": [1, 2]}}}}}}}), "/things", [1, 2]),
        (document({"/things": {"get": operation({"$ref": "#/components/schemas/Endless"})}}, {"Endless": object_of(next={"$ref": "#/components/schemas/Endless"})}), "/things", {}),
        (document({"/things/{id}": {"get": operation(object_of(id={"type": "integer"}))}}), "/things/--5", 200),
        (document({"/things/{id}": {"get": operation(object_of(id={"type": "integer"}))}}), f"/things/{'9' * 5000}", 200),
        (document({"/things": {"get": {"responses": {}}}}), "/things", 204),
        (document({"/things": {"get": {"responses": {"204": {"description": "", **content(TOY)}}}}}), "/things", 204),
    ],
)  # fmt: skip
def test_documents_that_state_little(described: dict[str, Any], path: str, answered: object):
    with Sandbox(specs={"odd": described}) as sandbox:
        response = httpx.get(f"{sandbox.spec_url('odd')}{path}")
        assert response.status_code == answered if isinstance(answered, int) else response.json() == answered


def test_operations_of_one_path_are_told_apart_by_what_they_require():
    def act(name: str) -> dict[str, Any]:
        required = {"name": "Action", "in": "query", "required": True, "schema": {"enum": [name]}}
        answer = {"description": "", "content": {"application/json": {"example": name}}}
        return {"get": {"parameters": [required], "responses": {"200": answer}}}

    described = document({f"/#Action={name}": act(name) for name in ("Read", "Write")})
    with Sandbox(specs={"odd": described}) as sandbox:
        responses = [httpx.get(f"{sandbox.spec_url('odd')}/?Action={name}") for name in ("Read", "Write", "Other")]
        assert [response.status_code for response in responses] == [200, 200, 400]
        assert responses[1].json() == "Write"


@pytest.mark.parametrize("change", ["patch", "put"])
def test_a_post_to_an_item_creates_it_where_nothing_else_does(change: str):
    run = object_of("runName", "status")
    item = {"get": operation(run), "delete": operation(), change: operation(run, run)}
    # A PUT beside it may create as well, but the POST is what the document calls so.
    item["post"] = operation(None, run, status=202, operationId="createRun")
    paths = {"/runs/{project}": {"get": operation(list_of(run))}, "/runs/{project}/{name}": item}
    with (
        Sandbox(specs={"lab": document(paths)}) as sandbox,
        httpx.Client(base_url=f"{sandbox.spec_url('lab')}/runs/p") as runs,
    ):
        assert [runs.get("/first").status_code, runs.get("").json()["items"]] == [404, []]
        assert runs.post("/first", json={"status": "new"}).status_code == 202
        assert runs.get("/first").json() == {"runName": "first", "status": "new"}
        assert [entry["runName"] for entry in runs.get("").json()["items"]] == ["first"]
        assert runs.post("/first", json={"status": "new"}).status_code == 409
        assert runs.delete("/first").is_success
        assert runs.get("/first").status_code == 404
