"""The platform as a function: what it was asked, and answers to that."""

from __future__ import annotations

from sb_work_platform import api as api
from sb_work_platform import clock as clock
from sb_work_platform import platform as platform
