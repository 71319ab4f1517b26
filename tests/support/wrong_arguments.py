"""Calls that are refused for their arguments."""

from collections.abc import Callable
from typing import Any

import pytest
from omicsdk.transfer import Location

HERE = Location("http://127.0.0.1:1/x?signature=canary")


def wrong(call: Callable[..., object], *args: Any, **kwargs: Any) -> str:
    """What a call states that must be refused."""
    with pytest.raises((TypeError, ValueError)) as caught:
        call(*args, **kwargs)
    return str(caught.value)
