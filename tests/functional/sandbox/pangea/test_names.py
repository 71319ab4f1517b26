"""Reading by names: of organizations, groups, samples, results and fields; and the searches."""

from urllib.parse import quote

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.pangea.contrib import INDEXED_EVERY
from pangea_responses import NO_TOKEN, NOT_FOR_YOU, NOWHERE, Thing, created, names, told

GROUP = "/nested/sandbox/sample_groups/sandbox%20LIBRARY"


def page(response: httpx.Response) -> bool:
    return response.status_code == 404 and response.headers["content-type"].startswith("text/html")


def test_names_have_no_case_and_uuids_are_names_too(anonymous: httpx.Client, library: Thing, result: Thing) -> None:
    uuids = f"/nested/{library['organization']}/sample_groups/{library['uuid']}/samples/{result['sample']}"
    for path in (f"{GROUP}/samples/S%201/", f"{uuids}/"):
        assert anonymous.get(path).json() == result["sample_obj"]
    for path in (f"{GROUP}/samples/s 1/analysis_results/MOD::X", f"{uuids}/analysis_results/{result['uuid']}"):
        assert anonymous.get(path).json() == result
    assert anonymous.get(f"{GROUP}/").json() == library


@pytest.mark.parametrize("name", ["odd Ünïcode é", 'say "hi"', "🧬", "50% x", "a?b#c", "v1.2", "a+b&c=d", "data.json"])
def test_odd_names_are_read(owner: httpx.Client, library: Thing, name: str) -> None:
    made = created(owner.post("/samples", json={"name": name, "library": library["uuid"]}))
    assert owner.get(f"{GROUP}/samples/{quote(name, safe='')}/").json() == made


@pytest.mark.parametrize("name", ["a/b", NOWHERE])
def test_slashes_and_what_looks_like_a_uuid_are_not_read(owner: httpx.Client, library: Thing, name: str) -> None:
    created(owner.post("/samples", json={"name": name, "library": library["uuid"]}))
    assert page(owner.get(f"{GROUP}/samples/{quote(name, safe='')}/"))


def test_a_name_is_searched_in_its_place(owner: httpx.Client, outsider: httpx.Client, sample: Thing) -> None:
    organization = sample["library_obj"]["organization"]
    created(owner.post("/sample_groups", json={"name": "other", "organization": organization}))
    assert page(owner.get("/nested/sandbox/sample_groups/other/samples/s%201/"))
    assert page(owner.get("/nested/elsewhere/sample_groups/sandbox%20library/"))


def test_of_names_that_differ_in_case_the_newest_sample_is_read_and_no_organization(
    owner: httpx.Client, library: Thing, sample: Thing
) -> None:
    newer = created(owner.post("/samples", json={"name": "S 1", "library": library["uuid"]}))
    assert owner.get(f"{GROUP}/samples/s%201/").json()["uuid"] == newer["uuid"]
    owner.patch(f"/samples/{sample['uuid']}", json={"description": "changed last"})
    assert owner.get(f"{GROUP}/samples/s%201/").json()["uuid"] == sample["uuid"]
    created(owner.post("/organizations", json={"name": "SANDBOX"}))
    assert owner.get("/nested/sandbox/").status_code == 400


def test_of_a_module_s_results_the_one_that_was_changed_last_is_read(owner: httpx.Client, result: Thing) -> None:
    path = f"{GROUP}/samples/s%201/analysis_results/mod::x"
    second = {"module_name": "mod::x", "sample": result["sample"], "replicate": "r2"}
    newer = created(owner.post("/sample_ars", json=second))
    for each, value in ((result, 1), (newer, 2)):
        field = {"name": "f", "analysis_result": each["uuid"], "stored_data": value}
        created(owner.post("/sample_ar_fields", json=field))
    assert owner.get(path).json()["replicate"] == "r2"
    assert owner.get(f"{path}/fields/F").json()["stored_data"] == 2
    assert owner.get(f"{path}/fields/f", params={"replicate": "r1"}).json()["stored_data"] == 1
    owner.patch(f"/sample_ars/{result['uuid']}", json={"description": "changed last"})
    assert owner.get(path).json()["replicate"] == "r1"


def test_names_show_no_more_than_uuids(
    owner: httpx.Client, outsider: httpx.Client, anonymous: httpx.Client, private_sample: Thing, sample: Thing
) -> None:
    secret = {"module_name": "secret", "sample": sample["uuid"], "is_private": True}
    created(owner.post("/sample_ars", json=secret))
    private = "/nested/sandbox/sample_groups/private"
    for path in (f"{private}/", f"{private}/samples/hidden/", f"{GROUP}/samples/s%201/analysis_results/secret"):
        assert owner.get(path).status_code == 200
        assert told(outsider.get(path)) == (403, NOT_FOR_YOU)
        assert told(anonymous.get(path)) == (403, NO_TOKEN)


def test_lists_below_names_have_all_that_one_may_see(
    owner: httpx.Client, anonymous: httpx.Client, result: Thing
) -> None:
    created(
        owner.post(
            "/sample_groups",
            json={"name": "other", "organization": result["sample_obj"]["library_obj"]["organization"]},
        )
    )
    assert names(anonymous.get("/nested/nobody/sample_groups/")) == ["Sandbox Library", "other"]
    assert names(anonymous.get("/nested/sandbox/sample_groups/other/samples/")) == ["s 1"]
    assert names(anonymous.get(f"{GROUP}/samples/x/analysis_results"), "module_name") == ["mod::x"]
    assert names(anonymous.get(f"{GROUP}/samples/x/analysis_results/y/fields")) == []


def test_a_search_finds_new_samples_when_the_index_is_made_anew(
    sandbox: Sandbox, owner: httpx.Client, library: Thing, sample: Thing
) -> None:
    def found() -> list[str]:
        return [each["name"] for each in owner.get("/search", params={"query": "late"}).json()["samples"]]

    sandbox.clock.freeze()
    assert found() == []
    created(owner.post("/samples", json={"name": "Comes late", "library": library["uuid"]}))
    assert found() == []
    sandbox.clock.advance(INDEXED_EVERY)
    assert found() == ["Comes late"]
