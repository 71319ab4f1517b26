"""Checkouts: jobs that copy a bundle to a bucket."""

import uuid as uuids
from dataclasses import replace

from omicsdk.sandbox.dss.state import Dss
from omicsdk.sandbox.dss.store import CheckoutJob
from omicsdk.sandbox.problems import not_found
from omicsdk.sandbox.service import Call, Reply


def checkout_bucket(replica: str) -> str:
    """The bucket that checkouts without a destination go to."""
    return f"org-hca-dss-checkout-sandbox{'-gcp' if replica == 'gcp' else ''}"


def checkout_prefix(uuid: str, version: str) -> str:
    """Where in the bucket a bundle's files lie."""
    return f"bundles/{uuid}.{version}"


def post_bundles_checkout(dss: Dss, call: Call) -> Reply:
    """POST /bundles/{uuid}/checkout."""
    replica: str = call.arguments["replica"]
    bundle = dss.bundle(call.arguments["uuid"], call.arguments.get("version"))
    job = CheckoutJob(
        id=str(uuids.uuid4()),
        replica=replica,
        uuid=bundle.uuid,
        version=bundle.version,
        destination=call.body.get("destination") or checkout_bucket(replica),
        ends=dss.now() + dss.grounds.settings.number("dss.checkout_seconds"),
        cause="",
        copied=False,
    )
    dss.store.put_checkout(job)
    return Reply({"checkout_job_id": job.id})


def get_bundles_checkout(dss: Dss, call: Call) -> Reply:
    """GET /bundles/checkout/{checkout_job_id}."""
    job = dss.store.checkout(call.arguments["checkout_job_id"].lower())
    if job is None or job.replica != call.arguments["replica"]:
        raise not_found(f"Cannot find checkout {call.arguments['checkout_job_id']}")
    if job.ends > dss.now():
        return Reply({"status": "RUNNING"})
    if not job.copied and not job.cause:
        job = _copy(dss, job)
        dss.store.put_checkout(job)
    if job.cause:
        return Reply({"status": "FAILED", "cause": job.cause})
    scheme = "gs" if job.replica == "gcp" else "s3"
    location = f"{scheme}://{job.destination}/{checkout_prefix(job.uuid, job.version)}"
    return Reply({"status": "SUCCEEDED", "location": location})


def _copy(dss: Dss, job: CheckoutJob) -> CheckoutJob:
    """Copies the files when somebody first asks for the finished job, so that nothing runs in the background."""
    bundle = dss.store.bundle(job.uuid, job.version)
    if bundle is None:
        return replace(job, cause="The bundle was deleted")
    staging, objects = dss.grounds.staging, dss.grounds.objects
    if job.destination == checkout_bucket(job.replica):
        staging.make_bucket(job.destination)
    for entry in dss.store.entries(bundle):
        key = f"{checkout_prefix(job.uuid, job.version)}/{entry.name}"
        path = str(objects.path(entry.file.sha256))
        if not staging.put(job.destination, key, path, entry.file.content_type):
            return replace(job, cause=f"The bucket {job.destination} isn't there or can't be written")
    return replace(job, copied=True)
