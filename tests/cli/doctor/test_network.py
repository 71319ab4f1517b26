"""What is said of names, proxies, certificates and clocks."""

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from omicsdk.cli.doctor.network import Encryption, Names, Proxy, clock, encryption, proxy, resolution


@pytest.mark.parametrize(
    ("facts", "status", "told"),
    [
        (Names("a.example", ("10.0.0.1",)), "ok", "10.0.0.1"),
        (Names("a.example", ("1", "2", "3", "4")), "ok", "1, 2, 3 ..."),
        (Names("a.example", error="Name or service not known"), "failed", "Name or service not known"),
        (Names("a.example"), "failed", "no address"),
        (Names("a.example", proxied=True), "skipped", "the proxy looks it up"),
    ],
)
def test_a_name_leads_somewhere_or_it_is_said_what_to_check(facts, status, told):
    found = resolution(facts)
    assert (found.probe, found.subject, found.status) == ("name", "a.example", status)
    assert told in found.found
    assert bool(found.remedy) == (status == "failed")


@pytest.mark.parametrize(
    ("facts", "status", "told"),
    [
        (Proxy("a.example"), "ok", "directly"),
        (Proxy("a.example", "http://proxy:3128"), "ok", "through http://proxy:3128"),
        (Proxy("a.example", "http://proxy:3128", "Connection refused"), "failed", "Connection refused"),
        (Proxy("a.example", "htp://proxy:3128"), "failed", "isn't a proxy's address"),
    ],
)
def test_a_proxy_that_is_named_is_there(facts, status, told):
    found = proxy(facts)
    assert (found.status, bool(found.remedy)) == (status, status == "failed")
    assert told in found.found


@pytest.mark.parametrize(
    ("facts", "status", "told", "remedy"),
    [
        (Encryption("h", version="TLSv1.3", authorities="ca.pem", days_left=60), "ok", "TLSv1.3", ""),
        (Encryption("h", version="TLSv1.3", days_left=3), "warning", "ends in 3 days", "operators"),
        (Encryption("h", error="self-signed", untrusted=True), "failed", "isn't trusted: self-signed", "SSL_CERT_FILE"),
        (Encryption("h", error="it doesn't speak TLS"), "failed", "doesn't speak TLS", "address"),
        (Encryption("h", "http"), "warning", "read along", "https://"),
        (Encryption("h", "http", loopback=True), "skipped", "this machine", ""),
        (Encryption("h", proxied=True), "skipped", "proxy", ""),
    ],
)
def test_a_server_is_trusted_or_it_is_said_why_not(facts, status, told, remedy):
    found = encryption(facts)
    assert (found.status, bool(found.remedy)) == (status, bool(remedy))
    assert told in found.found
    assert remedy in found.remedy


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
DATE = format_datetime(NOON, usegmt=True)


@pytest.mark.parametrize(
    ("lead", "status", "told"),
    [
        (0.5, "ok", "within 1 s"),
        (-29, "ok", "within 30 s"),
        (31, "warning", "30 s ahead of"),
        (-100, "warning", "100 s behind"),
        (600.5, "failed", "10 minutes ahead of"),
        (-7200, "failed", "2 hours behind"),
        (-172800, "failed", "2 days behind"),
    ],
)
def test_clocks_may_differ_a_little(lead, status, told):
    found = clock("h", DATE, NOON.timestamp() + lead)
    assert found.status == status
    assert told in found.found
    assert bool(found.remedy) == (status != "ok")


@pytest.mark.parametrize(("date", "at"), [("", 0.0), ("", 1.0), ("yesterday", 1.0)])
def test_without_a_date_nothing_is_said_of_clocks(date, at):
    assert clock("h", date, at).status == "skipped"
