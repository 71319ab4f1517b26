"""Add a NullHandler to the logger `omicsdk` when imported, so that the library is silent until a program sets up
logging.

Without it Python prints a library's warnings to stderr in a program without logging. `import omicsdk` does not do so,
because importing logging costs more than the rest of it.
"""

import logging

logging.getLogger("omicsdk").addHandler(logging.NullHandler())

#: Logger of transports: retries and waits at INFO, each exchange at DEBUG, secrets masked.
http_log = logging.getLogger("omicsdk.http")
#: Logger of warnings about unusual but valid settings.
config_log = logging.getLogger("omicsdk.config")
