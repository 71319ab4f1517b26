"""What the tests of gen3sdk import besides gen3, and no package index has: an index service. The sandbox's takes its place.

A plugin of pytest. The index runs where the suite's own would: in the process that the suite forks for it, on its port.
"""

import sys
from base64 import b64encode
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType, SimpleNamespace

from omicsdk.sandbox.gen3.indexd.index import SERVICE_NAME
from omicsdk.sandbox.server import Sandbox


class IndexOfASandbox:
    """The suite's server: the index at the root, and any name and password are those of a service."""

    def run(self, host: str, port: int, **_: object) -> None:
        """Serve until the process ends."""
        with Sandbox() as sandbox:
            login = b64encode(f"{SERVICE_NAME}:{sandbox.secrets.password}".encode()).decode()
            netloc = sandbox.url.partition("://")[2]

            class Forwarding(BaseHTTPRequestHandler):
                def forward(self) -> None:
                    headers = {name.lower(): value for name, value in self.headers.items() if name.lower() != "host"}
                    if "authorization" in headers:
                        headers["authorization"] = f"Basic {login}"
                    body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                    connection = HTTPConnection(netloc)
                    connection.request(self.command, f"/gen3/indexd{self.path}", body, headers)
                    response = connection.getresponse()
                    content = response.read()
                    self.send_response(response.status)
                    self.send_header("Content-Type", response.headers.get("Content-Type", "text/plain"))
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)

                do_GET = do_POST = do_PUT = do_DELETE = forward

                def log_message(self, format: str, *args: object) -> None: ...

            ThreadingHTTPServer((host, port), Forwarding).serve_forever()


def _module(name: str, **members: object) -> None:
    module = ModuleType(name)
    module.__dict__.update(members, __path__=[])
    sys.modules[name] = module


_module("indexd", get_app=IndexOfASandbox)
_module("indexd.default_settings", settings={"auth": SimpleNamespace()})
_module("cdisutilstest")
_module("cdisutilstest.code")
_module(
    "cdisutilstest.code.indexd_fixture",
    setup_database=lambda: None,
    clear_database=lambda: None,
    create_user=lambda name, password: (name, password),
)
_module("drsclient")
_module("drsclient.client", DrsClient=SimpleNamespace)
# The suite's conftest imports a name of the command line, and does not use it.
_module("gen3.cli")
_module("gen3.cli.auth", endpoint=None)
