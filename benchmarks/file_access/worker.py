"""A process that reads and writes by fsspec; see transferring/worker.py. Runs under our environment, and that of s3fs."""

import random
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

# Last: benchmarks/file_systems.py and its neighbours must not stand before installed packages.
sys.path.append(str(Path(__file__).parents[1]))

_PIECE = 1 << 20
_BLOCK = bytes(range(256)) * 4096


def read(url: str, options: Mapping[str, Any], size: int) -> Callable[[], None]:
    """Reads a file from its beginning to its end, 1 MiB at a time.

    Args:
        url: The file.
        options: The file system's.
        size: Its bytes.
    """
    fsspec = _fsspec(url)

    def act() -> None:
        came = 0
        with fsspec.open(url, **options) as file:
            while piece := file.read(_PIECE):
                came += len(piece)
        if came != size:
            raise RuntimeError(f"{came} of {size} bytes came")

    return act


def seek(url: str, options: Mapping[str, Any], size: int, count: int, length: int) -> Callable[[], None]:
    """Reads parts at random places of an open file.

    Args:
        url: The file.
        options: The file system's.
        size: Its bytes.
        count: How many parts.
        length: Their bytes.
    """
    fsspec = _fsspec(url)
    draw = random.Random(1)
    starts = [draw.randrange(size - length) for _ in range(count)]

    def act() -> None:
        with fsspec.open(url, **options) as file:
            for start in starts:
                file.seek(start)
                if len(file.read(length)) != length:
                    raise RuntimeError(f"a part at {start} is short")

    return act


def csv(url: str, options: Mapping[str, Any]) -> Callable[[], None]:
    """Reads a table by pandas."""
    pd = _imported("pandas")
    _fsspec(url)
    return lambda: _filled(len(pd.read_csv(url, storage_options=options)))


def parquet(url: str, options: Mapping[str, Any], columns: Sequence[str]) -> Callable[[], None]:
    """Reads columns of a table by pyarrow."""
    parquet = _imported("pyarrow.parquet")
    fsspec = _fsspec(url)

    def act() -> None:
        fs, path = fsspec.url_to_fs(url, **options)
        with fs.open(path) as file:
            _filled(parquet.read_table(file, columns=columns).num_rows)

    return act


def dask(url: str, options: Mapping[str, Any], columns: Sequence[str]) -> Callable[[], None]:
    """Adds up columns of a table by dask, in threads."""
    dd = _imported("dask.dataframe")
    _fsspec(url)

    def act() -> None:
        table = dd.read_parquet(url, columns=columns, storage_options=options, split_row_groups=True)
        _filled(float(table[columns[0]].sum().compute(scheduler="threads")))

    return act


def write(url: str, options: Mapping[str, Any], size: int) -> Callable[[], None]:
    """Writes a file, 1 MiB at a time."""
    fsspec = _fsspec(url)

    def act() -> None:
        with fsspec.open(url, "wb", **options) as file:
            for _ in range(size // len(_BLOCK)):
                file.write(_BLOCK)

    return act


def _filled(found: float) -> None:
    if not found:
        raise RuntimeError("nothing was read")


def _imported(name: str) -> Any:
    """A module without types."""
    return import_module(name)


def _fsspec(url: str) -> Any:
    """Imports fsspec; where omicsdk is installed, `s3://` becomes its own."""
    fsspec = _imported("fsspec")
    if url.startswith("s3:"):
        try:
            from omicsdk.fs.filesystems import OmicsFileSystem
        except ImportError:  # the environment of s3fs
            return fsspec
        made = type("S3FileSystem", (OmicsFileSystem,), {"protocol": "s3"})
        fsspec.register_implementation("s3", made, clobber=True)
    return fsspec


if __name__ == "__main__":
    from transferring.worker import serve

    serve({"read": read, "seek": seek, "csv": csv, "parquet": parquet, "dask": dask, "write": write})
