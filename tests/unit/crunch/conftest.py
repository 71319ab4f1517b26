"""A user without separate settings, and the sandbox's site."""

from crunch_environment import nothing_around as nothing_around
