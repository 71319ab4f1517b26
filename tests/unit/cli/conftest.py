"""A small service of our own for the command line's tests: its index, its commands.json and a client over no network."""

from command_line import catalog as catalog
from command_line import generated as generated
from command_line import omics as omics
from command_line import widgets as widgets
