"""Servers and networks that break: either a right file, or none under the final name and the reason in the report."""

import hashlib
import logging
import random
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import ChecksumMismatch, Forbidden, NotFound, SourceChanged, Unauthorized
from omicsdk.transfer import Item, Location, Patience, download
from omicsdk.transfer.ranges import Ranges
from small_cells import MIB, UNIT
from waiting import until

pytestmark = pytest.mark.usefixtures("small_cells")

SIZE = 16 * UNIT + 5
"""Above 16 MiB, which are asked for in one request; the last cell is short."""


def only(report: Any) -> Any:
    (outcome,) = report.outcomes
    return outcome


@pytest.mark.parametrize("how", [{}, {"reset": True}])
@pytest.mark.parametrize("at", [0, 100, 5 * UNIT + 3])
def test_a_cut_body_resumes_where_it_ended(
    server: Any, fault: Any, target: Path, noise: Any, how: dict[str, bool], at: int
) -> None:
    body = noise(12 * UNIT)
    server.fault("one", fault.cut(at, **how))
    report = download([server.item("one", body, "sha256")], target)
    assert (target / "one").read_bytes() == body
    _, second = server.of("one")
    assert second.headers.get("if-range", server.etags["one"]) == server.etags["one"]
    if not how:  # a reset throws away what is on its way
        assert second.first == at
        assert only(report).bytes_fetched == len(body)


def test_a_cut_after_progress_costs_no_retry(server: Any, fault: Any, target: Path, noise: Any) -> None:
    body = noise(15 * UNIT)
    server.fault("one", *[fault.cut(4 * UNIT + 100)] * 3)
    download([server.item("one", body, "sha256", retries=1)], target).raise_if_failed()
    assert (target / "one").read_bytes() == body


def test_what_came_before_the_size_was_reported_is_not_fetched_twice(
    server: Any, fault: Any, target: Path, noise: Any
) -> None:
    body = noise(10 * UNIT)
    item = replace(server.item("one", body, "sha256", "crc32c"), size=None)
    server.fault("one", fault.changed(chunked=True, cut=5 * UNIT), fault.cut(4 * UNIT))
    report = download([item], target)
    report.raise_if_failed()
    assert (target / "one").read_bytes() == body
    assert only(report).bytes_fetched == len(body)


def test_a_source_that_becomes_shorter_and_states_its_size(server: Any, fault: Any, target: Path, noise: Any) -> None:
    server.put("one", noise(6 * UNIT), None)

    def shorter(_server: Any, _request: Any, response: Any) -> Any:
        return replace(response, status=200, headers={}, body=noise(3 * UNIT, 2))

    server.fault("one", fault.changed(chunked=True, cut=5 * UNIT), shorter)
    download([Item("one", Location(server.url("one")), min_delay=0.01)], target).raise_if_failed()
    assert (target / "one").read_bytes() == noise(3 * UNIT, 2)


@pytest.mark.parametrize("size", [3000, 300_000])
def test_a_body_that_comes_a_byte_at_a_time(server: Any, target: Path, noise: Any, size: int) -> None:
    """Programs that stream line by line send such; there are more pieces then than a system writes at once."""

    def dribbled(_server: Any, _request: Any, response: Any) -> Any:
        chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in response.body)
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        return replace(response, raw=head + chunks + b"0\r\n\r\n")

    body = noise(size)
    items = [server.item(name, body, "sha256") for name in ("one", "two")]
    server.always |= {"one": dribbled, "two": dribbled}
    download([items[0], replace(items[1], size=None)], target).raise_if_failed()
    assert (target / "one").read_bytes() == (target / "two").read_bytes() == body


@pytest.mark.parametrize("size", [1000, 5 * UNIT])
def test_a_body_that_is_whole_but_for_its_end(server: Any, fault: Any, target: Path, noise: Any, size: int) -> None:
    body = noise(size)
    item = server.item("one", body, "sha256", retries=0)
    server.always["one"] = fault.changed(chunked=True, cut=size)
    download([item], target).raise_if_failed()
    assert (target / "one").read_bytes() == body
    assert len(server.requests) == 1


@pytest.mark.parametrize("left", [200, 5 * UNIT])
def test_a_source_of_unknown_size_that_becomes_shorter(server: Any, target: Path, noise: Any, left: int) -> None:
    """Nothing of the longer one that was cut may stay behind the shorter one's end."""
    longer, shorter = noise(9 * UNIT), noise(left, 2)
    server.put("one", longer, etag=None)

    def shrinks(_server: Any, _request: Any, response: Any) -> Any:
        server.put("one", shorter, etag=None)
        server.ranges = False
        return replace(response, chunked=True, cut=6 * UNIT)

    server.fault("one", shrinks)
    server.always["one"] = lambda _server, _request, response: replace(response, chunked=True)
    download([Item("one", Location(server.url("one")), min_delay=0.01)], target).raise_if_failed()
    assert (target / "one").read_bytes() == shorter


def test_no_retries_means_none(server: Any, fault: Any, target: Path, noise: Any) -> None:
    server.always["one"] = fault.status(503)
    assert not download([server.item("one", noise(50), "md5", retries=0)], target).ok
    assert len(server.of("one")) == 1


def test_a_signature_of_azure_that_has_expired_is_stated(server: Any, fault: Any, target: Path) -> None:
    """Azure's error states that the request could not be authenticated."""
    date = {"Date": "Mon, 30 Nov 2026 01:16:17 GMT"}
    server.always["one"] = fault.status(403, date, b"<Error><Code>AuthenticationFailed</Code></Error>")
    url = f"{server.url('one')}?sv=2021-12-02&se=2001-09-09&sig=canary"
    error = str(download([Item("one", Location(url), 5)], target).outcomes[0].error)
    assert ("The signature in the URL has expired" in error, "canary" in error) == (True, False)


@pytest.mark.parametrize(("signed", "requests"), [(False, 1), (True, 2)])
def test_a_url_that_is_never_accepted_is_the_error(
    server: Any, fault: Any, target: Path, clock: Any, caplog: pytest.LogCaptureFixture, signed: bool, requests: int
) -> None:
    """The URL of a service is the same again, and is not requested twice; a signed one is."""
    server.always["one"] = fault.status(403)
    calls = []

    def locate() -> Location:
        calls.append(1)
        return Location(server.url("one") + (f"?Signature={len(calls)}" if signed else ""))

    with caplog.at_level("INFO", "omicsdk.transfer"):
        report = download(
            [Item("one", locate, 5, retries=3), Item("fixed", Location(server.url("one")), 5)], target, clock=clock
        )
    assert [type(outcome.error) for outcome in report.outcomes] == [Forbidden, Forbidden]
    assert "one: the server denies access to this file" in str(report.outcomes[0].error)
    assert "no longer accepted" not in caplog.text
    assert len(calls) == 2
    assert len(server.of("one")) == requests + 1


def test_a_locator_that_fails_fails_its_item_only(server: Any, target: Path, noise: Any) -> None:
    def broken() -> Location:
        raise KeyError("url")

    first, second = download([Item("one", broken), server.item("two", noise(10), "md5")], target).outcomes
    assert "one: requesting its URL failed: KeyError('url')" in str(first.error)
    assert second.state == "done"


@pytest.mark.parametrize("end", [UNIT, 5 * UNIT])
def test_bytes_beyond_a_reported_range_are_not_the_files(server: Any, target: Path, noise: Any, end: int) -> None:
    """The response has no length, states fewer bytes than were requested, and brings more than it stated."""
    body = noise(SIZE)

    def more(_server: Any, request: Any, response: Any) -> Any:
        if response.status != 206:
            return response
        first = request.first
        last = min(first + end, request.last + 1) - 1
        headers = response.headers | {"Content-Range": f"bytes {first}-{last}/{SIZE}"}
        return replace(
            response, headers=headers, body=body[first : last + 1] + bytes(min(UNIT, request.last - last)), chunked=True
        )

    server.always["one"] = more
    download([server.item("one", body)], target).raise_if_failed()
    assert (target / "one").read_bytes() == body


@pytest.mark.long  # libcurl examines the rate of the last five seconds
def test_trouble_while_a_wrong_file_is_fixed_ends_nothing_else(
    server: Any, fault: Any, target: Path, noise: Any
) -> None:
    item = server.item("one", noise(5 * UNIT), "sha256")
    wrong = fault.flip(7)
    server.fault("one", wrong, fault.status(503), wrong)
    first, second = download([item, server.item("two", b"2")], target).outcomes
    assert isinstance(first.error, ChecksumMismatch)
    assert second.state == "done"


def test_a_redirect_within_the_host_takes_headers_along(server: Any, fault: Any, target: Path, noise: Any) -> None:
    server.put("there", noise(10))
    server.always["here"] = fault.status(307, {"Location": "/there"})
    download([Item("one", Location(server.url("here"), {"X-Key": "k"}), 10)], target).raise_if_failed()
    assert server.of("there")[0].headers["x-key"] == "k"


@pytest.mark.parametrize("size", [500, SIZE])
def test_a_refusal_is_reported_with_the_servers_message(
    server: Any, fault: Any, target: Path, noise: Any, size: int
) -> None:
    body = b'{"code": "not_found", "title": "No such version", "signature": "canary"}'
    item = server.item("one", noise(size), "md5")
    server.always["one"] = fault.status(404, {"X-AWS-REQUEST-ID": "r-7"}, body)
    error = only(download([item], target)).error
    assert isinstance(error, NotFound)
    assert (error.code, error.request_id) == ("not_found", "r-7")
    assert "one: the server does not provide this file: No such version (404 not_found" in str(error)


def test_a_header_that_is_too_long_is_stated(server: Any, fault: Any, target: Path, noise: Any) -> None:
    server.always["one"] = fault.changed(headers={"X-Long": "x" * 400_000})
    error = only(download([server.item("one", noise(500), retries=0)], target)).error
    assert "a header of the response is too long" in str(error)


def test_a_refusal_of_a_store_shows_nothing_that_was_signed(server: Any, fault: Any, target: Path, noise: Any) -> None:
    body = b"<Error><Code>AccessDenied</Code><Message>Expired</Message><StringToSign>canary</StringToSign></Error>"
    server.always["one"] = fault.status(403, {}, body)
    error = only(download([server.item("one", noise(500))], target)).error
    assert "Expired (403 AccessDenied" in str(error)
    assert "canary" not in f"{error!r} {vars(error)}"


@pytest.mark.parametrize("then", ["right", "refused", "wrong", "cut", "again"])
def test_a_small_file_behind_a_service(
    server: Any, fault: Any, target: Path, noise: Any, clock: Any, then: str
) -> None:
    """The service is asked again for where it is whenever the place that it gave is not good."""
    item = server.item("there", noise(500), "sha256")
    server.always["here"] = fault.status(302, {"Location": server.url("there", "first=1")}, b"it is elsewhere")
    faults = {
        "refused": fault.status(403),
        "wrong": fault.flip(3),
        "cut": fault.cut(100),
        "again": fault.status(307, {"Location": server.url("there", "second=1")}),
    }
    if then in faults:
        server.fault("there", faults[then])
    report = download([replace(item, locate=Location(server.url("here")))], target, clock=clock)
    report.raise_if_failed()
    assert (target / "there").read_bytes() == noise(500)
    assert report.outcomes[0].bytes_fetched >= 500
    assert len(server.of("here")) == (2 if then in ("refused", "cut") else 1)


@pytest.mark.parametrize("size", [500, SIZE])
def test_a_place_that_ends_is_renewed(server: Any, fault: Any, target: Path, noise: Any, size: int) -> None:
    item, renewals = server.item("one", noise(size), "md5"), list[int]()
    server.always["ended"] = fault.status(403)

    def renew() -> Location:
        renewals.append(1)
        return Location(server.url("one"))

    download([replace(item, locate=Location(server.url("ended")), renew=renew)], target).raise_if_failed()
    assert (target / "one").read_bytes() == noise(size)
    assert renewals == [1]


@pytest.mark.parametrize("ways", ["locate", "renew"])
@pytest.mark.parametrize("retries", [0, 3, 100])
def test_a_file_that_is_always_401_ends_after_one_renewal(
    server: Any, fault: Any, target: Path, noise: Any, clock: Any, leftovers: Any, ways: str, retries: int
) -> None:
    """Whatever the retries: a login that is refused twice is refused, and waiting does not change it."""
    calls: list[int] = []

    def place() -> Location:
        calls.append(1)
        return Location(server.url("one"), {"Authorization": f"Bearer t{len(calls)}"})

    item = server.item("one", noise(50), "sha256", retries=retries)
    item = replace(item, locate=place) if ways == "locate" else replace(item, renew=place)
    server.always["one"] = fault.status(401)
    (outcome,) = download([item], target, clock=clock).outcomes
    assert isinstance(outcome.error, Unauthorized)
    assert (len(calls), len(server.of("one"))) == ((2, 2) if ways == "locate" else (1, 2))
    assert clock.slept == 0
    assert leftovers() == []


@pytest.mark.parametrize("size", [500, SIZE])
def test_a_place_that_can_not_be_renewed(
    server: Any, fault: Any, target: Path, noise: Any, clock: Any, size: int
) -> None:
    item, renewals = server.item("one", noise(size), "md5"), list[int]()
    server.always["one"] = fault.status(403)

    def renew() -> Location:
        renewals.append(1)
        raise NotFound("the service has it no longer", status=404)

    report = download([replace(item, renew=renew)], target, clock=clock)
    assert isinstance(only(report).error, NotFound)
    assert renewals == [1]


def test_a_redirect_that_means_not_yet(server: Any, fault: Any, target: Path, noise: Any, clock: Any) -> None:
    item = server.item("one", noise(10), retries=0)
    server.fault("one", *[fault.status(301, {"Location": "/one", "Retry-After": "10"})] * 40)
    download([item], target, clock=clock).raise_if_failed()
    assert 350 < clock.slept < 405


@pytest.mark.parametrize("size", [5000, SIZE])
def test_a_file_of_another_size_is_refused(
    server: Any, target: Path, noise: Any, clock: Any, leftovers: Any, size: int
) -> None:
    server.put("one", noise(size + 1))
    report = download([Item("one", Location(server.url("one")), size)], target, clock=clock)
    assert isinstance(only(report).error, SourceChanged)
    assert f"{size + 1} bytes instead of {size}" in str(only(report).error)
    assert leftovers() == []


@pytest.mark.parametrize("size", [5000, SIZE])
def test_nothing_instead_of_the_file_twice_is_no_reason_to_stop(
    server: Any, fault: Any, target: Path, noise: Any, clock: Any, size: int
) -> None:
    item = server.item("one", noise(size), "md5")
    server.fault("one", *[fault.changed(body=b"")] * 2)
    download([item], target, clock=clock).raise_if_failed()
    assert (target / "one").read_bytes() == noise(size)


def test_encoded_bodies_are_kept_as_they_are_stored(server: Any, fault: Any, target: Path, noise: Any) -> None:
    body = noise(5000)
    server.always["one"] = fault.changed(headers={"Content-Encoding": "gzip"})
    assert download([server.item("one", body, "sha256")], target).ok
    assert server.of("one")[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(("size", "is_obstinate"), [(3000, False), (SIZE, False), (3000, True)])
def test_an_object_that_google_would_decompress_is_requested_as_it_is_stored(
    server: Any, target: Path, noise: Any, size: int, is_obstinate: bool
) -> None:
    def transcoded(_server: Any, request: Any, response: Any) -> Any:
        stored = {"x-goog-stored-content-encoding": "gzip", "x-goog-stored-content-length": str(size)}
        if request.headers["accept-encoding"] == "gzip" and not is_obstinate:
            return replace(response, headers={**response.headers, **stored, "Content-Encoding": "gzip"})
        return replace(response, status=200, headers=stored, body=noise(2 * size, 2), chunked=True)

    item = server.item("one", noise(size), "md5")
    server.always["one"] = transcoded
    outcome = only(download([item], target))
    if is_obstinate:
        assert "the server decompresses the file" in str(outcome.error)
        return
    assert (target / "one").read_bytes() == noise(size)
    assert Ranges(lambda: item.locate, size).read(7, 10) == noise(size)[7:10]


def test_many_files_with_trouble_at_random(server: Any, fault: Any, target: Path, noise: Any, clock: Any) -> None:
    bodies = {f"f{n}": noise(500 + n, n) for n in range(300)}
    faults = [
        fault.status(500),
        fault.cut(100),
        fault.cut(0),
        fault.status(429),
        fault.cut(50, reset=True),
        fault.flip(3),
    ]
    for number, name in enumerate(bodies):
        if number % 10 == 0:
            server.fault(name, faults[number // 10 % len(faults)])
    report = download([server.item(name, body, "sha256") for name, body in bodies.items()], target, clock=clock)
    report.raise_if_failed()
    assert all((target / name).read_bytes() == body for name, body in bodies.items())


def test_no_thread_or_descriptor_is_left(server: Any, fault: Any, target: Path, noise: Any, clock: Any) -> None:
    def run(number: int) -> None:
        server.fault(f"a{number}", fault.cut(UNIT))
        server.always[f"b{number}"] = fault.status(500)
        items = [server.item(f"a{number}", noise(9 * UNIT), "sha256"), server.item(f"b{number}", b"b", retries=1)]
        download(items, target, clock=clock)

    def own_threads() -> list[str]:
        return [thread.name for thread in threading.enumerate() if thread.name.startswith("omicsdk")]

    def descriptors() -> int:
        # The server's sockets are in this process too; it needs a moment to see that they were closed.
        until(lambda: not server.connections)
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    run(0)
    before = descriptors()
    for number in range(1, 5):
        run(number)
    assert own_threads() == []
    assert descriptors() == before


def test_secrets_of_urls_are_nowhere(
    server: Any, fault: Any, target: Path, noise: Any, caplog: Any, clock: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    canary = "CANARY7f3a"
    server.put("one", noise(9 * UNIT))
    server.put("two", noise(9 * UNIT))
    server.fault("one", fault.cut(5 * UNIT), fault.status(403), fault.status(503))
    server.always["two"] = fault.status(302, {"Location": server.url("three", f"X-Amz-Signature={canary}")})
    items = [
        Item("one", lambda: Location(server.url("one", f"X-Amz-Signature={canary}"), {"X-Key": canary}), 9 * UNIT),
        Item("two", Location(server.url("two", f"sig={canary}"), {"Authorization": canary}), 9 * UNIT),
        Item("four", Location(f"http://127.0.0.1:1/x?sig={canary}"), retries=1),
        Item("five", Location(f"ht tp://?sig={canary}")),
    ]
    report = download(items, target, clock=clock)
    assert report.counts == {"done": 1, "skipped": 0, "failed": 3, "stopped": 0}
    texts = [str(report.to_dict()), repr(report), repr(items), caplog.text]
    texts += [str(outcome.error) + repr(outcome.error) for outcome in report.failed]
    texts += [path.read_text("latin-1") for path in target.rglob("*.journal")]
    assert canary not in "".join(texts)


@pytest.mark.parametrize("start", [0, 1])
def test_a_part_that_was_not_requested_is_refused(
    server: Any, target: Path, noise: Any, clock: Any, start: int
) -> None:
    """Unless it is the whole file, as of proxies that always send a part (duo-updater pull 245)."""

    def part(_server: Any, _request: Any, response: Any) -> Any:
        response.headers["Content-Range"] = f"bytes {start}-{len(response.body) - 1}/{len(response.body)}"
        return replace(response, status=206, body=response.body[start:])

    server.always["one"] = part
    report = download([server.item("one", noise(500), "md5", retries=2)], target, clock=clock)
    if start == 0:
        assert report.ok
        return
    assert isinstance(only(report).error, SourceChanged)
    assert only(report).attempts == 3
    server.always.clear()
    assert download([server.item("one", noise(500), "md5")], target).ok


def test_a_source_that_never_holds_still_is_an_error(server: Any, target: Path, noise: Any) -> None:
    body, tags = noise(SIZE), iter(range(1000))

    def restless(_server: Any, _request: Any, response: Any) -> Any:
        response.headers["ETag"] = f'"{next(tags)}"'
        return response

    server.put("one", body)
    server.always["one"] = restless
    report = download([Item("one", Location(server.url("one")), SIZE)], target)
    assert isinstance(only(report).error, SourceChanged)
    assert not (target / "one").exists()


def test_parts_of_two_versions_never_make_one_file(server: Any, target: Path, noise: Any) -> None:
    """Begun again, all parts are requested before the first response states which version it is of."""
    size, tags, requested, condition = 17 * UNIT, iter(range(1000)), [0], threading.Condition()

    def another_version_each_time(_server: Any, request: Any, response: Any) -> Any:
        tag = next(tags)
        response.headers["ETag"] = f'"{tag}"'
        response.body = bytes([tag]) * len(response.body)
        if tag and "if-range" not in request.headers:
            with condition:
                requested[0] += len(response.body)
                condition.notify_all()
                condition.wait_for(lambda: requested[0] >= size, 1)
        return response

    server.put("one", noise(size))
    server.always["one"] = another_version_each_time
    report = download([Item("one", Location(server.url("one")), size)], target)
    assert isinstance(only(report).error, SourceChanged)
    assert not (target / "one").exists()


@pytest.mark.parametrize("validators", [["1", "date", "2"], ["date", "1", "2"]])
@pytest.mark.parametrize("connections", [1, 4])
def test_a_response_that_states_only_a_date_hides_no_change(
    server: Any, target: Path, noise: Any, validators: list[str], connections: int
) -> None:
    """Some machines of a service tell ETags, others do not; and none heeds If-Range."""
    size = 40 * UNIT
    server.put("one", noise(size))
    responses = iter(validators)

    def answered(_server: Any, request: Any, response: Any) -> Any:
        tag = next(responses, "2")
        if request.last is None:  # the whole, in one response
            return replace(response, body=(b"2" if tag == "2" else b"1") * size)
        first, last = request.first, request.last
        headers = {"Content-Range": f"bytes {first}-{last}/{size}", "Last-Modified": "Sat, 21 Nov 2026 10:00:00 GMT"}
        if tag != "date":
            headers["ETag"] = f'"{tag}"'
        return replace(response, status=206, headers=headers, body=(b"2" if tag == "2" else b"1") * (last + 1 - first))

    server.always["one"] = answered
    download([Item("one", Location(server.url("one")), size)], target, connections=connections).raise_if_failed()
    assert len(set((target / "one").read_bytes())) == 1  # one version, whichever


def test_a_server_that_takes_if_range_for_if_none_match_sends_the_whole(
    server: Any, fault: Any, target: Path, noise: Any
) -> None:
    """As Ruby's WEBrick does."""
    body = noise(12 * UNIT)
    server.fault(
        "one", fault.cut(5 * UNIT), lambda _server, _request, response: replace(response, status=304, body=b"")
    )
    report = download([server.item("one", body)], target)
    report.raise_if_failed()
    assert "if-range" in server.of("one")[1].headers
    assert (target / "one").read_bytes() == body


def test_a_length_that_no_file_has_fails_its_item_only(server: Any, target: Path) -> None:
    server.put("one", b"1")
    head = b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n"
    server.always["one"] = lambda _server, _request, response: replace(response, raw=head + b"1")
    items = [Item("one", Location(server.url("one")), 2 * UNIT, retries=0), server.item("two", b"2")]
    first, second = download(items, target).outcomes
    assert (first.state, second.state) == ("failed", "done")


def test_several_wrong_parts_are_fixed(server: Any, target: Path, noise: Any) -> None:
    body = noise(24 * UNIT)
    spoilt: set[int] = set()

    def spoils(_server: Any, request: Any, response: Any) -> Any:
        for place in (3 * UNIT, 12 * UNIT, 23 * UNIT):
            where = place - request.first
            if 0 <= where < len(response.body) and place not in spoilt:
                spoilt.add(place)
                response.body = response.body[:where] + bytes([response.body[where] ^ 255]) + response.body[where + 1 :]
        return response

    server.always["one"] = spoils
    report = download([server.item("one", body, "sha256")], target)
    report.raise_if_failed()
    assert (target / "one").read_bytes() == body
    assert only(report).bytes_fetched <= 2 * len(body)


def test_the_whole_in_the_place_of_a_part_fixes_a_wrong_file(server: Any, fault: Any, target: Path, noise: Any) -> None:
    """Another machine of the service answers, which cannot do ranges."""
    body = noise(SIZE)
    item = server.item("one", body, "sha256")
    spoilt = 15 * UNIT

    def once_wrong(_server: Any, request: Any, response: Any) -> Any:
        if len([earlier for earlier in server.of("one") if earlier.first == request.first]) > 1:
            return fault.whole(_server, request, response)
        return fault.flip(spoilt)(_server, request, response)

    server.always["one"] = once_wrong
    report = download([item], target)
    report.raise_if_failed()
    assert (target / "one").read_bytes() == body
    assert only(report).bytes_fetched == 2 * len(body)


@pytest.mark.parametrize("checksums", [{"md5": "0" * 32}, {"crc32c": "00000001"}])
def test_an_empty_file_with_a_wrong_checksum(server: Any, target: Path, checksums: dict[str, str]) -> None:
    server.put("one", b"")
    report = download([Item("one", Location(server.url("one")), 0, checksums)], target)
    assert isinstance(only(report).error, ChecksumMismatch)
    assert not (target / "one").exists()


@pytest.mark.usefixtures("usual_cells")
def test_urls_that_end_while_others_are_requested(server: Any, fault: Any, target: Path, noise: Any) -> None:
    """All connections are refused at once; one new URL serves them all."""
    body = noise(48 * MIB)
    server.put("one", body)
    ended = threading.Event()
    calls = []

    def locate() -> Location:
        calls.append(1)
        return Location(server.url("one", f"n={len(calls)}"))

    def refuses(server: Any, request: Any, response: Any) -> Any:
        if request.query == "n=1" and len(server.requests) > 3:
            ended.set()
        return fault.status(403)(server, request, response) if request.query == "n=1" and ended.is_set() else None

    server.always["one"] = refuses
    report = download([Item("one", locate, len(body), retries=0)], target)
    report.raise_if_failed()
    assert (target / "one").read_bytes() == body
    assert len(calls) == 2


@pytest.mark.parametrize("location", ["http://[", "http://127.0.0.1:port/", "//", "ftp://127.0.0.1/x", "/caf\xe9 x"])
def test_redirects_to_odd_places(server: Any, fault: Any, target: Path, clock: Any, location: str) -> None:
    server.put("caf%E9%20x", b"12345")
    server.always["one"] = fault.status(302, {"Location": location})
    items = [Item("one", Location(server.url("one")), 5, retries=1), server.item("two", b"2")]
    states = [outcome.state for outcome in download(items, target, clock=clock).outcomes]
    assert states == ["done" if location.startswith("/caf") else "failed", "done"]


@pytest.mark.parametrize(
    "url",
    [
        *("http://[::1/x", "http://127.0.0.1:99999/", "http://127.0.0.1:x/", "http://", "http:///x", "/x", "not a url"),
        *("", "ftp:///x", "gopher://127.0.0.1/x", "file:///etc/hostname"),
    ],
)
def test_urls_that_make_no_sense_fail_their_item_only(server: Any, target: Path, clock: Any, url: str) -> None:
    items = [Item("one", Location(url), 5), server.item("two", b"2"), Item("three", lambda: Location(url), 5)]
    report = download(items, target, clock=clock)
    assert [outcome.state for outcome in report.outcomes] == ["failed", "done", "failed"]
    assert clock.slept == 0


def test_a_url_of_any_characters_reaches_its_file(server: Any, target: Path) -> None:
    for dot in ("%2E", "%2e"):  # newer versions of libcurl write upper case
        server.put(f"a%20b/%C3%BC/%2F..{dot}/x", b"12345")
    url = server.url("a b/ü/%2F..%2e/x", "sig=a%2fb+c/d=")
    download([Item("one", Location(url), 5)], target).raise_if_failed()
    assert server.requests[0].query == "sig=a%2fb+c/d="


def test_a_server_that_never_has_a_response_ends(server: Any, fault: Any, target: Path, clock: Any) -> None:
    server.always["one"] = fault.status(301, {"Location": "/one", "Retry-After": "60"})
    report = download([Item("one", Location(server.url("one")), 5)], target, clock=clock)
    assert "still not ready after 3600 s" in str(only(report).error)


def test_a_url_that_grew_old_in_the_queue_costs_no_retry(server: Any, fault: Any, target: Path, clock: Any) -> None:
    server.put("one", b"12345")
    calls = []

    def locate() -> Location:
        calls.append(1)
        return Location(server.url("one", f"n={len(calls)}"))

    def ages(server: Any, request: Any, response: Any) -> Any:
        clock.sleep(60)
        return fault.status(403)(server, request, response)

    server.fault("one", ages)
    assert download([Item("one", locate, 5, retries=0)], target, clock=clock).ok
    assert len(calls) == 2


def test_a_body_of_unstated_length(server: Any, fault: Any, target: Path, noise: Any) -> None:
    body = noise(5 * UNIT)
    server.put("one", body, None)
    server.always["one"] = fault.changed(headers={"Connection": "close"}, unsized=True, cut=len(body))
    report = download([Item("one", Location(server.url("one")))], target)
    assert (target / "one").read_bytes() == body
    message = (
        "end of the body only: the platform states neither size nor checksum, and the server neither ETag nor date"
    )
    assert only(report).verified == message


@pytest.mark.parametrize("seed", range(4))
def test_responses_at_random_never_end_the_transfer(server: Any, target: Path, clock: Any, seed: int) -> None:
    """Any mixture of statuses, headers and bodies: each file ends right or with an error."""
    dice = random.Random(seed)
    body = dice.randbytes(6 * UNIT)
    values = [
        "",
        "0",
        "-1",
        "5",
        str(len(body)),
        "bytes 0-4/5",
        "bytes */9",
        "bytes",
        "chunked",
        "gzip",
        '"x"',
        "\xff\xfe",
        "/one",
        "9" * 30,
    ]
    names = ["Content-Range", "ETag", "Last-Modified", "Location", "Retry-After", "Content-Encoding", "X-Odd", "Date"]

    def odd(_server: Any, _request: Any, response: Any) -> Any:
        if dice.random() < 0.4:
            return response
        response.status = dice.choice(
            [100, 199, 200, 204, 206, 206, 301, 302, 304, 400, 401, 404, 416, 429, 500, 503, 599, 999]
        )
        for _ in range(dice.randrange(3)):
            response.headers[dice.choice(names)] = dice.choice(values)
        if dice.random() < 0.5:
            response.body = response.body[: dice.choice([0, 1, 5000, UNIT])]
        if response.status < 200:
            response.cut = len(response.body)  # a client would wait for what follows
        if dice.random() < 0.2:
            response.cut = dice.choice([0, 10, 5000])
        if dice.random() < 0.1:
            response.length = dice.choice([0, 3, len(body)])
        return response

    items = []
    for number in range(60):
        size = dice.choice([0, 1, 3000, 200_000, len(body)])
        item = server.item(f"f{number}", body[:size], "md5", retries=3, min_delay=0.5)
        server.always[item.name] = odd
        items.append(item if dice.random() < 0.5 else replace(item, size=None))
    report = download(items, target, clock=clock, patience=Patience(connect=5, silence=1))
    assert {outcome.state for outcome in report.outcomes} <= {"done", "failed"}
    for item, outcome in zip(items, report.outcomes, strict=True):
        path = target / item.name
        assert path.exists() == (outcome.state == "done")
        if path.exists():
            assert hashlib.md5(path.read_bytes()).hexdigest() == item.checksums["md5"]


def test_what_a_server_states_to_one_request_holds_for_all(server: Any, fault: Any, target: Path, noise: Any) -> None:
    """A server that is overloaded is left alone, and only the file that was refused pays for it."""
    times: list[float] = []
    clock = SteppedClock()

    def overloaded(server: Any, request: Any, response: Any) -> Any:
        times.append(clock.monotonic())
        return fault.status(429, {"Retry-After": "20"})(server, request, response) if len(times) == 1 else None

    items = [server.item(f"f{n}", noise(100), "md5", retries=1) for n in range(40)]
    for item in items:
        server.always[item.name] = overloaded
    assert download(items, target, clock=clock, connections=1).ok
    assert times[1] >= times[0] + 20
    assert len(times) == 41


class SteppedClock:
    """Moves only when a thread waits."""

    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@pytest.mark.parametrize("checksummed", [True, False])
def test_a_size_that_no_file_has_fails_that_file_alone(
    server: Any, target: Path, noise: Any, checksummed: bool
) -> None:
    right = server.item("right", noise(100), "sha256")
    wrong = replace(server.item("wrong", noise(100), *(["sha256"] if checksummed else [])), size=10**18)
    report = download([right, wrong], target)
    assert [outcome.state for outcome in report.outcomes] == ["done", "failed"]
    error = report.outcomes[1].error
    assert error is not None
    assert "1,000,000,000,000,000,000 bytes are stated, more than a file can have" in str(error)


def test_a_file_may_fail_ten_times_in_a_row(server: Any, fault: Any, target: Path, noise: Any, clock: Any) -> None:
    body = noise(5000)
    for failures in (10, 11):
        server.fault(f"f{failures}", *[fault.status(503)] * failures)
        item = server.item(f"f{failures}", body, "md5")
        outcome = only(download([replace(item, min_delay=0.01)], target, clock=clock))
        assert (outcome.state, outcome.attempts) == (("done", 11) if failures == 10 else ("failed", 11))


@pytest.mark.parametrize(("cut", "ends"), [(70_000, "done"), (3_000, "failed")])
def test_64_kib_of_a_begun_cell_win_a_try_back(
    server: Any, fault: Any, target: Path, noise: Any, clock: Any, cut: int, ends: str
) -> None:
    server.always["one"] = fault.cut(cut)
    item = server.item("one", noise(900_000), "sha256", retries=2)
    assert only(download([item], target, clock=clock)).state == ends


def test_what_has_to_begin_again_each_time_wins_no_try(
    server: Any, fault: Any, target: Path, noise: Any, clock: Any
) -> None:
    """Nothing states that the rest would be of the same version, so what came is never joined with more."""
    server.always["one"] = fault.cut(5 * UNIT)
    item = server.item("one", noise(9 * UNIT), retries=3)
    server.etags["one"] = 'W/"weak"'
    outcome = only(download([item], target, clock=clock))
    assert (outcome.state, outcome.attempts) == ("failed", 4)
