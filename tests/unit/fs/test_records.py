"""Finding completed work of the same copy: by checksums, or by a record of both ends."""

import shutil
import stat
from hashlib import md5

import pytest
from omicsdk.fs import CopyOptions, parse_uri
from omicsdk.fs.copying.copies import copy_files
from omicsdk.fs.copying.jobs import planned_copy
from omicsdk.fs.copying.planning import Source, plan_copy, select
from omicsdk.fs.copying.records import Record
from omicsdk.fs.uris import Stores
from omicsdk.transfer import Outcome
from s3_service import Answer, Service, store_of


@pytest.fixture
def copied(shelf, tmp_path, monkeypatch):
    """Copies a folder; gives the states of its files."""
    monkeypatch.chdir(tmp_path)

    def run(source, target, **options):
        with Stores() as stores:
            uri = parse_uri(source)
            files = list(select(stores.of(uri), uri))
            plan = plan_copy([Source(uri._replace(is_folder=True), True, files)], parse_uri(target), "folder")
            return [outcome.state for outcome in copy_files(plan, stores, CopyOptions(**options)).outcomes]

    return run


def plan_of(stores, target):
    source = parse_uri("shelf://p")
    return plan_copy([Source(source, True, list(select(stores.of(source), source)))], parse_uri(target), "")


def state_files(tmp_path):
    return [path for path in (tmp_path / "state").rglob("*") if path.is_file()]


WAYS = [("shelf://p", "out"), ("in", "shelf://q"), ("shelf://p", "shelf://q"), ("in", "out")]


@pytest.fixture(params=[True, False])
def has_checksums(request, shelf, tmp_path):
    """Two files here and there, with checksums or without any."""
    (tmp_path / "in").mkdir()
    for name in ("a", "b"):
        shelf.files[f"p/{name}"] = name.encode()
        (tmp_path / "in" / name).write_text(name)
        if not request.param:
            shelf.bare |= {f"p/{name}", f"q/{name}"}
    return request.param


@pytest.mark.parametrize(("source", "target"), WAYS)
def test_the_same_copy_transfers_nothing_again(copied, has_checksums, source, target, tmp_path):
    assert copied(source, target) == ["done", "done"]
    assert copied(source, target) == ["skipped", "skipped"]
    assert copied(source, target) == ["skipped", "skipped"]
    needs_record = not has_checksums and (source, target) != ("in", "out")
    assert bool(state_files(tmp_path)) == needs_record


@pytest.mark.parametrize(("source", "target"), WAYS)
def test_a_source_of_the_same_size_that_changed_is_copied(copied, has_checksums, shelf, source, target, tmp_path):
    copied(source, target)
    if source == "in":
        (tmp_path / "in/a").write_text("x")
    elif has_checksums:
        shelf.files["p/a"] = b"x"
    else:
        shelf.files["p/a"] = b"longer"  # all that the platform states
    assert copied(source, target) == ["done", "skipped"]


@pytest.mark.parametrize(("source", "target"), WAYS)
def test_a_target_that_changed_or_is_gone_is_copied(copied, has_checksums, shelf, source, target, tmp_path):
    copied(source, target)
    if target == "out":
        (tmp_path / "out/a").write_text("y")
        (tmp_path / "out/b").unlink()
    else:
        shelf.files["q/a"] = b"y" if has_checksums else b"longer"
        del shelf.files["q/b"]
    assert copied(source, target) == ["done", "done"]
    assert copied(source, target) == ["skipped", "skipped"]


def test_a_damaged_record_means_that_files_are_copied_again(copied, has_checksums, tmp_path):
    copied("in", "shelf://q")
    for path in state_files(tmp_path):
        path.write_bytes(b"{")
    assert copied("in", "shelf://q") == (["skipped"] * 2 if has_checksums else ["done"] * 2)


def test_a_record_is_of_its_user_alone_and_a_copy_does_not_fail_without_one(copied, shelf, tmp_path, caplog):
    shelf.files["p/a"] = b"a"
    shelf.bare |= {"p/a", "q/a"}
    assert copied("shelf://p", "shelf://q") == ["done"]
    (path,) = state_files(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.unlink()
    path.mkdir()
    assert copied("shelf://p", "shelf://q") == ["done"]
    assert "the same copy will transfer files again" in caplog.text


def test_a_folder_that_a_copy_made_is_its_target_again_unless_it_was_emptied(shelf, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shelf.files |= {"p/a": b"a", "p/b": b"b"}

    def copy():
        with Stores() as stores:
            plan = planned_copy(stores, [parse_uri("shelf://p")], parse_uri("out"), recursive=True)
            copy_files(plan, stores)
        return sorted(str(path.relative_to(tmp_path)) for path in (tmp_path / "out").rglob("*") if path.is_file())

    assert copy() == ["out/a", "out/b"]
    (tmp_path / "out/a").unlink()
    assert copy() == ["out/a", "out/b"]
    shutil.rmtree(tmp_path / "out")
    (tmp_path / "out").mkdir()
    assert copy() == ["out/p/a", "out/p/b"]


def test_a_source_that_cannot_be_opened_is_no_file_that_is_there(copied, shelf):
    shelf.files |= {"p/a": b"a", "p/b": b"b"}
    assert copied("shelf://p", "out") == ["done", "done"]
    shelf.broken.add("p/a")
    assert copied("shelf://p", "out") == ["failed", "skipped"]


@pytest.mark.parametrize("states_checksums", [True, False])
def test_the_engine_itself_compares_what_it_downloads_by_checksums(shelf, tmp_path, monkeypatch, states_checksums):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(shelf, "open", lambda *_: None)  # the engine fetches its files
    shelf.files["p/a"] = b"a"
    shelf.bare |= set() if states_checksums else {"p/a"}
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a").write_bytes(b"a")
    with Stores() as stores:
        plan = plan_of(stores, "out")
        Record(plan, stores, CopyOptions()).keep([Outcome("a", "done", 1)])
        present = Record(plan, stores, CopyOptions()).present()
    assert list(present) == ([] if states_checksums else ["a"])


def test_one_request_shows_that_several_files_have_no_target(shelf, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shelf.files |= {"p/a": b"a", "p/b": b"b"}
    requested = list[str]()
    with Stores() as stores:
        plan = plan_of(stores, "shelf://q")
        look = shelf._stat
        monkeypatch.setattr(shelf, "_stat", lambda store, path: requested.append(path) or look(store, path))
        assert Record(plan, stores, CopyOptions()).present() == {}
    assert requested == ["q"]


def test_a_stopped_copy_skips_nothing(shelf, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shelf.files |= {"p/a": b"a", "q/a": b"a"}
    options = CopyOptions(overwrite=False)
    options.control.stop()
    with Stores() as stores:
        plan = plan_of(stores, "shelf://q")
        assert Record(plan, stores, options).present() == {}


def test_another_copy_to_the_same_place_is_no_rerun(copied, shelf, tmp_path):
    """A file of one name and size from elsewhere: only a record of that very source would tell that it is there."""
    for folder in ("in", "other"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a").write_text(folder[0])
    shelf.bare.add("q/a")
    assert copied("in", "shelf://q") == ["done"]
    assert copied("other", "shelf://q") == ["done"]
    assert shelf.files["q/a"] == b"o"


def test_a_file_is_not_treated_as_a_copy_of_itself(copied, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a").write_text("x")
    assert copied("in", "in") == ["failed"]


def test_a_copy_within_a_bucket_is_known_by_checksums_that_its_list_does_not_state(tmp_path, monkeypatch):
    keys = {f"p/{number}": md5(str(number).encode()).hexdigest() for number in range(50)}

    def respond(request):
        key = request.path.removeprefix("/b/")
        if request.method == "PUT":
            keys[key] = keys[request.headers["x-amz-copy-source"].removeprefix("b/")]
            return Answer(body=f'<CopyObjectResult><ETag>"{keys[key]}"</ETag></CopyObjectResult>'.encode())
        if request.method == "HEAD":
            return Answer(headers={"content-length": "1", "etag": f'"{keys[key]}"'}) if key in keys else Answer(404)
        listed = [key for key in keys if key.startswith(request.query.get("prefix", ""))]
        entries = "".join(
            f'<Contents><Key>{key}</Key><ETag>"{keys[key]}"</ETag><Size>1</Size></Contents>' for key in listed
        )
        state = "<IsTruncated>false</IsTruncated>"
        return Answer(body=f"<ListBucketResult>{state}{entries}</ListBucketResult>".encode())

    service = Service(respond)
    bucket = store_of(service, endpoint_url="http://store", anonymous=True)
    monkeypatch.setattr(Stores, "of", lambda _, uri: bucket)
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def states():
        source = parse_uri("s3://b/p/")
        plan = plan_copy([Source(source, True, list(select(bucket, source)))], parse_uri("s3://b/q/"), "")
        return {outcome.state for outcome in copy_files(plan, Stores(), CopyOptions()).outcomes}

    assert states() == {"done"}
    assert {request.method for request in service.requests[-3:]} == {"HEAD"}
    assert sum(request.method == "HEAD" for request in service.requests) < 10
    assert states() == {"skipped"}
