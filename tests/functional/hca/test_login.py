"""Logging in to an HCA service and out of it, against an authorization server in memory."""

import stat
import sys

import httpx
import pytest
from login_at_a_terminal import DSS, SERVICES, sent
from login_at_a_terminal import person as person
from login_at_a_terminal import server as server
from omicsdk.core import NO_RETRY, AuthError
from omicsdk.core.oauth.tokens import Endpoint
from omicsdk.hca.services import AUDIENCE


def test_a_browser_logs_in(person, server):
    done = person.login()
    assert done.service == DSS
    assert done.renewable
    assert done.expires_at == person.clock.now() + 3600
    assert done.path == person.tokens.path
    assert sent(person.credentials()) == server.access_tokens[0]
    assert server.requests[0].url == "https://dss.data.example.org/internal/application_secrets"
    assert [request.url.path for request in server.requests] == ["/internal/application_secrets", "/oauth/token"]


@pytest.mark.skipif(sys.platform == "win32", reason="modes say nothing on Windows")
def test_what_is_stored_is_private_and_not_in_the_configuration(person, tmp_path):
    before = (tmp_path / "hca.json").read_text()
    person.login()
    for path in (tmp_path / "omics").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (tmp_path / "hca.json").read_text() == before
    assert not (tmp_path / "config").exists()


def test_what_is_reported_holds_no_secret(person):
    person.login()
    assert "https://auth.data.example.org/oauth/authorize?" in person.messages[0]
    assert "canary" not in "".join(person.messages)


def test_the_audience_is_requested_as_published_or_configured(person, server):
    urls = []

    def browse(url):
        urls.append(httpx.URL(url).params["audience"])
        person.browse(url)

    person.login(open_browser=browse)
    person.login(open_browser=browse, audience="https://argument/")
    person.configure({"audience": "https://all/"})
    person.login(open_browser=browse)
    person.configure({"audience": "https://all/", "DSSClient": SERVICES["DSSClient"] | {"audience": "https://dss/"}})
    person.login(open_browser=browse)
    assert urls == [AUDIENCE, "https://argument/", "https://all/", "https://dss/"]


def test_one_login_serves_the_services_of_a_deployment(person, server):
    person.login("AuthClient")
    assert sent(person.credentials("DSSClient")) == server.access_tokens[0]
    person.login("DSSClient")
    assert sent(person.credentials("DSSClient")) == server.access_tokens[1]


def test_a_login_does_not_serve_a_service_of_another_domain(person):
    person.configure({"AuthClient": {"swagger_url": "https://auth.elsewhere.org/swagger.json"}})
    person.login()
    assert person.credentials("AuthClient") is None
    assert person.credentials("DSSClient", swagger_url="https://dss.elsewhere.org/v1/swagger.json") is None


def test_the_service_that_issued_the_tokens_is_served_whatever_its_domain(person):
    person.server.url = "https://fusillade.elsewhere.org"
    person.configure({"AuthClient": {"swagger_url": "https://fusillade.elsewhere.org/swagger.json"}})
    person.login()
    assert person.credentials("AuthClient") is not None


def test_a_refused_login_reports_it_and_stores_nothing(person):
    with pytest.raises(AuthError, match="refused: access_denied: said <b>no</b>"):
        person.login(open_browser=lambda url: person.browse(url, error="access_denied"))
    assert person.credentials() is None


def test_a_forged_response_is_passed_over(person, server):
    def browse(url):
        with pytest.raises(httpx.HTTPStatusError):
            httpx.get(server.consent(url, state="forged"), trust_env=False).raise_for_status()
        person.browse(url)

    person.login(open_browser=browse)
    assert sent(person.credentials()) == server.access_tokens[0]


def test_a_browser_that_never_comes_back(person):
    with pytest.raises(AuthError, match=r"within 0\.01 s") as caught:
        person.login(open_browser=lambda url: None, timeout=0.01)
    assert "--device" in str(caught.value)
    assert person.credentials() is None


def test_a_login_is_renewed_by_itself(person, server):
    server.lifetime = 1
    person.login()
    server.lifetime = 3600
    assert sent(person.credentials()) == server.access_tokens[1]
    assert sent(person.credentials()) == server.access_tokens[1]
    # The application's secrets were kept from the login.
    assert [request.url.path for request in server.requests][2:] == ["/oauth/token"]


def test_secrets_of_the_configuration_are_not_requested(person, server):
    server.tells_secrets = False
    person.configure({"application_secrets": server.application_secrets})
    person.login()
    assert [request.url.path for request in server.requests] == ["/oauth/token"]
    secrets = person.service().application_secrets()
    assert secrets == server.application_secrets


def test_secrets_may_stand_below_a_services_own_address(person, server):
    def below_only(request):
        response = server(request)
        return response if request.url.path != "/internal/application_secrets" else httpx.Response(404)

    endpoint = Endpoint({}, transport=httpx.MockTransport(below_only), retry=NO_RETRY)
    person.login(base_url="https://hca.example.org/auth", endpoint=endpoint)
    assert person.credentials(base_url="https://hca.example.org/auth") is not None


def test_logging_out_revokes_and_forgets(person, server, tmp_path):
    person.login("AuthClient")
    assert person.logout("DSSClient")
    assert server.refresh_tokens == set()
    assert person.credentials("DSSClient") is None
    assert person.credentials("AuthClient") is None
    assert server.requests[-1].url.path == "/oauth/revoke"
    assert "canary" not in "".join(path.read_text() for path in (tmp_path / "omics").iterdir())
    assert not person.logout()
    assert len(server.requests) == 3


def test_logging_out_forgets_though_the_service_cannot_be_notified(person):
    person.login()
    person.messages.clear()

    def down(request):
        raise httpx.ConnectError("no route")

    person.endpoint = Endpoint({}, transport=httpx.MockTransport(down), retry=NO_RETRY)
    assert person.logout()
    assert person.credentials() is None
    assert "Cannot revoke the login" in person.messages[0]
    assert "canary" not in person.messages[0]
