"""The tools of the comparison with Pangea's published client."""

import sys

import pytest
from benchmark_modules import asked

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the benchmark asks Linux for what it measures")


@pytest.fixture
def api():
    from pangea_and_crunch.api import platform

    return platform("http://here", "http://sink", 230)


def test_a_library_has_as_many_samples_as_it_states(api):
    library = asked(api, "GET", "/api/nested/bench/sample_groups/library/")[1]
    found, target = [], f"/api/sample_groups/{library['uuid']}/samples"
    while target:
        page = asked(api, "GET", target)[1]
        assert page["count"] == 230
        found += [sample["name"] for sample in page["results"]]
        target = page["next"] and page["next"].removeprefix("http://here")
    assert len(found) == len(set(found)) == 230


def test_a_field_holds_what_was_stored_by_both_ways_to_it(api):
    assert asked(api, "PUT", "/_stored/one", {"__type__": "s3"})[0] == 204
    path = "/api/nested/bench/sample_groups/library/samples/sample/analysis_results/module/fields/one"
    by_name = asked(api, "GET", path)[1]
    assert by_name["stored_data"] == {"__type__": "s3"}
    assert asked(api, "GET", f"/api/sample_ar_fields/{by_name['uuid']}")[1] == by_name


def test_uploads_are_counted(api):
    wanted = {"filename": "a", "n_parts": 3, "stance": "upload-multipart"}
    told = asked(api, "POST", "/api/sample_ar_fields/x/upload_s3", wanted)[1]
    assert [url.partition("?")[0] for url in told["urls"]] == [f"http://sink/part-{number}" for number in (1, 2, 3)]
    parts = {"parts": [{"ETag": '"e"', "PartNumber": number} for number in (1, 2, 3)], "upload_id": told["upload_id"]}
    assert asked(api, "POST", "/api/sample_ar_fields/x/complete_upload_s3", parts)[1]["status"] == "success"
    assert asked(api, "GET", "/_counts")[1] == {"uploads": 1, "parts": 3, "completed": 1}


def test_the_site_has_a_dataset_and_takes_statuses(api):
    from pangea_and_crunch.api import DATASET

    dataset = asked(api, "GET", f"/api/datasets/{DATASET}/")[1]
    assert asked(api, "GET", f"/api/projects/{dataset['parent']}/")[1]["slug"] == dataset["parent"]
    assert asked(api, "POST", "/api/statuses/", {"dataset": dataset["id"], "stage": 1, "state": 1})[0] == 201
