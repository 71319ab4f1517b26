"""The request log and the faults of the S3 server."""

from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from omicsdk.sandbox import Rule, Sandbox

BUCKET = "org-humancellatlas-upload-sandbox"


def test_requests_are_logged_without_secrets(sandbox: Sandbox, area: str, keys: dict[str, str], s3_of: Any):
    s3 = s3_of(keys, signature_version="s3v4")
    s3.put_object(Bucket=BUCKET, Key=f"{area}/a b", Body=b"abc")
    s3.get_object(Bucket=BUCKET, Key=f"{area}/a b", Range="bytes=1-")["Body"].read()
    httpx.get(s3.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": f"{area}/a b"}), trust_env=False)
    with pytest.raises(ClientError):
        s3.list_objects_v2(Bucket=BUCKET)
    path = f"/_s3/{BUCKET}/{area}/a%20b"
    seen = sandbox.requests("/_s3/")
    assert [(each["method"], each["path"], each["status"], each["range"], each["done"]) for each in seen] == [
        ("PUT", path, 200, "", True),
        ("GET", path, 206, "bytes=1-", True),
        ("GET", path, 200, "", True),
        ("GET", f"/_s3/{BUCKET}", 403, "", True),
    ]
    assert seen[1]["sent"] == 2
    assert [each["query"] for each in seen] == ["", "", "", "list-type=2&encoding-type=url"]
    assert sandbox.requests(path) == seen[:3]
    assert sandbox.requests("/_s3/") == sandbox.s3_log.entries()
    assert [each for each in sandbox.requests() if each["path"].startswith("/_s3")] == []
    told = httpx.get(f"{sandbox.url}/_sandbox/requests", params={"path": "/_s3/"}, trust_env=False).json()
    assert told == {"requests": seen}


def test_what_the_sandbox_does_itself_is_neither_logged_nor_disturbed(sandbox: Sandbox):
    sandbox.add_faults(Rule("status", path="/_s3/*"))
    sandbox.dss.context.staging.make_bucket("more")
    assert sandbox.requests("/_s3/") == []


def test_s3_refuses_on_demand(sandbox: Sandbox, area: str, s3: Any):
    path = f"/_s3/{BUCKET}/{area}/*"
    sandbox.add_faults(Rule("status", path=path, method="PUT", status=400, code="ExpiredToken", times=1))
    put = {"Bucket": BUCKET, "Key": f"{area}/a", "Body": b"a" * 3_000_000}
    with pytest.raises(ClientError, match="ExpiredToken") as caught:
        s3.put_object(**put)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    s3.put_object(**put)
    sandbox.add_faults(Rule("status", path=path, status=503, code="SlowDown", retry_after=3, times=1))
    response = httpx.get(f"{sandbox.s3_url}/{BUCKET}/{area}/a", trust_env=False)
    assert (response.status_code, response.headers["retry-after"]) == (503, "3")
    assert [each["status"] for each in sandbox.requests("/_s3/")] == [400, 200, 503]


def test_s3_gives_no_response_on_demand(sandbox: Sandbox, area: str, s3: Any, caplog):
    sandbox.add_faults(Rule("reset", path="/_s3/*", times=1))
    put = {"Bucket": BUCKET, "Key": f"{area}/a", "Body": b"a"}
    with pytest.raises(ConnectionClosedError):
        s3.put_object(**put)
    s3.put_object(**put)
    assert caplog.records == []
    assert [(each["status"], each["done"]) for each in sandbox.requests("/_s3/")] == [(0, False), (200, True)]


def test_rules_for_everything_leave_s3_alone(sandbox: Sandbox, area: str, s3: Any):
    sandbox.add_faults(Rule("status", path="*"))
    s3.put_object(Bucket=BUCKET, Key=f"{area}/a", Body=b"a")
    assert httpx.head(f"{sandbox.upload_url}/area/{area}", trust_env=False).status_code == 503


def test_what_s3_can_not_show_is_refused():
    with pytest.raises(ValueError, match="status and reset"):
        Rule("throttle", path="/_s3/*")
