"""Functions that the examples of gen3sdk import."""

import asyncio
import secrets
import string


def get_or_create_event_loop_for_thread() -> asyncio.AbstractEventLoop:
    """Return the running event loop; without one, a new loop that is made this thread's."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        return loop


def get_random_alphanumeric(length: int) -> str:
    """Return random lower-case letters and digits, about as many of each.

    Args:
        length: How many.
    """
    return "".join(secrets.choice(string.ascii_lowercase + string.digits * 3) for _ in range(length))
