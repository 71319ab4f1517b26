"""Files of Gen3 commons by their GUIDs, with the login that is found."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk.core import ConfigError, Forbidden, Unauthorized
from omicsdk.fs import CopyOptions, Entry, NotAFolder, NotListed, PathNotFound, Put, ReadOnly
from omicsdk.fs.stores.gen3 import Gen3Store
from omicsdk.gen3 import Gen3, Gen3Login
from omicsdk.sandbox.gen3 import READER
from omicsdk.transfer import download

pytestmark = pytest.mark.sandbox


@pytest.fixture(autouse=True)
def _nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A user without credentials, and no lookup of hosts outside this machine."""
    names = ("GEN3_API_KEY", "GEN3_ENDPOINT", "OMICS_GEN3_URL", "OMICS_GEN3_TOKEN", "NAMESPACE", "OMICS_SB_URL")
    for name in (*names, "OMICS_SB_TOKEN", "SB_API_ENDPOINT", "SB_AUTH_TOKEN", "SB_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("DRS_RESOLUTION_ORDER", "cache_file:commons_mds")
    monkeypatch.setenv("DRS_CACHE", str(tmp_path / "hosts.json"))


@pytest.fixture
def key(omics_sandbox: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = omics_sandbox.gen3_credentials(tmp_path / "key.json")
    monkeypatch.setenv("GEN3_API_KEY", str(path))
    return path


@pytest.fixture
def store(key: Path) -> Iterator[Gen3Store]:
    with Gen3Store() as store:
        yield store


@pytest.fixture
def host(omics_sandbox: Any) -> str:
    return omics_sandbox.url.partition("://")[2]


def bytes_of(store: Gen3Store, entry: Entry) -> bytes:
    source = store.location(entry)
    return httpx.get(source.url, headers=dict(source.headers), trust_env=False).content


def test_a_file_is_had_by_its_guid_at_home_and_by_its_commons(store: Gen3Store, omics_sandbox: Any, host: str) -> None:
    guid = omics_sandbox.gen3.add_file("reads.fastq", b"ACGT")
    for path in (guid, f"{host}/{guid}"):
        entry = store.stat(path)
        assert (entry.path, entry.size, entry.details["name"]) == (path, 4, "reads.fastq")
        assert entry.version == f"sha256:{entry.checksums['sha256']}"
        assert "md5" in entry.checksums
        assert bytes_of(store, entry) == b"ACGT"
        with pytest.raises(NotAFolder):
            store.entries(path)
    with pytest.raises(PathNotFound, match="not found"):
        store.stat(f"{host}/{guid}/no-such-member")


def test_a_bundle_is_a_folder(store: Gen3Store, key: Path, omics_sandbox: Any, host: str, tmp_path: Path) -> None:
    guids = [omics_sandbox.gen3.add_file(name, name.encode()) for name in ("a b.txt", "c%20.txt")]
    with Gen3(omics_sandbox.gen3_url, credentials=Gen3Login(refresh_file=key)) as commons:
        made = commons.indexd.create_bundle.raw(name="study", bundles=guids).json()["bundle_id"]
    top = f"{host}/{made}"
    assert store.stat(top).is_folder
    assert {entry.path for entry in store.entries(top)} == {f"{top}/a b.txt", f"{top}/c%20.txt"}
    assert bytes_of(store, store.stat(f"{top}/c%20.txt")) == b"c%20.txt"
    download([store.item(entry, entry.name) for entry in store.walk(top)], tmp_path / "out").raise_if_failed()
    assert (tmp_path / "out/a b.txt").read_bytes() == b"a b.txt"


def test_what_one_may_not_read_is_forbidden_and_not_a_matter_of_the_login(omics_sandbox: Any, tmp_path: Path) -> None:
    guid = omics_sandbox.gen3.add_file("secret", b"s", authz=("/programs/secret",))
    with Gen3Store(refresh_file=omics_sandbox.gen3_credentials(tmp_path / "reader.json", READER)) as store:
        entry = store.stat(guid)
        with pytest.raises(Forbidden, match="ask the owner"):
            store.location(entry)


def test_open_files_need_no_login_and_others_say_how_to_have_one(omics_sandbox: Any, host: str) -> None:
    guid = omics_sandbox.gen3.add_file("open", b"open")
    secret = omics_sandbox.gen3.add_file("secret", b"s", authz=("/programs/secret",))
    with Gen3Store() as store:
        assert bytes_of(store, store.stat(f"{host}/{guid}")) == b"open"
        with pytest.raises(Unauthorized, match="GEN3_API_KEY"):
            store.location(store.stat(f"{host}/{secret}"))
        with pytest.raises(ConfigError, match="GEN3_ENDPOINT"):
            store.stat(guid)
    with Gen3Store(endpoint=omics_sandbox.gen3_url) as store:
        assert bytes_of(store, store.stat(guid)) == b"open"


def test_a_commons_is_not_listed(store: Gen3Store, host: str) -> None:
    for path in ("", host, "commons.example.org"):
        assert store.stat(path).is_folder
        for listed in (store.entries, store.walk):
            with pytest.raises(NotListed, match=f"gen3://{path}/GUID"):
                listed(path)


def test_what_is_put_is_sent_to_the_command_that_states_guids(store: Gen3Store, host: str) -> None:
    with pytest.raises(ReadOnly, match=f"omics gen3 --base-url http://{host} upload FILES --manifest-out"):
        store.put([Put("reads/a.fq", f"{host}/a.fq")], CopyOptions())


def test_a_commons_that_is_given_stays_open(omics_sandbox: Any, key: Path) -> None:
    guid = omics_sandbox.gen3.add_file("a", b"a")
    with Gen3(omics_sandbox.gen3_url, credentials=Gen3Login(refresh_file=key)) as commons:
        with Gen3Store(commons=commons) as store:
            assert bytes_of(store, store.stat(guid)) == b"a"
        assert commons.indexd.get_guids_prefix.raw().status_code == 200
