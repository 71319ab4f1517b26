"""Results as lines for users: they fit the terminal, and are complete."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.cli.doctor import Outcome
from omicsdk.cli.doctor.report import logins, outcomes
from omicsdk.cli.doctor.services import HOW_TO_GET, SERVICES, Login

FOUND = [
    Outcome("versions", "", "ok", "omicsdk 0.1.0, CPython 3.11.7, Linux 6.18.44 x86_64"),
    Outcome("disk", "here: /home/me/data", "ok", "58.7 GiB free, 15,695,464 files"),
    Outcome("disk", "settings: /home/me/of/a/folder/with/a/long/name", "warning", "can't be written", "Set HOME."),
    Outcome(
        "login",
        "sb: token",
        "failed",
        "http://127.0.0.1:8080/v2 answered 401: the login was refused (from SB_API_ENDPOINT and SB_AUTH_TOKEN)",
        HOW_TO_GET["sb"],
    ),
]
WORDS = st.lists(st.text("abc:/", min_size=1, max_size=30), max_size=8).map(" ".join)
OUTCOMES = st.builds(Outcome, WORDS, WORDS, st.sampled_from(["ok", "warning", "failed", "skipped"]), WORDS, WORDS)


def too_long(text, width):
    """The lines that a terminal would break, except for those of one word, which can be copied as it is."""
    return [line for line in text.splitlines() if len(line) > width and len(line.split()) > 1]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_lines_fit_the_terminal(width):
    found = [Login("sb", "profile cgc", "/home/me/.sevenbridges/credentials", "https://cgc-api.sbgenomics.com/v2")]
    assert too_long(outcomes(FOUND, width), width) == []
    assert too_long(logins(found, SERVICES, width), width) == []


@given(st.lists(OUTCOMES, max_size=4), st.integers(40, 120))
def test_no_word_is_lost_at_any_width(found, width):
    words = outcomes(found, width).split()
    for outcome in found:
        for text in (outcome.probe, outcome.subject, outcome.found, outcome.remedy):
            assert all(word in words for word in text.split())


def test_a_wide_terminal_has_a_line_for_each_and_its_remedy_below():
    lines = outcomes(FOUND, 400).splitlines()
    assert lines[0].split() == ["ok", "versions", *FOUND[0].found.split()]
    assert lines[3] == "         > Set HOME."
    assert len(lines) == len(FOUND) + 2 + 2
    assert lines[0].index("omicsdk") == lines[1].index("58.7")


def test_one_remedy_of_several_failures_is_printed_once():
    failures = [Outcome("public", name, "warning", "no response", "Check the network.") for name in ("azul", "gdc")]
    lines = outcomes([*failures, Outcome("public", "s3", "ok", "can be reached", seconds=0.25)], 100).splitlines()
    assert [line.split()[0] for line in lines[:4]] == ["WARNING", "WARNING", ">", "ok"]
    assert lines[3].endswith("can be reached (0.25 s)")


def test_what_is_found_stays_in_its_column_where_that_has_room():
    lines = outcomes(FOUND[:2], 72).splitlines()
    at = lines[0].index("omicsdk")
    begun = [line[:at].strip() for line in lines[:-2]]
    assert begun == ["ok  versions", "", "ok  disk      here: /home/me/data"]
    assert lines[1][at:] == "6.18.44 x86_64"


def test_a_narrow_terminal_has_it_below():
    lines = outcomes(FOUND[1:3], 40).splitlines()
    assert lines[:2] == ["ok       disk  here: /home/me/data", "         58.7 GiB free, 15,695,464 files"]
    assert "         /home/me/of/a/folder/with/a/long/name" in lines
