"""Objects of DRS servers: files, bundles as folders, and who is asked with which login."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from drs_host import DrsHost
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import BearerToken, Forbidden, ManualClock, NotFound, SourceChanged, Token, Unauthorized
from omicsdk.core.token_file import StoredLogin, token_file
from omicsdk.drs import BundleTooDeep, NoAccess, ResolutionSettings, Resolver, Servers, UnknownPrefix
from omicsdk.fs import CopyOptions, Entry, NotAFolder, NotListed, PathNotFound, Put, ReadOnly, Uri, WrongUri, parse_uri
from omicsdk.fs.copying.fetching import fetch
from omicsdk.fs.copying.planning import select
from omicsdk.fs.file_bytes import FileBytes
from omicsdk.fs.filesystems import DrsFileSystem
from omicsdk.fs.open_files import BLOCK
from omicsdk.fs.stores.drs import LASTS, DrsStore, drs_host_of, drs_readings, found_login, gen3_readings
from omicsdk.transfer import download


@pytest.fixture
def host() -> Iterator[DrsHost]:
    made = DrsHost()
    yield made
    made.close()


@pytest.fixture
def store(host: DrsHost) -> Iterator[DrsStore]:
    resolver = Resolver(known_hosts={"dg.4503": host.name, "lab": host.name}, settings=ResolutionSettings(order=()))
    with Servers(resolver) as servers, DrsStore(servers=servers) as store:
        yield store


@pytest.fixture
def bundle(host: DrsHost) -> str:
    """A bundle of two files, one of them with a name that needs care, and a bundle with one."""
    for id in ("a", "b", "c"):
        host.add(id, id.encode() * 3)
    host.bundle("inner", {"name": "deep.txt", "id": "c"})
    members = [{"name": "a.txt", "id": "a"}, {"name": "50% #1?.txt", "id": "b"}, {"name": "more", "id": "inner"}]
    host.bundle("set/1", *members)
    return f"{host.name}/set/1"


def paths(entries: Iterator[Entry]) -> list[str]:
    return [entry.path for entry in entries]


def bytes_of(store: DrsStore, entry: Entry) -> bytes:
    source = store.location(entry)
    return httpx.get(source.url, headers=dict(source.headers), trust_env=False).content


def test_an_object_is_a_file(store: DrsStore, host: DrsHost) -> None:
    host.add("0d8b", b"ACGT")
    entry = store.stat(f"{host.name}/0d8b")
    assert (entry.kind, entry.size, entry.details["name"]) == ("file", 4, "0d8b.bin")
    assert entry.version == f"sha256:{entry.checksums['sha256']}"
    assert bytes_of(store, entry) == b"ACGT"
    assert paths(store.walk(entry.path)) == [entry.path]
    (selected,) = select(store, Uri("drs", entry.path))
    assert selected.name == "0d8b.bin"
    with pytest.raises(NotAFolder):
        store.entries(entry.path)


@pytest.mark.parametrize(
    ("id", "path"),
    [
        ("dg.4503/0d8b", "dg.4503/0d8b"),
        ("dg.4503/0d8b", "dg.4503:0d8b"),
        ("lab:7/8", "lab:7/8"),
        ("a b%/c?", "HOST/a%20b%25/c%3F"),
    ],
)
def test_all_forms_of_identifiers_refer_to_it(store: DrsStore, host: DrsHost, id: str, path: str) -> None:
    host.add(id, b"ACGT")
    assert bytes_of(store, store.stat(path.replace("HOST", host.name))) == b"ACGT"


def test_a_bundle_is_a_folder_of_its_members(store: DrsStore, host: DrsHost, bundle: str) -> None:
    assert store.stat(bundle).is_folder
    listed = list(store.entries(bundle))
    assert [(entry.path, entry.kind) for entry in listed] == [
        (f"{bundle}/a.txt", "file"),
        (f"{bundle}/50% #1?.txt", "file"),
        (f"{bundle}/more", "folder"),
    ]
    assert [bytes_of(store, entry) for entry in listed[:2]] == [b"aaa", b"bbb"]
    assert paths(store.walk(bundle)) == [f"{bundle}/a.txt", f"{bundle}/50% #1?.txt", f"{bundle}/more/deep.txt"]
    assert paths(store.walk(f"{bundle}/more")) == [f"{bundle}/more/deep.txt"]


def test_members_are_found_by_their_names_without_a_listing(store: DrsStore, host: DrsHost, bundle: str) -> None:
    for name, content in (("a.txt", b"aaa"), ("50% #1?.txt", b"bbb"), ("more/deep.txt", b"ccc")):
        entry = store.stat(f"{bundle}/{name}")
        assert entry.path == f"{bundle}/{name}"
        assert bytes_of(store, entry) == content
    with pytest.raises(PathNotFound):
        store.stat(f"{bundle}/a")
    with pytest.raises(PathNotFound):
        store.stat(f"{bundle}/a.txt/b")


def test_the_longest_identifier_counts(store: DrsStore, host: DrsHost, bundle: str) -> None:
    host.add("set/1/a.txt", b"an object of that name")
    assert bytes_of(store, store.stat(f"{bundle}/a.txt")) == b"an object of that name"


def test_a_slash_at_the_end_means_a_bundle(store: DrsStore, host: DrsHost, bundle: str) -> None:
    host.add("set/1/more", b"an object of that name")
    assert store.entry(parse_uri(f"drs://{bundle}/more")).kind == "file"
    assert store.entry(parse_uri(f"drs://{bundle}/more/")).kind == "folder"
    assert [file.name for file in select(store, parse_uri(f"drs://{bundle}/more/"))] == ["deep.txt"]
    with pytest.raises(NotAFolder, match="is a file"):
        store.entry(parse_uri(f"drs://{bundle}/a.txt/"))
    with pytest.raises(PathNotFound):
        store.entry(parse_uri(f"drs://{bundle}/none/"))


def test_what_was_found_is_requested_again_after_a_minute(host: DrsHost) -> None:
    clock = ManualClock()
    host.add("x", b"1")
    with Servers(Resolver(settings=ResolutionSettings(order=()))) as servers:
        store = DrsStore(servers=servers, clock=clock)
        first = store.stat(f"{host.name}/x")
        host.add("x", b"22")
        assert store.stat(f"{host.name}/x") == first
        clock.advance(LASTS + 1)
        again = store.stat(f"{host.name}/x")
    assert (first.size, again.size) == (1, 2)
    assert first.version != again.version


def test_a_member_that_cannot_be_had_fails_alone(store: DrsStore, host: DrsHost, tmp_path: Path) -> None:
    host.add("a", b"a")
    host.bundle("set", {"name": "a.txt", "id": "a"}, {"name": "gone.txt", "id": "nowhere"})
    for listed in (store.entries, store.walk):
        good, bad = listed(f"{host.name}/set")
        assert (good.size, bad.kind, bad.size) == (1, "file", None)
        assert "no record found" in bad.details["error"]
        with pytest.raises(NotFound):
            store.location(bad)
    report = download([store.item(entry, entry.name) for entry in store.walk(f"{host.name}/set")], tmp_path)
    assert [outcome.state for outcome in report.outcomes] == ["done", "failed"]


def test_bundles_that_hold_themselves_end(store: DrsStore, host: DrsHost) -> None:
    host.bundle("loop", {"name": "again", "id": "loop"})
    path = f"{host.name}/loop"
    (bad,) = store.walk(path)
    assert "contains itself" in bad.details["error"]
    with pytest.raises(BundleTooDeep):
        list(store.entries(f"{path}/again"))


def test_urls_of_many_files_come_in_one_request(store: DrsStore, host: DrsHost, tmp_path: Path) -> None:
    for number in range(20):
        host.add(f"f{number}", b"%d" % number)
    host.bundle("set", *({"name": f"{number}.txt", "id": f"f{number}"} for number in range(20)))
    items = [store.item(entry, entry.name) for entry in store.walk(f"{host.name}/set")]
    download(items, tmp_path).raise_if_failed()
    assert (tmp_path / "19.txt").read_bytes() == b"19"
    assert host.count("ga4gh/drs/v1/objects/access") == 1
    assert not any("/access/s3" in path for _, path, _ in host.requests)


def test_ways_to_the_bytes_are_tried_in_turn(store: DrsStore, host: DrsHost) -> None:
    host.add("x", b"ACGT", ways=("s3", "gs"))
    host.responses["ga4gh/drs/v1/objects/x/access/s3"] = [(403, {}, {"msg": "not from here"})]
    assert bytes_of(store, store.stat(f"{host.name}/x")) == b"ACGT"
    host.add("none", b"", ways=())
    with pytest.raises(NoAccess):
        store.location(store.stat(f"{host.name}/none"))


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_copy_that_its_storage_has_not_got_is_fetched_and_read_elsewhere(
    store: DrsStore, host: DrsHost, tmp_path: Path, status: int
) -> None:
    host.add("x", b"ACGT", ways=("s3", "gs"))
    host.add("y", b"TG")
    host.responses["storage/s3/x"] = [(status, {}, b"<Error/>")] * 9
    entries = [store.stat(f"{host.name}/{id}") for id in "xy"]
    report = fetch([(entry, entry.file_name) for entry in entries], store, str(tmp_path))
    report.raise_if_failed()
    assert (tmp_path / "x.bin").read_bytes() == b"ACGT"
    assert [outcome.name for outcome in report.outcomes] == ["x.bin", "y.bin"]
    with DrsStore(credentials=lambda _: None) as fresh:
        assert FileBytes(fresh, fresh.stat(f"{host.name}/x")).read(1, 3) == b"CG"


def test_where_no_storage_has_it_that_is_reported(store: DrsStore, host: DrsHost, tmp_path: Path) -> None:
    host.add("x", b"ACGT", ways=("s3", "gs"))
    for way in ("s3", "gs"):
        host.responses[f"storage/{way}/x"] = [(404, {}, b"<Error/>")] * 9
    (failed,) = fetch([(store.stat(f"{host.name}/x"), "x")], store, str(tmp_path)).failed
    assert isinstance(failed.error, NotFound)
    assert host.count("storage/gs/x") == 1


def test_servers_cannot_be_listed(store: DrsStore, host: DrsHost) -> None:
    for path in ("", host.name, "drs.example.org", "dg.4503"):
        assert store.stat(path).is_folder
        for listed in (store.entries, store.walk):
            with pytest.raises(NotListed, match="/ID"):
                listed(path)
    assert not host.requests


@pytest.mark.parametrize("path", ["0d8b4c1e", "drs.example.org/a?b", "no host/x"])
def test_what_names_no_object_states_what_to_write(store: DrsStore, path: str) -> None:
    with pytest.raises(WrongUri, match="drs://HOST/ID"):
        store.stat(path)


def test_a_missing_object_is_reported(store: DrsStore, host: DrsHost) -> None:
    with pytest.raises(PathNotFound, match=f"drs://{host.name}/no/such/thing not found"):
        store.stat(f"{host.name}/no/such/thing")
    with pytest.raises(UnknownPrefix):
        store.stat("dg.9999/1")
    with pytest.raises(ReadOnly):
        store.put([Put("a", f"{host.name}/a")], CopyOptions())


def test_a_login_goes_to_its_own_server_only(host: DrsHost, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("GEN3_API_KEY", "GEN3_ENDPOINT", "OMICS_GEN3_URL", "OMICS_GEN3_TOKEN", "OMICS_SB_URL", "NAMESPACE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OMICS_SB_TOKEN", "secret")
    monkeypatch.setenv("SB_API_ENDPOINT", "https://cavatica-api.sbgenomics.com/v2")
    logins = found_login
    credentials = logins("cavatica-ga4gh-api.sbgenomics.com")
    assert credentials is not None
    assert dict(credentials.headers("GET", "")) == {"x-sbg-auth-token": "secret"}
    assert logins("cgc-ga4gh-api.sbgenomics.com") is None
    assert logins(host.name) is None
    monkeypatch.setenv("SB_API_ENDPOINT", f"http://{host.name}/v2")
    host.token, host.login = "secret", "x-sbg-auth-token"
    host.add("x", b"ACGT")
    with DrsStore() as store:
        assert bytes_of(store, store.stat(f"{host.name}/x")) == b"ACGT"


def test_a_stored_login_goes_to_its_own_host_only(
    host: DrsHost, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("OMICS_SB_TOKEN", "SB_API_ENDPOINT", "OMICS_GEN3_TOKEN", "GEN3_API_KEY", "OMICS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("OMICS_TOKEN_FILE", str(tmp_path / "tokens.json"))
    monkeypatch.setenv("OMICS_DRS_TOKEN", "anothers")
    url = f"http://{host.name}/ga4gh/drs/v1"
    token_file(platform="drs").keep(url, StoredLogin(Token("secret")))
    host.token = "secret"
    host.add("x", b"ACGT")
    with DrsStore() as store:
        assert bytes_of(store, store.stat(f"{host.name}/x")) == b"ACGT"
    assert found_login("drs.example.org") is None
    monkeypatch.setenv("OMICS_DRS_URL", "https://DRS.example.org")
    login = found_login("drs.example.org")
    assert login is not None
    assert dict(login.headers("GET", "")) == {"authorization": "Bearer anothers"}
    token_file(platform="drs").keep(url, StoredLogin(Token("word"), kind="basic", user="ada"))
    login = found_login(host.name)
    assert login is not None
    assert dict(login.headers("GET", url)) == {"authorization": "Basic YWRhOndvcmQ="}


def test_a_login_with_google_goes_to_terra_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.delenv("OMICS_GOOGLE_TOKEN", raising=False)
    assert found_login("data.terra.bio") is None
    monkeypatch.setenv("OMICS_GOOGLE_TOKEN", "ya29.x")
    login = found_login("data.terra.bio")
    assert login is not None
    assert dict(login.headers("GET", "")) == {"authorization": "Bearer ya29.x"}
    assert login.goes_to("https://data.terra.bio/ga4gh/drs/v1")
    assert not login.goes_to("https://elsewhere.example.org")
    for other in ("notdata.terra.bio", "data.terra.bio.example.org", "data.kidsfirstdrc.org"):
        assert found_login(other) is None


def test_a_stored_login_of_another_commons_goes_to_it(
    host: DrsHost, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("GEN3_API_KEY", "GEN3_ENDPOINT", "OMICS_GEN3_URL", "OMICS_GEN3_TOKEN", "OMICS_PROFILE", "NAMESPACE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("OMICS_TOKEN_FILE", str(tmp_path / "tokens.json"))
    token_file(platform="gen3").keep(f"http://{host.name}", StoredLogin(Token("secret")))
    host.token = "secret"
    host.add("x", b"ACGT")
    with DrsStore() as store:
        assert bytes_of(store, store.stat(f"{host.name}/x")) == b"ACGT"
    assert found_login("drs.example.org") is None


def test_without_a_login_it_is_stated_which_one_helps(host: DrsHost) -> None:
    host.add("x", b"ACGT")
    host.token = "secret"
    with DrsStore(credentials=lambda host: None) as store, pytest.raises(Unauthorized, match="GEN3_API_KEY"):
        store.stat(f"{host.name}/x")
    with DrsStore(credentials=lambda host: BearerToken("secret")) as store:
        assert bytes_of(store, store.stat(f"{host.name}/x")) == b"ACGT"
        host.responses["ga4gh/drs/v1/objects/y"] = [(403, {}, {"msg": "not for you"})]
        with pytest.raises(Forbidden, match="not for you"):
            store.stat(f"{host.name}/y")


@pytest.mark.parametrize(
    ("api", "drs"),
    [
        ("https://api.sbgenomics.com/v2", "ga4gh-api.sbgenomics.com"),
        ("https://cgc-api.sbgenomics.com/v2", "cgc-ga4gh-api.sbgenomics.com"),
        ("https://api.sb.biodatacatalyst.nhlbi.nih.gov/v2", "ga4gh-api.sb.biodatacatalyst.nhlbi.nih.gov"),
        ("http://127.0.0.1:8080/sb/v2", "127.0.0.1:8080"),
        ("https://capi.example.org/v2", "capi.example.org"),
    ],
)
def test_each_platform_of_seven_bridges_has_its_drs_server(api: str, drs: str) -> None:
    assert drs_host_of(api) == drs


PARTS = st.lists(st.text("ab1-", min_size=1, max_size=3), min_size=1, max_size=5)


@given(PARTS, st.sampled_from(["drs.example.org", "localhost:8080"]))
def test_a_path_is_read_from_the_longest_identifier_to_the_shortest(parts: list[str], host: str) -> None:
    readings = drs_readings("/".join([host, *parts]))
    assert [len(reading.names) for reading in readings] == list(range(len(parts)))
    for reading in readings:
        assert reading.identifier.host == host
        assert [*reading.identifier.accession.split("/"), *reading.names] == parts


@given(PARTS)
def test_a_guid_is_of_a_host_where_one_is_named(parts: list[str]) -> None:
    guid = "/".join(parts)
    at_home, elsewhere = gen3_readings(f"dg.1/{guid}"), gen3_readings(f"commons.example.org/dg.1/{guid}")
    assert {reading.identifier.host for reading in at_home} == {""}
    assert {reading.identifier.host for reading in elsewhere} == {"commons.example.org"}
    assert at_home[0].identifier.candidates[0] == elsewhere[0].identifier.candidates[0] == f"dg.1/{guid}"


def test_more_than_a_hundred_members_come_as_responses_arrive(store: DrsStore, host: DrsHost) -> None:
    members: list[dict[str, Any]] = []
    for number in range(250):
        host.add(f"m{number}", b"")
        members.append({"name": str(number), "id": f"m{number}"})
    host.bundle("big", *members)
    listing = store.entries(f"{host.name}/big")
    next(listing)
    methods = [method for method, path, _ in host.requests if path == "ga4gh/drs/v1/objects"]
    assert methods == ["POST"]
    assert len(list(listing)) == 249


def test_blocks_of_two_versions_are_never_put_together(host: DrsHost, store: DrsStore, tmp_path: Path) -> None:
    body = bytes(range(256)) * (2 * BLOCK // 256)
    path = f"{host.name}/x"
    host.add("x", body)
    files = DrsFileSystem.over(store, block_cache=str(tmp_path / "blocks"))
    assert files.cat_file(path, 0, 5) == body[:5]

    with files.open(path, cache_type="none") as file:
        assert file.read(5) == body[:5]
        host.add("x", body[::-1])  # as long as the old one, of which there is a block
        file.seek(BLOCK)
        with pytest.raises(SourceChanged):
            file.read(5)
    assert files.cat_file(path) == body[::-1]
    before = files.ukey(path)
    host.add("x", body)
    assert files.ukey(path) != before
