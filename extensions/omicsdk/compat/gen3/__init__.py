"""gen3 4.28.5 (gen3sdk): its modules, public names and signatures, over `omicsdk.gen3`."""

from logging import getLogger

LOG_FORMAT = "[%(asctime)s][%(levelname)7s] %(message)s"
"""The format that the published client gives its log."""
logging = getLogger(__name__)
"""The log of this face: its modules' loggers are below it."""
