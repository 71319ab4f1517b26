"""Pages: each fetched once, side by side, in order, and what happens when the platform behaves otherwise."""

import copy
import json
import pickle
import threading
from collections import deque
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.compat.sevenbridges import Api, Conflict, PaginationError
from omicsdk.compat.sevenbridges.errors import NonJSONResponseError, SbgError
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.collection import LONGEST_PAGE, Collection, VolumeCollection
from omicsdk.compat.sevenbridges.meta.resource import Resource, linked_request
from omicsdk.compat.sevenbridges.models.volume import VolumeObject
from omicsdk.core import DecodeError, ManualClock
from omicsdk.sb.listings import PAGES_AT_ONCE as AHEAD

BASE = "https://api.example.org/v2"


class Thing(Resource):
    id = fields.whole()


def page_of(platform, address: str = "things?name=%C3%BC%26%3F") -> Collection[Thing]:
    api = Api(BASE, "t", transport=httpx.MockTransport(platform), clock=ManualClock())
    return Collection.fetch(Thing, linked_request(f"{BASE}/{address}", "page"), api)


class Shelf:
    """A list of objects in pages.

    Args:
        count: How many there are.
        longest: The longest page that it gives, whatever is requested.
        total: Whether it states how many there are.
        endless: Whether it states a next page after the last one, too.
    """

    def __init__(self, count: int, longest: int = LONGEST_PAGE, total: bool = True, *, endless: bool = False) -> None:
        self.endless = endless
        self.numbers = list(range(count))
        self.longest = longest
        self.total = total
        self.requests: list[tuple[int, int]] = []
        self.before = lambda offset: None
        self.lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        query = dict(parse_qsl(request.url.query.decode()))
        assert query.get("name") == "ü&?"
        offset, limit = int(query.get("offset", 0)), min(int(query.get("limit", 50)), self.longest)
        with self.lock:
            self.requests.append((offset, int(query.get("limit", 50))))
        self.before(offset)
        page, links = self.numbers[offset : offset + limit], []
        for rel, at in (("next", offset + limit), ("prev", max(0, offset - limit))):
            if (rel == "next" and (self.endless or at < len(self.numbers))) or (rel == "prev" and offset):
                href = httpx.URL(f"{BASE}/things", params={"name": "ü&?", "offset": at, "limit": limit})
                links.append({"rel": rel, "href": str(href), "method": "GET"})
        payload = {"href": str(request.url), "items": [{"id": number} for number in page], "links": links}
        headers = {"X-Total-Matching-Query": str(len(self.numbers))} if self.total else {}
        return httpx.Response(200, json=payload, headers=headers)

    def page(self, **query: int) -> Collection[Thing]:
        return page_of(self, f"things?{urlencode({'name': 'ü&?', **query})}")


def ids(resources) -> list[int]:
    return [resource.id for resource in resources]


@pytest.fixture(autouse=True)
def no_threads_are_left():
    yield
    for thread in threading.enumerate():
        if thread.name.startswith("omicsdk-page"):
            thread.join(30)
            assert not thread.is_alive()


def test_a_page_is_a_list_that_knows_its_neighbours():
    shelf = Shelf(120)
    page = shelf.page(offset=50, limit=50)
    assert isinstance(page, list)
    assert (len(page), page.total, page[0].id, ids(page[-2:])) == (50, 120, 50, [98, 99])
    assert "offset=50" in page.href
    assert {link["rel"] for link in page.links} == {"next", "prev"}
    following = page.next_page()
    assert ids(following) == list(range(100, 120))
    assert ids(page.previous_page()) == list(range(50))
    with pytest.raises(PaginationError, match="last page"):
        following.next_page()
    with pytest.raises(PaginationError, match="first page"):
        page.previous_page().previous_page()
    assert repr(page) == "<Collection: total=120, fetched=50>"


@given(
    count=st.integers(0, 1200),
    offset=st.integers(0, 60),
    limit=st.integers(1, 100),
    longest=st.sampled_from([1000, 100, 64, 50]),
    total=st.booleans(),
)
def test_all_gives_each_once_and_in_order(count, offset, limit, longest, total):
    shelf = Shelf(count, longest, total)
    assert ids(shelf.page(offset=offset, limit=limit).all()) == list(range(offset, count)) or offset > count
    assert len(shelf.requests) == len(set(shelf.requests))


def test_the_first_page_is_fetched_once_and_the_others_in_the_longest_pages():
    shelf = Shelf(1000)
    assert ids(shelf.page().all()) == list(range(1000))
    assert sorted(shelf.requests) == [(0, 50), *((at, LONGEST_PAGE) for at in range(50, 1000, 100))]


@pytest.mark.parametrize(("limit", "size"), [(20, 20), (0, 100), (-1, 100), (700, 100)])
def test_later_pages_are_as_long_as_the_first_was_requested(limit: int, size: int):
    shelf = Shelf(250)
    assert ids(shelf.page(limit=limit).all()) == list(range(250))
    assert {page_size for offset, page_size in shelf.requests if offset} == {size}


@pytest.mark.parametrize("total", [True, False])
@pytest.mark.parametrize("count", [0, 50, 130])
def test_a_list_whose_next_page_is_always_stated_ends_with_an_empty_one(count, total):
    shelf = Shelf(count, total=total, endless=True)
    assert ids(shelf.page().all()) == list(range(count))
    assert len(shelf.requests) <= 2 + count // 50


def test_a_list_of_one_page_asks_once():
    shelf = Shelf(50)
    assert len(list(shelf.page().all())) == 50
    assert len(shelf.requests) == 1


def test_all_may_be_called_twice():
    page = Shelf(300).page()
    assert ids(page.all()) == ids(page.all())


def test_pages_are_requested_side_by_side():
    shelf, together = Shelf(50 + AHEAD * LONGEST_PAGE), threading.Barrier(AHEAD, timeout=60)
    shelf.before = lambda offset: together.wait() if offset else None
    assert len(list(shelf.page().all())) == len(shelf.numbers)


def test_the_order_holds_when_later_pages_come_first():
    shelf, later = Shelf(250), threading.Event()

    def before(offset: int) -> None:
        if offset == 50:
            assert later.wait(60)
        elif offset == 150:
            later.set()

    shelf.before = before
    assert ids(shelf.page().all()) == list(range(250))


def test_nothing_is_requested_before_the_first_page_is_used_up():
    shelf = Shelf(1000)
    resources = shelf.page().all()
    assert [next(resources).id for _ in range(50)] == list(range(50))
    assert len(shelf.requests) == 1
    resources.close()


def test_a_generator_that_is_closed_early_requests_no_more():
    shelf, go = Shelf(100 * LONGEST_PAGE), threading.Event()
    resources = shelf.page().all()
    for _ in range(51):
        assert next(resources) is not None
    shelf.before = lambda offset: go.wait(60) and None
    resources.close()
    go.set()
    for thread in threading.enumerate():
        if thread.name.startswith("omicsdk-page"):
            thread.join(30)
    assert len(shelf.requests) <= 2 + 2 * AHEAD


@pytest.mark.parametrize("total", [True, False])
def test_an_error_in_a_later_page_reaches_the_caller_after_what_came_before(total):
    shelf = Shelf(450, total=total)
    plain = shelf.__call__

    def failing(request: httpx.Request) -> httpx.Response:
        if int(dict(parse_qsl(request.url.query.decode())).get("offset", 0)) >= 250:
            return httpx.Response(409, json={"code": 1, "message": "no"})
        return plain(request)

    came: list[int] = []
    resources = page_of(failing).all()
    with pytest.raises(Conflict):
        deque((came.append(resource.id) for resource in resources), maxlen=0)
    assert came == list(range(250))
    assert list(resources) == []


def test_what_comes_into_being_meanwhile_is_given_too():
    shelf = Shelf(250)
    page = shelf.page()
    shelf.numbers += range(250, 500)
    assert ids(page.all()) == list(range(500))


def test_what_comes_into_being_meanwhile_is_given_too_where_pages_are_short():
    shelf = Shelf(310, longest=60)
    everything = shelf.page(limit=60).all()
    first = [next(everything) for _ in range(60)]
    shelf.numbers.extend(range(310, 400))
    assert ids([*first, *everything]) == list(range(400))


def test_what_goes_meanwhile_is_missing():
    shelf = Shelf(1000)
    page = shelf.page()
    del shelf.numbers[300:]
    assert ids(page.all()) == list(range(300))


def test_a_link_that_has_no_target_new_ends():
    shelf = Shelf(100, total=False)
    plain = shelf.__call__

    def circling(request: httpx.Request) -> httpx.Response:
        payload = plain(request).json()
        payload["links"] = [{"rel": "next", "href": f"{BASE}/things?name=%C3%BC%26%3F&offset=50&limit=50"}]
        return httpx.Response(200, json=payload)

    with pytest.raises(PaginationError, match="points to the page itself"):
        list(page_of(circling).all())


class Scroll:
    """Pages that follow by tokens; the total is reported all the same."""

    def __init__(self, pages: int) -> None:
        self.pages = pages
        self.tokens: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        token = dict(parse_qsl(request.url.query.decode()))["token"]
        self.tokens.append(token)
        number = 0 if token == "init" else int(token)
        following = {"rel": "next", "href": f"{BASE}/files/scroll?token={number + 1}&limit=2&offset=0"}
        links = [following] if number + 1 < self.pages else []
        items = [{"id": 2 * number}, {"id": 2 * number + 1}]
        payload = {"href": f"{BASE}/files/scroll", "items": items, "links": links}
        return httpx.Response(200, json=payload, headers={"X-Total-Matching-Query": "1000"})


def test_continuation_tokens_are_followed_one_after_the_other():
    scroll = Scroll(5)
    assert ids(page_of(scroll, "files/scroll?token=init&limit=2").all()) == list(range(10))
    assert scroll.tokens == ["init", "1", "2", "3", "4"]


@pytest.mark.parametrize("header", [None, "", "many", "-5"])
def test_without_a_total(header):
    payload = {"items": [{"id": 1}]}
    headers = {} if header is None else {"X-Total-Matching-Query": header}
    page = page_of(lambda _: httpx.Response(200, json=payload, headers=headers), "things")
    assert (page.total, ids(page.all()), page.links) == (-1, [1], [])
    assert page.href == f"{BASE}/things"


@pytest.mark.parametrize(("parameters", "sent"), [("limit=0", "100"), ("limit=-3&offset=2", "100"), ("limit=10", "10")])
def test_a_limit_of_none_is_the_longest(parameters, sent):
    came: list[str] = []

    def response(request: httpx.Request) -> httpx.Response:
        came.append(dict(parse_qsl(request.url.query.decode()))["limit"])
        return httpx.Response(200, json={"items": []})

    page_of(response, f"things?{parameters}")
    assert came == [sent]


def test_what_is_on_a_page_belongs_to_its_api():
    page = Shelf(120).page()
    assert {resource.api for resource in page.all()} == {page[0].api}
    assert all(type(resource) is Thing for resource in page)


# -- volumes


class Bucket:
    """A volume's listing."""

    def __init__(self, pages: int) -> None:
        self.pages = pages
        self.request_count = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.request_count += 1
        number = int(dict(parse_qsl(request.url.query.decode())).get("continuation_token", 0))
        following = f"{BASE}/storage/volumes/o/v/list?continuation_token={number + 1}"
        payload = {
            "href": str(request.url),
            "items": [{"location": f"file-{number}", "volume": "o/v"}],
            "prefixes": [{"prefix": f"folder-{number}/", "volume": "o/v"}],
            "links": [{"next": following}] if number + 1 < self.pages else [],
        }
        return httpx.Response(200, json=payload)


def listing(bucket: Bucket) -> VolumeCollection:
    api = Api(BASE, "t", transport=httpx.MockTransport(bucket))
    return VolumeCollection.page_of(VolumeObject, linked_request(f"{BASE}/storage/volumes/o/v/list", "page"), api)


def test_a_volume_is_listed_forwards():
    page = listing(Bucket(2))
    assert (page.total, [entry.location for entry in page], [entry.prefix for entry in page.prefixes]) == (
        -1,
        ["file-0"],
        ["folder-0/"],
    )
    last = page.next_page()
    assert [entry.location for entry in last] == ["file-1"]
    with pytest.raises(PaginationError, match="last page"):
        last.next_page()
    with pytest.raises(PaginationError, match="Cannot list a previous page"):
        last.previous_page()
    assert repr(page) == "<VolumeCollection: fetched=1, prefixes=1>"


def test_all_of_a_volume_with_the_prefixes_of_every_page():
    bucket = Bucket(4)
    page = listing(bucket)
    for _ in range(2):
        assert [entry.location for entry in page.all()] == [f"file-{number}" for number in range(4)]
        assert [entry.prefix for entry in page.prefixes] == [f"folder-{number}/" for number in range(4)]
    assert bucket.request_count == 7


def test_a_page_is_copied_but_not_pickled(make):
    api = make(lambda _: httpx.Response(200, json={"href": "h", "items": [{"id": "a/b"}], "links": []}))
    page = api.projects.query()
    twin = copy.copy(page)
    assert (type(twin), twin, twin.href, twin[0] is page[0]) == (type(page), page, "h", True)
    twin.append(twin[0])
    assert len(page) == 1
    with pytest.raises(TypeError, match=r"its Api has a token.*list\(page\)"):
        pickle.dumps(page)
    assert pickle.loads(pickle.dumps(list(page))) == page


# -- lists that do not exist


@pytest.mark.parametrize(
    "came", [{}, None, "x", 5, [], {"items": None}, {"items": {}}, {"items": "x"}, {"items": [None]}]
)
@pytest.mark.parametrize(
    ("ask", "field"),
    [
        (lambda api: api.projects.query(), "items"),
        (lambda api: api.files.query(project="o/p"), "items"),
        (lambda api: list(api.files.query(project="o/p").all()), "items"),
        (lambda api: VolumeCollection.page_of(VolumeObject, linked_request(f"{BASE}/volume", "page"), api), "items"),
        (lambda api: api.files.bulk_get(["f"]), "items"),
        (lambda api: api.files.search("x"), "result_set"),
    ],
    ids=["projects", "files", "all files", "a volume", "bulk", "search"],
)
def test_a_list_that_does_not_exist_is_no_empty_one(ask, field, came):
    """The published client's error, which is a DecodeError too; a response that is no object is no JSON object."""
    if isinstance(came, dict):
        came = {field: came["items"]} if came else {}
    api = Api(BASE, "t", transport=httpx.MockTransport(lambda _: httpx.Response(200, text=json.dumps(came))))
    with pytest.raises(SbgError) as caught:
        ask(api)
    assert isinstance(caught.value, DecodeError if isinstance(came, dict) or came is None else NonJSONResponseError)


@pytest.mark.parametrize("link", [{"rel": "next"}, {"rel": "next", "href": True}, {"rel": "next", "href": "http://["}])
@pytest.mark.parametrize("following", [Collection.next_page, lambda page: list(page.all())])
def test_a_link_without_a_url_is_an_error(
    make, link: dict[str, object], following: Callable[[Collection[Thing]], object]
):
    api = make(lambda _: httpx.Response(200, json={"href": True, "items": [], "links": [link]}))
    page = Collection.fetch(Thing, linked_request(f"{BASE}/things", "things"), api)
    assert page.href == f"{BASE}/things"
    with pytest.raises(SbgError, match="href") as raised:
        following(page)
    assert isinstance(raised.value, DecodeError)
