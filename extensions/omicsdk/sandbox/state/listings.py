"""Listings of a platform's contents: named queries over its tables."""

from collections.abc import Sequence
from dataclasses import dataclass

from omicsdk.sandbox.state.database import Database

PAGE = 50
"""Rows on a page of a list."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One list of objects.

    Attributes:
        name: Its word in addresses.
        title: Its contents, in the plural.
        headings: Of its columns; as many as the query selects.
        select: The query. Its columns are the headings, in their order; the first one names the object.
        opens: The listing of an item's contents; empty for none. That listing is reached from items only.
        inside: The column that names the parent of a row; empty for a listing without parents.
    """

    name: str
    title: str
    headings: Sequence[str]
    select: str
    opens: str = ""
    inside: str = ""

    def count(self, database: Database, of: str = "") -> int:
        """The number of rows.

        Args:
            database: The state.
            of: The object that they are in, for listings with `inside`.
        """
        where, values = self._where(of)
        row = database.row(f"SELECT count(*) AS n FROM ({self.select}){where}", values)  # noqa: S608 - our own query
        return 0 if row is None else row["n"]

    def rows(self, database: Database, start: int, of: str = "", most: int = PAGE) -> list[tuple[str, ...]]:
        """Some of them, as texts.

        Args:
            database: The state.
            start: Number of items to skip.
            of: The object that they are in, for listings with `inside`.
            most: Largest number of items.
        """
        where, values = self._where(of)
        found = database.rows(
            f"SELECT * FROM ({self.select}){where} LIMIT ? OFFSET ?",  # noqa: S608 - our own query
            [*values, most, start],
        )
        # A column with the parent of the row comes after the columns with a heading.
        return [tuple("" if each is None else str(each) for each in tuple(row)[: len(self.headings)]) for row in found]

    def _where(self, of: str) -> tuple[str, list[str]]:
        return (f" WHERE {self.inside} = ?", [of]) if self.inside else ("", [])


@dataclass(frozen=True, slots=True)
class Collection:
    """All listings of a platform.

    Attributes:
        name: Its word in addresses.
        title: The platform's name.
        place: Its path in the sandbox.
        listings: Its lists.
    """

    name: str
    title: str
    place: str
    listings: tuple[Listing, ...]

    def listing(self, name: str) -> Listing | None:
        """One listing; None for an unknown name."""
        return next((each for each in self.listings if each.name == name), None)
