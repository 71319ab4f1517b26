"""Fence: uploads, whole and in parts, and their blank records."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from conformity import NO_TLS
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3 import READER

Clients = Callable[[str], httpx.Client]
CLOSED = "/programs/demo/projects/one"
MIB = 1024 * 1024


def send(url: str, content: bytes, **headers: str) -> httpx.Response:
    """Return the storage's response to a PUT of bytes without a login."""
    return httpx.put(url, content=content, headers=headers, trust_env=False, verify=NO_TLS)


def started(client: httpx.Client, **body: Any) -> dict[str, str]:
    response = client.post("/user/data/upload", json={"file_name": "reads.txt", **body})
    assert response.status_code == 201, response.text
    return response.json()


@pytest.fixture
def ada(sandbox: Sandbox, client_of: Clients) -> httpx.Client:
    """A client of a user who may write to a project, but has no general right to upload."""
    rules = [(CLOSED, "*", method) for method in ("create", "write-storage", "read-storage", "delete")]
    sandbox.gen3.access.add("ada@example.org", rules)
    return client_of("ada@example.org")


def test_the_record_gets_size_and_hashes_a_while_after_the_upload(sandbox: Sandbox, reader: httpx.Client):
    sandbox.clock.freeze()
    sandbox.settings.turn({"gen3.indexing_seconds": 60})
    upload = started(reader)
    response = send(upload["url"], b"ACGT")
    assert response.status_code == 200
    assert response.headers["ETag"].strip('"') == hashlib.md5(b"ACGT").hexdigest()
    sandbox.clock.advance(59)
    assert reader.get(f"/index/index/{upload['guid']}").json()["size"] is None
    sandbox.clock.advance(1)
    record = reader.get(f"/index/index/{upload['guid']}").json()
    assert record["size"] == 4
    assert record["hashes"]["md5"] == hashlib.md5(b"ACGT").hexdigest()
    assert record["hashes"]["sha256"] == hashlib.sha256(b"ACGT").hexdigest()
    assert record["urls"] == [f"s3://sandbox-gen3/{upload['guid']}/reads.txt"]


def test_finish_does_not_wait(sandbox: Sandbox, reader: httpx.Client):
    sandbox.settings.turn({"gen3.indexing_seconds": 60})
    upload = started(reader)
    send(upload["url"], b"ACGT")
    assert sandbox.finish() == 1
    assert reader.get(f"/index/index/{upload['guid']}").json()["size"] == 4
    assert sandbox.finish() == 0


def test_who_uploaded_reads_the_file_and_others_do_not(sandbox: Sandbox, reader: httpx.Client, ada: httpx.Client):
    upload = started(reader)
    send(upload["url"], b"ACGT")
    sandbox.finish()
    path = f"/user/data/download/{upload['guid']}"
    assert httpx.get(reader.get(path).json()["url"], trust_env=False, verify=NO_TLS).content == b"ACGT"
    assert ada.get(path).status_code == 401


def test_clients_may_have_to_fill_the_record_themselves(sandbox: Sandbox, reader: httpx.Client):
    sandbox.settings.turn({"gen3.indexing": False})
    upload = started(reader)
    send(upload["url"], b"ACGT")
    assert sandbox.finish() == 0
    record = sandbox.gen3.index.existing(upload["guid"])
    assert record["size"] is None


def test_a_record_that_a_client_filled_is_left_alone(sandbox: Sandbox, reader: httpx.Client):
    upload = started(reader)
    send(upload["url"], b"ACGT")
    sandbox.gen3.index.update(upload["guid"], {"size": 4, "hashes": {"md5": "0" * 32}})
    sandbox.finish()
    record = sandbox.gen3.index.existing(upload["guid"])
    assert record["hashes"] == {"md5": "0" * 32}


def test_what_belongs_to_no_blank_record_is_not_waited_for(sandbox: Sandbox, reader: httpx.Client):
    upload = started(reader)
    send(upload["url"], b"ACGT")
    assert sandbox.finish() == 1
    send(upload["url"], b"TGCA")
    sandbox.gen3.index.delete(started(reader, guid=upload["guid"])["guid"])
    send(upload["url"], b"ACGT")
    assert sandbox.finish() == 0


@pytest.mark.parametrize("path", ["upload", "multipart/init", "multipart/upload", "multipart/complete"])
def test_a_body_without_its_fields_is_refused(reader: httpx.Client, path: str):
    for content in (b"{}", b'{"filename": "a.txt"}', b'{"key": 1}'):
        refused = reader.post(f"/user/data/{path}", content=content, headers={"Content-Type": "application/json"})
        assert (refused.status_code, " is missing" in refused.text) == (400, True)


def test_a_known_record_gets_a_new_url(sandbox: Sandbox, reader: httpx.Client, ada: httpx.Client):
    guid = started(reader)["guid"]
    path = f"/user/data/upload/{guid}"
    url = reader.get(path, params={"file_name": "reads.txt", "expires_in": 10}).json()["url"]
    assert send(url, b"ACGT").status_code == 200
    assert sandbox.gen3.files.find(f"s3://sandbox-gen3/{guid}/reads.txt") is not None
    assert ada.get(path).status_code == 401
    assert reader.get("/user/data/upload/nothing").status_code == 404
    sandbox.clock.advance(11)
    assert send(url, b"ACGT").status_code == 403


def test_files_are_deleted_with_their_record(sandbox: Sandbox, reader: httpx.Client, ada: httpx.Client):
    upload = started(reader)
    send(upload["url"], b"ACGT")
    sandbox.finish()
    path = f"/user/data/{upload['guid']}"
    assert ada.delete(path).status_code == 403
    assert "uploader field" in ada.delete(path).json()["message"]
    assert reader.delete(path).status_code == 204
    assert sandbox.gen3.index.get(upload["guid"]) is None
    assert sandbox.gen3.files.find(f"s3://sandbox-gen3/{upload['guid']}/reads.txt") is None
    assert reader.delete(path).status_code == 404


def test_files_under_resources_are_deleted_by_who_may(sandbox: Sandbox, reader: httpx.Client, ada: httpx.Client):
    path = f"/user/data/{sandbox.gen3.add_file('a.txt', b'a', authz=[CLOSED])}"
    refused = reader.delete(path)
    assert (refused.status_code, "arborist" in refused.json()["message"]) == (403, True)
    assert ada.delete(path).status_code == 204


# -- in parts


class Parts:
    """An upload in parts."""

    def __init__(self, client: httpx.Client, name: str = "big.bin") -> None:
        self._client = client
        response = client.post("/user/data/multipart/init", json={"file_name": name})
        assert response.status_code == 201
        self.guid, self.id = response.json()["guid"], response.json()["uploadId"]
        self.key = f"{self.guid}/{name}"

    def url(self, number: int, **body: Any) -> str:
        body = {"key": self.key, "uploadId": self.id, "partNumber": number, **body}
        return self._client.post("/user/data/multipart/upload", json=body).json()["presigned_url"]

    def send(self, number: int, content: bytes) -> dict[str, Any]:
        response = send(self.url(number), content)
        assert response.status_code == 200, response.text
        return {"PartNumber": number, "ETag": response.headers["ETag"]}

    def complete(self, *parts: dict[str, Any], **body: Any) -> tuple[int, str]:
        body = {"key": self.key, "uploadId": self.id, "parts": list(parts), **body}
        response = self._client.post("/user/data/multipart/complete", json=body)
        return response.status_code, response.json()["message"]


def test_parts_become_the_file(sandbox: Sandbox, reader: httpx.Client):
    upload = Parts(reader)
    second = upload.send(2, b"end")
    first = upload.send(1, b"x" * 5 * MIB)
    assert upload.complete(first, second) == (200, "OK")
    stored = sandbox.gen3.files.find(f"s3://sandbox-gen3/{upload.key}")
    assert stored is not None
    assert sandbox.gen3.files.path(stored).read_bytes() == b"x" * 5 * MIB + b"end"
    sandbox.finish()
    record = reader.get(f"/index/index/{upload.guid}").json()
    assert record["size"] == 5 * MIB + 3
    assert record["hashes"]["md5"] == hashlib.md5(b"x" * 5 * MIB + b"end").hexdigest()
    url = reader.get(f"/user/data/download/{upload.guid}").json()["url"]
    assert httpx.head(url, trust_env=False, verify=NO_TLS).status_code == 403  # the URL is good for GET only
    assert httpx.get(url, trust_env=False, verify=NO_TLS).headers["ETag"].endswith('-2"')


def test_a_part_that_is_sent_again_replaces_the_first(sandbox: Sandbox, reader: httpx.Client):
    upload = Parts(reader)
    upload.send(1, b"wrong")
    assert upload.complete(upload.send(1, b"right")) == (200, "OK")
    stored = sandbox.gen3.files.find(f"s3://sandbox-gen3/{upload.key}")
    assert stored is not None
    assert sandbox.gen3.files.path(stored).read_bytes() == b"right"


def test_parts_that_do_not_fit_are_refused_as_s3_does(reader: httpx.Client):
    upload = Parts(reader)
    first, second = upload.send(1, b"small"), upload.send(2, b"end")

    def refused(*parts: dict[str, Any], **body: Any) -> str:
        status, message = upload.complete(*parts, **body)
        assert status == 500
        return message.partition("(")[2].partition(")")[0]

    assert refused(first, second) == "EntityTooSmall"
    assert refused(second, first) == "InvalidPartOrder"
    assert refused(second, second) == "InvalidPartOrder"
    assert refused({**first, "ETag": second["ETag"]}) == "InvalidPart"
    assert refused(first, {"PartNumber": 3, "ETag": "x"}) == "InvalidPart"
    assert refused() == "MalformedXML"
    assert refused(first, uploadId="other") == "NoSuchUpload"
    assert refused(first, key=f"{upload.guid}/other.bin") == "NoSuchUpload"
    assert upload.complete(first) == (200, "OK")
    assert refused(first) == "NoSuchUpload"


def test_a_part_goes_nowhere_without_its_upload(reader: httpx.Client):
    upload = Parts(reader)
    part = upload.send(1, b"all")
    other = upload.url(1, uploadId="other")
    assert (send(other, b"x").status_code, "NoSuchUpload" in send(other, b"x").text) == (404, True)
    late = upload.url(2)
    upload.complete(part)
    assert send(late, b"x").status_code == 404
    for number in (0, 10_001):
        refused = send(upload.url(number), b"x")
        assert (refused.status_code, "InvalidArgument" in refused.text) == (400, True)


def test_an_upload_in_parts_continues_after_a_restart(tmp_path: Path):
    with Sandbox(tmp_path) as sandbox:
        token = sandbox.gen3.access.issue(READER, sandbox.gen3_url)
        with httpx.Client(base_url=sandbox.gen3_url, headers={"Authorization": f"bearer {token}"}) as client:
            upload = Parts(client)
            first = upload.send(1, b"x" * 5 * MIB)
    with Sandbox(tmp_path) as sandbox:
        with httpx.Client(base_url=sandbox.gen3_url, headers={"Authorization": f"bearer {token}"}) as client:
            upload._client = client
            assert upload.complete(first, upload.send(2, b"end")) == (200, "OK")
        assert sandbox.finish() == 1
        record = sandbox.gen3.index.existing(upload.guid)
        assert record["size"] == 5 * MIB + 3


def test_a_reset_forgets_files_uploads_and_tokens(sandbox: Sandbox, reader: httpx.Client):
    guid = sandbox.gen3.add_file("a.txt", b"a")
    upload = Parts(reader)
    part = upload.send(1, b"all")
    sandbox.reset()
    assert reader.get("/user/user").status_code == 401
    token = sandbox.gen3.access.issue(READER, sandbox.gen3_url)
    reader.headers["Authorization"] = f"bearer {token}"
    assert reader.get(f"/user/data/download/{guid}").status_code == 404
    assert upload.complete(part)[0] == 500
