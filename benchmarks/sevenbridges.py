"""Seven Bridges by ours and by its published client sevenbridges-python, in one run against the same servers.

    python benchmarks/sevenbridges.py [--case TEXT] [--rounds N] [--quick]

Needs nginx and openssl (Debian: apt install nginx-light openssl), and 3 GiB free in /dev/shm; the published client comes from
PyPI into .peers/sevenbridges. Prints ratios; all cases together write benchmarks/results/sevenbridges.json.
"""

import subprocess
import sys

from script import Session, options
from seven_bridges import clients
from seven_bridges.bench import QUICK, Sizes, bench
from seven_bridges.cases import ENTRIES
from transferring import nginx, programs

ABOUT = """\
Both sides run the same lines of a script, in processes that have made their `Api`, but for the import, which is measured by itself
in processes that have just begun. Only the metadata differ: ours gives all files to one `bulk_edit`, the published client saves each
by `save`, as its documentation has it; a row of its own compares with its `bulk_edit`, given 100 at a time, the most that the
platform takes. Ours verifies SHA-256 in the download; the published client verifies nothing. nginx serves the bytes behind presigned
URLs; the platform is a small asyncio server (`benchmarks/seven_bridges/`) that keeps nothing and answers at once, or 50 ms later
where that is said. Parts of uploads go to a server that drops them in the kernel; parts and bytes are counted."""


def main() -> int:
    """Measures the cases that are asked for; gives the exit code."""
    asked = options(__doc__)
    session = Session("sevenbridges", ENTRIES, asked)
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
