"""How the service is, what it holds, and new GUIDs."""

from omicsdk.sandbox.gen3.indexd.index import Index
from omicsdk.sandbox.gen3.indexd.record import new_guid
from omicsdk.sandbox.gen3.indexd.refusals import HTML
from omicsdk.sandbox.gen3.indexd.requests import arguments
from omicsdk.sandbox.service import Call, Reply

MOST_GUIDS = 10_000
"""How many GUIDs can be had at once."""


def get_status(index: Index, call: Call) -> Reply:
    """GET /_status."""
    del index, call
    return Reply(text="Healthy", headers=HTML)


def get_version(index: Index, call: Call) -> Reply:
    """GET /_version: a deployment that wasn't told tells nothing."""
    del index, call
    return Reply({"version": "", "commit": ""})


def get_stats(index: Index, call: Call) -> Reply:
    """GET /_stats: of all records, or of those of a month."""
    month, year = arguments.whole(call, "month"), arguments.whole(call, "year")
    both = month is not None and year is not None
    count, size = index.records.counted(f"{year:04}-{month:02}" if both else "")
    return Reply({"fileCount": count, "totalFileSize": size})


def get_valid_guids(index: Index, call: Call) -> Reply:
    """GET /guid/mint."""
    sent = arguments.text(call, "count")
    try:
        count = 1 if sent is None else int(sent)
    except ValueError:
        return _told(f"Count {sent} is not a valid integer")
    if count < 0:
        return _told("You cannot provide a count less than 0")
    if count > MOST_GUIDS:
        return _told(f"You cannot provide a count greater than {MOST_GUIDS}")
    prefix = index.prefix
    return Reply({"guids": [new_guid(prefix) for _ in range(count)]})


def get_guids_prefix(index: Index, call: Call) -> Reply:
    """GET /guid/prefix."""
    del call
    return Reply({"prefix": index.prefix})


def _told(message: str) -> Reply:
    return Reply(text=message, status=400, headers={"Content-Type": "text/plain; charset=utf-8"})
