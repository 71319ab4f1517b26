"""Pangea's document: corrected where its server answers otherwise."""

from typing import Any

SERVICE = "pangea"

# As real servers answered; all others return 200, or 201 where something is made and 204 where it is deleted.
STATUSES = {
    "login": {"200"},
    "logout": {"204"},
    "register": {"201"},
    "activate_account": {"204"},
    "resend_activation": {"204"},
    "reset_email": {"204"},
    "confirm_reset_email": {"204"},
    "reset_password": {"204"},
    "confirm_reset_password": {"204"},
    "set_email": {"204"},
    "set_password": {"204"},
    "generate_sample_group_metadata_schema": {"201"},
    "remove_sample_group_samples": {"200"},
    "get_site_wiki": {"200"},
    "write_site_wiki_page": {"200"},
}
ONE_CALL = {"list_metasub_taxa"}


def resolved(spec: Any, node: Any) -> Any:
    while "$ref" in node:
        target: Any = spec.corrected
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def response(spec: Any, name: str, status: str = "200") -> Any:
    """The schema of a response."""
    response_ = resolved(spec, spec.operation(name)["responses"][status])
    return response_["content"]["application/json"]["schema"]


def test_statuses_are_those_of_the_server(spec: Any) -> None:
    for name, place in spec.names().items():
        statuses = {status for status in spec.operation(name)["responses"] if status.startswith("2")}
        usual = {"204"} if name.startswith("delete_") else {"201"} if name.startswith("create_") else {"200"}
        if place.endswith("/wiki"):
            usual = {"200", "201"} if place.startswith("GET ") else {"201"}
        assert statuses == STATUSES.get(name, usual), name


def test_every_list_follows_its_next_pages(spec: Any) -> None:
    paging = {"style": "continuation", "items": "results", "next": "next"}
    paged = spec.wishes("x-omics-pagination")
    assert set(paged) == {name for name in spec.names() if name.startswith("list_")} - ONE_CALL
    assert all(wish == paging for wish in paged.values())
    for name in paged:
        schema = resolved(spec, response(spec, name))
        fields = {field for part in schema["allOf"] for field in resolved(spec, part)["properties"]}
        assert fields == {"count", "next", "previous", "results"}, name


def test_buckets_and_key_pairs_are_found_under_each_others_path(spec: Any) -> None:
    assert response(spec, "get_s3_bucket") == response(spec, "create_s3_bucket", "201")
    assert response(spec, "get_s3_api_key") == response(spec, "create_s3_api_key", "201")


def test_what_only_states_that_it_is_done_does_so(spec: Any) -> None:
    for name in ("tag_sample", "tag_sample_group", "tag_tag", "add_organization_user", "add_project_sample_group"):
        assert response(spec, name) == {"$ref": "#/components/schemas/Done"}


def test_a_response_has_all_fields_of_what_is_sent_but_secrets(spec: Any) -> None:
    bodies, schemas = spec.corrected["components"]["requestBodies"], spec.corrected["components"]["schemas"]
    kinds = [name.removesuffix("Changes") for name in bodies if name.endswith("Changes")]
    assert len(kinds) == 16
    for kind in kinds:
        fields = bodies[f"{kind}Changes"]["content"]["application/json"]["schema"]["properties"]
        secret = {name for name, field in fields.items() if field.get("writeOnly")}
        assert fields == schemas[kind]["properties"]
        assert set(schemas[kind]["required"]) == set(fields) - secret


def test_stored_data_may_be_any_json(spec: Any) -> None:
    fields = [
        schema["properties"] for schema in spec.corrected["components"]["schemas"].values() if "properties" in schema
    ]
    stored = [properties["stored_data"] for properties in fields if "stored_data" in properties]
    assert len(stored) == 4
    assert all(set(field) == {"description"} for field in stored)


def test_no_token_goes_with_what_a_dead_one_would_spoil(spec: Any) -> None:
    assert {name for name, ways in spec.wishes("security").items() if not ways} == {
        "login", "register", "activate_account", "resend_activation", "reset_email", "confirm_reset_email",
        "reset_password", "confirm_reset_password",
    }  # fmt: skip
