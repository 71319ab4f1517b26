"""A manifest of many small files on a cluster of two workers, of which one is killed half-way."""

import hashlib
import json
import logging
import os
import shutil
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from omicsdk.hca.dss import Dss
from omicsdk.hca.dss.files import filestore_path
from small_files import serving, write_manifest

SHARDS = 8
CONNECTIONS = 64  # of each worker, as the Data Store's downloads have


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where there is such a place: fifty thousand files and folders are a disk's work of a minute."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or shutil.disk_usage(memory).free < 1 << 30:
        yield tmp_path
        return
    with TemporaryDirectory(dir=memory) as path:
        yield Path(path)


# Were what the killed one had finished fetched again, a quarter of the files would be: more than the 265 requests that are allowed.
@pytest.mark.parametrize("count", [1_200, pytest.param(50_000, marks=pytest.mark.long)])
def test_nothing_is_lost(folder: Path, monkeypatch: Any, count: int):
    distributed = pytest.importorskip("distributed", reason="needs the extra dask")
    monkeypatch.chdir(folder)
    digests = write_manifest(folder / "wanted.tsv", count)
    killed: list[int] = []
    with (
        serving() as url,
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
        Dss(url, credentials=None) as dss,
    ):
        client.wait_for_workers(2)
        processes = list(client.run(os.getpid).values())

        def watch(progress: Any) -> None:
            if not killed and progress.files_done >= count // 2:
                killed.append(processes[0])
                os.kill(processes[0], signal.SIGKILL)

        result = dss.download_manifest("wanted.tsv", "aws", download_dir="store", scheduler=client, progress=watch)
        with urllib.request.urlopen(url.replace("/v1", "/counts")) as response:
            counts = json.load(response)
    assert killed
    assert len(result.outcomes) == result.counts["done"] + result.counts["skipped"] == count
    store = folder / "store"
    paths = [store / filestore_path(digest) for digest in digests]
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == path.name for path in paths)
    assert not [name for _, _, names in os.walk(store) for name in names if name.endswith(".part")]
    assert (folder / "wanted.tsv").read_text().count(".hca/v2") == count
    assert counts["files"] == count
    # what was on its way to the one that was killed comes again; and each shard's first file is requested by the client, too
    assert counts["requests"] - count <= 4 * CONNECTIONS + SHARDS + 1
