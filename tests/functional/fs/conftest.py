"""Platforms in memory beside the real ones, and a server that breaks on demand."""

from breakable import clock as clock
from breakable import fault as fault
from breakable import noise as noise
from breakable import server as server
from served_store import served as served
from shelf_store import shelf as shelf
