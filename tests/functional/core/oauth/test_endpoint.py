"""Requests to an authorization server and its responses: refusals, other errors, redirects, proxies."""

from omicsdk.core import Retry
from omicsdk.core.oauth.tokens import Endpoint, get
from quiet_server import QuietHandler, serving

QUICK = Retry(attempts=3, base=0.0)


def test_the_environments_proxy_is_used():
    seen = []

    class Proxy(QuietHandler):
        def do_GET(self):
            seen.append(self.path)
            self.reply(200, b"{}")

    with serving(Proxy) as proxy:
        found = Endpoint({"HTTP_PROXY": proxy}, retry=QUICK)
        assert found.text(get("http://auth.example.org/secrets", "application_secrets")) == "{}"
    assert seen == ["http://auth.example.org/secrets"]
