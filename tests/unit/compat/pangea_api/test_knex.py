"""Knex: who is asked and by whom, what goes out and what comes of the responses."""

import io
import json
import logging
import pickle
from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
import pytest
from omicsdk.compat.pangea_api import (
    Knex,
    PangeaForbiddenError,
    PangeaGeneralError,
    PangeaInternalError,
    PangeaNotFoundError,
    PangeaOtherError,
)
from omicsdk.core import NO_RETRY, Retry
from omicsdk.core import errors as core

SERVER = "https://pangea.example.org"
TOKEN = "0123456789abcdef0123456789abcdef01234567"
Response = Callable[[httpx.Request], httpx.Response]


class Noting:
    """Responses by a function, and notes what it was asked."""

    def __init__(self, response: Response | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self.response: Response = response or (lambda request: httpx.Response(200, json={}))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.response(request)

    def knex(self, endpoint: str = SERVER, token: str | None = TOKEN, **options: Any) -> Knex:
        knex = Knex(endpoint, transport=httpx.MockTransport(self), **{"retry": NO_RETRY, **options})
        if token:
            knex.add_auth_token(token)
        return knex

    @property
    def last(self) -> httpx.Request:
        return self.requests[-1]


def answering(status: int, body: Any = None, **headers: str) -> Response:
    if isinstance(body, str):
        return lambda request: httpx.Response(status, text=body, headers=headers)
    return lambda request: httpx.Response(status, json=body, headers=headers)


# -- which server


@pytest.mark.parametrize(("options", "seconds"), [({}, (900, 60)), ({"timeout": 7}, (7, 7))])
def test_a_manifest_has_more_time_than_other_requests(options: dict[str, Any], seconds: tuple[float, float]):
    server = Noting()
    knex = server.knex(**options)
    for url in ("sample_groups/u/manifest", "sample_groups/u"):
        knex.get(url)
    assert tuple(request.extensions["timeout"]["read"] for request in server.requests) == seconds


def test_the_server_is_pangeabio_unless_something_else_is_stated(monkeypatch: pytest.MonkeyPatch):
    assert Knex().endpoint_url == "https://pangeabio.io/api"
    monkeypatch.setenv("PANGEA_ENDPOINT", "https://mine.example.org/")
    assert Knex().endpoint_url == "https://mine.example.org/api"
    assert Knex("https://other.example.org").endpoint_url == "https://other.example.org/api"
    assert Knex(endpoint_url="https://other.example.org/api").endpoint_url == "https://other.example.org/api"


@pytest.mark.parametrize(
    ("endpoint", "fault"),
    [
        ("pangeabio.io", "does not begin with"),
        ("ftp://pangeabio.io", "does not begin with"),
        ("  x", "does not begin with"),
        ("https://", "has no host"),
        ("https://pangeabio.io:99999", "has a port"),
    ],
)
def test_an_invalid_address_is_refused(endpoint: str, fault: str, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(core.ConfigError, match=f"^The address of the Pangea server is .*, which {fault}") as caught:
        Knex(endpoint)
    assert isinstance(caught.value, PangeaGeneralError)
    assert repr(endpoint) in str(caught.value)
    monkeypatch.setenv("PANGEA_ENDPOINT", endpoint)
    with pytest.raises(core.ConfigError, match=f"^PANGEA_ENDPOINT is .*, which {fault}"):
        Knex()


def test_an_address_with_a_password_in_it_is_refused_when_it_is_used():
    with pytest.raises(core.ConfigError, match="contains a password") as caught:
        Knex("https://me:secret@pangea.example.org").get("samples")
    assert "secret" not in str(caught.value)
    assert "secret" not in repr(Knex("https://me:secret@pangea.example.org"))


# -- what goes out


def test_what_goes_out():
    noting = Noting()
    knex = noting.knex()
    knex.get("samples", url_options={"name": "é x"})
    assert (noting.last.method, str(noting.last.url)) == ("GET", f"{SERVER}/api/samples?name=%C3%A9%20x")
    assert noting.last.headers["authorization"] == f"Token {TOKEN}"
    assert noting.last.headers["accept"] == "application/json"
    assert noting.last.headers["user-agent"].startswith("omicsdk/")
    knex.post("samples", json={"name": "s"})
    assert (noting.last.method, json.loads(noting.last.content)) == ("POST", {"name": "s"})
    assert noting.last.headers["content-type"] == "application/json"
    knex.put("samples/1", json={"name": "s"}, url_options={"work_order_uuid": "w"})
    assert (noting.last.method, noting.last.url.query) == ("PUT", b"work_order_uuid=w")
    knex.patch("samples/1", {"name": "s"})
    assert noting.last.method == "PATCH"
    knex.post("x")
    assert noting.last.content == b"{}"
    knex.delete("samples/1")
    assert (noting.last.method, noting.last.content) == ("DELETE", b"")
    knex.delete("sample_groups/1/samples", json={"sample_uuids": ["2"]})
    assert json.loads(noting.last.content) == {"sample_uuids": ["2"]}


def test_headers_of_ones_own_go_along():
    noting = Noting()
    knex = noting.knex()
    knex.headers["X-Trace"] = "1"
    knex.get("samples")
    assert noting.last.headers["x-trace"] == "1"


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        (f"{SERVER}/api/samples?page=2", True),
        ("http://pangea.example.org/api/samples?page=2", False),
        ("https://pangea.example.org.evil.example/api/samples", False),
        ("https://evil.example/api/samples", False),
    ],
)
def test_the_token_goes_to_its_own_server_only(url: str, sent: bool):
    noting = Noting()
    noting.knex().get(url)
    assert ("authorization" in noting.last.headers) is sent


def test_the_token_is_not_carried_over_a_redirect_to_elsewhere():
    def response(request: httpx.Request) -> httpx.Response:
        if request.url.host == "pangea.example.org":
            return httpx.Response(302, headers={"location": "https://evil.example/"})
        return httpx.Response(200, json={})

    noting = Noting(response)
    noting.knex().get("samples")
    assert [("authorization" in request.headers) for request in noting.requests] == [True, False]


def test_the_token_is_not_sent_unencrypted():
    noting = Noting()
    with pytest.raises(core.AuthError, match="is not encrypted"):
        noting.knex("http://pangea.example.org").get("samples")
    assert noting.requests == []
    noting.knex("http://127.0.0.1:8000").get("samples")
    assert noting.last.headers["authorization"] == f"Token {TOKEN}"


def test_no_text_contains_the_token():
    knex = Noting().knex()
    assert TOKEN not in repr(knex) + repr(knex.auth) + repr(vars(knex))
    with pytest.raises(core.ConfigError) as caught:
        knex.add_auth_token("a token")
    assert "a token" not in str(caught.value)


def test_nothing_is_logged_of_it():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    log = logging.getLogger("omicsdk")
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        noting = Noting(answering(200, {"auth_token": TOKEN}))
        noting.knex(token=None).login("me@example.org", "Secret-99").get("samples")
    finally:
        log.removeHandler(handler)
        log.setLevel(logging.NOTSET)
    assert "samples" in stream.getvalue()
    assert TOKEN not in stream.getvalue()
    assert "Secret-99" not in stream.getvalue()


# -- what comes back


def test_a_value_or_a_response():
    knex = Noting(answering(200, {"a": 1}, **{"x-more": "2"})).knex()
    assert knex.get("samples") == {"a": 1}
    response = knex.get("samples", json_response=False)
    assert (response.status_code, response.ok, response.reason) == (200, True, "OK")
    assert response.json() == {"a": 1}
    assert response.headers["X-More"] == "2"
    assert response.text.replace(" ", "") == '{"a":1}'
    assert response.url == f"{SERVER}/api/samples"
    assert response.request.method == "GET"
    response.raise_for_status()


def test_a_response_without_a_body_is_none():
    assert Noting(lambda request: httpx.Response(204)).knex().delete("samples/1") is None


def test_a_page_in_the_place_of_json():
    with pytest.raises(core.DecodeError, match="JSON") as caught:
        Noting(answering(200, "<!doctype html><p>Log in to the wireless network</p>")).knex().get("samples")
    assert isinstance(caught.value, PangeaGeneralError)


@pytest.mark.parametrize(
    ("status", "kind", "also"),
    [
        (400, PangeaOtherError, core.BadRequest),
        (401, PangeaOtherError, core.Unauthorized),
        (403, PangeaForbiddenError, core.Forbidden),
        (404, PangeaNotFoundError, core.NotFound),
        (405, PangeaOtherError, core.APIError),
        (409, PangeaOtherError, core.Conflict),
        (429, PangeaOtherError, core.RateLimited),
        (500, PangeaInternalError, core.ServerError),
        (502, PangeaOtherError, core.ServerError),
        (503, PangeaOtherError, core.ServiceUnavailable),
    ],
)
def test_each_refusal_is_of_the_documented_class_and_of_that_of_core(
    status: int, kind: type[Exception], also: type[Exception]
):
    with pytest.raises(kind) as caught:
        Noting(answering(status, {"detail": "Says why."})).knex().get("samples")
    error = caught.value
    assert isinstance(error, also)
    assert isinstance(error, PangeaGeneralError)
    assert isinstance(error, core.APIError)
    assert error.status == status
    assert "Says why" in str(error)
    assert error.response is not None
    assert (error.response.status_code, error.response.ok) == (status, False)
    assert error.response.json() == {"detail": "Says why."}
    with pytest.raises(kind):
        error.response.raise_for_status()
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.status, again.response.status_code) == (type(error), status, status)


def test_what_was_wrong_with_fields_is_reported():
    response = answering(400, {"name": ["sample group with this name already exists."]})
    with pytest.raises(PangeaOtherError, match="name: sample group with this name already exists"):
        Noting(response).knex().post("sample_groups", json={})


@pytest.mark.parametrize("detail", ["Authentication credentials were not provided.", "Invalid token."])
def test_who_is_not_logged_in_is_reported(detail: str):
    with pytest.raises(PangeaForbiddenError, match=r"User\(knex, email, password\)\.login\(\)"):
        Noting(answering(403, {"detail": detail})).knex().post("samples")


def test_who_may_not_is_reported():
    with pytest.raises(PangeaForbiddenError) as caught:
        Noting(answering(403, {"detail": "You do not have permission to perform this action."})).knex().get("x")
    assert "login" not in str(caught.value)


def test_a_debug_page_is_not_the_message():
    page = (
        "<!doctype html><html><head><title>DoesNotExist</title></head><body><table>" + "x" * 100_000 + "</table></body>"
    )
    with pytest.raises(PangeaInternalError) as caught:
        Noting(answering(500, page)).knex().get("samples")
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (httpx.ConnectError("refused"), core.ConnectFailed),
        (httpx.ReadTimeout("slow"), core.TimedOut),
        (httpx.ReadError("cut"), core.ConnectionLost),
    ],
)
def test_a_server_that_does_not_response(raised: Exception, kind: type[Exception]):
    def response(request: httpx.Request) -> httpx.Response:
        raise raised

    with pytest.raises(kind) as caught:
        Noting(response).knex().get("samples")
    assert isinstance(caught.value, PangeaGeneralError)
    assert caught.value.response is None


# -- trying again


def test_what_may_pass_is_tried_again_and_what_does_not_is_not():
    fast = Retry(attempts=3, base=0, statuses=frozenset({502, 503, 504}))
    for status, method, times in [
        (503, "get", 3),
        (503, "delete", 3),
        (503, "post", 1),
        (500, "get", 1),
        (400, "get", 1),
    ]:
        noting = Noting(answering(status, {}))
        with pytest.raises(PangeaGeneralError):
            getattr(noting.knex(retry=fast), method)("samples")
        assert len(noting.requests) == times, (status, method)


def test_by_default_a_500_is_not_tried_again():
    noting = Noting(answering(500, {}))
    knex = Knex(SERVER, transport=httpx.MockTransport(noting))
    with pytest.raises(PangeaInternalError):
        knex.get("samples")
    assert len(noting.requests) == 1


# -- logging in


def test_logging_in_does_not_repeat_the_password_where_the_server_redirects():
    noting = Noting(answering(307, location="https://elsewhere.example.org/"))
    with pytest.raises(core.DecodeError):
        noting.knex(token=None).login("me@example.org", "Secret-99")
    assert len(noting.requests) == 1


def test_logging_in_asks_the_server_each_time_and_sends_no_token_along():
    noting = Noting(answering(200, {"auth_token": TOKEN}))
    knex = noting.knex(token="an-older-one")
    assert knex.login("me@example.org", "Secret-99") is knex
    assert json.loads(noting.last.content) == {"email": "me@example.org", "password": "Secret-99"}
    assert "authorization" not in noting.last.headers
    knex.login("me@example.org", "Secret-99")
    assert len(noting.requests) == 2
    knex.get("samples")
    assert noting.last.headers["authorization"] == f"Token {TOKEN}"


@pytest.mark.parametrize("payload", [{}, [], {"auth_token": None}, "<p>Welcome</p>"])
def test_a_login_without_a_token_is_none(payload: Any):
    knex = Noting(answering(200, payload)).knex(token=None)
    with pytest.raises(core.DecodeError) as caught:
        knex.login("me@example.org", "Secret-99")
    assert isinstance(caught.value, PangeaGeneralError)
    assert knex.auth is None


def test_a_password_is_not_sent_unencrypted():
    noting = Noting()
    with pytest.raises(core.AuthError, match="is not encrypted") as caught:
        noting.knex("http://pangea.example.org", token=None).login("me@example.org", "Secret-99")
    assert isinstance(caught.value, PangeaGeneralError)
    assert noting.requests == []


def test_connections_end_with_the_block():
    with Knex(SERVER) as knex:
        assert repr(knex) == f"<Knex {SERVER}/api>"
    knex.close()


# -- values


class Number:
    """A number as numpy has them."""

    ndim = 0

    def item(self) -> int:
        return 7


def test_numbers_of_numpy_are_numbers():
    noting = Noting()
    noting.knex().post("samples", json={"metadata": {"n": Number(), "pair": (1, 2)}})
    assert json.loads(noting.last.content) == {"metadata": {"n": 7, "pair": [1, 2]}}


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"a": [1, {"b": float("nan")}]}, r"metadata\.a\[1\]\.b is nan"),
        ({"when": date(2024, 5, 6)}, r"metadata\.when is datetime\.date"),
        ({"set": {1}}, r"metadata\.set is \{1\}"),
        ({"half": "\ud800"}, r"metadata\.half is"),
        ({"\ud800": 1}, r"a name in metadata is"),
        ({(1, 2): 1}, r"a name in metadata is \(1, 2\)"),
    ],
)
def test_what_json_cannot_say_is_not_sent(metadata: dict[Any, Any], message: str):
    noting = Noting()
    with pytest.raises(core.UsageError, match=message) as caught:
        noting.knex().post("samples", json={"metadata": metadata})
    assert isinstance(caught.value, PangeaGeneralError)
    assert noting.requests == []
