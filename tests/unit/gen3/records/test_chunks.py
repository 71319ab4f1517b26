"""Records go in chunks: smaller where the commons cannot take so many, without the bad ones, and none is stored twice."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import (
    APIError,
    BadRequest,
    ConnectFailed,
    ConnectionLost,
    DecodeError,
    Forbidden,
    GatewayTimeout,
    ServerError,
    TimedOut,
    TooLarge,
    TransportError,
)
from omicsdk.gen3.records.chunks import GIVE_UP, ChunkResult, Chunks, Reply, is_too_much, matched, reply_of, wrong_by

MANY = [
    TooLarge("413 Request Entity Too Large", status=413),
    GatewayTimeout("Gateway Timeout", status=504),
    APIError("", status=408),
    ServerError("service failure - try again later", status=500),
    BadRequest("Bad Request", status=400, body="413 Request Entity Too Large"),
    TimedOut("No response within the time allowed"),
    ConnectionLost("The connection ended"),
    DecodeError("submit_record", "the body", "<html>Request Timeout</html>", expected="JSON"),
]


class Service:
    """A service that takes documents of at most `most` records, and stores all of a document or none."""

    def __init__(self, wrong: Sequence[int] = (), silent: Sequence[int] = (), most: int = 1000) -> None:
        self.wrong = frozenset(wrong)
        self.silent = frozenset(silent)
        self.most = most
        self.too_much: Exception = MANY[0]
        self.message = "bad"
        self.stored: list[int] = []
        self.sizes: list[int] = []

    def send(self, items: Sequence[int], patient: bool) -> Mapping[str, Any]:
        assert patient == (len(items) == 1)
        self.sizes.append(len(items))
        if len(items) > self.most:
            raise self.too_much
        if not self.silent.isdisjoint(items):
            raise BadRequest("Fail to register the data node", status=400, body={"message": "Fail to register"})
        entities = [
            {
                "type": "n",
                "unique_keys": [{"project_id": "a-b", "submitter_id": str(item)}],
                "valid": item not in self.wrong,
                "errors": [{"keys": [], "message": self.message, "type": "ERROR"}] if item in self.wrong else [],
            }
            for item in items
        ]
        success = self.wrong.isdisjoint(items)
        body = {"success": success, "message": "told", "entities": entities, "transactional_errors": []}
        if not success:
            raise BadRequest("Transaction aborted", status=400, body=body)
        self.stored += items
        return body

    @staticmethod
    def match(items: Sequence[int], reply: Reply) -> Sequence[bool]:
        bad = {entity.name for entity in reply.entities if not entity.valid}
        return [str(item) in bad for item in items]

    def results(self, items: Sequence[int], size: int) -> list[ChunkResult[int]]:
        return list(Chunks(self.send, self.match, size).results(items))


@given(
    st.integers(0, 60),
    st.frozensets(st.integers(0, 59)),
    st.frozensets(st.integers(0, 59)),
    st.integers(1, 30),
    st.integers(1, 30),
)
def test_each_record_has_one_outcome_and_is_stored_at_most_once(
    count: int, wrong: frozenset[int], silent: frozenset[int], most: int, size: int
) -> None:
    service = Service(list(wrong), list(silent), most)
    parts = service.results(range(count), size)
    assert sorted(number for part in parts for number in part.items) == list(range(count))
    taken = sorted(number for part in parts if part.reply is not None and part.reply.success for number in part.items)
    assert taken == sorted(service.stored) == [number for number in range(count) if number not in wrong | silent]
    assert all(
        number in wrong | silent
        for part in parts
        if part.reply is None or not part.reply.success
        for number in part.items
    )


@pytest.mark.parametrize("error", MANY, ids=[type(error).__name__ for error in MANY])
def test_what_is_too_much_at_once_is_sent_in_halves_and_stays_halved(error: Exception) -> None:
    service = Service(most=4)
    service.too_much = error
    service.results(range(20), 10)
    assert service.sizes == [10, 5, 2, *[2] * 9]
    assert service.stored == list(range(20))


def test_one_record_that_is_too_much_is_reported_and_the_rest_continues() -> None:
    service = Service(most=0)
    parts = service.results([1, 2], 1)
    assert [(part.items, type(part.error)) for part in parts] == [([1], TooLarge), ([2], TooLarge)]
    assert service.sizes == [1, 1]


@pytest.mark.parametrize(("often", "wrong"), [(1, []), (3, [5])])
def test_a_record_that_another_request_created_meanwhile_is_sent_once_more(often: int, wrong: list[int]) -> None:
    class Racing(Service):
        def send(self, items: Sequence[int], patient: bool) -> Mapping[str, Any]:
            nonlocal often
            self.wrong = frozenset({5} if (often := often - 1) >= 0 else ())
            return super().send(items, patient)

    service = Racing()
    service.message = "n with {'submitter_id': '5'} already exists in the DB"
    parts = service.results(range(20), 20)
    assert [number for part in parts if part.reply is None or not part.reply.success for number in part.items] == wrong
    assert service.sizes[:2] == [20, 20]
    assert len(service.stored) == 20 - len(wrong)


def test_a_bad_record_among_many_costs_one_request_more() -> None:
    service = Service(wrong=[5])
    service.results(range(20), 10)
    assert service.sizes == [10, 9, 10]


def test_a_failure_that_names_no_record_is_found_by_halves() -> None:
    service = Service(silent=[5])
    parts = service.results(range(8), 8)
    assert [(part.items, part.error is None) for part in parts if part.reply is None] == [([5], False)]
    assert service.stored == [0, 1, 2, 3, 4, 6, 7]
    assert len(service.sizes) <= 7


@pytest.mark.parametrize(
    "error",
    [
        Forbidden("You do not have access to this data", status=403),
        ConnectFailed("Connection refused"),
        BadRequest("Project is in state 'review', which prevents /v0/submission/a/b.", status=400),
    ],
    ids=["rights", "connection", "state"],
)
def test_what_every_record_would_meet_stops_at_once(error: APIError | TransportError) -> None:
    service = Service(most=0)
    service.too_much = error
    with pytest.raises(type(error)):
        service.results(range(100), 10)
    assert service.sizes == [10]


@pytest.mark.parametrize("error", [ServerError("down", status=503), TimedOut("No response", attempts=1)])
def test_a_commons_that_stays_in_trouble_ends_it(error: Exception) -> None:
    service = Service(most=0)
    service.too_much = error
    with pytest.raises(type(error)):
        service.results(range(10_000), 100)
    assert len(service.sizes) == GIVE_UP + 1


def test_a_commons_that_is_not_reached_in_time_is_not_tried_with_fewer() -> None:
    service = Service(most=0)
    service.too_much = TimedOut("Cannot connect within the time allowed", attempts=6)
    with pytest.raises(TimedOut):
        service.results(range(100), 10)
    assert service.sizes == [10]


def test_records_are_taken_a_chunk_at_a_time() -> None:
    service = Service()
    taken: list[int] = []

    def counted() -> Any:
        for number in range(1000):
            taken.append(number)
            yield number

    results = Chunks(service.send, service.match, 7).results(counted())
    next(results)
    assert len(taken) == 7


@pytest.mark.parametrize("body", [None, "text", {"message": "no"}, {"entities": None}, []])
def test_what_is_about_no_document_is_no_reply(body: object) -> None:
    assert reply_of(body) is None


def test_errors_of_the_whole_document_are_texts() -> None:
    document = {
        "entities": [],
        "transactional_errors": [{"message": "not found"}, "Nothing to submit"],
        "success": False,
    }
    reply = reply_of(document)
    assert reply is not None
    assert reply.errors == ("not found", "Nothing to submit")


@pytest.mark.parametrize("make", [lambda: ServerError("internal server error", status=500), lambda: ConnectFailed("x")])
def test_other_trouble_is_not_treated_as_too_much(make: Callable[[], APIError | TransportError]) -> None:
    assert not is_too_much(make())


def test_records_without_a_name_are_matched_by_their_places():
    entities = [
        {"id": id, "type": "n", "unique_keys": [{"id": id}], "valid": not errors, "errors": errors}
        for id, errors in (("a", []), ("b", [{"message": "bad"}]), ("c", []))
    ]
    reply = reply_of({"success": False, "entities": entities})
    assert reply is not None
    items = [("n", "")] * 3
    assert wrong_by(tuple[str, str])(items, reply) == [False, True, False]
    assert [entity and entity.id for _, entity in matched(items, reply, tuple[str, str])] == ["a", "b", "c"]
