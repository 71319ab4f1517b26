"""Values that the platform knows, where scripts look for them; they are `omicsdk.compat.sevenbridges.enums`."""

from omicsdk.compat.sevenbridges.enums import *  # noqa: F403 - all of them, in the published place
