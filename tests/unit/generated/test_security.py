"""Each operation sends the credentials that the document requires of it: one, several together, one of several, or none."""

import asyncio
from collections.abc import Callable
from types import ModuleType
from typing import Any

import httpx
import pytest
from omicsdk.core.credentials import ApiKey, Basic, BearerToken
from omicsdk.core.errors import AuthError, ConfigError, Forbidden, Unauthorized
from recording_network import RecordingNetwork
from small_documents import document, operation


def _operation(name: str, security: Any = None, server: str = "", **more: Any) -> dict[str, Any]:
    servers = {"servers": [{"url": server}]} if server else {}
    requirement = {} if security is None else {"security": security}
    return {"get": operation(operationId=name, status=204, **requirement, **servers, **more)}


SCHEMES: dict[str, Any] = {
    "token": {"type": "http", "scheme": "bearer"},
    "login": {"type": "http", "scheme": "basic"},
    "app id": {"type": "apiKey", "in": "header", "name": "APP-ID"},
    "app-secret": {"type": "apiKey", "in": "header", "name": "APP-SECRET"},
    "session": {"type": "apiKey", "in": "cookie", "name": "sid"},
    "link": {"type": "apiKey", "in": "query", "name": "key"},
    "partner": {"type": "http", "scheme": "bearer"},
    "unused": {"type": "apiKey", "in": "header", "name": "UNUSED"},
}
PARTNER = "https://partner.example"
DOCUMENT = document(
    {
        "/usual": _operation("usual"),
        "/usual_too": _operation("usual_too"),
        "/open": _operation("open", []),
        "/sign_in": _operation("sign_in", [{"login": []}]),
        "/pair": _operation("pair", [{"app id": [], "app-secret": []}]),
        "/any": _operation("any", [{"app id": [], "app-secret": []}, {"token": []}, {"link": []}]),
        "/optional": _operation("optional", [{}, {"app id": [], "app-secret": []}]),
        "/cookies": _operation(
            "cookies",
            [{"session": [], "token": []}],
            parameters=[{"name": "theme", "in": "cookie", "schema": {"type": "string"}}],
        ),
        "/partner": _operation("partner", [{"partner": []}], PARTNER),
        "/mirror": _operation("mirror", [{"token": []}], "https://mirror.example"),
    },
    servers=[{"url": "https://api.example"}],
    security=[{"token": []}],
    components={"securitySchemes": SCHEMES},
)
ALL: dict[str, Any] = {
    "token": "t", "login": ("u", "p"), "app id": "1", "app-secret": "2", "session": "s", "link": "k", "partner": "x",
}  # fmt: skip
_SENT = ("authorization", "app-id", "app-secret", "cookie")


def _shown(request: httpx.Request) -> dict[str, str]:
    shown = {name: request.headers[name] for name in _SENT if name in request.headers}
    return {**shown, **({"?": request.url.query.decode()} if request.url.query else {})}


def _sent(package: ModuleType, name: str, credentials: Any, **arguments: Any) -> dict[str, str]:
    """The credentials of an operation's request, the same from both clients."""
    network = RecordingNetwork()
    with package.ThingApi(credentials=credentials, transport=network) as client:
        getattr(client, name)(**arguments)

    async def run() -> None:
        async with package.AsyncThingApi(credentials=credentials, transport=network) as client:
            await getattr(client, name)(**arguments)

    asyncio.run(run())
    of_blocking, of_asynchronous = map(_shown, network.requests)
    assert of_blocking == of_asynchronous
    return of_blocking


_TOKEN, _LOGIN, _PAIR = (
    {"authorization": "Bearer t"},
    {"authorization": "Basic dTpw"},
    {"app-id": "1", "app-secret": "2"},
)


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("usual", _TOKEN),
        ("open", {}),
        ("sign_in", _LOGIN),
        ("pair", _PAIR),
        ("any", _PAIR),
        ("optional", _PAIR),
        ("cookies", {**_TOKEN, "cookie": "sid=s"}),
        ("partner", {"authorization": "Bearer x"}),
        ("mirror", _TOKEN),
    ],
)
def test_an_operation_sends_the_credentials_of_its_schemes(
    package: ModuleType, name: str, sent: dict[str, str]
) -> None:
    assert _sent(package, name, ALL) == sent


def test_a_cookie_key_is_sent_beside_cookie_parameters(package: ModuleType) -> None:
    assert _sent(package, "cookies", ALL, theme="dark") == {**_TOKEN, "cookie": "theme=dark; sid=s"}


@pytest.mark.parametrize(
    ("credentials", "sent"),
    [
        ({"token": "t"}, _TOKEN),
        ({"link": "k"}, {"?": "key=k"}),
        ({"link": "k", "token": "t"}, _TOKEN),
        ({"login": ("u", "p")}, {}),
        ({}, {}),
        (None, {}),
        (BearerToken("t"), _TOKEN),
        (ApiKey("k", query="key"), {"?": "key=k"}),
        (Basic("u", "p"), {}),
    ],
)
def test_alternatives_take_what_was_given(package: ModuleType, credentials: Any, sent: dict[str, str]) -> None:
    assert _sent(package, "any", credentials) == sent


@pytest.mark.parametrize(
    ("name", "sent"), [("usual", {}), ("open", {}), ("sign_in", _LOGIN), ("pair", {}), ("partner", {})]
)
def test_one_credential_goes_to_operations_of_its_scheme_only(
    package: ModuleType, name: str, sent: dict[str, str]
) -> None:
    assert _sent(package, name, Basic("u", "p")) == sent


def test_credentials_of_unknown_kind_are_for_all_schemes_of_the_documents_server(package: ModuleType) -> None:
    auth = httpx.BasicAuth("u", "p")
    assert _sent(package, "usual", auth) == _sent(package, "pair", auth) == _sent(package, "mirror", auth) == _LOGIN
    assert _sent(package, "open", auth) == _sent(package, "partner", auth) == {}


def test_credentials_that_fit_no_scheme_are_for_all(package: ModuleType) -> None:
    key = ApiKey("k", header="APP-ID-2")
    with package.ThingApi(
        credentials=key, transport=httpx.MockTransport(lambda r: httpx.Response(204, headers=r.headers))
    ) as client:
        for operation in (client.usual, client.pair, client.sign_in):
            assert operation.raw().headers["app-id-2"] == "k"
        assert "app-id-2" not in client.open.raw().headers
        assert "app-id-2" not in client.partner.raw().headers


def test_one_token_is_not_sent_to_the_server_of_another_scheme(package: ModuleType) -> None:
    assert _sent(package, "partner", BearerToken("t")) == {}
    assert _sent(package, "mirror", BearerToken("t")) == _TOKEN
    assert _sent(package, "partner", {"token": "t"}) == {}


@pytest.mark.parametrize("name", ["pair", "any"])
def test_a_part_of_a_combination_is_an_error_before_sending(package: ModuleType, name: str) -> None:
    network = RecordingNetwork()
    for credentials in ({"app id": "1"}, ApiKey("1", header="app-id")):
        with package.ThingApi(credentials=credentials, transport=network) as client:
            with pytest.raises(
                AuthError, match=f"{name} requires app id and app-secret together, and app-secret is"
            ) as error:
                getattr(client, name)()
            assert "'app-secret': ApiKey(key, header='APP-SECRET')" in error.value.remedy
            client.optional()
    assert [*map(_shown, network.requests)] == [{}, {}]


@pytest.mark.parametrize(("status", "cls"), [(401, Unauthorized), (403, Forbidden)])
def test_a_refusal_names_the_schemes_where_nothing_was_sent(
    package: ModuleType, status: int, cls: type[Unauthorized | Forbidden]
) -> None:
    with package.ThingApi(transport=RecordingNetwork(status)) as client:
        with pytest.raises(cls) as error:
            client.any()
        assert error.value.schemes == (("app id", "app-secret"), ("token",), ("link",))
        assert error.value.remedy == (
            "Pass credentials={'app id': ApiKey(key, header='APP-ID'), 'app-secret': ApiKey(key, header='APP-SECRET')} or "
            "BearerToken(token) for token or ApiKey(key, query='key') for link as credentials of the client."
        )
        with pytest.raises(cls) as error:
            client.open()
        assert error.value.remedy == cls.default_remedy
        with pytest.raises(cls) as error:
            client.with_options(credentials={"token": "t"}).usual()
        assert error.value.remedy == cls.default_remedy


def test_options_take_credentials_by_scheme_too(package: ModuleType) -> None:
    network = RecordingNetwork()
    with package.ThingApi(credentials=ALL, transport=network) as client:
        client.with_options(credentials={"token": "other"}).usual()
        client.with_options(credentials=None).usual()
        client.with_options(timeout=1).pair()
    assert [*map(_shown, network.requests)] == [{"authorization": "Bearer other"}, {}, _PAIR]


@pytest.mark.parametrize(
    ("credentials", "message"),
    [
        ({"tokn": "t"}, "requires a security scheme 'tokn'"),
        ({"unused": "t"}, "requires a security scheme 'unused'"),
        ({"login": "t"}, "Invalid credentials for the scheme login"),
        ({"token": ("u", "p")}, "Invalid credentials for the scheme token"),
        ({"login": ("u", "p", "q")}, "Invalid credentials for the scheme login"),
        ({"session": "a;b"}, "a character that cookies cannot have"),
        ({"token": 1}, "Invalid credentials of type int"),
    ],
)
def test_credentials_that_the_document_does_not_know_are_an_error(
    package: ModuleType, credentials: Any, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        package.ThingApi(credentials=credentials)


def test_the_mapping_is_typed_by_the_schemes_that_operations_require(package: ModuleType) -> None:
    annotations = package.ThingCredentials.__annotations__
    assert set(annotations) == set(SCHEMES) - {"unused"}
    assert annotations["login"].__forward_arg__ == "Credentials | httpx.Auth | tuple[str, str]"


def test_credentials_of_the_client_are_what_was_passed(package: ModuleType) -> None:
    token = BearerToken("t")
    with package.ThingApi(credentials=token) as client:
        assert client._exchange.transport.credentials is token
    assert (
        repr(package.ThingApi(credentials={"token": "very-secret"})._exchange.transport.credentials)
        == "<SchemeCredentials for token>"
    )


def _variant(**changes: Any) -> dict[str, Any]:
    return {**DOCUMENT, **changes}


def test_a_single_scheme_takes_any_credentials(generate: Callable[..., ModuleType]) -> None:
    paths = {"/usual": _operation("usual"), "/open": _operation("open", [])}
    one = generate(_variant(paths=paths))
    assert "__init__" not in vars(one.ThingApi)
    assert _sent(one, "usual", ApiKey("k", header="APP-ID")) == {"app-id": "k"}
    assert _sent(one, "usual", {"token": "t"}) == _TOKEN
    assert _sent(one, "open", BearerToken("t")) == {}


def test_an_operation_without_security_takes_none_if_others_state_some(generate: Callable[..., ModuleType]) -> None:
    paths = {"/a": _operation("a", [{"token": []}]), "/b": _operation("b"), "/c": _operation("c", [{}])}
    made = generate({key: value for key, value in _variant(paths=paths).items() if key != "security"})
    assert [_sent(made, name, BearerToken("t")) for name in "abc"] == [_TOKEN, {}, {}]


def test_a_document_without_requirements_sends_credentials_to_its_own_servers(
    generate: Callable[..., ModuleType],
) -> None:
    paths = {"/a": _operation("a"), "/b": _operation("b", None, PARTNER), "/c": _operation("c", [])}
    for components in ({"securitySchemes": SCHEMES}, {}):
        data = {key: value for key, value in _variant(paths=paths, components=components).items() if key != "security"}
        made = generate(data)
        assert [_sent(made, name, BearerToken("t")) for name in "abc"] == [_TOKEN, {}, {}]
        anywhere = BearerToken("t", origins=["https://api.example", PARTNER])
        assert _sent(made, "b", anywhere) == _TOKEN
        if components:
            assert _sent(made, "a", {"app id": "1"}) == {"app-id": "1"}


def test_renewed_parts_of_a_combination_are_sent_again(package: ModuleType) -> None:
    seen: list[dict[str, str]] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(_shown(request))
        return httpx.Response(401 if "old" in request.headers["authorization"] else 204)

    credentials = {"token": BearerToken("old", refresh=lambda: "new"), "session": "s"}
    with package.ThingApi(credentials=credentials, transport=httpx.MockTransport(handle)) as client:
        client.cookies(theme="dark")
    assert seen == [
        {"authorization": "Bearer old", "cookie": "theme=dark; sid=s"},
        {"authorization": "Bearer new", "cookie": "theme=dark; sid=s"},
    ]


def test_an_auth_of_httpx_is_sent_together_with_a_key(package: ModuleType) -> None:
    assert _sent(package, "cookies", {"token": httpx.BasicAuth("u", "p"), "session": "s"}) == {
        **_LOGIN,
        "cookie": "sid=s",
    }
    with (
        package.ThingApi(
            credentials={"token": httpx.BasicAuth("u", "p"), "session": httpx.BasicAuth("a", "b")}
        ) as client,
        pytest.raises(ConfigError, match="Two of an operation's credentials are an"),
    ):
        client.cookies()
    both = {"app id": BearerToken("t"), "app-secret": Basic("a", "b")}
    with (
        package.ThingApi(credentials=both) as client,
        pytest.raises(ConfigError, match="sent in the header authorization"),
    ):
        client.pair()


def test_no_credentials_leave_with_a_redirect(package: ModuleType) -> None:
    seen: list[dict[str, str]] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(_shown(request))
        away = request.url.host == "api.example"
        return httpx.Response(302, headers={"location": "https://elsewhere.example/x"}) if away else httpx.Response(204)

    with package.ThingApi(credentials=ALL, transport=httpx.MockTransport(handle)) as client:
        client.pair()
        client.cookies()
    assert seen == [_PAIR, {}, {**_TOKEN, "cookie": "sid=s"}, {}]


def test_credentials_are_masked_in_logs_whatever_their_names_are(
    package: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    secrets = {
        "app id": "canary-1",
        "app-secret": "canary-2",
        "link": "canary-3",
        "session": "canary-4",
        "token": "canary-5",
    }
    with caplog.at_level("DEBUG"):
        for name in ("pair", "cookies"):
            _sent(package, name, secrets)
        _sent(package, "any", {"link": "canary-3"})
    assert "app-id: ***" in caplog.text
    assert "any?key=***" in caplog.text
    assert "canary" not in caplog.text
