"""Configuration files of curl as lists of downloads: each `url` with its `output`."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

_HEAD = re.compile(r'--(?:create-dirs|compressed|location|globoff|fail)\s*\Z|(?:--)?(?:url|output)\s*=\s*"')
# Lines within which one shows that a file is a configuration of curl.
_HEAD_LINES = 20
# Names may have their dashes. What follows a value, such as a comment, is no part of it.
_VALUE = re.compile(r'\s*(?:(?:--)?(url|output)(?=[\s=:])|-o)[\s=:]*(?:"((?:[^"\\]|\\.)*)"?|(\S+))')
_MARK = re.compile(r"\s*(?:(?:--)?(remote-name|next)|-O|(-:))(?:\s|\Z)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "v": "\v"}


class CurlDownload(NamedTuple):
    """A download in a configuration.

    Attributes:
        line: The line of its `url`, from 1.
        url: The URL.
        output: The path that curl would write; empty if none is stated.
    """

    line: int
    url: str
    output: str


def is_curl_config(lines: Iterable[str]) -> bool:
    """Return whether a file is a configuration of curl.

    Args:
        lines: Its first lines that are not blank; more than 20 are not read.
    """
    return any(_HEAD.match(line) for line in islice(lines, _HEAD_LINES))


def curl_downloads(lines: Iterable[str]) -> Iterator[CurlDownload]:
    """Yield the downloads of a configuration; other options and comments are skipped.

    Args:
        lines: All its lines.
    """
    # As in curl, the first name is that of the first URL, whichever line is above the other.
    downloads, outputs, has_url = deque[CurlDownload](), deque[str](), False
    for number, line in enumerate(lines, 1):
        match = _VALUE.match(line) or _MARK.match(line)
        if match is None:
            continue
        if match[1] == "next" or (match.re is _MARK and match[2]):
            if has_url:  # without one, curl ignores it
                yield from downloads
                downloads.clear()
                outputs.clear()
                has_url = False
        elif match.re is _MARK:
            outputs.append("")
        else:
            value = match[3] or re.sub(r"\\(.)", lambda mark: _ESCAPES.get(mark[1], mark[1]), match[2] or "")
            if match[1] == "url":
                downloads.append(CurlDownload(number, value, ""))
                has_url = True
            else:
                outputs.append(value)
        while downloads and outputs:
            yield downloads.popleft()._replace(output=outputs.popleft())
    yield from downloads
