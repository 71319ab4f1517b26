"""An object with a secret does not show it when it is printed."""

import pytest
from omicsdk.core.forms import form_body
from omicsdk.core.oauth.grants import Application, begin, code_request, refresh_request, revoke_request
from omicsdk.core.oauth.tokens import Grant
from omicsdk.core.sending.connections import Hop
from omicsdk.core.sending.transport import Send
from omicsdk.core.sigv4 import Keys, Signer
from omicsdk.transfer.network.wire import Ask
from omicsdk.transfer.s3.boto import UnsignedRequest

CANARY = "canary"
APPLICATION = Application("app", "https://a.example/authorize", "https://a.example/token", CANARY)
LOGIN = begin(APPLICATION, "http://127.0.0.1/", ["openid"])
SIGNED = f"https://b.example/file?X-Amz-Signature={CANARY}"
PROOF = (("authorization", f"Bearer {CANARY}"),)
HOP = Hop("GET", SIGNED, PROOF, has_content=False, trusted=True)


@pytest.mark.parametrize(
    "holder",
    [
        form_body({"refresh_token": CANARY}),
        Grant(CANARY, 1.0, CANARY, CANARY),
        code_request(APPLICATION, LOGIN, CANARY),
        refresh_request(APPLICATION, CANARY),
        revoke_request(APPLICATION, "https://a.example/revoke", CANARY),
        HOP,
        Send(HOP, dict(PROOF), {"key": CANARY}, None),
        Ask(SIGNED, PROOF),
        Signer(Keys("AKIA", CANARY, CANARY), "us-east-1"),
        UnsignedRequest(SIGNED, {"x-amz-server-side-encryption-customer-key": CANARY}, None, {}),
    ],
    ids=lambda holder: type(holder).__name__,
)
def test_a_secret_is_not_in_its_holders_repr(holder):
    assert type(holder).__name__ in repr(holder)
    assert CANARY not in repr(holder)
    assert LOGIN.verifier not in repr(holder)
