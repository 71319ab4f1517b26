"""Objects on the server: fetch, create and save, without silently overwriting local changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast

from omicsdk.compat.pangea_api.knex import Knex, PangeaNotFoundError, PangeaOtherError, documented_errors, not_there
from omicsdk.compat.pangea_api.routes import list_url, named
from omicsdk.compat.pangea_api.utils import paginated_iterator
from omicsdk.core.errors import APIError, UsageError, shortened
from omicsdk.core.type_guards import is_mapping
from omicsdk.pangea.responses import Blob, name_in, object_of

if TYPE_CHECKING:
    from omicsdk.compat.pangea_api.file_system_cache import FileSystemCache

__all__ = ["RemoteObject", "RemoteObjectError", "RemoteObjectOverwriteError"]

R = TypeVar("R", bound="RemoteObject")

#: Fields that only the server sets.
FACTS = ("uuid", "created_at", "updated_at")
#: Characters of a value that a message shows.
MAX_SHOWN_LENGTH = 200


class RemoteObjectError(UsageError):
    """Invalid state of an object: it was deleted or never fetched, or its values cannot be sent."""


class RemoteObjectOverwriteError(RemoteObjectError):
    """Values of the server would overwrite local changes."""


class RemoteObject:
    """Base of all objects on a server.

    A class states in its attributes what the server knows of it and where it is; see each of them.

    Attributes:
        uuid: The server's identifier; None until it was fetched or created.
        blob: The last response of the server.
        url_options: Parameters that are sent with its requests and those of all below it, such as work_order_uuid.
    """

    remote_fields: ClassVar[Sequence[str]] = ()
    """Attributes that the server knows."""
    optional_remote_fields: ClassVar[Sequence[str]] = ()
    """Those of them that a response may lack."""
    parent_field: ClassVar[str | None] = None
    """The attribute of the object that it belongs to."""
    route: ClassVar[str] = ""
    """Its flat list, below /api."""
    nested_route: ClassVar[str] = ""
    """Part of its path by names before its name, below the path of its parent, or below /api."""
    owner: ClassVar[str] = ""
    """The server's field name of the parent's UUID; empty without a parent."""
    name_field: ClassVar[str] = "name"
    """The attribute by which it is looked up."""
    hash_prefix: ClassVar[str] = ""
    """The beginning of its key in the cache; by default the name of its class."""
    unblank: ClassVar[frozenset[str]] = frozenset()
    """Fields that the server refuses when they are blank: they are not sent then."""

    is_cached: ClassVar[bool] = True
    """Whether the server's responses may be cached."""
    unclear: ClassVar[frozenset[int]] = frozenset({400, 500})
    """Statuses of its path by names after which the flat list is read: the server ignores case, so two names may fit."""

    knex: Knex
    uuid: str | None
    _already_fetched = _modified = _deleted = False

    def __init__(self, knex: Knex) -> None:
        self.knex = knex
        self.uuid = None
        self.blob: Blob | None = None
        self.url_options: dict[str, object] = {}
        self.cache: FileSystemCache = knex.cache
        self._on_server: dict[str, object] = {}
        self._lists: dict[str, tuple[int, list[Any]]] = {}

    def __setattr__(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)
        if name in self.remote_fields or name == self.parent_field:
            object.__setattr__(self, "_modified", True)

    # -- where it is

    def nested_url(self) -> str:
        """Its path by names, quoted, such as `nested/My%20Org/sample_groups/My%20Library`."""
        if not self.nested_route:
            raise NotImplementedError(f"{type(self).__name__} has no path by names")
        parent = self._parent()
        above = "" if parent is None else f"{parent.nested_url()}/"
        # By the UUID if its name is not a valid segment.
        return f"{above}{self.nested_route}/{self._segment() or self._id()}"

    def pre_hash(self) -> str:
        """Return its cache key among the objects of the same server and user."""
        parent = self._parent()
        own_hash = f"{self.hash_prefix or type(self).__name__}{getattr(self, self.name_field)}"
        return own_hash if parent is None else f"{own_hash}\x1f{parent.pre_hash()}"

    # -- data on the server

    @property
    def inherited_url_options(self) -> dict[str, object]:
        """Its url_options and those of its parents."""
        parent = self._parent()
        # A parent's options take precedence, as in the published client.
        return {**self.url_options, **(parent.inherited_url_options if parent is not None else {})}

    def invalidate_cache(self) -> None:
        """Remove it from the cache."""
        self.cache.clear_blob(self)

    def get_cached_blob(self) -> Any:
        """Return its cached blob; None if it is missing or outdated."""
        return self.cache.get_cached_blob(self) if self.is_cached else None

    def cache_blob(self, blob: Blob) -> None:
        """Cache the server's response, if caching is allowed."""
        if self.is_cached:
            self.cache.cache_blob(self, blob)

    def load_blob(self, blob: Blob) -> None:
        """Load a response of the server, completely or not at all.

        Raises:
            KeyError: A required field is missing.
            RemoteObjectOverwriteError: Another value was set here; where both are objects (metadata), the server's may
                have more than was set, not less.
        """
        self._check_alive("loaded")
        self._check_fields(blob)
        ours, theirs = self._values(), self._plain(blob)
        for name in self.remote_fields:
            here, remote = ours[name], theirs.get(name)
            if here and here != remote and not _extends(remote, here):
                both = f"here it is {shortened(repr(here), MAX_SHOWN_LENGTH)}, on the server {shortened(repr(remote), MAX_SHOWN_LENGTH)}"
                remedy = f"Fetch it without setting {name}, then set {name} and save."
                raise RemoteObjectOverwriteError(f"Loading {self} would overwrite {name}: {both}", remedy=remedy)
        self._take(blob)

    def _check_fields(self, blob: Blob) -> None:
        for name in self.remote_fields:
            if name not in blob and name not in self.optional_remote_fields:
                raise KeyError(f"{name} is missing in the server's response about {self}")

    def _take_written(self, response: object, url: str) -> None:
        """Load the response to a request that created or changed it, discarding local changes."""
        blob = _object(response, url)
        # Or fields that are set would become None, its UUID among them, as if the server had them so.
        self._check_fields(blob)
        self._take(blob)

    def _take(self, blob: Blob) -> None:
        """Load a response of the server, discarding local changes."""
        self.blob = self._plain(blob)
        for name in self.remote_fields:
            setattr(self, name, blob.get(name))
            self._on_server[name] = _print(self.blob.get(name))

    def _plain(self, blob: Blob) -> Blob:
        """Return fields in the form for comparison, requests and cache."""
        return blob

    def _values(self) -> Blob:
        """Return the local fields."""
        return self._plain({name: getattr(self, name, None) for name in self.remote_fields})

    def _fetched(self, blob: Blob, already_fetched: bool = True, modified: bool = False) -> Self:
        """Load a response of the server, and return this object."""
        self._take(blob)
        self._already_fetched, self._modified = already_fetched, modified
        return self

    # -- the documented calls

    def get(self) -> Self:
        """Fetch it and its parents, unless they were fetched. Nothing is created.

        Raises:
            RemoteObjectError: It was deleted.
            RemoteObjectOverwriteError: A value was set here that differs from the server's.
            PangeaNotFoundError: It does not exist.
        """
        self._read(fresh=False)
        return self

    def exists(self) -> bool:
        """Return whether it exists on the server; an existing object is fetched, with errors as of `get`."""
        # The published client returns False after any failed request, though a failing server may have the object.
        with suppress(PangeaNotFoundError):
            if not self._deleted:
                self._read(fresh=True)
                return True
        return False

    def create(self) -> Self:
        """Create it and missing parents, unless it was fetched or created.

        The server refuses a name that is taken (PangeaOtherError); a second analysis result of a module is another replicate.

        Raises:
            KeyError: The server's response lacks a required field.
        """
        self._check_alive("created")
        if not self._already_fetched:
            self.invalidate_cache()
            self._create()
            self._already_fetched, self._modified = True, False
        return self

    def save(self) -> None:
        """Send the changes since it was fetched, including changes within metadata.

        Raises:
            KeyError: The server's response lacks a required field. The changes are kept.
        """
        self._check_alive("saved")
        if not self._already_fetched:
            raise RemoteObjectError(f"Cannot save {self}: it was never fetched", remedy="Call get() or idem() first.")
        if self._modified or self._is_unsaved():
            self.invalidate_cache()
            self._save()
            self._modified = False

    def idem(self) -> Self:
        """Synchronize it: fetch it, or create it if missing; a fetched object is saved. Errors as of `get`, `create` and `save`."""
        self._check_alive("fetched")
        if self._already_fetched:
            self.save()
            return self
        try:
            self._read(fresh=True)
        except PangeaNotFoundError:
            # Only if it is missing: the published client creates it after any failed request.
            self._create_or_find()
        return self

    def delete(self) -> None:
        """Delete it and everything below it. This cannot be undone."""
        self._check_alive("deleted")
        if self.uuid is None:
            self._read(fresh=True)
        # By the UUID: the published path by names may be another object's, as the server ignores case.
        self.knex.delete(self._own_route(), url_options=self.inherited_url_options)
        self.invalidate_cache()
        self._already_fetched, self._deleted = False, True

    # -- how they are done

    def _read(self, *, fresh: bool) -> None:
        self._check_alive("fetched")
        if self._already_fetched:
            return
        if (parent := self._parent()) is not None:
            parent._read(fresh=fresh)
        self._get(fresh=fresh)
        self._already_fetched, self._modified = True, False

    def _get(self, *, fresh: bool) -> None:
        """Load it from the cache, or from the server if it must be fresh or the cached blob does not match."""
        cached = None if fresh else self.get_cached_blob()
        if cached is not None:
            with suppress(KeyError, RemoteObjectOverwriteError):
                self.load_blob(cached)
                return
            self.invalidate_cache()
        before, blob = self._last_write(), self._fetch()
        self.load_blob(blob)
        if before == self._last_write():  # data that was written meanwhile, by any process, may be newer
            self.cache_blob(blob)

    def _last_write(self) -> object:
        return self.knex.writes, self.cache.last_write(self.knex.cache_scope)

    def _fetch(self) -> Blob:
        """Request its description by name."""
        if self._segment() is None:
            return self._list_entry()
        try:
            blob = self._answered(self.nested_url(), **self._narrowed())
        except APIError as error:
            if error.status not in self.unclear:
                raise
            try:
                return self._list_entry()
            except PangeaNotFoundError:
                raise error from None
        # The server ignores the case of names; another name is another object.
        return blob if self._is_it(blob) else self._list_entry()

    def _narrowed(self) -> dict[str, object]:
        """Return the parameters of its path by names."""
        return {}

    def _answered(self, url: str, **options: object) -> Blob:
        """Request an object of the server."""
        return _object(self.knex.get(url, url_options={**self.inherited_url_options, **options}), url)

    def _list_entry(self) -> Blob:
        """Return its entry of the flat list."""
        url = self._list_url()
        for blob in paginated_iterator(self.knex, url):
            if self._is_it(blob):
                return blob
        raise not_there(f"{type(self).__name__} {getattr(self, self.name_field)!r}", f"{self.knex.endpoint_url}/{url}")

    def _list_url(self) -> str:
        return list_url(self.route, {**self._filter(), **self.inherited_url_options})

    def _create(self) -> None:
        if (parent := self._parent()) is not None:
            parent.idem()
        sent = {name: value for name, value in self._writable().items() if value is not None}
        sent = {name: value for name, value in {**sent, **self._owned()}.items() if not self._is_blank(name, value)}
        response: object = self.knex.post(self.route, json=sent, url_options=self.inherited_url_options)
        self._take_written(response, self.route)

    def _create_or_find(self) -> None:
        """Create it, or fetch it if another program created it first."""
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
        # The published client sends all fields, and so overwrites what others have changed since.
        changes = self._changes()
        for name, value in changes.items():
            if self._is_blank(name, value):
                raise RemoteObjectError(f"{self}: {name} cannot be blank", remedy="Set another text.")
        if changes:
            response: object = self.knex.patch(self._own_route(), json=changes, url_options=self.inherited_url_options)
            self._take_written(response, self._own_route())

    def _is_unsaved(self) -> bool:
        """Return whether there are unsaved changes."""
        return bool(self._changes())

    def _writable(self) -> dict[str, object]:
        return {name: value for name, value in self._values().items() if name not in FACTS}

    def _changes(self) -> dict[str, object]:
        """Return the fields that differ from the server's."""
        writable = self._writable().items()
        return {name: value for name, value in writable if _print(value) != self._on_server.get(name)}

    def _owned(self) -> dict[str, object]:
        """Return the UUID of its parent, under the server's field name."""
        parent = self._parent()
        return {self.owner: parent._id()} if self.owner and parent is not None else {}

    def _filter(self) -> dict[str, object]:
        """Return the filter of the flat list."""
        owners = {f"{owner}_id": uuid for owner, uuid in self._owned().items()}
        return {self.name_field: getattr(self, self.name_field), **owners}

    def _is_blank(self, name: str, value: object) -> bool:
        return name in self.unblank and (value is None or (isinstance(value, str) and not value.strip()))

    def _parent(self) -> RemoteObject | None:
        return getattr(self, self.parent_field) if self.parent_field is not None else None

    def _segment(self) -> str | None:
        """Return its segment of the path by names; None if its name is not a valid segment."""
        return named(str(getattr(self, self.name_field)))

    def _own_route(self) -> str:
        return f"{self.route}/{self._id()}"

    def _is_it(self, blob: Blob) -> bool:
        """Return whether a found entry has its name."""
        return blob.get(self.name_field) == getattr(self, self.name_field)

    def _id(self) -> str:
        if self.uuid is None:
            remedy = "Call get(), create() or idem() first."
            raise RemoteObjectError(f"{self} does not exist on the server yet", remedy=remedy)
        return self.uuid

    def _check_alive(self, action: str) -> None:
        if self._deleted:
            raise RemoteObjectError(f"{self} cannot be {action}: it was deleted")

    # -- what belongs to it

    def _children(
        self,
        url: str,
        make: Callable[[Blob], R],
        error_handler: Callable[[Exception], object] | None = None,
        **query: object,
    ) -> Iterator[R]:
        """Fetch it, then yield all items of one of its lists.

        Args:
            url: The list, with `{}` for its own UUID.
            make: Makes an object of an item, which is loaded then.
            error_handler: As of `paginated_iterator`.
            query: Narrows the list; `{}` in a value is its own UUID.
        """
        self.get()
        parameters = {name: str(value).format(self.uuid) for name, value in query.items()}
        for blob in paginated_iterator(self.knex, list_url(url.format(self.uuid), parameters), error_handler):
            yield make(blob)._fetched(blob)

    def _remembered(
        self, name: str, fetch: Callable[[], Iterator[R]], *, cache: bool, whole: Callable[[], bool] = lambda: True
    ) -> Iterator[R]:
        """Yield one of its lists, from memory or as it arrives.

        Args:
            name: The list's name.
            fetch: Reads the list.
            cache: Whether it is remembered when it was read to its end, until something is written.
            whole: Returns at the end whether nothing is missing.
        """
        seen = self._lists.get(name)
        if cache and seen is not None and seen[0] == self.knex.writes:
            yield from cast("list[R]", seen[1])
            return
        writes, items = self.knex.writes, list[R]()
        for item in fetch():
            if cache:
                items.append(item)
            yield item
        if cache and whole():
            self._lists[name] = writes, items

    def _results(self, kind: str, make: Callable[[str, str | None], R], *, cache: bool) -> Iterator[R]:
        """Yield the analysis results of a sample or a group, as `kind` states."""

        def result(blob: Blob) -> R:
            return make(text_at(blob, "module_name"), blob.get("replicate"))

        url, query = f"{kind}_ars", {f"{kind}_id": "{}"}
        return self._remembered("results", lambda: self._children(url, result, None, **query), cache=cache)

    def __str__(self) -> str:
        return f"<Pangea::{type(self).__name__} {getattr(self, self.name_field, None)} {self.uuid} />"

    def __repr__(self) -> str:
        return str(self)


def text_at(blob: Blob, field: str) -> str:
    """Return a text that an object on the server must have, such as its name; a PangeaGeneralError and DecodeError without it."""
    with documented_errors():
        return name_in(object_of(blob, "an object of the server"), "an object of the server", field)


def object_at(blob: Blob, field: str) -> Blob:
    """Return what an object on the server must belong to, such as its library; errors as those of `text_at`."""
    return _object(_object(blob, "an object of the server").get(field), field)


def _object(value: object, name: str) -> Blob:
    with documented_errors():
        return object_of(value, name)


def _extends(remote: object, here: object) -> bool:
    """Return whether the server's object contains all members that are set locally."""
    if not is_mapping(remote) or not is_mapping(here):
        return False
    return all(name in remote and remote[name] == value for name, value in here.items())


def _print(value: object) -> object:
    """Return a fingerprint of a value, without references to mutable parts."""
    if isinstance(value, dict | list):
        try:
            return hash(json.dumps(value))
        except (TypeError, ValueError):
            return object()  # it is like nothing that a server has
    return value
