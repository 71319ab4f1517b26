"""Requests: what goes out, what is remembered of responses, and what is refused before anything is sent."""

import copy
import json
import pickle
import threading
from datetime import datetime

import httpx
import pytest
from omicsdk.compat.sevenbridges import Api, Config, SbgError, TooManyRequests
from omicsdk.compat.sevenbridges.errors import SettingsError, URITooLong
from omicsdk.compat.sevenbridges.http.client import HttpClient
from omicsdk.core import TransportError, UsageError

BASE = "https://api.example.org/v2"


class Echo:
    """Responses with what it was asked."""

    def __init__(self, **headers: str) -> None:
        self.headers = headers
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(200, json={"asked": str(request.url)}, headers=self.headers)


def test_headers_of_a_token(make):
    echo = Echo()
    make(echo, advance_access=True).get("/user", headers={"X-Mine": "1"})
    sent = echo.requests[0].headers
    assert sent["x-sbg-auth-token"] == "secret-token"
    assert "authorization" not in sent
    assert (sent["x-sbg-advance-access"], sent["x-mine"], sent["accept"]) == ("Advance", "1", "application/json")
    assert sent["user-agent"].startswith("omicsdk/")


def test_headers_of_an_oauth_token(make):
    echo = Echo()
    make(echo, token=None, oauth_token="of-oauth").get("/user")
    assert echo.requests[0].headers["authorization"] == "Bearer of-oauth"
    assert "x-sbg-auth-token" not in echo.requests[0].headers
    assert "x-sbg-advance-access" not in echo.requests[0].headers


@pytest.mark.parametrize(
    ("method", "body"),
    [("get", None), ("post", {"a": [1, None]}), ("put", [1]), ("patch", {"x": "ü"}), ("delete", None)],
)
def test_any_request_by_its_path(make, method, body):
    echo = Echo()
    more = {} if method == "delete" else {"data": body}
    response = getattr(make(echo), method)("/files", params={"n": ["a", "b"], "flag": True, "no": None}, **more)
    (request,) = echo.requests
    assert request.method == method.upper()
    assert str(request.url) == f"{BASE}/files?n=a&n=b&flag=true"
    assert (json.loads(request.content) if request.content else None) == body
    assert (response.status_code, response.ok, response.reason) == (200, True, "OK")
    assert response.json()["asked"] == str(request.url)
    assert response.headers["CONTENT-TYPE"] == "application/json"
    assert response.request.method == method.upper()
    response.raise_for_status()


@pytest.mark.parametrize(
    ("url", "append", "expected"),
    [
        ("files", True, f"{BASE}/files?x=1"),
        ("/files?y=2", True, f"{BASE}/files?y=2&x=1"),
        (f"{BASE}/files", False, f"{BASE}/files?x=1"),
    ],
)
def test_where_a_path_leads(make, url, append, expected):
    echo = Echo()
    make(echo).get(url, params={"x": 1}, append_base=append)
    assert str(echo.requests[0].url) == expected


def test_a_token_goes_to_no_other_host(make):
    echo = Echo()
    make(echo).get("https://elsewhere.example.org/x", append_base=False)
    assert "secret-token" not in str(echo.requests[0].headers.raw)


def test_a_response_hides_the_secrets_of_its_url(make):
    response = make(Echo()).get("/x", params={"token": "canary"})
    assert "canary" not in response.url + repr(response)


def test_a_long_url_is_refused_before_it_is_sent(make):
    echo = Echo()
    api = make(echo)
    with pytest.raises(URITooLong, match=r"6001 characters.*Request fewer") as caught:
        api.get("/files", params={"x": "y" * (6001 - len(f"{BASE}/files?x="))})
    assert caught.value.status == 414
    api.get("/files", params={"x": "y" * (6000 - len(f"{BASE}/files?x="))})
    assert len(echo.requests) == 1
    assert len(str(echo.requests[0].url)) == 6000


# -- what answers said


def test_the_rate_limit_is_known_from_the_last_response(make):
    echo = Echo(**{"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "998", "X-RateLimit-Reset": "1600000300"})
    api = make(echo)
    api.get("/user")
    assert (api.limit, api.remaining) == (1000, 998)
    assert api.reset_time == datetime.fromtimestamp(1600000300)
    assert len(echo.requests) == 1
    echo.headers["X-RateLimit-Remaining"] = "997"
    echo.headers["X-RateLimit-Reset"] = "1600000300000000"
    api.get("/user")
    assert (api.remaining, api.reset_time) == (997, None)


def test_it_is_requested_when_no_response_stated(make):
    echo = Echo(**{"X-RateLimit-Remaining": "5"})
    api = make(echo)
    assert api.remaining == 5
    assert [request.url.path for request in echo.requests] == ["/v2/rate_limit"]
    assert api.limit is None
    assert api.reset_time is None


def test_errors_state_it_too(make):
    def refuse(_: httpx.Request) -> httpx.Response:
        return httpx.Response(429, json={"code": 1000}, headers={"X-RateLimit-Remaining": "0", "X-Request-Id": "r-1"})

    api = make(refuse)
    with pytest.raises(TooManyRequests):
        api.get("/user")
    assert (api.remaining, api.request_id) == (0, "r-1")


def test_the_request_id_is_the_last_ones(make):
    echo = Echo(**{"X-Request-Id": "r-1"})
    api = make(echo)
    assert api.request_id is None
    api.get("/user")
    assert api.request_id == "r-1"
    del echo.headers["X-Request-Id"]
    api.get("/user")
    assert api.request_id is None


def test_nonsense_in_these_headers(make):
    assert make(Echo(**{"X-RateLimit-Limit": "many"})).limit is None


# -- what is refused


WHOLE_1, WHOLE_0 = "a whole number, 1 or more", "a whole number, 0 or more"
NUMBERS = {
    "download_max_workers": WHOLE_1,
    "upload_max_workers": WHOLE_1,
    "max_parallel_requests": WHOLE_1,
    "retry_count": WHOLE_0,
    "backoff_factor": "seconds, 0 or more",
    "timeout": "seconds above 0, or None",
}


INVALID = {name: ["4", -1, True, float("nan"), float("inf"), [4]] for name in NUMBERS}
for name, takes in NUMBERS.items():
    INVALID[name] += [1.5, None] if takes.startswith("a whole") else []
    INVALID[name] += [0] if takes == WHOLE_1 or name == "timeout" else []


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in INVALID.items() for value in values])
def test_a_number_that_makes_no_sense(name, value):
    with pytest.raises(SettingsError) as caught:
        Api(BASE, "t", **{name: value})
    assert caught.value.message == f"{name} is {value!r}"
    assert caught.value.remedy.startswith(f"Pass {NUMBERS[name]}")


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_beyond_those_of_floats_is_refused(name):
    with pytest.raises(SettingsError, match=name):
        Api(BASE, "t", **{name: 10**400})


def test_what_may_be_a_token_is_not_shown():
    token = "canary" * 6
    for wrong in ({"timeout": token}, {"config": token}, {"proxies": token}):
        with pytest.raises(SettingsError, match=r"(is|got) a str") as caught:
            Api(BASE, "t", **wrong)
        assert "canary" not in str(caught.value)


def test_numbers_that_do():
    Api(BASE, "t", timeout=None, retry_count=0, backoff_factor=0.0, max_parallel_requests=1, download_max_workers=1)
    Api(BASE, "t", timeout=0.5, retry_count=6, backoff_factor=2, upload_max_workers=64)


def test_an_address_without_a_scheme():
    for url in ("api.example.org/v2", "//api.example.org/v2", "localhost:5000/v2"):
        for debug in (False, True):
            with pytest.raises(SettingsError, match="must begin with https://") as caught:
                Api(url, "t", debug=debug)
            assert caught.value.remedy == f"Pass https://{url.lstrip('/')}."
            assert "debug" not in str(caught.value)


def test_an_address_over_plain_http(monkeypatch):
    with pytest.raises(SettingsError, match=r"@api.example.org/v2 isn't encrypted") as caught:
        Api("http://user:canary@api.example.org/v2", "t")
    assert "canary" not in str(caught.value)
    monkeypatch.setenv("SB_API_ENDPOINT", "http://127.0.0.1@api.example.org/v2")
    monkeypatch.setenv("SB_AUTH_TOKEN", "t")
    with pytest.raises(SettingsError, match="isn't encrypted"):
        Api()


@pytest.mark.parametrize("url", ["http://127.0.0.1:5000/sb/v2", "HTTP://localhost/v2", "http://[::1]:80/v2"])
def test_a_server_on_this_machine_needs_no_debug(monkeypatch, make, url):
    echo = Echo()
    make(echo, url=url).get("/user")
    assert len(echo.requests) == 1
    monkeypatch.setenv("SB_API_ENDPOINT", url)
    monkeypatch.setenv("SB_AUTH_TOKEN", "t")
    assert Api().url == Api(config=Config()).url == url


@pytest.mark.parametrize("debug", [True, False])
def test_an_address_of_another_kind(debug):
    with pytest.raises(SettingsError, match="'ftp' isn't a scheme that the platform has") as caught:
        Api("ftp://api.example.org/v2", "t", debug=debug)
    assert caught.value.remedy == "Pass https://api.example.org/v2."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"token": "t"}, "URL is missing"),
        ({"url": "", "token": "t"}, "URL is missing"),
        ({"url": BASE}, "token is missing"),
        ({"url": BASE, "token": "a", "oauth_token": "b"}, "are mutually exclusive"),
        ({"config": "cgc"}, r"config: expected a Config, got 'cgc'. Pass config=Config\(profile='cgc'\)"),
        ({"config": {"profile": "cgc"}}, "config: expected a Config, got a dict"),
        ({"url": 5, "token": "t"}, "url: expected text, got 5"),
        ({"url": BASE, "token": b"canary"}, "token: expected text, got a bytes"),
        ({"url": BASE, "oauth_token": 7}, "oauth_token: expected text, got a int"),
        ({"url": BASE, "token": "t", "proxies": "p:1"}, "proxies: expected a dictionary of texts, got a str"),
        ({"url": BASE, "token": "t", "error_handlers": print}, "error_handlers is .*print.*: expected a list of"),
        ({"url": BASE, "token": "t", "error_handlers": ["x"]}, "error_handlers has 'x' in it: expected a list of"),
    ],
)
def test_settings_that_make_no_sense(arguments, message):
    with pytest.raises(SettingsError, match=message) as caught:
        Api(**arguments)
    assert caught.value.remedy


@pytest.mark.parametrize("login", [{"token": "<MY TOKEN HERE>"}, {"token": "two\nlines"}, {"oauth_token": "<A TOKEN>"}])
def test_a_placeholder_for_a_token_is_refused_when_a_request_is_sent(login):
    api = Api(BASE, **login)
    with pytest.raises(SettingsError, match="contains blanks, line breaks"):
        api.users.me()


@pytest.mark.parametrize(
    "url", ["https://user:canary@api.example.org/v2", "https://api.example.org/v2?a=b", "https://"]
)
def test_urls_that_are_no_base(url):
    with pytest.raises(SettingsError) as caught:
        _ = Api(url, "t").client
    assert "canary" not in str(caught.value)


def test_plain_http_where_it_was_requested(make):
    echo = Echo()
    make(echo, url="http://127.0.0.1:5000/sb/v2/", debug=True).get("/user")
    assert str(echo.requests[0].url) == "http://127.0.0.1:5000/sb/v2/user"
    # Not even then does a token leave this machine without encryption.
    with pytest.raises(SbgError, match="unencrypted"):
        make(echo, url="http://api.example.org/v2", debug=True).get("/user")
    assert len(echo.requests) == 1


# -- the way there


def test_proxies_are_those_of_the_transport_too(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://of-variables:1")
    monkeypatch.setenv("NO_PROXY", "direct.example.org")
    proxies = {"https_proxy": "given:3128"}
    api = Api(BASE, "t", proxies=proxies)
    assert api.proxies == {"https": "given:3128"}

    def proxy_to(api: Api, url: str) -> str | None:
        return api.client._exchange.transport._connections.route_to(httpx.URL(url)).proxy

    assert proxy_to(api, BASE) == "http://given:3128"
    assert proxy_to(api, "https://direct.example.org/v2") is None
    assert proxy_to(Api(BASE, "t"), BASE) == "http://of-variables:1"
    assert api.environ["https_proxy"] == "given:3128"
    assert Api(BASE, "t").environ is None


def test_as_many_at_once_as_allowed(make):
    inside, most, lock, full = 0, 0, threading.Lock(), threading.Barrier(2, timeout=30)

    def slow(request: httpx.Request) -> httpx.Response:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        full.wait()
        with lock:
            inside -= 1
        return httpx.Response(200, json={})

    api = make(slow, max_parallel_requests=2)
    threads = [threading.Thread(target=api.get, args=("/user",)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert most == 2


def test_an_api_ends_with_its_block(make):
    with make(Echo()) as api:
        api.get("/user")
    with pytest.raises(SbgError, match="closed") as caught:
        api.get("/user")
    assert isinstance(caught.value, UsageError)
    make(Echo()).close()  # one that was never used


def test_an_api_is_not_pickled(make):
    with pytest.raises(TypeError, match="create one in each process"):
        pickle.dumps(make(Echo()))


def test_an_api_is_shown_without_its_token(make):
    api = make(Echo())
    assert repr(api) == f"<Api of {BASE}>"
    assert isinstance(api, HttpClient)
    assert "secret-token" not in repr(api) + repr(vars(api))


# -- its own life


def test_threads_share_one_client(make):
    api, clients, start = make(Echo()), set(), threading.Barrier(8, timeout=30)

    def look() -> None:
        start.wait()
        clients.add(api.client)

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clients == {api.client}


def test_a_copy_of_what_knows_it_knows_the_same_one(make):
    api = make(lambda _: httpx.Response(200, json={"items": [{"id": "a/b", "tags": ["x"]}], "links": []}))
    page = api.projects.query()
    twin = copy.deepcopy(page)
    assert (twin, twin[0].api, type(twin)) == (page, api, type(page))
    twin[0].tags.append("y")
    assert page[0].tags == ["x"]
    with pytest.raises(TypeError, match="create one in each process"):
        pickle.dumps(api)


# -- what the documented client's Api has


def test_the_tokens_exist_by_name_and_nowhere_else(make, caplog):
    api = make(Echo(), token="canary-1")
    assert (api.token, api.oauth_token) == ("canary-1", None)
    assert api.headers["X-SBG-Auth-Token"] == "canary-1"
    of_oauth = make(Echo(), token=None, oauth_token="canary-2")
    assert (of_oauth.token, of_oauth.oauth_token) == (None, "canary-2")
    assert of_oauth.headers["Authorization"] == "Bearer canary-2"
    with caplog.at_level("DEBUG"):
        api.get("/user")
        of_oauth.get("/user")
        with pytest.raises(SbgError) as caught:
            make(lambda _: httpx.Response(400, json={"message": "no"}), token="canary-3").get("/user")
    shown = [f"{part!r} {part}" for one in (api, of_oauth) for part in (one, one.headers, vars(one), one.session)]
    assert "canary" not in f"{shown} {caplog.text} {caught.value!r} {caught.value} {vars(caught.value)}"


def test_headers_that_a_program_adds_or_changes_go_to_the_platform_only(make):
    echo = Echo()
    api = make(echo)
    api.headers["X-Study"] = "one"
    api.headers["User-Agent"] = "mine/1"
    api.headers["X-SBG-Auth-Token"] = "another"
    api.aa = True
    api.get("/user", headers={"X-Study": "mine"})  # an Api's own count, as published
    sent = echo.requests[-1].headers
    assert (sent["x-study"], sent["user-agent"], sent["x-sbg-auth-token"]) == ("one", "mine/1", "another")
    assert sent["x-sbg-advance-access"] == "Advance"
    api.users.me()
    assert echo.requests[-1].headers["x-sbg-auth-token"] == "another"
    del api.headers["X-SBG-Auth-Token"]
    api.headers["X-SBG-Session-Id"] = "of-a-session"
    api.get("/user")
    assert echo.requests[-1].headers["x-sbg-session-id"] == "of-a-session"
    assert "x-sbg-auth-token" not in echo.requests[-1].headers
    assert "of-a-session" not in repr(api.headers)
    api.get("https://elsewhere.example.org/x", append_base=False)
    other_headers = str(echo.requests[-1].headers)
    assert all(text not in other_headers for text in ("another", "one", "of-a-session", "Advance"))


def test_the_sessions_proxies_are_those_of_the_api_and_count_from_then_on(make):
    api = make(Echo(), proxies={"https_proxy": "http://proxy.example.org:3128"})
    assert api.session.proxies == {"https": "http://proxy.example.org:3128"}
    first = api.client
    assert api.client is first
    api.session.proxies["https"] = "http://other.example.org:3128"
    second = api.client
    assert second is not first
    assert api.environ["https_proxy"] == "http://other.example.org:3128"
    api.session.proxies = None
    assert api.environ is None
    assert api.client is not second
    with pytest.raises(SettingsError):
        api.session.proxies = "http://other.example.org:3128"


def test_settings_of_the_session_that_would_count_for_nothing_are_refused(make):
    with pytest.raises(AttributeError):
        make(Echo()).session.verify = False


def test_pools(make):
    api = make(Echo(), download_max_workers=3, upload_max_workers=2, pool_connections=7, pool_block=False)
    assert (api.pool_connections, api.pool_maxsize, api.pool_block) == (7, 100, False)
    assert api.download_pool.submit(lambda: 5).result() == 5
    assert api.download_pool is api.download_pool
    assert api.upload_pool is not api.download_pool
    api.close()
    with pytest.raises(RuntimeError):
        api.download_pool.submit(lambda: 5)


class Pieces(httpx.SyncByteStream):
    """A body that counts what was asked of it."""

    def __init__(self, pieces: int, ends: bool = True) -> None:
        self.pieces, self.read_count, self.is_closed, self.ends = pieces, 0, False, ends

    def __iter__(self):
        for _ in range(self.pieces):
            self.read_count += 1
            yield b"x" * 1024
        if not self.ends:
            raise httpx.ReadError("the connection broke")

    def close(self) -> None:
        self.is_closed = True


def test_a_streamed_response_is_read_as_it_is_requested(make):
    body = Pieces(1000)
    api = make(lambda _: httpx.Response(200, stream=body, headers={"X-Request-Id": "r-1"}))
    with api.get("/files", stream=True) as response:
        assert (response.status_code, response.ok, response.reason, body.read_count) == (200, True, "OK", 0)
        pieces = response.iter_content(2048)
        assert next(pieces) == b"x" * 2048
        assert body.read_count <= 3
        assert response.raw.read(10) == b"x" * 10
        with pytest.raises(RuntimeError):
            _ = response.content
    assert body.is_closed
    assert api.request_id == "r-1"
    response.close()
    response.raise_for_status()


def test_a_streamed_response_can_be_read_whole(make):
    body = json.dumps({"a": "ü"}, ensure_ascii=False)
    response = make(lambda _: httpx.Response(200, content=body.encode())).get("/x", stream=True)
    assert response.json() == {"a": "ü"}
    assert response.text == body
    assert b"".join(response.iter_content(3)) == response.content


def test_a_streamed_response_that_breaks_is_the_documented_error(make):
    response = make(lambda _: httpx.Response(200, stream=Pieces(2, ends=False))).get("/x", stream=True)
    with pytest.raises(SbgError) as caught:
        _ = response.content
    assert isinstance(caught.value, TransportError)


def test_a_refused_stream_is_asked_about_and_sent_again_as_a_stream(make):
    body = Pieces(4)
    responses = [httpx.Response(404, json={"message": "wait", "code": 5}), httpx.Response(200, stream=body)]

    def again(api, response):
        return response if response.ok else api.session.send(response.request)

    api = make(lambda _: responses.pop(0), error_handlers=[again])
    with api.get("/x", stream=True) as response:
        assert body.read_count == 0
        assert sum(len(piece) for piece in response.iter_content(None)) == 4096
    with pytest.raises(SbgError, match="no"):
        make(lambda _: httpx.Response(404, json={"message": "no"})).get("/x", stream=True)


def test_lines_and_letters_that_pieces_cut(make):
    text = "eins\nzwölf\r\n\nlast"
    api = make(lambda _: httpx.Response(200, content=text.encode(), headers={"Content-Type": "text/plain"}))
    for stream in (False, True):
        for size in (1, 2, 3, 100):
            response = api.get("/x", stream=stream)
            assert "".join(response.iter_content(size, decode_unicode=True)) == text
        response = api.get("/x", stream=stream)
        assert list(response.iter_lines(100)) == [b"eins", "zwölf".encode(), b"", b"last"]
