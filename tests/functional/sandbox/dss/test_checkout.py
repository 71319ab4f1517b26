"""Checkout jobs of the Data Store."""

import uuid

from omicsdk.sandbox import Sandbox


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
