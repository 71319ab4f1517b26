"""kill -9 in the middle of a download, and the same command again: little is fetched twice, all of it is right."""

import hashlib
import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omicsdk.cli.demo.walk import hold_second_half, kill_when_held, sent_after

pytestmark = pytest.mark.sandbox

CELL = 4 << 20
MIB = 1 << 20
SIZES = [128 * MIB, pytest.param(1024 * MIB, marks=pytest.mark.long)]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")
@pytest.mark.parametrize("size", SIZES)
def test_at_most_one_cell_a_connection_is_fetched_twice(
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
    assert twice <= CELL * killed.connections
    (landed,) = folder.glob("*/reads.bin")
    with landed.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == sha256
    assert not list(folder.rglob("*.part"))
