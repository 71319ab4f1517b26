"""Upload areas, their files, jobs, and what survives a restart."""

import gc
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from omicsdk.core.checksums import Digests
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.s3.staging import empty_buckets
from s3_sandbox import client_of, refusal

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
    assert [(file["name"], file["size"], file["url"]) for file in described] == [
        (name, len(content), f"s3://{BUCKET}/{area}/{name}")
    ]
    if not name.endswith("checksum"):  # such a name means something else there
        assert web.get(path).json() == described[0]


def test_descriptions_come_in_the_order_of_the_names_and_all_or_none(web: httpx.Client, area: str, s3):
    for name in ("a", "b"):
        s3.put_object(Bucket=BUCKET, Key=f"{area}/{name}", Body=b"x")
    response = web.put(f"/area/{area}/files_info", json=["b", "a"])
    assert [file["name"] for file in response.json()] == ["b", "a"]
    assert [file["checksums"] for file in response.json()] == [None, None]
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
    assert [status["checksum_status"] for status in seen] == [
        "UNSCHEDULED",
        "SCHEDULED",
        "SCHEDULED",
        "CHECKSUMMING",
        "CHECKSUMMING",
    ]
    assert [status["checksums"] for status in seen] == [None] * 5
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
    registration = {"source_url": f"s3://{BUCKET}/{area}/f", "creator_uid": 0}
    headers = {"Authorization": f"Bearer {frozen.token()}"}

    def register() -> httpx.Response:
        url = f"{frozen.url}/dss/v1/files/{uuid}?version={version}"
        return httpx.put(url, json=registration, headers=headers, trust_env=False)

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


def test_areas_and_files_exist_after_a_restart(tmp_path: Path):
    def ask(sandbox: Sandbox, method: str, path: str) -> Any:
        return httpx.request(method, f"{sandbox.upload_url}/area/{AREA}{path}", trust_env=False)

    with Sandbox(tmp_path) as sandbox:
        sandbox.area(AREA)
        keys = ask(sandbox, "POST", "/credentials").json()
        s3 = client_of(sandbox, keys)
        for name in ("told", "never told"):
            arguments = {"ContentType": "text/plain; dcp-type=data", "Metadata": {"crc32c": "364b3fb7"}}
            s3.put_object(Bucket=BUCKET, Key=f"{AREA}/{name}", Body=b"abc", **arguments)
        sandbox.clock.freeze()
        ask(sandbox, "POST", "/told")
        s3.close()
    empty_buckets()  # as in a new process
    with Sandbox(tmp_path) as sandbox:
        s3 = client_of(sandbox, keys)
        listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{AREA}/")["Contents"]
        assert [object_["Key"] for object_ in listed] == [f"{AREA}/told"]
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
            assert not [object_ for object_ in gc.get_objects() if type(object_).__name__ == "FakeKey"]
