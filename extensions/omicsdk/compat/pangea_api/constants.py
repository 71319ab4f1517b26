"""Constants of the published client."""

from omicsdk.pangea.fields import CHUNK

FIVE_MB = CHUNK
"""The size of parts, and the size from which on a file is sent in parts, in bytes."""
