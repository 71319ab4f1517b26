"""A single field's file on its way here."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import finalize

from omicsdk.core.errors import APIError
from omicsdk.pangea.downloads import item_of
from omicsdk.pangea.errors import pangea_error
from omicsdk.transfer import download
from omicsdk.transfer.journals.places import journal_for

if TYPE_CHECKING:
    from omicsdk.pangea.objects.field import AnalysisResultField


def fetch(field: AnalysisResultField, filename: str) -> None:
    """Fetches a field's file.

    Args:
        field: The field.
        filename: Where to; a folder that isn't there is made.

    Raises:
        NoFile: The field refers to no file.
        OmicsError: It didn't arrive, or not right.
    """
    target = Path(filename).absolute()
    route = field.flat_url if field.uuid else ""
    item = item_of(
        field.knex.client,
        route,
        field.stored_data,
        target.name,
        label=str(filename),
        options=field.inherited_url_options,
    )
    journal = journal_for("pangea/downloads", field.knex.endpoint_url, route, str(target))
    try:
        download([item], target.parent, journal=journal).raise_if_failed()
    except APIError as error:
        raise pangea_error(error) from error
    if journal is not None:
        with suppress(OSError):  # it is removed when it is old
            journal.unlink(missing_ok=True)


def temporary_for(field: AnalysisResultField) -> str:
    """Makes a place for a field's file that is gone when the field is, or the program ends.

    Args:
        field: The field.

    Returns:
        The file's path, which isn't there yet.
    """
    folder = tempfile.mkdtemp(prefix="pangea-")
    name = field.get_referenced_filename().rpartition("/")[2]
    finalize(field, shutil.rmtree, folder, ignore_errors=True)
    return str(Path(folder, name))
