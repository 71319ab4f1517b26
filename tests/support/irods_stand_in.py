"""A stand-in of iRODS in memory, with the part of python-irodsclient's documented session API that a download uses.

No server can be installed from the package index, so nothing here states how a real one behaves. Errors are the client's own.
"""

from __future__ import annotations

import base64
import hashlib
import io
import threading
from dataclasses import dataclass, field
from typing import Any

from irods import exception
from omicsdk.dtp.config import IrodsConfig

PASSWORD = "open sesame"
ROOT = "/zone/home/project"


def sha2(data: bytes) -> str:
    """A checksum as iRODS writes it by default."""
    return "sha2:" + base64.b64encode(hashlib.sha256(data).digest()).decode()


def md5(data: bytes) -> str:
    """A checksum as older zones write it."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def config(**changed: Any) -> IrodsConfig:
    values = {"host": "irods.example.org", "user": "rods", "password": PASSWORD, "zone": "zone", "project_root": ROOT}
    return IrodsConfig(**{**values, **changed})


@dataclass
class StoredObject:
    """A data object: what the catalogue states of it, and its bytes."""

    path: str
    data: bytes
    checksum: str | None
    size: int

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass
class StandIn:
    """A zone.

    Attributes:
        objects: Data objects by their paths.
        opened: From where each object was read, in order.
        breaks: After how many bytes reading an object fails, each number once.
        down: Why it does not respond; empty if it does.
        forbidden: Collections and objects that may not be read.
        sessions: How many sessions are open.
        threads: Threads that read, by session: a session is not for two.
        links: Collections that refer to others, as linked collections do.
    """

    objects: dict[str, StoredObject] = field(default_factory=dict)
    opened: list[tuple[str, int]] = field(default_factory=list)
    breaks: dict[str, list[int]] = field(default_factory=dict)
    down: str = ""
    forbidden: set[str] = field(default_factory=set)
    sessions: int = 0
    threads: dict[int, set[int]] = field(default_factory=dict)
    links: dict[str, list[str]] = field(default_factory=dict)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def put(self, name: str, data: bytes, checksum: Any = sha2, *, size: int | None = None) -> None:
        path = f"{ROOT}/{name}"
        declared = checksum(data) if callable(checksum) else checksum
        self.objects[path] = StoredObject(path, data, declared, len(data) if size is None else size)

    def opener(self, password: str = PASSWORD):
        """What opens sessions, as `iRODSSession` does with one password."""
        return lambda: Session(self, password)

    def reads(self, name: str) -> list[int]:
        return [at for path, at in self.opened if path == f"{ROOT}/{name}"]


class Session:
    def __init__(self, zone: StandIn, password: str) -> None:
        self.zone, self._password = zone, password
        self.collections, self.data_objects = Collections(self), DataObjects(self)
        zone.sessions += 1

    def used(self) -> None:
        """A session connects when it is first used."""
        with self.zone.guard:
            self.zone.threads.setdefault(id(self), set()).add(threading.get_ident())
        if self.zone.down:
            raise exception.NetworkException(self.zone.down)
        if self._password != PASSWORD:
            raise exception.CAT_INVALID_AUTHENTICATION(f"for {self._password}")

    def cleanup(self) -> None:
        self.zone.sessions -= 1

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.cleanup()


class Collection:
    def __init__(self, session: Session, path: str) -> None:
        self._session, self.path = session, path

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def data_objects(self) -> list[StoredObject]:
        self._session.used()
        if self.path in self._session.zone.forbidden:
            raise exception.CAT_NO_ACCESS_PERMISSION(self.path)
        there = self._session.zone.objects.values()
        return [data_object for data_object in there if data_object.path.rpartition("/")[0] == self.path]

    @property
    def subcollections(self) -> list[Collection]:
        below = {
            path[: path.index("/", len(self.path) + 1)]
            for path in self._session.zone.objects
            if path.startswith(f"{self.path}/") and "/" in path[len(self.path) + 1 :]
        }
        return [
            Collection(self._session, path) for path in [*sorted(below), *self._session.zone.links.get(self.path, ())]
        ]


class Collections:
    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, path: str) -> Collection:
        self._session.used()
        if not any(object_path.startswith(f"{path}/") for object_path in self._session.zone.objects):
            raise exception.CollectionDoesNotExist
        return Collection(self._session, path)


class DataObjects:
    def __init__(self, session: Session) -> None:
        self._session = session

    def open(self, path: str, mode: str) -> io.BytesIO:
        self._session.used()
        assert mode == "r"
        zone = self._session.zone
        if path in zone.forbidden:
            raise exception.CAT_NO_ACCESS_PERMISSION(path)
        if path not in zone.objects:
            raise exception.DataObjectDoesNotExist
        with zone.guard:
            failing = zone.breaks.get(path.removeprefix(f"{ROOT}/"), [])
            limit = failing.pop(0) if failing else None
        return OpenObject(zone, path, zone.objects[path].data, limit)


class OpenObject(io.BytesIO):
    """Gives at most so many bytes, then the network is gone."""

    def __init__(self, zone: StandIn, path: str, data: bytes, limit: int | None) -> None:
        super().__init__(data)
        self._zone, self._path, self._limit, self._began = zone, path, limit, False

    def read(self, size: int | None = -1) -> bytes:
        if not self._began:
            self._began = True
            self._zone.opened.append((self._path, self.tell()))
        if self._limit is None:
            return super().read(size)
        if self._limit == 0:
            raise exception.NetworkException("Could not receive server response")
        piece = super().read(min(self._limit, len(self.getbuffer()) if size in (None, -1) else int(size or 0)))
        self._limit -= len(piece)
        return piece
