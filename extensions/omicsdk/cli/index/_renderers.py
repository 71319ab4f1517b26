"""The renderers of results, each for the type of its first parameter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from omicsdk.cli.commands import crunch, dtp, ga4gh, locks, login, portals, upload
from omicsdk.cli.commands.dss import download_result, uploaded_bundle
from omicsdk.cli.commands.files import changes, listings
from omicsdk.cli.commands.gen3 import metadata, transfers
from omicsdk.cli.commands.pangea import resources as pangea
from omicsdk.cli.commands.pangea.transfers import downloaded_results, uploaded_field, uploaded_reads
from omicsdk.cli.commands.sb import files as sb_files
from omicsdk.cli.commands.sb.projects import copied_app
from omicsdk.cli.commands.sb.results import command_rows, limited
from omicsdk.cli.commands.sb.tasks import created
from omicsdk.cli.commands.transfers import transferred

RENDERERS: tuple[Callable[[Any, Any], object], ...] = (
    download_result,
    uploaded_bundle,
    transferred,
    portals.searched,
    *(listings.verified, changes.changed, locks.added, login.account_rows, upload.uploaded),
    *(
        portals.as_json,
        portals.entity_rows,
        portals.written,
        ga4gh.file_listing,
        ga4gh.saved_sequence,
        ga4gh.saved_slice,
    ),
    *(metadata.combined, metadata.crosswalk_verified, metadata.published, metadata.summarized),
    *(transfers.uploaded, transfers.workspace_files, dtp.downloaded, crunch.run_result),
    *(sb_files.file_changes, sb_files.folders_made, sb_files.tagged, sb_files.transferred),
    *(command_rows, limited, created, copied_app),
    *(pangea.batch, pangea.deletions, pangea.membership),
    *(uploaded_reads, uploaded_field, downloaded_results),
)
