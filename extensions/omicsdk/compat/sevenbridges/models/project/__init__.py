"""Projects: `Project`, its members and its exports."""

from omicsdk.compat.sevenbridges.models.project.resource import Project as Project
from omicsdk.compat.sevenbridges.models.project.resource import Settings as Settings
