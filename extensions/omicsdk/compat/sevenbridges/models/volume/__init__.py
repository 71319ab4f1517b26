"""Volumes, which are buckets of a cloud: `Volume`, its members, and what is on it."""

from omicsdk.compat.sevenbridges.models.volume.parts import VolumeObject as VolumeObject
from omicsdk.compat.sevenbridges.models.volume.parts import VolumePrefix as VolumePrefix
from omicsdk.compat.sevenbridges.models.volume.resource import Volume as Volume
