"""Transfers that fail."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from omicsdk.core.errors import OmicsError
from omicsdk.transfer import TransferFailed


@contextmanager
def failed(cause: type[OmicsError], match: str | None = None) -> Iterator[None]:
    """Expect that the only file of a transfer fails.

    Args:
        cause: The class of its error.
        match: What the message matches; None for any.
    """
    with pytest.raises(TransferFailed, match=match) as caught:
        yield
    assert isinstance(caught.value.__cause__, cause)
    assert caught.value.report.counts["failed"] == 1
