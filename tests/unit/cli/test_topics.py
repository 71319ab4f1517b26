"""Topics of help: the words that they are found by, and their texts."""

import pytest
from omicsdk.cli.topics import ARCHIVES, TOPICS, archive, topic_help
from omicsdk.portals.formats import FORMATS


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gdc", ["TCGA", "target", "cptac", "nci"]),
        ("ena", ["SRA", "geo", "ddbj", "ncbi"]),
        ("zenodo", ["figshare", "Dataverse", "pride", "metabolights"]),
        ("files", ["uri", "file", "names"]),
        ("exit-codes", ["codes", "exit"]),
        ("lists", ["list", "formats", "csv"]),
        ("downloads", ["transfers", "checksums", "accession"]),
    ],
)
def test_a_topic_is_found_by_other_words(name: str, words: list[str]):
    for word in words:
        assert topic_help(word, 80) == topic_help(name, 80) != ""


@pytest.mark.parametrize("word", ["nothing", "", "gdc,"])
def test_other_words_have_no_topic(word: str):
    assert (topic_help(word, 80), archive(word)) == ("", "")


def test_all_topics_are_listed_a_line_each():
    title, _, topics, _, archives = topic_help("topics", 200).removesuffix("\n").split("\n\n")
    assert title == "Topics"
    assert "- files: names of files" in topics.splitlines()
    for listed, names in ((topics, TOPICS), (archives, ARCHIVES)):
        assert [line.partition(":")[0].removeprefix("- ") for line in listed.splitlines()] == [*names]


def test_a_text_begins_with_its_line_and_keeps_its_paragraphs():
    text = topic_help("settings", 80)
    assert text.startswith("Settings files and variables\n\nomics config list shows")
    assert "\n\n    omics config set dss.download.replica aws\n\n" in text
    assert text.endswith(" takes precedence.\n")


def test_the_topic_of_lists_ends_with_the_formats():
    formats = topic_help("lists", 200).removesuffix("\n").rpartition("\n\n")[2]
    assert formats.splitlines() == [f"- {entry.name}: {entry.title}" for entry in FORMATS]
