"""Injected faults: which requests they hit, and what a client sees."""

import http.client
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest
from omicsdk.sandbox import Rule, Sandbox
from waiting import until

DATA = bytes(range(256)) * 1000


@pytest.fixture
def url(sandbox: Sandbox) -> str:
    stored = sandbox.dss.context.objects.put_bytes(DATA)
    return sandbox.dss.context.signer.url(sandbox.url, stored.sha256, seconds=1000)


def fetch(url, **headers) -> tuple[http.client.HTTPResponse, bytes]:
    """The response and the bytes that arrived before the connection ended."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=20)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}", headers=headers)
        response = connection.getresponse()
        try:
            return response, response.read()
        except http.client.IncompleteRead as cut:
            return response, cut.partial
    finally:
        connection.close()


def test_a_status_with_retry_after(sandbox: Sandbox, url):
    sandbox.add_faults(Rule("status", path="/_objects/*", status=503, retry_after=7, times=2))
    responses = [fetch(url)[0] for _ in range(3)]
    assert [response.status for response in responses] == [503, 503, 200]
    assert responses[0].getheader("Retry-After") == "7"


def test_a_status_of_an_operation_has_its_error_shape(sandbox: Sandbox, web):
    sandbox.add_faults(Rule("status", status=429, code="slow_down"))
    response = web.get("/bundles/all", params={"replica": "aws"})
    assert response.json() == {"status": 429, "code": "slow_down", "title": "A requested fault"}


@pytest.mark.parametrize("at", [0, 1, 100_000, len(DATA) - 1])
def test_a_cut_body(sandbox: Sandbox, url, at, caplog):
    sandbox.add_faults(Rule("cut", at=at))
    response, got = fetch(url)
    assert caplog.records == []
    assert response.getheader("Content-Length") == str(len(DATA))
    assert got == DATA[:at]


def test_a_cut_behind_the_end_is_none(sandbox: Sandbox, url):
    sandbox.add_faults(Rule("cut", at=len(DATA)), Rule("reset", at=len(DATA) + 1))
    assert fetch(url)[1] == DATA


@pytest.mark.parametrize("at", [0, 1, 100_000])
def test_a_short_body_looks_complete(sandbox: Sandbox, url, at):
    sandbox.add_faults(Rule("short", at=at))
    response, got = fetch(url)
    assert (response.getheader("Content-Length"), got) == (str(at), DATA[:at])


def test_a_reset_instead_of_a_response(sandbox: Sandbox, url, caplog):
    sandbox.add_faults(Rule("reset"))
    with pytest.raises(ConnectionResetError):
        fetch(url)
    assert caplog.records == []


def test_a_reset_in_the_body(sandbox: Sandbox, url):
    sandbox.add_faults(Rule("reset", at=200_000))
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        fetch_strictly(url)


def fetch_strictly(url):
    with httpx.stream("GET", url, trust_env=False, verify=False) as response:
        try:
            return response.read()
        except httpx.ReadError as error:
            raise ConnectionResetError from error


def test_wrong_bytes(sandbox: Sandbox, url):
    sandbox.add_faults(Rule("wrong", at=3, length=2))
    assert fetch(url)[1] == DATA[:3] + bytes([DATA[3] ^ 255, DATA[4] ^ 255]) + DATA[5:]


def test_no_range(sandbox: Sandbox, url):
    sandbox.add_faults(Rule("no_range", times=1))
    assert [fetch(url, Range="bytes=5-9")[0].status for _ in range(2)] == [200, 206]


@pytest.mark.parametrize("at", [0, 1000])
def test_a_stalled_response_continues_when_released(sandbox: Sandbox, url, at):
    sandbox.add_faults(Rule("stall", at=at))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(fetch, url)
        until(lambda: sandbox.stalled == 1)
        assert not waiting.done()
        sandbox.release()
        assert waiting.result()[1] == DATA


def test_a_stalled_response_ends_with_its_client(sandbox: Sandbox, url):
    sandbox.add_faults(Rule("stall"))
    with httpx.Client(trust_env=False, verify=False, timeout=0.05) as client, pytest.raises(httpx.ReadTimeout):
        client.get(url)
    until(lambda: sandbox.stalled == 0)


def test_a_delay_in_the_sandbox_time(sandbox: Sandbox, url):
    sandbox.clock.freeze()
    sandbox.add_faults(Rule("delay", seconds=60))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(fetch, url)
        until(lambda: sandbox.requests())
        sandbox.clock.advance(59)
        assert not waiting.done()
        sandbox.clock.advance(1)
        assert waiting.result()[0].status == 200


def test_a_request_that_the_end_cuts_off_is_no_error(tmp_path, caplog):
    with ThreadPoolExecutor(1) as pool:
        with Sandbox(tmp_path / "state") as sandbox:
            sandbox.add_faults(Rule("delay", seconds=60))
            waiting = pool.submit(httpx.get, f"{sandbox.url}/dss/v1/bundles/all", trust_env=False)
            until(lambda: sandbox.requests())
        assert waiting.result().status_code == 500
    assert caplog.records == []


def test_a_throttled_body_comes_as_time_passes(sandbox: Sandbox, url):
    sandbox.clock.freeze()
    sandbox.add_faults(Rule("throttle", rate=64 * 1024))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(fetch, url)
        sent = []
        for _ in range(4):
            before = len(sent)
            until(lambda: sandbox.requests() and sandbox.requests()[0]["status"] == 200)
            until(lambda before=before: sandbox.requests()[0]["sent"] == before * 64 * 1024)
            sent.append(sandbox.requests()[0]["sent"])
            assert not waiting.done()
            sandbox.clock.advance(1)
        assert waiting.result()[1] == DATA


def test_a_body_arrives_in_spite_of_a_fault(sandbox: Sandbox, web):
    sandbox.add_faults(Rule("wrong", at=10**6))
    response = web.post("/search", params={"replica": "aws"}, json={"es_query": {}})
    assert response.json()["total_hits"] == 0


def test_several_faults_on_one_request(sandbox: Sandbox, url):
    sandbox.add_faults(Rule("wrong", at=0), Rule("cut", at=10))
    assert fetch(url)[1] == bytes([255]) + DATA[1:10]


def test_the_control_api_stays_sound(sandbox: Sandbox):
    sandbox.add_faults(Rule("reset"))
    assert httpx.get(f"{sandbox.url}/_sandbox/clock", trust_env=False, verify=False).status_code == 200
