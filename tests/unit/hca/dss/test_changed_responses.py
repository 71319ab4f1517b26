"""Workflows of the Data Store whose responses have one place changed: they work, or end with one of our errors."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from changed_responses import each_replaced
from omicsdk.core import BearerToken, OmicsError
from omicsdk.hca.dss import Dss
from omicsdk.hca.dss.bundles import chosen, merged_pages
from omicsdk.hca.dss.collections import contents, rows_of
from omicsdk.hca.dss.downloads import bundle_of_rows
from scripted_services import Responses, checks_of, scripted

UUID, VERSION = "0" * 8 + "-0000-4000-8000-" + "0" * 12, "2026-01-01T000000.000000Z"
FILE = {
    "name": "a.json",
    "uuid": UUID,
    "version": VERSION,
    "sha256": "A" * 64,
    "sha1": "0" * 40,
    "s3_etag": "e",
    "crc32c": "c",
    "size": 1,
    "indexed": True,
    "content-type": "application/json",
}
BUNDLE = {"bundle": {"uuid": UUID, "version": VERSION, "files": [FILE, {**FILE, "name": "b", "indexed": False}]}}
MADE = {"uuid": UUID, "version": VERSION}
LINK = {"type": "bundle", "uuid": UUID, "version": VERSION}

Act = Callable[[Dss, Path], object]
WORKFLOWS: dict[str, tuple[Act, Responses]] = {
    "list a bundle": (
        lambda dss, _: [file.name.upper() for file in dss.ls(UUID, "aws")],
        {f"GET /bundles/{UUID}": scripted(BUNDLE)},
    ),
    "a collection": (
        lambda dss, _: rows_of(contents(dss, UUID, VERSION, "aws").bundles),
        {f"GET /collections/{UUID}": scripted({"contents": [LINK]}), f"GET /bundles/{UUID}": scripted(BUNDLE)},
    ),
    "create a collection": (
        lambda dss, _: dss.create_collection(UUID, "aws", contents=[LINK] * 1001, name="n").version.upper(),
        {"PUT /collections": scripted(MADE), f"PATCH /collections/{UUID}": scripted(MADE)},
    ),
    "change a bundle": (
        lambda dss, _: dss.change_bundle(UUID, "aws", VERSION, remove_files=[FILE] * 1001).version.upper(),
        {f"PATCH /bundles/{UUID}": scripted(MADE)},
    ),
    "check a bundle out": (
        lambda dss, _: dss.checkout(UUID, "aws", timeout_seconds=1),
        {
            f"POST /bundles/{UUID}/checkout": scripted({"checkout_job_id": "j"}),
            "GET /bundles/checkout/j": scripted({"status": "RUNNING"}, {"status": "SUCCEEDED", "location": "s3://b/k"}),
        },
    ),
}


test_what_services_return_is_used, test_no_changed_response_is_more_than_an_error = checks_of(
    WORKFLOWS, partial(Dss, "https://dss.example.org/v1", credentials=BearerToken("t"))
)


@pytest.mark.parametrize(
    "read",
    [
        lambda manifest: chosen(manifest, "aws"),
        lambda manifest: bundle_of_rows(manifest, {"b": "a" * 64}, "aws", no_metadata=False, no_data=False),
    ],
    ids=["chosen", "bundle_of_rows"],
)
def test_no_changed_bundle_is_more_than_an_error(read: Callable[[dict[str, Any]], object]) -> None:
    read(BUNDLE)
    for changed in (*each_replaced(BUNDLE), {"bundle.files": []}):
        with suppress(OmicsError):
            read(merged_pages([changed]))
