"""Gen3's commands beside its operations."""

from __future__ import annotations

from omicsdk.cli.workflows.gen3.auth import OF_AUTH, OF_WHO
from omicsdk.cli.workflows.gen3.crosswalk import OF_CROSSWALK
from omicsdk.cli.workflows.gen3.data import OF_DATA
from omicsdk.cli.workflows.gen3.discovery import OF_DISCOVERY
from omicsdk.cli.workflows.gen3.manifests import OF_MANIFESTS
from omicsdk.cli.workflows.gen3.records import OF_RECORDS
from omicsdk.cli.workflows.words import exemplified

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Command

_COMMANDS: list[Command] = [*OF_AUTH, *OF_DATA, *OF_RECORDS, *OF_MANIFESTS, *OF_CROSSWALK, *OF_DISCOVERY, *OF_WHO]

_EXAMPLES = {
    "auth endpoint": ("",),
    "auth token-decode": ("token.txt",),
    "auth wts-endpoint": ("",),
    "auth wts-list": ("",),
    "drs-pull manifest": ("manifest.json data",),
    "drs-pull object": ("dg.4503/0001 --output-dir data",),
    "drs-pull objects": ("dg.4503/0001 dg.4503/0002 --output-dir data",),
    "programs ls": ("",),
    "programs create": ("DEV",),
    "programs delete": ("DEV --dry-run",),
    "projects ls": (
        "",
        "DEV",
    ),
    "projects create": ("DEV test --dbgap-accession-number phs000000",),
    "projects delete": ("DEV test --dry-run",),
    "jobs ls": ("",),
    "jobs run": ("batch-export --input '{\"filter\": {}}' --wait",),
    "jobs status": ("12345",),
    "jobs output": ("12345",),
    "objects crosswalk read": ("--output-file crosswalk.csv",),
    "objects crosswalk verify": ("crosswalk.csv",),
    "objects crosswalk delete": ("crosswalk.csv --dry-run",),
    "discovery delete": ("HDP00001 --dry-run",),
    "discovery objects delete": (
        "dg.4503/0001 --dry-run",
        "--file objects.tsv",
    ),
    "wss rm": ("ws:///@user/wts/notes.txt --dry-run",),
    "wss download-url": ("ws:///@user/wts/notes.txt",),
    "wss upload-url": ("ws:///@user/wts/notes.txt",),
}

COMMANDS = exemplified("gen3", _COMMANDS, _EXAMPLES)
