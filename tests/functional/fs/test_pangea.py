"""pangea:// paths: fields of results as files, whatever kind they are, and what refers to them as folders."""

import hashlib
import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.compat.pangea_api import Knex, Organization, SampleGroup
from omicsdk.core import AuthError, Forbidden, UsageError
from omicsdk.fs import (
    AlreadyThere,
    CopyOptions,
    Entry,
    IsFolder,
    NotAFolder,
    NotEmpty,
    PathError,
    PathNotFound,
    Put,
    ReadOnly,
    WrongUri,
    open_store,
    parse_uri,
)
from omicsdk.fs.stores.pangea import (
    OF_GROUP,
    PangeaStore,
    escaped,
    module_and_replicate,
    plain,
    result_part,
    result_parts,
    sample_part,
)
from omicsdk.pangea.uploads import UNFINISHED
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER
from omicsdk.transfer import TransferFailed
from pangea_users import create_samples
from stored_files import got, paths, put
from unsettled import unsettled

G = "Sandbox/Sandbox Library"
S = f"{G}/s 1"


@pytest.fixture
def sandbox(omics_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Sandbox:
    unsettled(monkeypatch, tmp_path)
    monkeypatch.setenv("PANGEA_ENDPOINT", omics_sandbox.pangea_url)
    monkeypatch.setenv("PANGEA_USER", SANDBOX_PANGEA_USER)
    monkeypatch.setenv("PANGEA_PASS", omics_sandbox.password)
    return omics_sandbox


@pytest.fixture
def store(sandbox: Sandbox) -> Iterator[PangeaStore]:
    with PangeaStore() as opened:
        yield opened


@pytest.fixture
def knex(sandbox: Sandbox) -> Iterator[Knex]:
    with Knex() as knex:
        yield knex.login(SANDBOX_PANGEA_USER, sandbox.password)


@pytest.fixture
def group(store: PangeaStore, knex: Knex) -> SampleGroup:
    """The sandbox's library, which has a bucket, with the sample `s 1`."""
    store.make_folder(S)
    return Organization(knex, "Sandbox").sample_group("Sandbox Library").get()


FILES = {
    f"{S}/raw::reads/read_1.fastq.gz": b"one",
    f"{S}/raw::reads/read 2 #?%": b"two",
    f"{S}/trimmed.r 2/read_1.fastq.gz": b"second",
    f"{G}/{OF_GROUP}/table/matrix": b"of all",
}


def test_what_is_put_is_listed_examined_and_fetched(store: PangeaStore, group: SampleGroup, tmp_path: Path):
    report = put(store, tmp_path, FILES)
    report.raise_if_failed()
    assert [outcome.name for outcome in report.outcomes] == list(FILES)
    for path, data in FILES.items():
        assert parse_uri(store.uri(path)).path == path
        assert got(store, path, tmp_path) == data
    assert {(entry.path, entry.kind) for entry in store.entries(G)} == {(S, "folder"), (f"{G}/{OF_GROUP}", "folder")}
    assert paths(store.entries(f"{G}/{OF_GROUP}")) == [f"{G}/{OF_GROUP}/table"]
    assert paths(store.entries(f"{G}/{OF_GROUP}/table")) == [f"{G}/{OF_GROUP}/table/matrix"]
    assert all(result.is_private for result in group.sample("s 1").get_analysis_results())


def test_a_walk_and_lists_give_the_same(store: PangeaStore, group: SampleGroup, tmp_path: Path):
    put(store, tmp_path, FILES).raise_if_failed()

    def listed(path: str) -> Iterator[Entry]:
        for entry in store.entries(path):
            if entry.is_folder:
                yield from listed(entry.path)
            else:
                yield entry

    for path in ("Sandbox", G, S, f"{G}/{OF_GROUP}"):
        walked = {entry.path: entry for entry in store.walk(path)}
        assert walked == {entry.path: entry for entry in listed(path)}
        assert walked
        assert all(store.stat(entry.path) == entry for entry in walked.values())
    assert [paths(store.walk(path)) for path in list(walked)] == [[path] for path in walked]


def test_the_only_result_of_a_module_is_called_by_it_and_so_is_the_newest(
    store: PangeaStore, group: SampleGroup, tmp_path: Path
):
    sample = group.sample("s 1").get()
    for number, replicate in enumerate(("1", "2.x/y")):
        sample.analysis_result("m.v1", replicate=replicate).create().field("f", replicate).create()
        listed = paths(store.entries(S))
        assert listed == [f"{S}/m%2Ev1"] if not number else set(listed) == {f"{S}/m%2Ev1.1", f"{S}/m%2Ev1.2.x%2Fy"}
        assert set(paths(store.walk(S))) == {f"{path}/f" for path in listed}
        assert got(store, f"{S}/m%2Ev1/f", tmp_path) == json.dumps(replicate).encode()
    assert got(store, f"{S}/m%2Ev1.1/f", tmp_path) == b'"1"'


def test_what_goes_to_a_module_and_to_a_replicate_of_it_at_once_goes_to_two_results(
    store: PangeaStore, group: SampleGroup, tmp_path: Path
):
    put(store, tmp_path, {f"{S}/m.r1/f": b"r1", f"{S}/m/f": b"m", f"{S}/m/g": b"g"}).raise_if_failed()
    (other,) = {entry.path for entry in store.entries(S)} - {f"{S}/m.r1"}
    contents = {f"{S}/m.r1/f": b"r1", f"{other}/f": b"m", f"{other}/g": b"g"}
    assert {path: got(store, path, tmp_path) for path in paths(store.walk(S))} == contents


def test_a_value_is_a_file_with_its_json(store: PangeaStore, group: SampleGroup, tmp_path: Path):
    value = {"é": [1, None, {"presigned": "x"}]}
    group.sample("s 1").analysis_result("stats").create().field("all", value).create()
    path = f"{S}/stats/all"
    entry = store.stat(path)
    assert json.loads(got(store, path, tmp_path)) == value
    assert entry.size == len(got(store, path, tmp_path))
    opened = store.open(Entry(path, "file"))
    assert isinstance(opened, io.BytesIO)
    with pytest.raises(PathError, match="value"):
        store.location(entry)
    field = group.sample("s 1").analysis_result("stats").get().field("all").get()
    field.stored_data = {"é": 2}
    field.save()
    assert store.stat(path).version != entry.version


def test_a_file_elsewhere_is_located_there(store: PangeaStore, group: SampleGroup):
    data = {"__type__": "sra", "url": "https://sra.example.org/r.sra", "md5": "0" * 32, "full_record": {"size": "7"}}
    group.sample("s 1").analysis_result("raw").create().field("r", data).create()
    entry = store.stat(f"{S}/raw/r")
    assert (entry.size, entry.checksums) == (7, {"md5": "0" * 32})
    assert store.location(entry).url == "https://sra.example.org/r.sra"
    assert store.open(entry) is None


def test_a_url_is_signed_again_each_time_it_is_requested(store: PangeaStore, group: SampleGroup, tmp_path: Path):
    path = f"{S}/raw/a"
    put(store, tmp_path, {path: b"1"}).raise_if_failed()
    assert "ignature=" in store.location(store.stat(path)).url
    assert "ignature=" in store.location(Entry(path, "file")).url
    with pytest.raises(IsFolder):
        store.location(Entry(f"{S}/raw", "folder"))


def test_what_is_replaced_stays_until_the_new_one_is_whole(store: PangeaStore, group: SampleGroup, tmp_path: Path):
    path = f"{S}/raw/a"
    put(store, tmp_path, {path: b"old"}).raise_if_failed()
    before = store.stat(path)
    report = put(store, tmp_path, {path: b"new", f"{S}/raw/b": b"b"}, overwrite=False)
    assert [outcome.state for outcome in report.outcomes] == ["failed", "done"]
    assert isinstance(report.outcomes[0].error, AlreadyThere)
    missing = store.put([Put(str(tmp_path / "none"), path)], CopyOptions())
    assert [outcome.state for outcome in missing.outcomes] == ["failed"]
    assert got(store, path, tmp_path) == b"old"
    assert sorted(paths(store.entries(f"{S}/raw"))) == [path, f"{S}/raw/b"]
    put(store, tmp_path, {path: b"new"}).raise_if_failed()
    assert store.stat(path).version != before.version
    assert got(store, path, tmp_path) == b"new"
    assert sorted(paths(store.entries(f"{S}/raw"))) == [path, f"{S}/raw/b"]


def test_a_put_that_was_stopped_continues(store: PangeaStore, group: SampleGroup, tmp_path: Path):
    path, stop = f"{S}/raw/a", threading.Event()
    field = group.sample("s 1").analysis_result("raw").create().field(f"a{UNFINISHED}").create()
    stop.set()
    assert [outcome.state for outcome in put(store, tmp_path, {path: b"1"}, stop=stop).outcomes] == ["stopped"]
    put(store, tmp_path, {path: b"1"}).raise_if_failed()
    assert store.stat(path).details["uuid"] == field.uuid
    assert paths(store.entries(f"{S}/raw")) == [path]


def test_size_and_checksums_of_what_was_put_are_kept_with_it(store: PangeaStore, group: SampleGroup, tmp_path: Path):
    path = f"{S}/raw/a"
    put(store, tmp_path, {path: b"abc"}).raise_if_failed()
    entry = store.stat(path)
    assert (entry.size, entry.checksums) == (3, {"md5": hashlib.md5(b"abc").hexdigest()})
    assert got(store, path, tmp_path) == b"abc"
    put(store, tmp_path, {path: b""}).raise_if_failed()
    assert store.stat(path).size == 0


def test_samples_files_have_separate_objects(store: PangeaStore, group: SampleGroup, tmp_path: Path):
    put(store, tmp_path, {f"{S}/raw/a.fastq.gz": b"1"}).raise_if_failed()
    put(store, tmp_path, {f"{S}/other/a.fastq.gz": b"2"}).raise_if_failed()  # from a file of the same name
    assert [got(store, f"{S}/{module}/a.fastq.gz", tmp_path) for module in ("raw", "other")] == [b"1", b"2"]
    field = group.sample("s 1").analysis_result("raw").get().field("a.fastq.gz").get()
    assert field.get_referenced_filename().endswith(".fastq.gz")


def test_what_cannot_be_put_fails_alone(store: PangeaStore, group: SampleGroup, tmp_path: Path):
    good, twice = f"{S}/raw/good", f"{S}/raw/good"
    wrong = {S: WrongUri, f"{S}/raw/a/b": WrongUri, f"{G}/none/raw/a": PathNotFound, "Nobody/x/y/z/a": PathNotFound}
    source = tmp_path / "source"
    source.write_bytes(b"1")
    report = store.put([Put(str(source), path) for path in (*wrong, good, twice)], CopyOptions())
    assert [type(outcome.error) for outcome in report.outcomes] == [*wrong.values(), type(None), UsageError]
    assert paths(store.walk(G)) == [good]


@pytest.mark.parametrize(
    "path", ["Nobody", "Sandbox/none", f"{G}/none", f"{S}/none", f"{S}/none/a", f"{G}/{OF_GROUP}/none"]
)
def test_a_missing_object(store: PangeaStore, group: SampleGroup, path: str):
    for ask in (store.stat, lambda path: list(store.entries(path)), lambda path: list(store.walk(path))):
        with pytest.raises(PathNotFound):
            ask(path)


def test_a_field_is_no_folder(store: PangeaStore, group: SampleGroup):
    group.sample("s 1").analysis_result("m").create().field("f", 1).create()
    with pytest.raises(NotAFolder):
        list(store.entries(f"{S}/m/f"))
    with pytest.raises(PathNotFound):
        store.stat(f"{S}/m/f/g")


def test_folders_down_to_results_are_made_and_empty_results_removed(store: PangeaStore, group: SampleGroup):
    store.make_folder("Sandbox")
    store.make_folder(G)
    store.make_folder(f"{G}/{OF_GROUP}")
    store.make_folder(f"{G}/new/raw.r1")
    store.make_folder(f"{G}/new/raw.r1")
    assert store.stat(f"{G}/new/raw").is_folder
    group.sample("new").get().analysis_result("raw").get().field("f", 1).create()
    with pytest.raises(NotEmpty):
        store.remove(store.stat(f"{G}/new/raw.r1"))
    store.remove(store.stat(f"{G}/new/raw/f"))
    store.remove(store.stat(f"{G}/new/raw.r1"))
    assert list(store.entries(f"{G}/new")) == []
    with pytest.raises(WrongUri):
        store.make_folder(f"{G}/new/raw/f")


def test_who_may_see_something_is_not_decided_here(store: PangeaStore, group: SampleGroup):
    group.org.sample_group("No Library").create()
    for path in ("Nobody", "Sandbox/none", "Sandbox/none/s", f"Sandbox/none/{OF_GROUP}", "Sandbox/No Library/s"):
        with pytest.raises(ReadOnly, match=path):
            store.make_folder(path)
    for path in ("Sandbox", G, S, f"{G}/{OF_GROUP}"):
        with pytest.raises(ReadOnly):
            store.remove(Entry(path, "folder"))


def test_a_sample_that_was_replaced_elsewhere_is_found_again(store: PangeaStore, group: SampleGroup):
    assert list(store.entries(S)) == []
    group.sample("s 1").get().delete()
    group.sample("s 1").create().analysis_result("m").create()
    assert paths(_again(store, S)) == [f"{S}/m"]


def _again(store: PangeaStore, path: str) -> Iterator[Entry]:
    """What a folder has, by who asks a second time where the first found it outdated."""
    try:
        return iter(list(store.entries(path)))
    except PathNotFound:
        return store.entries(path)


def test_odd_names_are_found_by_what_lists_call_them(store: PangeaStore, group: SampleGroup):
    names = [".results", "a/b", "100% %2F", "..", "ü #?"]
    create_samples(group, names)
    listed = {entry.path for entry in store.entries(G)} - {S}
    assert listed == {f"{G}/{sample_part(name)}" for name in names}
    for name in names:
        path = parse_uri(f"pangea://{G}/{sample_part(name)}").path
        group.sample(name).get().analysis_result("m/x").create().field("f/g", 1).create()
        assert paths(store.entries(path)) == [f"{path}/m%2Fx"]
        assert store.stat(f"{path}/m%2Fx/f%2Fg").size == 1


def test_samples_that_share_a_name_are_called_by_their_uuids(store: PangeaStore, group: SampleGroup, tmp_path: Path):
    first = group.sample("s 1").get()
    twin = group.org.sample_group("Other", is_library=True).create().sample("s 1").create()
    for number, sample in enumerate((first, twin)):
        sample.analysis_result("m").create().field("f", number).create()
    group.add_sample(twin).save()
    contents = {f"{G}/{first.uuid}/m/f": b"0", f"{G}/{twin.uuid}/m/f": b"1"}
    assert set(paths(store.entries(G))) == {f"{G}/{first.uuid}", f"{G}/{twin.uuid}"}
    assert {path: got(store, path, tmp_path) for path in paths(store.walk(G))} == contents
    with pytest.raises(PathNotFound):
        store.stat(f"{G}/{group.uuid}")


def test_what_is_public_is_read_without_a_login(knex: Knex, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch):
    org = Organization(knex, "Sandbox")
    library = org.sample_group("Open", is_library=True, is_public=True).create()
    library.sample("s").create().analysis_result("m").create().field("f", "public").create()
    monkeypatch.delenv("PANGEA_USER")
    with open_store("pangea") as store, pytest.raises(AuthError, match="Set PANGEA_USER"):
        store.stat("Sandbox")
    monkeypatch.delenv("PANGEA_PASS")
    with open_store("pangea") as nobody:
        assert paths(nobody.walk("Sandbox/Open")) == ["Sandbox/Open/s/m/f"]
        assert "Sandbox" in paths(nobody.entries(""))
        opened = nobody.open(nobody.stat("Sandbox/Open/s/m/f"))
        assert opened is not None
        assert opened.read() == b'"public"'
    with open_store("pangea", token="x" * 40) as wrong, pytest.raises(Forbidden):
        list(wrong.entries(""))


TEXT = st.text("ab./%25EF2f é", min_size=1, max_size=8)


@given(TEXT)
def test_names_come_back_from_their_parts(name: str):
    for part in (escaped(name), sample_part(name)):
        assert plain(part) == name
        assert "/" not in part
        assert part not in (".", "..")
    assert sample_part(name) != OF_GROUP


@given(TEXT, st.none() | TEXT)
def test_results_come_back_from_their_parts(module: str, replicate: str | None):
    part = result_part(module, replicate or "")
    assert "/" not in part
    assert part not in (".", "..")
    assert module_and_replicate(part) == (module, replicate)


def test_results_of_one_module_have_their_replicates_in_their_names():
    results = [
        {"uuid": uuid, "module_name": module, "replicate": replicate}
        for uuid, module, replicate in (("1", "a", "x"), ("2", "a", "y.z"), ("3", "b", "x"))
    ]
    assert result_parts(results) == {"1": "a.x", "2": "a.y.z", "3": "b"}


def test_what_went_from_the_server_is_reported(store: PangeaStore, group: SampleGroup, tmp_path: Path):
    put(store, tmp_path, {f"{S}/raw/a": b"1"}).raise_if_failed()
    entry = store.stat(f"{S}/raw/a")
    store.remove(entry)
    with pytest.raises(PathNotFound):
        store.location(entry)


def test_a_put_into_a_group_without_a_bucket_creates_nothing(store: PangeaStore, tmp_path: Path):
    organization = store.client.find_organization("Sandbox").uuid
    library = store.client.create_sample_group(name="New", organization=organization, is_library=True)
    sample = store.client.create_sample(name="s", library=library.uuid)
    (tmp_path / "a.txt").write_bytes(b"a")
    report = store.put([Put(str(tmp_path / "a.txt"), "Sandbox/New/s/m/f")], CopyOptions())
    with pytest.raises(TransferFailed, match="'New' has no bucket"):
        report.raise_if_failed()
    assert store.client.list_sample_analysis_results(sample_id=sample.uuid).count == 0
