"""Configurations of curl: their URLs, ranges of URLs, and outputs."""

import pytest
from omicsdk.core.curl_config import curl_downloads


def downloads(*lines: str) -> list[tuple[str, str]]:
    return [(download.url, download.output) for download in curl_downloads(lines)]


@pytest.mark.parametrize(
    ("url", "output", "pairs"),
    [
        (
            "https://h/f[1-3]",
            "x#1.bam",
            [("https://h/f1", "x1.bam"), ("https://h/f2", "x2.bam"), ("https://h/f3", "x3.bam")],
        ),
        ("https://h/f[08-10:2]", "#1", [("https://h/f08", "08"), ("https://h/f10", "10")]),
        (
            "https://h/{a,b}/[x-y]",
            "#2#1#3",
            [
                ("https://h/a/x", "xa#3"),
                ("https://h/a/y", "ya#3"),
                ("https://h/b/x", "xb#3"),
                ("https://h/b/y", "yb#3"),
            ],
        ),
        ("https://[::1]/f", "a", [("https://[::1]/f", "a")]),
        ("https://h/\\\\[1-2\\\\][1-1]", "#1", [("https://h/[1-2]1", "1")]),
        ("https://h/[3-1]", "#1", [("https://h/[3-1]", "[3-1]")]),
        ("https://h/[y-x]", "#1", [("https://h/[y-x]", "[y-x]")]),
        ("https://h/[10-9]{8}", "#2", [("https://h/[10-9]8", "8")]),
        ("https://h/[1-99999999999]", "a", [("https://h/[1-99999999999]", "a")]),
    ],
)
def test_a_range_in_a_url_stands_for_several(url: str, output: str, pairs: list[tuple[str, str]]) -> None:
    assert downloads(f'url = "{url}"', f'output = "{output}"') == pairs


def test_without_globbing_a_url_is_as_it_is_written() -> None:
    lines = ['url = "https://h/[1-2]"', 'output = "a"']
    assert downloads("--globoff", *lines) == [("https://h/[1-2]", "a")]
    assert len(downloads("--globoff", *lines, "next", *lines)) == 3


def test_a_range_of_bytes_is_noted_for_its_operation() -> None:
    lines = ['url = "https://h/a"', "range = 0-99", "fail", "-O", "next", 'url = "https://h/b"', "-O"]
    assert [download.is_part for download in curl_downloads(lines)] == [True, False]


def test_a_next_without_a_url_is_ignored() -> None:
    assert downloads("output = a", "next", "url = https://h/b", "next", "output = c", "url = https://h/d") == [
        ("https://h/b", "a"),
        ("https://h/d", "c"),
    ]
