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
Both sides do the same work. Commands are measured from process start to exit. Downloads and the upload are one call of the documented
Python client, the `DSSClient` of each package, in a process that has already created the client; imports and reading the service's
document are not included. Both sides verify SHA-256 and flush the downloaded files to the file system in the last column. nginx
serves the bytes behind redirects to presigned URLs. The Data Store and the staging bucket are small asyncio servers
(`benchmarks/data_store/`) that store nothing and respond immediately, or after 50 ms where stated. Downloaded files are deleted before
each run and checked after it; for an upload, the received objects, bytes, tags, files and bundles are counted. The published client
has the services' documents in its cache, and its boto3 runs with `AWS_REQUEST_CHECKSUM_CALCULATION=when_required`, without which its
checksums are wrong."""


if __name__ == "__main__":
    measure(__doc__, "hca", ABOUT, ENTRIES, PEER, bench, sizes=Sizes(), quick=QUICK)
