"""Errors for misspelled words, and help on topics."""

import pytest
from omicsdk.cli.mistakes import did_you_mean
from omicsdk.cli.topics import TOPICS


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["dsss"], "Did you mean dss?"),
        (["DSS"], "Did you mean dss?"),
        (["dotcor"], "Did you mean doctor?"),
        (["download-manifest"], "Did you mean omics dss download-manifest?"),
        (["dss", "download-manifst"], "Did you mean download-manifest?"),
        (["sb", "fiels", "ls"], "Did you mean files?"),
        (["sb", "files", "uplaod"], "Did you mean upload?"),
        (["dss", "download", "--bundle-uid", "x"], "Did you mean --bundle-uuid?"),
        (["dss", "download", "--bundle_uuid", "x"], "Did you mean --bundle-uuid?"),
        (["--outptu", "json", "dss"], "Did you mean --output?"),
        (["--output", "jsno", "config", "list"], "Did you mean json?"),
        (["completion", "bsh"], "Did you mean bash?"),
        (["completion", "ZSH"], "Did you mean zsh?"),
        (["doctor", "gen"], "Did you mean gen3?"),
        (["dss", "download", "--bundle-uuid", "x", "--replica", "asw"], "Did you mean aws?"),
        (["help", "credential"], "Did you mean credentials?"),
        (["help", "Exit-Codes"], "Did you mean exit-codes?"),
        (["help", "topic"], "Did you mean topics?"),
        (["help", "dsss"], "Did you mean dss?"),
        (["help", "nothing"], "See: omics --help, or omics help topics"),
        (["topics"], "Did you mean omics help topics?"),
    ],
)
def test_what_was_meant_is_named(omics, words, meant):
    ran = omics(*words, installed=True)
    assert (ran.code, ran.out) == (2, "")
    assert meant in ran.err


@pytest.mark.parametrize("word", ["x", "qqqqqq", ""])
def test_nothing_is_made_up(word):
    assert did_you_mean(word, ["download", "upload"]) == ""


@pytest.mark.parametrize("name", [*TOPICS, "topics"])
def test_a_topic_has_help(omics, name):
    ran = omics("help", name, installed=True)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(TOPICS[name][0] if name in TOPICS else "Topics")
    assert all(len(line) <= 80 or line.startswith("    ") for line in ran.out.splitlines())


def test_topics_are_found_from_the_help(omics):
    assert "omics help topics" in omics("--help", installed=True).out
    listed = omics("help", "topics").out
    assert all(f"- {name}: " in listed for name in TOPICS)
    assert "unknown" in omics("help", "credntials").err
