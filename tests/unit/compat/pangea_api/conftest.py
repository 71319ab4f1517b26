"""A sandbox's Pangea, and a user without separate settings."""

from pangea_users import knex as knex
from pangea_users import library as library
from unsettled import nothing_around as nothing_around
