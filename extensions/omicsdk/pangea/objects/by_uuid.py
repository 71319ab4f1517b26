"""What work orders, their kinds and their jobs have alike: the server knows them by their uuids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

from omicsdk.pangea.asking.pages import paginated_iterator
from omicsdk.pangea.asking.routes import list_url
from omicsdk.pangea.asking.values import Blob
from omicsdk.pangea.errors import RemoteObjectError, not_there
from omicsdk.pangea.objects.remote_object import RemoteObject

if TYPE_CHECKING:
    from omicsdk.pangea.knex import Knex

R = TypeVar("R", bound=RemoteObject)


class ByUuid(RemoteObject):
    """What the server knows by its uuid only, and doesn't let anybody create or delete by name."""

    def pre_hash(self) -> str:
        """What tells it from others."""
        return f"{type(self).__name__}\x1f{self.uuid}"

    def _fetch(self) -> Blob:
        return self.knex.get(f"{self.route}/{self._id()}", url_options=self.inherited_url_options)

    def _create(self) -> None:
        raise RemoteObjectError(
            f"{self} can't be created with this call", remedy="Have its prototype create a work order."
        )

    def get_cached_blob(self) -> None:
        """Nothing is kept: states change while others work."""

    def cache_blob(self, blob: Blob) -> None:
        """Keeps nothing.

        Args:
            blob: What the server said.
        """
        del blob

    def refresh(self) -> Self:
        """Takes over what the server says now, whatever was set here.

        Returns:
            This object.

        Raises:
            PangeaGeneralError: The server refused, or didn't answer.
        """
        self._check_alive("fetched")
        return self._fetched(self._fetch())

    def __str__(self) -> str:
        return f"<Pangea::{type(self).__name__} {getattr(self, 'name', None)} {self.uuid} />"


class Prototype(ByUuid):
    """A kind of work order.

    Args:
        knex: The server, and who asks it.
        uuid: Its uuid.
    """

    remote_fields: ClassVar[Sequence[str]] = ("uuid", "created_at", "updated_at", "name")

    def __init__(self, knex: Knex, uuid: str) -> None:
        super().__init__(knex)
        self.name: str | None = None
        self.uuid = uuid

    @classmethod
    def from_uuid(cls, knex: Knex, uuid: str) -> Self:
        """Fetches one.

        Args:
            knex: The server, and who asks it.
            uuid: Its uuid.

        Raises:
            PangeaGeneralError: There is none, or it may not be seen, or the server didn't answer.
        """
        return cls(knex, uuid).get()

    @classmethod
    def from_name(cls, knex: Knex, name: str) -> Self:
        """Fetches one by its name, which the server's list is searched for.

        Args:
            knex: The server, and who asks it.
            name: Its name.

        Raises:
            PangeaNotFoundError: There is none of that name, or it may not be seen.
            PangeaGeneralError: The server didn't answer.
        """
        for blob in paginated_iterator(knex, list_url(cls.route, {"name": name})):
            if blob.get("name") == name:
                return cls(knex, blob["uuid"])._fetched(blob)
        raise not_there(f"{cls.__name__} {name!r}", f"{knex.endpoint_url}/{cls.route}")


class Order(ByUuid):
    """A work order.

    Args:
        knex: The server, and who asks it.
        name: Its name, which is that of its kind.
    """

    def __init__(self, knex: Knex, name: str) -> None:
        super().__init__(knex)
        self.name = name
        self.priority: int | None = None
        self.status: str | None = None

    @classmethod
    def from_blob(cls, knex: Knex, blob: Blob) -> Self:
        """Makes one of what the server says.

        Args:
            knex: The server, and who asks it.
            blob: What it says.
        """
        return cls(knex, blob["name"])._fetched(blob)

    @classmethod
    def from_uuid(cls, knex: Knex, uuid: str) -> Self:
        """Fetches one.

        Args:
            knex: The server, and who asks it.
            uuid: Its uuid.

        Raises:
            PangeaGeneralError: There is none, or it may not be seen, or the server didn't answer.
        """
        return cls.from_blob(knex, knex.get(f"{cls.route}/{uuid}"))

    def _opened(self, place: str, made_of: Callable[[Knex, Blob], R]) -> R:
        """Fetches what it is about, by an object whose requests name this order: its privilege opens all below."""
        options = {"work_order_uuid": self.uuid}
        found = made_of(self.knex, self.knex.get(place, url_options=options))
        found.url_options.update(options)
        return found
