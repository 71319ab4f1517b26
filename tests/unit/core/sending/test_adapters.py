"""Our credentials in other people's clients go where they may, and nowhere else."""

import asyncio
import threading
import time

import httpx
import pytest
import requests
from omicsdk.core import ApiKey, BearerToken, ConfigError, Credentials, Token
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
    responses = iter(statuses)

    def response(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("authorization"))
        return httpx.Response(next(responses))

    with httpx.Client(transport=httpx.MockTransport(response), auth=httpx_auth(credentials, base_url=BASE)) as client:
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
    assert urls_from_httpx(key, url) == [f"{url}&key=k%2F1"]


def urls_from_httpx(credentials: Credentials, url: str) -> list[str]:
    urls: list[str] = []

    def response(request: httpx.Request) -> httpx.Response:
        urls.append(str(request.url))
        return httpx.Response(200)

    with httpx.Client(transport=httpx.MockTransport(response), auth=httpx_auth(credentials, base_url=BASE)) as client:
        client.get(url)
    return urls


def test_httpx_is_not_given_what_it_would_hand_on():
    with pytest.raises(ConfigError, match=r"x-key.*redirect"):
        urls_from_httpx(ApiKey("canary", header="X-Key"), f"{BASE}/a")


def test_on_an_event_loop_a_token_is_renewed_in_a_thread():
    threads: list[int] = []

    def refresh() -> Token:
        threads.append(threading.get_ident())
        return Token(f"new-{len(threads)}", expires_at=time.time() + 3600)

    seen: list[str | None] = []

    def response(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("authorization"))
        return httpx.Response(401 if len(seen) == 1 else 200)

    async def run() -> None:
        ended = BearerToken("old", expires_at=time.time() - 1, refresh=refresh)
        auth = httpx_auth(ended, base_url=BASE)
        async with httpx.AsyncClient(transport=httpx.MockTransport(response), auth=auth) as client:
            await client.get(f"{BASE}/a")
            await client.get("https://other.example.org")

    asyncio.run(run())
    assert seen == ["Bearer new-1", "Bearer new-2", None]
    assert threading.get_ident() not in threads


@pytest.mark.parametrize("target", ["https://other.example.org/v1/result", f"{BASE}/result"])
def test_httpx_does_not_repeat_a_post_whose_redirect_was_refused(target: str):
    methods: list[str] = []

    def response(request: httpx.Request) -> httpx.Response:
        methods.append(request.method)
        return httpx.Response(303, headers={"location": target}) if request.method == "POST" else httpx.Response(401)

    token = BearerToken("old", refresh=lambda: pytest.fail("no response refused the POST"))
    auth = httpx_auth(token, base_url=BASE)
    with httpx.Client(transport=httpx.MockTransport(response), auth=auth, follow_redirects=True) as client:
        client.post(f"{BASE}/jobs")
    assert methods == ["POST", "GET"]
