"""Locations: headers that cannot be sent, redirects, and what their repr shows."""

import pytest
from omicsdk.core.errors import TooManyRedirects
from omicsdk.core.retry import REDIRECT_LIMIT
from omicsdk.transfer import Location
from omicsdk.transfer.network.requests import Kind, RequestedRange, Verdict, headers_for, next_location


@pytest.mark.parametrize("headers", [{"X-A": "1\r\nX-B: 2"}, {"X-A: 1\r\nX-B": "2"}, {"": "1"}, {"X-A": "\0"}])
def test_headers_cannot_smuggle_others_in(headers: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="cannot be sent"):
        Location("http://127.0.0.1/", headers)


@pytest.mark.parametrize(
    ("target", "keeps"),
    [("https://h/x", True), ("https://other/x", False), ("https://h:444/x", False), ("http://h/x", False)],
)
def test_a_redirect_takes_headers_and_signatures_along_within_its_origin(target: str, keeps: bool) -> None:
    here = Location("https://h/one", {"authorization": "canary"}, sign=lambda *_: {})
    moved = Verdict(Kind.MOVED, 302, location=target)
    there = next_location(here, moved, REDIRECT_LIMIT)
    assert (there.url, bool(there.headers), there.sign is not None) == (target, keeps, keeps)
    with pytest.raises(TooManyRedirects):
        next_location(here, moved, REDIRECT_LIMIT + 1)


@pytest.mark.parametrize(("validator", "sent"), [('"a"', '"a"'), ('W/"a"', None), ("", None)])
def test_weak_validators_are_no_condition_of_a_range(validator: str, sent: str | None) -> None:
    requested = RequestedRange(0, 4, ranged=True, size=9, size_is_stated=True, validator=validator)
    assert dict(headers_for(Location("http://h/"), requested)).get("if-range") == sent


def test_a_location_shows_no_secrets() -> None:
    shown = repr(Location("https://user:pw@host/path?sig=canary#canary", {"Authorization": "canary"}))
    assert "canary" not in shown
    assert "pw" not in shown
    assert "host/path" in shown
    assert "Authorization" in shown
