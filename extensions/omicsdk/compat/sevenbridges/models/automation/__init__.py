"""Automations: `Automation`, and its members, packages and runs."""

from omicsdk.compat.sevenbridges.models.automation.member import AutomationMember as AutomationMember
from omicsdk.compat.sevenbridges.models.automation.package import AutomationPackage as AutomationPackage
from omicsdk.compat.sevenbridges.models.automation.resource import Automation as Automation
from omicsdk.compat.sevenbridges.models.automation.run import AutomationRun as AutomationRun
