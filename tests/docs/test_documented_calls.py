"""The platform's documented calls, with only the import changed, run as scripts against the sandbox."""

import ast
import hashlib
import json
import os
import queue
import re
import subprocess
import sys
from pathlib import Path

import pytest
from quiet_server import QuietHandler, serving

pytestmark = pytest.mark.sandbox

BUNDLE = "5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d.2024-03-01T120000.000000Z"
VERSION = r"\d{4}-\d\d-\d\dT\d{6}\.\d{6}Z"


@pytest.fixture
def run(documented, scripts, tmp_path):
    """Runs one of the scripts in an empty folder and gives what it printed.

    One that names the service in its configuration is run without the user's configuration of it.
    """

    def running(name: str, *words: str, without: str = "") -> str:
        script = scripts / name
        variables = {key: value for key, value in documented.variables.items() if key != without}
        if "hca_config" in script.read_text():
            del variables["HCA_CONFIG_FILE"]
        result = subprocess.run(
            [sys.executable, "-m", "omicsdk.compat", script, *words],
            cwd=tmp_path,
            env=variables,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert result.returncode == 0, result.stderr
        assert "Traceback" not in result.stderr
        return result.stdout

    return running


def files_of(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_create_version(run):
    assert re.fullmatch(VERSION, run("create_version.py").strip())


def test_download(run, documented, tmp_path):
    payload = ast.literal_eval(run("download.py"))
    source = files_of(documented.source)
    assert {file["name"] for file in payload["bundle"]["files"]} == source.keys()
    whole = files_of(tmp_path / "download_test" / BUNDLE)
    assert json.loads((tmp_path / "download_test" / BUNDLE / "bundle.json").read_text())["bundle"] == payload["bundle"]
    del whole["bundle.json"]
    assert whole == source
    metadata = files_of(tmp_path / "metadata_only" / BUNDLE)
    assert metadata.keys() - {"bundle.json"} == {name for name in source if name.endswith(".json")}
    data = files_of(tmp_path / "data_only" / BUNDLE)
    assert data.keys() - {"bundle.json"} == {name for name in source if not name.endswith(".json")}
    filtered = files_of(tmp_path / "filtered" / BUNDLE)
    assert filtered.keys() == {"bundle.json", "links.json", "lambda_early_R1.fastq.gz"}


def test_download_manifest(run, documented, tmp_path):
    rows = dict(line.split() for line in run("download_manifest.py").splitlines())
    source = {name: digest for name, digest in files_of(documented.source).items() if name.endswith(".json")}
    assert rows.keys() == source.keys()
    for name, path in rows.items():
        digest = source[name]
        assert path == os.path.join(".hca", "v2", "files_2_4", digest[:2], digest[2:6], digest)  # noqa: PTH118
        assert hashlib.sha256((tmp_path / path).read_bytes()).hexdigest() == digest
    assert (tmp_path / "manifest.tsv").read_bytes().count(b"\r\n") == len(rows) + 1


def test_head_file(run, documented):
    output = run("head_file.py")
    digest = files_of(documented.source)["cell_suspension_0.json"]
    assert output.splitlines().count(f"{digest} 2024-03-01T120000.000000Z") == 2
    assert output.count("Headers: ") == 2


def test_get_bundle(run, tmp_path):
    lines = run("get_bundle.py").splitlines()
    assert lines[-2:] == ["8008 5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d 2024-03-01T120000.000000Z", "10"]
    assert len(json.loads((tmp_path / "get_bundle.json").read_text())["bundle"]["files"]) == 10


def test_checkout(run):
    job, status, *_ = run("checkout.py").splitlines()
    assert re.fullmatch(r"[0-9a-f-]{36}", ast.literal_eval(job)["checkout_job_id"])
    assert re.fullmatch(r"Bundle checkout status: (RUNNING|SUCCEEDED)!", status)


def test_get_file_of_json(run, documented):
    output = run("get_file.py")
    for key in json.loads((documented.source / "cell_suspension_0.json").read_text()):
        assert f"{key}: " in output


def test_get_file_stream(run, documented):
    assert run("get_file_stream.py").strip() == files_of(documented.source)["reference/NC_001416.1.fasta"]


def test_post_search(run):
    first, page, none = run("post_search.py").splitlines()
    assert ast.literal_eval(first).keys() >= {"bundle_fqid", "bundle_url", "search_score"}
    assert BUNDLE in {hit["bundle_fqid"] for hit in json.loads(page)["results"]}
    assert none == "[]"


def test_get_bundles_all(run):
    assert run("get_bundles_all.py").splitlines() == [BUNDLE.replace(".", " ", 1), "1"]


def test_subscriptions(run):
    made, listed, one, gone, left = run("subscriptions.py").splitlines()
    uuid = made.split()[-1]
    assert made.startswith("https://notify.example.org/new-bundles user@example.org aws ")
    assert uuid in [entry["uuid"] for entry in ast.literal_eval(listed)["subscriptions"]]
    assert ast.literal_eval(one)["uuid"] == uuid
    assert "timeDeleted" in ast.literal_eval(gone)
    assert left == "False"


def test_bundles(run):
    put, patched, gone = run("bundles.py").splitlines()
    assert ast.literal_eval(put)["version"] == "2024-04-02T202456.025543Z"
    assert ast.literal_eval(patched)["uuid"] == "98f6c379-cb78-4a61-9310-f8cc0341c001"
    assert ast.literal_eval(gone) == {}


def test_collections(run, documented, tmp_path):
    listed, patched, one, gone = run("collections_.py").splitlines()
    uuid = ast.literal_eval(patched)["uuid"]
    assert uuid in [entry["uuid"] for entry in ast.literal_eval(listed)["collections"]]
    assert ast.literal_eval(one)["contents"][0]["uuid"] == BUNDLE.partition(".")[0]
    assert ast.literal_eval(gone) in ({}, None)
    files = files_of(tmp_path / "collected" / BUNDLE)
    assert files_of(documented.source).items() <= files.items()


def test_put_file(run, documented, staged):
    staged("put_file/links.json", documented.source / "links.json")
    assert ast.literal_eval(run("put_file.py"))["version"] == "2024-07-30T174916.268875Z"


def test_upload(run, documented):
    text, word = run("upload.py").splitlines()
    made = ast.literal_eval(text)
    assert word == "Upload successful"
    assert made["replica"] == "aws"
    assert {file["name"] for file in made["files"]} == {"sample_0.json", "deeper/counts.csv"}
    assert len(made["bundle_uuid"]) == 36


def test_swagger_url_names_another_deployment(run):
    assert run("swagger_url.py", without="HCA_CONFIG_FILE").strip() == "2024-03-01T120000.000000Z"


def test_clients_of_two_services_do_not_mix(run):
    assert run("two_services.py").strip() == "8008"


def test_events(run):
    *events, keys = run("events.py").splitlines()
    assert BUNDLE in events
    assert "manifest" in keys


def test_raw_search(run):
    assert run("raw_search.py").splitlines() == ["lambda_early 2"]


def test_subscription_options(run):
    kept, listed = run("subscription_options.py").splitlines()
    assert kept == "PUT multipart/form-data {'foo': 'bar'} notice False"
    assert listed == "True"


def test_errors(run):
    missing, on_the_class = run("errors.py").splitlines()
    assert missing.startswith("404 not_found")
    assert on_the_class.startswith("TypeError: ")
    assert "DSSClient(" in on_the_class


@pytest.fixture
def callbacks():
    """A callback URL, and a queue of what was sent there."""
    received: queue.Queue[dict] = queue.Queue()

    class Receiver(QuietHandler):
        def do_POST(self) -> None:
            received.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.reply(204)

    with serving(Receiver) as url:
        yield f"{url}/notify", received


def test_a_notification_has_the_documented_payload(run, documented, callbacks):
    url, received = callbacks
    output = run("webhook.py", url, str(documented.source), documented.sandbox.staging_bucket)
    subscription, bundle, version = output.split()
    payload = received.get(timeout=30)
    assert payload["subscription_id"] == subscription
    assert payload["event_type"] == "CREATE"
    assert payload["match"] == {"bundle_uuid": bundle, "bundle_version": version}
    assert payload["attachments"] == {"taxon": [562]}
    assert payload.keys() >= {"transaction_id", "jmespath_query"}
