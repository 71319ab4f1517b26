"""Moving bytes: parallel, verified, resumable downloads. Knows no platform.

from omicsdk.transfer import Item, Location, download

report = download([Item("reads.fastq.gz", Location(url), size, {"sha256": digest})], "data")
report.raise_if_failed()
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from omicsdk.transfer.asynchronous import download_async as download_async
    from omicsdk.transfer.control import Control as Control
    from omicsdk.transfer.downloads.downloading import download as download
    from omicsdk.transfer.handle import Transfer as Transfer
    from omicsdk.transfer.items import Item as Item
    from omicsdk.transfer.items import Location as Location
    from omicsdk.transfer.reports.outcome import Outcome as Outcome
    from omicsdk.transfer.reports.outcomes import Outcomes as Outcomes
    from omicsdk.transfer.reports.progress import Progress as Progress
    from omicsdk.transfer.reports.report import Report as Report
    from omicsdk.transfer.reports.report import TransferReport as TransferReport
    from omicsdk.transfer.wire import Patience as Patience

_HOMES = {
    "Control": "control",
    "Item": "items",
    "Location": "items",
    "Outcome": "reports.outcome",
    "Outcomes": "reports.outcomes",
    "Patience": "wire",
    "Progress": "reports.progress",
    "Report": "reports.report",
    "Transfer": "handle",
    "TransferReport": "reports.report",
    "download": "downloads.downloading",
    "download_async": "asynchronous",
}
__all__ = [
    "Control",
    "Item",
    "Location",
    "Outcome",
    "Outcomes",
    "Patience",
    "Progress",
    "Report",
    "Transfer",
    "TransferReport",
    "download",
    "download_async",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'omicsdk.transfer' has no attribute '{name}'")
    from importlib import import_module

    found: object = getattr(import_module(f"omicsdk.transfer.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
