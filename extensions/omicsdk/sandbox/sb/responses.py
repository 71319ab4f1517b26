"""Common parts of the platform's responses: refusals, addresses, pages and their tokens, chosen fields, times."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Any, NamedTuple, TypeVar, cast
from urllib.parse import quote, urlencode

from omicsdk.sandbox.document import read_table
from omicsdk.sandbox.problems import Problem, whole_number
from omicsdk.sandbox.service import Call, JsonObject, Reply

_T = TypeVar("_T")


class Kind(NamedTuple):
    """A kind of documents, as `kinds.toml` lists them.

    Attributes:
        path: The path of their addresses.
        hidden: The fields that are not returned.
        missing: The code of a refusal where there is none.
        forbidden: That of one where a permission is missing; 0 for objects without members.
    """

    path: str = ""
    hidden: Sequence[str] = ()
    missing: int = 90003
    forbidden: int = 0


_KINDS = {name: Kind(**fields) for name, fields in read_table("sb/kinds.toml").items()}


def kind_of(name: str) -> Kind:
    """A kind of documents: that of `kinds.toml`, or one with the defaults."""
    return _KINDS.get(name, Kind())


# -- refusals: an HTTP status, and a code whose thousands name the area

MORE_INFO = "https://docs.sevenbridges.com/docs/api-status-codes"
# What the sandbox's other parts refuse by a status alone has the code 90000, 90001 ... in this order.
_STATUSES = (400, 401, 403, 404, 500, 503, 405, 409, 415)


def refuse(status: int, code: int, message: str) -> Problem:
    """A refusal, to be raised.

    Args:
        status: The HTTP status.
        code: The platform's code.
        message: One sentence: what is wrong with what, and what to do.
    """
    return Problem(status, str(code), message)


def bad(message: str, code: int = 90000) -> Problem:
    """A 400."""
    return refuse(400, code, message)


def no_such(kind: str, id: object) -> Problem:
    """A 404 for an object that does not exist, or that the caller cannot see."""
    code = kind_of(kind.replace(" ", "-")).missing
    return refuse(404, code, f"There is no {kind} {id}, or it isn't yours to see")


def error_body(problem: Problem) -> dict[str, object]:
    """A refusal as the platform states it; the same is in items of bulk answers and in failed jobs."""
    index = _STATUSES.index(problem.status) if problem.status in _STATUSES else 0
    code = int(problem.code) if problem.code.isdecimal() else 90000 + index
    message = problem.title or HTTPStatus(problem.status).phrase
    return {"status": problem.status, "code": code, "message": message, "more_info": f"{MORE_INFO}#{code}"}


# -- times


def when(seconds: float) -> str:
    """A time as the platform writes it.

    Args:
        seconds: Seconds since 1970.
    """
    return _written(int(seconds))


@lru_cache(4096)  # objects that are listed together were often created together
def _written(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def when_known(seconds: float | None) -> str | None:
    """A time as the platform writes it; None for one that has not come."""
    return None if seconds is None else when(seconds)


def times(document: Mapping[str, Any]) -> JsonObject:
    """When what a document is about began and ended, as the platform writes it."""
    return {"start_time": when_known(document["start"]), "end_time": when_known(document["end"])}


def _moment(text: str) -> float:
    """Seconds since 1970 of a time in a query; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise bad(f"{text!r} is no time: write it as 2020-01-31T10:20:30") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def within(query: Mapping[str, Any], name: str, key: str) -> Callable[[JsonObject], bool]:
    """A test whether a time of a document is in the span that a query gives, from its first second to its last, inclusive.

    Args:
        query: The query, with `NAME_from` and `NAME_to` or without.
        name: What the span is called there.
        key: The document's field with the time; a missing one is in no bounded span.

    Raises:
        Problem: 90000; a bound is no time.
    """
    first, last = query.get(f"{name}_from"), query.get(f"{name}_to")
    if not first and not last:
        return lambda _: True
    least, most = _moment(first) if first else float("-inf"), _moment(last) + 1 if last else float("inf")
    return lambda document: document[key] is not None and least <= document[key] < most


def ordered(documents: Iterable[JsonObject], key: str, query: Mapping[str, Any]) -> list[JsonObject]:
    """Documents by a field, descending unless a query's `order` states otherwise; those without it end an ascending list."""
    descending = query.get("order", "desc") == "desc"
    return sorted(documents, key=lambda document: (document[key] is None, document[key] or 0), reverse=descending)


# -- documents as they are returned


def shown(call: Call, data: Mapping[str, Any], *steps: str) -> JsonObject:
    """A document as a response has it: with its address.

    Args:
        call: The request.
        data: The document.
        steps: The steps of its path.
    """
    return {"href": f"{call.origin}{call.prefix}/{quote('/'.join(steps))}", **data}


def view(call: Call, kind: str, document: Mapping[str, Any]) -> JsonObject:
    """A document of a kind as a response has it: with its address, without the fields that are not returned."""
    shown_fields = shown(call, document, kind_of(kind).path, document["username" if kind == "user" else "id"])
    for name in kind_of(kind).hidden:
        shown_fields.pop(name, None)
    return shown_fields


def member_view(call: Call, kind: str, id: str, member: Mapping[str, Any], **more: object) -> JsonObject:
    """A member of an object as a response has it."""
    name = member["username"]
    return shown(call, {"id": name, **member, **more}, kind_of(kind).path, id, "members", name)


# -- pages

# Largest page; requests for more get this, without an error.
LONGEST = 100
_DEFAULT = 50
_TOTAL = "X-Total-Matching-Query"


def window(call: Call) -> tuple[int, int]:
    """The requested part of a list.

    Returns:
        How many items to leave out at its beginning, and how many to give at most.
    """
    return call.arguments.get("offset", 0), min(call.arguments.get("limit", _DEFAULT), LONGEST)


def page(call: Call, items: Sequence[object], total: int) -> Reply:
    """A page.

    Args:
        call: The request, with `offset` and `limit`.
        items: Items of the page.
        total: Number of items on all pages.
    """
    offset, limit = window(call)
    links: list[JsonObject] = []
    if offset + limit < total:
        links.append(_link(call, "next", offset=offset + limit, limit=limit))
    if offset > 0:
        links.append(_link(call, "prev", offset=max(offset - limit, 0), limit=limit))
    return _reply(call, items, links, total)


def page_of(call: Call, everything: Sequence[_T], show: Callable[[_T], object]) -> Reply:
    """A page of a list that exists as a whole.

    Args:
        call: The request.
        everything: The list.
        show: An item as it is on the page.
    """
    offset, limit = window(call)
    return page(call, [show(item) for item in everything[offset : offset + limit]], len(everything))


def list_of(call: Call, kind: str, documents: Iterable[JsonObject]) -> Reply:
    """A page of documents of a kind."""
    return page_of(call, list(documents), lambda document: view(call, kind, document))


def scroll_page(call: Call, items: Sequence[object], token: str | None, total: int) -> Reply:
    """A page that a token follows.

    Args:
        call: The request, with `token`.
        items: Items of the page.
        token: Token of the next page; None on the last.
        total: Number of items on all pages.
    """
    return _reply(call, items, [] if token is None else [_link(call, "next", token=token)], total)


def address(call: Call, **changes: str | int) -> str:
    """The request's own URL with some query parameters replaced or added; lists keep all their values."""
    parameters = [(name, value) for name, value in call.query if name not in changes]
    query = urlencode([*parameters, *((name, str(value)) for name, value in changes.items())])
    return f"{call.origin}{call.prefix}{quote(call.path)}" + (f"?{query}" if query else "")


def _link(call: Call, rel: str, **changes: str | int) -> JsonObject:
    return {"href": address(call, **changes), "rel": rel, "method": "GET"}


def _reply(call: Call, items: Sequence[object], links: Sequence[JsonObject], total: int) -> Reply:
    body = {"href": address(call), "items": list(items), "links": list(links)}
    return Reply(body, headers={_TOTAL: str(total)})


def write_token(offset: int, what: str) -> str:
    """A token that points to the items from an offset on, opaque to clients.

    Args:
        offset: Number of items to skip.
        what: The list; another list refuses the token.
    """
    return f"{offset}.{_mark(what)}"


def read_token(token: str, what: str) -> int:
    """The offset that a token points to.

    Raises:
        Problem: 90000; it is no token of this list.
    """
    digits, _, mark = token.partition(".")
    offset = whole_number(digits)
    if mark != _mark(what) or offset is None or offset < 0:
        raise bad(f"{token[:80]!r} is no continuation token of this list: begin again without one")
    return offset


def _mark(what: str) -> str:
    return hashlib.sha256(what.encode()).hexdigest()[:12]


# -- fields

_IDENTITY = ("href", "id", "username")  # members that are never omitted
# By what an operation lists, the fields of its items beside their identity unless others are requested; all where it is
# not here.
_BRIEF: Mapping[str, str] = {
    **dict.fromkeys(("projects", "groups", "volumes", "markers", "datasets", "divisions", "teams"), "name"),
    **dict.fromkeys(("tasks", "apps"), "name,project"),
    **dict.fromkeys(("imports", "exports"), "state"),
    "invoices": "pending",
    "files": "name,project,parent,type",
}


def cut(call: Call, reply: Reply) -> Reply:
    """A response with the fields that the query's `fields` requests, else all of one object and a few of a list's items.

    Args:
        call: The request.
        reply: The whole response.
    """
    is_cut = any(parameter.name == "fields" for parameter in call.operation.parameters)
    if not isinstance(reply.body, dict) or not is_cut:
        return reply
    whole = cast("JsonObject", reply.body)
    requested: str = call.arguments.get("fields", "")
    if "items" in whole and "href" in whole:
        shown_fields = requested or _BRIEF.get(call.operation.name.rpartition("_")[2], "")
        if not shown_fields or shown_fields == "_all":
            return reply
        items = cast("list[JsonObject]", whole["items"])
        return Reply({**whole, "items": [selected(item, shown_fields) for item in items]}, reply.status, reply.headers)
    return Reply(selected(whole, requested), reply.status, reply.headers) if requested else reply


def selected(whole: Mapping[str, Any], requested: str) -> JsonObject:
    """The fields of an object that a selector names.

    Args:
        whole: The object.
        requested: Names divided by commas: `_all`, `name`, `!name` (all but it, without other names), `parent.child`; blanks are ignored.

    Returns:
        The object with these fields, and with its identity.
    """
    names = [name.strip() for name in requested.split(",") if name.strip()]
    without = {name[1:] for name in names if name.startswith("!")}
    included = [name for name in names if not name.startswith("!") and name != "_all"]
    selected_fields = (
        _picked(whole, included) if included else {name: value for name, value in whole.items() if name not in without}
    )
    return {**{name: whole[name] for name in _IDENTITY if name in whole}, **selected_fields}


def _picked(whole: Mapping[str, Any], paths: Iterable[str]) -> JsonObject:
    picked: JsonObject = {}
    for path in paths:
        name, _, rest = path.partition(".")
        value = whole.get(name)
        if rest and isinstance(value, dict):
            picked[name] = {**picked.get(name, {}), **_picked(cast("JsonObject", value), [rest])}
        elif name in whole and not rest:
            picked[name] = value
    return picked
