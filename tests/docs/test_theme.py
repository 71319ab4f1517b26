"""The manual's colours can be read: contrast by WCAG 2.1 of each text colour with what is behind it."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

DOCS = Path(__file__).parents[2] / "docs"
CSS = (DOCS / "assets" / "manual.css").read_text(encoding="utf-8")
LEAST = 4.5
"""Contrast that WCAG 2.1 AA requires of text."""
BEHIND = {
    "--md-default-bg-color": (
        "--md-default-fg-color",
        "--md-default-fg-color--light",
        "--md-typeset-color",
        "--md-typeset-a-color",
        "--md-accent-fg-color",
    ),
    "--md-code-bg-color": (
        "--md-code-fg-color",
        "--md-default-fg-color",  # names and headings of tables
        "--md-default-fg-color--light",  # comments and punctuation
        "--md-typeset-a-color",  # linked code
        *(f"--md-code-hl-{name}-color" for name in ("keyword", "string", "number", "function", "constant", "special")),
    ),
    "--md-primary-fg-color": ("--md-primary-bg-color", "--md-primary-bg-color--light"),  # the header
    "--md-footer-bg-color": ("--md-footer-fg-color", "--md-footer-fg-color--light"),
    "--md-footer-bg-color--dark": ("--md-footer-fg-color", "--md-footer-fg-color--light"),
}
"""Each ground with the colours of the texts on it."""


def colours(scheme: str) -> dict[str, str]:
    """Return the colours that the style sheet states for a scheme."""
    block = re.search(rf'^\[data-md-color-scheme="{scheme}"\] {{\n(.*?)^}}', CSS, re.MULTILINE | re.DOTALL)
    assert block, scheme
    return dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6,8});", block[1]))


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb`."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21."""
    darker, lighter = sorted(map(luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(
    ("one", "other", "expected"), [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48), ("#123456", "#123456", 1)]
)
def test_contrasts_are_computed_as_the_standard_does(one: str, other: str, expected: float):
    assert contrast(one, other) == contrast(other, one) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("scheme", ["default", "slate"])
def test_texts_can_be_read(scheme: str):
    of = colours(scheme)
    ratios = {(text, ground): contrast(of[text], of[ground]) for ground, texts in BEHIND.items() for text in texts}
    assert {pair: round(ratio, 2) for pair, ratio in ratios.items() if ratio < LEAST} == {}


def test_both_schemes_state_the_same_colours():
    assert colours("default").keys() == colours("slate").keys()


def test_the_logo_needs_nothing_else():
    root = ElementTree.parse(DOCS / "assets" / "logo.svg").getroot()
    assert root.get("viewBox") == "0 0 64 64"
    assert not [name for element in root.iter() for name in element.attrib if "href" in name]
