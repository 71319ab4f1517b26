"""Notifications: which subscriptions want them, what they carry on the wire, and the attempts."""

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from omicsdk.core.http_signature import verify_signature
from omicsdk.sandbox.dss.webhooks import DeliveryWorker
from omicsdk.sandbox.state.database import Database
from webhook_deliveries import FakeClock, enqueue, subscription
from webhook_deliveries import database as database


class Receiver(http.server.BaseHTTPRequestHandler):
    """Responds with the status in the path."""

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
    worker = DeliveryWorker(database, clock, lambda _uuid: "s3cret")
    for path in ("/204?a=b", "/301", "/500"):
        fields = subscription(callback_url=url + path, method="PUT", hmac_secret_key=True, hmac_key_id="k")
        enqueue(worker, fields, path)
    worker.run_due()
    clock.time += 60
    worker.run_due()
    assert [path for _, path, _, _ in received] == ["/204?a=b", "/301", "/500", "/301", "/500"]  # no redirect followed
    method, path, headers, body = received[0]
    assert verify_signature(method, path, headers, body, key_of={"k": "s3cret"}.get, now=1000.0) == "k"
    jsonschema.validate(json.loads(body), {"required": ["transaction_id", "subscription_id", "event_type", "match"]})


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://[", "ftp://127.0.0.1/", "http://"])
def test_a_server_that_is_not_there_is_tried_again(database: Database, url: str) -> None:
    worker = DeliveryWorker(database, FakeClock(), lambda _uuid: None)
    worker.clear()
    enqueue(worker, subscription(callback_url=url), "t")
    worker.run_due()
    assert worker.next_due() == 1060.0
