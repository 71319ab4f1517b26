"""Keep a folder equal to what a query finds: python examples/mirror.py FOLDER [QUERY]

Run it again and only what is new is fetched; stop it and it continues where it was. The query is JSON, by default every bundle.
"""

import json
import sys
from pathlib import Path

from omicsdk.hca.dss import Dss

folder = Path(sys.argv[1])
query = json.loads(sys.argv[2] if len(sys.argv) > 2 else "{}")
failed = 0
with Dss() as dss:
    for hit in dss.post_search.iterate(es_query=query, replica="aws"):
        uuid, _, version = hit.bundle_fqid.partition(".")
        result = dss.download(uuid, "aws", version=version, download_dir=folder, check=False)
        print(result.bundles[0].folder, result.counts)
        for file in result.failed:
            print(f"  {file.error}", file=sys.stderr)
        failed += len(result.failed)
sys.exit(3 if failed else 0)
