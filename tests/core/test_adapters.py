"""Our credentials in other people's clients go where they may, and nowhere else."""

import httpx
import requests
from omicsdk.core.adapters import httpx_auth, requests_auth
from omicsdk.core.credentials import BearerToken, Token

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
