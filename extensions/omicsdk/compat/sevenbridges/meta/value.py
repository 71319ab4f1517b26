"""Smaller resources that have no identity of their own, such as a place on a volume."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from omicsdk.compat.sevenbridges.meta.resource import Resource

if TYPE_CHECKING:
    from omicsdk.core.request import Request


class Value(Resource):
    """A part of a resource: equal to another one when all their members are, and never asked for by itself."""

    def _request(self) -> Request | None:
        return None

    def __eq__(self, other: object) -> bool:
        return self.equals(other) if isinstance(other, Resource) else NotImplemented

    def __hash__(self) -> int:
        return hash((self._resource(), json.dumps(self._data, sort_keys=True, default=str)))

    def __repr__(self) -> str:
        members = ", ".join(f"{name}={self.field(name)!r}" for name in self._known() if self.field(name) is not None)
        return f"<{type(self).__name__}: {members}>"
