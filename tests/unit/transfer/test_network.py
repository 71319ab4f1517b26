"""Locations: headers that cannot be sent, and what their repr shows."""

import pytest
from omicsdk.transfer import Location


@pytest.mark.parametrize("headers", [{"X-A": "1\r\nX-B: 2"}, {"X-A: 1\r\nX-B": "2"}, {"": "1"}, {"X-A": "\0"}])
def test_headers_cannot_smuggle_others_in(headers: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="cannot be sent"):
        Location("http://127.0.0.1/", headers)


def test_a_location_shows_no_secrets() -> None:
    shown = repr(Location("https://user:pw@host/path?sig=canary#canary", {"Authorization": "canary"}))
    assert "canary" not in shown
    assert "pw" not in shown
    assert "host/path" in shown
    assert "Authorization" in shown
