"""The Human Cell Atlas' Data Store by ours and by its published client hca, in one run against the same servers.

    python benchmarks/hca.py [--case TEXT] [--rounds N] [--quick]

Needs nginx and openssl (Debian: apt install nginx-light openssl), and 5 GiB free in /dev/shm and on disk; the published client comes
from PyPI into .peers/hca. Prints ratios; all cases together write benchmarks/results/hca.json.
"""

from data_store.bench import bench
from data_store.cases import ENTRIES
from data_store.clients import PEER
from data_store.holdings import QUICK, Sizes
from published import measure

ABOUT = """\
Both sides do the same. Commands are measured from the start of their processes to the end. Downloads and the upload are one
call of the documented Python client, `DSSClient` of each package, in a process that has made that client: no imports and no
reading of the service's document are in it. Both verify SHA-256 and have the system write what they fetched; where to
stands in the last column. nginx serves the bytes behind redirects to presigned URLs. The Data Store and the staging bucket
are small asyncio servers (`benchmarks/data_store/`) that keep nothing and answer at once, or 50 ms later where that is said.
What was fetched is deleted directly before each run and looked at after it; of an upload the objects, bytes, tags, files and
bundles that came are counted. The published client has the services' documents in its cache, and its boto3 is told
`AWS_REQUEST_CHECKSUM_CALCULATION=when_required`, without which its own checksums are wrong."""


if __name__ == "__main__":
    measure(__doc__, "hca", ABOUT, ENTRIES, PEER, bench, sizes=Sizes(), quick=QUICK)
