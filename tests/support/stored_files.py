"""Files in stores, as bytes under paths."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from omicsdk.fs import CopyOptions, Entry, Put, Store
from omicsdk.fs.copying.fetching import fetch
from omicsdk.transfer import TransferReport


def put(store: Store, folder: Path, files: Mapping[str, bytes], **options: Any) -> TransferReport:
    """Put bytes under paths.

    Args:
        store: The target.
        folder: A folder for the files that are sent.
        files: Bytes by path.
        options: Those of the put.
    """
    puts = []
    for number, (path, data) in enumerate(files.items()):
        source = folder / f"source-{number}"
        source.write_bytes(data)
        puts.append(Put(str(source), path))
    return store.put(puts, CopyOptions(**options))


def got(store: Store, path: str, folder: Path) -> bytes:
    """The bytes under a path.

    Args:
        store: Where they are.
        path: The path.
        folder: A folder for the file that comes.
    """
    fetch([(store.stat(path), "got")], store, str(folder / "down")).raise_if_failed()
    target = folder / "down" / "got"
    data = target.read_bytes()
    target.unlink()
    return data


def paths(entries: Iterable[Entry]) -> list[str]:
    """The paths of entries."""
    return [entry.path for entry in entries]
