"""Bulk calls: one request for many objects, with a separate result for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, cast

from omicsdk.compat.sevenbridges.errors import BY_STATUS, SbgError, as_ours
from omicsdk.compat.sevenbridges.http.responses import Response, items_of, object_of
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.resource import Resource, Value, request_of
from omicsdk.core.errors import OmicsError
from omicsdk.sb.jobs import bulk

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.api import Api


class Error(Value):
    """An error that the platform reported without failing the request. Its text is its message."""

    status = code = fields.whole()
    message = more_info = fields.text()

    @classmethod
    def payload_of(cls, error: OmicsError) -> dict[str, object]:
        """Convert an error that was raised to the platform's form: status, code, message, more_info."""
        return {name: getattr(error, name, None) for name in ("status", "code", "message", "more_info")}

    def as_exception(self) -> SbgError:
        """Exception that a request for this item alone would have raised, with the class of its status."""
        status, code, more = self.field("status"), self.field("code"), self.field("more_info")
        kind = BY_STATUS.get(status) if isinstance(status, int) else None
        if kind is None:
            return SbgError(str(self), code, status, more)
        return kind(code, str(self), more)

    def __str__(self) -> str:
        code = self.field("code")
        return str(self.field("message") or f"error{'' if code is None else f' {code}'} without a message")


R = TypeVar("R", bound=Resource)


class BulkRecord(Resource, Generic[R]):
    """The result for one object of a bulk call: it, or what is wrong with it."""

    _KIND: ClassVar[type[Resource]] = Resource  # the class of the objects

    error = fields.Part(lambda: Error)

    @property
    def resource(self) -> R | None:
        """The object; None if there is an error, and for what was deleted. The same object each time."""
        value = self.field("resource")
        if value is None or isinstance(value, Resource):
            return cast("R | None", value)
        return cast("R", self.part("resource", value, lambda: self._KIND.of(value, self.api_or_none)))

    @resource.setter
    def resource(self, value: R | dict[str, Any] | None) -> None:
        self.adopt("resource", value)

    @property
    def valid(self) -> bool:
        """Whether it succeeded."""
        return self.field("error") is None

    @classmethod
    def parse_records(cls, response: Response, api: Api | None = None) -> list[Self]:
        """Return a record for each object of the response of a bulk call, in its order."""
        return cls.of_items(items_of(object_of(response), response), api if api is not None else cls._API)

    @classmethod
    def of_items(cls, items: Sequence[dict[str, Any]] | None, api: Api | None) -> list[Self]:
        """Create records of objects with `resource` or `error`."""
        return [cls.of(item, api) for item in items or ()]

    @classmethod
    def collect(
        cls, api: Api, operation: str, items: Sequence[Any], name: str = "items", *, in_order: bool = True, **more: Any
    ) -> list[Self]:
        """Return a record for each of any number of items, in their order, with as many per request as the platform takes.

        If a request but the first fails, the records of its items have the error, so that the results of the others are known.

        Args:
            name: What the operation calls the items.
            in_order: Whether requests are sent one after the other; else several at once, after the first.
            **more: Further arguments of the operation.
        """

        def request_records(some: Sequence[Any]) -> list[Self]:
            return cls.parse_records(api.send(request_of(api, operation, **{name: some}, **more)), api)

        def failed(error: OmicsError) -> Self:
            return cls.of({"error": Error.payload_of(error)}, api)

        with as_ours():
            return bulk(items, request_records, failed, in_order=in_order)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} valid={self.valid}>"
