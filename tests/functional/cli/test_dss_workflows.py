"""`omics dss` beyond single requests: searches, events, checkouts, uploads with options; and invalid values."""

import json
from pathlib import Path

import pytest
from dss_manifests import WITH_VERSION, rows_of, write_manifest

pytestmark = pytest.mark.sandbox


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "cell_suspension_0.json").write_text('{"organ": "brain"}')
    (folder / "reads.bin").write_bytes(bytes(3000))
    return folder


@pytest.fixture
def bundles(omics_sandbox, source):
    """Thirteen bundles of the same files."""
    return [omics_sandbox.seed(source) for _ in range(13)]


QUERY = json.dumps({"query": {"match": {"files.cell_suspension_json.organ": "brain"}}})


@pytest.mark.parametrize("form", ["summary", "raw"])
@pytest.mark.parametrize("way", ["text", "file", "@-", "-"])
def test_a_search_over_all_pages(dss, bundles, form, way):
    Path("query.json").write_text(QUERY)
    query = {"text": QUERY, "file": "@query.json"}.get(way, way)
    words = ("post-search", "--replica", "aws", "--output-format", form, "--per-page", "10", "--es-query", query)
    ran = dss(*words, typed=QUERY)
    assert ran.code == 0, ran.err
    assert len(ran.json["results"]) == 13
    assert all(("metadata" in hit) == (form == "raw") for hit in ran.json["results"])


def test_a_query_that_is_not_json_is_named(dss):
    ran = dss("post-search", "--replica", "aws", "--es-query", "-", typed="{oops")
    assert ran.code == 2
    assert "--es-query: expected a JSON object" in ran.err


def test_events_of_a_time(dss, omics_sandbox, bundles):
    omics_sandbox.settings.turn({"dss.journal_events": 2})
    versions = sorted(bundle["version"] for bundle in bundles)
    ran = dss("get-events", "--replica", "aws", "--from-date", versions[2], "--to-date", versions[7], "--per-page", "1")
    assert ran.code == 0, ran.err
    times = [event["timestamp"] for stream in ran.json["event_streams"] for event in stream["events"]]
    assert times
    assert all(versions[2] <= time < versions[7] for time in times)
    whole = dss("get-events", "--replica", "aws").json["event_streams"]
    assert sum(len(stream["events"]) for stream in whole) == 13
    ended = dss("get-events", "--replica", "aws", "--from-date", versions[7], "--to-date", versions[2])
    assert ended.code == 1
    assert "to_date must be greater than from_date" in ended.err


def test_events_by_dates_as_people_write_them(dss, bundles):
    day = bundles[0]["version"][:10]
    words = ("get-events", "--replica", "aws")
    assert len(dss(*words, "--from-date", day).json["event_streams"]) == len(dss(*words).json["event_streams"]) > 0
    assert dss(*words, "--to-date", day).json["event_streams"] == []
    assert dss(*words, "--from-date", "2019-08-01T22:00:00+02:00", "--to-date", f"{day}T00:00").code == 0
    wrong = dss(*words, "--from-date", "yesterday")
    assert wrong.code == 2
    assert "--from-date: 'yesterday' is not a time" in wrong.err


def checkout(dss, bundle, *more):
    return dss("post-bundles-checkout", "--uuid", bundle["bundle_uuid"], "--replica", "aws", *more)


def test_a_checkout_is_waited_for(dss, omics_sandbox, bundles):
    omics_sandbox.settings.turn({"dss.checkout_seconds": 0})
    ran = checkout(dss, bundles[0], "--wait")
    assert ran.code == 0, ran.err
    assert ran.json["location"].startswith("s3://")
    assert f"checkout {ran.json['checkout_job_id']} has started" in ran.err


def test_checkouts_that_do_not_come(dss, omics_sandbox, bundles):
    omics_sandbox.settings.turn({"dss.checkout_seconds": 0})
    failed = checkout(dss, bundles[0], "--wait", "--destination", "no-such-bucket")
    assert (failed.code, failed.stdout) == (1, b"")
    assert "failed: The bucket no-such-bucket does not exist" in failed.err
    omics_sandbox.settings.turn({"dss.checkout_seconds": 1000})
    late = checkout(dss, bundles[0], "--wait", "--timeout-seconds", "0")
    assert late.code == 1
    assert "has not finished after 0 s (RUNNING). Ask later: omics dss get-bundles-checkout" in late.err
    assert checkout(dss, bundles[0], "--wait", "--version", "2019-08-01T200147.836832Z").code == 1


def upload(dss, source, sandbox, *more):
    words = ("--src-dir", str(source), "--replica", "aws", "--staging-bucket", sandbox.staging_bucket)
    return dss("upload", *words, *more)


def test_an_upload_foreseen(dss, source, omics_sandbox):
    ran = upload(dss, source, omics_sandbox, "--dry-run", "--report", "r.jsonl")
    assert ran.code == 0, ran.err
    assert ran.json["bytes_to_send"] == 3018
    assert [file["plan"] for file in ran.json["files"]] == ["stage and register"] * 2
    assert omics_sandbox.requests("/dss/") == []
    assert '"planned"' in Path("r.jsonl").read_text()


def test_an_upload_with_a_report_and_a_limit(dss, source, omics_sandbox):
    ran = upload(dss, source, omics_sandbox, "--report", "r.html", "--limit-rate", "10M", "--time-budget", "10m")
    assert ran.code == 0, ran.err
    assert len(ran.json["files"]) == 2
    assert "reads.bin" in Path("r.html").read_text()
    assert "report written to r.html" in ran.err


def put_file(dss, sandbox, key, *more):
    source = f"s3://{sandbox.staging_bucket}/{key}"
    words = ("--uuid", "4ba00d2e-b67c-44ae-a31c-fd85f44f4c12", "--version", "2019-08-01T200147.836832Z")
    return dss("put-file", *words, "--source-url", source, "--creator-uid", "1", *more)


def test_a_file_that_is_copied_later_is_waited_for(dss, source, omics_sandbox):
    import boto3

    upload(dss, source, omics_sandbox)
    bucket = omics_sandbox.staging_bucket
    objects = boto3.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    key = next(entry["Key"] for entry in objects if entry["Key"].endswith("reads.bin"))
    omics_sandbox.settings.turn({"dss.async_bytes": 1, "dss.async_seconds": 1000})
    assert "task_id" in put_file(dss, omics_sandbox, key).json
    late = put_file(dss, omics_sandbox, key, "--wait", "--timeout-seconds", "0")
    assert (late.code, late.stdout) == (1, b"")
    assert "the service had not copied it after 0 s" in late.err
    omics_sandbox.clock.advance(1001)
    there = put_file(dss, omics_sandbox, key, "--wait")
    assert (there.code, there.json) == (0, {"version": "2019-08-01T200147.836832Z"})
    missing = put_file(dss, omics_sandbox, "no/such/key", "--wait")
    assert missing.code == 1
    assert "There is no object" in missing.err
    assert put_file(dss, omics_sandbox, key, "--uuid", "a/b", "--wait").code == 1


def test_a_collection_of_parts_states_what_it_brings(dss, bundles):
    files = dss("get-bundle", "--uuid", bundles[0]["bundle_uuid"], "--replica", "aws").json["bundle"]["files"]
    metadata = next(file for file in files if file["name"].endswith(".json"))
    part = {"type": "organ", "uuid": metadata["uuid"], "version": metadata["version"], "fragment": "/organ"}
    which = ("--uuid", "4ba00d2e-b67c-44ae-a31c-fd85f44f4c12", "--replica", "aws")
    facts = ("--name", "n", "--description", "d", "--details", "{}", "--version", "2019-08-01T200147.836832Z")
    assert dss("put-collection", *which, *facts, "--contents", json.dumps(part)).code == 0
    ran = dss("download-collection", *which)
    assert ran.code == 0, ran.err
    assert f"organ /organ of file {metadata['uuid']}: the whole file is downloaded" in ran.err
    assert Path("files", f"{metadata['uuid']}.{metadata['version']}.json").read_text() == '{"organ": "brain"}'


def test_downloads_select_files(dss, omics_sandbox, source):
    made = omics_sandbox.seed(source)
    identity = f"{made['bundle_uuid']}.{made['version']}"
    small = dss(
        "download", "--bundle-uuid", made["bundle_uuid"], "--replica", "aws", "--max-size", "1K", "--download-dir", "a"
    )
    assert (small.code, names_in(f"a/{identity}")) == (0, ["bundle.json", "cell_suspension_0.json"]), small.err
    Path("all").mkdir()
    write_manifest(Path("all/rows.tsv"), rows_of(made), WITH_VERSION)
    manifest = ("download-manifest", "--manifest", "all/rows.tsv", "--replica", "aws", "--include", "*.bin")
    for layout, stored in (("none", 1), ("bundle", 1)):
        ran = dss(*manifest, "--layout", layout, "--download-dir", layout, "--output", "json")
        assert (ran.code, ran.json["counts"]["done"]) == (0, stored), ran.err
        kept = Path("rows.tsv").read_text().splitlines()
        assert [line.split("\t")[2] for line in kept[1:]] == ["reads.bin"]
    assert names_in(f"bundle/{identity}") == ["bundle.json", "reads.bin"]
    sized = dss(*manifest[:-2], "--min-size", "1K", "--download-dir", "b", "--workers", "2", "--output", "json")
    assert (sized.code, sized.json["counts"]["done"]) == (0, 1), sized.err


def names_in(folder):
    return sorted(path.name for path in Path(folder).iterdir())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("download", "--replica", "aws", "--bundle-uuid", ""), "--bundle-uuid: the value is empty"),
        (("download-collection", "--replica", "aws", "--uuid", " "), "--uuid: the value is empty"),
        (("download-manifest", "--replica", "aws", "--manifest", ""), "--manifest: the value is empty"),
        (("upload", "--replica", "aws", "--staging-bucket", "b", "--src-dir", ""), "--src-dir: the value is empty"),
    ],
)
def test_a_variable_that_is_not_set_names_nothing(dss, words, message):
    Path("of this folder").write_text("isn't to be uploaded")
    ran = dss(*words)
    assert (ran.code, ran.stdout) == (2, b"")
    assert message in ran.err


def test_nothing_to_upload_is_not_this_folder(sb):
    Path("of this folder").write_text("isn't to be uploaded")
    ran = sb("files", "upload", "", "sb://sandbox-user/p/")
    assert (ran.code, "PATHS is required" in ran.err) == (2, True)
    ran = sb("files", "upload", "of this folder", "", "sb://sandbox-user/p/")
    assert (ran.code, "'' does not exist" in ran.err) == (2, True)


def test_programs_with_blanks_in_their_names_are_listed(gen3):
    assert gen3("programs", "create", "With Blank").code == 0
    assert gen3("projects", "create", "With Blank", "P1", "--dbgap-accession-number", "phs1").code == 0
    assert "With Blank" in str(gen3("programs", "ls").json)
    assert "P1" in str(gen3("projects", "ls").json)
