JOB=$(omics --query checkout_job_id dss post-bundles-checkout --replica aws --uuid 5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d)
omics dss get-bundles-checkout --replica aws --checkout-job-id $JOB
