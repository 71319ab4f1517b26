"""Automations: `Automation`, and its members, packages and runs."""

from omicsdk.sb.models.automation.member import AutomationMember as AutomationMember
from omicsdk.sb.models.automation.package import AutomationPackage as AutomationPackage
from omicsdk.sb.models.automation.resource import Automation as Automation
from omicsdk.sb.models.automation.run import AutomationRun as AutomationRun
