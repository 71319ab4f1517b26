"""The Human Cell Atlas' Data Store by ours and by the published client hca 7.0.1, in one run against the same servers.

    python benchmarks/hca.py [--case TEXT] [--rounds N] [--quick]

Needs nginx and openssl (Debian: apt install nginx-light openssl), and 5 GiB free in /dev/shm; the published client comes
from PyPI into .peers/hca. Prints ratios; all cases together write benchmarks/results/hca.json.
"""

import subprocess
import sys

from data_store import clients
from data_store.bench import bench
from data_store.cases import ENTRIES
from data_store.holdings import QUICK, Sizes
from script import Session, options
from transferring import nginx, programs

ABOUT = """\
Both sides do the same: commands are measured from the start of their processes to the end; downloads and the upload are
one call of the documented Python client, `DSSClient` of each package, in a process that has made that client, so no
imports and no reading of the service's document are in it. Both verify SHA-256 and write to memory. nginx serves the
bytes behind redirects to presigned URLs; the Data Store and the staging bucket are small asyncio servers that
answer at once (`benchmarks/data_store/`), or 50 ms later where that is said, and keep nothing. What was fetched is deleted
directly before each run, and looked at after it; of uploads the servers' counts are: objects, bytes, tags, files, bundles.
The published client has its documents cached, and boto3 at `AWS_REQUEST_CHECKSUM_CALCULATION=when_required`, without which
its checksums are wrong."""


def main() -> int:
    """Measures the cases that are asked for; gives the exit code."""
    asked = options(__doc__)
    session = Session("hca", ENTRIES, asked)
    if lost := programs.missing(["nginx", "openssl"]):
        sys.exit(f"{' and '.join(lost)} must be installed to measure anything")
    try:
        clients.make_published()
    except subprocess.CalledProcessError:  # it has said why
        sys.exit("without the published client there is nothing to compare with")
    with bench(QUICK if asked.quick else Sizes()) as ready:
        session.measure(ready, clients.missing)
    return session.end(ABOUT, nginx=nginx.version(), hca="7.0.1")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted; nothing was written")
