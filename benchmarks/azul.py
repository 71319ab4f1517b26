"""A curl manifest of Azul by ours and by curl, as the manifest's own documentation runs it, in one run against the same servers.

    python benchmarks/azul.py [--case TEXT] [--rounds N] [--quick]

Needs curl, nginx and openssl (Debian: apt install curl nginx-light openssl), and 600 MiB free in /dev/shm. Prints ratios; all cases
together write benchmarks/results/azul.json.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import partial
from hashlib import file_digest
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from azul_service import VERSION
from measuring import Case, Row, compared, run
from peers import environ, our_command
from script import Entry, Session, options
from transferring import nginx, programs
from transferring.bench import Place, file_system_of, temporary_folder
from transferring.files import Served, served_file
from transferring.processes import server

ABOUT = """\
Both sides read the same curl manifest from a file and are measured from process start to exit. curl runs with the options of the service's
own command line for the manifest; it downloads one file after the other and verifies nothing. omicsdk looks up sizes and checksums in the
index and verifies the SHA-256 of each file. A small asyncio server (`benchmarks/azul_service.py`), which answers after 50 ms, serves the
index and the addresses of files; nginx serves the bytes. Downloaded files are compared with the served ones after each run and deleted
before the next. The service accepts 1,000 requests in 5 minutes from one address, and each file that is not on the mirror needs one. For
more than 1,000 such files, this limit determines the time of both sides, and no client can be faster. These rows measure fewer files, and
files on the mirror."""

DELAY = 0.05
"""Seconds that the service takes for a response."""
FILES, QUICK_FILES, SIZE = 200, 20, 1_000_000
_OPTIONS = ("--create-dirs", "--compressed", "--location", "--globoff", "--fail")
_COMMAND = (
    "curl",
    "--silent",
    "--fail-early",
    "--continue-at",
    "-",
    "--retry",
    "15",
    "--retry-delay",
    "10",
    "--config",
)
"""As the service suggests, but for --silent: what both sides print is thrown away."""


class Bench(NamedTuple):
    """What cases work with.

    Attributes:
        served: The files, by their paths in the manifest.
        services: Base URLs of the service: of one without the mirror, and of one with it.
        storage: The server of bytes.
        folder: For manifests.
        variables: The environment of both sides.
        place: Where fetched files go.
    """

    served: dict[str, Served]
    services: dict[str, str]
    storage: str
    folder: Path
    variables: dict[str, str]
    place: Place


@contextmanager
def bench(files: int) -> Generator[Bench]:
    """Starts the servers, and ends and deletes everything in the end.

    Args:
        files: How many there are.
    """
    with temporary_folder("/dev/shm") as folder:
        for name in ("www/file", "nginx", "out"):
            (folder / name).mkdir(parents=True)
        served = {f"{UUID(int=1)}/reads_{number:04}.fastq.gz": _put(folder / "www") for number in range(files)}
        hits = [
            {"uuid": str(UUID(int=number)), "version": VERSION, "name": path.partition("/")[2], "size": each.size}
            | {"sha256": each.sha256}
            for number, (path, each) in enumerate(served.items())
        ]
        mirrored = [{**hit, "azul_mirror_uri": f"s3://bucket/file/{hit['sha256']}.sha256"} for hit in hits]
        for name, stated in (("direct", hits), ("mirror", mirrored)):
            (folder / name).write_text(json.dumps(stated))
        with (
            nginx.serving(folder / "www", folder / "nginx") as storage,
            server("azul_service", str(folder / "direct"), storage.http, str(DELAY)) as direct,
            server("azul_service", str(folder / "mirror"), storage.http, str(DELAY)) as mirror,
        ):
            variables = {**environ(folder / "home", ("AWS_", "CURL_", "XDG_")), "AWS_ENDPOINT_URL_S3": storage.http}
            place = Place(folder / "out", f"memory ({file_system_of(folder)})")
            services = {"direct": direct, "mirror": mirror}
            yield Bench(served, services, storage.http, folder, variables, place)


def _put(root: Path) -> Served:
    """Make a file that is named as in the mirror."""
    made = served_file(root, "new", SIZE)
    (root / "new").rename(root / "file" / f"{made.sha256}.sha256")
    return made


def write_manifest(path: Path, service: str, names: Sequence[str]) -> Path:
    """Write a curl manifest as the service does.

    Args:
        path: The target.
        service: The base URL of the service.
        names: The paths of the files, the first of which has the first UUID.
    """
    lines = [line for option in _OPTIONS for line in (option, "")]
    for number, name in enumerate(names):
        url = f"{service}/repository/files/{UUID(int=number)}?catalog=dcp43&version={VERSION.replace(':', '%3A')}"
        lines += [f'url="{url}"', f'output="{name}"', ""]
    path.write_text("\n".join(lines))
    return path


def against_curl(ready: Bench, name: str, goal: float | None, rounds: int, *, service: str) -> Row:
    """Measures a download of all files.

    Args:
        ready: What it works with.
        name: The case's.
        goal: The ratio, at most.
        rounds: How many count.
        service: Which of the services.
    """
    place, base = ready.place, ready.services[service]
    manifest = write_manifest(ready.folder / f"{service}.curlrc", base, list(ready.served))
    ours = (our_command(), "azul", "download", "--manifest", manifest, "--layout", "bundle", "--to", place.out)
    variables = {**ready.variables, "OMICS_AZUL_URL": base}
    facts: dict[str, Any] = {"peer_command": " ".join((*_COMMAND, "MANIFEST")), **place.facts()}
    case = Case(
        name,
        run(*ours, env=variables),
        run(*_COMMAND, manifest, env=variables, cwd=place.out),
        goal,
        rounds,
        prepare=place.empty,
        check=partial(check, ready),
        facts=facts,
    )
    return compared(case)


def check(ready: Bench) -> None:
    """Compares what was fetched with what is served.

    Raises:
        RuntimeError: A file is missing or differs.
    """
    for name, served in ready.served.items():
        with (ready.place.out / name).open("rb") as file:
            if file_digest(file, "sha256").hexdigest() != served.sha256:
                raise RuntimeError(f"{name} has other bytes than are served")


def entry(words: str, service: str) -> Entry[Bench]:
    """A case of all files, against curl."""
    measure: Callable[[Bench, str, float | None, int], Row] = partial(against_curl, service=service)
    return Entry(f"curl manifest of 200 x 1 MB, 50 ms a call, SHA-256{words} / curl", 0.7, (), measure)


ENTRIES = (entry("", "direct"), entry(", by the mirror", "mirror"))


def main() -> int:
    """Measures the cases that are requested; gives the exit code."""
    asked = options(__doc__)
    session = Session("azul", ENTRIES, asked)
    if lost := programs.missing(["curl", "nginx", "openssl"]):
        sys.exit(f"{' and '.join(lost)} must be installed to measure anything")
    with bench(QUICK_FILES if asked.quick else FILES) as ready:
        session.measure(ready, lambda _: [])
    version = subprocess.run(["curl", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    return session.end(ABOUT, nginx=nginx.version(), curl=version)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted; nothing was written")
