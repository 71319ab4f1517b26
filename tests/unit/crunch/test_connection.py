"""`Connection`: what it sends, what it raises, and what it sends again."""

import pickle
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import httpx
import pytest
import requests
from crunch_site import PAGE, TOKEN, Site
from omicsdk.compat.crunch.client.connections import Connection, CrunchAPIException
from omicsdk.core import Retry, errors


def created(**fields: object) -> httpx.Response:
    return httpx.Response(201, json=fields)


# -- settings


def test_what_is_missing_is_named_by_its_variable():
    for environ, name in (({}, "CRUNCH_URL"), ({"CRUNCH_URL": "https://crunch.example.org"}, "CRUNCH_TOKEN")):
        with pytest.raises(CrunchAPIException, match=name) as raised:
            Connection(environ=environ)
        assert isinstance(raised.value, errors.ConfigError)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CRUNCH_URL", " https://crunch.example.org/ ")
    monkeypatch.setenv("CRUNCH_TOKEN", TOKEN)
    with Connection() as connection:
        assert connection.base_url == "https://crunch.example.org/"
        assert connection.absolute_url("api/") == "https://crunch.example.org/api/"
        assert connection.get_headers() == {"Authorization": f"Token {TOKEN}"}
        assert connection.token == TOKEN
        with pytest.raises(AttributeError):
            connection.token = "another"
        assert repr(connection) == "<Connection https://crunch.example.org>"
    with Connection("https://other.example.org", "else") as connection:
        assert connection.absolute_url("/api/projects/") == "https://other.example.org/api/projects/"
        assert connection.get_headers() == {"Authorization": "Token else"}


@pytest.mark.parametrize(
    ("url", "token", "words"),
    [
        ("crunch.example.org", TOKEN, "https://"),
        ("https://crunch.example.org", "two words", "CRUNCH_TOKEN"),
        ("https://crunch.example.org", "tök", "CRUNCH_TOKEN"),
        ("https://me:secret@crunch.example.org", TOKEN, "password"),
        ("https://crunch.example.org/?x=1", TOKEN, "query"),
    ],
)
def test_settings_that_cannot_be(url: str, token: str, words: str):
    with pytest.raises(CrunchAPIException, match=words) as raised:
        Connection(url, token)
    assert isinstance(raised.value, errors.ConfigError)
    assert "secret" not in str(raised.value)


def test_a_token_does_not_go_over_plain_http_to_another_machine():
    site = Site(created())
    connection = Connection("http://crunch.example.org", TOKEN, transport=httpx.MockTransport(site.handle))
    with pytest.raises(CrunchAPIException, match="is not encrypted") as raised:
        connection.get_request("api/next/")
    assert isinstance(raised.value, errors.AuthError)
    assert site.requests == []


# -- what is sent


ADDED: list[tuple[Callable[[Connection], object], str, Mapping[str, str]]] = [
    (
        lambda it: it.add_project("My Proj", "a project", "# Details"),
        "projects",
        {"name": "My Proj", "description": "a project", "details": "# Details"},
    ),
    (
        lambda it: it.add_project("P", workflow="#!/bin/sh\necho hi"),
        "projects",
        {"name": "P", "description": "", "details": "", "workflow": "#!/bin/sh\necho hi"},
    ),
    (
        lambda it: it.add_dataset("my-proj", "Data Set 1", "d"),
        "datasets",
        {"parent": "my-proj", "name": "Data Set 1", "description": "d", "details": ""},
    ),
    (
        lambda it: it.add_dataset("my-proj", "D", base_file_path="own/folder"),
        "datasets",
        {"parent": "my-proj", "name": "D", "description": "", "details": "", "base_file_path": "own/folder"},
    ),
    (
        lambda it: it.add_item("my-proj", "Item é 1"),
        "items",
        {"parent": "my-proj", "name": "Item é 1", "description": "", "details": ""},
    ),
    (lambda it: it.add_char_attribute("i", "k", "x y"), "attributes/char", {"item": "i", "key": "k", "value": "x y"}),
    (lambda it: it.add_float_attribute("i", "k", 1.5), "attributes/float", {"item": "i", "key": "k", "value": "1.5"}),
    (lambda it: it.add_integer_attribute("i", "k", 7), "attributes/int", {"item": "i", "key": "k", "value": "7"}),
    (
        lambda it: it.add_filesize_attribute("i", "k", 100),
        "attributes/filesize",
        {"item": "i", "key": "k", "value": "100"},
    ),
    (
        lambda it: it.add_boolean_attribute("i", "k", True),
        "attributes/bool",
        {"item": "i", "key": "k", "value": "true"},
    ),
    (
        lambda it: it.add_url_attribute("i", "k", "https://example.org"),
        "attributes/url",
        {"item": "i", "key": "k", "value": "https://example.org"},
    ),
    (
        lambda it: it.add_datetime_attribute("i", "k", "2020-01-02 03:04"),
        "attributes/datetime",
        {"item": "i", "key": "k", "value": "2020-01-02 03:04:00"},
    ),
    (
        lambda it: it.add_datetime_attribute("i", "k", datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)),
        "attributes/datetime",
        {"item": "i", "key": "k", "value": "2020-01-02 03:04:05+00:00"},
    ),
    (
        lambda it: it.add_date_attribute("i", "k", "31/12/2020", "%d/%m/%Y"),
        "attributes/date",
        {"item": "i", "key": "k", "value": "2020-12-31"},
    ),
    (
        lambda it: it.add_date_attribute("i", "k", datetime(2020, 1, 2, 3, 4)),
        "attributes/date",
        {"item": "i", "key": "k", "value": "2020-01-02"},
    ),
    (
        lambda it: it.add_lat_long_attribute("i", "k", "1.25", Decimal("-2.5")),
        "attributes/lat-long",
        {"item": "i", "key": "k", "latitude": "1.25", "longitude": "-2.5"},
    ),
    (
        lambda it: it.add_key_value_attribute("/api/attributes/char", "i", "k", None),
        "attributes/char",
        {"item": "i", "key": "k"},
    ),
]


@pytest.mark.parametrize(("add", "place", "form"), ADDED)
def test_forms_are_sent_as_the_published_client_sends_them(
    add: Callable[[Connection], object], place: str, form: Mapping[str, str]
):
    site = Site(created(slug="made"))
    response: Any = add(site.connection())
    (request,) = site.requests
    assert (request.method, str(request.url)) == ("POST", f"https://crunch.example.org/api/{place}/")
    assert request.headers["authorization"] == f"Token {TOKEN}"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert site.form == form
    assert (response.status_code, response.ok, response.reason) == (201, True, "Created")
    assert response.json() == {"slug": "made"}
    response.raise_for_status()


def test_the_slash_at_the_end_is_never_forgotten():
    site = Site(httpx.Response(200, json={}))
    connection = site.connection()
    connection.post("api/projects", name="x")
    connection.post("/api/projects/", name="x")
    connection.get_json_response("api/statuses?page=2")
    connection.get_request("/api/datasets/my-proj:data-set-1")
    assert [path for _, path in site.sent] == [
        "/api/projects/",
        "/api/projects/",
        "/api/statuses/?page=2",
        "/api/datasets/my-proj:data-set-1/",
    ]


def test_nothing_of_several_attributes_is_sent_when_one_cannot_be():
    site = Site(created())
    with pytest.raises(CrunchAPIException, match="Cannot infer type"):
        site.connection().add_attributes("i", good=1, bad=[1])
    assert site.requests == []


def test_several_attributes_go_to_the_place_of_their_kind():
    site = Site(created())
    site.connection().add_attributes(
        "i",
        text="plain",
        link="https://example.org/x",
        num=1.5,
        flag=True,
        n=3,
        moment=datetime(2020, 1, 2, 3, 4, 5),
        day=date(2020, 1, 2),
        **{"read length": 150},
    )
    kinds = [path.split("/")[3] for _, path in site.sent]
    assert kinds == ["char", "url", "float", "bool", "int", "datetime", "date", "int"]
    assert site.form == {"item": "i", "key": "read length", "value": "150"}


def test_it_prints_what_it_does_when_it_is_asked_to(capsys: pytest.CaptureFixture[str]):
    site = Site(created(), httpx.Response(400, json={"name": ["item with this name already exists."]}))
    connection = site.connection(verbose=True)
    connection.add_project("My Proj")
    with pytest.raises(CrunchAPIException):
        connection.add_project("My Proj")
    posted = [
        "Adding project 'My Proj' on the site https://crunch.example.org/",
        "Posting to https://crunch.example.org/api/projects/ : {'name': 'My Proj', 'description': '', 'details': ''}",
    ]
    assert capsys.readouterr().out.splitlines() == [
        *posted,
        "Response 201: Created",
        *posted,
        "Response 400: Bad Request",
    ]
    site.connection().get_headers()
    assert capsys.readouterr().out == ""


# -- what is raised


def test_a_refusal_states_each_field_and_keeps_the_response():
    payload = {"name": ["item with this name already exists."], "parent": ["Object with slug=nope does not exist."]}
    site = Site(httpx.Response(400, json=payload))
    with pytest.raises(CrunchAPIException, match="name: item with this name already exists") as raised:
        site.connection().add_project("My Proj")
    error = raised.value
    assert isinstance(error, errors.BadRequest)
    assert "already exists; parent: Object with slug=nope does not exist (400 from POST" in str(error)
    assert error.fields == {name: tuple(texts) for name, texts in payload.items()}
    assert error.response is not None
    assert (error.response.status_code, error.response.ok, error.response.reason) == (400, False, "Bad Request")
    assert (error.response.json(), error.response.url) == (payload, "https://crunch.example.org/api/projects/")
    with pytest.raises(errors.BadRequest, match="already exists"):
        error.response.raise_for_status()
    restored = pickle.loads(pickle.dumps(error))
    assert (str(restored), restored.fields, restored.response.text) == (
        str(error),
        error.fields,
        error.response.text,
    )
    assert len(site.requests) == 1


@pytest.mark.parametrize(
    ("status", "detail", "kind", "words"),
    [
        (401, "Invalid token.", errors.Unauthorized, "CRUNCH_TOKEN"),
        (403, "You do not have permission to perform this action.", errors.Forbidden, "administrator"),
        (404, "Not found.", errors.NotFound, "slug"),
    ],
)
def test_a_refusal_is_of_the_class_of_its_status(status: int, detail: str, kind: type[errors.APIError], words: str):
    site = Site(httpx.Response(status, json={"detail": detail}))
    for call in (lambda it: it.get_json_response("api/projects/nope/"), lambda it: it.add_item("a", "b")):
        with pytest.raises(kind, match=words) as raised:
            call(site.connection())
        assert isinstance(raised.value, CrunchAPIException)
        assert detail.rstrip(".") in str(raised.value)
        assert raised.value.fields == {}
        assert TOKEN not in str(raised.value) + repr(raised.value)


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (PAGE, "text/html", "Internal Server Error"),
        (
            "IntegrityError at /api/attributes/float/\nCHECK constraint failed\n\nRequest Method: POST\nSECRET_KEY = 'x'",
            "text/plain",
            "The site failed: IntegrityError at /api/attributes/float/: CHECK constraint failed",
        ),
    ],
)
def test_a_site_that_fails_is_reported_without_its_page(body: str, kind: str, words: str):
    site = Site(httpx.Response(500, text=body, headers={"content-type": kind}))
    with pytest.raises(errors.ServerError, match=words) as raised:
        site.connection().add_char_attribute("i", "k", "v")
    assert isinstance(raised.value, CrunchAPIException)
    assert "SECRET" not in str(raised.value) + repr(raised.value)
    assert "<" not in str(raised.value)
    assert len(site.requests) == 1, "what adds something is sent once"


def test_invalid_json_is_an_error():
    for response in (httpx.Response(200, text="<html>"), httpx.Response(200, json=[1])):
        with pytest.raises(CrunchAPIException, match="JSON object") as raised:
            Site(response).connection().get_json_response("api/next/")
        assert isinstance(raised.value, errors.DecodeError)


def test_a_redirect_does_not_turn_adding_into_reading():
    site = Site(httpx.Response(301, headers={"location": "https://new.example.org/api/projects/"}))
    with pytest.raises(CrunchAPIException, match=r"moved to https://new\.example\.org/api/projects/"):
        site.connection().add_project("x")
    assert site.sent == [("POST", "/api/projects/")]


def test_a_site_that_cannot_be_reached():
    site = Site(httpx.ConnectError("refused"))
    with pytest.raises(CrunchAPIException) as raised:
        site.connection(retry=Retry(attempts=2)).add_project("x")
    assert isinstance(raised.value, errors.TransportError)
    assert isinstance(raised.value, requests.ConnectionError)  # as published
    assert "may have been added" not in str(raised.value)
    assert len(site.requests) == 2, "nothing had arrived"


@pytest.mark.parametrize("failure", [httpx.ReadTimeout("slow"), httpx.ReadError("cut"), httpx.Response(502)])
def test_what_may_have_been_added_is_not_sent_twice_and_it_reports_it(failure: httpx.Response | Exception):
    site = Site(failure)
    with pytest.raises(CrunchAPIException, match="may have been added anyway"):
        site.connection().add_item("parent", "item")
    assert len(site.requests) == 1


def test_reading_is_tried_again():
    site = Site(httpx.Response(502), httpx.ReadTimeout("slow"), httpx.Response(200, json={"project": ""}))
    assert site.connection().get_json_response("api/next/") == {"project": ""}
    assert len(site.clock.slept) == 2


def test_half_a_character_is_not_sent():
    site = Site(created())
    with pytest.raises(CrunchAPIException, match=r"description cannot be sent: .* is not UTF-8") as raised:
        site.connection().add_project("name", "from a broken file name: \udcff")
    assert isinstance(raised.value, errors.UsageError)
    assert site.requests == []


def test_fields_and_keys_may_have_any_name():
    site = Site(created())
    site.connection().post("api/items/", self="me", url="x")
    assert site.form == {"self": "me", "url": "x"}
    site.connection().add_attributes("item", self="me")
    assert site.form == {"item": "item", "key": "self", "value": "me"}


def test_what_adds_something_uses_the_post_of_a_subclass():
    """Programs replace it, to record what is added or to answer in the place of a site."""
    posted: list[tuple[str, dict[str, Any]]] = []

    class Recording(Connection):
        def post(self, /, relative_url: str, **kwargs: Any) -> Any:
            posted.append((relative_url, kwargs))

    connection = Recording("https://crunch.example.org", TOKEN)
    connection.add_project("p")
    connection.add_item("p", "i")
    connection.add_attributes("i", n=1)
    connection.add_lat_long_attribute("i", "place", 1, 2)
    assert [url for url, _ in posted] == [
        "api/projects/",
        "api/items/",
        "api/attributes/int/",
        "api/attributes/lat-long/",
    ]
    assert posted[2][1] == {"item": "i", "key": "n", "value": 1}


def test_a_patched_function_of_requests_responds_in_the_place_of_the_site():
    class Answered:
        status_code = 201

        def json(self) -> Any:
            return {"slug": "p"}

    with patch("requests.post", return_value=Answered()) as post:
        assert Connection("https://crunch.example.org", TOKEN).add_project("p", "words").json() == {"slug": "p"}
    assert post.call_args.args == ("https://crunch.example.org/api/projects/",)
    assert dict(post.call_args.kwargs["data"]) == {"name": "p", "description": "words", "details": ""}
