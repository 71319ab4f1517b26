"""Links between pages lead somewhere."""

from pathlib import Path

import pytest
from building.links import lost_links, pages

ROOT = Path(__file__).parents[2]


@pytest.fixture
def page(tmp_path: Path) -> Path:
    (tmp_path / "other page.md").write_text("# What it is: `x`\n\n```sh\n# no heading\n```\n## Twice\n## Twice\n")
    return tmp_path / "page.md"


@pytest.mark.parametrize(
    "link",
    [
        "[x](other%20page.md)",
        "[x](<other%20page.md#what-it-is-x>)",
        "[x](other%20page.md#twice-1)",
        "[x](#here)",
        "[x]: #here",
        "[x](https://example.org/gone.md)",
        "[x](mailto:a@example.org)",
        "`[x](gone.md)`",
        "```\n[x](gone.md)\n```",
    ],
)
def test_links_that_lead_somewhere(page: Path, link: str):
    page.write_text(f"# Here\n\n{link}\n")
    assert not list(lost_links(page))


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("[x](gone.md)", "gone.md"),
        ('![x](gone.png "title")', "gone.png"),
        ("[x]: gone.md", "gone.md"),
        ("[x](#gone)", "#gone"),
        ("[x](other%20page.md#no-heading)", "other%20page.md#no-heading"),
        ("[x](other%20page.md#twice-2)", "other%20page.md#twice-2"),
    ],
)
def test_links_that_lead_nowhere(page: Path, text: str, lost: str):
    page.write_text(f"# Here\n\n{text}\n")
    assert list(lost_links(page)) == [lost]


@pytest.mark.parametrize("page", pages(ROOT), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_no_page_has_a_link_that_leads_nowhere(page: Path):
    assert not list(lost_links(page))
