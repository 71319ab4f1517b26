"""Six operations that most kinds of things have: list, add, get, put, update and delete."""

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

from omicsdk.sandbox.crunch.people import People
from omicsdk.sandbox.rest_framework.bodies import fields_of
from omicsdk.sandbox.rest_framework.fields import Field, validated
from omicsdk.sandbox.rest_framework.pages import page
from omicsdk.sandbox.rest_framework.refusals import not_found
from omicsdk.sandbox.service import Call, Handler, Reply
from omicsdk.sandbox.state.database import Database

PAGE = 20
"""How many things a page has."""

T = TypeVar("T")


class Things(Protocol[T]):
    """Things of one kind, as the operations need them.

    Attributes:
        model: What permissions are about, such as dataset.
        one: What names of operations have for one, such as dataset.
        many: The same for several.
    """

    model: str
    one: str
    many: str

    def count(self) -> int:
        """How many there are."""
        ...

    def page(self, after: int, most: int) -> Sequence[Mapping[str, Any]]:
        """Some of them as the site tells them, in order."""
        ...

    def find(self, call: Call) -> T | None:
        """The one that a request names; None for none."""
        ...

    def view(self, thing: T) -> Mapping[str, Any]:
        """One as the site tells it."""
        ...

    def fields(self, thing: T | None) -> Mapping[str, Field]:
        """What is written of a new one, or of one that is there."""
        ...

    def add(self, values: Mapping[str, Any]) -> T:
        """Keeps a new one."""
        ...

    def change(self, thing: T, values: Mapping[str, Any]) -> T:
        """Changes one."""
        ...

    def remove(self, thing: T) -> None:
        """Removes one."""
        ...


class _Operations(Generic[T]):
    def __init__(self, things: Things[T], people: People, database: Database) -> None:
        self._things = things
        self._people = people
        self._database = database

    def list(self, call: Call) -> Reply:
        self._people.need(call)
        return page(call, self._things.count(), self._things.page, PAGE)

    def add(self, call: Call) -> Reply:
        self._people.need(call, self._things.model)
        sent = fields_of(call)
        # Between the look whether a name is free and the taking of it nobody else may write.
        with self._database.transaction():
            thing = self._things.add(validated(self._things.fields(None), sent))
            return Reply(self._things.view(thing), 201)

    def get(self, call: Call) -> Reply:
        self._people.need(call)
        return Reply(self._things.view(self._found(call)))

    def put(self, call: Call) -> Reply:
        return self._change(call, partial=False)

    def update(self, call: Call) -> Reply:
        return self._change(call, partial=True)

    def _change(self, call: Call, *, partial: bool) -> Reply:
        self._people.need(call, self._things.model)
        with self._database.transaction():
            thing = self._found(call)
            values = validated(self._things.fields(thing), fields_of(call), partial=partial)
            return Reply(self._things.view(self._things.change(thing, values)))

    def delete(self, call: Call) -> Reply:
        self._people.need(call, self._things.model)
        with self._database.transaction():
            self._things.remove(self._found(call))
        return Reply(status=204)

    def _found(self, call: Call) -> T:
        found = self._things.find(call)
        if found is None:
            raise not_found()
        return found


def six_operations(things: Things[T], people: People, database: Database) -> dict[str, Handler]:
    """Handlers of the six operations by their names.

    Args:
        things: What they are about.
        people: Who may ask.
        database: Where the things are kept.
    """
    operations = _Operations(things, people, database)
    return {
        f"list_{things.many}": operations.list,
        f"add_{things.one}": operations.add,
        f"get_{things.one}": operations.get,
        f"put_{things.one}": operations.put,
        f"update_{things.one}": operations.update,
        f"delete_{things.one}": operations.delete,
    }
