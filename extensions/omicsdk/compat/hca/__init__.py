"""The published client of the Human Cell Atlas, `hca`: its modules, names and answers, over omicsdk's own clients."""

from omicsdk.compat.hca import auth as auth
from omicsdk.compat.hca import dss as dss
from omicsdk.compat.hca import upload as upload
from omicsdk.compat.hca.config import HCAConfig as HCAConfig
from omicsdk.compat.hca.config import get_config as get_config
from omicsdk.compat.hca.config import logger as logger
from omicsdk.compat.hca.util import clear_hca_cache as clear_hca_cache
