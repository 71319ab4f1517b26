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


# -- what a client sees

LAST = {"type": "http.request", "body": b"", "more_body": False}


def exchange(service: Any, messages: list[Any], *rules: Rule) -> tuple[list[Any], list[dict[str, Any]]]:
    """The messages that a client gets under these rules, and the log; it leaves when a service waits for more than it has sent."""
    book, log, stalls, sent = FaultBook(), RequestLog(), Stalls(), list[Any]()
    book.add(rules)

    async def receive() -> Any:
        if not messages:
            for _ in range(20):  # all others go first
                await asyncio.sleep(0)
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "PUT", "path": "/a", "raw_path": b"/a", "query_string": b"", "headers": []}
    scope |= {"client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2)}

    async def run() -> None:
        exchanging = asyncio.create_task(Wire(service, log, book, Clock(), stalls)(scope, receive, send))
        while not exchanging.done():
            await asyncio.sleep(0)
            if stalls.waiting:
                stalls.release()
        await exchanging

    asyncio.run(run())
    return sent, log.entries()


def test_a_body_that_breaks_off_reaches_no_service():
    reached = list[Any]()

    async def service(*call: Any) -> None:
        reached.append(call)

    beginning = {"type": "http.request", "body": b"AC", "more_body": True}
    sent, _ = exchange(service, [beginning, {"type": "http.disconnect"}], Rule("wrong", at=10))
    assert sent == reached == []


@pytest.mark.parametrize(
    ("rule", "blocks", "done"),
    [
        (Rule("short", at=6), [(b"abc", True), (b"def", False)], True),
        (Rule("short", at=0), [(b"", False)], True),
        (Rule("cut", at=4), [(b"abc", True), (b"d", True)], False),
        (Rule("cut", at=6), [(b"abc", True), (b"def", True)], False),
        (Rule("cut", at=9), [(b"abc", True), (b"def", True), (b"ghi", False)], True),
        (Rule("stall", at=4), [(b"abc", True), (b"d", True), (b"ef", True), (b"ghi", False)], True),
        (Rule("wrong", at=2, length=2), [(b"ab\x9c", True), (b"\x9bef", True), (b"ghi", False)], True),
        (Rule("wrong", at=9, length=2), [(b"abc", True), (b"def", True), (b"ghi", False)], True),
    ],
)
def test_faults_in_a_body_of_several_blocks(rule: Rule, blocks: list[tuple[bytes, bool]], done: bool):
    async def service(scope: Any, receive: Any, send: Any) -> None:
        del scope, receive
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})
        for block in (b"abc", b"def", b"ghi"):
            await send({"type": "http.response.body", "body": block, "more_body": block != b"ghi"})

    (start, *bodies), [entry] = exchange(service, [LAST], rule)
    assert dict(start["headers"])[b"content-length"] == (b"%d" % rule.at if rule.action == "short" else b"9")
    assert [(message["body"], message["more_body"]) for message in bodies] == blocks
    assert (entry["sent"], entry["done"]) == (sum(len(block) for block, _ in blocks), done)


def test_a_service_gets_the_body_once_and_then_learns_when_the_client_has_left():
    received = list[Any]()
    messages = [{"type": "http.request", "body": b"AC", "more_body": True}, LAST, LAST]

    async def service(scope: Any, receive: Any, send: Any) -> None:
        del scope, send
        received.append(await receive())
        leaving = asyncio.create_task(receive())
        for _ in range(10):
            await asyncio.sleep(0)
        received.append("here" if not leaving.done() else "gone")
        received.append(await leaving)

    exchange(service, messages, Rule("no_range"))
    assert received == [{**LAST, "body": b"AC"}, "here", {"type": "http.disconnect"}]


# -- the log


def test_a_request_is_logged_with_what_identifies_it():
    log = RequestLog()
    headers = {"user-agent": "omics/1", "range": "bytes=0-1", "authorization": "Bearer x"}
    log.begin("GET", "/dss/v1/files/a", "replica=aws", headers, 5.0)
    log.begin("PUT", "/_objects/b", "", {}, 6.0)
    expected = {"number": 1, "at": 5.0, "method": "GET", "path": "/dss/v1/files/a", "query": "replica=aws"}
    expected |= {"range": "bytes=0-1", "agent": "omics/1", "authorized": True, "status": 0, "sent": 0, "done": False}
    expected |= {"operation": "", "validation": "not an operation"}
    second = {"number": 2, "at": 6.0, "method": "PUT", "path": "/_objects/b", "query": "", "operation": "objects PUT"}
    second |= {"range": "", "agent": "", "authorized": False, "validation": "an object store's own rules"}
    assert log.entries() == [expected, {**expected, **second}]
    assert log.newest("/", 0, 1)[0] == log.count == 2
    log.clear()
    assert (log.count, log.entries()) == (0, [])
    assert log.begin("GET", "/", "", {}, 7.0).number == 1


@pytest.mark.parametrize(
    ("path", "query", "is_secret"),
    [
        *((path, "code=1", True) for path in ("/_objects/a", "/gen3/_storage/a", "/sb/_storage/a")),
        *((path, "code=1", True) for path in ("/auth/consent", "/auth/echo", "/echo")),
        ("/_s3/b/k", "X-Amz-Signature=1", True),
        ("/_s3/b/k", "Signature=1", True),
        ("/_s3/b/", "list-type=2", False),
        ("/dss/v1/files/a", "Signature=1", False),
        ("/gen3/_storage", "code=1", False),
    ],
)
def test_queries_with_secrets_are_not_logged(path: str, query: str, is_secret: bool):
    assert RequestLog().begin("GET", path, query, {}, 0.0).query == ("" if is_secret else query)


# -- whose requests are answered


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
