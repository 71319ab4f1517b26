"""Data sets in iRODS, over python-irodsclient's documented interface.

It was tried on a stand-in of that interface. No real server was tried: there is none that a test could install.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from logging import getLogger
from typing import TYPE_CHECKING, Any, cast

from omicsdk.core.checksums import from_base64, is_checksum
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import (
    AuthError,
    ChecksumMismatch,
    ConnectFailed,
    Interrupted,
    MissingExtra,
    OmicsError,
    TransferError,
    TruncatedTransfer,
    shortened,
)
from omicsdk.dtp.storage.datasets import Dataset, Landed, StoredFile, UnknownDataset, Unlisted
from omicsdk.transfer.writing import write_error

if TYPE_CHECKING:
    from pathlib import Path

    from omicsdk.dtp.config import IrodsConfig
    from omicsdk.dtp.storage.fetching import Landing


Session = Any
"""A session of python-irodsclient. Used of it: `collections.get(path)`, whose result has `path`, `data_objects` and `subcollections`;
`data_objects.open(path, mode)`; `cleanup()`. It connects when it is first used, and its connections aren't shared between threads."""


def opener(config: IrodsConfig) -> Callable[[], Session]:
    """Gives what opens sessions.

    Args:
        config: The zone and the login.

    Raises:
        MissingExtra: python-irodsclient isn't installed.
    """
    try:
        from irods.session import iRODSSession  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]
    except ImportError as error:
        raise MissingExtra("dtp", "data sets in iRODS", module="irods") from error
    made: Any = iRODSSession

    def opened() -> Session:
        return made(host=config.host, port=config.port, user=config.user, password=config.password, zone=config.zone)

    return opened


#: Names of that client's errors that say who asks isn't let in. By name: which there are differs between its versions.
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


def is_absent(error: Exception) -> bool:
    """Whether an error says that there is no such thing."""
    return bool(_ABSENT & _names(error))


def is_passing(error: Exception) -> bool:
    """Whether an error is the network's, so that another try may do."""
    return isinstance(error, (OSError, EOFError)) or bool(_NETWORK & _names(error))


def irods_error(error: Exception, config: IrodsConfig, what: str) -> OmicsError:
    """Gives the error that users see for one of the client's.

    Args:
        error: What was raised.
        config: The zone and the login; the password is in no message.
        what: What was asked for.
    """
    names = _names(error)
    server = f"{config.host}:{config.port}"
    if names & _LOGIN:
        return AuthError(
            f"The iRODS server {server} doesn't let {config.user!r} of the zone {config.zone!r} in"
            f" ({type(error).__name__})",
            remedy="Check irods_user, irods_password and irods_zone in the settings.",
        )
    if names & _REFUSED:
        return AuthError(
            f"{config.user!r} may not read {what} in iRODS ({type(error).__name__})",
            remedy="Ask its owner for access: ichmod read.",
        )
    if names & _ABSENT:
        return TransferError(f"{what} isn't in iRODS (any longer)", name=what, remedy="List the data set again.")
    said = shortened(str(cast("Any", error)) or type(error).__name__, 200).replace(config.password or "\0", "***")
    if is_passing(error):
        return ConnectFailed(
            f"The iRODS server {server} doesn't answer ({said})",
            remedy="Check irods_host and irods_port in the settings, and that the server is up.",
        )
    return TransferError(f"iRODS failed on {what}: {type(error).__name__}: {said}", name=what)


def _names(error: Exception) -> frozenset[str]:
    return frozenset(each.__name__ for each in type(error).__mro__)


#: Bytes that are read at once.
PIECE = 4 * 1024 * 1024
#: How often a file is asked for while the network fails, when nothing of it came.
ATTEMPTS = 4

_log = getLogger("omicsdk.dtp")


@dataclass(frozen=True, slots=True, kw_only=True)
class IrodsFile(StoredFile):
    """A data object.

    Attributes:
        path: Its whole path in the zone.
    """

    path: str


class IrodsStore:
    """Data sets as collections of one root, each file a data object.

    The client gives each thread a connection of its own only within sessions of its own, so each thread has one.

    Args:
        config: The zone, the login, and the collection that has those of the data sets.
        connections: How many files are fetched at once, 1 or more.
        open_session: Opens a session; by default python-irodsclient's.
        clock: Waits before another try.

    Raises:
        MissingExtra: python-irodsclient isn't installed.
    """

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
        self._open = open_session or opener(config)
        self._clock = clock
        self._own = threading.local()
        self._sessions: list[tuple[threading.Thread, Session]] = []
        self._guard = threading.Lock()

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"iRODS at {self._config.host}:{self._config.port}"

    @property
    def by_subject(self) -> bool:
        """Whether files are found by a data set's subjects, whom only a commons knows."""
        return False

    def files(self, dataset: Dataset) -> Iterator[IrodsFile | Unlisted]:
        """Lists the data objects of a data set's collection and of all below it.

        Args:
            dataset: The data set; its subjects aren't needed.

        Yields:
            Its files, and collections below that couldn't be listed.

        Raises:
            UnknownDataset: There is no such collection.
            AuthError: The server doesn't let this user in, or not there.
            ConnectFailed: It doesn't answer.
        """
        root = f"{self._config.project_root.rstrip('/')}/{dataset.id}"
        try:
            top = self._session().collections.get(root)
        except Exception as error:
            if is_absent(error):
                raise UnknownDataset(
                    f"There is no collection {root} in iRODS",
                    remedy="Check the data set's name, and irods_project_root in the settings.",
                ) from error
            raise irods_error(error, self._config, root) from error
        seen = {top.path}
        waiting = [top]
        while waiting:
            collection = waiting.pop()
            try:
                objects, below = list(collection.data_objects), list(collection.subcollections)
            except Exception as error:
                if collection is top:
                    raise irods_error(error, self._config, collection.path) from error
                yield Unlisted(_below(top, collection.path), irods_error(error, self._config, collection.path))
                continue
            for each in objects:
                yield _file(each, _below(top, each.path))
            for each in reversed(below):
                if each.path not in seen:  # a linked collection may lead back
                    seen.add(each.path)
                    waiting.append(each)

    def fetch(
        self,
        files: Sequence[IrodsFile],
        landing: Landing,
        tell: Callable[[IrodsFile, Landed | OmicsError], None],
        stop: threading.Event,
    ) -> None:
        """Fetches files; see `DataStore.fetch`. What came of one stays for the next run, which goes on behind it."""

        def one(file: IrodsFile) -> None:
            if stop.is_set():
                return
            try:
                result: Landed | OmicsError = self._fetch(file, landing, stop)
            except Interrupted:
                return
            except OmicsError as error:
                result = error
            except Exception as error:
                result = irods_error(error, self._config, file.name)
                result.__cause__ = error
            tell(file, result)

        with ThreadPoolExecutor(self._connections, thread_name_prefix="irods") as pool:
            try:
                for done in [pool.submit(one, file) for file in files]:
                    done.result()
            except BaseException:
                stop.set()
                raise
        self._end_sessions(lambda thread: not thread.is_alive())

    def close(self) -> None:
        """Ends all sessions."""
        self._own = threading.local()
        self._end_sessions(lambda _: True)

    def _end_sessions(self, meant: Callable[[threading.Thread], bool]) -> None:
        """Ends the sessions of some threads."""
        with self._guard:
            ended = [each for each in self._sessions if meant(each[0])]
            self._sessions = [each for each in self._sessions if each not in ended]
        for _, session in ended:
            _end(session)

    def _session(self) -> Session:
        session = getattr(self._own, "session", None)
        if session is None:
            session = self._own.session = self._open()
            with self._guard:
                self._sessions.append((threading.current_thread(), session))
        return session

    def _fetch(self, file: IrodsFile, landing: Landing, stop: threading.Event) -> Landed:
        part = landing.part(file.path, str(file.size), repr(sorted(file.checksums.items())), file.changed)
        kept = _length(part)
        if file.size is not None and kept > file.size:
            kept = _cut(part)
        fetched, attempts = self._collect(file, part, stop)
        try:
            return landing.land(file, part, fetched=fetched, kept=kept, attempts=attempts)
        except (ChecksumMismatch, TruncatedTransfer) as error:
            if not kept:
                raise
            _log.info("%s: what an earlier run fetched of it isn't right (%s); it begins anew", file.name, error)
        again, more = self._collect(file, part, stop)
        return landing.land(file, part, fetched=fetched + again, attempts=attempts + more)

    def _collect(self, file: IrodsFile, part: Path, stop: threading.Event) -> tuple[int, int]:
        """Fetches what is missing; gives how many bytes came, and how often they were asked for."""
        begin = _length(part)
        attempts, idle = 0, 0
        while True:
            attempts += 1
            before = _length(part)
            try:
                self._read(file, part, before, stop)
            except Exception as error:
                if not is_passing(error):
                    raise
                idle = 0 if _length(part) > before else idle + 1
                if idle >= ATTEMPTS:
                    raise irods_error(error, self._config, file.name) from error
                _log.info("%s: %r, trying again", file.name, error)
                self._clock.sleep(0.5 * 2**idle)
                self._drop_session()
            else:
                return _length(part) - begin, attempts

    def _read(self, file: IrodsFile, part: Path, offset: int, stop: threading.Event) -> None:
        if file.size is not None and offset == file.size and part.exists():
            return
        with closing(self._session().data_objects.open(file.path, "r")) as source:
            if offset:
                source.seek(offset)
            with _appending(part, file.name) as target:
                while True:
                    if stop.is_set():
                        raise Interrupted(f"{file.name} was stopped", name=file.name)
                    piece = source.read(PIECE)
                    if not piece:
                        return
                    try:
                        target.write(piece)
                    except OSError as error:
                        raise write_error(error, str(part), file.name) from error

    def _drop_session(self) -> None:
        """A session whose connection failed isn't used again."""
        session = getattr(self._own, "session", None)
        self._own.session = None
        if session is not None:
            with self._guard:
                self._sessions = [each for each in self._sessions if each[1] is not session]
            _end(session)


def _appending(part: Path, name: str):
    try:
        return part.open("ab", buffering=0)
    except OSError as error:
        raise write_error(error, str(part), name) from error


def _end(session: Session) -> None:
    try:
        session.cleanup()
    except Exception as error:  # a connection that is gone can't be ended
        _log.debug("a session of iRODS couldn't be ended: %r", error)


def _length(part: Path) -> int:
    try:
        return part.stat().st_size
    except FileNotFoundError:
        return 0


def _cut(part: Path) -> int:
    part.unlink()
    return 0


def _below(top: Any, path: str) -> str:
    """A path within a collection; what isn't within it keeps its slash, and is refused as a name."""
    return path.removeprefix(f"{top.path.rstrip('/')}/")


def _file(found: Any, name: str) -> IrodsFile:
    good = [each for each in getattr(found, "replicas", ()) if _is_good(each)]
    stated = next((each for each in good if getattr(each, "checksum", None)), good[0] if good else found)
    size: int | None = getattr(stated, "size", found.size)
    checksum: str | None = getattr(stated, "checksum", found.checksum)
    changed: object = getattr(stated, "modify_time", getattr(found, "modify_time", ""))
    return IrodsFile(
        name=name, size=size, checksums=checksums_of_text(checksum), path=found.path, changed=str(changed or "")
    )


def _is_good(replica: object) -> bool:
    return str(getattr(replica, "status", "")) == "1"


def checksums_of_text(text: str | None) -> Mapping[str, str]:
    """Reads a checksum as iRODS keeps it.

    Args:
        text: `sha2:` and SHA-256 in base64, `sha1:` and SHA-1 in base64, or MD5 in hex; None or "" where there is none.

    Returns:
        From algorithm to hex digits; empty where there is none, or one of another kind, which is logged.
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
    _log.warning("the checksum %r is of a kind that can't be verified; the size is", text[:80])
    return {}
