"""Debian's Chromium without a window, driven by Playwright; tests that need it are skipped where either does not exist."""

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# A container's /dev/shm is often too small for Chromium, and root has no sandbox.
_FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-proxy-server"]


@contextmanager
def chromium(home: Path) -> Generator[Any]:
    """A browser with separate settings.

    Args:
        home: Where it keeps them.
    """
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed (Debian: apt install chromium)")
    reason = "playwright isn't installed (pip install playwright)"
    playwright = pytest.importorskip("playwright.sync_api", reason=reason)
    environ = {name: str(home) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")}
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(
            executable_path=CHROMIUM, args=_FLAGS, env={**environ, "PATH": os.environ["PATH"]}
        )
        yield started
        started.close()
