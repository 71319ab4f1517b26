"""`Connection`: what it sends, what it raises, and what it sends again."""

import pickle
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
import requests
from omicsdk.compat.crunch.client.connections import Connection, CrunchAPIException
from omicsdk.core import errors
from omicsdk.core.clock import ManualClock
from omicsdk.core.retry import Retry
from omicsdk.crunch import Stage, State

TOKEN = "0123456789abcdef0123456789abcdef01234567"
PAGE = (
    "<!doctype html><html><head><title>Server Error (500)</title></head><body><h1>Server Error (500)</h1></body></html>"
)

Answer = Callable[[httpx.Request], httpx.Response]


class Site:
    """A site without a network: answers in turn, the last one for ever."""

    def __init__(self, *answers: httpx.Response | Exception | Answer) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.clock = ManualClock()

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else answer(request)

    @property
    def sent(self) -> list[tuple[str, str]]:
        return [(request.method, request.url.raw_path.decode()) for request in self.requests]

    @property
    def form(self) -> dict[str, str]:
        """The last body."""
        return dict(parse_qsl(self.requests[-1].content.decode(), keep_blank_values=True))

    def connection(self, **given: Any) -> Connection:
        transport = httpx.MockTransport(self.handle)
        return Connection("https://crunch.example.org/", TOKEN, transport=transport, clock=self.clock, **given)


def created(**fields: object) -> httpx.Response:
    return httpx.Response(201, json=fields)


# -- settings


def test_what_is_missing_is_named_by_its_variable():
    for given, name in (({}, "CRUNCH_URL"), ({"CRUNCH_URL": "https://crunch.example.org"}, "CRUNCH_TOKEN")):
        with pytest.raises(CrunchAPIException, match=name) as raised:
            Connection(environ=given)
        assert isinstance(raised.value, errors.ConfigError)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CRUNCH_URL", " https://crunch.example.org/ ")
    monkeypatch.setenv("CRUNCH_TOKEN", TOKEN)
    with Connection() as connection:
        assert connection.base_url == "https://crunch.example.org"
        assert connection.get_headers() == {"Authorization": f"Token {TOKEN}"}
        assert connection.token == TOKEN
        with pytest.raises(AttributeError):
            connection.token = "another"  # type: ignore[misc] - it would count for nothing
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
        "Adding project 'My Proj' on the site https://crunch.example.org",
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


def test_a_refusal_tells_each_field_and_keeps_the_answer():
    told = {"name": ["item with this name already exists."], "parent": ["Object with slug=nope does not exist."]}
    site = Site(httpx.Response(400, json=told))
    with pytest.raises(CrunchAPIException, match="name: item with this name already exists") as raised:
        site.connection().add_project("My Proj")
    error = raised.value
    assert isinstance(error, errors.BadRequest)
    assert "already exists; parent: Object with slug=nope does not exist (400 from POST" in str(error)
    assert error.fields == {name: tuple(texts) for name, texts in told.items()}
    assert error.response is not None
    assert (error.response.status_code, error.response.ok, error.response.reason) == (400, False, "Bad Request")
    assert (error.response.json(), error.response.url) == (told, "https://crunch.example.org/api/projects/")
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
def test_a_site_that_fails_is_told_without_its_page(body: str, kind: str, words: str):
    site = Site(httpx.Response(500, text=body, headers={"content-type": kind}))
    with pytest.raises(errors.ServerError, match=words) as raised:
        site.connection().add_char_attribute("i", "k", "v")
    assert isinstance(raised.value, CrunchAPIException)
    assert "SECRET" not in str(raised.value) + repr(raised.value)
    assert "<" not in str(raised.value)
    assert len(site.requests) == 1, "what adds something is sent once"


def test_what_is_no_json_is_an_error():
    for answer in (httpx.Response(200, text="<html>"), httpx.Response(200, json=[1])):
        with pytest.raises(CrunchAPIException, match="JSON object") as raised:
            Site(answer).connection().get_json_response("api/next/")
        assert isinstance(raised.value, errors.DecodeError)


@pytest.mark.usefixtures("functional")
def test_a_page_in_place_of_what_was_added_is_an_error_not_a_success():
    def calls() -> list[Callable[[Connection], object]]:
        return [
            lambda it: it.add_item("a", "b"),
            lambda it: it.post("api/items/", name="b"),
            lambda it: it.send_status(1, Stage.SETUP, State.START),
            lambda it: it.get_json_response("api/next/"),
        ]

    for call in calls():
        site = Site(httpx.Response(200, text="<html>Log in</html>", headers={"content-type": "text/html"}))
        with pytest.raises(CrunchAPIException, match="not a JSON object") as raised:
            call(site.connection())
        assert "CRUNCH_URL" in str(raised.value)
        assert ".raw()" not in str(raised.value)
        assert len(site.requests) == 1


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
def test_what_may_have_been_added_is_not_sent_twice_and_it_says_so(failure: httpx.Response | Exception):
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
    with pytest.raises(CrunchAPIException, match="A lone surrogate") as raised:
        site.connection().add_project("name", "from a broken file name: \udcff")
    assert isinstance(raised.value, errors.UsageError)
    assert site.requests == []


def test_fields_and_keys_may_have_any_name():
    site = Site(created())
    site.connection().post("api/items/", self="me", url="x")
    assert site.form == {"self": "me", "url": "x"}
    site.connection().add_attributes("item", self="me")
    assert site.form == {"item": "item", "key": "self", "value": "me"}


# -- statuses


class Statuses:
    """The statuses of a site, in pages of two; postings may fail although they are stored."""

    def __init__(self, *failures: httpx.Response | Exception, storing: bool = True) -> None:
        self.failures = list(failures)
        self.storing = storing
        self.kept: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            page = int(request.url.params.get("page", 1))
            results = self.kept[2 * page - 2 : 2 * page]
            more = "more" if 2 * page < len(self.kept) else None
            return httpx.Response(200, json={"count": len(self.kept), "next": more, "results": results})
        failure = self.failures.pop(0) if self.failures else None
        if failure is None or self.storing:
            self.add(dict(parse_qsl(request.content.decode(), keep_blank_values=True)))
        if isinstance(failure, Exception):
            raise failure
        return failure or httpx.Response(201, json=self.kept[-1])

    def add(self, form: Mapping[str, Any]) -> None:
        texts = {name: value.strip() if isinstance(value, str) else value for name, value in form.items()}
        self.kept.append({**texts, "id": len(self.kept) + 1})


def send(site: Site, note: str = "", **given: Any) -> Any:
    return site.connection(**given).send_status(7, Stage.WORKFLOW, State.FAIL, note)


@pytest.mark.usefixtures("functional")
def test_a_status_says_where_it_runs():
    statuses = Statuses()
    response = send(Site(statuses), "boom")
    (kept,) = statuses.kept
    assert (kept["dataset"], kept["stage"], kept["state"], kept["note"]) == ("7", "2", "3", "boom")
    assert kept["system"]
    assert int(kept["disk_total"]) > 0
    assert response.json()["id"] == 1


@pytest.mark.usefixtures("functional")
def test_a_note_is_made_fit_to_be_sent():
    statuses = Statuses()
    send(Site(statuses), "a\0b\ud800c é\nline 2")
    assert statuses.kept[0]["note"] == "a\ufffdb?c é\nline 2"


@pytest.mark.usefixtures("functional")
@pytest.mark.parametrize(
    "failure", [httpx.Response(500, text=PAGE), httpx.Response(503), httpx.ReadTimeout("slow"), httpx.ReadError("cut")]
)
def test_a_status_that_was_not_stored_is_sent_again(failure: httpx.Response | Exception):
    statuses = Statuses(failure, failure, storing=False)
    site = Site(statuses)
    for earlier in range(5):
        statuses.add({"dataset": 7, "stage": 2, "state": 3, "note": "", "disk_free": earlier})
    assert send(site).json()["id"] == 6
    assert [method for method, _ in site.sent].count("POST") == 3
    assert len(site.clock.slept) == 2


@pytest.mark.usefixtures("functional")
@pytest.mark.parametrize("failure", [httpx.Response(500, text=PAGE), httpx.ReadTimeout("slow")])
@pytest.mark.parametrize("earlier", [0, 1, 5])
def test_a_status_that_arrived_all_the_same_is_there_once(failure: httpx.Response | Exception, earlier: int):
    statuses = Statuses(failure)
    site = Site(statuses)
    for number in range(earlier):
        statuses.add({"dataset": 7, "stage": 2, "state": 3, "note": " boom\n", "disk_free": number})
    response = send(site, " boom\n")
    assert (response.status_code, response.json()["id"]) == (201, earlier + 1)
    assert len(statuses.kept) == earlier + 1


@pytest.mark.usefixtures("functional")
def test_another_workers_status_is_not_taken_for_ones_own():
    def another(request: httpx.Request) -> httpx.Response:
        form = dict(parse_qsl(request.content.decode(), keep_blank_values=True))
        statuses.add({**form, "hostname": "another"})
        return httpx.Response(503)

    statuses = Statuses()
    site = Site(another, statuses)
    send(site)
    assert [each["hostname"] == "another" for each in statuses.kept] == [True, False]


@pytest.mark.usefixtures("functional")
@pytest.mark.parametrize("failure", [httpx.Response(503), httpx.Response(500, text=PAGE), httpx.ReadError("cut")])
def test_a_site_that_is_away_for_a_while_gets_its_status_once(failure: httpx.Response | Exception):
    statuses = Statuses(failure)
    site = Site(statuses, *[failure] * 8, statuses)
    assert send(site, "boom").json()["id"] == 1
    assert len(statuses.kept) == 1
    assert [method for method, _ in site.sent] == ["POST", *["GET"] * 9]


@pytest.mark.usefixtures("functional")
def test_where_statuses_cannot_be_read_one_is_sent_again_all_the_same():
    def unreadable(request: httpx.Request) -> httpx.Response:
        return httpx.Response(403, json={"detail": "No."}) if request.method == "GET" else statuses(request)

    statuses = Statuses(httpx.Response(503), storing=False)
    assert send(Site(unreadable)).json()["id"] == 1


@pytest.mark.usefixtures("functional")
def test_a_status_that_is_refused_is_not_sent_again():
    site = Site(httpx.Response(400, json={"dataset": ['Invalid pk "7" - object does not exist.']}))
    with pytest.raises(CrunchAPIException, match="dataset: Invalid pk"):
        send(site)
    assert len(site.requests) == 1


@pytest.mark.usefixtures("functional")
def test_it_gives_up_in_the_end():
    statuses = Statuses(*[httpx.Response(503)] * 99, storing=False)
    site = Site(statuses)
    with pytest.raises(errors.ServiceUnavailable):
        send(site)
    assert [method for method, _ in site.sent].count("POST") == 10
    assert sum(site.clock.slept) <= 300
    with pytest.raises(errors.ServiceUnavailable):
        send(Site(Statuses(httpx.Response(503))), retry=Retry(attempts=1))


@pytest.mark.usefixtures("functional")
def test_what_is_read_between_two_sendings_takes_of_the_same_five_minutes():
    site = Site(httpx.Response(503), httpx.ConnectError("away"))
    with pytest.raises(errors.ConnectFailed):
        send(site, retry=Retry(attempts=1000, budget=300))
    assert sum(site.clock.slept) <= 300


# -- the sandbox's site


def test_everything_that_is_added_is_there(connection: Connection):
    project = connection.add_project("My Proj", workflow="#!/bin/sh\necho hi").json()["slug"]
    dataset = connection.add_dataset(project, "Data Set 1", base_file_path="own").json()["slug"]
    item = connection.add_item(dataset, "Item é 1", "described", "# Details").json()["slug"]
    assert (project, dataset) == ("my-proj", "my-proj:data-set-1")
    connection.add_attributes(
        item,
        text="plain 🧬",
        link="https://example.org/x",
        num=-1.5e-7,
        flag=False,
        n=-(2**63),
        moment=datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC),
        day=date(2020, 1, 2),
    )
    connection.add_filesize_attribute(item, "size", 2**63 - 1)
    connection.add_lat_long_attribute(item, "where", 0.1 + 0.2, 144.9631)
    found = connection.get_json_response(f"api/items/{item}")
    assert {each.pop("key"): each for each in found["attributes"]} == {
        "text": {"value": "plain 🧬"},
        "link": {"value": "https://example.org/x"},
        "num": {"value": -1.5e-7},
        "flag": {"value": False},
        "n": {"value": -(2**63)},
        "moment": {"value": "2020-01-02T03:04:05Z"},
        "day": {"value": "2020-01-02"},
        "size": {"value": 2**63 - 1},
        "where": {"latitude": 0.3, "longitude": 144.9631},
    }
    assert connection.get_json_response(f"api/projects/{project}/")["workflow"] == "#!/bin/sh\necho hi"
    assert connection.get_json_response(f"api/datasets/{dataset}/")["base_file_path"] == "own"
    assert [each.slug for each in connection.api.list_items.iterate()][-1] == item


def test_what_the_site_refuses(connection: Connection, sandbox: Any):
    for call, words in (
        (lambda it: it.add_project("Sandbox"), "name: item with this name already exists"),
        (lambda it: it.add_dataset("nope", "x"), "parent: Object with slug=nope does not exist"),
        (lambda it: it.add_char_attribute("sandbox", "k", ""), "value: This field may not be blank"),
        (lambda it: it.add_url_attribute("sandbox", "k", "nope"), "value: Enter a valid URL"),
        (lambda it: it.send_status(999, Stage.SETUP, State.START), "dataset: Invalid pk"),
        (lambda it: it.get_json_response("api/datasets/nope:nope/"), "Not found"),
    ):
        with pytest.raises(CrunchAPIException, match=words):
            call(connection)
    with Connection(sandbox.crunch_url, "0" * 40) as nobody, pytest.raises(errors.Unauthorized, match="Invalid token"):
        nobody.get_json_response("api/next/")


def test_statuses_of_a_dataset(connection: Connection):
    dataset = connection.get_json_response("api/datasets/sandbox:example-reads/")
    connection.send_status(dataset["id"], Stage.SETUP, State.START)
    connection.send_status(dataset["id"], Stage.SETUP, State.FAIL, "no such file")
    kept = connection.get_json_response("api/statuses/")["results"]
    assert [(each["stage"], each["state"], each["note"]) for each in kept] == [(1, 1, ""), (1, 3, "no such file")]
    assert connection.get_json_response("api/next/") == {"project": "", "dataset": ""}
