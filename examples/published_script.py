"""A script as it was written for the published client, with its import changed: python examples/published_script.py FOLDER"""

import json
import sys

from omicsdk.compat.hca.dss import DSSClient

dss = DSSClient()
for result in dss.post_search.iterate(replica="aws", es_query={}):
    bundle_uuid, _, bundle_version = result["bundle_fqid"].partition(".")
    bundle = dss.get_bundle(uuid=bundle_uuid, version=bundle_version, replica="aws")
    print(json.dumps(bundle, indent=4))
    dss.download(bundle_uuid=bundle_uuid, version=bundle_version, replica="aws", download_dir=sys.argv[1], no_data=True)
