"""The renderers of results, each for the type of its first parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.dss.bundles import download_result, uploaded_bundle
from omicsdk.cli.commands.transfer_reports import transferred

if TYPE_CHECKING:
    from collections.abc import Callable

RENDERERS: tuple[Callable[[Any, Any], object], ...] = (download_result, uploaded_bundle, transferred)
