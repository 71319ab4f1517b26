"""The configuration of the published client."""

from logging import getLogger

from omicsdk.hca.config import HCAConfig as HCAConfig

logger = getLogger("omicsdk.hca")


def get_config() -> HCAConfig:
    """Return the merged configuration of the user's files.

    Raises:
        ConfigError: A file is malformed.
    """
    return HCAConfig()
