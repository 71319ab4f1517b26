"""What must not be made twice: where an answer gets lost, it is looked up before it is tried again."""

from __future__ import annotations

import random
from collections.abc import Callable

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import APIError, ConnectFailed, OmicsError, TransportError
from omicsdk.core.retry import RETRIED_STATUSES, Retry

#: How often it is tried.
ATTEMPTS = 4
_PAUSES = Retry(attempts=ATTEMPTS)


def pause(attempt: int, clock: Clock = SYSTEM_CLOCK) -> None:
    """Waits before a further try.

    Args:
        attempt: How many have failed, from 1.
        clock: What waits.
    """
    clock.sleep(_PAUSES.pause(attempt, random.random()))  # noqa: S311 - jitter


def made_once(make: Callable[[], str], look: Callable[[], str | None], *, clock: Clock = SYSTEM_CLOCK) -> str:
    """Makes something by a request that isn't to be sent twice when it has arrived.

    Args:
        make: Sends the request, and gives the identifier of what was made.
        look: Looks for what was made; gives its identifier, or None.
        clock: What waits between two tries.

    Returns:
        The identifier.

    Raises:
        OmicsError: It can't be made; what `make` raised.
    """
    failure: OmicsError | None = None
    for attempt in range(ATTEMPTS):
        if failure is not None and (found := look()):
            return found
        if attempt:
            pause(attempt, clock)
        try:
            return make()
        except ConnectFailed:  # nothing was sent, and the client has tried again itself
            raise
        except (TransportError, APIError) as error:
            if isinstance(error, APIError) and error.status not in RETRIED_STATUSES:
                raise
            failure = error
    if found := look():
        return found
    assert failure is not None
    raise failure
