"""Credentials: where they are sent, when they are renewed, and that they are never shown."""

import asyncio
import base64
import json
import threading

import httpx
import pytest
import requests
import requests.auth
from omicsdk.core import (
    ApiKey,
    AsyncTransport,
    AuthError,
    Basic,
    BearerToken,
    ConfigError,
    Credentials,
    HttpxAuth,
    ManualClock,
    Request,
    Token,
    Transport,
    Unauthorized,
)
from omicsdk.core.credentials import as_credentials, jwt_expiry
from omicsdk.core.sending.adapters import may_send

URL = "https://api.example.org/v1/x"


def jwt(**claims):
    parts = [{"alg": "none"}, claims]
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + ".sig"


def sent(credentials):
    return credentials.headers("GET", URL)["authorization"]


@pytest.mark.parametrize(
    ("origins", "url", "goes"),
    [
        (None, URL, True),
        (["https://api.example.org"], URL, True),
        (["api.example.org"], URL, True),
        (["https://api.example.org/v1/swagger.json"], URL, True),
        (["*"], URL, True),
        (["https://api.example.org:8443"], URL, False),
        (["http://api.example.org"], URL, False),
        (["https://other.example.org"], URL, False),
        ([], URL, False),
    ],
)
def test_where_they_go(origins, url, goes):
    for credentials in (
        BearerToken("t", origins=origins),
        ApiKey("k", header="x-key", origins=origins),
        Basic("u", "p", origins=origins),
        HttpxAuth(httpx.BasicAuth("u", "p"), origins=origins),
    ):
        assert credentials.goes_to(url) is goes


@pytest.mark.parametrize(
    ("url", "base", "sent"),
    [
        (URL, "https://api.example.org/v1", True),
        ("https://s3.example.org/k", "https://api.example.org/v1", False),
        ("http://api.example.org/v1/x", "http://api.example.org/v1", False),
        ("http://127.0.0.1:5/x", "http://127.0.0.1:5/v1", True),
    ],
)
def test_credentials_go_to_their_own_service_only(url, base, sent):
    assert may_send(BearerToken("t"), url, base_url=base) is sent


@pytest.mark.parametrize("wrong", ["", "a b", "a\nb", "tök", "a\r\nX-Other: 1", "\x00"])
def test_what_cannot_be_a_secret_is_refused_without_being_shown(wrong):
    for make in (BearerToken, lambda key: ApiKey(key, header="x-key")):
        with pytest.raises(ConfigError) as caught:
            make(wrong)
        assert not wrong or wrong not in str(caught.value)


@pytest.mark.parametrize("origins", [["ht!tp://"], ["https://"], ["https://[x"]])
def test_origins_must_be_some(origins):
    with pytest.raises(ConfigError, match="is not an origin"):
        BearerToken("t", origins=origins)


@pytest.mark.parametrize("options", [{}, {"header": "a", "query": "b"}])
def test_a_key_has_one_place(options):
    with pytest.raises(ConfigError, match="header"):
        ApiKey("k", **options)


def test_a_key_with_a_prefix():
    assert ApiKey("k", header="Authorization", prefix="Token ").headers("GET", URL) == {"authorization": "Token k"}


def test_a_name_with_a_colon_is_refused():
    with pytest.raises(ConfigError, match="colon"):
        Basic("a:b", "c")


@pytest.mark.parametrize(
    "credentials",
    [
        BearerToken("canary", origins=["https://a.org"]),
        ApiKey("canary", header="x-key"),
        Basic("me", "canary"),
        HttpxAuth(httpx.BasicAuth("me", "canary")),
        Token("canary", 1.0),
    ],
    ids=lambda credentials: type(credentials).__name__,
)
def test_no_repr_contains_a_secret(credentials):
    assert "canary" not in repr(credentials) + str(credentials)


def test_a_token_is_renewed_before_its_end():
    clock = ManualClock()
    tokens = iter(["second", "third"])
    token = BearerToken(
        "first", expires_at=clock.now() + 3600, refresh=lambda: Token(next(tokens), clock.now() + 3600), clock=clock
    )
    assert sent(token) == "Bearer first"
    clock.advance(3600 - 61)
    assert token.ready()
    assert sent(token) == "Bearer first"
    clock.advance(2)
    assert not token.ready()
    assert sent(token) == "Bearer second"
    assert token.ready()
    assert sent(token) == "Bearer second"
    clock.advance(3600)
    assert sent(token) == "Bearer third"


def test_a_token_whose_renewal_fails_is_sent_until_its_end():
    clock = ManualClock()

    def refuse() -> str:
        raise OSError("no route to the service that issues tokens")

    token = BearerToken("first", expires_at=clock.now() + 61, refresh=refuse, clock=clock)
    clock.advance(60)
    assert sent(token) == "Bearer first"
    clock.advance(1)
    with pytest.raises(AuthError, match="could not be renewed: no route"):
        sent(token)


def test_a_token_without_renewal_ends_with_a_word():
    clock = ManualClock()
    token = BearerToken("first", expires_at=clock.now() + 10, clock=clock)
    clock.advance(60)
    assert sent(token) == "Bearer first"
    clock.advance(11)
    with pytest.raises(AuthError, match="expired on 2020-09-13"):
        sent(token)


def test_a_web_token_states_itself_when_it_ends():
    clock = ManualClock()
    assert jwt_expiry(jwt(exp=12)) == 12
    ended = BearerToken(jwt(exp=clock.now() - 1000), clock=clock)
    with pytest.raises(AuthError, match="expired"):
        sent(ended)
    assert sent(BearerToken(jwt(exp=clock.now() - 1000), expires_at=clock.now() + 5, clock=clock))


@pytest.mark.parametrize(
    "token",
    [
        "opaque",
        "a.b",
        "a.b.c",
        "....",
        jwt(),
        jwt(exp="soon"),
        jwt(exp=True),
        "a." + base64.urlsafe_b64encode(b"[1]").decode() + ".c",
        "a.!!!!.c",
    ],
)
def test_other_tokens_do_not(token):
    assert jwt_expiry(token) is None


def test_a_refused_token_is_renewed_unless_another_thread_did():
    tokens = iter(["second", "third"])
    token = BearerToken("first", refresh=lambda: next(tokens))
    refused = token.headers("GET", URL)
    assert token.renew(refused)
    assert sent(token) == "Bearer second"
    assert token.renew(refused)
    assert sent(token) == "Bearer second"


def test_a_renewal_that_brings_the_same_is_none():
    token = BearerToken("first", refresh=lambda: "first")
    assert not token.renew(token.headers("GET", URL))
    assert not BearerToken("first").renew({"authorization": "Bearer first"})
    assert not ApiKey("k", header="x").renew({"x": "k"})


def test_threads_renew_once():
    clock = ManualClock()
    calls = []
    started = threading.Barrier(8)
    all_waiting = threading.Event()

    def refresh():
        calls.append(1)
        all_waiting.wait(0.2)  # let the others queue up behind
        return Token("second", clock.now() + 3600)

    token = BearerToken("first", expires_at=clock.now(), refresh=refresh, clock=clock)
    got = []

    def ask():
        started.wait(60)
        got.append(sent(token))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == ["Bearer second"] * 8
    assert len(calls) == 1


class CountingLock:
    """A lock that reports when a thread waits for it."""

    def __init__(self):
        self.came = threading.Semaphore(0)
        self._lock = threading.Lock()

    def __enter__(self):
        self.came.release()
        self._lock.acquire()

    def __exit__(self, *_):
        self._lock.release()


def test_threads_that_waited_for_a_renewal_share_its_failure():
    clock = ManualClock()
    calls, failures = [], []
    inside, go_on = threading.Event(), threading.Event()

    def refresh():
        calls.append(1)
        inside.set()
        go_on.wait(60)
        raise RuntimeError("down")

    token = BearerToken("first", expires_at=clock.now(), refresh=refresh, clock=clock)
    token._lock = lock = CountingLock()

    def ask():
        try:
            sent(token)
        except AuthError as error:
            failures.append(str(error))

    first = threading.Thread(target=ask)
    first.start()
    inside.wait(60)
    others = [threading.Thread(target=ask) for _ in range(4)]
    for thread in others:
        thread.start()
    assert all(lock.came.acquire(timeout=60) for _ in range(5))
    go_on.set()
    for thread in [first, *others]:
        thread.join()
    assert failures == ["The access token could not be renewed: down. Log in again."] * 5
    assert len(calls) == 1
    with pytest.raises(AuthError):
        sent(token)
    assert len(calls) == 2


def test_a_renewal_that_needs_itself_is_named():
    token = BearerToken("first", expires_at=0, refresh=lambda: sent(token))
    with pytest.raises(AuthError, match="uses the token that it renews"):
        sent(token)


def test_an_event_loop_continues_while_a_token_is_renewed():
    clock = ManualClock()
    renewing, go_on = threading.Event(), threading.Event()

    def refresh():
        renewing.set()
        assert go_on.wait(60)
        return "second"

    token = BearerToken("first", expires_at=clock.now(), refresh=refresh, clock=clock)
    seen = []

    def response(got):
        seen.append(got.headers["authorization"])
        return httpx.Response(200)

    async def run():
        transport = AsyncTransport(
            "https://api.example.org", credentials=token, transport=httpx.MockTransport(response), clock=clock
        )
        call = asyncio.create_task(transport.send(Request("GET", "/x", (), None, True, True, "get_x")))
        assert await asyncio.to_thread(renewing.wait, 5)
        go_on.set()  # only a loop that runs gets here
        await call

    asyncio.run(run())
    assert seen == ["Bearer second"]


class Stamp(Credentials):
    """Credentials of a program: a header, and nothing else of what the base has."""

    def headers(self, method, url):
        return {"x-stamp": f"{method} {url}"}


def test_credentials_of_a_program_override_what_they_need():
    seen = []

    def response(got):
        seen.append(got.headers.get("x-stamp"))
        return httpx.Response(401 if len(seen) == 1 else 200)

    transport = Transport("https://api.example.org", credentials=Stamp(), transport=httpx.MockTransport(response))
    with pytest.raises(Unauthorized):  # there is nothing to renew
        transport.send(Request("GET", "/x", (), None, True, True, "get_x"))
    assert transport.send(Request("GET", "/x", (), None, True, True, "get_x")).status_code == 200
    assert seen == ["GET https://api.example.org/x"] * 2
    elsewhere = Stamp(["https://other.example.org"])
    assert not elsewhere.goes_to(URL)
    assert repr(elsewhere) == "<Stamp for https://other.example.org:443>"


class _Terra(requests.auth.AuthBase):
    """As many write it."""

    def __call__(self, request):
        assert (request.method, request.body) == ("GET", None)
        request.headers["Authorization"] = "Bearer of-" + request.url.rpartition("/")[2]
        return request


def _without_result(request):
    request.headers.update({"X-Key": "k"})


@pytest.mark.parametrize(
    ("auth", "headers"),
    [
        (_Terra(), {"authorization": "Bearer of-a"}),
        (requests.auth.HTTPBasicAuth("ada", "secret"), {"authorization": "Basic YWRhOnNlY3JldA=="}),
        (_without_result, {"x-key": "k"}),
    ],
)
def test_an_auth_of_requests_is_credentials_of_its_clients_service(auth, headers):
    credentials = as_credentials(auth)
    assert credentials.headers("GET", "https://commons.example.org/a") == headers
    assert not credentials.ready()
    assert not credentials.renew(headers)
    assert may_send(credentials, "https://commons.example.org/a", base_url="https://commons.example.org")
    assert not may_send(credentials, "https://other.example.org/a", base_url="https://commons.example.org")


class _Renewing(requests.auth.AuthBase):
    """As Gen3Auth and pyAnVIL have it: the token is kept until a response refuses it."""

    token = 0

    def __call__(self, request):
        self.token = self.token or 1
        request.headers["Authorization"] = f"Bearer {self.token}"
        request.register_hook("response", self.handle_401)
        return request

    def handle_401(self, response, **options):
        if response.status_code not in (401, 403):
            return response
        response.content  # noqa: B018
        response.close()
        self.token += 1
        again = response.request.copy()
        again.headers["Authorization"] = f"Bearer {self.token}"
        final = response.connection.send(again, **options)
        final.history.append(response)
        final.request = again
        return final


def test_an_auth_of_requests_renews_what_is_refused_by_its_hook():
    auth = _Renewing()
    seen: list[str] = []

    def response(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(200 if len(seen) == 3 else 401, json={})

    transport = Transport(
        "https://api.example.org", credentials=as_credentials(auth), transport=httpx.MockTransport(response)
    )
    with pytest.raises(Unauthorized):
        transport.send(Request("GET", "/x", (), None, True, True, "get_x"))
    assert transport.send(Request("GET", "/x", (), None, True, True, "get_x")).status_code == 200
    assert seen == ["Bearer 1", "Bearer 2", "Bearer 2"]
    # Another thread has sent a request meanwhile: the hook gets the one that was refused.
    refused: list[str] = []

    def auth_of_path(request):
        request.headers["Authorization"] = f"Bearer {len(refused)} {request.url}"
        request.register_hook("response", lambda response, **_: refused.append(response.request.url))
        return request

    credentials = as_credentials(auth_of_path)
    headers, _ = [credentials.headers("GET", f"{URL}/{name}") for name in "ab"]
    assert credentials.renew(headers | {"x-key": "of other credentials"})
    assert not credentials.renew({"authorization": "Bearer of other credentials"})
    assert refused == [f"{URL}/a"]
    digest = as_credentials(requests.auth.HTTPDigestAuth("ada", "secret"))
    assert digest.headers("GET", URL) == {}
    assert not digest.renew({})


def test_what_may_be_given_as_credentials():
    token = BearerToken("t")
    assert as_credentials(token) is token
    assert as_credentials(None) is None
    assert isinstance(as_credentials(httpx.BasicAuth("u", "p")), HttpxAuth)
    with pytest.raises(ConfigError, match="BearerToken") as caught:
        as_credentials("canary")
    with pytest.raises(ConfigError, match="Invalid credentials of type type"):
        as_credentials(_Terra)
    assert "canary" not in str(caught.value)
