"""Uploads without waiting in earnest."""

import pytest
from omicsdk.core import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    """A clock that moves when somebody waits."""
    return ManualClock()
