"""kill -9 in the middle of a download, and the same command again: little is fetched twice, all of it is right."""

import hashlib
import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from azul_project import write_project
from omicsdk.cli.demo.walk import hold_second_half, kill_when_held, sent_after
from omicsdk.sandbox import Rule
from waiting import until

pytestmark = pytest.mark.sandbox

MIB = 1 << 20
SIZES = [64 * MIB, pytest.param(1024 * MIB, marks=pytest.mark.long)]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")
@pytest.mark.parametrize("size", SIZES)
def test_at_most_a_mib_a_connection_is_fetched_twice(
    start: Any,
    omics: Callable[..., "subprocess.CompletedProcess[str]"],
    omics_sandbox: Any,
    tmp_path: Path,
    folder: Path,
    size: int,
):
    source = tmp_path / "source"
    source.mkdir()
    block, digest = random.Random(1).randbytes(MIB), hashlib.sha256()
    with (source / "reads.bin").open("wb") as file:
        for number in range(size // MIB):
            piece = number.to_bytes(8, "big") + block[8:]
            digest.update(piece)
            file.write(piece)
    sha256 = digest.hexdigest()
    uuid = omics_sandbox.seed(source)["bundle_uuid"]
    arguments = ("dss", "download", "--bundle-uuid", uuid, "--replica", "aws")

    hold_second_half(omics_sandbox, sha256, size)
    killed = kill_when_held(omics_sandbox, start(*arguments), sha256, folder)
    assert 0 < killed.sent < size
    assert not list(folder.glob("*/reads.bin"))

    done = omics(*arguments)
    assert done.returncode == 0, done.stderr
    twice = killed.sent + sent_after(omics_sandbox, sha256, killed) - size
    assert twice <= MIB * killed.connections
    (landed,) = folder.glob("*/reads.bin")
    with landed.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == sha256
    assert not list(folder.rglob("*.part"))


FILES, BEFORE = 400, 200
"""Files of the project, and those whose bytes are sent before the kill."""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")
def test_of_hundreds_of_files_of_azul_only_those_in_flight_are_fetched_twice(
    start: Any,
    omics: Callable[..., "subprocess.CompletedProcess[str]"],
    omics_sandbox: Any,
    tmp_path: Path,
    folder: Path,
):
    contents = {f"part_{number:04}.h5ad": number.to_bytes(4, "big") * 64 for number in range(FILES)}
    omics_sandbox.seed(write_project(tmp_path / "source", contents=contents))
    arguments = ("azul", "download", "--filter", "organ=eye", "--to", "out")
    # More rules than there can be requests under way: all that follow are held.
    omics_sandbox.add_faults(
        *(Rule("stall", path="/_objects/*", nth=number) for number in range(BEFORE + 1, BEFORE + 129))
    )

    process, out = start(*arguments), folder / "out"

    def is_held() -> bool:
        return omics_sandbox.stalled > 0 and len(list(out.glob("*.h5ad"))) == BEFORE

    until(is_held, process)
    process.kill()
    process.communicate()
    paths = {name: f"/_objects/{hashlib.sha256(content).hexdigest()}" for name, content in contents.items()}
    whole = {paths[path.name] for path in out.glob("*.h5ad")}
    requests = omics_sandbox.requests("/_objects/")
    in_flight = {request["path"] for request in requests} - whole
    omics_sandbox.fault_book.clear()

    done = omics(*arguments, "--output", "json")
    assert done.returncode == 0, done.stderr
    again = [request["path"] for request in omics_sandbox.requests("/_objects/")[len(requests) :]]
    assert len(requests) == BEFORE + len(in_flight)
    assert 0 < len(in_flight) <= 16
    assert whole.isdisjoint(again)
    assert set(again) == set(paths.values()) - whole
    assert {path.name: path.read_bytes() for path in out.glob("*.h5ad")} == contents
    assert not list(out.rglob("*.part"))
