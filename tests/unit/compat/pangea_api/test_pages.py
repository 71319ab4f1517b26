"""Lists, page by page."""

import threading
from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.compat.pangea_api import Knex, PangeaGeneralError, PangeaInternalError, PangeaOtherError
from omicsdk.compat.pangea_api.utils import paginated_iterator
from omicsdk.core import NO_RETRY
from omicsdk.pangea.listings import AHEAD

SERVER = "https://pangea.example.org"


class Lists:
    """A list of numbers in pages, as the server cuts them."""

    def __init__(self, count: int, size: int = 3, *, named: str = SERVER) -> None:
        self.count, self.size, self.named = count, size, named
        self.broken: dict[int, int] = {}
        self.page_numbers: list[int] = []
        self.tokens: list[str | None] = []
        self._lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        query = parse_qs(request.url.query.decode())
        number = int(query.get("page", ["1"])[0])
        with self._lock:
            self.page_numbers.append(number)
            self.tokens.append(request.headers.get("authorization"))
        if number in self.broken:
            return httpx.Response(self.broken[number], json={"detail": "Broken."})
        items = list(range((number - 1) * self.size, min(number * self.size, self.count)))
        if number > 1 and not items:
            return httpx.Response(404, json={"detail": "Invalid page."})
        more = number * self.size < self.count
        following = f"{self.named}{request.url.path}?name=x&page={number + 1}"
        return httpx.Response(
            200, json={"count": self.count, "next": following if more else None, "previous": None, "results": items}
        )

    def knex(self) -> Knex:
        knex = Knex(SERVER, transport=httpx.MockTransport(self), retry=NO_RETRY)
        knex.add_auth_token("0" * 40)
        return knex


def numbers(lists: Lists, **options: Any) -> list[Any]:
    return list(paginated_iterator(lists.knex(), "samples?name=x", **options))


@given(st.integers(0, 60), st.integers(1, 9))
def test_every_item_of_every_page_comes_once_and_in_order(count: int, size: int):
    lists = Lists(count, size)
    assert numbers(lists) == list(range(count))
    assert sorted(lists.page_numbers) == list(range(1, max(1, -(-count // size)) + 1))


def test_pages_arrive_as_they_are_wanted():
    lists = Lists(3_000)
    items: Iterator[Any] = paginated_iterator(lists.knex(), "samples?name=x")
    assert [next(items) for _ in range(4)] == [0, 1, 2, 3]
    items.close()
    assert max(lists.page_numbers) <= 2 + AHEAD


@pytest.mark.parametrize("named", ["http://pangea.example.org", "http://10.0.0.7:8000", "https://evil.example"])
def test_the_server_that_was_queried_is_asked_for_all_pages_with_the_token(named: str):
    lists = Lists(7, named=named)
    assert numbers(lists) == list(range(7))
    assert set(lists.tokens) == {f"Token {'0' * 40}"}


def test_a_list_that_grows_meanwhile_is_read_to_its_end():
    lists = Lists(7)
    items = paginated_iterator(lists.knex(), "samples?name=x")
    assert next(items) == 0
    lists.count = 20
    assert list(items) == list(range(1, 20))


def test_a_list_that_shrinks_meanwhile_ends_where_the_server_states():
    lists = Lists(30)
    items = paginated_iterator(lists.knex(), "samples?name=x")
    assert next(items) == 0
    lists.count = 5
    assert list(items) == [1, 2, 3, 4]


def test_a_page_that_cannot_be_had_is_an_error_after_what_came_before():
    lists = Lists(9)
    lists.broken = {3: 500}
    seen = []
    with pytest.raises(PangeaInternalError):
        seen += paginated_iterator(lists.knex(), "samples?name=x")
    items = paginated_iterator(lists.knex(), "samples?name=x")
    assert [next(items) for _ in range(6)] == [0, 1, 2, 3, 4, 5]
    with pytest.raises(PangeaInternalError):
        next(items)


def test_an_error_handler_is_given_the_error_and_the_list_ends_there():
    lists = Lists(9)
    lists.broken = {3: 403}
    errors: list[Exception] = []
    assert numbers(lists, error_handler=errors.append) == [0, 1, 2, 3, 4, 5]
    assert [getattr(error, "status", None) for error in errors] == [403]


def test_an_error_of_the_first_page_goes_to_the_handler_too():
    lists = Lists(9)
    lists.broken = {1: 400}
    errors: list[Exception] = []
    assert numbers(lists, error_handler=errors.append) == []
    assert isinstance(errors[0], PangeaOtherError)


def test_an_error_of_a_reader_does_not_reach_the_handlers():
    errors: list[Exception] = []

    def read() -> None:
        for _ in paginated_iterator(Lists(9).knex(), "samples?name=x", errors.append):
            raise PangeaGeneralError("Of the reader")

    with pytest.raises(PangeaGeneralError, match="Of the reader"):
        read()
    assert errors == []


def test_a_next_page_without_a_number_is_followed():
    def response(request: httpx.Request) -> httpx.Response:
        after = parse_qs(urlsplit(str(request.url)).query).get("after")
        following = None if after else f"{SERVER}/api/samples?after=1"
        return httpx.Response(200, json={"count": 2, "next": following, "results": [1 if after else 0]})

    knex = Knex(SERVER, transport=httpx.MockTransport(response))
    assert list(paginated_iterator(knex, "samples")) == [0, 1]


@pytest.mark.parametrize(
    "page",
    [
        {"count": 9, "next": f"{SERVER}/api/samples?page=2", "results": [1]},
        {"count": 9, "next": 2, "results": [1]},
        {"count": "many", "next": f"{SERVER}/api/samples?page=2", "results": [1]},
    ],
)
def test_an_odd_page_ends_the_list_with_an_error_in_words(page: dict[str, Any]):
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=page))
    with Knex(SERVER, transport=transport, retry=NO_RETRY) as knex, pytest.raises(PangeaGeneralError):
        list(islice(paginated_iterator(knex, "samples"), 100))
