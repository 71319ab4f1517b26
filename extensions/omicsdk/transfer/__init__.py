"""Moving bytes: parallel, verified, resumable downloads and uploads. Knows no platform.

from omicsdk.transfer import Item, Location, S3Object, Upload, download, upload

report = download([Item("reads.fastq.gz", Location(url), size, {"sha256": digest})], "data")
report.raise_if_failed()

to = S3Object(boto3.client("s3"), "my-bucket", "reads.fastq.gz")
upload([Upload("data/reads.fastq.gz", to)], journal="uploads.journal").raise_if_failed()
"""

from omicsdk.core.lazy import lazy_package

lazy_package(
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
