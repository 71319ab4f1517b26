"""pangea:// behind a gateway that alters responses: nothing is deleted, and nothing is created, by what belongs elsewhere."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk.core import DecodeError, InconsistentListing, ResponseMismatch, UsageError
from omicsdk.fs import parse_uri
from omicsdk.fs.copying.removal import plan_removal, remove
from omicsdk.fs.stores.pangea import PangeaStore
from omicsdk.fs.uris import Stores
from omicsdk.pangea import Pangea
from omicsdk.pangea.fields import ResultId
from omicsdk.pangea.listings import ensure_result, ensure_sample
from omicsdk.pangea.uploads import begin_put
from unsettled import nothing_around as nothing_around

ORG, GROUP, SAMPLE, RESULT, OTHER = (f"{letter * 8}-0000-4000-8000-000000000000" for letter in "abcde")
DATES = {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}


def page(*results: Any, count: int | None = None) -> dict[str, Any]:
    """A page that is the last one."""
    counted = len(results) if count is None else count
    return {"count": counted, "next": None, "previous": None, "results": list(results)}


def field(number: int, result: str = RESULT) -> dict[str, Any]:
    uuid = f"{number:08x}-0000-4000-8000-000000000000"
    return {"uuid": uuid, "name": f"f{number}", "stored_data": {"n": number}, "analysis_result": result, **DATES}


class Gateway:
    """A Pangea with a sample that has one result, whose responses to some paths are replaced."""

    def __init__(self, **replaced: Any) -> None:
        self.replaced = replaced
        self.changed: list[str] = []

    def response(self, request: httpx.Request) -> Any:
        organization = {"uuid": ORG, "name": "Lab", **DATES}
        group = {"uuid": GROUP, "name": "Gut", "organization": ORG, "is_library": True, "bucket": "b", **DATES}
        sample = {"uuid": SAMPLE, "name": "s1", "library": GROUP, **DATES}
        result = {"uuid": RESULT, "module_name": "m", "replicate": "r", "sample": SAMPLE, **DATES}
        match request.url.path.removeprefix("/api/").split("/"):
            case ["organizations"]:
                return page(organization)
            case ["nested", _, ""]:
                return organization
            case ["nested", _, "sample_groups", _, ""]:
                return self.replaced.get("group", group)
            case ["nested", _, "sample_groups", _, "samples", _, ""]:
                return self.replaced.get("sample", sample)
            case ["sample_ars"]:
                return self.replaced.get("results", page(result))
            case ["sample_ar_fields"] if request.method == "POST":
                return self.replaced["created"]
            case ["sample_ar_fields"]:
                return self.replaced.get("fields", page(field(1), field(2)))
            case ["samples", _, "manifest"]:
                full_result = {**result, "fields": [field(1), self.replaced.get("manifest", field(2))]}
                return {**sample, "analysis_results": [full_result]}
            case [*_, "sample_links"]:
                return self.replaced["links"]
            case _:
                return organization

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method != "GET":
            self.changed.append(f"{request.method} {request.url.path}")
        if request.method == "DELETE":
            return httpx.Response(204)
        return httpx.Response(200, json=self.response(request))


def client(gateway: Gateway) -> Pangea:
    return Pangea("https://pangea.example.org", credentials="t", transport=httpx.MockTransport(gateway))


def removed(gateway: Gateway) -> None:
    with client(gateway) as pangea:
        stores = Stores({"pangea": {"client": pangea}})
        plan = plan_removal(stores, [parse_uri("pangea://Lab/Gut/s1/m")], recursive=True)
        remove(stores, plan).raise_if_failed()


def test_a_sample_link_without_a_uuid_is_an_error():
    with client(Gateway(links={"links": [{"name": SAMPLE}]})) as pangea, pytest.raises(DecodeError, match="'uuid'"):
        PangeaStore(client=pangea).stat(f"Lab/Gut/{SAMPLE}")


def test_a_result_is_removed_with_its_fields():
    gateway = Gateway()
    with client(gateway) as pangea:
        store = PangeaStore(client=pangea)
        for entry in list(store.entries("Lab/Gut/s1/m")):
            store.remove(entry)
        assert gateway.changed == [f"DELETE /api/sample_ar_fields/{field(number)['uuid']}" for number in (1, 2)]
        gateway.replaced["fields"] = page()
        store.remove(store.stat("Lab/Gut/s1/m"))
    assert gateway.changed[-1] == f"DELETE /api/sample_ars/{RESULT}"


@pytest.mark.parametrize(
    ("replaced", "words"),
    [
        ({"fields": page(count=2)}, "the stated total is 2, but 0 entries are listed"),
        ({"fields": page(field(1), field(2, OTHER))}, f"requested the UUID '{RESULT}' but the service returned '{OTHER}'"),
        ({"fields": page(field(1), field(1))}, "is listed more than once"),
        ({"results": page({"uuid": OTHER, "module_name": "m", "sample": OTHER, **DATES})}, f"returned '{OTHER}'"),
        ({"results": page(count=1)}, "the stated total is 1"),
    ],
    ids=["a count and no fields", "a foreign field", "a field twice", "a result of another sample", "a count and no results"],
)  # fmt: skip
def test_nothing_is_removed_by_a_list_that_contradicts_itself_or_the_request(replaced: Any, words: str):
    gateway = Gateway(**replaced)
    with pytest.raises((ResponseMismatch, InconsistentListing), match=words):
        removed(gateway)
    assert gateway.changed == []


def test_a_manifest_with_a_field_of_another_result_is_refused():
    with client(Gateway(manifest=field(2, OTHER))) as pangea, pytest.raises(ResponseMismatch, match="analysis_result"):
        list(PangeaStore(client=pangea).walk("Lab/Gut/s1"))


@pytest.mark.parametrize(
    "created", [{**field(9, OTHER), "name": "new"}, field(9)], ids=["of another result", "of another name"]
)
def test_no_file_goes_into_a_field_that_was_not_requested(created: Any):
    gateway = Gateway(created=created)
    with client(gateway) as pangea, pytest.raises(ResponseMismatch, match="create_field"):
        ResultId(RESULT).create_field(pangea, "new")
    assert gateway.changed == ["POST /api/sample_ar_fields"]


@pytest.mark.parametrize("fields", [page(field(1), count=2), page(field(1), field(1))], ids=["incomplete", "repeated"])
def test_no_field_is_created_by_a_list_that_may_lack_it(fields: Any):
    gateway = Gateway(fields=fields, created={**field(9), "name": "new"})
    with client(gateway) as pangea, pytest.raises(InconsistentListing):
        begin_put(pangea, ResultId(RESULT), "new", overwrite=True)
    assert gateway.changed == []


RIGHT = {
    "sample": {"uuid": OTHER, "name": "new", "library": GROUP, **DATES},
    "result": {"uuid": OTHER, "module_name": "m", "sample": SAMPLE, "is_private": True, **DATES},
    "group result": {"uuid": OTHER, "module_name": "m", "sample_group": GROUP, "is_private": True, **DATES},
}


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("sample", {}),
        ("sample", {"name": "old"}),
        ("sample", {"library": OTHER}),
        ("result", {}),
        ("result", {"module_name": "other"}),
        ("result", {"sample": OTHER}),
        ("group result", {}),
        ("group result", {"sample_group": OTHER}),
    ],
    ids=str,
)
def test_what_was_created_is_what_was_requested(kind: str, changes: Any):
    def response(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=page() if request.method == "GET" else {**RIGHT[kind], **changes})

    with Pangea("https://pangea.example.org", credentials="t", transport=httpx.MockTransport(response)) as pangea:

        def create() -> Any:
            if kind == "sample":
                return ensure_sample(pangea, GROUP, "new")
            of_group = kind == "group result"
            return ensure_result(pangea, GROUP if of_group else SAMPLE, "m", of_group=of_group, private=True)

        if not changes:
            assert create().uuid == OTHER
            return
        with pytest.raises(ResponseMismatch, match="|".join(map(str, changes.values()))):
            create()


def test_nothing_is_created_in_a_group_without_a_bucket(tmp_path: Path):
    group = {"uuid": GROUP, "name": "Gut", "organization": ORG, "is_library": True, "bucket": None, **DATES}
    gateway, source = Gateway(group=group, results=page()), tmp_path / "a.txt"
    source.write_bytes(b"a")
    with client(gateway) as pangea, pytest.raises(UsageError, match="'Gut' has no bucket"):
        pangea.upload(source, "Lab", "Gut", None, "m", "new")
    assert gateway.changed == []
