"""Platforms in memory beside the real ones, and a server that breaks on demand."""

from breakable import clock as clock
from shelf_store import shelf as shelf
