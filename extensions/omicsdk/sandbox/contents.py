"""A sandbox's contents, platform by platform: named queries over tables, and their counts."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from omicsdk.sandbox.engine.store import Store, literal
from omicsdk.sandbox.state.database import Database, opening
from omicsdk.sandbox.state.folder import STATE, at_rest

# Rows on a page of a list.
PAGE = 50


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

    def rows(self, database: Database, start: int, of: str = "") -> list[tuple[str, ...]]:
        """Up to PAGE of them, as texts.

        Args:
            database: The state.
            start: Number of items to skip.
            of: The object that they are in, for listings with `inside`.
        """
        where, values = self._where(of)
        rows = database.rows(
            f"SELECT * FROM ({self.select}){where} LIMIT ? OFFSET ?",  # noqa: S608 - our own query
            [*values, PAGE, start],
        )
        # A column with the parent of the row comes after the columns with a heading.
        return [tuple("" if cell is None else str(cell) for cell in tuple(row)[: len(self.headings)]) for row in rows]

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
        return next((listing for listing in self.listings if listing.name == name), None)


@cache
def platforms() -> tuple[Collection, ...]:
    """All platforms, in the order in which they are shown."""
    text = files("omicsdk.sandbox").joinpath("contents.toml").read_text(encoding="utf-8")
    return tuple(
        Collection(
            platform["name"],
            platform["title"],
            platform["place"],
            tuple(Listing(**listing) for listing in platform["listings"]),
        )
        for platform in tomllib.loads(text)["platforms"]
    )


def collections(database: Database) -> list[Collection]:
    """All platforms, and the services of documents, in the order in which they are shown.

    Args:
        database: The state.
    """
    documents = (
        Collection(
            document.name,
            document.title,
            document.place,
            tuple(_listing(document.name, resource) for resource in document.resources),
        )
        for document in Store(database).documents.all()
    )
    return [*platforms(), *documents]


def _listing(service: str, resource: str) -> Listing:
    conditions = f"service = {literal(service)} AND resource = {literal(resource)} AND NOT deleted"
    return Listing(
        name=resource.replace("/", "."),
        title=resource.replace("/", " / "),
        headings=("identity", "collection", "fields"),
        select=f"SELECT identity, place, substr(data, 1, 200) FROM engine_records WHERE {conditions} ORDER BY number",  # noqa: S608 - literals are quoted
    )


def counted(database: Database) -> dict[str, dict[str, int]]:
    """The length of each list of each platform.

    Args:
        database: The state.
    """
    return {
        collection.name: {part.name: part.count(database) for part in collection.listings if not part.inside}
        for collection in collections(database)
    }


def counted_in(folder: Path) -> dict[str, dict[str, int]]:
    """The same for a folder that no sandbox runs on.

    Args:
        folder: The sandbox's folder.

    Raises:
        ValueError: It is not one.
        FolderInUse: A sandbox runs on it.
    """
    with opening(folder / STATE), at_rest(folder) as database:
        return counted(database)
