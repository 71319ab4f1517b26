"""Published methods that are one operation of the platform, as a table: a signature, and the operation that it is.

    @classmethod
    @lists("list_volumes", fields="_all")
    def query(cls, offset: int | None = None, limit: int | None = None, api: Api | None = None) -> Collection[Self]:
        ...

The arguments go to the operation under their names, converted as `CONVERSIONS` states; those that are None are left out. A
method of an object also states which one, as `_PATH` of its class says.
"""

# The methods that are made here are those of resources.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from omicsdk.compat.sevenbridges.errors import SbgError, ValidationError
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.fields import is_mapping
from omicsdk.compat.sevenbridges.meta.resource import Resource, identifier, request_of

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.api import Api
    from omicsdk.core.request import Request

F = TypeVar("F", bound=Callable[..., Any])
Owner = type[Resource] | Resource
Finish = Callable[[Owner, "Api", "Request", Mapping[str, Any]], Any]
_NOTHING: Mapping[str, str] = {}


def name_of(who: object) -> str:
    """What a user, member, team or division is called in paths.

    Args:
        who: It, or its name or id.

    Raises:
        ValidationError: It has none.
    """
    name = who.field("username") or who.field("id") if isinstance(who, Resource) else who
    try:
        return identifier(name, "username")
    except ValidationError:
        raise ValidationError(
            f"{who!r} has neither username nor id", remedy="Give a user, member or team, or its name."
        ) from None


def query_time(name: str, value: str | date) -> str:
    """A time as a query's argument: without zone, and to the second.

    Args:
        name: The argument's name, for errors.
        value: Text is sent as it is. A datetime with a zone is told in UTC, one without is taken for UTC; a date means its
            beginning.

    Raises:
        ValidationError: It is something else.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo is not None else value
        return moment.replace(tzinfo=None).isoformat(timespec="seconds")
    if isinstance(value, date):  # pyright: ignore[reportUnnecessaryIsInstance] - callers may not check types
        return f"{value.isoformat()}T00:00:00"
    raise ValidationError(f"{name} is a datetime or text such as 2024-01-31T12:00:00, not {value!r}")


def query_day(name: str, value: str | date) -> str:
    """A day as breakdowns of costs take it; arguments as those of `query_time`."""
    del name
    return value.strftime("%m-%d-%Y") if isinstance(value, date) else value


def plain_mapping(name: str, value: Any) -> dict[str, Any]:
    """A dictionary as it is sent; arguments and errors as those of `query_time`."""
    is_mapping(name, value)
    return dict(value)


def destination(
    project: object = None,
    parent: object = None,
    what: str = "This call",
    remedy: str = "Give one of them: a folder knows its project.",
) -> dict[str, str]:
    """Where files go: into a project, or into a folder of one.

    Args:
        project: A project, or its id.
        parent: A folder, or its id.
        what: What it is for: the beginning of a sentence.
        remedy: What to do where both are given.

    Returns:
        "project" or "parent" to an id.

    Raises:
        SbgError: Both are given, or neither.
    """
    if project and parent:
        raise SbgError(f"{what} was given both a project and a parent", remedy=remedy)
    if project:
        return {"project": identifier(project)}
    if parent:
        return {"parent": identifier(parent)}
    raise SbgError(f"{what} was given neither a project nor a parent", remedy="Give project=, or a folder as parent=.")


def required(item: Mapping[str, Any], name: str, at: int) -> Any:
    """A member of one of many items.

    Args:
        item: The item.
        name: The member.
        at: Which item it is, from 0, for errors.

    Raises:
        SbgError: It is missing, or empty.
    """
    found = item.get(name)
    if not found:
        raise SbgError(
            f"Item {at} has no {name!r}; it has {', '.join(map(repr, item)) or 'nothing'}", remedy=f"Add {name!r}."
        )
    return found


def _id(name: str, value: object) -> str:
    del name
    return identifier(value)


def _name(name: str, value: object) -> str:
    del name
    return name_of(value)


_IDS = (
    "automation billing_group division file invoice_id package parent project project_id resume_from team volume origin"
)
_TIMES = "created_from created_to started_from started_to ended_from ended_to"
CONVERSIONS: Mapping[str, Callable[[str, Any], Any]] = {
    **dict.fromkeys(_IDS.split(), _id),
    **dict.fromkeys(("user", "username", "member"), _name),
    **dict.fromkeys(_TIMES.split(), query_time),
    **dict.fromkeys(("date_from", "date_to"), query_day),
    **dict.fromkeys(("permissions", "position"), plain_mapping),
}
"""What becomes of an argument before it is sent, by its published name."""


def lists(
    operation: str, *, of: type[Resource] | None = None, names: Mapping[str, str] = _NOTHING, **fixed: Any
) -> Callable[[F], F]:
    """Make a method that lists a page.

    Args:
        operation: The operation.
        of: The class of what is listed; by default the method's own.
        names: What the operation calls arguments that have another name here.
        **fixed: Further arguments of the operation.
    """

    def finish(owner: Owner, api: Api, request: Request, options: Mapping[str, Any]) -> Collection[Any]:
        del options
        return Collection.fetch(of or _class_of(owner), request, api)

    return _operation(operation, finish, names, fixed)


def gives(
    operation: str, *, of: type[Resource] | None = None, names: Mapping[str, str] = _NOTHING, **fixed: Any
) -> Callable[[F], F]:
    """Make a method that returns a resource, which it may have created; arguments as those of `lists`."""

    def finish(owner: Owner, api: Api, request: Request, options: Mapping[str, Any]) -> Resource:
        del options
        return (of or _class_of(owner)).of(api.call_object(request), api)

    return _operation(operation, finish, names, fixed)


def acts(operation: str, *, names: Mapping[str, str] = _NOTHING, **fixed: Any) -> Callable[[F], F]:
    """Make a method that changes an object, with an argument `inplace`; arguments as those of `lists`."""

    def finish(owner: Owner, api: Api, request: Request, options: Mapping[str, Any]) -> Resource:
        return cast("Resource", owner)._acted(api.call_object(request), options["inplace"])

    return _operation(operation, finish, names, fixed)


def sends(operation: str, *, names: Mapping[str, str] = _NOTHING, **fixed: Any) -> Callable[[F], F]:
    """Make a method that returns nothing; arguments as those of `lists`."""

    def finish(owner: Owner, api: Api, request: Request, options: Mapping[str, Any]) -> None:
        del owner, options
        api.send(request)

    return _operation(operation, finish, names, fixed)


def _class_of(owner: Owner) -> type[Resource]:
    return owner if isinstance(owner, type) else type(owner)


def _operation(name: str, finish: Finish, names: Mapping[str, str], fixed: Mapping[str, Any]) -> Callable[[F], F]:
    def make(function: F) -> F:
        @cache
        def signature() -> inspect.Signature:
            return inspect.signature(function)

        @wraps(function)
        def method(owner: Owner, *args: Any, **kwargs: Any) -> Any:
            bound = signature().bind(owner, *args, **kwargs)
            bound.apply_defaults()
            options = dict(list(bound.arguments.items())[1:])
            api: Api | None = options.pop("api", None)
            if isinstance(owner, type):
                api, place = owner._client(api), {}
            else:
                api, place = api if api is not None else owner.api, owner._place(owner)
            arguments = {
                names.get(each, each): _converted(
                    each, names.get(each, each), value, signature().parameters[each].default
                )
                for each, value in options.items()
                if each != "inplace"
            }
            return finish(owner, api, request_of(api, name, **fixed, **place, **arguments), options)

        return cast("F", method)

    return make


def _converted(name: str, sent_as: str, value: Any, default: object) -> Any:
    convert = CONVERSIONS.get(name) or CONVERSIONS.get(sent_as)
    # What may be left out and is empty is left out, an empty id too.
    if convert is None or (default is None and value in (None, "")):
        return value
    return convert(name, value)
