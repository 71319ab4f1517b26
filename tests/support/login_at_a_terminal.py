"""A user at a terminal with settings, a browser and a server to log in to."""

import json
import threading
import time
from urllib.request import ProxyHandler, build_opener

import httpx
import pytest
from authorization_server import AuthorizationServer
from hca_connection import connection
from omicsdk.compat.hca import HCAConfig
from omicsdk.core import NO_RETRY, ManualClock
from omicsdk.core.oauth.tokens import Endpoint
from omicsdk.core.token_file import token_file
from omicsdk.hca.login import ServiceLogin

DSS, AUTH = "https://dss.data.example.org/v1", "https://auth.data.example.org"
SERVICES = {"DSSClient": {"swagger_url": f"{DSS}/swagger.json"}, "AuthClient": {"swagger_url": f"{AUTH}/swagger.json"}}
GET = ("GET", f"{DSS}/files")


class Person:
    """A user at a machine: settings, a browser, and the messages that they get."""

    def __init__(self, folder, server):
        self.folder, self.server = folder, server
        self.clock = ManualClock(time.time())
        self.messages = []
        self.environ = {
            "OMICS_TOKEN_FILE": str(folder / "omics" / "tokens.json"),
            "HCA_CONFIG_FILE": str(folder / "hca.json"),
            "XDG_CONFIG_HOME": str(folder / "config"),
        }
        self.endpoint = Endpoint({}, transport=httpx.MockTransport(server), retry=NO_RETRY, clock=self.clock)
        self.configure({})

    def configure(self, settings):
        (self.folder / "hca.json").write_text(json.dumps(SERVICES | settings))

    @property
    def config(self):
        return HCAConfig(self.environ, site_file=self.folder / "none")

    @property
    def tokens(self):
        return token_file(self.environ)

    def browse(self, url, **consent):
        back = self.server.consent(url, **consent)
        threading.Thread(
            target=lambda: build_opener(ProxyHandler({})).open(back, timeout=20).read(), daemon=True
        ).start()

    def service(self, section="DSSClient", **options):
        defaults = {"config": self.config, "environ": self.environ, "on_message": self.messages.append}
        defaults |= {"endpoint": self.endpoint, "clock": self.clock}
        return ServiceLogin(section, **(defaults | options))

    def login(self, section="DSSClient", **options):
        about = {name: options.pop(name) for name in ("base_url", "endpoint") if name in options}
        return self.service(section, **about).login(**({"open_browser": self.browse} | options))

    def logout(self, section="DSSClient", **options):
        return self.service(section, **options).logout()

    def credentials(self, section="DSSClient", **options):
        return connection(
            section, config=self.config, environ=self.environ, endpoint=self.endpoint, **options
        ).credentials


@pytest.fixture
def server():
    return AuthorizationServer(AUTH)


@pytest.fixture
def person(tmp_path, server):
    return Person(tmp_path, server)


def sent(credentials):
    return credentials.headers(*GET)["authorization"].removeprefix("Bearer ")
