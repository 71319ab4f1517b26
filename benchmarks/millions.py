"""Commands over a million objects of a bucket, files of this machine, and rows of a list: time and memory.

    python benchmarks/millions.py [COUNT ...]

Needs 4 GiB of memory, and 2.1 million inodes in /dev/shm. Prints a table; without counts, writes benchmarks/results/millions.json.
Each figure is that of a fresh process; memory is the highest resident memory that it ever had, interpreter included.
"""

import asyncio
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl

from answering import Request, reply, serve
from measuring import Row, Spent, write_results
from peers import environ, our_command
from transferring.bench import temporary_folder

COUNTS = (100_000, 1_000_000)
_FOLDER = 1000
"""Files of a folder, and objects of a page."""
_SIZE = 20_000
_WRITTEN = 1_600_000_000
_DATE = "2020-09-13T12:26:40.000Z"
ABOUT = """\
A server on this machine makes the pages of a bucket, of 1,000 objects each, when they are requested; its time is not counted. Local files
are sparse, 1,000 in a folder, and in memory. Output goes to the null device. CPU seconds of the command, and wall time. Synchronisations
compare every file and find nothing to do."""


class Command(NamedTuple):
    """A command that is measured.

    Attributes:
        title: What it does, after the number.
        words: Its words; {one}, {other} and {list} are trees and a list on this machine, {locked} is the folder of a data lock.
        seconds: CPU seconds that it may take for a million; None for any.
        memory: MiB of resident memory that it may take, whatever their number; None for any.
        most: Files with which it is measured at most.
    """

    title: str
    words: Sequence[str]
    seconds: float | None = None
    memory: float | None = 60
    most: int = COUNTS[-1]


COMMANDS = (
    Command("objects listed (ls -r)", ("ls", "-r", "s3://listed")),
    Command("objects summed up (du)", ("du", "s3://listed")),
    Command("local files listed (ls -r)", ("ls", "-r", "{one}")),
    Command("local files summed up (du)", ("du", "{one}")),
    Command("local files found by name (find)", ("find", "{one}", "--name", "*7.bam")),
    Command("local files synchronised with local files (sync)", ("sync", "{one}", "{other}")),
    Command("objects synchronised with local files (sync)", ("sync", "s3://listed", "{one}")),
    Command("rows of a list planned (get --dry-run)", ("get", "{list}", "--to", "{new}", "--dry-run"), 30, 100),
    Command("rows of a list locked (lock)", ("lock", "--folder", "{locked}"), None, 120),
    Command("locked files of 20 kB pulled (pull)", ("pull", "--folder", "{locked}"), None, 100, COUNTS[0]),
    Command("pulled files skipped (pull)", ("pull", "--folder", "{locked}"), None, 100, COUNTS[0]),
    Command("pulled files compared with the lock (status)", ("status", "--folder", "{locked}"), None, 100, COUNTS[0]),
    Command("pulled files read and compared (verify --lock)", ("verify", "--lock", "{locked}"), None, None, COUNTS[0]),
)


def name_of(number: int) -> str:
    """The name of a file or object, below its tree or bucket."""
    return f"{number // _FOLDER:04}/{number:07}.bam"


def content_of(number: int) -> bytes:
    """The bytes of a file of the list."""
    return f"{number:08}".encode() * (_SIZE // 8)


def page(count: int, request: Request) -> bytes:
    """A page of the list of a bucket, or a file of the GDC.

    Args:
        count: Objects of the bucket.
        request: What was requested.
    """
    if request.path.startswith("/data/"):
        return reply(200, body=content_of(int(request.path[-12:])), kind="application/octet-stream")
    query = dict(parse_qsl(request.query))
    begin, prefix = int(query.get("continuation-token", "0")), query.get("prefix", "")
    most = min(int(query.get("max-keys", _FOLDER)), _FOLDER)
    numbers = range(begin, min(begin + most, count)) if not prefix else range(0)
    more = f"<NextContinuationToken>{begin + most}</NextContinuationToken>" if numbers.stop < count and numbers else ""
    contents = "".join(
        f"<Contents><Key>{name_of(number)}</Key><LastModified>{_DATE}</LastModified><ETag>&quot;{number:032x}&quot;</ETag>"
        f"<Size>{_SIZE}</Size><StorageClass>STANDARD</StorageClass></Contents>"
        for number in numbers
    )
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Name>listed</Name><Prefix>{prefix}</Prefix><KeyCount>{len(numbers)}</KeyCount><MaxKeys>{most}</MaxKeys>"
        f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>{more}{contents}</ListBucketResult>"
    )
    return reply(200, body=body.encode(), kind="application/xml")


@contextmanager
def bucket(count: int) -> Generator[str]:
    """Serve a bucket in another process, by its URL."""
    words = [sys.executable, __file__, "serve", str(count)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.stdin.close()


def write_tree(top: Path, count: int) -> None:
    """Write sparse files.

    Args:
        top: Their folder, which is made.
        count: How many.
    """
    for number in range(count):
        path = f"{top}/{name_of(number)}"
        if number % _FOLDER == 0:
            Path(path).parent.mkdir(parents=True)
        file = os.open(path, os.O_CREAT | os.O_WRONLY)
        os.truncate(file, _SIZE)
        os.utime(file, (_WRITTEN, _WRITTEN))
        os.close(file)


def write_list(path: Path, count: int) -> None:
    """Write a manifest of the GDC.

    Args:
        path: The file.
        count: Its rows.
    """
    with path.open("w", encoding="utf-8") as file:
        file.write("id\tfilename\tmd5\tsize\tstate\n")
        for number in range(count):
            digest = hashlib.md5(content_of(number), usedforsecurity=False).hexdigest()
            uuid = f"00000000-0000-4000-8000-{number:012}"
            file.write(f"{uuid}\t{number:07}.bam\t{digest}\t{_SIZE}\treleased\n")


def spent(words: Sequence[str], variables: Mapping[str, str]) -> tuple[Spent, float]:
    """Run a command to its end, and return what it took, and its highest resident memory in MiB.

    Raises:
        RuntimeError: It failed.
    """
    began = time.perf_counter()
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, env=dict(variables)) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with {process.returncode}")
    highest = used.ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)
    return Spent(time.perf_counter() - began, used.ru_utime + used.ru_stime), highest


def measured(count: int, folder: Path) -> list[Row]:
    """Measure all commands.

    Args:
        count: Files, objects and rows.
        folder: A folder in memory.
    """
    places = {name: str(folder / name) for name in ("one", "other", "list", "new", "locked")}
    write_list(folder / "list", count)
    (folder / "locked").mkdir()
    (folder / "locked" / "omics.toml").write_text('[sources.all]\nfrom = "../list"\n')
    for tree in ("one", "other"):
        write_tree(folder / tree, count)
    rows: list[Row] = []
    with bucket(count) as url:
        keys = {
            "AWS_ACCESS_KEY_ID": "k",
            "AWS_SECRET_ACCESS_KEY": "s",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL_S3": url,
            "OMICS_GDC_URL": url,
        }
        variables = {**environ(folder / "home", ("AWS_", "XDG_")), **keys}
        for title, words, seconds, memory, _ in (command for command in COMMANDS if count <= command.most):
            took, highest = spent([str(our_command()), *(word.format(**places) for word in words)], variables)
            goal = seconds if count == COUNTS[-1] else None
            case = f"{count:,} {title}"
            print(f"{case:75} {took.cpu:7.2f} s of CPU {took.wall:7.2f} s {highest:7.1f} MiB", flush=True)
            rows += [
                {**_row(case, took.cpu, "s", goal), "ours_wall": took.wall},
                _row(f"{case}, peak MiB", highest, "MiB", memory),
            ]
    return rows


def _row(case: str, figure: float, unit: str, goal: float | None) -> Row:
    return {"case": case, "ours": figure, "peer": None, "ratio": figure, "goal": goal, "rounds": 1, "unit": unit}


def main() -> None:
    """Measure all commands with each number of files; or serve a bucket."""
    if sys.argv[1:2] == ["serve"]:
        count = int(sys.argv[2])
        asyncio.run(serve(lambda _: lambda request: page(count, request)))
        return
    rows: list[Row] = []
    for count in [int(word) for word in sys.argv[1:]] or COUNTS:
        with temporary_folder("/dev/shm") as folder:
            rows += measured(count, folder)
    if not sys.argv[1:]:
        write_results("millions", rows, ABOUT)


if __name__ == "__main__":
    main()
