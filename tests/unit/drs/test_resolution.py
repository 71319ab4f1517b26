"""Which server has an object: the documented sources in the documented order, each asked once, and what is believed."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from nobodys_home import leave_home
from omicsdk.core import NO_RETRY, ConfigError, ManualClock
from omicsdk.core.retry import Retry
from omicsdk.drs import Drs, ResolutionSettings, Resolver, UnknownPrefix
from omicsdk.drs.identifiers import PREFIXES, host_in_pattern, host_of, hosts_by_prefix
from omicsdk.drs.resolution import FAILURE_SECONDS, server_url, settings_from

DAY = 24 * 3600.0
START = 1_795_000_000.0


class Web:
    """A network of fixed responses by URL; everything else is 404."""

    def __init__(self) -> None:
        self.responses: dict[str, Any] = {}
        self.urls: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        url = str(request.url)
        self.urls.append(url)
        response = self.responses.get(url)
        if isinstance(response, Exception):
            raise response
        if isinstance(response, httpx.Response):
            return response
        return httpx.Response(
            404 if response is None else 200, json=response if response is not None else {"error": "no"}
        )


@pytest.fixture
def web() -> Web:
    return Web()


@pytest.fixture
def resolver(web: Web, tmp_path: Path) -> Callable[..., Resolver]:
    def make(host: str = "home.example.org", *, now: float = START, **settings: Any) -> Resolver:
        chosen = ResolutionSettings(cache_file=tmp_path / "deep" / "hosts.json", **settings)
        clock = ManualClock(now)
        return Resolver(host, settings=chosen, retry=NO_RETRY, clock=clock, transport=httpx.MockTransport(web))

    return make


MDS = "https://home.example.org/mds/aggregate/info/dg.1"
DIST = "https://dataguids.org/index/_dist"
GUID = "https://dataguids.org/index/dg.1/abc"
PREFIX = "https://dataguids.org/mds/metadata/dg.1"
REGISTRY = "https://registry.api.identifiers.org/restApi"
NAMESPACE = f"{REGISTRY}/namespaces/search/findByPrefix?prefix=dg.1"
RESOURCES = f"{REGISTRY}/resources/search/findAllByNamespaceId?id=1234"
N2T = "https://n2t.net/dg.1:"
NAMED = {"prefix": "dg.1", "_links": {"self": {"href": f"{REGISTRY}/namespaces/1234"}}}


def test_a_host_in_the_identifier_is_used_without_a_lookup(resolver: Any, web: Web) -> None:
    assert resolver().host("drs://data.example.org/abc") == "data.example.org"
    assert resolver().host("abc") == "home.example.org"
    assert web.urls == []


def test_without_a_commons_a_bare_identifier_has_no_server(resolver: Any) -> None:
    with pytest.raises(
        UnknownPrefix, match=r"there is no base URL\. Pass base_url \(--base-url\), or write .* \(drs://HOST/ID\)\.$"
    ):
        resolver("").host("abc")


@pytest.mark.parametrize(
    ("responses", "urls"),
    [
        ({MDS: {"host": "https://a.example.org/"}}, [MDS]),
        (
            {DIST: [{"name": "n", "host": "https://a.example.org/index/", "hints": [".*dg\\.1.*"], "type": "indexd"}]},
            [MDS, DIST],
        ),
        ({DIST: [], GUID: {"from_index_service": {"host": "https://a.example.org/index/"}}}, [MDS, DIST, GUID]),
        ({DIST: [], PREFIX: {"host": "a.example.org"}}, [MDS, DIST, GUID, PREFIX]),
        (
            {
                DIST: [],
                NAMESPACE: NAMED,
                RESOURCES: {
                    "_embedded": {
                        "resources": [
                            {"providerCode": "page", "urlPattern": "https://page.example.org/{$id}"},
                            {"providerCode": "a", "urlPattern": "https://a.example.org/ga4gh/drs/v1/objects/{$id}"},
                        ]
                    }
                },
            },
            [MDS, DIST, GUID, PREFIX, NAMESPACE, RESOURCES],
        ),
        (
            {
                DIST: [],
                N2T: httpx.Response(200, text="name: d\nredirect: https://a.example.org/ga4gh/drs/v1/objects/$id\n"),
            },
            [MDS, DIST, GUID, PREFIX, NAMESPACE, N2T],
        ),
    ],
)
def test_the_sources_are_queried_in_order_until_one_knows(
    resolver: Any, web: Web, responses: dict[str, Any], urls: list[str]
) -> None:
    web.responses = responses
    assert resolver().host("drs://dg.1:abc") == "a.example.org"
    assert web.urls == urls


@pytest.mark.timeout(20)  # searching from each of the empty lines again would take minutes
def test_empty_lines_of_a_registry_cost_no_time(resolver: Any, web: Web) -> None:
    web.responses = {DIST: [], N2T: httpx.Response(200, text="\n" * 400_000)}
    with pytest.raises(UnknownPrefix, match="n2t: not known"):
        resolver().host("drs://dg.1:abc")


def test_a_prefix_is_looked_up_once_and_kept_for_the_next_run(resolver: Any, web: Web, tmp_path: Path) -> None:
    web.responses = {MDS: {"host": "a.example.org"}}
    one = resolver()
    assert [one.host(f"dg.1/{name}") for name in "abc"] == ["a.example.org"] * 3
    assert resolver(now=START + 1.9 * DAY).host("dg.1/x") == "a.example.org"
    assert web.urls == [MDS]
    kept = json.loads((tmp_path / "deep" / "hosts.json").read_text())
    created = datetime.fromtimestamp(START, UTC).strftime("%m/%d/%Y %H:%M:%S:+0000")  # as Gen3's client writes it
    entry = {"host": "a.example.org", "name": "", "type": "indexd", "created": created}
    assert kept == {"info": {"created": created}, "cache": {"dg.1": entry}}
    resolver(now=START - 9 * 60).host("dg.1/x")  # the clock of another machine
    assert web.urls == [MDS]
    for count, now in enumerate((START - 10 * 60, START + 2.1 * DAY), 2):
        resolver(now=now).host("dg.1/x")
        assert web.urls == [MDS] * count


def test_another_host_of_the_resolver_and_another_order(resolver: Any, web: Web) -> None:
    web.responses = {
        "https://r.example.org/index/_dist": [{"host": "b.example.org", "hints": ["^dg.1.*"], "type": "indexd"}]
    }
    instance = resolver(order=("dataguids_dist",), resolver="https://r.example.org", keeps=False)
    assert instance.host("dg.1/abc") == "b.example.org"


def test_a_source_that_is_down_is_passed_over_and_named_when_no_source_has_it(resolver: Any, web: Web) -> None:
    web.responses = {DIST: httpx.ConnectError("refused"), GUID: {"from_index_service": {"host": "a.example.org"}}}
    assert resolver().host("dg.1/abc") == "a.example.org"
    web.responses = {DIST: httpx.ConnectError("refused")}
    with pytest.raises(UnknownPrefix) as unknown:
        resolver(keeps=False, order=("commons_mds", "dataguids_dist", "dataguids")).host("drs://dg.1:abc")
    message = str(unknown.value)
    assert "dg.1" in message
    assert "commons_mds: not known" in message
    assert "dataguids_dist:" in message
    assert "DRS_RESOLVER_HOSTNAME" in message


def test_an_unknown_prefix_is_asked_about_once(resolver: Any, web: Web) -> None:
    one = resolver()
    for _ in range(3):
        with pytest.raises(UnknownPrefix):
            one.host("dg.1/abc")
    assert web.urls == [MDS, DIST, GUID, PREFIX, NAMESPACE, N2T]


def test_a_prefix_that_no_source_knew_is_looked_up_again_after_a_while(web: Web) -> None:
    clock, settings = ManualClock(START), ResolutionSettings(cache_file=None, order=("commons_mds",))
    one = Resolver(
        "home.example.org", settings=settings, retry=NO_RETRY, clock=clock, transport=httpx.MockTransport(web)
    )
    web.responses = {MDS: httpx.ConnectError("unreachable")}
    with pytest.raises(UnknownPrefix, match="Cannot connect"):
        one.host("dg.1/abc")
    web.responses = {MDS: {"host": "a.example.org"}}
    clock.advance(FAILURE_SECONDS - 1)
    with pytest.raises(UnknownPrefix):
        one.host("dg.1/def")
    clock.advance(1)
    assert [one.host("dg.1/abc") for _ in range(2)] == ["a.example.org"] * 2
    assert web.urls == [MDS] * 2


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"cache": []}', '{"cache": {"dg.1": {"host": "evil/../", "created": "x"}}}']
)
def test_a_cache_file_that_cannot_be_read_is_made_again(resolver: Any, web: Web, tmp_path: Path, content: str) -> None:
    path = tmp_path / "deep" / "hosts.json"
    path.parent.mkdir()
    path.write_text(content)
    web.responses = {MDS: {"host": "a.example.org"}}
    assert resolver().host("dg.1/abc") == "a.example.org"
    assert json.loads(path.read_text())["cache"]["dg.1"]["host"] == "a.example.org"


def test_responses_that_are_no_json_or_name_no_host_know_nothing(resolver: Any, web: Web) -> None:
    web.responses = {
        MDS: httpx.Response(200, text="<html>"),
        DIST: {"not": "a list"},
        GUID: {"from_index_service": {"host": "spaces in it"}},
        PREFIX: {"host": 7},
    }
    with pytest.raises(UnknownPrefix):
        resolver().host("dg.1/abc")


def test_the_environment_states_how_and_its_mistakes_are_named(tmp_path: Path) -> None:
    environ = {
        "DRS_RESOLUTION_ORDER": "dataguids:cache_file",
        "DRS_RESOLVER_HOSTNAME": "https://r.example.org/",
        "DRS_CACHE": str(tmp_path / "c.json"),
        "DRS_CACHE_EXPIRE_DURATION": "0.5",
        "LOCALLY_CACHE_RESOLVED_HOSTS": "False",
    }
    settings = settings_from(environ)
    assert settings == ResolutionSettings(
        order=("dataguids", "cache_file"),
        resolver="https://r.example.org",
        cache_file=tmp_path / "c.json",
        days=0.5,
        keeps=False,
    )
    assert settings_from({"DRS_RESOLVER_HOSTNAME": "", "DRS_CACHE_EXPIRE_DURATION": ""}) == settings_from({})
    keeps = {text: settings_from({"LOCALLY_CACHE_RESOLVED_HOSTS": text}).keeps for text in ("1", "YES", "on", "0", "")}
    assert keeps == {"1": True, "YES": True, "on": True, "0": False, "": False}
    for name, wrong in (
        ("DRS_RESOLUTION_ORDER", "cache_file:phone"),
        ("DRS_CACHE_EXPIRE_DURATION", "two"),
        ("DRS_CACHE_EXPIRE_DURATION", "0"),
        ("LOCALLY_CACHE_RESOLVED_HOSTS", "maybe"),
    ):
        with pytest.raises(ConfigError, match=name):
            settings_from({name: wrong})


def test_known_hosts_are_in_the_users_folder_for_all_settings(monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    file = tmp_path / ".drs_cache" / "resolved_drs_hosts.json"
    assert settings_from({}).cache_file == ResolutionSettings(days=5).cache_file == file


def test_without_a_home_hosts_are_looked_up_and_kept_nowhere(web: Web, monkeypatch: Any, tmp_path: Path) -> None:
    leave_home(monkeypatch)
    monkeypatch.chdir(tmp_path)
    web.responses[MDS] = {"host": "x.example.org"}
    transport = httpx.MockTransport(web)
    resolver = Resolver("home.example.org", settings=settings_from({}), retry=NO_RETRY, transport=transport)
    assert resolver.settings.cache_file is None
    with pytest.raises(UnknownPrefix, match="cache_file: not known"):
        resolver.host("dg.9/abc")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ConfigError, match="no home folder"):
        settings_from({"DRS_CACHE": "~/hosts.json"})


def test_hints_are_read_as_texts_and_only_of_indexd() -> None:
    listed = [
        {"type": "indexd", "host": "https://a.org/index/", "hints": [".*dg\\.AB12.*", "^dg.OTHER.*"]},
        {"type": "dos", "host": "https://b.org", "hints": [".*dg.DOS.*"]},
        {"type": "indexd", "host": "https://c.org", "hints": ["(a+)+$", ".*", 7]},
        {"type": "indexd", "host": "not a host", "hints": [".*dg.X.*"]},
        "nonsense",
    ]
    assert hosts_by_prefix(listed) == {"dg.AB12": "a.org", "dg.OTHER": "a.org"}


def test_prefixes_of_the_table_are_known_without_a_request_whatever_their_case(resolver: Any, web: Web) -> None:
    one = resolver(keeps=True)
    for prefix, (written, host) in PREFIXES.items():
        for spelled in (prefix, prefix.upper(), written):
            assert one.host(f"drs://{spelled}:abc") == host
    assert one.host("dg.4dfc/abc") == "nci-crdc.datacommons.io"
    assert web.urls == []


def test_the_settings_come_before_the_table_and_the_table_can_be_left_out(resolver: Any) -> None:
    moved = settings_from({"OMICS_DRS_HOSTS": "dg.4DFC=new.example.org, drs.x = 127.0.0.1:8080"}).hosts
    instance = resolver(hosts=moved)
    assert [instance.host(uri) for uri in ("drs://dg.4dfc:1", "drs://DRS.X:1")] == ["new.example.org", "127.0.0.1:8080"]
    with pytest.raises(UnknownPrefix, match=r"OMICS_DRS_HOSTS=dg\.4DFC=HOST"):
        resolver(order=()).host("dg.4DFC/1")
    for wrong in ("dg.1", "=h.org", "dg.1=not a host"):
        with pytest.raises(ConfigError, match="OMICS_DRS_HOSTS"):
            settings_from({"OMICS_DRS_HOSTS": wrong})


def test_prefixes_are_compared_without_case_in_every_source(resolver: Any, web: Web) -> None:
    web.responses = {DIST: [{"host": "a.example.org", "hints": [".*dg\\.1A.*"], "type": "indexd"}]}
    assert resolver().host("dg.1a/x") == "a.example.org"
    count = len(web.urls)
    assert resolver().host("dg.1A/x") == "a.example.org"  # from the file
    assert len(web.urls) == count


@pytest.mark.parametrize(
    "response",
    [
        [],
        {},
        {"_links": {"self": {"href": "https://registry/namespaces/"}}},
        {"_links": {"self": {"href": 7}}},
        {"_links": {"self": {"href": "https://evil.example.org/namespaces/../../1"}, "namespace": "x"}},
    ],
)
def test_a_response_of_identifiers_org_without_a_namespace_knows_nothing(
    resolver: Any, web: Web, response: Any
) -> None:
    web.responses = {NAMESPACE: response}
    with pytest.raises(UnknownPrefix, match="identifiers_org: not known"):
        resolver(order=("identifiers_org",)).host("drs://dg.1:x")


def test_a_provider_in_front_of_the_prefix_chooses_among_its_servers(resolver: Any, web: Web) -> None:
    def at(host: str, **more: Any) -> dict[str, Any]:
        return {"providerCode": host, "urlPattern": f"https://{host}.org/ga4gh/drs/v1/objects/{{$id}}", **more}

    web.responses = {
        NAMESPACE: NAMED,
        RESOURCES: {"_embedded": {"resources": [at("a", deprecated=True), at("b"), at("c")]}},
    }
    ask = resolver(order=("identifiers_org",)).host
    assert ask("drs://dg.1:x") == "b.org"
    assert ask("drs://c/dg.1:x") == "c.org"


def test_only_patterns_of_drs_servers_are_hosts() -> None:
    assert host_in_pattern("https://h.org/ga4gh/drs/v1/objects/{$id}") == "h.org"
    for other in (
        "https://h.org/page/{$id}",
        "http://h.org/ga4gh/drs/v1/objects/$id",
        "https://h.org/x/ga4gh/drs/v1/objects/$id",
        7,
    ):
        assert host_in_pattern(other) is None


def test_hosts_and_their_urls() -> None:
    assert host_of("https://Data.example.org/index/") == "data.example.org"
    assert host_of("127.0.0.1:80") == "127.0.0.1:80"
    assert host_of("user@host") is None
    assert host_of("") is None
    assert server_url("data.example.org") == "https://data.example.org"
    assert server_url("127.0.0.1:8080") == "http://127.0.0.1:8080"
    assert server_url("localhost") == "http://localhost"
    assert server_url("[::1]:9") == "http://[::1]:9"


@pytest.mark.parametrize(("attempts", "tries"), [(1, 1), (2, 2), (8, 3)])
def test_a_lookup_is_retried_no_more_than_the_client_retries(web: Web, attempts: int, tries: int):
    web.responses[DIST] = httpx.Response(503)
    transport, clock = httpx.MockTransport(web), ManualClock(START)
    with Drs("home.example.org", transport=transport, retry=Retry(attempts=attempts), clock=clock, environ={}) as drs:
        resolver = Resolver("home.example.org", settings=ResolutionSettings(order=("dataguids_dist",)), client=drs)
        with pytest.raises(UnknownPrefix):
            resolver.host("drs://dg.1:abc")
    assert web.urls.count(DIST) == tries
