"""A platform of the tests' own whose files lie on a server that breaks on demand, under the scheme `served`."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from breakable import Server
from omicsdk.fs import STORES, CopyOptions, Entry, Features, NotAFolder, PathNotFound, Put, Store
from omicsdk.fs.filesystems import OmicsFileSystem
from omicsdk.transfer import Location, Outcome, TransferReport


class ServedStore(Store):
    """Files by their paths, at a server of this process.

    Args:
        port: Which server.
        token: Goes nowhere.
        read_only: Whether nothing can be put.
        headers: Whether URLs need a header.
        sizeless: Whether it states neither sizes nor checksums.
    """

    scheme: ClassVar[str] = "served"
    servers: ClassVar[dict[int, Server]] = {}
    folders: ClassVar[set[str]] = set()
    calls: ClassVar[list[str]] = []

    def __init__(
        self, *, port: int, token: str = "", read_only: bool = False, headers: bool = False, sizeless: bool = False
    ) -> None:
        self._port = port
        self.features = Features(writable=not read_only, makes_folders=True, removal_batch=1)
        self.headers = {"X-Served": "yes"} if headers else {}
        self.sizeless = sizeless

    @property
    def server(self) -> Server:
        """The server at its port now: a store outlives its test, and a later test's server may get the same port."""
        return self.servers[self._port]

    def _stat(self, path: str) -> Entry:
        self.calls.append(f"look {path}")
        return self._look(path)

    def _look(self, path: str) -> Entry:
        data = self.server.files.get(self._key(path))
        if data is not None:
            version = self.server.etags.get(self._key(path), "")
            if self.sizeless:
                return Entry(path, "file", version=version)
            return Entry(path, "file", len(data), {"sha256": hashlib.sha256(data).hexdigest()}, 1e9, version)
        if not path or path in self.folders or any(name.startswith(f"{path}/") for name in self._names()):
            return Entry(path, "folder")
        raise PathNotFound(self.uri(path), "not found")

    def _names(self) -> list[str]:
        return [bytes.fromhex(name).decode() for name in self.server.files]

    @staticmethod
    def _key(path: str) -> str:
        return path.encode().hex()

    def hold(self, path: str, data: bytes) -> None:
        """Hold a file."""
        self.server.put(self._key(path), data)

    def content(self, path: str) -> bytes | None:
        """A file that it holds."""
        return self.server.files.get(self._key(path))

    def always(self, path: str, fault: Any) -> None:
        """Break all requests for a file."""
        self.server.always[self._key(path)] = fault

    def _entries(self, path: str) -> Iterator[Entry]:
        self.calls.append(f"entries {path}")
        if not self._look(path).is_folder:
            raise NotAFolder(self.uri(path), "is a file")
        before = f"{path}/" if path else ""
        below = {name[len(before) :].partition("/")[0] for name in self._names() if name.startswith(before)}
        below |= {name[len(before) :].partition("/")[0] for name in self.folders if name.startswith(before)}
        for name in sorted(below):
            yield self._look(f"{before}{name}")

    def location(self, entry: Entry) -> Location:
        self.calls.append(f"location {entry.path}")
        return Location(self.server.url(self._key(entry.path)), self.headers)

    def put(self, files: Sequence[Put], options: CopyOptions) -> TransferReport:
        self.calls.append(f"put {' '.join(file.path for file in files)}")
        for file in files:
            self.hold(file.path, Path(file.source).read_bytes())
        return TransferReport([Outcome(file.path, "done") for file in files])

    def make_folder(self, path: str) -> None:
        self.folders.add(path)

    def check_removal(self, path: str) -> None:
        pass

    def remove(self, entry: Entry) -> None:
        self.folders.discard(entry.path)
        self.server.files.pop(self._key(entry.path), None)


class ServedFileSystem(OmicsFileSystem):
    """`served://` for fsspec."""

    protocol: ClassVar[str | tuple[str, ...]] = "served"


@pytest.fixture
def served(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ServedFileSystem]:
    """The file system `served://`, known to fsspec, with nothing in it."""
    import fsspec

    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setitem(STORES, "served", f"{__name__}:ServedStore")
    monkeypatch.setitem(ServedStore.servers, server.port, server)
    ServedStore.folders.clear()
    ServedStore.calls.clear()
    fsspec.register_implementation("served", ServedFileSystem, clobber=True)
    yield ServedFileSystem(port=server.port)
    ServedFileSystem.clear_instance_cache()
