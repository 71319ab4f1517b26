"""The pages in a real browser: by keyboard, on a phone, in the dark, without scripts, and for somebody who cannot see them."""

import itertools
from collections.abc import Generator
from typing import Any

import httpx
import pytest
from chromium import chromium
from omicsdk.sandbox import Sandbox

PAGES = (
    "/",
    "/_sandbox/pages/requests",
    "/_sandbox/pages/faults",
    "/_sandbox/pages/settings",
    "/_sandbox/pages/tokens",
    "/_sandbox/pages/environment",
)
LIST = "/_sandbox/pages/contents/dss/bundle-files"
# WCAG's contrast of two colours, for every text that can be seen, against the first background below it that is not clear.
_CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgb = text => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
                        return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = c => { const f = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
                       return 0.2126 * f(c[0]) + 0.7152 * f(c[1]) + 0.0722 * f(c[2]); };
  const poor = [];
  for (const each of document.querySelectorAll("body *")) {
    if (![...each.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    let below = each, back = [0, 0, 0, 0];
    while (below && !(back = rgb(getComputedStyle(below).backgroundColor))[3]) below = below.parentElement;
    const [a, b] = [light(rgb(getComputedStyle(each).color)), light(back)].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) poor.push(each.outerHTML.slice(0, 80));
  }
  return poor;
}"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Generator[Any]:
    with chromium(tmp_path_factory.mktemp("browser")) as started:
        yield started


@pytest.fixture
def opened(browser: Any, sandbox: Sandbox) -> Generator[Any]:
    """Opens a tab on the sandbox; what goes wrong in it fails the test."""
    contexts: list[Any] = []
    troubles: list[str] = []

    def open_tab(**options: Any) -> Any:
        context = browser.new_context(base_url=sandbox.url, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        return page

    yield open_tab
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture
def filled(sandbox: Sandbox, tmp_path) -> str:
    """The name of a bundle whose file has a long and hostile name."""
    made = tmp_path / "bundle"
    made.mkdir()
    (made / f"<img src=x onerror=alert(1)>{'x' * 150}.json").write_text("{}")
    bundle = sandbox.seed(made)
    httpx.get(f"{sandbox.url}/dss/v1/{'long-' * 60}?<b>=1", trust_env=False)
    return f"{bundle['bundle_uuid']}.{bundle['version']}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_phone_and_can_be_read(opened, filled, scheme):
    page = opened(viewport={"width": 320, "height": 640}, color_scheme=scheme)
    for place in (*PAGES, f"{LIST}?of={filled}"):
        page.goto(place)
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0, place
        assert page.evaluate(_CONTRAST) == [], place
    assert page.locator("img").count() == 0


def test_every_page_states_a_screen_reader_what_it_is(opened, filled):
    page = opened(viewport={"width": 390, "height": 844})
    for place in (*PAGES, f"{LIST}?of={filled}"):
        page.goto(place)
        for role in ("banner", "main", "contentinfo"):
            assert page.get_by_role(role).count() == 1, (place, role)
        assert page.get_by_role("navigation", name="Pages").count() == 1
        assert page.get_by_role("heading", level=1).count() == 1
        levels = page.eval_on_selector_all("h1,h2,h3,h4", "all => all.map(each => Number(each.tagName[1]))")
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), (place, levels)
        unnamed = "input:not([type=hidden]), select, textarea"
        assert page.eval_on_selector_all(unnamed, "all => all.filter(each => !each.labels.length).length") == 0
        assert page.eval_on_selector_all("[id]", "all => all.length - new Set(all.map(each => each.id)).size") == 0
    table = page.get_by_role("table")
    assert table.get_by_role("rowheader").count() == 1
    assert table.get_by_role("columnheader", name="SHA-256").count() == 1
    assert table.locator("caption").inner_text() == "Files of a bundle"


def test_by_keyboard_alone_a_fault_is_switched_on_and_has_its_effect(opened, sandbox: Sandbox):
    page = opened()
    page.goto("/_sandbox/pages/faults")
    seen: list[str] = []
    for _ in range(30):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.textContent.trim()"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", seen[-1]
        if seen[-1].startswith("All requests: 503"):
            break
    assert seen[:9] == [
        "Skip to the content", "omics sandbox", "Contents", "Requests", "Faults", "Settings", "Tokens",
        "Environment", "Remove all faults",
    ]  # fmt: skip
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text("Fault added.").wait_for()
    assert page.get_by_role("button", name="All requests: 503", pressed=True).count() == 1
    assert httpx.get(f"{sandbox.url}/dss/v1/bundles/all?replica=aws", trust_env=False).status_code == 503
    page.get_by_role("link", name="Requests").click()
    page.get_by_role("row", name="GET /dss/v1/bundles/all?replica=aws").get_by_text("503").wait_for()


def test_the_skip_link_refers_to_the_content(opened):
    page = opened()
    page.goto("/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_new_requests_appear_by_themselves(opened, sandbox: Sandbox):
    page = opened()
    page.clock.install()
    page.goto("/_sandbox/pages/requests")
    assert page.get_by_text("No requests yet.").count() == 1
    httpx.get(f"{sandbox.url}/dss/v1/bundles/all", trust_env=False)
    page.clock.fast_forward(6000)
    page.get_by_role("cell", name="refused: query parameter 'replica' is missing").wait_for()


def test_a_token_and_lines_are_made_without_a_script_and_copied_with_one(opened, sandbox: Sandbox):
    page = opened(permissions=["clipboard-read", "clipboard-write"])
    page.goto("/_sandbox/pages/tokens")
    page.get_by_label("Owner").fill("ada@example.org")
    page.get_by_role("button", name="Create token").click()
    token = page.get_by_label("New token").input_value()
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied.").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == token
    page.goto("/")
    page.get_by_role("button", name="Variables for fish").click()
    page.get_by_text("Variables for fish: copied.").wait_for()
    assert f"set -gx GEN3_ENDPOINT '{sandbox.gen3_url}'" in page.evaluate("navigator.clipboard.readText()")
    plain = opened(java_script_enabled=False)
    plain.goto("/_sandbox/pages/environment")
    plain.get_by_label("Shell").select_option("fish")
    plain.get_by_role("button", name="Create variables").click()
    assert f"set -gx GEN3_ENDPOINT '{sandbox.gen3_url}'" in plain.get_by_label("Variables for fish").input_value()
    assert plain.get_by_role("button", name="Copy").count() == 0
