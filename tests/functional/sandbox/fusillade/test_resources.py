"""Resource types, access levels, and decisions about things that are shared one by one."""

import pytest
from omicsdk.sandbox.fusillade.state import Resource

BOX = {"actions": ["box:Open", "box:Close"]}
THING = "arn:hca:boxes:*:dev:box/b1"


def level(*actions, effect="Allow"):
    return {
        "policy": {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": list(actions), "Resource": "*"}]}
    }


@pytest.fixture
def box(admin):
    assert admin.post("/v1/resource/box", json=BOX).status_code == 201
    assert admin.post("/v1/resource/box/policy/Opener", json=level("box:Open")).status_code == 201
    assert admin.post("/v1/resource/box/id/b1").status_code == 201
    return admin


def may(admin, who, *actions, resource=THING) -> bool:
    question = {"principal": who, "action": list(actions), "resource": [resource]}
    return admin.post("/v1/policies/evaluate", json=question).json()["result"]


def member(name, access=None, kind="user"):
    return [{"member": name, "member_type": kind, **({"access_level": access} if access else {})}]


def test_a_type_from_beginning_to_end(box):
    assert box.get("/v1/resources").json() == {"resources": ["box"]}
    assert box.get("/v1/resource/box").json() == {
        "resource_type": "box",
        "actions": ["box:Close", "box:Open"],
        "resource_ids": ["/resource/box/id/b1"],
    }
    assert box.put("/v1/resource/box/actions", json={"actions": ["box:Open", "box:Paint"]}).status_code == 200
    assert box.get("/v1/resource/box/actions").json() == {"actions": ["box:Close", "box:Open", "box:Paint"]}
    removed = box.request("DELETE", "/v1/resource/box/actions", json={"actions": ["box:Paint", "box:None"]})
    assert removed.status_code == 200
    assert box.get("/v1/resource/box/actions").json() == {"actions": ["box:Close", "box:Open"]}
    assert box.delete("/v1/resource/box").status_code == 409
    assert box.delete("/v1/resource/box/id/b1").status_code == 200
    assert box.delete("/v1/resource/box").status_code == 200
    assert box.delete("/v1/resource/box").status_code == 404
    assert box.get("/v1/resources").json() == {"resources": []}


def test_access_levels(box):
    policies = ["/resource/box/policy/Opener", "/resource/box/policy/Owner"]
    assert box.get("/v1/resource/box/policies").json() == {"policies": policies}
    policy = box.get("/v1/resource/box/policy/Opener").json()
    assert policy == {"policy_document": level("box:Open")["policy"], "policy_type": "ResourcePolicy"}
    assert box.put("/v1/resource/box/policy/Opener", json=level("box:Close")).status_code == 200
    assert box.get("/v1/resource/box/policy/Opener").json()["policy_document"] == level("box:Close")["policy"]
    assert box.post("/v1/resource/box/policy/Opener", json=level("box:Open")).status_code == 409
    assert box.delete("/v1/resource/box/policy/Opener").status_code == 200
    assert box.delete("/v1/resource/box/policy/Opener").status_code == 404


def test_an_access_level_names_actions_of_its_type_only(box):
    for response in (
        box.post("/v1/resource/box/policy/Other", json=level("box:Burn")),
        box.put("/v1/resource/box/policy/Opener", json=level("box:Open", "dss:PutFile")),
    ):
        assert response.status_code == 400
        assert "box has no action" in response.json()["detail"]


def test_members(box):
    box.post("/v1/user", json={"user_id": "ann"})
    path = "/v1/resource/box/id/b1/members"
    assert box.get(path).json() == {"members": []}
    assert box.put(path, json=member("ann", "Opener")).status_code == 200
    box.put(path, json=member("hca", "Owner", "group"))
    assert box.get(path).json() == {
        "members": [
            {"member": "hca", "member_type": "group", "access_level": "Owner"},
            {"member": "ann", "member_type": "user", "access_level": "Opener"},
        ]
    }
    box.put(path, json=member("ann", "Owner"))
    box.put(path, json=member("hca", kind="group"))
    assert [item["access_level"] for item in box.get(path).json()["members"]] == ["Owner"]
    assert box.put(path, json=member("ann", "None")).status_code == 400
    assert box.put(path, json=member("none", "Owner")).status_code == 404
    assert box.get("/v1/resource/box/id/none/members").status_code == 404


def test_members_come_in_pages(box, sandbox):
    names = [f"u{number:02}" for number in range(12)]
    sandbox.fusillade.resources.change("box", "b1", members={f"user/{name}": "Opener" for name in names})
    first = box.get("/v1/resource/box/id/b1/members", params={"per_page": 10})
    second = box.get(first.links["next"]["url"])
    assert (first.status_code, second.status_code) == (206, 200)
    ids = [item["member"] for response in (first, second) for item in response.json()["members"]]
    assert ids == names


@pytest.mark.parametrize("path", ["/v1/resource/box/ids", "/v1/resource/box"])
def test_objects_come_in_pages(box, sandbox, path):
    for number in range(8):
        sandbox.fusillade.resources.add(Resource("box", f"c{number}", "x", {}))
    first = box.get(path, params={"per_page": 5})
    second = box.get(first.links["next"]["url"])
    assert [len(response.json()["resource_ids"]) for response in (first, second)] == [5, 4]


def test_access_counts_in_decisions(box):
    for name in ("ann", "bob"):
        box.post("/v1/user", json={"user_id": name})
    assert not may(box, "ann", "box:Open")
    box.put("/v1/resource/box/id/b1/members", json=member("ann", "Opener"))
    assert may(box, "ann", "box:Open")
    assert not may(box, "ann", "box:Open", "box:Close")
    assert not may(box, "ann", "box:Open", resource="arn:hca:boxes:*:dev:box/b2")
    assert not may(box, "bob", "box:Open")
    box.put("/v1/resource/box/id/b1/members", json=member("hca", "Opener", "group"))
    box.put("/v1/user/bob/groups", params={"action": "add"}, json={"groups": ["hca"]})
    assert may(box, "bob", "box:Open")
    box.put("/v1/resource/box/policy/Opener", json=level("box:Open", effect="Deny"))
    assert not may(box, "bob", "box:Open")
    box.delete("/v1/resource/box/policy/Opener")
    assert not may(box, "ann", "box:Open")


def test_who_creates_an_object_owns_it(box, client):
    box.post("/v1/role", json={"role_id": "maker", "policy": maker()})
    box.post("/v1/user", json={"user_id": "ann", "roles": ["maker"]})
    ann = client("ann")
    assert ann.post("/v1/resource/box/id/mine").status_code == 201
    assert ann.get("/v1/resource/box/id/mine").status_code == 200
    assert ann.get("/v1/resource/box/id/b1").status_code == 403
    box.post("/v1/user", json={"user_id": "bob"})
    assert ann.put("/v1/resource/box/id/mine/members", json=member("bob", "Opener")).status_code == 200
    assert may(box, "bob", "box:Open", resource="arn:hca:boxes:*:dev:box/mine")
    box.post("/v1/resource/box/id/mine2")
    assert ann.delete("/v1/resource/box/id/mine2").status_code == 403
    assert ann.delete("/v1/resource/box/id/mine").status_code == 200


def maker():
    allowed = {"Effect": "Allow", "Action": "fus:PostResources", "Resource": "arn:hca:fus:*:*:resource/box/id/*"}
    return {"Version": "2012-10-17", "Statement": [allowed]}


def test_an_owner_policy_of_ones_own(admin):
    policy = level("jar:Open")["policy"]
    admin.post("/v1/resource/jar", json={"actions": ["jar:Open"], "owner_policy": policy})
    admin.post("/v1/resource/jar/id/j1")
    assert admin.get("/v1/resource/jar/policy/Owner").json()["policy_document"] == policy
    assert may(admin, "user@example.org", "jar:Open", resource="arn:hca:jars:*:dev:jar/j1")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v1/resource/box", BOX, 409),
        ("POST", "/v1/resource/new", {"actions": ["notanaction"]}, 400),
        ("POST", "/v1/resource/new", {"owner_policy": {"Statement": []}}, 400),
        ("POST", "/v1/resource/box/id/b1", None, 409),
        ("POST", "/v1/resource/none/id/b1", None, 404),
        ("GET", "/v1/resource/none", None, 404),
        ("GET", "/v1/resource/none/actions", None, 404),
        ("GET", "/v1/resource/none/policies", None, 404),
        ("GET", "/v1/resource/box/policy/none", None, 404),
        ("PUT", "/v1/resource/box/policy/none", level("box:Open"), 404),
        ("PUT", "/v1/resource/box/policy/Opener", {}, 400),
        ("PUT", "/v1/resource/box/actions", {}, 400),
        ("DELETE", "/v1/resource/box/id/none", None, 404),
        ("PUT", "/v1/resource/box/id/b1/members", [], 400),
        ("PUT", "/v1/resource/box/id/b1/members", [*member("a"), *member("b")], 400),
        ("PUT", "/v1/resource/box/id/b1/members", [{"member": "a", "member_type": "robot"}], 400),
    ],
)
def test_refusals_say_why(box, method, path, body, status):
    response = box.request(method, path, json=body)
    assert response.status_code == status, response.text
    assert response.json()["detail"]
