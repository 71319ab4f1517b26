"""A user without separate settings, and the sandbox's site."""

from crunch_environment import _nothing_around as _nothing_around
