"""Security schemes: which credentials fit them, and what a user passes for them."""

import pytest
from omicsdk.core.credentials import ApiKey, Basic, BearerToken, ClientCertificate, Credentials
from omicsdk.core.errors import AuthError, ConfigError
from omicsdk.core.request import OperationFacts, request
from omicsdk.core.security import CombinedCredentials, Scheme, SchemeCredentials, Security

BEARER, BASIC, OTHER, TLS = (
    Scheme("http", "bearer"),
    Scheme("http", "basic"),
    Scheme("http", "hoba"),
    Scheme("mutualTLS"),
)
KEY, AUTHORIZATION = Scheme("apiKey", "X-Key"), Scheme("apiKey", "Authorization")


@pytest.mark.parametrize(
    ("scheme", "credentials", "fits"),
    [
        (TLS, BearerToken("t"), False),
        (TLS, ClientCertificate("c.pem"), True),
        (BEARER, ClientCertificate("c.pem"), False),
        (BASIC, Basic("u", "p"), True),
        (BEARER, Basic("u", "p"), False),
        (AUTHORIZATION, Basic("u", "p"), True),
        (OTHER, ApiKey("k", header="Authorization"), True),
        (BASIC, ApiKey("k", header="Authorization"), False),
        (OTHER, ApiKey("k", header="X-Key"), False),
        (KEY, ApiKey("k", header="x-key"), True),
        (KEY, ApiKey("k", query="X-Key"), False),
    ],
)
def test_credentials_fit_a_scheme(scheme: Scheme, credentials: Credentials, fits: bool) -> None:
    assert scheme.takes(credentials) is fits


def test_only_an_authorization_header_has_a_word_before_its_key() -> None:
    assert AUTHORIZATION.credentials_of("Bearer k", "x").headers("GET", "https://a") == {"authorization": "Bearer k"}
    for scheme, value in ((KEY, "Bearer k"), (AUTHORIZATION, "two words k"), (AUTHORIZATION, "Bearér k")):
        with pytest.raises(ConfigError):
            scheme.credentials_of(value, "x")


@pytest.mark.parametrize(("text", "files"), [("c.pem,k.pem", ("c.pem", "k.pem")), ("c.pem", ("c.pem", None))])
def test_a_text_names_the_files_of_a_certificate(text: str, files: tuple[str, str | None]) -> None:
    certificate = TLS.from_text(text, "x").certificate
    assert certificate is not None
    assert certificate.files == files


@pytest.mark.parametrize(
    ("scheme", "example"),
    [
        (BEARER, "BearerToken(token)"),
        (Scheme("oauth2"), "BearerToken(token)"),
        (BASIC, "Basic(username, password)"),
        (OTHER, "ApiKey(key, header='Authorization', prefix='Hoba ')"),
    ],
)
def test_an_example_is_what_fits(scheme: Scheme, example: str) -> None:
    assert scheme.example == example


def test_all_missing_parts_of_a_combination_are_named() -> None:
    names = ("a", "b", "c")
    security = Security({name: Scheme("apiKey", f"X-{name}") for name in names}, (names,))
    parts = SchemeCredentials(security, {"b": ApiKey("k", header="X-b")})
    assert parts.origins == CombinedCredentials([]).origins == {"*"}
    with pytest.raises(AuthError, match="get_it requires a and b and c together, and a and c is missing"):
        parts.chosen(request(OperationFacts("get_it", "GET", "/", secured=True), "/"), is_other_origin=False)
