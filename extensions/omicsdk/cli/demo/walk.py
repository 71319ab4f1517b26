"""The demo's steps, in order: run commands as a user would, and report their results."""

import hashlib
import json
import os
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TextIO
from urllib.parse import urlsplit

import omicsdk
from omicsdk.cli.demo.data import ACCESSION, SAMPLES, fasta, sequence, write_large_file, write_sample
from omicsdk.core.errors import OmicsError
from omicsdk.core.sizes import size_words
from omicsdk.hca.dss import Dss
from omicsdk.hca.dss.manifests import WRITTEN, write_manifest
from omicsdk.hca.dss.tsv import DictReader
from omicsdk.transfer.reports.units import count_of, time_words

if TYPE_CHECKING:
    from omicsdk.sandbox import Sandbox


def typed(command: Sequence[str]) -> str:
    """Return a command as typed into a shell."""
    # The shell of Windows knows double quotes only.
    if os.name != "nt":
        return shlex.join(command)
    return " ".join(f'"{word}"' if " " in word else word for word in command)


class Story:
    """Writes a line for each event.

    Args:
        out: The stream.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._steps = 0
        self._start_time = self._commanded = time.monotonic()

    @property
    def lasted(self) -> str:
        """The time since the start, as text."""
        return time_words(time.monotonic() - self._start_time)

    @property
    def elapsed(self) -> str:
        """The time since the last command began, as text."""
        return time_words(time.monotonic() - self._commanded)

    def line(self, text: str = "") -> None:
        """Write a line."""
        self._out.write(f"{text}\n")
        self._out.flush()

    def step(self, title: str) -> None:
        """Begin the next step."""
        self._steps += 1
        self.line(f"\n{self._steps}. {title}")

    def command(self, command: Sequence[str]) -> None:
        """Print the next command."""
        self._commanded = time.monotonic()
        self.line(f"   $ {typed(command)}")

    def fact(self, text: str) -> None:
        """Print a result of the command."""
        self.line(f"   {text}")


_OMICS = "from omicsdk.cli.main import main; raise SystemExit(main())"
# The user's own settings for these services would point away from the sandbox.
_FOREIGN = ("OMICS_", "HCA_", "AWS_", "PYTEST_")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")

# Time limit of one command, in seconds.
LONGEST = 120.0


class DemoFailed(OmicsError):
    """A step of the demo failed."""

    default_remedy = "Keep its files for inspection: omics demo --keep FOLDER"


def environment(pointing: Mapping[str, str], environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for commands that only use the sandbox.

    Args:
        pointing: Variables that point to the sandbox.
        environ: The present environment; by default that of the process.
    """
    inherited = {
        name: value
        for name, value in (os.environ if environ is None else environ).items()
        if not name.startswith(_FOREIGN) and name.lower() not in _PROXIES
    }
    # Their output is read as UTF-8 here, whatever the console's encoding.
    return inherited | dict(pointing) | {"PYTHONUTF8": "1"}


class Omics:
    """Runs commands in the demo's folder; running ones are killed at its end.

    Args:
        story: Reports each command.
        variables: The commands' environment.
        folder: Their current folder.
    """

    def __init__(self, story: Story, variables: Mapping[str, str], folder: Path) -> None:
        self._story = story
        self.variables = dict(variables)
        self._folder = folder
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._running:
            if process.poll() is None:
                process.kill()
            # Waits for the process and closes its pipes.
            process.communicate()

    def __call__(self, *arguments: str) -> Any:
        """Run `omics WORDS`, and return what it printed, decoded from JSON.

        Raises:
            DemoFailed: Its exit code is not 0, or it took too long.
        """
        process = self.start(*arguments)
        try:
            printed, messages = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            process.kill()
            raise DemoFailed(f"`{typed(arguments)}` did not finish within {LONGEST:g} s") from None
        if process.returncode != 0:
            last = messages.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no message"]
            raise DemoFailed(f"`{typed(arguments)}` exited with code {process.returncode}: {last[0]}")
        return json.loads(printed) if printed.strip() else None

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start `omics WORDS`."""
        self._story.command(("omics", *arguments))
        process = subprocess.Popen(
            [sys.executable, "-c", _OMICS, *arguments],
            cwd=self._folder,
            env=self.variables,
            # A command that asked something would wait for its answer until the time limit.
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._running.append(process)
        return process


@dataclass(frozen=True, slots=True)
class Source:
    """A folder uploaded as a bundle.

    Attributes:
        folder: The folder.
        uuid: The bundle's.
        version: The bundle's.
        sums: SHA-256 of each of its files, by name.
        size: Bytes of all of them.
    """

    folder: Path
    uuid: str
    version: str
    sums: Mapping[str, str]
    size: int

    @property
    def fqid(self) -> str:
        """The name of the bundle in the Data Store, and of its folder."""
        return f"{self.uuid}.{self.version}"


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of a comparison.

    Attributes:
        files: Number of files.
        size: Their bytes.
    """

    files: int = 0
    size: int = 0

    def __add__(self, other: "Checked") -> "Checked":
        return Checked(self.files + other.files, self.size + other.size)


def sha256_of(path: Path) -> str:
    """A file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sums_of(folder: Path) -> dict[str, str]:
    """SHA-256 of all files below a folder, by their path in it."""
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in folder.rglob("*") if path.is_file()}


def check_bundle(source: Source, downloads: Path) -> Checked:
    """Compare a bundle's folder with the folder that was uploaded.

    Raises:
        DemoFailed: A file is missing or unexpected, or its bytes differ.
    """
    actual = sums_of(downloads / source.fqid)
    actual.pop("bundle.json", None)
    if actual != source.sums:
        differing = sorted({name for name, _ in actual.items() ^ source.sums.items()})
        raise DemoFailed(f"{downloads / source.fqid} differs from {source.folder}: {', '.join(differing)}")
    return Checked(len(actual), source.size)


def check_manifest(manifest: Path, sources: Mapping[str, Source], downloads: Path) -> Checked:
    """Compare the files that a downloaded manifest points at with those that were uploaded.

    Args:
        manifest: The copy that a download wrote, with file_path.
        sources: The uploaded folders by their bundle's UUID.
        downloads: Base folder of file_path.

    Raises:
        DemoFailed: A row is missing or unexpected, or a file is missing or differs.
    """
    with manifest.open(newline="", encoding="utf-8") as file:
        rows = list(DictReader(file))
    actual = {(row["bundle_uuid"], row["file_name"]): sha256_of(downloads / row["file_path"]) for row in rows}
    expected = {(uuid, name): digest for uuid, source in sources.items() for name, digest in source.sums.items()}
    # Rows that occur twice are one in the dictionary.
    if actual != expected or len(rows) != len(actual):
        differing = sorted({name for (_, name), _ in actual.items() ^ expected.items()})
        raise DemoFailed(f"{manifest} does not list what was uploaded: {', '.join(differing) or 'rows twice'}")
    return Checked(len(rows), sum(source.size for source in sources.values()))


# Bytes that a connection of a killed download may have to fetch again.
TWICE = 1 << 20
# Bytes into its response at which a request is held.
HELD_AT = 3 << 20
_LARGEST_REQUEST = 16 << 20
_BLOCK = 128 << 10
_POLL = 0.01


@dataclass(frozen=True, slots=True)
class Killed:
    """The state at the kill.

    Attributes:
        sent: Bytes that the sandbox had sent.
        connections: Requests that were cut off.
        requests: Number of requests.
    """

    sent: int
    connections: int
    requests: int


def hold_second_half(sandbox: "Sandbox", sha256: str, size: int) -> None:
    """Let about half of a file through, whether it is requested at once or in parts.

    Args:
        sandbox: The sandbox with the file.
        sha256: Checksum of the file.
        size: Its size.
    """
    from omicsdk.sandbox import Rule

    path = f"/_objects/{sha256}*"
    half = size // 2 // _LARGEST_REQUEST
    # A request may be smaller than the largest part, so there are rules for far more requests than a half needs.
    later = [Rule("stall", path=path, nth=number, at=HELD_AT) for number in range(half + 1, 16 * half + 64)]
    sandbox.add_faults(Rule("stall", path=path, at=size // 2), *later)


def sent_after(sandbox: "Sandbox", sha256: str, killed: Killed) -> int:
    """Bytes of a file that the sandbox has sent to requests since the kill."""
    return sum(entry["sent"] for entry in sandbox.requests(f"/_objects/{sha256}")[killed.requests :])


def kill_when_held(sandbox: "Sandbox", process: "subprocess.Popen[bytes]", sha256: str, folder: Path) -> Killed:
    """Wait until the transfer stalls, and kill the download.

    Args:
        sandbox: The sandbox that it downloads from.
        process: The download.
        sha256: Checksum of the held file.
        folder: The folder that it downloads to.

    Raises:
        DemoFailed: It exited, or was never held.
    """
    until = time.monotonic() + LONGEST
    seen = None
    # Twice the same numbers: at the first look, the download may still write what it has received.
    while (resting := _at_rest(sandbox, sha256, folder)) is None or resting != seen:
        seen = resting
        if process.poll() is not None:
            raise DemoFailed(f"the download exited with code {process.returncode} before it was killed")
        _wait(until, "the download did not reach half of the file in time")
    process.kill()
    process.communicate()
    # Their counts are final once the server has noticed that the connections are gone.
    while sandbox.stalled:
        _wait(until, "the server did not notice in time that the download was killed")
    sandbox.fault_book.clear()
    requests = sandbox.requests(f"/_objects/{sha256}")
    sent, cut = sum(entry["sent"] for entry in requests), sum(not entry["done"] for entry in requests)
    return Killed(sent, cut, len(requests))


def _wait(until: float, otherwise: str) -> None:
    if time.monotonic() > until:
        raise DemoFailed(otherwise)
    time.sleep(_POLL)


def _at_rest(sandbox: "Sandbox", sha256: str, folder: Path) -> tuple[int, int] | None:
    """Return sent bytes and those on disk, once all requests are held or done and the download has caught up.

    It may still collect a block for each held request; unwritten bytes of a finished request are lost.
    """
    requests = sandbox.requests(f"/_objects/{sha256}")
    under_way = [entry for entry in requests if not entry["done"]]
    if not under_way or len(under_way) != sandbox.stalled:
        return None
    sent, on_disk = sum(entry["sent"] for entry in requests), _on_disk(folder)
    return (sent, on_disk) if on_disk >= sent - _BLOCK * len(under_way) else None


def _on_disk(folder: Path) -> int:
    """Bytes that files below a folder take up; holes are not counted where the system reports them."""
    states = [path.stat() for path in folder.rglob("*") if path.is_file()]
    return sum(state.st_size if os.name == "nt" else state.st_blocks * 512 for state in states)


_REPLICA = ("--replica", "aws")
_LARGE = "large_run"


def walk(sandbox_type: "type[Sandbox]", out: TextIO, keep: Path | None, large: int) -> None:
    """Run all steps and report them.

    Args:
        sandbox_type: The sandbox's class; it is not imported here, so that a missing extra is reported before.
        out: The stream for the report.
        keep: A folder to keep all files; by default a temporary one, removed at the end.
        large: Bytes of the file whose download is killed.

    Raises:
        DemoFailed: A step failed.
    """
    story = Story(out)
    story.line(f"omicsdk {omicsdk.__version__}: a demonstration with a Data Store on this machine")
    with _folder(keep) as folder, sandbox_type(folder / "sandbox") as sandbox:
        port = urlsplit(sandbox.url).port
        with Omics(story, environment(sandbox.environment()), folder) as omics:
            story.step("Start a server with the Data Store and an S3 for staging files, until the demo ends")
            story.line("   $ omics sandbox up   (here: within the demo)")
            story.fact(f"{sandbox.swagger_url} is up after {story.lasted}; files in {folder}")
            checked = _steps(story, omics, sandbox, folder, large)
    _check_nothing_is_left(port, None if keep else folder)
    result = f"{checked.files} files, {size_words(checked.size)}, each equal to its source by SHA-256"
    left = f"everything is kept in {folder}" if keep else "all files are removed"
    story.line(f"\nverified {result}; {story.lasted} in all, {left}")


def _steps(story: Story, omics: Omics, sandbox: "Sandbox", folder: Path, large: int) -> Checked:
    sources = _upload(story, omics, sandbox, folder)
    _search(story, omics, sources)
    return _manifest(story, omics, folder, sources) + _interrupted(story, omics, sandbox, folder, large)


@contextmanager
def _folder(keep: Path | None) -> Generator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="omics-demo-") as folder:
        yield Path(folder).resolve()


def _upload(story: Story, omics: Omics, sandbox: "Sandbox", folder: Path) -> dict[str, Source]:
    bases = len(sequence(fasta()))
    story.step(f"Upload two samples of phage lambda ({ACCESSION}, {bases:,} bp) as bundles")
    sources: dict[str, Source] = {}
    for sample in SAMPLES:
        source = write_sample(folder / "data", sample)
        uploaded = _uploaded(story, omics, sandbox, folder, source)
        sources[uploaded.uuid] = uploaded
    return sources


def _uploaded(story: Story, omics: Omics, sandbox: "Sandbox", folder: Path, source: Path) -> Source:
    name = source.relative_to(folder).as_posix()
    upload = omics("dss", "upload", "--src-dir", name, *_REPLICA, "--staging-bucket", sandbox.staging_bucket)
    sums = sums_of(source)
    size = sum((source / file).stat().st_size for file in sums)
    bundle = Source(source, upload["bundle_uuid"], upload["version"], sums, size)
    if {file["name"] for file in upload["files"]} != sums.keys():
        raise DemoFailed(f"the bundle {bundle.fqid} does not have the files of {source}")
    story.fact(f"bundle {bundle.fqid}: {count_of(len(sums), 'file')}, {size_words(size)}, {story.elapsed}")
    return bundle


def _search(story: Story, omics: Omics, sources: dict[str, Source]) -> None:
    story.step("Search by metadata")
    late = SAMPLES[-1].name
    query = {"match": {"files.cell_suspension_json.biomaterial_core.biomaterial_id": late}}
    response = omics("dss", "post-search", *_REPLICA, "--es-query", json.dumps({"query": query}))
    hits = [hit["bundle_fqid"] for hit in response["results"]]
    expected = [source.fqid for source in sources.values() if source.folder.name == late]
    if hits != expected:
        raise DemoFailed(f"the search for {late} found {hits or 'nothing'} instead of {expected}")
    story.fact(f"{len(hits)} of {len(sources)} bundles: {hits[0]}, {story.elapsed}")


def _manifest(story: Story, omics: Omics, folder: Path, sources: dict[str, Source]) -> Checked:
    story.step("Download a manifest of all files of both in both layouts")
    with Dss(environ=omics.variables) as dss:
        write_manifest(folder / "lambda.tsv", _rows(dss), ".")
    story.fact("lambda.tsv: written in Python, with dss.post_search.iterate and dss.get_bundle.iterate")
    checked = Checked()
    for layout, target in (("none", "store"), ("bundle", "bundles")):
        arguments = ("--manifest", "lambda.tsv", *_REPLICA, "--layout", layout, "--download-dir", target)
        omics("dss", "download-manifest", *arguments)
        check = check_manifest(folder / "lambda.tsv", sources, folder)
        if layout == "bundle":
            for source in sources.values():
                check += check_bundle(source, folder / target)
        story.fact(f"{check.files} files, {size_words(check.size)}, all equal to the uploaded ones; {story.elapsed}")
        checked += check
    return checked


def _rows(dss: Dss) -> Iterator[dict[str, str]]:
    """A manifest's rows for all files of the bundles that a query finds."""
    query = {"query": {"exists": {"field": "files.sequence_file_json"}}}
    for hit in dss.post_search.iterate(es_query=query, replica="aws"):
        uuid, _, version = hit.bundle_fqid.partition(".")
        for file in dss.get_bundle.iterate(uuid=uuid, version=version, replica="aws"):
            values = (uuid, version, file.name, file.uuid, file.version, file.sha256, str(file.size))
            yield dict(zip(WRITTEN, values, strict=False))


def _interrupted(story: Story, omics: Omics, sandbox: "Sandbox", folder: Path, large: int) -> Checked:
    story.step(f"Kill a download of {size_words(large)} halfway, and resume it")
    data = folder / "data" / _LARGE
    write_large_file(data / "run.bin", large)
    source = _uploaded(story, omics, sandbox, folder, data)
    digest, target = source.sums["run.bin"], folder / "large"
    hold_second_half(sandbox, digest, large)
    arguments = ("dss", "download", "--bundle-uuid", source.uuid, *_REPLICA, "--download-dir", target.name)
    killed = kill_when_held(sandbox, omics.start(*arguments), digest, target)
    if any(path.name == digest for path in target.rglob("*")):
        raise DemoFailed("the killed download left an unfinished file under its final name")
    requests = count_of(killed.connections, "request")
    story.fact(f"kill -9 after {size_words(killed.sent)}, {requests} in progress: no file has its final name yet")
    omics(*arguments)
    checked = check_bundle(source, target)
    fetched = sent_after(sandbox, digest, killed)
    twice = killed.sent + fetched - large
    if not 0 <= twice <= TWICE * killed.connections:
        raise DemoFailed(f"{size_words(twice)} were fetched twice: more than {size_words(TWICE)} a connection")
    times = f"{size_words(fetched)} fetched, {size_words(twice)} of them twice"
    story.fact(f"resumed in {story.elapsed}: {times}; the file is right")
    return checked


def _check_nothing_is_left(port: int | None, folder: Path | None) -> None:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port or 0)) == 0:
            raise DemoFailed(f"something still listens on port {port}")
    if folder is not None and folder.exists():
        raise DemoFailed(f"{folder} still exists", remedy="Remove it.")
