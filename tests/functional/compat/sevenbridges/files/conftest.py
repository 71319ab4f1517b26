"""A platform in a function: it answers what a test tells it to, and remembers what it was asked."""

from sb_files_platform import api as api
from sb_files_platform import clock as clock
from sb_files_platform import platform as platform
