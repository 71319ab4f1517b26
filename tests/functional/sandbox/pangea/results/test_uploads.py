"""Files of fields: sent by a form or in parts, read by the address that a field has, and what is refused."""

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
from pangea_responses import NO_TOKEN, NOWHERE, Thing, created, told

PART = 5 * 1024 * 1024


@pytest.fixture
def field(owner: httpx.Client, result: Thing) -> Thing:
    """An empty field of the public result."""
    return created(
        owner.post("/sample_ar_fields", json={"name": "f", "analysis_result": result["uuid"], "stored_data": {}})
    )


def upload(client: httpx.Client, field: Thing, filename: str = "reads 1.fastq.gz", **how: Any) -> httpx.Response:
    return client.post(f"/sample_ar_fields/{field['uuid']}/upload_s3", json={"filename": filename, **how})


def send(form: Thing, content: bytes) -> int:
    return httpx.post(form["url"], data=form["fields"], files={"file": ("x", content)}, trust_env=False).status_code


def send_parts(urls: list[str], *parts: bytes) -> list[Thing]:
    etags = [
        httpx.put(url, content=part, trust_env=False).headers["etag"] for url, part in zip(urls, parts, strict=True)
    ]
    return [{"ETag": etag, "PartNumber": number} for number, etag in enumerate(etags, 1)]


def complete(client: httpx.Client, field: Thing, upload_id: str, parts: list[Thing]) -> httpx.Response:
    sent = {"upload_id": upload_id, "parts": parts}
    return client.post(f"/sample_ar_fields/{field['uuid']}/complete_upload_s3", json=sent)


def read(client: httpx.Client, field: Thing) -> bytes:
    data = client.get(f"/sample_ar_fields/{field['uuid']}").json()["stored_data"]
    return httpx.get(data["presigned_url"], trust_env=False).content


def test_a_small_file_is_sent_by_a_form_and_read_by_its_address(
    owner: httpx.Client, anonymous: httpx.Client, field: Thing
):
    assert send(upload(owner, field).json(), b"small content\n") == 204
    data = owner.get(f"/sample_ar_fields/{field['uuid']}").json()["stored_data"]
    assert data["__type__"] == "s3"
    assert data["uri"] == "s3://pangea-sandbox/pangea/v1/Sandbox Library/samples/s 1/reads 1.fastq.gz"
    assert {read(client, field) for client in (owner, anonymous)} == {b"small content\n"}


def test_what_fields_of_a_module_have_is_downloaded_together(owner: httpx.Client, library: Thing, result: Thing):
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
    assert told(owner.get(path, params={"kind": "zip"})) == (400, {"kind": ['"zip" is not a valid choice.']})
    assert owner.get(path).status_code == 200


def test_a_part_of_a_file_can_be_read(owner: httpx.Client, field: Thing):
    send(upload(owner, field).json(), b"small content\n")
    url = owner.get(f"/sample_ar_fields/{field['uuid']}").json()["stored_data"]["presigned_url"]
    response = httpx.get(url, headers={"Range": "bytes=0-4"}, trust_env=False)
    assert (response.status_code, response.content) == (206, b"small")


def test_no_user_reads_a_file_without_an_address(owner: httpx.Client, field: Thing):
    send(upload(owner, field).json(), b"small content\n")
    url = owner.get(f"/sample_ar_fields/{field['uuid']}").json()["stored_data"]["presigned_url"]
    assert httpx.get(url.partition("?")[0], trust_env=False).status_code == 403


def test_a_large_file_is_sent_in_parts(owner: httpx.Client, field: Thing):
    begun = upload(owner, field, "big.bin", stance="upload-multipart", n_parts=2).json()
    parts = send_parts(begun["urls"], b"x" * PART, b"tail")
    for _ in range(2):
        response = complete(owner, field, begun["upload_id"], parts)
        assert told(response) == (200, {"status": "success", "upload_id": begun["upload_id"]})
    assert read(owner, field) == b"x" * PART + b"tail"


def test_parts_may_be_as_many_as_are_requested(owner: httpx.Client, field: Thing):
    counts = {
        count: len(upload(owner, field, stance="upload-multipart", n_parts=count).json()["urls"]) for count in (0, 1, 3)
    }
    assert counts == {0: 0, 1: 1, 3: 3}
    assert len(upload(owner, field, stance="upload-multipart").json()["urls"]) == 1
    too_many = {"n_parts": ["Ensure this value is between 0 and 10000."]}
    assert told(upload(owner, field, stance="upload-multipart", n_parts=10_001)) == (400, too_many)
    for part in ({"ETag": "x"}, {"ETag": "x", "PartNumber": 0}, {"ETag": "x", "PartNumber": True}):
        assert complete(owner, field, "x", [part]).json()["parts"][0].startswith("Expected a list of parts")


@pytest.mark.parametrize("wrong", ["etag", "upload"])
def test_an_upload_that_the_storage_refuses_is_answered_by_nothing(owner: httpx.Client, field: Thing, wrong: str):
    begun = upload(owner, field, "big.bin", stance="upload-multipart").json()
    parts = send_parts(begun["urls"], b"only")
    response = complete(
        owner,
        field,
        "nope" if wrong == "upload" else begun["upload_id"],
        [{"ETag": '"0"', "PartNumber": 1}] if wrong == "etag" else parts,
    )
    assert (response.status_code, response.content) == (200, b"")
    assert complete(owner, field, begun["upload_id"], parts).json()["status"] == "success"


def test_a_field_keeps_its_file_when_it_is_sent_again(owner: httpx.Client, field: Thing):
    for content in (b"first", b"second"):
        form = upload(owner, field, f"{content!r}.txt").json()
        assert send(form, content) == 204
        assert form["fields"]["key"].endswith("b'first'.txt")
    assert read(owner, field) == b"second"


def test_names_take_any_letters(owner: httpx.Client, library: Thing):
    sample = created(owner.post("/samples", json={"name": "s/ü 🧬", "library": library["uuid"]}))
    result = created(owner.post("/sample_ars", json={"module_name": "m", "sample": sample["uuid"]}))
    sent = {"name": "f", "analysis_result": result["uuid"], "stored_data": {}}
    field = created(owner.post("/sample_ar_fields", json=sent))
    assert send(upload(owner, field, 'x "y" ?#%.txt').json(), b"odd") == 204
    assert read(owner, field) == b"odd"


def test_a_groups_file_is_among_its_results(owner: httpx.Client, library: Thing):
    result = created(owner.post("/sample_group_ars", json={"module_name": "g", "sample_group": library["uuid"]}))
    sent = {"name": "table", "analysis_result": result["uuid"], "stored_data": {}}
    path = f"/sample_group_ar_fields/{created(owner.post('/sample_group_ar_fields', json=sent))['uuid']}"
    form = owner.post(f"{path}/upload_s3", json={"filename": "table.csv"}).json()
    assert form["fields"]["key"] == "pangea/v1/Sandbox Library/results/table.csv"
    assert send(form, b"a,b\n") == 204
    begun = owner.post(f"{path}/upload_s3", json={"filename": "", "stance": "upload-multipart"})
    assert told(begun) == (400, {"filename": ["This field may not be blank."]})
    begun = owner.post(f"{path}/upload_s3", json={"filename": "t", "stance": "upload-multipart"}).json()
    parts = send_parts(begun["urls"], b"c,d\n")
    done = owner.post(f"{path}/complete_upload_s3", json={"upload_id": begun["upload_id"], "parts": parts})
    assert done.json()["status"] == "success"
    data = owner.get(path).json()["stored_data"]
    assert httpx.get(data["presigned_url"], trust_env=False).text == "c,d\n"


def test_files_are_in_manifests_with_their_addresses(owner: httpx.Client, field: Thing, sample: Thing, library: Thing):
    send(upload(owner, field).json(), b"small content\n")
    of_sample = owner.get(f"/samples/{sample['uuid']}/manifest").json()
    of_group = owner.get(f"/sample_groups/{library['uuid']}/manifest").json()
    for told_of in (of_sample, of_group["samples"][0]):
        data = told_of["analysis_results"][0]["fields"][0]["stored_data"]
        assert httpx.get(data["presigned_url"], trust_env=False).content == b"small content\n"


def test_a_field_that_goes_or_is_filled_while_the_storage_is_queried_stays_so(
    sandbox: Sandbox, owner: httpx.Client, field: Thing, monkeypatch: pytest.MonkeyPatch
):
    path = f"/sample_ar_fields/{field['uuid']}"
    form = sandbox.pangea.storage.form

    def filling(*asked: Any) -> Any:
        owner.patch(path, json={"stored_data": {"a": 1}})
        return form(*asked)

    monkeypatch.setattr(sandbox.pangea.storage, "form", filling)
    assert told(upload(owner, field)) == (400, {"detail": "Creating S3 result would overwrite existing data"})
    assert owner.get(path).json()["stored_data"] == {"a": 1}
    owner.patch(path, json={"stored_data": {}})

    def removing(*asked: Any) -> Any:
        owner.delete(path)
        return form(*asked)

    monkeypatch.setattr(sandbox.pangea.storage, "form", removing)
    assert told(upload(owner, field)) == (404, {"detail": "Not found."})


def test_a_library_without_a_bucket_takes_no_files(owner: httpx.Client, library: Thing, field: Thing):
    owner.patch(f"/sample_groups/{library['uuid']}", json={"bucket": None})
    complaint = "The group Sandbox Library has no bucket: register one, and set it."
    assert told(upload(owner, field)) == (400, {"bucket": [complaint]})
    assert owner.get(f"/sample_ar_fields/{field['uuid']}").json()["stored_data"] == {}


def test_a_bucket_that_is_nowhere_takes_no_files(owner: httpx.Client, library: Thing, field: Thing, sandbox: Sandbox):
    names = sandbox.s3_credentials
    keys = {"public_key": names["AWS_ACCESS_KEY_ID"], "private_key": names["AWS_SECRET_ACCESS_KEY"]}

    def use(**fields: str) -> None:
        bucket = created(owner.post("/s3_buckets", json={**fields, "organization": library["organization"]}))
        owner.patch(f"/sample_groups/{library['uuid']}", json={"bucket": bucket["uuid"]})
        assert told(upload(owner, field)) == (
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
    assert told(upload(owner, field)) == (400, {"detail": "The storage can't be used: Invalid endpoint: nope"})


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
    owner: httpx.Client, library: Thing, field: Thing, sandbox: Sandbox, bucket: Thing, keys: Thing
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


def test_only_who_may_see_a_field_gets_the_address_of_its_file(
    owner: httpx.Client, outsider: httpx.Client, anonymous: httpx.Client, private_sample: Thing
):
    result = created(owner.post("/sample_ars", json={"module_name": "m", "sample": private_sample["uuid"]}))
    sent = {"name": "f", "analysis_result": result["uuid"], "stored_data": {}}
    field = created(owner.post("/sample_ar_fields", json=sent))
    assert send(upload(owner, field).json(), b"secret") == 204
    assert read(owner, field) == b"secret"
    for client in (outsider, anonymous):
        assert client.get(f"/sample_ar_fields/{field['uuid']}").status_code == 403
        assert client.get("/sample_ar_fields").json()["count"] == 0


def test_a_logged_in_user_who_sees_a_field_may_upload(
    owner: httpx.Client, outsider: httpx.Client, anonymous: httpx.Client, field: Thing, private_sample: Thing
):
    # As deployed servers do: of a public library, membership is not requested.
    assert upload(outsider, field).status_code == 200
    assert told(upload(anonymous, field)) == (403, NO_TOKEN)
    result = created(owner.post("/sample_ars", json={"module_name": "m", "sample": private_sample["uuid"]}))
    sent = {"name": "f", "analysis_result": result["uuid"], "stored_data": {}}
    private = created(owner.post("/sample_ar_fields", json=sent))
    assert told(upload(outsider, private)) == (403, {"detail": "Insufficient permissions to get upload url."})
    assert told(upload(owner, {"uuid": NOWHERE})) == (404, {"detail": "Not found."})


def test_a_file_elsewhere_has_no_address_of_ours(owner: httpx.Client, result: Thing):
    data = {"__type__": "s3", "uri": "s3://elsewhere/x.gz", "endpoint_url": "https://s3.example.org"}
    for name, given in (
        ("a", data),
        ("b", {"__type__": "s3"}),
        ("c", {**data, "uri": "elsewhere"}),
        ("d", {**data, "uri": 5}),
    ):
        sent = {"name": name, "analysis_result": result["uuid"], "stored_data": given}
        assert created(owner.post("/sample_ar_fields", json=sent))["stored_data"] == given


def test_keys_of_others_make_no_addresses(outsider: httpx.Client, owner: httpx.Client, library: Thing):
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


def test_many_upload_at_once(owner: httpx.Client, result: Thing):
    def one(number: int) -> bytes:
        sent = {"name": f"f{number}", "analysis_result": result["uuid"], "stored_data": {}}
        field = created(owner.post("/sample_ar_fields", json=sent))
        assert send(upload(owner, field, f"{number}.txt").json(), f"{number}".encode()) == 204
        return read(owner, field)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(one, range(24))) == [f"{number}".encode() for number in range(24)]
