"""Projects: `Project`, its members and its exports."""

from omicsdk.sb.models.project.resource import Project as Project
from omicsdk.sb.models.project.resource import Settings as Settings
