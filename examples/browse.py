"""What is in a Data Store, by the typed client alone: python examples/browse.py http://127.0.0.1:8080/dss/v1"""

import sys

from omicsdk_api.dss import DssApi

with DssApi(sys.argv[1]) as api:
    for hit in api.post_search.iterate(
        es_query={"query": {"exists": {"field": "files.cell_suspension_json"}}}, replica="aws"
    ):
        uuid, _, version = hit.bundle_fqid.partition(".")
        files = list(api.get_bundle.iterate(uuid=uuid, version=version, replica="aws"))
        print(f"{uuid}  {version}  {len(files)} files  {sum(file.size for file in files):,} bytes")
        for file in files:
            print(f"    {file.size:>9,}  {file.name}")
