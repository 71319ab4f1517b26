"""Files of upload areas: stored through the service, put into the bucket, described, named in any way."""

from urllib.parse import quote

import httpx
import pytest
from omicsdk.core.checksums import Digests
from omicsdk.sandbox import Sandbox

BUCKET = "org-humancellatlas-upload-sandbox"
JSON = 'application/json; dcp-type="metadata/sample"'
FOUR = ("s3_etag", "sha1", "sha256", "crc32c")


def checksums_of(content: bytes) -> dict[str, str]:
    digests = Digests(FOUR, len(content))
    digests.update(content)
    return digests.values()


def test_a_stored_file_has_its_checksums_at_once(ingest: httpx.Client, area: str, s3):
    response = ingest.put(f"/area/{area}/sample.json", content=b"{}", headers={"Content-Type": JSON})
    assert response.status_code == 201
    described = response.json()
    assert described.pop("last_modified").endswith("+00:00")
    assert described == {
        "name": "sample.json",
        "size": 2,
        "content_type": JSON,
        "url": f"s3://{BUCKET}/{area}/sample.json",
        "checksums": checksums_of(b"{}"),
        "upload_area_id": area,
    }
    assert ingest.get(f"/area/{area}/sample.json/checksum").json()["checksum_status"] == "CHECKSUMMED"
    there = s3.get_object(Bucket=BUCKET, Key=f"{area}/sample.json")
    assert (there["Body"].read(), there["ContentType"]) == (b"{}", JSON)


@pytest.mark.parametrize("content_type", ["application/json", "application/json; type=dcp-type", None])
def test_a_file_without_a_dcp_type_is_refused(ingest: httpx.Client, area: str, content_type: str | None):
    headers = {"Content-Type": content_type} if content_type else {}
    response = ingest.put(f"/area/{area}/sample.json", content=b"{}", headers=headers)
    assert response.status_code == 400
    assert "dcp-type" in response.json()["detail"]
    assert ingest.get(f"/area/{area}/checksums").json()["TOTAL_NUM_FILES"] == 0


def test_storing_takes_the_key(web: httpx.Client, area: str):
    response = web.put(f"/area/{area}/sample.json", content=b"{}", headers={"Content-Type": JSON})
    assert response.status_code == 401


def test_the_generated_client_states_what_it_stores(sandbox: Sandbox, area: str):
    from omicsdk.core import ApiKey
    from omicsdk_api.upload import UploadApi

    key = ApiKey(sandbox.upload_key, header="Api-Key", origins=[sandbox.url])
    with UploadApi(f"{sandbox.url}/upload", credentials=key) as api:
        typed = api.with_options(headers={"Content-Type": JSON})
        assert typed.store_file(upload_area_uuid=area, filename="a/b.json", body=b"{}").content_type == JSON
        assert api.file_info(upload_area_uuid=area, filename="a/b.json").size == 2
        untyped = api.store_file(upload_area_uuid=area, filename="a/c", body=b"c")
        assert untyped.content_type == "application/octet-stream; dcp-type=data"


@pytest.mark.parametrize(
    "name",
    ["plain.txt", "a folder/reads R1.fastq.gz", "ünïcode/β", "100%.txt", "a+b&c=d?e#f", "checksum/checksum", "a//b"],
)
def test_any_name_can_be_put_reported_of_and_requested(sandbox: Sandbox, web: httpx.Client, area: str, s3, name: str):
    content = name.encode()
    s3.put_object(Bucket=BUCKET, Key=f"{area}/{name}", Body=content, ContentType="text/plain; dcp-type=data")
    path = f"/area/{area}/{quote(name)}"
    assert web.post(path).status_code == 202
    sandbox.finish()
    assert web.get(f"{path}/checksum").json() == {
        "checksum_status": "CHECKSUMMED",
        "checksums": checksums_of(content),
    }
    described = web.put(f"/area/{area}/files_info", json=[name]).json()
    assert [(each["name"], each["size"], each["url"]) for each in described] == [
        (name, len(content), f"s3://{BUCKET}/{area}/{name}")
    ]
    if not name.endswith("checksum"):  # such a name means something else there
        assert web.get(path).json() == described[0]


def test_descriptions_come_in_the_order_of_the_names_and_all_or_none(web: httpx.Client, area: str, s3):
    for name in ("a", "b"):
        s3.put_object(Bucket=BUCKET, Key=f"{area}/{name}", Body=b"x")
    response = web.put(f"/area/{area}/files_info", json=["b", "a"])
    assert [each["name"] for each in response.json()] == ["b", "a"]
    assert [each["checksums"] for each in response.json()] == [None, None]
    response = web.put(f"/area/{area}/files_info", json=["b", "c", "a"])
    assert response.status_code == 404
    assert "'c'" in response.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "f"),
        ("POST", "f"),
        ("GET", "f/checksum"),
        ("GET", "f/validate"),
        ("GET", "checksums"),
        ("GET", "validations"),
    ],
)
def test_a_missing_object_is_not_found(web: httpx.Client, sandbox: Sandbox, area: str, method: str, path: str):
    nowhere = "9d4b8a3e-6f2d-4a41-8f0c-1d2e3f405162"
    response = web.request(method, f"/area/{nowhere}/{path}")
    assert (response.status_code, response.json()["title"]) == (404, "Upload area not found")
    if method == "GET" and path.startswith("f"):
        response = web.request(method, f"/area/{area}/{path}")
        assert (response.status_code, response.json()["title"]) == (404, "File not found")


def test_bodies_are_what_the_document_states(web: httpx.Client, ingest: httpx.Client, area: str):
    assert web.put(f"/area/{area}/files_info", json={"a": 1}).status_code == 400
    assert web.put(f"/area/{area}/files_info").status_code == 400
    assert ingest.put(f"/area/{area}/validate", json={"validator_image": "i"}).status_code == 400
    assert web.post("/area/short/credentials").status_code == 404
    assert ingest.post("/area/short").status_code == 400
