"""The public arguments of transfers: removing, renaming or moving one breaks programs."""

import inspect
from collections.abc import Iterator
from typing import Any

import omicsdk.transfer
import pytest
from omicsdk.transfer import MultipartStore, SelectionOptionsDict, Transfer, TransferOptionsDict

#: Each public function's arguments, and each class's constructor's, unchanged; "*" before those that need their name.
SIGNATURES = {
    "Control": "* budget rate_limit",
    "FollowUp": "url headers content answered method",
    "Form": "url headers fields file_name * sign states takes_gzip cookies",
    "FsspecTarget": "fs path * spool spool_files spool_bytes puts verify whole",
    "Item": "name locate size checksums label retries min_delay renew source * states overwrite",
    "Location": "url headers * sign states takes_gzip cookies",
    "NoSuchUpload": "message * name remedy",
    "Outcome": "name state size bytes_fetched bytes_kept checksums verified attempts seconds error retries plan label verification warning source server from_cache",
    "Outcomes": "entries * held folder",
    "PartRules": "least largest parts part_size single adapts",
    "Patience": "connect silence least_rate renewals retry_after",
    "Plan": "source folder * run journals reports rate_limit repeats opening kept require_checksum **options",
    "Progress": "files files_done files_failed bytes bytes_done bytes_fetched rate seconds final unsized retries connections phase",
    "PutTo": "locate needs route",
    "Report": "outcomes seconds * throughput began title why_stopped target services",
    "S3Object": "client bucket key * checksum part_size single extra_args tags tag_checksums is_new go_on",
    "SentPart": "number size etag checksums",
    "Shard": "index of source folder name files size journals reports rate_limit options repeats opening kept require_checksum",
    "ShardResult": "index of counts bytes_fetched seconds failures worker report error verification",
    "ShardsOpen": "report reason",
    "ShardsProgress": "files files_done files_failed bytes bytes_done bytes_fetched rate seconds final unsized retries connections phase shards shards_done shards_lost workers",
    "ShardsReport": "results seconds lost why_stopped throughput",
    "Source": "path name size mtime_ns inode part_size checksums",
    "Transfer": "work control",
    "TransferFailed": "report errors count",
    "TransferOptions": "* include exclude filter_from min_size max_size newer older connections retries min_delay limit_rate time_budget min_rate stall_timeout renewals max_wait require_checksum resume_unvalidated cache link progress stop control dry_run check",
    "TransferReport": "outcomes seconds * throughput began title why_stopped target services",
    "Upload": "path to name checksums retries min_delay",
    "abort_upload": "entry journal",
    "download": "items folder * options locators environ route run journal wait patience clock disk mode **keywords",
    "download_async": "items folder * options locators environ route run journal wait patience clock disk mode **keywords",
    "read_jsonl": "path",
    "run_on_dask": "plan cluster * shards retries progress stop control clock",
    "run_shards": "shards executor * retries progress stop control clock",
    "upload": "uploads * options callers journal abort finished follow environ route wait patience clock **keywords",
    "upload_async": "uploads * options callers journal abort finished follow environ route wait patience clock **keywords",
    "verify": "items folder * stop",
}  # fmt: skip
#: Methods and properties of classes that users call or write.
MEMBERS = {
    "Control": "ask begin interrupted limit over pause paused rate_limit reason resume stop stopped timetable watched why",
    "MultipartStore": "abort accepted begin complete examine finished has_one_server known needs needs_reports part_checksum part_size put relents remedies renewable reports_parts "
    "route sent sign signs_at_once stored_before unfinished wants whole_needs withdraw",
    "Outcomes": "count fill index of ok put",
    "Plan": "earlier_shards items_of journals order shards",
    "Progress": "fraction remaining replaced",
    "ShardsReport": "bytes_fetched counts failures ok open raise_if_failed to_dict verification",
    "Transfer": "add_callback control download of pause progress resume start state stop upload wait wait_async",
    "TransferReport": "bytes_fetched counts details failed files from_cache of ok raise_if_failed rows stopped summary to_dict to_frame verification with_outcomes with_rerun write_html write_jsonl write_jsonld",
}


def arguments(of: Any) -> Iterator[str]:
    """Names, marked as they are in a signature."""
    marked = False
    for parameter in inspect.signature(of).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not marked:
            marked = True
            yield "*"
        yield {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "") + parameter.name


def test_every_public_name_is_in_the_table() -> None:
    others = {cls.__name__ for cls in (MultipartStore, SelectionOptionsDict, TransferOptionsDict)}
    assert {*SIGNATURES, *others} == {*omicsdk.transfer.__all__}


@pytest.mark.parametrize("name", SIGNATURES)
def test_the_arguments_are_these(name: str) -> None:
    assert " ".join(arguments(getattr(omicsdk.transfer, name))) == SIGNATURES[name]


@pytest.mark.parametrize("name", MEMBERS)
def test_the_members_are_these(name: str) -> None:
    public = getattr(omicsdk.transfer, name)
    fields = set(getattr(public, "__dataclass_fields__", ()))
    members = {member for member in dir(public) if not member.startswith("_")} - fields
    assert members == set(MEMBERS[name].split())


@pytest.mark.parametrize("name", ["download", "upload"])
def test_handles_and_coroutines_take_the_same_arguments(name: str) -> None:
    expected = list(arguments(getattr(omicsdk.transfer, name)))
    assert list(arguments(getattr(Transfer, name))) == expected
    assert list(arguments(getattr(omicsdk.transfer, f"{name}_async"))) == expected
