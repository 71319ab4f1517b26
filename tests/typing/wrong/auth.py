"""Code that a type checker must reject: each line with a mark must have an error with the mark's words, and no other line any."""

from collections.abc import Iterator

from omicsdk import AsyncFusillade, Fusillade
from omicsdk.compat.hca.auth import AuthClient

FILE = "arn:hca:dss:test:prod:files/1"


def arguments(auth: Fusillade, status: str) -> None:
    auth.put_v1_user_role(user_id="ada", action="give", roles=["keeper"])  # error: "Literal['give']" is not assignable
    auth.put_v1_user_role("ada", "add", ["keeper"])  # error: Expected 0 positional arguments
    auth.put_v1_user(user_id="ada", status=status)  # error: "str" is not assignable
    auth.put_v1_group_user(group_id="lab", action="add", users=[1])  # error: is not assignable
    auth.post_v1_group()  # error: Argument missing for parameter "group_id"
    auth.post_v1_role(role_id="keeper")  # error: Argument missing for parameter "policy"
    auth.post_v1_role(role_id="keeper", policy="*")  # error: is not assignable
    auth.post_v1_user(user_id="ada", group=["lab"])  # error: No parameter named "group"
    auth.get_v1_roles(per_page="five")  # error: is not assignable to "int"
    auth.get_v1_rolls()  # error: Cannot access attribute "get_v1_rolls"
    auth.get_v1_role.iterate(role_id="keeper")  # error: Cannot access attribute "iterate"
    AuthClient("https://auth.example.org/swagger.json")  # error: is not assignable to "HCAConfig"


def responses(auth: Fusillade) -> None:
    auth.get_v1_user(user_id="ada").stats  # error: Cannot access attribute "stats"
    decided = auth.post_v1_policies_evaluate(principal="ada", action=["dss:PutFile"], resource=[FILE])
    _: str = decided.result  # error: is not assignable to declared type "str"
    items: Iterator[int] = auth.get_v1_roles.iterate()  # error: is not assignable to declared type "Iterator[int]"
    del items


def what_may_be_none(auth: Fusillade, client: AuthClient) -> None:
    changed = auth.put_v1_group_user(group_id="lab", action="add", users=["ada"])
    changed.users  # error: "users" is not a known attribute of "None"
    response = client.put_v1_group_user(group_id="lab", action="add", users=["ada"])
    response["users"]  # error: Object of type "None" is not subscriptable
    client.get_v1_user(user_id="ada")["stats"]  # error: "stats" is not a defined key


async def asynchronous(auth: AsyncFusillade) -> None:
    auth.get_v1_user(user_id="ada").status  # error: Cannot access attribute "status"
    AsyncFusillade(token="x")  # error: No parameter named "token"
    _: str = await auth.get_v1_user(user_id="ada")  # error: is not assignable to declared type "str"
