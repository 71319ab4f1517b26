"""Results of whole groups: every file and every field's data at its place, whatever their names; one failure is one failure."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from omicsdk.core import ANONYMOUS, DecodeError
from omicsdk.pangea import Pangea
from omicsdk.pangea.downloads import ResultSelection, plan_results
from pangea_fields import field, manifest, result

# -- names


def test_replicates_of_a_module_stand_side_by_side():
    document = manifest(
        {
            "s": [
                result("a", "m", field("1", "f", {"v": 1}), replicate="old", updated="2026-01-01"),
                result("b", "m", field("2", "f", {"v": 2}), replicate="new", updated="2026-01-02"),
            ]
        }
    )
    planned = {
        planned_file.field.route: planned_file.blob_name for planned_file in plan_results(document, ResultSelection())
    }
    assert planned == {"sample_ar_fields/2": "s/s.m.f.json", "sample_ar_fields/1": "s/s.m.old.f.json"}


@pytest.mark.parametrize("later", ["2026-01-02T10:00:00.25Z", "2026-01-02T10:00:01Z", "2026-01-02T09:00:00.25-02:00"])
def test_the_newest_result_is_that_of_the_latest_time(later: str):
    times = {"old": "2026-01-02T10:00:00Z", "none": None, "new": later}
    results = [result(key, "m", field(key, "f", {"v": 1}), replicate=key, updated=time) for key, time in times.items()]
    planned = plan_results(manifest({"s": results}), ResultSelection())
    assert [file.field.route for file in planned if file.blob_name == "s/s.m.f.json"] == ["sample_ar_fields/new"]


def test_a_module_is_selected_among_others_and_results_of_the_group_only_on_request():
    results = [result(key, module, field(key, "f", {"v": 1})) for key, module in (("1", "m"), ("2", "n"), ("3", "m"))]
    document = manifest({"s": results}) | {"name": "g", "analysis_results": results}

    def planned(selection: ResultSelection) -> list[str]:
        return sorted(
            planned_file.blob_name.partition("/")[0] + planned_file.field.route[-2:]
            for planned_file in plan_results(document, selection)
        )

    assert planned(ResultSelection(module_name="m")) == ["s/1", "s/3"]
    assert planned(ResultSelection(module_name="n", of_group=True)) == ["g/2", "s/2"]
    assert planned(ResultSelection()) == ["s/1", "s/2", "s/3"]


def test_names_that_clash_are_distinguished():
    document = manifest(
        {
            name: [result(f"ar{number}", "m", field(str(number), "f", {"v": number}))]
            for number, name in enumerate(["a::b", "a__b", "A", "a", "..", "x/y"])
        }
    )
    names = [planned_file.blob_name for planned_file in plan_results(document, ResultSelection())]
    assert len({name.casefold() for name in names}) == len(names) == 6
    assert sorted(names) == sorted(name for name in names if ".." not in name.split("/") and name.count("/") == 1)


def test_a_file_that_is_json_stands_beside_its_fields_data():
    document = manifest({"s": [result("a", "m", field("1", "f", {"__type__": "sra", "url": "https://x/y.json"}))]})
    (planned,) = plan_results(document, ResultSelection())
    assert (planned.file_name, planned.blob_name) == ("s/s.m.f.json", "s/s.m.f.field.json")


@pytest.mark.parametrize(
    ("odd", "message"),
    [
        ({}, "'samples' is None, not a list"),
        ({"samples": None}, "'samples' is None, not a list"),
        ({"samples": [3]}, r"'samples\[0\]' is 3, not an object"),
        ({"samples": [{"name": "s", "analysis_results": "x"}]}, "'analysis_results' is 'x', not a list"),
        ({"samples": [{"name": None, "analysis_results": []}]}, "'name' is None, not a name"),
        ({"samples": [{"name": ["s"], "analysis_results": []}]}, r"'name' is \['s'\], not a name"),
        ({"samples": [{"name": "s", "analysis_results": [{"module_name": 5, "fields": []}]}]}, "'module_name' is 5"),
        ({"samples": [{"name": "s", "analysis_results": [{"module_name": "m"}]}]}, "'fields' is None, not a list"),
    ],
)
def test_a_manifest_that_lacks_a_list_or_a_name_is_an_error(odd: Any, message: str):
    with pytest.raises(DecodeError, match=message):
        plan_results(odd, ResultSelection(of_group=True))


@pytest.mark.parametrize(("timeout", "seconds"), [(None, 900), (7, 7)])
def test_a_manifest_has_more_time_than_other_calls(timeout: float | None, seconds: float):
    """The server makes all of it before it sends anything: a minute for 1,500 samples."""
    requests: list[httpx.Request] = []

    def response(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={"name": "g", "samples": [], "analysis_results": []})

    transport = httpx.MockTransport(response)
    with Pangea("https://pangea.test", credentials=ANONYMOUS, transport=transport, timeout=timeout) as client:
        assert list(client.result_urls("org", str(UUID(int=1)))) == []
    assert requests[0].extensions["timeout"]["read"] == seconds
