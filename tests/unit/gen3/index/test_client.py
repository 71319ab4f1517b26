"""The documented index client: what is not recorded, and that it sends and gives what gen3sdk 4.28.5 does."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest
from gen3_client_replay import NOT_COMPARED, Difference, Step, hold, steps
from omicsdk.compat.gen3.index import Gen3Index
from omicsdk.core import NO_RETRY, Basic, ConfigError, NotFound, ServiceUnavailable
from omicsdk.gen3 import Gen3UserError

COMMONS = "https://commons.example.org"
MD5 = {"md5": "0" * 32}


class Noting:
    """Responses by a function, and notes what it was asked."""

    def __init__(self, response: Any = None) -> None:
        self.requests: list[httpx.Request] = []
        self.response = response or (lambda request: httpx.Response(200, json={}))
        self.transport = httpx.MockTransport(self)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.response(request)


# -- which commons, and who asks


@pytest.mark.parametrize(
    ("endpoint", "location", "base"),
    [
        (COMMONS, "index", f"{COMMONS}/index"),
        (f"{COMMONS}/", "index", f"{COMMONS}/index"),
        (f"{COMMONS}/index", "index", f"{COMMONS}/index"),
        (f"{COMMONS}/my-index", "index", f"{COMMONS}/my-index/index"),
        (COMMONS, "indexd", f"{COMMONS}/indexd"),
        ("http://localhost:8000", "index", "http://localhost:8000"),
        ("http://127.0.0.1:8000", "index", "http://127.0.0.1:8000/index"),
    ],
)
def test_where_the_service_is(endpoint: str, location: str, base: str):
    noting = Noting(lambda request: httpx.Response(200, json={"did": "dg.1234/a b"}))
    index = Gen3Index(endpoint, service_location=location, transport=noting.transport)
    index.get_record("dg.1234/a b")
    assert index.endpoint == base
    assert str(noting.requests[0].url) == f"{base}/index/dg.1234/a%20b"
    assert repr(index) == f"<Gen3Index {base}>"


def test_a_name_and_a_password_will_do():
    noting = Noting(lambda request: httpx.Response(200, json={"did": "a", "rev": "b"}))
    Gen3Index(COMMONS, ("name", "password"), transport=noting.transport).create_record(MD5, 1)
    expected = Basic("name", "password").headers("POST", COMMONS)["authorization"]
    assert noting.requests[0].headers["authorization"] == expected


def test_an_auth_of_requests_will_do():
    noting = Noting(lambda request: httpx.Response(200, json={"did": "a", "rev": "b"}))

    class Auth:
        endpoint = COMMONS

        def __call__(self, request: Any) -> None:
            request.headers["Authorization"] = f"Bearer {request.method}"

    Gen3Index(Auth(), transport=noting.transport).create_record(MD5, 1)
    Gen3Index(auth_provider=Auth(), transport=noting.transport).create_record(MD5, 1)
    assert [request.method for request in noting.requests] == ["POST", "GET"] * 2
    assert all(request.headers["authorization"] == f"Bearer {request.method}" for request in noting.requests)


def test_without_a_commons():
    with pytest.raises(Gen3UserError, match="No commons given"):
        Gen3Index()
    with pytest.raises(ConfigError, match="Invalid credentials of type"):
        Gen3Index(COMMONS, "token")


def test_how_often_to_try_can_be_stated_by_the_old_variable(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GEN3SDK_MAX_RETRIES", "1")
    noting = Noting(lambda request: httpx.Response(503))
    with pytest.raises(ServiceUnavailable):
        Gen3Index(COMMONS, transport=noting.transport).get_record("a")
    assert len(noting.requests) == 1
    monkeypatch.setenv("GEN3SDK_MAX_RETRIES", "often")
    with pytest.raises(ConfigError, match="GEN3SDK_MAX_RETRIES"):
        Gen3Index(COMMONS)


def test_a_service_that_is_not_well():
    def down(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    for response in (down, lambda request: httpx.Response(500), lambda request: httpx.Response(200, text="Ill")):
        assert not Gen3Index(COMMONS, transport=Noting(response).transport, retry=NO_RETRY).is_healthy()


# -- reading


def paged(count: int) -> Noting:
    """An index of so many records."""
    dids = [f"dg/{number:05}" for number in range(count)]

    def response(request: httpx.Request) -> httpx.Response:
        start, limit = request.url.params.get("start", ""), int(request.url.params["limit"])
        return httpx.Response(200, json={"records": [{"did": did} for did in dids if did > start][:limit]})

    return Noting(response)


@pytest.mark.parametrize(
    ("options", "count", "requests"),
    [
        ({}, 2500, 4),
        ({"paginate": True}, 2500, 4),
        ({"limit": 1000, "paginate": True}, 2500, 4),
        ({"limit": 5000, "paginate": True}, 2500, 4),
        ({"limit": 10}, 10, 1),
        ({"limit": 1500}, 1500, 2),
        ({"limit": 0}, 0, 0),
    ],
)
def test_all_records(options: dict[str, Any], count: int, requests: int):
    noting = paged(2500)
    records = Gen3Index(COMMONS, transport=noting.transport).get_all_records(**options)
    assert [record["did"] for record in records] == [f"dg/{number:05}" for number in range(count)]
    assert len(noting.requests) == requests
    assert all(int(request.url.params["limit"]) <= 1024 for request in noting.requests)


def test_all_records_of_a_checksum_come():
    noting = paged(2500)
    index = Gen3Index(COMMONS, transport=noting.transport)
    assert len(asyncio.run(index.async_get_records_from_checksum("0" * 32))) == 2500
    assert len(noting.requests) == 3


@pytest.mark.parametrize(("size", "guids"), [(3, None), (None, ["a", "b"]), (None, "a,b")])
def test_more_urls_than_an_index_gives_at_once(size: int | None, guids: Any):
    urls = [f"s3://b/{number}" for number in range(1500)]
    records = [
        {"did": "a", "urls": urls[:1200], "urls_metadata": {url: {} for url in urls[:1200]}},
        {"did": "b", "urls": urls[1200:], "urls_metadata": {urls[-1]: {"k": "v"}}},
    ]

    def response(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/urls"):
            listed = [{"url": url, "metadata": {}} for url in urls[:1024]]
            return httpx.Response(200, json={"size": size, "urls": listed})
        return httpx.Response(200, json=records if request.method == "POST" else {"records": records})

    page_size, entries = Gen3Index(COMMONS, transport=Noting(response).transport).get_urls(size=size, guids=guids)
    assert page_size == size
    assert [entry["url"] for entry in entries] == urls
    assert entries[-1]["metadata"] == {"k": "v"}


def test_records_come_a_page_at_a_time():
    noting = paged(2500)
    rows = Gen3Index(COMMONS, transport=noting.transport).iterate_records()
    assert next(rows) == {"did": "dg/00000"}
    assert len(noting.requests) == 1


def test_criteria_by_name():
    noting = Noting(lambda request: httpx.Response(200, json={"records": [{"did": "a"}]}))
    index = Gen3Index(COMMONS, transport=noting.transport)
    params = {
        "hashes": {"md5": "aa", "sha1": "bb"},
        "metadata": {"k": "v"},
        "urls_metadata": {"s3://b": {"s": "t"}},
        "authz": ["/a", "/b"],
        "file_name": "x y",
    }
    assert index.get_with_params(params) == {"did": "a"}
    assert list(noting.requests[0].url.params.multi_items()) == [
        ("hash", "md5:aa"),
        ("hash", "sha1:bb"),
        ("metadata", "k:v"),
        ("urls_metadata", '{"s3://b": {"s": "t"}}'),
        ("authz", "/a,/b"),
        ("file_name", "x y"),
        ("limit", "1"),
    ]
    page = asyncio.run(index.async_get_with_params(params))
    assert page == {"records": [{"did": "a"}]}


def test_nothing_that_meets_the_criteria_is_an_error():
    noting = Noting(lambda request: httpx.Response(200, json={"records": []}))
    with pytest.raises(NotFound, match="No record has size=3"):
        Gen3Index(COMMONS, transport=noting.transport).get_with_params({"size": 3})


def test_calls_that_run_at_the_same_time_share_their_connections():
    noting = Noting(lambda request: httpx.Response(200, json={"did": request.url.path}))
    index = Gen3Index(COMMONS, transport=noting.transport)

    async def several() -> list[Any]:
        return await asyncio.gather(*(index.async_get_record(str(number)) for number in range(20)))

    for _ in range(2):  # each run has a separate event loop
        assert [record["did"] for record in asyncio.run(several())] == [
            f"/index/index/{number}" for number in range(20)
        ]


@pytest.mark.parametrize("arguments", [({"md5": "0" * 32}, None), (None, 1)])
def test_a_record_without_hashes_or_size_is_refused_before_it_is_sent(arguments: Any) -> None:
    with pytest.raises(Gen3UserError, match=r"size|hashes"):
        Gen3Index("https://commons.example.org").create_record(*arguments)


# -- what gen3sdk 4.28.5 sends and gives, but for the differences that are argued here


FIRST = "dg.TEST/05d0db30-7da7-42be-bf00-85e6812e1332"
SECOND = "dg.TEST/00000511-0000-4000-8000-000000000511"
BLANK = "dg.TEST/78fc500b-4ecd-49fe-b56f-723f855506bb"
VERSION = "dg.TEST/bde11794-a5fa-4672-a459-2bdbd004b8ff"
STEPS = {step.name.removeprefix("Gen3Index."): step for step in steps("Gen3Index")}


def md5(number: int) -> dict[str, str]:
    return {"md5": f"{number:032x}"}


Call = Callable[[Gen3Index], Any | Coroutine[Any, Any, Any]]
CALLS: dict[str, Call] = {
    "is_healthy()": lambda index: index.is_healthy(),
    "get_version()": lambda index: index.get_version(),
    "get_stats()": lambda index: index.get_stats(),
    "get_valid_guids()": lambda index: index.get_valid_guids(),
    "get_valid_guids(count=2)": lambda index: index.get_valid_guids(count=2),
    "get_guids_prefix()": lambda index: index.get_guids_prefix(),
    "create_record(full)": lambda index: index.create_record(
        md5(510),
        510,
        urls=["s3://bucket-q/510"],
        file_name="510.txt",
        metadata={"k": "v"},
        acl=["a"],
        urls_metadata={"s3://bucket-q/510": {"s": "t"}},
        version="1",
        authz=["/programs/q"],
    ),
    "create_record(with did)": lambda index: index.create_record(md5(511), 511, SECOND),
    "create_record(existing did)": lambda index: index.create_record(md5(511), 511, SECOND),
    "get_record(guid)": lambda index: index.get_record(FIRST),
    "get_record_doc(guid)": lambda index: index.get_record_doc(FIRST),
    "get(guid)": lambda index: index.get(FIRST),
    "get(guid, dist_resolution=False)": lambda index: index.get(FIRST, dist_resolution=False),
    "get_record(unknown)": lambda index: index.get_record("nope"),
    "get_records([guids])": lambda index: index.get_records([FIRST, SECOND, "nope"]),
    "get_urls(size, hashes)": lambda index: index.get_urls(510, "md5:000000000000000000000000000001fe"),
    "get_with_params(hash, size)": lambda index: index.get_with_params({"hashes": md5(510), "size": 510}),
    "get_with_params(limit)": lambda index: index.get_with_params({}),
    "get_records_on_page(limit=2, page=1)": lambda index: index.get_records_on_page(limit=2, page=1),
    "get_all_records(limit=20, paginate=True)": lambda index: len(index.get_all_records(limit=20, paginate=True)),
    "update_record(guid, ...)": lambda index: index.update_record(
        FIRST, file_name="new.txt", urls=["s3://bucket-q/new"], acl=["b"]
    ),
    "update_record(unknown)": lambda index: index.update_record("nope", file_name="x"),
    "create_blank(uploader, file_name)": lambda index: index.create_blank("alice", "b.txt"),
    "update_blank(guid, rev, hashes, size)": lambda index: index.update_blank(
        BLANK, "27b0dd4d", md5(512), 512, ["s3://bucket-q/512"], ["/programs/q"]
    ),
    "create_new_version(guid, ...)": lambda index: index.create_new_version(
        FIRST, md5(513), 513, urls=["s3://bucket-q/513"], version="2"
    ),
    "get_latest_version(guid)": lambda index: index.get_latest_version(FIRST),
    "get_latest_version(guid, has_version=True)": lambda index: index.get_latest_version(FIRST, True),
    "get_versions(guid)": lambda index: index.get_versions(FIRST),
    "query_urls(pattern)": lambda index: index.query_urls("bucket-q"),
    "async_get_record": lambda index: index.async_get_record(FIRST, _ssl=False),
    "async_get_records_on_page": lambda index: index.async_get_records_on_page(1, 0),
    "async_get_records_from_checksum": lambda index: index.async_get_records_from_checksum(f"{511:032x}"),
    "async_create_record": lambda index: index.async_create_record(md5(514), 514),
    "async_update_record": lambda index: index.async_update_record(FIRST, file_name="a.txt"),
    "async_query_urls": lambda index: index.async_query_urls("bucket-q"),
    "delete_record(guid)": lambda index: index.delete_record(VERSION),
    "delete_record(unknown)": lambda index: index.delete_record("nope"),
}

_QUERIED = ("GET", "/index/_query/urls/q", {"include": "bucket-q", "limit": "1000"}, None)
_ALL_PAGES = (
    "the index gives 100 at once when nothing is said, and the rest was lost: ours asks for 1,000 a page, and all pages"
)
_RAISED = "what is not there is an error, never None"
DIFFERENT = {
    "get(guid)": Difference(
        "gen3sdk has it the wrong way round: other commons are asked, which is the default, unless ?no_dist is sent",
        [("GET", f"/index/{FIRST}", {}, None)],
    ),
    "get(guid, dist_resolution=False)": Difference("as above", [("GET", f"/index/{FIRST}", {"no_dist": ""}, None)]),
    "get_record(unknown)": Difference(_RAISED, result=NotFound),
    "delete_record(unknown)": Difference(_RAISED, result=NotFound),
    "update_record(unknown)": Difference("404 is NotFound everywhere, here it was a ValueError", result=NotFound),
    "get_record_doc(guid)": Difference("a Document is a dict here: it has no text of its own", result=NOT_COMPARED),
    "delete_record(guid)": Difference("a Document is a dict here: it has no text of its own", result=NOT_COMPARED),
    "update_record(guid, ...)": Difference(
        "only what changes is sent, and metadata of URLs that go are taken along: left behind, the index refuses (400)",
        [
            ("GET", f"/index/index/{FIRST}", {}, None),
            (
                "PUT",
                f"/index/index/{FIRST}",
                {"rev": "6aa7c570"},
                {"acl": ["b"], "file_name": "new.txt", "urls": ["s3://bucket-q/new"], "urls_metadata": {}},
            ),
        ],
    ),
    "async_update_record": Difference(
        "only what changes is sent",
        [
            ("GET", f"/index/index/{FIRST}", {}, None),
            ("PUT", f"/index/index/{FIRST}", {"rev": "6aa7c570"}, {"file_name": "a.txt"}),
        ],
    ),
    "async_get_records_from_checksum": Difference(
        "the index gives 100 at once when nothing is said, and the rest was lost: ours asks for 1,024 a page, and all pages",
        [("GET", "/index/index", {"hash": f"md5:{511:032x}", "limit": "1024"}, None)],
    ),
    "query_urls(pattern)": Difference(_ALL_PAGES, [_QUERIED]),
    "async_query_urls": Difference(_ALL_PAGES, [_QUERIED]),
}


def make(transport: httpx.MockTransport) -> Gen3Index:
    return Gen3Index("https://commons.example.org", ("name", "password"), transport=transport, retry=NO_RETRY)


def test_every_recorded_call_is_made():
    assert list(CALLS) == list(STEPS)
    assert DIFFERENT.keys() <= CALLS.keys()


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
def test_the_same_requests_and_the_same_result(step: Step):
    name = step.name.removeprefix("Gen3Index.")
    result = hold(step, make, CALLS[name], DIFFERENT.get(name))
    if name in ("get_record_doc(guid)", "delete_record(guid)"):
        body = step.exchanges[0]["response"]["body"]
        assert result == body
        assert (result.did, result.rev, result.to_json()) == (body["did"], body["rev"], body)
