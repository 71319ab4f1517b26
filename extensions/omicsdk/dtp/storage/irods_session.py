"""Sessions of python-irodsclient: how they are opened, the part of their documented interface that is used, their errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self, cast

from omicsdk.core.errors import AuthError, ConnectFailed, MissingExtra, OmicsError, TransferError, shortened

if TYPE_CHECKING:
    from omicsdk.dtp.config import IrodsConfig


class OpenObject(Protocol):
    """An open data object."""

    def seek(self, offset: int, /) -> object: ...
    def read(self, size: int, /) -> bytes: ...
    def close(self) -> None: ...


class DataObject(Protocol):
    """A data object of a collection."""

    @property
    def path(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int | None: ...
    @property
    def checksum(self) -> str | None: ...


class Collection(Protocol):
    """A collection: data objects, and collections below it."""

    @property
    def path(self) -> str: ...
    @property
    def data_objects(self) -> Sequence[DataObject]: ...
    @property
    def subcollections(self) -> Sequence[Collection]: ...


class Collections(Protocol):
    """The collections of a session."""

    def get(self, path: str, /) -> Collection: ...


class DataObjects(Protocol):
    """The data objects of a session."""

    def open(self, path: str, mode: str, /) -> OpenObject: ...


class Session(Protocol):
    """A session with a server. It connects when it is first used; its connections aren't shared between threads."""

    @property
    def collections(self) -> Collections: ...
    @property
    def data_objects(self) -> DataObjects: ...
    def cleanup(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


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
    made = cast("Callable[..., Session]", iRODSSession)

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
