"""Billing groups, what was spent from them, and invoices."""

import httpx
import pytest
from sb_responses import code_of

GROUP = "5f8f1d6c-7c2e-4b39-9a51-0d3c1e6a7b02"


def test_billing_groups_and_invoices_are_listed_and_found(web: httpx.Client):
    places = web.get("/billing").json()
    groups = web.get(places["billing_groups_url"], params={"fields": "_all"}).json()["items"]
    assert [each["name"] for each in groups] == ["Sandbox", "Pilot"]
    assert web.get(groups[0]["href"]).json() == groups[0]
    invoices = web.get(places["invoices_url"], params={"fields": "_all"}).json()["items"]
    assert len(invoices) == 2
    assert invoices[0]["invoice_period"]["from"] > invoices[1]["invoice_period"]["from"]
    assert web.get(invoices[0]["href"]).json() == invoices[0]
    assert web.get("/billing/invoices", params={"billing_group": groups[1]["id"]}).json()["items"] == []
    assert code_of(web.get("/billing/groups/x")) == (400, 4005)
    assert code_of(web.get("/billing/groups/11111111-1111-4111-8111-111111111111")) == (404, 4002)
    assert code_of(web.get("/billing/invoices/x")) == (404, 4002)


@pytest.mark.parametrize("kind", ["analysis", "storage", "egress"])
def test_breakdowns_are_cut_by_day_and_invoice(web: httpx.Client, kind: str):
    path = f"/billing/groups/{GROUP}/breakdown/{kind}"
    assert web.get(path).headers["x-total-matching-query"] == "2"
    invoice = web.get("/billing/invoices?fields=_all").json()["items"][0]
    assert len(web.get(path, params={"invoice_id": invoice["id"]}).json()["items"]) == 1
    year, month, day = invoice["invoice_period"]["from"][:10].split("-")
    start = f"{month}-{day}-{year}"
    since, until = {"date_from": start, "date_to": "12-31-2999"}, {"date_from": "01-01-1970", "date_to": start}
    assert [len(web.get(path, params=days).json()["items"]) for days in (since, until)] == [1, 1]
    for name in since:  # they go together
        assert code_of(web.get(path, params={name: start})) == (400, 90000)
    assert web.get(path, params={"fields": "project_name"}).json()["items"][0] == {"project_name": "Pilot study"}
    assert code_of(web.get(path, params={"date_from": "2020-01-31"})) == (400, 90000)
    assert code_of(web.get(path, params={"invoice_id": "none"})) == (404, 4002)
