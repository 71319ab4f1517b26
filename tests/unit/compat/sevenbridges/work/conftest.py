"""The platform as a function: what it was asked, and answers to that."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from sb_work_platform import api as api
from sb_work_platform import clock as clock
from sb_work_platform import platform as platform
from sb_work_platform import refusal


@pytest.fixture
def refuse() -> Callable[[int, int, str], httpx.Response]:
    return refusal
