"""Values of the platform are read with their types."""

from datetime import datetime
from typing import Any

import pytest
from omicsdk.compat.sevenbridges import Api, ValidationError

GROUP = "11111111-1111-4111-8111-111111111111"


def test_a_user(api: Api, platform: Any) -> None:
    platform.on("GET /user", {"username": "bob", "email": "bob@example.org", "role": "ADMIN"})
    me = api.users.me()
    assert (me.username, me.email, me.role) == ("bob", "bob@example.org", "ADMIN")
    assert repr(me) == "<User: username=bob>"


def test_what_was_not_reported_is_requested_once(api: Api, platform: Any) -> None:
    platform.lists("/users", {"username": "bob"})
    platform.on("GET /users/bob", {"username": "bob", "city": "Belgrade", "phone": None})
    [bob] = api.users.query("div")
    assert bob.city == "Belgrade"
    assert bob.phone is None
    assert bob.country is None
    assert platform.sorted_request_texts[1:] == ["GET /users/bob"]


def test_a_balance_is_a_number(api: Api, platform: Any) -> None:
    payload = {
        "id": GROUP,
        "pending": False,
        "disabled": False,
        "balance": {"currency": "USD", "amount": "12.50", "breakdown": {"storage": "2.50", "computation": "10"}},
    }
    platform.on(f"GET /billing/groups/{GROUP}", payload)
    group = api.billing_groups.get(GROUP)
    assert group.balance.amount == 12.5
    assert group.balance.currency == "USD"
    assert group.balance.breakdown.storage == "2.50"
    assert group.balance.breakdown.data_transfer is None
    assert not group.pending


def test_analyses_that_were_paid_for(api: Api, platform: Any) -> None:
    payload = {
        "project_name": "p",
        "analysis_id": GROUP,
        "analysis_cost": {"currency": "USD", "amount": "0.12", "breakdown": {"storage": 0.02, "computation": 0.1}},
        "refunded_amount": 0,
        "time_started": "2024-01-31T12:00:00Z",
        "project_locked": False,
    }
    platform.on(f"GET /billing/groups/{GROUP}", {"id": GROUP})
    platform.lists(f"/billing/groups/{GROUP}/breakdown/analysis", payload)
    [analysis] = api.billing_groups.get(GROUP).analysis_breakdown()
    assert analysis.analysis_cost.amount == "0.12"
    assert analysis.analysis_cost.breakdown.computation == 0.1
    assert analysis.time_started == datetime(2024, 1, 31, 12)
    assert analysis.time_finished is None
    assert analysis.ran_by is None


def test_storage_and_downloads_that_were_paid_for(api: Api, platform: Any) -> None:
    platform.on(f"GET /billing/groups/{GROUP}", {"id": GROUP})
    measured = {"size": 1.5, "unit": "GB", "cost": {"amount": 0.3, "currency": "USD"}}
    platform.lists(f"/billing/groups/{GROUP}/breakdown/storage", {"project_name": "p", "active": measured})
    downloads = {"downloaded_by": "bob", "downloaded": measured, "egress_cost": {"amount": "0.3", "currency": "USD"}}
    platform.lists(f"/billing/groups/{GROUP}/breakdown/egress", downloads)
    group = api.billing_groups.get(GROUP)
    [storage] = group.storage_breakdown()
    [egress] = group.egress_breakdown()
    assert (storage.active.size, storage.active.unit, storage.active.cost.amount) == (1.5, "GB", 0.3)
    assert storage.archived is None
    assert (egress.downloaded_by, egress.downloaded.size, egress.egress_cost.amount) == ("bob", 1.5, "0.3")
    assert storage.active == egress.downloaded


def test_an_invoice(api: Api, platform: Any) -> None:
    payload = {
        "id": "1",
        "pending": True,
        "total": {"currency": "USD", "amount": 3},
        "invoice_period": {"from": "2024-01-01T00:00:00Z", "to": "2024-01-31T00:00:00Z"},
    }
    platform.on("GET /billing/invoices/1", payload)
    invoice = api.invoices.get("1")
    assert invoice.total.amount == 3.0
    assert invoice.invoice_period.from_ == datetime(2024, 1, 1)
    assert invoice.invoice_period.to == datetime(2024, 1, 31)
    assert invoice.storage_costs is None


def test_limits_state_when_they_are_counted_again(api: Api, platform: Any) -> None:
    payload = {"rate": {"limit": 1000, "remaining": 998, "reset": 1700000000}, "instance_limit": {"limit": 25}}
    platform.on("GET /rate_limit", payload)
    limit = api.rate_limit.get()
    assert (limit.rate.limit, limit.rate.remaining) == (1000, 998)
    assert limit.rate.reset == datetime.fromtimestamp(1700000000)
    assert limit.instance_limit.limit == 25
    assert limit.instance_limit.reset is None


@pytest.mark.parametrize("reset", [1700000000000000, "²", [], 1e30])
def test_a_time_of_a_limit_that_makes_no_sense_is_refused(api: Api, platform: Any, reset: object) -> None:
    platform.on("GET /rate_limit", {"rate": {"limit": 1, "remaining": 1, "reset": reset}})
    with pytest.raises(ValidationError, match="is not a time"):
        api.rate_limit.get().rate.reset  # noqa: B018 - reading it raises


def test_limits_by_their_other_name(api: Api, platform: Any) -> None:
    platform.on("GET /rate_limit", {"instance": {"limit": 25, "remaining": 20}})
    limit = api.rate_limit.get()
    assert limit.instance_limit.remaining == 20
    assert limit.reload().instance_limit.remaining == 20


def test_endpoints(api: Api, platform: Any) -> None:
    platform.on("GET /", {"user_url": "https://api.example.org/v2/user"})
    assert api.endpoints.get().user_url == "https://api.example.org/v2/user"


def test_a_project(api: Api, platform: Any) -> None:
    payload = {
        "id": "own/proj",
        "created_on": "2024-01-31T12:00:00.123Z",
        "tags": ["a"],
        "settings": {"locked": True},
        "root_folder": "r",
    }
    platform.on("GET /projects/own/proj", payload)
    project = api.projects.get("own/proj")
    assert project.created_on == datetime(2024, 1, 31, 12, 0, 0, 123000)
    assert project.tags == ["a"]
    assert project.settings["locked"]
    assert project.settings["controlled"] is None
    assert project.root_folder == "r"
    assert repr(project) == "<Project: id=own/proj>"


def test_a_marker(api: Api, platform: Any) -> None:
    platform.on("GET /genome/markers/m1", {"id": "m1", "position": {"start": 1, "end": 2}, "chromosome": "chr1"})
    marker = api.markers.get("m1")
    assert (marker.position["start"], marker.position["end"], marker.chromosome) == (1, 2, "chr1")
