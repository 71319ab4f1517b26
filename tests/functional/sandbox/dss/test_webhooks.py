"""Notifications: which subscriptions want them, what they carry on the wire, and the attempts."""

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from omicsdk.core.http_signature import verify_signature
from omicsdk.sandbox.dss.webhooks import DeliveryError, DeliveryWorker, WebhookRequest, send_by_httpx
from omicsdk.sandbox.state.database import Database
from webhook_deliveries import FakeClock, enqueue, subscription
from webhook_deliveries import database as database


class Receiver(http.server.BaseHTTPRequestHandler):
    """Responses with the status in the path."""

    received: list[tuple[str, str, dict[str, str], bytes]]

    def response(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append((self.command, self.path, dict(self.headers), body))
        self.send_response(int(self.path.split("/")[1].partition("?")[0]))
        self.send_header("Location", "/200")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_PUT = response

    def log_message(self, format: str, *args: Any) -> None:
        """Keeps the tests' output quiet."""


@pytest.fixture(scope="module")
def receiver() -> Iterator[tuple[str, list[tuple[str, str, dict[str, str], bytes]]]]:
    received: list[tuple[str, str, dict[str, str], bytes]] = []
    handler = type("Handler", (Receiver,), {"received": received})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", received
        server.shutdown()
        thread.join()


def test_over_the_network(
    database: Database, receiver: tuple[str, list[tuple[str, str, dict[str, str], bytes]]]
) -> None:
    url, received = receiver
    received.clear()
    clock = FakeClock()
    worker = DeliveryWorker(database, clock, lambda _uuid: "s3cret", delays=(0, 5))
    for path in ("/204?a=b", "/301", "/500"):
        fields = subscription(callback_url=url + path, method="PUT", hmac_secret_key=True, hmac_key_id="k")
        enqueue(worker, fields, path)
    assert [attempt.status for attempt in worker.run_due()] == [204, 301, 500]
    clock.time += 5
    assert [attempt.number for attempt in worker.run_due()] == [2, 2]
    assert [path for _, path, _, _ in received] == ["/204?a=b", "/301", "/500", "/301", "/500"]  # no redirect followed
    method, path, headers, body = received[0]
    assert verify_signature(method, path, headers, body, key_of={"k": "s3cret"}.get, now=clock.now()) == "k"
    jsonschema.validate(json.loads(body), {"required": ["transaction_id", "subscription_id", "event_type", "match"]})


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://[", "ftp://127.0.0.1/", "http://"])
def test_no_server_at_the_address(url: str) -> None:
    with pytest.raises(DeliveryError):
        send_by_httpx(WebhookRequest("POST", url, {}, b""))
