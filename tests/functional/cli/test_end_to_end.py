"""`omics dss` against the sandbox: documented commands as users type them."""

import hashlib
import json
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.sandbox

VERSION = "2019-08-01T200147.836832Z"
UUID = "4ba00d2e-b67c-44ae-a31c-fd85f44f4c12"


@pytest.fixture
def source(tmp_path):
    """A folder of 13 files, two of them metadata, one in a folder below."""
    folder = tmp_path / "source"
    (folder / "deep").mkdir(parents=True)
    (folder / "cell_suspension_0.json").write_text('{"biomaterial_core": {"ncbi_taxon_id": [9606]}}')
    (folder / "project_0.json").write_text('{"name": "p"}')
    (folder / "deep" / "reads.bin").write_bytes(bytes(range(256)) * 300)
    for number in range(10):
        (folder / f"f{number}.txt").write_text(f"{number}\n")
    return folder


@pytest.fixture
def bundle(omics_sandbox, source):
    """The same folder as a bundle in the sandbox."""
    return omics_sandbox.seed(source)


def named(bundle) -> tuple[str, ...]:
    return ("--uuid", bundle["bundle_uuid"], "--replica", "aws")


def test_all_pages_of_a_bundle_are_one(dss, bundle):
    ran = dss("get-bundle", *named(bundle), "--per-page", "10")
    assert (ran.code, ran.err) == (0, "")
    assert len(ran.json["bundle"]["files"]) == 13
    assert "bundle.files" not in ran.json
    assert len(dss("get-bundle", *named(bundle), "--per-page", "10", "--no-paginate").json["bundle"]["files"]) == 10


def test_lines_come_an_item_each(dss, omics_sandbox, source):
    for _ in range(12):
        omics_sandbox.seed(source)
    ran = dss(
        "get-bundles-all", "--replica", "aws", "--per-page", "10", "--output", "jsonl", "--query", "bundles[].uuid"
    )
    assert len({json.loads(line) for line in ran.out.splitlines()}) == 12


def test_a_file_comes_byte_for_byte(dss, bundle, source):
    uuids = {file["name"]: file["uuid"] for file in bundle["files"]}
    for name in ("deep/reads.bin", "project_0.json"):
        ran = dss("get-file", "--uuid", uuids[name], "--replica", "aws")
        assert (ran.code, ran.stdout) == (0, (source / name).read_bytes())


def test_the_direct_url_of_a_file_is_printed_as_a_line(dss, bundle):
    file = bundle["files"][0]
    for replica, scheme in (("aws", "s3"), ("gcp", "gs")):
        ran = dss("get-file", "--uuid", file["uuid"], "--replica", replica, "--directurl", "true")
        assert (ran.code, ran.err) == (0, "")
        (line,) = ran.stdout.decode().splitlines()
        assert line.startswith(f"{scheme}://")
        assert file["sha256"] in line
        assert ran.stdout.endswith(b"\n")


def test_head_file_shows_the_headers(dss, bundle, source):
    file = next(file for file in bundle["files"] if file["name"] == "deep/reads.bin")
    headers = {
        name.lower(): value for name, value in dss("head-file", "--uuid", file["uuid"], "--replica", "aws").json.items()
    }
    assert headers["x-dss-size"] == str(256 * 300)
    assert headers["x-dss-sha256"] == hashlib.sha256((source / "deep/reads.bin").read_bytes()).hexdigest()


def test_searching(dss, bundle):
    found = dss("post-search", "--replica", "aws", "--es-query", "{}", "--no-paginate")
    assert found.json["results"][0]["bundle_fqid"] == f"{bundle['bundle_uuid']}.{bundle['version']}"
    query = {"query": {"match": {"files.cell_suspension_json.biomaterial_core.ncbi_taxon_id": 10090}}}
    assert dss("post-search", "--replica", "aws", "--es-query", json.dumps(query)).json["results"] == []


def test_download_prints_the_manifest_and_leaves_the_folder(dss, bundle, source):
    ran = dss("download", "--bundle-uuid", bundle["bundle_uuid"], "--replica", "aws", "--download-dir", "there")
    assert ran.code == 0
    assert re.fullmatch(r"omics: 13 files \(.* KiB\) downloaded.* in .* s: 13 verified\n", ran.err)
    assert len(ran.json["bundle"]["files"]) == 13
    folder = Path("there") / f"{bundle['bundle_uuid']}.{bundle['version']}"
    assert ran.json["path"] == str(folder)
    assert (folder / "deep" / "reads.bin").read_bytes() == (source / "deep" / "reads.bin").read_bytes()


def test_filters_are_words(dss, bundle):
    words = ("--data-filter", "f[01].txt", "deep/*", "--no-metadata")
    assert dss("download", "--bundle-uuid", bundle["bundle_uuid"], "--replica", "aws", *words).code == 0
    folder = Path(f"{bundle['bundle_uuid']}.{bundle['version']}")
    assert {path.name for path in folder.rglob("*") if path.is_file()} == {
        "f0.txt",
        "f1.txt",
        "reads.bin",
        "bundle.json",
    }


def test_filters_that_exclude_each_other_are_usage(dss, bundle):
    words = ("--data-filter", "*", "--no-data")
    ran = dss("download", "--bundle-uuid", bundle["bundle_uuid"], "--replica", "aws", *words[:1], "a*", words[2])
    assert ran.code == 2
    assert ran.err.count("\n") == 1


MANIFEST = ("download-manifest", "--replica", "aws", "--manifest")
HEADER = ["bundle_uuid", "bundle_version", "file_name", "file_uuid", "file_version", "file_sha256", "file_size"]


def manifest(path: Path, bundle, source: Path, **wrong: str) -> None:
    """A manifest of a bundle's files; `wrong` gives a file another checksum."""
    rows = ["\t".join(HEADER)]
    for file in bundle["files"]:
        content = (source / file["name"]).read_bytes()
        checksum = wrong.get(file["name"].partition(".")[0], hashlib.sha256(content).hexdigest())
        row = [bundle["bundle_uuid"], bundle["version"], file["name"], file["uuid"], file["version"], checksum]
        rows.append("\t".join([*row, str(len(content))]))
    path.write_text("\n".join(rows) + "\n")


@pytest.mark.parametrize("layout", ["none", "bundle"])
def test_a_manifest_is_downloaded(dss, bundle, source, tmp_path, layout):
    manifest(tmp_path / "m.tsv", bundle, source)
    ran = dss("download-manifest", "--manifest", str(tmp_path / "m.tsv"), "--replica", "aws", "--layout", layout)
    assert ran.code == 0
    assert re.fullmatch(r"omics: 13 files \(.* KiB\) downloaded.* in .* s: 13 verified\n", ran.err)
    assert "file_path" in Path("m.tsv").read_text()
    assert Path(f"{bundle['bundle_uuid']}.{bundle['version']}").is_dir() == (layout == "bundle")


def test_a_row_that_fails_stops_none_and_ends_with_3(dss, bundle, source, tmp_path):
    manifest(tmp_path / "m.tsv", bundle, source, f3="0" * 64)
    ran = dss("download-manifest", "--manifest", str(tmp_path / "m.tsv"), "--replica", "aws", "--num-retries", "0")
    assert ran.code == 3
    assert "f3.txt" in ran.err.splitlines()[-2]
    assert ran.err.endswith(": 12 verified, 1 failed\n")
    assert len([path for path in Path(".hca").rglob("*") if path.is_file() and len(path.name) == 64]) == 12
    assert not Path("m.tsv").exists()


def test_when_all_rows_fail_each_is_reported_once(dss, bundle, source, tmp_path):
    names = [file["name"].partition(".")[0] for file in bundle["files"]]
    wrong = {name: f"{number:064x}" for number, name in enumerate(names)}
    manifest(tmp_path / "m.tsv", bundle, source, **wrong)
    ran = dss(*MANIFEST, str(tmp_path / "m.tsv"), "--num-retries", "0", "--log-level", "ERROR")
    assert ran.code == 3
    assert ran.err.count("f3.txt") == 1
    assert len(ran.err.splitlines()) == 14
    assert ran.err.splitlines()[-1].startswith("omics: 13 download task(s) failed. ")


def test_a_manifest_that_does_not_exist_is_usage(dss):
    ran = dss("download-manifest", "--manifest", "none.tsv", "--replica", "aws")
    assert ran.code in (1, 2)
    assert "none.tsv" in ran.err
    assert ran.err.count("\n") == 1


def test_a_report_reports_each_file(dss, bundle, source, tmp_path):
    manifest(tmp_path / "m.tsv", bundle, source, f3="0" * 64)
    ran = dss(*MANIFEST, str(tmp_path / "m.tsv"), "--num-retries", "0", "--report", "report.jsonl")
    assert ran.code == 3
    assert "report written to report.jsonl" in ran.err
    first, *files = map(json.loads, Path("report.jsonl").read_text().splitlines())
    assert (first["ok"], first["counts"]["done"], first["counts"]["failed"]) == (False, 12, 1)
    assert first["title"] == f"Download of {tmp_path / 'm.tsv'}"
    assert [file["error"]["type"] for file in files if file["state"] == "failed"] == ["ChecksumMismatch"]

    ran = dss("download", "--bundle-uuid", bundle["bundle_uuid"], "--replica", "aws", "--report", "report.HTML")
    assert ran.code == 0
    page = Path("report.HTML").read_text()
    assert "Every file is complete and verified" in page
    assert f"Download of bundle {bundle['bundle_uuid']}" in page


def test_a_report_reports_what_failed_beside_the_files(dss, bundle, tmp_path):
    row = [bundle["bundle_uuid"], bundle["version"], "none.txt", UUID, VERSION, "0" * 64, "1"]
    (tmp_path / "m.tsv").write_text("\t".join(HEADER) + "\n" + "\t".join(row) + "\n")
    ran = dss(*MANIFEST, str(tmp_path / "m.tsv"), "--layout", "bundle", "--no-metadata", "--report", "report.jsonl")
    assert ran.code != 0
    first, *files = map(json.loads, Path("report.jsonl").read_text().splitlines())
    assert (first["ok"], first["counts"]["failed"]) == (False, 1)
    assert "has no such file" in files[-1]["error"]["message"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("report.txt", "ends in .html"),
        ("report", "ends in .html"),
        ("missing/report.html", "does not exist"),
        (".", "ends in .html"),
        ("folder.html", "--report: 'folder.html' is a folder"),
    ],
)
def test_a_report_that_cannot_be_is_usage_before_anything_starts(dss, path, said):
    Path("folder.html").mkdir()
    ran = dss("download-manifest", "--manifest", "none.tsv", "--replica", "aws", "--report", path)
    assert ran.code == 2
    assert said in ran.err
    assert path in ran.err


def test_an_unknown_layout_is_usage(dss):
    ran = dss("download-manifest", "--manifest", "none.tsv", "--replica", "aws", "--layout", "flat")
    assert ran.code == 2
    assert "none, bundle" in ran.err


def test_uploading_makes_a_bundle(dss, source, omics_sandbox):
    words = ("--src-dir", str(source), "--replica", "aws", "--staging-bucket", omics_sandbox.staging_bucket)
    made = dss("upload", *words)
    assert made.code == 0
    assert re.fullmatch(r"omics: 13 files \(.* KiB\) uploaded to aws in .* s: 13 verified\n", made.err)
    assert len(made.json["files"]) == 13
    assert dss("get-bundle", "--uuid", made.json["bundle_uuid"], "--replica", "aws").json["bundle"]["version"]


def test_a_version_fits_a_shell_variable(dss):
    ran = dss("create-version")
    assert ran.code == 0
    assert len(ran.out.strip()) == len(VERSION)
    assert ran.out[0] == "2"
    assert json.loads(dss("create-version", "--output", "json").out)[-1] == "Z"


@pytest.fixture
def link(dss, bundle):
    """The link to a bundle in a collection that has no other."""
    link = json.dumps({"type": "bundle", "uuid": bundle["bundle_uuid"], "version": bundle["version"]})
    made = dss(
        *("put-collection", "--uuid", UUID, "--replica", "aws", "--version", VERSION, "--name", "bar"),
        *("--description", "foo", "--details", "{}", "--contents", link),
    )
    assert (made.code, made.json) == (0, {"uuid": UUID, "version": VERSION})
    return link


def test_a_collection_lives_and_ends(dss, link):
    which = ("--uuid", UUID, "--replica", "aws")
    changed = dss("patch-collection", *which, "--version", VERSION, "--remove-contents", link, "--name", "new")
    assert changed.code == 0, changed.err
    assert dss("get-collection", *which).json["name"] == "new"
    assert dss("get-collections").json["collections"] == [{"uuid": UUID, "version": changed.json["version"]}]
    assert dss("delete-collection", *which).code == 0
    assert dss("get-collection", *which).code == 1


def test_a_collection_is_downloaded(dss, bundle, link):
    ran = dss("download-collection", "--uuid", UUID, "--replica", "aws")
    assert ran.code == 0
    assert re.fullmatch(r"omics: 13 files \(.* KiB\) downloaded.* in .* s: 13 verified\n", ran.err)
    assert Path(f"{bundle['bundle_uuid']}.{bundle['version']}", "f1.txt").read_text() == "1\n"


def test_a_subscription_lives_and_ends(dss):
    made = dss("put-subscription", "--callback-url", "https://example.org/hook", "--replica", "aws")
    assert made.code == 0, made.err
    which = ("--uuid", made.json["uuid"], "--replica", "aws")
    assert dss("get-subscription", *which).json["callback_url"] == "https://example.org/hook"
    assert len(dss("get-subscriptions", "--replica", "aws").json["subscriptions"]) == 1
    assert dss("delete-subscription", *which).code == 0
    assert dss("get-subscriptions", "--replica", "aws").json["subscriptions"] == []


def test_a_checkout_is_requested_and_examined(dss, bundle):
    job = dss("post-bundles-checkout", *named(bundle)).json["checkout_job_id"]
    assert dss("get-bundles-checkout", "--replica", "aws", "--checkout-job-id", job).json["status"]


def test_deleting_a_bundle_dry_and_permanently(dss, bundle):
    words = ("delete-bundle", *named(bundle), "--reason", "test", "--version", bundle["version"])
    assert dss(*words, "--dry-run").json["method"] == "DELETE"
    assert dss("get-bundle", *named(bundle)).code == 0
    assert dss(*words).code == 0
    assert dss("get-bundle", *named(bundle)).code == 1


def test_a_missing_object_is_one_line_and_1(dss):
    ran = dss("get-bundle", "--uuid", UUID, "--replica", "aws")
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert UUID in ran.err


@pytest.mark.parametrize("token", ["", "not-one"])
def test_a_missing_or_wrong_token_is_4_and_states_where_to_put_one(dss, monkeypatch, token):
    monkeypatch.setenv("OMICS_DSS_TOKEN", token)
    ran = dss("get-collections")
    assert (ran.code, ran.err.count("\n")) == (4, 1)
    assert "OMICS_DSS_TOKEN" in ran.err
    assert "not-one" not in ran.err


def test_a_token_may_be_an_option(dss, monkeypatch, omics_sandbox):
    monkeypatch.delenv("OMICS_DSS_TOKEN")
    ran = dss("get-collections", "--access-token", omics_sandbox.token())
    assert ran.code == 0, ran.err
    assert ran.json == {"collections": []}


def test_a_token_that_ended_is_4(dss, monkeypatch, omics_sandbox):
    monkeypatch.setenv("OMICS_DSS_TOKEN", omics_sandbox.token(seconds=1))
    omics_sandbox.clock.advance(10)
    assert dss("get-collections").code == 4


def test_a_stored_token_goes_to_no_other_host(dss, monkeypatch, omics_sandbox, tmp_path):
    monkeypatch.delenv("OMICS_DSS_TOKEN")
    stored = {
        "DSSClient": {"swagger_url": "https://dss.elsewhere.example/v1/swagger.json"},
        "oauth2_token": {"access_token": "canary-of-elsewhere"},
    }
    (tmp_path / "hca.json").write_text(json.dumps(stored))
    monkeypatch.setenv("HCA_CONFIG_FILE", str(tmp_path / "hca.json"))
    monkeypatch.setenv("OMICS_DSS_URL", f"{omics_sandbox.url}/dss/v1")
    ran = dss("get-collections")
    assert (ran.code, ran.err.count("\n")) == (4, 1)
    assert "canary" not in json.dumps(omics_sandbox.requests())


def test_the_wire_is_shown_without_secrets(dss, bundle, monkeypatch, omics_sandbox):
    token = omics_sandbox.token()
    monkeypatch.setenv("OMICS_DSS_TOKEN", token)
    file = bundle["files"][0]
    ran = dss("get-file", "--uuid", file["uuid"], "--replica", "aws", "--debug")
    assert ran.code == 0
    assert f"/files/{file['uuid']}" in ran.err
    assert "302" in ran.err
    assert token not in ran.err
    assert re.search(r"signature=(?!\*\*\*)", ran.err, re.IGNORECASE) is None


def test_seeding_a_running_sandbox(omics, omics_sandbox, source, monkeypatch):
    ran = omics("sandbox", "seed", str(source), "--url", omics_sandbox.url, installed=True)
    assert (ran.code, ran.err) == (0, "")
    assert len(ran.json[0]["files"]) == 13


def test_seeding_the_folder_of_a_stopped_one(omics, source, tmp_path):
    (tmp_path / "state").mkdir()
    ran = omics("sandbox", "seed", str(source), "--dir", str(tmp_path / "state"), installed=True)
    assert (ran.code, ran.err) == (0, "")
    assert len(ran.json[0]["files"]) == 13


def test_one_folder_of_two_that_cannot_be_taken_is_3(omics, omics_sandbox, source, tmp_path):
    (tmp_path / "empty").mkdir()
    ran = omics("sandbox", "seed", str(tmp_path / "empty"), str(source), "--url", omics_sandbox.url, installed=True)
    assert ran.code == 3
    assert "empty" in ran.err
    assert len(list(omics_sandbox.requests("/_sandbox/seed"))) in (0, 2)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("x",), "give --url"),
        (("x", "--url", "http://127.0.0.1:1", "--dir", "y"), "give --url"),
        (("/nonexistent", "--url", "http://127.0.0.1:1"), "/nonexistent is not a folder"),
        (("--dir", "."), "expected either folders or --exchanges"),
    ],
)
def test_seeding_wrongly_is_usage(omics, words, said):
    ran = omics("sandbox", "seed", *words, installed=True)
    assert ran.code == 2
    assert said in ran.err
