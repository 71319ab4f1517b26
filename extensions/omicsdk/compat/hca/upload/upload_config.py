"""`hca.upload.upload_config`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omicsdk.compat.hca.config import get_config
from omicsdk.hca.upload.areas import UploadConfig as _UploadConfig

if TYPE_CHECKING:
    from omicsdk.hca.config import HCAConfig


class UploadConfig(_UploadConfig):
    """Upload areas of the HCA configuration.

    Args:
        config: The HCA configuration; by default the one of `get_config`.

    Raises:
        ConfigError: A file is malformed.
    """

    def __init__(self, config: HCAConfig | None = None) -> None:
        super().__init__(get_config() if config is None else config)
