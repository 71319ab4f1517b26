"""Transfers for event loops: the same engines in a thread, stopped in order when the awaiting task is cancelled."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from omicsdk.transfer.downloads.downloading import download
from omicsdk.transfer.handle import Transfer
from omicsdk.transfer.uploads.uploading import upload

P = ParamSpec("P")
T = TypeVar("T")


def coroutine_of(transfer: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Gives a transfer function as a coroutine function with the same arguments, for asyncio and trio.

    It runs in a thread; the event loop isn't held up. Cancelling the task stops the transfer, waits for that (at most
    about a second) and raises the cancellation; the same call goes on where it was. Functions among the arguments
    (`progress`, items' `locate`) are called in other threads than the event loop's.

    Args:
        transfer: Takes `control` and `progress` as keyword arguments.
    """

    @wraps(transfer)
    async def run(*args: P.args, **kwargs: P.kwargs) -> T:
        async with Transfer.of(transfer, *args, **kwargs) as running:
            return await running.wait_async()

    how = "It runs in a thread. Cancelling it stops the transfer cleanly, and the same call resumes it."
    run.__doc__ = f"`{transfer.__name__}` as a coroutine. {how}\n\n    {transfer.__doc__}"
    run.__name__ = run.__qualname__ = f"{transfer.__name__}_async"
    return run


#: As `download`, awaited; see `coroutine_of`.
download_async = coroutine_of(download)
#: As `upload`, awaited; see `coroutine_of`.
upload_async = coroutine_of(upload)
