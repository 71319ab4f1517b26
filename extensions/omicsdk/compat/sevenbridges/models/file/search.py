"""What a search for files found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

from omicsdk.compat.sevenbridges.errors import PaginationError, ValidationError
from omicsdk.compat.sevenbridges.http.answers import items_of, object_of
from omicsdk.compat.sevenbridges.http.arguments import Number, check_texts, may_be, shown
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.resource import given
from omicsdk.compat.sevenbridges.meta.value import Value

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.compat.sevenbridges.models.file.resource import File


class SearchResponse(Value):
    """A page of what a search found."""

    count = fields.whole()
    cont_token = fields.text()
    result_set = fields.listing()

    @classmethod
    def fetch(cls, query: str, cont_token: str | None, limit: int | None, api: HttpClient) -> Self:
        """Asks for a page.

        Args:
            query: What is searched for, in the platform's query language.
            cont_token: The token of the page before; None for the first.
            limit: How many are on a page.
            api: Where to.

        Raises:
            ValidationError: There is no query, or the limit is less than 1.
            SbgError: The platform answered with an error.
        """
        check_texts({"query": query})
        if not query:
            raise ValidationError("A search needs a query", remedy="Give one, such as query='IN \"me/my-project\"'.")
        if limit is not None and not may_be(Number("", is_whole=True, least=1), limit):
            raise ValidationError(f"limit is {shown(limit)}", remedy="Give a whole number, 1 or more.")
        request = api.client.search_files.build(query=query, cont_token=given(cont_token), limit=given(limit))
        asked = {"query": query, "limit": limit}  # for the next page
        response = api.send(request)
        told = object_of(response)
        items_of(told, response, "result_set")
        return cls.of({**told, **asked}, api)

    @property
    def files(self) -> list[File]:
        """The page's files."""
        from omicsdk.compat.sevenbridges.models.file.resource import File

        told: list[dict[str, Any]] = self.field("result_set") or []
        return self.part("files", self.field("result_set"), lambda: [File.of(each, self.api) for each in told])

    def next_page(self) -> Self:
        """The page after this one.

        Raises:
            PaginationError: This is the last.
            SbgError: The platform answered with an error.
        """
        token = self.field("cont_token")
        if not token or not self.field("result_set"):
            raise PaginationError("This is the last page")
        return type(self).fetch(self.field("query"), token, self.field("limit"), self.api)

    def all(self) -> Iterator[File]:
        """All files from this page on, page after page.

        Raises:
            SbgError: The platform answered with an error.
        """
        page = self
        while True:
            yield from page.files
            if not page.field("cont_token") or not page.field("result_set"):
                return
            before, page = page.field("cont_token"), page.next_page()
            if page.field("cont_token") == before:
                raise PaginationError("The platform's token for the next page leads back to the page that it is on")

    def __repr__(self) -> str:
        return f"<SearchResponse: count={self.field('count')}, fetched={len(self.field('result_set') or ())}>"
