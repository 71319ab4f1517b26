"""A sandbox's Pangea, and a user without settings of their own."""

from pangea_users import anonymous as anonymous
from pangea_users import knex as knex
from pangea_users import library as library
from pangea_users import org as org
from pangea_users import outsider as outsider
from reset_sandbox import sandbox as sandbox
from reset_sandbox import sandbox_server as sandbox_server
from unsettled import nothing_around as nothing_around
