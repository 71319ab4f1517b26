"""Upload areas: making, finding and deleting them, and who may write there."""

from datetime import UTC, datetime

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from s3_sandbox import refusal

AREA = "0d4b8a3e-6f2d-4a41-8f0c-1d2e3f405162"
BUCKET = "org-humancellatlas-upload-sandbox"


def test_an_area_is_made_once_and_found(web: httpx.Client, ingest: httpx.Client):
    assert web.head(f"/area/{AREA}").status_code == 404
    for _ in range(2):
        response = ingest.post(f"/area/{AREA}")
        assert (response.status_code, response.json()) == (201, {"uri": f"s3://{BUCKET}/{AREA}/"})
    assert web.head(f"/area/{AREA}").status_code == 200


@pytest.mark.parametrize("key", [None, "another"])
def test_only_who_has_the_key_makes_and_deletes_areas(web: httpx.Client, area: str, key: str | None):
    headers = {"Api-Key": key} if key else {}
    for method, path in [("POST", f"/area/{AREA}"), ("DELETE", f"/area/{area}")]:
        response = web.request(method, path, headers=headers)
        assert response.status_code == 401
        assert "Api-Key" in response.json()["detail"]


def test_a_deleted_area_is_gone_with_its_files(
    sandbox: Sandbox, web: httpx.Client, ingest: httpx.Client, area: str, s3
):
    s3.put_object(Bucket=BUCKET, Key=f"{area}/a", Body=b"a")
    assert ingest.delete(f"/area/{area}").status_code == 202
    assert web.head(f"/area/{area}").status_code == 404
    assert ingest.delete(f"/area/{area}").status_code == 404
    sandbox.area(area)
    assert web.get(f"/area/{area}/checksums").json()["TOTAL_NUM_FILES"] == 0


def test_credentials_end_when_they_say(sandbox: Sandbox, web: httpx.Client, area: str, s3_of):
    sandbox.settings.turn({"upload.credentials_seconds": 900})
    now = sandbox.clock.freeze()
    response = web.post(f"/area/{area}/credentials")
    assert response.status_code == 201
    keys = response.json()
    assert datetime.fromisoformat(keys["Expiration"]) == datetime.fromtimestamp(int(now) + 900, UTC)
    client = s3_of(keys)
    client.put_object(Bucket=BUCKET, Key=f"{area}/a", Body=b"a")
    sandbox.clock.advance(900)
    assert refusal(lambda: client.put_object(Bucket=BUCKET, Key=f"{area}/a", Body=b"a"))[0] == "ExpiredToken"


def test_each_request_makes_other_credentials_and_earlier_ones_stay(web: httpx.Client, area: str, s3_of):
    first, second = (web.post(f"/area/{area}/credentials").json() for _ in range(2))
    assert first["AccessKeyId"] != second["AccessKeyId"]
    for keys in (first, second):
        s3_of(keys).put_object(Bucket=BUCKET, Key=f"{area}/a", Body=b"a")


def test_there_are_no_credentials_for_an_area_that_does_not_exist(web: httpx.Client):
    response = web.post(f"/area/{AREA}/credentials")
    assert response.status_code == 404
    assert response.json() == {
        "status": 404,
        "title": "Upload area not found",
        "detail": f"There is no upload area {AREA}",
    }
