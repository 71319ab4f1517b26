"""Constants of the platform in the place where scripts import them; see `omicsdk.compat.sevenbridges.enums`."""

from omicsdk.compat.sevenbridges.enums import *  # noqa: F403 - all of them, in the published place
