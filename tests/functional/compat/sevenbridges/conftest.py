"""Clients without a network, for what all resources stand on."""

from sb_platform import api as api
from sb_platform import platform as platform
from sb_responses_in_order import make as make
from unsettled import nothing_around as nothing_around
