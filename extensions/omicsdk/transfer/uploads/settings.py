"""How an upload is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from omicsdk.transfer.reports.outcomes import Outcome
from omicsdk.transfer.settings import CommonSettings
from omicsdk.transfer.uploads.following import FollowUp


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(CommonSettings):
    """How to upload; see `upload`."""

    callers: int = 16
    abort: bool = False
    follow: Callable[[int, Outcome], FollowUp | None] | None = None
