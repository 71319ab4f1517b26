"""Data sets in iRODS, over python-irodsclient's documented interface.

Tested against a replacement of that interface, not against a real server: tests cannot install one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from omicsdk.core.checksums import from_base64, is_checksum
from omicsdk.core.clock import SYSTEM_CLOCK, Clock, StoppableClock
from omicsdk.core.errors import (
    AuthError,
    ChecksumMismatch,
    ConnectFailed,
    Interrupted,
    OmicsError,
    TransferError,
    TruncatedTransfer,
    shortened,
)
from omicsdk.core.lazy import require
from omicsdk.core.logs import logger
from omicsdk.dtp.storage.datasets import Dataset, FetchJob, StoredFile, UnknownDataset, Unlisted
from omicsdk.dtp.storage.fetching import call_in_threads
from omicsdk.transfer.disk import write_all, write_errors

if TYPE_CHECKING:
    from pathlib import Path

    from omicsdk.dtp.config import IrodsConfig
    from omicsdk.transfer import Outcome

#: A session of python-irodsclient. Used of it: `collections.get(path)`, whose result has `path`, `data_objects` and
#: `subcollections`; `data_objects.open(path, mode)`; `cleanup()`. It connects when it is first used, and its connections are
#: not shared between threads.
Session = Any


#: Names of that client's errors for a refused login. By name: its versions have different ones.
_LOGIN = frozenset(
    {
        "CAT_INVALID_AUTHENTICATION",
        "CAT_INVALID_CLIENT_USER",
        "CAT_INVALID_USER",
        "CAT_PASSWORD_EXPIRED",
        "PAM_AUTH_PASSWORD_FAILED",
        "PAM_AUTH_PASSWORD_INVALID_TTL",
        "PlainTextPAMPasswordError",
        "USER_AUTH_STRING_EMPTY",
    }
)
_REFUSED = frozenset({"CAT_NO_ACCESS_PERMISSION", "SYS_NO_PATH_PERMISSION", "SYS_NO_API_PRIV"})
_ABSENT = frozenset(
    {
        "CAT_UNKNOWN_COLLECTION",
        "CAT_UNKNOWN_FILE",
        "CollectionDoesNotExist",
        "DataObjectDoesNotExist",
        "NoResultFound",
        "OBJ_PATH_DOES_NOT_EXIST",
    }
)
_NETWORK = frozenset({"NetworkException", "SYS_HEADER_READ_LEN_ERR", "SYS_SOCK_READ_ERR", "SYS_SOCK_CONNECT_ERR"})


def _is_passing(error: Exception) -> bool:
    """Whether an error is the network's, so that a retry may succeed."""
    return isinstance(error, (OSError, EOFError)) or bool(_NETWORK & _names(error))


def _error_of(error: Exception, config: IrodsConfig, what: str) -> OmicsError:
    """The error that users see for one of the client's; no message has the password."""
    names = _names(error)
    server, kind = f"{config.host}:{config.port}", type(error).__name__
    if names & _LOGIN:
        return AuthError(
            f"The iRODS server {server} refused the login of {config.user!r} of the zone {config.zone!r} ({kind})",
            remedy="Check irods_user, irods_password and irods_zone in the settings.",
        )
    if names & _REFUSED:
        return AuthError(
            f"{config.user!r} may not read {what} in iRODS ({kind})", remedy="Ask its owner for access: ichmod read."
        )
    if names & _ABSENT:
        return TransferError(
            f"{what} does not exist in iRODS (any longer)", name=what, remedy="List the data set again."
        )
    # An empty password would be found between all letters.
    details = shortened((str(cast("Any", error)) or kind).replace(config.password or "\0", "***"), 200)
    if _is_passing(error):
        return ConnectFailed(
            f"The iRODS server {server} does not respond ({details})",
            remedy="Check irods_host and irods_port in the settings, and that the server is running.",
        )
    return TransferError(f"iRODS failed on {what}: {kind}: {details}", name=what)


def _names(error: Exception) -> frozenset[str]:
    return frozenset(class_.__name__ for class_ in type(error).__mro__)


#: Bytes that are read at once.
PIECE = 4 * 1024 * 1024
#: Requests for a file in succession that the network may end without a byte.
ATTEMPTS = 4

_log = logger("omicsdk.dtp")


@dataclass(frozen=True, slots=True, kw_only=True)
class IrodsFile(StoredFile):
    """A data object.

    Attributes:
        path: Its complete path in the zone.
    """

    path: str


class IrodsStore:
    """Data sets as collections of one root, each file a data object.

    The client's sessions give each thread a connection only where each thread has a separate session.

    Args:
        config: The zone, the login, and the collection that has those of the data sets.
        connections: Files that are fetched at once, 1 or more.
        open_session: Opens a session; by default python-irodsclient's.
        clock: Waits before a retry.

    Raises:
        MissingExtra: python-irodsclient is not installed.
    """

    by_subject: bool = False

    def __init__(
        self,
        config: IrodsConfig,
        *,
        connections: int = 4,
        open_session: Callable[[], Session] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._config = config
        self._connections = max(1, connections)
        if open_session is None:
            session = require("irods.session", "dtp", "data sets in iRODS").iRODSSession
            login = {"user": config.user, "password": config.password, "zone": config.zone}
            open_session = partial(session, host=config.host, port=config.port, **login)
        self._open = open_session
        self._clock = clock
        self._sessions: dict[threading.Thread, Session] = {}
        self.title = f"iRODS at {config.host}:{config.port}"

    def files(self, dataset: Dataset) -> Iterator[IrodsFile | Unlisted]:
        """List the data objects of a data set's collection and of all below it.

        Args:
            dataset: The data set; its subjects are not needed.

        Yields:
            Its files, and collections below that could not be listed.

        Raises:
            UnknownDataset: There is no such collection.
            AuthError: The server refuses this user, or refuses them this collection.
            ConnectFailed: It does not respond.
        """
        root = f"{self._config.project_root.rstrip('/')}/{dataset.id}"
        try:
            top = self._session().collections.get(root)
        except Exception as error:
            if _ABSENT & _names(error):
                raise UnknownDataset(
                    f"No collection {root} in iRODS",
                    remedy="Check the data set's name, and irods_project_root in the settings.",
                ) from error
            raise _error_of(error, self._config, root) from error
        seen = {top.path}
        waiting = [top]
        while waiting:
            collection = waiting.pop()
            try:
                objects, below = list(collection.data_objects), list(collection.subcollections)
            except Exception as error:
                failed = _error_of(error, self._config, collection.path)
                if collection is top:
                    raise failed from error
                yield Unlisted(_below(top, collection.path), failed)
                continue
            for object_ in objects:
                yield _file(object_, _below(top, object_.path))
            for object_ in reversed(below):
                if object_.path not in seen:  # a linked collection may contain itself
                    seen.add(object_.path)
                    waiting.append(object_)

    def fetch(self, job: FetchJob[IrodsFile]) -> None:
        """Fetch files; see `DataStore.fetch`. The bytes of an incomplete file stay for the next run, which resumes it."""

        def fetch_one(file: IrodsFile) -> None:
            if job.stop.is_set():
                return
            try:
                result: Outcome | OmicsError = self._fetch(file, job)
            except OmicsError as error:
                result = error
            except Exception as error:
                result = _error_of(error, self._config, file.name)
                result.__cause__ = error
            job.report(file, result)

        call_in_threads(fetch_one, job.files, self._connections, job.stop)
        for thread in list(self._sessions):
            if not thread.is_alive():
                self._end_session(thread)

    def close(self) -> None:
        """End all sessions."""
        for thread in list(self._sessions):
            self._end_session(thread)

    def _session(self) -> Session:
        thread = threading.current_thread()
        if thread not in self._sessions:
            self._sessions[thread] = self._open()
        return self._sessions[thread]

    def _end_session(self, thread: threading.Thread) -> None:
        session = self._sessions.pop(thread, None)
        if session is None:
            return
        try:
            session.cleanup()
        except Exception as error:  # a connection that is lost cannot be ended
            _log.debug("a session of iRODS could not be ended: %r", error)

    def _fetch(self, file: IrodsFile, job: FetchJob[IrodsFile]) -> Outcome:
        part = job.folder.part(file.path, str(file.size), repr(sorted(file.checksums.items())), file.changed)
        resumed = _length(part)
        if file.size is not None and resumed > file.size:
            part.unlink()
            resumed = 0
        fetched = attempts = 0
        while True:
            received, requests = self._receive(file, part, job.stop)
            fetched, attempts = fetched + received, attempts + requests
            try:
                return job.folder.complete(file, part, fetched=fetched, resumed=resumed, attempts=attempts)
            except (ChecksumMismatch, TruncatedTransfer) as error:
                if not resumed:
                    raise
                _log.info("%s: the part of an earlier run is damaged (%s); restarting", file.name, error)
                resumed = 0

    def _receive(self, file: IrodsFile, part: Path, stop: threading.Event) -> tuple[int, int]:
        """Fetch what is missing; return how many bytes were received, and with how many requests."""
        begin = _length(part)
        attempts, idle = 0, 0
        while True:
            attempts += 1
            before = _length(part)
            try:
                self._read(file, part, before, stop)
            except Exception as error:
                if not _is_passing(error):
                    raise
                idle = 0 if _length(part) > before else idle + 1
                if idle >= ATTEMPTS:
                    raise _error_of(error, self._config, file.name) from error
                _log.info("%s: %r, retrying", file.name, error)
                StoppableClock(self._clock, stop.is_set, partial(_stopped, file)).sleep(0.5 * 2**idle)
                self._end_session(threading.current_thread())  # its connection has failed
            else:
                return _length(part) - begin, attempts

    def _read(self, file: IrodsFile, part: Path, offset: int, stop: threading.Event) -> None:
        if file.size is not None and offset == file.size and part.exists():
            return
        with closing(self._session().data_objects.open(file.path, "r")) as source:
            if offset:
                source.seek(offset)
            with write_errors(str(part), file.name):
                target = part.open("ab", buffering=0)
            with target:
                while not stop.is_set():
                    piece = source.read(PIECE)
                    if not piece:
                        return
                    with write_errors(str(part), file.name):
                        write_all(target.fileno(), piece)
        raise _stopped(file)


def _stopped(file: IrodsFile) -> Interrupted:
    return Interrupted(f"{file.name} was stopped", name=file.name)


def _length(part: Path) -> int:
    try:
        return part.stat().st_size
    except FileNotFoundError:
        return 0


def _below(top: Any, path: str) -> str:
    """A path within a collection; what is not within it keeps its slash, and is refused as a name."""
    return path.removeprefix(f"{top.path.rstrip('/')}/")


def _file(data_object: Any, name: str) -> IrodsFile:
    # Of a replica with another status the bytes are stale, or are being written.
    good = [replica for replica in getattr(data_object, "replicas", ()) if str(getattr(replica, "status", "")) == "1"]
    replica_used = next(
        (replica for replica in good if getattr(replica, "checksum", None)), good[0] if good else data_object
    )
    size: int | None = getattr(replica_used, "size", data_object.size)
    checksum: str | None = getattr(replica_used, "checksum", data_object.checksum)
    changed: object = getattr(replica_used, "modify_time", getattr(data_object, "modify_time", ""))
    return IrodsFile(
        name=name, size=size, checksums=checksums_of_text(checksum), path=data_object.path, changed=str(changed or "")
    )


def checksums_of_text(text: str | None) -> Mapping[str, str]:
    """Read a checksum as iRODS stores it.

    Args:
        text: `sha2:` and SHA-256 in base64, `sha1:` and SHA-1 in base64, or MD5 in hex; None or "" if there is none.

    Returns:
        From algorithm to hex digits; empty if there is none, or one of another kind, which is logged.
    """
    if not text:
        return {}
    kind, mark, value = text.strip().partition(":")
    if not mark:
        digits = kind.lower()
        if is_checksum("md5", digits):
            return {"md5": digits}
    elif kind in ("sha2", "sha1"):
        name = "sha256" if kind == "sha2" else "sha1"
        if digits := from_base64(name, value):
            return {name: digits}
    _log.warning("the checksum %r is of a kind that cannot be verified; the size is", text[:80])
    return {}
