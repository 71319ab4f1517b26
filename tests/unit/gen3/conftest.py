"""A commons without a network, a sandbox's commons, and a user without separate settings."""

import pytest
from gen3_commons import token
from gen3_environment import commons as commons
from gen3_environment import make_token as make_token
from omicsdk.core import ManualClock
from unsettled import home as home
from unsettled import nothing_around as nothing_around


@pytest.fixture
def api_key(clock: ManualClock) -> dict[str, str]:
    """What is in a credentials file."""
    return {"api_key": token(clock, seconds=30 * 86400, name="key"), "key_id": "key"}
