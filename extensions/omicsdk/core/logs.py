"""Keep the library silent until a program sets up logging: importing this once gives the logger `omicsdk` a NullHandler.

Without it Python prints warnings of a library to stderr when a program hasn't set up logging. `import omicsdk` doesn't do
it, because importing logging costs more than all the rest of that.
"""

import logging

logging.getLogger("omicsdk").addHandler(logging.NullHandler())

#: Where the transports log: retries and waits at INFO, each exchange at DEBUG, secrets masked.
http_log = logging.getLogger("omicsdk.http")
#: Warnings about settings that are odd but no error.
config_log = logging.getLogger("omicsdk.config")
