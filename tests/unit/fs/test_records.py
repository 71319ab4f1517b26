"""Finding completed work of the same copy: by checksums, or by a record of both ends."""

from hashlib import md5

import pytest
from omicsdk.fs import CopyOptions, parse_uri
from omicsdk.fs.copying.copies import copy_files
from omicsdk.fs.copying.planning import Source, plan_copy, select
from omicsdk.fs.uris import Stores
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
