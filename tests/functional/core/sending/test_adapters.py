"""Our credentials in other people's clients go where they may, and nowhere else."""

import pytest
import requests
from omicsdk.core import ApiKey, BearerToken, Token
from omicsdk.core.sending.adapters import requests_auth


@pytest.mark.parametrize("credentials", [BearerToken("canary"), ApiKey("canary", header="X-Key")])
def test_requests_takes_nothing_along_to_another_origin(wire, credentials):
    other = wire(lambda server, connection, _: answered(server, connection, "200 OK"))
    there = f"location: {other.url}/x\r\n"
    service = wire(lambda server, connection, _: answered(server, connection, "302 Found", there))
    with requests.Session() as session:
        session.trust_env = False
        session.get(f"{service.url}/a", auth=requests_auth(credentials, base_url=service.url))
    assert b"canary" in service.heads[0]
    assert b"canary" not in other.heads[0]


def test_requests_takes_all_along_within_the_service(wire):
    def talk(server, connection, number):
        status, head = ("302 Found", "location: /b\r\n") if number == 0 else ("200 OK", "")
        answered(server, connection, status, head)

    service = wire(talk)
    with requests.Session() as session:
        session.trust_env = False
        session.get(f"{service.url}/a", auth=requests_auth(ApiKey("canary", header="X-Key"), base_url=service.url))
    assert [b"canary" in head for head in service.heads] == [True, True]


def test_requests_sends_again_what_was_refused_once(wire):
    service = wire(lambda server, connection, _: answered(server, connection, "401 Unauthorized"))
    token = BearerToken("old", refresh=lambda: Token("new"))
    with requests.Session() as session:
        session.trust_env = False
        response = session.get(f"{service.url}/a", auth=requests_auth(token, base_url=service.url))
    assert (response.status_code, len(response.history)) == (401, 1)
    assert [head.lower().partition(b"authorization: ")[2].partition(b"\r")[0] for head in service.heads] == [
        b"bearer old",
        b"bearer new",
    ]


def answered(server, connection, status: str, head: str = "") -> None:
    server.head(connection)
    connection.sendall(f"HTTP/1.1 {status}\r\n{head}content-length: 0\r\nconnection: close\r\n\r\n".encode())
