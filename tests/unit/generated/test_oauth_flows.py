"""OAuth 2.0 flows of a document: tokens come from the server that it states, with the scopes that operations require."""

import asyncio
import base64
from collections.abc import Callable
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from omicsdk.core.errors import AuthError, ConfigError
from omicsdk.core.manual_clock import ManualClock
from omicsdk.core.oauth.flows import ClientCredentials, DeviceLogin, RefreshToken
from small_documents import document, operation

_SCOPES = {"read": "Read.", "write": "Write.", "admin": "Everything."}
_TOKENS = {"tokenUrl": "https://login.example/token", "scopes": _SCOPES}
_FLOWS = {
    "clientCredentials": _TOKENS,
    "deviceAuthorization": {"deviceAuthorizationUrl": "https://login.example/device", **_TOKENS},
    "authorizationCode": {
        "authorizationUrl": "https://login.example/authorize",
        "refreshUrl": "https://login.example/refresh",
        **_TOKENS,
    },
}
_NEAR = {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": {}}}
_SCHEMES = {"oauth": {"type": "oauth2", "flows": _FLOWS}, "near": {"type": "oauth2", "flows": _NEAR}}
_WRITE = [{"oauth": ["read", "write"]}]
DOCUMENT = document(
    {
        "/things": {
            "get": operation(operationId="list_things", status=204),
            "post": operation(operationId="add_thing", security=_WRITE, status=204),
        },
        "/near": {"get": operation(operationId="near", security=[{"near": []}], status=204)},
    },
    servers=[{"url": "https://api.example/v1"}],
    security=[{"oauth": ["read"]}],
    components={"securitySchemes": _SCHEMES},
)


class Services:
    """The service and its authorization server, which issues tokens t1, t2 ...; at most `answers` of its responses come first."""

    def __init__(self, *answers: tuple[int, dict[str, Any]], **more: Any) -> None:
        self.answers = list(answers)
        self.more = more
        self.forms: list[tuple[str, dict[str, str], str]] = []
        self.tokens: list[str | None] = []
        self.transport = httpx.MockTransport(self._handle)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        login = request.headers.get("authorization")
        if request.url.path.startswith("/v1"):
            self.tokens.append(login)
            return httpx.Response(204)
        self.forms.append((str(request.url), dict(parse_qsl(request.content.decode())), login or ""))
        if self.answers:
            status, answer = self.answers.pop(0)
            return httpx.Response(status, json=answer)
        return httpx.Response(200, json={"access_token": f"t{len(self.forms)}", "expires_in": 3600, **self.more})


_BASIC = f"Basic {base64.b64encode(b'id:se%2Fcret').decode()}"


@pytest.mark.parametrize(
    ("credentials", "form", "login"),
    [
        (ClientCredentials("id", "se/cret"), {"scope": "read write"}, _BASIC),
        (ClientCredentials("id", "se/cret", scopes=["admin"]), {"scope": "admin"}, _BASIC),
        (ClientCredentials("id", "se/cret", scopes=()), {}, _BASIC),
        (
            ClientCredentials("id", "se/cret", auth_method="client_secret_post"),
            {"scope": "read write", "client_id": "id", "client_secret": "se/cret"},
            "",
        ),
    ],
)
def test_client_credentials_come_from_the_documents_server(
    package: ModuleType, credentials: Any, form: Any, login: str
) -> None:
    services = Services()
    with package.ThingApi(credentials={"oauth": credentials}, transport=services.transport) as client:
        assert services.forms == []
        client.list_things()
        client.add_thing()
        client.with_options(timeout=5).list_things()
    assert services.forms == [("https://login.example/token", {"grant_type": "client_credentials", **form}, login)]
    assert services.tokens == ["Bearer t1"] * 3
    assert "se/cret" not in repr(credentials)


def test_an_asynchronous_client_gets_its_tokens_too(package: ModuleType) -> None:
    services = Services()

    async def run() -> None:
        async with package.AsyncThingApi(
            credentials=ClientCredentials("id", "s"), transport=services.transport
        ) as client:
            await asyncio.gather(client.list_things(), client.add_thing())

    asyncio.run(run())
    assert len(services.forms) == 1
    assert services.tokens == ["Bearer t1", "Bearer t1"]


def test_an_asynchronous_transport_alone_cannot_request_tokens(package: ModuleType) -> None:
    class OnlyAsync(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(204)

    async def run(**options: Any) -> None:
        async with package.AsyncThingApi(
            credentials=ClientCredentials("id", "s"), transport=OnlyAsync(), **options
        ) as client:
            await client.list_things()

    with pytest.raises(AuthError, match="blocking_transport"):
        asyncio.run(run())
    services = Services()
    asyncio.run(run(blocking_transport=services.transport))
    assert len(services.forms) == 1


def test_an_expired_token_is_requested_again(package: ModuleType) -> None:
    services, clock = Services(), ManualClock()
    with package.ThingApi(
        credentials=ClientCredentials("id", "s", clock=clock), transport=services.transport
    ) as client:
        client.list_things()
        clock.advance(3590)
        client.list_things()
    assert services.tokens == ["Bearer t1", "Bearer t2"]


def test_a_refresh_token_goes_where_the_document_refreshes(package: ModuleType) -> None:
    services, clock = Services(refresh_token="r2"), ManualClock()
    stored: list[str] = []
    credentials = RefreshToken("r1", "app", on_new=stored.append, clock=clock)
    with package.ThingApi(credentials=credentials, transport=services.transport) as client:
        client.list_things()
        clock.advance(3600)
        client.list_things()
    url, form = "https://login.example/refresh", {"grant_type": "refresh_token", "client_id": "app"}
    assert services.forms == [(url, {**form, "refresh_token": "r1"}, ""), (url, {**form, "refresh_token": "r2"}, "")]
    assert (stored, services.tokens) == (["r2"], ["Bearer t1", "Bearer t2"])


def test_clients_share_a_refresh_token_that_is_valid_once(package: ModuleType) -> None:
    services = Services(refresh_token="r2")
    credentials = RefreshToken("r1", "app")
    for _ in range(2):
        with package.ThingApi(credentials=credentials, transport=services.transport) as client:
            client.list_things()
    assert (len(services.forms), services.tokens) == (1, ["Bearer t1", "Bearer t1"])


@pytest.mark.parametrize("status", [400, 200])  # GitHub's server responds with 200
def test_the_device_flow_shows_a_code_and_waits_for_the_user(package: ModuleType, status: int) -> None:
    code = {"device_code": "d", "user_code": "ABC", "verification_uri": "https://login.example/enter", "interval": 5}
    pending, slower = (status, {"error": "authorization_pending"}), (status, {"error": "slow_down"})
    services, clock = Services((200, code), pending, slower, refresh_token="r2"), ManualClock()
    messages: list[str] = []
    credentials = DeviceLogin("app", on_message=messages.append, clock=clock)
    with package.ThingApi(credentials=credentials, transport=services.transport, clock=clock) as client:
        before = clock.now()
        client.list_things()
        assert clock.now() - before == 5 + 5 + 10
        clock.advance(3600)
        client.list_things()
    assert messages == ["Open this address in any browser, and enter the code ABC:\nhttps://login.example/enter"]
    poll = ("https://login.example/token", {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": "d", "client_id": "app",
    }, "")  # fmt: skip
    refresh = {"grant_type": "refresh_token", "refresh_token": "r2", "client_id": "app"}
    assert services.forms == [
        ("https://login.example/device", {"client_id": "app", "scope": "read write"}, ""),
        poll, poll, poll,
        ("https://login.example/token", refresh, ""),
    ]  # fmt: skip


@pytest.mark.parametrize("missing", ["device_code", "user_code", "verification_uri"])
def test_a_login_that_cannot_be_shown_is_not_waited_for(package: ModuleType, missing: str) -> None:
    code = {"device_code": "d", "user_code": "ABC", "verification_uri": "https://login.example/enter"}
    del code[missing]
    services, messages = Services((200, code)), list[str]()
    credentials = DeviceLogin("app", on_message=messages.append, clock=ManualClock())
    client = package.ThingApi(credentials=credentials, transport=services.transport)
    with client, pytest.raises(AuthError, match="without a device code, the user's code or its address"):
        client.list_things()
    assert messages == []


@pytest.fixture(scope="module")
def other(generate: Callable[..., ModuleType]) -> ModuleType:
    """The service with another authorization server."""
    flow = {"tokenUrl": "https://other.example/token", "scopes": _SCOPES}
    flows = {
        "clientCredentials": flow,
        "deviceAuthorization": {"deviceAuthorizationUrl": "https://other.example/device", **flow},
    }
    schemes = {**_SCHEMES, "oauth": {"type": "oauth2", "flows": flows}}
    return generate({**DOCUMENT, "components": {"securitySchemes": schemes}})


def test_a_refresh_token_is_never_sent_to_another_authorization_server(package: ModuleType, other: ModuleType) -> None:
    services, credentials = Services(), RefreshToken("r1", "app")
    with package.ThingApi(credentials=credentials, transport=services.transport) as client:
        client.list_things()
    with pytest.raises(ConfigError, match=r"belongs to https://login\.example.* not sent to https://other\.example"):
        other.ThingApi(credentials=credentials, transport=services.transport)


@pytest.mark.parametrize("kind", ["client", "device"])
def test_a_client_of_another_authorization_server_has_separate_tokens(
    package: ModuleType, other: ModuleType, kind: str
) -> None:
    """The refresh token of a login at one server is never sent to another one."""
    code = {"device_code": "d", "user_code": "ABC", "verification_uri": "https://login.example/enter"}
    answers = (
        [(200, code), (200, {"access_token": "t2", "refresh_token": "r2"}), (200, code)] if kind == "device" else []
    )
    services, clock = Services(*answers), ManualClock()
    credentials: Any = (
        DeviceLogin("app", on_message=str, clock=clock)
        if kind == "device"
        else ClientCredentials("id", "s", clock=clock)
    )
    for module in (package, other, package, other):
        with module.ThingApi(credentials=credentials, transport=services.transport, clock=clock) as client:
            client.list_things()
    first, second = services.tokens[:2]
    assert first != second
    assert services.tokens[2:] == [first, second]
    hosts = [httpx.URL(url).host for url, _, _ in services.forms]
    assert hosts == sorted(hosts)
    assert "r2" not in str(services.forms)


def test_a_refused_login_is_an_error_with_the_servers_reason(package: ModuleType) -> None:
    services = Services((401, {"error": "invalid_client", "error_description": "unknown client"}))
    message = r"login\.example refused the request for a token: .*unknown client"
    client = package.ThingApi(credentials=ClientCredentials("id", "s"), transport=services.transport)
    with client, pytest.raises(AuthError, match=message):
        client.list_things()
    assert services.tokens == []


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        (None, "https://api.example/oauth/token"),
        ("http://localhost:8000/v1", "http://localhost:8000/oauth/token"),
    ],
)
def test_a_relative_address_is_on_the_services_host(package: ModuleType, base_url: str | None, url: str) -> None:
    services = Services()
    with package.ThingApi(
        base_url, credentials={"near": ClientCredentials("id", "s")}, transport=services.transport
    ) as client:
        client.near()
    assert [form[0] for form in services.forms] == [url]


def test_a_base_url_never_sends_a_secret_to_the_real_server(package: ModuleType) -> None:
    services = Services()
    with pytest.raises(ConfigError, match=r"states https://login\.example/token for tokens") as error:
        package.ThingApi(
            "http://localhost:8000/v1", credentials=ClientCredentials("id", "s"), transport=services.transport
        )
    assert "token_url=" in error.value.remedy
    mine = ClientCredentials("id", "s", token_url="http://localhost:9000/token")
    with package.ThingApi("http://localhost:8000/v1", credentials=mine, transport=services.transport) as client:
        client.list_things()
    assert [form[0] for form in services.forms] == ["http://localhost:9000/token"]


@pytest.mark.parametrize(
    ("scheme", "message"),
    [
        ({"type": "http", "scheme": "bearer"}, "ClientCredentials for the scheme oauth has no token_url"),
        (
            {"type": "oauth2", "flows": {"implicit": {"authorizationUrl": "https://a.example", "scopes": {}}}},
            "has no token_url",
        ),
        (
            {
                "type": "oauth2",
                "flows": {"clientCredentials": {"tokenUrl": "http://login.example/token", "scopes": {}}},
            },
            "which is not encrypted",
        ),
    ],
)
def test_a_server_that_is_not_stated_or_not_encrypted_is_an_error(
    generate: Callable[..., ModuleType], scheme: Any, message: str
) -> None:
    paths = {"/things": DOCUMENT["paths"]["/things"]}
    made = generate({**DOCUMENT, "paths": paths, "components": {"securitySchemes": {"oauth": scheme}}})
    with pytest.raises(ConfigError, match=message):
        made.ThingApi(credentials=ClientCredentials("id", "s"))


def test_flows_work_without_a_document() -> None:
    from omicsdk.core.plain_client import PlainClient, plain_request

    services = Services()
    credentials = ClientCredentials("id", "s", token_url="https://login.example/token", scopes=["x"])
    with PlainClient("https://api.example/v1", credentials=credentials, transport=services.transport) as client:
        client.send(plain_request("get", "GET", "/things"))
    assert services.forms[0][1]["scope"] == "x"
    assert services.tokens == ["Bearer t1"]


def test_the_readme_and_the_client_name_the_credentials(package: ModuleType) -> None:
    text = " ".join(package.ThingApi.__doc__.split())
    assert "ClientCredentials(client_id, client_secret) or DeviceLogin(client_id, on_message=print)" in text
