"""The tools of the comparison with the published client of the Data Store."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the benchmark asks Linux for what it measures")


def response_to(server, method, target, body=b"", head=b""):
    """A server's response: its status, its lines in lower case, its body."""
    from answering import Request

    path, _, query = target.partition("?")
    lines, _, content = server(Request(method, path, query, head, body)).partition(b"\r\n\r\n")
    status, *headers = lines.decode().split("\r\n")
    return int(status.split(" ")[1]), [line.lower() for line in headers], content


@pytest.fixture
def api():
    from data_store.api import data_store

    return data_store("http://files", "http://here")


@pytest.fixture
def holdings(tmp_path):
    from data_store.holdings import Holdings, Sizes

    for name in ("www", "lists"):
        (tmp_path / name).mkdir()
    sizes = Sizes(one=1000, many=12, medium=1, bundle=3, uploaded=2)
    return Holdings(tmp_path / "www", tmp_path / "lists", tmp_path / "source", sizes)


def test_a_file_is_a_redirect_to_its_name_on_the_server(api):
    status, headers, body = response_to(api, "GET", "/v1/files/abc?replica=aws&version=1")
    (location,) = [line for line in headers if line.startswith("location: ")]
    assert (status, body) == (302, b"")
    assert location.startswith("location: http://files/abc?awsaccesskeyid=")


def test_what_is_registered_is_counted(api):
    for uuid in ("a", "b"):
        status, _, body = response_to(api, "PUT", f"/v1/files/{uuid}?version=7&replica=aws", b"{}")
        assert (status, json.loads(body)) == (201, {"version": "7"})
    response_to(api, "PUT", "/v1/bundles/c?replica=aws&version=7", b"{}")
    assert json.loads(response_to(api, "GET", "/_counts")[2]) == {"files": 2, "bundles": 1}


def test_documents_name_this_server(api):
    for path in ("/v1", "/auth"):
        document = json.loads(response_to(api, "GET", f"{path}/swagger.json")[2])
        assert document["servers"] == [{"url": f"http://here{path}"}]
    assert response_to(api, "GET", "/v1/other.json")[0] == 404


def test_a_bucket_states_what_came():
    from data_store.staging import bucket

    server = bucket()
    status, headers, _ = response_to(server, "PUT", "/bucket/a", b"abc", b"x: y\r\nx-amz-tagging: a=b\r\n")
    assert (status, headers[0]) == (200, f'etag: "{hashlib.md5(b"abc").hexdigest()}"')
    response_to(server, "PUT", "/bucket/b", b"de")
    assert json.loads(response_to(server, "GET", "/_counts")[2]) == {"objects": 2, "bytes": 5, "tagged": 1}
    response_to(server, "PUT", "/bucket/b?tagging", b"<Tagging/>")
    assert json.loads(response_to(server, "GET", "/_counts")[2]) == {"objects": 2, "bytes": 5, "tagged": 2}


def test_manifests_name_what_the_server_has(holdings, tmp_path):
    header, *rows = (line.split("\t") for line in holdings.manifest("many").read_text().splitlines())
    assert len(rows) == 12
    for values in rows:
        row = dict(zip(header, values, strict=True))
        content = (tmp_path / "www" / row["file_uuid"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (int(row["file_size"]), row["file_sha256"])


def test_files_lie_in_the_filestore_by_their_checksums(holdings):
    from data_store.holdings import in_filestore
    from omicsdk.hca.dss.files import filestore_path

    assert [file.name for file in in_filestore(holdings.one)] == [filestore_path(holdings.one[0].sha256)]


def test_a_bundle_is_made_known_with_its_first_files(holdings, api, monkeypatch):
    import data_store.holdings

    class Sent:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

    def send(request):
        assert response_to(api, request.get_method(), request.selector, request.data)[0] == 204
        return Sent()

    monkeypatch.setattr(data_store.holdings, "urlopen", send)
    uuid, files = holdings.register_bundle("http://here")
    bundle = json.loads(response_to(api, "GET", f"/v1/bundles/{uuid}?replica=aws")[2])["bundle"]
    assert [f"{uuid}.{bundle['version']}/{entry['name']}" for entry in bundle["files"]] == [file.name for file in files]
    assert [entry["uuid"] for entry in bundle["files"]] == [file.name for file in holdings.many[:3]]


def test_an_upload_is_requested_whole(holdings, counts):
    from types import SimpleNamespace

    import data_store.cases as cases

    staging, payload = counts
    check = cases._arrived(SimpleNamespace(holdings=holdings, api=staging, staging=staging))
    payload.update(objects=2, bytes=40_000, tagged=2, files=2, bundles=1)
    check()
    payload.update(objects=4, bytes=80_000, tagged=3, files=4, bundles=2)
    with pytest.raises(RuntimeError, match="'tagged': 1"):
        check()


def test_clients_get_a_separate_home(tmp_path, monkeypatch):
    from data_store import clients

    monkeypatch.setenv("OMICS_DSS_URL", "https://elsewhere.example.org")
    monkeypatch.setenv("AWS_PROFILE", "mine")
    for client in (clients.ours(tmp_path, "http://here", "http://s3"), clients.published(tmp_path, "http://here", "http://s3")):  # fmt: skip
        assert not {"OMICS_DSS_URL", "AWS_PROFILE"} & client.environ.keys()
        config = Path(client.environ["HCA_CONFIG_FILE"])
        assert config.parent == Path(client.environ["HOME"])
        assert json.loads(config.read_text())["DSSClient"] == {"swagger_url": "http://here/v1/swagger.json"}


def test_a_missing_object_is_reported(tmp_path, monkeypatch):
    from data_store import clients

    monkeypatch.setattr(clients.PEER, "folder", tmp_path)
    assert clients.PEER.missing(["hca"]) == ["hca"]
    (tmp_path / "made-from").touch()
    assert clients.PEER.missing(["hca"]) == []
    assert clients.PEER.missing(["omics frobnicate"]) == ["omics frobnicate"]


def test_a_worker_calls_the_requested_package(tmp_path):
    """Not benchmarks/hca.py, which has the published package's name."""
    worker = Path(__file__).parents[3] / "benchmarks" / "data_store" / "worker.py"
    (tmp_path / "hca").mkdir()
    (tmp_path / "hca" / "__init__.py").touch()
    (tmp_path / "hca" / "dss.py").write_text(
        "from pathlib import Path\n"
        "class DSSClient:\n"
        "    def __init__(self, swagger_url): self.url = swagger_url\n"
        "    def note(self, text): Path(f'{text}.txt').write_text(self.url)\n"
    )
    task = {"do": "call", "package": "hca", "swagger_url": "http://here", "folder": str(tmp_path), "name": "note"}
    done = subprocess.run(
        [sys.executable, worker],
        input=json.dumps({**task, "arguments": {"text": "said"}}) + "\n",
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(tmp_path)},
    )
    assert "wall" in json.loads(done.stdout), done.stdout
    assert (tmp_path / "said.txt").read_text() == "http://here"
