from omicsdk.dss import DSSClient

dss = DSSClient()
checkout_id = dss.post_bundles_checkout(uuid="5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d", replica="aws")
print(checkout_id)
status = dss.get_bundles_checkout(replica="aws", checkout_job_id=checkout_id["checkout_job_id"])
print(f"Bundle checkout status: {status['status']}!")
if status["status"] == "SUCCEEDED":
    print(f"File is located at: {status['location']}")
