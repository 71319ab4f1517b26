"""Tags of samples, groups and other tags."""

from omicsdk.compat.pangea_api.contrib.tagging.tag import Tag as Tag
