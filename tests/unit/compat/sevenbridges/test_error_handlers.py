"""Error handlers: their order, who is asked again, and sleepers that end."""

import httpx
import pytest
import requests
from omicsdk.compat.sevenbridges import SbgError, ServerError, ServiceUnavailable, TooManyRequests
from omicsdk.compat.sevenbridges.http.error_handlers import (
    LONGEST,
    ROUNDS,
    SLEEP,
    general_error_sleeper,
    maintenance_sleeper,
    rate_limit_sleeper,
    repeatable_handler,
)
from omicsdk.core.sending.time_limits import call_limits

MAINTENANCE = {"code": 0, "status": 503, "message": "Under maintenance"}


class Script:
    """Answers one after the other; the last one for ever."""

    def __init__(self, *responses: httpx.Response) -> None:
        self.responses = responses
        self.sent_requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.sent_requests.append(request)
        response = self.responses[min(len(self.sent_requests), len(self.responses)) - 1]
        return httpx.Response(response.status_code, headers=response.headers, content=response.content)


def ok() -> httpx.Response:
    return httpx.Response(200, json={"fine": True})


def refused(status: int, body: object = None, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=body or {"code": 1000, "message": "no"}, headers=headers)


def noting(log: list[str], name: str):
    def handler(api, response):
        log.append(name)
        return response

    return handler


def test_maintenance_is_always_first_and_none_occurs_twice(make):
    log: list[str] = []
    first, second = noting(log, "first"), noting(log, "second")
    api = make(Script(ok()), error_handlers=[first, maintenance_sleeper, second, first])
    assert api.error_handlers == [maintenance_sleeper, first, second]
    api.get("/user")
    assert log == ["first", "second"]


def test_handlers_are_added_and_removed(make):
    log: list[str] = []
    api, handler = make(Script(ok())), noting(log, "x")
    api.add_error_handler(handler)
    api.add_error_handler(handler)
    api.get("/user")
    api.remove_error_handler(handler)
    api.remove_error_handler(handler)
    api.remove_error_handler(maintenance_sleeper)
    api.get("/user")
    assert (log, api.error_handlers) == (["x"], [])


def test_a_response_that_a_handler_gives_is_what_the_next_sees(make):
    seen: list[int] = []

    def again(api, response):
        return api.session.send(response.request) if response.status_code == 500 else response

    def before(api, response):
        seen.append(response.status_code)
        return response

    def after(api, response):
        return before(api, response)

    api = make(Script(refused(500), ok()), error_handlers=[before, again, after])
    assert api.get("/user").json() == {"fine": True}
    assert seen == [500, 200]  # a response without the mark is not sent again


def test_a_marked_one_has_all_asked_again(make):
    seen: list[int] = []

    def watch(api, response):
        seen.append(response.status_code)
        return response

    @repeatable_handler
    def again(api, response):
        return api.session.send(response.request) if response.status_code == 500 else response

    api = make(Script(refused(500), ok()), error_handlers=[watch, again])
    api.get("/user")
    assert seen == [500, 200]


def test_a_handler_that_never_rests_ends(make):
    @repeatable_handler
    def forever(api, response):
        return api.session.send(response.request)

    script = Script(refused(500))
    with pytest.raises(ServerError):
        make(script, error_handlers=[forever]).get("/user")
    assert len(script.sent_requests) == 1 + ROUNDS


@pytest.mark.parametrize(("pause", "rounds"), [(LONGEST, 1), (LONGEST - 1, 2)])
def test_a_handler_that_takes_long_is_not_called_again(make, clock, pause, rounds):
    @repeatable_handler
    def slow(api, response):
        clock.sleep(pause)
        return api.session.send(response.request)

    with pytest.raises(ServerError):
        make(Script(refused(500)), error_handlers=[slow]).get("/user")
    assert clock.slept == [pause] * rounds


def test_what_a_handler_raises_reaches_the_caller(make):
    def strict(api, response):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        make(Script(ok()), error_handlers=[strict]).get("/user")


def test_a_handler_may_ask_the_platform_itself(make):
    def asking(api, response):
        if response.status_code == 404:
            api.get("/rate_limit")
        return response

    script = Script(refused(404), ok())
    with pytest.raises(SbgError):
        make(script, error_handlers=[asking], max_parallel_requests=1).get("/user")
    assert [request.url.path for request in script.sent_requests] == ["/v2/user", "/v2/rate_limit"]


# -- sleepers


def test_the_rate_limit_is_waited_for_until_its_reset(make, clock):
    script = Script(refused(429, **{"X-RateLimit-Reset": str(int(clock.now()) + 42)}), ok())
    api = make(script, error_handlers=[rate_limit_sleeper])
    assert api.post("/x", data={"a": 1}).ok
    assert clock.slept == [42.0]
    assert [request.content for request in script.sent_requests] == [b'{"a":1}'] * 2


@pytest.mark.parametrize(
    ("headers", "slept"),
    [
        ({}, SLEEP),
        ({"X-RateLimit-Reset": "soon"}, SLEEP),
        ({"X-RateLimit-Reset": "nan"}, 1.0),
        ({"X-RateLimit-Reset": "17"}, 1.0),  # long ago: the clocks differ
        ({"X-RateLimit-Reset": "9999999999999"}, LONGEST),  # milliseconds
        ({"Retry-After": "5"}, 5.0),
    ],
)
def test_a_reset_that_makes_no_sense(make, clock, headers, slept):
    api = make(Script(refused(429, **headers), ok()), error_handlers=[rate_limit_sleeper], retry_count=0)
    assert api.get("/x").ok
    assert clock.slept == [slept]


def test_the_rate_limit_is_not_waited_for_unless_asked(make, clock):
    with pytest.raises(TooManyRequests):
        make(Script(refused(429))).get("/x")
    assert clock.slept == []


def test_maintenance_is_waited_for_by_default(make, clock):
    api = make(Script(refused(503, MAINTENANCE), refused(503, MAINTENANCE), ok()))
    assert api.get("/x").ok
    assert clock.slept == [300, 300]


@pytest.mark.parametrize(
    "response",
    [
        refused(503, {"code": 1000}),
        httpx.Response(503, text="<html>code 0</html>"),
        httpx.Response(503, json=[{"code": 0}]),
        httpx.Response(503, content=b'{"code": 0}'),  # states no type
        refused(500, MAINTENANCE),
    ],
)
def test_other_failures_are_no_maintenance(make, clock, response):
    with pytest.raises(SbgError):
        make(Script(response)).get("/x")
    assert clock.slept == []


def test_a_response_of_requests_that_is_no_json_is_its_error(make):
    api, response = make(Script(ok())), requests.Response()
    response.status_code = 503
    response.headers["Content-Type"] = "application/json"
    with pytest.raises(requests.exceptions.JSONDecodeError):
        maintenance_sleeper(api, response)
    response.headers["Content-Type"] = "text/html"
    assert maintenance_sleeper(api, response) is response


def test_any_failure_is_waited_for_when_asked(make, clock):
    api = make(Script(refused(500), refused(502), refused(504), ok()), error_handlers=[general_error_sleeper])
    assert api.get("/x").ok
    assert clock.slept == [SLEEP] * 3


@pytest.mark.parametrize(
    ("handler", "response", "raised"),
    [
        (rate_limit_sleeper, refused(429), TooManyRequests),
        (maintenance_sleeper, refused(503, MAINTENANCE), ServiceUnavailable),
        (general_error_sleeper, refused(500), ServerError),
    ],
)
def test_sleepers_stop(make, clock, handler, response, raised):
    script = Script(response)
    with pytest.raises(raised):
        make(script, error_handlers=[handler]).get("/x")
    assert sum(clock.slept) == 6 * 3600
    assert len(script.sent_requests) == 1 + len(clock.slept)


@pytest.mark.parametrize(
    ("handler", "response"),
    [
        (rate_limit_sleeper, refused(429, **{"Retry-After": "30"})),
        (maintenance_sleeper, refused(503, MAINTENANCE)),
        (general_error_sleeper, refused(500)),
    ],
)
def test_what_a_user_allows_calls_bounds_sleepers(make, clock, handler, response):
    with call_limits(budget=20):
        api = make(Script(response), error_handlers=[handler])
    with pytest.raises(SbgError):
        api.get("/x")
    assert clock.slept == []
    with call_limits(budget=1000):
        api = make(Script(response), error_handlers=[handler], retry_count=0)
    with pytest.raises(SbgError):
        api.get("/x")
    assert 600 < sum(clock.slept) <= 1000


@pytest.mark.parametrize("status", [429, 503, 413])
def test_what_a_user_allows_calls_bounds_waits_that_the_platform_requests(make, clock, status):
    response = refused(status, **{"Retry-After": "7"})
    with call_limits(budget=20):
        api = make(Script(response), retry_count=100)
    with pytest.raises(SbgError):
        api.get("/x")
    assert clock.slept == [7, 7]
    with pytest.raises(SbgError):
        make(Script(response), retry_count=100).get("/x")
    assert 590 < sum(clock.slept) - 14 <= 600


def test_what_a_user_allows_calls_bounds_tries_of_a_platform_that_does_not_exist(make, clock):
    def gone(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no")

    with call_limits(budget=20):
        api = make(gone, retry_count=1000, backoff_factor=5)
    with pytest.raises(SbgError):
        api.get("/x")
    assert 0 < sum(clock.slept) <= 20


def test_a_sleeper_with_another_period(make, clock):
    def patient(api, response):
        return general_error_sleeper(api, response, sleep=7)

    assert make(Script(refused(500), ok()), error_handlers=[patient]).get("/x").ok
    assert clock.slept == [7]


def test_the_last_wait_is_what_remains(make, clock):
    with pytest.raises(ServerError):
        make(Script(refused(500)), error_handlers=[lambda *of: general_error_sleeper(*of, sleep=LONGEST - 1)]).get("/x")
    assert clock.slept == [LONGEST - 1, 1]


def test_a_wait_as_long_as_the_users_limit_is_allowed(make, clock):
    with call_limits(budget=30):
        api = make(Script(refused(500), ok()), error_handlers=[lambda *of: general_error_sleeper(*of, sleep=30)])
    assert api.get("/x").ok
    assert clock.slept == [30]


# -- Retry-After


@pytest.mark.parametrize("status", [413, 429, 503])
def test_a_wait_that_is_requested_is_obeyed(make, clock, status):
    api = make(Script(refused(status, **{"Retry-After": "3"}), ok()))
    assert api.get("/x").ok
    assert clock.slept == [3.0]


def test_as_often_as_retry_count_states(make, clock):
    script = Script(refused(503, **{"Retry-After": "3"}))
    with pytest.raises(ServiceUnavailable):
        make(script, retry_count=2).get("/x")
    assert (len(script.sent_requests), clock.slept) == (3, [3.0, 3.0])


def test_a_post_is_not_sent_again_by_itself(make, clock):
    script = Script(refused(503, **{"Retry-After": "3"}))
    with pytest.raises(ServiceUnavailable):
        make(script).post("/x", data={})
    assert (len(script.sent_requests), clock.slept) == (1, [])


def test_a_wait_that_is_too_long_is_the_callers_matter(make, clock):
    with pytest.raises(ServiceUnavailable) as caught:
        make(Script(refused(503, **{"Retry-After": "86400"}))).get("/x")
    assert (clock.slept, caught.value.retry_after) == ([], 86400)


def test_failures_without_a_wait_are_reported_at_once(make, clock):
    script = Script(refused(500))
    with pytest.raises(ServerError):
        make(script).get("/x")
    assert (len(script.sent_requests), clock.slept) == (1, [])
