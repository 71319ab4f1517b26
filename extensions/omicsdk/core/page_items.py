"""The places of items in pages: decoded JSON responses."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import DecodeError, shortened
from omicsdk.core.model import ANY, Model, Shape, array, check

if TYPE_CHECKING:
    from omicsdk.core.request import Paging

#: Header that names the page's list; HCA services send it with every page but the last.
CONTENT_KEY_HEADER = "x-openapi-paginated-content-key"


def check_advances(operation: str, page: object, before: object) -> None:
    """Refuse a page that is the same as the one before it: a listing of such pages has no end.

    Args:
        operation: The listing.
        page: The page, or what the next one is requested by.
        before: The same of the page before; None for the first page.

    Raises:
        DecodeError: They are equal.
    """
    if page == before:
        raise DecodeError(operation, "the page", page, expected="another one than the page before")


def found_at(page: Any, path: str) -> Any:
    """Return the value at a dotted path of a decoded page, or None.

    Args:
        page: A decoded response.
        path: Steps separated by dots: a member's name, an index in a list (-1 is the last), or `rel=next` for the
            list's member whose field rel is next, in any case.
    """
    if page.__class__ is dict and path in page:  # a name with dots of its own, such as @odata.nextLink
        return page[path]
    value: Any = page
    for step in path.split("."):
        value = _step(value, step)
    return value


def _step(value: Any, step: str) -> Any:
    # Not isinstance, which types its content as unknown, and finds no more in decoded JSON.
    if value.__class__ is dict:
        return value.get(step)
    if value.__class__ is not list:
        return None
    name, equals, equal_to = step.partition("=")
    if equals:
        members = (item for item in value if item.__class__ is dict)
        return next((item for item in members if str(item.get(name)).lower() == equal_to.lower()), None)
    if not step.removeprefix("-").isdigit():
        return None
    return value[int(step)] if -len(value) <= int(step) < len(value) else None


def values_at(page: Any, path: str) -> list[str | None]:
    """Return the value at a dotted path, or those of all members of a list.

    Args:
        page: A decoded response.
        path: As for `found_at`; one `*` in it means all members of a list.

    Returns:
        Texts, and numbers as text; None for what is absent, empty or of another type.
    """
    before, star, after = path.partition("*")
    value = found_at(page, before.strip(".")) if before else page
    members: list[Any] = (value if value.__class__ is list else []) if star else [value]
    inner = after.strip(".")
    values = [found_at(member, inner) for member in members] if inner else members
    return [str(value) if isinstance(value, (str, int)) and value != "" else None for value in values]


def content_key(paging: "Paging", headers: Mapping[str, str]) -> str:
    """Return the dotted key of a page's list: the server's, else the document's."""
    return headers.get(CONTENT_KEY_HEADER) or paging.items


def alternatives(key: str) -> list[str]:
    """Return the keys that a page's list may have, if the document names several: `groups|roles`."""
    return key.removesuffix("?").split("|")


def items_at(page: Any, key: str, operation: str = "the service", item_shape: Shape = ANY) -> list[Any]:
    """Return the list under a dotted key of a decoded page, which contains its items.

    A member whose own name has dots takes precedence over the steps; an empty key is the page itself. Of several keys
    separated by `|` the first that refers to a list is used. An empty list must have been sent as such: a missing list
    could hide everything that exists, and a deletion may depend on it. With `?` at the end of the key an object may lack
    the list, or have null in its place, unless it states an error.

    Args:
        page: A decoded response; None for an empty body.
        key: The list's place.
        operation: The operation that was called, for the error.
        item_shape: What is read of each item; by default they are not checked.

    Raises:
        DecodeError: The list is absent, null or of another type, or what is read of an item is. This does not depend on
            `strict`.
    """
    list_ = list_at(page, key)
    if list_ is None:
        raise _no_list(page, key, operation)
    if item_shape is not ANY:
        check(operation, key, list_, array(item_shape))
    return list_


def check_page(paging: "Paging", operation: str, headers: Mapping[str, str], page: Any, shape: Shape) -> None:
    """Check that a decoded page has its list, and that its entries are objects or texts where the document has those.

    Args:
        paging: Names the list's place in the page, unless a header does.
        operation: The operation, for the error.
        headers: The response's headers.
        page: Its decoded JSON.
        shape: The document's shape of the page.

    Raises:
        DecodeError: The list is missing, or an entry is of another type, so that it has none of its fields.
    """
    key = content_key(paging, headers)
    items = items_at(page, key, operation)
    list_shape = _list_shape(shape.model, alternatives(key)[0]) if key else shape
    kind = list_shape.of[0].kind if list_shape.kind == "array" else ""
    cls, expected = (
        (str, "text") if kind == "string" else (dict, "an object") if kind in ("model", "map") else (object, "")
    )
    for number, item in enumerate(items):
        if not isinstance(item, cls):
            raise DecodeError(operation, f"{key}[{number}]", item, expected=expected)


@cache
def _list_shape(model: Callable[[], type[Model]] | None, key: str) -> Shape:
    """Return the document's shape under a dotted key of a model; the same for each page."""
    shape = Shape("model", model=model)
    for step in key.split("."):
        fields = shape.model().FIELDS if shape.model is not None else ()
        shape = next((field.shape for field in fields if field.wire == step), ANY)
    return shape


def list_at(page: Any, key: str) -> list[Any] | None:
    """Return the list of `items_at`, or None if there is none."""
    keys = alternatives(key)
    lists = (_list_at(page, alternative) for alternative in keys)
    list_ = next((candidate for candidate in lists if candidate is not None), None)
    if list_ is None and key.endswith("?") and page.__class__ is dict:
        # Some services respond with status 200 to what fails.
        is_error = page.get("error") or page.get("errors")
        return [] if not is_error and all(found_at(page, alternative) is None for alternative in keys) else None
    return list_


def _no_list(page: Any, key: str, operation: str) -> DecodeError:
    """Return the error for a page without its list: the value in its place, or the page's other members."""
    key, expected = key.removesuffix("?"), "a list"
    pairs = ((alternative, found_at(page, alternative)) for alternative in alternatives(key))
    field, value = next((pair for pair in pairs if pair[1] is not None), (key, None))
    if not key:
        field, value = "the body", page
    elif value is None and not (page.__class__ is dict and key in page):
        names = ", ".join(map(repr, page)) if page.__class__ is dict else ""
        actual = f"has only {names}" if names else f"is {page!r}"
        expected = f"a list: the response {shortened(actual, 120)}"
    error = DecodeError(operation, field, value, expected=expected)
    error.remedy = "It is not treated as an empty list. Check the service's URL, or try again later."
    return error


def _list_at(page: Any, key: str) -> list[Any] | None:
    value = found_at(page, key) if key else page
    return value if value.__class__ is list else None


def with_items(page: Any, key: str, items: list[Any]) -> Any:
    """Return a copy of a page with another list under a dotted key: all pages merged into the first."""
    keys = alternatives(key)
    key = next((alternative for alternative in keys if _list_at(page, alternative) is not None), keys[0])
    if not key:
        return items
    if page.__class__ is not dict:
        return page
    if key in page or "." not in key:
        return {**page, key: items}
    head, _, rest = key.partition(".")
    return {**page, head: with_items(page.get(head) or {}, rest, items)}
