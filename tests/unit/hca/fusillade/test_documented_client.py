"""The documented client of Fusillade answers as its documentation shows."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk.compat.hca import HCAConfig
from omicsdk.compat.hca.auth import AuthClient
from omicsdk.compat.hca.util.exceptions import SwaggerAPIException
from omicsdk.core import NO_RETRY, BadRequest, BearerToken, ConfigError, Forbidden, NotFound

SWAGGER = "https://auth.example.org/swagger.json"
NAMES = [f"name-{number:02}" for number in range(23)]
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["dss:PutFile"], "Resource": "arn:hca:dss:*:*:files/*"}],
}


@pytest.fixture
def client(service: Any) -> Any:
    token = BearerToken("secret", origins=[SWAGGER])
    with AuthClient(
        swagger_url=SWAGGER, credentials=token, transport=httpx.MockTransport(service), retry=NO_RETRY
    ) as made:
        yield made


def documented_names() -> list[str]:
    import omicsdk_api.fusillade as package

    rows = json.loads(Path(str(package.__file__)).with_name("commands.json").read_text())
    return [row["name"] for row in rows]


def test_all_operations_have_their_documented_names():
    names = documented_names()
    assert len(names) == 53
    beside = {"get_session", "get_authenticated_session"}
    assert {name for name in dir(AuthClient) if name.partition("_")[0] in ("get", "put", "post", "delete")} == {
        *names,
        *beside,
    }


@pytest.mark.parametrize("name", documented_names())
def test_each_operation_can_be_requested_and_names_its_arguments(client: AuthClient, name: str):
    with pytest.raises(TypeError, match=rf"^{name}\(\) has no argument 'nothing'"):
        getattr(client, name)(nothing=1)
    with pytest.raises(TypeError, match=rf"AuthClient.{name} was called on the class"):
        getattr(AuthClient, name)()


def test_a_decision_is_requested_in_json(client: AuthClient, service: Any):
    service.response("POST", "/v1/policies/evaluate", 200, {"result": True})
    payload = {"principal": "ada@example.org", "action": ["dss:PutFile"], "resource": ["arn:hca:dss:*:*:files/1"]}
    assert client.post_v1_policies_evaluate(**payload) == {"result": True}
    assert service.sent() == payload
    assert service.requests[-1].headers["authorization"] == "Bearer secret"


def test_only_operations_are_requested_never_the_document(client: AuthClient, service: Any):
    service.response("GET", "/v1/user/ada@example.org", 200, {"user_id": "ada@example.org", "status": "enabled"})
    assert client.get_v1_user(user_id="ada@example.org")["status"] == "enabled"
    assert [request.url.path for request in service.requests] == ["/v1/user/ada@example.org"]


def test_a_change_that_was_made_before_is_none(client: AuthClient, service: Any):
    path = "/v1/user/ada@example.org/roles"
    service.response("PUT", path, 200, {"roles": ["reader"], "action": "add", "user_id": "ada@example.org"})
    arguments: Any = {"user_id": "ada@example.org", "action": "add", "roles": ["reader"]}
    assert client.put_v1_user_role(**arguments) == {"roles": ["reader"], "action": "add", "user_id": "ada@example.org"}
    service.response("PUT", path, 304)
    assert client.put_v1_user_role(**arguments) is None


@pytest.mark.parametrize("named", [True, False])
def test_pages_follow_the_link_and_items_the_header(client: AuthClient, service: Any, named: bool):
    service.list("/v1/roles", "roles", NAMES, named=named)
    assert list(client.get_v1_roles.iterate(per_page="5")) == NAMES
    assert [len(page["roles"]) for page in client.get_v1_roles.paginate(per_page=10)] == [10, 10, 3]
    assert client.get_v1_roles() == {"roles": NAMES[:15]}


@pytest.mark.parametrize("key", ["groups", "roles", "resource_ids"])
@pytest.mark.parametrize("named", [True, False])
def test_what_a_user_owns_is_listed_whatever_its_kind(client: AuthClient, service: Any, key: str, named: bool):
    service.list("/v1/user/ada/owns", key, NAMES, named=named)
    assert list(client.get_v1_user_owns.iterate(user_id="ada", resource_type="x")) == NAMES


def test_a_list_can_be_gone_on_with_by_its_token(client: AuthClient, service: Any):
    service.list("/v1/roles", "roles", NAMES)
    assert client.get_v1_roles(next_token="20") == {"roles": NAMES[20:]}
    assert list(client.get_v1_roles.iterate(next_token="5", per_page=6)) == NAMES[5:]


def test_a_misspelt_argument_has_a_right_name_beside_it(client: AuthClient, service: Any):
    service.response("GET", "/oauth/authorize", 200, {})
    client.get_oauth_authorize(respone_type="code")
    client.get_oauth_authorize(response_type="code")
    assert [request.url.query for request in service.requests] == [b"respone_type=code", b"response_type=code"]


def test_a_deletion_may_have_a_body(client: AuthClient, service: Any):
    service.response("DELETE", "/v1/resource/project/actions", 200)
    assert client.delete_v1_resource_actions(resource_type_name="project", actions=["p:Read"]) is None
    assert service.sent() == {"actions": ["p:Read"]}


def test_a_member_is_changed_by_a_body_that_is_a_list(client: AuthClient, service: Any):
    service.response("PUT", "/v1/resource/project/id/one/members", 200, {"msg": "done"})
    member = {"member": "ada", "member_type": "user", "access_level": "Owner"}
    client.put_v1_resource_id_member(resource_type_name="project", resource_id="one", body=[member])
    assert service.sent() == [member]


@pytest.mark.parametrize(
    ("status", "title", "kind"),
    [
        (404, "Role reader does not exist.", NotFound),
        (400, "The policy is 12,000 characters long; 10,240 are the limit.", BadRequest),
        (403, "User is not authorized to access this resource", Forbidden),
    ],
)
def test_refusals_are_the_documented_error_and_ours(
    client: AuthClient, service: Any, refuse: Any, status: int, title: str, kind: type[Exception]
):
    service.responses["POST", "/v1/role"] = lambda _: refuse(status, "Bad", title)
    with pytest.raises(SwaggerAPIException) as caught:
        client.post_v1_role(role_id="reader", policy=POLICY)
    assert isinstance(caught.value, kind)
    assert caught.value.code == status
    assert "\n" not in str(caught.value)


def test_the_host_is_that_of_the_configuration(service: Any):
    config = HCAConfig()
    config["AuthClient"].swagger_url = "https://other.example.org/stage/swagger.json"
    service.response("GET", "/stage/v1/roles", 200, {"roles": []})
    with AuthClient(config, transport=httpx.MockTransport(service)) as client:
        assert client.get_v1_roles() == {"roles": []}
    assert service.requests[-1].url.host == "other.example.org"
    assert "authorization" not in service.requests[-1].headers


def test_no_swagger_url_is_an_error_that_states_what_to_give():
    with pytest.raises(ConfigError, match=r"swagger_url: 'auth\.example\.org' is not"):
        AuthClient(swagger_url="auth.example.org")
