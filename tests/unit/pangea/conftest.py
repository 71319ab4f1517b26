"""A sandbox's Pangea, and a user without separate settings."""

from unsettled import nothing_around as nothing_around
