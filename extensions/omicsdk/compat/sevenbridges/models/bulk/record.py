"""Bulk calls: many things in a request, each answered by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast

from omicsdk.compat.sevenbridges.enums import RequestParameters
from omicsdk.compat.sevenbridges.errors import SbgError
from omicsdk.compat.sevenbridges.http.answers import Response, items_of, object_of
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.resource import Resource
from omicsdk.compat.sevenbridges.models.bulk.told_error import Error

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.core.request import Request

R = TypeVar("R", bound=Resource)
T = TypeVar("T")

#: Requests that are under way at once, where their order doesn't matter.
AT_ONCE = 8


class BulkRecord(Resource, Generic[R]):
    """What came of one thing of a bulk call: it, or what is wrong with it."""

    error = fields.Part(lambda: Error)

    @classmethod
    def _kind(cls) -> type[Resource]:
        """The class of the things."""
        return Resource

    @property
    def resource(self) -> R | None:
        """The thing; None where there is an error, and for what was deleted. The same object each time."""
        told = self.field("resource")
        if told is None or isinstance(told, Resource):
            return cast("R | None", told)
        return cast("R", self.part("resource", told, lambda: self._kind().of(told, self.api_or_none)))

    @resource.setter
    def resource(self, value: R | dict[str, Any] | None) -> None:
        self.adopt("resource", value)

    @property
    def valid(self) -> bool:
        """Whether it went well."""
        return self.field("error") is None

    @classmethod
    def parse_records(cls, response: Response, api: HttpClient | None = None) -> list[Self]:
        """Reads the answer of a bulk call.

        Args:
            response: The answer.
            api: Where it came from.

        Returns:
            A record for each thing, in the answer's order.

        Raises:
            SbgError: The answer isn't a JSON object (a NonJSONResponseError), or has no list (a DecodeError, too).
        """
        return cls.of_items(items_of(object_of(response), response), api if api is not None else cls._API)

    @classmethod
    def of_items(cls, items: Sequence[dict[str, Any]] | None, api: HttpClient | None) -> list[Self]:
        """Makes records of what the platform told.

        Args:
            items: Objects with `resource` or `error`.
            api: Where they came from.
        """
        return [cls.of(item, api) for item in items or ()]

    @classmethod
    def collect(
        cls, items: Sequence[T], build: Callable[[Sequence[T]], Request], api: HttpClient, *, side_by_side: bool = False
    ) -> list[Self]:
        """Asks for any number of things, as many in a request as the platform takes.

        When a request but the first fails, its things' records have the error, so that nobody loses sight of what was done
        for the others.

        Args:
            items: The things.
            build: Makes the request for some of them.
            api: Where to.
            side_by_side: Whether the order of the requests doesn't matter; then several are under way at once, after the
                first.

        Returns:
            A record for each thing, in their order.

        Raises:
            SbgError: The first request failed, and nothing was done; or its answer isn't one for each thing.
        """
        most = RequestParameters.DEFAULT_BULK_LIMIT
        chunks = [items[at : at + most] for at in range(0, len(items), most)]
        if not chunks:
            return []

        def asked(chunk: Sequence[T]) -> list[Self]:
            records = cls.parse_records(api.send(build(chunk)), api)
            if len(records) != len(chunk):  # whose is whose can't be told
                raise SbgError(
                    f"The platform answered for {len(records)} of {len(chunk)} items of a bulk call",
                    remedy="Look at each by itself: what was asked for may be done for some.",
                )
            return records

        def answered(chunk: Sequence[T]) -> list[Self]:
            try:
                return asked(chunk)
            except SbgError as error:
                return [cls.of({"error": Error.told_by(error)}, api) for _ in chunk]

        records = asked(chunks[0])
        rest = chunks[1:]
        if side_by_side and len(rest) > 1:
            with ThreadPoolExecutor(min(AT_ONCE, len(rest)), "omicsdk-bulk") as pool:
                for part in pool.map(answered, rest):
                    records += part
        else:
            for chunk in rest:
                records += answered(chunk)
        return records

    def __repr__(self) -> str:
        return f"<{type(self).__name__} valid={self.valid}>"
