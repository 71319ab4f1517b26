"""Files of the Data Store: registration from staging, facts, bytes."""

import uuid

import httpx
import pytest
from omicsdk.sandbox import Sandbox

V1, V2 = "2026-01-02T030405.060708Z", "2026-02-02T030405.060708Z"
DATA = b"ACGT" * 5000


@pytest.fixture
def staged(stage):
    return stage(DATA, content_type="application/gzip")


def put(user, source, file_uuid, version=V1, creator_uid=7):
    body = {"source_url": source, "creator_uid": creator_uid}
    return user.put(f"/files/{file_uuid}", params={"version": version}, json=body)


def test_a_staged_file_is_registered_with_its_facts(user, staged):
    file_uuid = str(uuid.uuid4()).upper()
    response = put(user, staged, file_uuid)
    assert (response.status_code, response.json()) == (201, {"version": V1})
    head = user.head(f"/files/{file_uuid}", params={"replica": "gcp"})
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["x-dss-size"] == str(len(DATA))
    assert head.headers["x-dss-content-type"] == "application/gzip"
    assert head.headers["x-dss-creator-uid"] == "7"
    assert head.headers["x-dss-version"] == V1
    assert len(head.headers["x-dss-sha256"]) == 64


def test_registering_the_same_file_again_is_no_error(user, staged):
    file_uuid = str(uuid.uuid4())
    assert [put(user, staged, file_uuid).status_code for _ in range(2)] == [201, 200]


def test_another_content_under_the_same_version_is_a_conflict(user, staged, stage):
    file_uuid = str(uuid.uuid4())
    put(user, staged, file_uuid)
    response = put(user, stage(b"other"), file_uuid)
    assert (response.status_code, response.json()["code"]) == (409, "file_already_exists")


def test_versions_are_normalised(user, staged):
    response = put(user, staged, uuid.uuid4(), version="2026-01-02T05:04:05.5+02:00")
    assert response.json()["version"] == "2026-01-02T030405.500000Z"


def test_the_latest_version_is_answered_unless_one_is_named(user, stage):
    file_uuid = str(uuid.uuid4())
    put(user, stage(b"new"), file_uuid, V2)
    put(user, stage(b"old!"), file_uuid, V1)
    latest = user.head(f"/files/{file_uuid}", params={"replica": "aws"})
    named = user.head(f"/files/{file_uuid}", params={"replica": "aws", "version": V1})
    assert [response.headers["x-dss-size"] for response in (latest, named)] == ["3", "4"]


@pytest.mark.parametrize(
    ("version", "body", "status", "code"),
    [
        ("yesterday", {"source_url": "s3://b/k", "creator_uid": 1}, 400, "illegal_version"),
        ("2026-13-02T030405.060708Z", {"source_url": "s3://b/k", "creator_uid": 1}, 400, "illegal_version"),
        (V1, {"source_url": "wasb://b/k", "creator_uid": 1}, 400, "unknown_source_schema"),
        (V1, {"source_url": "http://b/k", "creator_uid": 1}, 400, "illegal_arguments"),
        (V1, {"source_url": "s3://nowhere/k", "creator_uid": 1}, 400, "illegal_arguments"),
        (V1, {"source_url": "s3://bucketonly", "creator_uid": 1}, 400, "illegal_arguments"),
        (V1, {"source_url": "s3://b/k"}, 400, "illegal_arguments"),
        (V1, {"source_url": "s3://b/k", "creator_uid": "me"}, 400, "illegal_arguments"),
        (V1, {"source_url": "s3://b/k", "creator_uid": 2**63}, 400, "illegal_arguments"),
    ],
)
def test_what_cannot_be_registered(user, version, body, status, code):
    response = user.put(f"/files/{uuid.uuid4()}", params={"version": version}, json=body)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.json()["status"] == status
    assert response.json()["title"]


@pytest.mark.parametrize("name", ["sha256", "sha1", "s3_etag", "crc32c"])
@pytest.mark.parametrize(("value", "code"), [("", "missing_checksum"), ("zz", "invalid_checksum")])
def test_each_checksum_must_be_stated(user, stage, name, value, code):
    response = put(user, stage(DATA, **{name: value}), uuid.uuid4())
    assert (response.status_code, response.json()["code"]) == (422, code)
    assert name in response.json()["title"]


def test_a_stated_checksum_must_be_that_of_the_data(user, stage, web):
    file_uuid = uuid.uuid4()
    response = put(user, stage(DATA, crc32c="00000000"), file_uuid)
    assert (response.status_code, response.json()["code"]) == (422, "invalid_checksum")
    assert web.head(f"/files/{file_uuid}", params={"replica": "aws"}).status_code == 404


def test_a_large_file_is_registered_asynchronously(sandbox: Sandbox, user, stage):
    sandbox.settings.turn({"dss.async_bytes": 100, "dss.async_seconds": 30})
    sandbox.clock.freeze()
    first, second = (str(uuid.uuid4()) for _ in range(2))
    source = stage(DATA)
    for _ in range(2):
        response = put(user, source, first)
        assert response.status_code == 202
        assert uuid.UUID(response.json()["task_id"])
    assert user.head(f"/files/{first}", params={"replica": "aws"}).status_code == 404
    sandbox.clock.advance(30)
    assert user.head(f"/files/{first}", params={"replica": "aws"}).status_code == 200
    assert put(user, source, first).status_code == 200
    put(user, stage(b"x" * 200), second)
    assert sandbox.finish() == 1
    assert user.head(f"/files/{second}", params={"replica": "aws"}).status_code == 200


def test_writing_needs_a_token_and_the_group(sandbox: Sandbox, web, staged):
    response = put(web, staged, uuid.uuid4())
    assert (response.status_code, response.json()["code"]) == (401, "Unauthorized")
    token = sandbox.token("guest@example.org", groups=())
    web.headers["Authorization"] = f"Bearer {token}"
    response = put(web, staged, uuid.uuid4())
    assert (response.status_code, response.json()["code"]) == (403, "Forbidden")


def test_a_file_is_fetched_through_a_redirect(user, staged):
    file_uuid = str(uuid.uuid4())
    put(user, staged, file_uuid)
    response = user.get(
        f"/files/{file_uuid}", params={"replica": "aws", "content_disposition": "attachment; filename=a"}
    )
    assert response.status_code == 302
    assert response.headers["x-dss-size"] == str(len(DATA))
    content = httpx.get(response.headers["location"], trust_env=False, verify=False)
    assert content.content == DATA
    assert content.headers["content-type"] == "application/gzip"
    assert content.headers["content-disposition"] == "attachment; filename=a"


def test_a_disposition_is_one_header(user, staged):
    file_uuid = str(uuid.uuid4())
    put(user, staged, file_uuid)
    for text in ("inline\r\nX-Evil: 1", "attachment; filename=\u20ac"):
        response = user.get(f"/files/{file_uuid}", params={"replica": "aws", "content_disposition": text})
        assert (response.status_code, response.json()["code"]) == (400, "illegal_arguments")


def test_a_direct_url_refers_to_the_data_in_the_bucket(sandbox: Sandbox, user, staged):
    file_uuid = str(uuid.uuid4())
    put(user, staged, file_uuid)
    for replica, scheme in (("gcp", "gs"), ("aws", "s3")):
        response = user.get(f"/files/{file_uuid}", params={"replica": replica, "directurl": "True"})
        location = response.headers["location"]
        assert location.startswith(f"{scheme}://org-hca-dss-sandbox/blobs/")
    bucket, _, key = location.removeprefix("s3://").partition("/")
    assert sandbox.dss.context.staging.client().get_object(Bucket=bucket, Key=key)["Body"].read() == DATA


def test_a_file_that_does_not_exist(web):
    response = web.get(f"/files/{uuid.uuid4()}", params={"replica": "aws"})
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert response.headers["content-type"] == "application/problem+json"
    head = web.head(f"/files/{uuid.uuid4()}", params={"replica": "aws"})
    assert (head.status_code, head.content) == (404, b"")


def test_the_first_requests_are_asked_to_wait(sandbox: Sandbox, user, staged):
    file_uuid = str(uuid.uuid4())
    put(user, staged, file_uuid)
    sandbox.settings.turn({"dss.checkout_redirects": 2, "dss.retry_after": 9})
    url, statuses = f"{user.base_url}files/{file_uuid}?replica=aws", []
    for _ in range(3):
        response = user.get(url)
        statuses.append((response.status_code, response.headers.get("retry-after")))
        url = response.headers["location"]
    assert statuses == [(301, "9"), (301, "9"), (302, None)]
    assert httpx.get(url, trust_env=False, verify=False).content == DATA


@pytest.mark.parametrize("token", ["nonsense", "e30", "W10"])
def test_a_token_that_is_not_ours(user, staged, token):
    file_uuid = str(uuid.uuid4())
    put(user, staged, file_uuid)
    response = user.get(f"/files/{file_uuid}", params={"replica": "aws", "token": token})
    assert (response.status_code, response.json()["code"]) == (400, "illegal_token")
