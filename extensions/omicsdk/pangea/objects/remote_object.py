"""Things on the server as objects: fetched, created and saved; what was set here is never overwritten unseen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from omicsdk.pangea.asking.pages import paginated_iterator
from omicsdk.pangea.asking.routes import list_url, named
from omicsdk.pangea.asking.values import Blob, extends, object_of, print_of, shown
from omicsdk.pangea.errors import (
    PangeaInternalError,
    PangeaNotFoundError,
    PangeaOtherError,
    RemoteObjectError,
    RemoteObjectOverwriteError,
    not_there,
)

if TYPE_CHECKING:
    from omicsdk.pangea.asking.cache import FileSystemCache
    from omicsdk.pangea.knex import Knex

#: What the server alone sets.
_READ_ONLY = frozenset({"uuid", "created_at", "updated_at"})


class RemoteObject:
    """The base of all things on a server.

    A class says its `remote_fields`, the `route` of its flat list and, where it has one, the attribute of its parent; it
    gives what is sent to create one (`_creation`), how a list is narrowed to it (`_filter`), and its place below its
    parent (`nested_url`), if it has one.

    Args:
        knex: The server, and who asks it.

    Attributes:
        uuid: The server's name for it; None until it was fetched or created.
        blob: What the server said of it last.
        url_options: Parameters that go along with its requests and those of all below it, such as work_order_uuid.
    """

    remote_fields: ClassVar[Sequence[str]] = ()
    """Attributes that the server knows."""
    optional_remote_fields: ClassVar[Sequence[str]] = ()
    """Those of them that an answer may lack."""
    parent_field: ClassVar[str | None] = None
    """The attribute of what it belongs to."""
    route: ClassVar[str] = ""
    """Its flat list, below /api."""
    detail_route: ClassVar[str] = ""
    """Where one of it stands by its uuid, if that isn't below its flat list."""
    name_field: ClassVar[str] = "name"
    """The attribute that it is looked up by."""
    unblank: ClassVar[frozenset[str]] = frozenset()
    """Fields that the server doesn't take when they are blank: they aren't sent then."""

    knex: Knex
    uuid: str | None
    _already_fetched: bool = False
    _modified: bool = False
    _deleted: bool = False

    def __init__(self, knex: Knex) -> None:
        self.knex = knex
        self.uuid = None
        self.blob: Blob | None = None
        self.url_options: dict[str, object] = {}
        self.cache: FileSystemCache = knex.cache
        self._on_server: dict[str, object] = {}

    def __setattr__(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)
        if name in self.remote_fields or name == self.parent_field:
            object.__setattr__(self, "_modified", True)

    # -- what a class says

    def nested_url(self) -> str:
        """Its place by names, quoted, such as `nested/My%20Org/sample_groups/My%20Library`.

        Raises:
            NotImplementedError: Things of this class have none.
        """
        raise NotImplementedError(f"{type(self).__name__} has no place by names")

    def pre_hash(self) -> str:
        """What tells it from others of the same server and user, for the cache."""
        return f"{type(self).__name__}\x1f{self.uuid}"

    def _creation(self) -> dict[str, object]:
        """What is sent to create it: all that can be set and is."""
        return {name: value for name, value in self._writable().items() if value is not None}

    def _filter(self) -> dict[str, object]:
        """How the flat list is narrowed to it."""
        return {self.name_field: getattr(self, self.name_field)}

    # -- what the server holds

    @property
    def inherited_url_options(self) -> dict[str, object]:
        """Its url_options and those of all that it belongs to."""
        parent = self._parent()
        return {**self.url_options, **(parent.inherited_url_options if parent is not None else {})}

    def invalidate_cache(self) -> None:
        """Forgets what was kept of it."""
        self.cache.clear_blob(self)

    def get_cached_blob(self) -> Any:
        """What was kept of it; None when there is nothing, or it isn't good any longer."""
        return self.cache.get_cached_blob(self)

    def cache_blob(self, blob: Blob) -> None:
        """Keeps what the server said of it.

        Args:
            blob: What it said.
        """
        self.cache.cache_blob(self, blob)

    def load_blob(self, blob: Blob) -> None:
        """Takes over what the server says of it; nothing is, unless all can be.

        Args:
            blob: What it says: the object's fields.

        Raises:
            RemoteObjectError: It was deleted.
            KeyError: A field is missing that must be there.
            RemoteObjectOverwriteError: Something else was set here; where both are objects (metadata), the server's may
                have more than was set, not less.
        """
        self._check_alive("loaded")
        for name in self.remote_fields:
            if name not in blob and name not in self.optional_remote_fields:
                raise KeyError(f"{name} is missing in what the server says of {self}")
            here, there = getattr(self, name, None), blob.get(name)
            if here and here != there and not extends(there, here):
                raise RemoteObjectOverwriteError(
                    f"Loading {self} would overwrite {name}: here it is {shown(here)}, on the server {shown(there)}",
                    remedy="Fetch it without setting that, then set it and save.",
                )
        self._take(blob)

    def _take(self, blob: Blob) -> None:
        """Takes over what the server says, whatever was set here."""
        for name in self.remote_fields:
            value = blob.get(name)
            setattr(self, name, value)
            self._on_server[name] = print_of(value)
        self.blob = blob

    def _fetched(self, blob: Blob, already_fetched: bool = True, modified: bool = False) -> Self:
        """Itself, as the server says that it is."""
        self._take(blob)
        self._already_fetched = already_fetched
        self._modified = modified
        return self

    # -- the documented calls

    def get(self) -> Self:
        """Fetches it, unless it was fetched. What it belongs to is fetched too, and neither is ever created.

        Returns:
            This object.

        Raises:
            RemoteObjectError: It was deleted.
            RemoteObjectOverwriteError: Something else was set here than the server has.
            PangeaNotFoundError: There is no such thing.
            PangeaGeneralError: The server refused, or didn't answer.
        """
        self._read(fresh=False)
        return self

    def exists(self) -> bool:
        """Tells whether it is on the server; fetches it if it is.

        Raises:
            RemoteObjectOverwriteError: It is, and something else was set here.
            PangeaGeneralError: The server refused, or didn't answer: nobody knows.
        """
        if self._deleted:
            return False
        try:
            self._read(fresh=True)
        except PangeaNotFoundError:
            return False
        return True

    def create(self) -> Self:
        """Creates it, unless it was fetched or created; and first what it belongs to, where that isn't there.

        Where one of its name is there, the server refuses; a second analysis result of a module is another replicate.

        Returns:
            This object.

        Raises:
            RemoteObjectError: It was deleted, or the server made something else than was asked for.
            PangeaOtherError: There is one of that name, or the server doesn't accept a value.
            PangeaGeneralError: The server refused, or didn't answer.
        """
        self._check_alive("created")
        if not self._already_fetched:
            self.invalidate_cache()
            self._create()
            self._already_fetched = True
            self._modified = False
        return self

    def save(self) -> None:
        """Sends what was changed since it was fetched, changes within metadata too.

        Raises:
            RemoteObjectError: It was deleted, or never fetched, or a change can't be sent.
            PangeaGeneralError: The server refused, or didn't answer.
        """
        self._check_alive("saved")
        if not self._already_fetched:
            raise RemoteObjectError(
                f"{self} can't be saved: it was never fetched", remedy="Call get() or idem() first."
            )
        if self._modified or self._is_unsaved():
            self.invalidate_cache()
            self._save()
            self._modified = False

    def idem(self) -> Self:
        """Makes here and there the same: fetches it, or creates it where it isn't there; one that was fetched is saved.

        Returns:
            This object.

        Raises:
            RemoteObjectError: It was deleted.
            RemoteObjectOverwriteError: It is there, and something else was set here.
            PangeaGeneralError: The server refused, or didn't answer; nothing is created then.
        """
        self._check_alive("fetched")
        if self._already_fetched:
            self.save()
            return self
        try:
            self._read(fresh=True)
        except PangeaNotFoundError:
            self._create_or_find()
        return self

    def delete(self) -> None:
        """Deletes it, and with it all that belongs to it. There is no way back.

        Raises:
            RemoteObjectError: It was deleted before.
            PangeaGeneralError: The server refused, or didn't answer.
        """
        self._check_alive("deleted")
        if self.uuid is None:
            self._read(fresh=True)
        self.knex.delete(self._own_route(), url_options=self.inherited_url_options)
        self.invalidate_cache()
        self._already_fetched = False
        self._deleted = True

    # -- how they are done

    def _read(self, *, fresh: bool) -> None:
        self._check_alive("fetched")
        if self._already_fetched:
            return
        parent = self._parent()
        if parent is not None:
            parent._read(fresh=fresh)
        self._get(fresh=fresh)
        self._already_fetched = True
        self._modified = False

    def _get(self, *, fresh: bool = False) -> None:
        """Loads it: what was kept, unless it shall be fresh or what was kept doesn't fit."""
        kept = None if fresh else self.get_cached_blob()
        if kept is not None:
            try:
                return self.load_blob(kept)
            except (KeyError, RemoteObjectOverwriteError):
                self.invalidate_cache()
        writes, blob = self.knex.writes, self._fetch()
        self.load_blob(blob)
        if writes == self.knex.writes:  # what was written meanwhile may be newer
            self.cache_blob(blob)
        return None

    def _fetch(self) -> Blob:
        """What the server says of it, looked up by its name."""
        if self._segment() is None:
            return self._listed()
        try:
            blob = object_of(
                self.knex.get(self.nested_url(), url_options=self.inherited_url_options), self.nested_url()
            )
        except (PangeaInternalError, PangeaOtherError) as error:
            if error.status not in (400, 500):  # what is said of two names that differ in case only
                raise
            try:
                return self._listed()
            except PangeaNotFoundError:
                raise error from None
        # The server looks names up without regard to case; another name is another thing.
        return blob if self._is_it(blob) else self._listed()

    def _listed(self) -> Blob:
        """What the flat list has of it."""
        name = getattr(self, self.name_field)
        url = list_url(self.route, {**self._filter(), **self.inherited_url_options})
        for blob in paginated_iterator(self.knex, url):
            if self._is_it(blob):
                return blob
        raise not_there(f"{type(self).__name__} {name!r}", f"{self.knex.endpoint_url}/{url}")

    def _create(self) -> None:
        parent = self._parent()
        if parent is not None:
            parent.idem()
        sent = {name: value for name, value in self._creation().items() if not self._is_blank(name, value)}
        answer = self.knex.post(self.route, json=sent, url_options=self.inherited_url_options)
        self._take(object_of(answer, self.route))

    def _create_or_find(self) -> None:
        """Creates it; where somebody else was faster, it is fetched."""
        try:
            self.create()
        except PangeaOtherError as error:
            if error.status != 400:
                raise
            try:
                self._read(fresh=True)
            except PangeaNotFoundError:
                raise error from None

    def _save(self) -> None:
        changes = self._changes()
        for name, value in changes.items():
            if self._is_blank(name, value):
                raise RemoteObjectError(
                    f"{self}: {name} can't be made blank, the server doesn't take that", remedy="Set other words."
                )
        if changes:
            answer = self.knex.patch(self._own_route(), json=changes, url_options=self.inherited_url_options)
            self._take(object_of(answer, self._own_route()))

    def _is_unsaved(self) -> bool:
        """Whether there is something to send."""
        return bool(self._changes())

    def _writable(self) -> dict[str, object]:
        return {name: getattr(self, name, None) for name in self.remote_fields if name not in _READ_ONLY}

    def _changes(self) -> dict[str, object]:
        """What of it is other than the server has it."""
        held = self._on_server
        return {name: value for name, value in self._writable().items() if print_of(value) != held.get(name)}

    def _is_blank(self, name: str, value: object) -> bool:
        return name in self.unblank and (value is None or (isinstance(value, str) and not value.strip()))

    def _parent(self) -> RemoteObject | None:
        return getattr(self, self.parent_field) if self.parent_field is not None else None

    def _segment(self) -> str | None:
        """Its own part of its place by names; None where its name can't be one."""
        return named(str(getattr(self, self.name_field)))

    def _place(self) -> str:
        """The same for what is below it: its uuid where its name can't be one."""
        return self._segment() or self._id()

    def _own_route(self) -> str:
        return f"{self.detail_route or self.route}/{self._id()}"

    def _is_it(self, blob: Blob) -> bool:
        """Whether something that was found is it, by its name."""
        return blob.get(self.name_field) == getattr(self, self.name_field)

    def _id(self) -> str:
        if self.uuid is None:
            raise RemoteObjectError(
                f"{self} isn't known to the server yet", remedy="Call get(), create() or idem() first."
            )
        return self.uuid

    def _check_alive(self, done: str) -> None:
        if self._deleted:
            raise RemoteObjectError(f"{self} can't be {done}: it was deleted")

    def __str__(self) -> str:
        return f"<Pangea::{type(self).__name__} {getattr(self, self.name_field, None)} {self.uuid} />"

    def __repr__(self) -> str:
        return str(self)
