"""Names of errors: they are of the platform's classes and of core's."""

import copy
import json
import pickle

import httpx
import omicsdk.compat.sevenbridges
import pytest
from omicsdk.compat.sevenbridges import errors
from omicsdk.compat.sevenbridges.errors import BY_STATUS, SbgError, class_of
from omicsdk.compat.sevenbridges.models.bulk import Error
from omicsdk.core import errors as core

CODED = [*BY_STATUS.values(), errors.LocalFileAlreadyExists, errors.ExecutionDetailsInvalidTaskType]

FAMILIES = [
    (400, errors.BadRequest, core.BadRequest),
    (401, errors.Unauthorized, core.AuthError),
    (403, errors.Forbidden, core.Forbidden),
    (404, errors.NotFound, core.NotFound),
    (405, errors.MethodNotAllowed, core.APIError),
    (408, errors.RequestTimeout, core.APIError),
    (409, errors.Conflict, core.Conflict),
    (410, errors.Gone, core.Gone),
    (412, errors.PreconditionFailed, core.PreconditionFailed),
    (413, errors.PayloadTooLarge, core.TooLarge),
    (414, errors.URITooLong, core.APIError),
    (415, errors.UnsupportedMediaType, core.APIError),
    (418, errors.ResponseError, core.APIError),
    (422, errors.UnprocessableEntity, core.Unprocessable),
    (429, errors.TooManyRequests, core.RateLimited),
    (500, errors.ServerError, core.ServerError),
    (502, errors.BadGateway, errors.ServerError),
    (503, errors.ServiceUnavailable, core.ServiceUnavailable),
    (504, errors.GatewayTimeout, errors.ServerError),
    (507, errors.ServerError, core.ServerError),
]


@pytest.mark.parametrize(("status", "ours", "family"), FAMILIES)
def test_a_status_has_its_class(make, status, ours, family):
    payload = {"status": status, "code": 5002, "message": "No such file.", "more_info": "https://docs.example.org/5002"}
    api = make(lambda _: httpx.Response(status, json=payload, headers={"X-Request-Id": "abc-1"}), retry_count=0)
    with pytest.raises(SbgError) as caught:
        api.get("/files/x")
    error = caught.value
    assert type(error) is ours is class_of(status)
    assert isinstance(error, family)
    assert isinstance(error, core.OmicsError)
    assert (error.status, error.code, error.message) == (status, 5002, "No such file.")
    assert (error.more_info, error.request_id) == ("https://docs.example.org/5002", "abc-1")
    assert error.body == payload
    text = str(error)
    assert text.startswith("get: No such file (")
    assert f"{status} 5002 from GET https://api.example.org/v2/files/x; request id abc-1" in text


@pytest.mark.parametrize("kind", CODED)
def test_arguments_stand_where_the_published_client_has_them(kind):
    error = kind(7002, "It broke", "https://docs.example.org")
    assert (error.code, error.message, error.more_info) == (7002, "It broke", "https://docs.example.org")
    assert error.status == kind.http_status
    assert kind().code is None


def test_arguments_of_the_others():
    error = SbgError("It broke", 7002, 400, "more")
    assert (error.message, error.code, error.status, error.more_info) == ("It broke", 7002, 400, "more")
    assert str(SbgError()) == ""
    assert SbgError(ValueError("x")).message == "x"
    error = errors.NonJSONResponseError(502, 1, "<html>", "more")
    assert (error.status, error.code, error.message, error.more_info) == (502, 1, "<html>", "more")


@pytest.mark.parametrize(
    "error",
    [
        errors.ResourceNotModified(),
        errors.ReadOnlyPropertyError("a"),
        errors.ValidationError("a"),
        errors.PaginationError("a"),
        errors.AdvanceAccessError("a"),
        errors.TaskValidationError("a"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_no_server_reported(error):
    assert (error.code, error.status) == (-1, -1)
    assert isinstance(error, SbgError)
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert (type(twin), str(twin), vars(twin)) == (type(error), str(error), vars(error))


@pytest.mark.parametrize("body", [b"<html>Bad Gateway</html>", b"", b"[1]", b'"text"', b"\xff\xfe"])
def test_an_error_that_is_no_json_object(make, body):
    api = make(lambda _: httpx.Response(502, content=body))
    with pytest.raises(errors.NonJSONResponseError) as caught:
        api.get("/user")
    assert caught.value.status == 502
    assert caught.value.message
    assert "GET https://api.example.org/v2/user" in str(caught.value)


PAGE = """<html>
<head><title>502 Bad Gateway</title><style>h1 { color: red }</style></head>
<body><center><h1>502 Bad&nbsp;Gateway</h1></center><hr><!-- a padding --><center>nginx/1.25</center></body></html>"""


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (PAGE, "502 Bad Gateway 502 Bad Gateway nginx/1.25"),
        ("<!DOCTYPE html><html><body><h1>Oh</h1><p>The <b>proxy</b> is down.</p></body></html>", "The proxy is down."),
        ("<html><body></body></html>", "Bad Gateway"),
        ("<html><body>upstream died<!-- not ended", "upstream died"),
        ("<html><body>upstream died<script>let a = 1", "upstream died"),
        ("<html><body>upstream died<a href='", "upstream died"),
        ("upstream died", "upstream died"),
    ],
)
def test_of_a_proxys_page_the_words_are_reported_without_markup(make, page, words):
    api = make(lambda _: httpx.Response(502, text=page))
    with pytest.raises(errors.NonJSONResponseError) as caught:
        api.get("/user")
    assert caught.value.message == words
    assert "502" in str(caught.value)
    assert "<" not in str(caught.value)
    with pytest.raises(errors.NonJSONResponseError) as caught:
        make(lambda _: httpx.Response(200, text=page)).call(api.client.get_rate_limit.build())
    assert "<" not in str(caught.value)


def test_a_long_page_is_shown_shortened(make):
    api = make(lambda _: httpx.Response(502, text=f"<html>{'words ' * 1000}</html>"))
    with pytest.raises(errors.NonJSONResponseError) as caught:
        api.get("/user")
    assert len(caught.value.message) < 550


def test_a_good_response_that_is_no_json(make):
    api = make(lambda _: httpx.Response(200, text="<html>log in</html>"))
    request = api.client.get_rate_limit.build()
    for call in (api.call, api.call_object):
        with pytest.raises(errors.NonJSONResponseError, match="log in") as caught:
            call(request)
        assert caught.value.status == 200
    with pytest.raises(errors.NonJSONResponseError, match="is not a JSON object"):
        make(lambda _: httpx.Response(200, json=[1])).call_object(request)


def test_a_response_without_a_body(make):
    api = make(lambda _: httpx.Response(204))
    request = api.client.get_rate_limit.build()
    assert api.call(request) is None
    assert api.call_object(request) == {}


@pytest.mark.parametrize(
    ("raised", "family"),
    [(httpx.ConnectError("refused"), core.ConnectFailed), (httpx.ReadTimeout("slow"), core.TimedOut)],
)
def test_no_response_is_both_families_too(make, clock, raised, family):
    def fail(_: httpx.Request) -> httpx.Response:
        raise raised

    api = make(fail, retry_count=2)
    with pytest.raises(SbgError) as caught:
        api.get("/user")
    assert isinstance(caught.value, family)
    assert (caught.value.code, caught.value.status, caught.value.request_id) == (-1, -1, None)
    assert caught.value.attempts == 3
    assert len(clock.slept) == 2
    twin = pickle.loads(pickle.dumps(caught.value))
    assert (isinstance(twin, SbgError), isinstance(twin, family), str(twin)) == (True, True, str(caught.value))


def test_an_answered_error_survives_a_pickle(make):
    api = make(lambda _: httpx.Response(404, json={"code": 5002, "message": "gone", "status": 404}))
    with pytest.raises(errors.NotFound) as caught:
        api.get("/files/x", params={"token": "canary"})
    twin = pickle.loads(pickle.dumps(caught.value))
    assert (str(twin), twin.code, twin.headers) == (str(caught.value), 5002, caught.value.headers)
    assert b"canary" not in pickle.dumps(caught.value)


def test_a_retry_after_is_reported(make):
    api = make(lambda _: httpx.Response(409, json={"message": "busy"}, headers={"Retry-After": "7"}))
    with pytest.raises(errors.Conflict) as caught:
        api.post("/x", data={})
    assert caught.value.retry_after == 7
    assert caught.value.headers["retry-after"] == "7"


def test_what_to_do_is_stated():
    assert "rate_limit_sleeper" in str(errors.TooManyRequests(1000, "Too many"))
    assert "overwrite=True" in str(errors.LocalFileAlreadyExists(message="/data/a"))
    assert "advance_access=True" in str(errors.AdvanceAccessError())
    assert "belong to another platform" in str(errors.Unauthorized(1, "no"))


def test_errors_are_where_scripts_import_them_from():
    exported = [name for name in omicsdk.compat.sevenbridges.__all__ if hasattr(errors, name)]
    assert len(exported) == 18
    for name in exported:
        assert getattr(omicsdk.compat.sevenbridges, name) is getattr(errors, name)


def test_secrets_in_an_error_are_masked(make):
    url = "https://bucket.example.org/k?X-Amz-Signature=canary"
    payload = {"message": f"can't read {url}", "auth_token": "canary"}
    api = make(lambda _: httpx.Response(400, json=payload, headers={"Set-Cookie": "session=canary", "Location": url}))
    with pytest.raises(errors.BadRequest) as caught:
        api.get("/x")
    assert "canary" not in json.dumps([str(caught.value), caught.value.body, caught.value.headers, repr(caught.value)])


def test_what_no_server_reported_shows_no_codes():
    missing = errors.NotFound(errors.NO_CODE, "There is no sb://me/p/x", remedy="Look again.")
    assert str(missing) == "There is no sb://me/p/x. Look again."
    assert (missing.code, missing.status) == (errors.NO_CODE, 404)
    assert str(errors.URITooLong(errors.NO_CODE, "Too long", remedy="Ask for less.")) == "Too long. Ask for less."


def test_a_response_without_a_code_shows_its_status_alone(make):
    api = make(lambda _: httpx.Response(404, json={"message": "Gone."}), retry_count=0)
    with pytest.raises(errors.NotFound, match=r"get: Gone \(404 from GET"):
        api.get("/files/x")


def test_a_reported_error_without_words_shows_no_code_that_does_not_exist():
    assert str(Error.of({"status": 500, "code": 5000}, None)) == "error 5000 without a message"
    assert str(Error.of({"status": 500}, None)) == "error without a message"
