"""Clients of `--dates datetime`: dates in arguments and models, and the texts that they came as on the way back."""

import copy
import importlib
import json
import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from types import ModuleType
from typing import Any

import pytest
from dated_document import NANO
from dated_document import dates as dates
from hypothesis import given, settings
from hypothesis import strategies as st
from omicsdk.core import DecodeError, UsageError
from omicsdk.core.bodies import plain
from omicsdk.core.dates import Date, DateTime
from recording_network import RecordingNetwork

TEXTS = [
    NANO,
    "2024-01-02t03:04:05z",
    "2024-01-02T03:04:05.10+05:45",
    "2024-01-02T03:04:05-00:00",
    "2016-12-31T23:59:60Z",
    "1990-12-31T15:59:60.5-08:00",
]

WHOLE: dict[str, Any] = {
    "at": NANO,
    "date": "2024-02-29",
    "either": "2016-12-31T23:59:60Z",
    "datetime": None,
    "word": "never",
    "many": TEXTS,
    "named": {"a": ["2024-01-02", "0001-01-01"]},
    "inner": {"year": 1, "on": "9999-12-31"},
    "later": "2024-01-02t03:04:05z",
    "unknown": NANO,
}


def _called(dates: ModuleType, name: str, response: Any = None, *, strict: bool = False, **arguments: Any) -> Any:
    """What an operation answers, and the request that it sent."""
    network = RecordingNetwork(200, json=response)
    with dates.ThingApi(transport=network, strict=strict) as client:
        return getattr(client, name)(**arguments), network.requests[-1]


def _event(dates: ModuleType) -> Any:
    return importlib.import_module(f"{dates.__name__}.models").Event


@pytest.mark.parametrize("strict", [False, True])
def test_a_model_that_is_sent_back_has_the_texts_that_came(dates: ModuleType, strict: bool) -> None:
    event, _ = _called(dates, "datetime", WHOLE, strict=strict, body=WHOLE)
    assert event.at == datetime(2024, 1, 2, 3, 4, 5, 123456, UTC)
    assert type(event.date) is Date
    assert event.date == date(2024, 2, 29)
    assert event.either == datetime(2017, 1, 1, tzinfo=UTC)  # after the leap second
    assert (event.datetime, event.word) == (None, "never")
    assert [moment.text for moment in event.many] == TEXTS
    assert event.named["a"][0] == date(2024, 1, 2)
    assert event.inner.on == date(9999, 12, 31)
    assert event.later == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert event.to_dict() == WHOLE
    _, request = _called(dates, "datetime", WHOLE, body=event)
    assert json.loads(request.content) == WHOLE
    for again in (copy.deepcopy(event), pickle.loads(pickle.dumps(event))):
        assert (again, again.to_dict()) == (event, WHOLE)


def test_a_member_that_is_set_is_written_again(dates: ModuleType) -> None:
    event = _event(dates).from_dict(WHOLE)
    event.at += timedelta(days=1)
    event.date = date(2025, 1, 1)
    assert event.to_dict() == WHOLE | {"at": "2024-01-03T03:04:05.123456+00:00", "date": "2025-01-01"}


def test_arguments_are_dates_or_texts(dates: ModuleType) -> None:
    noon = datetime(2024, 1, 2, 12, tzinfo=timezone(timedelta(hours=2)))
    given_dates: dict[str, Any] = {"day": date(2024, 1, 2), "since": noon, "days": [date(2024, 1, 2), "2024-01-03"]}
    response, request = _called(
        dates, "date", NANO, **given_dates, span={"from": noon}, datetime=DateTime.read(NANO), either=noon
    )
    assert request.url.path == "/days/2024-01-02"
    assert dict(request.url.params) == {
        "since": "2024-01-02T12:00:00+02:00",
        "days": "2024-01-02|2024-01-03",
        "span[from]": "2024-01-02T12:00:00+02:00",
        "either": "2024-01-02T12:00:00+02:00",
    }
    assert request.headers["datetime"] == NANO
    assert response.text == NANO
    _, request = _called(dates, "date", NANO, day="2024-1-2", since="yesterday", either=3)
    assert (request.url.path, dict(request.url.params)) == ("/days/2024-1-2", {"since": "yesterday", "either": "3"})
    days, _ = _called(dates, "put_events", ["2024-01-02"], body=[WHOLE])
    assert days == [date(2024, 1, 2)]


NAIVE = datetime(2024, 1, 2)


@pytest.mark.parametrize(
    ("operation", "arguments", "where"),
    [
        ("date", {"day": "2024-01-02", "since": NAIVE}, "since"),
        ("date", {"day": "2024-01-02", "datetime": NAIVE}, "datetime"),
        ("date", {"day": "2024-01-02", "span": {"from": NAIVE}}, "span[from]"),
        ("datetime", {"body": {"at": NANO, "many": [NANO, NAIVE]}}, "many[1]"),
        ("put_events", {"body": [{"at": NAIVE}]}, "[0].at"),
        ("form", {"at": NAIVE}, "at"),
    ],
)
def test_a_datetime_without_a_time_zone_is_refused(
    dates: ModuleType, operation: str, arguments: Any, where: str
) -> None:
    with pytest.raises(UsageError) as refused:
        _called(dates, operation, **arguments)
    assert str(refused.value).startswith(f"{where} cannot be sent: 2024-01-02T00:00:00 has no time zone")


def test_one_that_came_without_a_time_zone_goes_back_as_it_came(dates: ModuleType) -> None:
    event = _event(dates).from_dict(WHOLE | {"at": "2024-01-02 03:04:05"})
    assert event.at == datetime(2024, 1, 2, 3, 4, 5)
    _, request = _called(dates, "datetime", WHOLE, body=event)
    assert json.loads(request.content)["at"] == "2024-01-02 03:04:05"


WRONG = [
    ("at", "yesterday"), ("at", "2024-01-02"), ("at", 5), ("at", "2024-02-30T00:00:00Z"), ("at", "2024-01-02T03:04:60Z"),
    ("at", "2024-01-02T24:00:00Z"), ("at", "0000-01-01T00:00:00Z"), ("date", "2024-01-02T03:04:05Z"), ("date", "20240102"),
    ("date", "\u0662024-01-02"), ("at", f"{NANO}\n"), ("many", [NANO, "no"]), ("named", {"a": ["2024-13-01"]}),
]  # fmt: skip


@pytest.mark.parametrize(("member", "value"), WRONG)
def test_an_invalid_date_stays_as_it_came_or_is_an_error_of_strict_clients(
    dates: ModuleType, member: str, value: Any
) -> None:
    data = WHOLE | {member: value}
    event, _ = _called(dates, "datetime", data, body=WHOLE)
    assert event.to_dict() == data
    with pytest.raises(DecodeError) as refused:
        _called(dates, "datetime", data, strict=True, body=WHOLE)
    where = {"many": "many[1]", "named": "named.a[0]"}.get(member, member)
    wrong = {"many": "no", "named": "2024-13-01"}.get(member, value)
    form = "date-time" if member in ("at", "many") else "date"
    assert f"the response's field {where!r} is {wrong!r}, not {form}" in str(refused.value)


@pytest.mark.parametrize("text", ["2024-01-02T03:04:05", "2024-01-02 03:04:05Z"])
def test_strict_clients_want_what_rfc_3339_has(dates: ModuleType, text: str) -> None:
    with pytest.raises(DecodeError, match="date-time"):
        _called(dates, "datetime", WHOLE | {"at": text}, strict=True, body=WHOLE)


_offsets = st.one_of(
    st.sampled_from(["Z", "z", "+00:00", "-00:00"]),
    st.builds("{}{:02}:{:02}".format, st.sampled_from("+-"), st.integers(0, 23), st.integers(0, 59)),
)
_texts = st.builds(
    "{}{}{:%H:%M:%S}{}{}".format,
    st.dates(),
    st.sampled_from("Tt"),
    st.times(),
    st.one_of(st.just(""), st.from_regex(r"\.[0-9]{1,12}", fullmatch=True)),
    _offsets,
)


@settings(deadline=None)
@given(_texts)
def test_every_date_time_of_rfc_3339_is_read_and_goes_back_as_it_came(text: str) -> None:
    made = DateTime.read(text)
    assert made is not None
    assert made.tzinfo is not None
    assert (made.text, plain(made), plain([{"a": made}])) == (text, text, [{"a": text}])
    # Python's own reader agrees, to the microsecond.
    whole, _, rest = text.upper().partition(".")
    digits = rest.rstrip("Z").partition("+")[0].partition("-")[0]
    zone = rest[len(digits) :]
    shown = f"{whole}.{digits[:6].ljust(6, '0')}{zone}" if rest else whole
    assert made == datetime.fromisoformat(shown)


@settings(deadline=None)
@given(st.text() | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9:]{5,8}(\.[0-9]*)?([Zz]|[+-][0-9:]{4,6})?)?"))
def test_any_text_is_read_as_it_came_or_not_at_all(text: str) -> None:
    for kind in (Date, DateTime):
        made = kind.read(text)
        assert made is None or made.text == text


@settings(deadline=None)
@given(st.datetimes(timezones=st.timezones()))
def test_every_datetime_with_a_time_zone_is_written_as_rfc_3339_has_it(moment: datetime) -> None:
    read = DateTime.read(plain(moment))
    assert read is not None
    assert read.tzinfo is not None
    assert read == moment
