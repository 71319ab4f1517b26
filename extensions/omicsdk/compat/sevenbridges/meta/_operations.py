"""Table of published methods that map to one operation: signature and operation.

    @classmethod
    @lists("list_datasets", fields="_all")
    def query(cls, visibility: str | None = None, api: Api | None = None) -> Collection[Self]:
        ...

The arguments go to the operation under their names, converted as `CONVERSIONS` states; those that are None are left out. A
method of an object also sends which one, by `_path` of its class.
"""

# The methods that are made here are those of resources.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cache, partial, wraps
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, cast

from omicsdk.compat.sevenbridges.errors import SbgError, ValidationError
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.fields import is_mapping
from omicsdk.compat.sevenbridges.meta.resource import Gettable, Resource, identifier, request_of, request_with

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.api import Api

F = TypeVar("F", bound=Callable[..., Any])
Conversion = Callable[[str, Any], Any]


def name_of(who: object) -> str:
    """Return the name of a user, member, team or division in paths; a name or id is returned unchanged."""
    name = who.field("username") or who.field("id") if isinstance(who, Resource) else who
    try:
        return identifier(name, "username")
    except ValidationError:
        remedy = "Pass a user, member or team, or its name."
        raise ValidationError(f"{who!r} has neither username nor id", remedy=remedy) from None


def query_time(name: str, value: str | date) -> str:
    """Return a time as a query argument, in UTC without zone, to the second; text unchanged, a date as its beginning."""
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo is not None else value
        # The published client cuts off fractions of seconds, too.
        return moment.replace(tzinfo=None).isoformat(timespec="seconds")
    if isinstance(value, date):  # pyright: ignore[reportUnnecessaryIsInstance] - callers may not check types
        return f"{value.isoformat()}T00:00:00"
    raise ValidationError(f"{name} is a datetime or text such as 2024-01-31T12:00:00, not {value!r}")


def query_day(name: str, value: str | date) -> str:
    """Return a date for breakdowns of costs; arguments as for `query_time`."""
    del name
    return value.strftime("%m-%d-%Y") if isinstance(value, date) else value


def plain_mapping(name: str, value: Any) -> dict[str, Any]:
    """Return a dictionary as it is sent; arguments and errors as for `query_time`."""
    is_mapping(name, value)
    return dict(value)


ONE_PLACE = "Pass one of them: a folder knows its project."


def destination(project: object, parent: object, what: str, remedy: str = ONE_PLACE) -> dict[str, str]:
    """Return "project" or "parent" with its id: the one destination of files that was given."""
    if project and parent:
        raise SbgError(f"{what} was given both a project and a parent", remedy=remedy)
    if project:
        return {"project": identifier(project)}
    if parent:
        return {"parent": identifier(parent)}
    raise SbgError(f"{what}: missing project or parent", remedy="Pass project=, or a folder as parent=.")


def required(item: Mapping[str, Any], name: str, at: int) -> Any:
    """Return a member of an item that it must have; `at` is the item's position, for the error."""
    value = item.get(name)
    if not value:
        remedy = f"Add {name!r}."
        raise SbgError(f"Item {at} has no {name!r}; it has {', '.join(map(repr, item)) or 'nothing'}", remedy=remedy)
    return value


_IDS = "automation billing_group division file invoice_id package parent project project_id resume_from run_id team volume origin"
_TIMES = "created_from created_to started_from started_to ended_from ended_to"
#: Conversions of arguments before they are sent, by published name.
CONVERSIONS: Mapping[str, Conversion] = {
    **dict.fromkeys(_IDS.split(), lambda _, value: identifier(value)),
    **dict.fromkeys(("user", "username", "member"), lambda _, value: name_of(value)),
    **dict.fromkeys(_TIMES.split(), query_time),
    **dict.fromkeys(("date_from", "date_to"), query_day),
    **dict.fromkeys(("permissions", "position"), plain_mapping),
}
#: What every operation calls arguments that have another published name.
NAMES: Mapping[str, str] = {"automation": "automation_id"}


def _operation(
    how: Literal["page", "one", "changed", "nothing"],
    operation: str,
    *,
    of: type[Resource] | None = None,
    names: Mapping[str, str] = NAMES,
    convert: Mapping[str, Conversion] = CONVERSIONS,
    needs: str = "",
    nulls: str = "",
    at: str = "",
    check: Callable[[Resource], None] | None = None,
    **fixed: Any,
) -> Callable[[F], F]:
    """Make a method of an operation.

    Args:
        how: What the method returns of the response.
        operation: The operation.
        of: The class of what is returned; by default the method's own.
        names: What the operation calls arguments that have another name here, beside `NAMES`.
        convert: What becomes of arguments, beside `CONVERSIONS`.
        needs: Arguments that may not be empty, with spaces between.
        nulls: Arguments that are sent as null where they are None.
        at: What the operation calls the object's id, where it is not what the path of one has.
        check: Refuses an object that the operation is invalid for.
        **fixed: Further arguments of the operation; those of the same names that are given go before.
    """

    def make(function: F) -> F:
        @cache
        def signature() -> inspect.Signature:
            return inspect.signature(function)

        @wraps(function)
        def method(owner: type[Resource] | Resource, *args: Any, **kwargs: Any) -> Any:
            bound = signature().bind(owner, *args, **kwargs)
            bound.apply_defaults()
            options = dict(list(bound.arguments.items())[1:])
            api: Api | None = options.pop("api", None)
            if isinstance(owner, type):
                api, kind, path_ids = owner._client(api), owner, {}
            else:
                if check is not None:
                    check(owner)
                api, kind = api if api is not None else owner.api, type(owner)
                path_ids = {at: identifier(owner)} if at else owner._path_arguments(owner)
            for name in needs.split():
                if options[name] in (None, ""):
                    raise ValidationError(f"{kind.__name__} needs a {name}", remedy=f"Pass {name}.")
            arguments: dict[str, Any] = {}
            for name, value in options.items():
                sent_as = names.get(name) or NAMES.get(name, name)
                converted = convert.get(name) or CONVERSIONS.get(name) or CONVERSIONS.get(sent_as)
                if value in (None, "") and signature().parameters[name].default is None:
                    continue  # an empty text that may be left out is left out
                arguments[sent_as] = value if converted is None else converted(name, value)
            inplace = arguments.pop("inplace", True)
            arguments = {**fixed, **path_ids, **arguments}
            parameters = {name: value for name, value in arguments.items() if value is not None}
            request = request_with(api, operation, {**dict.fromkeys(nulls.split()), **parameters})
            if how == "page":
                return Collection.fetch(of or kind, request, api)
            if how == "nothing":
                api.send(request)
                return None
            payload = api.call_object(request)
            if how == "changed" and not isinstance(owner, type):
                return owner._acted(payload, inplace)
            return (of or kind).of(payload, api)

        return cast("F", method)

    return make


#: Make a method that lists a page.
lists = partial(_operation, "page")
#: Make a method that returns a resource, which it may have created.
gives = partial(_operation, "one")
#: Make a method that changes an object, with an argument `inplace`.
acts = partial(_operation, "changed")
#: Make a method that returns nothing.
sends = partial(_operation, "nothing")


class Listable(Gettable):
    """Resource whose list contains everything that the user may see."""

    @classmethod
    def query(cls, offset: int | None = None, limit: int | None = None, api: Api | None = None) -> Collection[Self]:
        """List them."""
        api = cls._client(api)
        request = request_of(api, cls._calls["list"], offset=offset, limit=limit, fields="_all")
        return Collection.fetch(cls, request, api)
