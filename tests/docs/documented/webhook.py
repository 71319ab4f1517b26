import sys

from omicsdk.compat.hca.dss import DSSClient

dss = DSSClient()
subscription = dss.put_subscription(
    replica="aws",
    callback_url=sys.argv[1],
    jmespath_query="files.project_json[?project_core.project_short_name=='Lambda induction']",
    attachments={
        "taxon": {"type": "jmespath", "expression": "files.donor_organism_json[].biomaterial_core.ncbi_taxon_id[]"}
    },
)
bundle = dss.upload(src_dir=sys.argv[2], replica="aws", staging_bucket=sys.argv[3])
print(subscription["uuid"], bundle["bundle_uuid"], bundle["version"])
