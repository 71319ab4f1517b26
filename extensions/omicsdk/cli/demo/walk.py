"""The demo's steps, in order."""

import json
import socket
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO
from urllib.parse import urlsplit

import omicsdk
from omicsdk.cli.demo.commands import DemoFailed, Omics, environment
from omicsdk.cli.demo.genome import ACCESSION, fasta, sequence
from omicsdk.cli.demo.interruption import CELL, hold_second_half, kill_when_held, sent_after
from omicsdk.cli.demo.samples import SAMPLES, write_large_file, write_sample
from omicsdk.cli.demo.story import Story, counted, seconds_text, size_text
from omicsdk.cli.demo.verification import Checked, Source, check_bundle, check_manifest, sums_of

if TYPE_CHECKING:
    from omicsdk.sandbox import Sandbox

_REPLICA = ("--replica", "aws")
_LARGE = "large_run"


def walk(sandbox_type: "type[Sandbox]", out: TextIO, keep: Path | None, large: int) -> None:
    """Run all steps and tell them.

    Args:
        sandbox_type: The sandbox's class; it isn't imported here, so that a missing extra is told before.
        out: Where to tell.
        keep: A folder where everything stays; by default a temporary one, removed at the end.
        large: Bytes of the file whose download is killed.

    Raises:
        DemoFailed: Something wasn't as it should be.
    """
    story = Story(out)
    story.line(f"omicsdk {omicsdk.__version__}: a Data Store on this machine, and what one does with it")
    with _folder(keep) as folder, sandbox_type(folder / "sandbox") as sandbox:
        port = urlsplit(sandbox.url).port
        with Omics(story, environment(sandbox.environment()), folder) as omics:
            story.step("A server with the Data Store and an S3 for staging files; both end with the demo")
            story.line("   $ omics sandbox up   (here: within the demo)")
            story.fact(f"{sandbox.swagger_url} stands after {seconds_text(story.seconds)}; files in {folder}")
            checked = _steps(story, omics, sandbox, folder, large)
    _check_nothing_is_left(port, None if keep else folder)
    told = f"{checked.files} files, {size_text(checked.size)}, each equal to its source by SHA-256"
    left = f"everything is kept in {folder}" if keep else "nothing is left behind"
    story.line(f"\nverified {told}; {seconds_text(story.seconds)} in all, {left}")


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
    story.step(f"Two samples of phage lambda ({ACCESSION}, {bases:,} bp) become bundles")
    sources: dict[str, Source] = {}
    for sample in SAMPLES:
        source = write_sample(folder / "data", sample)
        uploaded = _uploaded(story, omics, sandbox, folder, source)
        sources[uploaded.uuid] = uploaded
    return sources


def _uploaded(story: Story, omics: Omics, sandbox: "Sandbox", folder: Path, source: Path) -> Source:
    began = story.seconds
    name = source.relative_to(folder).as_posix()
    told = omics("dss", "upload", "--src-dir", name, *_REPLICA, "--staging-bucket", sandbox.staging_bucket)
    sums = sums_of(source)
    if {file["name"] for file in told["files"]} != sums.keys():
        raise DemoFailed(f"the bundle {told['bundle_uuid']} doesn't hold the files of {source}")
    size = sum((source / file).stat().st_size for file in sums)
    taken = seconds_text(story.seconds - began)
    story.fact(
        f"bundle {told['bundle_uuid']}.{told['version']}: {counted(len(sums), 'file')}, {size_text(size)}, {taken}"
    )
    return Source(source, told["bundle_uuid"], told["version"], sums, size)


def _search(story: Story, omics: Omics, sources: dict[str, Source]) -> None:
    story.step("Search by metadata")
    began = story.seconds
    late = SAMPLES[-1].name
    wanted = {"match": {"files.cell_suspension_json.biomaterial_core.biomaterial_id": late}}
    told = omics("dss", "post-search", *_REPLICA, "--es-query", json.dumps({"query": wanted}))
    hits = [hit["bundle_fqid"] for hit in told["results"]]
    expected = [source.fqid for source in sources.values() if source.folder.name == late]
    if hits != expected:
        raise DemoFailed(f"the search for {late} found {hits or 'nothing'} instead of {expected}")
    story.fact(f"{len(hits)} of {len(sources)} bundles: {hits[0]}, {seconds_text(story.seconds - began)}")


def _manifest(story: Story, omics: Omics, folder: Path, sources: dict[str, Source]) -> Checked:
    story.step("A manifest of all files of both, downloaded in both layouts")
    query = {"query": {"exists": {"field": "files.sequence_file_json"}}}
    omics.module("omicsdk.cli.demo.write_manifest", "lambda.tsv", json.dumps(query))
    checked = Checked()
    for layout, target in (("none", "store"), ("bundle", "bundles")):
        began = story.seconds
        words = ("--manifest", "lambda.tsv", *_REPLICA, "--layout", layout, "--download-dir", target)
        omics("dss", "download-manifest", *words)
        found = check_manifest(folder / "lambda.tsv", sources, folder)
        if layout == "bundle":
            for source in sources.values():
                found += check_bundle(source, folder / target)
        taken = seconds_text(story.seconds - began)
        story.fact(f"{found.files} files, {size_text(found.size)}, all as they were uploaded; {taken}")
        checked += found
    return checked


def _interrupted(story: Story, omics: Omics, sandbox: "Sandbox", folder: Path, large: int) -> Checked:
    story.step(f"A download of {size_text(large)} is killed half-way, and taken up again")
    data = folder / "data" / _LARGE
    write_large_file(data / "run.bin", large)
    source = _uploaded(story, omics, sandbox, folder, data)
    digest, target = source.sums["run.bin"], folder / "large"
    hold_second_half(sandbox, digest, large)
    words = ("dss", "download", "--bundle-uuid", source.uuid, *_REPLICA, "--download-dir", target.name)
    killed = kill_when_held(sandbox, omics.start(*words), digest, target)
    if any(path.name == digest for path in target.rglob("*")):
        raise DemoFailed("the killed download left an unfinished file under its final name")
    requests = counted(killed.connections, "request")
    story.fact(f"kill -9 after {size_text(killed.sent)}, {requests} under way: no file has its final name yet")
    began = story.seconds
    omics(*words)
    checked = check_bundle(source, target)
    fetched = sent_after(sandbox, digest, killed)
    twice = killed.sent + fetched - large
    if not 0 <= twice <= CELL * killed.connections:
        raise DemoFailed(f"{size_text(twice)} were fetched twice, where at most {size_text(CELL)} a connection should")
    story.fact(
        f"went on in {seconds_text(story.seconds - began)}: {size_text(fetched)} fetched,"
        f" {size_text(twice)} of them for the second time; the file is right"
    )
    return checked


def _check_nothing_is_left(port: int | None, folder: Path | None) -> None:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port or 0)) == 0:
            raise DemoFailed(f"something still listens on port {port}")
    if folder is not None and folder.exists():
        raise DemoFailed(f"{folder} is still there", remedy="Remove it by hand.")
