"""Injected faults: which requests they hit, and what a client sees; and whose requests are answered at all."""

import asyncio
import json
from typing import Any

import pytest
from omicsdk.sandbox import Rule
from omicsdk.sandbox.state.clock import Clock
from omicsdk.sandbox.traffic.faults import FaultBook, parse_rules, read_rules
from omicsdk.sandbox.traffic.server_thread import is_ours, url_of
from omicsdk.sandbox.traffic.wire import RequestLog, Stalls, Wire

# -- which requests


def acts(book, *requests):
    return [[rule.action for rule in book.act(*request)] for request in requests]


def test_matching_by_method_path_and_query():
    book = FaultBook()
    book.add([Rule("cut", method="get", path="/a/*", query={"replica": "aws"})])
    requests = [
        ("GET", "/a/1", "replica=aws&x=y"),
        ("HEAD", "/a/1", "replica=aws"),
        ("GET", "/b/1", "replica=aws"),
        ("GET", "/a/1", "replica=gcp"),
    ]
    assert acts(book, *requests) == [["cut"], [], [], []]


def test_counting_all_together_or_by_path():
    book = FaultBook()
    book.add([Rule("cut", times=1), Rule("short", times=1, each="path"), Rule("reset", nth=3)])
    requests = [("GET", path, "") for path in ("/a", "/b", "/a", "/b")]
    assert acts(book, *requests) == [["cut", "short"], ["short"], ["reset"], []]
    assert [rule["acted"] for rule in book.rules()] == [1, 2, 1]


def test_rules_can_be_taken_back():
    book = FaultBook()
    first, second = book.add([Rule("cut"), Rule("short")])
    assert book.remove(first)
    assert not book.remove(first)
    assert [rule["number"] for rule in book.rules()] == [second]
    book.clear()
    assert not book.act("GET", "/", "")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"path": "/"}, "fault 1 is not a rule"),
        ("cut", "fault 1 is not a rule"),
        ([{"action": "cut"}, {"action": "burn"}], "fault 2: there is no action 'burn'"),
        ({"action": "cut", "where": "/"}, "unknown keys: where"),
        ({"action": "cut", "at": -1}, "at is 0 or more"),
        ({"action": "cut", "at": "5"}, "at is a number, not '5'"),
        ({"action": "cut", "nth": True}, "nth is a number, not True"),
        ({"action": "cut", "at": 1.5}, "at is a whole number, not 1.5"),
        ({"action": "status", "code": 0}, "code is a text, not 0"),
        ({"action": "status", "path": None}, "path is a text, not None"),
        ({"action": "status", "method": ["GET"]}, "method is a text"),
        ({"action": "status", "query": {"page": 2}}, "page is a text, not 2"),
        ({"action": "status", "query": ["page"]}, "query is an object of texts"),
        ({"action": "cut", "path": "/_s3/b/k"}, "the S3 server knows the actions status and reset, not 'cut'"),
        ({"action": "status", "status": 199}, "199 is not a status"),
        ({"action": "status", "status": 600}, "600 is not a status"),
        ({"action": "cut", "each": "day"}, "by rule or by path"),
        ({"action": "throttle", "rate": 0}, "rate is more than 0"),
        ({"action": "throttle", "rate": float("inf")}, "rate has an end"),
        ({"action": "delay", "seconds": float("nan")}, "seconds has an end"),
    ],
)
def test_an_invalid_rule(document, words):
    with pytest.raises(ValueError, match=words):
        parse_rules(document)


def test_rules_at_the_limits():
    limits = [{"action": "status", "path": "/_s3/b/k", "status": status} for status in (200, 599)]
    documents = [*limits, {"action": "reset", "path": "/_s3/b/k"}, {"action": "delay", "query": {"a": ""}}]
    book = FaultBook()
    book.add(parse_rules(documents))
    assert [rule.status for rule in book.act("GET", "/_s3/b/k", "")] == [200, 599, 503]
    assert [rule.seconds for rule in book.act("GET", "/", "a=")] == [0]


def test_rules_from_files(tmp_path):
    rules = [{"action": "cut", "path": "/_objects/*", "at": 5}]
    (tmp_path / "faults.json").write_text(json.dumps({"faults": rules}))
    (tmp_path / "faults.yaml").write_text('- {action: cut, path: "/_objects/*", at: 5}\n')
    for name in ("faults.json", "faults.yaml"):
        assert read_rules(tmp_path / name) == [Rule("cut", path="/_objects/*", at=5)]


@pytest.mark.parametrize(("name", "text"), [("a.json", "{"), ("a.yaml", "- ]"), ("a.yml", "- {action: burn}")])
def test_files_that_hold_no_rules(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=name):
        read_rules(tmp_path / name)


def test_a_body_that_breaks_off_reaches_no_service():
    book, reached = FaultBook(), list[Any]()
    book.add([Rule("wrong", at=10)])
    messages = [{"type": "http.request", "body": b"AC", "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        return messages.pop(0)

    async def service(*call: Any) -> None:
        reached.append(call)

    scope = {"type": "http", "method": "PUT", "path": "/a", "raw_path": b"/a", "query_string": b"", "headers": []}
    scope |= {"client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2)}
    wire = Wire(service, RequestLog(), book, Clock(), Stalls())
    asyncio.run(wire(scope, receive, service))
    assert reached == []


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("localhost:80", True),
        ("127.0.0.53", True),
        ("[::1]:8080", True),
        ("Sandbox:8080", True),
        ("reads.localhost:8081", True),
        ("Reads.S3.example.org", True),
        ("s3.example.org", False),
        ("evils3.example.org", False),
        ("evil.example.org", False),
        ("127.0.0.1.example.org", False),
        ("10.0.0.1", False),
        ("", False),
        ("[", False),
    ],
)
def test_names_of_this_machine(host: str, ours: bool):
    assert is_ours(host, ("sandbox", ".s3.example.org")) is ours


def test_all_addresses_are_reached_by_loopback():
    assert [url_of(host, 1) for host in ("0.0.0.0", "::", "::1", "192.0.2.1")] == [
        "http://127.0.0.1:1",
        "http://127.0.0.1:1",
        "http://[::1]:1",
        "http://192.0.2.1:1",
    ]
