"""Gen3's commands beside its operations."""

from __future__ import annotations

from omicsdk.cli.workflows.gen3_auth import OF_AUTH, OF_WHO
from omicsdk.cli.workflows.gen3_crosswalk import OF_CROSSWALK
from omicsdk.cli.workflows.gen3_data import OF_DATA
from omicsdk.cli.workflows.gen3_discovery import OF_DISCOVERY
from omicsdk.cli.workflows.gen3_manifests import OF_MANIFESTS
from omicsdk.cli.workflows.gen3_records import OF_RECORDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Command

COMMANDS: list[Command] = [*OF_AUTH, *OF_DATA, *OF_RECORDS, *OF_MANIFESTS, *OF_CROSSWALK, *OF_DISCOVERY, *OF_WHO]
