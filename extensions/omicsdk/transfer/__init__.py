"""Moving bytes: parallel, verified, resumable downloads and uploads. Knows no platform.

from omicsdk.transfer import Item, Location, S3Object, Upload, download, upload

report = download([Item("reads.fastq.gz", Location(url), size, {"sha256": digest})], "data")
report.raise_if_failed()

to = S3Object(boto3.client("s3"), "my-bucket", "reads.fastq.gz")
upload([Upload("data/reads.fastq.gz", to)], journal="uploads.journal").raise_if_failed()
"""

from __future__ import annotations

from omicsdk.core.lazy import lazy_package

TYPE_CHECKING = not __name__  # false, without importing typing; a literal would hide the names from jedi
if TYPE_CHECKING:
    from omicsdk.transfer.checksums import verify as verify
    from omicsdk.transfer.downloads.downloading import download as download
    from omicsdk.transfer.downloads.targets import FsspecTarget as FsspecTarget
    from omicsdk.transfer.engine.control import Control as Control
    from omicsdk.transfer.engine.options import SelectionOptionsDict as SelectionOptionsDict
    from omicsdk.transfer.engine.options import TransferOptions as TransferOptions
    from omicsdk.transfer.engine.options import TransferOptionsDict as TransferOptionsDict
    from omicsdk.transfer.handle import Transfer as Transfer
    from omicsdk.transfer.handle import download_async as download_async
    from omicsdk.transfer.handle import upload_async as upload_async
    from omicsdk.transfer.items import Item as Item
    from omicsdk.transfer.network.requests import Location as Location
    from omicsdk.transfer.network.requests import Patience as Patience
    from omicsdk.transfer.reports.progress import Progress as Progress
    from omicsdk.transfer.reports.report import Outcome as Outcome
    from omicsdk.transfer.reports.report import Outcomes as Outcomes
    from omicsdk.transfer.reports.report import Report as Report
    from omicsdk.transfer.reports.report import TransferFailed as TransferFailed
    from omicsdk.transfer.reports.report import TransferReport as TransferReport
    from omicsdk.transfer.reports.report import read_jsonl as read_jsonl
    from omicsdk.transfer.s3.boto import S3Object as S3Object
    from omicsdk.transfer.scale.plan import Plan as Plan
    from omicsdk.transfer.scale.plan import Shard as Shard
    from omicsdk.transfer.scale.plan import ShardResult as ShardResult
    from omicsdk.transfer.scale.plan import ShardsOpen as ShardsOpen
    from omicsdk.transfer.scale.plan import ShardsReport as ShardsReport
    from omicsdk.transfer.scale.runs import ShardsProgress as ShardsProgress
    from omicsdk.transfer.scale.runs import run_shards as run_shards
    from omicsdk.transfer.scale.workers import run_on_dask as run_on_dask
    from omicsdk.transfer.uploads.sending import FollowUp as FollowUp
    from omicsdk.transfer.uploads.store import Form as Form
    from omicsdk.transfer.uploads.store import MultipartStore as MultipartStore
    from omicsdk.transfer.uploads.store import NoSuchUpload as NoSuchUpload
    from omicsdk.transfer.uploads.store import PartRules as PartRules
    from omicsdk.transfer.uploads.store import PutTo as PutTo
    from omicsdk.transfer.uploads.store import SentPart as SentPart
    from omicsdk.transfer.uploads.store import Source as Source
    from omicsdk.transfer.uploads.store import Upload as Upload
    from omicsdk.transfer.uploads.uploading import abort_upload as abort_upload
    from omicsdk.transfer.uploads.uploading import upload as upload
else:  # hidden from type checkers, which would accept any name
    __getattr__, __dir__, __all__ = lazy_package(
        __name__,
        {
            "checksums": "verify",
            "downloads.downloading": "download",
            "downloads.targets": "FsspecTarget",
            "engine.control": "Control",
            "handle": "Transfer download_async upload_async",
            "items": "Item",
            "network.requests": "Location Patience",
            "engine.options": "SelectionOptionsDict TransferOptions TransferOptionsDict",
            "reports.progress": "Progress",
            "reports.report": "Outcome Outcomes Report TransferFailed TransferReport read_jsonl",
            "s3.boto": "S3Object",
            "scale.plan": "Plan Shard ShardResult ShardsOpen ShardsReport",
            "scale.runs": "ShardsProgress run_shards",
            "scale.workers": "run_on_dask",
            "uploads.sending": "FollowUp",
            "uploads.store": "Form MultipartStore NoSuchUpload PartRules PutTo SentPart Source Upload",
            "uploads.uploading": "abort_upload upload",
        },
    )
