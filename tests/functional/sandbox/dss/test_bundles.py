"""Bundles of the Data Store: seeding, reading in pages, registration, patches, deletion, checkouts."""

import uuid

import httpx
import pytest
from omicsdk.sandbox import Sandbox

V1, V2 = "2026-01-02T030405.060708Z", "2026-02-02T030405.060708Z"


@pytest.fixture
def seeded(sandbox: Sandbox, folder):
    return sandbox.seed(folder, creator_uid=8008)


def entries(bundle):
    return [{name: file[name] for name in ("name", "uuid", "version", "indexed")} for file in bundle["files"]]


def put(user, files, bundle_uuid=None, version=V1, creator_uid=0):
    body = {"files": files, "creator_uid": creator_uid}
    return user.put(f"/bundles/{bundle_uuid or uuid.uuid4()}", params={"version": version, "replica": "aws"}, json=body)


def get(client, bundle_uuid, **params):
    return client.get(f"/bundles/{bundle_uuid}", params={"replica": "aws", **params})


def test_a_seeded_folder_is_a_bundle(web, seeded):
    bundle = get(web, seeded["bundle_uuid"]).json()["bundle"]
    assert (bundle["uuid"], bundle["version"]) == (seeded["bundle_uuid"], seeded["version"])
    assert bundle["creator_uid"] == 8008
    assert [(file["name"], file["indexed"], file["content-type"]) for file in bundle["files"]] == [
        ("cell_suspension_0.json", True, "application/json"),
        ("empty.txt", False, "text/plain"),
        ("links.json", True, "application/json"),
        ("reads/r1.fastq.gz", False, "application/gzip"),
    ]
    assert all("url" not in file for file in bundle["files"])


def test_seeding_needs_files(sandbox: Sandbox, tmp_path):
    for folder, words in ((tmp_path, "has no files"), (tmp_path / "nothing", "isn't a folder")):
        with pytest.raises(ValueError, match=words):
            sandbox.seed(folder)
    with pytest.raises(ValueError, match="aws or gcp"):
        sandbox.seed(tmp_path, replica="azure")


def test_presigned_urls_of_all_files(web, seeded, folder):
    for file in get(web, seeded["bundle_uuid"], presignedurls="true").json()["bundle"]["files"]:
        response = httpx.get(file["url"], trust_env=False, verify=False)
        assert response.content == (folder / file["name"]).read_bytes()
        assert response.headers["content-type"] == file["content-type"]


@pytest.mark.parametrize(("replica", "scheme"), [("aws", "s3"), ("gcp", "gs")])
def test_direct_urls(web, seeded, replica, scheme):
    files = get(web, seeded["bundle_uuid"], directurls="true", replica=replica).json()["bundle"]["files"]
    assert all(file["url"].startswith(f"{scheme}://org-hca-dss-checkout-sandbox") for file in files)


def test_direct_urls_refer_to_the_data(sandbox: Sandbox, web, seeded, folder, monkeypatch):
    with monkeypatch.context() as patches:
        patches.setattr(type(sandbox.context.staging), "put", lambda *_, **__: False)  # its disk is full
        assert get(web, seeded["bundle_uuid"], directurls="true").status_code == 503
    files = get(web, seeded["bundle_uuid"], directurls="true").json()["bundle"]["files"]
    client = sandbox.dss.context.staging.client()
    for file in files:
        bucket, _, key = file["url"].removeprefix("s3://").partition("/")
        assert client.get_object(Bucket=bucket, Key=key)["Body"].read() == (folder / file["name"]).read_bytes()


def test_one_kind_of_url_at_a_time(web, seeded):
    response = get(web, seeded["bundle_uuid"], presignedurls="true", directurls="true")
    assert (response.status_code, response.json()["code"]) == (400, "only_one_urltype")


def test_urls_may_need_patience(sandbox: Sandbox, web, seeded):
    sandbox.settings.turn({"dss.checkout_redirects": 1})
    assert get(web, seeded["bundle_uuid"]).status_code == 200
    response = get(web, seeded["bundle_uuid"], presignedurls="true")
    assert (response.status_code, response.headers["retry-after"]) == (301, "1")
    assert web.get(response.headers["location"]).status_code == 200


def test_files_come_in_pages(sandbox: Sandbox, web, tmp_path):
    for number in range(25):
        (tmp_path / f"{number:02}.txt").write_text(str(number))
    bundle = sandbox.seed(tmp_path)
    response = get(web, bundle["bundle_uuid"], per_page=10)
    names, statuses = [], []
    while True:
        names += [file["name"] for file in response.json()["bundle"]["files"]]
        statuses.append(response.status_code)
        assert response.headers["x-openapi-pagination"] == str(response.status_code == 206).lower()
        if "link" not in response.headers:
            break
        assert response.headers["x-openapi-paginated-content-key"] == "bundle.files"
        url = response.links["next"]["url"]
        assert f"version={bundle['version']}" in url
        # The published client sends its own parameters once more.
        response = web.get(f"{url}&replica=aws&per_page=10")
    assert statuses == [206, 206, 200]
    assert names == [f"{number:02}.txt" for number in range(25)]


@pytest.mark.parametrize("per_page", ["9", "501", "ten", "-1", "1e2"])
def test_page_sizes_have_bounds(web, seeded, per_page):
    response = get(web, seeded["bundle_uuid"], per_page=per_page)
    assert (response.status_code, response.json()["code"]) == (400, "illegal_arguments")
    assert "per_page" in response.json()["title"]


@pytest.mark.parametrize("start_at", ["-1", "9" * 30, str(2**63)])
def test_where_no_page_begins(web, seeded, start_at):
    response = get(web, seeded["bundle_uuid"], start_at=start_at)
    assert (response.status_code, response.json()["code"]) == (400, "illegal_arguments")


def test_a_page_behind_the_end_is_empty(web, seeded):
    assert get(web, seeded["bundle_uuid"], start_at=2**62).json()["bundle"]["files"] == []


def test_a_bundle_that_does_not_exist(web, seeded):
    for bundle_uuid, params in ((uuid.uuid4(), {}), (seeded["bundle_uuid"], {"version": V1})):
        response = get(web, bundle_uuid, **params)
        assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_a_bundle_is_registered_once(user, seeded):
    bundle_uuid = str(uuid.uuid4())
    response = put(user, entries(seeded), bundle_uuid.upper())
    assert response.status_code == 201
    assert response.json()["version"] == V1
    assert response.json()["manifest"]["files"][0]["sha256"] == seeded["files"][0]["sha256"]
    assert put(user, entries(seeded), bundle_uuid).status_code == 200
    response = put(user, entries(seeded)[:1], bundle_uuid)
    assert (response.status_code, response.json()["code"]) == (409, "bundle_already_exists")
    assert get(user, bundle_uuid).json()["bundle"]["version"] == V1


def test_the_latest_version_is_answered_unless_one_is_named(user, seeded):
    bundle_uuid = str(uuid.uuid4())
    put(user, entries(seeded), bundle_uuid, V2)
    put(user, entries(seeded)[:1], bundle_uuid, V1)
    assert get(user, bundle_uuid).json()["bundle"]["version"] == V2
    assert len(get(user, bundle_uuid, version=V1).json()["bundle"]["files"]) == 1


def test_what_cannot_be_registered(user, seeded):
    good = entries(seeded)[0]
    missing = {**good, "uuid": str(uuid.uuid4())}
    cases = [
        ([missing], "file_missing"),
        ([good, {**entries(seeded)[1], "name": good["name"]}], "duplicate_filename"),
        ([{**good, "version": "now"}], "illegal_version"),
        ([{**good, "name": "../up"}], "illegal_arguments"),
        ([{**good, "name": "/root"}], "illegal_arguments"),
        ([{**good, "name": "a\\b"}], "illegal_arguments"),
        ([{"uuid": good["uuid"]}], "illegal_arguments"),
        ("none", "illegal_arguments"),
    ]
    for files, code in cases:
        response = put(user, files)
        assert (response.status_code, response.json()["code"]) == (400, code)


def test_bodies_that_are_none(user):
    url, params = f"/bundles/{uuid.uuid4()}", {"version": V1, "replica": "aws"}
    for content, kind, status in (
        (b"{", "application/json", 400),
        (b'{"files": NaN}', "", 400),
        (b"", "", 400),
        (b"a=1", "text/plain", 415),
    ):
        response = user.put(url, params=params, content=content, headers={"Content-Type": kind} if kind else {})
        assert (response.status_code, response.json()["code"]) == (status, "illegal_arguments")


def patch(user, bundle, **body):
    params = {"version": bundle["version"], "replica": "aws"}
    return user.patch(f"/bundles/{bundle['bundle_uuid']}", params=params, json=body)


def test_a_patch_makes_a_new_version(user, seeded):
    first, second = entries(seeded)[:2]
    unknown = {**first, "uuid": str(uuid.uuid4()), "name": "unknown"}
    response = patch(user, seeded, remove_files=[first, unknown], add_files=[{**second, "name": "copy"}])
    assert response.status_code == 200
    assert response.json()["version"] > seeded["version"]
    bundle = get(user, seeded["bundle_uuid"]).json()["bundle"]
    assert bundle["version"] == response.json()["version"]
    assert [file["name"] for file in bundle["files"]] == ["empty.txt", "links.json", "reads/r1.fastq.gz", "copy"]


def test_a_patch_without_changes_is_allowed_even_when_time_stands_still(sandbox: Sandbox, user, seeded):
    sandbox.clock.freeze()
    versions = [patch(user, seeded).json()["version"] for _ in range(3)]
    assert versions == sorted(set(versions))


def test_what_cannot_be_patched(user, seeded):
    first, second = entries(seeded)[:2]
    cases = [
        ({"add_files": [{**second, "name": first["name"]}]}, 400, "duplicate_filename"),
        ({"add_files": [{**second, "uuid": str(uuid.uuid4())}]}, 422, "invalid_link"),
        ({"add_files": [first] * 1001}, 400, "illegal_arguments"),
    ]
    for body, status, code in cases:
        response = patch(user, seeded, **body)
        assert (response.status_code, response.json()["code"]) == (status, code)
    response = patch(user, {**seeded, "version": V1})
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    response = patch(user, {**seeded, "version": "soon"})
    assert (response.status_code, response.json()["code"]) == (400, "illegal_version")


def delete(user, bundle_uuid, reason="test", **params):
    return user.request(
        "DELETE", f"/bundles/{bundle_uuid}", params={"replica": "aws", **params}, json={"reason": reason}
    )


def test_a_deleted_version_gives_way_to_the_one_before(user, seeded):
    bundle_uuid = str(uuid.uuid4())
    put(user, entries(seeded), bundle_uuid, V1)
    put(user, entries(seeded), bundle_uuid, V2)
    assert delete(user, bundle_uuid, version=V2).json() == {}
    assert get(user, bundle_uuid, version=V2).status_code == 404
    assert get(user, bundle_uuid).json()["bundle"]["version"] == V1
    assert delete(user, bundle_uuid).status_code == 200
    assert get(user, bundle_uuid).status_code == 404
    assert get(user, bundle_uuid, version=V1).status_code == 404
    assert bundle_uuid not in user.get("/bundles/all", params={"replica": "aws"}).text


def test_deleting_twice(user, seeded):
    bundle_uuid = seeded["bundle_uuid"]
    assert [delete(user, bundle_uuid).status_code for _ in range(2)] == [200, 200]
    response = delete(user, bundle_uuid, "another reason")
    assert (response.status_code, response.json()["code"]) == (409, "bundle_tombstone_already_exists")


def test_what_cannot_be_deleted(sandbox: Sandbox, user, seeded):
    assert delete(user, uuid.uuid4()).json()["code"] == "not_found"
    assert delete(user, seeded["bundle_uuid"], version=V1).json()["code"] == "not_found"
    user.headers["Authorization"] = f"Bearer {sandbox.token(groups=('hca',))}"
    response = delete(user, seeded["bundle_uuid"])
    assert (response.status_code, response.json()["code"]) == (403, "Forbidden")


def test_all_bundles_come_in_pages_by_uuid_and_version(user, seeded):
    made = {(seeded["bundle_uuid"], seeded["version"])}
    for number in range(12):
        bundle_uuid = str(uuid.UUID(int=number))
        for version in (V1, V2):
            put(user, entries(seeded)[:1], bundle_uuid, version)
            made.add((bundle_uuid, version))
    response = user.get("/bundles/all", params={"replica": "gcp", "per_page": 10})
    versions, pages = [], []
    while True:
        body = response.json()
        versions += [(bundle["uuid"], bundle["version"]) for bundle in body["bundles"]]
        pages.append((response.status_code, body["page_count"], body["has_more"]))
        if "link" not in response.headers:
            break
        assert response.headers["x-openapi-paginated-content-key"] == "bundles"
        response = user.get(response.links["next"]["url"])
    assert pages == [(206, 10, True), (206, 10, True), (200, 5, False)]
    assert versions == sorted(made)


def test_a_prefix_is_lower_cased_and_checked(web, seeded):
    prefix = seeded["bundle_uuid"][:6].upper()
    response = web.get("/bundles/all", params={"replica": "aws", "prefix": prefix}).json()
    assert [bundle["uuid"] for bundle in response["bundles"]] == [seeded["bundle_uuid"]]
    assert response["search_prefix"] == prefix.lower()
    other = "0" if prefix[0] != "0" else "1"
    assert web.get("/bundles/all", params={"replica": "aws", "prefix": other}).json()["bundles"] == []
    response = web.get("/bundles/all", params={"replica": "aws", "prefix": "%"})
    assert (response.status_code, response.json()["code"]) == (400, "illegal_arguments")


def start(web, bundle_uuid, replica="aws", **body):
    return web.post(f"/bundles/{bundle_uuid}/checkout", params={"replica": replica}, json=body or None)


def status(web, job, replica="aws"):
    return web.get(f"/bundles/checkout/{job}", params={"replica": replica})


def test_a_job_runs_until_its_time_has_passed_and_copies_the_files(sandbox: Sandbox, web, folder):
    sandbox.clock.freeze()
    sandbox.settings.turn({"dss.checkout_seconds": 60})
    bundle = sandbox.seed(folder)
    job = start(web, bundle["bundle_uuid"], email="a@example.org").json()["checkout_job_id"]
    assert status(web, job).json() == {"status": "RUNNING"}
    sandbox.clock.advance(60)
    response = status(web, job).json()
    prefix = f"bundles/{bundle['bundle_uuid']}.{bundle['version']}"
    assert response == {"status": "SUCCEEDED", "location": f"s3://org-hca-dss-checkout-sandbox/{prefix}"}
    client = sandbox.dss.context.staging.client()
    key = f"{prefix}/reads/r1.fastq.gz"
    copied = client.get_object(Bucket="org-hca-dss-checkout-sandbox", Key=key)["Body"].read()
    assert copied == (folder / "reads" / "r1.fastq.gz").read_bytes()
    assert status(web, job).json()["status"] == "SUCCEEDED"


def test_a_separate_bucket(sandbox: Sandbox, web, folder):
    bundle = sandbox.seed(folder)
    jobs = [
        start(web, bundle["bundle_uuid"], destination=bucket).json()["checkout_job_id"]
        for bucket in (sandbox.staging_bucket, "no-such-bucket")
    ]
    assert sandbox.finish() == 2
    assert status(web, jobs[0]).json()["location"].startswith(f"s3://{sandbox.staging_bucket}/bundles/")
    failed = status(web, jobs[1]).json()
    assert failed["status"] == "FAILED"
    assert "no-such-bucket" in failed["cause"]


def test_a_bundle_deleted_in_between(sandbox: Sandbox, web, user, folder):
    bundle = sandbox.seed(folder)
    job = start(web, bundle["bundle_uuid"]).json()["checkout_job_id"]
    user.request("DELETE", f"/bundles/{bundle['bundle_uuid']}", params={"replica": "aws"}, json={"reason": "gone"})
    sandbox.finish()
    assert status(web, job).json() == {"status": "FAILED", "cause": "The bundle was deleted"}


def test_a_missing_object(sandbox: Sandbox, web, folder):
    response = start(web, uuid.uuid4())
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    response = status(web, uuid.uuid4())
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    job = start(web, sandbox.seed(folder)["bundle_uuid"]).json()["checkout_job_id"]
    assert status(web, job, "gcp").status_code == 404
