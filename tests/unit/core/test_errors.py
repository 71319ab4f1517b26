"""The errors: one class a status, messages that name the object, nothing secret in them."""

import errno
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_errors import made
from omicsdk.core import APIError, OmicsError, errors
from omicsdk.core.api_errors import api_error, error_body_of, page_title
from omicsdk.core.batches import named_error


def _fence_page(message):
    """An error's page as Fence 13 writes it; it has no message where the status is 5xx."""
    identifier = '<p class="body">Error Identifier:</p>\n<p class="introduction">7a8b6e65</p>'
    return f"<!doctype html>\n<html><body>{identifier}{message}<div><p>Please try again!</p></div></body></html>"


ALL_CLASSES = sorted(
    (value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, OmicsError)),
    key=lambda cls: cls.__name__,
)


@pytest.mark.parametrize(
    ("status", "cls"),
    [
        (400, errors.BadRequest),
        (401, errors.Unauthorized),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (410, errors.Gone),
        (412, errors.PreconditionFailed),
        (413, errors.TooLarge),
        (418, APIError),
        (422, errors.Unprocessable),
        (423, errors.Locked),
        (429, errors.RateLimited),
        (500, errors.ServerError),
        (503, errors.ServiceUnavailable),
        (504, errors.GatewayTimeout),
        (599, errors.ServerError),
        (600, APIError),
    ],
)
def test_a_status_has_its_class(status, cls):
    assert type(api_error(status=status, headers={})) is cls


def test_a_response_that_refuses_credentials_is_an_auth_error_too():
    assert issubclass(errors.Unauthorized, errors.AuthError)


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        (
            '{"code": "not_found", "title": "Cannot find bundle!", "status": 404, "stacktrace": "x"}',
            "Cannot find bundle!",
            "not_found",
        ),
        ('{"message": "Forbidden"}', "Forbidden", None),
        ('{"Code": "BadRequestError", "Message": "Unknown field"}', "Unknown field", "BadRequestError"),
        (
            '<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code><Message>It &amp; all has expired</Message></Error>',
            "It & all has expired",
            "AccessDenied",
        ),
        ('{"error": "no such thing"}', "no such thing", None),
        ('{"error": {"code": 7, "message": "no such thing"}}', "no such thing", "7"),
        ('{"error": "invalid_grant", "error_description": "The token ended"}', "The token ended", "invalid_grant"),
        ('{"detail": "Not found."}', "Not found.", None),
        ('\ufeff{"code": 7, "message": "after a byte order mark"}', "after a byte order mark", "7"),
        (
            '{"detail": [{"loc": ["body", "volume"], "msg": "Field required"}, {"loc": ["query", 0], "msg": "Too long"}]}',
            "body.volume: Field required; query.0: Too long",
            None,
        ),
        ('{"msg": "unknown object", "status_code": 404}', "unknown object", None),
        ('{"errors": [{"message": "first"}, {"message": "second"}]}', "first; second", None),
        ('{"code": 4001, "message": "Unauthorized", "more_info": "", "status": 401}', "Unauthorized", "4001"),
        ('{"type": "about:blank", "title": "Bad", "detail": "worse"}', "Bad: worse", None),
        ('{"title": "Not found.", "detail": "No role reader."}', "Not found: No role reader.", None),
        ('{"title": "Not found: reader", "detail": "reader"}', "Not found: reader", None),
        ('{"title": "Bad", "detail": ["worse"]}', "Bad", None),
        ('{"message": "Bad", "detail": "worse"}', "Bad", None),
        (
            '{"name": ["This field is required."], "size": ["Too large."]}',
            "name: This field is required.; size: Too large.",
            None,
        ),
        (
            '{"title": ["Required."], "tags": {"0": ["Short."]}, "rows": [{}, {"name": ["Bad."]}], "__all__": ["Two."]}',
            "title: Required.; tags.0: Short.; rows.1.name: Bad.; Two.",
            None,
        ),
        ('{"code": 422, "errors": {"json": {"name": ["Missing."]}}, "status": "x"}', "json.name: Missing.", "422"),
        ('{"message": "Invalid.", "detail": {"json": {"name": ["Missing."]}}}', "Invalid: json.name: Missing.", None),
        ('{"message": "Invalid", "errors": {"name": "Missing."}}', "Invalid: name: Missing.", None),
        (
            '{"message": "Invalid", "details": {"a.b": {"message": "Missing.", "value": 3}}}',
            "Invalid: a.b: Missing.",
            None,
        ),
        ('{"detail": "Invalid", "extra": [{"message": "Short.", "key": "name"}]}', "Invalid: name: Short.", None),
        ('{"title": "Bad", "validation": [{"location": ["body", "a"], "message": "No."}]}', "Bad: body.a: No.", None),
        ('{"message": "Not Found", "detail": {}, "details": {"trace": "x"}}', "Not Found", None),
        ('{"message": "Short", "validation": {"source": "query", "keys": ["a"]}}', "Short", None),
        ('{"htsget": {"error": "NotFound", "message": "no such reads"}}', "no such reads", "NotFound"),
        ('{"error": ' * 6 + '"deep"' + "}" * 6, "deep", None),
        ('{"error": ' * 7 + '"too deep"' + "}" * 7, "Not Found", None),
        (
            json.dumps({"message": "Bad", "errors": {f"f{number}": "No." for number in range(12)}}),
            "Bad: " + "; ".join(f"f{number}: No." for number in range(10)),
            None,
        ),
        ('"plain"', "plain", None),
        ("just text", "just text", None),
        ('Traceback (most recent call last):\n  File "a.py", line 1\nKeyError: 1\n', "KeyError: 1", None),
        ("KeyError at /x\n'lines'\n\nRequest Method: GET\nTraceback: ...", "KeyError at /x\n'lines'", None),
        ("<html><body>502 Bad Gateway</body></html>", "Not Found", None),
        (
            "<!DOCTYPE html>\n<html><body><h1>401</h1><p> </p><p class='x'>You don&#x27;t have\n <b>read-storage</b></p></body>",
            "You don't have read-storage",
            None,
        ),
        (
            _fence_page('<p class="body">Error Message:</p>\n<p>No access &amp; no file</p>'),
            "No access & no file",
            None,
        ),
        (_fence_page(""), "Not Found", None),  # of a status 5xx
        (
            '<!DOCTYPE html>\n<html><head><title>KeyError\n at /x</title></head><body><pre class="exception_value">'
            "&#x27;lines&#x27;</pre><p>admin</p></body></html>",  # Django's, where it shows developers more
            "KeyError at /x: 'lines'",
            None,
        ),
        ("<html><body><p>First</p> none <p>Second</p></body></html>", "First", None),
        ("<html><body><p>Without <i>an</i> end</body></html>", "Without an end", None),
        ("<html><p>Ended<p>by the next</html>", "Ended", None),
        ("", "Not Found", None),
        ("{broken", "{broken", None),
        ('{"message": null, "error": null}', "Not Found", None),
        ("[" * 100_000, None, None),
    ],
)
def test_the_services_words_are_found(body, message, code):
    error = api_error(status=404, headers={}, body=body)
    if message is not None:
        assert error.message == message
    assert error.code == code


def test_fences_identifier_is_the_request_id():
    assert api_error(status=500, headers={}, body=_fence_page("")).request_id == "7a8b6e65"


def test_what_an_api_error_states():
    error = api_error(
        status=404,
        headers={"X-AWS-REQUEST-ID": "abc-1"},
        body=b'{"code": "not_found", "title": "Cannot find bundle!"}',
        method="GET",
        url="https://dss.example.org/v1/bundles/b?replica=aws",
        operation="get_bundle",
    )
    assert str(error) == (
        "get_bundle: Cannot find bundle! (404 not_found from GET https://dss.example.org/v1/bundles/b?replica=aws; "
        "request id abc-1). Check the identifier and the service's URL."
    )
    assert (error.status, error.code, error.request_id) == (404, "not_found", "abc-1")
    assert error.body == {"code": "not_found", "title": "Cannot find bundle!"}


def test_what_no_response_stated_has_no_status():
    assert str(errors.NotFound("There is no run SRR1", remedy="Check it.")) == "There is no run SRR1. Check it."
    assert str(errors.NotFound("No run", request_id="r1", remedy="")) == "No run (request id r1)"
    assert errors.RateLimited("busy", status=429, retry_after=3600).summary == "busy (429; repeat it after 3,600 s)"
    assert str(APIError(status=404, remedy="")) == "404"


def test_a_long_body_is_cut():
    error = api_error(status=500, headers={}, body="x" * 1_000_000)
    assert len(str(error)) < 1_000
    assert isinstance(error.body, str)
    assert len(error.body) < errors.BODY_LIMIT + 100


def test_a_deep_body_is_no_trouble():
    body = '{"message": ' * 400 + '"deep"' + "}" * 400
    assert api_error(status=400, headers={}, body=body).message == "Bad Request"


def test_half_of_a_surrogate_pair_in_a_body_is_replaced():
    assert api_error(status=400, headers={}, body=b'{"message": "x \\ud83d"}').message == "x \N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("charset", "message"), [("ISO-8859-1", "Größe"), ("utf-8", "Gr\ufffd\ufffde"), ("x-own", "Gr\ufffd\ufffde")]
)
def test_a_body_has_the_charset_that_its_response_states(charset, message):
    headers = {"Content-Type": f"text/plain;charset={charset}"}
    assert api_error(status=400, headers=headers, body="Größe".encode("latin-1")).message == message


@pytest.mark.parametrize("body", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\x1f\x8b\x08\0\0\0", "BM\0\0"])
def test_a_binary_body_is_no_message(body):
    error = api_error(status=502, headers={"Content-Type": "text/plain"}, body=body, reason="Bad Gateway")
    assert error.message == "Bad Gateway"


def test_a_huge_body_costs_no_more_than_its_beginning():
    error = api_error(status=500, headers={}, body=b'{"message": "' + b"x" * 50_000_000)
    assert isinstance(error, errors.ServerError)


def test_an_api_error_hides_what_a_url_knows():
    error = api_error(
        status=403,
        headers={},
        body='{"message": "denied for https://s3.example.org/k?X-Amz-Signature=canary"}',
        url="https://user:canary@s3.example.org/k?X-Amz-Signature=canary",
    )
    assert "canary" not in str(error) + repr(error) + error.url


def test_an_api_error_keeps_the_headers_without_their_secrets():
    headers = {
        "Retry-After": "7",
        "X-RateLimit-Remaining": "0",
        "Set-Cookie": "session=canary",
        "X-Auth-Token": "canary",
        "Location": "https://s3.example.org/k?X-Amz-Signature=canary&x=1",
    }
    error = api_error(status=429, headers=headers)
    assert error.headers == {
        "retry-after": "7",
        "x-ratelimit-remaining": "0",
        "location": "https://s3.example.org/k?***",
    }
    assert pickle.loads(pickle.dumps(error)).headers == error.headers
    assert b"canary" not in pickle.dumps(error)


def test_headers_of_an_error_that_was_made_otherwise():
    assert APIError("It broke").headers == {}
    headers = {"a": "b"}
    error = APIError("It broke", headers=headers)
    headers.clear()
    assert error.headers == {"a": "b"}


@pytest.mark.parametrize("cls", ALL_CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_is_one_line_that_ends_once(cls):
    text = str(made(cls))
    assert text
    assert "\n" not in text
    assert ".." not in text.replace("'..'", "").replace("'../a'", "")


def test_a_config_error_names_its_place():
    error = errors.ConfigError("not JSON", file="config.json", line=3, column=7)
    assert str(error) == "config.json:3:7: not JSON"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["message", "error", "errors", "detail", "code", "title", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("count", "text"), [(1, "0"), (3, "0; 1; 2"), (4, "0; 1; 2; and 1 more"), (103, "0; 1; 2; and 100 more")]
)
def test_a_batch_is_reported_by_its_first_errors(count, text):
    assert errors.first_of([OmicsError(f"{number}.") for number in range(count)]) == text


@given(json_values, st.integers(400, 599))
def test_no_body_breaks_the_making_of_an_error(value, status):
    error = api_error(status=status, headers={}, body=json.dumps(value))
    assert isinstance(error.message, str)
    assert str(status) in str(error)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_text_make_an_error_anyway(body):
    assert isinstance(str(api_error(status=500, headers={}, body=body)), str)


def test_a_status_that_is_the_code_too_is_reported_once():
    error = api_error(
        status=400, headers={}, body='{"code": 400, "message": "no"}', method="PUT", url="https://a.org/x"
    )
    assert "(400 from PUT https://a.org/x)" in str(error)
    assert "404 4001 from GET /x" in str(
        api_error(status=404, headers={}, body='{"code": 4001}', method="GET", url="/x")
    )


@pytest.mark.parametrize(
    ("message", "text"),
    [("Where to?", "Where to? Say it."), ("It broke.", "It broke. Say it."), ("It broke", "It broke. Say it.")],
)
def test_a_message_ends_once(message, text):
    for error in (OmicsError(message, remedy="Say it."), errors.TransportError(message, remedy="Say it.")):
        assert str(error) == text


@pytest.mark.timeout(20)
@pytest.mark.parametrize("start", ["", "<html>", "<html></p>", "<html><p>"])
@pytest.mark.parametrize("tag", ["<!---->", "<p>", "<p ", "<", "<title "])
def test_pages_that_take_long_to_look_through_are_read_at_once(start: str, tag: str):
    text = start + tag * (60_000 // len(tag)) + "</p>"
    for _ in range(20):
        assert not page_title(text)
        assert error_body_of(text) is not None


def test_no_more_of_a_body_is_read_than_may_have_a_message():
    assert len(error_body_of("x" * (1 << 21)).text) == 1 << 20
    assert len(error_body_of(b"x" * (1 << 21)).text) == 1 << 20
    at_the_end = "<html>".ljust(65_535 - len("<title>")) + "<title>Bad"
    assert [page_title(" " * count + at_the_end) for count in (0, 1)] == ["B", ""]


ATS = {"Server": "ATS/9.2.9", "Cache-Control": "no-store", "Content-Language": "en"}


@pytest.mark.parametrize(
    ("status", "headers", "title", "report"),
    [
        (403, {"X-Squid-Error": "ERR_ACCESS_DENIED 0"}, "ERROR", "Squid proxy on the way reports ERR_ACCESS_DENIED"),
        (503, {"X-Squid-Error": "ERR_CONNECT_FAIL 111"}, "ERROR", "Squid proxy on the way reports ERR_CONNECT_FAIL"),
        (502, ATS, "Could Not Connect", "Traffic Server proxy on the way reports Could Not Connect"),
        (502, ATS, "", "Traffic Server proxy on the way reports Bad Gateway"),
    ],
)
def test_a_page_of_a_proxy_is_the_proxys(status: int, headers: dict[str, str], title: str, report: str) -> None:
    page = f"<html><title>{title}</title><p>The following error was encountered: x</p></html>" if title else ""
    headers = headers | {"Content-Type": "text/html"}
    error = api_error(status=status, headers=headers, body=page, method="GET", url="http://h.example/a")
    assert str(error).startswith(f"A {report} ({status} from GET http://h.example/a).")
    assert "NO_PROXY" in str(error)
    headers.pop("Cache-Control", None)  # of the server behind Traffic Server
    other = api_error(status=status, headers=headers, body=page, method="GET", url="http://h.example/a")
    assert ("proxy" in str(other)) is ("X-Squid-Error" in headers)


@pytest.mark.parametrize(
    ("name", "message", "named"),
    [
        ("a.txt", "The disk is full", "a.txt: The disk is full"),
        ("a.txt", "a.txt: 2 of 3 bytes were received", "a.txt: 2 of 3 bytes were received"),
        ("a.txt", "Cannot write /data/a.txt", "Cannot write /data/a.txt"),
        ("1", "The server failed (503 from GET https://h.example.org/10)", None),
        ("full", "The name of fulltext.txt is refused", None),
        ("a+b", "'a+b' is refused", "'a+b' is refused"),
    ],
)
def test_the_error_of_an_item_names_it(name: str, message: str, named: str | None) -> None:
    assert named_error(OmicsError(message), name).message == (named or f"{name}: {message}")


def test_an_error_of_azure_has_its_code_and_request_without_a_body_too():
    headers = {"x-ms-error-code": "BlobNotFound", "x-ms-request-id": "r-1"}
    body = "<?xml version='1.0'?><Error><Code>BlobNotFound</Code><Message>It is gone.\nRequestId:r-1\nTime:2026</Message></Error>"
    for text, message in (("", "Not Found"), (body, "It is gone.")):
        error = api_error(status=404, headers=headers, body=text)
        assert (error.message, error.code, error.request_id) == (message, "BlobNotFound", "r-1")


@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        ("hostname mismatch, certificate is not valid for 'a'", "Check the host"),
        ("SSL: no alternative certificate subject name matches target host name 'a'", "Check the host"),
        ("certificate has expired", "Check this machine's date and time"),
        ("certificate is not yet valid", "Check this machine's date and time"),
        ("unable to get local issuer certificate", "If your network uses its own certificate authority"),
    ],
)
def test_the_remedy_of_a_refused_certificate_is_of_its_reason(message: str, remedy: str) -> None:
    assert (errors.TLSFailed(message).remedy or "").startswith(remedy)
    assert errors.TLSFailed(message, remedy="Say it.").remedy == "Say it."


@pytest.mark.parametrize(
    ("operation", "message", "text"),
    [
        ("", "no response", "a.txt: no response"),
        ("get_file", "no response", "get_file: no response"),
        ("", "a.txt: cut", "a.txt: cut"),
    ],
)
def test_an_error_of_the_network_names_what_was_requested_once(operation: str, message: str, text: str) -> None:
    error = errors.ConnectionLost(message, operation=operation)
    error.about("a.txt")
    assert error.summary == text


def test_what_contains_a_wrong_field_decides_the_remedy() -> None:
    assert str(errors.DecodeError("get_file", "size", "x")).startswith("get_file: the response's field 'size' is 'x'")
    assert errors.DecodeError("get_file", "", "x").remedy == errors.DecodeError.default_remedy
    assert (errors.DecodeError("hook", "size", "x", what="the notification").remedy or "").startswith(
        "Check its sender"
    )


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
def test_too_many_open_files_are_seen_through_the_errors_they_cause(number: int) -> None:
    error = ValueError("no authorities")
    error.__cause__ = ConnectionError("no name")
    error.__cause__.__context__ = OSError(number, "Too many open files")
    assert errors.has_too_many_open(error)
    assert not errors.has_too_many_open(OSError(errno.ENOENT, "No such file"))
