"""Subscriptions of the Data Store, and the notifications that bundles cause."""

import json
import uuid
from http.server import ThreadingHTTPServer

import pytest
from omicsdk.core.http_signature import verify_signature
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.state.credentials import Secrets
from quiet_server import QuietHandler, running
from webhook_deliveries import enqueue, subscription

CALLBACK = "https://example.org/hook"


class Receiver(ThreadingHTTPServer):
    """A subscriber: keeps what it gets, responds with the next status of a list, then 200."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        self.url = f"http://127.0.0.1:{self.server_port}/hook"


class _Handler(QuietHandler):
    def do_POST(self):
        server = self.server
        assert isinstance(server, Receiver)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.got.append((self.command, dict(self.headers), body))
        # No redirect is followed.
        self.reply(server.statuses.pop(0) if server.statuses else 200, location="/elsewhere")

    do_PUT = do_POST


@pytest.fixture
def receiver():
    server = Receiver()
    with running(server):
        yield server


def put(user, replica="aws", **body):
    return user.put("/subscriptions", params={"replica": replica}, json={"callback_url": CALLBACK, **body})


def get(user, subscription_uuid, **params):
    return user.get(f"/subscriptions/{subscription_uuid}", params={"replica": "aws", **params})


def test_a_subscription_is_answered_whole_but_for_its_secret(user):
    response = put(user, hmac_secret_key="s3cret", hmac_key_id="k", jmespath_query="event_type == 'CREATE'")
    assert response.status_code == 201
    made = response.json()
    assert (made["owner"], made["replica"], made["callback_url"]) == ("alice@example.org", "aws", CALLBACK)
    assert "s3cret" not in response.text
    assert get(user, made["uuid"]).json() == made
    assert user.get("/subscriptions", params={"replica": "aws"}).json() == {"subscriptions": [made]}


def test_the_two_kinds_and_replicas_are_apart(user):
    jmespath, elastic, gcp = put(user).json(), put(user, es_query={}).json(), put(user, "gcp").json()

    def listed(**params):
        return [item["uuid"] for item in user.get("/subscriptions", params=params).json()["subscriptions"]]

    assert listed(replica="aws") == [jmespath["uuid"]]
    assert listed(replica="aws", subscription_type="elasticsearch") == [elastic["uuid"]]
    assert listed(replica="gcp") == [gcp["uuid"]]
    assert get(user, elastic["uuid"]).status_code == 404
    assert get(user, elastic["uuid"], subscription_type="elasticsearch").json() == elastic


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"jmespath_query": "["}, "invalid_jmespath"),
        ({"attachments": {"a": {"type": "xpath", "expression": "a"}}}, "illegal_arguments"),
        ({"callback_url": "ftp://example.org"}, "illegal_arguments"),
        ({"method": "GET"}, "illegal_arguments"),
        ({"surprise": 1}, "illegal_arguments"),
    ],
)
def test_what_cannot_be_subscribed(user, body, code):
    response = put(user, **body)
    assert (response.status_code, response.json()["code"]) == (400, code)


def test_a_user_has_at_most_100_whose_secrets_alone_are_kept(user, monkeypatch):
    kept: list[str] = []
    monkeypatch.setattr(Secrets, "hold", lambda _, kind, id, secret: kept.append(secret))
    replicas = [("aws", "gcp")[number % 2] for number in range(101)]
    statuses = [put(user, replica, hmac_secret_key="secret").status_code for replica in replicas]
    assert statuses == [201] * 100 + [406]
    assert kept == ["secret"] * 100
    assert put(user).json()["code"] == "not_acceptable"


def test_a_deleted_subscription_is_gone(sandbox: Sandbox, user):
    sandbox.clock.freeze()
    made = put(user).json()
    url, params = f"/subscriptions/{made['uuid']}", {"replica": "aws"}
    assert len(user.delete(url, params=params).json()["timeDeleted"]) == len("2026-01-02T030405.060708Z")
    assert user.delete(url, params=params).status_code == 404


def test_subscriptions_of_others(sandbox: Sandbox, user):
    made = put(user).json()
    user.headers["Authorization"] = f"Bearer {sandbox.token('bob@example.org')}"
    assert get(user, made["uuid"]).json()["code"] == "Forbidden"
    assert get(user, uuid.uuid4()).json()["code"] == "not_found"
    assert user.get("/subscriptions", params={"replica": "aws"}).json() == {"subscriptions": []}


def test_a_new_bundle_is_reported_to_those_who_want_it(sandbox: Sandbox, user, receiver, folder):
    subscription = put(
        user,
        callback_url=receiver.url,
        method="PUT",
        hmac_secret_key="s3cret",
        hmac_key_id="k",
        es_query={"query": {"match": {"files.cell_suspension_json.biomaterial_core.ncbi_taxon_id": 9606}}},
        attachments={
            "taxon": {
                "type": "jmespath",
                "expression": "files.cell_suspension_json[].biomaterial_core.ncbi_taxon_id[]",
            }
        },
    ).json()
    put(user, callback_url=receiver.url, es_query={"query": {"match": {"uuid": "none"}}})
    bundle = sandbox.seed(folder)
    sandbox.dss.deliveries.run_due()
    [(method, headers, body)] = receiver.got
    notification = json.loads(body)
    assert (method, notification["subscription_id"]) == ("PUT", subscription["uuid"])
    assert notification["match"] == {"bundle_uuid": bundle["bundle_uuid"], "bundle_version": bundle["version"]}
    assert notification["attachments"] == {"taxon": [9606]}
    assert verify_signature(method, "/hook", headers, body, key_of={"k": "s3cret"}.get, now=sandbox.clock.now()) == "k"


def test_a_deletion_is_reported_by_jmespath(sandbox: Sandbox, user, receiver, folder):
    bundle = sandbox.seed(folder)
    put(user, callback_url=receiver.url, jmespath_query="event_type == 'TOMBSTONE'")
    sandbox.seed(folder)
    user.request("DELETE", f"/bundles/{bundle['bundle_uuid']}", params={"replica": "aws"}, json={"reason": "test"})
    sandbox.dss.deliveries.run_due()
    [(_, _, body)] = receiver.got
    assert json.loads(body)["event_type"] == "TOMBSTONE"


def test_a_failed_delivery_is_tried_again_when_its_time_has_come(sandbox: Sandbox, user, receiver, folder):
    sandbox.clock.freeze()
    receiver.statuses = [500, 301]
    put(user, callback_url=receiver.url)
    sandbox.seed(folder)
    for seconds, tries in ((0, 1), (59, 1), (1, 2), (600, 3), (9e6, 3)):
        sandbox.clock.advance(seconds)
        sandbox.dss.deliveries.run_due()
        assert len(receiver.got) == tries


def test_nothing_is_reported_after_the_subscription_was_deleted(sandbox: Sandbox, user, receiver, folder):
    sandbox.clock.freeze()
    receiver.statuses = [500]
    made = put(user, callback_url=receiver.url).json()
    sandbox.seed(folder)
    sandbox.dss.deliveries.run_due()
    user.delete(f"/subscriptions/{made['uuid']}", params={"replica": "aws"})
    sandbox.clock.advance(1e6)
    sandbox.dss.deliveries.run_due()
    assert len(receiver.got) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://[", "ftp://127.0.0.1/", "http://"])
def test_a_server_that_is_not_there_is_tried_again(sandbox: Sandbox, url: str) -> None:
    deliveries = sandbox.dss.deliveries
    sandbox.clock.freeze()
    enqueue(deliveries, subscription(callback_url=url), "t")
    deliveries.run_due()
    assert deliveries.next_due() == sandbox.clock.now() + 60
