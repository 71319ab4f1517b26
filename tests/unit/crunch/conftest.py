"""A user without separate settings, and the sandbox's site."""

from unsettled import nothing_around as nothing_around
