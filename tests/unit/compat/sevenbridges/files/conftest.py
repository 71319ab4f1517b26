"""A platform in a function: it returns the responses that a test sets, and records the requests."""

from sb_files_platform import api as api
from sb_files_platform import clock as clock
from sb_files_platform import platform as platform
