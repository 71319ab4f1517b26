"""Times as DSS_VERSION."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import UsageError
from omicsdk.hca.dss import create_version, version_of


@pytest.mark.parametrize(
    ("when", "version"),
    [
        ("2019-08-01", "2019-08-01T000000.000000Z"),
        ("2019-08-01T20:01:47", "2019-08-01T200147.000000Z"),
        ("2019-08-01T20:01:47.5Z", "2019-08-01T200147.500000Z"),
        ("2019-08-01T22:01:47+02:00", "2019-08-01T200147.000000Z"),
        ("2019-08-01T200147.836832Z", "2019-08-01T200147.836832Z"),
        (datetime(2019, 8, 1, 22, tzinfo=timezone(timedelta(hours=2))), "2019-08-01T200000.000000Z"),
    ],
)
def test_moments(when: datetime | str, version: str):
    assert version_of(when) == version


@given(st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)))
def test_a_version_is_one_already(moment: datetime):
    assert version_of(create_version(moment)) == create_version(moment) == version_of(moment.isoformat())


@pytest.mark.parametrize("text", ["", "yesterday", "2019-13-01", "2019-08-01T20:01:47.836832ZZ"])
def test_an_invalid_moment(text: str):
    with pytest.raises(UsageError, match="is not a time"):
        version_of(text)


def test_versions_sort_by_time():
    first, second = create_version(), create_version()
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{6}\.\d{6}Z", first)
    assert first <= second
