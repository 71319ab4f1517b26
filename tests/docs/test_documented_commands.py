"""The platform's documented shell examples, with `omics` in the place of the published command."""

import hashlib
import json
import re
import shutil
import subprocess
from typing import Any

import pytest

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.skipif(shutil.which("bash") is None, reason="the examples are written for bash, which isn't there"),
]

UUID, VERSION = "5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d", "2024-03-01T120000.000000Z"
GENOME = "80897a7ee6b8aaffbab5442e0daad292592ac74701dbdf35af4b400ae0770ef3"


@pytest.fixture
def run(documented, scripts, tmp_path):
    """Runs one of the scripts in an empty folder and gives what it printed; a command that fails ends it."""

    def running(name: str) -> str:
        result = subprocess.run(
            ["bash", "-euo", "pipefail", scripts / name],
            cwd=tmp_path,
            env=documented.variables,
            capture_output=True,
            text=True,
            timeout=90,
        )
        assert result.returncode == 0, result.stderr
        assert "Traceback" not in result.stderr
        (tmp_path / "stderr").write_text(result.stderr)
        return result.stdout

    return running


def values(printed: str) -> list[Any]:
    """The JSON values that commands printed one after the other."""
    decoder, documents, rest = json.JSONDecoder(), [], printed.strip()
    while rest:
        value, end = decoder.raw_decode(rest)
        documents.append(value)
        rest = rest[end:].lstrip()
    return documents


def test_create_version(run):
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d{6}\.\d{6}Z", run("create_version.sh").strip())


def test_download(run, documented, tmp_path):
    payload = json.loads(run("download.sh"))
    folder = tmp_path / "download_test" / f"{UUID}.{VERSION}"
    assert len(payload["bundle"]["files"]) == 10
    for file in payload["bundle"]["files"]:
        assert (folder / file["name"]).read_bytes() == (documented.source / file["name"]).read_bytes()


def test_download_manifest(run, tmp_path):
    output = run("download_manifest.sh")
    path = tmp_path / ".hca" / "v2" / "files_2_4" / GENOME[:2] / GENOME[2:6] / GENOME
    assert hashlib.sha256(path.read_bytes()).hexdigest() == GENOME
    header, row = output.splitlines()[-2:]
    assert header.split("\t")[-1] == "file_path"
    assert (tmp_path / row.split("\t")[-1]).samefile(path)


def test_head_file(run):
    latest, of_version = values(run("head_file.sh"))
    for headers in (latest, of_version):
        lowercase = {name.lower(): value for name, value in headers.items()}
        assert (lowercase["x-dss-sha256"], lowercase["x-dss-version"]) == (GENOME, VERSION)


def test_get_bundle(run):
    payload = json.loads(run("get_bundle.sh"))
    assert (payload["bundle"]["uuid"], payload["bundle"]["version"], len(payload["bundle"]["files"])) == (
        UUID,
        VERSION,
        10,
    )


def test_get_file_is_byte_exact(run, tmp_path):
    assert run("get_file.sh") == ""
    assert hashlib.sha256((tmp_path / "result.txt").read_bytes()).hexdigest() == GENOME


def test_checkout(run):
    assert json.loads(run("checkout.sh"))["status"] in ("RUNNING", "SUCCEEDED")


def test_post_search(run):
    hits = json.loads(run("post_search.sh"))["results"]
    assert f"{UUID}.{VERSION}" in [hit["bundle_fqid"] for hit in hits]


def test_subscriptions(run):
    uuid, _, rest = run("subscriptions.sh").partition("\n")
    listed, one, gone = values(rest)
    assert uuid in [entry["uuid"] for entry in listed["subscriptions"]]
    assert one["callback_url"] == "https://notify.example.org/shell"
    assert "timeDeleted" in gone


def test_bundles(run):
    put, patched, *_ = values(run("bundles.sh"))
    assert put["version"] == "2024-08-02T202456.025543Z"
    assert patched["uuid"] == "98f6c379-cb78-4a61-9310-f8cc0341c002"


def test_collections(run, tmp_path):
    listed, patched, one, *_ = values(run("collections.sh"))
    uuid = "fff01947-bf94-43e9-86ca-f6ff6ae45d01"
    assert uuid in [entry["uuid"] for entry in listed["collections"]]
    assert patched["uuid"] == uuid
    assert one["description"] == "foo and more"
    assert (tmp_path / "collected" / f"{UUID}.{VERSION}" / "links.json").is_file()


def test_upload(run):
    made = json.loads(run("upload.sh"))
    assert [file["name"] for file in made["files"]] == ["sample_0.json"]


def test_a_configuration_file(run):
    assert run("config_file.sh").strip() == UUID


def test_download_of_a_choice(run, documented, tmp_path):
    folders = [tmp_path / line for line in run("download_choices.sh").splitlines()]
    names = {path.relative_to(documented.source).as_posix() for path in documented.source.rglob("*") if path.is_file()}
    metadata = {name for name in names if name.endswith(".json")}
    selections = (metadata, names - metadata, {"links.json", "project_0.json", "lambda_early_R1.fastq.gz"})
    for folder, expected in zip(folders, selections, strict=True):
        names_of_folder = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        assert names_of_folder == expected | {"bundle.json"}


def test_pages(run):
    merged, first = values(run("pages.sh"))
    assert len(merged["bundle"]["files"]) == 10
    assert merged.keys() == {"bundle"}
    assert [bundle["uuid"] for bundle in first["bundles"]] == [UUID]


def test_manifest_of_six_columns(run, tmp_path):
    header, row = run("manifest_of_six_columns.sh").splitlines()
    assert header.split("\t")[-1] == "file_path"
    assert row.split("\t")[2] == "mine"
    folder = tmp_path / "six" / f"{UUID}.{VERSION}"
    # All metadata of a bundle that the manifest mentions come along, and of its data what the manifest names.
    assert (folder / "links.json").is_file()
    assert hashlib.sha256((folder / "reference" / "NC_001416.1.fasta").read_bytes()).hexdigest() == GENOME
    assert not (folder / "lambda_early_R1.fastq.gz").exists()


def test_a_reader_that_wants_no_more(run):
    assert run("piped.sh") == ">NC_001416.1 Enterobacteria phage lambda, complete genome\n"


def test_help(run):
    output = run("help.sh")
    assert output.count("Usage: omics dss <command>") == 2
    assert "--replica" in output
    assert output.splitlines()[-1].startswith("omics ")


def test_what_fails_ends_with_its_code(run, tmp_path):
    assert run("refused.sh").splitlines() == ["code 1", "code 2", "code 4"]
    lines = (tmp_path / "stderr").read_text().splitlines()
    assert len(lines) == 3
    assert all(line.startswith("omics: ") for line in lines)
