"""Error statuses and expiring URLs."""

from dataclasses import replace
from email.utils import formatdate
from typing import Any

import pytest
from omicsdk.core import NotFound
from omicsdk.transfer import Item, Location
from small_cells import MIB, UNIT

pytestmark = pytest.mark.usefixtures("small_cells")

SIZE = 16 * UNIT + 5
TROUBLE = [408, 429, 500, 502, 503, 504]
NAMES = {
    408: ("APIError",),
    429: ("RateLimited",),
    500: ("ServerError",),
    502: ("ServerError",),
    503: ("ServiceUnavailable",),
    504: ("GatewayTimeout",),
}


@pytest.mark.fault("408, 429, 500, 502, 503, 504 without Retry-After, twice", ends="right file")
@pytest.mark.parametrize("status", TROUBLE)
@pytest.mark.parametrize("size", [5000, SIZE])
def test_passing_trouble(trial: Any, server: Any, fault: Any, noise: Any, clock: Any, status: int, size: int) -> None:
    server.fault("one", *[fault.status(status)] * 2)
    report = trial.download([server.item("one", noise(size), "md5", min_delay=1.0)], clock=clock)
    assert size == SIZE or report.outcomes[0].attempts == 3
    assert clock.slept < (10 if size == SIZE else 4)
    assert clock.passed > (0.5 if size == SIZE else 1)


@pytest.mark.fault("408, 429, 500, 502, 503, 504 with Retry-After in seconds", ends="right file")
@pytest.mark.parametrize("status", TROUBLE)
@pytest.mark.parametrize("size", [5000, SIZE])
def test_reported_seconds(trial: Any, server: Any, fault: Any, noise: Any, clock: Any, status: int, size: int) -> None:
    server.fault("one", fault.status(status, {"Retry-After": "40"}))
    trial.download([server.item("one", noise(size), "md5")], clock=clock)
    assert clock.slept <= 45
    assert clock.passed >= 35


@pytest.mark.fault("408, 429, 500, 502, 503, 504 with Retry-After as a date", ends="right file")
@pytest.mark.parametrize("status", TROUBLE)
def test_reported_a_date(trial: Any, server: Any, fault: Any, noise: Any, clock: Any, status: int) -> None:
    server.fault("one", fault.status(status, {"Retry-After": formatdate(clock.now() + 40, usegmt=True)}))
    trial.download([server.item("one", noise(5000), "md5")], clock=clock)
    assert clock.slept <= 45
    assert clock.passed >= 35


@pytest.mark.fault("invalid Retry-After", ends="right file")
@pytest.mark.parametrize("retry_after", ["soon", "-5", "1e9", "nan", "", "Thu, 32 Foo 2026 99:99:99 GMT", "٣"])
def test_odd_retry_after(trial: Any, server: Any, fault: Any, noise: Any, clock: Any, retry_after: str) -> None:
    headers = {"Retry-After": retry_after.encode().decode("latin-1")}
    server.fault("one", fault.status(503, headers))
    trial.download([server.item("one", noise(5000), "md5")], clock=clock)
    assert clock.slept < 61


@pytest.mark.fault("Retry-After of an hour", ends="right file")
def test_an_hour(trial: Any, server: Any, fault: Any, noise: Any, clock: Any) -> None:
    server.fault("one", fault.status(503, {"Retry-After": "3600"}))
    trial.download([server.item("one", noise(5000), "md5")], clock=clock)
    assert clock.slept <= 3610
    assert clock.passed >= 3590


@pytest.mark.fault("Retry-After of more than an hour", ends="ServiceUnavailable")
@pytest.mark.parametrize("retry_after", ["3601", "86400", "999999999", "1000000000", "9" * 500])
def test_more_than_an_hour(trial: Any, server: Any, fault: Any, noise: Any, clock: Any, retry_after: str) -> None:
    server.always["one"] = fault.status(503, {"Retry-After": retry_after})
    report = trial.download([server.item("one", noise(5000), "md5")], clock=clock)
    assert report.outcomes[0].attempts == 1
    server.always.clear()
    trial.again([server.item("one", noise(5000), "md5")], clock=clock)


@pytest.mark.parametrize(
    "status",
    [pytest.param(status, marks=pytest.mark.fault(f"{status}, always", ends=NAMES[status])) for status in TROUBLE],
)
@pytest.mark.parametrize("size", [5000, SIZE])
def test_lasting_trouble(trial: Any, server: Any, fault: Any, noise: Any, clock: Any, status: int, size: int) -> None:
    server.always["one"] = fault.status(status)
    item = server.item("one", noise(size), "md5", retries=3)
    report = trial.download([item], clock=clock)
    assert str(status) in str(report.outcomes[0].error)
    server.always.clear()
    trial.again([item], clock=clock)


@pytest.mark.usefixtures("usual_cells")
@pytest.mark.fault("503 mid-transfer, always, then resumed", ends="ServiceUnavailable")
def test_trouble_half_way(trial: Any, server: Any, fault: Any, noise: Any, clock: Any) -> None:
    size = 16 * MIB + 5
    item = server.item("one", noise(size), "md5", retries=3)
    server.fault("one", *[fault.fine] * 2)
    server.always["one"] = fault.status(503)
    trial.download([item], clock=clock)
    server.always.clear()
    report = trial.again([item], clock=clock)
    assert report.outcomes[0].bytes_kept > 0
    assert report.bytes_fetched + report.outcomes[0].bytes_kept == size


@pytest.mark.fault("404", ends="NotFound")
def test_not_there(trial: Any, server: Any, fault: Any, noise: Any, clock: Any) -> None:
    server.always["one"] = fault.status(404)
    trial.download([server.item("one", noise(5000), "md5"), server.item("two", b"2")], counted=["one"], clock=clock)
    assert len(server.of("one")) == 1


@pytest.mark.fault("404 mid-transfer", ends="NotFound")
def test_gone_half_way(trial: Any, server: Any, fault: Any, noise: Any, clock: Any) -> None:
    server.fault("one", *[fault.fine] * 3)
    server.always["one"] = fault.status(404)
    trial.download([server.item("one", noise(SIZE), "md5")], clock=clock)


@pytest.mark.fault("reason phrase with a colon", ends="right file")
def test_colon_in_the_reason(trial: Any, server: Any, noise: Any) -> None:
    body = noise(50)
    server.right["one"] = body
    head = b"HTTP/1.1 200 OK: as you wish\r\nContent-Length: 50\r\n\r\n"
    server.always["one"] = lambda _server, _request, response: replace(response, raw=head + body)
    trial.download([Item("one", Location(server.url("one")), 50, retries=0)])


@pytest.mark.fault("403 mid-transfer: the presigned URL expires and is renewed", ends="right file")
@pytest.mark.parametrize("status", [400, 401, 403, 410])
@pytest.mark.parametrize("uses", [1, 2, 5])
def test_url_ends(trial: Any, server: Any, fault: Any, noise: Any, clock: Any, status: int, uses: int) -> None:
    issued: list[int] = []

    def locate() -> Location:
        issued.append(1)
        return Location(server.url("one", f"signature=s{len(issued)}"))

    def ends(server: Any, request: Any, response: Any) -> Any:
        same = [other for other in server.requests if other.query == request.query]
        return fault.status(status)(server, request, response) if len(same) > uses else None

    item = server.item("one", noise((10 * uses + 10) * UNIT), "sha256")
    server.always["one"] = ends
    trial.download([replace(item, locate=locate, retries=1)], clock=clock)
    assert len(issued) > 1


@pytest.mark.fault("403 for every issued URL", ends="Forbidden")
def test_never_accepted(trial: Any, server: Any, fault: Any, noise: Any, clock: Any) -> None:
    issued: list[int] = []

    def locate() -> Location:
        issued.append(1)
        return Location(server.url("one"))

    server.always["one"] = fault.status(403)
    trial.download([replace(server.item("one", noise(50), retries=3), locate=locate)], clock=clock)
    assert len(issued) == 2  # one renewal
    assert clock.slept == 0


@pytest.mark.fault("403 mid-transfer for a URL that cannot be renewed", ends="Forbidden")
def test_fixed_url_ends(trial: Any, server: Any, fault: Any, noise: Any, clock: Any) -> None:
    item = server.item("one", noise(SIZE), "sha256")
    server.fault("one", *[fault.fine] * 3)
    server.always["one"] = fault.status(403)
    trial.download([item], clock=clock)
    server.always.clear()
    assert trial.again([item]).outcomes[0].bytes_kept > 0


@pytest.mark.fault("401 behind a redirect, once", ends="right file")
def test_redirected_to_401(trial: Any, server: Any, fault: Any, noise: Any, clock: Any) -> None:
    item = server.item("one", noise(SIZE), "sha256", retries=1)
    server.put("there", noise(SIZE))
    server.always["one"] = fault.status(302, {"Location": server.url("there")})
    server.fault("there", fault.fine, fault.status(401))
    trial.download([item], clock=clock)


@pytest.mark.fault("401 behind a redirect, always", ends="Unauthorized")
def test_always_redirected_to_401(trial: Any, server: Any, fault: Any, noise: Any, clock: Any) -> None:
    server.always["one"] = fault.status(302, {"Location": "/there"})
    server.always["there"] = fault.status(401)
    trial.download([server.item("one", noise(50), retries=3)], clock=clock)
    assert len(server.of("there")) == 2


@pytest.mark.fault("service that issues the URLs fails", ends="NotFound")
def test_locator_fails(trial: Any, server: Any, noise: Any, clock: Any) -> None:
    def locate() -> Location:
        raise NotFound("there is no such bundle", status=404)

    items = [replace(server.item("one", noise(50)), locate=locate), server.item("two", b"2")]
    report = trial.download(items, counted=["one"], clock=clock)
    assert report.outcomes[1].state == "done"


@pytest.mark.fault("200 with an error page instead of the file, once", ends="right file")
def test_error_page_as_200(trial: Any, server: Any, fault: Any, noise: Any, clock: Any) -> None:
    server.fault("one", fault.status(200, {}, b"<html>We'll be back soon</html>"))
    trial.download([server.item("one", noise(5000), "md5")], clock=clock)


@pytest.mark.fault("416 to a range that exists", ends="right file")
def test_unsatisfiable(trial: Any, server: Any, fault: Any, noise: Any, clock: Any) -> None:
    server.fault("one", *[fault.status(416)] * 3)
    trial.download([server.item("one", noise(SIZE), "sha256")], clock=clock)


@pytest.mark.fault("304, 204 and other statuses without a body", ends=("APIError", "ServerError", "right file"))
@pytest.mark.parametrize("status", [204, 205, 300, 304, 418, 451, 505, 599])
def test_odd_statuses(trial: Any, server: Any, fault: Any, noise: Any, clock: Any, status: int) -> None:
    server.always["one"] = fault.status(status, body=b"")
    trial.download([server.item("one", noise(5000), "md5", retries=2)], clock=clock)
