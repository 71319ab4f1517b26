"""Whatever a token states, Fusillade refuses it and never fails."""

import json
from functools import cache

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from fuzzed_requests import values_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.problems import Problem

words = st.sampled_from(["user@example.org", "", "-1", "9" * 25, "\x00", "http://localhost/"]) | st.text(max_size=8)
values = values_of(words)


@cache
def loaded(pem):
    """The key; reading one checks it, which takes longer than signing."""
    return load_pem_private_key(pem, None)


claims = st.dictionaries(
    st.sampled_from(["iss", "sub", "aud", "exp", "nbf", "iat", "email", "jti", "crit", "scope"]), values, max_size=6
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(claims | values)
def test_no_claims_make_it_fail(sandbox: Sandbox, stated):
    fusillade = sandbox.fusillade
    fusillade.key.public()  # writes its file
    key = loaded((sandbox.folder / "oauth.key").read_bytes())
    token = jwt.api_jws.encode(json.dumps(stated).encode(), key, "RS256", headers={"kid": fusillade.key.id})
    with pytest.raises(Problem) as caught:
        fusillade.caller(token)
    assert caught.value.status == 401
