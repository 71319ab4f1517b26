"""A real browser goes through a login: Debian's Chromium without a window, driven by Playwright."""

import json

import pytest
from chromium import chromium

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Chromium with separate settings."""
    with chromium(tmp_path_factory.mktemp("browser")) as started:
        yield started


@pytest.fixture
def page(browser):
    """A tab without a history."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("service", ["dss", "auth"])
def test_a_person_logs_in(terminal, address_of, page, service):
    begun = terminal.begin(service, "login", "--timeout", "100")
    page.goto(address_of(begun))
    assert "omics-sandbox" in page.inner_text("dl")
    page.fill("#email", "ann@example.org")
    page.click("#allow")
    page.wait_for_selector("text=You may close this tab")
    assert page.title() == "Logged in"
    _, err = begun.communicate(timeout=60)
    assert begun.returncode == 0, err
    ran = terminal.run("auth", "get-oauth-userinfo")
    assert json.loads(ran.stdout)["email"] == "ann@example.org"


def test_a_person_says_no(terminal, address_of, page):
    begun = terminal.begin("dss", "login", "--timeout", "100")
    page.goto(address_of(begun))
    page.click("#deny")
    page.wait_for_selector("text=The login was refused: access_denied")
    begun.communicate(timeout=60)
    assert begun.returncode == 4
    assert not terminal.token_file.exists()


def test_a_person_copies_the_code(terminal, address_of, page):
    begun = terminal.begin("auth", "login", "--remote")
    page.goto(address_of(begun))
    page.fill("#email", "ann@example.org")
    page.click("#allow")
    page.wait_for_url("**/echo?**")
    # Either what the page shows or its address may be pasted; here it is the address.
    _, err = begun.communicate(f"{page.url}\n", timeout=60)
    assert begun.returncode == 0, err
    assert json.loads(terminal.run("auth", "get-oauth-userinfo").stdout)["email"] == "ann@example.org"
