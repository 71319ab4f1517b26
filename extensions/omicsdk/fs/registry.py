"""The store of each scheme, opened by URI with the options of a user."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from omicsdk.core.closing import Closing
from omicsdk.core.likeness import did_you_mean
from omicsdk.fs.errors import WrongOption, WrongUri
from omicsdk.fs.uris import Uri, parse_uri

if TYPE_CHECKING:
    from omicsdk.fs.store import Store

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
