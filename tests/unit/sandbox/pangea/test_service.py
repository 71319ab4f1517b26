"""Handlers of Pangea: alone with the database, and only at paths with UUIDs."""

from collections.abc import Generator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from omicsdk.sandbox.document import operations
from omicsdk.sandbox.pangea.groups import Kept
from omicsdk.sandbox.pangea.resource import NoPage
from omicsdk.sandbox.pangea.service import on_path, whole
from omicsdk.sandbox.rest_framework.service import invalid, not_found
from omicsdk.sandbox.service import Call, Reply

UUID = "00000000-0000-4000-8000-00000000000a"
GET, POST = operations({"paths": {"/a": {"get": {}, "post": {}}}})


def call_of(operation: Any = GET, **arguments: str) -> Call:
    return Call(operation, arguments, None, None, "http://host", "/pangea", "/a", [])


class Database:
    """Notes how it is used."""

    def __init__(self) -> None:
        self.events = list[str]()

    @contextmanager
    def alone(self) -> Generator[None]:
        self.events.append("alone")
        yield

    @contextmanager
    def transaction(self) -> Generator[None]:
        try:
            yield
        except BaseException:
            self.events.append("undone")
            raise
        self.events.append("done")


@pytest.mark.parametrize(
    ("operation", "error", "events"),
    [
        (GET, None, ["alone"]),
        (POST, None, ["done"]),
        (POST, not_found(), ["undone"]),
        (POST, Kept(invalid("names", "taken")), ["done"]),
    ],
)
def test_only_writing_takes_a_transaction_which_a_refusal_undoes(
    operation: Any, error: Exception | None, events: list[str]
):
    database = Database()
    pangea: Any = SimpleNamespace(store=SimpleNamespace(database=database))

    def handler(_: Call) -> Reply:
        if error is not None:
            raise error
        return Reply("ok")

    response = whole(handler, pangea)
    if error is None:
        assert response(call_of(operation)).body == "ok"
    else:
        with pytest.raises(Exception, match=r"taken|Not found") as caught:
            response(call_of(operation))
        assert caught.value is (error.refusal if isinstance(error, Kept) else error)
    assert database.events == events


@pytest.mark.parametrize(
    ("path", "arguments", "status"),
    [
        ("/api/samples/{uuid}", {"uuid": UUID}, 200),
        ("/api/samples/{uuid}", {"uuid": UUID.upper()}, 404),
        ("/api/pipelines/{id}/modules/{name}", {"id": UUID, "name": "m"}, 200),
        ("/api/pipelines/{id}/modules/{name}", {"id": "5", "name": "m"}, 404),
        ("/api/samples/{sample_pk}/work_orders/{wop_pk}", {"sample_pk": UUID, "wop_pk": UUID}, 200),
        ("/api/samples/{sample_pk}/work_orders/{wop_pk}", {"sample_pk": UUID, "wop_pk": "x"}, 404),
        ("/api/auth/users/{id}/", {"id": "5"}, 200),
        ("/api/nested/{org}/", {"org": "sandbox"}, 200),
    ],
)
def test_a_path_without_a_uuid_is_a_page(path: str, arguments: dict[str, str], status: int):
    reply = on_path(lambda _: Reply("ok"), path)(call_of(**arguments))
    assert (reply.status, reply.headers) == (status, {} if status == 200 else {"Content-Type": "text/html"})


def test_a_handler_may_find_nothing_at_its_path():
    def handler(_: Call) -> Reply:
        raise NoPage

    reply = on_path(handler, "/api/nested/{org}/")(call_of(org="x"))
    assert (reply.status, "<h1>Not Found</h1>" in reply.text) == (404, True)
