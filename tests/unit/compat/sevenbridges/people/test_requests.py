"""Each call sends the one request that the platform knows for it."""

from datetime import date
from typing import Any

import pytest
from omicsdk.compat.sevenbridges import Api, DivisionRole
from omicsdk.compat.sevenbridges.models.billing_group import BillingGroup
from omicsdk.compat.sevenbridges.models.dataset import Dataset
from omicsdk.compat.sevenbridges.models.division import Division
from omicsdk.compat.sevenbridges.models.marker import Marker
from omicsdk.compat.sevenbridges.models.member import Member
from omicsdk.compat.sevenbridges.models.project import Project
from omicsdk.compat.sevenbridges.models.team import Team
from omicsdk.compat.sevenbridges.models.user import User

GROUP = "11111111-1111-4111-8111-111111111111"

COSTS = f"/billing/groups/{GROUP}/breakdown"
MEMBERS = "/projects/own/proj/members"
READ = {"read": True}


def paying(api: Api) -> BillingGroup:
    return BillingGroup(id=GROUP, api=api)


#: Calls, and the request of the list that each sends.
LISTS = [
    (
        lambda api: api.users.query("div", "ADMIN", offset=0, limit=5),
        "/users?division=div&limit=5&offset=0&role=ADMIN",
    ),
    (
        lambda api: api.projects.query(name="x", category="PRIVATE", tags=["a", "b"], offset=0, limit=10),
        "/projects/?category=PRIVATE&fields=_all&limit=10&name=x&offset=0&tags=a&tags=b",
    ),
    (lambda api: api.projects.query(tags="a"), "/projects/?fields=_all&tags=a"),
    (lambda api: api.projects.query(owner="own"), "/projects/own?fields=_all"),
    (lambda api: api.billing_groups.query(offset=0, limit=1), "/billing/groups?fields=_all&limit=1&offset=0"),
    (lambda api: api.invoices.query(offset=0, limit=1), "/billing/invoices?fields=_all&limit=1&offset=0"),
    (
        lambda api: api.invoices.query(billing_group=BillingGroup(id=GROUP)),
        f"/billing/invoices?billing_group={GROUP}&fields=_all",
    ),
    (lambda api: api.markers.query("f", offset=0, limit=1), "/genome/markers?fields=_all&file=f&limit=1&offset=0"),
    (lambda api: api.divisions.query(offset=0, limit=1), "/divisions?fields=_all&limit=1&offset=0"),
    (
        lambda api: api.teams.query("div", list_all=True, offset=0, limit=1),
        "/teams?_all=true&division=div&fields=_all&limit=1&offset=0",
    ),
    (
        lambda api: Division(id="div", api=api).get_teams(0, 1),
        "/teams?_all=false&division=div&fields=_all&limit=1&offset=0",
    ),
    (
        lambda api: Division(id="div", api=api).get_members(role=DivisionRole.ADMIN),
        "/users?division=div&role=admin",
    ),
    (lambda api: Team(id="tid", api=api).get_members(0, 1), "/teams/tid/members?limit=1&offset=0"),
    (lambda api: Project(id="own/proj", api=api).get_members(0, 3), "/projects/own/proj/members?limit=3&offset=0"),
    (lambda api: api.datasets.query("public"), "/datasets?fields=_all&visibility=public"),
    (lambda api: api.datasets.get_owned_by("own"), "/datasets/own?fields=_all"),
    (lambda api: Dataset(id="own/ds", api=api).get_members(), "/datasets/own/ds/members"),
    (
        lambda api: paying(api).analysis_breakdown("01-01-2020", date(2020, 1, 2), "1", "_all", 0, 1),
        f"{COSTS}/analysis?date_from=01-01-2020&date_to=01-02-2020&fields=_all&invoice_id=1&limit=1&offset=0",
    ),
    (lambda api: paying(api).breakdown(), f"{COSTS}/analysis"),
    (lambda api: paying(api).storage_breakdown(date_from="01-01-2020"), f"{COSTS}/storage?date_from=01-01-2020"),
    (lambda api: paying(api).egress_breakdown(date_from="01-01-2020"), f"{COSTS}/egress?date_from=01-01-2020"),
]


@pytest.mark.parametrize(("call", "line"), LISTS, ids=[line for _, line in LISTS])
def test_lists(call: Any, line: str, api: Api, platform: Any) -> None:
    platform.lists(line.partition("?")[0], {"id": "1"}, {"id": "2"})
    collection = call(api)
    assert platform.sorted_request_texts == [f"GET {line}"]
    assert collection.total == 2
    assert all(item.api is api for item in collection)


#: Calls, the request that each sends, and its body.
ONE = [
    (lambda api: api.users.me(), "GET /user", None),
    (lambda api: api.users.get("bob"), "GET /users/bob", None),
    (lambda api: api.users.get(Member(username="bob")), "GET /users/bob", None),
    (lambda api: api.users.get("div/bob"), "GET /users/div%2Fbob", None),
    (
        lambda api: api.projects.create("n", GROUP, "d", ["t"], {"locked": False}),
        "POST /projects",
        {"name": "n", "billing_group": GROUP, "description": "d", "tags": ["t"], "settings": {"locked": False}},
    ),
    (
        lambda api: api.projects.create(name="n", billing_group=BillingGroup(id=GROUP)),
        "POST /projects",
        {"name": "n", "billing_group": GROUP},
    ),
    (lambda api: api.projects.create("n", description="", tags=[], settings={}), "POST /projects", {"name": "n"}),
    (lambda api: api.projects.get("own/proj"), "GET /projects/own/proj", None),
    (lambda api: api.projects.get(Project(id="own/proj")), "GET /projects/own/proj", None),
    (lambda api: api.billing_groups.get(GROUP), f"GET /billing/groups/{GROUP}", None),
    (lambda api: api.invoices.get("1"), "GET /billing/invoices/1", None),
    (lambda api: api.divisions.get("div"), "GET /divisions/div", None),
    (lambda api: api.teams.get("tid"), "GET /teams/tid", None),
    (lambda api: api.teams.create("n", Division(id="div")), "POST /teams", {"name": "n", "division": "div"}),
    (lambda api: api.markers.get("m1"), "GET /genome/markers/m1", None),
    (
        lambda api: api.markers.create("fid", "n", {"start": 1, "end": 2}, "chr1"),
        "POST /genome/markers",
        {"file": "fid", "name": "n", "position": {"start": 1, "end": 2}, "chromosome": "chr1", "private": True},
    ),
    (lambda api: api.datasets.get("own/ds"), "GET /datasets/own/ds", None),
    (lambda api: api.rate_limit.get(), "GET /rate_limit", None),
    (lambda api: api.endpoints.get(), "GET /", None),
    (lambda api: Project(id="own/proj", api=api).get_member("bob"), f"GET {MEMBERS}/bob", None),
    (
        lambda api: Project(id="own/proj", api=api).add_member(User(username="bob"), READ),
        f"POST {MEMBERS}",
        {"username": "bob", "type": "USER", "permissions": READ},
    ),
    (
        lambda api: Project(id="own/proj", api=api).add_member_team(Team(id="tm"), READ),
        f"POST {MEMBERS}",
        {"username": "tm", "type": "TEAM", "permissions": READ},
    ),
    (
        lambda api: Project(id="own/proj", api=api).add_member_division("div", READ),
        f"POST {MEMBERS}",
        {"username": "div", "type": "DIVISION", "permissions": READ},
    ),
    (
        lambda api: Project(id="own/proj", api=api).add_member_email("a@b.c", READ),
        f"POST {MEMBERS}",
        {"email": "a@b.c", "permissions": READ},
    ),
    (
        lambda api: Project(id="own/proj", api=api).add_member_email("a@b.c"),
        f"POST {MEMBERS}",
        {"email": "a@b.c"},
    ),
    (lambda api: Team(id="tid", api=api).add_member("bob"), "POST /teams/tid/members", {"id": "bob"}),
    (lambda api: Dataset(id="own/ds", api=api).get_member("bob"), "GET /datasets/own/ds/members/bob", None),
    (
        lambda api: Dataset(id="own/ds", api=api).add_member("bob", READ),
        "POST /datasets/own/ds/members",
        {"username": "bob", "permissions": READ},
    ),
]


@pytest.mark.parametrize(("call", "line", "body"), ONE, ids=[line for _, line, _ in ONE])
def test_one(call: Any, line: str, body: Any, api: Api, platform: Any) -> None:
    platform.on(line, {"id": "1", "name": "told"})
    resource = call(api)
    assert platform.sorted_request_texts == [line]
    assert platform.sent == body
    assert resource.field("name") == "told"
    assert resource.api is api


GONE = [
    (lambda api: User(username="bob", api=api).disable(), "/users/bob"),
    (lambda api: Project(id="own/proj", api=api).delete(), "/projects/own/proj"),
    (lambda api: Marker(id="m1", api=api).delete(), "/genome/markers/m1"),
    (lambda api: Dataset(id="own/ds", api=api).delete(), "/datasets/own/ds"),
    (lambda api: Project(id="own/proj", api=api).remove_member("bob"), f"{MEMBERS}/bob"),
    (lambda api: Project(id="own/proj", api=api).remove_member(Member(id="tm", type="TEAM")), f"{MEMBERS}/tm"),
    (lambda api: Dataset(id="own/ds", api=api).remove_member(Member(username="bob")), "/datasets/own/ds/members/bob"),
    (lambda api: Team(id="tid", api=api).remove_member(User(username="bob")), "/teams/tid/members/bob"),
]


@pytest.mark.parametrize(("call", "path"), GONE, ids=[path for _, path in GONE])
def test_gone(call: Any, path: str, api: Api, platform: Any) -> None:
    platform.on(f"DELETE {path}", None)
    call(api)
    assert platform.sorted_request_texts == [f"DELETE {path}"]
