"""Which rows somebody sees."""

from collections.abc import Iterable

from omicsdk.sandbox.gen3.access import Person
from omicsdk.sandbox.gen3.guppy.fields import Row, values
from omicsdk.sandbox.gen3.guppy.store import RESOURCE, DataType

FORBIDDEN = (
    "You don't have access to all the data you are querying. Try using 'accessibility: accessible' in your query"
)


class OutOfScope(Exception):
    """Rows were asked for that the person may not read."""


class Sight:
    """What somebody may read.

    Args:
        person: Who.
    """

    def __init__(self, person: Person) -> None:
        self._person = person
        self._known: dict[str, bool] = {}

    def may(self, row: Row) -> bool:
        """Whether they may read a row."""
        return any(self._may(str(resource)) for resource in values(row, RESOURCE))

    def _may(self, resource: str) -> bool:
        if resource not in self._known:
            self._known[resource] = self._person.may("read", resource, "guppy")
        return self._known[resource]

    def rows(self, type: DataType, found: Iterable[Row], accessibility: str) -> list[Row]:
        """The rows that they get, of those that a filter found.

        Args:
            type: The data type.
            found: The rows.
            accessibility: `all`, `accessible` or `unaccessible`; it counts at the level `regular` only.

        Raises:
            OutOfScope: They asked for rows that they may not read.
        """
        if type.level == "libre":
            return list(found)
        stated = list(found)
        seen = [row for row in stated if self.may(row)]
        if type.level == "private" or accessibility == "accessible":
            return seen
        if len(seen) < len(stated):
            raise OutOfScope(FORBIDDEN)
        return [] if accessibility == "unaccessible" else seen

    def counted(self, type: DataType, found: Iterable[Row], accessibility: str) -> list[Row]:
        """The rows that are counted for them, of those that a filter found.

        Args:
            type: The data type.
            found: The rows.
            accessibility: `all`, `accessible` or `unaccessible`; it counts at the level `regular` only.
        """
        if type.level == "libre":
            return list(found)
        if type.level == "private" or accessibility == "accessible":
            return [row for row in found if self.may(row)]
        if accessibility == "unaccessible":
            return [row for row in found if not self.may(row)]
        return list(found)
