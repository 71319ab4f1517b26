"""Workflows of Pangea whose responses have one place changed: they work, or end with one of our errors."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from omicsdk.core import BearerToken
from omicsdk.pangea import Pangea
from omicsdk.pangea.fields import ResultId, object_facts
from omicsdk.pangea.listings import ensure_result, ensure_sample
from omicsdk.pangea.samples import metadata_csv
from scripted_services import Responses, checks_of, scripted

URL = "https://pangea.example.org"
UUIDS = [f"{number}{'0' * 7}-0000-0000-0000-{'0' * 12}" for number in range(10)]
ORGANIZATION = {"uuid": UUIDS[1], "name": "O"}
GROUP = {"uuid": UUIDS[2], "name": "L", "organization": UUIDS[1], "is_library": True, "bucket": None}
SAMPLE = {"uuid": UUIDS[3], "name": "s", "library": UUIDS[2], "metadata": {"a": 1}}
RESULT = {
    "uuid": UUIDS[4],
    "module_name": "m",
    "replicate": "r",
    "updated_at": "2026-01-01",
    "sample": UUIDS[3],
    "is_private": True,
}
FIELD = {
    "uuid": UUIDS[5],
    "name": "f",
    "stored_data": {"__type__": "s3", "uri": "s3://b/k"},
    "analysis_result": UUIDS[4],
}
TAG = {"uuid": UUIDS[6], "name": "t"}


def page(*results: Any) -> list[tuple[int, Any]]:
    return scripted({"count": len(results), "next": None, "previous": None, "results": list(results)})


def filled(folder: Path) -> Path:
    (folder / "a.txt").write_text("a")
    return folder / "a.txt"


Act = Callable[[Pangea, Path], object]
WORKFLOWS: dict[str, tuple[Act, Responses]] = {
    "metadata of samples": (
        lambda client, _: metadata_csv(
            (sample.name, sample.metadata or {}) for sample in client.samples_of(UUIDS[1], UUIDS[2])
        ),
        {
            f"GET /sample_groups/{UUIDS[2]}": scripted(GROUP),
            f"GET /sample_groups/{UUIDS[2]}/samples": page(SAMPLE),
        },
    ),
    "open a field": (
        lambda client, _: client.open("O", "L", "s", "m", "f").__enter__().read(),
        {
            "GET /nested/O/sample_groups/L/samples/s/analysis_results/m/fields/f": scripted(
                {**FIELD, "stored_data": {"a": 1}}
            )
        },
    ),
    "upload to a sample": (
        lambda client, folder: client.upload(filled(folder), "O", "L", "s", "m", "f", dry_run=True),
        {
            "GET /nested/O/sample_groups/L/samples/s/": scripted(SAMPLE),
            f"GET /sample_groups/{UUIDS[2]}": scripted({**GROUP, "bucket": "b"}),
        },
    ),
    "find a sample": (
        lambda client, _: client.find_sample("O", "L", "s"),
        {
            "GET /nested/O/sample_groups/L/samples/s/": scripted({}, status=404),
            "GET /nested/O/sample_groups/L/": scripted({}, status=404),
            "GET /organizations": page(ORGANIZATION),
            "GET /sample_groups": page(GROUP),
            "GET /samples": page(SAMPLE),
        },
    ),
    "list all": (
        lambda client, _: [item.name.upper() for item in client.ls()],
        {"GET /organizations": page(ORGANIZATION)},
    ),
    "create a sample": (
        lambda client, _: ensure_sample(client, UUIDS[2], "s").name.upper(),
        {"GET /samples": page(), "POST /samples": scripted(SAMPLE)},
    ),
    "create samples": (
        lambda client, _: [name.upper() for name in client.create_library_samples(UUIDS[1], UUIDS[2], ["s"])],
        {f"GET /sample_groups/{UUIDS[2]}": scripted(GROUP), "POST /bulk_samples": scripted({"uuids": [UUIDS[3]]})},
    ),
    "save metadata": (
        lambda client, _: client.save_metadata(UUIDS[1], UUIDS[2], {"s": {"a": 2}}, overwrite=True),
        {
            f"GET /sample_groups/{UUIDS[2]}": scripted(GROUP),
            "GET /samples": page(SAMPLE),
            f"PATCH /samples/{UUIDS[3]}": scripted(SAMPLE),
        },
    ),
    "create a result": (
        lambda client, _: ensure_result(client, UUIDS[3], "m", private=True),
        {"GET /sample_ars": page(), "POST /sample_ars": scripted(RESULT)},
    ),
    "find a result": (
        lambda client, _: client.find_sample_result(UUIDS[3], "m").uuid.upper(),
        {"GET /sample_ars": page(RESULT, {**RESULT, "uuid": UUIDS[7]})},
    ),
    "fields of a result": (
        lambda client, _: {field.name: field.uuid for field in ResultId(UUIDS[4]).fields(client)},
        {"GET /sample_ar_fields": page(FIELD)},
    ),
    "the object of a field": (
        lambda client, _: object_facts(client, ResultId(UUIDS[4]).field(UUIDS[5])),
        {f"GET /sample_ar_fields/{UUIDS[5]}": scripted(FIELD)},
    ),
    "tags": (
        lambda client, _: {tag.name for tag in client.ensure_tags(["t"]).items},
        {"GET /contrib/tags/": page(), "POST /contrib/tags/": scripted(TAG)},
    ),
}


test_what_services_return_is_used, test_no_changed_response_is_more_than_an_error = checks_of(
    WORKFLOWS, partial(Pangea, URL, credentials=BearerToken("t"))
)
