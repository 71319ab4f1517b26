"""docs/reliability.md from the results of the fault tests: tests/faults/results.json, written by `make reliability`."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

OPENING = """\
# Reliability

Made by `make docs` from `tests/faults/results.json`, which `make reliability` writes from passed tests only. Each row is a fault that
the tests in `tests/faults` cause during transfers. The columns are the number of attempts (one per file or per kill), the number of
correct files at the end, and the results of the other attempts. Each test also asserts:

- At the end and after each kill, the final name has the correct content or the previous content, or does not exist. The only exceptions
  are files without a stated size, version or checksum that could reveal the fault (see the end of this page).
- The report has an error for each failed file, and none for a correct one. A command also prints the error on stderr, and exits with 3.
- The transfer ends within a minute of real time (10,000 files within four). Longer waits use a clock that the tests move.
- No thread or open file remains. (Commands run as separate processes, which have exited.)

Default limits while waiting for a server:

- A connection that delivers fewer than 1,024 bytes per second for 60 seconds is treated as broken, and the file is retried
  (`--min-rate`, `--stall-timeout`; `Patience(least_rate=, silence=)`).
- A file may fail 10 times in a row. Each completed cell of 4 MiB restores one attempt, and so does, once per failure, each 64 KiB of a
  partial cell. While a resumable file makes progress, only `--time-budget` limits it. A file that restarts after each failure, because
  the server does not support ranges or states no version, restores none.
- The documented Seven Bridges classes allow a file 300 seconds of silence and 6 failures in a row, as their documentation states.
- If a URL is refused with 400, 401, 403 or 410, a new one is requested once; then the file fails (`--renewals`). An API call that is
  refused with 401 is repeated once if its credentials can be renewed; a 403 is not repeated.
- A server may delay a file for up to an hour at a time (`--max-wait`) and an API call within its budget of 10 minutes (`--call-budget`,
  `Retry(budget=)`); a longer wait is an error at once. Without `--call-budget`, calls of the documented Seven
  Bridges classes and of `omics sb` wait up to six hours in two cases: while the platform reports maintenance, and, on the command line,
  while the request rate is exhausted.
- An API call whose response delivers fewer than 1,024 bytes per second ends within 60 seconds, retries included (`--call-timeout`,
  `Timeout(body=, least_rate=)`). A call without any response times out after 60 seconds (the same option). If repeating it is safe, it is
  retried within its budget, at most five times (six with the Seven Bridges classes).
- A process that runs out of file descriptors raises `TooManyOpenFiles` (or `NotWritable` when a file was to be opened), not a network
  error. Both messages name `ulimit -n`.

"""

LIMITS = """\
## What is not covered

- A source of the same size that changes while its ranges are fetched, without a strong ETag, an old enough date or a stated checksum,
  when `--resume-unvalidated` is given: the change cannot be detected. Without that option such a file is fetched in one response. Its
  content is then whatever the server sent: a flipped byte, gzip data or a login page in place of the file. The report lists such files
  as "size only" or "unverified", separately from verified files. `--require-checksum` makes them an error and fetches none of them.
- A response without any length that is cut off, for a file without a stated size or checksum. The report calls it "unverified".
- Another program that writes into a `.part` file during the transfer: SHA-256, SHA-1 and MD5 detect it, since they are computed from
  disk. CRC32C alone is computed from the received bytes and detects only damage from an earlier run.
- A server that appends a forged response to its own: on the same connection, it may be accepted as the next file of that server, unless a
  checksum is stated. The server could have sent these bytes anyway.
- Disks that lose data they reported as synced. Power failures are simulated in `tests/transfer/durability`.
- Symbolic links that are created in the target folder during a transfer; links are checked before the first byte.
- Real networks: all servers in these tests are on loopback. Where a file system cannot be mounted, the system call that it would refuse
  is made to fail instead.
"""


def reliability(results: Mapping[str, Any]) -> str:
    """The page.

    Args:
        results: The machine's words, and rows with section, fault, tried, right and ended (error to how often).
    """
    rows = results["faults"]
    tried, right = sum(row["tried"] for row in rows), sum(row["right"] for row in rows)
    total = f"{len(rows)} faults, tried {tried:,} times: {right:,} correct files, {tried - right:,} other results."
    summary = f"As of the last run, on {results['machine']}: {total}\n"
    sections = ["\n".join(_section(title, group)) for title, group in groupby(rows, key=lambda row: row["section"])]
    return OPENING + "\n".join([summary, *sections, LIMITS])


def _section(title: str, rows: Iterator[Mapping[str, Any]]) -> Iterator[str]:
    yield f"## {title}\n"
    yield "| fault | attempts | correct files | other results |"
    yield "|---|---:|---:|---|"
    for row in rows:
        ended = ", ".join(f"{name} ({count:,})" for name, count in row["ended"].items())
        yield f"| {row['fault'].replace('|', chr(92) + '|')} | {row['tried']:,} | {row['right']:,} | {ended} |"
    yield ""
