"""A group's data in one response: manifests, metadata, counts, links, schemas, archives; and wikis and projects."""

import csv
import io
import json
import re
import tarfile

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from pangea_responses import NO_TOKEN, NOWHERE, Thing, created, names, told

CLOSED = {"detail": "Insufficient permissions to access group."}
READING = ("manifest", "metadata", "module_counts", "sample_links", "downloads/m", "validate_metadata_schema")


def new(client: httpx.Client, library: Thing, name: str, **metadata: object) -> Thing:
    return created(client.post("/samples", json={"name": name, "library": library["uuid"], "metadata": metadata}))


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


def test_elsewhere_a_token_in_the_address_is_nothing(
    owner: httpx.Client, anonymous: httpx.Client, private_sample: Thing
) -> None:
    group = f"/sample_groups/{private_sample['library']}"
    assert told(anonymous.get(group, params={"token": token_of(owner)})) == (403, NO_TOKEN)
    assert told(anonymous.get(f"{group}/sample_links", params={"token": token_of(owner)})) == (403, CLOSED)


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


def test_modules_are_counted_by_samples(owner: httpx.Client, library: Thing, result: Thing) -> None:
    created(owner.post("/sample_ars", json={"module_name": "mod::x", "sample": result["sample"]}))
    other = new(owner, library, "s 2")
    for module in ("mod::x", "y"):
        created(owner.post("/sample_ars", json={"module_name": module, "sample": other["uuid"]}))
    counts = owner.get(f"/sample_groups/{library['uuid']}/module_counts").json()
    assert counts == {"n_samples": 2, "mod::x": 2, "y": 1}


def test_links_have_names_and_metadata_where_it_is_requested(owner: httpx.Client, library: Thing) -> None:
    made = new(owner, library, "s", a=1)
    path = f"/sample_groups/{library['uuid']}/sample_links"
    link = {"uuid": made["uuid"], "name": "s"}
    assert owner.get(path).json() == {"count": 1, "links": [link]}
    assert owner.get(path, params={"metadata": "1"}).json()["links"] == [{**link, "metadata": {"a": 1}}]


# -- metadata


def test_metadata_are_a_table_where_it_is_requested(owner: httpx.Client, library: Thing) -> None:
    new(owner, library, "a", city='Paris, "5e"', lat=48.9)
    new(owner, library, "b")
    new(owner, library, "ü", lat=0, line="x\ny")
    path = f"/sample_groups/{library['uuid']}/metadata"
    assert owner.get(path).json()["ü"] == {"lat": 0, "line": "x\ny"}
    table = owner.get(path, params={"kind": "csv"})
    assert table.headers["content-type"].startswith("text/csv")
    assert table.headers["content-disposition"] == 'attachment; filename="Sandbox_Library_metadata.csv"'
    assert list(csv.reader(io.StringIO(table.text))) == [
        ["", "city", "lat", "line"],
        ["a", 'Paris, "5e"', "48.9", ""],
        ["b", "", "", ""],
        ["ü", "", "0", "x\ny"],
    ]


def test_a_group_without_samples_has_an_empty_table(owner: httpx.Client, library: Thing) -> None:
    assert owner.get(f"/sample_groups/{library['uuid']}/metadata?kind=csv").text == '""\n'


@pytest.mark.parametrize("name", ['g "x"; y', "ü 🧬", "a\nb"])
def test_any_name_of_a_group_makes_a_header(owner: httpx.Client, library: Thing, name: str) -> None:
    made = created(owner.post("/sample_groups", json={"name": name, "organization": library["organization"]}))
    header = owner.get(f"/sample_groups/{made['uuid']}/metadata?kind=csv").headers["content-disposition"]
    assert re.fullmatch('attachment; filename="[^"\n]*_metadata.csv"', header)


def test_columns_are_kept_as_a_schema_which_samples_are_held_to(owner: httpx.Client, library: Thing) -> None:
    new(owner, library, "a", n=1, lat=1, city="x", yes=True)
    new(owner, library, "b", n=2, lat=2.5, city="y", yes=False)
    path = f"/sample_groups/{library['uuid']}"
    schema = created(owner.post(f"{path}/generate_metadata_schema"))["schema"]
    assert schema["fields"] == [
        {"name": "n", "type": "integer"},
        {"name": "lat", "type": "number"},
        {"name": "city", "type": "string", "extDtype": "str"},
        {"name": "yes", "type": "boolean"},
    ]
    assert owner.get(path).json()["sample_metadata_schema"] == schema
    assert owner.get(f"{path}/validate_metadata_schema").json() == {"errors": [], "stats": {"errors": 0, "tasks": 1}}
    new(owner, library, "c", n="three", lat=None, city=5)
    (error,) = owner.get(f"{path}/validate_metadata_schema").json()["errors"]
    assert error[:3] == ["c", "n", "type-error"]
    assert owner.post(f"{path}/generate_metadata_schema").status_code == 400
    again = created(owner.post(f"{path}/generate_metadata_schema", params={"overwrite": "true"}))["schema"]
    assert again["fields"][0] == {"name": "n", "type": "string", "extDtype": "str"}


# -- archives


def test_the_results_of_a_module_are_an_archive(
    sandbox: Sandbox, owner: httpx.Client, library: Thing, result: Thing
) -> None:
    def field(name: str, data: object) -> str:
        body = {"name": name, "analysis_result": result["uuid"], "stored_data": data}
        return created(owner.post("/sample_ar_fields", json=body))["uuid"]

    field("inline.x", {"x": 1})
    path = f"/sample_ar_fields/{field('read_1', {})}/upload_s3"
    form = owner.post(path, json={"filename": "r1.fastq.gz"}).json()
    httpx.post(form["url"], data=form["fields"], files={"file": b"reads"}, trust_env=False).raise_for_status()
    before = sandbox.pangea.store.moment()[:10]
    response = owner.get(f"/sample_groups/{library['uuid']}/downloads/mod::x")
    days = {before, sandbox.pangea.store.moment()[:10]}
    assert response.headers["content-disposition"] in {
        f'attachment; filename="Sandbox_Library__mod__x__{day}.tar.gz"' for day in days
    }
    with tarfile.open(fileobj=io.BytesIO(response.content)) as archive:
        files = {each: (archive.extractfile(each) or io.BytesIO()).read() for each in archive.getnames()}
    assert json.loads(files.pop("s_1.mod__x.inline-x.json")) == {"x": 1}
    assert files == {"s_1.mod__x.read_1.fastq.gz": b"reads"}


def test_of_results_that_were_made_in_one_moment_the_archive_has_the_later(
    sandbox: Sandbox, owner: httpx.Client, library: Thing, sample: Thing
) -> None:
    sandbox.clock.freeze()
    for replicate in ("first", "second"):
        body = {"module_name": "m", "sample": sample["uuid"], "replicate": replicate}
        made = created(owner.post("/sample_ars", json=body))
        field = {"name": "f", "analysis_result": made["uuid"], "stored_data": replicate}
        created(owner.post("/sample_ar_fields", json=field))
    by_name = f"/nested/Sandbox/sample_groups/{library['name']}/samples/{sample['name']}/analysis_results/m/fields/f"
    assert owner.get(by_name).json()["stored_data"] == "second"
    response = owner.get(f"/sample_groups/{library['uuid']}/downloads/m")
    with tarfile.open(fileobj=io.BytesIO(response.content)) as archive:
        (file,) = archive.getmembers()
        assert json.loads((archive.extractfile(file) or io.BytesIO()).read()) == "second"


def test_there_is_no_other_kind_of_archive(owner: httpx.Client, library: Thing) -> None:
    response = owner.get(f"/sample_groups/{library['uuid']}/downloads/m", params={"kind": "list"})
    assert told(response) == (400, {"kind": ['"list" is not a valid choice.']})


# -- wikis


def test_the_first_look_makes_a_wiki_and_members_write_it(
    owner: httpx.Client, outsider: httpx.Client, anonymous: httpx.Client, library: Thing
) -> None:
    path = f"/sample_groups/{library['uuid']}/wiki"
    first, second = anonymous.get(path), anonymous.get(path)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert first.json()["home_page_obj"]["text"] == "Wiki for Sample Group Sandbox Library"
    text = {"title": "T", "text": " # text\n"}
    refusal = {"detail": "Insufficient permissions to edit wiki."}
    assert told(outsider.post(path, json=text)) == (403, refusal)
    assert told(anonymous.post(path, json=text)) == (403, NO_TOKEN)
    pages = created(owner.post(path, json=text))["page_objs"]
    assert [(each["title"], each["text"]) for each in pages][1:] == [("T", " # text\n")]
    changed = {"uuid": pages[1]["uuid"], "title": "T2", "text": ""}
    assert [each["title"] for each in created(owner.post(path, json=changed))["page_objs"]] == ["Home Page", "T2"]
    assert owner.post(path, json={**changed, "uuid": NOWHERE}).status_code == 400
    assert told(owner.post(path, json={"title": "T"})) == (400, {"text": ["This field is required."]})


def test_organizations_and_pipelines_have_wikis(owner: httpx.Client, outsider: httpx.Client, library: Thing) -> None:
    organization = f"/organizations/{library['organization']}/wiki"
    assert created(owner.get(organization))["home_page_obj"]["text"] == "Wiki for Organization Sandbox"
    pipeline = f"/pipelines/{created(owner.post('/pipelines', json={'name': 'P'}))['uuid']}/wiki"
    assert created(owner.get(pipeline))["home_page_obj"]["text"] == "Wiki for Pipeline P"
    assert outsider.post(organization, json={"title": "x", "text": "x"}).status_code == 403
    assert len(created(outsider.post(pipeline, json={"title": "x", "text": "x"}))["pages"]) == 2


def test_a_private_group_s_wiki_is_for_members(
    owner: httpx.Client, outsider: httpx.Client, private_library: Thing
) -> None:
    path = f"/sample_groups/{private_library['uuid']}/wiki"
    assert owner.get(path).status_code == 201
    assert told(outsider.get(path)) == (403, {"detail": "Insufficient permissions to get wiki."})


# -- projects


def test_a_project_has_groups_of_its_organization(
    owner: httpx.Client, outsider: httpx.Client, anonymous: httpx.Client, library: Thing, private_library: Thing
) -> None:
    body = {"name": "P", "organization": library["organization"], "sample_groups": [library["uuid"]]}
    refusal = {"detail": "Organization membership is required to create a project."}
    assert told(outsider.post("/projects", json=body)) == (403, refusal)
    made = created(owner.post("/projects", json=body))
    assert made["sample_groups"] == [library["uuid"]]
    path = f"/projects/{made['uuid']}"
    added = owner.post(f"{path}/sample_groups", json={"sample_group_uuid": private_library["uuid"]})
    assert told(added) == (200, {"status": "success"})
    assert names(owner.get(f"{path}/sample_groups")) == ["Sandbox Library", "Private"]
    assert names(anonymous.get(f"{path}/sample_groups")) == ["Sandbox Library"]
    assert names(anonymous.get("/projects", params={"name": "P"})) == ["P"]
    assert owner.patch(path, json={"sample_groups": []}).json()["sample_groups"] == []
    assert outsider.delete(path).status_code == 403
    assert owner.delete(path).status_code == 204
    assert owner.get(f"/sample_groups/{library['uuid']}").status_code == 200


def test_a_project_that_is_refused_states_why(owner: httpx.Client, outsider: httpx.Client, library: Thing) -> None:
    body = {"name": "P", "organization": library["organization"]}
    path = f"/projects/{created(owner.post('/projects', json=body))['uuid']}"
    assert told(owner.post("/projects", json=body)) == (400, {"name": ["project with this name already exists."]})
    unknown = [f'Invalid pk "{NOWHERE}" - object does not exist.']
    assert told(owner.patch(path, json={"sample_groups": [NOWHERE]})) == (400, {"sample_groups": unknown})
    response = owner.post(f"{path}/sample_groups", json={"sample_group_uuid": NOWHERE})
    assert told(response) == (400, {"sample_group_uuid": unknown})
    assert outsider.post(f"{path}/sample_groups", json={"sample_group_uuid": library["uuid"]}).status_code == 403
