"""A group's data in one response: manifests, metadata, counts, links, schemas, archives."""

import re

import httpx
import pytest
from pangea_responses import NOWHERE, Thing, created, told

CLOSED = {"detail": "Insufficient permissions to access group."}
READING = ("manifest", "metadata", "module_counts", "sample_links", "downloads/m")


def token_of(client: httpx.Client) -> str:
    return client.headers["authorization"].removeprefix("Token ")


@pytest.mark.parametrize("what", READING)
def test_what_a_private_group_has_is_for_members(
    owner: httpx.Client, outsider: httpx.Client, anonymous: httpx.Client, private_sample: Thing, what: str
) -> None:
    path = f"/sample_groups/{private_sample['library']}/{what}"
    assert owner.get(path).status_code == 200
    assert told(outsider.get(path)) == told(anonymous.get(path)) == (403, CLOSED)
    assert told(owner.get(f"/sample_groups/{NOWHERE}/{what}")) == (404, {"detail": "Not found."})


@pytest.mark.parametrize("what", ["manifest", "metadata", "module_counts", "downloads/m"])
def test_a_token_in_the_address_opens_them(
    owner: httpx.Client, outsider: httpx.Client, anonymous: httpx.Client, private_sample: Thing, what: str
) -> None:
    path = f"/sample_groups/{private_sample['library']}/{what}"
    assert anonymous.get(path, params={"token": token_of(owner)}).status_code == 200
    assert anonymous.get(path, params={"token": token_of(outsider)}).status_code == 403
    wrong = anonymous.get(path, params={"token": "0"})
    assert (*told(wrong), wrong.headers["www-authenticate"]) == (401, {"detail": "Invalid token."}, "Token")


def test_a_manifest_has_all_results_with_their_fields(
    owner: httpx.Client, anonymous: httpx.Client, library: Thing, result: Thing
) -> None:
    secret = {"module_name": "secret", "sample": result["sample"], "is_private": True}
    created(owner.post("/sample_ars", json=secret))
    field = {"name": "f", "analysis_result": result["uuid"], "stored_data": {"x": 1}}
    created(owner.post("/sample_ar_fields", json=field))
    created(owner.post("/sample_group_ars", json={"module_name": "g", "sample_group": library["uuid"]}))
    manifest = anonymous.get(f"/sample_groups/{library['uuid']}/manifest").json()
    assert {key: manifest[key] for key in library} == library
    (sample,) = manifest["samples"]
    assert "library_obj" not in sample
    assert [(each["module_name"], len(each["fields"])) for each in sample["analysis_results"]] == [
        ("mod::x", 1),
        ("secret", 0),
    ]
    assert sample["analysis_results"][0]["fields"][0]["stored_data"] == {"x": 1}
    assert [each["module_name"] for each in manifest["analysis_results"]] == ["g"]
    alone = anonymous.get(f"/samples/{result['sample']}/manifest").json()
    assert alone["analysis_results"] == sample["analysis_results"]
    assert alone["library_obj"] == library


def test_a_sample_s_manifest_is_for_whom_the_library_allows(
    owner: httpx.Client, outsider: httpx.Client, anonymous: httpx.Client, private_sample: Thing
) -> None:
    path = f"/samples/{private_sample['uuid']}/manifest"
    assert anonymous.get(path, params={"token": token_of(owner)}).status_code == 200
    refusal = {"detail": "Insufficient permissions to get group manifest."}
    assert told(outsider.get(path)) == told(anonymous.get(path)) == (403, refusal)
    assert owner.get(f"/samples/{NOWHERE}/manifest").status_code == 404


# -- metadata


@pytest.mark.parametrize("name", ['g "x"; y', "ü 🧬", "a\nb"])
def test_any_name_of_a_group_makes_a_header(owner: httpx.Client, library: Thing, name: str) -> None:
    made = created(owner.post("/sample_groups", json={"name": name, "organization": library["organization"]}))
    header = owner.get(f"/sample_groups/{made['uuid']}/metadata?kind=csv").headers["content-disposition"]
    assert re.fullmatch('attachment; filename="[^"\n]*_metadata.csv"', header)


# -- archives


# -- wikis
