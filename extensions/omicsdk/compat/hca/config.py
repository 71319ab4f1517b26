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
    found = HCAConfig()
    known = _config
    if known is None or known.config_files != found.config_files or not (known.is_edited or known == found):
        _config = known = found
    return known
