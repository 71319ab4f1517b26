"""URIs of files on any platform, paths of this machine, and the store of each scheme, opened by URI with the options of a user.

Names are used in a URI as they are: nothing is percent-encoded, spaces, `#` and `?` are parts of names. Only drs://
differs, whose standard asks for percent-encoding after a host; its store reads it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from omicsdk.core.closing import Closing
from omicsdk.core.frozen import NamedTuple
from omicsdk.core.likeness import did_you_mean
from omicsdk.core.redaction import mask_url
from omicsdk.fs.errors import WrongOption, WrongUri
from omicsdk.transfer.names import LONGEST

if TYPE_CHECKING:
    from omicsdk.fs.store import Store

# At least two characters: a single letter is a drive of Windows.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_ODD = re.compile("[\x00\ud800-\udfff]")
# The same, without those that stand for bytes of a local name that are not UTF-8.
_ODD_IN_PATH = re.compile("[\x00\ud800-\udc7f\udd00-\udfff]")
# Bytes that are left of a name that is too long for this machine.
_LONGEST_END = 100
# A path below a folder of which no part is empty or a dot.
_TIDY = re.compile(r"(?:(?!\.?(?:/|\Z))[^/]+(?:/(?!\Z)|\Z))+")

#: Marks that are not seen, which copying from documents and pages adds to URLs and accessions.
UNSEEN = "\u200b\u200e\u200f\u202a\u202c\u2060\ufeff"
#: These, and blanks.
BLANKS = " \t\r\n\u00a0" + UNSEEN

#: Schemes of URLs, which are used as they are written: a query may be a secret, which is not shown.
WEB = ("https", "http")
#: Schemes of buckets: a key may have any parts, empty ones and dots among them.
BUCKETS = ("s3", "gs")


class Uri(NamedTuple):
    """A location.

    Attributes:
        scheme: Its platform, in lower case: `dss`, `sb`, `s3` ...; `file` for this machine.
        path: Its path there, without slashes at its ends, except for paths of this machine and for URLs, which are
            unchanged, and for keys of buckets, which only lose the final slash.
        is_folder: Whether it was written with a slash at its end, so that only a folder is meant.
    """

    scheme: str
    path: str
    is_folder: bool = False

    @property
    def name(self) -> str:
        """The last part of the path, decoded if it is a URL; empty at the top of a scheme."""
        if self.scheme in WEB:
            above, _, last = self.path.partition("?")[0].rstrip("/").rpartition("/")
            return name_in_url(last if above else last.rpartition("@")[2])  # a host's login is no part of its name
        return re.split(r"[/\\]" if os.name == "nt" and self.scheme == "file" else "/", self.path.rstrip("/"))[-1]

    def child(self, name: str) -> Uri:
        """Return the location of a name below this one.

        Args:
            name: One or more parts with slashes between them.
        """
        if self.scheme == "file":
            if os.name == "nt" or not _TIDY.fullmatch(name):
                from pathlib import Path

                return Uri("file", str(Path(self.path, *name.split("/"))))
            return Uri("file", f"{_start_of(self.path)}{name}")  # as Path would write it, for thousands of files
        if self.scheme in WEB:
            from urllib.parse import quote

            return Uri(self.scheme, f"{self.path.rstrip('/')}/{quote(name, errors='surrogateescape')}")
        return Uri(self.scheme, f"{self.path}/{name}" if self.path else name)

    def __str__(self) -> str:
        end = "/" if self.is_folder and self.path else ""
        if self.scheme == "file":
            return self.path if _ends_with_slash(self.path) else f"{self.path}{end}"
        if self.scheme in WEB:
            return mask_url(f"{self.scheme}://{self.path}{'' if self.path.endswith('/') else end}")
        return f"{self.scheme}://{self.path}{end}"

    def __repr__(self) -> str:
        return f"Uri({str(self)!r})"


@lru_cache(maxsize=64)
def _start_of(folder: str) -> str:
    """Return the prefix of paths in a folder of this machine."""
    from pathlib import Path

    return str(Path(folder, "x"))[:-1]


def parse_uri(text: str) -> Uri:
    """Read a URI or a path.

    Args:
        text: `scheme://path`, or a path of this machine (`reads/a.fastq`, `C:\\\\data`, `file:///data`).

    Raises:
        WrongUri: It is empty, or has characters that no name has, or a name such as `..` that points elsewhere.
    """
    if not text:
        raise WrongUri("The URI is empty")
    match = _SCHEME.match(text)
    if (_ODD if match else _ODD_IN_PATH).search(text):
        raise WrongUri(f"{text!a} contains a character that names cannot contain")
    if match is None:
        return Uri("file", text, _ends_with_slash(text))
    scheme, rest = match[1].lower(), text[match.end() :]
    scheme = "gs" if scheme == "gcs" else scheme  # as fsspec writes it, too
    if scheme == "file":
        return _local(text, rest)
    if scheme in WEB:
        from omicsdk.core.request import fault_of

        url = text.strip().partition("#")[0]
        if (fault := fault_of(url)) is not None:
            raise WrongUri(f"{mask_url(text)!r} {fault}", remedy="Write https://HOST/PATH.")
        path = url.partition("://")[2]
        return Uri(scheme, path, "?" not in path and path.endswith("/"))
    parts = [part for part in rest.split("/") if part]
    if scheme not in BUCKETS and any(part in (".", "..") for part in parts):
        raise WrongUri(
            f"{text} contains the name {'..' if '..' in parts else '.'!r}", remedy="Write the path without it."
        )
    if scheme in BUCKETS and parts and rest.startswith("/"):
        raise WrongUri(f"{text} names no bucket", remedy=f"Write {scheme}://bucket/key.")
    path = rest.removesuffix("/") if scheme in BUCKETS else "/".join(parts)
    return Uri(scheme, path, rest.endswith("/") or not path)


def name_in_url(path: str) -> str:
    """Return the name of a file or folder, or its path below another, from a part of a URL's path.

    Args:
        path: The part, percent-encoded.
    """
    from urllib.parse import unquote

    return unquote(path, errors="surrogateescape")  # as Python has names of files that are not UTF-8


def local_name(path: str) -> str:
    """Return the name of a temporary file for a file of a platform, which may derive the media type from it.

    Args:
        path: The platform's path, whose last part need not be a name on this machine: it may be longer, or a dot or two.
    """
    name = path.rpartition("/")[2]
    if name in ("", ".", ".."):
        return "file"
    data = name.encode("utf-8", "surrogateescape")
    return name if len(data) <= LONGEST else data[-_LONGEST_END:].decode("utf-8", "ignore")


def without_file_scheme(text: str) -> str:
    """Return the path that a `file://` URI names; any other text unchanged.

    Args:
        text: A URI, or any other name of data.

    Raises:
        WrongUri: It names another machine's file.
    """
    return parse_uri(text).path if text[:7].lower() == "file://" else text


def _local(text: str, rest: str) -> Uri:
    from urllib.request import url2pathname

    host, slash, path = rest.partition("/")
    if not slash or host not in ("", "localhost"):
        raise WrongUri(f"{text} names another machine's file", remedy="Write file:///path, or the path alone.")
    local = url2pathname(f"/{path}")
    return Uri("file", local, _ends_with_slash(local))


def _ends_with_slash(path: str) -> bool:
    return path.endswith(("/", "\\") if os.name == "nt" else "/")


#: Scheme to the class that opens it.
STORES = {
    "file": "omicsdk.fs.stores.local:LocalStore",
    "s3": "omicsdk.fs.stores.s3:S3Store",
    "gs": "omicsdk.fs.stores.gs:GsStore",
    "azul": "omicsdk.fs.stores.azul:AzulStore",
    "dss": "omicsdk.fs.stores.dss:DssStore",
    "drs": "omicsdk.fs.stores.drs:DrsStore",
    "gen3": "omicsdk.fs.stores.gen3:Gen3Store",
    "sb": "omicsdk.fs.stores.sb:SbStore",
    "pangea": "omicsdk.fs.stores.pangea:PangeaStore",
    "crunch": "omicsdk.fs.stores.crunch:CrunchStore",
    "https": "omicsdk.fs.stores.http:HttpsStore",
    "http": "omicsdk.fs.stores.http:HttpStore",
}

_AZURE = (
    "Use the file's https URL with a SAS: https://ACCOUNT.blob.core.windows.net/CONTAINER/NAME?SAS. With a SAS of the"
    " container, that of the container names all files, and one that ends in a slash those below."
)
# What to do in place of a scheme without a store.
_OTHERS = {
    "ftp": "Download its files by omics get.",
    "ftps": "FTP over TLS is not supported: use the https or ftp URL.",
    "sftp": "SFTP is not supported: use the https URL, or download it with sftp.",
    **dict.fromkeys(("az", "azure", "abfs", "abfss", "adl", "wasb", "wasbs"), _AZURE),
}


def open_store(scheme: str, /, **options: Any) -> Store:
    """Open the store of a scheme. Nothing is connected before its first use.

    Args:
        scheme: One of STORES.
        options: Arguments of its class: the platform's URL and credentials; by default from the platform's own
            settings.

    Raises:
        WrongUri: There is no such scheme.
        WrongOption: The class has no such option, or it takes no text and one was given.
    """
    kind = _store_class(scheme)
    return kind(**_checked_options(kind, options))


def options_of(scheme: str) -> Sequence[str]:
    """Return the names of the options of a scheme's store.

    Args:
        scheme: One of STORES.

    Raises:
        WrongUri: There is no such scheme.
    """
    import inspect

    return list(inspect.signature(_store_class(scheme)).parameters)


def _store_class(scheme: str) -> type[Store]:
    home = STORES.get(scheme)
    if home is None:
        suggestion = _OTHERS.get(scheme) or did_you_mean(scheme, STORES, "{}://")
        remedy = f"{suggestion} Known are {', '.join(STORES)}.".lstrip()
        raise WrongUri(f"Unknown scheme {scheme}://", remedy=remedy)
    module, _, name = home.partition(":")
    return cast("type[Store]", getattr(import_module(module), name))


def _checked_options(kind: type[Store], options: Mapping[str, Any]) -> dict[str, Any]:
    """Compare options with the arguments of a store's class; a text for a switch becomes what it means."""
    if not options:
        return {}
    import inspect

    def types_of(annotation: object) -> list[str]:
        # Text in modules that postpone annotations, else the type itself.
        return re.split(
            r"\s*\|\s*", annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
        )

    types = {name: types_of(parameter.annotation) for name, parameter in inspect.signature(kind).parameters.items()}
    texts = [name for name, accepted in types.items() if {"str", "bool"} & set(accepted)]
    others = ", ".join(name for name in types if name not in texts)
    remedy = f"The options of {kind.scheme}:// are {', '.join(texts)}{others and f'; in Python also {others}'}."
    checked = dict(options)
    for name, value in options.items():
        if name not in types:
            raise WrongOption(f"{kind.scheme}.{name}: unknown option", remedy=remedy)
        if not isinstance(value, str) or "str" in types[name]:
            continue
        if "bool" not in types[name]:
            raise WrongOption(f"{kind.scheme}.{name}: a text cannot be its value", remedy=remedy)
        if value.lower() not in ("true", "false"):
            raise WrongOption(f"{kind.scheme}.{name}: invalid value {value!r}", remedy="Use true or false.")
        checked[name] = value.lower() == "true"
    return checked


class Stores(Closing):
    """The stores of any URIs, opened at first use.

    Args:
        options: Options of each scheme's store; see `open_store`. Those of schemes that are never opened are checked, too.

    Raises:
        WrongOption: A store has no such option.
    """

    def __init__(self, options: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self._options = {
            scheme: _checked_options(_store_class(scheme), chosen)
            for scheme, chosen in (options or {}).items()
            if chosen
        }
        self._open: dict[str, Store] = {}

    def of(self, uri: Uri | str) -> Store:
        """The store that has what a URI names.

        Args:
            uri: The URI.

        Raises:
            WrongUri: There is no such scheme.
        """
        scheme = (parse_uri(uri) if isinstance(uri, str) else uri).scheme
        if scheme not in self._open:
            self._open[scheme] = open_store(scheme, **self._options.get(scheme, {}))
        return self._open[scheme]

    def close(self) -> None:
        """Close all."""
        while self._open:
            self._open.popitem()[1].close()
