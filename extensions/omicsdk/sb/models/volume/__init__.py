"""Volumes, which are buckets of a cloud: `Volume`, its members, and what is on it."""

from omicsdk.sb.models.volume.parts import VolumeObject as VolumeObject
from omicsdk.sb.models.volume.parts import VolumePrefix as VolumePrefix
from omicsdk.sb.models.volume.resource import Volume as Volume
