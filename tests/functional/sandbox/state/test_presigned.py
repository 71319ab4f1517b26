"""Presigned URLs: ranges, conditions, expiry."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.state.presigned import Slice, Unsatisfiable, parse_range

DATA = bytes(range(256)) * 20


@pytest.fixture
def url(sandbox: Sandbox) -> str:
    sandbox.clock.freeze()
    stored = sandbox.dss.context.objects.put_bytes(DATA)
    return sandbox.dss.context.signer.url(sandbox.url, stored.sha256, seconds=100, name="a b/ü.bin")


def get(url, method="GET", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.request(method, url, headers={"Accept-Encoding": "identity", **named}, trust_env=False, verify=False)


def test_the_whole_object(url):
    response = get(url)
    assert response.content == DATA
    assert response.headers["content-length"] == str(len(DATA))
    assert response.headers["accept-ranges"] == "bytes"
    assert response.headers["content-security-policy"] == "sandbox"


@pytest.mark.parametrize(
    ("range_", "start", "end"),
    [("bytes=0-0", 0, 1), ("bytes=10-", 10, 5120), ("bytes=-5", 5115, 5120), ("bytes=5000-9999", 5000, 5120)],
)
def test_a_range(url, range_, start, end):
    response = get(url, Range=range_)
    assert response.status_code == 206
    assert response.headers["content-range"] == f"bytes {start}-{end - 1}/5120"
    assert response.content == DATA[start:end]


@pytest.mark.parametrize(
    "range_", ["bytes=0-1,4-5", "bytes=x-y", "lines=1-2", "bytes=9-3", "bytes=5", "bytes=-", f"bytes=0-{'9' * 5000}"]
)
def test_a_range_that_is_none_gives_the_whole(url, range_):
    assert (get(url, Range=range_).status_code, len(get(url, Range=range_).content)) == (200, 5120)


@pytest.mark.parametrize("range_", ["bytes=5120-", "bytes=99999-100000", "bytes=-0"])
def test_a_range_behind_the_end(url, range_):
    response = get(url, Range=range_)
    assert response.status_code == 416
    assert response.headers["content-range"] == "bytes */5120"


def test_conditions(url):
    etag = get(url).headers["etag"]
    assert get(url, Range="bytes=1-2", If_Range=etag).status_code == 206
    assert get(url, Range="bytes=1-2", If_Range='"other"').status_code == 200
    assert get(url, If_None_Match=etag).status_code == 304
    assert get(url, If_Match='"other"').status_code == 412


def test_it_does_not_matter_how_a_client_quotes(sandbox: Sandbox):
    stored = sandbox.dss.context.objects.put_bytes(DATA)
    url = sandbox.dss.context.signer.url(sandbox.url, stored.sha256, seconds=9, name="a(1)~/b+c.bin")
    assert "%281%29" in url
    assert get(url.replace("%281%29", "(1)").replace("%2B", "+")).status_code == 200


def test_head_has_the_headers_alone(url):
    response = get(url, "HEAD")
    assert (response.status_code, response.content, response.headers["content-length"]) == (200, b"", "5120")


def test_the_url_ends_by_the_sandbox_clock(sandbox: Sandbox, url):
    sandbox.clock.advance(99)
    assert get(url).status_code == 200
    sandbox.clock.advance(1)
    response = get(url)
    assert response.status_code == 403
    assert "<Code>AccessDenied</Code><Message>Request has expired</Message>" in response.text


@pytest.mark.parametrize(
    "change", [("Expires=1", "Expires=2"), ("Signature=", "Signature=0"), ("/_objects/", "/_objects/0")]
)
def test_a_changed_url_is_refused(url, change):
    response = get(url.replace(*change))
    assert (response.status_code, "SignatureDoesNotMatch" in response.text) == (403, True)


def test_a_url_without_a_signature_is_refused(sandbox: Sandbox):
    assert get(f"{sandbox.url}/_objects/{'0' * 64}").status_code == 403


def test_other_methods_are_refused(url):
    assert get(url, "POST").status_code == 405


def test_an_object_that_was_reset_is_not_found(sandbox: Sandbox, url):
    sandbox.reset()
    assert get(url).status_code == 404


def test_an_empty_object(sandbox: Sandbox):
    stored = sandbox.dss.context.objects.put_bytes(b"")
    url = sandbox.dss.context.signer.url(sandbox.url, stored.sha256, seconds=100)
    assert (get(url).status_code, get(url).content) == (200, b"")
    assert get(url, Range="bytes=0-").status_code == 416


@given(st.integers(0, 50), st.integers(0, 60), st.integers(0, 60))
def test_ranges_are_slices(size, first, last):
    try:
        part = parse_range(f"bytes={first}-{last}", size)
    except Unsatisfiable:
        assert first >= size
        return
    expected = range(size)[first : last + 1] if first <= last else range(size)
    assert part == Slice(expected.start if expected else 0, len(expected), partial=first <= last)
