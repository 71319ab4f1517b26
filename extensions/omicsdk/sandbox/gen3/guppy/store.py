"""The data types of Guppy, with their rows."""

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from omicsdk.sandbox.gen3.guppy.fields import Field, Row, fields_of
from omicsdk.sandbox.state.database import Database

RESOURCE = "auth_resource_path"
"""The field that says who may read a row."""
OPEN = "/open"
LEVELS = ("regular", "private", "libre")


@dataclass(frozen=True, slots=True, eq=False)
class DataType:
    """A data type; it equals no other object, so that what is made of it is found by it.

    Attributes:
        name: Its name, such as subject.
        level: Who may see what: in `regular` everybody sees counts and rows are for whoever may read them, in `private`
            there is nothing but what one may read, in `libre` everything is for everybody.
        rows: Its rows.
        fields: Their fields.
        version: Another one whenever it was replaced.
    """

    name: str
    level: str
    rows: list[Row]
    fields: Mapping[str, Field]
    version: str


class Guppy:
    """Guppy's state.

    Args:
        database: Where it is kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        # Rows are read often and put seldom: what was read is kept until its type has another version.
        self._read: dict[str, DataType] = {}
        database.define(
            gen3_guppy="type TEXT PRIMARY KEY, level TEXT NOT NULL, version TEXT NOT NULL, data TEXT NOT NULL"
        )

    def put(self, type: str, rows: Iterable[Row], *, level: str = "regular", authz: str = OPEN) -> DataType:
        """Makes a data type of rows, or replaces it.

        Args:
            type: Its name, such as subject.
            rows: The rows. `auth_resource_path` says who may read one; where it is missing, the project of its
                `project_id`, and where that is missing too, `authz`.
            level: `regular`, `private` or `libre`.
            authz: Who may read rows that don't say it.

        Raises:
            ValueError: A name can't be one in GraphQL, or there is no such level.
        """
        if level not in LEVELS:
            raise ValueError(f"{level!r} is no level: {', '.join(LEVELS)}")
        stated = [{RESOURCE: _resource(row, authz), **row} for row in rows]
        fields_of([{type: None}, *stated])
        self._database.execute(
            "REPLACE INTO gen3_guppy VALUES (?, ?, ?, ?)", (type, level, str(uuid.uuid4()), json.dumps(stated))
        )
        found = self.get(type)
        assert found is not None
        return found

    def remove(self, type: str) -> bool:
        """Removes a data type and tells whether it was there."""
        return self._database.execute("DELETE FROM gen3_guppy WHERE type = ?", (type,)) > 0

    def types(self) -> list[DataType]:
        """All data types, by name."""
        rows = self._database.rows("SELECT type FROM gen3_guppy ORDER BY type")
        return [found for row in rows if (found := self.get(row["type"]))]

    def get(self, type: str) -> DataType | None:
        """A data type by name; None when there is none."""
        row = self._database.row("SELECT level, version FROM gen3_guppy WHERE type = ?", (type,))
        if row is None:
            return None
        known = self._read.get(type)
        if known is None or known.version != row["version"]:
            data = self._database.row("SELECT data FROM gen3_guppy WHERE type = ?", (type,))
            rows: list[Row] = json.loads(data["data"]) if data else []
            self._read[type] = known = DataType(type, row["level"], rows, fields_of(rows), row["version"])
        return known


def _resource(row: Row, authz: str) -> Any:
    program, dash, project = str(row.get("project_id") or "").partition("-")
    return f"/programs/{program}/projects/{project}" if dash else authz
