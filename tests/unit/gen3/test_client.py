"""`Gen3` and `AsyncGen3`: where the commons and the login come from, one pool for all services, and workflows on both."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from gen3_commons import COMMONS, FakeCommons
from omicsdk import AsyncGen3, BearerToken, Gen3
from omicsdk.compat.gen3.file import Gen3File
from omicsdk.compat.gen3.index import Gen3Index
from omicsdk.compat.gen3.jobs import Gen3Jobs
from omicsdk.compat.gen3.metadata import Gen3Metadata
from omicsdk.core import ANONYMOUS, ConfigError, Retry, ServiceUnavailable
from omicsdk.gen3 import Gen3Login

OTHER = "https://other.example.org"


def _key(folder: Path, make_token: Callable[..., str], name: str = "credentials", issuer: str = COMMONS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"api_key": make_token(issuer=issuer, seconds=86400), "key_id": "1"}), encoding="utf-8")
    path.chmod(0o600)
    return path


def _sent(client: Gen3) -> str:
    """The token that goes along to the commons."""
    assert client.credentials is not None
    return dict(client.credentials.headers("GET", client.base_url)).get("authorization", "").partition(" ")[2]


# -- where the commons and the login come from


def test_without_anything_the_error_states_what_to_set() -> None:
    with pytest.raises(ConfigError, match="No base URL found for the platform gen3") as failed:
        Gen3(environ={})
    assert "GEN3_ENDPOINT" in failed.value.remedy
    assert "GEN3_API_KEY" in failed.value.remedy


@pytest.mark.parametrize("variable", ["OMICS_GEN3_URL", "GEN3_ENDPOINT"])
def test_a_host_alone_in_the_environment_is_a_commons(variable: str) -> None:
    with Gen3(environ={variable: "commons.example.org"}) as gen3:
        assert (gen3.base_url, gen3.credentials) == (COMMONS, None)


def test_a_key_file_states_its_commons(home: Path, make_token: Callable[..., str]) -> None:
    _key(home / ".gen3", make_token)
    with Gen3(environ={}) as gen3:
        assert gen3.base_url == COMMONS
        assert isinstance(gen3.credentials, Gen3Login)


def test_a_profile_is_a_name_within_the_folder(home: Path, make_token: Callable[..., str]) -> None:
    _key(home / ".gen3", make_token)
    _key(home / ".gen3", make_token, "work", OTHER)
    with Gen3(profile="work", environ={"GEN3_ENDPOINT": COMMONS}) as gen3:
        assert gen3.base_url == OTHER
    with pytest.raises(ConfigError, match="No profile 'home'"):
        Gen3(profile="home", environ={})


def test_the_environment_wins_over_the_folder(home: Path, tmp_path: Path, make_token: Callable[..., str]) -> None:
    _key(home / ".gen3", make_token)
    key = _key(tmp_path / "elsewhere", make_token, issuer=OTHER)
    with Gen3(environ={"GEN3_API_KEY": str(key)}) as gen3:
        assert gen3.base_url == OTHER


def test_a_token_states_the_commons_that_issued_it(make_token: Callable[..., str]) -> None:
    token = make_token(seconds=10**9)  # by this machine's clock, too
    for client in (Gen3(credentials=token, environ={}), Gen3(environ={"OMICS_GEN3_TOKEN": token})):
        with client as gen3:
            assert (gen3.base_url, _sent(gen3)) == (COMMONS, token)


def test_a_login_states_its_commons_before_the_environment_does(make_token: Callable[..., str]) -> None:
    login = Gen3Login(access_token=make_token())
    with Gen3(credentials=login, environ={"GEN3_ENDPOINT": OTHER}) as gen3:
        assert (gen3.base_url, gen3.credentials) == (COMMONS, login)


def test_text_names_a_login_as_the_variable_of_keys_does(
    home: Path, tmp_path: Path, make_token: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _key(home / ".gen3", make_token, "work", OTHER)
    path = _key(tmp_path / "my keys", make_token)
    monkeypatch.chdir(path.parent)
    token = make_token()
    logins = {
        "work": OTHER,
        "work.json": OTHER,
        str(path): COMMONS,
        path.name: COMMONS,
        f"accesstoken:///{token}": COMMONS,
    }
    for text, expected in logins.items():
        with Gen3(credentials=text, environ={}) as gen3:
            assert gen3.base_url == expected
    with Gen3(credentials="work", environ={"GEN3_ENDPOINT": COMMONS}) as gen3:
        assert gen3.base_url == COMMONS
    with Gen3(COMMONS, credentials="x" * 5000, environ={}) as gen3:
        assert _sent(gen3) == "x" * 5000


def test_a_token_beside_another_commons_is_not_sent(make_token: Callable[..., str]) -> None:
    environ = {"OMICS_GEN3_URL": OTHER, "OMICS_GEN3_TOKEN": make_token(issuer=OTHER)}
    with Gen3(COMMONS, environ=environ) as gen3:
        assert gen3.credentials is None


def test_anonymous_reads_no_key(home: Path, make_token: Callable[..., str]) -> None:
    _key(home / ".gen3", make_token)
    with Gen3(COMMONS, credentials=ANONYMOUS, environ={}) as gen3:
        assert gen3.credentials is None


def test_a_key_for_another_commons_asks_the_issuers_token_service(
    commons: FakeCommons, home: Path, make_token: Callable[..., str]
) -> None:
    _key(home / ".gen3", make_token)
    with Gen3(OTHER, environ={}) as gen3:
        assert isinstance(gen3.credentials, Gen3Login)
        assert gen3.credentials.goes_to(f"{OTHER}/user/user")
        assert not gen3.credentials.goes_to(f"{COMMONS}/user/user")
    assert commons.requests == []


# -- its services


def test_all_services_share_settings_and_connections_each_at_its_place() -> None:
    requests: list[tuple[str, str | None, str | None]] = []

    def response(request: httpx.Request) -> httpx.Response:
        requests.append((request.url.path, request.headers.get("authorization"), request.headers.get("x-mark")))
        return httpx.Response(200, json={})

    transport = httpx.MockTransport(response)
    with Gen3(COMMONS, credentials=BearerToken("t0ken"), headers={"X-Mark": "1"}, transport=transport) as gen3:
        gen3.indexd.get_guids_prefix.raw()
        gen3.fence.get_user_info.raw()
        gen3.metadata.get_status.raw()
        gen3.drs.get_service_info.raw()
        gen3.with_options(credentials=None).fence.get_user_info.raw()
        assert gen3.indexd is gen3.indexd
        pools = {id(client._exchange.transport._connections) for client in (gen3, gen3.indexd, gen3.sheepdog, gen3.wts)}
        assert len(pools) == 1
    assert [path for path, _, _ in requests] == [
        "/index/guid/prefix",
        "/user/user",
        "/mds/_status",
        "/ga4gh/drs/v1/service-info",
        "/user/user",
    ]
    assert {mark for _, _, mark in requests} == {"1"}
    assert requests[1][1] == "Bearer t0ken"
    assert requests[-1][1] is None


def test_of_arborist_a_commons_serves_questions_at_other_paths() -> None:
    urls: list[str] = []

    def response(request: httpx.Request) -> httpx.Response:
        urls.append(str(request.url))
        return httpx.Response(200, json={})

    with Gen3(COMMONS, credentials=BearerToken("t0ken"), transport=httpx.MockTransport(response)) as gen3:
        gen3.arborist.get_auth_mapping.raw()
        gen3.arborist.list_auth_resources.raw()
        gen3.arborist.list_policies.raw()
        gen3.arborist.check_auth_proxy.raw(resource="/open", service="fence", method="read")
    assert urls == [
        f"{COMMONS}/authz/mapping",
        f"{COMMONS}/authz/resources",
        f"{COMMONS}/authz/policy",
        f"{COMMONS}/authz?resource=/open&service=fence&method=read",
    ]


def test_the_asynchronous_client_has_the_same_services() -> None:
    async def run() -> str:
        transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"path": request.url.path}))
        async with AsyncGen3(COMMONS, transport=transport) as gen3:
            return (await gen3.indexd.get_guids_prefix.raw()).json()["path"]

    assert asyncio.run(run()) == "/index/guid/prefix"


# -- what is sent again


@pytest.mark.parametrize(
    ("client", "create"),
    [
        (Gen3File, lambda files: files.upload_file("a")),
        (Gen3Index, lambda index: index.create_record({"md5": "0" * 32}, 1)),
        (Gen3Jobs, lambda jobs: jobs.create_job("x", {})),
        (Gen3Metadata, lambda metadata: metadata.create("g", {})),
    ],
)
def test_what_creates_something_is_not_sent_twice(client: Any, create: Callable[[Any], object]) -> None:
    requests: list[httpx.Request] = []

    def unavailable(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(503)

    service = client(COMMONS, transport=httpx.MockTransport(unavailable), retry=Retry(attempts=3, base=0))
    with pytest.raises(ServiceUnavailable):
        create(service)
    assert [request.method for request in requests] == ["POST"]
    assert client is Gen3File or not service.is_healthy()
