"""A Gen3 commons as a function."""

from collections.abc import Callable
from typing import Any

import pytest
from gen3_commons import FakeCommons, token
from omicsdk.core import ManualClock


@pytest.fixture
def commons(clock: ManualClock) -> FakeCommons:
    return FakeCommons(clock)


@pytest.fixture
def make_token(clock: ManualClock) -> Callable[..., str]:
    def made(**options: Any) -> str:
        return token(clock, **options)

    return made
