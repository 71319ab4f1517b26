"""`make release` commits a version whole, built and checked, or leaves the branch as it was."""

import re
from datetime import date
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DAY = date(2026, 11, 25)
NOTES = "# Changelog\n\nProse.\n\n## [Unreleased]\n\n- `thing`.\n"
CLOSED = "# Changelog\n\nProse.\n\n## [0.1.0] - 2026-11-25\n\n- `thing`.\n"


@pytest.mark.parametrize(
    ("changelog", "version", "reason"),
    [
        (NOTES, "0.1", "'0.1' is no version"),
        (NOTES, "v0.1.0", "'v0.1.0' is no version"),
        (NOTES.replace("- `thing`.\n", ""), "0.1.0", "nothing to release"),
        ("# Changelog\n", "0.1.0", "nothing to release"),
        (CLOSED, "0.2.0", "nothing to release"),
        (CLOSED.replace("[0.1.0]", "[0.10.0]"), "0.10.0", r"0\.10\.0 is not above 0\.10\.0"),
        (CLOSED.replace("[0.1.0]", "[0.10.0]"), "0.9.0", r"0\.9\.0 is not above 0\.10\.0"),
    ],
)
def test_a_version_without_notes_or_out_of_order_is_refused(changelog, version, reason):
    from release import Refused, closed

    with pytest.raises(Refused, match=reason):
        closed(changelog, version, DAY)


def test_every_file_that_states_the_version_is_changed():
    from release import VERSION_PATTERNS, stating

    version_pattern = re.compile(r"(?<![\d.])9\.8\.7(?![\d.])")
    for path, pattern in VERSION_PATTERNS.items():
        old = (ROOT / path).read_text(encoding="utf-8")
        new = stating(old, pattern, "9.8.7")
        changed = [line for was, line in zip(old.splitlines(), new.splitlines(), strict=True) if was != line]
        assert changed
        assert all(version_pattern.search(line) for line in changed)
