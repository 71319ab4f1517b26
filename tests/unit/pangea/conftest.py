"""A sandbox's Pangea, and a user without settings of their own."""

from pangea_users import nothing_around as nothing_around
