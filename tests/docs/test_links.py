"""Pages link to, and name, what exists; their tables have headers."""

from pathlib import Path

import pytest
from building.links import broken_tables, lost_code, lost_links, pages

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


@pytest.mark.parametrize(
    "span",
    [
        "docs/index.md",
        "network/plan.py",
        "specs/<service>/overlay.yaml",
        "specs/*/overlay.yaml",
        "cli/index/SERVICE.py",
        "tests/unit/",
        "reads/a.fastq.gz",
        "omicsdk.core.Retry.attempts",
        'omicsdk.open("sb://…")',
        "import omicsdk.compat.hca as hca",
    ],
)
def test_code_spans_of_what_exists(page: Path, span: str):
    page.write_text(f"# Here\n\nIn `{span}`.\n\n```sh\nls docs/gone.md\n```\n")
    assert not list(lost_code(page))


@pytest.mark.parametrize(
    "span",
    [
        "docs/gone.md",
        "network/heads.py",
        "specs/*/gone.yaml",
        "tests/transfer/durability",
        "omicsdk.core.gone",
        "omicsdk.Dss.gone()",
    ],
)
def test_code_spans_of_what_does_not_exist(page: Path, span: str):
    page.write_text(f"# Here\n\nIn `{span}`.\n")
    assert list(lost_code(page)) == [span]


def test_a_row_behind_a_blank_line_is_no_table(page: Path):
    page.write_text("| a | b |\n|---|---|\n| c | d |\n\n| e | f |\n\n```text\n| x |\n```\n")
    assert list(broken_tables(page)) == ["| e | f |"]


@pytest.mark.parametrize("page", pages(ROOT), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_names_and_tables_of_every_page_are_right(page: Path):
    assert [*lost_links(page), *lost_code(page), *broken_tables(page)] == []
