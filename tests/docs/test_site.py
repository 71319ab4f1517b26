"""The manual as a site: it is built without a warning, its links lead somewhere, and it can be read on a telephone."""

import importlib.util
import json
import shutil
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from building.docstrings import fenced
from building.hooks import LINK, OUTSIDE, footer, from_docs, from_top
from building.python_pages import PACKAGES, Package, by_need, names
from building.site import build, lost_in_site
from quiet_server import serving_files

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SAMPLE = [
    "index", "start", "tutorials/index", "tutorials/seven-bridges", "how-to/move-a-terabyte", "coming-from-gen3",
    "reference/commands/index", "reference/commands/dss", "reference/python/transfer", "reference/environment",
    "reference/errors", "architecture", "performance", "reliability", "design/transfer", "changelog",
]  # fmt: skip

PAGES_BY_QUERY = {
    "conda": "help/environments.html",
    "uninstall": "help/environments.html",
    "data frame": "notebooks.html",
    "h5ad": ".html",
}
"""What a reader searches for, and a page among the first five results."""

pytestmark = pytest.mark.timeout(600)  # a test may wait for the site, which another process builds


@pytest.fixture(scope="session")
def site(once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """The built site; processes of one run share it."""

    def make(folder: Path) -> None:
        assert build(folder) == []

    return once("site", make)


def test_every_link_of_the_site_leads_somewhere_and_nothing_is_fetched_from_elsewhere(site: Path):
    assert lost_in_site(site) == []


def test_the_reference_describes_arguments_that_methods_share(site: Path):
    page = (site / "reference" / "python" / "compat.sevenbridges.html").read_text(encoding="utf-8")
    assert page.count("Records per page") > 20


def test_the_search_knows_every_page(site: Path):
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    locations = {entry["location"].partition("#")[0] for entry in index["docs"]}
    pages = {path.relative_to(site).as_posix() for path in site.rglob("*.html")} - {"404.html"}
    assert {name or "index.html" for name in locations} == pages
    assert len(pages) > 70


def test_the_search_finds_the_quickstart(site: Path):
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    locations = [entry["location"] for entry in index["docs"] if "quickstart" in entry["title"].lower()]
    assert "start.html" in locations


def test_a_page_has_the_version_and_its_neighbours(site: Path):
    text = (site / "tutorials" / "gen3.html").read_text(encoding="utf-8")
    assert f"omicsdk {version('omicsdk')}" in text
    assert 'href="seven-bridges.html" class="md-footer__link md-footer__link--prev"' in text
    assert 'href="drs.html" class="md-footer__link md-footer__link--next"' in text


def test_the_footer_links_to_the_repository_that_the_project_states():
    project = {"name": "omicsdk", "version": "1.2", "license": "Apache-2.0"}
    assert footer(project) == "omicsdk 1.2, Apache-2.0"
    linked = footer({**project, "urls": {"Repository": "https://git.example.org/omicsdk"}})
    assert linked == 'omicsdk 1.2, Apache-2.0, <a href="https://git.example.org/omicsdk">repository</a>'


def test_clients_come_first_in_the_reference_and_errors_last():
    assert [name.name for name in by_need(names("omicsdk.sb"))] == [
        "SevenBridges", "AsyncSevenBridges", "Entry", "SbPath", "LocalFileExists", "StillRunning", "WrongPath",
    ]  # fmt: skip
    assert [name.name for name in by_need(names("omicsdk.portals"), ("get",))][:2] == ["get", "FORMATS"]


@pytest.mark.parametrize(
    "package", [package for package in PACKAGES if package.first], ids=lambda package: package.module
)
def test_what_programs_begin_with_is_public(package: Package):
    assert set(package.first) <= {name.name for name in names(package.module)}


def test_every_page_of_the_manual_can_be_found_by_its_navigation(site: Path):
    text = (site / "index.html").read_text(encoding="utf-8")
    pages = [path.relative_to(site).as_posix() for path in site.rglob("*.html") if path.name != "404.html"]
    assert [page for page in pages if f'href="{page}"' not in text] == []


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with serving_files(site) as url:
        yield url


@pytest.mark.skipif(
    CHROMIUM is None or importlib.util.find_spec("playwright") is None, reason="Chromium or playwright isn't installed"
)
def test_pages_fit_on_a_telephone_and_search_finds(address: str):
    from playwright.sync_api import sync_playwright

    urls: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
        page.on("request", lambda request: urls.append(request.url))
        for name in SAMPLE:
            page.goto(f"{address}/{name}.html")
            wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wider == 0, f"{name} is {wider} pixels wider than a telephone"
        page.goto(f"{address}/start.html")
        assert page.locator(".md-content pre").count() > 5
        page.locator("button.md-code__button[data-md-type='copy']").first.wait_for()
        page.set_viewport_size({"width": 1280, "height": 900})
        page.locator(".md-search__input").fill("download-manifest")
        page.locator(".md-search-result__link").first.wait_for()
        assert "download-manifest" in page.locator(".md-search-result").inner_text()
        assert page.get_by_role("dialog", name="Search").count() == 1
        for words, expected in PAGES_BY_QUERY.items():
            page.goto(f"{address}/index.html")
            page.locator(".md-search__input").fill(words)
            page.locator(".md-search-result__link").first.wait_for()
            links = page.locator(".md-search-result__item > .md-search-result__link").all()
            pages = [(link.get_attribute("href") or "").partition("?")[0].partition("#")[0] for link in links[:5]]
            assert any(page_.endswith(expected) for page_ in pages), (words, pages)
        browser.close()
    assert [url for url in urls if not url.startswith((address, "data:", "blob:"))] == []


def test_what_is_wrong_with_a_site_is_told(tmp_path: Path):
    (tmp_path / "a.html").write_text(
        '<h1 id="here"></h1><a href="#here"></a><a href="b.html#there"></a><a href="gone.html"></a>'
        '<a href="https:///x"></a><script src="https://cdn.example.org/x.js"></script><a href="https://example.org/y"></a>'
    )
    (tmp_path / "b.html").write_text("<h1>x</h1>")
    assert lost_in_site(tmp_path) == [
        "a.html: b.html#there leads to no heading",
        "a.html: gone.html leads nowhere",
        "a.html: https:///x is no address",
        "a.html: https://cdn.example.org/x.js is fetched from elsewhere",
    ]


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("[x](docs/design.md#a)", "[x](design.md#a)"),
        ("[x](CHANGELOG.md)", "[x](changelog.md)"),
        ("[x](LICENSE)", "x"),
        ("[x](https://example.org/)", "[x](https://example.org/)"),
    ],
)
def test_links_of_pages_at_the_top_lead_into_the_manual(text: str, there: str):
    assert LINK.sub(from_top, text) == there


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("[x](../README.md)", "[x](index.md)"),
        ("[x](../../CONTRIBUTING.md#style)", "[x](../contributing.md#style)"),
        ("[x](../examples/reads.py)", "x"),
        ("[x](../start.md)", "[x](../start.md)"),
        ("[x](gone.md)", "[x](gone.md)"),
    ],
)
def test_links_out_of_docs_lead_to_what_the_manual_has(text: str, there: str):
    assert LINK.sub(from_docs, text) == there


def test_pages_at_the_top_that_there_are_belong_to_the_manual():
    assert {"CHANGELOG.md", "CONTRIBUTING.md"} <= {name for name in OUTSIDE if (ROOT / name).exists()}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("What.\n\nfrom a import b\n\nb()\n\nMore.", "What.\n\n```python\nfrom a import b\n\nb()\n```\n\nMore."),
        ("Args:\n    a: What (b).", "Args:\n    a: What (b)."),
        ("Pure.", "Pure."),
        ("with a as b:\n    b.c()\nd = e()", "```python\nwith a as b:\n    b.c()\nd = e()\n```"),
        ("with nothing else", "with nothing else"),
        (
            "What.\n\nExample:\n    a = b\n\n    c(a)",
            "What.\n\nExample:\n    ```python\n    a = b\n\n    c(a)\n    ```",
        ),
    ],
)
def test_examples_in_docstrings_become_code(text: str, code: str):
    assert fenced(text) == code
