"""A sandbox's Pangea, and a user without separate settings."""

from pangea_users import nothing_around as nothing_around
