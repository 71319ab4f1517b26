"""Events of the Data Store: journals that are replayed, and single events."""

import json
import uuid

import httpx
import pytest
from omicsdk.sandbox import Sandbox


@pytest.fixture
def seeded(sandbox: Sandbox, folder):
    sandbox.clock.freeze(1_800_000_000)
    made = []
    for _ in range(5):
        sandbox.clock.advance(10)
        made.append(sandbox.seed(folder))
    sandbox.settings.turn({"dss.journal_events": 2})
    return made


def events(web, **params):
    return web.get("/events", params={"replica": "aws", **params})


def replay(journal):
    data = httpx.get(journal["url"], trust_env=False, verify=False).content
    assert len(data) == journal["size"]
    return [json.loads(data[event["offset"] : event["offset"] + event["size"]]) for event in journal["events"]]


def test_journals_come_in_pages_and_hold_the_documents(web, seeded):
    response, statuses, event_ids = events(web), [], []
    while True:
        statuses.append(response.status_code)
        for journal in response.json()["event_streams"]:
            assert journal["from_date"] <= journal["to_date"]
            documents = replay(journal)
            ids = [f"{document['uuid']}.{document['manifest']['version']}" for document in documents]
            assert [event["event_id"] for event in journal["events"]] == ids
            assert {document["event_type"] for document in documents} == {"CREATE"}
            event_ids += ids
        if "link" not in response.headers:
            break
        assert response.headers["x-openapi-paginated-content-key"] == "event_streams"
        response = web.get(response.links["next"]["url"])
    assert statuses == [206, 206, 200]
    assert event_ids == [f"{bundle['bundle_uuid']}.{bundle['version']}" for bundle in seeded]


def test_dates_bound_the_replay(web, seeded):
    first, last = seeded[1]["version"], seeded[3]["version"]
    response = events(web, from_date=first, to_date=last, per_page=10)
    assert response.status_code == 200
    uuids = [event["event_id"].partition(".")[0] for s in response.json()["event_streams"] for event in s["events"]]
    assert uuids == [bundle["bundle_uuid"] for bundle in seeded[1:4]]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"from_date": "2026-01-01T000000.000000Z", "to_date": "2025-01-01T000000.000000Z"}, "bad_request"),
        ({"from_date": "January"}, "illegal_arguments"),
        ({"token": "x"}, "bad_request"),
        ({"per_page": 11}, "illegal_arguments"),
    ],
)
def test_what_cannot_be_replayed(web, seeded, params, code):
    response = events(web, **params)
    assert (response.status_code, response.json()["code"]) == (400, code)


def test_no_events(web):
    assert events(web).json() == {"event_streams": []}


def test_a_single_event(web, seeded):
    bundle = seeded[0]
    params = {"replica": "aws", "version": bundle["version"]}
    document = web.get(f"/events/{bundle['bundle_uuid']}", params=params).json()
    assert document["files"]["cell_suspension_json"] == [{"biomaterial_core": {"ncbi_taxon_id": [9606]}}]
    response = web.get(f"/events/{uuid.uuid4()}", params=params)
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_a_deleted_bundle_is_not_replayed(sandbox: Sandbox, web, user, seeded):
    gone = seeded[2]
    user.headers["Authorization"] = f"Bearer {sandbox.token()}"
    url = f"/bundles/{gone['bundle_uuid']}"
    user.request("DELETE", url, params={"replica": "aws"}, json={"reason": "test"})
    assert gone["bundle_uuid"] not in events(web, per_page=10).text
    params = {"replica": "aws", "version": gone["version"]}
    assert web.get(f"/events/{gone['bundle_uuid']}", params=params).status_code == 404


def test_a_token_beyond_every_number_is_refused(web, seeded):
    for token in ("9" * 25, str(2**63), "-1x", "²"):
        response = events(web, token=token)
        assert (response.status_code, response.json()["code"]) == (400, "bad_request")
    assert events(web, token=str(2**63 - 1)).json()["event_streams"] == []
