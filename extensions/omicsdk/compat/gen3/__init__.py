"""gen3 4.28.5 (gen3sdk): its modules, public names and signatures, over `omicsdk.gen3`."""

from omicsdk.core.logs import logger

# The format that the published client gives its log.
LOG_FORMAT = "[%(asctime)s][%(levelname)7s] %(message)s"
# The log of this face: its modules' loggers are below it.
logging = logger(__name__)
