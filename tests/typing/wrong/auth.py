"""What a type checker must refuse: each line with a mark must have an error that holds the mark's words, no other line one."""

from omicsdk.auth import Auth, AuthClient


def calls(auth: Auth) -> None:
    auth.put_v1_user_role(user_id="ada", action="give", roles=["keeper"])  # error: "Literal['give']" is not assignable
    auth.put_v1_user_role("ada", "add", ["keeper"])  # error: Expected 0 positional arguments
    auth.post_v1_group()  # error: Argument missing for parameter "group_id"
    auth.get_v1_rolls()  # error: Cannot access attribute "get_v1_rolls"
    auth.get_v1_role.iterate(role_id="keeper")  # error: Cannot access attribute "iterate"


def what_may_be_missing(auth: Auth, client: AuthClient) -> None:
    changed = auth.put_v1_group_user(group_id="lab", action="add", users=["ada"])
    changed.users  # error: "users" is not a known attribute of "None"
    told = client.put_v1_group_user(group_id="lab", action="add", users=["ada"])
    told["users"]  # error: Object of type "None" is not subscriptable
    client.get_v1_user(user_id="ada")["stats"]  # error: "stats" is not a defined key
