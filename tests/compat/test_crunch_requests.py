"""Recorded requests of the published crunch client: ours sends the same fields to the same addresses."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from crunch_replay import read_recording
from omicsdk.compat.crunch.client.connections import Connection, CrunchAPIException
from omicsdk.compat.crunch.client.enums import Stage, State
from omicsdk.core.retry import Retry
from recorded_steps import Step

TOKEN = "0" * 40
ONCE = Retry(attempts=1)
ATTRIBUTES: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "char": ("char", str),
    "float": ("float", float),
    "int": ("integer", int),
    "filesize": ("filesize", int),
    "bool": ("boolean", lambda text: text == "True"),
    "url": ("url", str),
    "datetime": ("datetime", str),
    "date": ("date", str),
}
CLIENT = ("add-", "python API", "run", "next", "loop", "files")
"""How the steps begin that are the client's; the others prepared them."""


def _steps() -> list[Step]:
    return [step for step in read_recording("crunch.client") if step.name.startswith(CLIENT)]


STEPS = _steps()
NEGATIVE = [step for step in STEPS if step.name.startswith("add-filesize-attribute -1")]
LOST = [step for step in STEPS if step.request["method"] == "POST" and not step.request["path"].endswith("/")]
POSTS = [step for step in STEPS if step.request["method"] == "POST" and step not in (*NEGATIVE, *LOST)]
READS = [step for step in STEPS if step.request["method"] == "GET"]


class Answering:
    """Returns the recorded response to a request, and stores the request."""

    def __init__(self, step: Step) -> None:
        self._step = step
        self.sent: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        body = self._step.response
        content = b"" if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
        return httpx.Response(self._step.status, headers=self._step.headers, content=content)


def _call(connection: Connection, path: str, fields: Mapping[str, str]) -> None:
    """Make the call with which the published client sent its request."""
    match path.strip("/").split("/"):
        case ["api", "projects"]:
            connection.add_project(fields["name"], fields["description"], fields["details"])
        case ["api", "datasets"]:
            connection.add_dataset(fields["parent"], fields["name"], fields["description"], fields["details"])
        case ["api", "items"]:
            connection.add_item(fields["parent"], fields["name"], fields["description"], fields["details"])
        case ["api", "attributes", "lat-long"]:
            connection.add_lat_long_attribute(fields["item"], fields["key"], fields["latitude"], fields["longitude"])
        case ["api", "attributes", kind]:
            name, read = ATTRIBUTES[kind]
            getattr(connection, f"add_{name}_attribute")(fields["item"], fields["key"], read(fields["value"]))
        case ["api", "statuses"]:
            stage, state = Stage(int(fields["stage"])), State(int(fields["state"]))
            connection.send_status(int(fields["dataset"]), stage, state, fields["note"])
        case _:
            raise AssertionError(path)


def _sent(step: Step, call: Callable[[Connection], object]) -> tuple[list[httpx.Request], CrunchAPIException | None]:
    answering = Answering(step)
    refused = None
    with Connection(
        "http://127.0.0.1:9", TOKEN, transport=httpx.MockTransport(answering), environ={}, retry=ONCE
    ) as connection:
        try:
            call(connection)
        except CrunchAPIException as error:
            refused = error
    return answering.sent, refused


def _name(step: Step) -> str:
    return f"{step.number} {step.name.partition(':')[0]} {step.request['path']}"


def _alike(name: str, value: str) -> str:
    """Return a value without parts that a site ignores."""
    return value.lower() if value in ("True", "False", "true", "false") else value.replace("T", " ", name == "value")


@pytest.mark.parametrize("step", POSTS, ids=_name)
def test_requests_of_crunch_that_write_are_the_same(step: Step) -> None:
    path, fields = step.request["path"], step.request["body"]
    sent, refused = _sent(step, lambda connection: _call(connection, path, fields))
    assert [(request.method, request.url.path) for request in sent] == [("POST", path)]
    ours = dict(parse_qsl(sent[0].content.decode(), keep_blank_values=True))
    assert sent[0].headers["authorization"] == f"Token {TOKEN}"
    assert sent[0].headers["content-type"] == "application/x-www-form-urlencoded"
    assert set(ours) == set(fields)
    compared = ("dataset", "stage", "state", "note") if path == "/api/statuses/" else tuple(fields)
    assert {name: _alike(name, ours[name]) for name in compared} == {
        name: _alike(name, fields[name]) for name in compared
    }
    assert (refused is not None) == (step.status >= 400)


@pytest.mark.parametrize("step", READS, ids=_name)
def test_requests_of_crunch_that_read_are_the_same(step: Step) -> None:
    path = step.request["path"]
    sent, refused = _sent(step, lambda connection: connection.get_json_response(path.lstrip("/")))
    assert [(request.method, request.url.path) for request in sent] == [("GET", path)]
    assert sent[0].headers["authorization"] == f"Token {TOKEN}"
    assert (refused is not None) == (step.status >= 400)


def test_a_size_that_sites_refuse_is_not_sent() -> None:
    [step] = NEGATIVE
    sent, refused = _sent(step, lambda connection: _call(connection, step.request["path"], step.request["body"]))
    assert sent == []
    assert refused is not None


def test_a_slash_that_crunch_omitted_is_sent() -> None:
    assert [step.request["path"] for step in LOST] == ["/api/projects"]
    created = Step(0, "made", {}, 201, {"content-type": "application/json"}, {"slug": "x"})
    sent, refused = _sent(created, lambda connection: connection.post("api/projects", name="x"))
    assert [(request.method, request.url.path) for request in sent] == [("POST", "/api/projects/")]
    assert refused is None


def test_no_request_of_crunch_is_left_out() -> None:
    kinds = {step.request["path"].strip("/").split("/")[-1] for step in POSTS}
    assert kinds == {"projects", "datasets", "items", "statuses", "lat-long", *ATTRIBUTES}
    assert len(POSTS) + len(READS) + len(LOST) + len(NEGATIVE) == len(STEPS)
