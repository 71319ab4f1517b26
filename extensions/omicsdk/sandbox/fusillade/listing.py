"""Pages of Fusillade's lists: a token leads on, a Link carries it."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from omicsdk.sandbox.paging import page
from omicsdk.sandbox.problems import bad_arguments
from omicsdk.sandbox.service import Call, Reply

_Item = TypeVar("_Item")


def list_page(
    call: Call,
    key: str,
    read: Callable[[str, int], Sequence[_Item]],
    *,
    name: Callable[[_Item], str],
    show: Callable[[_Item], object],
    beside: Mapping[str, object] | None = None,
) -> Reply:
    """Answers a page of a list.

    Args:
        call: The request, with `next_token` and `per_page`.
        key: The name that the items have in the answer.
        read: Reads items behind a name, and no more than a number of them.
        name: The name that an item is sorted by.
        show: An item as it stands in the answer.
        beside: What stands beside the items.

    Returns:
        The answer.

    Raises:
        Problem: 400; `next_token` isn't one of ours.
    """
    count: int = call.arguments["per_page"]
    items = read(_name(call.arguments.get("next_token", "")), count + 1)
    shown = items[:count]
    following = {"next_token": _token(name(shown[-1]))} if len(items) > count else None
    return page(call, {**(beside or {}), key: [show(each) for each in shown]}, key, following)


def name_page(call: Call, key: str, read: Callable[[str, int], Sequence[str]], form: str = "{}") -> Reply:
    """Answers a page of names, each put into a form such as `/resource/TYPE/id/{}`."""
    return list_page(call, key, read, name=lambda each: each, show=lambda each: form.replace("{}", each))


def _token(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode().rstrip("=")


def _name(token: str) -> str:
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise bad_arguments("The next_token isn't one of this service: take it from the Link of a page") from error
