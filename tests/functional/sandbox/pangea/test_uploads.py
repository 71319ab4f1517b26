"""Buckets, and files of fields, where the recording states nothing: what is refused, races, and restarts."""

import io
import json
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from conformity import NO_TLS
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER
from pangea_responses import Payload, created, status_and_body


@pytest.fixture
def field(owner: httpx.Client, result: Payload) -> Payload:
    """An empty field of the public result."""
    return created(
        owner.post("/sample_ar_fields", json={"name": "f", "analysis_result": result["uuid"], "stored_data": {}})
    )


def upload(client: httpx.Client, field: Payload, filename: str = "reads 1.fastq.gz", **how: Any) -> httpx.Response:
    return client.post(f"/sample_ar_fields/{field['uuid']}/upload_s3", json={"filename": filename, **how})


def send(form: Payload, content: bytes) -> int:
    return httpx.post(form["url"], data=form["fields"], files={"file": ("x", content)}, trust_env=False).status_code


def complete(client: httpx.Client, field: Payload, upload_id: str, parts: list[Payload]) -> httpx.Response:
    sent = {"upload_id": upload_id, "parts": parts}
    return client.post(f"/sample_ar_fields/{field['uuid']}/complete_upload_s3", json=sent)


def read(client: httpx.Client, field: Payload) -> bytes:
    data = client.get(f"/sample_ar_fields/{field['uuid']}").json()["stored_data"]
    return httpx.get(data["presigned_url"], trust_env=False).content


def test_the_first_bucket_is_on_the_sandboxs_own_server(owner: httpx.Client, library: Payload, sandbox: Sandbox):
    first = owner.get("/s3_buckets").json()["results"][0]
    assert (first["uuid"], first["endpoint_url"]) == (library["bucket"], sandbox.s3_url)


def test_a_bucket_goes_with_its_keys_and_from_its_groups(owner: httpx.Client, library: Payload, sandbox: Sandbox):
    sent = {"name": "bkt", "endpoint_url": sandbox.s3_url, "organization": library["organization"]}
    bucket = created(owner.post("/s3_buckets", json=sent))
    key = created(owner.post("/s3_api_keys", json={"bucket": bucket["uuid"], "public_key": "A", "private_key": "S"}))
    path = f"/sample_groups/{library['uuid']}"
    owner.patch(path, json={"bucket": bucket["uuid"]})
    assert owner.delete(f"/s3_api_keys/{bucket['uuid']}").status_code == 204
    assert owner.get(f"/s3_buckets/{key['uuid']}").status_code == 404
    assert owner.get(path).json()["bucket"] is None


def test_what_fields_of_a_module_have_is_downloaded_together(owner: httpx.Client, library: Payload, result: Payload):
    sent = {"name": "a/b.c d", "analysis_result": result["uuid"], "stored_data": {"n": 1}}
    created(owner.post("/sample_ar_fields", json=sent))
    created(owner.post("/samples", json={"name": "empty", "library": library["uuid"]}))
    path = f"/sample_groups/{library['uuid']}/downloads/mod::x"
    response = owner.get(path, params={"kind": "tar"})
    assert response.headers["content-type"] == "binary"
    with tarfile.open(fileobj=io.BytesIO(response.content)) as archive:
        assert archive.getnames() == ["s_1.mod__x.a_b-c_d.json"]
        content = archive.extractfile(archive.getnames()[0])
        assert content is not None
        assert json.load(content) == {"n": 1}
    assert status_and_body(owner.get(path, params={"kind": "zip"})) == (400, {"kind": ['"zip" is not a valid choice.']})
    assert owner.get(path).status_code == 200


def test_parts_are_as_many_as_s3_takes(owner: httpx.Client, field: Payload):
    assert len(upload(owner, field, stance="upload-multipart").json()["urls"]) == 1
    too_many = {"n_parts": ["Ensure this value is between 0 and 10000."]}
    assert status_and_body(upload(owner, field, stance="upload-multipart", n_parts=10_001)) == (400, too_many)
    for part in ({"ETag": "x"}, {"ETag": "x", "PartNumber": 0}, {"ETag": "x", "PartNumber": True}):
        assert complete(owner, field, "x", [part]).json()["parts"][0].startswith("Expected a list of parts")


def test_a_field_that_goes_or_is_filled_while_the_storage_is_queried_stays_so(
    sandbox: Sandbox, owner: httpx.Client, field: Payload, monkeypatch: pytest.MonkeyPatch
):
    path = f"/sample_ar_fields/{field['uuid']}"
    form = sandbox.pangea.storage.form

    def filling(*arguments: Any) -> Any:
        owner.patch(path, json={"stored_data": {"a": 1}})
        return form(*arguments)

    monkeypatch.setattr(sandbox.pangea.storage, "form", filling)
    assert status_and_body(upload(owner, field)) == (
        400,
        {"detail": "Creating S3 result would overwrite existing data"},
    )
    assert owner.get(path).json()["stored_data"] == {"a": 1}
    owner.patch(path, json={"stored_data": {}})

    def removing(*arguments: Any) -> Any:
        owner.delete(path)
        return form(*arguments)

    monkeypatch.setattr(sandbox.pangea.storage, "form", removing)
    assert status_and_body(upload(owner, field)) == (404, {"detail": "Not found."})


def test_a_library_without_a_bucket_takes_no_files(owner: httpx.Client, library: Payload, field: Payload):
    owner.patch(f"/sample_groups/{library['uuid']}", json={"bucket": None})
    complaint = "The group Sandbox Library has no bucket: register one, and set it."
    assert status_and_body(upload(owner, field)) == (400, {"bucket": [complaint]})
    assert owner.get(f"/sample_ar_fields/{field['uuid']}").json()["stored_data"] == {}


def test_a_bucket_that_is_nowhere_takes_no_files(
    owner: httpx.Client, library: Payload, field: Payload, sandbox: Sandbox
):
    names = sandbox.s3_credentials
    keys = {"public_key": names["AWS_ACCESS_KEY_ID"], "private_key": names["AWS_SECRET_ACCESS_KEY"]}

    def use(**fields: str) -> None:
        bucket = created(owner.post("/s3_buckets", json={**fields, "organization": library["organization"]}))
        owner.patch(f"/sample_groups/{library['uuid']}", json={"bucket": bucket["uuid"]})
        assert status_and_body(upload(owner, field)) == (
            400,
            {
                "bucket": [
                    f"The bucket {fields['name']} has no private key: register it (a restart of the sandbox forgets it)."
                ]
            },
        )
        created(owner.post("/s3_api_keys", json={"bucket": bucket["uuid"], **keys}))

    use(name="missing", endpoint_url=sandbox.s3_url)
    refused = upload(owner, field, stance="upload-multipart")
    assert refused.status_code == 400
    assert "NoSuchBucket" in refused.json()["detail"]
    use(name="nowhere", endpoint_url="nope")
    assert status_and_body(upload(owner, field)) == (
        400,
        {"detail": "The storage can't be used: Invalid endpoint: nope"},
    )


@pytest.mark.parametrize(
    ("bucket", "keys"),
    [
        ({"name": "a b"}, {}),
        ({"name": "arn:aws:s3:::x"}, {}),
        ({"name": "x" * 300}, {}),
        ({"endpoint_url": "http://[::1"}, {}),
        ({"endpoint_url": "http://127.0.0.1:1"}, {}),
        ({"endpoint_url": "ftp://é/"}, {}),
        ({}, {"public_key": "a\nb", "private_key": "é"}),
        ({}, {"public_key": "", "private_key": ""}),
    ],
)
def test_what_no_storage_can_be_is_reported_when_it_is_used(
    owner: httpx.Client, library: Payload, field: Payload, sandbox: Sandbox, bucket: Payload, keys: Payload
):
    sent = {"name": "bkt", "endpoint_url": sandbox.s3_url, "organization": library["organization"], **bucket}
    made = created(owner.post("/s3_buckets", json=sent))
    created(owner.post("/s3_api_keys", json={"bucket": made["uuid"], "public_key": "A", "private_key": "S", **keys}))
    owner.patch(f"/sample_groups/{library['uuid']}", json={"bucket": made["uuid"]})
    refused = upload(owner, field, stance="upload-multipart")
    assert refused.status_code == 400
    assert refused.json()["detail"].startswith("The storage can't be used: ")
    assert upload(owner, field).status_code in (200, 400)
    data = {"__type__": "s3", "uri": f"s3://{sent['name']}/x", "endpoint_url": sent["endpoint_url"]}
    kept = owner.patch(f"/sample_ar_fields/{field['uuid']}", json={"stored_data": data})
    assert kept.status_code == 200
    done = complete(owner, field, "x", [{"ETag": "x", "PartNumber": 1}])
    assert (done.status_code, done.content) == (200, b"") or done.status_code == 400


def test_keys_of_others_make_no_addresses(outsider: httpx.Client, library: Payload):
    organization = outsider.get("/organizations", params={"name": "Elsewhere"}).json()["results"][0]["uuid"]
    fields = {"name": "Theirs", "organization": organization, "is_library": True, "bucket": library["bucket"]}
    theirs = created(outsider.post("/sample_groups", json=fields))
    sample = created(outsider.post("/samples", json={"name": "s", "library": theirs["uuid"]}))
    result = created(outsider.post("/sample_ars", json={"module_name": "m", "sample": sample["uuid"]}))
    sent = {"name": "f", "analysis_result": result["uuid"], "stored_data": {}}
    field = created(outsider.post("/sample_ar_fields", json=sent))
    assert send(upload(outsider, field).json(), b"sent by their bucket's address") == 204
    assert "presigned_url" not in outsider.get(f"/sample_ar_fields/{field['uuid']}").json()["stored_data"]


def test_a_file_can_be_sent_again_when_the_sandbox_has_started_again(tmp_path: Path):
    path = ""
    for content in (b"first", b"second"):
        with Sandbox(tmp_path) as sandbox, _client(sandbox) as client:
            if not path:
                library = client.get("/sample_groups").json()["results"][0]["uuid"]
                sample = created(client.post("/samples", json={"name": "s", "library": library}))["uuid"]
                result = created(client.post("/sample_ars", json={"module_name": "m", "sample": sample}))["uuid"]
                sent = {"name": "f", "analysis_result": result, "stored_data": {}}
                path = f"/sample_ar_fields/{created(client.post('/sample_ar_fields', json=sent))['uuid']}"
            # The storage forgets with the process, and has another address then.
            assert "presigned_url" not in client.get(path).json()["stored_data"]
            assert send(client.post(f"{path}/upload_s3", json={"filename": "f.txt"}).json(), content) == 204
            data = client.get(path).json()["stored_data"]
            assert httpx.get(data["presigned_url"], trust_env=False).content == content


def _client(sandbox: Sandbox) -> httpx.Client:
    people = sandbox.pangea.people
    account = people.by_email(SANDBOX_PANGEA_USER)
    assert account is not None
    headers = {"Authorization": f"Token {people.token(account)}"}
    return httpx.Client(base_url=f"{sandbox.pangea_url}/api", headers=headers, trust_env=False, verify=NO_TLS)


def test_reading_starts_no_storage(tmp_path: Path):
    with Sandbox(tmp_path) as sandbox, _client(sandbox) as client:
        library = client.get("/sample_groups").json()["results"][0]["uuid"]
        sample = created(client.post("/samples", json={"name": "s", "library": library}))["uuid"]
        result = created(client.post("/sample_ars", json={"module_name": "m", "sample": sample}))["uuid"]
        data = {"__type__": "s3", "uri": "s3://pangea-sandbox/x", "endpoint_url": "http://127.0.0.1:1"}
        created(client.post("/sample_ar_fields", json={"name": "f", "analysis_result": result, "stored_data": data}))
        for path in ("manifest", "downloads/m"):
            assert client.get(f"/sample_groups/{library}/{path}").status_code == 200
        assert sandbox.pangea.context.staging._server is None  # to ask for its address would start it


def test_many_upload_at_once(owner: httpx.Client, result: Payload):
    def one(number: int) -> bytes:
        sent = {"name": f"f{number}", "analysis_result": result["uuid"], "stored_data": {}}
        field = created(owner.post("/sample_ar_fields", json=sent))
        assert send(upload(owner, field, f"{number}.txt").json(), f"{number}".encode()) == 204
        return read(owner, field)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(one, range(24))) == [f"{number}".encode() for number in range(24)]
