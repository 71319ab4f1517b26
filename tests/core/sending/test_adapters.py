"""Our credentials in other people's clients go where they may, and nowhere else."""

import asyncio
import threading
import time

import httpx
import pytest
import requests
from omicsdk.core.credentials import ApiKey, BearerToken, Credentials, Token
from omicsdk.core.errors import ConfigError
from omicsdk.core.sending.adapters import httpx_auth, requests_auth

BASE = "https://dss.example.org/v1"


def prepared(url: str) -> requests.PreparedRequest:
    request = requests.Request("GET", url, auth=requests_auth(BearerToken("t"), base_url=BASE))
    return request.prepare()


def test_requests_gets_the_headers_for_the_service_only():
    assert prepared(f"{BASE}/bundles/all").headers["authorization"] == "Bearer t"
    assert "authorization" not in prepared("https://other.example.org/v1").headers
    assert "authorization" not in prepared("http://dss.example.org/v1").headers


def seen_by_httpx(credentials: BearerToken, url: str, *statuses: int) -> list[str | None]:
    seen: list[str | None] = []
    answers = iter(statuses)

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("authorization"))
        return httpx.Response(next(answers))

    with httpx.Client(transport=httpx.MockTransport(answer), auth=httpx_auth(credentials, base_url=BASE)) as client:
        client.get(url)
    return seen


def test_httpx_gets_the_headers_for_the_service_only():
    assert seen_by_httpx(BearerToken("t"), f"{BASE}/bundles/all", 200) == ["Bearer t"]
    assert seen_by_httpx(BearerToken("t"), "https://other.example.org", 200) == [None]


def test_a_refused_token_is_renewed_once():
    token = BearerToken("old", refresh=lambda: Token("new"))
    assert seen_by_httpx(token, f"{BASE}/files/1", 401, 401) == ["Bearer old", "Bearer new"]


def test_an_api_key_goes_into_the_query():
    key = ApiKey("k/1", query="key")
    url = f"{BASE}/bundles/all?replica=aws"
    request = requests.Request("GET", url, auth=requests_auth(key, base_url=BASE)).prepare()
    assert request.url == f"{url}&key=k%2F1"
    assert asked_by_httpx(key, url) == [f"{url}&key=k%2F1"]


def asked_by_httpx(credentials: Credentials, url: str) -> list[str]:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200)

    with httpx.Client(transport=httpx.MockTransport(answer), auth=httpx_auth(credentials, base_url=BASE)) as client:
        client.get(url)
    return asked


@pytest.mark.parametrize("credentials", [BearerToken("canary"), ApiKey("canary", header="X-Key")])
def test_requests_takes_nothing_along_to_another_origin(wire, credentials):
    other = wire(lambda server, connection, _: answered(server, connection, "200 OK"))
    there = f"location: {other.url}/x\r\n"
    own = wire(lambda server, connection, _: answered(server, connection, "302 Found", there))
    with requests.Session() as session:
        session.trust_env = False
        session.get(f"{own.url}/a", auth=requests_auth(credentials, base_url=own.url))
    assert b"canary" in own.heads[0]
    assert b"canary" not in other.heads[0]


def test_requests_takes_all_along_within_the_service(wire):
    def talk(server, connection, number):
        status, head = ("302 Found", "location: /b\r\n") if number == 0 else ("200 OK", "")
        answered(server, connection, status, head)

    own = wire(talk)
    with requests.Session() as session:
        session.trust_env = False
        session.get(f"{own.url}/a", auth=requests_auth(ApiKey("canary", header="X-Key"), base_url=own.url))
    assert [b"canary" in head for head in own.heads] == [True, True]


def test_requests_sends_again_what_was_refused_once(wire):
    own = wire(lambda server, connection, _: answered(server, connection, "401 Unauthorized"))
    token = BearerToken("old", refresh=lambda: Token("new"))
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(f"{own.url}/a", auth=requests_auth(token, base_url=own.url))
    assert (answer.status_code, len(answer.history)) == (401, 1)
    assert [head.lower().partition(b"authorization: ")[2].partition(b"\r")[0] for head in own.heads] == [
        b"bearer old",
        b"bearer new",
    ]


def answered(server, connection, status: str, head: str = "") -> None:
    server.head(connection)
    connection.sendall(f"HTTP/1.1 {status}\r\n{head}content-length: 0\r\nconnection: close\r\n\r\n".encode())


def test_httpx_is_not_given_what_it_would_hand_on():
    with pytest.raises(ConfigError, match=r"x-key.*redirect"):
        asked_by_httpx(ApiKey("canary", header="X-Key"), f"{BASE}/a")


def test_on_an_event_loop_a_token_is_renewed_in_a_thread():
    threads: list[int] = []

    def refresh() -> Token:
        threads.append(threading.get_ident())
        return Token(f"new-{len(threads)}", expires_at=time.time() + 3600)

    seen: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("authorization"))
        return httpx.Response(401 if len(seen) == 1 else 200)

    async def run() -> None:
        ended = BearerToken("old", expires_at=time.time() - 1, refresh=refresh)
        auth = httpx_auth(ended, base_url=BASE)
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer), auth=auth) as client:
            await client.get(f"{BASE}/a")
            await client.get("https://other.example.org")

    asyncio.run(run())
    assert seen == ["Bearer new-1", "Bearer new-2", None]
    assert threading.get_ident() not in threads
