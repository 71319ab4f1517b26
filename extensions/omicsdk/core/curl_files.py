"""Files of curl's users: the downloads in a config file (`curl --config`), and the logins in a netrc file."""

from __future__ import annotations

import re
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import islice, product
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from omicsdk.core.credentials import Basic, is_confidential, origin_of
from omicsdk.core.logs import logger
from omicsdk.core.redaction import mask_url

_HEAD = re.compile(r'--(?:create-dirs|compressed|location|globoff|fail)\s*\Z|(?:--)?(?:url|output)\s*=\s*"')
# Lines within which one shows that a file is a configuration of curl.
_HEAD_LINES = 20
# Names may have their dashes. What follows a value, such as a comment, is no part of it.
_VALUE = re.compile(
    r'\s*(?:(?:--)?(url|output|output-dir|range)(?=[\s=:])|-([or]))[\s=:]*(?:"((?:[^"\\]|\\.)*)"?|(\S+))'
)
_MARK = re.compile(r"\s*(?:(?:--)?(remote-name|next|(?:no-)?globoff)|-([O:g]))(?:\s|\Z)")
_LONG = {"o": "output", "r": "range", "O": "remote-name", ":": "next", "g": "globoff"}
# What curl takes several URLs from, unless globoff is set: [1-9], [01-99:2], [a-f], {one,two}; and characters that are meant as such.
_GLOB = re.compile(
    r"\\([\[\]{}])|\[(?:(?P<first>[0-9]{1,18})-(?P<last>[0-9]{1,18})|([a-zA-Z])-([a-zA-Z]))(?::(?P<step>[1-9][0-9]{0,8}))?\]"
    r"|\{(?P<names>[^{}]*)\}"
)
# Most URLs of a range: a longer one is taken as it is written.
_MOST = 1_000_000
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "v": "\v"}


class CurlDownload(NamedTuple):
    """A download in a configuration.

    Attributes:
        line: The line of its `url`, from 1.
        url: The URL.
        output: The path that curl would write in its folder; empty if none is stated.
        is_part: Whether only a range of its bytes is requested.
        folder: The folder that it is written to; empty if none is stated, or nothing is written.
    """

    line: int
    url: str
    output: str
    is_part: bool = False
    folder: str = ""

    @property
    def path(self) -> str:
        """The path that curl would write; empty if no more than the name in the URL is stated."""
        name = self.output or unquote(re.split("[?#]", self.url)[0]).rpartition("/")[2]
        return f"{self.folder}/{name}" if self.folder and name else self.output


def is_curl_config(lines: Iterable[str]) -> bool:
    """Return whether a file is a configuration of curl.

    Args:
        lines: Its first lines that are not blank; more than 20 are not read.
    """
    return any(_HEAD.match(line) for line in islice(lines, _HEAD_LINES))


class CurlOperation(NamedTuple):
    """What curl applies to all URLs up to `next`, also to those above the line that states it.

    Attributes:
        globs: Whether a URL stands for several if it has ranges and lists.
        is_part: Whether only a range of bytes is requested.
        folder: The folder of its outputs; empty if none is stated.
    """

    globs: bool = True
    is_part: bool = False
    folder: str = ""


_PLAIN = CurlOperation()


def _options(lines: Iterable[str]) -> Iterator[tuple[int, str, str]]:
    """Yield the number of the line, the long name and the value of the options that concern downloads."""
    for number, line in enumerate(lines, 1):
        if match := _VALUE.match(line):
            value = match[4] or re.sub(r"\\(.)", lambda mark: _ESCAPES.get(mark[1], mark[1]), match[3] or "")
            yield number, match[1] or _LONG[match[2]], value
        elif match := _MARK.match(line):
            yield number, match[1] or _LONG[match[2]], ""


def curl_operations(lines: Iterable[str]) -> list[CurlOperation]:
    """Return the operations of a configuration.

    Args:
        lines: All its lines.
    """
    operations, has_url = [_PLAIN], False
    for _, name, value in _options(lines):
        if name == "url":
            has_url = True
        elif name == "next" and has_url:  # without one, curl ignores it
            operations.append(_PLAIN)
            has_url = False
        elif name == "range":
            operations[-1] = operations[-1]._replace(is_part=True)
        elif name == "output-dir":
            operations[-1] = operations[-1]._replace(folder=value.rstrip("/") or value)
        elif name.endswith("globoff"):
            operations[-1] = operations[-1]._replace(globs=name != "globoff")
    return operations


def curl_downloads(lines: Iterable[str], operations: Iterable[CurlOperation]) -> Iterator[CurlDownload]:
    """Yield the downloads of a configuration, one for each URL that a range or list in one stands for; other options and
    comments are skipped.

    Args:
        lines: All its lines.
        operations: Its operations, which are read before, so that a long list is never in memory.
    """
    # As in curl, the first name is that of the first URL, whichever line is above the other.
    downloads, outputs, has_url = deque[CurlDownload](), deque[str](), False
    following = iter(operations)
    operation = next(following)
    for number, name, value in _options(lines):
        if name == "url":
            downloads.append(CurlDownload(number, value, "", operation.is_part))
            has_url = True
        elif name in ("output", "remote-name"):
            outputs.append(value)
        elif name == "next" and has_url:
            yield from _each(downloads, operation.globs)
            downloads.clear()
            outputs.clear()
            has_url, operation = False, next(following)
        while downloads and outputs:
            named = downloads.popleft()._replace(output=outputs.popleft(), folder=operation.folder)
            yield from _each([named], operation.globs)
    yield from _each(downloads, operation.globs)


def _each(downloads: Iterable[CurlDownload], globs: bool) -> Iterator[CurlDownload]:
    """Yield the downloads that the ranges and lists in URLs stand for; #1 in an output is the first one's value."""
    for download in downloads:
        marks = list(_GLOB.finditer(download.url)) if globs else []
        if not marks:
            yield download
            continue
        # Texts and alternatives take turns.
        choices, position = list[list[str]](), 0
        for match in marks:
            choices += [[download.url[position : match.start()]], _alternatives(match)]
            position = match.end()
        numbers = [2 * at + 1 for at, match in enumerate(marks) if not match[1]]
        for pieces in product(*choices):
            values = {f"#{place}": pieces[number] for place, number in enumerate(numbers, 1)}
            output = re.sub("#[0-9]+", lambda mark, values=values: values.get(mark[0], mark[0]), download.output)
            yield download._replace(url="".join(pieces) + download.url[position:], output=output)


def _alternatives(match: re.Match[str]) -> list[str]:
    first, last, names, step = match["first"], match["last"], match["names"], int(match["step"] or 1)
    if match[1]:
        return [match[1]]
    if names is not None:
        return names.split(",")
    if first is None:
        return [chr(code) for code in range(ord(match[4]), ord(match[5]) + 1, step)] or [match[0]]
    numbers = range(int(first), int(last) + 1, step)
    return [f"{number:0{len(first)}}" for number in numbers] if 0 < len(numbers) <= _MOST else [match[0]]


_log = logger("omicsdk.netrc")

# As curl reads them. The module netrc refuses whole files: of a line "#machine ...", of a macro without an empty line after it.
_ENTRY = re.compile(
    r"""(?sx) \#[^\n]* | macdef\s.*?(?:\n[ \t]*\r?\n|\Z) | (default)(?!\S)
    | (machine|login|user|account|password)\s+(?:"((?:\\.|[^"\\])*)"|(\S+)) | (\S+)"""
)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}


class Netrc:
    """The logins in a netrc file: that of `NETRC`, or `~/.netrc` (on Windows also `~/_netrc`). It is read at the first use.

    The entry `default` is not used: any list may name a host, which would get that password.

    Args:
        environ: The environment's variables.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def headers(self, url: str, user: str = "") -> dict[str, str]:
        """Return the header of the login for a URL: of an entry for its host, over https, or http to this machine.

        A signed URL needs no other login; S3 refuses a request with both.

        Args:
            url: An absolute URL, without a login.
            user: The user whose login it is; by default that of the host's first entry.
        """
        if not self._logins or not is_confidential(url) or ("?" in url and mask_url(url) != url):
            return {}
        host = origin_of(url).partition("://")[2].rpartition(":")[0].strip("[]")
        logins = self._logins.get(host, ())
        login = next((login for login in logins if user in ("", login[0])), None)
        return dict(Basic(*login).headers("GET", url)) if login else {}

    @cached_property
    def _logins(self) -> dict[str, list[tuple[str, str]]]:
        path = self._path()
        if path is None:
            return {}
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, ValueError) as error:
            _log.warning("the logins in %s are not used: %s", path, error)
            return {}
        hosts, entry = dict[str, list[dict[str, str]]](), dict[str, str]()
        for match in _ENTRY.finditer(text):
            default, name, quoted, value, unknown = match.groups()
            if unknown:  # not shown: it may be a password
                line = text.count("\n", 0, match.start()) + 1
                _log.warning("%s: a word in line %d is not valid, and is ignored", path, line)
                continue
            value = value or re.sub(r"(?s)\\(.)", lambda escape: _ESCAPED.get(escape[1], escape[1]), quoted or "")
            if default or name == "machine":
                entry = {}
            if name == "machine":
                hosts.setdefault(value.lower(), []).append(entry)
            elif name:
                entry["login" if name == "user" else name] = value
        return {
            host: [(entry.get("login", ""), entry.get("password", "")) for entry in entries if entry]
            for host, entries in hosts.items()
        }

    def _path(self) -> Path | None:
        if stated := self._environ.get("NETRC"):
            return Path(stated)
        names = (".netrc", "_netrc") if sys.platform == "win32" else (".netrc",)
        try:
            home = Path.home()
        except RuntimeError:  # an account without a home
            return None
        return next((path for name in names if (path := home / name).is_file()), None)
