"""Bundles of the Data Store as folders: examined, listed, read, and made of folders."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import BearerToken, ManualClock, Retry, UnsafePath
from omicsdk.fs import CopyOptions, Entry, NotAFolder, NotListed, PathNotFound, Put, ReadOnly, Uri, WrongUri
from omicsdk.fs.copying.copies import copy_files
from omicsdk.fs.copying.planning import CopyPlan, Selected, Source, by_name, plan_copy, select
from omicsdk.fs.stores.dss import BUCKET_VARIABLE, LATEST, Bundles, DssStore, moment_of, new_bundles, read_path
from omicsdk.fs.uris import Stores
from omicsdk.hca.dss import Dss
from omicsdk.hca.dss.bundles import BundleListing
from omicsdk.sandbox import Rule
from omicsdk.transfer import TransferReport, download
from shelf_store import Shelf

pytestmark = pytest.mark.sandbox

UUID = "0d8d8ae0-8f2c-4b8e-9a3c-000000000001"
READS = bytes(range(256)) * 64
NAMES = ("links.json", "reads/R1 100%.fastq", "reads/deep/#1?.txt", "über.txt")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    for name in NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"{}" if name.endswith(".json") else name.encode() + READS)
    return folder


@pytest.fixture
def bundle(omics_sandbox: Any, source: Path) -> Any:
    return omics_sandbox.seed(source)


@pytest.fixture
def client(omics_sandbox: Any) -> Iterator[Dss]:
    url = omics_sandbox.swagger_url.rpartition("/")[0]
    proof = BearerToken(omics_sandbox.token())
    with Dss(url, credentials=proof, retry=Retry(attempts=3, base=0.0)) as client:
        yield client


@pytest.fixture
def store(client: Dss) -> Iterator[DssStore]:
    with DssStore(client=client) as store:
        yield store


@pytest.fixture
def staged(omics_sandbox: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    for name, value in omics_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv(BUCKET_VARIABLE, omics_sandbox.staging_bucket)
    return omics_sandbox.staging_bucket


def paths(entries: Iterator[Entry]) -> list[str]:
    return [entry.path for entry in entries]


def bytes_of(store: DssStore, entry: Entry) -> bytes:
    source = store.location(entry)
    return httpx.get(source.url, headers=dict(source.headers), follow_redirects=True, trust_env=False).content


def puts(folder: Path, below: str) -> list[Put]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [Put(str(path), f"{below}/{path.relative_to(folder).as_posix()}") for path in files]


def test_a_file_of_a_bundle_is_examined_and_read(store: DssStore, bundle: Any, source: Path) -> None:
    for path in (f"aws/{bundle['bundle_uuid']}", f"aws/{bundle['bundle_uuid']}.{bundle['version']}"):
        for name in NAMES:
            entry = store.stat(f"{path}/{name}")
            content = (source / name).read_bytes()
            assert (entry.path, entry.kind, entry.size) == (f"{path}/{name}", "file", len(content))
            assert set(entry.checksums) == {"sha256", "sha1", "crc32c", "s3_etag"}
            assert entry.version == entry.checksums["sha256"]
            assert entry.modified == moment_of(entry.details["version"])
            assert bytes_of(store, entry) == content


def test_the_variable_of_the_commands_states_where_the_service_is(
    omics_sandbox: Any, bundle: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMICS_DSS_URL", omics_sandbox.swagger_url.rpartition("/")[0])
    monkeypatch.setenv("OMICS_DSS_TOKEN", omics_sandbox.token())
    with DssStore() as store:
        assert store.stat(f"aws/{bundle['bundle_uuid']}/{NAMES[0]}").kind == "file"


def test_folders_have_what_is_directly_in_them(store: DssStore, bundle: Any) -> None:
    top = f"aws/{bundle['bundle_uuid']}.{bundle['version']}"
    assert paths(store.entries("")) == ["aws", "gcp"]
    assert paths(store.entries("aws")) == [top]
    assert paths(store.entries(top)) == [f"{top}/links.json", f"{top}/reads", f"{top}/über.txt"]
    assert paths(store.entries(f"{top}/reads")) == [f"{top}/reads/R1 100%.fastq", f"{top}/reads/deep"]
    assert all(store.stat(path).is_folder for path in ("", "aws", top, f"{top}/reads", f"{top}/reads/deep"))
    assert store.stat(top).details["version"] == bundle["version"]
    assert paths(store.walk(f"{top}/reads")) == [f"{top}/{name}" for name in NAMES[1:3]]


def test_all_below_is_one_request_a_bundle(store: DssStore, bundle: Any, omics_sandbox: Any) -> None:
    top = f"aws/{bundle['bundle_uuid']}.{bundle['version']}"
    before = len(omics_sandbox.requests("/dss/v1/bundles/"))
    assert paths(store.walk("aws")) == [f"{top}/{name}" for name in NAMES]
    assert len(omics_sandbox.requests("/dss/v1/bundles/")) - before == 2


def test_a_file_by_itself(store: DssStore, bundle: Any, source: Path) -> None:
    there = store.stat(f"aws/{bundle['bundle_uuid']}/{NAMES[1]}")
    for path in (f"aws/files/{there.details['uuid']}", f"aws/files/{there.details['uuid']}.{there.details['version']}"):
        alone = store.stat(path)
        assert (alone.path, alone.size, alone.checksums) == (path, there.size, there.checksums)
        assert bytes_of(store, alone) == (source / NAMES[1]).read_bytes()
        assert paths(store.walk(path)) == [path]
        with pytest.raises(NotAFolder):
            store.entries(path)
    with pytest.raises(NotListed, match="dss://aws/files/UUID"):
        store.entries("aws/files")
    assert store.stat("aws/files").is_folder


@pytest.mark.parametrize("path", [f"aws/{UUID}", f"aws/{UUID}/a", f"gcp/files/{UUID}"])
def test_a_missing_object_is_reported(store: DssStore, path: str) -> None:
    with pytest.raises(PathNotFound, match=f"dss://{path} not found"):
        store.stat(path)
    assert isinstance(PathNotFound(path, "not found"), FileNotFoundError)


def test_names_that_a_bundle_has_not(store: DssStore, bundle: Any) -> None:
    top = f"aws/{bundle['bundle_uuid']}"
    with pytest.raises(PathNotFound, match="has no such file"):
        store.stat(f"{top}/read")
    for listed in (store.entries, store.walk):
        with pytest.raises(PathNotFound, match="has no such file"):
            next(listed(f"{top}/read"))
    with pytest.raises(NotAFolder):
        store.entries(f"{top}/links.json")


@pytest.mark.parametrize("path", ["azure", "aws/nope", f"aws/files/{UUID}/a", "aws/files/nope"])
def test_what_can_never_be_there_states_what_to_write(store: DssStore, path: str) -> None:
    with pytest.raises(WrongUri, match="dss://REPLICA/UUID"):
        store.stat(path)


def test_the_engine_waits_while_the_service_works(
    store: DssStore, bundle: Any, omics_sandbox: Any, source: Path, tmp_path: Path
) -> None:
    omics_sandbox.settings.turn({"dss.checkout_redirects": 1, "dss.retry_after": 0})
    assert (
        bytes_of(store, store.stat(f"aws/{bundle['bundle_uuid']}/links.json")) == (source / "links.json").read_bytes()
    )
    items = [store.item(entry, entry.name) for entry in store.walk(f"aws/{bundle['bundle_uuid']}")]
    report = download(items, tmp_path / "out")
    report.raise_if_failed()
    assert {path.name for path in (tmp_path / "out").glob("[!.]*")} == {Path(name).name for name in NAMES}
    assert all(set(outcome.checksums) == {"sha256"} for outcome in report.outcomes)


def test_a_folder_becomes_a_bundle(store: DssStore, source: Path, staged: str) -> None:
    report = store.put(puts(source, "aws/source"), CopyOptions())
    report.raise_if_failed()
    assert [outcome.name for outcome in report.outcomes] == [put.path for put in puts(source, "aws/source")]
    (made,) = store.entries("aws")
    assert [entry.path for entry in store.walk(made.path)] == [f"{made.path}/{name}" for name in NAMES]
    assert {outcome.label for outcome in report.outcomes} == {f"dss://{made.path}/{name}" for name in NAMES}


def test_several_folders_become_bundles_one_with_a_separate_uuid(store: DssStore, source: Path, staged: str) -> None:
    (source / "reads/again").mkdir()
    (source / "reads/again/a.txt").write_text("a")
    files = [*puts(source / "reads/deep", "aws/one"), *puts(source / "reads/again", f"aws/{UUID}")]
    store.put(files, CopyOptions()).raise_if_failed()
    assert paths(store.walk(f"aws/{UUID}")) == [f"aws/{UUID}/a.txt"]
    assert len(list(store.entries("aws"))) == 2
    with pytest.raises(ReadOnly, match="bundles cannot be changed"):
        store.put(files, CopyOptions())


@pytest.mark.parametrize("path", ["aws/a.txt", "aws/files/a.txt", f"aws/{UUID}.2020-01-01T000000.000000Z/a.txt"])
def test_what_would_be_in_no_new_bundle_is_refused(store: DssStore, source: Path, staged: str, path: str) -> None:
    with pytest.raises(ReadOnly, match="omics cp -r FOLDER dss://aws/"):
        store.put([Put(str(source / "links.json"), path)], CopyOptions())


def test_without_a_staging_bucket_it_is_stated_how_to_name_one(
    store: DssStore, source: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(BUCKET_VARIABLE, raising=False)
    monkeypatch.setenv("HCA_CONFIG_FILE", str(tmp_path / "none.json"))
    with pytest.raises(ReadOnly, match=BUCKET_VARIABLE):
        store.put(puts(source, "aws/source"), CopyOptions())
    with pytest.raises(ReadOnly, match=BUCKET_VARIABLE):
        store.check_puts(["aws/source/a.txt"])


@pytest.mark.parametrize("way", ["option", "variable", "configuration"])
def test_a_staging_bucket_is_named_by_option_variable_or_the_default_of_uploads(
    way: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(BUCKET_VARIABLE, raising=False)
    monkeypatch.setenv("HCA_CONFIG_FILE", str(tmp_path / "config.json"))
    store = DssStore(staging_bucket="mine" if way == "option" else None)
    if way == "variable":
        monkeypatch.setenv(BUCKET_VARIABLE, "mine")
    if way == "configuration":
        (tmp_path / "config.json").write_text('{"dss": {"upload": {"staging_bucket": "mine"}}}')
    store.check_puts(["aws/folder/a.txt"])


def test_a_file_that_fails_makes_no_bundle(store: DssStore, source: Path, staged: str, omics_sandbox: Any) -> None:
    omics_sandbox.add_faults(Rule("status", path="/dss/v1/files/*", method="PUT", status=422, nth=1, times=1))
    report = store.put(puts(source, "aws/source"), CopyOptions())
    assert len(report.failed) == 1
    assert not report.counts["done"]
    assert list(store.entries("aws")) == []
    store.put(puts(source, "aws/source"), CopyOptions()).raise_if_failed()


def copied(client: Dss, spool: Path) -> TransferReport:
    """Copies the shelf's folder `p` into the replica, with room for one file at a time."""
    files = [Selected(Uri("shelf", entry.path), entry, entry.path) for entry in Shelf().walk("p")]
    plan = CopyPlan(Uri("dss", "aws", is_folder=True), files)
    with Stores({"dss": {"client": client}}) as stores:
        return copy_files(plan, stores, CopyOptions(spool=str(spool), spool_bytes=1))


def test_a_folder_of_another_platform_becomes_one_bundle_whatever_room_there_is(
    store: DssStore, client: Dss, staged: str, shelf: type[Shelf], tmp_path: Path
) -> None:
    shelf.files.update({"p/a": b"1", "p/deep/b": b"22"})
    copied(client, tmp_path).raise_if_failed()
    (made,) = store.entries("aws")
    assert [(entry.name, entry.size) for entry in store.walk(made.path)] == [("a", 1), ("b", 2)]


def test_where_one_of_its_files_did_not_arrive_there_is_no_bundle(
    store: DssStore, client: Dss, staged: str, shelf: type[Shelf], tmp_path: Path
) -> None:
    shelf.files.update({"p/a": b"1", "p/b": b"2"})
    shelf.broken.add("p/b")
    report = copied(client, tmp_path)
    assert [outcome.state for outcome in report.outcomes] == ["stopped", "failed"]
    assert list(store.entries("aws")) == []


def manifest(*names: str, version: str = "2020-01-01T000000.000000Z") -> dict[str, Any]:
    file = {"uuid": UUID, "version": version, "sha256": "0" * 64, "size": 1, "indexed": False}
    return {"bundle": {"uuid": UUID, "version": version, "files": [{**file, "name": name} for name in names]}}


NAME = st.lists(st.text("ab-%", min_size=1, max_size=3), min_size=1, max_size=4).map("/".join)


@given(st.lists(NAME, max_size=12, unique=True))
def test_walking_by_folders_meets_each_file_once(names: list[str]) -> None:
    bundle = BundleListing(manifest(*names), "aws")

    def walked(folder: str) -> Iterator[str]:
        for member in bundle.inside(folder):
            if isinstance(member, str):
                assert bundle.has_folder(member)
                yield from walked(member)
            else:
                yield member.name

    assert sorted(walked("")) == sorted(names)
    assert all(name in bundle.by_name for name in names)


def test_a_version_is_requested_once_and_the_latest_again_after_a_while() -> None:
    clock, versions = ManualClock(), list[str]()

    def ask(replica: str, uuid: str, version: str) -> dict[str, Any]:
        versions.append(version)
        return manifest("a", version=version or f"{len(versions)}")

    bundles = Bundles(ask, clock)
    assert bundles.get("aws", UUID, "").version == bundles.get("aws", UUID, "").version == "1"
    clock.advance(LATEST + 1)
    assert bundles.get("aws", UUID, "").version == "2"
    assert bundles.get("aws", UUID, "1").version == "1"
    assert versions == ["", ""]


def test_manifests_that_were_unused_longest_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omicsdk.fs.stores.dss.MAX_CACHED_FILES", 4)
    versions: list[str] = []

    def ask(replica: str, uuid: str, version: str) -> dict[str, Any]:
        versions.append(version)
        return manifest("a", "b", version=version)

    bundles = Bundles(ask)
    for version in ("1", "2", "1", "3", "1", "2"):
        assert bundles.get("aws", UUID, version).version == version
    assert versions == ["1", "2", "3", "2"]


@given(NAME)
def test_a_path_is_read_as_it_is_written(name: str) -> None:
    place = read_path(f"gcp/{UUID}.2020-01-01T000000.000000Z/{name}")
    assert (place.replica, place.uuid, place.version, place.name) == ("gcp", UUID, "2020-01-01T000000.000000Z", name)


def test_files_of_one_folder_are_of_one_bundle() -> None:
    one, two = new_bundles([Put("/x/one/a", "aws/one/a"), Put("/y/b", "aws/two/b/b"), Put("/x/one/b/c", "aws/one/b/c")])
    assert (list(one.files), one.folder) == (["a", "b/c"], Path("/x/one"))
    assert (list(two.files), two.folder) == (["b/b"], None)


BAD_NAMES: list[Any] = ["", "/etc/passwd", "../a", "a//b", "a\0b", None, 5, ["a"]]


def service(files: list[dict[str, Any]], paths: list[str]) -> Dss:
    """A service with one bundle, which writes down what it is requested."""
    payload = manifest()
    payload["bundle"]["files"] = [{**file, "sha256": hashlib.sha256(b"x").hexdigest()} for file in files]

    def response(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path)
        return httpx.Response(200, json=payload)

    return Dss("https://dss.example.org/v1", transport=httpx.MockTransport(response), retry=Retry(attempts=1))


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_bundle_with_a_name_that_no_file_can_have_is_refused_with_its_place(name: Any):
    files = manifest("a", "b", "c")["bundle"]["files"]
    files[1]["name"] = name
    paths = list[str]()
    with service(files, paths) as client, DssStore(client=client) as store:
        folder = f"aws/{UUID}"
        for ask in (
            lambda: list(store.walk(folder)),
            lambda: list(store.entries(folder)),
            lambda: list(select(store, Uri("dss", folder))),
        ):
            with pytest.raises(UnsafePath, match=rf"of files\[1\] of bundle {UUID} "):
                ask()
        assert store.stat(f"{folder}/c").kind == "file"
    assert {path.rpartition("/")[0] for path in paths} == {"/v1/bundles"}


def test_what_has_no_name_is_not_copied():
    nameless = Selected(Uri("dss", "aws/x"), Entry("aws/x", "file", 1), "")
    with pytest.raises(UnsafePath, match="of dss://aws/x is empty"):
        plan_copy([Source(Uri("dss", "aws"), True, [nameless])], Uri("file", "out", True), "folder")
    with pytest.raises(UnsafePath, match="of dss://aws/x is empty"):
        by_name([nameless], Uri("file", "out", True))
