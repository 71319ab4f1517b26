"""`Connection`: what it sends, what it raises, and what it sends again."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from crunch_site import PAGE, Site
from omicsdk.compat.crunch.client.connections import Connection, CrunchAPIException
from omicsdk.core import Retry, errors
from omicsdk.crunch import Stage, State


@pytest.mark.parametrize(
    "call",
    [
        lambda it: it.add_item("a", "b"),
        lambda it: it.post("api/items/", name="b"),
        lambda it: it.send_status(1, Stage.SETUP, State.START),
        lambda it: it.get_json_response("api/next/"),
    ],
)
def test_a_page_in_place_of_what_was_added_is_an_error_not_a_success(call: Callable[[Connection], object]):
    site = Site(httpx.Response(200, text="<html>Log in</html>", headers={"content-type": "text/html"}))
    with pytest.raises(CrunchAPIException, match="not a JSON object") as raised:
        call(site.connection())
    assert "CRUNCH_URL" in str(raised.value)
    assert ".raw()" not in str(raised.value)
    assert len(site.requests) == 1


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


def send(site: Site, note: str = "", **options: Any) -> Any:
    return site.connection(**options).send_status(7, Stage.WORKFLOW, State.FAIL, note)


def test_a_status_states_where_it_runs():
    statuses = Statuses()
    response = send(Site(statuses), "boom")
    (kept,) = statuses.kept
    assert (kept["dataset"], kept["stage"], kept["state"], kept["note"]) == ("7", "2", "3", "boom")
    assert kept["system"]
    assert int(kept["disk_total"]) > 0
    assert response.json()["id"] == 1


def test_a_note_is_made_fit_to_be_sent():
    statuses = Statuses()
    send(Site(statuses), "a\0b\ud800c é\nline 2")
    assert statuses.kept[0]["note"] == "a\ufffdb?c é\nline 2"


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


@pytest.mark.parametrize("failure", [httpx.Response(500, text=PAGE), httpx.ReadTimeout("slow")])
@pytest.mark.parametrize("earlier", [0, 1, 5])
def test_a_status_that_arrived_anyway_is_there_once(failure: httpx.Response | Exception, earlier: int):
    statuses = Statuses(failure)
    site = Site(statuses)
    for number in range(earlier):
        statuses.add({"dataset": 7, "stage": 2, "state": 3, "note": " boom\n", "disk_free": number})
    response = send(site, " boom\n")
    assert (response.status_code, response.json()["id"]) == (201, earlier + 1)
    assert len(statuses.kept) == earlier + 1


def test_another_workers_status_is_not_treated_as_ones_own():
    def another(request: httpx.Request) -> httpx.Response:
        form = dict(parse_qsl(request.content.decode(), keep_blank_values=True))
        statuses.add({**form, "hostname": "another"})
        return httpx.Response(503)

    statuses = Statuses()
    site = Site(another, statuses)
    send(site)
    assert [status["hostname"] == "another" for status in statuses.kept] == [True, False]


@pytest.mark.parametrize("failure", [httpx.Response(503), httpx.Response(500, text=PAGE), httpx.ReadError("cut")])
def test_a_site_that_is_away_for_a_while_gets_its_status_once(failure: httpx.Response | Exception):
    statuses = Statuses(failure)
    site = Site(statuses, *[failure] * 8, statuses)
    assert send(site, "boom").json()["id"] == 1
    assert len(statuses.kept) == 1
    assert [method for method, _ in site.sent] == ["POST", *["GET"] * 9]


def test_where_statuses_cannot_be_read_one_is_sent_again_anyway():
    def unreadable(request: httpx.Request) -> httpx.Response:
        return httpx.Response(403, json={"detail": "No."}) if request.method == "GET" else statuses(request)

    statuses = Statuses(httpx.Response(503), storing=False)
    assert send(Site(unreadable)).json()["id"] == 1


def test_a_status_that_is_refused_is_not_sent_again():
    site = Site(httpx.Response(400, json={"dataset": ['Invalid pk "7" - object does not exist.']}))
    with pytest.raises(CrunchAPIException, match="dataset: Invalid pk"):
        send(site)
    assert len(site.requests) == 1


def test_it_stops_in_the_end():
    statuses = Statuses(*[httpx.Response(503)] * 99, storing=False)
    site = Site(statuses)
    with pytest.raises(errors.ServiceUnavailable):
        send(site)
    assert [method for method, _ in site.sent].count("POST") == 10
    assert sum(site.clock.slept) <= 300
    with pytest.raises(errors.ServiceUnavailable):
        send(Site(Statuses(httpx.Response(503))), retry=Retry(attempts=1))


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
    stored = connection.get_json_response(f"api/items/{item}")
    assert {attribute.pop("key"): attribute for attribute in stored["attributes"]} == {
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
    assert [row.slug for row in connection.api.list_items.iterate()][-1] == item


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
    assert [(status["stage"], status["state"], status["note"]) for status in kept] == [
        (1, 1, ""),
        (1, 3, "no such file"),
    ]
    assert connection.get_json_response("api/next/") == {"project": "", "dataset": ""}
