"""Functions of the user that are called with each request before it is sent, and with each response."""

import inspect
from collections.abc import Callable
from typing import Any

from omicsdk.core.errors import UsageError


def call_hook(hook: Callable[[Any], object], value: object) -> None:
    """Call a hook in a thread.

    Args:
        hook: The function.
        value: The request, or the response.

    Raises:
        UsageError: It has to be awaited.
    """
    result = hook(value)
    if inspect.isawaitable(result):
        if inspect.iscoroutine(result):
            # Otherwise Python warns that it was never awaited.
            result.close()
        name = getattr(hook, "__name__", hook)
        raise UsageError(
            f"The hook {name} has to be awaited, but a thread sends this request", remedy="Use a plain function."
        )


async def awaited(result: object) -> None:
    """Await what a hook returned, if it has to be.

    Args:
        result: What it returned.
    """
    if inspect.isawaitable(result):
        await result
