"""Requests to an authorization server and its responses: refusals, other errors, redirects, proxies."""

import http.server
import threading

from omicsdk.core import Retry
from omicsdk.core.oauth.tokens import Endpoint, get

QUICK = Retry(attempts=3, base=0.0)


def test_the_environments_proxy_is_used():
    seen = []

    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Proxy) as proxy:
        threading.Thread(target=proxy.handle_request, daemon=True).start()
        found = Endpoint({"HTTP_PROXY": f"http://127.0.0.1:{proxy.server_port}"}, retry=QUICK)
        assert found.text(get("http://auth.example.org/secrets", "application_secrets")) == "{}"
    assert seen == ["http://auth.example.org/secrets"]
