"""Functions of the user that are called with each request before it is sent, and with each response."""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from omicsdk.core.errors import UsageError
from omicsdk.core.request import AnyHooks
from omicsdk.core.sending.wire import AsyncSender, Sender

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")


class HookedSender(Sender):
    """A sender that calls hooks.

    Attributes:
        hooks: Those of requests, and those of responses.
    """

    hooks: AnyHooks = ((), ())

    def _once(self, request: "httpx.Request", stream: bool, most: int | None, live: bool) -> "httpx.Response":
        before, after = self.hooks
        for hook in before:
            _call(hook, request)
        response = super()._once(request, stream, most, live)
        try:
            for hook in after:
                _call(hook, response)
        except BaseException:
            # The caller never gets the response, so its connection is returned here.
            response.close()
            raise
        return response


class AsyncHookedSender(AsyncSender):
    """The same for an event loop.

    Attributes:
        hooks: Those of requests, and those of responses.
    """

    hooks: AnyHooks = ((), ())

    async def _once(self, request: "httpx.Request", stream: bool, most: int | None, live: bool) -> "httpx.Response":
        before, after = self.hooks
        for hook in before:
            await _awaited(hook(request))
        response = await super()._once(request, stream, most, live)
        try:
            for hook in after:
                await _awaited(hook(response))
        except BaseException:
            await response.aclose()
            raise
        return response


def _call(hook: Callable[[Any], object], value: object) -> None:
    result = hook(value)
    if inspect.isawaitable(result):
        if inspect.iscoroutine(result):
            # Otherwise Python warns that it was never awaited.
            result.close()
        name = getattr(hook, "__name__", hook)
        raise UsageError(
            f"The hook {name} has to be awaited, but a thread sends this request", remedy="Use a plain function."
        )


async def _awaited(result: object) -> None:
    if inspect.isawaitable(result):
        await result
