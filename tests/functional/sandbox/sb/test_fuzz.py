"""Whatever is sent to the platform, it answers with a refusal in its documented form and never fails."""

from collections.abc import Generator

import httpx
import pytest
from conformity import NO_TLS
from fuzzed_requests import Request, fuzzed_requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omicsdk.sandbox import Sandbox

NAMES = ("sandbox-user", "pilot", "ada", "sandbox-division", "reference-set", "0", "5", "True", "COMPLETED")
words = st.sampled_from([*NAMES, "", "/", "é", "a b", "%00", "\x00", "x" * 300]) | st.text(
    st.characters(exclude_categories=["Cs", "Cc"]), max_size=8
)


@pytest.fixture(scope="module")
def browser() -> Generator[httpx.Client]:
    """A client without a token, whose responses are held to nothing."""
    with httpx.Client(trust_env=False, verify=NO_TLS) as client:
        yield client


@given(request=fuzzed_requests("sb", words, st.nothing()))
@settings(
    max_examples=3 * settings().max_examples // 40 * settings().max_examples,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_platform_never_fails(sandbox: Sandbox, browser: httpx.Client, request: Request):
    operation, path, query, content = request
    headers = {"X-SBG-Auth-Token": sandbox.sb_token, "Content-Type": "application/json"}
    url = sandbox.sb_url + path
    response = browser.request(operation.method, url, params=query, content=content, headers=headers)
    assert response.status_code < 500, (operation.name, path, query, content, response.text)
    if response.status_code >= 400:
        told = response.json()
        assert told["status"] == response.status_code
        assert isinstance(told["code"], int)
        assert told["message"]
        assert told["more_info"]
