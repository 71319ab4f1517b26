"""Requests go to the servers that a document states: its own, and those of single paths and operations."""

import asyncio
from collections.abc import Callable
from types import ModuleType
from typing import Any

import httpx
import pytest
from omicsdk.core.credentials import BearerToken
from omicsdk.core.errors import AuthError, ConfigError
from recording_network import RecordingNetwork
from small_documents import document, operation

_REGION = {"default": "us", "enum": ["us", "eu"], "description": "Where the data are."}


def _operation(name: str, servers: Any = None) -> dict[str, Any]:
    return operation(operationId=name, status=204, **({"servers": servers} if servers else {}))


DOCUMENT = document(
    {
        "/plain": {"get": _operation("plain")},
        "/token": {"get": _operation("token", [{"url": "https://us.example/oauth2"}])},
        "/relative": {"get": _operation("relative", [{"url": "/v3"}])},
        "/upload": {
            "post": _operation(
                "upload",
                [
                    {"url": "https://upload-{region}.example/api", "name": "live", "variables": {"region": _REGION}},
                    {"url": "https://upload.sandbox.example/api", "name": "sandbox"},
                ],
            )
        },
        "/zones": {"get": _operation("zones", [{"url": "https://zones.other.example"}])},
    },
    openapi="3.2.0",
    servers=[
        {"url": "https://{region}.example/2.0", "name": "live", "variables": {"region": _REGION}},
        {"url": "https://sandbox.example:{port}/2.0", "name": "sandbox", "variables": {"port": {"default": "8443"}}},
    ],
)
UPLOAD = "https://upload-{region}.example/api"


def _urls(network: RecordingNetwork) -> list[str]:
    return [str(request.url) for request in network.requests]


def _tokens(network: RecordingNetwork) -> list[str | None]:
    return [request.headers.get("authorization") for request in network.requests]


def _sent(package: ModuleType, *names: str, **options: Any) -> list[str]:
    """The URLs of requests of operations, the same from both clients."""
    blocking, asynchronous = RecordingNetwork(), RecordingNetwork()
    with package.ThingApi(transport=blocking, **options) as client:
        for name in names:
            getattr(client, name)()

    async def run() -> None:
        async with package.AsyncThingApi(transport=asynchronous, **options) as client:
            for name in names:
                await getattr(client, name)()

    asyncio.run(run())
    assert _urls(blocking) == _urls(asynchronous)
    return _urls(blocking)


def test_an_operation_goes_to_the_server_that_the_document_states_for_it(package: ModuleType) -> None:
    assert _sent(package, "plain", "token", "relative", "upload", "zones") == [
        "https://us.example/2.0/plain",
        "https://us.example/oauth2/token",
        "https://us.example/v3/relative",
        "https://upload-us.example/api/upload",
        "https://zones.other.example/zones",
    ]


def test_a_variable_and_a_name_choose_servers_of_operations_too(package: ModuleType) -> None:
    assert _sent(package, "plain", "upload", region="eu") == [
        "https://eu.example/2.0/plain",
        "https://upload-eu.example/api/upload",
    ]
    assert _sent(package, "plain", "upload", server="sandbox", port="1") == [
        "https://sandbox.example:1/2.0/plain",
        "https://upload.sandbox.example/api/upload",
    ]


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("http://localhost:8000", "http://localhost:8000/oauth2/token"),
        ("http://localhost:8000/2.0", "http://localhost:8000/oauth2/token"),
        ("http://localhost:8000/box/2.0/", "http://localhost:8000/box/oauth2/token"),
        ("https://us.example/2.0", "https://us.example/oauth2/token"),
    ],
)
def test_a_base_url_stands_for_all_servers_of_the_default_host(package: ModuleType, base_url: str, url: str) -> None:
    assert _sent(package, "token", base_url=base_url) == [url]


def test_a_base_url_never_leads_to_another_real_server(package: ModuleType) -> None:
    network = RecordingNetwork()
    with package.ThingApi("http://localhost:8000/2.0", credentials=BearerToken("t"), transport=network) as client:
        for name, key in (("upload", UPLOAD), ("zones", "https://zones.other.example")):
            with pytest.raises(ConfigError, match=f"{name}: the document places this operation on https://") as error:
                getattr(client, name)()
            assert key in error.value.remedy
        assert _urls(network) == []
    mapped = package.ThingApi(
        "http://localhost:8000/2.0",
        servers={UPLOAD: "http://localhost:8000/up"},
        credentials=BearerToken("t"),
        transport=network,
    )
    mapped.upload()
    assert (_urls(network), _tokens(network)) == (["http://localhost:8000/up/upload"], ["Bearer t"])
    with pytest.raises(ConfigError):
        mapped.with_options(timeout=5).zones()


def test_a_server_may_be_replaced_alone(package: ModuleType) -> None:
    assert _sent(package, "plain", "upload", servers={UPLOAD: "http://localhost:1/x/"}) == [
        "https://us.example/2.0/plain",
        "http://localhost:1/x/upload",
    ]


def test_a_named_server_is_called_by_its_name_or_url(generate: Callable[..., ModuleType]) -> None:
    files = {"url": "https://files.example", "name": "files"}
    named = generate({**DOCUMENT, "paths": {"/zones": {"get": _operation("zones", [files])}}})
    for key in files.values():
        assert _sent(named, "zones", base_url="http://a", servers={key: "http://b"}) == ["http://b/zones"]
    with pytest.raises(ConfigError) as error:
        _sent(named, "zones", base_url="http://a")
    assert error.value.remedy == """Pass servers={"files": "https://..."} with the URL to send it to."""


def test_servers_without_names_correspond_by_their_order(generate: Callable[..., ModuleType]) -> None:
    servers, other = (
        [{"url": f"https://{part}{stage}.example"} for stage in ("live", "test")] for part in ("", "files.")
    )
    paths = {"/plain": {"get": _operation("plain")}, "/zones": {"get": _operation("zones", other)}}
    made = generate({**DOCUMENT, "servers": servers, "paths": paths})
    assert _sent(made, "plain", "zones", server="https://test.example") == [
        "https://test.example/plain",
        "https://files.test.example/zones",
    ]
    # A base URL that is one of the document's servers chooses it.
    assert _sent(made, "zones", base_url="https://test.example/") == ["https://files.test.example/zones"]


def test_a_token_for_one_server_is_not_sent_to_another(package: ModuleType) -> None:
    network = RecordingNetwork()
    token = BearerToken("t", origins="https://us.example")
    with package.ThingApi(credentials=token, transport=network) as client:
        client.plain()
        client.token()
        client.zones()
    assert _tokens(network) == ["Bearer t", "Bearer t", None]


def test_a_redirect_to_the_default_server_carries_no_token(package: ModuleType) -> None:
    seen: list[tuple[str, str | None]] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.host, request.headers.get("authorization")))
        if request.url.host == "zones.other.example":
            return httpx.Response(302, headers={"location": "https://us.example/2.0/plain"})
        return httpx.Response(204)

    token = BearerToken("t", origins=["https://us.example", "https://zones.other.example"])
    with package.ThingApi(credentials=token, transport=httpx.MockTransport(handle)) as client:
        client.zones()
    assert seen == [("zones.other.example", "Bearer t"), ("us.example", None)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"server": "moon"}, "server names 'moon'"),
        ({"servers": {"moon": "https://a.example"}}, "servers names 'moon'"),
        ({"servers": {UPLOAD: "moon"}}, "which does not begin with http"),
        ({"servers": {UPLOAD: "https://me:secret@a.example"}}, "contains a password"),
        ({"servers": {UPLOAD: "https://a.example?b"}}, "has a query or fragment"),
        ({"region": "moon"}, "has no region 'moon'"),
        ({"port": "1@evil.example"}, "cannot be part of the server's URL"),
        ({"port": "1/evil"}, "cannot be part of the server's URL"),
        ({"base_url": "https://a.example", "server": "sandbox"}, "server has no effect"),
        ({"base_url": "https://a.example", "port": "1"}, "port has no effect"),
    ],
)
def test_a_choice_that_the_document_does_not_offer_is_an_error(package: ModuleType, options: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        package.ThingApi(**options)


def test_the_constructor_shows_the_choices(package: ModuleType) -> None:
    import inspect

    parameters = inspect.signature(package.ThingApi.__init__).parameters
    assert parameters["server"].annotation == "Literal['live', 'sandbox'] | None"
    assert parameters["region"].annotation == "Literal['us', 'eu'] | None"
    assert parameters["port"].annotation == "str | None"
    assert "region: Where the data are. One of us, eu. By default us." in package.ThingApi.__doc__
    module = __import__(f"{package.__name__}.client", fromlist=["ThingServers"])
    assert set(module.ThingServers.__annotations__) == {
        UPLOAD,
        "/v3",
        "https://us.example/oauth2",
        "https://zones.other.example",
    }


def test_a_document_with_one_server_has_no_constructor_of_its_own(generate: Callable[..., ModuleType]) -> None:
    alone = generate(
        {**DOCUMENT, "servers": [{"url": "https://a.example"}], "paths": {"/plain": DOCUMENT["paths"]["/plain"]}}
    )
    assert "__init__" not in vars(alone.ThingApi)
    assert _sent(alone, "plain") == ["https://a.example/plain"]


@pytest.mark.parametrize("endpoint", ["http://localhost:8000/lab", "http://localhost:8000/lab/"])
def test_a_variable_that_a_url_begins_with_is_a_base_url(generate: Callable[..., ModuleType], endpoint: str) -> None:
    variables = {"endpoint": {"default": ""}, "version": {"default": "", "enum": ["v1"]}}
    made = generate({**DOCUMENT, "servers": [{"url": "{endpoint}/api/{version}", "variables": variables}]})
    assert _sent(made, "plain", endpoint=endpoint) == ["http://localhost:8000/lab/api/v1/plain"]
    assert "By default ." not in str(made.ThingApi.__doc__)
    faults = {
        "": "is empty",
        "http://a@b": "cannot be part",
        "localhost:8000": "endpoint is 'localhost:8000', which does not begin",
    }
    for value, message in faults.items():
        with pytest.raises(ConfigError, match=message):
            made.ThingApi(endpoint=value)


def test_an_operation_elsewhere_needs_a_mapping_where_the_document_has_no_default(
    generate: Callable[..., ModuleType],
) -> None:
    relative = generate({**DOCUMENT, "servers": [{"url": "/v1"}]})
    assert _sent(relative, "plain", "relative", base_url="http://localhost/v1") == [
        "http://localhost/v1/plain",
        "http://localhost/v3/relative",
    ]
    with pytest.raises(ConfigError, match="zones: "):
        _sent(relative, "zones", base_url="http://localhost/v1")


def test_a_token_is_not_sent_unencrypted_to_a_server_of_an_operation(generate: Callable[..., ModuleType]) -> None:
    security: dict[str, Any] = {
        "security": [{"key": []}],
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    }
    paths = {"/open": {"get": _operation("open", [{"url": "http://plain.example"}])}}
    network = RecordingNetwork()
    with (
        generate({**DOCUMENT, "paths": paths, **security}).ThingApi(
            credentials=BearerToken("t"), transport=network
        ) as client,
        pytest.raises(AuthError, match=r"not sent to http://plain\.example because"),
    ):
        client.open()
    assert _urls(network) == []
