"""Logins of web servers in the user's netrc file, which curl, wget and git read, too."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from omicsdk.core.credentials import Basic, is_confidential, origin_of
from omicsdk.core.logs import logger
from omicsdk.core.redaction import mask_url

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
