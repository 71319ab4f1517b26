"""`--types native`: texts in formats are types of Python, and are sent back as they came."""

import copy
import importlib
import inspect
import json
import pickle
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest
from omicsdk.core import DecodeError
from omicsdk.core.date_texts import duration_text
from omicsdk.core.native import read
from omicsdk_codegen.options import NATIVE, TypeOptions
from recording_network import RecordingNetwork
from small_documents import document, operation, query, reference


def _text(form: str) -> dict[str, Any]:
    return {"type": "string", "format": form}


FORMATS = ("uuid", "decimal", "byte", "duration", "time", "int64", "date", "date-time")
EVENT: dict[str, Any] = {
    "type": "object",
    "required": ["uuid"],
    "properties": {
        **{form: _text(form) for form in FORMATS},
        "base64": {"type": "string", "contentEncoding": "base64"},
        "base64_of_3_0": {"type": "string", "format": "base64"},
        "sizes": {"type": "array", "items": _text("int64")},
        "keys": {"type": "object", "additionalProperties": _text("byte")},
        "number": {"oneOf": [_text("int64"), {"type": "integer"}]},
        "either": {"oneOf": [_text("uuid"), _text("date"), {"type": "integer"}]},
        "maybe": {"oneOf": [_text("byte"), {"type": "null"}]},
        "count": {"type": "integer", "format": "int64"},
        "amount": {"type": "number", "format": "int64"},
    },
}
EVENT_OF = reference("Event")
KEYS = {"type": "array", "items": _text("byte")}
DOCUMENT = document(
    {
        "/events/{id}": {
            "get": operation(
                EVENT_OF,
                operationId="get_event",
                parameters=[
                    {"name": "id", "in": "path", "required": True, "schema": _text("uuid")},
                    *query(**{form: _text(form) for form in FORMATS}, keys=KEYS),
                ],
            )
        },
        "/events": {
            "put": operation(EVENT_OF, EVENT_OF, operationId="put_event"),
            "post": operation(EVENT_OF, KEYS, operationId="put_keys"),
        },
    },
    {"Event": EVENT},
    servers=[{"url": "https://events.example"}],
)
CAME = {
    "uuid": "0A0B0C0D-0000-4000-8000-00000000ABCD",
    "decimal": "1.10",
    "byte": "aGk=",
    "duration": "P1DT90M",
    "time": "12:30:00.0000000z",
    "int64": "9007199254740993",
    "date": "2024-02-29",
    "date-time": "2024-02-29T01:02:03.123456789Z",
    "base64": "aGk=",
    "base64_of_3_0": "aGk=",
    "sizes": ["1", "18446744073709551616"],
    "keys": {"a": "aGk="},
    "number": 5,
    "either": "0a0b0c0d-0000-4000-8000-00000000abcd",
    "maybe": None,
    "count": 9007199254740993,
    "amount": 18446744073709551617,
}
VALUES = {
    "uuid": UUID(CAME["uuid"]),
    "decimal": Decimal("1.10"),
    "byte": b"hi",
    "duration": timedelta(days=1, minutes=90),
    "time": time(12, 30, tzinfo=UTC),
    "int64": 9007199254740993,
    "date": date(2024, 2, 29),
    "date_time": datetime(2024, 2, 29, 1, 2, 3, 123456, UTC),
    "base64": b"hi",
    "base64_of_3_0": b"hi",
    "sizes": [1, 1 << 64],
    "keys": {"a": b"hi"},
    "number": 5,
    "either": UUID(CAME["uuid"]),
    "maybe": None,
    "count": 9007199254740993,
    "amount": 18446744073709551617,
}


@pytest.fixture(scope="module")
def events(generate: Any) -> ModuleType:
    package = generate(DOCUMENT, types=TypeOptions(NATIVE))
    importlib.import_module(f"{package.__name__}.models")
    return package


def _client(events: ModuleType, response: Any = CAME, *, strict: bool = False) -> Any:
    return events.ThingApi(transport=RecordingNetwork(200, json=response), strict=strict)


def test_texts_become_values_and_are_sent_back_as_they_came(events: ModuleType) -> None:
    client = _client(events, strict=True)
    event = client.get_event(id=UUID(int=1))
    assert {name: getattr(event, name) for name in VALUES} == VALUES
    again = pickle.loads(pickle.dumps(copy.deepcopy(event)))
    assert (event.to_dict(), again.to_dict()) == (CAME, CAME)
    body = json.loads(client.put_event.raw(**{name: getattr(again, name) for name in VALUES}).request.content)
    assert body == CAME


def test_a_time_that_is_computed_from_one_that_came_is_another(events: ModuleType) -> None:
    event = _client(events).get_event(id=UUID(int=1))
    event.time = event.time.replace(hour=3)
    for same in (event.time, copy.deepcopy(event.time), pickle.loads(pickle.dumps(event.time))):
        assert (same, str(same)) == (time(3, 30, tzinfo=UTC), "03:30:00+00:00")
    assert event.to_dict() == CAME | {"time": "03:30:00+00:00"}


def test_values_that_a_program_makes_are_written_in_the_format(events: ModuleType) -> None:
    client = _client(events)
    body = json.loads(client.put_event.raw(**VALUES).request.content)
    written = {"uuid": CAME["uuid"].lower(), "duration": "P1DT1H30M", "time": "12:30:00+00:00"}
    written["date-time"] = "2024-02-29T01:02:03.123456+00:00"
    assert body == CAME | written
    assert events.models.Event(**VALUES).to_dict() == CAME | written
    assert json.loads(client.put_keys.raw(body=[b"hi", "aGk="]).request.content) == ["aGk=", "aGk="]
    sent = client.get_event.raw(
        id=VALUES["uuid"], int64=5, byte=b"hi", duration=VALUES["duration"], keys=[b"hi"]
    ).request.url
    assert sent.path == f"/events/{CAME['uuid'].lower()}"
    assert dict(sent.params) == {"int64": "5", "byte": "aGk=", "duration": "P1DT1H30M", "keys": "aGk="}


@pytest.mark.parametrize(
    ("field", "text"),
    [("uuid", "x"), ("decimal", "1,5"), ("decimal", "NaN"), ("decimal", "1_0"), ("decimal", " 1"), ("byte", "a"), ("byte", "\xe9"),
     ("duration", "P1Y"), ("duration", "P"), ("duration", "PT"), ("duration", "P\u0661D"), ("time", "25:00"), ("time", "noon"),
     ("int64", "1.5"), ("int64", "\u0661")],
)  # fmt: skip
def test_a_text_of_another_form_stays_one_unless_the_client_is_strict(
    events: ModuleType, field: str, text: str
) -> None:
    came = CAME | {field: text}
    event = _client(events, came).get_event(id="a")
    assert getattr(event, field) == text
    assert event.to_dict() == came
    with pytest.raises(DecodeError) as caught:
        _client(events, came, strict=True).get_event(id="a")
    assert caught.value.field == field


def test_annotations_are_those_of_the_types(events: ModuleType) -> None:
    fields = inspect.get_annotations(events.models.Event)
    assert [fields[name] for name in ("uuid", "decimal", "byte", "duration", "time", "int64")] == [
        "UUID", "Decimal | None", "bytes | None", "timedelta | None", "_time | None", "int | None",
    ]  # fmt: skip
    assert (fields["count"], fields["amount"]) == ("int | None", "int | None")
    assert fields["either"] == "UUID | _date | int | None"
    assert inspect.signature(events.ThingApi.get_event).parameters["int64"].annotation == "int | str | Omit"


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(), "PT0S"),
        (timedelta(days=8), "P8D"),
        (timedelta(hours=1, seconds=0.5), "PT1H0.5S"),
        (-timedelta(minutes=1), "-PT1M"),
        (timedelta(days=1, microseconds=1), "P1DT0.000001S"),
    ],
)
def test_a_duration_is_written_and_read(duration: timedelta, text: str) -> None:
    assert duration_text(duration) == text
    assert read(text, "duration") == duration
    assert read("P2W", "duration") == timedelta(weeks=2)
