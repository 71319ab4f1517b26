"""Transports, threaded and asyncio alike: retries, redirects, errors and credentials, with time moved manually."""

import asyncio
import contextlib
import email.utils
import io
import logging
import re
from dataclasses import replace
from uuid import UUID

import httpx
import pytest
from body_in_pieces import Pieces
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import (
    APIError,
    ApiKey,
    AsyncTransport,
    AuthError,
    Basic,
    BearerToken,
    ConfigError,
    DecodeError,
    ManualClock,
    Request,
    Retry,
    Timeout,
    Transport,
    TransportError,
    errors,
)
from omicsdk.core.clock import SYSTEM_CLOCK, StoppableClock
from omicsdk.core.file_bodies import multipart_body, raw_body
from omicsdk.core.redaction import mask_text
from omicsdk.core.request import Repetition
from omicsdk.core.sending.time_limits import call_limits

BASE = "https://api.example.org/v1"
HERE = "https://api.example.org"


def request(method="GET", url="/things", *, content=None, idempotent=None, secured=False, headers=()):
    safe = method != "POST" if idempotent is None else idempotent
    return Request(method, url, tuple(headers), content, safe, secured, "get_things")


class Server:
    """Responses from a script: each entry is a response, an error, or a function of the request."""

    def __init__(self, *script):
        self.script = list(script)
        self.seen: list[httpx.Request] = []

    def __call__(self, got: httpx.Request) -> httpx.Response:
        self.seen.append(got)
        entry = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(entry, Exception):
            raise entry
        if callable(entry):
            return entry(got)
        status, headers, body = entry
        return httpx.Response(status, headers=headers, content=body)


def response(status=200, headers=None, body=b""):
    return (status, headers or {}, body)


class Both:
    """One face over the two transports, so that every test holds both to the same behaviour."""

    def __init__(self, kind, server, base=BASE, **options):
        self.kind = kind
        self.clock = options.pop("clock", None) or ManualClock()
        options.setdefault("fraction", lambda: 1.0)
        cls = Transport if kind == "threads" else AsyncTransport
        self.transport = cls(base, transport=httpx.MockTransport(server), clock=self.clock, **options)

    def send(self, *arguments, **options):
        if self.kind == "threads":
            return self.transport.send(*arguments, **options)
        return asyncio.run(self.transport.send(*arguments, **options))


@pytest.fixture(params=["threads", "asyncio"])
def both(request):
    return lambda *arguments, **options: Both(request.param, *arguments, **options)


def test_a_call_carries_our_headers_and_gives_the_response(both):
    server = Server(response(200, {"x": "y"}, b"{}"))
    client = both(server, headers={"X-Team": "7"})
    got = client.send(request(headers=[("accept", "application/json")]))
    assert (got.status_code, got.json(), got.headers["x"]) == (200, {}, "y")
    sent = server.seen[0]
    assert str(sent.url) == f"{BASE}/things"
    assert sent.headers["accept"] == "application/json"
    assert sent.headers["x-team"] == "7"
    assert sent.headers["user-agent"].startswith("omicsdk/")
    assert str(got.url) == f"{BASE}/things"
    assert 0 <= got.elapsed.total_seconds() < 60


@pytest.mark.parametrize(
    ("of_the_body", "sent"),
    [
        ("application/octet-stream", "text/plain; dcp-type=data"),
        ("application/octet-stream; dcp-type=metadata", "text/plain; dcp-type=data"),
        ("application/json", "application/json"),
        ("multipart/form-data; boundary=b", "multipart/form-data; boundary=b"),
    ],
)
def test_the_caller_states_what_bytes_are_and_the_body_what_its_form_is(both, of_the_body, sent):
    server = Server(response(200))
    client = both(server, headers={"Content-Type": "text/plain; dcp-type=data"})
    client.send(request("PUT", content=b"a", headers=[("content-type", of_the_body)]))
    assert server.seen[0].headers.get_list("content-type") == [sent]


TYPES = "text/plain, text/vnd.example.v2+plain, application/json;q=0.5"


@pytest.mark.parametrize(
    ("of_client", "sent"),
    [
        ("text/vnd.example.v2+plain", "text/vnd.example.v2+plain"),
        ("application/json", TYPES),
        ("text/v", TYPES),
        ("", TYPES),
    ],
)
def test_the_caller_selects_one_of_the_types_that_an_operation_accepts(both, of_client, sent):
    server = Server(response(200))
    both(server, headers={"Accept": of_client}).send(request("GET", headers=[("Accept", TYPES)]))
    assert server.seen[0].headers.get_list("accept") == [sent]


def comparing(*accepted, media_type="text/plain; charset=utf-8"):
    """A server that compares the Accept header as one text, as seqrepo-rest-service does."""

    def respond(got):
        is_accepted = got.headers["accept"] in accepted
        return httpx.Response(200 if is_accepted else 406, headers={"content-type": media_type}, content=b"ACGT")

    return Server(respond)


def accepts(server):
    return [got.headers["accept"] for got in server.seen]


@pytest.mark.parametrize(
    ("accepted", "forms"), [("text/plain", [TYPES, "text/plain"]), ("*/*", [TYPES, "text/plain", "*/*"])]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_406_is_answered_with_a_narrower_accept_header_which_is_remembered(both, accepted, forms, method):
    server = comparing(accepted)
    client = both(server)
    call = request(method, headers=[("Accept", TYPES)])
    assert client.send(call).status_code == 200
    assert accepts(server) == forms
    assert client.clock.slept == []
    server.seen.clear()
    client.send(call)
    client.transport = client.transport.with_options(timeout=5)
    client.send(call)
    assert accepts(server) == [accepted, accepted]
    server.seen.clear()
    client.send(request(url="/others", headers=[("accept", "text/plain, text/csv")]))
    assert accepts(server)[0] == "text/plain"  # this server reads no lists


def test_another_host_is_sent_the_whole_header(both):
    server = comparing("text/plain")
    client = both(server)
    client.send(request(headers=[("accept", TYPES)]))
    server.seen.clear()
    client.send(request(url="https://other.example.org/x", headers=[("accept", TYPES)]))
    assert accepts(server) == [TYPES, "text/plain"]


def test_what_comes_after_a_406_is_one_of_the_types_or_refused(both):
    for media_type in ("text/plain", "TEXT/PLAIN; charset=utf-8", "text/vnd.example.v1+plain", "application/json"):
        assert both(comparing("*/*", media_type=media_type)).send(request(headers=[("accept", TYPES)]))
    for media_type in ("text/html", "application/octet-stream", "image/svg+xml"):
        server = comparing("*/*", media_type=media_type)
        for stream in (False, True):
            with pytest.raises(DecodeError, match=f"Content-Type' is '{re.escape(media_type)}', not text/plain"):
                both(server).send(request(headers=[("accept", TYPES)]), stream=stream)


@pytest.mark.parametrize(
    ("method", "accept", "count"),
    [("GET", "*/*", 1), ("GET", "application/json", 2), ("GET", TYPES, 3), ("POST", TYPES, 1), ("DELETE", TYPES, 1)],
)
def test_a_406_that_stays_is_an_error(both, method, accept, count):
    server = comparing()
    client = both(server)
    with pytest.raises(APIError) as caught:
        client.send(request(method, headers=[("accept", accept)]))
    assert (caught.value.status, len(server.seen), client.clock.slept) == (406, count, [])
    server.seen.clear()
    with pytest.raises(APIError):
        client.send(request(method, headers=[("accept", accept)]))
    assert accepts(server)[0] == accept  # nothing was learnt


def test_an_error_after_a_406_is_the_response(both):
    def respond(got):
        return httpx.Response(404 if got.headers["accept"] == "text/plain" else 406)

    with pytest.raises(errors.NotFound):
        both(Server(respond)).send(request(headers=[("accept", TYPES)]))


def test_a_redirect_to_a_host_that_reads_lists_is_followed_with_the_whole_header(both):
    def respond(got):
        if got.url.host == "api.example.org":
            is_accepted = got.headers["accept"] == "text/plain"
            return httpx.Response(302 if is_accepted else 406, headers={"location": "https://other.example.org/x"})
        return httpx.Response(200, headers={"content-type": "text/html"})

    server = Server(respond)
    assert both(server).send(request(headers=[("accept", TYPES)])).status_code == 200
    assert accepts(server) == [TYPES, "text/plain", TYPES]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_response_that_may_change_is_requested_again(both, status):
    server = Server(response(status), response(status), response(200))
    client = both(server)
    assert client.send(request()).status_code == 200
    assert client.clock.slept == [1.0, 2.0]


def test_five_more_tries_wait_at_most_1_2_4_8_16_seconds(both):
    server = Server(response(503, body=b'{"message": "busy"}'))
    client = both(server)
    with pytest.raises(errors.ServiceUnavailable, match="busy"):
        client.send(request())
    assert client.clock.slept == [1.0, 2.0, 4.0, 8.0, 16.0]
    assert len(server.seen) == 6


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 501])
def test_a_response_that_stays_is_not_requested_again(both, status):
    server = Server(response(status))
    client = both(server)
    with pytest.raises(APIError) as caught:
        client.send(request())
    assert (caught.value.status, len(server.seen), client.clock.slept) == (status, 1, [])


def test_a_valid_login_of_a_platform_that_lacks_a_permission_is_not_to_be_replaced(both):
    denied = response(401, {}, b'{"error": "Permission denied."}')
    login, meanings = {"credentials": BearerToken("t")}, {"permission": (errors.Forbidden, "Ask the owner.")}
    with pytest.raises(errors.Forbidden, match=r"Permission denied \(401 .*Ask the owner"):
        both(Server(denied), **login, meanings=meanings).send(request())
    for options in (login, {"meanings": meanings}, {**login, "meanings": {}}):
        with pytest.raises(errors.Unauthorized):
            both(Server(denied), **options).send(request())


@pytest.mark.parametrize(
    "trouble",
    [
        response(503, {"retry-after": "1"}),
        httpx.ReadError("reset"),
        httpx.ReadTimeout("slow"),
        httpx.WriteError("reset"),
    ],
)
def test_a_post_that_may_have_arrived_is_never_sent_twice(both, trouble):
    server = Server(trouble, response(200))
    with pytest.raises((APIError, TransportError)):
        both(server).send(request("POST", content=b"{}"))
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("headers", "waits"), [({"retry-after": "7"}, 7.0), ({"retry-after-ms": "250"}, 0.25), ({}, 1.0)]
)
def test_a_post_that_was_refused_for_its_rate_is_sent_again(both, headers, waits):
    client = both(Server(response(429, headers), response(201)))
    assert client.send(request("POST", content=b"{}")).status_code == 201
    assert client.clock.slept == [waits]


@pytest.mark.parametrize(
    ("status", "headers"), [(429, {"x-should-retry": "false"}), (503, {"x-squid-error": "ERR_DNS_FAIL 0"})]
)
def test_a_service_that_states_that_a_retry_is_useless_gets_none(both, status, headers):
    client = both(Server(response(status, headers), response(200)))
    with pytest.raises((errors.RateLimited, errors.ServerError)):
        client.send(request())
    assert client.clock.slept == []


KEYED = Repetition("idempotency-key")


def keys(server):
    return [sent.headers["idempotency-key"] for sent in server.seen]


@pytest.mark.parametrize("trouble", [response(503), httpx.ReadError("reset"), httpx.ReadTimeout("slow")])
def test_a_post_with_an_idempotency_key_is_sent_again_with_the_same_key(both, trouble):
    server = Server(trouble, trouble, response(201), response(201))
    client = both(server)
    create = replace(request("POST", content=b"{}"), repetition=KEYED)
    client.send(create)
    client.send(create)
    first, *again, other = keys(server)
    assert again == [first, first]
    assert other != first
    assert UUID(first).version == UUID(other).version == 4


def test_a_repeatable_request_states_when_it_was_first_sent(both):
    name, at = "repeatability-request-id", "repeatability-first-sent"
    server = Server(response(503), response(201), response(201))
    client = both(server, clock=ManualClock(1_700_000_000.0))
    create = replace(request("POST"), repetition=Repetition(name))
    client.send(create)
    client.send(replace(create, headers=((name, "own"),)))
    assert [sent.headers[at] for sent in server.seen] == [
        *["Tue, 14 Nov 2023 22:13:20 GMT"] * 2,
        "Tue, 14 Nov 2023 22:13:21 GMT",
    ]
    assert server.seen[0].headers[name] == server.seen[1].headers[name] != server.seen[2].headers[name] == "own"


@pytest.mark.parametrize("of_client", [False, True])
def test_the_users_own_key_is_sent(both, of_client):
    key_header = {"Idempotency-Key": "order-7"}
    server = Server(response(503), response(201))
    client = both(server, headers=key_header if of_client else None)
    client.send(replace(request("POST", headers=() if of_client else key_header.items()), repetition=KEYED))
    assert keys(server) == ["order-7", "order-7"]


def test_a_conflict_is_waited_for_while_the_first_request_with_the_key_may_be_in_progress(both):
    create = replace(request("POST"), repetition=KEYED)
    client = both(Server(httpx.ReadTimeout("slow"), response(409), response(201)))
    assert client.send(create).status_code == 201
    for script, waits in (([], 0), ([response(429)], 1), ([response(500)], 4)):
        refusing = both(Server(*script, response(409)), retry=Retry(attempts=5))
        with pytest.raises(errors.Conflict):
            refusing.send(create)
        assert len(refusing.clock.slept) == waits


def test_a_key_does_not_excuse_a_second_post_to_another_origin(both):
    def respond(got):
        if got.url.host == "api.example.org":
            return httpx.Response(307, headers={"location": "https://other.example.org/things"})
        return httpx.Response(503)

    server = Server(respond)
    with pytest.raises(errors.ServiceUnavailable):
        both(server).send(replace(request("POST"), repetition=KEYED))
    assert [sent.url.host for sent in server.seen] == ["api.example.org", "other.example.org"]


def test_an_operations_own_retry_applies_unless_the_user_chose_one(both):
    retried = replace(request(), repetition=Repetition(retry=Retry(attempts=2, base=3.0, statuses=frozenset({418}))))
    client = both(Server(response(418), response(200)))
    client.send(retried)
    assert client.clock.slept == [3.0]
    chosen = both(Server(response(503), response(418)), retry=Retry(base=0.5))
    with pytest.raises(APIError) as caught:
        chosen.send(retried)
    assert (caught.value.status, chosen.clock.slept) == (418, [0.5])


def test_an_operation_that_must_not_be_repeated_is_not(both):
    client = both(Server(response(503), response(200)), retry=Retry(attempts=9))
    with pytest.raises(errors.ServiceUnavailable):
        client.send(replace(request(), repetition=Repetition(retry=Retry(attempts=1))))


class Once(io.BytesIO):
    def seekable(self):
        return False


def sent_with(source, kind):
    """A PUT whose body reads a file."""
    body = raw_body(source) if kind == "raw" else multipart_body({"file": ("a.txt", source)}, ["file"])
    return request("PUT", content=body.content)


@pytest.mark.parametrize("kind", ["raw", "multipart"])
def test_a_file_is_read_again_for_each_try_from_where_it_was(both, kind):
    source = io.BytesIO(b"skipped data")
    source.seek(8)
    seen = []

    def reading(got):
        seen.append(got.content)
        return httpx.Response(503 if len(seen) < 3 else 200)

    both(Server(reading)).send(sent_with(source, kind))
    assert b"data" in seen[0]
    assert b"skipped" not in seen[0]
    assert seen[0] == seen[1] == seen[2]


@pytest.mark.parametrize("kind", ["raw", "multipart"])
def test_a_body_that_can_only_be_read_once_is_not_sent_again(both, kind):
    def reading(got):
        return httpx.Response(503) if got.content else httpx.Response(200)

    client = both(Server(reading))
    with pytest.raises(errors.ServiceUnavailable):
        client.send(sent_with(Once(b"data"), kind))
    moved = both(Server(lambda got: httpx.Response(307, headers={"location": "/v1/there"}) if got.content else None))
    with pytest.raises(errors.UsageError, match="only be read once"):
        moved.send(sent_with(Once(b"data"), kind))


@pytest.mark.parametrize("trouble", [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow")])
def test_a_post_that_never_left_is_sent_again(both, trouble):
    server = Server(trouble, response(201))
    assert both(server).send(request("POST", content=b"{}")).status_code == 201
    assert [sent.content for sent in server.seen] == [b"{}", b"{}"]


@pytest.mark.parametrize(
    "trouble", [httpx.ReadError("reset"), httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut")]
)
def test_a_post_marked_idempotent_is_sent_again(both, trouble):
    server = Server(trouble, response(200))
    assert both(server).send(request("POST", content=b"{}", idempotent=True)).status_code == 200


def test_a_body_from_a_function_is_made_again_for_each_try(both):
    def pieces():
        yield b"ab"
        yield b"cd"

    server = Server(response(503), response(200))
    assert both(server).send(request("PUT", content=pieces)).status_code == 200
    assert [sent.content for sent in server.seen] == [b"abcd", b"abcd"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_the_service_states_how_long_to_wait(both, status):
    client = both(Server(response(status, {"Retry-After": "17"}), response(200)))
    client.send(request())
    assert client.clock.slept == [17.0]


@pytest.mark.parametrize("status", [413, 503])
def test_responses_that_are_only_obeyed_are_sent_again_where_they_say_how_long(both, status):
    retry = Retry(statuses=frozenset(), obeyed=frozenset({413, 503}))
    client = both(Server(response(status, {"Retry-After": "17"}), response(200)), retry=retry)
    client.send(request())
    assert client.clock.slept == [17.0]
    for server, method in ((Server(response(status)), "GET"), (Server(response(status, {"Retry-After": "1"})), "POST")):
        client = both(server, retry=retry)
        with pytest.raises(errors.APIError):
            client.send(request(method, content=b"{}" if method == "POST" else None))
        assert client.clock.slept == []


def test_the_service_states_until_when_to_wait(both):
    clock = ManualClock(now=1_000_000.0)
    client = both(
        Server(response(503, {"Retry-After": email.utils.formatdate(1_000_040, usegmt=True)}), response(200)),
        clock=clock,
    )
    client.send(request())
    assert clock.slept == [40.0]


@pytest.mark.parametrize("wait", ["601", "1000000000", "9" * 400])
def test_a_wait_beyond_the_budget_is_not_begun(both, wait):
    client = both(Server(response(429, {"Retry-After": wait})))
    with pytest.raises(errors.RateLimited) as caught:
        client.send(request())
    assert client.clock.slept == []
    assert caught.value.retry_after == float(wait)


def test_an_error_that_lasts_states_how_often_it_was_tried(both):
    client = both(Server(httpx.ConnectError("refused")), retry=Retry(attempts=3))
    with pytest.raises(errors.ConnectFailed) as caught:
        client.send(request())
    assert str(caught.value) == (
        f"get_things: Cannot connect: refused (GET {BASE}/things; 3 attempts). "
        "Check the network connection and the service's URL, then try again."
    )


def test_retries_are_reported_without_secrets(both, caplog):
    caplog.set_level(logging.INFO, logger="omicsdk.http")
    call = request(url="/access_token?access_token=canary&n=1")
    both(Server(response(503), response(200))).send(replace(call, operation="get_access_token"))
    sent = f"GET {BASE}/access_token?access_token=***&n=1"
    assert [mask_text(record.getMessage()) for record in caplog.records] == [
        f"get_access_token ({sent}) failed: 503 Service Unavailable; try 2 of 6 in 1.0 s"
    ]


def test_a_wait_that_is_noticed_is_a_warning(both, caplog):
    both(Server(*[response(503)] * 3, response(302, {"location": "/v1/x", "retry-after": "9"}), response(200))).send(
        request()
    )
    assert [record.getMessage()[-21:] for record in caplog.records] == [
        "; try 4 of 6 in 4.0 s",
        "ed, retrying in 9.0 s",
    ]


# --- Redirects -----------------------------------------------------------------------------------------------------


def test_redirects_are_followed(both):
    server = Server(
        response(302, {"location": "/v1/other"}), response(307, {"location": f"{BASE}/last"}), response(200, body=b"ok")
    )
    got = both(server).send(request())
    assert got.content == b"ok"
    assert [sent.url.path for sent in server.seen] == ["/v1/things", "/v1/other", "/v1/last"]


@pytest.mark.parametrize(
    ("method", "status", "then"),
    [
        ("POST", 303, "GET"),
        ("PUT", 303, "GET"),
        ("HEAD", 303, "HEAD"),
        ("POST", 301, "GET"),
        ("POST", 302, "GET"),
        ("PUT", 302, "PUT"),
        ("POST", 307, "POST"),
        ("POST", 308, "POST"),
        ("DELETE", 301, "DELETE"),
    ],
)
def test_a_redirect_keeps_or_changes_the_method(both, method, status, then):
    server = Server(response(status, {"location": "/v1/x"}), response(200))
    content = b"{}" if method in ("POST", "PUT") else None
    both(server).send(request(method, content=content, headers=[("Content-Type", "application/json")]))
    last = server.seen[-1]
    assert last.method == then
    assert last.content == (content or b"" if then == method else b"")
    assert ("content-type" in last.headers) == (then == method)


def test_a_redirect_to_itself_means_not_yet(both):
    waits = [response(301, {"location": f"{BASE}/things", "retry-after": "2"})] * 40
    client = both(Server(*waits, response(200, body=b"done")))
    assert client.send(request()).content == b"done"
    assert client.clock.slept == [2.0] * 40


def test_cookies_of_a_redirect_are_sent_to_its_origin(both):
    """httpx issue 821: a login wall redirects to the same URL until it sees its cookie."""
    elsewhere = {"location": "https://other.example.org/x", "set-cookie": "last=1"}
    server = Server(
        response(302, {"location": "/v1/things", "set-cookie": "k=2; Path=/; HttpOnly"}),
        response(302, elsewhere),
        response(302, {"location": "/y"}),
        response(200),
    )
    both(server).send(request(headers=[("cookie", "a=1; k=1")]))
    assert [sent.headers.get("cookie") for sent in server.seen] == ["a=1; k=1", "k=2; a=1", None, None]


def test_not_yet_is_waited_for_even_when_redirects_are_the_callers(both):
    server = Server(
        response(301, {"location": f"{BASE}/things", "retry-after": "10"}),
        response(302, {"location": "https://s3.example.org/k"}),
    )
    client = both(server)
    got = client.send(request(), follow_redirects=False)
    assert (got.status_code, got.headers["location"]) == (302, "https://s3.example.org/k")
    assert client.clock.slept == [10.0]


def test_not_yet_ends_with_the_budget(both):
    client = both(Server(response(301, {"location": "/v1/things", "retry-after": "100"})))
    with pytest.raises(errors.TimedOut, match=r"get_things: .*asked to wait 100 s more"):
        client.send(request())
    assert client.clock.slept == [100.0] * 6


@pytest.mark.parametrize("wait", ["601", "1000000000"])
def test_not_yet_for_longer_than_the_budget_ends_at_once(both, wait):
    client = both(Server(response(301, {"location": "/v1/things", "retry-after": wait})))
    with pytest.raises(errors.TimedOut, match=rf"asked to wait {wait} s more"):
        client.send(request())
    assert client.clock.slept == []


@pytest.mark.parametrize("headers", [{"location": "/v1/things"}, {"location": "/v1/things", "retry-after": "0"}])
def test_circles_end(both, headers):
    server = Server(response(302, headers))
    with pytest.raises(errors.TooManyRedirects):
        both(server).send(request())
    assert len(server.seen) == 31


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://example.org/", "https://[broken", "javascript:1", "http://", "https://a b/"],
)
def test_a_redirect_to_what_is_no_page_is_refused(both, location):
    with pytest.raises(TransportError):
        both(Server(response(302, {"location": location})), retry=Retry(attempts=1)).send(request())


@pytest.mark.parametrize("status", [300, 304])
def test_other_responses_of_the_300s_are_the_callers(both, status):
    assert both(Server(response(status))).send(request()).status_code == status


# --- Credentials ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://other.example.org/v1/x",
        "https://api.example.org:8443/v1/x",
        "http://api.example.org/v1/x",
        "//other.example.org/x",
    ],
)
def test_nothing_secret_follows_to_another_origin(both, elsewhere):
    server = Server(response(302, {"location": elsewhere}), response(302, {"location": f"{BASE}/back"}), response(200))
    headers = [("cookie", "canary"), ("X-SBG-Auth-Token", "canary"), ("authorization", "canary"), ("range", "bytes=0-")]
    both(server, credentials=BearerToken("canary"), headers={"x-api-key": "canary"}).send(request(headers=headers))
    assert "canary" in str(server.seen[0].headers.multi_items())
    for sent in server.seen[1:]:
        assert "canary" not in str(sent.headers.multi_items()) + str(sent.url)
        assert sent.headers["range"] == "bytes=0-"


def test_credentials_stay_within_an_origin(both):
    server = Server(response(302, {"location": "/elsewhere"}), response(200))
    both(server, credentials=BearerToken("canary")).send(request())
    assert [sent.headers["authorization"] for sent in server.seen] == ["Bearer canary"] * 2


def test_an_absolute_url_of_another_origin_gets_no_credentials(both):
    server = Server(response(200))
    both(server, credentials=BearerToken("canary"), headers={"cookie": "canary"}).send(
        request(url="https://other.example.org/next")
    )
    assert "canary" not in str(server.seen[0].headers.multi_items())


@pytest.mark.parametrize(
    ("script", "url"),
    [([response(401)], "http://api.example.org/next"), ([response(307, {"location": "http://api.example.org/things/"}), response(401)], "/things")],
    ids=["link", "redirect"],
)  # fmt: skip
def test_a_401_of_another_origin_states_why_no_credentials_were_sent(both, script, url):
    with pytest.raises(errors.Unauthorized) as caught:
        both(Server(*script), credentials=BearerToken("canary")).send(request(url=url))
    assert caught.value.remedy == (
        "Correct the link or redirect to http://api.example.org:80: credentials are sent to https://api.example.org:443 only."
    )


def test_a_token_of_another_host_is_refused_where_one_is_needed(both):
    server = Server(response(200))
    client = both(server, credentials=BearerToken("canary", origins=["https://login.example.org"]))
    with pytest.raises(AuthError, match=r"another service than https://api.example.org/v1"):
        client.send(request(secured=True))
    assert server.seen == []
    client.send(request())
    assert "authorization" not in server.seen[0].headers


def test_a_token_is_not_sent_unencrypted(both):
    server = Server(response(200))
    client = both(server, "http://api.example.org/v1", credentials=BearerToken("canary"))
    with pytest.raises(AuthError, match="is not encrypted"):
        client.send(request(secured=True))
    client.send(request())
    assert "authorization" not in server.seen[0].headers


def test_what_is_open_to_all_needs_no_credentials_that_work(both, caplog):
    class Broken(BearerToken):
        def headers(self, method, url):
            raise AuthError("The key file is broken")

    server = Server(response(200))
    client = both(server, credentials=Broken("canary"))
    caplog.set_level(logging.INFO, logger="omicsdk.http")
    client.send(request())
    client.send(request())
    assert "authorization" not in server.seen[0].headers
    (record,) = caplog.records  # once, and not for each file of a download
    message = record.getMessage()
    assert message == "get_things: continuing without credentials (The key file is broken)"
    assert mask_text(message) == message, "no word of it is taken for a secret"


def test_a_token_goes_to_this_machine_unencrypted(both):
    server = Server(response(200))
    both(server, "http://127.0.0.1:8080/v1", credentials=BearerToken("t")).send(request())
    assert server.seen[0].headers["authorization"] == "Bearer t"


def test_a_key_goes_into_the_query(both):
    server = Server(response(200))
    both(server, credentials=ApiKey("a&b", query="key")).send(request(url="/things?n=1"))
    assert str(server.seen[0].url) == f"{BASE}/things?n=1&key=a%26b"


@pytest.mark.parametrize(
    "refusal", [httpx.Response(401), httpx.Response(403, json={"detail": "Bad bearer token: Signature has expired"})]
)
def test_a_refused_token_is_renewed_once(both, refusal):
    server = Server(lambda got: httpx.Response(200) if got.headers["authorization"] == "Bearer new" else refusal)
    client = both(server, credentials=BearerToken("old", refresh=lambda: "new"))
    assert client.send(request("POST", content=b"x")).status_code == 200
    assert [sent.headers["authorization"] for sent in server.seen] == ["Bearer old", "Bearer new"]
    assert client.clock.slept == []


def test_a_token_that_is_refused_again_is_an_error(both):
    tokens = iter("abcdef")
    server = Server(response(401, body=b'{"title": "no"}'))
    with pytest.raises(errors.Unauthorized, match="no"):
        both(server, credentials=BearerToken("old", refresh=lambda: next(tokens))).send(request())
    assert len(server.seen) == 2


def test_a_call_that_is_forbidden_renews_nothing(both):
    server = Server(response(403))
    client = both(server, credentials=BearerToken("old", refresh=lambda: pytest.fail("renewed")))
    with pytest.raises(errors.Forbidden):
        client.send(request())
    assert (len(server.seen), client.clock.slept) == (1, [])


@pytest.mark.parametrize(("silence", "sent", "took"), [(60, 1, (60, 60)), (25, 3, (58, 60)), (5, 6, (30, 60))])
def test_a_silent_server_is_given_up_after_a_minute_in_all(both, silence, sent, took):
    clock = ManualClock()
    began = clock.monotonic()

    def silent(got):
        clock.advance(min(silence, got.extensions["timeout"]["read"]))
        raise httpx.ReadTimeout("silence")

    server = Server(silent)
    with pytest.raises(errors.TimedOut):
        both(server, clock=clock).send(request())
    assert took[0] <= clock.monotonic() - began <= took[1]
    assert len(server.seen) == sent


def test_a_token_that_ended_is_reported_before_anything_is_sent(both):
    server = Server(response(200))
    client = both(server, credentials=BearerToken("old", expires_at=1.0))
    with pytest.raises(AuthError, match=r"expired on 1970-01-01"):
        client.send(request(secured=True))
    assert server.seen == []


def test_an_httpx_auth_is_taken_as_it_is(both):
    challenge = 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256'
    server = Server(response(401, {"www-authenticate": challenge}), response(200))
    assert both(server, credentials=httpx.DigestAuth("u", "p")).send(request()).status_code == 200
    assert server.seen[1].headers["authorization"].startswith("Digest ")


def test_a_challenge_that_makes_no_sense_is_our_error(both):
    server = Server(response(401, {"www-authenticate": 'Digest realm="r"'}))
    with pytest.raises(TransportError):
        both(server, credentials=httpx.DigestAuth("u", "p")).send(request("POST"))


# --- Options and ends ----------------------------------------------------------------------------------------------


def test_options_make_a_clone(both):
    server = Server(response(503))
    client = both(server, headers={"a": "1"}, retry=Retry(attempts=2))
    with pytest.raises(errors.ServiceUnavailable):
        client.send(request())
    server.seen.clear()
    clone = client.transport.with_options(
        retry=Retry(attempts=1), headers={"A": "2"}, timeout=5, credentials=Basic("a", "b")
    )
    original = client.transport
    client.transport = clone
    with pytest.raises(errors.ServiceUnavailable):
        client.send(request())
    assert len(server.seen) == 1
    assert server.seen[0].headers["a"] == "2"
    assert server.seen[0].extensions["timeout"] == {"connect": 5, "read": 5, "write": 5, "pool": 5}
    assert original.credentials is None
    client.transport = original
    with pytest.raises(errors.ServiceUnavailable):
        client.send(request())
    assert len(server.seen) == 3
    assert server.seen[-1].headers["a"] == "1"
    assert server.seen[-1].extensions["timeout"] == Timeout().by_name()


def test_streams_are_read_by_the_caller():
    pieces = Pieces(b"ab", b"cd")
    transport = Transport(BASE, transport=httpx.MockTransport(lambda got: httpx.Response(200, stream=pieces)))
    response = transport.send(request(), stream=True)
    assert (pieces.sent, pieces.closed) == (0, False)
    assert b"".join(response.iter_bytes()) == b"abcd"
    assert pieces.closed


def test_the_error_of_a_stream_has_its_words(both):
    with pytest.raises(errors.NotFound, match="no such thing"):
        both(Server(response(404, body=b'{"message": "no such thing"}'))).send(request(), stream=True)


def test_a_closed_client_reports_it():
    transport = Transport(BASE, transport=httpx.MockTransport(lambda got: httpx.Response(200)))
    clone = transport.with_options(timeout=1)
    clone.close()
    transport.close()
    with pytest.raises(errors.UsageError, match="closed"):
        transport.send(request())


@pytest.mark.parametrize(
    "base", ["https://u:canary@api.example.org", "https://api.example.org/?token=canary", "https://api.example.org/#x"]
)
def test_a_base_url_with_more_in_it_is_refused_without_being_shown(base):
    with pytest.raises(ConfigError) as caught:
        Transport(base)
    assert "canary" not in str(caught.value)


@given(
    st.lists(st.sampled_from([200, 408, 429, 500, 503, 404, 401]), min_size=1, max_size=12),
    st.integers(1, 8),
    # Sixteenths of a second add up exactly; a clock cannot tell 1e-160 s apart.
    st.integers(0, 20 * 16).map(lambda sixteenths: sixteenths / 16),
    st.integers(0, 60 * 16).map(lambda sixteenths: sixteenths / 16),
    st.booleans(),
)
def test_tries_and_time_stay_within_bounds(statuses, attempts, base, budget, idempotent):
    server = Server(*[response(status) for status in [*statuses, 200]])
    clock = ManualClock()
    transport = Transport(
        BASE,
        transport=httpx.MockTransport(server),
        clock=clock,
        retry=Retry(attempts=attempts, base=base, budget=budget),
        fraction=lambda: 0.5,
    )
    with contextlib.suppress(APIError):
        assert transport.send(request("POST", idempotent=idempotent)).status_code == 200
        assert ([*statuses, 200])[len(server.seen) - 1] == 200
    assert len(server.seen) <= attempts
    assert sum(clock.slept) <= budget + 1e-6  # the clock adds to a large number
    assert idempotent or all(status == 429 for status in statuses[: len(server.seen) - 1])


steps = st.lists(
    st.one_of(
        st.builds(response, st.sampled_from([200, 204, 400, 401, 404, 429, 500, 503]), st.sampled_from([{}, {"retry-after": "3"}, {"retry-after": "900"}])),
        st.builds(
            lambda status, location, wait: response(status, {"location": location} | wait),
            st.sampled_from([301, 302, 303, 307, 308]),
            st.sampled_from(["/v1/here", "https://evil.example.org/x", "http://api.example.org/x", "https://api.example.org/y", "file:///x", "https://[", ""]),
            st.sampled_from([{}, {"retry-after": "2"}, {"retry-after": "0"}]),
        ),
        st.sampled_from([httpx.ConnectError("refused"), httpx.ReadError("reset"), httpx.ReadTimeout("slow"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("full")]),
    ),
    min_size=1,
    max_size=60,
)  # fmt: skip


@given(steps, st.sampled_from(["GET", "POST", "PUT"]), st.booleans(), st.booleans())
def test_whatever_a_server_does(script, method, follow, secured):
    server = Server(*script)
    clock = ManualClock()
    transport = Transport(
        BASE,
        transport=httpx.MockTransport(server),
        clock=clock,
        fraction=lambda: 1.0,
        credentials=BearerToken("canary", refresh=lambda: "canary-new"),
        headers={"x-api-key": "canary"},
    )
    call = request(method, content=b"body" if method != "GET" else None, secured=secured)
    message = ""
    try:
        got = transport.send(call, follow_redirects=follow)
        assert got.status_code < 400
        # A 301 with Retry-After is "not yet" and never the caller's.
        assert follow or got.status_code < 300 or not got.headers.get("location") or "retry-after" not in got.headers
    except (APIError, TransportError) as error:
        message = str(error) + repr(error)
    assert "canary" not in message
    assert sum(clock.slept) <= 600 + 1e-6
    left = False
    for sent in server.seen:
        left = left or not str(sent.url).startswith(HERE + "/")
        if left:  # once the origin was left, nothing secret is sent, not even when a redirect leads back
            assert "canary" not in str(sent.headers.multi_items())
    if method == "POST":
        # Sent again only after a failure to connect, a 401 that was renewed, or by a redirect that reports it.
        for before, sent in zip(script, server.seen[1:], strict=False):
            if sent.method == "POST":
                safe = isinstance(before, httpx.ConnectError | httpx.ConnectTimeout)
                assert safe or (not isinstance(before, Exception) and before[0] in (401, 307, 308))


def test_what_takes_no_credentials_gets_none(both):
    server = Server(response(200), response(200))
    refreshed = []
    client = both(server, credentials=BearerToken("canary", expires_at=0, refresh=lambda: refreshed.append(1) or "new"))
    client.send(replace(request(), public=True))
    assert "authorization" not in server.seen[0].headers
    assert refreshed == []
    client.send(request())
    assert server.seen[1].headers["authorization"] == "Bearer new"


def test_a_command_states_how_long_all_its_clients_wait():
    with call_limits(Timeout(read=5), 7):
        within, explicit = Transport(BASE), Transport(BASE, timeout=3, retry=Retry(attempts=2, budget=900))
        clone = explicit.with_options(timeout=None, retry=Retry(attempts=3))
    after = Transport(BASE)
    assert (within._timeout, within._manners.retry) == (Timeout(read=5), Retry(budget=7))
    assert (explicit._timeout, explicit._manners.retry) == (Timeout.of(3), Retry(attempts=2, budget=7))
    assert (clone._timeout, clone._manners.retry) == (Timeout(read=5), Retry(attempts=3, budget=7))
    assert (after._timeout, after._manners.retry) == (Timeout(), Retry())


# -- the rate of requests, and stops


def test_tries_and_redirects_are_paced_as_requests_and_those_to_others_are_not(both):
    paced: list[str] = []

    def pace(origin, clock):
        assert clock is client.clock
        paced.append(origin)
        return 7.0

    server = Server(
        response(503),
        response(301, {"location": f"{BASE}/things", "retry-after": "2"}),
        response(302, {"location": "https://s3.example.org/k"}),
        response(200, body=b"done"),
    )
    client = both(server, pace=pace)
    assert client.send(request()).content == b"done"
    assert paced == [f"{HERE}:443"] * 3
    assert client.clock.slept == [7.0, 1.0, 7.0, 2.0, 7.0]


def test_waiting_for_the_turn_does_not_use_up_the_time_for_tries(both):
    client = both(Server(response(503), response(200)), pace=lambda *_: 1000.0, retry=Retry(budget=5.0))
    assert client.send(request()).status_code == 200


class Stopping(ManualClock):
    """A clock at one of whose moments a stop is requested."""

    def __init__(self, at):
        super().__init__()
        self.at = self.monotonic() + at

    def stopped(self):
        return self.monotonic() >= self.at


@pytest.mark.parametrize(
    ("script", "pace"),
    [
        ((response(429, {"retry-after": "30"}),), None),
        ((response(301, {"location": f"{BASE}/things", "retry-after": "30"}),), None),
        ((response(503),), None),
        ((response(200),), lambda *_: 300.0),
    ],
    ids=["refused", "not yet", "failing", "paced"],
)
def test_a_stop_ends_every_wait_within_a_second(script, pace):
    clock = Stopping(0.5)
    server = Server(*script)
    options = {"pace": pace, "fraction": lambda: 1.0, "retry": Retry(base=30)}
    stopping = StoppableClock(clock, clock.stopped)
    transport = Transport(BASE, transport=httpx.MockTransport(server), clock=stopping, **options)
    with pytest.raises(errors.Interrupted):
        transport.send(request())
    assert clock.monotonic() < clock.at + 1
    assert len(server.seen) == (0 if pace else 1)


def test_a_request_that_needs_no_wait_is_sent_after_a_stop():
    server = Server(response(200))
    stopped = StoppableClock(SYSTEM_CLOCK, lambda: True)
    transport = Transport(BASE, transport=httpx.MockTransport(server)).with_clock(stopped)
    assert transport.send(request()).status_code == 200
