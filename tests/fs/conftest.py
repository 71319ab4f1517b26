"""A platform in memory beside the real ones."""

from shelf_store import shelf as shelf
