"""Members of projects, volumes and data sets: `Member`, and what they may do."""

from omicsdk.compat.sevenbridges.models.member.permissions import Permissions as Permissions
from omicsdk.compat.sevenbridges.models.member.resource import Member as Member
