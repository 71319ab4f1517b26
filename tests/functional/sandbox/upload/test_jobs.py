"""Checksums and validations: what moves on with the sandbox's time, and what jobs report."""

import json
from typing import Any

import httpx
import pytest
from omicsdk.sandbox import Sandbox

BUCKET = "org-humancellatlas-upload-sandbox"
SHA1_OF_ABC = "a9993e364706816aba3e25717850c26c9cd0d89d"
IMAGE = {"validator_image": "quay.io/humancellatlas/fastq_utils:v0.2.6"}


@pytest.fixture
def frozen(sandbox: Sandbox) -> Sandbox:
    sandbox.clock.freeze()
    return sandbox


@pytest.fixture
def put(area: str, s3: Any):
    def put(name: str = "f", content: bytes = b"abc") -> str:
        s3.put_object(Bucket=BUCKET, Key=f"{area}/{name}", Body=content, ContentType="text/plain; dcp-type=data")
        return f"/area/{area}/{name}"

    return put


def test_checksums_move_on_with_time(frozen: Sandbox, web: httpx.Client, put):
    path = put()
    seen = [web.get(f"{path}/checksum").json()]
    assert web.post(path).status_code == 202
    frozen.settings.turn({"upload.queue_seconds": 5, "upload.checksum_seconds": 10})
    assert web.post(path).status_code == 202  # telling twice does no harm
    for seconds in (4.5, 0.5, 9.5, 0.5):
        seen.append(web.get(f"{path}/checksum").json())
        frozen.clock.advance(seconds)
    assert [each["checksum_status"] for each in seen] == [
        "UNSCHEDULED",
        "SCHEDULED",
        "SCHEDULED",
        "CHECKSUMMING",
        "CHECKSUMMING",
    ]
    assert [each["checksums"] for each in seen] == [None] * 5
    last = web.get(f"{path}/checksum").json()
    assert (last["checksum_status"], last["checksums"]["sha1"]) == ("CHECKSUMMED", SHA1_OF_ABC)


def test_counts_are_of_the_files_that_exist(frozen: Sandbox, web: httpx.Client, area: str, put):
    for name in ("waits", "runs", "done"):
        put(name)
    put("unknown")
    web.post(f"/area/{area}/done")
    frozen.clock.advance(1.5)
    web.post(f"/area/{area}/runs")
    frozen.clock.advance(1)
    web.post(f"/area/{area}/waits")
    web.post(f"/area/{area}/never put there")
    assert web.get(f"/area/{area}/checksums").json() == {
        "SCHEDULED": 1,
        "CHECKSUMMING": 1,
        "CHECKSUMMED": 1,
        "CHECKSUMMING_UNSCHEDULED": 1,
        "TOTAL_NUM_FILES": 4,
    }


def test_a_file_that_was_replaced_has_no_checksums_until_it_is_reported(frozen: Sandbox, web: httpx.Client, put):
    path = put()
    web.post(path)
    frozen.finish()
    assert web.get(path).json()["checksums"]["sha1"] == SHA1_OF_ABC
    put(content=b"other")
    assert web.get(path).json()["checksums"] is None
    web.post(path)
    frozen.finish()
    assert web.get(path).json()["checksums"]["sha1"] != SHA1_OF_ABC


def test_checksums_become_the_tags_that_the_data_store_requests(frozen: Sandbox, web, area: str, put, s3: Any):
    path = put()
    s3.put_object_tagging(Bucket=BUCKET, Key=f"{area}/f", Tagging={"TagSet": [{"Key": "own", "Value": "1"}]})
    web.post(path)
    assert tags_of(s3, area) == {"own": "1"}
    frozen.clock.advance(2)
    assert tags_of(s3, area)["hca-dss-sha1"] == SHA1_OF_ABC
    assert tags_of(s3, area).keys() == {"own", *(f"hca-dss-{n}" for n in ("sha1", "sha256", "crc32c", "s3_etag"))}


def tags_of(s3: Any, area: str) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in s3.get_object_tagging(Bucket=BUCKET, Key=f"{area}/f")["TagSet"]}


def test_the_data_store_takes_files_from_an_area(frozen: Sandbox, web: httpx.Client, area: str, put):
    web.post(put())
    uuid, version = "ad4b8a3e-6f2d-4a41-8f0c-1d2e3f405162", "2026-01-02T030405.060708Z"
    stated = {"source_url": f"s3://{BUCKET}/{area}/f", "creator_uid": 0}
    headers = {"Authorization": f"Bearer {frozen.token()}"}

    def register() -> httpx.Response:
        url = f"{frozen.url}/dss/v1/files/{uuid}?version={version}"
        return httpx.put(url, json=stated, headers=headers, trust_env=False)

    assert register().json()["code"] == "missing_checksum"
    frozen.clock.advance(2)
    assert register().status_code == 201


def test_validations_move_on_with_time(frozen: Sandbox, web: httpx.Client, ingest: httpx.Client, area: str, put):
    path, other = put("a"), put("b c")
    assert web.get(f"{path}/validate").json() == {"validation_status": "UNSCHEDULED", "validation_results": None}
    body = {**IMAGE, "files": ["a", "b%20c"], "environment": {"LEVEL": "1"}, "original_validation_id": ""}
    response = ingest.put(f"/area/{area}/validate", json=body)
    assert response.status_code == 200
    assert len(response.json()["validation_id"]) == 36
    frozen.settings.turn({"upload.validation_results": "INVALID"})  # is of later ones
    for expected in ("SCHEDULED", "VALIDATING", "VALIDATED"):
        assert web.get(f"{path}/validate").json()["validation_status"] == expected
        assert web.get(f"{other}/validate").json()["validation_status"] == expected
        counts = dict.fromkeys(("SCHEDULED", "VALIDATING", "VALIDATED"), 0)
        assert web.get(f"/area/{area}/validations").json() == {**counts, expected: 2}
        frozen.clock.advance(1)
    assert json.loads(web.get(f"{path}/validate").json()["validation_results"])["validation_state"] == "VALID"


def test_the_latest_validation_of_a_file_counts(frozen: Sandbox, web, ingest: httpx.Client, area: str, put):
    path = put()
    ingest.put(f"{path}/validate", json=IMAGE)
    frozen.finish()
    frozen.settings.turn({"upload.validation_results": "INVALID"})
    ingest.put(f"{path}/validate", json=IMAGE)
    assert web.get(f"{path}/validate").json()["validation_status"] == "SCHEDULED"
    frozen.finish()
    assert web.get(f"{path}/validate").json()["validation_results"] == "INVALID"
    assert web.get(f"/area/{area}/validations").json()["VALIDATED"] == 1


def test_validations_are_refused_for_what_does_not_exist(web: httpx.Client, ingest: httpx.Client, area: str, put):
    path = put()
    assert web.put(f"{path}/validate", json=IMAGE).status_code == 401
    assert ingest.put(f"/area/{area}/nothing/validate", json=IMAGE).status_code == 404
    for body in ({}, {**IMAGE, "environment": "X=1"}):
        assert ingest.put(f"{path}/validate", json=body).status_code == 400
    assert ingest.put(f"/area/{area}/validate", json={**IMAGE, "files": []}).status_code == 400


def test_finish_ends_what_is_under_way(frozen: Sandbox, web: httpx.Client, ingest: httpx.Client, area: str, put):
    path = put()
    web.post(path)
    ingest.put(f"{path}/validate", json=IMAGE)
    assert (frozen.finish(), frozen.finish()) == (2, 0)
    assert web.get(f"{path}/validate").json()["validation_status"] == "VALIDATED"
