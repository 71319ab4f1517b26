"""How a download is done."""

from __future__ import annotations

from dataclasses import dataclass, field

from omicsdk.transfer.disk import Disk
from omicsdk.transfer.settings import CommonSettings
from omicsdk.transfer.stores.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(CommonSettings):
    """How to transfer; see `download`."""

    locators: int | None = None
    resume_unvalidated: bool = False
    disk: Disk = field(default_factory=Disk)
    store: Store | None = None  # where files go from the target folder
