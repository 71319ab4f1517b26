"""Logins of web servers in the user's netrc file, which curl, wget and git read, too."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from omicsdk.core.credentials import Basic, is_confidential, origin_of
from omicsdk.core.logs import logger
from omicsdk.core.redaction import mask_url

_log = logger("omicsdk.netrc")


class Netrc:
    """The logins in a netrc file: that of `NETRC`, or `~/.netrc` (on Windows also `~/_netrc`). It is read at the first use.

    The entry `default` is not used: any list may name a host, which would get that password.

    Args:
        environ: The environment's variables.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def headers(self, url: str) -> dict[str, str]:
        """Return the header of the login for a URL: of an entry for its host, over https, or http to this machine.

        A signed URL needs no other login; S3 refuses a request with both.

        Args:
            url: An absolute URL, without a login.
        """
        if not self._logins or not is_confidential(url) or ("?" in url and mask_url(url) != url):
            return {}
        host = origin_of(url).partition("://")[2].rpartition(":")[0].strip("[]")
        login = self._logins.get(host)
        return dict(Basic(*login).headers("GET", url)) if login else {}

    @cached_property
    def _logins(self) -> dict[str, tuple[str, str]]:
        path = self._path()
        if path is None:
            return {}
        import netrc

        try:
            hosts = netrc.netrc(path).hosts
        except netrc.NetrcParseError as error:
            # Not its message, in which a password may be.
            _log.warning("the logins in %s are not used: line %s is not valid", path, error.lineno)
            return {}
        except (OSError, ValueError) as error:
            _log.warning("the logins in %s are not used: %s", path, error)
            return {}
        return {host.lower(): (login, password) for host, (login, _, password) in hosts.items() if host != "default"}

    def _path(self) -> Path | None:
        if stated := self._environ.get("NETRC"):
            return Path(stated)
        names = (".netrc", "_netrc") if sys.platform == "win32" else (".netrc",)
        try:
            home = Path.home()
        except RuntimeError:  # an account without a home
            return None
        return next((path for name in names if (path := home / name).is_file()), None)
