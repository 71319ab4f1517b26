"""A small platform on loopback: uploads in parts, a storage behind presigned URLs, files and folders."""

from sb_state_folder import state as state
