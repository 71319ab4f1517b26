"""docs/reliability.md from what the fault tests told: tests/faults/results.json, written by `make reliability`."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

OPENING = """\
# Reliability

Made by `make docs` from `tests/faults/results.json`, which `make reliability` writes anew, from passed tests only. Each
row is a fault that the tests of `tests/faults` provoke while files are moved: how often it was tried (once a file, or once a
kill), how often the file was right in the end all the same, and how the others ended. Each of these tests also asserts:

- Under the final name stand the right bytes, or none (or what stood there before), at the end and after each kill; except
  where nothing that is stated tells right from wrong (see the end of this page).
- A file that failed has its error in the report; one that is right has none. (A command says it on stderr, and by exit code 3.)
- It ends within a minute of the machine's own time (the 10,000 files within four); longer waits are those of a clock that the
  tests move.
- No thread and no open file is left. (Commands run as processes of their own; these have ended.)

How long a server is waited for, unless options say otherwise:

- A connection over which fewer than 1,024 bytes a second come for 60 seconds is lost, as one that breaks: the file is retried
  (`--min-rate`, `--stall-timeout`; `Patience(least_rate=, silence=)`).
- A file may fail 10 times in a row. Each cell of 4 MiB wins a try back, and so do 64 KiB of a begun one, once for each failure:
  a file that can be resumed has no limit while it makes progress, but `--time-budget`. One that has to begin anew each time, since
  the server knows no ranges or nothing tells its versions apart, wins none back.
- The classes that Seven Bridges documents give a file 300 seconds of silence and 6 failures in a row, as their documentation says.
- A URL that is refused with 400, 401, 403 or 410 is asked for anew once, then its file has failed (`--renewals`). A call that is
  refused with 401 is repeated once, where its credentials can be renewed; one that is refused with 403 isn't.
- A server may ask a file to wait for up to an hour at a time (`--max-wait`), and a call for as long as its budget of 10 minutes
  lasts (`--call-budget`, `Retry(budget=)`); more ends either at once. Calls of Seven Bridges' documented classes, and of `omics sb`,
  are waited for longer in two cases, up to six hours unless `--call-budget` is given: while the platform says that it is being
  maintained, and on the command line while it takes no more requests.
- A call whose body brings fewer than 1,024 bytes a second ends within 60 seconds, tries included (`--call-timeout`,
  `Timeout(body=, least_rate=)`). One that gets no answer at all is lost after 60 seconds (the same option), and where a second
  sending does no harm it is tried again within its budget, five times at most (six by Seven Bridges' classes).
- A process without a descriptor left is told so (`TooManyOpenFiles`, or `NotWritable` where a file was to be opened), not of a
  network at fault; either says `ulimit -n`.

"""

LIMITS = """\
## What isn't covered

- A source that changes while its ranges are fetched, with the same size, without a strong ETag, a date that is old enough or a
  stated checksum, where `--resume-unvalidated` is given: nobody can see it. Without it such a file comes in one answer. What that
  holds is the server's word, be it a flipped byte, gzip bytes or a login page in the place of a file of which nothing is
  stated. The report calls such files "size only" or "unverified", counts them apart from those that are verified, and never
  says that they are right. `--require-checksum` makes them an error, and fetches none of them.
- A body without any length that is cut, of a file whose size and checksum nobody states. The report calls it "unverified".
- Another program that writes into a `.part` while it is fetched: SHA-256, SHA-1 and MD5 see it, since they are computed
  from the disk; CRC32C alone is computed from what came, and sees only damage of an earlier run.
- A server that writes a whole forged answer behind its own on one connection may get it taken for the next file of the same
  server, unless a checksum is stated. It could as well have sent that to begin with.
- What a disk does that loses what it said it had synced. Power cuts are simulated in `tests/transfer/durability`.
- Links that somebody puts among the target's folders while a transfer runs; they are looked at before the first byte.
- Real networks: all servers of these tests are on loopback. Where a file system can't be mounted, the system's call
  that would refuse is made to refuse instead.
"""


def reliability(results: Mapping[str, Any]) -> str:
    """The page.

    Args:
        results: The machine's words, and rows with section, fault, tried, right and ended (error to how often).
    """
    rows = results["faults"]
    tried, right = sum(row["tried"] for row in rows), sum(row["right"] for row in rows)
    total = f"{len(rows)} faults, tried {tried:,} times: {right:,} right files, {tried - right:,} other ends."
    told = f"As of the last run, on {results['machine']}: {total}\n"
    sections = ["\n".join(_section(title, group)) for title, group in groupby(rows, key=lambda row: row["section"])]
    return OPENING + "\n".join([told, *sections, LIMITS])


def _section(title: str, rows: Iterator[Mapping[str, Any]]) -> Iterator[str]:
    yield f"## {title}\n"
    yield "| fault | tried | right file | ended with |"
    yield "|---|---:|---:|---|"
    for row in rows:
        ended = ", ".join(f"{name} ({count:,})" for name, count in row["ended"].items())
        yield f"| {row['fault'].replace('|', chr(92) + '|')} | {row['tried']:,} | {row['right']:,} | {ended} |"
    yield ""
