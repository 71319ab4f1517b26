"""Values of attributes: what is sent for them, and what is reported before anything is."""

import sys
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some
from omicsdk.core import MissingExtra, UsageError
from omicsdk.crunch.attributes import (
    as_date,
    as_datetime,
    coordinate,
    file_size,
    inferred,
    is_url,
    number,
    truth,
    whole_number,
)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("plain", "char"),
        ("https://example.org/x", "url"),
        ("s3://bucket/key", "char"),
        (True, "bool"),
        (0, "int"),
        (1.5, "float"),
        (datetime(2020, 1, 2, 3, 4), "datetime"),
        (date(2020, 1, 2), "date"),
    ],
)
def test_the_kind_of_an_attribute_is_that_of_its_value(value: object, kind: str):
    (attribute,) = inferred({"key": value})
    assert attribute == (kind, "key", value)
    assert attribute.url == f"api/attributes/{kind}/"


def test_numbers_of_numpy_are_numbers():
    numpy = pytest.importorskip("numpy")
    attributes = inferred({"whole": numpy.int64(7), "half": numpy.float32(0.5)})
    assert [(attribute.kind, attribute.value) for attribute in attributes] == [("int", 7), ("float", 0.5)]
    assert [type(attribute.value) for attribute in attributes] == [int, float]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([1], r"Cannot infer type of value '\[1\]' \(list\)\. \(The key was 'bad'\)"),
        (None, r"\(NoneType\)"),
        (float("nan"), "is not finite"),
        (float("inf"), "is not finite"),
        (2**63, "more than 64 bits"),
        pytest.param(10**5000, "too many digits has more than 64 bits", id="digits"),
        ([10**5000], "Cannot infer type of value 'A value with too many digits'"),
        ("", "blank or longer than 1023"),
        ("x" * 1024, "blank or longer than 1023"),
        ("a\0b", r"The text of 'bad' contains a NUL character\."),
        ("a\ud800b", r"The text of 'bad' contains a lone surrogate\."),
    ],
)
def test_what_a_site_cannot_hold_is_refused_before_anything_is_sent(value: object, words: str):
    with pytest.raises(UsageError, match=words) as raised:
        inferred({"good": 1, "bad": value})
    assert isinstance(raised.value, UsageError)


@pytest.mark.parametrize("key", ["", "  ", "k" * 256, "k\0", "k\udcff"])
def test_a_key_that_no_site_takes(key: str):
    with pytest.raises(UsageError, match="The key"):
        inferred({key: 1})


def test_numbers_may_be_written():
    assert (number("1.5"), number("-1e-7"), number(3)) == (1.5, -1e-7, 3.0)
    assert (whole_number("-7"), whole_number(2.0), whole_number(2**63 - 1)) == (-7, 2, 2**63 - 1)
    assert file_size("0") == 0
    for bad in ("abc", None, True, [1], 10**5000):
        with pytest.raises(UsageError, match="is not a number"):
            number(bad)
    for bad in ("1.5", 1.5, None, False, "inf", float("inf")):
        with pytest.raises(UsageError, match="is not a whole number"):
            whole_number(bad)
    for bad in (-1, "-1"):
        with pytest.raises(UsageError, match="is not a file's size"):
            file_size(bad)
    with pytest.raises(UsageError, match="64 bits"):
        file_size(2**63)


def test_truth_has_many_words():
    assert [truth(word) for word in (True, 1, "true", "Yes", "ON", "t")] == [True] * 6
    assert [truth(word) for word in (False, 0, "false", "No", "off", "F")] == [False] * 6
    for bad in ("maybe", None, 2, "", 10**5000):
        with pytest.raises(UsageError, match="neither true nor false"):
            truth(bad)


def test_places_are_written_as_a_site_takes_them():
    assert coordinate("latitude", 0.1 + 0.2) == "0.3"
    assert coordinate("latitude", -37.8136) == "-37.8136"
    assert coordinate("latitude", 1e-12) == "0"
    assert coordinate("longitude", "144.9631") == "144.9631"
    assert coordinate("longitude", Decimal("1e1")) == "10"
    assert coordinate("longitude", 130) == "130"
    for bad in ("north", "NaN", float("inf"), None, True, "", 10**5000, "1e99999999", "1e-99999999"):
        with pytest.raises(UsageError, match="The latitude"):
            coordinate("latitude", bad)


@given(some.floats(min_value=-180, max_value=180))
def test_any_float_becomes_a_place_of_at_most_twelve_digits(degrees: float):
    text = coordinate("latitude", degrees)
    assert abs(float(text) - degrees) <= 5e-10
    assert len(text.lstrip("-").replace(".", "").lstrip("0")) <= 12
    assert len(text.partition(".")[2]) <= 9


# -- dates


def test_dates_may_be_written():
    moment = datetime(2020, 1, 2, 3, 4)
    assert as_datetime(moment) is moment
    assert as_datetime("2020-01-02T03:04:00Z") == moment.replace(tzinfo=UTC)
    assert as_datetime("31/12/2020 23:59", "%d/%m/%Y %H:%M") == datetime(2020, 12, 31, 23, 59)
    assert as_date(moment) == as_date("2020-01-02") == as_date("2020-01-02 03:04") == date(2020, 1, 2)
    assert as_date("31/12/2020", "%d/%m/%Y") == date(2020, 12, 31)


def test_dates_for_people_need_dateutil(monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("dateutil")
    assert as_date("2 January 2020") == date(2020, 1, 2)
    assert as_datetime("Feb 29 2020, 10 pm UTC") == datetime(2020, 2, 29, 22, tzinfo=UTC)
    monkeypatch.setitem(sys.modules, "dateutil", None)
    assert as_date("2020-01-02") == date(2020, 1, 2)
    with pytest.raises(UsageError, match=r"pip install .*\[crunch\]") as raised:
        as_date("2 January 2020")
    assert isinstance(raised.value, MissingExtra)


@pytest.mark.parametrize(
    ("text", "format"),
    [
        *[("nonsense", ""), ("2020-13-02", ""), ("2020", "%d"), ("02", "%d"), ("", "")],
        *[("2020", ""), ("May 2020", ""), ("3 May", ""), ("10:30", ""), ("Monday", ""), ("10:30", "%H:%M")],
    ],
)
def test_an_invalid_date(text: str, format: str):
    pytest.importorskip("dateutil")
    with pytest.raises(UsageError, match="is not a date") as raised:
        as_datetime(text, format)
    assert isinstance(raised.value, UsageError)


def test_invalid_text_is_no_date():
    for bad in (5, None):
        with pytest.raises(UsageError, match="is not a date"):
            as_date(bad)
        with pytest.raises(UsageError, match="is not a date and time"):
            as_datetime(bad)


# -- URLs


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org",
        "http://example.org/a?b=c#d",
        "ftp://example.org/x",
        "http://localhost:8000/",
        "http://127.0.0.1/x",
        "http://[::1]:80/",
        "http://exämple.org/ü",
        "HTTPS://EXAMPLE.ORG",
        f"http://{'a.' * 125}org",
        "http://example.org:1/@",
    ],
)
def test_texts_that_are_urls(text: str):
    assert is_url(text)


@pytest.mark.parametrize(
    "text",
    [
        "example.org",
        "s3://bucket/key",
        "http://exa mple.org",
        "http://",
        "http:///x",
        "http://myhost/x",
        "http://-a.org",
        "http://example.org:port/",
        "http://example.org:70000/",
        "http://example.org:0/",
        "http://user@example.org/",
        f"http://{'a.' * 125}orgs",
        "http://example.org:/",
        "http://1.2.3/",
        "http://999.1.1.1/",
        "http://[::1/",
        "http://[fe80::1%25eth0]/",
        "see http://example.org",
        "http://example.org\n",
        "mailto:a@example.org",
        "",
    ],
)
def test_texts_that_are_not(text: str):
    assert not is_url(text)
