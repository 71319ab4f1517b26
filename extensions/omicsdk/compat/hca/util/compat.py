"""Functions of `os` that programs for old versions of Python import from here."""

from os import scandir, walk

__all__ = ("scandir", "walk")
