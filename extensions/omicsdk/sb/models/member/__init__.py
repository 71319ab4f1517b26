"""Members of projects, volumes and data sets: `Member`, and what they may do."""

from omicsdk.sb.models.member.permissions import Permissions as Permissions
from omicsdk.sb.models.member.resource import Member as Member
