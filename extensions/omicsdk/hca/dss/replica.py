"""The clouds that the Data Store keeps everything in."""

from typing import Literal

Replica = Literal["aws", "gcp"]
"""A copy of the Data Store, by the cloud that it is in."""
