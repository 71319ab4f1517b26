"""`omics dss` against the sandbox: documented commands as users type them."""

import json
import re
from pathlib import Path

import pytest
from dss_manifests import WITH_VERSION, rows_of, write_manifest

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


def test_a_file_comes_byte_for_byte(dss, bundle, source):
    uuids = {file["name"]: file["uuid"] for file in bundle["files"]}
    for name in ("deep/reads.bin", "project_0.json"):
        ran = dss("get-file", "--uuid", uuids[name], "--replica", "aws")
        assert (ran.code, ran.stdout) == (0, (source / name).read_bytes())


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


MANIFEST = ("download-manifest", "--replica", "aws", "--manifest")


def manifest(path: Path, bundle, **wrong: str) -> None:
    """A manifest of a bundle's files; `wrong` gives a file another checksum."""
    rows = rows_of(bundle)
    for row in rows:
        row["file_sha256"] = wrong.get(row["file_name"].partition(".")[0], row["file_sha256"])
    write_manifest(path, rows, WITH_VERSION)


@pytest.mark.parametrize("layout", ["none", "bundle"])
def test_a_manifest_is_downloaded(dss, bundle, source, tmp_path, layout):
    manifest(tmp_path / "m.tsv", bundle)
    ran = dss("download-manifest", "--manifest", str(tmp_path / "m.tsv"), "--replica", "aws", "--layout", layout)
    assert ran.code == 0
    assert re.fullmatch(r"omics: 13 files \(.* KiB\) downloaded.* in .* s: 13 verified\n", ran.err)
    assert "file_path" in Path("m.tsv").read_text()
    assert Path(f"{bundle['bundle_uuid']}.{bundle['version']}").is_dir() == (layout == "bundle")


def test_a_report_reports_each_file(dss, bundle, source, tmp_path):
    manifest(tmp_path / "m.tsv", bundle, f3="0" * 64)
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
    lost = {"name": "none.txt", "uuid": UUID, "version": VERSION, "sha256": "0" * 64, "size": 1}
    write_manifest(tmp_path / "m.tsv", rows_of({**bundle, "files": [lost]}), WITH_VERSION)
    ran = dss(*MANIFEST, str(tmp_path / "m.tsv"), "--layout", "bundle", "--no-metadata", "--report", "report.jsonl")
    assert ran.code != 0
    first, *files = map(json.loads, Path("report.jsonl").read_text().splitlines())
    assert (first["ok"], first["counts"]["failed"]) == (False, 1)
    assert "has no such file" in files[-1]["error"]["message"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("report.txt", "ends in .html"),
        ("report", "ends in .html"),
        ("missing/report.html", "does not exist"),
        (".", "ends in .html"),
        ("folder.html", "--report: 'folder.html' is a folder"),
        ("new.html/", "--report: 'new.html/' is a folder"),
    ],
)
def test_a_report_that_cannot_be_is_usage_before_anything_starts(dss, path, message):
    Path("folder.html").mkdir()
    ran = dss("download-manifest", "--manifest", "none.tsv", "--replica", "aws", "--report", path)
    assert ran.code == 2
    assert message in ran.err
    assert path in ran.err


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


def test_a_subscription_lives_and_ends(dss):
    made = dss("put-subscription", "--callback-url", "https://example.org/hook", "--replica", "aws")
    assert made.code == 0, made.err
    which = ("--uuid", made.json["uuid"], "--replica", "aws")
    assert dss("get-subscription", *which).json["callback_url"] == "https://example.org/hook"
    assert len(dss("get-subscriptions", "--replica", "aws").json["subscriptions"]) == 1
    assert dss("delete-subscription", *which).code == 0
    assert dss("get-subscriptions", "--replica", "aws").json["subscriptions"] == []


def test_deleting_a_bundle_dry_and_permanently(dss, bundle):
    words = ("delete-bundle", *named(bundle), "--reason", "test", "--version", bundle["version"])
    assert dss(*words, "--dry-run").json["method"] == "DELETE"
    assert dss("get-bundle", *named(bundle)).code == 0
    assert dss(*words).code == 0
    assert dss("get-bundle", *named(bundle)).code == 1


@pytest.mark.parametrize("token", ["", "not-one"])
def test_a_missing_or_wrong_token_is_4_and_states_where_to_put_one(dss, monkeypatch, token):
    monkeypatch.setenv("OMICS_DSS_TOKEN", token)
    ran = dss("get-collections")
    assert (ran.code, ran.err.count("\n")) == (4, 1)
    assert "OMICS_DSS_TOKEN" in ran.err
    assert "not-one" not in ran.err


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


def test_seeding_a_running_sandbox(omics, omics_sandbox, source):
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
    ("words", "message"),
    [
        (("x",), "give --url"),
        (("x", "--url", "http://127.0.0.1:1", "--dir", "y"), "give --url"),
        (("/nonexistent", "--url", "http://127.0.0.1:1"), "/nonexistent is not a folder"),
        (("--dir", "."), "expected either folders or --exchanges"),
    ],
)
def test_seeding_wrongly_is_usage(omics, words, message):
    ran = omics("sandbox", "seed", *words, installed=True)
    assert ran.code == 2
    assert message in ran.err
