"""Secrets do not survive masking, and what is not one does."""

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core.api_errors import api_error
from omicsdk.core.errors import BODY_LIMIT
from omicsdk.core.forms import form_body
from omicsdk.core.oauth.grants import Application, begin, code_request, refresh_request, revoke_request
from omicsdk.core.oauth.tokens import Grant
from omicsdk.core.redaction import (
    is_secret_name,
    mask_headers,
    mask_json,
    mask_query,
    mask_text,
    mask_url,
    url_parts,
    without_query,
)
from omicsdk.core.sending.connections import Hop
from omicsdk.core.sending.transport import Send
from omicsdk.core.sigv4 import Keys, Signer
from omicsdk.transfer.network.wire import Ask
from omicsdk.transfer.s3.boto import UnsignedRequest

CANARY = "c4n4ryc4n4ryc4n4ry"
secret_names = st.sampled_from(
    [
        "access_token", "token", "api_key", "apikey", "API-Key", "X-Amz-Security-Token", "client_secret", "password",
        "Authorization", "refresh_token", "sessionid", "x-sbg-auth-token", "signature", "private_key", "id_token",
    ]
)  # fmt: skip
plain = st.text(st.characters(codec="ascii", exclude_characters="\x00"), max_size=20).filter(
    lambda text: CANARY not in text
)
words = st.from_regex(r"[a-z]{1,8}", fullmatch=True)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.org/v1/bundles/b?replica=aws&version=1", "https://a.org/v1/bundles/b?replica=aws&version=1"),
        ("https://s3.org/k?X-Amz-Date=1&X-Amz-Signature=c", "https://s3.org/k?***"),
        ("https://s3.org/k?AWSAccessKeyId=a&Signature=c&Expires=1", "https://s3.org/k?***"),
        ("https://storage.org/k?x-goog-signature=c#f", "https://storage.org/k?***#f"),
        ("https://blob.org/k?sv=1&sig=c", "https://blob.org/k?***"),
        ("https://swift.org/v1/a/c/k?temp_url_sig=c&temp_url_expires=1", "https://swift.org/v1/a/c/k?***"),
        ("https://a.org/?access_token=c&n=1", "https://a.org/?access_token=***&n=1"),
        ("https://a.org/?acc%65ss_token=c&n=1", "https://a.org/?acc%65ss_token=***&n=1"),
        ("https://u:c@a.org/x", "https://***@a.org/x"),
        ("https://a.org/cb#access_token=c&n=1", "https://a.org/cb#access_token=***&n=1"),
        ("https://a.org/cb?code=c&state=s", "https://a.org/cb?code=***&state=***"),
        ("/files/f?replica=aws&token=c", "/files/f?replica=aws&token=***"),
        ("https://a.org/?source=https%3A%2F%2Fs3.org%2Fk%3FX-Amz-Signature%3Dc", "https://a.org/?source=***"),
        ("https://[broken/?token=c", "https://[broken/?token=***"),
        ("https://a.org/k@1?n=1", "https://a.org/k@1?n=1"),
        ("https://u:c@d@a.org/k/l@1", "https://***@a.org/k/l@1"),
        ("https://u:c@a.org", "https://***@a.org"),
        *((f"https://u:c{mark}d@a.org:1/k", "https://***@a.org:1/k") for mark in "#/?"),
        ("https://a.org:1/k@1", "https://a.org:1/k@1"),
        ("https://[::1]/k@1", "https://[::1]/k@1"),
        ("u:c@a.org/x", "u:c@a.org/x"),
        ("https://a.org/k?n=1?2#f?g#h", "https://a.org/k?n=1?2#f?g#h"),
        ("https://a.org/k?", "https://a.org/k?"),
        ("https://a.org/k#", "https://a.org/k#"),
        ("https://a.org/k?token", "https://a.org/k?token"),
        ("https://a.org/k?token=", "https://a.org/k?token="),
        ("", ""),
    ],
)
def test_urls(url, shown):
    assert mask_url(url) == shown


@pytest.mark.parametrize("url", ["https://u:p@a.org/k?x=1#f", "https://a.org/k#f?x", "https://a.org/k"])
def test_without_query(url):
    assert without_query(url) == "https://a.org/k"


@pytest.mark.parametrize(
    "text",
    [
        "get_bundle: 404 not_found: Cannot find bundle!",
        "code: not_found, key: value, status=404",
        "the token ended; basic authentication is refused",
        "the token 0123456789 was issued for https://a.org",
        "see https://a.org/docs?page=2#tokens for more",
        "token_type=Bearer",
        "omics auth: 404 from https://a.org, pass: 3, fail: 0",
        '{"files": [{"name": "a.txt", "sha256": "ab"}]}',
        "C:\\data\\file.txt: 3 of 10 bytes",
    ],
)
def test_harmless_text_stays(text):
    assert mask_text(text) == text


COMPLAINTS = [
    "This password is too short. It must contain at least 8 characters.",
    "This password is too common.",
    "The password is too similar to the username.",
    "This field may not be blank.",
    "Invalid token provided.",
    "Your session has expired, log in again",
]


@pytest.mark.parametrize("complaint", COMPLAINTS)
@pytest.mark.parametrize("name", ["password", "token", "session_id"])
def test_what_a_service_states_of_a_secret_is_none(name, complaint):
    assert mask_text(f"{name}: {complaint}") == f"{name}: {complaint}"
    for value in ({name: complaint}, {name: [complaint, complaint]}):
        assert mask_json(value) == value
    assert mask_text(json.dumps({name: complaint})) == json.dumps({name: complaint})


@pytest.mark.parametrize("error", [{"password": [COMPLAINTS[0]]}, {"errors": {"password": [COMPLAINTS[0]]}}])
def test_an_errors_words_about_a_password_are_reported(error):
    raised = api_error(status=400, headers={}, body=json.dumps(error))
    assert COMPLAINTS[0].rstrip(".") in str(raised)
    assert raised.body == error


@given(secret_names, st.sampled_from([": ", "=", '": "']), st.sampled_from(COMPLAINTS), words)
def test_a_secret_is_masked_beside_such_words(name, between, complaint, word):
    for text in (f"{CANARY} {complaint}", f"{word}{CANARY}"):
        assert CANARY not in mask_text(f"{name}{between}{text}")
        assert CANARY not in json.dumps(mask_json({name: text}))
    assert CANARY not in json.dumps(mask_json({name: f"{complaint} {CANARY}"}))
    assert CANARY not in json.dumps(mask_json({name: [complaint, CANARY]}))
    assert CANARY not in mask_text(f"{name}: {complaint} token={CANARY}")


@pytest.mark.parametrize(
    "value", ["correct horse battery staple", "This", "thisisasecret", "This-is-1", "The quick brown fox"]
)
def test_what_may_be_a_password_is_masked(value):
    assert mask_json({"password": value}) == {"password": "***"}


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {CANARY}",
        f"authorization: Token {CANARY} and more",
        f"-H 'Authorization: {CANARY}'",
        f"sent bearer {CANARY}",
        f'{{"access_token": "{CANARY}", "n": 1}}',
        f'{{"access_token": "a\\"{CANARY}", "n": 1}}',
        f"{{'password': '{CANARY}'}}",
        repr(json.dumps({"refresh_token": CANARY})),
        json.dumps(json.dumps({"refresh_token": CANARY})),
        f'"api_key":"{CANARY}',
        f"eyJhbGciOiJIUzI1NiJ9.{CANARY}.{CANARY}",
        f"Location: https://s3.org/k?X-Amz-Signature={CANARY}",
        f"(b'Location', b'https://s3.org/k?X-Amz-Signature={CANARY}')",
        f"Set-Cookie: sid={CANARY}",
        f"AWS_SECRET_ACCESS_KEY={CANARY}",
        f"https://u:{CANARY}@a.org",
        f"--access-token={CANARY}",
    ],
)
def test_secrets_in_text_go(text):
    assert CANARY not in mask_text(text)


@pytest.mark.parametrize("secret", ["eyJjYW5hcnki.eyJjYW5hcnki.canary", "https://me:canary-canary@h.example/"])
def test_a_secret_that_the_end_of_an_excerpt_divides_goes(secret):
    for received in (30, 20, 8):
        text = f"{'x' * (BODY_LIMIT - received)} {secret} {'y' * 99}"
        error = api_error(status=500, headers={}, body=text)
        assert not any(part in f"{error} {error.body}" for part in ("eyJj", "me:c", "canary"))


@pytest.mark.parametrize(
    "name",
    [
        "Authorization", "Proxy-Authorization", "proxy_authorization", "Cookie", "Set-Cookie", "X-SBG-Auth-Token", "X-Auth-Token",
        "access_token", "refresh_token", "SB_AUTH_TOKEN", "client_secret", "PASSWORD", "new_password", "passwd", "api_key",
        "x-api-key", "AWS_ACCESS_KEY_ID", "accessKey", "private_key", "google_credentials", "X-Amz-Signature", "sessionid",
        "session_id", "client_assertion", "sig", "Key", "auth", "code", "code_verifier", "state", "jwt", "pwd", "pass",
        "passports",
    ],
)  # fmt: skip
def test_names_of_secrets(name):
    assert is_secret_name(name)
    assert is_secret_name(f" {name.upper()} ")
    assert mask_query(f"a=1&{name}=c") in (f"a=1&{name}=***", "***")


@pytest.mark.parametrize(
    "name",
    [
        "", "name", "id", "uuid", "accept", "content-type", "token_type", "secretName", "X-Amz-SignedHeaders", "key_id",
        "signature_method", "token_uri", "keys", "keyword", "monkey", "encode", "country_code", "author", "bypass", "estate",
    ],
)  # fmt: skip
def test_names_of_other_objects(name):
    assert not is_secret_name(name)
    assert mask_query(f"{name}=c") == f"{name}=c"


@pytest.mark.parametrize(
    "name",
    [
        "X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token", "Signature", "x-goog-signature", "X-Goog-Credential",
        "sig",
    ],
)  # fmt: skip
@pytest.mark.parametrize("separator", "&;")
def test_of_a_presigned_url_only_the_address_is_shown(name, separator):
    assert mask_url(f"https://s3.org/a/k?n=1{separator}{name}=c#f") == "https://s3.org/a/k?***#f"
    assert mask_query(f"n=1{separator}{quote(name).replace('a', '%61')}=c") == "***"


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ""),
        ("token", "token"),
        ("token=", "token="),
        ("a=1&b", "a=1&b"),
        ("a=b=c;token=d=e;f", "a=b=c;token=***;f"),
        ("a=token", "a=token"),
        ("q=a+b%20c&n=", "q=a+b%20c&n="),
        ("a=Bearer+0123456789abcdef", "a=***"),
    ],
)
def test_queries(query, shown):
    assert mask_query(query) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer c", "Authorization: ***"),
        ("curl -H 'Authorization: Token c' https://a.org", "curl -H 'Authorization: ***' https://a.org"),
        ("sent Bearer 0123456789abcdef, again", "sent Bearer ***, again"),
        ("basic dXNlcjpwYXNzd29yZA==", "basic ***"),
        (f"Token {'0a' * 20}, again", "Token ***, again"),
        (f"token {'0a' * 20}b", f"token {'0a' * 20}b"),
        ("jwt eyJhbGciOiJI.eyJzdWIi.c2ln, again", "jwt ***, again"),
        ('{"access_token": "c", "n": 1}', '{"access_token": "***", "n": 1}'),
        ("{'password': 'it\\'s c', 'n': 1}", "{'password': '***', 'n': 1}"),
        ('{\\"access_token\\": \\"c\\", \\"n\\": 1}', '{\\"access_token\\": \\"***\\", \\"n\\": 1}'),
        ("a=1, access_token=c, b=2", "a=1, access_token=***, b=2"),
        ("0: token=c; next", "0: token=***; next"),
        ("token=", "token="),
        ("token: , then", "token: , then"),
        ("get https://u:p@a.org/k?sig=c then", "get https://***@a.org/k?*** then"),
        ("token://a.org/k?n=1", "token://a.org/k?n=1"),
        ("(b'Set-Cookie', b'sid=c'), (b'Accept', b'*/*')", "(b'Set-Cookie', b'***'), (b'Accept', b'*/*')"),
    ],
)
def test_only_the_secret_goes(text, shown):
    assert mask_text(text) == shown


def test_headers_keep_their_order_and_what_is_not_secret():
    headers = [("Accept", "*/*"), ("Cookie", "c"), ("Location", "https://s3.org/k?sig=c"), ("cookie", "d")]
    shown = [("Accept", "*/*"), ("Cookie", "***"), ("Location", "https://s3.org/k?***"), ("cookie", "***")]
    assert mask_headers(headers) == shown
    assert mask_headers(dict(headers[:3])) == shown[:3]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"token": "c", "n": 1}, {"token": "***", "n": 1}),
        ({"token": ["c", 1], "a": [{"password": {"b": 1}}]}, {"token": "***", "a": [{"password": "***"}]}),
        ({"token": None, "secret": "", "n": None}, {"token": None, "secret": "", "n": None}),
        ({"code": "not_found", "state": "RUNNING", "key": "a"}, {"code": "not_found", "state": "RUNNING", "key": "a"}),
        (("a", True, 1.5), ["a", True, 1.5]),
        ({"url": "https://s3.org/k?sig=c"}, {"url": "https://s3.org/k?***"}),
        ("see https://u:p@a.org", "see https://***@a.org"),
    ],
)
def test_json_values(value, shown):
    assert mask_json(value) == shown


@pytest.mark.parametrize(("inner", "shown"), [(7, 7), ("n", "n"), ([7], ["***"]), ({"n": [7]}, {"n": "***"})])
@pytest.mark.parametrize("wrap", [lambda value: [value], lambda value: {"a": value}])
def test_sixty_levels_are_looked_through(wrap, inner, shown):
    for _ in range(60):
        inner, shown = wrap(inner), wrap(shown)
    assert mask_json(inner) == shown


def test_key_ids_of_aws_go_by_their_form():
    assert mask_text("as AKIAIOSFODNN7EXAMPLE, ASIAIOSFODNN7EXAMPLE") == "as ***, ***"


@given(plain, secret_names, st.sampled_from(["=", ": ", ":", '": "', "': '"]), plain)
def test_a_named_secret_in_text_goes(before, name, between, after):
    assert CANARY not in mask_text(f"{before} {name}{between}{CANARY} {after}")


@given(st.lists(st.tuples(words, words), max_size=4), secret_names, st.integers(0, 4), st.sampled_from("&;"))
def test_a_secret_in_a_query_goes(pairs, name, place, separator):
    pairs = [f"{key}={value}" for key, value in pairs]
    pairs.insert(place, f"{quote(name)}={CANARY}")
    url = "https://a.org/p?" + separator.join(pairs)
    assert CANARY not in mask_url(url)
    assert CANARY not in mask_text(f"failed: {url}, again")


@given(secret_names, st.text(max_size=10))
def test_a_secret_header_goes(name, other):
    assert mask_headers({name: CANARY, "x-other": "1"}) == [(name, "***"), ("x-other", "1")]


leaf = st.none() | st.booleans() | st.integers() | words
json_values = st.recursive(leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3))


@given(json_values, secret_names, json_values)
def test_a_secret_field_goes_whatever_is_in_it(value, name, other):
    masked = mask_json({"a": [{name: [CANARY, value]}, other]})
    assert CANARY not in json.dumps(masked)
    assert mask_json(masked) == masked


@given(json_values)
def test_a_json_value_keeps_its_shape(value):
    masked = mask_json(value)
    if not any(is_secret_name(word) for word in _keys(value)):
        assert masked == value


def _keys(value):
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _keys(item)
    elif isinstance(value, list):
        for item in value:
            yield from _keys(item)


def test_deep_values_are_masked():
    value = [CANARY]
    for _ in range(5000):
        value = [value]
    assert CANARY not in repr(mask_json({"token": value}))
    assert mask_json(value)


@pytest.mark.parametrize(
    "piece",
    [
        "x", "eyJ-", "token ", "password: This a ", 'password: "This is ', "bearer ", '"', "a=", "://", "://a?b=c&",
        "://?=", "\\", '\\"a', "authorization:", "a='", "  ", "%", "&;", "AKIA",
    ],
)  # fmt: skip
@pytest.mark.timeout(20)  # quadratic cost would take minutes
def test_hostile_text_costs_linear_time(piece):
    assert mask_text(piece * (200_000 // len(piece)))


def test_urls_within_urls_are_masked_at_any_depth():
    assert mask_text("see https://h/?u=https://h/?v=https://h/") == "see https://h/?u=https://h/?v=https://h/"
    assert mask_text("see " + "https://h/?u=" * 1000 + "https://h/?token=s3cret now") == "see https://h/?u=*** now"
    encoded = "https://h/?token=s3cret"
    for _ in range(100):
        encoded = f"https://h/?u={quote(encoded)}"
        assert mask_text(f"see {encoded} now") == "see https://h/?u=*** now"


def test_tokens_of_django_are_masked_wherever_they_stand():
    token = "0123456789abcdef" * 2 + "01234567"
    for text in (f"sent 'Token {token}'", f"Token%20{token}", f"token\t{token.upper()}"):
        shown = mask_text(text)
        assert token not in shown.lower()
        assert "***" in shown


@pytest.mark.parametrize("url", ["https://[", "http://[::1/x", "//[a]b"])
def test_a_malformed_url_of_others_is_a_path(url):
    assert url_parts(url) == ("", "", url, "", "")


def test_any_other_url_is_split():
    assert url_parts("https://a.org/b?c#d") == ("https", "a.org", "/b", "c", "d")


# -- an object with a secret does not show it when it is printed


SECRET = "sparrow"
APPLICATION = Application("app", "https://a.example/authorize", "https://a.example/token", SECRET)
LOGIN = begin(APPLICATION, "http://127.0.0.1/", ["openid"])
SIGNED = f"https://b.example/file?X-Amz-Signature={SECRET}"
PROOF = (("authorization", f"Bearer {SECRET}"),)
HOP = Hop("GET", SIGNED, PROOF, has_content=False, trusted=True)


@pytest.mark.parametrize(
    "holder",
    [
        form_body({"refresh_token": SECRET}),
        Grant(SECRET, 1.0, SECRET, SECRET),
        code_request(APPLICATION, LOGIN, SECRET),
        refresh_request(APPLICATION, SECRET),
        revoke_request(APPLICATION, "https://a.example/revoke", SECRET),
        HOP,
        Send(HOP, dict(PROOF), {"key": SECRET}, None),
        Ask(SIGNED, PROOF),
        Signer(Keys("AKIA", SECRET, SECRET), "us-east-1"),
        UnsignedRequest(SIGNED, {"x-amz-server-side-encryption-customer-key": SECRET}, None, {}),
    ],
    ids=lambda holder: type(holder).__name__,
)
def test_a_secret_is_not_in_its_holders_repr(holder):
    assert type(holder).__name__ in repr(holder)
    assert SECRET not in repr(holder)
    assert LOGIN.verifier not in repr(holder)
