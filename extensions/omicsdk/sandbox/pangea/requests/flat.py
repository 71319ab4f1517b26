"""What the flat routes share: the thing of a path, lists in pages, and what a list is narrowed by."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar, cast

from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.stores.things import Store, Thing, Where, below, named, with_field, with_uuid
from omicsdk.sandbox.rest_framework.fields import Field, Wrong, canonical_uuid, uuid_reference
from omicsdk.sandbox.rest_framework.pages import page
from omicsdk.sandbox.rest_framework.refusals import invalid, not_found
from omicsdk.sandbox.service import Call, Reply

PAGE = 100
"""How many things a page of a list has."""

View = Callable[[Thing], Mapping[str, Any]]
"""Makes the JSON of a thing."""
T = TypeVar("T")


def also_by_name(*functions: Callable[[Pangea, Call], Reply]) -> dict[str, Callable[[Pangea, Call], Reply]]:
    """The functions of operations whose paths have a thing's name where those of others have its UUID.

    Args:
        functions: Those of the others, which take the thing from `found_either`; that of `get_tag` answers `get_tag_by_name`.
    """
    return {f"{each.__name__}_by_name": each for each in functions}


def found(store: Store, kind: str, uuid: str) -> Thing:
    """The thing of a path.

    Raises:
        Refused: 404; it isn't there.
    """
    thing = store.find(kind, uuid)
    if thing is None:
        raise not_found()
    return thing


def found_either(store: Store, kind: str, call: Call) -> Thing:
    """The thing of a path that has its UUID, or its name.

    Raises:
        Refused: 404; it isn't there.
    """
    if "name" not in call.arguments:
        return found(store, kind, call.arguments["uuid"])
    things = store.all(kind, name=call.arguments["name"])
    if not things:
        raise not_found()
    return things[0]


def newest(things: Sequence[Thing]) -> Thing:
    """The one that was changed last; of those that were in the same microsecond, the one that was made last.

    Args:
        things: At least one, in the order in which they were made.
    """
    return max(reversed(things), key=lambda each: str(each["updated_at"]))


def listed(call: Call, store: Store, kind: str, where: Sequence[Where], view: View) -> Reply:
    """The page of a list that is asked for."""

    def read(start: int, size: int) -> list[Mapping[str, Any]]:
        return [view(thing) for thing in store.some(kind, start, size, *where)]

    return page(call, store.count(kind, *where), read, PAGE)


def paged(call: Call, things: Sequence[Thing], view: View) -> Reply:
    """The page that is asked for of things that are known already."""
    return page(call, len(things), lambda start, size: [view(each) for each in things[start : start + size]], PAGE)


def asked(call: Call, *names: str, **fields: str) -> list[Where]:
    """What a list is narrowed to by texts in the query; blanks around them don't count, and empty ones say nothing.

    Args:
        call: The request.
        names: Parameters that are named as the field that they are about.
        fields: Other parameters, each with its field.
    """
    query = dict(call.query)
    texts = {field: query.get(name, "").strip() for name, field in [*((each, each) for each in names), *fields.items()]}
    return [named(text) if field == "name" else with_field(field, text) for field, text in texts.items() if text]


def asked_uuid(call: Call, name: str = "uuid") -> list[Where]:
    """What a list is narrowed to by a UUID in the query.

    Raises:
        Invalid: It is none.
    """
    text = dict(call.query).get(name, "").strip()
    try:
        return [with_uuid(canonical_uuid(text))] if text else []
    except Wrong as error:
        raise invalid(name, "Enter a valid UUID.") from error


def asked_reference(call: Call, store: Store, name: str, kind: str) -> list[Where]:
    """What a list is narrowed to by the UUID of what things belong to.

    Args:
        call: The request.
        store: Where things are kept.
        name: The parameter.
        kind: The kind of what they belong to.

    Raises:
        Invalid: It is none, or nothing has it.
    """
    text = dict(call.query).get(name, "").strip()
    if not text:
        return []
    try:
        uuid = canonical_uuid(text)
    except Wrong as error:
        raise invalid(name, error.text) from error
    if store.find(kind, uuid) is None:
        raise invalid(name, "Select a valid choice. That choice is not one of the available choices.")
    return [below(uuid)]


def reference(store: Store, kind: str, *, required: bool = False, null: bool = False) -> Field:
    """A field that names another thing by its UUID.

    Args:
        store: Where things are kept.
        kind: The other thing's kind.
        required: Whether it has to be there.
        null: Whether there may be none.
    """
    read = uuid_reference(lambda uuid: store.find(kind, uuid))
    return Field(lambda value: read(value)["uuid"], required=required, null=null, blank_is_null=null)


def references(store: Store, kind: str) -> Field:
    """A field that names other things by a list of their UUIDs, each once."""
    read = reference(store, kind).read
    return Field(lambda value: list(dict.fromkeys(read(each) for each in items(value))))


def items(value: Any) -> list[Any]:
    """What was sent where a list is wanted.

    Raises:
        Wrong: It is no list.
    """
    if not isinstance(value, list):
        raise Wrong(f'Expected a list of items but got type "{type(value).__name__}".')
    return cast("list[Any]", value)


def taken(things: Iterable[Thing], *, but: str = "") -> bool:
    """Whether there is a thing other than the one that is written."""
    return any(thing["uuid"] != but for thing in things)


def check_name(store: Store, kind: str, fields: Mapping[str, Any], *, but: str = "") -> None:
    """Refuses a name that another thing of its kind has.

    Args:
        store: Where things are kept.
        kind: The kind.
        fields: What is written; without a name there is nothing to refuse.
        but: The UUID of the thing that is written; empty for a new one.

    Raises:
        Invalid: Another thing has it.
    """
    if "name" in fields and taken(store.all(kind, name=fields["name"]), but=but):
        raise invalid("name", f"{kind.replace('_', ' ')} with this name already exists.")
