"""Counts of a sandbox's contents, platform by platform."""

from pathlib import Path

from omicsdk.sandbox.azul.atlas import AZUL
from omicsdk.sandbox.crunch.state import CRUNCH
from omicsdk.sandbox.dss.store import DSS
from omicsdk.sandbox.engine.store import Store
from omicsdk.sandbox.fusillade.state import FUSILLADE
from omicsdk.sandbox.ga4gh.htsget import HTSGET
from omicsdk.sandbox.ga4gh.refget import REFGET
from omicsdk.sandbox.ga4gh.trs import TRS
from omicsdk.sandbox.gen3.listings import GEN3
from omicsdk.sandbox.pangea.state import PANGEA
from omicsdk.sandbox.portals import ENA, GDC, ZENODO
from omicsdk.sandbox.sb.state import SB
from omicsdk.sandbox.state.database import Database, opening
from omicsdk.sandbox.state.folder import STATE, at_rest
from omicsdk.sandbox.state.listings import Collection
from omicsdk.sandbox.upload.state import UPLOAD

COLLECTIONS = (DSS, AZUL, UPLOAD, FUSILLADE, SB, GEN3, CRUNCH, PANGEA, HTSGET, REFGET, TRS, GDC, ENA, ZENODO)
"""All platforms, in the order in which they are shown."""


def collections(database: Database) -> list[Collection]:
    """All platforms, and the services of documents, in the order in which they are shown.

    Args:
        database: The state.
    """
    return [*COLLECTIONS, *Store(database).collections()]


def counted(database: Database) -> dict[str, dict[str, int]]:
    """The length of each list of each platform.

    Args:
        database: The state.
    """
    return {
        each.name: {listing.name: listing.count(database) for listing in each.listings if not listing.inside}
        for each in collections(database)
    }


def counted_in(folder: Path) -> dict[str, dict[str, int]]:
    """The same for a folder that no sandbox runs on.

    Args:
        folder: The sandbox's folder.

    Raises:
        ValueError: It is not one.
        FolderInUse: A sandbox runs on it.
    """
    with opening(folder / STATE), at_rest(folder) as database:
        return counted(database)
