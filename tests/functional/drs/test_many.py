"""Many objects: few requests, none in vain to a server that is down, and a stop that ends it."""

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import httpx
import pytest
from drs_download import download
from omicsdk.core import AuthError, Interrupted, ManualClock, NotFound, Retry, ServerError, TransportError
from omicsdk.drs import (
    DrsId,
    DrsServer,
    RequestedObject,
    ResolutionSettings,
    Resolver,
    Servers,
    UnknownPrefix,
    find,
    parse_drs_id,
)
from omicsdk.drs.requests import PREFETCH_SECONDS, THRESHOLD, Prefetch
from omicsdk.transfer import TransferFailed

API = "ga4gh/drs/v1/objects"
ONCE = Retry(attempts=1)


@pytest.fixture
def offline() -> Iterator[Servers]:
    """Servers, of hosts that are named."""
    with Servers(Resolver(settings=ResolutionSettings(order=()))) as servers:
        yield servers


def ids(count: int, start: str = "x") -> list[DrsId]:
    return [parse_drs_id(f"drs://data.example.org/{start}{n}") for n in range(count)]


def server_of(response: Callable[[httpx.Request], httpx.Response], clock: Any = None) -> DrsServer:
    return DrsServer(
        "data.example.org", retry=ONCE, transport=httpx.MockTransport(response), clock=clock or ManualClock()
    )


def test_a_bundle_of_five_thousand_members_takes_few_requests(host: Any, offline: Servers) -> None:
    members: list[dict[str, str]] = []
    for n in range(5000):
        host.add(f"m{n}", b"%d" % n)
        members.append({"name": f"{n:04d}.bin", "id": f"m{n}"})
    (requested,) = [RequestedObject(parse_drs_id(host.bundle("big", *members)))]
    files = find([requested], offline)
    assert [file.name for file in files] == [f"big/{n:04d}.bin" for n in range(5000)]
    assert all(file.found is not None for file in files)
    assert len(host.requests) == 51


def test_a_server_that_is_down_is_queried_a_few_times_and_again_after_a_while() -> None:
    request_count = 0

    def refuse(request: httpx.Request) -> httpx.Response:
        nonlocal request_count
        request_count += 1
        raise httpx.ConnectError("refused", request=request)

    clock = ManualClock()
    with server_of(refuse, clock) as server:
        responses = server.describe_many(ids(20_000))
        assert len(responses) == 20_000
        assert {type(response) for response in responses} <= {type(responses[0])}
        assert isinstance(responses[0], TransportError)
        assert responses[0] is not responses[1]
        assert request_count <= THRESHOLD + 16
        before = request_count
        with pytest.raises(TransportError):
            server.describe(ids(1)[0])
        assert request_count == before
        clock.sleep(61)
        with pytest.raises(TransportError):
            server.describe(ids(1)[0])
        assert request_count == before + 1


def test_a_server_that_fails_at_many_at_once_is_queried_one_by_one() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(500)
        id = request.url.path.rpartition("/")[2]
        return httpx.Response(500) if id == "x7" else httpx.Response(200, json={"id": id, "name": id})

    with server_of(fail) as server:
        responses = server.describe_many(ids(30))
    assert isinstance(responses[7], ServerError)
    assert sum(isinstance(response, ServerError) for response in responses) == 1


def test_a_server_that_is_fixed_is_asked_for_all() -> None:
    """What counts is what fails in a row."""
    request_count = 0

    def now_and_then(request: httpx.Request) -> httpx.Response:
        nonlocal request_count
        request_count += 1
        id = request.url.path.rpartition("/")[2]
        return httpx.Response(503) if request_count % 3 else httpx.Response(200, json={"id": id})

    with server_of(now_and_then) as server:
        for drs_id in ids(60):
            with pytest.raises(ServerError) if (request_count + 1) % 3 else nullcontext():
                server.describe(drs_id)
    assert request_count == 60


def test_identifiers_are_requested_in_each_form_that_servers_know_many_at_once() -> None:
    """Commons need not prefix their GUIDs."""
    bulks: list[list[str]] = []

    def response(request: httpx.Request) -> httpx.Response:
        if request.method != "POST":
            return httpx.Response(404, json={"msg": "no record found"})
        bulk_ids = json.loads(request.content)["bulk_object_ids"]
        bulks.append(bulk_ids)
        return httpx.Response(
            200, json={"resolved_drs_object": [{"id": id} for id in bulk_ids if id.startswith("bare")]}
        )

    drs_ids = [DrsId(f"dg.1/bare{n}", "data.example.org", "dg.1", f"bare{n}") for n in range(50)]
    with server_of(response) as server:
        responses = server.describe_many([*drs_ids, DrsId("dg.1/none", "data.example.org", "dg.1", "none")])
    assert [len(bulk) for bulk in bulks] == [51, 51, 1]
    assert [getattr(response, "id", None) for response in responses[:-1]] == [f"bare{n}" for n in range(50)]
    assert isinstance(responses[-1], NotFound)


def test_a_stop_leaves_out_the_rest() -> None:
    stopped, released = threading.Event(), threading.Event()

    def hang(_request: httpx.Request) -> httpx.Response:
        stopped.set()
        released.wait(30)
        return httpx.Response(404, json={})

    with server_of(hang) as server:
        responses = server.describe_many(ids(500), stopped.is_set)
    released.set()
    assert [type(response) for response in responses] == [Interrupted] * 500


def test_a_login_that_fails_is_tried_once(offline: Servers) -> None:
    hosts: list[str] = []

    def login(host: str) -> None:
        hosts.append(host)
        raise AuthError(f"there is no login for {host}")

    with Servers(offline.resolver, login) as servers:
        files = find([RequestedObject(drs_id) for drs_id in ids(300)], servers)
    assert hosts == ["data.example.org"]
    assert {str(file.error) for file in files} == {"there is no login for data.example.org"}


def test_each_is_reported_about_itself(offline: Servers) -> None:
    requested = [RequestedObject(parse_drs_id(text)) for text in ("one", "two", "dg.99/x", "dg.99/y")]
    files = find(requested, offline)
    assert [type(file.error) for file in files] == [UnknownPrefix] * 4
    assert "two" in str(files[1].error)
    assert files[2].error is not files[3].error


def test_what_comes_ahead_is_used_while_it_lasts() -> None:
    clock = ManualClock()
    batches: list[list[int]] = []

    def squares(keys: Any) -> dict[int, int]:
        batches.append(list(keys))
        return {key: key * key for key in keys if key != 3}

    ahead = Prefetch(squares, clock)
    ahead.expect(range(150))
    assert [ahead.take(2), ahead.take(3), ahead.take(2), ahead.take(120)] == [4, None, None, 14_400]
    assert [len(keys) for keys in batches] == [100, 50]
    clock.sleep(PREFETCH_SECONDS + 1)
    assert ahead.take(4) is None


def test_checksums_in_base64_are_verified(host: Any, tmp_path: Path) -> None:
    def checksum_entries(content: bytes) -> list[dict[str, str]]:
        return [{"type": "md5", "checksum": base64.b64encode(hashlib.md5(content).digest()).decode()}]

    right = host.add("right", b"right", checksums=checksum_entries(b"right"))
    wrong = host.add("wrong", b"wrong", checksums=checksum_entries(b"other"))
    report = download([right, wrong], tmp_path, check=False)
    assert [outcome.state for outcome in report.outcomes] == ["done", "failed"]
    assert report.outcomes[0].verified == "md5"


def test_a_row_whose_storage_has_nothing_is_fetched_by_another_way(host: Any, tmp_path: Path) -> None:
    uri = parse_drs_id(host.add("a", b"aaaa", ways=("s3", "gs")))
    host.responses["storage/s3/a"] = [(404, {}, b"")] * 5
    row = RequestedObject(uri, "mine", 4, {"md5": hashlib.md5(b"aaaa").hexdigest()})
    download([row], tmp_path)
    assert (tmp_path / "mine").read_bytes() == b"aaaa"


def test_a_file_that_all_ways_refuse_is_not_requested_again(host: Any, tmp_path: Path) -> None:
    uri = host.add("a", b"a", ways=("s3", "gs"))
    for way in ("s3", "gs"):
        host.responses[f"{API}/a/access/{way}"] = [(403, {}, {"msg": "no"})] * 5
    with pytest.raises(TransferFailed, match="tried were the access methods") as caught:
        download([uri], tmp_path)
    (outcome,) = caught.value.report.files
    assert outcome.state == "failed"
    assert "tried were the access methods" in str(outcome.error)
    assert host.count(f"{API}/a/access") == 2


def test_a_dry_run_states_what_will_fail(host: Any, tmp_path: Path) -> None:
    uris = [host.add("a", b"a"), f"drs://{host.name}/none", host.add("b", b"b", name="../b")]
    report = download(uris, tmp_path / "out", dry_run=True)
    assert [outcome.state for outcome in report.outcomes] == ["planned", "failed", "failed"]
    assert not (tmp_path / "out").exists()


def test_one_that_makes_a_request_for_many_fail_spoils_no_others() -> None:
    kinds: list[str] = []

    def response(request: httpx.Request) -> httpx.Response:
        kinds.append(request.method)
        if request.method != "POST":
            return httpx.Response(200, json={"id": request.url.path.rpartition("/")[2]})
        bulk_ids = json.loads(request.content)["bulk_object_ids"]
        if "x5" in bulk_ids:
            return httpx.Response(400, json={"msg": "x5 is no identifier"})
        return httpx.Response(200, json={"resolved_drs_object": [{"id": id} for id in bulk_ids]})

    with server_of(response) as server:
        assert [getattr(outcome, "id", "") for outcome in server.describe_many(ids(1000))] == [
            f"x{n}" for n in range(1000)
        ]
    assert kinds.count("GET") == 100
    assert kinds.count("POST") == 10
