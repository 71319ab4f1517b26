"""Code with Fusillade's clients that a type checker must accept, with the expected types of responses. Never run."""

from collections.abc import Iterator
from typing import Any, assert_type

from omicsdk import ANONYMOUS, AsyncFusillade, Fusillade
from omicsdk.compat.hca import HCAConfig
from omicsdk.compat.hca.auth import AuthClient
from omicsdk.core.credentials import BearerToken
from omicsdk.core.items import AsyncItems, Items
from omicsdk.core.retry import Retry
from omicsdk_api.fusillade.models import Decision, Outcome, Owned, ResourceMember, Roles, User
from omicsdk_api.fusillade.types import DecisionDict, OutcomeDict, RolesDict

FILE = "arn:hca:dss:test:prod:files/1"


def constructors(config: HCAConfig) -> None:
    Fusillade()
    Fusillade("https://auth.example.org", credentials=BearerToken("token"), retry=Retry(attempts=2), strict=True)
    AsyncFusillade(credentials=ANONYMOUS, profile="work")
    AuthClient(config)
    AuthClient(swagger_url="https://auth.example.org/swagger.json", timeout=5)


def calls(auth: Fusillade) -> None:
    decided = auth.post_v1_policies_evaluate(principal="ada", action=["dss:PutFile"], resource=[FILE])
    assert_type(decided, Decision)
    assert_type(decided.result, bool)
    assert_type(auth.get_v1_user(user_id="ada"), User)
    assert_type(auth.put_v1_user_role(user_id="ada", action="add", roles=["keeper"]), Outcome | None)
    assert_type(auth.get_v1_user_owns(user_id="ada", resource_type="role"), Owned)
    auth.post_v1_role(
        role_id="keeper",
        policy={"Statement": [{"Effect": "Allow", "Action": "dss:PutFile", "Resource": "arn:hca:dss:*"}]},
    )
    auth.put_v1_resource_id_member(
        resource_type_name="project", resource_id="one", body=[{"member": "ada", "member_type": "user"}]
    )


def lists(auth: Fusillade) -> None:
    assert_type(auth.get_v1_roles.iterate(), Items[str])
    assert_type(auth.get_v1_roles.pages(per_page=5), Iterator[Roles])
    assert_type(auth.get_v1_user_owns.iterate(user_id="ada", resource_type="role"), Items[str])
    members = auth.get_v1_resource_id_members.iterate(resource_type_name="project", resource_id="one")
    assert_type(members, Items[ResourceMember])


def documented(client: AuthClient) -> None:
    decided = client.post_v1_policies_evaluate(principal="ada", action=["dss:PutFile"], resource=[FILE])
    assert_type(decided, DecisionDict)
    assert_type(client.put_v1_user_role(user_id="ada", action="add", roles=["keeper"]), OutcomeDict | None)
    assert_type(client.get_v1_roles.paginate(), Iterator[RolesDict])
    assert_type(client.expired_token(), bool)
    assert_type(client.swagger_spec, dict[str, Any])
    client.login(access_token="token")
    client.login(remote=True)
    client.logout()


async def asynchronous(auth: AsyncFusillade) -> None:
    assert_type(await auth.get_v1_user(user_id="ada"), User)
    assert_type(auth.get_v1_roles.iterate(), AsyncItems[str])
