"""Gen3 by ours and by its published client gen3, in one run against the same servers.

    python benchmarks/gen3.py [--case TEXT] [--rounds N] [--quick]

Needs nginx and openssl (Debian: apt install nginx-light openssl), and 3 GiB free in /dev/shm; the published client comes from
PyPI into .peers/gen3. Prints ratios; all cases together write benchmarks/results/gen3.json.
"""

import subprocess
import sys

from data_commons import clients
from data_commons.bench import QUICK, Sizes, bench
from data_commons.cases import ENTRIES
from script import Session, options
from transferring import nginx, programs

ABOUT = """\
Both sides run the same lines of a script, in processes that are warm, but for the help and the import, which are measured in
processes that have just begun. Ours verifies MD5 in the download; drs-pull verifies nothing. The commons is a small asyncio
server (`benchmarks/data_commons/`) that keeps nothing and answers at once, or 50 ms later where that is said; drs-pull has https
and port 443 wired in, so that both clients reach it through the same proxy and TLS. nginx serves the bytes behind presigned
URLs over plain http. The manifest has md5, size, two URLs and a resource in each row, all of them right."""


def main() -> int:
    """Measures the cases that are asked for; gives the exit code."""
    asked = options(__doc__)
    session = Session("gen3", ENTRIES, asked)
    if lost := programs.missing(["nginx", "openssl"]):
        sys.exit(f"{' and '.join(lost)} must be installed to measure anything")
    try:
        clients.make_published()
    except subprocess.CalledProcessError:  # it has said why
        sys.exit("without the published client there is nothing to compare with")
    with bench(QUICK if asked.quick else Sizes()) as ready:
        session.measure(ready, clients.missing)
    return session.end(ABOUT, nginx=nginx.version(), **clients.versions())


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted; nothing was written")
