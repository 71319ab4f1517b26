"""Each call sends the one request that the platform knows for it."""

from __future__ import annotations

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

LISTS = {
    "users of a division": (
        lambda api: api.users.query("div", "ADMIN", offset=0, limit=5),
        "/users",
        "division=div&limit=5&offset=0&role=ADMIN",
    ),
    "projects": (
        lambda api: api.projects.query(name="x", category="PRIVATE", tags=["a", "b"], offset=0, limit=10),
        "/projects/",
        "category=PRIVATE&fields=_all&limit=10&name=x&offset=0&tags=a&tags=b",
    ),
    "projects with one tag": (lambda api: api.projects.query(tags="a"), "/projects/", "fields=_all&tags=a"),
    "an owner's projects": (lambda api: api.projects.query(owner="own"), "/projects/own", "fields=_all"),
    "billing groups": (
        lambda api: api.billing_groups.query(offset=0, limit=1),
        "/billing/groups",
        "fields=_all&limit=1&offset=0",
    ),
    "invoices": (
        lambda api: api.invoices.query(offset=0, limit=1),
        "/billing/invoices",
        "fields=_all&limit=1&offset=0",
    ),
    "a group's invoices": (
        lambda api: api.invoices.query(billing_group=BillingGroup(id=GROUP)),
        "/billing/invoices",
        f"billing_group={GROUP}&fields=_all",
    ),
    "markers": (
        lambda api: api.markers.query("fid", offset=0, limit=1),
        "/genome/markers",
        "fields=_all&file=fid&limit=1&offset=0",
    ),
    "divisions": (
        lambda api: api.divisions.query(offset=0, limit=1),
        "/divisions",
        "fields=_all&limit=1&offset=0",
    ),
    "teams": (
        lambda api: api.teams.query("div", list_all=True, offset=0, limit=1),
        "/teams",
        "_all=true&division=div&fields=_all&limit=1&offset=0",
    ),
    "a division's teams": (
        lambda api: Division(id="div", api=api).get_teams(0, 1),
        "/teams",
        "_all=false&division=div&fields=_all&limit=1&offset=0",
    ),
    "a division's members": (
        lambda api: Division(id="div", api=api).get_members(role=DivisionRole.ADMIN),
        "/users",
        "division=div&role=admin",
    ),
    "a team's members": (
        lambda api: Team(id="tid", api=api).get_members(0, 1),
        "/teams/tid/members",
        "limit=1&offset=0",
    ),
    "a project's members": (
        lambda api: Project(id="own/proj", api=api).get_members(0, 3),
        "/projects/own/proj/members",
        "limit=3&offset=0",
    ),
    "data sets": (lambda api: api.datasets.query("public"), "/datasets", "fields=_all&visibility=public"),
    "somebody's data sets": (lambda api: api.datasets.get_owned_by("own"), "/datasets/own", "fields=_all"),
    "a data set's members": (
        lambda api: Dataset(id="own/ds", api=api).get_members(),
        "/datasets/own/ds/members",
        "",
    ),
    "analyses that were paid for": (
        lambda api: BillingGroup(id=GROUP, api=api).analysis_breakdown(
            "01-01-2020", date(2020, 1, 2), "1", "_all", 0, 1
        ),
        f"/billing/groups/{GROUP}/breakdown/analysis",
        "date_from=01-01-2020&date_to=01-02-2020&fields=_all&invoice_id=1&limit=1&offset=0",
    ),
    "the same by its old name": (
        lambda api: BillingGroup(id=GROUP, api=api).breakdown(),
        f"/billing/groups/{GROUP}/breakdown/analysis",
        "",
    ),
    "storage that was paid for": (
        lambda api: BillingGroup(id=GROUP, api=api).storage_breakdown(date_from="01-01-2020"),
        f"/billing/groups/{GROUP}/breakdown/storage",
        "date_from=01-01-2020",
    ),
    "downloads that were paid for": (
        lambda api: BillingGroup(id=GROUP, api=api).egress_breakdown(date_from="01-01-2020"),
        f"/billing/groups/{GROUP}/breakdown/egress",
        "date_from=01-01-2020",
    ),
}


@pytest.mark.parametrize("case", LISTS)
def test_lists(case: str, api: Api, platform: Any) -> None:
    call, path, query = LISTS[case]
    platform.list(path, [{"id": "1"}, {"id": "2"}])

    found = call(api)

    assert platform.asked == [f"GET {path}" + (f"?{query}" if query else "")]
    assert found.total == 2
    assert all(each.api is api for each in found)


ONE = {
    "the user": (lambda api: api.users.me(), "GET", "/user", None),
    "a user": (lambda api: api.users.get("bob"), "GET", "/users/bob", None),
    "a user by a member": (lambda api: api.users.get(Member(username="bob")), "GET", "/users/bob", None),
    "a user with a slash": (lambda api: api.users.get("div/bob"), "GET", "/users/div%2Fbob", None),
    "a new project": (
        lambda api: api.projects.create("n", GROUP, "d", ["t"], {"locked": False}),
        "POST",
        "/projects",
        {"name": "n", "billing_group": GROUP, "description": "d", "tags": ["t"], "settings": {"locked": False}},
    ),
    "a new project of a group": (
        lambda api: api.projects.create(name="n", billing_group=BillingGroup(id=GROUP)),
        "POST",
        "/projects",
        {"name": "n", "billing_group": GROUP},
    ),
    "a new project, bare": (
        lambda api: api.projects.create("n", description="", tags=[], settings={}),
        "POST",
        "/projects",
        {"name": "n"},
    ),
    "a project": (lambda api: api.projects.get("own/proj"), "GET", "/projects/own/proj", None),
    "a project by itself": (
        lambda api: api.projects.get(Project(id="own/proj")),
        "GET",
        "/projects/own/proj",
        None,
    ),
    "a billing group": (lambda api: api.billing_groups.get(GROUP), "GET", f"/billing/groups/{GROUP}", None),
    "an invoice": (lambda api: api.invoices.get("1"), "GET", "/billing/invoices/1", None),
    "a division": (lambda api: api.divisions.get("div"), "GET", "/divisions/div", None),
    "a team": (lambda api: api.teams.get("tid"), "GET", "/teams/tid", None),
    "a new team": (
        lambda api: api.teams.create("n", Division(id="div")),
        "POST",
        "/teams",
        {"name": "n", "division": "div"},
    ),
    "a marker": (lambda api: api.markers.get("m1"), "GET", "/genome/markers/m1", None),
    "a new marker": (
        lambda api: api.markers.create("fid", "n", {"start": 1, "end": 2}, "chr1"),
        "POST",
        "/genome/markers",
        {"file": "fid", "name": "n", "position": {"start": 1, "end": 2}, "chromosome": "chr1", "private": True},
    ),
    "a data set": (lambda api: api.datasets.get("own/ds"), "GET", "/datasets/own/ds", None),
    "the limits": (lambda api: api.rate_limit.get(), "GET", "/rate_limit", None),
    "the endpoints": (lambda api: api.endpoints.get(), "GET", "/", None),
    "a project's member": (
        lambda api: Project(id="own/proj", api=api).get_member("bob"),
        "GET",
        "/projects/own/proj/members/bob",
        None,
    ),
    "a user in a project": (
        lambda api: Project(id="own/proj", api=api).add_member(User(username="bob"), {"read": True}),
        "POST",
        "/projects/own/proj/members",
        {"username": "bob", "type": "USER", "permissions": {"read": True}},
    ),
    "a team in a project": (
        lambda api: Project(id="own/proj", api=api).add_member_team(Team(id="tm"), {"read": True}),
        "POST",
        "/projects/own/proj/members",
        {"username": "tm", "type": "TEAM", "permissions": {"read": True}},
    ),
    "a division in a project": (
        lambda api: Project(id="own/proj", api=api).add_member_division("div", {"read": True}),
        "POST",
        "/projects/own/proj/members",
        {"username": "div", "type": "DIVISION", "permissions": {"read": True}},
    ),
    "an address in a project": (
        lambda api: Project(id="own/proj", api=api).add_member_email("a@b.c", {"read": True}),
        "POST",
        "/projects/own/proj/members",
        {"email": "a@b.c", "permissions": {"read": True}},
    ),
    "an address without rights": (
        lambda api: Project(id="own/proj", api=api).add_member_email("a@b.c"),
        "POST",
        "/projects/own/proj/members",
        {"email": "a@b.c"},
    ),
    "a user in a team": (
        lambda api: Team(id="tid", api=api).add_member("bob"),
        "POST",
        "/teams/tid/members",
        {"id": "bob"},
    ),
    "a data set's member": (
        lambda api: Dataset(id="own/ds", api=api).get_member("bob"),
        "GET",
        "/datasets/own/ds/members/bob",
        None,
    ),
    "a user in a data set": (
        lambda api: Dataset(id="own/ds", api=api).add_member("bob", {"read": True}),
        "POST",
        "/datasets/own/ds/members",
        {"username": "bob", "permissions": {"read": True}},
    ),
}


@pytest.mark.parametrize("case", ONE)
def test_one(case: str, api: Api, platform: Any) -> None:
    call, method, path, body = ONE[case]
    platform.response(method, path, {"id": "1", "name": "told"})

    found = call(api)

    assert platform.asked == [f"{method} {path}"]
    assert platform.sent == body
    assert found.field("name") == "told"
    assert found.api is api


GONE = {
    "a user": (lambda api: User(username="bob", api=api).disable(), "/users/bob"),
    "a project": (lambda api: Project(id="own/proj", api=api).delete(), "/projects/own/proj"),
    "a marker": (lambda api: Marker(id="m1", api=api).delete(), "/genome/markers/m1"),
    "a data set": (lambda api: Dataset(id="own/ds", api=api).delete(), "/datasets/own/ds"),
    "a project's member": (
        lambda api: Project(id="own/proj", api=api).remove_member("bob"),
        "/projects/own/proj/members/bob",
    ),
    "a project's team": (
        lambda api: Project(id="own/proj", api=api).remove_member(Member(id="tm", type="TEAM")),
        "/projects/own/proj/members/tm",
    ),
    "a data set's member": (
        lambda api: Dataset(id="own/ds", api=api).remove_member(Member(username="bob")),
        "/datasets/own/ds/members/bob",
    ),
    "a team's member": (
        lambda api: Team(id="tid", api=api).remove_member(User(username="bob")),
        "/teams/tid/members/bob",
    ),
}


@pytest.mark.parametrize("case", GONE)
def test_gone(case: str, api: Api, platform: Any) -> None:
    call, path = GONE[case]
    platform.response("DELETE", path)

    call(api)

    assert platform.asked == [f"DELETE {path}"]


def test_the_token_goes_with_every_request(api: Api, platform: Any) -> None:
    platform.response("GET", "/user", {"username": "me"})
    api.users.me()
    assert platform.requests[-1].headers["x-sbg-auth-token"] == "secret-token"


def test_a_resource_may_be_asked_of_another_api(api: Api, platform: Any) -> None:
    platform.response("GET", "/projects/own/proj", {"id": "own/proj"})
    assert Project.get("own/proj", api=api).api is api
