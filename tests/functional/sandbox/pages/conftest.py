"""A program that opens the pages as a browser would, without being one."""

from collections.abc import Generator

import httpx
import pytest
from omicsdk.sandbox import Sandbox


@pytest.fixture
def visitor(sandbox: Sandbox) -> Generator[httpx.Client]:
    """Somebody who opens pages of the sandbox."""
    with httpx.Client(base_url=sandbox.url, trust_env=False, follow_redirects=True) as client:
        yield client
