"""The form of policies, and errors for invalid ones."""

import json

from omicsdk.sandbox.fusillade.state import MAX_BYTES


def statement(**changes):
    whole = {"Effect": "Allow", "Action": ["dss:PutFile"], "Resource": "arn:hca:dss:*:*:*", **changes}
    return {name: value for name, value in whole.items() if value is not None}


def policy(**changes):
    return {"Version": "2012-10-17", "Statement": [statement(**changes)]}


def sized(size: int):
    empty = len(json.dumps(policy(Sid=""), separators=(",", ":")))
    return policy(Sid="x" * (size - empty))


def test_the_limit_over_http(admin):
    assert admin.post("/v1/role", json={"role_id": "full", "policy": sized(MAX_BYTES)}).status_code == 201
    for response in (
        admin.post("/v1/role", json={"role_id": "over", "policy": sized(MAX_BYTES + 1)}),
        admin.put("/v1/role/full/policy", json={"policy": sized(MAX_BYTES + 1)}),
        admin.post("/v1/user", json={"user_id": "over", "policy": sized(MAX_BYTES + 1)}),
        admin.post("/v1/group", json={"group_id": "over", "policy": sized(MAX_BYTES + 1)}),
        admin.put("/v1/group/hca/policy", json={"policy": {"Statements": []}}),
    ):
        assert response.status_code == 400
        assert response.json()["title"] == "Bad Request"
        assert "The policy isn't valid" in response.json()["detail"]
    assert admin.get("/v1/role/over").status_code == 404
