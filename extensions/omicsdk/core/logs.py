"""Keeps the library silent until somebody asks: importing this once gives the logger `omicsdk` a NullHandler.

Without it Python prints warnings of a library to stderr when a program hasn't set up logging. `import omicsdk` doesn't do
it, because importing logging costs more than all the rest of that.
"""

import logging

logging.getLogger("omicsdk").addHandler(logging.NullHandler())

#: Where the transports log: retries and waits at INFO, each exchange at DEBUG, secrets masked.
http_log = logging.getLogger("omicsdk.http")
#: Where it is told what of the settings is odd, yet no error.
config_log = logging.getLogger("omicsdk.config")
