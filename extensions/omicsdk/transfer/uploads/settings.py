"""How an upload is done."""

from __future__ import annotations

from dataclasses import dataclass

from omicsdk.transfer.settings import CommonSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(CommonSettings):
    """How to upload; see `upload`."""

    callers: int = 16
    abort: bool = False
