"""Libraries that scientists read with, over our file systems: as their users write it, on a platform of the sandbox."""

import gzip
import json
import pickle
import shutil
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pandas as pd
import pytest
from omicsdk import SevenBridges
from omicsdk.fs import filesystems as live
from omicsdk.fs.filesystems import DssFileSystem, SbFileSystem
from omicsdk.fs.stores.sb import SbStore
from omicsdk.sandbox import Sandbox
from unsettled import unsettled

pytestmark = [pytest.mark.sandbox, pytest.mark.filterwarnings("ignore")]  # the libraries' own are none of ours

P = "sb://sandbox-user/p"
CELLS = pd.DataFrame({"cell": [f"c{number}" for number in range(2000)], "umis": range(2000)})


@pytest.fixture
def project(omics_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[SbFileSystem]:
    """The project p on a platform that the variables name, with nothing in it."""
    unsettled(monkeypatch, tmp_path)
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))
    for name, value in omics_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(live, "_stores", {})  # those of this test
    for kind in (SbFileSystem, DssFileSystem):
        kind.clear_instance_cache()
    files = SbFileSystem()
    assert isinstance(files.store, SbStore)
    with SevenBridges() as sb:
        group = next(iter(sb.list_billing_groups.iterate())).id
        sb.create_project(name="p", billing_group=group or "")
    yield files
    for store in live._stores.values():
        store.close()
    for kind in (SbFileSystem, DssFileSystem):
        kind.clear_instance_cache()


def test_pandas(project: SbFileSystem) -> None:
    for name in ("cells.csv", "cells.csv.gz"):
        CELLS.to_csv(f"{P}/{name}", index=False)
        assert pd.read_csv(f"{P}/{name}").equals(CELLS)
    CELLS.to_parquet(f"{P}/cells.parquet")
    assert pd.read_parquet(f"{P}/cells.parquet", columns=["umis"]).umis.sum() == CELLS.umis.sum()
    with pd.read_csv(f"{P}/cells.csv", chunksize=300) as chunks:
        assert sum(len(chunk) for chunk in chunks) == 2000
    with pytest.raises(FileNotFoundError, match=r"sb://sandbox-user/p/none\.csv not found"):
        pd.read_csv(f"{P}/none.csv")


def test_polars(project: SbFileSystem) -> None:
    import polars
    import pyarrow.dataset

    CELLS.to_csv(f"{P}/cells.csv", index=False)
    CELLS.to_parquet(f"{P}/cells.parquet")
    with fsspec.open(f"{P}/cells.csv") as file:
        assert polars.read_csv(file).height == 2000
    with fsspec.open(f"{P}/cells.parquet") as file:
        assert polars.scan_parquet(file).select("umis").sum().collect().item() == CELLS.umis.sum()
    dataset = pyarrow.dataset.dataset("sandbox-user/p/cells.parquet", filesystem=project)
    few = polars.scan_pyarrow_dataset(dataset).filter(polars.col("umis") < 10).collect()
    assert few["cell"].to_list() == [f"c{number}" for number in range(10)]


def test_dask(project: SbFileSystem) -> None:
    import dask
    import dask.dataframe

    with dask.config.set(scheduler="threads", num_workers=2):
        dask.dataframe.from_pandas(CELLS, npartitions=3).to_csv(f"{P}/parts/*.csv", index=False)
        cells = dask.dataframe.read_csv(f"{P}/parts/*.csv", blocksize=2000)
        assert cells.npartitions > 6
        assert cells.umis.sum().compute() == CELLS.umis.sum()
        dask.dataframe.from_pandas(CELLS, npartitions=2).to_parquet(f"{P}/set")
        assert dask.dataframe.read_parquet(f"{P}/set").umis.max().compute() == 1999
    assert pickle.loads(pickle.dumps(project)).ls("sandbox-user/p/set", detail=False)


def test_pyarrow(project: SbFileSystem) -> None:
    import pyarrow
    import pyarrow.dataset
    import pyarrow.parquet

    pyarrow.dataset.write_dataset(
        pyarrow.table(CELLS),
        "sandbox-user/p/set",
        filesystem=project,
        format="parquet",
        max_rows_per_file=1024,
        max_rows_per_group=1024,
    )
    there = pyarrow.dataset.dataset("sandbox-user/p/set", filesystem=project)
    assert len(there.files) == 2
    assert there.count_rows(filter=pyarrow.dataset.field("umis") >= 1500) == 500
    with project.open(there.files[0]) as file:
        assert pyarrow.parquet.ParquetFile(file).metadata.num_rows == 1024


def test_zarr(project: SbFileSystem) -> None:
    zarr: Any = pytest.importorskip("zarr", reason="NumCodecs has no wheel for this Python")
    numbers = np.arange(3600, dtype="i4").reshape(60, 60)
    group = zarr.open_group(f"{P}/umis.zarr", mode="w")
    group.create_array("x", shape=(60, 60), chunks=(25, 25), dtype="i4")[:] = numbers
    again = zarr.open_group(f"{P}/umis.zarr", mode="r")
    assert list(again.array_keys()) == ["x"]
    assert (again["x"][20:40, 30] == numbers[20:40, 30]).all()


def test_references_into_a_file(omics_sandbox: Sandbox, project: SbFileSystem) -> None:
    zarr: Any = pytest.importorskip("zarr", reason="NumCodecs has no wheel for this Python")
    project.pipe_file("sandbox-user/p/numbers.bin", np.arange(1000, dtype="<i4").tobytes())
    array = {"zarr_format": 2, "shape": [1000], "chunks": [100], "dtype": "<i4", "fill_value": -1, "order": "C"}
    # As kerchunk writes them: each chunk is a part of a file.
    parts = {f"{number}": [f"{P}/numbers.bin", 400 * number, 400] for number in range(10)}
    references = {".zarray": json.dumps({**array, "compressor": None, "filters": None}), **parts}
    store = zarr.storage.FsspecStore.from_url(
        "reference://", {"fo": references, "remote_protocol": "sb"}, read_only=True
    )
    numbers = zarr.open_array(store)
    assert numbers[5] == 5
    before = len(omics_sandbox.requests("/sb"))
    assert (numbers[:] == np.arange(1000)).all()
    assert len(omics_sandbox.requests("/sb")) - before == 10  # and no further lookups of the file


def test_anndata_and_hdf5(project: SbFileSystem, tmp_path: Path) -> None:
    anndata: Any = pytest.importorskip("anndata", reason="h5py has no wheel for this Python")
    h5py: Any = pytest.importorskip("h5py")
    counts = np.random.default_rng(1).poisson(1.0, (300, 200)).astype("f4")
    anndata.AnnData(counts).write_h5ad(tmp_path / "cells.h5ad")
    project.put_file(str(tmp_path / "cells.h5ad"), "sandbox-user/p/cells.h5ad")
    with fsspec.open(f"{P}/cells.h5ad") as file:
        assert np.array_equal(anndata.read_h5ad(file).X, counts)
    with fsspec.open(f"{P}/cells.h5ad", block_size=65536, cache_type="blockcache") as file, h5py.File(file) as h5:
        assert (h5["X"][7] == counts[7]).all()


def bgzf_block(data: bytes) -> bytes:
    """A block as htslib writes it (SAM specification, section 4.1)."""
    squeezed = zlib.compressobj(6, zlib.DEFLATED, -15)
    body = squeezed.compress(data) + squeezed.flush()
    head = struct.pack("<4BI2BH2BHH", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, len(body) + 25)
    return head + body + struct.pack("<II", zlib.crc32(data), len(data))


def read_at(file: Any, virtual_offset: int, count: int) -> bytes:
    """Reads as htslib does: to a block, past its head, then into what it holds."""
    file.seek(virtual_offset >> 16)
    head = file.read(18)
    length = struct.unpack("<H", head[16:18])[0] + 1
    file.seek(-18, 1)
    data = zlib.decompress(file.read(length), 31)
    return data[virtual_offset & 0xFFFF :][:count]


def test_blocked_gzip_is_read_at_random_places(project: SbFileSystem) -> None:
    blocks = [f"block {number} ".encode() * 1000 for number in range(40)]
    packed = [bgzf_block(block) for block in blocks]
    starts = np.cumsum([0, *map(len, packed)]).tolist()
    project.pipe_file("sandbox-user/p/reads.vcf.gz", b"".join(packed))

    with project.open("sandbox-user/p/reads.vcf.gz") as file:
        for number in (39, 0, 20, 21, 5, 39):
            assert read_at(file, starts[number] << 16 | 300, 50) == blocks[number][300:350]
        file.seek(0)
        assert gzip.GzipFile(fileobj=file).read() == b"".join(blocks)


def test_the_standard_library(project: SbFileSystem, tmp_path: Path) -> None:
    import csv
    import zipfile

    with fsspec.open(f"{P}/cells.csv", "wt", newline="") as text:
        csv.writer(text).writerows([["cell", "umis"], ["ä", 1]])
    with fsspec.open(f"{P}/cells.csv", "rt", newline="") as text:
        assert list(csv.DictReader(text)) == [{"cell": "ä", "umis": "1"}]
    with fsspec.open(f"{P}/all.zip", "wb") as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a/b.txt", "in it")
    with fsspec.open(f"{P}/all.zip") as file, zipfile.ZipFile(file) as archive:
        assert archive.read("a/b.txt") == b"in it"
    with fsspec.open(f"zip://a/b.txt::{P}/all.zip", "rt") as text:
        assert text.read() == "in it"
    with fsspec.open(f"{P}/all.zip") as file, (tmp_path / "copy").open("wb") as copy:
        shutil.copyfileobj(file, copy)
    assert zipfile.is_zipfile(tmp_path / "copy")


def test_synchronising_by_fsspec(project: SbFileSystem) -> None:
    from fsspec.generic import rsync

    memory, how = fsspec.filesystem("memory"), {"inst_kwargs": {"default_method": "default"}}
    memory.pipe({"/set/a.txt": b"a", "/set/b/c d.txt": b"c"})
    assert sorted(rsync("memory://set", f"{P}/set", **how).values()) == [f"{P}/set/a.txt", f"{P}/set/b/c d.txt"]
    assert rsync("memory://set", f"{P}/set", update_cond="different", **how) == {}
    memory.pipe("/set/a.txt", b"changed")
    memory.rm("/set/b", recursive=True)
    rsync("memory://set", f"{P}/set", delete_missing=True, **how)
    assert {name: project.cat(name) for name in project.find(f"{P}/set")} == {"sandbox-user/p/set/a.txt": b"changed"}
    rsync(f"{P}/set", "memory://back", **how)
    assert memory.cat("/back/a.txt") == b"changed"


def test_a_bundle_of_the_data_store(omics_sandbox: Sandbox, project: SbFileSystem, tmp_path: Path) -> None:
    import dask.dataframe

    folder = tmp_path / "bundle"
    folder.mkdir()
    CELLS.to_csv(folder / "cells one.csv", index=False)
    CELLS.to_csv(folder / "cells two.csv", index=False)
    seeded = omics_sandbox.seed(folder)
    bundle = f"dss://aws/{seeded['bundle_uuid']}"

    assert pd.read_csv(f"{bundle}/cells one.csv").equals(CELLS)
    assert len(dask.dataframe.read_csv(f"{bundle}/cells *.csv", include_path_column=True)) == 4000
    with pytest.raises(PermissionError, match="cannot be written file by file"):
        CELLS.to_csv(f"{bundle}/cells three.csv")
