"""State that survives a restart: areas, credentials, and files with computed checksums."""

import gc
from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.s3.staging import empty_buckets
from s3_sandbox import client_of

BUCKET = "org-humancellatlas-upload-sandbox"
AREA = "0d4b8a3e-6f2d-4a41-8f0c-1d2e3f405162"


def test_areas_and_files_exist_after_a_restart(tmp_path: Path):
    def ask(sandbox: Sandbox, method: str, path: str) -> Any:
        return httpx.request(method, f"{sandbox.upload_url}/area/{AREA}{path}", trust_env=False)

    with Sandbox(tmp_path) as sandbox:
        sandbox.area(AREA)
        keys = ask(sandbox, "POST", "/credentials").json()
        s3 = client_of(sandbox, keys)
        for name in ("told", "never told"):
            told = {"ContentType": "text/plain; dcp-type=data", "Metadata": {"crc32c": "364b3fb7"}}
            s3.put_object(Bucket=BUCKET, Key=f"{AREA}/{name}", Body=b"abc", **told)
        sandbox.clock.freeze()
        ask(sandbox, "POST", "/told")
        s3.close()
    empty_buckets()  # as in a new process
    with Sandbox(tmp_path) as sandbox:
        s3 = client_of(sandbox, keys)
        listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{AREA}/")["Contents"]
        assert [each["Key"] for each in listed] == [f"{AREA}/told"]
        there = s3.get_object(Bucket=BUCKET, Key=f"{AREA}/told")
        assert (there["Body"].read(), there["Metadata"]) == (b"abc", {"crc32c": "364b3fb7"})
        assert s3.head_object(Bucket=BUCKET, Key=f"{AREA}/told")["ContentLength"] == 3
        assert "hca-dss-sha1" in {
            tag["Key"] for tag in s3.get_object_tagging(Bucket=BUCKET, Key=f"{AREA}/told")["TagSet"]
        }
        assert ask(sandbox, "GET", "/told/checksum").json() == {"checksum_status": "SCHEDULED", "checksums": None}
        sandbox.finish()
        described = ask(sandbox, "GET", "/told").json()
        assert described["content_type"] == "text/plain; dcp-type=data"
        assert described["checksums"]["sha1"] == "a9993e364706816aba3e25717850c26c9cd0d89d"
        s3.close()


def test_a_full_disk_keeps_no_sandbox_from_stopping(tmp_path: Path, monkeypatch, caplog):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with Sandbox(tmp_path) as sandbox:
        sandbox.area(AREA)
        sandbox.dss.context.staging.put_bytes(BUCKET, f"{AREA}/a", b"a", "text/plain")
        sandbox.upload.schedule("checksum", AREA, ["a"])
        sandbox.finish()
        monkeypatch.setattr(sandbox.dss.context.objects, "receive", full)
    assert [record.getMessage() for record in caplog.records] == [f"s3://{BUCKET}/{AREA}/a isn't kept"]
    Sandbox(tmp_path).start().stop()


@pytest.mark.long
def test_what_was_put_in_parts_keeps_its_checksums(tmp_path: Path):
    content = b"x" * (64 * 1024 * 1024 + 1)
    with Sandbox(tmp_path) as sandbox:
        sandbox.area(AREA)
        staging = sandbox.dss.context.staging
        path = tmp_path / "large"
        path.write_bytes(content)
        staging.put(BUCKET, f"{AREA}/large", str(path), "text/plain")
        httpx.post(f"{sandbox.upload_url}/area/{AREA}/large", trust_env=False)
        sandbox.finish()
        before = httpx.get(f"{sandbox.upload_url}/area/{AREA}/large", trust_env=False).json()
    empty_buckets()  # as in a new process
    with Sandbox(tmp_path) as sandbox:
        after = httpx.get(f"{sandbox.upload_url}/area/{AREA}/large", trust_env=False).json()
        assert after["checksums"] == before["checksums"]
        assert after["checksums"]["s3_etag"].endswith("-2")
        head = sandbox.dss.context.staging.client().head_object(Bucket=BUCKET, Key=f"{AREA}/large")
        assert head["ETag"].strip('"') == after["checksums"]["s3_etag"]


def test_a_reset_keeps_no_object_that_is_gone(tmp_path: Path):
    with Sandbox(tmp_path) as sandbox:
        staging = sandbox.upload.context.staging
        for _ in range(2):
            for number in range(3):
                staging.put_bytes(sandbox.staging_bucket, f"{number}", b"abc", "text/plain")
            sandbox.reset()
            gc.collect()
            assert not [each for each in gc.get_objects() if type(each).__name__ == "FakeKey"]
