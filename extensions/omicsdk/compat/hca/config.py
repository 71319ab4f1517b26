"""The configuration of the published client."""

from omicsdk.core import logs
from omicsdk.hca.config import HCAConfig as HCAConfig

logger = logs.logger("omicsdk.hca")

_config: HCAConfig | None = None


def get_config() -> HCAConfig:
    """Return the merged configuration of the user's files: the same object each time, changes in memory included.

    Clients that are made without `config=` use it, so that `get_config().DSSClient.swagger_url = url` holds for all of them.
    Files that another program has changed are read again, unless there are changes in memory.

    Raises:
        ConfigError: A file is malformed.
    """
    global _config
    current = HCAConfig()
    cached = _config
    if cached is None or cached.config_files != current.config_files or not (cached.is_edited or cached == current):
        _config = cached = current
    return cached
