"""The version, in a module that costs nothing to import; pyproject.toml has the same."""

__version__ = "0.1.0"
