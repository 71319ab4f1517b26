"""Read-only fields are not sent and write-only ones are not received: two classes where that makes a difference, else one."""

import importlib
import inspect
import json
from types import ModuleType
from typing import Any, get_type_hints

from recording_network import RecordingNetwork
from small_documents import document, operation
from small_documents import reference as _ref


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


TEXT = {"type": "string"}
READ = {"type": "string", "readOnly": True}
WRITTEN = {"type": "string", "writeOnly": True}
SCHEMAS: dict[str, Any] = {
    "User": _object(
        ["id", "name", "password"],
        id=READ,
        name=TEXT,
        password=WRITTEN,
        address=_ref("Address"),
        teams={"type": "array", "items": _ref("Team")},
    ),
    "Team": _object(["id", "title"], id=READ, title=TEXT),
    "Address": _object(["street"], street=TEXT),
    # Two classes, because of a class far inside.
    "Club": _object([], crew=_ref("Crew")),
    "Crew": _object([], team=_ref("Team")),
    "Page": _object(["items"], items={"type": "array", "items": _ref("User")}),
    "Login": _object(["name", "secret"], name=TEXT, secret=WRITTEN, at=READ),
    "Session": _object(["token", "pin"], token=READ, pin=WRITTEN),
    "Stamp": _object(["at"], at=READ),
    "UserRequest": _object(["why"], why=TEXT),
    # The member that distinguishes variants stays, although it is marked.
    "Shape": {"oneOf": [_ref("Disc"), _ref("Square")], "discriminator": {"propertyName": "kind"}},
    "Disc": _object(["kind", "area"], kind=READ, area={"type": "number", "readOnly": True}, radius={"type": "number"}),
    "Square": _object(["kind"], kind=READ, side={"type": "number"}),
}


def _operation(name: str, sent: Any = None, received: Any = None) -> dict[str, Any]:
    body = {"type": "array", "items": sent} if sent else None
    return {"post": operation(received, body, operationId=name)}


DOCUMENT = document(
    {
        "/users": _operation("add_users", _ref("User"), _ref("Page")),
        "/clubs": _operation("add_clubs", _ref("Club"), _ref("Club")),
        "/login": _operation("log_in", _ref("Login"), _ref("Session")),
        "/stamp": _operation("stamp", _ref("Stamp"), _ref("Stamp")),
        "/why": _operation("why", _ref("UserRequest")),
        "/shapes": _operation("add_shapes", _ref("Shape"), {"type": "array", "items": _ref("Shape")}),
    },
    SCHEMAS,
    servers=[{"url": "https://users.example"}],
)
USER = {"id": "1", "name": "a", "address": {"street": "s"}, "teams": [{"id": "2", "title": "t"}]}


def _client(package: ModuleType, response: Any, *, strict: bool = False) -> Any:
    return package.ThingApi(transport=RecordingNetwork(200, json=response), strict=strict)


def _fields(model: Any) -> list[str]:
    return [name for name in inspect.signature(model).parameters if name != "additional_properties"]


def test_a_class_is_two_only_where_the_directions_differ(package: ModuleType) -> None:
    models = importlib.import_module(f"{package.__name__}.models")
    assert _fields(models.User) == ["id", "name", "address", "teams"]
    assert _fields(models.UserModelRequest) == ["name", "password", "address", "teams"]
    assert (_fields(models.Team), _fields(models.TeamRequest)) == (["id", "title"], ["title"])
    # In one direction only, or without a difference: one class.
    assert _fields(models.Login) == ["name", "secret"]
    assert _fields(models.Session) == ["token"]
    assert _fields(models.Stamp) == ["at"]
    assert _fields(models.UserRequest) == ["why"]
    assert sorted(models.__all__) == [
        "Address", "Club", "ClubRequest", "Crew", "CrewRequest", "Disc", "DiscRequest", "Login", "Page", "Session", "Square", "Stamp", "Team", "TeamRequest", "User",
        "UserModelRequest", "UserRequest",
    ]  # fmt: skip


def test_a_strict_client_does_not_require_what_is_never_received(package: ModuleType) -> None:
    page = _client(package, {"items": [USER]}, strict=True).add_users(body=[])
    assert page.items[0].to_dict() == USER


def test_a_received_object_is_sent_back_without_its_read_only_fields(package: ModuleType) -> None:
    client = _client(package, {"items": [USER]})
    user = client.add_users(body=[]).items[0]
    made = package.models.UserModelRequest("b", "secret", teams=[package.models.TeamRequest("x")])
    sent = json.loads(client.add_users.raw(body=[user, made, USER]).request.content)
    assert sent == [
        {"name": "a", "address": {"street": "s"}, "teams": [{"title": "t"}]},
        {"name": "b", "password": "secret", "teams": [{"title": "x"}]},
        USER,
    ]
    assert user.to_dict() == USER


def test_a_discriminator_is_sent_even_if_it_is_read_only(package: ModuleType) -> None:
    came = [{"kind": "Disc", "area": 3.1, "radius": 1}, {"kind": "Square", "side": 2}]
    client = _client(package, came, strict=True)
    assert [type(shape).__name__ for shape in client.add_shapes(body=[])] == ["Disc", "Square"]
    made = package.models.DiscRequest(kind="Disc", radius=2)
    sent = json.loads(client.add_shapes.raw(body=[made, package.models.Square("Square")]).request.content)
    assert sent == [{"kind": "Disc", "radius": 2}, {"kind": "Square"}]


def test_arguments_and_typed_dicts_state_the_direction(package: ModuleType) -> None:
    build = inspect.signature(package.ThingApi.add_users)
    assert "UserModelRequest | User | UserModelRequestDict" in str(build.parameters["body"].annotation)
    types = importlib.import_module(f"{package.__name__}.types")
    assert set(get_type_hints(types.UserDict)) == {"id", "name", "address", "teams"}
    assert set(get_type_hints(types.UserModelRequestDict)) == {"name", "password", "address", "teams"}
